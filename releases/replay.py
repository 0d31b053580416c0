"""Decides a run again under another policy, over what is on record: no filter runs, and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from catalog.log import Commit, Log, read_findings, verdicts_of
from releases.decide import decide
from releases.duplicates import decide_duplicates
from releases.policy import Policy
from releases.suppressed import suppressed_in
from tamis.errors import ConfigError
from tamis.records import BATCH, OUTCOME, Columns, FilterSpec, Findings, Measure

_REPLAYED: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "kind": pl.String,
    "verdict": OUTCOME,
    "filter": pl.String,
    "reason": pl.String,
    "label": pl.String,
}
REPLAYED = pl.Schema(_REPLAYED)
"""One row for each item of a run: the verdict, and the decision that gave it; null where it was kept."""


def specs_on_record(run: Mapping[str, Any]) -> tuple[FilterSpec, ...]:
    """The filters of a run, as run.json has them."""
    return tuple(
        FilterSpec(
            name=each["name"],
            version=each["version"],
            kinds=tuple(each.get("kinds", ("text", "image"))),
            reads=each["reads"],
            measures=tuple(Measure(m["name"], m["type"], m["about"]) for m in each["measures"]),
            parameters=tuple(each["parameters"].items()),
        )
        for each in run["filters"]
    )


def replay(log: Log, run: str, policy: Policy) -> pl.DataFrame:
    """What the policy makes of every item of a run: schema REPLAYED, by shard and position.

    Raises:
        ConfigError: the run's filters are not those that the policy decides on.
    """
    facts = log.read_run(run)
    specs = specs_on_record(facts)
    policy.require(specs, f"run {run}")
    listed = (facts.get("suppressions") or {"digest": ""})["digest"]
    commits = log.commits(run)
    if not commits:
        raise ConfigError(f"run {run}: none of its shards is committed, so nothing is on record to decide on.")
    decided = [_shard(log, commit, specs, policy, listed=listed) for _, commit in sorted(commits.items())]
    items = pl.concat([items for items, _ in decided])
    signatures = pl.concat([signatures for _, signatures in decided])
    return _without_duplicates(policy, items, signatures)


def _shard(
    log: Log, commit: Commit, specs: Sequence[FilterSpec], policy: Policy, *, listed: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    findings = {spec.name: read_findings(log, commit, spec) for spec in specs}
    batch = _batch(pl.read_parquet(log.segment_folder(commit.run, commit.number) / "items.parquet", glob=False))
    suppressed = _suppressed(log, commit, findings, listed=listed)
    decisions = decide(policy, batch, findings, specs, suppressed=suppressed)
    number = pl.lit(commit.number, dtype=pl.UInt32).alias("shard")
    signed = findings["exact_duplicates"].signatures if "exact_duplicates" in findings else None
    signatures = pl.DataFrame() if signed is None else signed.with_columns(number)
    return _verdicts(batch, decisions, specs).with_columns(number).select(REPLAYED.names()).cast(REPLAYED), signatures


def _batch(items: pl.DataFrame) -> pl.DataFrame:
    """The items without their content, which no policy sees."""
    known = items.select(name for name in BATCH if name in items.columns)
    missing = (pl.lit(None, dtype=dtype).alias(name) for name, dtype in BATCH.items() if name not in items.columns)
    return known.with_columns(*missing).select(BATCH.names()).cast(BATCH)


def _suppressed(log: Log, commit: Commit, findings: Mapping[str, Findings], *, listed: str) -> pl.DataFrame | None:
    if "personal_data" not in findings:
        return None
    under = log.read_suppressions(listed).under(commit.subject_key)
    return suppressed_in(findings["personal_data"].spans, lambda hi, lo: (hi, lo) in under)


def _verdicts(batch: pl.DataFrame, decisions: pl.DataFrame, specs: Sequence[FilterSpec]) -> pl.DataFrame:
    """Beside each verdict the decisive decision of the filter that stands first among the strictest."""
    place = {"reader": 0, **{spec.name: number for number, spec in enumerate(specs, start=1)}}
    first = (
        decisions.filter("decisive")
        .with_columns(place=pl.col("filter").replace_strict(place, return_dtype=pl.UInt32))
        .sort("position", "outcome", "place", descending=[False, True, False])
        .unique("position", keep="first", maintain_order=True)
        .select("position", "filter", "reason", "label")
    )
    verdicts = verdicts_of(batch, decisions)
    items = batch.select("position", "item_hi", "item_lo", "kind").with_columns(pl.col("kind").cast(pl.String))
    return items.join(verdicts, on="position", how="left", validate="1:1", maintain_order="left").join(
        first, on="position", how="left", validate="1:1", maintain_order="left"
    )


def _without_duplicates(policy: Policy, items: pl.DataFrame, signatures: pl.DataFrame) -> pl.DataFrame:
    if signatures.is_empty():
        return items
    decided = decide_duplicates(policy, items, signatures)
    again = decided.select("shard", "position", "outcome", again_filter="filter", again_reason="reason")
    joined = items.join(again, on=["shard", "position"], how="left", validate="1:1", maintain_order="left")
    is_again = pl.col("outcome").is_not_null()
    return joined.with_columns(
        verdict=pl.coalesce("outcome", "verdict"),
        filter=pl.when(is_again).then("again_filter").otherwise("filter"),
        reason=pl.when(is_again).then("again_reason").otherwise("reason"),
        label=pl.when(is_again).then(None).otherwise("label"),
    ).select(REPLAYED.names())
