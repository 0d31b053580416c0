"""`tamis diff`: what changed from one release to another, and why items of one are not in the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from catalog.fate import FATES, fates, has_run
from catalog.files import sha256_of
from catalog.query import Answer
from catalog.query_child import safe_line
from catalog.read import connect_read
from flows.workspace import published_in, release_folder, releases_in
from releases.diff import CHANGES, Compared, compare
from releases.lineage import PartOf
from releases.seal import MANIFEST
from reports.words import counted, listed
from tamis.errors import CatalogError

NOT_READ = "not_read"
NOT_CHOSEN = "not_chosen"
NOT_ON_RECORD = "not_on_record"

MOST_SOURCES = 20
"""Of those that a table has."""

_SUMMARY = ("by", "value", "same", *CHANGES)
_ITEMS = ("change", "kind", "item", "became", "what", "why", "licence", "licence_class")

_Row = tuple[Any, ...]


def diff(place: Path, first: str, second: str, *, items: bool, is_table: bool) -> tuple[Answer, list[str]]:
    """What changed, as rows, and what to say of it in words.

    Args:
        place: a workspace, or a folder of releases.
        first: `NAME@VERSION` in it, or the folder of a release.
        second: likewise.
        items: one row for each item that differs, else counts.
        is_table: name the sources alone of which most items differ.

    Raises:
        ConfigError: there is no such release.
        ReleaseError: one does not hold rows as a release has them.
    """
    folders = [_located(place, each) for each in (first, second)]
    compared = compare(*folders)
    changes, unknown = _with_reasons(place, compared)
    changes = changes.with_columns(_shown(changes[name]) for name in ("licence", "licence_class", "source"))
    said = [*_said(compared, folders), *unknown]
    if items:
        return _answer(_ITEMS, _item_rows(changes)), said
    rows = list(_summary(compared, changes))
    sources = _by_source(changes)
    if is_table and len(sources) > MOST_SOURCES:
        said.append(f"{counted(len(sources) - MOST_SOURCES, 'more source')}: `--format json` has them all.")
        sources = sources[:MOST_SOURCES]
    return _answer(_SUMMARY, [*rows, *sources]), said


def _located(place: Path, named: str) -> Path:
    folder = Path(named)
    return folder if (folder / MANIFEST).is_file() else release_folder(releases_in(place), named)


def _with_reasons(place: Path, compared: Compared) -> tuple[pl.DataFrame, list[str]]:
    """The changes with `why`: what the run of the other release made of an item that is not in it."""
    sides = (("removed", compared.second), ("added", compared.first))
    reasons, unknown = [], []
    for change, other in sides:
        asked = compared.of(change).select("item")
        if not asked.height:
            continue
        found = _reasons(place, str(other["run"]), asked)
        if found is None:
            found = asked.with_columns(why=pl.lit(NOT_ON_RECORD))
            unknown.append(f"Run {other['run']} is not on record here: why items are {change} cannot be said.")
        reasons.append(found)
    told = pl.concat([pl.DataFrame(schema={"item": pl.Binary, "why": pl.String}), *reasons])
    changes = compared.changes.join(told, on="item", how="left", validate="m:1", maintain_order="left")
    return changes, [safe_line(line) for line in unknown]


def _reasons(place: Path, run: str, asked: pl.DataFrame) -> pl.DataFrame | None:
    """Item and `why`, in order; null if the run is not on record."""
    halves = {"item_hi": pl.col("item").bin.slice(0, 8), "item_lo": pl.col("item").bin.slice(8, 8)}
    numbered = asked.with_columns(
        **{name: half.bin.reinterpret(dtype=pl.UInt64, endianness="big") for name, half in halves.items()}
    )
    try:
        with connect_read(published_in(place).path) as connection:
            if not has_run(connection, run):
                return None
            found = fates(connection, run, numbered)
    except CatalogError:
        return None
    stays = pl.col("verdict").is_in(["keep", "redact"])
    why = (
        pl.when(pl.col("verdict").is_null())
        .then(pl.lit(NOT_READ))
        .when(stays)
        .then(pl.lit(NOT_CHOSEN))
        .otherwise("reason")
    )
    on = ["item_hi", "item_lo"]
    told = numbered.join(found.select(FATES.names()), on=on, how="left", validate="1:1", maintain_order="left")
    return told.select("item", why=why)


def _summary(compared: Compared, changes: pl.DataFrame) -> Iterator[_Row]:
    totals = Counter(dict(changes["change"].cast(pl.String).value_counts().iter_rows()))
    yield ("all", "", compared.same, *(totals[change] for change in CHANGES))
    for column in ("kind", "licence_class", "licence"):
        yield from _grouped(changes, column, same=_same(compared, changes, column))
    for column in ("what", "why"):
        yield from _grouped(changes.drop_nulls(column), column, same=None)


def _grouped(changes: pl.DataFrame, column: str, *, same: Mapping[str, int] | None) -> list[_Row]:
    """One row for each value, those with most differing items first."""
    found: dict[str, Counter[str]] = {value: Counter() for value in same or ()}
    counts = changes.group_by(pl.col(column).cast(pl.String), pl.col("change").cast(pl.String)).len()
    for value, change, items in counts.iter_rows():
        found.setdefault(value or "", Counter())[change] += items
    ranked = sorted(found.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return [
        (column, value, None if same is None else same.get(value, 0), *(of[change] for change in CHANGES))
        for value, of in ranked
    ]


def _by_source(changes: pl.DataFrame) -> list[_Row]:
    return _grouped(changes, "source", same=None)


def _same(compared: Compared, changes: pl.DataFrame, column: str) -> dict[str, int]:
    """Value → items that are alike: all that the first release has, less those that differ."""
    whole = Counter[str]()
    if column == "kind":
        whole.update({"text": compared.first["counts"]["texts"], "image": compared.first["counts"]["images"]})
    for row in compared.first["licences"]:
        if column != "kind":
            whole[safe_line(row["class" if column == "licence_class" else "expression"])] += row["items"]
    differing = changes.filter(pl.col("change") != "added").select(pl.col(column).cast(pl.String).fill_null(""))
    whole.subtract(dict(differing[column].value_counts().iter_rows()))
    return {value: items for value, items in whole.items() if items}


def _item_rows(changes: pl.DataFrame) -> list[_Row]:
    shown = changes.with_columns(pl.col("item", "became").bin.encode("hex"), pl.col("change", "kind").cast(pl.String))
    return list(shown.select(_ITEMS).iter_rows())


def _answer(columns: tuple[str, ...], rows: list[_Row]) -> Answer:
    types = tuple("UBIGINT" if name in {"same", *CHANGES} else "VARCHAR" for name in columns)
    return Answer(columns, types, tuple(rows), truncated=False)


def _shown(labels: pl.Series) -> pl.Series:
    """Labels come from whoever made the corpus, or the release: as `safe_line` has them."""
    known = labels.drop_nulls().unique()
    return labels.replace_strict(known, [safe_line(label) for label in known], return_dtype=pl.String)


def _said(compared: Compared, folders: list[Path]) -> Iterator[str]:
    manifests = (compared.first, compared.second)
    names = [f"{manifest['name']}@{manifest['version']}" for manifest in manifests]
    for word, name, manifest in zip(("First", "Second"), names, manifests, strict=True):
        counts = manifest["counts"]
        items = counted(counts["texts"] + counts["images"], "item")
        yield safe_line(
            f"{word}, {name}: {items}, content digest {manifest['content_digest'][:12]}, run {manifest['run']}."
        )
    for one, other in ((0, 1), (1, 0)):
        part_of = PartOf.of(manifests[one])
        if part_of is not None and part_of.digest == sha256_of(folders[other] / MANIFEST):
            classes = f": its items of {', '.join(part_of.licence_classes)}" if part_of.licence_classes else ""
            yield safe_line(f"{names[one]} is a part of {names[other]}{classes}.")
    other_ways = [word for word, key in _MADE_BY if manifests[0][key] != manifests[1][key]]
    yield f"They were made with another {listed(other_ways)}." if other_ways else "They were made in the same way."


_MADE_BY = (
    ("recipe", "recipe"),
    ("policy", "policy"),
    ("set of filters", "filters"),
    ("version of Tamis", "tamis_version"),
)
"""What made a release, as a manifest has it."""
