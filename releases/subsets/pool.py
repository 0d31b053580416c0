"""What a subset is chosen from: the items of a run that stay, and their texts, read part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from catalog.log import Log
from releases.corpus_decisions import PLACE
from tamis.records import Columns

_ITEMS: Columns = {
    "owner": pl.UInt32,  # its place in the frame
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "bytes": pl.UInt64,  # of the text in UTF-8 as it leaves, of the picture as it does
    "tokens": pl.UInt64,  # null where nobody counted them
    "corpus": pl.Categorical(),
    "source": pl.Categorical(),
    "licence": pl.Categorical(),
    "licence_class": pl.Categorical(),
    "language": pl.Categorical(),
    "title": pl.Categorical(),
    "path": pl.Categorical(),
    "label": pl.Categorical(),
    "cluster": pl.Categorical(),  # of pictures, where that was asked for
}
ITEMS = pl.Schema(_ITEMS)
"""One row for each item, by shard and position; of a shard those that stand beside the log come last."""

_LABELS = ("source", "licence", "licence_class", "title", "path", "label")

_ROWS: Final = 1_024
_BYTES: Final = 64_000_000
"""Of texts that are read together, at most and on the mean."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The items of one kind, and where their contents lie."""

    log: Log
    run: str
    items: pl.DataFrame
    """Schema ITEMS."""
    more: Path | None = None
    """A folder with items that the run does not let stay, each file as `kept.parquet` is: see `beside`."""

    @classmethod
    def of(cls, log: Log, run: str, *, kind: str, away: pl.DataFrame, more: Path | None = None) -> Pool:
        """The items of a kind that stay.

        Args:
            log: where the run's segments are.
            run: its id.
            kind: `text` or `image`.
            away: shard, position of items that a step over the run does not let stay.
            more: a folder with items that are to be there, too.
        """
        corpora = {shard["number"]: shard["corpus"] for shard in log.read_run(run)["shards"]}
        frames = [
            _of_shard(log, run, file, number=number, kind=kind, away=away).with_columns(corpus=pl.lit(corpora[number]))
            for number in sorted(log.commits(run))
            for file in _files(log, run, number, more)
        ]
        known = pl.Schema({name: dtype for name, dtype in ITEMS.items() if name != "owner"})
        listed = [frame.select(known.names()).cast(known) for frame in frames]
        together = pl.concat([known.to_frame(), *listed])
        return cls(log, run, together.with_row_index("owner"), more)

    def texts(self) -> Iterator[pl.DataFrame]:
        """`owner` and `text` of all items, in their order."""
        for (number,), items in self.items.group_by("shard", maintain_order=True):
            yield from self.texts_of(items.select("owner", *PLACE), int(number))

    def texts_of(self, items: pl.DataFrame, number: int) -> Iterator[pl.DataFrame]:
        """`owner` and `text` of items of one shard, in their order.

        Args:
            items: owner, shard, position, in their order.
            number: the shard's.
        """
        by_position = items.sort("position")
        owners, places = by_position["owner"].to_numpy(), by_position["position"].to_numpy()
        for path in _files(self.log, self.run, number, self.more):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=_rows_at_once(file.metadata), columns=["position", "text"]):
                    positions = batch.column("position").to_numpy()
                    at = np.minimum(np.searchsorted(places, positions), max(len(places) - 1, 0))
                    is_wanted = places[at] == positions
                    text = pl.Series("text", batch.column("text"), dtype=pl.String)
                    yield pl.DataFrame({"owner": owners[at[is_wanted]], "text": text.filter(pl.Series(is_wanted))})

    @property
    def shards(self) -> list[int]:
        """The numbers of the shards that have items."""
        return [int(number) for number in self.items["shard"].unique(maintain_order=True)]


def beside(folder: Path, number: int) -> Path:
    """The file in a folder of items that stand beside the log with those of one shard."""
    return folder / f"shard-{number:05d}.parquet"


def _files(log: Log, run: str, number: int, more: Path | None) -> list[Path]:
    """Those with the items of a shard."""
    kept = log.segment_folder(run, number) / "kept.parquet"
    return [kept, beside(more, number)] if more is not None and beside(more, number).exists() else [kept]


def _rows_at_once(footer: pq.FileMetaData) -> int:
    """As many as come to _BYTES: each call takes its time however little it is for, and texts may have 10 MB."""
    text = footer.schema.names.index("text")
    groups = (footer.row_group(place) for place in range(footer.num_row_groups))
    whole = sum(int(group.column(text).total_uncompressed_size) for group in groups)
    return max(1, min(_ROWS, _BYTES * int(footer.num_rows) // max(whole, 1)))


def _of_shard(log: Log, run: str, file: Path, *, number: int, kind: str, away: pl.DataFrame) -> pl.DataFrame:
    folder = log.segment_folder(run, number)
    size = pl.col("text").str.len_bytes() if kind == "text" else pl.col("image").bin.size()
    kept = (
        pl.scan_parquet(file, glob=False)
        .filter(pl.col("kind") == kind)
        .select("position", "item_hi", "item_lo", *_LABELS, bytes=size)
        .collect(engine="streaming")
    )
    left = kept.filter(~pl.col("position").is_in(away.filter(pl.col("shard") == number)["position"].implode()))
    return (
        measured_in(folder, left, "token_count", "tokens", pl.UInt64)
        .pipe(lambda rows: measured_in(folder, rows, "language", "language", pl.String))
        .with_columns(shard=pl.lit(number, dtype=pl.UInt32), cluster=pl.lit(None, dtype=pl.String))
        .sort("position")
    )


def measured_in(
    folder: Path, rows: pl.DataFrame, filter_name: str, measure: str, dtype: type[pl.DataType]
) -> pl.DataFrame:
    """Rows of a segment, by `position`, with a measure; null where the filter was not asked or could not look."""
    path = folder / f"findings-{filter_name}.parquet"
    if not path.exists():
        return rows.with_columns(pl.lit(None, dtype=dtype).alias(measure))
    found = pl.read_parquet(path, columns=["position", measure], glob=False).cast({measure: dtype}, strict=False)
    return rows.join(found, on="position", how="left", validate="1:1", maintain_order="left")
