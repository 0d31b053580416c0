"""Keyed digests: how content is told apart in the log and the catalog without anybody there being able to guess it.

A plain digest of a telephone number is the number: whoever has the digest tries them all. HMAC-SHA256 with a key that
lies outside the catalog, in `keys/` of the workspace, tells equal content from unequal just as well, and nothing else.

There are two purposes. Contents and claims are named under `content.key`, which a workspace keeps. What personal data
was found is named under `subject.key`, which can be rotated and destroyed: without it, what was found is anonymous.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from catalog.files import write_whole
from tamis.errors import CatalogError
from tamis.ids import Id128, digest_of

_BYTES = 32

Purpose = Literal["content", "subject"]

_IF_LOST: dict[Purpose, str] = {
    "content": "everything will be measured anew under a new one",
    "subject": "nobody can be found any more in what is on record under it",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a workspace. It is never shown, pickled or stored elsewhere; its path travels instead."""

    secret: bytes
    purpose: Purpose = "content"

    def __repr__(self) -> str:
        return f"Key({self.purpose} {self.id})"

    @property
    def id(self) -> str:
        """Names the key and gives nothing of it away."""
        return digest_of([f"{self.purpose} key", self.secret.hex()])[:16]

    def of(self, hi: int, lo: int) -> Id128:
        """The keyed form of a 128-bit digest."""
        mac = hmac.digest(self.secret, hi.to_bytes(8, "big") + lo.to_bytes(8, "big"), "sha256")
        return int.from_bytes(mac[:8], "big"), int.from_bytes(mac[8:16], "big")

    def apply(self, frame: pl.DataFrame, hi: str, lo: str) -> pl.DataFrame:
        """`frame` with the digests in the columns `hi` and `lo` (UInt64) replaced by their keyed forms; null stays."""
        pairs = [None if a is None or b is None else self.of(a, b) for a, b in frame.select(hi, lo).iter_rows()]
        return frame.with_columns(
            pl.Series(hi, [pair and pair[0] for pair in pairs], dtype=pl.UInt64),
            pl.Series(lo, [pair and pair[1] for pair in pairs], dtype=pl.UInt64),
        )


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """The keys for what was found that are still there; one that is not in here makes its rows anonymous."""

    current: Key | None
    """Under which later runs record; null before the first run."""
    older: tuple[Key, ...]
    """By id."""

    @property
    def all(self) -> tuple[Key, ...]:
        return (*((self.current,) if self.current else ()), *self.older)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(key.id for key in self.all)

    def named(self, id: str) -> Key | None:  # noqa: A002 # as the key calls it
        return next((key for key in self.all if key.id == id), None)


def make_key(path: Path, purpose: Purpose = "content") -> Key:
    """The key at `path`, made there if there is none, readable by its owner alone.

    Raises:
        CatalogError: the file is no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, secrets.token_bytes(_BYTES))
    return read_key(path, purpose)


def read_key(path: Path, purpose: Purpose = "content") -> Key:
    """The key at `path`.

    Raises:
        CatalogError: there is none, or the file is no key.
    """
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise CatalogError(
            f"{path}: is no key. Put back the one that this workspace began with; if it is lost, remove the file, and "
            f"{_IF_LOST[purpose]}."
        )
    return Key(secret, purpose)


def subject_key_path(folder: Path) -> Path:
    """Of the key in use; `folder` is `keys/` of a workspace."""
    return folder / "subject.key"


def read_subject_keys(folder: Path) -> SubjectKeys:
    """The subject keys in `keys/` of a workspace: `subject.key`, and `subject-<id>.key` for each one it replaced.

    Raises:
        CatalogError: a file is no key, or not the one that its name says.
    """
    path = subject_key_path(folder)
    current = read_key(path, "subject") if path.exists() else None
    older = []
    for file in sorted(folder.glob("subject-*.key")):
        key = read_key(file, "subject")
        if file.name != _older_name(key):
            raise CatalogError(f"{file}: holds another key than its name says. Put the right one back, or remove it.")
        older.append(key)
    return SubjectKeys(current, tuple(key for key in older if current is None or key.id != current.id))


def rotate_subject_key(folder: Path) -> tuple[Key | None, Key]:
    """Puts the key in use aside as `subject-<id>.key` and makes a new one; returns the old one, if any, and the new.

    Cut off at any place it leaves a key in use and loses none.

    Raises:
        CatalogError: the key in use is none.
    """
    path = subject_key_path(folder)
    if not path.exists():
        return None, make_key(path, "subject")
    old = read_key(path, "subject")
    _write(folder / _older_name(old), old.secret)
    _write(path, secrets.token_bytes(_BYTES))
    return old, read_key(path, "subject")


def _older_name(key: Key) -> str:
    return f"subject-{key.id}.key"


def _write(path: Path, secret: bytes) -> None:
    write_whole(path, f"{secret.hex()}\n".encode(), mode=0o600)


__all__ = [
    "Key",
    "SubjectKeys",
    "make_key",
    "read_key",
    "read_subject_keys",
    "rotate_subject_key",
    "subject_key_path",
]
