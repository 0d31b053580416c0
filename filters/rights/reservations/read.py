"""Reads what a host had said of an item when the item was fetched, and what it has said since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from filters.rights.reservations.ai_txt import read_ai_txt
from filters.rights.reservations.archive import Archive, Fetched, Snapshot
from filters.rights.reservations.robots import read_robots
from filters.rights.reservations.statement import Statement
from filters.rights.reservations.tdmrep import read_tdmrep
from filters.rights.reservations.url_paths import authority_of


@dataclass(frozen=True, slots=True)
class Timed:
    """A statement and its time. A policy that honours what came later looks at all of them."""

    statement: Statement
    observed_at: datetime | None
    at_fetch: bool
    """Whether it held when the item was fetched, as far as can be known: of an unknown time it counts as if it did."""


def from_archive(
    archive: Archive, url: str, *, fetched_at: datetime | None, agents: tuple[str, ...], kind: str
) -> tuple[Timed, ...]:
    """What an archive says of an item, from early to late; nothing where it does not know the host.

    Of each file the newest snapshot that is not later than `fetched_at` counts as the one at the fetch, and all of them
    where `fetched_at` is null. Of earlier ones nothing is said: they had been replaced. A time without a zone is UTC.
    """
    snapshots = archive.snapshots(authority_of(url))
    fetched_at = fetched_at.replace(tzinfo=UTC) if fetched_at and fetched_at.tzinfo is None else fetched_at

    def robots(file: Fetched) -> tuple[Statement, ...]:
        return read_robots(file.text, url, agents=agents, status=file.status, complete=file.complete)

    def ai_txt(file: Fetched) -> tuple[Statement, ...]:
        return _by_status(file, "ai-txt", read_ai_txt(file.text, url, agents=agents, kind=kind, complete=file.complete))

    def tdmrep(file: Fetched) -> tuple[Statement, ...]:
        return _by_status(file, "tdmrep", read_tdmrep(file.text, url, complete=file.complete))

    readers: tuple[tuple[Callable[[Snapshot], Fetched | None], Callable[[Fetched], tuple[Statement, ...]]], ...] = (
        (lambda snapshot: snapshot.robots, robots),
        (lambda snapshot: snapshot.ai_txt, ai_txt),
        (lambda snapshot: snapshot.tdmrep, tdmrep),
    )
    return tuple(
        Timed(statement, observed_at, at_fetch)
        for of, read in readers
        for file, observed_at, at_fetch in _timed(snapshots, of, fetched_at)
        for statement in read(file)
    )


def _timed(
    snapshots: tuple[Snapshot, ...], of: Callable[[Snapshot], Fetched | None], fetched_at: datetime | None
) -> Iterator[tuple[Fetched, datetime | None, bool]]:
    known = [(file, snapshot.observed_at) for snapshot in snapshots if (file := of(snapshot))]
    newest = max((at for _, at in known if at and fetched_at and at <= fetched_at), default=None)
    for file, at in known:
        if at is None or fetched_at is None or at == newest:
            yield file, at, True
        elif at > fetched_at:
            yield file, at, False


def _by_status(file: Fetched, protocol: str, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Neither protocol says what a failure means: 4xx is an answer, that there is no such file; others are none."""
    if 200 <= file.status < 300:
        return statements
    says = "none_found" if 400 <= file.status < 500 else "unclear"
    return tuple(Statement(protocol, says, one.scope, one.location) for one in statements)
