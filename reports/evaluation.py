"""What an evaluation tells: tables for people, one object for programs. Places, kinds and counts; never content."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from audits.evaluation import Evaluation
from audits.labelled import Place
from audits.score import CONFIDENCE, RESAMPLES, SEED, Interval, Score
from catalog.query import Answer
from catalog.render import as_table
from reports.words import counted
from tamis import __version__

SCHEMA = 1
"""Goes up when a key of the JSON goes away or changes its meaning."""

ALL = "all"
"""What all evaluated kinds together are called."""

_SHOWN = 12
"""Places of labels at odds that are told; the rest is counted."""


def as_text(evaluation: Evaluation, *, misses: int) -> str:
    """Aligned tables and a line on all that is not in them.

    Args:
        evaluation: what to tell.
        misses: how many of the labels that were not found are listed, by place.
    """
    parts = [
        "\n".join(_head(evaluation)),
        _table(_COLUMNS, (_row(each) for each in (*evaluation.scores.by_kind, evaluation.scores.total))),
        *_unlabelled_text(evaluation),
        *_not_evaluated_text(evaluation),
        *_at_odds_text(evaluation),
        *_curve_text(evaluation),
        *_misses_text(evaluation, misses),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts)


def as_json(evaluation: Evaluation, *, misses: int) -> str:
    """One object; docs/evaluate.md has its keys. `misses` as in `as_text`."""
    labelled, spec = evaluation.labelled, evaluation.spec
    told = {
        "schema": SCHEMA,
        "tamis": __version__,
        "set": {
            "sha256": labelled.sha256,
            "documents": len(labelled.documents),
            "bytes": labelled.n_bytes,
            "labels": labelled.names.total(),
            "at_odds": [_place(number, place) for number, place in labelled.at_odds],
        },
        "filter": {
            "name": spec.name,
            "version": spec.version,
            "digest": spec.digest,
            "parameters": dict(spec.parameters),
        },
        "method": {
            "overlap": evaluation.overlap,
            "confidence": CONFIDENCE,
            "resamples": RESAMPLES,
            "seed": SEED,
        },
        "statuses": dict(evaluation.statuses),
        "total": _figures(evaluation.scores.total),
        "kinds": {str(each.kind): _figures(each) for each in evaluation.scores.by_kind},
        "unlabelled": dict(evaluation.unlabelled),
        "not_evaluated": [
            {"label": each.label, "kind": each.kind, "labels": each.labels} for each in evaluation.not_evaluated
        ],
        "curve": [
            {"threshold": row.threshold, "kind": each.kind or ALL, **_curve_figures(each)}
            for row in evaluation.curve
            for each in row.scores
        ],
        "missed": [_place(number, place) for number, place in evaluation.missed[:misses]],
    }
    return json.dumps(told, indent=2, allow_nan=False)


_COLUMNS = ("kind", "labels", "hits", "found", "precision", "recall", "F2", "covered", "false/MB")


def _head(evaluation: Evaluation) -> list[str]:
    labelled, spec = evaluation.labelled, evaluation.spec
    statuses = ", ".join(f"{count:,} {status}" for status, count in evaluation.statuses)
    size = f"{counted(len(labelled.documents), 'document')}, {counted(labelled.names.total(), 'label')}"
    return [
        f"set      {size}, {labelled.n_bytes:,} bytes of text, sha256 {labelled.sha256}",
        f"filter   {spec.name}/{spec.version}, digest {spec.digest[:12]}; documents: {statuses}",
        f"found    same kind, overlap {evaluation.overlap:g} or more; intervals at {CONFIDENCE:.0%}",
    ]


def _row(each: Score) -> tuple[str, ...]:
    return (
        each.kind or ALL,
        f"{each.labels}",
        f"{each.hits}",
        f"{each.found}",
        _with_interval(each.precision, each.precision_interval),
        _with_interval(each.recall, each.recall_interval),
        _with_interval(each.f2, each.f2_interval),
        _shown(each.covered),
        _shown(each.false_hits_per_mb, digits=1),
    )


def _unlabelled_text(evaluation: Evaluation) -> Iterable[str]:
    if evaluation.unlabelled:
        yield "Looked for, but the set has no label of it; not scored:\n" + _table(
            ("kind", "hits", "hits/MB"),
            (
                (kind, f"{hits}", f"{1_000_000 * hits / max(1, evaluation.labelled.n_bytes):.1f}")
                for kind, hits in evaluation.unlabelled
            ),
        )


def _not_evaluated_text(evaluation: Evaluation) -> Iterable[str]:
    if evaluation.not_evaluated:
        yield "Labelled, but the filter does not look for it; not evaluated:\n" + _table(
            ("label", "our kind", "labels"),
            (
                (each.label, each.kind or "unknown; --map THEIRS=OURS", f"{each.labels}")
                for each in evaluation.not_evaluated
            ),
        )


def _at_odds_text(evaluation: Evaluation) -> Iterable[str]:
    at_odds = evaluation.labelled.at_odds
    if at_odds:
        lines = [_place_line(number, place) for number, place in at_odds[:_SHOWN]]
        more = len(at_odds) - _SHOWN
        yield "\n".join(
            [
                "Labels whose `entity_value` is not what stands at their offsets (do they count code points?):",
                *lines,
                *([f"  and {more:,} more"] if more > 0 else []),
            ]
        )


def _curve_text(evaluation: Evaluation) -> Iterable[str]:
    if evaluation.curve:
        thresholds = len(evaluation.curve)
        of = "" if thresholds == evaluation.n_scores else f", {thresholds} of {evaluation.n_scores:,} distinct scores"
        yield f"By score_threshold{of}; a kind stands where its counts change:\n" + _table(
            ("threshold", "kind", "hits", "found", "precision", "recall", "F2"),
            (
                (
                    f"{row.threshold:g}",
                    each.kind or ALL,
                    f"{each.hits}",
                    f"{each.found}",
                    _shown(each.precision),
                    _shown(each.recall),
                    _shown(each.f2),
                )
                for row in evaluation.curve
                for each in row.scores
            ),
        )


def _misses_text(evaluation: Evaluation, misses: int) -> Iterable[str]:
    if misses:
        listed = evaluation.missed[:misses]
        yield "\n".join(
            [
                f"Not found, {len(listed):,} of {len(evaluation.missed):,}:",
                *(_place_line(number, place) for number, place in listed),
            ]
        )


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return as_table(Answer(columns, ("VARCHAR",) * len(columns), tuple(rows), truncated=False))


def _place_line(number: int, place: Place) -> str:
    return f"  document {number}: {place.kind} at {place.start}–{place.end}"


def _with_interval(share: float | None, interval: Interval | None) -> str:
    if share is None:
        return "-"
    return f"{share:.3f}" if interval is None else f"{share:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def _shown(number: float | None, *, digits: int = 3) -> str:
    return "-" if number is None else f"{number:.{digits}f}"


def _figures(each: Score) -> dict[str, Any]:
    return {
        "labels": each.labels,
        "hits": each.hits,
        "found": each.found,
        "precision": each.precision,
        "precision_interval": each.precision_interval,
        "recall": each.recall,
        "recall_interval": each.recall_interval,
        "f2": each.f2,
        "f2_interval": each.f2_interval,
        "covered": each.covered,
        "false_hits": each.false_hits,
        "false_hits_per_mb": each.false_hits_per_mb,
    }


def _curve_figures(each: Score) -> dict[str, Any]:
    return {
        "labels": each.labels,
        "hits": each.hits,
        "found": each.found,
        "precision": each.precision,
        "recall": each.recall,
        "f2": each.f2,
    }


def _place(number: int, place: Place) -> dict[str, Any]:
    return {"document": number, "kind": place.kind, "start": place.start, "end": place.end}
