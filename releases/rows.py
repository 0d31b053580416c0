"""Reads the rows of a release's files, a stranger's too: a few at once, and only as we pack them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from releases.attribution import Credited, credits_of_rows
from releases.stage import Drawer, Tally

_ROWS = 256
"""Rows that are decoded at once."""


def row_batches(path: Path) -> Iterator[pl.DataFrame]:
    """The rows of a file, in their order.

    Raises:
        ValueError: it is packed otherwise than we pack.
        pa.ArrowException, OSError: it is no Parquet, or damaged.
    """
    with pq.ParquetFile(path) as file:
        expect_packed_by_us(file.metadata, path.name)
        for batch in file.iter_batches(batch_size=_ROWS):
            yield pl.DataFrame(pl.from_arrow(batch))


def expect_packed_by_us(footer: pq.FileMetaData, name: str) -> None:
    """Other codecs are not let loose on a stranger's bytes.

    Raises:
        ValueError: the file has a column that is packed otherwise.
    """
    groups = (footer.row_group(place) for place in range(footer.num_row_groups))
    codecs = {group.column(place).compression for group in groups for place in range(group.num_columns)}
    if not codecs <= {"ZSTD"}:
        raise ValueError(name)


def count_rows(path: Path, tally: Tally, rows: Credited, drawer: Drawer) -> None:
    """Adds the rows of a file to what a manifest says of its folder, and to what attribution says of them.

    Args:
        path: the file.
        tally: of its drawer.
        rows: of the release.
        drawer: whose rows they should be.

    Raises:
        ValueError: a row is of another class or split, or the file is packed otherwise than we pack.
    """
    of_pictures = {"image": pl.col("image").struct.field("bytes"), "n_masked": pl.lit(0), "kind": pl.lit("image")}
    of_texts: dict[str, pl.Expr] = {"kind": pl.lit("text"), "reencoded": pl.lit(None, dtype=pl.String)}
    as_staged = of_texts if drawer.half == "text" else of_pictures
    for batch in row_batches(path):
        frame = batch.with_columns(**as_staged)
        if not (frame["licence_class"].fill_null("unknown") == drawer.grant).all():
            raise ValueError(path.name)
        if drawer.split is not None and not frame["split"].eq_missing(drawer.split).all():
            raise ValueError(path.name)
        tally.count(frame)
        rows.add(credits_of_rows(frame))
