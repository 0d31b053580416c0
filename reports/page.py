"""The HTML report of a run: one file, no network, no script; charts are SVG drawn by the template."""

from __future__ import annotations

from dataclasses import dataclass

from reports.energy import Energy, energy, stage_bars
from reports.facts import Row, RunFacts
from reports.mix import release_mix
from reports.near_duplicates import near_duplicates
from reports.near_meanings import near_meanings
from reports.near_texts import near_texts
from reports.personal_data import personal_data
from reports.repeated_lines import repeated_lines
from reports.splits import splits
from reports.subset import mixture, subset
from reports.template import environment, share

_WIDTH = 580
"""Of a full bar, in the SVG's own units."""

_BARS = 12
"""Bars a chart has at most; the rest is summed up in one."""

OUTCOMES = ("keep", "redact", "hold", "drop")


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: its parts as (class, x, width, title)."""

    label: str
    said: str
    parts: tuple[tuple[str, float, float, str], ...]


def page(facts: RunFacts) -> str:
    """The report as HTML; the same facts give the same text."""
    total = facts.run["items"]
    return (
        environment()
        .get_template("page.html")
        .render(
            facts=facts,
            total=total,
            outcomes=[(name, facts.of(name), share(facts.of(name), total)) for name in OUTCOMES],
            verdict_bars=[_outcome_bar("all items", {name: facts.of(name) for name in OUTCOMES}, total)],
            funnel_bars=[_funnel_bar(row) for row in facts.funnel],
            licence_bars=_licence_bars(facts.licences),
            found=personal_data(facts),
            alike=near_duplicates(facts),
            same_texts=near_texts(facts),
            same_meanings=near_meanings(facts),
            chosen=subset(facts),
            mixture=mixture(facts),
            splits=[(row["release"], splits(facts, row["release"])) for row in facts.releases],
            mixes=[(row["release"], release_mix(facts, row["release"])) for row in facts.releases],
            repeated=repeated_lines(facts),
            personal_data_bars=_place_bars(facts.personal_data),
            energy=energy(facts).sentences,
            energy_bars=_energy_bars(energy(facts)),
            held_bars=_bars(facts.held_as("hold"), "reason", "items"),
            dropped_bars=_bars(facts.held_as("drop"), "reason", "items"),
            width=_WIDTH,
        )
    )


def _outcome_bar(label: str, counts: Row | dict[str, int], ran: int) -> Bar:
    parts = [(name, int(counts[name]), f"{name}: {counts[name]:,} ({share(counts[name], ran)})") for name in OUTCOMES]
    words = {"redact": "masked", "hold": "held", "drop": "dropped"}
    said = ", ".join(f"{counts[name]:,} {word}" for name, word in words.items() if counts[name])
    return Bar(label, f"{said} of {ran:,}" if said else f"all {ran:,} kept", _parts(parts, ran))


def _funnel_bar(row: Row) -> Bar:
    """Of the items that the filter looked at: one of pictures has no word on texts, nor any on what was not read."""
    looked_at = row["ran"] - row["not_applicable"] - row["unread"]
    if not looked_at:
        return Bar(row["filter"], "nothing to look at", ())
    counts = {**row, "keep": row["keep"] - row["not_applicable"], "hold": row["hold"] - row["unread"]}
    return _outcome_bar(row["filter"], counts, looked_at)


def _place_bars(rows: list[Row]) -> list[Bar]:
    """Places with personal data by kind, and what became of them."""
    longest = max((row["spans"] for row in rows), default=0)
    words = (
        ("redact", "masked", "masked"),
        ("keep", "pseudonymised", "pseudonymised"),
        ("one", "as_found", "as found"),
        ("none", "away", "not kept"),
    )
    return [
        Bar(
            row["kind"],
            f"{row['spans']:,}: " + ", ".join(f"{row[name]:,} {word}" for _, name, word in words if row[name]),
            _parts([(part, row[name], f"{word}: {row[name]:,}") for part, name, word in words], longest),
        )
        for row in rows
    ]


def _energy_bars(told: Energy) -> list[Bar]:
    shown = stage_bars(told)[:_BARS]
    most = max((kwh for _, kwh, _ in shown), default=0.0)
    return [
        Bar(stage, said, (("one", 0.0, round(max(_WIDTH * kwh / most, 0.8), 2), said),) if most else ())
        for stage, kwh, said in shown
    ]


def _licence_bars(rows: list[Row]) -> list[Bar]:
    by_class: dict[str, tuple[int, int]] = {}
    for row in rows:
        staying, items = by_class.get(row["licence_class"], (0, 0))
        by_class[row["licence_class"]] = staying + (row["staying"] or 0), items + row["items"]
    longest = max((items for _, items in by_class.values()), default=0)
    return [
        Bar(
            name,
            f"{staying:,} stay of {items:,}",
            _parts(
                [("keep", staying, f"stay: {staying:,}"), ("none", items - staying, f"not: {items - staying:,}")],
                longest,
            ),
        )
        for name, (staying, items) in sorted(by_class.items(), key=lambda pair: (-pair[1][1], pair[0]))
    ]


def _bars(rows: list[Row], label: str, value: str) -> list[Bar]:
    """One bar a row, longest first; what is beyond the first dozen is one bar."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[label]] = counts.get(row[label], 0) + row[value]
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(count for _, count in ranked[_BARS:])
    shown = ranked[:_BARS] + ([(f"{len(ranked) - _BARS} more", rest)] if rest else [])
    longest = max((count for _, count in shown), default=0)
    return [Bar(name, f"{count:,}", _parts([("one", count, f"{name}: {count:,}")], longest)) for name, count in shown]


def _parts(counts: list[tuple[str, int, str]], whole: int) -> tuple[tuple[str, float, float, str], ...]:
    parts = []
    at = 0.0
    for name, count, title in counts:
        width = count / whole * _WIDTH if whole else 0.0
        if count:
            parts.append((name, round(at, 2), round(max(width, 0.8), 2), title))
        at += width
    return tuple(parts)
