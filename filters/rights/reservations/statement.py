"""A statement about the use of a work for training or text-and-data mining, as one protocol makes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tamis.records import RESERVATIONS


@dataclass(frozen=True, slots=True)
class Statement:
    """What one protocol says of a work.

    `says` is `none_found` where the protocol was looked for and silent: that is not the same as not having looked, of
    which there is no statement at all. `unclear` is what was said but cannot be understood.
    """

    protocol: str
    """One of PROTOCOLS."""
    says: str
    """One of RESERVATIONS."""
    scope: str
    """One of SCOPES."""
    location: str
    """Where it stood, a closed word of ours (`header`, `head`, `xmp`): never a word of the corpus."""
    machine_readable: bool = True
    """False for words that a person must read."""


def strictest(said: Iterable[str]) -> str:
    """`none_found` where nobody says anything."""
    return max(said, key=RESERVATIONS.index, default="none_found")
