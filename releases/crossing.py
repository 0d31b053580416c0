"""Records of several items, over the whole run: what a picture that does not stay takes along.

A record is kept only if each of its pictures passes, unless the policy says otherwise (`records`). What follows a
picture is treated as strictly as the strictest of them, with that picture's reason as the label and the picture itself
as the twin. What a damage hides at the end of a record may be a picture, and counts as one. A text that does not stay
takes nothing along.

It is a step over the run and not over a batch, so that a record may be cut between two batches, and for a licence that
is stricter elsewhere takes the rest along, too. Duplicates and near-duplicates take nothing along: the picture, or one
like it, is in the release, in another record.

It is decided before duplicates are looked for, so that none is dropped for an item that does not stay, and once more
after the last step. Near-duplicates, of which some are held for their licence, are looked for in turn with it
(`releases/alike_in_records.py`). What was dropped as the exact duplicate of an item that falls only then is not brought
back.

Known misses: members of a WebDataset that are no neighbours are not known to be one record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from catalog.log import READER, RECORD, Log
from releases.corpus_decisions import PLACE, SCHEMA, corpus_decisions
from releases.laundering import compare_licences
from releases.policy import Policy
from tamis.records import OUTCOME, Columns, Outcome

STEP = "records"

RULE_BY_KIND: Mapping[str, str] = {"text": "records.text", "image": "records.pictures"}

REASON_BY_OUTCOME: Mapping[Outcome, str] = {"hold": "record_part_held", "drop": "record_part_dropped"}

LOST = "stream_damaged"
"""The reader's reason for what nobody knows of: it may be a picture."""

ELSEWHERE = ("exact_duplicate", "near_duplicate")
"""Reasons that take nothing along: the picture is in the release, in another record."""

_OF_RECORDS: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "record": pl.UInt64,
    "kind": pl.String,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "verdict": OUTCOME,
    "reason": pl.String,
}
OF_RECORDS = pl.Schema(_OF_RECORDS)
"""Items of records of several, in order: `verdict` of all but the steps over the run, and the reason for it."""

_RECORD = ("shard", "record")


@dataclass(frozen=True, slots=True)
class Settled:
    """What copies and records come to together."""

    licences: pl.DataFrame
    """Of `releases/laundering.py`: schema SCHEMA."""
    records: pl.DataFrame
    """Of records: schema SCHEMA."""
    freer: pl.DataFrame
    """See `Compared.freer`."""


def read_parts(log: Log, run: str) -> pl.DataFrame:
    """The items of a run's records of several: schema OF_RECORDS."""
    filters = [each["name"] for each in log.read_run(run)["filters"]]
    frames = [OF_RECORDS.to_frame()]
    wanted = [name for name in OF_RECORDS if name not in {"shard", "reason"}]
    for number in sorted(log.commits(run)):
        folder = log.segment_folder(run, number)
        items = pl.read_parquet(folder / "items.parquet", columns=wanted, glob=False)
        parts = items.filter(pl.col("record").is_not_null())
        if parts.is_empty():
            continue
        columns = ["position", "filter", "outcome", "reason", "label", "decisive"]
        decisions = pl.read_parquet(folder / "decisions.parquet", columns=columns, glob=False)
        why = leading(decisions.with_columns(pl.col("outcome").cast(OUTCOME)), filters).select("position", "reason")
        told = parts.join(why, on="position", how="left", validate="1:1", maintain_order="left")
        frames.append(told.select(pl.lit(number).alias("shard"), *OF_RECORDS.names()[1:]).cast(OF_RECORDS))
    return pl.concat(frames)


def leading(decisions: pl.DataFrame, filters: Sequence[str]) -> pl.DataFrame:
    """Of each item the decisive decision of the filter that stands first among the strictest, by position.

    Args:
        decisions: position, filter, outcome, reason, label, decisive.
        filters: their names in the recipe's order.
    """
    place = {name: number for number, name in enumerate([READER, *filters])}
    return (
        decisions.filter("decisive")
        .with_columns(place=pl.col("filter").replace_strict(place, return_dtype=pl.UInt32))
        .sort("position", "outcome", "place", descending=[False, True, False])
        .unique("position", keep="first", maintain_order=True)
        .select("position", "filter", "reason", "label")
    )


def settle(policy: Policy, copies: pl.DataFrame, parts: pl.DataFrame) -> Settled:
    """Which items go with a picture of their record, and which copies may not stay for their licence.

    The two are asked in turn until neither changes anything: what goes with a picture may be the copy that states the
    strictest licence, and then the freer ones may not stay either; and what does not stay for its licence may be a
    picture that takes the rest along. Each turn takes away items that stayed, so there is a last one.

    Args:
        policy: its sections `records` and `licence` say what becomes of them.
        copies: see `compare_licences`.
        parts: schema OF_RECORDS.
    """
    licences, records = SCHEMA.to_frame(), cross(policy, parts)
    while True:
        compared = compare_licences(policy, after(copies, licences, records))
        licences = pl.concat([licences, compared.decisions]).sort(PLACE)
        again = cross(policy, after(parts, licences))
        if again.equals(records):
            return Settled(licences, records, compared.freer)
        records = again


def cross(policy: Policy, parts: pl.DataFrame) -> pl.DataFrame:
    """A decision for every item of `parts` (OF_RECORDS) that goes with a picture of its record: schema SCHEMA."""
    away = pl.col("verdict").is_in(["hold", "drop"])
    counts = ((pl.col("kind") == "image") & ~pl.col("reason").is_in(ELSEWHERE)) | (pl.col("reason") == LOST)
    strictest = (
        parts.filter(away & counts)
        .sort(*_RECORD, "verdict", "position", descending=[False, False, True, False])
        .unique(_RECORD, keep="first", maintain_order=True)
        .select(*_RECORD, outcome="verdict", label="reason", twin_hi="item_hi", twin_lo="item_lo")
    )
    follows = pl.col("kind").is_in([kind for kind in RULE_BY_KIND if policy.records.follows(kind)])
    taken = parts.join(strictest, on=_RECORD, how="inner", validate="m:1", maintain_order="left").filter(
        follows & (pl.col("verdict") < pl.col("outcome"))
    )
    return corpus_decisions(
        taken,
        filter=RECORD,
        outcome=pl.col("outcome"),
        reason=pl.col("outcome").cast(pl.String).replace_strict(REASON_BY_OUTCOME, return_dtype=pl.String),
        rule=pl.col("kind").replace_strict(RULE_BY_KIND, return_dtype=pl.String),
        label=pl.col("label"),
    )


def fallen(policy: Policy, settled: Settled, parts: pl.DataFrame, decided: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """What does not stay by all that is decided so far: schema SCHEMA.

    A text takes nothing along, so once is enough.
    """
    return pl.concat([settled.records, cross(policy, after(parts, *decided)), *decided])


def after(items: pl.DataFrame, *decided: pl.DataFrame) -> pl.DataFrame:
    """The items with the verdict, and its reason where they have one, that decisions over the run leave them with."""
    again = (
        pl.concat(decided)
        .sort(*PLACE, "outcome", descending=[False, False, True])
        .unique(PLACE, keep="first", maintain_order=True)
        .select(*PLACE, again=pl.col("outcome").cast(OUTCOME), why="reason")
    )
    joined = items.with_columns(pl.col("verdict").cast(OUTCOME)).join(
        again, on=PLACE, how="left", validate="1:1", maintain_order="left"
    )
    stricter = (pl.col("again") > pl.col("verdict")).fill_null(value=False)
    changed = {"verdict": "again", "reason": "why"}
    return joined.with_columns(
        pl.when(stricter).then(pl.col(new)).otherwise(pl.col(old)).alias(old)
        for old, new in changed.items()
        if old in items.columns
    ).drop("again", "why")
