"""Runs the filter for personal data over a labelled set, and holds what it finds against the labels."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import polars as pl

from audits.labelled import Document, LabelledSet, Place, kind_of, read_labelled
from audits.score import Compared, Score, Scores, compare, score
from corpora.batch import batches_of, text_row
from filters.base import run_filter
from filters.table import make_filter
from tamis.errors import ConfigError
from tamis.records import Filter, FilterSpec, Shard

FILTER = "personal_data"

MAX_THRESHOLDS = 20
"""Rows of a curve, each of which is a run of the filter: of more scores than these, evenly chosen ones."""

_BATCH_SIZE = 256
_NOISE = 0.005
"""In ten-thousandths: scores come as 32-bit numbers, so that 0.7 may read 0.69999999. It is less than `_A_HAIR`."""
_A_HAIR = 1e-6
"""How far below a threshold the filter is run, so that what is exactly at it counts in spite of that."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the filter said of a set: the places it found, document by document, and how many have which status."""

    hits: tuple[tuple[Place, ...], ...]
    scores: tuple[float, ...]
    """Of all places, each score once, ascending."""
    statuses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """Labels that were not asked about. `kind` is what we call theirs; null if we know none by that name."""

    label: str
    kind: str | None
    labels: int


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """The scores of the filter with `threshold` as its `score_threshold`."""

    threshold: float
    scores: tuple[Score, ...]
    """All kinds together first, then each kind of which the threshold before had other counts."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is told of one filter over one set: kinds, counts and places, never content."""

    labelled: LabelledSet
    spec: FilterSpec
    overlap: float
    statuses: tuple[tuple[str, int], ...]
    scores: Scores
    """Over the kinds that the filter looks for and the set has labels of."""
    unlabelled: tuple[tuple[str, int], ...]
    """Kinds that the filter looks for and the set has no label of, with the hits."""
    not_evaluated: tuple[NotEvaluated, ...]
    missed: tuple[tuple[int, Place], ...]
    """Labels not found, with the 1-based number of their document, in order."""
    curve: tuple[AtThreshold, ...]
    n_scores: int
    """Distinct scores that the curve chose its thresholds from; 0 without a curve."""


def evaluate(
    path: Path, parameters: Mapping[str, Any], *, renamed: Mapping[str, str], overlap: float, curve: bool
) -> Evaluation:
    """Evaluates the filter, made with these parameters, on the labelled set at `path`.

    A document that the filter does not see through counts as one in which it finds nothing.

    Raises:
        ConfigError: the set, a parameter or a renaming is wrong, or there is nothing to evaluate.
    """
    labelled = read_labelled(path)
    made = make_filter(FILTER, parameters)
    sought = tuple(dict(made.spec.parameters)["entities"])
    _check_renamings(renamed, sought=sought, names=labelled.names)
    names = {name: kind_of(name, sought=sought, renamed=renamed) for name in labelled.names}
    labels = [labels_by_our_names(document, names) for document in labelled.documents]
    kinds = tuple(kind for kind in sorted(sought) if kind in names.values())
    if names and not kinds:
        raise ConfigError(
            f"{path.name}: has no label of a kind that the filter looks for. It looks for {', '.join(sorted(sought))}; "
            f"the set has {', '.join(sorted(names))}. --map THEIRS=OURS says which is which."
        )
    seen = find(made, labelled)
    compared = _compared(labels, seen, kinds=kinds, overlap=overlap)
    hits = Counter(hit.kind for of_one in seen.hits for hit in of_one)
    scores = _rounded(find(_at(parameters, 0.0), labelled).scores) if curve else []
    rows = _curve(labelled, labels, parameters, thresholds=_chosen(scores), kinds=kinds, overlap=overlap)
    return Evaluation(
        labelled=labelled,
        spec=made.spec,
        overlap=overlap,
        statuses=seen.statuses,
        scores=score(compared, kinds=kinds, n_bytes=labelled.n_bytes),
        unlabelled=tuple((kind, hits[kind]) for kind in sorted({*sought, *hits} - {*kinds})),
        not_evaluated=tuple(
            NotEvaluated(name, names[name], count)
            for name, count in sorted(labelled.names.items(), key=lambda item: (-item[1], item[0]))
            if names[name] not in kinds
        ),
        missed=tuple((number, place) for number, each in enumerate(compared, start=1) for place in each.missed),
        curve=tuple(rows),
        n_scores=len(scores),
    )


def find(filter: Filter, labelled: LabelledSet) -> Seen:  # noqa: A002 - the noun of the house
    """What the filter finds in the documents of the set, asked as in a run."""
    hits: list[list[Place]] = [[] for _ in labelled.documents]
    scores = set[float]()
    statuses = Counter[str]()
    for batch in _batches(labelled):
        findings = run_filter(filter, batch)
        statuses.update(findings.items["status"].cast(pl.String).to_list())
        spans = findings.spans.select("position", "kind", "start", "end", "score")
        for position, kind, start, end, reached in spans.iter_rows():
            hits[position].append(Place(start, end, kind))
            scores.add(reached)
    return Seen(tuple(map(tuple, hits)), tuple(sorted(scores)), tuple(sorted(statuses.items())))


def _batches(labelled: LabelledSet) -> Iterator[pl.DataFrame]:
    shard = Shard("labelled", "set", labelled.sha256, "", labelled.n_bytes)
    rows = (text_row(document.text, limit=sys.maxsize, labels={}, claims=()) for document in labelled.documents)
    return batches_of(rows, shard, size=_BATCH_SIZE)


def _check_renamings(renamed: Mapping[str, str], *, sought: Sequence[str], names: Mapping[str, int]) -> None:
    for theirs, ours in renamed.items():
        if theirs not in names:
            raise ConfigError.unknown("label", theirs, names, where="--map")
        if ours not in sought:
            raise ConfigError.unknown("kind, or one that the filter does not look for:", ours, sought, where="--map")


def labels_by_our_names(document: Document, names: Mapping[str, str | None]) -> tuple[Place, ...]:
    """The labels by our names; those without one are left out."""
    named = ((label, names[label.kind]) for label in document.labels)
    return tuple(Place(label.start, label.end, kind) for label, kind in named if kind is not None)


def _compared(labels: Sequence[Sequence[Place]], seen: Seen, *, kinds: Sequence[str], overlap: float) -> list[Compared]:
    pairs = zip(labels, seen.hits, strict=True)
    return [compare(of_one, hits, kinds=kinds, overlap=overlap) for of_one, hits in pairs]


def _curve(
    labelled: LabelledSet,
    labels: Sequence[Sequence[Place]],
    parameters: Mapping[str, Any],
    *,
    thresholds: Sequence[float],
    kinds: Sequence[str],
    overlap: float,
) -> Iterator[AtThreshold]:
    """Runs the filter anew at each threshold: which places become one depends on what else is found beside them."""
    before: dict[str | None, tuple[int, int]] = {}
    for threshold in thresholds:
        seen = find(_at(parameters, max(0.0, threshold - _A_HAIR)), labelled)
        compared = _compared(labels, seen, kinds=kinds, overlap=overlap)
        scores = score(compared, kinds=kinds, n_bytes=labelled.n_bytes, resamples=0)
        now: dict[str | None, tuple[int, int]] = {each.kind: (each.hits, each.found) for each in scores.by_kind}
        changed = (each for each in scores.by_kind if now[each.kind] != before.get(each.kind))
        yield AtThreshold(threshold, (scores.total, *changed))
        before = now


def _at(parameters: Mapping[str, Any], threshold: float) -> Filter:
    return make_filter(FILTER, {**parameters, "score_threshold": threshold})


def _rounded(scores: Sequence[float]) -> list[float]:
    """Distinct scores to four decimals, cut off, so that the filter run at one includes whatever had it."""
    return sorted({floor(each * 10_000 + _NOISE) / 10_000 for each in scores})


def _chosen(scores: Sequence[float]) -> Sequence[float]:
    """All of them, or MAX_THRESHOLDS evenly chosen ones, the lowest and the highest among them."""
    if len(scores) <= MAX_THRESHOLDS:
        return scores
    last = len(scores) - 1
    return [scores[round(place * last / (MAX_THRESHOLDS - 1))] for place in range(MAX_THRESHOLDS)]
