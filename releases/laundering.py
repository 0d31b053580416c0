"""Equal content under unequal licences, over the whole run: a copy under a freer licence does not free the work.

Of the items with equal content, what the work asks for is the strictest class that any of them has, and every
condition that any of them has which restricts its use; also of copies that are held or dropped. A copy whose own
licence asks for less may stay only as the duplicate of one that states it all and stays. A class that is `unknown` is
no evidence of a stricter one. Copies that are used on another legal basis than a licence are heard, and not judged.

Known misses: a copy that differs by one blank; a copy in another run, which `tamis audit` notes: what a release holds
must not depend on what else the workspace has seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from catalog.log import Log
from releases.corpus_decisions import PLACE, SCHEMA, corpus_decisions
from releases.duplicates import is_compared
from releases.policy import Policy
from tamis.records import CONDITIONS, GRANTS, LICENSED, Columns

STEP = "licence_elsewhere"

FILTER = "licence"

REASON = "licence_stricter_elsewhere"

RULE = "licence.on_stricter_elsewhere"

RESTRICTING = tuple(name for name in CONDITIONS if name not in {"attribution", "share_alike"})
"""Conditions that forbid some use; the class says the others."""

OF_LICENCE = ("grant", "basis", *RESTRICTING)
"""What copies are compared by, of the licence filter's measures."""

_WORK = ("content_hi", "content_lo")

_OF_ITEM: Columns = {
    "position": pl.UInt64,
    "record": pl.UInt64,
    "kind": pl.String,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "content_hi": pl.UInt64,
    "content_lo": pl.UInt64,
    "verdict": pl.String,
}
_COPIES: Columns = {
    "shard": pl.UInt32,
    **_OF_ITEM,
    "grant": pl.String,
    "basis": pl.String,
    **dict.fromkeys(RESTRICTING, pl.Float64),
}
COPIES = pl.Schema(_COPIES)
"""What is asked of each item."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the copies of a run's items say of their licences."""

    decisions: pl.DataFrame
    """For every item that would stay and may not: schema SCHEMA."""
    freer: pl.DataFrame
    """(shard, position) of every copy whose licence asks for less than another's, or is not known while that is."""


def read_copies(log: Log, run: str) -> pl.DataFrame:
    """The items of a run's segments, with what was found of their licences: schema COPIES."""
    frames = [COPIES.to_frame()]
    for number in sorted(log.commits(run)):
        folder = log.segment_folder(run, number)
        items = pl.read_parquet(folder / "items.parquet", columns=list(_OF_ITEM), glob=False)
        found = pl.read_parquet(folder / f"findings-{FILTER}.parquet", columns=["position", *OF_LICENCE], glob=False)
        shard = pl.lit(number, dtype=pl.UInt32).alias("shard")
        joined = items.join(found, on="position", how="left", validate="1:1")
        frames.append(joined.select(shard, *COPIES.names()[1:]).cast(COPIES))
    return pl.concat(frames)


def compare_licences(policy: Policy, copies: pl.DataFrame) -> Compared:
    """Which items would stay under a freer licence than another copy of their content has, and what becomes of them.

    Args:
        policy: `licence.on_stricter_elsewhere` says what; where duplicates are decided on, one that has a copy which
            stays and states all is left to them.
        copies: the columns of COPIES.
    """
    if copies.is_empty():
        return Compared(SCHEMA.to_frame(), SCHEMA.to_frame().select(PLACE))
    judged = _judged(copies.sort(PLACE))
    compared = is_compared(policy)
    left = compared & (~pl.col("freer") & pl.col("stays") & compared).any().over("kind", *_WORK)
    relied_on = pl.col("basis").fill_null(LICENSED) == LICENSED
    laundered = judged.filter(pl.col("stays") & relied_on & pl.col("freer") & ~left)
    return Compared(_decided(policy, laundered), judged.filter("freer").select(PLACE))


def _judged(copies: pl.DataFrame) -> pl.DataFrame:
    """With `stays`, `freer`, and where it is freer the first copy that is stricter (`twin`) and in what (`label`)."""
    ranks = {grant: place for place, grant in enumerate(GRANTS) if grant != "unknown"}
    marked = copies.with_columns(
        *(pl.col(name).fill_nan(None).fill_null(0) != 0 for name in RESTRICTING),
        rank=pl.col("grant").replace_strict(ranks, default=None, return_dtype=pl.Int8),
        stays=pl.col("verdict").cast(pl.String).is_in(["keep", "redact"]),
    )
    strictest = pl.col("rank") == pl.col("rank").max()
    looser = pl.col("rank").fill_null(-1) < pl.col("rank").max().over(_WORK)
    item = pl.struct("item_hi", "item_lo")
    ways = [(looser, item.filter(strictest).first().over(_WORK), pl.col("grant").filter(strictest).first().over(_WORK))]
    for name in RESTRICTING:
        lacks = pl.col(name).any().over(_WORK) & ~pl.col(name)
        ways.append((lacks, item.filter(name).first().over(_WORK), pl.lit(name)))
    return marked.with_columns(
        freer=pl.any_horizontal(when.fill_null(value=False) for when, _, _ in ways),
        twin=pl.coalesce(pl.when(when).then(twin) for when, twin, _ in ways),
        label=pl.coalesce(pl.when(when).then(label) for when, _, label in ways),
    )


def _decided(policy: Policy, laundered: pl.DataFrame) -> pl.DataFrame:
    return corpus_decisions(
        laundered.with_columns(
            twin_hi=pl.col("twin").struct.field("item_hi"), twin_lo=pl.col("twin").struct.field("item_lo")
        ),
        filter=FILTER,
        outcome=policy.licence.on_stricter_elsewhere,
        reason=pl.lit(REASON),
        rule=pl.lit(RULE),
        label=pl.col("label"),
        similarity=pl.lit(1.0),
    )
