"""Publishes a catalog: a numbered file that never changes, and a pointer to the newest.

Readers open numbered files, so a writer never waits for them nor they for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import orjson

from catalog.files import sha256_of, sync, write_json
from tamis.errors import CatalogError

KEPT = 5
"""Published catalogs that stay; older ones go, for any of them can be built again."""

_POINTER = "CURRENT"


@dataclass(frozen=True, slots=True)
class Published:
    """A catalog that readers may open."""

    path: Path
    number: int
    sha256: str
    logical_digest: str
    new: bool = False
    """Whether it was published just now; False where it says what the one before said."""


def publish(folder: Path, built: Path, *, logical_digest: str) -> Published:
    """Moves a finished catalog to `folder`, unless the newest there says the same; `built` is gone afterwards.

    Args:
        folder: of the published catalogs.
        built: a closed DuckDB file on the same file system.
        logical_digest: of what it says (`catalog.build`).

    Raises:
        CatalogError: `built` has a write-ahead log, so it was not closed.
    """
    if built.with_name(f"{built.name}.wal").exists():
        raise CatalogError(f"{built}: has a write-ahead log beside it, so it was not closed. Build it again.")
    folder.mkdir(parents=True, exist_ok=True)
    before = _pointed_at(folder)
    if before is not None and before.logical_digest == logical_digest and _is_whole(before):
        built.unlink()
        return before
    built.chmod(0o444)
    sync(built)
    digest = sha256_of(built)
    path, number = _take_a_number(folder, built)
    sync(folder)
    facts = {"file": path.name, "number": number, "sha256": digest, "logical_digest": logical_digest}
    write_json(folder / _POINTER, facts)
    for old in _numbered(folder)[:-KEPT]:
        old.unlink(missing_ok=True)
    return Published(path, number, digest, logical_digest, new=True)


def current(folder: Path) -> Published:
    """The newest published catalog.

    Raises:
        CatalogError: nothing is published yet, or the file is gone.
    """
    published = _pointed_at(folder)
    if published is None:
        raise CatalogError(f"{folder}: no catalog is published here yet. `tamis curate` or `tamis catalog build` does.")
    if not published.path.is_file():
        raise CatalogError(f"{published.path}: is gone. `tamis catalog build` makes it again.")
    return published


def _pointed_at(folder: Path) -> Published | None:
    try:
        facts = orjson.loads((folder / _POINTER).read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        raise CatalogError(f"{folder / _POINTER}: is damaged. Remove it, then `tamis catalog build`.") from None
    return Published(folder / facts["file"], facts["number"], facts["sha256"], facts["logical_digest"])


def _is_whole(published: Published) -> bool:
    return published.path.is_file() and sha256_of(published.path) == published.sha256


def _take_a_number(folder: Path, built: Path) -> tuple[Path, int]:
    """Gives `built` the next free number; of two publishers exactly one gets it, and the other the one after."""
    while True:
        number = max((int(path.stem.split("-")[1]) for path in _numbered(folder)), default=0) + 1
        path = folder / f"catalog-{number:06d}.duckdb"
        try:
            os.link(built, path)
        except FileExistsError:
            continue
        built.unlink()
        return path, number


def _numbered(folder: Path) -> list[Path]:
    return sorted(folder.glob("catalog-[0-9][0-9][0-9][0-9][0-9][0-9].duckdb"))
