"""What two policies would keep of what a run has on record."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from catalog.query import Answer
from flows.workspace import Workspace
from releases.policy import read_policy
from releases.replay import replay
from reports.words import counted
from tamis.errors import ConfigError

_STAYS = ("keep", "redact")
_BESIDE = ["shard", "position"]


def policy_diff(
    workspace: Workspace, policies: tuple[str, str], *, run: str | None, items: bool
) -> tuple[Answer, tuple[str, ...]]:
    """The rows that tell the two apart, and what to say of them in words.

    Args:
        workspace: whose log is looked at; nothing is written.
        policies: two files beside the recipe, or names of presets.
        run: its id; the newest if null.
        items: one row for each item on which they differ, else one for each way in which they do.

    Raises:
        ConfigError: there is no such run or policy, or a policy decides on a filter that the run has not.
    """
    log = workspace.log
    runs = log.runs()
    if not runs or (run is not None and run not in runs):
        what = f"run {run!r} is not on record" if runs else "nothing is on record yet"
        raise ConfigError(f"{workspace.root}: {what}. `tamis curate` makes a run, `tamis sql 'FROM run'` lists them.")
    asked = run or runs[-1]
    first, second = replay(log, asked, [read_policy(named, workspace.root)[0] for named in policies])
    both = first.join(
        second.select(*_BESIDE, *(pl.col(name).alias(f"{name}_b") for name in ("verdict", "reason", "label"))),
        on=_BESIDE,
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    return (_items(both) if items else _ways(both)), _said(both, policies, run=asked)


def _ways(both: pl.DataFrame) -> Answer:
    """One row for each pair of verdicts and reasons, from the most items to the fewest."""
    ways = (
        both.with_columns(pl.col("verdict", "verdict_b").cast(pl.String))
        .group_by("kind", "verdict", "verdict_b", "reason", "reason_b")
        .len("items")
        .sort("items", "kind", "verdict", "verdict_b", "reason", "reason_b", descending=[True, *[False] * 5])
    )
    return _answer(("kind", "first", "second", "why_first", "why_second", "items"), ways.rows())


def _items(both: pl.DataFrame) -> Answer:
    differing = both.filter(pl.col("verdict").cast(pl.String) != pl.col("verdict_b").cast(pl.String))
    rows = [
        (
            f"{row['item_hi']:016x}{row['item_lo']:016x}",
            row["verdict"],
            row["verdict_b"],
            row["reason"],
            row["reason_b"],
        )
        for row in differing.iter_rows(named=True)
    ]
    return _answer(("item", "first", "second", "why_first", "why_second"), rows)


def _answer(columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> Answer:
    types = tuple("UBIGINT" if name == "items" else "VARCHAR" for name in columns)
    return Answer(columns, types, tuple(rows), truncated=False)


def _said(both: pl.DataFrame, policies: tuple[str, str], *, run: str) -> tuple[str, ...]:
    stay = [pl.col(name).cast(pl.String).is_in(_STAYS) for name in ("verdict", "verdict_b")]
    first, second, shared = (both.filter(which).height for which in (*stay, stay[0] & stay[1]))
    return (
        f"Run {run}: {counted(both.height, 'item')}, decided anew over what is on record. Nothing was measured.",
        f"First, {policies[0]}: keeps {first:,}. Second, {policies[1]}: keeps {second:,}. Both keep {shared:,}.",
    )
