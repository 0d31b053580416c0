"""The steps over all shards of a run, in their order: each sees what the ones before it do not let stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from catalog.log import RECORD, Log
from releases import crossing, duplicates, laundering, near_duplicates, near_meanings, near_texts, repeated_lines
from releases.alike_in_records import near_duplicates_in_records
from releases.policy import Policy
from tamis.records import DECISIONS


@dataclass(frozen=True, slots=True)
class Step:
    """What one step decided."""

    filter: str
    """The filter whose findings it goes by."""
    decisions: pl.DataFrame
    """Schema releases.corpus_decisions.SCHEMA, by shard and position."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What it has to say of itself, as numbers."""


def names_of(policy: Policy) -> tuple[str, ...]:
    """The steps that a run under this policy has."""
    near = policy.near_duplicates
    return (
        laundering.STEP,
        *([duplicates.FILTER] if policy.exact_duplicates is not None else []),
        *([near_duplicates.STEP, near_duplicates.STRICTER_STEP] if near and near.pictures else []),
        *([near_texts.STEP, near_texts.STRICTER_STEP] if near and near.texts else []),
        *([near_meanings.STEP, near_meanings.STRICTER_STEP] if near and near.meanings else []),
        *([repeated_lines.STEP] if policy.repeated_lines else []),
        crossing.STEP,
    )


def decide_over_corpus(log: Log, run: str, policy: Policy) -> dict[str, Step]:
    """The steps of a run by name.

    Raises:
        ConfigError: hashes of an earlier release that the policy names are not there, or there are more texts than it
            has compared by their meaning.
    """
    parts = crossing.read_parts(log, run)
    settled = crossing.settle(policy, laundering.read_copies(log, run), parts)
    steps = {laundering.STEP: Step(laundering.FILTER, settled.licences)}
    if policy.exact_duplicates is not None:
        items, signatures = duplicates.read_for_duplicates(log, run)
        away = pl.concat([settled.licences, settled.records])
        again = duplicates.decide_duplicates(policy, items, signatures, freer=settled.freer, away=away)
        steps[duplicates.FILTER] = Step(duplicates.FILTER, again)
    near = policy.near_duplicates
    if near and near.pictures:
        pictures, prints = near_duplicates.read_for_near_duplicates(log, run)
        compared = near_duplicates_in_records(
            policy,
            pictures,
            prints,
            parts=parts,
            decided=[step.decisions for step in steps.values()],
            records=settled.records,
            earlier=near_duplicates.read_earlier(log, near.against),
        )
        steps[near_duplicates.STEP] = Step(near_duplicates.FILTER, compared.decisions, compared.search.facts)
        steps[near_duplicates.STRICTER_STEP] = Step(laundering.FILTER, compared.stricter)
    if near and near.texts:
        log.staging.mkdir(parents=True, exist_ok=True)
        same = near_texts.decide_near_texts(
            policy,
            near_texts.read_for_near_texts(log, run),
            near_texts.signatures_for(log, run, policy),
            away=crossing.fallen(policy, settled, parts, [step.decisions for step in steps.values()]),
            scratch=log.staging,
        )
        steps[near_texts.STEP] = Step(near_texts.FILTER, same.decisions, same.search.facts)
        steps[near_texts.STRICTER_STEP] = Step(laundering.FILTER, same.stricter)
    if near and near.meanings:
        log.staging.mkdir(parents=True, exist_ok=True)
        saying = near_meanings.decide_near_meanings(
            policy,
            near_meanings.read_for_near_meanings(log, run),
            near_meanings.vectors_for(log, run, policy),
            away=crossing.fallen(policy, settled, parts, [step.decisions for step in steps.values()]),
            scratch=log.staging,
        )
        steps[near_meanings.STEP] = Step(near_meanings.FILTER, saying.decisions, saying.search.facts)
        steps[near_meanings.STRICTER_STEP] = Step(laundering.FILTER, saying.stricter)
    if policy.repeated_lines:
        log.staging.mkdir(parents=True, exist_ok=True)
        repeated = repeated_lines.decide_repeated_lines(
            policy,
            repeated_lines.read_for_repeated_lines(log, run),
            repeated_lines.recorded_for(log, run, policy),
            away=crossing.fallen(policy, settled, parts, [step.decisions for step in steps.values()]),
            scratch=log.staging,
        )
        steps[repeated_lines.STEP] = Step(repeated_lines.FILTER, repeated.decisions, repeated.search.facts)
    decided = crossing.after(parts, *(step.decisions for step in steps.values()))
    steps[crossing.STEP] = Step(RECORD, crossing.cross(policy, decided))
    return steps


def decided_away(log: Log, run: str, steps: Mapping[str, str]) -> pl.DataFrame:
    """(shard, position) of what the steps of a run do not let stay.

    Args:
        log: where they are on record.
        run: its id.
        steps: by name, as finished.json has them.
    """
    frames = [pl.DataFrame(schema={"shard": pl.UInt32, "position": DECISIONS["position"]})]
    for step in steps.values():
        decisions = pl.read_parquet(log.corpus_folder(run, step) / "decisions.parquet", glob=False)
        away = decisions.filter(pl.col("outcome").is_in(["hold", "drop"]))
        frames.append(away.select("shard", "position"))
    return pl.concat(frames).unique()
