"""Establishes an item's licence from what is claimed about it, with the evidence for it; it admits and refuses nothing.

How: each claim that came with the item is read (`filters/spdx.py`, `filters/licence_texts.py`), and an item whose own
text is a licence is evidence of its own. The class of the item is the strictest that any understood claim names: a
claim more can make it stricter, never freer. Claims that were not understood are recorded as `unknown` and change
nothing; an item with no claim that was understood is `unknown`.

What a claim weighs, from 0 (a mention) to 6 (a contract on file); levels 0, 5 and 6 are not given by this filter:

    4  full-text           the item itself is the licence
    3  license-expression  an SPDX expression by the author
    3  licence-file        a licence text, or SPDX tags in it, that came with the item
    2  license-field       free words by the author
    2  classifier          the author's choice from a list
    2  column              said of the record by whoever made the corpus
    1  corpus              declared for the corpus as a whole

Known misses: a licence file that holds several licences, or one with words of its own, is not understood (58 of 230 in
Python distributions); a distribution under `A OR B` of different classes that ships both texts is called a conflict.
And what people declare is often wrong: of 1,478 data sets, a third were tagged more freely on their hub than they are
(Data Provenance Initiative, 2025). Not legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

import polars as pl

from filters.licence_texts import FINGERPRINTS, MAX_CHARACTERS, fingerprints_digest, licences_of_text
from filters.spdx import (
    NOT_UNDERSTOOD,
    Reading,
    grant_of,
    read_classifier,
    read_expression,
    read_name,
    strictest,
)
from tamis.errors import ContractError
from tamis.ids import digest128, text_bytes
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

_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,500})")
_LICENCE_WORDS = r"(?i)licen|creative commons|permission|copyright|redistribut|warrant|public domain"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim as it was understood; `raw` is the digest of the claim as it was written."""

    kind: str
    reading: Reading
    raw: tuple[int, int]

    @property
    def level(self) -> int:
        return LEVELS[self.kind]


class LicenceFilter:
    """The licence class of an item, its expression, and how well it is established."""

    @property
    def spec(self) -> FilterSpec:
        return FilterSpec(
            name="licence",
            version="1",
            kinds=("text", "image"),
            reads="item",
            measures=(
                Measure("expression", "label", "The SPDX expression relied on; null where none was understood."),
                Measure("grant", "label", "Its class, one of tamis.records.GRANTS."),
                Measure("level", "number", "The highest level of the evidence for that class; 0 if there is none."),
                Measure("conflict", "number", "1 if evidence names different classes, else 0."),
                Measure("no_derivatives", "number", "1 if any evidence forbids derivatives, else 0."),
                Measure("evidence", "number", "How many pieces of evidence there are."),
            ),
            models=((FINGERPRINTS, fingerprints_digest()),),
            libraries=(("license-expression", version("license-expression")),),
        )

    def find(self, batch: pl.DataFrame) -> Findings:
        said: dict[int, list[Evidence]] = {position: [] for position in batch["position"]}
        for position, evidence in (*_claimed(batch), *_own_texts(batch)):
            said[position].append(evidence)
        items = [(position, "seen", *conclude(evidence)) for position, evidence in said.items()]
        return Findings(
            items=pl.DataFrame(items, schema=self.spec.schema, orient="row"),
            evidence=pl.DataFrame(
                [_row(position, piece) for position, evidence in said.items() for piece in evidence],
                schema=EVIDENCE,
                orient="row",
            ),
        )


def conclude(
    evidence: Iterable[Evidence],
) -> tuple[str | None, str, float, float, float, float]:
    """The filter's measures in their order: expression, grant, level, conflict, no_derivatives, evidence."""
    pieces = list(evidence)
    understood = [piece for piece in pieces if piece.reading.grant != "unknown"]
    if not understood:
        return None, "unknown", 0.0, 0.0, 0.0, float(len(pieces))
    grant = strictest([piece.reading.grant for piece in understood])
    agreeing = [piece for piece in understood if piece.reading.grant == grant]
    level = max(piece.level for piece in agreeing)
    heard = {piece.reading.grant for piece in understood if piece.level >= CONFLICT_LEVEL}
    return (
        _together(piece for piece in agreeing if piece.level == level),
        grant,
        float(level),
        float(len(heard) > 1),
        float(any(piece.reading.no_derivatives for piece in understood)),
        float(len(pieces)),
    )


def _together(agreeing: Iterable[Evidence]) -> str | None:
    """All that the best evidence names: which of several texts covers which part is not known, so all of them hold."""
    chosen = sorted({piece.reading.chosen for piece in agreeing if piece.reading.chosen})
    return read_expression(" AND ".join(f"({name})" for name in chosen)).expression or next(iter(chosen), None)


def read_claim(kind: str, value: str) -> Reading:
    """What a claim says.

    Raises:
        ContractError: the kind is not one of tamis.records.CLAIM_KINDS.
    """
    match kind:
        case "license-expression" | "column" | "corpus":
            return read_name(value)
        case "license-field":
            name = read_name(value)
            return name if name.expression else _read_text(value)
        case "classifier":
            return read_classifier(value)
        case "licence-file":
            return _read_tags(value) or _read_text(value)
    raise ContractError(
        f"licence/1: a claim has the kind {kind[:40]!r}, which is not one of tamis.records.CLAIM_KINDS."
    )


def _read_tags(text: str) -> Reading | None:
    tags = sorted({tag.strip().removesuffix("*/").removesuffix("-->").strip() for tag in _TAG.findall(text)})
    return read_expression(" AND ".join(f"({tag})" for tag in tags)) if tags else None


def _read_text(text: str) -> Reading:
    """The licence whose text it is; where several licences share a text, the strictest class of theirs."""
    licences = licences_of_text(text)
    if not licences:
        return NOT_UNDERSTOOD
    reading = read_expression(licences[0])
    grant = strictest([grant_of(licence) for licence in licences])
    return reading if reading.grant == grant else NOT_UNDERSTOOD


def _claimed(batch: pl.DataFrame) -> list[tuple[int, Evidence]]:
    """The evidence of all claims. A claim that many items share, as those of one package do, is read once."""
    claims = (
        batch.select("position", "claims")
        .explode("claims", empty_as_null=False, keep_nulls=False)
        .unnest("claims")
        .drop_nulls()
        .unique(maintain_order=True)
    )
    read = {
        (kind, value): Evidence(kind, read_claim(kind, value), digest128(text_bytes(value)))
        for kind, value in claims.select("kind", "value").unique().iter_rows()
    }
    return [(position, read[kind, value]) for position, kind, value in claims.iter_rows()]


def _own_texts(batch: pl.DataFrame) -> list[tuple[int, Evidence]]:
    may_be_licence = (
        (pl.col("kind") == "text")
        & (pl.col("text").str.len_chars() <= MAX_CHARACTERS)
        & pl.col("text").str.contains(_LICENCE_WORDS)
    )
    found = []
    texts = batch.filter(may_be_licence).select("position", "text", "content_hi", "content_lo")
    for position, text, content_hi, content_lo in texts.iter_rows():
        reading = _read_text(text)
        if reading.expression:
            found.append((position, Evidence("full-text", reading, (content_hi, content_lo))))
    return found


def _row(position: int, piece: Evidence) -> tuple[int, str, int, str | None, str, int, int]:
    return position, piece.kind, piece.level, piece.reading.expression, piece.reading.grant, *piece.raw
