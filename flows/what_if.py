"""What limits would keep of what a run has on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from catalog.query import Answer
from flows.recipe import read_recipe
from flows.workspace import Workspace
from releases.limits import Limit, limit_set, limit_sets
from releases.policy import read_policy
from releases.what_if import By, Side, curve, read_recorded, rules
from reports.words import counted
from tamis.errors import ConfigError


def what_if(
    workspace: Workspace,
    measure: str | None,
    *,
    side: Literal["above", "below"] | None,
    at: Sequence[float],
    policy: str | None,
    by: By | None,
    run: str | None,
) -> tuple[Answer, tuple[str, ...]]:
    """A row for each limit of a policy or a set, or for each point of a curve; and what to say of them in words.

    Args:
        workspace: whose log is looked at; nothing is written.
        measure: FILTER.MEASURE whose curve is wanted; null: all limits as they stand.
        side: which side of the curve's limit is put away; null: that of the limit on this measure.
        at: points of the curve; none: quantiles of what was measured.
        policy: a file beside the recipe, a preset, or a set of limits; null: the recipe's policy.
        by: what to tell apart.
        run: its id; the newest if null.

    Raises:
        ConfigError: there is no such policy, measure or run, or nothing to hold against what is on record; or the
            filter did not run whose labels tell items apart.
    """
    named, limits = _limits(workspace, policy)
    wanted = None if measure is None else _wanted(measure, side, limits)
    if wanted is None and not limits:
        raise ConfigError(
            f"{named} has no limits. Name a set of limits with --policy ({', '.join(limit_sets())}), or ask for the "
            "curve of a measure: `tamis what-if text_quality.words --side below`."
        )
    filters = [*(limit.filter for _, limit in limits), *([wanted.filter] if wanted else [])]
    recorded = read_recorded(workspace.log, run, list(dict.fromkeys(filters)), by=by)
    found = rules(recorded, limits) if wanted is None else curve(recorded, limits, wanted, bounds=at)
    items = counted(recorded.rows.height, "item")
    said = f"Run {recorded.run}, {named}: {items} on record. Nothing was measured, and nothing is decided."
    return _answer(found), (said,)


def _limits(workspace: Workspace, policy: str | None) -> tuple[str, list[tuple[str, Limit]]]:
    if policy is not None and policy in limit_sets():
        found = limit_set(policy)
        return f"set of limits {found.name}", list(found.named())
    read, _ = read_policy(policy or read_recipe(workspace.recipe)[0].policy, workspace.root)
    return f"policy {read.name}", read.all_limits


def _wanted(measure: str, side: Literal["above", "below"] | None, limits: Sequence[tuple[str, Limit]]) -> Side:
    filter_name, _, name = measure.partition(".")
    sides = [limit.side for _, limit in limits if (limit.filter, limit.measure) == (filter_name, name)]
    if not name:
        raise ConfigError(f"{measure!r}: expected FILTER.MEASURE, such as text_quality.words.")
    if side is None and len(set(sides)) != 1:
        there = "limits are on both sides of it" if sides else "no limit is on it"
        raise ConfigError(f"{measure}: {there}. Say with --side which side is put away, above or below.")
    return Side(filter_name, name, side or sides[0])


def _answer(found: pl.DataFrame) -> Answer:
    kinds = {pl.String: "VARCHAR", pl.UInt64: "UBIGINT", pl.Float64: "DOUBLE"}
    types = tuple(kinds[type(dtype)] for dtype in found.dtypes)
    return Answer(tuple(found.columns), types, tuple(found.rows()), truncated=False)
