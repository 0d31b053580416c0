"""Looks addresses up in lists of millions: nine bytes an entry, a sorted hash and a category.

A domain holds for all below it, label by label: `example.org` for `www.example.org`, and not for `anexample.org`. An
address with a path holds for that path and all below it, and `www.` before its host is the host.

Hashes are Polars' of 64 bits, made and compared in one process and kept nowhere. With a list of 10 million, a host that
is not on it is taken for one that is with a chance of 1 in 10¹².
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tamis.records import Columns

MOST_CATEGORIES: Final = 255
_DEEPEST: Final = 32
"""Segments of a path that are looked up."""

Hashes = npt.NDArray[np.uint64]

_MATCHES: Columns = {"address": pl.UInt32, "category": pl.UInt8, "by": pl.String}
MATCHES = pl.Schema(_MATCHES)
"""`address`: its place in what was asked. `by`: domain or url."""


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """Entries of several categories, ascending; one that is in several is there for each."""

    keys: Hashes
    categories: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, parts: Iterable[tuple[int, Hashes]]) -> Sorted:
        """Of the hashes of each category."""
        held = [(category, np.unique(keys)) for category, keys in parts if len(keys)]
        keys = np.concatenate([np.empty(0, dtype=np.uint64), *(keys for _, keys in held)])
        categories = np.repeat(
            np.array([category for category, _ in held], dtype=np.uint8), [len(keys) for _, keys in held]
        )
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], categories[order])

    def found(self, asked: Hashes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """Which of the asked are here, and the category: a pair for each category."""
        first = np.searchsorted(self.keys, asked)
        there = first < len(self.keys)
        there[there] = self.keys[first[there]] == asked[there]
        places = np.flatnonzero(there)
        first = first[places]
        last = np.searchsorted(self.keys, asked[places], side="right")
        counts = last - first
        starts = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) if len(counts) else first
        return np.repeat(places, counts), self.categories[starts + np.arange(counts.sum())]


@dataclass(frozen=True, slots=True, eq=False)
class AddressIndex:
    domains: Sorted
    urls: Sorted
    url_hosts: Hashes
    """Of the hosts that any of `urls` is of, ascending: most addresses are looked for no further."""

    @property
    def n_bytes(self) -> int:
        """What it holds in memory."""
        arrays = (self.domains.keys, self.domains.categories, self.urls.keys, self.urls.categories, self.url_hosts)
        return sum(array.nbytes for array in arrays)

    def matches(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Schema MATCHES, of rows of `filters.addresses.normal.ADDRESSES`, sorted."""
        known = asked.with_row_index("address").drop_nulls("host")
        rows = [self._by_domain(known), self._by_url(known)]
        return pl.concat(rows).unique().sort("address", "category", "by")

    def _by_domain(self, known: pl.DataFrame) -> pl.DataFrame:
        """The host is looked up, then what stands behind its first label, and so on while two labels are left."""
        hosts = known.select("host").unique(maintain_order=True)
        names = hosts.select(place=pl.int_range(pl.len(), dtype=pl.UInt32), name="host")
        rows = [pl.DataFrame(schema={"place": pl.UInt32, "category": pl.UInt8})]
        while names.height:
            found, categories = self.domains.found(hashes_of(names["name"]))
            rows.append(pl.DataFrame({"place": names["place"].gather(found), "category": categories}))
            names = names.with_columns(name=pl.col("name").str.splitn(".", 2).struct[1]).filter(
                pl.col("name").str.contains(".", literal=True)
            )
        named = pl.concat(rows).with_columns(hosts["host"].gather(pl.concat(rows)["place"])).drop("place").unique()
        return _matches(known.join(named, on="host", how="inner", validate="m:m"), by="domain")

    def _by_url(self, known: pl.DataFrame) -> pl.DataFrame:
        if not len(self.url_hosts):
            return MATCHES.to_frame()
        named = known.with_columns(host=without_www(pl.col("host"))).filter(pl.col("rest") != "")
        is_there = np.isin(hashes_of(named["host"]), self.url_hosts)
        rows = [
            (address, host + begin)
            for address, host, rest in named.filter(is_there).select("address", "host", "rest").iter_rows()
            for begin in _beginnings(rest)
        ]
        tried = pl.DataFrame(rows, schema={"address": pl.UInt32, "name": pl.String}, orient="row")
        found, categories = self.urls.found(hashes_of(tried["name"]))
        return _matches(pl.DataFrame({"address": tried["address"].gather(found), "category": categories}), by="url")


def hashes_of(names: pl.Series) -> Hashes:
    return names.hash(seed=1).to_numpy()


def without_www(host: pl.Expr) -> pl.Expr:
    return host.str.replace(r"^www\.", "")


def url_name(host: pl.Expr, rest: pl.Expr) -> pl.Expr:
    """How an entry with a path is compared."""
    return without_www(host) + rest.str.replace(r"/+$", "")


def _beginnings(rest: str) -> list[str]:
    """`/a/b?c` → `/a`, `/a/b`, `/a/b?c`."""
    path, question, query = rest.partition("?")
    segments = path.strip("/").split("/")[:_DEEPEST]
    begins = ["/" + "/".join(segments[: depth + 1]) for depth in range(len(segments)) if segments[0]]
    whole = path.rstrip("/") or ("/" if question else "")
    return [*dict.fromkeys([*begins, *([f"{whole}?{query}", f"{path}?{query}"] if question else [])])]


def _matches(rows: pl.DataFrame, *, by: str) -> pl.DataFrame:
    return rows.select("address", "category", by=pl.lit(by)).match_to_schema(MATCHES)
