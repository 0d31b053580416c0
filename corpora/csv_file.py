"""CSV with a heading line: `.csv` or `.tsv`, plain or compressed (`.gz`, `.zst`); each file is a shard.

Records are read as RFC 4180 has them, quoted line breaks too. A record with more or fewer fields than the heading, or
whose last quote is never closed, is an item `record_broken`; one of more than `max_item_bytes` characters is an item
`record_too_large`. Bytes that are no UTF-8 are an item `record_not_utf8`, not a broken file. A file without a heading
is empty.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import polars as pl

from corpora.batch import Row, batches_of
from corpora.columns import columns_missing
from corpora.csv_records import Record, raw_records
from corpora.files import DAMAGE, file_shards, listed_file, opened, planned_file
from corpora.records import row_of
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import text_bytes
from tamis.records import Shard

SUFFIXES = tuple(f"{name}{packed}" for name in (".csv", ".tsv") for packed in ("", ".gz", ".zst"))

_PIECE = 65_536
_ALL_BUT_LAST = re.compile(r'[^"\r\n]+(?=[^"\r\n])')


class CsvReader:
    """Reads a file, or every CSV file below a folder."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec
        csv.field_size_limit(sys.maxsize)  # one for the whole process, whatever each corpus allows: we look ourselves

    def shards(self) -> list[Shard]:
        shards = file_shards(self._spec, SUFFIXES)
        try:
            headings = [self._heading(shard, Path(shard.locator)) for shard in shards]
        except SourceError:
            return shards  # the run will say which shard it is
        known = {name for heading in headings for name in heading}
        named = {self._text_column, *(column for _, column in self._spec.columns)}
        if known and not named <= known:
            raise columns_missing(self._spec, sorted(named - known), known)
        return shards

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        path = planned_file(shard)
        heading = self._heading(shard, path)
        if heading and self._text_column not in heading:
            raise SourceError("column_missing", f"shard {shard.name}: lacks the column that holds the text.")
        yield from batches_of(self._rows(path, heading), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Records of the standard library's reader, less the heading; one more for a stream that breaks."""
        path = listed_file(shard)
        self._heading(shard, path)
        counted = -1
        with self._text(path) as text:
            delimiter = self._delimiter(path)
            try:
                for record in csv.reader(_outline(text), delimiter=delimiter):
                    counted += bool(record)
            except DAMAGE:
                counted += 1
        return max(counted, 0)

    @property
    def _text_column(self) -> str:
        return self._spec.column("text")

    def _rows(self, path: Path, heading: list[str]) -> Iterator[Row]:
        delimiter = self._delimiter(path)
        with self._text(path) as text:
            records = raw_records(text, self._spec.max_item_bytes, delimiter=delimiter)
            try:
                next(records, None)
                for record in records:
                    yield self._row(heading, record, delimiter)
            except DAMAGE:
                yield Row(b"", reason="stream_damaged")

    def _row(self, heading: list[str], record: Record, delimiter: str) -> Row:
        if not record.is_whole:
            return Row(text_bytes(record.text), reason="record_too_large")
        fields = _fields(record, delimiter)
        if len(fields) != len(heading) or not record.is_closed:
            return Row(text_bytes(record.text), reason="record_broken")
        named = dict(zip(heading, fields, strict=True))
        return row_of(self._spec, {name: value for name, value in named.items() if value or name == self._text_column})

    def _heading(self, shard: Shard, path: Path) -> list[str]:
        """The names of the columns; none if the file has no record at all.

        Raises:
            SourceError: it cannot be read.
        """
        delimiter = self._delimiter(path)
        try:
            with self._text(path) as text:
                first = next(raw_records(text, self._spec.max_item_bytes, delimiter=delimiter), None)
        except DAMAGE:
            raise SourceError("shard_unreadable", f"shard {shard.name}: its heading cannot be read.") from None
        if first and not first.is_whole:
            raise SourceError("shard_unreadable", f"shard {shard.name}: its heading is beyond `max_item_bytes`.")
        return _fields(first, delimiter) if first else []

    def _text(self, path: Path) -> io.TextIOWrapper:
        """Undecodable bytes become lone surrogates, which `text_row` tells."""
        return io.TextIOWrapper(opened(path), encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _delimiter(self, path: Path) -> str:
        given = dict(self._spec.options).get("delimiter")
        if given is None:
            return "\t" if ".tsv" in (suffix.lower() for suffix in path.suffixes) else ","
        if not isinstance(given, str) or len(given) != 1 or given in '"\r\n':
            raise ConfigError(f"corpus {self._spec.name!r}: `delimiter` is one character, no quote and no line end.")
        return given


def _fields(record: Record, delimiter: str) -> list[str]:
    return next(csv.reader([record.text], delimiter=delimiter))


def _outline(text: TextIO) -> Iterable[str]:
    """The lines with all but the last character taken from what lies between quotes.

    That leaves every record in its place, for the parser looks at nothing else but quotes, line ends and whether a
    delimiter stands before them, and takes little memory for a line or a field without end.
    """
    line: list[str] = []
    while piece := text.readline(_PIECE):
        line.append(_ALL_BUT_LAST.sub("", piece))
        if piece.endswith(("\n", "\r")):
            yield "".join(line)
            line = []
    if line:
        yield "".join(line)
