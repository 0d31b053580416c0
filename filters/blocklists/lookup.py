"""Looks items up in blocklists: which entries match, and which of them best."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.blocklists.algorithms import ALGORITHMS, Algorithm
from filters.blocklists.files import Blocklist
from filters.pictures.hash_search import Hashes, HashIndex
from filters.pictures.prints import MIN_PDQ_QUALITY
from tamis.ids import text_bytes
from tamis.labels import safe_word
from tamis.records import Columns

_MATCHES: Columns = {
    "position": pl.UInt64,
    "listed": pl.UInt32,  # how many entries match
    "algorithm": pl.String,  # of the best of them, and so the rest
    "distance": pl.UInt16,
    "list": pl.String,
    "entry": pl.String,  # its id as a safe label, or `line 17`
}
MATCHES = pl.Schema(_MATCHES)
"""One row for each item that is listed, by position."""

_WORD_BYTES = 8


class Lookup:
    """All lists together.

    Args:
        lists: in the order in which they are named where several have an entry that matches equally well.
    """

    def __init__(self, lists: Sequence[Blocklist]) -> None:
        entries = pl.concat([each.entries.with_columns(list=pl.lit(each.name)) for each in lists])
        tables = [_Table.of(algorithm, entries) for algorithm in ALGORITHMS.values()]
        self._tables = [table for table in tables if table is not None]

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Those that the lists use, the surest first."""
        return tuple(table.algorithm.name for table in self._tables)

    @property
    def perceptual(self) -> tuple[str, ...]:
        """Those of them that are of how a picture looks."""
        return tuple(table.algorithm.name for table in self._tables if table.algorithm.perceptual)

    def matches(self, batch: pl.DataFrame, prints: pl.DataFrame) -> pl.DataFrame:
        """What of a batch is listed: schema MATCHES.

        Args:
            batch: schema BATCH, readable items.
            prints: schema PRINTS, of its pictures.
        """
        found = [MATCHES.to_frame()]
        for table in self._tables:
            if table.algorithm.perceptual:
                found.append(_of_prints(table, prints))
            else:
                found.append(table.matches(batch["position"], _digests(batch, table.algorithm)))
        best = pl.col("algorithm", "distance", "list", "entry").first()
        together = pl.concat(found).group_by("position", maintain_order=True)
        return together.agg(pl.col("listed").sum(), best).match_to_schema(MATCHES).sort("position")


@dataclass(frozen=True, slots=True)
class _Table:
    """The entries of one algorithm, in the order of the lists and of their lines."""

    algorithm: Algorithm
    index: HashIndex
    allowed: npt.NDArray[np.uint8]
    """By entry: how many bits may differ."""
    entries: pl.DataFrame
    """By entry: `list`, `line` and `id`."""

    @classmethod
    def of(cls, algorithm: Algorithm, entries: pl.DataFrame) -> _Table | None:
        """Null if no list uses the algorithm."""
        own = entries.filter(pl.col("algorithm") == algorithm.name)
        if own.is_empty():
            return None
        index = HashIndex(_words(own["hash"], algorithm))
        return cls(algorithm, index, own["distance"].to_numpy(), own.select("list", "line", "id"))

    def matches(self, positions: pl.Series, hashes: Hashes) -> pl.DataFrame:
        """Schema MATCHES, for hashes of which several may be of one position: as many entries as the best has.

        What is remembered grows with the hashes, not with what matches: a flat picture may be near to half a list.
        """
        counts = np.zeros(len(hashes), dtype=np.int64)
        nearest = np.full(len(hashes), np.iinfo(np.int64).max)
        for query, entry, distance in self.index.matches(hashes, int(self.allowed.max())):
            near = distance <= self.allowed[entry]
            counts += np.bincount(query[near], minlength=len(hashes))
            np.minimum.at(nearest, query[near], distance[near].astype(np.int64) * len(self.entries) + entry[near])
        found = pl.DataFrame({"position": positions, "listed": counts, "nearest": nearest}).filter(pl.col("listed") > 0)
        best = found.group_by("position").agg(pl.col("listed").max(), pl.col("nearest").min()).sort("position")
        entries = self.entries[(best["nearest"] % len(self.entries)).to_numpy()]
        return best.select(
            "position",
            pl.col("listed").cast(pl.UInt32),
            algorithm=pl.lit(self.algorithm.name),
            distance=(pl.col("nearest") // len(self.entries)).cast(pl.UInt16),
            list=entries["list"],
            entry=pl.Series(_entry_labels(entries), dtype=pl.String),
        )


def _of_prints(table: _Table, prints: pl.DataFrame) -> pl.DataFrame:
    own = prints.filter(pl.col("algorithm") == table.algorithm.name)
    usable = own.filter(pl.col("quality").is_null() | (pl.col("quality") >= MIN_PDQ_QUALITY))
    words = range(-(-table.algorithm.n_bytes // _WORD_BYTES))
    hashes = usable.select(f"bits_{word}" for word in words).cast(pl.UInt64).to_numpy()
    return table.matches(usable["position"], np.ascontiguousarray(hashes))


def _digests(batch: pl.DataFrame, algorithm: Algorithm) -> Hashes:
    """Of the bytes of each item: of a text its UTF-8, of a picture the file as it came."""
    digests = [hashlib.new(algorithm.name, data, usedforsecurity=False).digest() for data in _contents(batch)]
    return _words(digests, algorithm)


def _contents(batch: pl.DataFrame) -> Iterator[bytes]:
    for text, image in batch.select("text", "image").iter_rows():
        yield text_bytes(text) if image is None else image


def _words(hashes: Iterable[bytes], algorithm: Algorithm) -> Hashes:
    """Shape (n, words): big-endian words of 64 bits, the last one filled up with zeros."""
    rows = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, algorithm.n_bytes)
    filled = np.pad(rows, ((0, 0), (0, -algorithm.n_bytes % _WORD_BYTES)))
    return filled.view(">u8").astype(np.uint64)


def _entry_labels(entries: pl.DataFrame) -> list[str]:
    rows = entries.select("line", "id").iter_rows()
    return [f"line {line}" if id_ is None else safe_word(id_) for line, id_ in rows]
