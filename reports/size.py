"""What is told of the sizes of a subset: a table, a record for programs, and a page with the curve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from catalog.query import Answer
from catalog.render import as_table
from releases.savings.family import Family
from releases.savings.training import Savings
from releases.subsets.constraints import Cost
from releases.subsets.mismatch import Mismatch
from releases.subsets.queried import Asked
from releases.subsets.section import Auto, Subset, Training
from releases.subsets.size import SAID, Sized
from reports.family import as_rows as family_rows
from reports.family import as_text as family_text
from reports.savings import as_json as savings_json
from reports.savings import as_text as savings_text
from reports.size_curve import as_svg
from reports.target import by_query
from reports.template import environment
from reports.words import counted
from tamis import __version__

SCHEMA: Final = 2
"""Goes up when a key of the record goes away or changes its meaning."""


@dataclass(frozen=True, slots=True)
class SizeReport:
    """What was asked and what was found."""

    run: str
    recipe: str
    subset: Subset
    auto: Auto
    target: str
    """Digest of the examples."""
    fitted_on: int
    """Examples that the selection goes by."""
    pool_items: int
    pool_bytes: int
    asked: Asked | None
    """What the queries of the target gave; null where it has none."""
    examples_again: int
    unlabelled: int
    """Items without a label, where the target has labels."""
    training: Training
    sized: Sized
    mismatch: Mismatch
    savings: Savings | None = None
    """Null where the size of the model is not known, or there are several."""
    family: Family | None = None
    """Of models of several sizes; null where there is one, or none."""
    costs: tuple[Cost, ...] = ()
    """Of constraints, where that was asked."""


def as_text(report: SizeReport) -> str:
    """What was measured, a row for each size, and what it comes to."""
    saved = [] if report.savings is None else ["", savings_text(report.savings)]
    models = [] if report.family is None else ["", family_text(report.family)]
    return "\n".join([*_head(report), "", _table(report), "", *_verdict(report), *saved, *models])


def _head(report: SizeReport) -> Iterator[str]:
    yield f"run      {report.run}: {counted(report.pool_items, 'text')} stay, {report.pool_bytes:,} bytes"
    yield (
        f"target   {counted(report.fitted_on, 'example')} to choose by, {counted(report.sized.held_out, 'text')} held "
        f"out, digest {report.target[:12]}"
    )
    if report.asked is not None:
        yield f"         {by_query(report.asked)}"
    if report.examples_again:
        yield f"         {counted(report.examples_again, 'text')} of the run are examples again, or nearly: taken out"
    if report.unlabelled:
        yield f"         {counted(report.unlabelled, 'text')} have no label: neither learned nor to be chosen"
    spoken = report.mismatch.languages
    if spoken:
        said = ", ".join(f"{each.language} {each.of_target:.0%} ({each.of_pool:.1%} of what stays)" for each in spoken)
        yield f"speaks   {said}"
    yield f"method   {report.subset.method}, seed {report.subset.seed}"
    yield from _learner(report)
    yield from _warnings(report.mismatch)
    if report.training == "continued" and not report.subset.replay and report.subset.method != "random":
        yield (
            "warning  training goes on without `subset.replay`: what is not in the subset is forgotten. `replay: 0.1` "
            "has a tenth of it chosen by chance from all that stays."
        )


def _learner(report: SizeReport) -> Iterator[str]:
    facts = report.sized.learner
    if report.sized.before is not None:
        yield (
            f"training {report.training}: the learner knows {facts['general_bytes']:,} bytes of general text before; "
            f"{counted(int(facts['general_held_out']), 'text')} of it are held out"
        )
    if facts["kind"] == "transformer":
        yield (
            f"learner  transformer of {facts['layers']} layers, width {facts['width']}, context {facts['context']}, "
            f"{facts['vocabulary']:,} pieces: {facts['tokens']:,} tokens at every size, on {facts['device']}, torch "
            f"{facts['torch']}"
        )


def _warnings(found: Mismatch) -> Iterator[str]:
    if found.is_shifted:
        yield (
            f"warning  examples and held-out texts are not alike: {found.shift:.0%} of pairs are told apart, by chance "
            "half would be. Sizes are measured on something else than is chosen by."
        )
    missing = [each.language for each in found.languages if each.is_missing]
    if missing:
        yield (
            f"warning  next to nothing of what stays is in {', '.join(missing)}, as the target is: what is chosen will "
            "not be in that language either."
        )


def _table(report: SizeReport) -> str:
    per, accuracy = report.sized.size.ruler.per, ("right",) if report.sized.size.point.is_right is not None else ()
    general = ("general",) if report.sized.before is not None else ()
    columns = ("share", "texts", "bytes", f"bits/{per}", "95 %", *accuracy, "worse off", "by chance", *general)
    rows = tuple(
        (
            f"{row['share']:.1%}",
            f"{row['items']:,}",
            f"{row['bytes']:,}",
            f"{row['bits']:.4f}",
            f"{row['low']:.4f} to {row['high']:.4f}",
            *(f"{row['accuracy']:.1%}" for _ in accuracy),
            f"{row['worse_off']:.0%}",
            "" if row["random"] is None else f"{row['random']:.4f}",
            *(f"{row['general']:.4f}" for _ in general),
        )
        for row in report.sized.curve.iter_rows(named=True)
    )
    return as_table(Answer(columns, ("VARCHAR",) * len(columns), rows, truncated=False)).rstrip("\n")


def _verdict(report: SizeReport) -> Iterator[str]:
    size = report.sized.size
    yield f"{size.outcome}: {SAID[size.outcome]}"
    yield (
        f"{size.point.bytes:,} bytes ({size.point.share:.1%}, {counted(size.point.items, 'text')}) are the fewest that "
        f"are within {report.auto.epsilon:.1%} of the best size ({size.best.share:.1%})."
    )
    unit = f"bits per {size.ruler.per}"
    if size.ruler.untold is not None:
        yield f"Shares are of the {size.ruler.untold:.2f} bits that a label takes where only their shares are known."
    if size.outcome == "advisory":
        yield f"Against all that stays: {_percent(size.against_whole[0])} {unit}, as measured."
    else:
        low, high = (_percent(bound) for bound in size.against_whole[1:])
        yield f"Against all that stays: {_percent(size.against_whole[0])} {unit} ({low} to {high}, 90 %)."
    if size.point.accuracy is not None and size.whole.accuracy is not None:
        yield f"Labels told right: {size.point.accuracy:.1%}, after all that stays {size.whole.accuracy:.1%}."
    if size.against_random is not None:
        yield f"Against as much by chance: {_percent(size.against_random)}."
    whose = "Held-out texts" if size.ruler.untold is None else "Held-out texts of labels"
    yield f"{whose} that take {report.auto.worse:.0%} more bits than after all: {size.worse_off:.0%}."
    yield from _forgotten(report.sized)
    yield from _ahead(report)
    for each in report.costs:
        yield f"{each.constraint}: without it {each.without:.4f} {unit}; it costs {each.cost:+.4f}."
    yield f"In the recipe: `budget: {{bytes: {size.point.bytes}}}`."


def _forgotten(sized: Sized) -> Iterator[str]:
    """What a model that knew something before has won of the target, and lost of all else."""
    if sized.before is None or sized.general is None:
        return
    yield (
        f"Before it is trained on: {sized.before.bits:.4f} bits per byte of the target, {sized.before.general:.4f} of "
        f"general texts; after this much {sized.bits:.4f} ({_percent(sized.bits / sized.before.bits - 1)}) and "
        f"{sized.general:.4f} ({_percent(sized.general / sized.before.general - 1)})."
    )


def _ahead(report: SizeReport) -> Iterator[str]:
    """What more data would bring, with what such foretelling is worth."""
    outlook = report.sized.outlook
    if report.sized.size.outcome != "data-limited" or not outlook.more:
        return
    per = report.sized.size.ruler.per
    said = ", ".join(f"{each.bits:.4f} after {each.factor} times as much" for each in outlook.more)
    yield f"By a power law, if as much more were as near: {said} (bits per {per})."
    for each in outlook.checked:
        yield f"Held against what was measured, {each.factor} times what it was fitted to: {_percent(each.error)} off."


def _percent(share: float) -> str:
    return f"{share:+.1%}"


def as_json(report: SizeReport) -> str:
    """One object; docs/subsets.md has its keys."""
    size = report.sized.size
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "tamis": __version__,
        "run": report.run,
        "recipe": report.recipe,
        "subset": report.subset.model_dump(mode="json"),
        "rule": report.auto.model_dump(mode="json"),
        "target": {
            "digest": report.target,
            "examples": report.fitted_on,
            "held_out": report.sized.held_out,
            "again_in_pool": report.examples_again,
            "queried": report.asked.items if report.asked else 0,
            "suppressed": report.asked.withheld.height if report.asked else 0,
        },
        "pool": {"items": report.pool_items, "bytes": report.pool_bytes, "unlabelled": report.unlabelled},
        "training": report.training,
        "before": None if report.sized.before is None else asdict(report.sized.before),
        "learner": dict(report.sized.learner),
        "outcome": size.outcome,
        "per": size.ruler.per,
        "untold": size.ruler.untold,
        "recommended": {
            "bytes": size.point.bytes,
            "items": size.point.items,
            "share": size.point.share,
            "accuracy": size.point.accuracy,
            "general": report.sized.general,
        },
        "whole": {"accuracy": size.whole.accuracy},
        "best": {"bytes": size.best.bytes, "share": size.best.share},
        "excess_over_best": list(size.excess),
        "excess_over_whole": list(size.against_whole),
        "excess_over_random": size.against_random,
        "worse_off": size.worse_off,
        "curve": report.sized.curve.to_dicts(),
        "mismatch": {
            "shift": report.mismatch.shift,
            "is_shifted": report.mismatch.is_shifted,
            "languages": [{**asdict(each), "is_missing": each.is_missing} for each in report.mismatch.languages],
        },
        "outlook": {
            "checked": [{**asdict(each), "error": each.error} for each in report.sized.outlook.checked],
            "more": [asdict(each) for each in report.sized.outlook.more],
        },
        "constraints": [asdict(each) for each in report.costs],
        "savings": None if report.savings is None else json.loads(savings_json(report.savings)),
        "family": None if report.family is None else family_rows(report.family),
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def as_page(report: SizeReport) -> str:
    """One file, no network, no script."""
    template = environment().get_template("size.html")
    return template.render(
        recipe=report.recipe,
        head=list(_head(report)),
        svg=as_svg(report.sized),
        verdict=list(_verdict(report)),
        table=_table(report),
        saved="" if report.savings is None else savings_text(report.savings),
        models="" if report.family is None else family_text(report.family),
    )
