"""Keyed digests: how content is told apart in the log and the catalog without anybody there being able to guess it.

A plain digest of a telephone number is the number: whoever has the digest tries them all. HMAC-SHA256 with a key that
lies outside the catalog, in `keys/` of the workspace, tells equal content from unequal just as well, and nothing else.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from catalog.files import write_whole
from tamis.errors import CatalogError
from tamis.ids import Id128, digest_of

_BYTES = 32


@dataclass(frozen=True, slots=True)
class ContentKey:
    """The key of a workspace. It is never shown, pickled or stored elsewhere; its path travels instead."""

    secret: bytes

    def __repr__(self) -> str:
        return f"ContentKey({self.id})"

    @property
    def id(self) -> str:
        """Names the key and gives nothing of it away."""
        return digest_of(["content key", self.secret.hex()])[:16]

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


def make_key(path: Path) -> ContentKey:
    """The key at `path`, made there if there is none, readable by its owner alone.

    Raises:
        CatalogError: the file is no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, f"{secrets.token_hex(_BYTES)}\n".encode(), mode=0o600)
    return read_key(path)


def read_key(path: Path) -> ContentKey:
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
            "everything will be measured anew under a new one."
        )
    return ContentKey(secret)


__all__ = ["ContentKey", "make_key", "read_key"]
