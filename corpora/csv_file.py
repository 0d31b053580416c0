"""CSV with a heading line: `.csv` or `.tsv`, plain or compressed (`.gz`, `.zst`); each file is a shard.

Records are read as RFC 4180 has them, quoted line breaks too. A record with more or fewer fields than the heading is an
item `record_broken`. Bytes that are no UTF-8 are an item `record_not_utf8`, not a broken file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from corpora.batch import Row, batches_of
from corpora.files import DAMAGE, file_shards, opened, planned_file
from corpora.records import row_of
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError, did_you_mean
from tamis.ids import text_bytes
from tamis.records import Shard

SUFFIXES = tuple(f"{name}{packed}" for name in (".csv", ".tsv") for packed in ("", ".gz", ".zst"))


class CsvReader:
    """Reads a file, or every CSV file below a folder."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec
        csv.field_size_limit(spec.max_item_bytes)

    def shards(self) -> list[Shard]:
        shards = file_shards(self._spec, SUFFIXES)
        headings = {name for shard in shards for name in self._heading(Path(shard.locator))}
        text = self._spec.column("text")
        named = {text, *(column for _, column in self._spec.columns)}
        missing = sorted(named - headings)
        if missing:
            where = f"corpus {self._spec.name!r}"
            known = sorted(headings)
            raise ConfigError(
                *(f"{where}: no file has a column {name!r}.{did_you_mean(name, known)}" for name in missing)
            )
        return shards

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        path = planned_file(shard)
        if self._spec.column("text") not in self._heading(path):
            raise SourceError("column_missing", f"shard {shard.name}: lacks the column that holds the text.")
        yield from batches_of(self._rows(path), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Records of the standard library's reader, less the heading; one more for a stream that breaks."""
        counted = -1
        with self._text(Path(shard.locator)) as text:
            records = csv.reader(text, delimiter=self._delimiter(Path(shard.locator)))
            try:
                for record in records:
                    counted += bool(record)
            except (*DAMAGE, csv.Error):
                counted += 1
        return max(counted, 0)

    def _rows(self, path: Path) -> Iterator[Row]:
        with self._text(path) as text:
            records = csv.reader(text, delimiter=self._delimiter(path))
            heading = next(records)
            try:
                for record in records:
                    if record:
                        yield self._row(heading, record)
            except DAMAGE:
                yield Row(b"", reason="stream_damaged")
            except csv.Error:  # a field beyond the limit: where the next record begins can no longer be told
                yield Row(b"", reason="record_too_large")

    def _row(self, heading: list[str], record: list[str]) -> Row:
        if len(record) != len(heading):
            return Row(text_bytes("\n".join(record)), reason="record_broken")
        named = dict(zip(heading, record, strict=True))
        return row_of(self._spec, {name: value for name, value in named.items() if value or name == self._text_column})

    @property
    def _text_column(self) -> str:
        return self._spec.column("text")

    def _heading(self, path: Path) -> list[str]:
        with self._text(path) as text:
            try:
                return next(csv.reader(text, delimiter=self._delimiter(path)), [])
            except (*DAMAGE, csv.Error):
                return []

    def _text(self, path: Path) -> io.TextIOWrapper:
        """Undecodable bytes become lone surrogates, which `text_row` tells."""
        return io.TextIOWrapper(opened(path), encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _delimiter(self, path: Path) -> str:
        given = dict(self._spec.options).get("delimiter")
        if given is None:
            return "\t" if ".tsv" in path.suffixes else ","
        if not isinstance(given, str) or len(given) != 1:
            raise ConfigError(f"corpus {self._spec.name!r}: `delimiter` is one character.")
        return given
