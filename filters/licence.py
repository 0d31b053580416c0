"""Establishes an item's licence from what is claimed about it, with the evidence for it; it admits and refuses nothing.

How: each claim that came with the item is read (`filters/rights/`), and an item whose own text is a licence, or has
SPDX tags in its first lines, is evidence of its own. The class of the item is the strictest that any understood claim
names. What was not understood is recorded as `unknown`, and unless it says nothing it stands
against what weighs no more; an item with no claim that was understood is `unknown`.

What a claim weighs, from 0 (a mention) to 6 (a contract on file); levels 0, 5 and 6 are not given by this filter:

    4  full-text           the item itself is the licence
    3  license-expression  an SPDX expression by the author
    3  licence-file        a licence text or SPDX tags that came with the item, or SPDX tags in its own first lines
    2  license-field       free words by the author
    2  classifier          the author's choice from a list
    2  column              said of the record by whoever made the corpus
    1  corpus              declared for the corpus as a whole

SPDX tags amid words that were not understood weigh 2: the words may qualify them.

What is monotone, whatever the policy lets pass: a claim more makes the class no freer and drops no conflict, and one
that was not understood, or that names a class not named before, takes away nothing that stands against the licence.
Only the first claim that is understood, and a claim of higher level that agrees with one there is, can make an item
better established.

Known misses: a licence file that holds several licences, or one with words of its own, is not understood (86 of 265 in
Python distributions, lists of authors among them); a distribution under `A OR B` of different classes that ships both
texts is called a conflict. And what people declare is often wrong: of 1,478 data sets, a third were tagged more freely
on their hub than they are (Data Provenance Initiative, 2025). Not legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from math import inf

import polars as pl

from filters.rights.spdx import (
    NOT_UNDERSTOOD,
    SAYS_NOTHING,
    Reading,
    grant_of,
    read_classifier,
    read_expression,
    read_name,
    strictest,
)
from filters.rights.texts.known import (
    FINGERPRINTS,
    MAX_CHARACTERS,
    fingerprints_digest,
    licences_of_text,
    normalise,
)
from filters.rights.texts.tags import read_tags, without_tags
from tamis.errors import ContractError
from tamis.ids import Id128, digest128, text_bytes
from tamis.records import EVIDENCE, FilterSpec, Findings, Measure

LEVELS = {
    "full-text": 4,
    "license-expression": 3,
    "licence-file": 3,
    "license-field": 2,
    "classifier": 2,
    "column": 2,
    "corpus": 1,
}

CONFLICT_LEVEL = 1
"""Evidence below it is heard, but starts no conflict."""

_TAGGED_LINES = 20
"""So many lines of an item's own text are searched for tags: a header, not every text that speaks of tags."""

_LINE = re.compile(r"[^\r\n]+")
_LICENCE_WORDS = r"(?i)licen|creative commons|permission|copyright|redistribut|warrant|public domain"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim as it was understood; `raw` is the digest of the claim as it was written."""

    kind: str
    reading: Reading
    raw: Id128
    level: int
    is_text: bool = False
    """A text that was compared with those of known licences. If it is none of them, it need not say otherwise."""

    def stands_against(self, level: int) -> bool:
        """Whether it was not understood and may say otherwise than evidence of that level.

        A statement does from the same level on, a text only from above: that a licence file is none of the known ones
        does not contradict the author's expression. That there is no licence stands against everything.
        """
        match self.reading.unread:
            case "none":
                return True
            case "words":
                return self.level > level if self.is_text else self.level >= level
        return False


Conclusion = tuple[str | None, str, float, float, float, float, float]
"""The filter's measures, in their order."""


class LicenceFilter:
    """The licence class of an item, its expression, and how well it is established."""

    def __init__(self) -> None:
        self._spec = FilterSpec(
            name="licence",
            version="2",
            kinds=("text", "image"),
            reads="item",
            measures=(
                Measure("expression", "label", "The SPDX expression relied on; null where none was understood."),
                Measure("grant", "label", "Its class, one of tamis.records.GRANTS."),
                Measure(
                    "level", "number", "The highest level of the evidence for that class; 0 if there is none.", (0, 6)
                ),
                Measure("conflict", "number", "1 if evidence names different classes, else 0.", (0, 1)),
                Measure("no_derivatives", "number", "1 if any evidence forbids derivatives, else 0.", (0, 1)),
                Measure("evidence", "number", "How many pieces of evidence there are.", (0, inf)),
                Measure(
                    "not_understood",
                    "number",
                    "The highest level of what was not understood and stands against the licence; 0 if nothing does.",
                    (0, 6),
                ),
            ),
            models=((FINGERPRINTS, fingerprints_digest()),),
            libraries=(("license-expression", version("license-expression")),),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        said: dict[int, list[Evidence]] = {position: [] for position in batch["position"]}
        for position, evidence in (*_claimed(batch), *_own_texts(batch)):
            said[position].append(evidence)
        items = [(position, "seen", *conclude(tuple(evidence))) for position, evidence in said.items()]
        return Findings(
            items=pl.DataFrame(items, schema=self._spec.schema, orient="row"),
            evidence=pl.DataFrame(
                [_row(position, piece) for position, evidence in said.items() for piece in evidence],
                schema=EVIDENCE,
                orient="row",
            ),
        )


@lru_cache(maxsize=4096)
def conclude(pieces: tuple[Evidence, ...]) -> Conclusion:
    """What the evidence for one item comes to; items of one corpus mostly have the same."""
    understood = [piece for piece in pieces if piece.reading.unread is None]
    level_of: dict[str, int] = {}
    for piece in understood:
        level_of[piece.reading.grant] = max(piece.level, level_of.get(piece.reading.grant, 0))
    against = _against(pieces, level=min(level_of.values(), default=0))
    if not understood:
        return None, "unknown", 0.0, 0.0, 0.0, float(len(pieces)), against
    grant = strictest(list(level_of))
    level = level_of[grant]
    heard = {piece.reading.grant for piece in understood if piece.level >= CONFLICT_LEVEL}
    return (
        _together(piece for piece in understood if piece.reading.grant == grant and piece.level == level),
        grant,
        float(level),
        float(len(heard) > 1),
        float(any(piece.reading.no_derivatives for piece in understood)),
        float(len(pieces)),
        against,
    )


def _against(pieces: Iterable[Evidence], *, level: int) -> float:
    """`level` is that of the class which is established worst: where classes differ, none of them settles anything."""
    return float(max((piece.level for piece in pieces if piece.stands_against(level)), default=0))


def _together(agreeing: Iterable[Evidence]) -> str | None:
    """All that the best evidence names: which of several texts covers which part is not known, so all of them hold."""
    chosen = sorted({piece.reading.chosen for piece in agreeing if piece.reading.chosen})
    if len(chosen) == 1:
        return chosen[0]
    return read_expression(" AND ".join(f"({name})" for name in chosen)).expression or next(iter(chosen), None)


def evidence_of(kind: str, value: str) -> tuple[Evidence, ...]:
    """What a claim says: one piece of evidence, or two of a licence file that has SPDX tags and other words.

    Raises:
        ContractError: the kind is not one of tamis.records.CLAIM_KINDS.
    """
    return _remembered(kind, value) if len(value) <= _REMEMBERED_CHARACTERS else _evidence_of(kind, value)


_REMEMBERED_CHARACTERS = 2_000
"""Longer claims are read anew, so that what is remembered stays small whatever a corpus holds."""


@lru_cache(maxsize=4096)
def _remembered(kind: str, value: str) -> tuple[Evidence, ...]:
    return _evidence_of(kind, value)


def _evidence_of(kind: str, value: str) -> tuple[Evidence, ...]:
    raw = digest128(text_bytes(value))
    match kind:
        case "license-expression" | "column" | "corpus":
            return (Evidence(kind, read_name(value), raw, LEVELS[kind]),)
        case "license-field":
            name = read_name(value)
            return (Evidence(kind, _read_text(value) if name.unread == "words" else name, raw, LEVELS[kind]),)
        case "classifier":
            return (Evidence(kind, read_classifier(value), raw, LEVELS[kind]),)
        case "licence-file":
            return _of_file(value, raw)
    raise ContractError(
        f"licence/2: a claim has the kind {kind[:40]!r}, which is not one of tamis.records.CLAIM_KINDS."
    )


TAG_AMID_WORDS_LEVEL = 2
"""Of SPDX tags in a licence file whose other words were not understood."""


def _of_file(text: str, raw: Id128) -> tuple[Evidence, ...]:
    kind = "licence-file"
    tags, words = read_tags(text)
    rest = _read_text(words) if len(words) > MAX_CHARACTERS or normalise(words) else SAYS_NOTHING
    whole = Evidence(kind, rest, raw, LEVELS[kind], is_text=True)
    if tags is None:
        return (whole,)
    stated = Evidence(kind, tags, raw, TAG_AMID_WORDS_LEVEL if rest.unread == "words" else LEVELS[kind])
    return (stated,) if rest.unread == "nothing" else (stated, whole)


def _read_text(text: str) -> Reading:
    """The licence whose text it is; where several licences share a text, the strictest class of theirs."""
    licences = licences_of_text(text)
    if not licences:
        return NOT_UNDERSTOOD
    reading = read_expression(licences[0])
    grant = strictest([grant_of(licence) for licence in licences])
    return reading if reading.grant == grant else NOT_UNDERSTOOD


def _claimed(batch: pl.DataFrame) -> Iterator[tuple[int, Evidence]]:
    """The evidence of all claims. A claim that many items share, as those of one package do, is read once."""
    claims = (
        batch.select("position", "claims")
        .explode("claims", empty_as_null=False, keep_nulls=False)
        .unnest("claims")
        .drop_nulls()
        .unique(maintain_order=True)
    )
    read: dict[tuple[str, str], tuple[Evidence, ...]] = {}
    for position, kind, value in claims.iter_rows():
        if (kind, value) not in read:
            read[kind, value] = evidence_of(kind, value)
        for evidence in read[kind, value]:
            yield position, evidence


def _own_texts(batch: pl.DataFrame) -> Iterator[tuple[int, Evidence]]:
    """What the items themselves say: one that is a licence, and tags in the first lines."""
    may_speak = (pl.col("kind") == "text") & pl.col("text").str.contains(_LICENCE_WORDS)
    texts = batch.filter(may_speak).select("position", "text", "content_hi", "content_lo")
    for position, text, content_hi, content_lo in texts.iter_rows():
        raw = (content_hi, content_lo)
        tags, _ = read_tags(_head(text))
        if tags is not None:
            yield position, Evidence("licence-file", tags, raw, LEVELS["licence-file"])
        reading = _read_text(without_tags(text)) if len(text) <= MAX_CHARACTERS else NOT_UNDERSTOOD
        if reading.unread is None:
            yield position, Evidence("full-text", reading, raw, LEVELS["full-text"])


def _head(text: str) -> str:
    return "\n".join(islice((line.group() for line in _LINE.finditer(text)), _TAGGED_LINES))


def _row(position: int, piece: Evidence) -> tuple[int, str, int, str | None, str, int, int]:
    return position, piece.kind, piece.level, piece.reading.expression, piece.reading.grant, *piece.raw
