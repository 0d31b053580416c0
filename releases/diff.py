"""What changed from one release to another: which items came, went, moved, or are otherwise than they were.

Items are matched by their ids first. An id names the bytes of the shard that the item came from, so after a change in a
shard all that is in it comes under new ids: what is left on both sides is matched by content then, and has *moved*.
Contents are compared by 128 bits of two hashes under keys of this process, so that nobody can make two of them equal.

Files that both releases name with the same SHA-256 are not opened: their rows are the same. Of all others a few columns
are read, and held in memory without the content. Manifests are believed: `tamis verify` asks whether files are what
they say.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from releases.part import row_files
from releases.rows import expect_packed_by_us
from releases.seal import manifest_of
from tamis.errors import ReleaseError
from tamis.records import KIND, Columns

CHANGES = ("changed", "moved", "added", "removed")
"""`changed`: the same item, otherwise; `moved`: the same content, under another id."""

WHAT = ("content", "masks", "encoding", "licence", "split")
"""`split` where both releases have splits."""

_CHANGED: Columns = {
    "change": pl.Enum(CHANGES),
    "kind": KIND,
    "item": pl.Binary,  # of the first release; of the second where it was added
    "became": pl.Binary,  # its id in the second release, if it moved
    "what": pl.String,  # those of WHAT that differ, with commas between; null if it was added, removed, or moved alone
    "licence": pl.String,  # in the first release; in the second where it was added
    "licence_class": pl.String,
    "source": pl.String,
}
CHANGED = pl.Schema(_CHANGED)
"""One row for each item that differs, by change and id."""

_KEY = ("kind", "content", "content_too")

_SAID = ("kind", "content", "n_masked", "reencoded", "licence", "licence_class", "split")
"""What must be alike of two rows with the same id, beside the second hash of the content."""


@dataclass(frozen=True, slots=True)
class _Seeds:
    """Keys of hashes, which nobody knows beforehand."""

    content: int
    content_too: int
    row: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Two releases, item by item."""

    first: Mapping[str, Any]
    """Its manifest."""
    second: Mapping[str, Any]
    same: int
    """Items that are in both and alike."""
    unopened: int
    """Of these, those in files that both have."""
    changes: pl.DataFrame
    """Schema CHANGED."""

    def of(self, change: str) -> pl.DataFrame:
        return self.changes.filter(pl.col("change") == change)


def compare(first: Path, second: Path) -> Compared:
    """Compares two sealed releases by their folders.

    Raises:
        ReleaseError: one is none, or does not hold rows as a release has them.
    """
    manifests = manifest_of(first), manifest_of(second)
    alike = set(row_files(manifests[0])) & set(row_files(manifests[1]))
    unopened = sum(rows for _, _, rows in alike)
    seeds = _Seeds(*(secrets.randbits(63) for _ in range(3)))
    split = pl.col("split") if all(each.get("splits") for each in manifests) else pl.lit(None, dtype=pl.String)
    here = _rows(first, manifests[0], alike, split, seeds=seeds)
    there = _rows(second, manifests[1], alike, split, seeds=seeds)
    # most rows are alike: they are put aside by numbers first, and only the rest is matched by id
    on = ["row", "content_too"]
    rest, rest_there = here.join(there, on=on, how="anti"), there.join(here, on=on, how="anti")
    both = rest.join(rest_there, on="item", how="full", suffix="_there", coalesce=False, validate="1:1")
    changed, gone, new = _split(both)
    moved, gone, new = _moved(gone, new)
    changes = [changed, moved, new, gone]
    return Compared(
        *manifests,
        same=unopened + here.height - rest.height,
        unopened=unopened,
        changes=pl.concat([_named(frame, change) for frame, change in zip(changes, CHANGES, strict=True)]),
    )


def _rows(
    folder: Path,
    manifest: Mapping[str, Any],
    alike: Collection[tuple[str, str, int]],
    split: pl.Expr,
    *,
    seeds: _Seeds,
) -> pl.DataFrame:
    """The items of the files that are not alike: id, kind, hashes of content and row, and what is said of it.

    Raises:
        ReleaseError: they do not hold rows as a release has them, or one item twice.
    """
    files = [folder / path for path, *rest in row_files(manifest) if (path, *rest) not in alike]
    halves = {
        half: [path for path in files if path.relative_to(folder).parts[0] == half] for half in ("images", "text")
    }
    of_pictures = {
        "content": pl.col("image").struct.field("bytes"),
        "n_masked": pl.lit(None, dtype=pl.Int32),
        "reencoded": pl.col("reencoded"),
    }
    of_texts = {
        "content": pl.col("text"),
        "n_masked": pl.col("n_masked"),
        "reencoded": pl.lit(None, dtype=pl.String),
    }
    try:
        for path in files:
            expect_packed_by_us(pq.read_metadata(path), path.name)
        frames = [
            _of_half(halves["images"], "image", {**of_pictures, "split": split}, seeds=seeds),
            _of_half(halves["text"], "text", {**of_texts, "split": split}, seeds=seeds),
        ]
        rows = pl.concat(frames)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError):
        raise ReleaseError(f"{folder}: does not hold rows as a release has them. `tamis verify` says more.") from None
    if rows["item"].n_unique() != rows.height:
        raise ReleaseError(f"{folder}: holds an item twice. `tamis verify` says more.")
    return rows.with_columns(row=pl.struct("item", *_SAID).hash(seeds.row))


def _of_half(files: list[Path], kind: str, said: Mapping[str, pl.Expr], *, seeds: _Seeds) -> pl.DataFrame:
    schema: Columns = {
        "item": pl.Binary,
        "kind": KIND,
        "content": pl.UInt64,
        "content_too": pl.UInt64,
        "n_masked": pl.Int32,
        "reencoded": pl.String,
        "licence": pl.String,
        "licence_class": pl.String,
        "split": pl.String,
        "source": pl.String,
    }
    if not files:
        return pl.DataFrame(schema=schema)
    rows = pl.scan_parquet(files, glob=False).select(
        pl.col("item").str.decode("hex"),
        pl.lit(kind, dtype=KIND).alias("kind"),
        said["content"].hash(seeds.content).alias("content"),
        said["content"].hash(seeds.content_too).alias("content_too"),
        said["n_masked"].alias("n_masked"),
        said["reencoded"].alias("reencoded"),
        "licence",
        "licence_class",
        said["split"].alias("split"),
        "source",
    )
    return rows.collect(engine="streaming").cast(pl.Schema(schema))


def _split(both: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Items on both sides, with what differs; items of the first side alone; items of the second alone."""
    here, there = pl.col("item").is_not_null(), pl.col("item_there").is_not_null()
    kept = both.filter(here & there).with_columns(what=_what())
    gone = both.filter(here & ~there).select(pl.exclude("^.*_there$"))
    new = both.filter(~here & there).select(pl.col("^.*_there$").name.replace("_there$", ""))
    return kept, gone, new


def _what() -> pl.Expr:
    """Which of WHAT differ between the two sides, with commas between."""
    content = _differ("content") | _differ("content_too")
    masks, encoding = _differ("n_masked"), _differ("reencoded")
    licence = _differ("licence") | _differ("licence_class")
    differing = zip(WHAT, (content & ~masks & ~encoding, masks, encoding, licence, _differ("split")), strict=True)
    words = [pl.when(differs).then(pl.lit(word)) for word, differs in differing]
    return pl.concat_str(words, separator=", ", ignore_nulls=True)


def _differ(column: str) -> pl.Expr:
    return pl.col(column).ne_missing(pl.col(f"{column}_there"))


def _moved(gone: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What is left on both sides, matched by content; then what is left of each side.

    Of several with the same content the first of one side is matched with the first of the other, by id.
    """
    gone, new = (side.sort("item").with_columns(nth=pl.int_range(pl.len()).over(_KEY)) for side in (gone, new))
    on = [*_KEY, "nth"]
    moved = gone.join(new, on=on, how="inner", suffix="_there", validate="1:1")
    moved = moved.with_columns(content_there="content", content_too_there="content_too", became="item_there")
    moved = moved.with_columns(what=_what())
    return moved, gone.join(new, on=on, how="anti"), new.join(gone, on=on, how="anti")


def _named(frame: pl.DataFrame, change: str) -> pl.DataFrame:
    """As CHANGED has it, by id."""
    missing = {name: pl.lit(None) for name in ("became", "what") if name not in frame.columns}
    named = frame.with_columns(**missing, change=pl.lit(change))
    said = named.with_columns(what=pl.when(pl.col("what") != "").then("what"))
    return said.select(CHANGED.names()).cast(CHANGED).sort("item")
