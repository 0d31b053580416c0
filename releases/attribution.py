"""Attribution: for each item of a release who made it, what it is called, where it was, and what was done to it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ATTRIBUTION = "ATTRIBUTION.parquet"

ROWS_PER_GROUP = 10_000

_NAMES = (
    "item",
    "kind",
    "title",
    "author",
    "source",
    "url",
    "version",
    "licence",
    "licence_class",
    "changes",
    "path",
)
SCHEMA = pa.schema([(name, pa.string()) for name in _NAMES])


def credits_of_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each item, columns of SCHEMA; `rows` have `item`, `kind`, `n_masked`, `reencoded` and the labels."""
    places = pl.col("n_masked")
    masked = pl.format(
        "personal data masked in {} {}", places, pl.when(places == 1).then(pl.lit("place")).otherwise(pl.lit("places"))
    )
    encoded = pl.format("encoded anew as {}", "reencoded")
    return rows.select(
        *(pl.col(name).cast(pl.String) for name in _NAMES if name != "changes"),
        changes=pl.when(places > 0).then(masked).otherwise(pl.coalesce(encoded, pl.lit("unchanged"))),
    ).select(_NAMES)


class AttributionWriter:
    """Writes the rows in their order, cut into row groups of a fixed number."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd", write_page_checksum=True)
        self._waiting: list[pl.DataFrame] = []
        self._n_waiting = 0
        self.rows = 0

    def add(self, rows: pl.DataFrame) -> None:
        self.add_credits(credits_of_rows(rows))

    def add_credits(self, credited: pl.DataFrame) -> None:
        """Adds rows of attribution, of columns SCHEMA, as they are."""
        self._waiting.append(credited)
        self._n_waiting += credited.height
        while self._n_waiting >= ROWS_PER_GROUP:
            together = pl.concat(self._waiting)
            self._write(together.head(ROWS_PER_GROUP))
            self._waiting = [together.tail(-ROWS_PER_GROUP)]
            self._n_waiting -= ROWS_PER_GROUP

    def close(self) -> None:
        if self._n_waiting:
            self._write(pl.concat(self._waiting))
        self._writer.close()

    def _write(self, group: pl.DataFrame) -> None:
        table = group.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(SCHEMA)
        self._writer.write_table(table, row_group_size=ROWS_PER_GROUP)
        self.rows += group.height


class Credited:
    """What rows of attribution come to, whatever their order: compared within one process alone."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, credited: pl.DataFrame) -> None:
        self.rows += credited.height
        self._sum = (self._sum + sum(credited.select(_NAMES).hash_rows().to_list())) % 2**64

    def equals(self, other: Credited) -> bool:
        return (self.rows, self._sum) == (other.rows, other._sum)
