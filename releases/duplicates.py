"""Exact duplicates over the whole run: of items with equal content the first that is kept stays.

First means the one whose licence asks for no less than that of any other copy, so that the release states the
strictest; of equal ones the lowest (shard, position): the same for any number of workers and any batch size.
"""

from __future__ import annotations

import polars as pl

from catalog.log import Log
from releases.corpus_decisions import PLACE, SCHEMA, corpus_decisions
from releases.policy import Policy

FILTER = "exact_duplicates"

_KEY = ("kind", "signature_hi", "signature_lo")


def read_for_duplicates(log: Log, run: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items and signatures of a run's segments, each with the shard's number."""
    items, signatures = [], []
    for number in sorted(log.commits(run)):
        folder = log.segment_folder(run, number)
        shard = pl.lit(number, dtype=pl.UInt32).alias("shard")
        wanted = ["position", "record", "kind", "item_hi", "item_lo", "verdict"]
        items.append(pl.read_parquet(folder / "items.parquet", columns=wanted, glob=False).with_columns(shard))
        signed = pl.read_parquet(folder / "signatures.parquet", glob=False).filter(pl.col("filter") == FILTER)
        signatures.append(signed.with_columns(shard))
    if not items:
        return pl.DataFrame(), pl.DataFrame()
    return pl.concat(items), pl.concat(signatures)


def decide_duplicates(
    policy: Policy, items: pl.DataFrame, signatures: pl.DataFrame, *, freer: pl.DataFrame, away: pl.DataFrame
) -> pl.DataFrame:
    """A decision for every item that would stay although an earlier one with its content stays: schema SCHEMA.

    Args:
        policy: its section `exact_duplicates` says what becomes of them.
        items: shard, position, record, kind, item_hi, item_lo, verdict.
        signatures: shard, position, signature_hi, signature_lo.
        freer: shard, position of copies whose licence asks for less than another's.
        away: shard, position of items that another step does not let stay.
    """
    if policy.exact_duplicates is None or items.is_empty():
        return SCHEMA.to_frame()
    kept = items.filter(pl.col("verdict").cast(pl.String).is_in(["keep", "redact"]) & is_compared(policy))
    staying = kept.join(away, on=PLACE, how="anti")
    signed = _strictest_first(staying.join(signatures, on=PLACE, how="inner", validate="1:1"), freer)
    twins = signed.with_columns(
        twin_hi=pl.col("item_hi").first().over(_KEY), twin_lo=pl.col("item_lo").first().over(_KEY)
    ).filter((pl.col("item_hi") != pl.col("twin_hi")) | (pl.col("item_lo") != pl.col("twin_lo")))
    return corpus_decisions(
        twins,
        filter=FILTER,
        outcome=policy.exact_duplicates.on_duplicate,
        reason=pl.lit("exact_duplicate"),
        rule=pl.lit("exact_duplicates.on_duplicate"),
        similarity=pl.lit(1.0),
    )


def is_compared(policy: Policy) -> pl.Expr:
    """Whether an item (kind, record) may be a duplicate at all, or the one that stays in its place."""
    section = policy.exact_duplicates
    if section is None or section.captions == "once":
        return pl.lit(value=section is not None)
    return (pl.col("kind") != "text") | pl.col("record").is_null()


def texts_that_are_compared(policy: Policy) -> pl.Expr:
    """Whether a text (record) is compared with others by more than its bytes: of captions as it is with equal ones."""
    if policy.exact_duplicates is None or policy.exact_duplicates.captions == "once":
        return pl.lit(value=True)
    return pl.col("record").is_null()


def _strictest_first(signed: pl.DataFrame, freer: pl.DataFrame) -> pl.DataFrame:
    marked = freer.select(*PLACE, freer=pl.lit(value=True))
    return (
        signed.join(marked, on=PLACE, how="left", validate="1:1")
        .sort(pl.col("freer").fill_null(value=False), *PLACE)
        .drop("freer")
    )
