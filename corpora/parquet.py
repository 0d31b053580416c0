"""Parquet: texts and pictures in columns; each file is a shard, each row a position, or one for each part of a record.

A file of more than SHARD_BYTES is several shards, each a range of its row groups, so that workers can share it and a
crash costs one range. A picture is a binary column, or the struct of `bytes` and `path` that `datasets` writes, or a
list of either; where a file has both a text and a picture, the recipe says which is read, or that both are. Row groups
are read in bounded batches. Files packed with Brotli are refused by their footer, before anything is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpora.arrow import Content, content_of, parts_in, records_of
from corpora.batch import Row, batches_of
from corpora.columns import columns_missing
from corpora.files import arrow_file, file_shards, planned_file
from corpora.provenance import about_columns
from corpora.records import parts_of, row_of
from corpora.spec import CorpusSpec
from tamis.errors import SourceError
from tamis.records import Shard

SUFFIXES = (".parquet", ".pq")

_REFUSED = "BROTLI"
_ROWS = 256
"""Rows that are decoded at once."""

SHARD_BYTES = 256 * 1024**2
"""Unpacked bytes of the row groups of a shard, after which another one begins."""

_NO_GROUPS = range(0)


class ParquetReader:
    """Reads a file, or every Parquet file below a folder."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec

    def shards(self) -> list[Shard]:
        files = file_shards(self._spec, SUFFIXES)
        self._check_columns(files)
        return [shard for file in files for shard in _ranges(file)]

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        located, groups = _located(shard)
        path = planned_file(located)
        with self._opened(path, shard) as file:
            content = self._content(file, shard)
            chosen = groups or range(file.metadata.num_row_groups)
            yield from batches_of(self._rows(file, content, chosen, shard), shard, size=size)

    def count(self, shard: Shard) -> int:
        """What the footer says; the lengths of lists and what is null where a row may be several items."""
        located, groups = _located(shard)
        with self._opened(Path(located.locator), shard) as file:
            chosen = groups or range(file.metadata.num_row_groups)
            content = content_of(self._spec, file.schema_arrow)
            if content.has_parts:
                batches = self._read(file, content.columns, chosen, shard)
                return sum(parts_in(batch, content) for batch in batches)
            return sum(file.metadata.row_group(group).num_rows for group in chosen)

    def _opened(self, path: Path, shard: Shard) -> pq.ParquetFile:
        try:
            # without `pre_buffer=False` all that was read stays in memory until the file is closed
            file = pq.ParquetFile(arrow_file(path), page_checksum_verification=True, pre_buffer=False)
        except (pa.ArrowException, OSError):
            raise SourceError("shard_unreadable", f"shard {shard.name}: cannot be opened as Parquet.") from None
        if _REFUSED in _codecs(file.metadata):
            file.close()
            raise SourceError("shard_codec_refused", f"shard {shard.name}: is packed with Brotli, which is refused.")
        return file

    def _content(self, file: pq.ParquetFile, shard: Shard) -> Content:
        content = content_of(self._spec, file.schema_arrow)
        if not content.columns:
            wanted = " or ".join(repr(self._spec.column(role)) for role in ("text", "image"))
            raise SourceError("column_missing", f"shard {shard.name}: has no column {wanted}.")
        return content

    def _rows(self, file: pq.ParquetFile, content: Content, groups: range, shard: Shard) -> Iterator[Row]:
        wanted = {*content.columns, *about_columns(self._spec)}
        columns = [name for name in file.schema_arrow.names if name in wanted]
        for batch in self._read(file, columns, groups, shard):
            for record in records_of(batch):
                if content.has_parts:
                    yield from parts_of(self._spec, record, content)
                else:
                    yield row_of(self._spec, record)

    def _read(
        self, file: pq.ParquetFile, columns: Sequence[str], groups: range, shard: Shard
    ) -> Iterator[pa.RecordBatch]:
        try:
            yield from file.iter_batches(batch_size=_ROWS, columns=list(columns), row_groups=list(groups))
        except (pa.ArrowException, OSError):
            raise SourceError("shard_unreadable", f"shard {shard.name}: breaks off while it is read.") from None

    def _check_columns(self, shards: list[Shard]) -> None:
        """A column that no file has is a slip of the recipe; one that a single file lacks fails that shard."""
        schemas = [_schema(Path(shard.locator)) for shard in shards]
        content = [name for schema in schemas if schema for name in content_of(self._spec, schema).columns]
        if None in schemas:
            return  # the run will say which shard it is
        seen = {name for schema in schemas if schema for name in schema.names}
        named = [column for _, column in self._spec.columns]
        missing = [column for column in named if column not in seen]
        if not named and not content:
            missing = ["text"]
        if missing:
            raise columns_missing(self._spec, missing, seen)


def _schema(path: Path) -> pa.Schema | None:
    try:
        return pq.read_schema(arrow_file(path))
    except (pa.ArrowException, OSError):
        return None


def _ranges(file: Shard) -> list[Shard]:
    """The file as one shard, or as one for each range of row groups; what cannot be opened is left to the run."""
    try:
        metadata = pq.read_metadata(arrow_file(Path(file.locator)))
    except (pa.ArrowException, OSError):
        return [file]
    sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    starts = [0]
    filled = 0
    for group, size in enumerate(sizes):
        if filled and filled + size > SHARD_BYTES:
            starts.append(group)
            filled = 0
        filled += size
    if len(starts) == 1:
        return [file]
    bounds = pairwise([*starts, len(sizes)])
    return [_range(file, first, end, sum(sizes[first:end]), sum(sizes)) for first, end in bounds]


def _range(file: Shard, first: int, end: int, part: int, whole: int) -> Shard:
    """Row groups `first` to `end`, exclusive; its size is its share of the file's bytes."""
    return replace(
        file,
        name=f"{file.name}#row-groups={first:05d}-{end - 1:05d}",
        locator=f"{file.locator}\0{first}:{end}",
        n_bytes=file.n_bytes * part // whole,
    )


def _located(shard: Shard) -> tuple[Shard, range]:
    """The shard with the file's path as its locator, and its row groups; none stands for all."""
    path, _, bounds = shard.locator.partition("\0")
    first, _, end = bounds.partition(":")
    return replace(shard, locator=path), range(int(first), int(end)) if bounds else _NO_GROUPS


def _codecs(metadata: pq.FileMetaData) -> set[str]:
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    return {group.column(place).compression for group in groups for place in range(group.num_columns)}
