"""Stages a release: what a run kept, as Parquet files that anybody can read, in bytes that depend on nothing else.

Texts and pictures lie apart, and within them each licence class in a folder of its own, so that whoever may use some of
it takes no more than that. Within a folder rows are ordered by (shard, position), each split for itself, and cut into
files and row groups by what the rows are, so neither the batch size nor the number of workers leaves a trace.
Content-defined chunking lets two versions share most of their bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.files import sha256_of
from catalog.log import Log
from filters.rights.spdx import licences_in
from releases.attribution import ATTRIBUTION, AttributionWriter
from releases.obligations import Asked, Obligation, obligations_of
from releases.outbound import Outbound, outbound_of
from releases.splits import DIVIDED, Divided
from releases.texts import LicenceText, found_texts
from releases.third_parties import NOTICES, notices_markdown
from tamis.errors import ReleaseError
from tamis.ids import hex128, item_id, text_bytes
from tamis.records import GRANTS, KIND, Columns, Shard

ROWS_PER_GROUP = {"text": 2000, "images": 200}
"""1,000 to 2,000 texts a row group load fastest at random; a picture weighs as much as ten texts."""

GROUPS_PER_FILE = 50
"""Where a recipe does not say where files end."""

_SHOWN = 5
"""Failed shards that a message names."""

_LABELS = ("id", "path", "source", "version", "url", "title", "author", "label", "licence", "licence_class")

_COMMON = [
    ("item", pa.string()),
    ("record", pa.string()),
    ("part", pa.int32()),
    ("corpus", pa.string()),
    ("shard", pa.string()),
]
_TEXT = pa.schema(
    [*_COMMON, ("text", pa.string()), *((name, pa.string()) for name in _LABELS), ("n_masked", pa.int32())]
)
_IMAGES = pa.schema(
    [
        *_COMMON,
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        *((name, pa.string()) for name in _LABELS),
        ("reencoded", pa.string()),
    ]
)

SCHEMAS = {"images": _IMAGES, "text": _TEXT}
"""Of the files of each half."""

SPLIT = ("split", pa.string())
"""The last column, where there are splits."""

_LISTED: Columns = {
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "kind": KIND,
    "file": pl.String,
    "row": pl.UInt64,
    "reencoded": pl.String,  # the format in which a picture was encoded anew; null: as it came
    "split": pl.String,  # null where there are no splits, as are the next two
    "cluster_hi": pl.UInt64,  # id of the item of its cluster that has the smallest
    "cluster_lo": pl.UInt64,
}
LISTED = pl.Schema(_LISTED)
"""Which item lies where in a release: what the catalog learns of it."""


@dataclass(frozen=True, slots=True)
class Drawer:
    """Where rows of a kind lie: the files of one licence class and, where there are splits, of one of these."""

    half: str
    """text or images."""
    grant: str
    split: str | None

    @property
    def name(self) -> str:
        """Under which its rows count for the content digest."""
        return f"{self.half}/{self.grant}" + (f"/{self.split}" if self.split else "")

    @property
    def schema(self) -> pa.Schema:
        return SCHEMAS[self.half].append(pa.field(*SPLIT)) if self.split else SCHEMAS[self.half]

    def file(self, number: int) -> str:
        return f"{self.half}/{self.grant}/{self.split or 'part'}-{number:05d}.parquet"

    @classmethod
    def of(cls, file: str) -> Drawer:
        """That of a file with rows, by its path in the release."""
        path = PurePosixPath(file)
        half, _, grant = path.parent.as_posix().partition("/")
        split = path.name.rpartition("-")[0]
        return cls(half, grant, None if split == "part" else split)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a file ends: before the row with which it would have more than this. Null: no such limit.

    Without either, after GROUPS_PER_FILE row groups.
    """

    n_bytes: int | None = None
    """Of texts in UTF-8 and of pictures, before they are packed."""
    items: int | None = None


USUAL = Cut()


@dataclass(frozen=True, slots=True)
class Staged:
    """A release that nobody sees yet."""

    folder: Path
    name: str
    version: str
    run: str
    files: tuple[tuple[str, str, int, int | None], ...]
    """(path, sha256, bytes, rows) of each file; rows are null where it holds none."""
    content_digest: str
    """Over every row's item, content and licence in order: two versions with the same rows have the same."""
    facts: tuple[tuple[str, int], ...]
    """Counts: texts, images, masked (items), characters, image_bytes."""
    licences: tuple[tuple[str, str, int], ...]
    """(expression, class, items)."""
    obligations: tuple[Obligation, ...]
    outbound: Outbound
    splits: Mapping[str, Any] | None = None
    """As a manifest has them."""

    @property
    def release_id(self) -> str:
        return f"{self.name}@{self.version}"


def stage(
    log: Log,
    run: str,
    folder: Path,
    *,
    name: str,
    version: str,
    dropped: pl.DataFrame,
    licence: str | None = None,
    given: Mapping[str, str] | None = None,
    divided: Divided | None = None,
    cut: Cut = USUAL,
) -> Staged:
    """Writes the run's kept items, less those in `dropped`, into `folder`; reads one segment at a time.

    Args:
        log: where the run's segments are.
        run: its id.
        folder: must not exist.
        name: of the release.
        version: of the release.
        dropped: shard (number) and position of what corpus-wide steps have decided away.
        licence: what the whole is to go out under, an SPDX id; null for a collection whose items keep theirs.
        given: licence id → text, for licences whose text did not come with the items.
        divided: the splits of what stays; null: there are none.
        cut: where files end.

    Raises:
        ReleaseError: nothing stays, or it cannot go out under `licence`; nothing is left of it then.
    """
    folder.mkdir(parents=True)
    parts = _parts(folder, divided, cut)
    credited = AttributionWriter(folder / ATTRIBUTION)
    for labelled in _labelled_rows(log, run, dropped, divided):
        credited.add(labelled)
        for (half, grant, split), rows in labelled.partition_by("half", "class", "split", as_dict=True).items():
            parts[Drawer(half, grant, split)].add(rows)
    for part in parts.values():
        part.close()
    credited.close()
    tallies = {drawer.name: part.tally for drawer, part in parts.items()}
    digest, counts, licences = totals(tallies)
    outbound = outbound_of(licences, licence)
    refusal = _refusal(log, run, f"{name}@{version}", items=counts["texts"] + counts["images"], outbound=outbound)
    if refusal is not None:
        shutil.rmtree(folder)
        raise ReleaseError(refusal)
    listed = pl.concat([LISTED.to_frame(), *(frame for part in parts.values() for frame in part.listed)])
    # outside the folder that is sealed: the catalog's own
    pq.write_table(listed.sort("shard", "position").to_arrow(), folder.with_name(f"{folder.name}.items.parquet"))
    segments = [(log.segment_folder(run, number), _away(dropped, number)) for number in sorted(log.commits(run))]
    obligations, written = _write_obligations(folder, segments, asked_of(tallies.values()), given or {})
    files: list[tuple[str, int | None]] = [file for part in parts.values() for file in part.files]
    return Staged(
        folder=folder,
        name=name,
        version=version,
        run=run,
        files=tuple(_file_facts(folder, *file) for file in [*files, (ATTRIBUTION, credited.rows), *written]),
        content_digest=digest,
        facts=tuple(counts.items()),
        licences=ranked(licences),
        obligations=obligations,
        outbound=outbound,
        splits=None if divided is None else _split_facts(divided, tallies),
    )


def _split_facts(divided: Divided, tallies: Mapping[str, Tally]) -> dict[str, Any]:
    counts = split_counts(tallies)
    empty = dict.fromkeys(OF_SPLIT, 0)
    of = [
        {"split": name, "share": share, **counts.get(name, empty), "tokens": divided.tokens_of(name)}
        for name, share in divided.splits.shares
    ]
    return {**divided.facts, "of": of}


def _parts(folder: Path, divided: Divided | None, cut: Cut) -> dict[Drawer, _Part]:
    splits = [None] if divided is None else sorted(name for name, _ in divided.splits.shares)
    drawers = [Drawer(half, grant, split) for half in sorted(SCHEMAS) for grant in sorted(GRANTS) for split in splits]
    return {drawer: _Part(folder, drawer, cut) for drawer in drawers}


def _labelled_rows(log: Log, run: str, dropped: pl.DataFrame, divided: Divided | None) -> Iterator[pl.DataFrame]:
    """What stays, a few rows at once, with all that is said of them."""
    for number, commit in sorted(log.commits(run).items()):
        path = log.segment_folder(run, number) / "kept.parquet"
        of_shard = None if divided is None else divided.of_shard(number)
        for frame in _batches(path, _away(dropped, number)):
            yield _labelled(frame, number=number, shard=commit.shard).pipe(_split, of_shard)


def _refusal(log: Log, run: str, release: str, *, items: int, outbound: Outbound) -> str | None:
    return outbound.refusal(release) if items else _nothing(log, run, release)


def _write_obligations(
    folder: Path, segments: Iterable[tuple[Path, pl.Series]], asked: Asked, given: Mapping[str, str]
) -> tuple[tuple[Obligation, ...], list[tuple[str, None]]]:
    """The licence texts and the notices; returns what they are about, and the files."""
    found = found_texts(segments, wanted=frozenset(asked))
    texts = {
        **{licence: LicenceText(text, "given") for licence, text in given.items() if licence in asked},
        **{licence: LicenceText(text, "found") for licence, text in found.texts.items()},
    }
    files = []
    for licence, text in sorted(texts.items()):
        path = folder / text_path(licence)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.text, encoding="utf-8", newline="\n")
        files.append((text_path(licence), None))
    obligations = obligations_of(asked, {licence: text.origin for licence, text in texts.items()})
    (folder / NOTICES).write_text(notices_markdown(found.sources, obligations), encoding="utf-8", newline="\n")
    return obligations, [*files, (NOTICES, None)]


def text_path(licence: str) -> str:
    """Where in a release the text of a licence lies."""
    return f"LICENSES/{licence}.txt"


def _away(dropped: pl.DataFrame, number: int) -> pl.Series:
    return dropped.filter(pl.col("shard") == number)["position"]


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


def _labelled(frame: pl.DataFrame, *, number: int, shard: Shard) -> pl.DataFrame:
    key = shard.key
    record = pl.col("record").map_elements(lambda first: hex128(*item_id(key, first)), return_dtype=pl.String)
    return frame.with_columns(
        pl.lit(number, dtype=pl.UInt32).alias("number"),
        pl.lit(shard.corpus).alias("corpus"),
        pl.lit(shard.name).alias("shard"),
        pl.format("{}{}", _hex("item_hi"), _hex("item_lo")).alias("item"),
        record=record,
        part=(pl.col("position") - pl.col("record")).cast(pl.Int32),
        half=pl.when(pl.col("kind") == "text").then(pl.lit("text")).otherwise(pl.lit("images")),
        **{"class": pl.col("licence_class").fill_null("unknown")},
    )


def _split(rows: pl.DataFrame, of_shard: pl.DataFrame | None) -> pl.DataFrame:
    """The rows with split and cluster, null where there are no splits."""
    columns = ("split", "cluster_hi", "cluster_lo")
    if of_shard is None:
        return rows.with_columns(pl.lit(None, dtype=DIVIDED[name]).alias(name) for name in columns)
    told = of_shard.select("position", *columns)
    return rows.join(told, on="position", how="left", validate="1:1", maintain_order="left")


def _hex(name: str) -> pl.Expr:
    return pl.col(name).map_elements(lambda value: f"{value:016x}", return_dtype=pl.String)


class Tally:
    """What a manifest says of the rows of one folder: counted when it is staged, and again when it is verified."""

    def __init__(self, drawer: Drawer) -> None:
        self.split = drawer.split
        self._column = "text" if drawer.half == "text" else "image"
        self.licences: dict[tuple[str, str], int] = {}
        """(expression, class) → items."""
        self.authorless: dict[str, int] = {}
        """Expression → items of which nobody says who made them."""
        self.digest = hashlib.sha256()
        self.rows = 0
        self.masked = 0
        self.size = 0
        """Characters of texts, bytes of pictures."""
        self.n_bytes = 0
        """Of texts in UTF-8, of pictures."""

    @property
    def is_text(self) -> bool:
        return self._column == "text"

    def count(self, group: pl.DataFrame) -> None:
        """Adds rows in their order: item, text or image (its bytes), labels, licence, licence_class, n_masked."""
        self.rows += group.height
        self.masked += int((group["n_masked"] > 0).sum())
        columns = ("item", self._column, "licence", "licence_class", "author")
        for item, content, licence, grant, author in group.select(columns).iter_rows():
            data = text_bytes(content) if isinstance(content, str) else content
            self.size += len(content)
            self.n_bytes += len(data)
            self.digest.update(f"{item} {hashlib.sha256(data).hexdigest()} {licence}\n".encode())
            key = (licence or "", grant or "unknown")
            self.licences[key] = self.licences.get(key, 0) + 1
            if author is None:
                self.authorless[key[0]] = self.authorless.get(key[0], 0) + 1


Totals = tuple[str, dict[str, int], dict[tuple[str, str], int]]


def totals(tallies: Mapping[str, Tally]) -> Totals:
    """The content digest of a release, its counts, and its items by (expression, class), from those of its folders."""
    counts = dict.fromkeys(("texts", "images", "masked", "characters", "image_bytes"), 0)
    licences: dict[tuple[str, str], int] = {}
    digest = hashlib.sha256()
    for name, tally in sorted(tallies.items()):
        rows, size = ("texts", "characters") if tally.is_text else ("images", "image_bytes")
        counts[rows] += tally.rows
        counts[size] += tally.size
        counts["masked"] += tally.masked
        for key, count in tally.licences.items():
            licences[key] = licences.get(key, 0) + count
        if tally.rows:
            digest.update(f"{name} {tally.digest.hexdigest()}\n".encode())
    return digest.hexdigest(), counts, licences


OF_SPLIT = ("texts", "images", "text_bytes", "image_bytes")
"""What is counted of the rows of a split."""


def split_counts(tallies: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
    """Split → what a manifest counts of its rows; of splits that have any."""
    counts: dict[str, dict[str, int]] = {}
    for tally in tallies.values():
        if tally.split is not None and tally.rows:
            of = counts.setdefault(tally.split, dict.fromkeys(OF_SPLIT, 0))
            rows, size = ("texts", "text_bytes") if tally.is_text else ("images", "image_bytes")
            of[rows] += tally.rows
            of[size] += tally.n_bytes
    return counts


def asked_of(tallies: Iterable[Tally]) -> Asked:
    """What the expressions of all rows name."""
    items: Counter[str] = Counter()
    authorless: Counter[str] = Counter()
    for tally in tallies:
        for (expression, _), count in tally.licences.items():
            items.update(dict.fromkeys(licences_in(expression), count))
        for expression, count in tally.authorless.items():
            authorless.update(dict.fromkeys(licences_in(expression), count))
    return {licence: (count, authorless[licence]) for licence, count in sorted(items.items())}


class _Part:
    """The rows of one drawer: fills row groups to a fixed number of rows, and files to where they are to be cut."""

    def __init__(self, folder: Path, drawer: Drawer, cut: Cut) -> None:
        self._folder = folder
        self.drawer = drawer
        self._schema = _with_features(drawer.schema, drawer.half)
        self._group = ROWS_PER_GROUP[drawer.half]
        usual = GROUPS_PER_FILE * self._group if cut == USUAL else None
        self._most_items = cut.items or usual
        self._most_bytes = cut.n_bytes
        self._items = self._bytes = 0  # of the file that is being filled
        self._waiting: list[pl.DataFrame] = []
        self._n_waiting = 0
        self._writer: pq.ParquetWriter | None = None
        self._in_file = 0
        self.files: list[tuple[str, int]] = []
        self.listed: list[pl.DataFrame] = []
        self.tally = Tally(drawer)

    def add(self, frame: pl.DataFrame) -> None:
        content = pl.col("text").str.len_bytes() if self.drawer.half == "text" else pl.col("image").bin.size()
        sizes = frame.select(content).to_series().cast(pl.Int64).to_numpy()
        start = 0
        while start < frame.height:
            count = self._room(sizes[start:])
            if count:
                self._fill(frame.slice(start, count))
                self._items += count
                self._bytes += int(sizes[start : start + count].sum())
                start += count
            else:
                self.close()

    def _room(self, sizes: np.ndarray[Any, Any]) -> int:
        """How many of the rows of these sizes still go into the file; it takes one however large."""
        count = len(sizes)
        if self._most_items is not None:
            count = min(count, self._most_items - self._items)
        if self._most_bytes is not None:
            fitting = int(np.searchsorted(np.cumsum(sizes), self._most_bytes - self._bytes, side="right"))
            count = min(count, fitting if self._items else max(fitting, 1))
        return count

    def _fill(self, rows: pl.DataFrame) -> None:
        self._waiting.append(rows)
        self._n_waiting += rows.height
        while self._n_waiting >= self._group:
            together = pl.concat(self._waiting)
            self._write(together.head(self._group))
            self._waiting = [together.tail(-self._group)]
            self._n_waiting -= self._group

    def close(self) -> None:
        """Ends the file; what is added later goes into the next."""
        if self._n_waiting:
            self._write(pl.concat(self._waiting))
        self._waiting, self._n_waiting = [], 0
        self._items = self._bytes = 0
        if self._writer is not None:
            self._writer.close()
            self.files[-1] = (self.files[-1][0], self._in_file)
            self._writer = None

    def _write(self, group: pl.DataFrame) -> None:
        writer = self._writer or self._open()
        file = self.files[-1][0]
        writer.write_table(self._table(group), row_group_size=self._group)
        rows = pl.int_range(self._in_file, self._in_file + group.height, dtype=pl.UInt64)
        listed = group.with_columns(file=pl.lit(file), row=rows, shard="number")
        self.listed.append(listed.select(LISTED.names()).cast(LISTED))
        self.tally.count(group)
        self._in_file += group.height

    def _open(self) -> pq.ParquetWriter:
        name = self.drawer.file(len(self.files))
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files.append((name, 0))
        self._in_file = 0
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_content_defined_chunking=True,
            write_page_checksum=True,
            store_schema=True,
        )
        return self._writer

    def _table(self, group: pl.DataFrame) -> pa.Table:
        if self.drawer.half == "images":
            picture = pl.struct(pl.col("image").alias("bytes"), pl.lit(None, dtype=pl.String).alias("path"))
            group = group.with_columns(image=picture)
        plain = group.select(self._schema.names).to_arrow(compat_level=pl.CompatLevel.oldest())
        return plain.cast(self._schema)


def _with_features(schema: pa.Schema, half: str) -> pa.Schema:
    """Says to `datasets` what a picture is; without it, it would load as a dictionary."""
    if half != "images":
        return schema
    features: dict[str, Any] = {field.name: {"dtype": str(field.type), "_type": "Value"} for field in schema}
    features["image"] = {"_type": "Image"}
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _file_facts(folder: Path, name: str, rows: int | None) -> tuple[str, str, int, int | None]:
    path = folder / name
    return name, sha256_of(path), path.stat().st_size, rows


def ranked(licences: Mapping[tuple[str, str], int]) -> tuple[tuple[str, str, int], ...]:
    """(expression, class, items), those of most items first."""
    ranked = sorted(licences.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((expression, grant, count) for (expression, grant), count in ranked)
