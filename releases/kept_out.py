"""Which texts a rule of a policy keeps out by itself: all that speaks against them on record is this one rule.

Rules on the terms of a licence are one where they meet: `licence.allow restricted + licence.deny non_commercial`.

Not of every rule it is asked. What is suppressed, personal data, what is unsafe (NSFW, bad words, lists of hashes and
addresses, classes of a model of yours) and reservations are left alone, and so is whatever a licence closes to machine
learning: to learn from these texts, be it to measure, is what is refused. Nor is what no filter could look at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from catalog.log import Log
from releases.crossing import LOST
from releases.policy import Policy
from tamis.records import Columns

_KEPT_OUT: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "content_hi": pl.UInt64,
    "content_lo": pl.UInt64,
    "rule": pl.String,
}
KEPT_OUT: Final = pl.Schema(_KEPT_OUT)
"""One row for each text that one rule keeps out, by shard and position; `rule` may be several on the same terms."""

_SECTIONS: Final = ("language", "evaluation_overlap")
"""Of these filters the whole section is one rule."""

_LIMITED: Final = (
    "language",
    "quality_as_datatrove",
    "quality_as_dolma",
    "text_quality",
    "token_count",
)
"""Filters that measure nothing of what is unsafe or about people; of all others no limit is taken away."""

_BY_LABEL: Final = ("licence.allow", "licence.review", "licence.deny")
"""Rules that are several: one for each class, or condition."""

_OF_TERMS: Final = r"^licence\.(?:allow|review|deny|licences)(?: |$)"
"""Of what a licence says. A class and a condition often mean the same terms, so that several of these are one."""


def kept_out(log: Log, run: str, policy: Policy) -> pl.DataFrame:
    """Texts of a run, each with the one rule that speaks against it: schema KEPT_OUT.

    Texts that go with the pictures of their record are not among them, for what becomes of these is not asked.

    Args:
        log: where the run is.
        run: its id.
        policy: that of the run.
    """
    frames = [
        kept_out_of(log.segment_folder(run, number), policy).with_columns(shard=pl.lit(number, dtype=pl.UInt32))
        for number in sorted(log.commits(run))
    ]
    return pl.concat([KEPT_OUT.to_frame(), *(frame.select(KEPT_OUT.names()).cast(KEPT_OUT) for frame in frames)])


def kept_out_of(folder: Path, policy: Policy) -> pl.DataFrame:
    """Those of one segment: KEPT_OUT without `shard`, by position."""
    named = [name for name in KEPT_OUT if name not in {"shard", "rule"}]
    items = pl.read_parquet(folder / "items.parquet", columns=[*named, "record", "kind", "reason"], glob=False)
    decisions = pl.read_parquet(
        folder / "decisions.parquet", columns=["position", "filter", "outcome", "rule", "label"], glob=False
    )
    licences = pl.read_parquet(
        folder / "findings-licence.parquet", columns=["position", "no_machine_learning"], glob=False
    )
    against = decisions.filter(pl.col("outcome").is_in(["hold", "drop"])).select("position", rule=_rule())
    alone = (
        against.group_by("position")
        .agg(
            is_asked=pl.col("rule").is_not_null().all(),
            is_of_terms=pl.col("rule").str.contains(_OF_TERMS).all(),
            rules=pl.col("rule").unique().sort(),
        )
        .filter(pl.col("is_asked") & ((pl.col("rules").list.len() == 1) | pl.col("is_of_terms")))
        .select("position", rule=pl.col("rules").list.join(" + "))
    )
    may_be_picture = (pl.col("kind") == "image") | (pl.col("reason") == LOST).fill_null(value=False)
    pictured = items.filter(may_be_picture & policy.records.follows("text")).select("record").unique()
    return (
        items.filter(pl.col("kind") == "text")
        .join(pictured, on="record", how="anti", maintain_order="left")
        .join(licences.filter(pl.col("no_machine_learning") == 0), on="position", how="semi", maintain_order="left")
        .join(alone, on="position", how="inner", validate="1:1", maintain_order="left")
        .select(*named, "rule")
    )


def _rule() -> pl.Expr:
    """The rule of a decision, as it is asked what it costs; null where that is not asked."""
    by, rule, limited = pl.col("filter"), pl.col("rule"), pl.col("filter").is_in(_LIMITED)
    return (
        pl.when((by == "licence") & rule.is_in(_BY_LABEL))
        .then(pl.concat_str(rule, pl.lit(" "), pl.col("label")))
        .when((by == "licence") & rule.str.starts_with("licence."))
        .then(rule)
        .when(limited & rule.str.starts_with("limits["))
        .then(rule)
        .when(limited & rule.str.starts_with("quality."))
        .then(rule.str.extract(r"^(quality\.[^.]+)\."))
        .when(by.is_in(_SECTIONS) & ((rule == by) | rule.str.starts_with(by + ".")))
        .then(by)
    )
