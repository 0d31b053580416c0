"""A family of models on what is recommended, as text and as rows: what it is enough for, and what each takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from catalog.query import Answer
from catalog.render import as_table
from releases.savings.family import Family, Member
from reports.savings import device_assumed, number, ranged

_COLUMNS = ("parameters", "tokens seen", "epochs", "unique/parameter", "tokens are", "penalty")
_TAKEN = ("FLOP", "device hours", "kWh")

_SAID = {"enough": "enough", "few": "few", "too_few": "too few", None: "not said"}


def as_rows(family: Family) -> list[dict[str, Any]]:
    """A row for each size; docs/subsets.md has its keys."""
    return [asdict(member) for member in family.members]


def as_text(family: Family) -> str:
    """A row for each size, which is the largest that the tokens are enough for, and what that rests on."""
    columns = (*_COLUMNS, *_TAKEN)
    rows = tuple(_row(member) for member in family.members)
    parts = (
        ["Estimated: best guess (low to high). No training was measured."],
        as_table(Answer(columns, ("VARCHAR",) * len(columns), rows, truncated=False)).splitlines(),
        [*_verdict(family)],
        [*_laws(family), *device_assumed(family.hardware, end="."), *_sources(family)],
    )
    return "\n\n".join("\n".join(lines) for lines in parts)


def _row(member: Member) -> tuple[str, ...]:
    return (
        f"{member.parameters:,}",
        number(member.seen),
        number(member.epochs),
        number(member.unique_per_parameter),
        _SAID[member.unique_tokens],
        "not said" if member.penalty is None else f"{member.penalty:.1%}",
        number(member.flops),
        ranged(member.device_hours),
        ranged(member.kwh),
    )


def _verdict(family: Family) -> Iterator[str]:
    tokens = f"The {number(family.unique)} tokens that are recommended"
    if not family.from_scratch:
        yield "Not said, for these are laws of trainings from scratch: which models the tokens are enough for, and what"
        yield f"repeating them costs. {tokens} are seen once."
    elif family.largest == family.members[-1]:
        yield f"{tokens} are enough for the largest of these models: {family.largest.parameters:,} parameters."
    elif family.largest is not None:
        yield f"{tokens} are enough for {family.largest.parameters:,} parameters, and for no larger model of these."
    else:
        yield f"{tokens} are enough for none of these models: bring more, or a smaller model."


def _laws(family: Family) -> Iterator[str]:
    if family.from_scratch:
        yield "From scratch: 20 tokens seen for each parameter, of which 10 different ones are enough and 5 the least."
        yield "Penalty: how much more loss than if all tokens seen were different, by a law that was fitted on web text"
        yield "and models of 7 million to 9 billion parameters; outside of that it says which way things go."


def _sources(family: Family) -> Iterator[str]:
    yield f"Table {family.coefficients}; docs/energy.md names its sources."
