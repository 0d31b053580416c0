"""`tamis releases`: which releases lie somewhere, how large they are, what may be done with them, what came before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.files import sha256_of
from catalog.query import Answer
from catalog.query_child import safe_line
from catalog.read import connect_read
from flows.workspace import published_in, releases_in
from releases.lineage import PartOf, superseded, version_order
from releases.seal import MANIFEST, manifest_of
from tamis.errors import CatalogError, ReleaseError

_COLUMNS = (
    ("release", "VARCHAR"),
    ("items", "UBIGINT"),
    ("texts", "UBIGINT"),
    ("images", "UBIGINT"),
    ("bytes", "UBIGINT"),
    ("tokens", "UBIGINT"),
    ("licences", "MAP(VARCHAR, UBIGINT)"),
    ("supersedes", "VARCHAR"),
    ("part_of", "VARCHAR"),
    ("made_from", "VARCHAR[]"),
    ("audits", "UBIGINT"),
    ("noted", "VARCHAR[]"),
    ("digest", "VARCHAR"),
    ("content_digest", "VARCHAR"),
)
"""Name and type of what is said of a release; the last one is too much for a table."""


def releases(place: Path, *, is_table: bool) -> tuple[Answer, list[str]]:
    """One row for each release, by name and version; and what is wrong with those that cannot be read.

    Args:
        place: a workspace, or a folder of releases.
        is_table: leave out what has no room in one.

    Raises:
        ConfigError: there is no such place.
    """
    found, problems = _manifests(releases_in(place))
    tokens = _tokens(place)
    before = superseded(manifest for _, manifest in found)
    rows = [_row(folder, manifest, tokens, before) for folder, manifest in found]
    columns = _COLUMNS[:-1] if is_table else _COLUMNS
    names, types = zip(*columns, strict=True)
    return Answer(names, types, tuple(row[: len(columns)] for row in rows), truncated=False), problems


def _manifests(folder: Path) -> tuple[list[tuple[Path, dict[str, Any]]], list[str]]:
    found, problems = [], []
    for path in folder.glob(f"*/*/{MANIFEST}"):
        try:
            found.append((path.parent, manifest_of(path.parent)))
        except ReleaseError as error:
            problems.append(safe_line(str(error)))
    found.sort(key=lambda each: (each[1]["name"], version_order(each[1]["version"]), each[1]["version"]))
    return found, sorted(problems)


def _row(
    folder: Path, manifest: Mapping[str, Any], tokens: Mapping[str, int], before: Mapping[str, str]
) -> tuple[Any, ...]:
    release, counts = f"{manifest['name']}@{manifest['version']}", manifest["counts"]
    classes = Counter[str]()
    for row in manifest["licences"]:
        classes[safe_line(row["class"])] += row["items"]
    part_of = PartOf.of(manifest)
    return (
        release,
        counts["texts"] + counts["images"],
        counts["texts"],
        counts["images"],
        sum(file["bytes"] for file in manifest["files"]),
        tokens.get(release),
        dict(classes.most_common()),
        before.get(release),
        part_of.release_id if part_of else None,
        [f"{each['name']}@{each['version']}" for each in manifest.get("made_from") or []],
        len(manifest["audits"]),
        [safe_line(audit["name"]) for audit in manifest["audits"] if audit["offending"]],
        sha256_of(folder / MANIFEST),
        safe_line(manifest["content_digest"]),
    )


def _tokens(place: Path) -> dict[str, int]:
    """Release → tokens of its texts, of those whose run counted them and stands in the catalog."""
    try:
        with connect_read(published_in(place).path) as connection:
            return dict(connection.execute("SELECT release, tokens FROM release_tokens").fetchall())
    except CatalogError:
        return {}  # a folder of releases has none
