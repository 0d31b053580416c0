"""Where personal data lies in a text, and how places that overlap become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from filters.personal.kinds import kinds
from tamis.ids import Id128


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text; `end` is exclusive, both count code points."""

    kind: str
    start: int
    end: int
    score: float
    recognizer: str
    value: Id128 | None = None
    """Digest of what stands there, normalised (see `filters.personal.values`); never the thing itself."""


def resolve_overlaps(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans that share no character and together cover what the given ones cover, in order of place.

    Spans that overlap become one, so that masking leaves no part of any of them. It is called after the best:
    the highest score (what was verified), then the longest, then the first; and has its value. Where a country's number
    whose check digit holds is all of the place, only kinds of countries come into question. Its score is the highest of
    all, so that no policy lets it pass for a name that scores less.
    """
    resolved: list[Span] = []
    cluster: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end, span.kind)):
        if cluster and span.start >= end:
            resolved.append(_united(cluster, end))
            cluster = []
            end = 0
        cluster.append(span)
        end = max(end, span.end)
    if cluster:
        resolved.append(_united(cluster, end))
    return tuple(resolved)


def _united(cluster: list[Span], end: int) -> Span:
    if len(cluster) == 1:
        return cluster[0]
    start = cluster[0].start
    best = min(_naming(cluster, start, end), key=_order)
    score = max(span.score for span in cluster)
    return Span(best.kind, start, end, score, best.recognizer, best.value)


def _naming(cluster: list[Span], start: int, end: int) -> list[Span]:
    """Those after which the place may be called: kinds of countries only, where one is checked and all of it.

    Such a number also stands beside its name, or is spelled as only its authority does. A telephone number or a card's
    needs neither, and may still score more: what begins with a zero is assigned somewhere, and one number in ten passes
    Luhn's check. What is inside something longer, as a bank's number is in an IBAN, is only a part of it.
    """
    national, checked = _national_kinds()
    if any((span.start, span.end) == (start, end) and span.kind in checked for span in cluster):
        return [span for span in cluster if span.kind in national]
    return cluster


def _order(span: Span) -> tuple[float, int, int, str]:
    return -span.score, span.start - span.end, span.start, span.kind


@cache
def _national_kinds() -> tuple[frozenset[str], frozenset[str]]:
    """All of them, and those with a check digit."""
    national = {name: kind for name, kind in kinds().items() if kind.region}
    return frozenset(national), frozenset(name for name, kind in national.items() if kind.check == "checksum")
