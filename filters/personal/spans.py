"""Where personal data lies in a text, and how places that overlap become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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

    Spans that overlap become one, so that masking leaves no part of any of them. It is called after the best: the
    highest score (what was verified), then the longest, then the first; and has its value.
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
    best = min(cluster, key=lambda span: (-span.score, span.start - span.end, span.start, span.kind))
    return Span(best.kind, cluster[0].start, end, best.score, best.recognizer, best.value)
