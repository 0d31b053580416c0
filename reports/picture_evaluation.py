"""What an evaluation on labelled pictures tells: tables for people, one record for programs and auditors.

Counts, figures and the user's words for groups; never a name, a digest or the content of a single picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from audits.picture_evaluation import MIN_UNSAFE, Band, Cut, GroupRates, Limit, PictureEvaluation, Warned
from audits.ranking import CONFIDENCE, AtThreshold, Interval, Rate
from catalog.query import Answer
from catalog.render import as_table
from reports.words import counted
from tamis import __version__

SCHEMA = 1
"""Goes up when a key of the record goes away or changes its meaning."""

INTERVALS = "clopper-pearson"
AUC_INTERVAL = "delong-logit"

_BANDS: dict[Band, str] = {"keep": "keep", "hold": "review", "drop": "drop"}
"""A picture that a policy holds is one that a person should look at."""
_CUTS: dict[Cut, str] = {"hold": "review or drop", "drop": "drop", "threshold": "at the threshold"}


def as_text(evaluation: PictureEvaluation) -> str:
    """Aligned tables, and a line on all that is not in them."""
    parts = [
        "\n".join(_head(evaluation)),
        *_problems_text(evaluation),
        _ranking_text(evaluation),
        _threshold_text(evaluation),
        _bands_text(evaluation),
        *_groups_text(evaluation),
        *map(_warning_line, evaluation.warnings),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts)


def as_json(evaluation: PictureEvaluation) -> str:
    """One object; docs/evaluate.md has its keys."""
    spec, policy = evaluation.spec, evaluation.policy
    told = {
        "schema": SCHEMA,
        "tamis": __version__,
        "date": evaluation.at.isoformat(timespec="seconds"),
        "set": {
            "sha256": evaluation.sha256,
            "unsafe": evaluation.n_unsafe,
            "safe": evaluation.n_safe,
            "unlabelled": evaluation.unlabelled,
            "copies": evaluation.copies,
            "labelled_both_ways": evaluation.labelled_both_ways,
        },
        "filter": {
            "name": spec.name,
            "version": spec.version,
            "digest": spec.digest,
            "parameters": dict(spec.parameters),
            "models": dict(spec.models),
            "libraries": dict(spec.libraries),
            "measure": evaluation.measure,
        },
        "method": {"confidence": CONFIDENCE, "intervals": INTERVALS, "auc_interval": AUC_INTERVAL},
        "scored": {"unsafe": evaluation.n_scored_unsafe, "safe": evaluation.n_scored_safe},
        "problems": {
            code: {"unsafe": of_unsafe.hits, "safe": of_safe.hits} for code, of_unsafe, of_safe in evaluation.problems
        },
        "ranking": {
            "auc": evaluation.auc,
            "auc_interval": evaluation.auc_interval,
            "average_precision": evaluation.average_precision,
        },
        "threshold": {
            "recall": evaluation.recall,
            "unsafe_needed": evaluation.needed,
            "refused": _refusal(evaluation),
            "reached": _at_threshold(evaluation.reached),
            "shown": _at_threshold(evaluation.shown),
        },
        "policy": {
            "name": policy.name,
            "version": policy.version,
            "digest": policy.digest,
            "limits": [_limit(limit) for limit in evaluation.limits],
            "bands": {
                _BANDS[each.band]: {"unsafe": _rate(each.unsafe), "safe": _rate(each.safe)} for each in evaluation.bands
            },
        },
        "groups": [_group(group) for group in evaluation.groups],
        "warnings": [_warning(warned) for warned in evaluation.warnings],
        "curve": [
            {
                "threshold": point.threshold,
                "unsafe": point.unsafe.hits,
                "safe": point.safe.hits,
                "recall": point.unsafe.share,
                "false_positive_rate": point.safe.share,
                "precision": point.precision,
            }
            for point in evaluation.points
        ],
        "distinct_scores": evaluation.n_scores,
    }
    return json.dumps(told, indent=2, allow_nan=False)


def _head(evaluation: PictureEvaluation) -> list[str]:
    spec = evaluation.spec
    n_scored = evaluation.n_scored_unsafe + evaluation.n_scored_safe
    n_pictures = evaluation.n_unsafe + evaluation.n_safe
    models = "".join(f", {name} {sha256[:12]}" for name, sha256 in spec.models)
    labels = f"{evaluation.n_unsafe:,} unsafe, {evaluation.n_safe:,} safe"
    lines = [
        f"set      {counted(n_pictures, 'picture')}: {labels}, sha256 {evaluation.sha256}",
        f"filter   {spec.name}/{spec.version}, digest {spec.digest[:12]}{models}; measure {evaluation.measure}",
        f"scored   {n_scored:,} of {n_pictures:,}; intervals at {CONFIDENCE:.0%}, Clopper-Pearson's and DeLong's (AUC)",
    ]
    if evaluation.unlabelled:
        lines.append(f"left out {counted(evaluation.unlabelled, 'row')} without a label")
    if evaluation.copies:
        lines.append(
            f"copies   {counted(evaluation.copies, 'picture')} with the content of another: intervals are too narrow"
        )
    if evaluation.labelled_both_ways:
        lines.append(f"labels   {counted(evaluation.labelled_both_ways, 'content')} called both safe and unsafe")
    return lines


def _problems_text(evaluation: PictureEvaluation) -> Iterable[str]:
    if evaluation.problems:
        yield "Without a score, which a policy holds; in no figure below:\n" + _table(
            ("reason", "unsafe", "safe"),
            ((code, f"{unsafe.hits}", f"{safe.hits}") for code, unsafe, safe in evaluation.problems),
        )


def _ranking_text(evaluation: PictureEvaluation) -> str:
    n_scored = evaluation.n_scored_unsafe + evaluation.n_scored_safe
    if evaluation.auc is None:
        return "ROC and precision-recall: not without a scored picture of either label."
    unsafe = evaluation.n_scored_unsafe / n_scored
    lines = [
        f"ROC AUC            {_with_interval(evaluation.auc, evaluation.auc_interval)}",
        f"average precision  {_share(evaluation.average_precision)}, in this set, of which {unsafe:.1%} is unsafe",
    ]
    if evaluation.auc_interval is None:
        lines.append("The AUC has no interval: every pair is in order, or there are fewer than two of a label.")
    if evaluation.auc < 0.5:
        lines.append("Safe pictures score higher than unsafe ones. Are the labels the wrong way round? See --map.")
    return "\n".join(lines)


def _threshold_text(evaluation: PictureEvaluation) -> str:
    refused = _refusal(evaluation)
    if refused:
        return f"No threshold for a recall of {evaluation.recall:g}: {refused}"
    rows = [("reached in this set", evaluation.reached), (f"shown at {CONFIDENCE:.0%}", evaluation.shown)]
    table = _table(
        ("recall", "threshold", "unsafe found", "recall at least", "safe found too"),
        (
            (
                said,
                repr(at.threshold),
                _rate_text(at.unsafe),
                f"{at.recall_at_least:.4f}",
                _rate_text(at.safe),
            )
            for said, at in rows
            if at is not None
        ),
    )
    needs = ""
    if evaluation.shown is None:
        needs = (
            f"\nThat recall is not shown at {CONFIDENCE:.0%}, whatever the threshold: it takes "
            f"{evaluation.needed:,} unsafe pictures, all of them found, and there are {evaluation.n_scored_unsafe:,}."
        )
    return f"The highest threshold for a recall of {evaluation.recall:g}:\n{table.rstrip()}{needs}"


def _refusal(evaluation: PictureEvaluation) -> str | None:
    """Why there is no threshold; null if there is one."""
    if evaluation.n_scored_unsafe >= MIN_UNSAFE:
        return None
    return (
        f"{counted(evaluation.n_scored_unsafe, 'unsafe picture')} with a score, and fewer than {MIN_UNSAFE} say too "
        f"little. It takes {evaluation.needed:,}, all of them found, to show that recall at {CONFIDENCE:.0%}."
    )


def _bands_text(evaluation: PictureEvaluation) -> str:
    policy = evaluation.policy
    what = f"policy {policy.name}/{policy.version}"
    if not evaluation.bands:
        return f"The {what} has no limit on {evaluation.spec.name}.{evaluation.measure}, and so no bands."
    limits = "; ".join(f"{limit.rule}: {limit.op} {limit.bound:g} {limit.outcome}" for limit in evaluation.limits)
    return f"Bands of the {what} ({limits}):\n" + _table(
        ("band", "of the unsafe", "of the safe"),
        ((_BANDS[each.band], _rate_text(each.unsafe), _rate_text(each.safe)) for each in evaluation.bands),
    )


def _groups_text(evaluation: PictureEvaluation) -> Iterable[str]:
    for column, of_column in groupby(evaluation.groups, key=lambda group: group.column):
        groups = list(of_column)
        cuts = [_CUTS[cut] for cut, _ in groups[0].rates]
        yield f"Safe pictures by {column}:\n" + _table(
            (column, "without a score", *cuts),
            (
                (group.word, f"{group.without_score}", *(_rate_text(rate) for _, rate in group.rates))
                for group in groups
            ),
        )


def _warning_line(warned: Warned) -> str:
    return (
        f"WARNING: {warned.column} {warned.word!r}: {_rate_text(warned.rate)} of its safe pictures are found "
        f"({_CUTS[warned.cut]}), of all others {_share(warned.others.share)}."
    )


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return as_table(Answer(columns, ("VARCHAR",) * len(columns), tuple(rows), truncated=False))


def _rate_text(rate: Rate) -> str:
    return f"{rate.hits:,} of {rate.n:,}: {_with_interval(rate.share, rate.interval)}"


def _with_interval(share: float | None, interval: Interval | None) -> str:
    if share is None:
        return "-"
    return _share(share) if interval is None else f"{_share(share)} ({_share(interval[0])}–{_share(interval[1])})"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _rate(rate: Rate) -> dict[str, Any]:
    return {"hits": rate.hits, "n": rate.n, "share": rate.share, "interval": rate.interval}


def _at_threshold(at: AtThreshold | None) -> dict[str, Any] | None:
    if at is None:
        return None
    return {
        "threshold": at.threshold,
        "recall": _rate(at.unsafe),
        "recall_at_least": at.recall_at_least,
        "false_positive_rate": _rate(at.safe),
        "precision": at.precision,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {"rule": limit.rule, "op": limit.op, "bound": limit.bound, "outcome": limit.outcome}


def _group(group: GroupRates) -> dict[str, Any]:
    return {
        "column": group.column,
        "group": group.word,
        "without_score": group.without_score,
        "rates": {_CUTS[cut].replace(" ", "_"): _rate(rate) for cut, rate in group.rates},
    }


def _warning(warned: Warned) -> dict[str, Any]:
    return {
        "column": warned.column,
        "group": warned.word,
        "cut": _CUTS[warned.cut].replace(" ", "_"),
        "rate": _rate(warned.rate),
        "others": _rate(warned.others),
    }
