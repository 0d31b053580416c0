"""Anything that `datasets` can stream, from a folder or from the hub; each split is a shard, each example a position,
or one for each part of a record.

Arrow batches are read (nine times faster than examples one by one), pictures stay undecoded, and no code of a data set
is ever run. A data set of the hub must be pinned by a commit, for what may change cannot be curated twice alike.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from corpora.arrow import Content, content_of, parts_in, records_of
from corpora.batch import Row, batches_of
from corpora.columns import columns_missing
from corpora.files import all_files_below, kind_of_path, safe_name, sha256_or_none
from corpora.provenance import Claims, about_columns, claims_of, labels_of
from corpora.records import Labels, parts_of, picture_row, row_of
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

    @cached_property
    def _folder(self) -> Path | None:
        return Path(self._spec.path) if kind_of_path(self._spec) == "folder" else None

    def shards(self) -> list[Shard]:
        where = f"corpus {self._spec.name!r}"
        if kind_of_path(self._spec) == "file":
            raise ConfigError(
                f"{where}: its path is a file, and `datasets` reads a folder. Put the file into one, or use the format "
                "that reads it: csv, jsonl, parquet or webdataset."
            )
        if self._folder is None and not _COMMIT.fullmatch(str(self._revision or "")):
            raise ConfigError(
                f"{where}: {self._spec.path!r} is no folder, so it is one of the hub and needs "
                "`options: {revision: <40 hex digits of a commit>}`: what may change cannot be curated twice alike."
            )
        stream = self._stream()
        schema = stream.features.arrow_schema if stream.features else pa.schema([])
        del stream
        gc.collect()
        self._check(schema)
        size = sum(file.stat().st_size for file in self._files())
        return [Shard(self._spec.name, self._shard_name(), self._digest(), self._spec.path, size)]

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        if self._folder is not None and not self._folder.is_dir():
            raise SourceError("shard_missing", f"shard {shard.name}: its folder is gone. Plan again.")
        if self._digest() != shard.sha256:
            raise SourceError("shard_changed", f"shard {shard.name}: its files are not those planned. Plan again.")
        yield from batches_of(self._rows(shard), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Examples one by one, where `batches` reads Arrow; if they may be several items, what Arrow says of each."""
        stream = self._stream_of(shard)
        try:
            if stream.features and not content_of(self._spec, stream.features.arrow_schema).has_parts:
                return sum(1 for _ in stream)
            return sum(map(self._items_in, stream.with_format("arrow").iter(batch_size=_ROWS)))
        except _breakage():
            raise _broken_off(shard) from None
        finally:
            del stream
            gc.collect()

    def _items_in(self, table: pa.Table) -> int:
        content = content_of(self._spec, table.schema)
        if not content.has_parts:
            return int(table.num_rows)
        return sum(parts_in(batch, content) for batch in table.to_batches())

    def _rows(self, shard: Shard) -> Iterator[Row]:
        stream = self._stream_of(shard).with_format("arrow")
        tables = iter(stream.iter(batch_size=_ROWS))
        try:
            for table in tables:
                content = content_of(self._spec, table.schema)
                for record in self._records(table, content):
                    if content.has_parts:
                        yield from parts_of(self._spec, record, content, self._part)
                    else:
                        yield self._row(record)
        except _breakage():
            raise _broken_off(shard) from None
        finally:
            # an open stream may abort the process when it ends
            del tables, stream
            gc.collect()

    def _records(self, table: pa.Table, content: Content) -> Iterator[Mapping[str, Any]]:
        wanted = {*content.columns, *about_columns(self._spec)}
        for batch in table.select([name for name in table.column_names if name in wanted]).to_batches():
            yield from records_of(batch)

    def _row(self, record: Mapping[str, Any]) -> Row:
        image = record.get(self._spec.column("image"))
        if self._place(image) is None:
            return row_of(self._spec, record)
        return self._part(self._spec, image, labels_of(self._spec, record), claims_of(self._spec, record))

    def _part(self, spec: CorpusSpec, image: Any, labels: Labels, claims: Claims) -> Row:
        """The row of a picture, also of one of which there is only the path."""
        path = self._place(image)
        if path is None:
            return picture_row(spec, image, labels, claims)
        labels = {"path": path.relative_to(Path(spec.path).resolve()).as_posix(), **labels}
        try:
            with path.open("rb") as opened:
                data = opened.read(spec.max_item_bytes + 1)
        except OSError:
            return Row(b"", "image", None, "file_unreadable", labels, claims)
        return picture_row(spec, data, labels, claims)

    def _place(self, image: Any) -> Path | None:
        """Where the picture lies, if there is but a path, and that leads into the folder we have a digest of."""
        if self._folder is None or not isinstance(image, Mapping) or image.get("bytes") is not None:
            return None
        said = image.get("path")
        if not isinstance(said, str) or "\0" in said:
            return None
        path = Path(self._spec.path, said).resolve()
        return path if path.is_relative_to(self._folder.resolve()) else None

    def _stream_of(self, shard: Shard) -> Any:
        try:
            return self._stream()
        except ConfigError:
            raise SourceError("shard_unreadable", f"shard {shard.name}: `datasets` cannot open it any more.") from None

    def _stream(self) -> Any:
        from datasets import Image, LargeList, List, load_dataset

        try:
            stream = load_dataset(
                self._spec.path, name=self._config, split=self._split, streaming=True, revision=self._revision
            )
        except Exception as cause:  # noqa: BLE001 # the library raises whatever its builders raise
            raise ConfigError(
                f"corpus {self._spec.name!r}: `datasets` cannot open {self._spec.path!r}, split {self._split!r} "
                f"({type(cause).__name__}). Check `path`, `config` and `split`."
            ) from None
        for name, feature in (stream.features or {}).items():
            if isinstance(feature, Image):
                stream = stream.cast_column(name, Image(decode=False))
            elif isinstance(feature, List | LargeList) and isinstance(feature.feature, Image):
                stream = stream.cast_column(name, replace(feature, feature=Image(decode=False)))
        return stream

    def _check(self, schema: pa.Schema) -> None:
        content = content_of(self._spec, schema).columns
        named = [column for _, column in self._spec.columns] or content or ["text"]
        missing = [name for name in named if name not in schema.names]
        if schema.names and missing:
            raise columns_missing(self._spec, missing, schema.names)

    def _shard_name(self) -> str:
        config = f"{self._config}/" if self._config else ""
        return safe_name(f"{Path(self._spec.path).name}/{config}{self._split}")

    def _files(self) -> list[Path]:
        return [] if self._folder is None else sorted(all_files_below(self._spec, hidden=True))

    def _digest(self) -> str:
        read = [(path.relative_to(self._spec.path).as_posix(), sha256_or_none(path)) for path in self._files()]
        what = [self._config, self._split]
        return digest_of([*what, read] if self._folder else [*what, self._spec.path, self._revision])


def _breakage() -> tuple[type[Exception], ...]:
    """What a stream raises that cannot be read on."""
    from datasets.exceptions import DatasetsError

    return (pa.ArrowException, OSError, ValueError, TypeError, KeyError, DatasetsError)


def _broken_off(shard: Shard) -> SourceError:
    return SourceError("shard_unreadable", f"shard {shard.name}: breaks off while it is read.")
