"""Stages a release: what a run kept, as Parquet files that anybody can read, in bytes that depend on nothing else.

Rows are ordered by (shard, position) and cut into row groups of fixed numbers of rows, so neither the batch size nor
the number of workers leaves a trace. Content-defined chunking lets two versions share most of their bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.files import sha256_of
from catalog.log import Log
from tamis.errors import ReleaseError
from tamis.ids import text_bytes
from tamis.records import KIND, Columns

ROWS_PER_GROUP = {"text": 2000, "images": 200}
"""1,000 to 2,000 texts a row group load fastest at random; a picture weighs as much as ten texts."""

GROUPS_PER_FILE = 50

_SHOWN = 5
"""Failed shards that a message names."""

_LABELS = ("id", "path", "source", "version", "url", "title", "author", "licence", "licence_class")

_COMMON = [("item", pa.string()), ("corpus", pa.string()), ("shard", pa.string())]
_TEXT = pa.schema(
    [*_COMMON, ("text", pa.string()), *((name, pa.string()) for name in _LABELS), ("n_masked", pa.int32())]
)
_IMAGES = pa.schema(
    [
        *_COMMON,
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        *((name, pa.string()) for name in _LABELS),
    ]
)

_LISTED: Columns = {
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "kind": KIND,
    "file": pl.String,
    "row": pl.UInt64,
}
LISTED = pl.Schema(_LISTED)
"""Which item lies where in a release: what the catalog learns of it."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A release that nobody sees yet."""

    folder: Path
    name: str
    version: str
    run: str
    files: tuple[tuple[str, str, int, int], ...]
    """(path, sha256, bytes, rows) of each data file."""
    content_digest: str
    """Over every row's item, content and licence in order: two versions with the same rows have the same."""
    facts: tuple[tuple[str, int], ...]
    """Counts: texts, images, masked (items), characters, image_bytes."""
    licences: tuple[tuple[str, str, int], ...]
    """(expression, class, items)."""

    @property
    def release_id(self) -> str:
        return f"{self.name}@{self.version}"


def stage(log: Log, run: str, folder: Path, *, name: str, version: str, dropped: pl.DataFrame) -> Staged:
    """Writes the run's kept items, less those in `dropped`, into `folder`; reads one segment at a time.

    Args:
        log: where the run's segments are.
        run: its id.
        folder: must not exist.
        name: of the release.
        version: of the release.
        dropped: shard (number) and position of what corpus-wide steps have decided away.

    Raises:
        ReleaseError: nothing stays; nothing is left of it then.
    """
    folder.mkdir(parents=True)
    text, images = _Half(folder, "text", _TEXT), _Half(folder, "images", _IMAGES)
    for number, commit in sorted(log.commits(run).items()):
        path = log.segment_folder(run, number) / "kept.parquet"
        away = dropped.filter(pl.col("shard") == number)["position"]
        for frame in _batches(path, away):
            labelled = _labelled(frame, number=number, corpus=commit.shard.corpus, shard=commit.shard.name)
            text.add(labelled.filter(pl.col("kind") == "text"))
            images.add(labelled.filter(pl.col("kind") == "image"))
    halves = (text, images)
    for half in halves:
        half.close()
    digest, counts, licences = totals(text.tally, images.tally)
    if not counts["texts"] and not counts["images"]:
        shutil.rmtree(folder)
        raise ReleaseError(_nothing(log, run, f"{name}@{version}"))
    listed = pl.concat([LISTED.to_frame(), *(frame for half in halves for frame in half.listed)])
    # outside the folder that is sealed: the catalog's own
    pq.write_table(listed.sort("shard", "position").to_arrow(), folder.with_name(f"{folder.name}.items.parquet"))
    return Staged(
        folder=folder,
        name=name,
        version=version,
        run=run,
        files=tuple(_file_facts(folder, file) for half in halves for file in half.files),
        content_digest=digest,
        facts=tuple(counts.items()),
        licences=_ranked(licences),
    )


def _nothing(log: Log, run: str, release: str) -> str:
    """Why a release that would be empty is not made: a data set without rows loads as something else, or not at all."""
    items = sum(commit.items for commit in log.commits(run).values())
    read = f"of {items:,} items all are held or dropped" if items else "no item was read"
    return (
        f"{release}: nothing stays: {read}{_failed(log, run)}. Not sealed, and the version can be used again. "
        "`tamis sql 'FROM held'` and `tamis sql 'FROM shard'` say more."
    )


def _failed(log: Log, run: str) -> str:
    planned = {shard["number"]: f"{shard['corpus']}/{shard['name']}" for shard in log.read_run(run)["shards"]}
    failures = [f"{planned[number]}: {failure['code']}" for number, failure in log.failures(run).items()]
    more = ", …" if len(failures) > _SHOWN else ""
    return f"; failed: {', '.join(failures[:_SHOWN])}{more}" if failures else ""


def listed_path(folder: Path) -> Path:
    """Where `stage` writes which item lies where."""
    return folder.with_name(f"{folder.name}.items.parquet")


def _batches(path: Path, away: pl.Series) -> Iterator[pl.DataFrame]:
    file = pq.ParquetFile(path)
    for batch in file.iter_batches(batch_size=256):
        frame = pl.DataFrame(pl.from_arrow(batch))
        yield frame.filter(~pl.col("position").is_in(away.implode()))


def _labelled(frame: pl.DataFrame, *, number: int, corpus: str, shard: str) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(number, dtype=pl.UInt32).alias("number"),
        pl.lit(corpus).alias("corpus"),
        pl.lit(shard).alias("shard"),
        pl.format("{}{}", _hex("item_hi"), _hex("item_lo")).alias("item"),
    )


def _hex(name: str) -> pl.Expr:
    return pl.col(name).map_elements(lambda value: f"{value:016x}", return_dtype=pl.String)


class Tally:
    """What a manifest says of the rows of one half: counted when it is staged, and again when it is verified."""

    def __init__(self, name: str) -> None:
        self._column = "text" if name == "text" else "image"
        self.licences: dict[tuple[str, str], int] = {}
        """(expression, class) → items."""
        self.digest = hashlib.sha256()
        self.rows = 0
        self.masked = 0
        self.size = 0

    def count(self, group: pl.DataFrame) -> None:
        """Adds rows in their order: item, text or image (its bytes), licence, licence_class, n_masked."""
        self.rows += group.height
        self.masked += int((group["n_masked"] > 0).sum())
        for item, content, licence, grant in group.select("item", self._column, "licence", "licence_class").iter_rows():
            data = text_bytes(content) if isinstance(content, str) else content
            self.size += len(content)
            self.digest.update(f"{item} {hashlib.sha256(data).hexdigest()} {licence}\n".encode())
            key = (licence or "", grant or "unknown")
            self.licences[key] = self.licences.get(key, 0) + 1


def totals(text: Tally, images: Tally) -> tuple[str, dict[str, int], dict[tuple[str, str], int]]:
    """The content digest of a release, its counts, and its items by (expression, class), from its two halves."""
    counts = {
        "texts": text.rows,
        "images": images.rows,
        "masked": text.masked,
        "characters": text.size,
        "image_bytes": images.size,
    }
    licences = dict(text.licences)
    for key, count in images.licences.items():
        licences[key] = licences.get(key, 0) + count
    digest = hashlib.sha256(text.digest.digest() + images.digest.digest()).hexdigest()
    return digest, counts, licences


class _Half:
    """The texts or the pictures of a release: fills row groups and files to fixed numbers of rows."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema) -> None:
        self._folder = folder
        self._name = name
        self._schema = _with_features(schema, name)
        self._group = ROWS_PER_GROUP[name]
        self._waiting: list[pl.DataFrame] = []
        self._n_waiting = 0
        self._writer: pq.ParquetWriter | None = None
        self._groups = 0
        self._in_file = 0
        self.files: list[tuple[str, int]] = []
        self.listed: list[pl.DataFrame] = []
        self.tally = Tally(name)

    def add(self, frame: pl.DataFrame) -> None:
        self._waiting.append(frame)
        self._n_waiting += frame.height
        while self._n_waiting >= self._group:
            together = pl.concat(self._waiting)
            self._write(together.head(self._group))
            self._waiting = [together.tail(-self._group)]
            self._n_waiting -= self._group

    def close(self) -> None:
        if self._n_waiting:
            self._write(pl.concat(self._waiting))
        self._close_file()

    def _write(self, group: pl.DataFrame) -> None:
        writer = self._writer or self._open()
        file = self.files[-1][0]
        writer.write_table(self._table(group), row_group_size=self._group)
        rows = pl.int_range(self._in_file, self._in_file + group.height, dtype=pl.UInt64)
        listed = group.select("item_hi", "item_lo", shard="number", position="position", kind="kind")
        self.listed.append(listed.with_columns(file=pl.lit(file), row=rows).select(LISTED.names()).cast(LISTED))
        self.tally.count(group)
        self._in_file += group.height
        self._groups += 1
        if self._groups == GROUPS_PER_FILE:
            self._close_file()

    def _open(self) -> pq.ParquetWriter:
        name = f"{self._name}/part-{len(self.files):05d}.parquet"
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        self.files.append((name, 0))
        self._groups = self._in_file = 0
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_content_defined_chunking=True,
            write_page_checksum=True,
            store_schema=True,
        )
        return self._writer

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self.files[-1] = (self.files[-1][0], self._in_file)
            self._writer = None

    def _table(self, group: pl.DataFrame) -> pa.Table:
        if self._name == "images":
            picture = pl.struct(pl.col("image").alias("bytes"), pl.lit(None, dtype=pl.String).alias("path"))
            group = group.with_columns(image=picture)
        plain = group.select(self._schema.names).to_arrow(compat_level=pl.CompatLevel.oldest())
        return plain.cast(self._schema)


def _with_features(schema: pa.Schema, name: str) -> pa.Schema:
    """Says to `datasets` what a picture is; without it, it would load as a dictionary."""
    if name != "images":
        return schema
    features: dict[str, Any] = {column: {"dtype": "string", "_type": "Value"} for column in schema.names}
    features["image"] = {"_type": "Image"}
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _file_facts(folder: Path, file: tuple[str, int]) -> tuple[str, str, int, int]:
    name, rows = file
    path = folder / name
    return name, sha256_of(path), path.stat().st_size, rows


def _ranked(licences: dict[tuple[str, str], int]) -> tuple[tuple[str, str, int], ...]:
    ranked = sorted(licences.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((expression, grant, count) for (expression, grant), count in ranked)
