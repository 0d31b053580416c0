"""Publishes a catalog: a numbered file that never changes, and the pointer CURRENT to the newest.

Readers open numbered files and keep what they opened, so a writer and they never wait for one another.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from catalog.files import sha256_of, sync, write_json
from catalog.read import connect_read
from tamis.errors import CatalogError

KEPT = 5
"""How many published catalogs stay; older ones can be built again from the log."""

_POINTER = "CURRENT"
_NAME = re.compile(r"catalog-(\d{6,})\.duckdb")


@dataclass(frozen=True, slots=True)
class Published:
    """A catalog that readers may open."""

    path: Path
    number: int
    sha256: str
    logical_digest: str
    """Of what it says, for the same build twice differs in its bytes."""
    new: bool
    """Whether it was published just now; False where the one before says the same."""


def publish(folder: Path, built: Path, *, logical_digest: str) -> Published:
    """Moves a finished catalog into `folder` and points to it, unless the current one there says the same.

    `built` is gone afterwards either way. Publishers wait for one another; no number is given twice, even on a file
    system that does not hold locks. After a crash the pointer still names a whole catalog.

    Args:
        folder: of the published catalogs; made if need be.
        built: a closed DuckDB file; on the same file system as `folder` it is moved, on another one it is copied.
        logical_digest: of what it says.

    Raises:
        CatalogError: `built` is missing, still open or not finished, or no catalog; it stays where it is.
    """
    connect_read(built).close()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        before = _whole(folder)
        if before is not None and before.logical_digest == logical_digest:
            built.unlink()
            return before
        published = _move_in(folder, built, logical_digest)
        _remove_old(folder)
    return published


def current(folder: Path) -> Published:
    """The catalog that CURRENT names; its bytes are not read.

    Raises:
        CatalogError: there is none yet, the pointer is damaged, or the file that it names is gone.
    """
    published = _pointed_at(folder)
    if not published.path.is_file():
        raise CatalogError(f"{published.path}: is gone, though CURRENT names it. `tamis catalog build` makes it again.")
    return published


def is_published(folder: Path) -> bool:
    """Whether there has been a catalog; it may be damaged since."""
    return (folder / _POINTER).exists()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps other publishers out: two would point to the older catalog if the slower one had it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _pointed_at(folder: Path) -> Published:
    pointer = folder / _POINTER
    try:
        facts = orjson.loads(pointer.read_bytes())
        path = folder / facts["file"]
        if _number(path) != facts["number"] or path.parent != folder:
            raise ValueError(facts["file"])
        return Published(path, facts["number"], facts["sha256"], facts["logical_digest"], new=False)
    except FileNotFoundError:
        raise CatalogError(f"{folder}: no catalog yet: `tamis curate` or `tamis catalog build` makes one.") from None
    except (ValueError, KeyError, TypeError):
        raise CatalogError(f"{pointer}: is damaged. `tamis catalog build` writes it anew.") from None


def _whole(folder: Path) -> Published | None:
    """The current catalog if there is one whose bytes are what CURRENT says; otherwise it is to be replaced."""
    try:
        published = current(folder)
    except CatalogError:
        return None
    return published if sha256_of(published.path) == published.sha256 else None


def _move_in(folder: Path, built: Path, logical_digest: str) -> Published:
    path = _linked(folder, built)
    built.unlink()
    sync(folder)
    published = Published(path, _number(path), sha256_of(path), logical_digest, new=True)
    facts = {
        "file": path.name,
        "number": published.number,
        "sha256": published.sha256,
        "logical_digest": logical_digest,
    }
    write_json(folder / _POINTER, facts)
    return published


def _linked(folder: Path, built: Path) -> Path:
    """Shows a file in the folder under its number, whole from the start; the old name stays."""
    built.chmod(0o444)
    sync(built)
    try:
        return _take_number(folder, built)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    copy = folder / f".{built.name}.{os.getpid()}.tmp"
    try:
        shutil.copy(built, copy)
        sync(copy)
        return _take_number(folder, copy)
    finally:
        copy.unlink(missing_ok=True)


def _take_number(folder: Path, file: Path) -> Path:
    """Links a file to the number after the highest; of two that want one number the second takes the next."""
    number = max(_numbered(folder), default=0) + 1
    while True:
        path = folder / f"catalog-{number:06d}.duckdb"
        try:
            os.link(file, path)
        except FileExistsError:
            number += 1
        else:
            return path


def _remove_old(folder: Path) -> None:
    """Removes all but the newest files; who has one open keeps it."""
    published = _numbered(folder)
    for number in sorted(published)[:-KEPT]:
        published[number].unlink(missing_ok=True)


def _numbered(folder: Path) -> dict[int, Path]:
    return {_number(path): path for path in folder.iterdir() if _NAME.fullmatch(path.name)}


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(path.name)
    return int(match[1])


__all__ = ["KEPT", "Published", "current", "is_published", "publish"]
