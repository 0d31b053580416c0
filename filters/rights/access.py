"""What a corpus says of the access to an item: on which legal basis it is used, and when it was fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tamis.records import ABOUT_ACCESS, BASES, LICENSED

NO_BASIS = "unknown"
"""A basis that is none of BASES, or two that contradict each other."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the claims of one item say that are not about its licence."""

    basis: str = LICENSED
    """One of BASES, or NO_BASIS."""
    declared: str | None = None
    """The basis as it was written; null where nobody declares one."""
    fetched_at: datetime | None = None
    """In UTC, without saying so; null where nobody says, or not in a form that is understood."""
    carried: tuple[tuple[str, str], ...] = field(default=())
    """(kind, value) of what came along of the host and of the item's headers."""


def access_of(claims: Iterable[tuple[str, str]]) -> Access:
    """What the claims of one item come to, in whatever order they are."""
    said = [(kind, value) for kind, value in claims if kind in ABOUT_ACCESS]
    bases = [value for kind, value in said if kind == "basis"]
    times = [_time(value) for kind, value in said if kind == "fetched-at"]
    return Access(
        basis=_basis(bases),
        declared=bases[0] if bases else None,
        fetched_at=times[0] if len(times) == 1 else None,
        carried=tuple((kind, value) for kind, value in said if kind not in {"basis", "fetched-at"}),
    )


def _basis(declared: list[str]) -> str:
    if not declared:
        return LICENSED
    bases = {word.strip().lower() for word in declared}
    return bases.pop() if len(bases) == 1 and bases <= set(BASES) else NO_BASIS


def _time(written: str) -> datetime | None:
    """ISO 8601, as WARC-Date has it; without an offset it is UTC."""
    try:
        time = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    try:
        return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
