"""JSON lines: `.jsonl` or `.ndjson`, plain, gzipped (`.gz`) or zstandard (`.zst`).

Each line that is not blank is one position; a line that cannot be read is an item with a reason. A compressed stream
that breaks gives what came before it, then one item `stream_damaged`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import orjson
import polars as pl

from corpora.batch import Row, batches_of
from corpora.files import DAMAGE, file_shards, listed_file, opened, planned_file, readable
from corpora.lines import bounded_lines, count_lines
from corpora.records import row_of
from corpora.spec import CorpusSpec
from tamis.records import Shard

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")


class JsonlReader:
    """Reads a file, or every JSON lines file below a folder; each file is a shard."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec

    def shards(self) -> list[Shard]:
        return file_shards(self._spec, SUFFIXES)

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        with readable(shard):
            stream = opened(planned_file(shard))
        with stream:
            yield from batches_of(self._rows(stream), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Lines that are not blank, by the standard library's own idea of a line; one more for a broken stream."""
        with readable(shard):
            stream = opened(listed_file(shard))
        with stream:
            return count_lines(stream, DAMAGE)

    def _rows(self, stream: BinaryIO) -> Iterator[Row]:
        try:
            for line, whole in bounded_lines(stream, self._spec.max_item_bytes):
                yield self._row(line) if whole else Row(line, reason="record_too_large")
        except DAMAGE:
            yield Row(b"", reason="stream_damaged")

    def _row(self, line: bytes) -> Row:
        try:
            record = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            return Row(line, reason="record_broken" if _is_utf8(line) else "record_not_utf8")
        if type(record) is not dict:
            return Row(line, reason="record_not_an_object")
        return row_of(self._spec, record)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
