"""How well what was found agrees with what people marked: precision, recall, F2, and how much of it was covered.

A label is *found* if a hit of its kind shares enough with it: their characters in common, divided by those of both
together (intersection over union), are at least `overlap`. Each label has at most one hit and each hit at most one
label; the pairs that share most are taken first. F2 is the F measure with beta 2, 5 P R / (4 P + R): a miss weighs four
times a false hit (van Rijsbergen, Information Retrieval, 1979, chapter 7).

Precision and recall have Wilson's interval. F2 has a percentile interval over documents drawn with replacement (Efron,
1979), for spans of one document are not independent. What is drawn depends on the seed and on how often each tally
occurs, not on the order of the documents.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from audits.labelled import Place
from tamis.intervals import wilson

Interval = tuple[float, float]

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 20261125


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over one document."""

    labels: int
    hits: int
    found: int
    """Labels that a hit of their kind agrees with; as many hits are right."""
    characters: int
    """How many characters the labels mark; one that two of them mark counts once."""
    covered: int
    """How many of these any hit covers, of whatever kind."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One document's labels held against its hits."""

    total: Tally
    """Over all the kinds that were asked about."""
    by_kind: tuple[Tally, ...]
    """For each kind, in the order asked."""
    missed: tuple[Place, ...]
    """Labels that were not found, in order."""


@dataclass(frozen=True, slots=True)
class Score:
    """What the tallies of all documents come to, for one kind or for all together.

    A share of nothing is null: precision where nothing was hit, recall and coverage where nothing is labelled.
    """

    kind: str | None
    """Null: all the kinds that were asked about, each span counting alike (the micro average)."""
    labels: int
    hits: int
    found: int
    characters: int
    covered_characters: int
    n_bytes: int
    """Of the texts, as UTF-8."""
    f2_interval: Interval | None
    """Null: not asked for, or fewer than two documents have a label or a hit."""

    @property
    def precision(self) -> float | None:
        return _share(self.found, self.hits)

    @property
    def recall(self) -> float | None:
        return _share(self.found, self.labels)

    @property
    def f2(self) -> float | None:
        return _share(5 * self.found, 4 * self.labels + self.hits)

    @property
    def covered(self) -> float | None:
        """The share of labelled characters that some hit covers, of whatever kind: what masking needs."""
        return _share(self.covered_characters, self.characters)

    @property
    def precision_interval(self) -> Interval:
        return wilson(self.found, self.hits, CONFIDENCE)

    @property
    def recall_interval(self) -> Interval:
        return wilson(self.found, self.labels, CONFIDENCE)

    @property
    def false_hits(self) -> int:
        return self.hits - self.found

    @property
    def false_hits_per_mb(self) -> float | None:
        """Per million bytes of text."""
        return _share(1_000_000 * self.false_hits, self.n_bytes)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of all kinds together and of each, in the order asked."""

    total: Score
    by_kind: tuple[Score, ...]


def compare(labels: Collection[Place], hits: Collection[Place], *, kinds: Sequence[str], overlap: float) -> Compared:
    """Holds the labels of one document against what was found in it.

    Args:
        labels: in our kinds; equal ones count once, those of kinds not asked about are left out.
        hits: of any kind; those of kinds not asked about still cover.
        kinds: what is asked about, each once.
        overlap: the least intersection over union of a pair, above 0 to 1.
    """
    asked = sorted({label for label in labels if label.kind in kinds})
    found = set[Place]()
    by_kind = []
    covering = _union(hits)
    for kind in kinds:
        of_kind = [label for label in asked if label.kind == kind]
        hits_of_kind = sorted(hit for hit in hits if hit.kind == kind)
        found_of_kind = _found(of_kind, hits_of_kind, overlap=overlap)
        by_kind.append(_tally(of_kind, len(hits_of_kind), len(found_of_kind), covering=covering))
        found |= found_of_kind
    total = _tally(asked, sum(tally.hits for tally in by_kind), len(found), covering=covering)
    return Compared(total, tuple(by_kind), tuple(label for label in asked if label not in found))


def score(documents: Collection[Compared], *, kinds: Sequence[str], n_bytes: int, resamples: int = RESAMPLES) -> Scores:
    """Sums up documents that were compared over the same `kinds`; their order does not matter.

    Args:
        documents: what `compare` said of each, documents without a label or a hit included.
        kinds: as given to `compare`.
        n_bytes: of all their texts, as UTF-8.
        resamples: draws for the interval of F2; none if 0.
    """

    def summed(kind: str | None, tallies: list[Tally]) -> Score:
        return Score(
            kind=kind,
            labels=sum(tally.labels for tally in tallies),
            hits=sum(tally.hits for tally in tallies),
            found=sum(tally.found for tally in tallies),
            characters=sum(tally.characters for tally in tallies),
            covered_characters=sum(tally.covered for tally in tallies),
            n_bytes=n_bytes,
            f2_interval=f2_interval(tallies, resamples=resamples),
        )

    total = summed(None, [document.total for document in documents])
    each = (summed(kind, [document.by_kind[place] for document in documents]) for place, kind in enumerate(kinds))
    return Scores(total, tuple(each))


def f2_interval(tallies: Iterable[Tally], *, resamples: int = RESAMPLES, seed: int = SEED) -> Interval | None:
    """The percentile interval of F2 over documents drawn with replacement; null if fewer than two say anything.

    Draws without a label and a hit have no F2 and are left out. Where no document has a miss or a false hit no draw has
    one either, and the interval is (1, 1): Wilson's interval of the recall says how little that may mean.
    """
    counts = Counter((tally.labels, tally.hits, tally.found) for tally in tallies)
    n_documents = counts.total()
    if not resamples or n_documents - counts[0, 0, 0] < 2:
        return None
    unlike = sorted(counts)
    weights = np.array([counts[each] for each in unlike]) / n_documents
    # RandomState, whose streams NumPy has promised never to change: the same set gives the same interval for ever.
    drawn = np.random.RandomState(seed).multinomial(n_documents, weights, size=resamples)
    labels, hits, found = (drawn @ np.array(unlike)).T
    weight = 4 * labels + hits
    f2 = 5 * found[weight > 0] / weight[weight > 0]
    low, high = np.quantile(f2, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _found(labels: Sequence[Place], hits: Sequence[Place], *, overlap: float) -> set[Place]:
    """The labels that have a hit. Both are of one kind and sorted."""
    found = set[Place]()
    used = set[int]()
    for _, label, place in sorted(_pairs(labels, hits, overlap=overlap)):
        if label not in found and place not in used:
            found.add(label)
            used.add(place)
    return found


def _pairs(labels: Sequence[Place], hits: Sequence[Place], *, overlap: float) -> Iterable[tuple[float, Place, int]]:
    """(minus the share in common, label, which hit) of every pair that shares enough."""
    starts = [hit.start for hit in hits]
    longest = max((hit.end - hit.start for hit in hits), default=0)
    for label in labels:
        for place in range(bisect_left(starts, label.start - longest), bisect_left(starts, label.end)):
            in_common = shared(label, hits[place])
            if in_common >= overlap:
                yield -in_common, label, place


def shared(one: Place, other: Place) -> float:
    """Characters in both, divided by characters in either: 1 for the same place, 0 for places apart."""
    both = max(0, min(one.end, other.end) - max(one.start, other.start))
    return both / (one.end - one.start + other.end - other.start - both)


def _tally(labels: Iterable[Place], hits: int, found: int, *, covering: Sequence[tuple[int, int]]) -> Tally:
    labels = list(labels)
    marked = _union(labels)
    return Tally(
        labels=len(labels),
        hits=hits,
        found=found,
        characters=sum(end - start for start, end in marked),
        covered=_in_common(marked, covering),
    )


def _union(places: Iterable[Place]) -> list[tuple[int, int]]:
    """The stretches that the places cover together, apart from one another, in order."""
    stretches: list[tuple[int, int]] = []
    for place in sorted(places):
        if stretches and place.start <= stretches[-1][1]:
            stretches[-1] = stretches[-1][0], max(stretches[-1][1], place.end)
        else:
            stretches.append((place.start, place.end))
    return stretches


def _in_common(some: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """How many characters lie in both; each is in order and without overlaps."""
    common = at = 0
    for start, end in some:
        while at < len(others) and others[at][1] <= start:
            at += 1
        for place in range(at, len(others)):
            other_start, other_end = others[place]
            if other_start >= end:
                break
            common += min(end, other_end) - max(start, other_start)
    return common


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
