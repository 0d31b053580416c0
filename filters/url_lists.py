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

import re
from collections import Counter
from math import inf
from typing import Final

import numpy as np
import polars as pl

from filters.addresses.index import MOST_CATEGORIES, AddressIndex, Sorted
from filters.addresses.lists import read_lists
from filters.addresses.normal import addresses, addresses_in
from tamis.errors import ConfigError, did_you_mean
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

MOST_APART: Final = 32
"""So many categories are measured apart."""


class UrlListsFilter:
    """In which categories of the lists an item's address and the addresses in its text are.

    Args:
        lists: folders of UT1's layout, folders of one category, or files, `NAME=PATH` to name one.
        categories: those that are looked up; empty: all.
        by_category: those of them that have measures of their own.
        leave_out: lines of the lists that are no address are left out and counted; else they refuse the list.

    Raises:
        ConfigError: as `read_lists`; or there are too many categories, or one that is to be measured is not looked up.
    """

    PATHS = ("lists",)

    def __init__(
        self,
        *,
        lists: tuple[str, ...],
        categories: tuple[str, ...] = (),
        by_category: tuple[str, ...] = (),
        leave_out: bool = False,
    ) -> None:
        if not lists:
            raise ConfigError("the filter 'url_lists' needs a list in `lists`: without one it would find nothing.")
        read = read_lists(lists, categories=categories, leave_out=leave_out)
        if len(read) > MOST_CATEGORIES:
            raise ConfigError(
                f"url_lists: the lists have {len(read)} categories, at most {MOST_CATEGORIES} are looked up. Name "
                "those you want in `categories`."
            )
        self._apart = _called(by_category, [each.name for each in read])
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
            measures=(*_MEASURES, *_measures_apart(self._apart)),
            parameters=(
                *((("by_category", tuple(sorted(by_category))),) if by_category else ()),
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
                **{
                    f"{called}_listed": pl.when(own["host"].is_not_null()).then(
                        _has(pl.col("item_categories").str.split(" "), name).fill_null(value=False)
                    )
                    for name, called in self._apart.items()
                },
                **{f"{called}_links": pl.col(f"{called}_links").fill_null(0) for called in self._apart.values()},
            )
            .with_columns(
                listed_share=_share("listed_links"),
                **{f"{called}_share": _share(f"{called}_links") for called in self._apart.values()},
            )
        )
        numbers = [measure.name for measure in self._spec.measures if measure.type == "number"]
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
        told = told.with_columns(pl.col("categories").str.split(" "))
        is_listed = pl.col("places").is_not_null()
        names = pl.col("categories").drop_nulls().explode(empty_as_null=False)
        joined = links.join(told, on="link", how="inner", validate="m:1", maintain_order="left")
        return (
            joined.drop_nulls("host")
            .group_by("row")
            .agg(
                links=pl.len(),
                listed_links=is_listed.sum(),
                listed_hosts=pl.col("host").filter(is_listed).n_unique(),
                link_categories=names.unique().sort().str.join(" ").replace("", None).first(),
                **{f"{called}_links": _has(pl.col("categories"), name).sum() for name, called in self._apart.items()},
            )
        )


def _has(categories: pl.Expr, name: str) -> pl.Expr:
    return categories.list.contains(name)


def _share(links: str) -> pl.Expr:
    return pl.when(pl.col("links") > 0).then(pl.col(links) / pl.col("links")).otherwise(0.0)


def _called(by_category: tuple[str, ...], known: list[str]) -> dict[str, str]:
    """What the measures of each category that is measured apart begin with: small letters, digits and `_`.

    Raises:
        ConfigError: one is not looked up, there are too many, or two measures would have one name.
    """
    problems = [
        f"url_lists: by_category has {name!r}, which is not looked up.{did_you_mean(name, known)}"
        for name in by_category
        if name not in known
    ]
    if len(by_category) > MOST_APART:
        problems.append(
            f"url_lists: by_category has {len(by_category)} names, at most {MOST_APART} are measured apart."
        )
    called = {name: re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in by_category if name in known}
    counts = Counter(each.name for each in (*_MEASURES, *_measures_apart(called)))
    problems += [
        f"url_lists: two measures would be called {name!r}. Give a category another name: NAME=PATH in `lists`."
        for name, count in counts.items()
        if count > 1
    ]
    if problems:
        raise ConfigError(*problems)
    return called


def _measures_apart(called: dict[str, str]) -> tuple[Measure, ...]:
    return tuple(
        measure
        for name, before in called.items()
        for measure in (
            Measure(
                f"{before}_listed", "number", f"1 if the item's address is in {name}, null if it has none.", (0, 1)
            ),
            Measure(f"{before}_links", "number", f"Addresses in the text that are in {name}.", (0, inf)),
            Measure(f"{before}_share", "number", "Their share; 0 where there are no addresses.", (0, 1)),
        )
    )
