"""Finds items from addresses, and addresses in texts, that are on lists of domains and addresses that you bring.

How: the item's own address (`url`), and each address that begins with http, https or www in its text, are looked up in
the lists: a domain holds for all below it, an address with a path for all below that path. Ports, case, users, closing
dots and Punycode change nothing. On record are the names of categories and counts, never an address.

An item without an address was not looked up: `listed` is null then, and a limit on it holds the item.

Known misses: patterns (`expressions` of UT1) are not read; of the item's own address, what a label has lost (it is cut
after 300 characters, and personal data in it is replaced); addresses in a text without http or www, behind shorteners,
or written to hide. Lists age: domains change hands.
"""

from __future__ import annotations

from math import inf

import numpy as np
import polars as pl

from filters.addresses.index import MOST_CATEGORIES, AddressIndex, Sorted
from filters.addresses.lists import read_lists
from filters.addresses.normal import addresses, addresses_in
from tamis.errors import ConfigError
from tamis.records import STATUS, FilterSpec, Findings, Measure

_MEASURES = (
    Measure("listed", "number", "In how many categories the item's address is; null if it has none.", (0, inf)),
    Measure("item_categories", "label", "These categories, a blank between; null if there are none."),
    Measure("by", "label", "url if a listed address with a path is why, domain if only domains are; null if none."),
    Measure("links", "number", "Addresses in the text.", (0, inf)),
    Measure("listed_links", "number", "Of these, those that are in a category.", (0, inf)),
    Measure("listed_share", "number", "Their share; 0 where there are no addresses.", (0, 1)),
    Measure("listed_hosts", "number", "Of how many hosts they are.", (0, inf)),
    Measure("link_categories", "label", "Their categories, a blank between; null if there are none."),
)


class UrlListsFilter:
    """In which categories of the lists an item's address and the addresses in its text are.

    Args:
        lists: folders of UT1's layout, folders of one category, or files, `NAME=PATH` to name one.
        categories: those that are looked up; empty: all.
        leave_out: lines of the lists that are no address are left out and counted; else they refuse the list.

    Raises:
        ConfigError: as `read_lists`; or there are too many categories.
    """

    PATHS = ("lists",)

    def __init__(self, *, lists: tuple[str, ...], categories: tuple[str, ...] = (), leave_out: bool = False) -> None:
        if not lists:
            raise ConfigError("the filter 'url_lists' needs a list in `lists`: without one it would find nothing.")
        read = read_lists(lists, categories=categories, leave_out=leave_out)
        if len(read) > MOST_CATEGORIES:
            raise ConfigError(
                f"url_lists: the lists have {len(read)} categories, at most {MOST_CATEGORIES} are looked up. Name "
                "those you want in `categories`."
            )
        self._names = pl.Series([each.name for each in read], dtype=pl.String)
        self.index = AddressIndex(
            Sorted.of((number, each.domains) for number, each in enumerate(read)),
            Sorted.of((number, each.urls) for number, each in enumerate(read)),
            np.unique(np.concatenate([each.url_hosts for each in read])),
        )
        self._spec = FilterSpec(
            name="url_lists",
            version="1",
            kinds=("text", "image"),
            reads="item",
            measures=_MEASURES,
            parameters=(
                ("categories", categories),
                ("entries", tuple((each.name, len(each.domains), len(each.urls), each.left_out) for each in read)),
                ("leave_out", leave_out),
            ),
            models=tuple(file for each in read for file in each.files),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        own = addresses(batch["url"])
        of_item = self._by_place(self.index.matches(own), "address").rename(
            {"places": "listed", "categories": "item_categories"}
        )
        items = (
            batch.select("position", row=pl.int_range(pl.len(), dtype=pl.UInt32), status=pl.lit("seen", dtype=STATUS))
            .join(of_item, left_on="row", right_on="address", how="left", validate="1:1", maintain_order="left")
            .join(self._of_texts(batch["text"]), on="row", how="left", validate="1:1", maintain_order="left")
            .with_columns(
                listed=pl.when(own["host"].is_not_null()).then(pl.col("listed").fill_null(0)),
                links=pl.col("links").fill_null(0),
                listed_links=pl.col("listed_links").fill_null(0),
                listed_hosts=pl.col("listed_hosts").fill_null(0),
            )
            .with_columns(
                listed_share=pl.when(pl.col("links") > 0).then(pl.col("listed_links") / pl.col("links")).otherwise(0.0)
            )
        )
        numbers = [measure.name for measure in _MEASURES if measure.type == "number"]
        measured = items.with_columns(pl.col(numbers).cast(pl.Float64)).select(self._spec.schema.names())
        return Findings(items=measured.match_to_schema(self._spec.schema))

    def _by_place(self, matches: pl.DataFrame, place: str) -> pl.DataFrame:
        named = matches.with_columns(name=self._names.gather(matches["category"]))
        return named.group_by(place).agg(
            categories=pl.col("name").unique().sort().str.join(" "),
            places=pl.col("category").n_unique(),
            by=pl.col("by").max(),
        )

    def _of_texts(self, texts: pl.Series) -> pl.DataFrame:
        links = pl.DataFrame(
            {"row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True), "link": addresses_in(texts)}
        ).explode("link", empty_as_null=False)
        links = links.drop_nulls("link")
        distinct = links.select("link").unique(maintain_order=True)
        parts = addresses(distinct["link"])
        matches = self._by_place(self.index.matches(parts), "address")
        told = distinct.hstack(parts).with_row_index("address")
        told = told.join(matches, on="address", how="left", validate="1:1", maintain_order="left")
        is_listed = pl.col("places").is_not_null()
        names = pl.col("categories").drop_nulls().str.split(" ").explode(empty_as_null=False)
        joined = links.join(told, on="link", how="inner", validate="m:1", maintain_order="left")
        return (
            joined.drop_nulls("host")
            .group_by("row")
            .agg(
                links=pl.len(),
                listed_links=is_listed.sum(),
                listed_hosts=pl.col("host").filter(is_listed).n_unique(),
                link_categories=names.unique().sort().str.join(" ").replace("", None).first(),
            )
        )
