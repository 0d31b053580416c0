"""What is told of a probe that was fitted: on what, and how one like it does on pictures that it did not see."""

from __future__ import annotations

from collections.abc import Iterator

from audits.probe_fitting import Fitted, HeldOut
from audits.ranking import CONFIDENCE, Interval, Rate
from catalog.query import Answer
from catalog.render import as_table
from reports.words import counted


def as_text(fitted: Fitted) -> str:
    """Lines and a table; never a name, a digest or the content of a single picture."""
    return "\n".join([*_head(fitted), "", *_figures(fitted)])


def _head(fitted: Fitted) -> Iterator[str]:
    (low, high), pictures = fitted.probe.classes, fitted.pictures
    yield f"set      {counted(pictures.labelled, 'labelled picture')}, sha256 {fitted.sha256}"
    yield f"vectors  of {fitted.model}, digest {fitted.probe.model[:12]}, {len(fitted.probe.weight)} dimensions"
    yield f"fitted   on {fitted.n_high:,} {high} and {fitted.n_low:,} {low}"
    left_out = [
        (pictures.unlabelled, "row", "without a label"),
        (pictures.unread, "picture", "that cannot be read"),
        (pictures.copies, "picture", "with the content of another, which counts once"),
        (pictures.both_ways, "content", "labelled both ways"),
        (pictures.without_vector, "picture", "without a vector on record: have them curated, the very same bytes"),
    ]
    for count, noun, why in left_out:
        if count:
            yield f"left out {counted(count, noun)} {why}"


def _figures(fitted: Fitted) -> Iterator[str]:
    held_out, (low, high) = fitted.held_out, fitted.probe.classes
    if held_out is None:
        yield "Nothing was held out, so nothing is known of how it does on pictures that it was not fitted on."
        return
    yield (
        f"Held out: {held_out.n_high:,} {high} and {held_out.n_low:,} {low}, by a probe fitted on the others; "
        f"intervals at {CONFIDENCE:.0%}."
    )
    yield _area(held_out)
    rows = tuple((f"{at.threshold:g}", _rate(at.unsafe), _rate(at.safe)) for at in held_out.at)
    columns = ("score", f"{high} that reach it", f"{low} that reach it")
    yield as_table(Answer(columns, ("VARCHAR",) * 3, rows, truncated=False)).rstrip("\n")


def _area(held_out: HeldOut) -> str:
    if held_out.auc is None:
        return "ROC AUC: not without a picture of either class. Label more, or hold out more."
    if held_out.auc_interval is None:
        why = "without an interval: every pair is in order, or there are fewer than two of a class"
        return f"ROC AUC  {held_out.auc:.4f}, {why}"
    return f"ROC AUC  {held_out.auc:.4f} ({_between(held_out.auc_interval)})"


def _rate(rate: Rate) -> str:
    share = "none" if rate.share is None else f"{rate.share:.1%}"
    low, high = rate.interval
    return f"{rate.hits:,} of {rate.n:,}, {share} ({low:.1%} to {high:.1%})"


def _between(interval: Interval) -> str:
    return f"{interval[0]:.4f} to {interval[1]:.4f}"
