"""Establishes an item's licence from what is claimed about it, with the evidence for it; it admits and refuses nothing.

How: each claim that came with the item is read (`filters/rights/claims.py`), and so is what the item says itself: a
text that is a licence or has a notice in its first lines, a web page's markup, a picture's metadata. With `claims_only`
an item is not asked, which saves most of the time and misses whoever says of their text that it is not free. What the
pieces come to, and what each weighs, is told in `filters/rights/evidence.py`. What was not understood is recorded as
`unknown`, and unless it says nothing it stands against what weighs no more; an item with no evidence that was
understood is `unknown`.

Known misses: docs/licences.md has them with figures. What people declare is often wrong: of 1,478 data sets, a third
were tagged more freely on their hub than they are (Data Provenance Initiative, 2025). Not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from math import inf

import polars as pl

from filters.rights.access import Access, access_of
from filters.rights.claims import evidence_of
from filters.rights.conditions import in_order
from filters.rights.evidence import Conclusion, Evidence, conclude
from filters.rights.own import of_picture, of_texts
from filters.rights.texts.index import INDEX, index_digest
from filters.rights.texts.known import FINGERPRINTS, fingerprints_digest
from filters.rights.unknown_texts import scancode_version, with_scancode
from tamis.ids import Id128, digest128, text_bytes
from tamis.records import ABOUT_ACCESS, CONDITIONS, EVIDENCE, FilterSpec, Findings, Measure

_LICENCE_WORDS = r"(?i)licen|creative ?commons|permission|copyright|redistribut|warrant|public domain|rights"

_ABOUT_CONDITIONS = {
    "attribution": "asks for the author's name or notice",
    "share_alike": "asks for the same terms for what is made of it",
    "non_commercial": "forbids commercial use",
    "no_derivatives": "forbids derivatives",
    "field_of_use": "forbids some fields of use, or behaviours",
    "academic_only": "is for academic use alone",
    "no_machine_learning": "forbids machine learning",
}


class LicenceFilter:
    """The licence class of an item, its expression and conditions, and how well they are established.

    Args:
        claims_only: whether what the item itself says is left alone.
        scancode: ScanCode's program, for licence files that nobody else understands; empty: nobody is asked.

    Raises:
        ConfigError: there is no such program.
    """

    PATHS = ("scancode",)

    def __init__(self, *, claims_only: bool = False, scancode: str = "") -> None:
        self._claims_only = claims_only
        self._scancode = scancode
        asked = (("scancode-toolkit", scancode_version(scancode)),) if scancode else ()
        self._spec = FilterSpec(
            name="licence",
            version="3",
            kinds=("text", "image"),
            reads="item",
            measures=(
                Measure("expression", "label", "The SPDX expression relied on; null where none was understood."),
                Measure("grant", "label", "Its class, one of tamis.records.GRANTS."),
                Measure(
                    "level", "number", "The highest level of the evidence for that class; 0 if there is none.", (0, 6)
                ),
                Measure("issuers", "number", "How many name that class independently of one another.", (0, inf)),
                Measure("conflict", "number", "1 if evidence names different classes, else 0.", (0, 1)),
                *(
                    Measure(name, "number", f"1 if any evidence {_ABOUT_CONDITIONS[name]}, else 0.", (0, 1))
                    for name in CONDITIONS
                ),
                Measure("evidence", "number", "How many pieces of evidence there are.", (0, inf)),
                Measure(
                    "not_understood",
                    "number",
                    "The highest level of what was not understood and stands against the licence; 0 if nothing does.",
                    (0, 6),
                ),
                Measure("basis", "label", "The legal basis relied on, one of tamis.records.BASES, or unknown."),
            ),
            parameters=(("claims_only", True),) if claims_only else (),
            models=((FINGERPRINTS, fingerprints_digest()), (INDEX, index_digest())),
            libraries=tuple((name, version(name)) for name in ("license-expression", "numpy", "pillow", "selectolax"))
            + asked,
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        claimed = _claims(batch)
        said: dict[int, list[Evidence]] = {position: [] for position in batch["position"]}
        own = () if self._claims_only else _own(batch)
        for position, evidence in (*self._claimed(claimed), *own):
            said[position].append(evidence)
        access = {position: access_of(claims) for position, claims in claimed.items()}
        items = [_item(position, said[position], access[position]) for position in said]
        return Findings(
            items=pl.DataFrame(items, schema=self._spec.schema, orient="row"),
            evidence=pl.DataFrame(
                [row for position in said for row in _rows(position, said[position], access[position])],
                schema=EVIDENCE,
                orient="row",
            ),
        )

    def _claimed(self, claims: Claims) -> Iterator[tuple[int, Evidence]]:
        """The evidence of all claims. A claim that many items share, as those of one package do, is read once."""
        distinct = dict.fromkeys(claim for said in claims.values() for claim in said if claim[0] not in ABOUT_ACCESS)
        read = {claim: evidence_of(*claim) for claim in distinct}
        if self._scancode:
            read |= with_scancode(read, self._scancode)
        for position, said in claims.items():
            yield from ((position, evidence) for claim in said for evidence in read.get(claim, ()))


Claims = dict[int, list[tuple[str, str]]]


def _claims(batch: pl.DataFrame) -> Claims:
    """(kind, value) by position, each once."""
    claims: Claims = {position: [] for position in batch["position"]}
    listed = (
        batch.select("position", "claims")
        .explode("claims", empty_as_null=False, keep_nulls=False)
        .unnest("claims")
        .drop_nulls()
        .unique(maintain_order=True)
    )
    for position, kind, value in listed.iter_rows():
        claims[position].append((kind, value))
    return claims


def _own(batch: pl.DataFrame) -> Iterator[tuple[int, Evidence]]:
    """What the items themselves say."""
    pictures = batch.filter(pl.col("kind") == "image").select("position", "image")
    for position, image in pictures.iter_rows():
        yield from ((position, evidence) for evidence in of_picture(image))
    texts = batch.filter(pl.col("text").str.contains(_LICENCE_WORDS)).select(
        "position", "text", "content_hi", "content_lo"
    )
    raws = list(texts.select("content_hi", "content_lo").iter_rows())
    for position, said in zip(texts["position"], of_texts(texts["text"].to_list(), raws), strict=True):
        yield from ((position, evidence) for evidence in said)


def _item(position: int, said: list[Evidence], access: Access) -> tuple[object, ...]:
    found: Conclusion = conclude(tuple(said))
    return (
        position,
        "seen",
        found.expression,
        found.grant,
        float(found.level),
        float(found.issuers),
        float(found.conflict),
        *(float(condition in found.conditions) for condition in CONDITIONS),
        float(len(said)),
        float(found.not_understood),
        access.basis,
    )


def _rows(position: int, said: Iterable[Evidence], access: Access) -> Iterator[tuple[object, ...]]:
    for piece in said:
        yield _row(position, piece, access.fetched_at)
    if access.declared is not None:
        yield _basis_row(position, access)


def _row(position: int, piece: Evidence, seen: datetime | None) -> tuple[object, ...]:
    reading = piece.reading
    says = (reading.expression, reading.grant, " ".join(in_order(reading.conditions)), None)
    return (
        position,
        "licence",
        piece.kind,
        piece.level,
        piece.scope,
        piece.location,
        *says,
        True,
        seen,
        True,
        *piece.raw,
    )


def _basis_row(position: int, access: Access) -> tuple[object, ...]:
    """What an operator declares of a corpus weighs as much as a licence that is declared for one."""
    raw: Id128 = digest128(text_bytes(access.declared or ""))
    nothing = (None, None, "", None)
    return (position, "basis", "basis", 1, "dataset", access.basis, *nothing, True, access.fetched_at, True, *raw)
