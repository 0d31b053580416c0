"""What a smaller training set saves, as text and as JSON; each figure with its range, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import orjson

from catalog.coefficient import Range
from releases.savings.training import Compared, Hardware, Savings, Training

_WORDS = {"whole": "the whole corpus", "raw": "the raw corpus"}

_REBOUND = (
    "A saving is that of one training against the other that is named. It is no leave to train more often, or larger:",
    "what is saved that way is spent.",
)


def as_json(savings: Savings) -> str:
    """All figures; derived ones of trainings included."""
    facts = asdict(savings)
    for told, training in (
        (facts["subset"], savings.subset),
        *zip(facts["equal_computing"], savings.equal_computing, strict=True),
        *((told["training"], each.training) for told, each in zip(facts["compared"], savings.compared, strict=True)),
    ):
        told.update(epochs=training.epochs, worth=None if savings.floors is None else training.worth)
    facts["unique_tokens"] = None if savings.floors is None else savings.floors.said_of(savings.subset.unique)
    return orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()


def as_text(savings: Savings) -> str:
    """A table of trainings, what is saved, and what that rests on. All of it is estimated."""
    rows = [("", "tokens seen", "FLOP", "device hours", "kWh", "kg CO2e"), *_trainings(savings)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    parts = (
        ["Estimated: best guess (low to high). No training was measured."],
        ["  ".join(_aligned(row, widths)).rstrip() for row in rows],
        [*(line for each in savings.compared for line in _saved(each, savings)), *_curation(savings)],
        [*_again(savings), *_floors(savings)],
        [*_assumed(savings), *_REBOUND],
    )
    return "\n\n".join("\n".join(lines) for lines in parts)


def _trainings(savings: Savings) -> Iterator[tuple[str, ...]]:
    yield _row("subset, once", savings.subset)
    for each in savings.compared:
        yield _row(f"{each.name}, once", each.training)
    yield _row("subset, again and again", savings.equal_computing[0])


def _row(name: str, training: Training) -> tuple[str, ...]:
    figures = (training.device_hours, training.kwh, training.kg_co2e)
    return (name, number(training.seen), number(training.flops), *(ranged(figure) for figure in figures))


def _aligned(row: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    yield row[0].ljust(widths[0])
    yield from (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))


def _saved(compared: Compared, savings: Savings) -> Iterator[str]:
    against = _WORDS[compared.name]
    yield (
        f"Against one epoch of {against}, a training saves {ranged(compared.saved_kwh)} kWh,"
        f" {ranged(compared.saved_kg_co2e)} kg CO2e."
    )
    if compared.net_kwh is not None:
        yield f"  Less what curating took: {ranged(compared.net_kwh)} kWh by the first training."
        yield f"  {_paid(compared.break_even)}"
    elif savings.curation is None and compared is savings.compared[-1]:
        yield "What curating took is not in it: name a workspace with -w, or --curation."


def _paid(break_even: Range | None) -> str:
    if break_even is None:
        return "Curating is never paid for, since nothing is saved."
    if break_even.high <= 1:
        return f"Curating is paid for by the first training: it took {ranged(break_even * 100)} % of what that saves."
    return f"Curating is paid for after {ranged(break_even)} trainings."


def _curation(savings: Savings) -> Iterator[str]:
    if savings.curation is not None:
        yield f"Curating took {ranged(savings.curation.kwh)} kWh ({savings.curation.quality})."


def _again(savings: Savings) -> Iterator[str]:
    again, once = savings.equal_computing
    if savings.floors is None:
        yield (
            f"For the computing of the whole corpus the subset is seen {again.epochs:,.1f} times; both take the same,"
            " so nothing is saved that way."
        )
        return
    yield (
        f"For the computing of the whole corpus the subset is seen {again.epochs:,.1f} times, which is worth"
        f" {number(again.worth)} new tokens;"
    )
    yield f"the whole corpus once, worth {number(once.worth)}. Both take the same, so nothing is saved that way."


def _floors(savings: Savings) -> Iterator[str]:
    unique, floors = savings.subset.unique, savings.floors
    if floors is None:
        yield "Left out, for they are laws of trainings from scratch: how many different tokens are enough, and what"
        yield "repeated ones are worth."
        return
    said = {
        "enough": "enough for a model of this size, from scratch",
        "few": f"few: from scratch, {number(floors.wanted)} are wanted",
        "too_few": f"too few: from scratch, {number(floors.least)} are the least, {number(floors.wanted)} are wanted",
    }[floors.said_of(unique)]
    yield f"The subset's {number(unique)} different tokens are {said}."


def _assumed(savings: Savings) -> Iterator[str]:
    yield from device_assumed(savings.hardware, end=";")
    yield (
        f"grid of {savings.region}, average of {savings.grid_year}. Table {savings.coefficients}; docs/energy.md"
        " names its sources."
    )


def device_assumed(device: Hardware, *, end: str) -> Iterator[str]:
    """What hours and energy rest on, in two lines."""
    yield (
        f"Assumed: 6 FLOP for each parameter and token; {device.name} with {device.flops:.3g} FLOP/s, of which a share"
        f" of {_exact(device.utilisation)} is reached,"
    )
    yield (
        f"and {device.watts:,.0f} W, of which {_exact(device.power_share)} is drawn; node {_exact(device.node_factor)},"
        f" PUE {_exact(device.pue)}{end}"
    )


def _exact(figure: Range) -> str:
    """A figure of the table, as it stands there."""
    return f"{figure.mid:g} ({figure.low:g} to {figure.high:g})"


def ranged(figure: Range) -> str:
    """`96 (70 to 130)`."""
    if figure.low == figure.mid == figure.high:
        return number(figure.mid)
    return f"{number(figure.mid)} ({number(figure.low)} to {number(figure.high)})"


def number(value: float) -> str:
    """Two digits that count, for no figure here is better known: `96`, `1.2e+20`, `5.4`, `0.0031`."""
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.2g}"
    if abs(value) >= 100:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{float(f'{value:.2g}'):g}"
