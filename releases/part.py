"""Makes the part of a release that has some licence classes alone: whole files of rows, and what must go with them.

Each class lies in folders of its own, so its files are taken as they are, byte for byte. Attribution, notices, card and
manifest are made anew for the rows that are there; the manifest of the whole goes along, so that whoever has its digest
can tell that these are its files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from catalog.files import sha256_of, write_whole
from filters.rights.spdx import licences_in
from releases.attribution import ATTRIBUTION, AttributionWriter, Credited
from releases.lineage import PartOf, part_version
from releases.obligations import Obligation, obligations_of
from releases.outbound import outbound_of
from releases.rows import count_rows, row_batches
from releases.stage import OF_SPLIT, SCHEMAS, Drawer, Tally, asked_of, ranked, split_counts, text_path, totals
from releases.third_parties import NOTICES, part_notices
from tamis.errors import ConfigError, ReleaseError
from tamis.records import GRANTS

PARENT = "parent"
PARENT_MANIFEST = f"{PARENT}/manifest.json"
PARENT_CARD = f"{PARENT}/README.md"
CARD = "README.md"

Card = Callable[[Mapping[str, Any]], str]
"""Words the card of a part, by its manifest, in which the card itself is not named yet."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The release of which a part is made."""

    manifest: Mapping[str, Any]
    data: bytes
    """Of its manifest."""
    digest: str
    folder: Path
    """Where its attribution, its notices and its card lie."""


def row_files(manifest: Mapping[str, Any], classes: Collection[str] = GRANTS) -> list[tuple[str, str, int]]:
    """Path, sha256 and rows of the files with the rows of some licence classes, by path."""
    folders = tuple(f"{half}/{grant}/" for half in SCHEMAS for grant in classes)
    files = (file for file in manifest["files"] if file["path"].startswith(folders) and file["rows"] is not None)
    return sorted((file["path"], file["sha256"], file["rows"]) for file in files)


def expect_classes(manifest: Mapping[str, Any], classes: Collection[str]) -> None:
    """Checks that a release has items of each of the classes.

    Raises:
        ConfigError: it has none of one, or nobody knows such a class.
    """
    there = Counter[str]()
    for row in manifest["licences"]:
        there[row["class"]] += row["items"]
    for name in classes:
        if name not in GRANTS:
            raise ConfigError.unknown("licence class", name, there)
        if name not in there:
            known = ", ".join(f"{grant} ({items:,})" for grant, items in sorted(there.items()))
            raise ConfigError(
                f"{manifest['name']}@{manifest['version']} has no item of the class {name}. It has: {known}."
            )


def files_of_part(manifest: Mapping[str, Any], classes: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """Those files of a release that go into a part of it as they are: rows, and the texts of their licences."""
    expressions = {row["expression"] for row in manifest["licences"] if row["class"] in classes}
    texts = {text_path(licence) for expression in expressions for licence in licences_in(expression)}
    rows = {path for path, _, _ in row_files(manifest, classes)}
    return (file for file in manifest["files"] if file["path"] in rows | texts)


def files_beside_part(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those files of a release from which others are made for a part of it."""
    return (file for file in manifest["files"] if file["path"] in {ATTRIBUTION, NOTICES, CARD})


def make_part(folder: Path, parent: Parent, classes: Sequence[str], *, card: Card) -> dict[str, Any]:
    """Writes all that a part has beside `files_of_part`, which lie in `folder`; returns its manifest.

    Raises:
        ReleaseError: the rows are not what the manifest of the whole says of them.
    """
    whole = parent.manifest
    release = f"{whole['name']}@{whole['version']}"
    try:
        tallies, licences = _counted(folder, parent, classes)
        notices = (parent.folder / NOTICES).read_text(encoding="utf-8")
    except (pa.ArrowException, pl.exceptions.PolarsError, KeyError, TypeError, ValueError):
        raise ReleaseError(f"{release}: its files do not hold rows as a release has them. No part was made.") from None
    obligations = _obligations(whole, tallies.values(), release)
    write_whole(folder / NOTICES, part_notices(notices, licences, obligations).encode())
    write_whole(folder / PARENT_MANIFEST, parent.data)
    write_whole(folder / PARENT_CARD, (parent.folder / CARD).read_bytes())
    facts = {
        **whole,
        **_counts(tallies, whole["outbound"]["licence"]),
        **_splits(tallies, whole.get("splits")),
        "version": part_version(whole["version"], classes),
        "obligations": [{**asdict(each), "conditions": list(each.conditions)} for each in obligations],
        "part_of": PartOf(whole["name"], whole["version"], parent.digest, tuple(sorted(classes))).facts,
    }
    rows = {file["path"]: file["rows"] for file in files_of_part(whole, classes)}
    rows[ATTRIBUTION] = sum(tally.rows for tally in tallies.values())
    written = [*rows, NOTICES, PARENT_CARD, PARENT_MANIFEST]
    files = [_file(folder, path, rows.get(path)) for path in written]
    write_whole(folder / CARD, card({**facts, "files": files}).encode())
    return {**facts, "files": [_file(folder, CARD, None), *files]}


def _counted(folder: Path, parent: Parent, classes: Sequence[str]) -> tuple[dict[str, Tally], dict[str, Counter[str]]]:
    """Counts the rows of each folder, and writes their attribution; by source, how many are under which licence."""
    tallies: dict[str, Tally] = {}
    rows, said = Credited(), Credited()
    for path, _, _ in row_files(parent.manifest, classes):
        drawer = Drawer.of(path)
        count_rows(folder / path, tallies.setdefault(drawer.name, Tally(drawer)), rows, drawer)
    writer = AttributionWriter(folder / ATTRIBUTION)
    licences: dict[str, Counter[str]] = {}
    for credited in row_batches(parent.folder / ATTRIBUTION):
        staying = credited.filter(pl.col("licence_class").fill_null("unknown").is_in(list(classes)))
        if staying.height:
            writer.add_credits(staying)
            said.add(staying)
            for source, expression, items in staying.group_by("source", "licence").len().iter_rows():
                licences.setdefault(source or "", Counter())[expression or ""] += items
    writer.close()
    if not said.equals(rows):
        raise ValueError(ATTRIBUTION)
    return tallies, licences


def _obligations(whole: Mapping[str, Any], tallies: Iterable[Tally], release: str) -> tuple[Obligation, ...]:
    origins = {each["licence"]: each["text"] for each in whole["obligations"]}
    asked = asked_of(tallies)
    if not asked.keys() <= origins.keys():
        raise ReleaseError(f"{release}: its manifest does not name all licences of its rows. No part was made.")
    return obligations_of(asked, {licence: origins[licence] for licence in asked})


def _counts(tallies: Mapping[str, Tally], licence: str | None) -> dict[str, Any]:
    digest, counts, licences = totals(tallies)
    return {
        "content_digest": digest,
        "counts": counts,
        "licences": [{"expression": e, "class": grant, "items": n} for e, grant, n in ranked(licences)],
        "outbound": outbound_of(licences, licence).facts,
    }


def _splits(tallies: Mapping[str, Tally], whole: Mapping[str, Any] | None) -> dict[str, Any]:
    """The splits of the whole with the counts of the part, for which nobody counted tokens."""
    if whole is None:
        return {}
    counts, empty = split_counts(tallies), dict.fromkeys(OF_SPLIT, 0)
    of = [{**each, **counts.get(each["split"], empty), "tokens": None} for each in whole["of"]]
    return {"splits": {**whole, "of": of}}


def _file(folder: Path, path: str, rows: int | None) -> dict[str, Any]:
    return {"path": path, "sha256": sha256_of(folder / path), "bytes": (folder / path).stat().st_size, "rows": rows}
