"""What a run took and what that comes to, in the same words on the page and wherever else it is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catalog.coefficient import Range
from reports.facts import Row, RunFacts, run_facts
from reports.savings import ranged

_WORST = ("measured", "modelled", "assumed")


@dataclass(frozen=True, slots=True)
class Total:
    """All stages of a run together, over all its starts."""

    cpu_seconds: float
    kwh: Range
    kg_co2e: Range
    quality: str
    """measured, modelled or assumed: the weakest of its stages'."""
    region: str
    grid_year: int


@dataclass(frozen=True, slots=True)
class Energy:
    """What is told of a run's energy."""

    total: Total | None
    """Null where nothing is on record: the run is of a Tamis that did not write it down."""
    stages: tuple[Row, ...]
    """Of the view `energy`, what took most first."""
    rate: Row | None
    """Of the view `energy_rate`."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the page says above its table."""
        total = self.total
        if total is None:
            return ()
        estimated = "" if total.quality == "measured" else "Estimated, for no power meter was there: "
        grid = f"by the grid of {total.region} ({total.grid_year})"
        said = [
            f"{estimated}{ranged(total.kwh * 1000)} Wh, {ranged(total.kg_co2e * 1000)} g CO2e {grid}.",
            f"{total.cpu_seconds:,.0f} seconds of processors.",
        ]
        if total.quality == "assumed":
            said.append("A start was cut off: what it had in hand then is not in it.")
        return (*said, *self._rates())

    def _rates(self) -> list[str]:
        if self.rate is None:
            return []
        said = [f"For every 1,000 items decided on: {ranged(_range(self.rate, 'g_per_1000_items'))} g CO2e."]
        if self.rate["tokens"]:
            said.append(
                f"For every million tokens released: {ranged(_range(self.rate, 'g_per_million_tokens'))} g CO2e."
            )
        return said


def energy_of(catalog: Path, run: str) -> Energy:
    """Reads it from a catalog.

    Raises:
        ConfigError: the catalog knows no such run.
    """
    return energy(run_facts(catalog, run))


def energy(facts: RunFacts) -> Energy:
    """What the facts of a run say of it."""
    rate = facts.energy_rate[0] if facts.energy_rate else None
    return Energy(_total(facts.energy), tuple(facts.energy), rate)


def stage_bars(told: Energy) -> list[tuple[str, float, str]]:
    """(stage, kWh, what is said of it), what took most first."""
    return [
        (
            row["filter"] or row["stage"],
            row["kwh_mid"],
            f"{ranged(_range(row, 'kwh') * 1000)} Wh, {row['cpu_seconds']:,.1f} CPU s",
        )
        for row in told.stages
    ]


def _total(rows: list[Row]) -> Total | None:
    if not rows:
        return None
    return Total(
        cpu_seconds=sum(row["cpu_seconds"] for row in rows),
        kwh=_sum(rows, "kwh"),
        kg_co2e=_sum(rows, "kg_co2e"),
        quality=max((row["quality"] for row in rows), key=_WORST.index),
        region=rows[0]["region"],
        grid_year=rows[0]["grid_year"],
    )


def _sum(rows: list[Row], name: str) -> Range:
    return Range(*(sum(row[f"{name}_{level}"] for row in rows) for level in ("low", "mid", "high")))


def _range(row: Row, name: str) -> Range:
    return Range(*(row[f"{name}_{level}"] for level in ("low", "mid", "high")))
