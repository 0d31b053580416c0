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
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
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

    def apply_packed(self, frame: pl.DataFrame, *names: str) -> pl.DataFrame:
        """`frame` with the 64-bit digests that columns hold one after the other, little-endian, replaced as well.

        They are many, so they are keyed by SipHash, which takes a 600th of the time.
        """
        return frame.with_columns(self._packed(frame[name]) for name in names)

    def _packed(self, column: pl.Series) -> pl.Series:
        held = column.to_list()
        ends = np.cumsum([0, *(len(each) for each in held)]).tolist()
        digests = np.frombuffer(b"".join(held), dtype="<u8")
        raw = siphash(digests, hmac.digest(self.secret, b"packed", "sha256")[:16]).astype("<u8").tobytes()
        kept = [raw[start:end] for start, end in pairwise(ends)]
        return pl.Series(column.name, kept, dtype=pl.Binary)


def siphash(digests: npt.NDArray[np.uint64], key: bytes) -> npt.NDArray[np.uint64]:
    """SipHash-2-4 of each number as eight bytes (Aumasson and Bernstein, 2012), under a key of 16 bytes."""
    first, second = (np.uint64(int.from_bytes(key[start : start + 8], "little")) for start in (0, 8))
    state = [
        np.full(len(digests), begun ^ part, dtype=np.uint64)
        for begun, part in zip(_SIP_BEGUN, (first, second, first, second), strict=True)
    ]
    for block in (digests, np.uint64(8 << 56)):
        state[3] ^= block
        _sip_rounds(state, 2)
        state[0] ^= block
    state[2] ^= np.uint64(0xFF)
    _sip_rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


_SIP_BEGUN: Final = tuple(
    np.uint64(part) for part in (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
)


def _sip_rounds(state: list[npt.NDArray[np.uint64]], count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a += b
        b[:] = _turned(b, 13) ^ a
        a[:] = _turned(a, 32)
        c += d
        d[:] = _turned(d, 16) ^ c
        a += d
        d[:] = _turned(d, 21) ^ a
        c += b
        b[:] = _turned(b, 17) ^ c
        c[:] = _turned(c, 32)


def _turned(number: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    return number << np.uint64(bits) | number >> np.uint64(64 - bits)


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
    "siphash",
    "subject_key_path",
]
