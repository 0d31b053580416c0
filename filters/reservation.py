"""Finds who reserves an item against training and text-and-data mining, by which protocol, and when that was said.

How: by what the corpus carries, for nothing is ever fetched. Of the host: robots.txt (RFC 9309, with AIPREF and
Content-Signal), ai.txt and tdmrep.json, in columns or in a folder of snapshots. Of the response: its headers. Of the
item: a page's meta elements, a picture's XMP and its C2PA manifests. Each protocol that was looked for leaves a row,
also where it is silent: `none_found` is not the same as not having looked, of which there is no row.

A statement of no known time counts as if it stood when the item was fetched. What is known to be newer is told apart,
and the policy says whether it counts.

Known misses: words in terms of use elsewhere than in the item; a path that the label of the address has lost (labels
are cut after 300 characters, and personal data in them is replaced) is compared as it stands there; purposes within
training are not told apart, so that a reservation against generative models alone counts as one against all.
Not legal advice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from math import inf
from pathlib import Path

import polars as pl

from filters.rights.access import Access, access_of
from filters.rights.pages.reader import looks_like_page, read_page
from filters.rights.pictures.c2pa import ManifestReader
from filters.rights.pictures.metadata import read_picture
from filters.rights.reservations.ai_agents import DATA, agents_digest
from filters.rights.reservations.ai_agents import agents as known_agents
from filters.rights.reservations.ai_txt import read_ai_txt
from filters.rights.reservations.aipref import aipref_digest
from filters.rights.reservations.archive import Archive
from filters.rights.reservations.headers import read_headers
from filters.rights.reservations.read import from_archive
from filters.rights.reservations.robots import read_robots
from filters.rights.reservations.statement import Statement, strictest
from filters.rights.reservations.tdmrep import read_tdmrep
from tamis.errors import ConfigError
from tamis.ids import Id128, digest128, text_bytes
from tamis.records import EVIDENCE, FilterSpec, Findings, Measure

_CUT = "…"
"""Ends a claim that was longer than a reader takes: the rest is not known."""

_LEVELS = {"host": 2, "page": 4, "item": 4}
"""By scope: what the item says itself weighs most; every one is heard."""


@dataclass(frozen=True, slots=True)
class _Said:
    statement: Statement
    raw: Id128
    observed_at: datetime | None
    at_fetch: bool = True


class ReservationFilter:
    """What is said of training and mining, protocol by protocol."""

    PATHS = ("archive", "trust_anchors")

    def __init__(self, *, agents: tuple[str, ...] = known_agents(), archive: str = "", trust_anchors: str = "") -> None:
        if not agents or not all(agent.strip() for agent in agents):
            raise ConfigError(
                "the filter 'reservation' needs the names of crawlers in `agents`; leave it out for ours."
            )
        self._agents = agents
        self._archive = _opened(archive) if archive else None
        self._manifests = ManifestReader(trust_anchors=Path(trust_anchors) if trust_anchors else None)
        archived = (("archive", self._archive.digest),) if self._archive else ()
        trusted = (("trust_anchors", _sha256(trust_anchors)),) if trust_anchors else ()
        self._spec = FilterSpec(
            name="reservation",
            version="1",
            kinds=("text", "image"),
            reads="item",
            measures=(
                Measure("reservation", "label", "The strictest that was said as of the fetch; null if nobody looked."),
                Measure("later", "label", "The strictest that is known to have been said after the fetch; or null."),
                Measure("protocols", "number", "How many protocols were looked for.", (0, inf)),
                Measure("basis", "label", "The legal basis relied on, one of tamis.records.BASES, or unknown."),
            ),
            parameters=(("agents", agents),),
            models=((DATA, agents_digest()), ("aipref.toml", aipref_digest()), *archived, *trusted),
            libraries=tuple((name, version(name)) for name in ("protego", "selectolax", "pillow", *_c2pa())),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        items: list[tuple[object, ...]] = []
        rows: list[tuple[object, ...]] = []
        for row in batch.iter_rows(named=True):
            access = access_of(
                (claim["kind"], claim["value"]) for claim in row["claims"] or () if claim["value"] is not None
            )
            said = list(dict.fromkeys(self._said(row, access)))
            items.append((row["position"], "seen", *_measured(said), access.basis))
            rows += (_row(row["position"], each) for each in said)
        return Findings(
            items=pl.DataFrame(items, schema=self._spec.schema, orient="row"),
            evidence=pl.DataFrame(rows, schema=EVIDENCE, orient="row"),
        )

    def _said(self, row: dict[str, object], access: Access) -> Iterator[_Said]:
        url, kind = str(row["url"] or ""), str(row["kind"])
        for claim, value in access.carried:
            raw = digest128(text_bytes(value))
            for statement in _of_claim(claim, value, url=url, kind=kind, agents=self._agents):
                yield _Said(statement, raw, access.fetched_at)
        if self._archive and url:
            yield from self._archived(url, kind, access.fetched_at)
        content: Id128 = (row["content_hi"], row["content_lo"])  # type: ignore[assignment] # both are there: schema BATCH
        for statement in self._of_content(row["text"], row["image"]):
            yield _Said(statement, content, access.fetched_at)

    def _archived(self, url: str, kind: str, fetched_at: datetime | None) -> Iterator[_Said]:
        archive = self._archive
        assert archive is not None
        for timed in from_archive(archive, url, fetched_at=fetched_at, agents=self._agents, kind=kind):
            at = timed.observed_at.astimezone(UTC).replace(tzinfo=None) if timed.observed_at else None
            raw = digest128(f"{archive.digest} {timed.statement.protocol} {at}".encode())
            yield _Said(timed.statement, raw, at, timed.at_fetch)

    def _of_content(self, text: object, image: object) -> Iterator[Statement]:
        if isinstance(text, str) and looks_like_page(text):
            yield from (each for each in read_page(text).statements if each.scope != "part")
        if isinstance(image, bytes):
            yield from read_picture(image).statements
            yield from self._manifests.read(image)


def _c2pa() -> tuple[str, ...]:
    return ("c2pa-python",) if find_spec("c2pa") else ()


@cache
def _opened(folder: str) -> Archive:
    try:
        return Archive(Path(folder))
    except OSError as error:
        raise ConfigError(
            f"the filter 'reservation': `archive` {folder!r} cannot be listed ({error.strerror}). "
            "Expected a folder with one folder for each host."
        ) from None


def _sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _of_claim(claim: str, value: str, *, url: str, kind: str, agents: tuple[str, ...]) -> tuple[Statement, ...]:
    whole = not value.endswith(_CUT)
    match claim:
        case "robots-txt":
            return read_robots(value, url, agents=agents, complete=whole)
        case "ai-txt":
            return read_ai_txt(value, url, agents=agents, kind=kind, complete=whole)
        case "tdmrep":
            return read_tdmrep(value, url, complete=whole)
        case _:
            return read_headers(value, agents=agents, kind=kind)


def _measured(said: Iterable[_Said]) -> tuple[str | None, str | None, float]:
    then = [each.statement.says for each in said if each.at_fetch]
    later = [each.statement.says for each in said if not each.at_fetch]
    protocols = {each.statement.protocol for each in said}
    return strictest(then) if then else None, strictest(later) if later else None, float(len(protocols))


def _row(position: int, said: _Said) -> tuple[object, ...]:
    one = said.statement
    level = _LEVELS.get(one.scope, 2) if one.machine_readable else 0
    says = (None, None, "", one.says, one.machine_readable)
    when = (said.observed_at, said.at_fetch)
    return (position, "reservation", one.protocol, level, one.scope, one.location, *says, *when, *said.raw)
