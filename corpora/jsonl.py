"""JSON lines: `.jsonl` or `.ndjson`, plain or gzipped.

Each line that is not blank is one position; a line that cannot be read is an item with a reason. A compressed stream
that breaks gives what came before it, then one item `stream_damaged`.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import polars as pl

from corpora.batch import LABELS, Row, make_batch, text_row
from corpora.lines import bounded_lines
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import text_bytes
from tamis.labels import safe_word
from tamis.records import Shard

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


class JsonlReader:
    """Reads a file, or every JSON lines file below a folder; each file is a shard."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec

    def shards(self) -> list[Shard]:
        root = Path(self._spec.path)
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.name.endswith(SUFFIXES))
        if not files:
            expected = ", ".join(SUFFIXES)
            raise ConfigError(f"corpus {self._spec.name!r}: no file at its path ends in {expected}. Check `path`.")
        base = root.parent if root.is_file() else root
        return sorted((self._shard(file, base) for file in files), key=lambda shard: shard.name)

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        path = Path(shard.locator)
        if not path.is_file():
            raise SourceError("shard_missing", f"shard {shard.name}: the file is gone. Plan again.")
        if _sha256(path) != shard.sha256:
            raise SourceError("shard_changed", f"shard {shard.name}: its bytes are not those planned. Plan again.")
        with _opened(path) as stream:
            rows = self._rows(stream)
            start = 0
            while part := list(islice(rows, size)):
                yield make_batch(part, shard, start=start)
                start += len(part)

    def count(self, shard: Shard) -> int:
        """Lines that are not blank, by the standard library's own idea of a line; one more for a broken stream."""
        lines = 0
        with _opened(Path(shard.locator)) as stream:
            try:
                for line in stream:
                    lines += bool(line.strip())
            except (EOFError, OSError, zlib.error):
                lines += 1
        return lines

    def _shard(self, file: Path, base: Path) -> Shard:
        name = file.relative_to(base).as_posix()
        safe = safe_word(name)
        if safe != name:
            safe = f"{safe}~{hashlib.sha256(text_bytes(name)).hexdigest()[:8]}"
        return Shard(self._spec.name, safe, _sha256(file), str(file), file.stat().st_size)

    def _rows(self, stream: BinaryIO) -> Iterator[Row]:
        try:
            for line, whole in bounded_lines(stream, self._spec.max_item_bytes):
                yield self._row(line) if whole else Row(line, reason="record_too_large")
        except (EOFError, OSError, zlib.error):
            yield Row(b"", reason="stream_damaged")

    def _row(self, line: bytes) -> Row:
        try:
            record = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            return Row(line, reason="record_broken" if _is_utf8(line) else "record_not_utf8")
        if type(record) is not dict:
            return Row(line, reason="record_not_an_object")
        text = record.get(self._spec.column("text"))
        if text is None:
            return Row(line, reason="field_missing")
        if type(text) is not str:
            return Row(line, reason="field_wrong_type")
        return text_row(text, limit=self._spec.max_item_bytes, labels=self._labels(record), claims=self._claims(record))

    def _labels(self, record: dict[str, Any]) -> dict[str, str]:
        named = {role: record.get(self._spec.column(role)) for role in LABELS}
        given = {
            role: value if type(value) is str else str(value) for role, value in named.items() if value is not None
        }
        return {"source": self._spec.source or self._spec.name, **given}

    def _claims(self, record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        own = record.get(self._spec.column("licence"))
        claims = (("column", own), ("corpus", self._spec.licence))
        return tuple((kind, value) for kind, value in claims if type(value) is str and value)


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # type: ignore[return-value] # GzipFile


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
