"""Anything that `datasets` can stream, from a folder or from the hub; each split is a shard, each example a position.

Arrow batches are read (nine times faster than examples one by one), pictures stay undecoded, and no code of a data set
is ever run. A data set of the hub must be pinned by a commit, for what may change cannot be curated twice alike.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from corpora.batch import Row, batches_of
from corpora.columns import columns_missing
from corpora.files import safe_name, sha256_of_file
from corpora.provenance import columns_of
from corpora.records import row_of
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import digest_of
from tamis.records import Shard

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ROWS = 256


class HubReader:
    """Reads one split. Options: `config` (the subset), `split` (train unless given), `revision` (a commit)."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec
        options = dict(spec.options)
        self._config = options.get("config")
        self._split = str(options.get("split", "train"))
        self._revision = options.get("revision")
        self._folder = Path(spec.path) if Path(spec.path).is_dir() else None

    def shards(self) -> list[Shard]:
        if self._folder is None and not _COMMIT.fullmatch(str(self._revision or "")):
            raise ConfigError(
                f"corpus {self._spec.name!r}: {self._spec.path!r} is no folder, so it is one of the hub and needs "
                "`options: {revision: <40 hex digits of a commit>}`: what may change cannot be curated twice alike."
            )
        stream = self._stream(ConfigError)
        columns = list(stream.column_names or [])
        del stream
        gc.collect()
        self._check(columns)
        size = sum(file.stat().st_size for file in self._files())
        return [Shard(self._spec.name, self._shard_name(), self._digest(), self._spec.path, size)]

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        if self._folder is not None and not self._folder.is_dir():
            raise SourceError("shard_missing", f"shard {shard.name}: its folder is gone. Plan again.")
        if self._digest() != shard.sha256:
            raise SourceError("shard_changed", f"shard {shard.name}: its files are not those planned. Plan again.")
        yield from batches_of(self._rows(shard), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Examples one by one, where `batches` reads Arrow."""
        del shard
        stream = self._stream(ConfigError)
        counted = sum(1 for _ in stream)
        del stream
        gc.collect()
        return counted

    def _rows(self, shard: Shard) -> Iterator[Row]:
        stream = self._stream(ConfigError).with_format("arrow")
        wanted = set(columns_of(self._spec))
        tables = iter(stream.iter(batch_size=_ROWS))
        try:
            for table in tables:
                yield from (row_of(self._spec, record) for record in _records(table, wanted))
        except (pa.ArrowException, OSError, ValueError):
            raise SourceError("shard_unreadable", f"shard {shard.name}: breaks off while it is read.") from None
        finally:
            # an open stream may abort the process when it ends
            del tables, stream
            gc.collect()

    def _stream(self, error: type[ConfigError]) -> Any:
        from datasets import Image, load_dataset

        try:
            stream = load_dataset(
                self._spec.path, name=self._config, split=self._split, streaming=True, revision=self._revision
            )
        except Exception as cause:  # noqa: BLE001 # the library raises whatever its builders raise
            raise error(
                f"corpus {self._spec.name!r}: `datasets` cannot open {self._spec.path!r}, split {self._split!r} "
                f"({type(cause).__name__}). Check `path`, `config` and `split`."
            ) from None
        for name, feature in (stream.features or {}).items():
            if isinstance(feature, Image):
                stream = stream.cast_column(name, Image(decode=False))
        return stream

    def _check(self, columns: list[str]) -> None:
        named = [column for _, column in self._spec.columns] or [
            column for role in ("text", "image") if (column := self._spec.column(role)) in columns
        ]
        missing = [name for name in named or ["text"] if name not in columns]
        if columns and missing:
            raise columns_missing(self._spec, missing, columns)

    def _shard_name(self) -> str:
        config = f"{self._config}/" if self._config else ""
        return safe_name(f"{Path(self._spec.path).name}/{config}{self._split}")

    def _files(self) -> list[Path]:
        if self._folder is None:
            return []
        return sorted(path for path in self._folder.rglob("*") if path.is_file())

    def _digest(self) -> str:
        read = [(path.relative_to(self._spec.path).as_posix(), sha256_of_file(path)) for path in self._files()]
        what = [self._config, self._split]
        return digest_of([*what, read] if self._folder else [*what, self._spec.path, self._revision])


def _records(table: pa.Table, wanted: set[str]) -> Iterator[Mapping[str, Any]]:
    names = [name for name in table.column_names if name in wanted]
    return iter(table.select(names).to_pylist())
