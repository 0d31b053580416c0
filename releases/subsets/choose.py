"""Chooses a subset of what a run keeps: a decision for every item that is not chosen, and a record of every one.

A budget is met by the longest beginning of the order (`order.py`) that does not pass it. Where it asks for more than
there is, or bounds leave too little, nothing is trimmed in silence: it is an error that says by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from catalog.log import SUBSET
from releases.corpus_decisions import corpus_decisions
from releases.subsets.clusters import clustered
from releases.subsets.example_vectors import Shown
from releases.subsets.measured import measured
from releases.subsets.nearness import nearness
from releases.subsets.order import chances, in_order
from releases.subsets.pool import Pool
from releases.subsets.rules import AGAIN, BOUNDED, NOT_CHOSEN, REASONS, UNLABELLED, UNSCORED, outcome_of, rule_of
from releases.subsets.section import SAME_PICTURE, Budget, Subset
from releases.subsets.target import Examples
from tamis.errors import ReleaseError, did_you_mean
from tamis.records import Columns

_CHOICES: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "score": pl.Float64,  # null where it has no words or vector, or nothing is scored
    "rank": pl.UInt64,  # from 1, over those that could be chosen; null for the others
    "size": pl.UInt64,  # in the unit of the budget
    "chosen": pl.Boolean,
    "cluster": pl.String,  # null where none was asked for, or it could not be put into one
}
CHOICES = pl.Schema(_CHOICES)
"""One row for each item that was there to be chosen, by shard and position."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The items of a pool in the order in which they are chosen."""

    pool: Pool
    subset: Subset
    score: npt.NDArray[np.float64]
    """Of each item of the pool; NaN where it has none."""
    is_again: npt.NDArray[np.bool_]
    """It is an example of the target again, or nearly."""
    is_unlabelled: npt.NDArray[np.bool_]
    """The target has labels, and it has none."""
    order: npt.NDArray[np.int64]
    """Places in the pool, best first: those that can be chosen."""

    @property
    def able(self) -> npt.NDArray[np.int64]:
        """Places of all that may be learned from, in the order of the pool."""
        return np.flatnonzero(~self.is_again & ~self.is_unlabelled)

    @classmethod
    def of(cls, pool: Pool, subset: Subset, examples: Shown | None, scratch: Path) -> Ordered:
        """Reads the pool's texts or vectors, if there is a target.

        Args:
            pool: what there is to choose from.
            subset: what is asked for.
            examples: of its target, with their vectors where the order goes by them; null where it has none.
            scratch: see `scores.scored`.

        Raises:
            ReleaseError: a label of the target has no item in the pool.
        """
        texts = examples if isinstance(examples, Examples) else None
        if texts is not None and texts.labels is not None:
            expect_labels(pool.items["label"], texts.labels.different)
        if subset.goes_by("cluster"):
            pool = clustered(pool, subset)
        nothing = np.full(pool.items.height, np.nan)
        score, is_again = nothing, np.zeros(pool.items.height, dtype=np.bool_)
        if texts is not None:
            from releases.subsets.scores import scored  # compiles, which takes seconds to begin

            found = scored(pool, subset, texts, scratch)
            score, is_again = found.score, found.again
        if subset.method == "embedding" and examples is not None and examples.vectors is not None:
            near = nearness(pool, subset, examples.vectors, scratch)
            score = near.mean
            if texts is None:
                is_again = near.most >= _same(subset)
        if subset.measure is not None:
            score = measured(pool, subset.measure)
        return cls._in_order(pool, subset, score, is_again, examples)

    @classmethod
    def again(cls, ordered: Ordered, subset: Subset, examples: Shown | None) -> Ordered:
        """The same items within other bounds: nothing is read."""
        return cls._in_order(ordered.pool, subset, ordered.score, ordered.is_again, examples)

    @classmethod
    def _in_order(
        cls,
        pool: Pool,
        subset: Subset,
        score: npt.NDArray[np.float64],
        is_again: npt.NDArray[np.bool_],
        examples: Shown | None,
    ) -> Ordered:
        labels = examples.labels if isinstance(examples, Examples) else None
        is_unlabelled = pool.items["label"].is_null().to_numpy() & (labels is not None)
        key = chances(pool.items, subset.seed) if subset.method == "random" else score
        if subset.measure is not None and subset.measure.order == "low":
            key = -key
        key = np.where(is_again | is_unlabelled, np.nan, key)
        wanted = labels.different if labels is not None else ()
        return cls(pool, subset, score, is_again, is_unlabelled, in_order(pool.items, subset, key, wanted=wanted))


def _same(subset: Subset) -> float:
    """The cosine from which on a picture is an example again."""
    asked = subset.target.max_similarity if subset.target is not None else None
    return SAME_PICTURE if asked is None else asked


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of it."""

    decisions: pl.DataFrame
    """For every item that is not chosen: schema SCHEMA."""
    choices: pl.DataFrame
    """Schema CHOICES."""
    facts: Mapping[str, Any]
    """What the step has to say of itself."""


def choose(ordered: Ordered, *, budget: Budget, release: str, digest: str) -> Chosen:
    """What becomes of every item.

    Args:
        ordered: the items in their order.
        budget: how much; not `auto`, which `tamis size` turns into one of the others.
        release: for messages.
        digest: of the examples; empty where there are none.

    Raises:
        ReleaseError: the budget asks for more than there is, or is smaller than the first item, or the bounds leave
            less than it asks for.
    """
    items, order = ordered.pool.items, ordered.order
    unit, sizes = sizes_of(items, budget)
    asked = asked_for(budget, int(sizes.sum()))
    reached = np.cumsum(sizes[order])
    count = int(np.searchsorted(reached, asked, side="right"))
    problem = _problem(ordered, sizes, asked, unit=unit, count=count, is_share=budget.share is not None)
    if problem:
        raise ReleaseError(f"{release}: subset: {problem} Not sealed, and the version can be used again.")
    ranks = np.zeros(items.height, dtype=np.uint64)
    ranks[order] = np.arange(1, len(order) + 1, dtype=np.uint64)
    choices = items.select(
        "shard",
        "position",
        score=pl.Series(ordered.score).fill_nan(None),
        rank=pl.Series(ranks).replace(0, None),
        size=pl.Series(sizes),
        chosen=pl.Series((ranks > 0) & (ranks <= count)),
        cluster=pl.col("cluster").cast(pl.String),
        again=pl.Series(ordered.is_again),
        unlabelled=pl.Series(ordered.is_unlabelled & ~ordered.is_again),
    )
    again, unlabelled = int(ordered.is_again.sum()), int(choices["unlabelled"].sum())
    unscored = _without_score(ordered)
    facts = {
        "kind": ordered.subset.kind,
        "method": ordered.subset.measure.named if ordered.subset.measure else ordered.subset.method,
        "seed": ordered.subset.seed,
        "temperature": ordered.subset.temperature,
        "target": digest,
        "unit": unit,
        "asked": asked,
        "pool_items": items.height,
        "pool_size": int(sizes.sum()),
        "chosen_items": count,
        "chosen_size": int(reached[count - 1]),
        "examples_again": again,
        "unscored": unscored,
        "unlabelled": unlabelled,
        "bounded": items.height - len(order) - again - unscored - unlabelled,
    }
    decisions = _decided(choices, count, ordered.subset)
    return Chosen(decisions, choices.select(CHOICES.names()).cast(CHOICES), facts)


def _without_score(ordered: Ordered) -> int:
    """How many items cannot be put in order."""
    return 0 if ordered.subset.method == "random" else int(np.isnan(ordered.score[ordered.able]).sum())


_NAMED: Final = 5
"""Labels that a message names."""


def expect_labels(of_pool: pl.Series, of_target: Sequence[str]) -> None:
    """Whether each label of a target can be learned.

    Args:
        of_pool: the label of each item; null where it has none.
        of_target: all that there are.

    Raises:
        ReleaseError: one has no item, or no item has a label at all.
    """
    known = of_pool.drop_nulls().cast(pl.String).unique()
    if known.is_empty():
        raise ReleaseError(
            "subset.target: no item of the pool has a label, so that none can be learned. Name the column under "
            "`corpora`: `columns: {label: COLUMN}`."
        )
    missing = sorted(set(of_target) - set(known))
    if missing:
        named = ", ".join(f"label {label!r}" for label in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        raise ReleaseError(
            f"subset.target: {named}{more} of the target has no item in the pool.{did_you_mean(missing[0], known)} "
            "Bring some, let more stay, or take its texts out of the target."
        )


def sizes_of(items: pl.DataFrame, budget: Budget) -> tuple[str, npt.NDArray[np.int64]]:
    """The unit of a budget, and how much of it each item is."""
    if budget.items is not None:
        return "items", np.ones(items.height, dtype=np.int64)
    unit = "tokens" if budget.tokens is not None else "bytes"
    return unit, items[unit].fill_null(0).cast(pl.Int64).to_numpy()


def asked_for(budget: Budget, whole: int) -> int:
    """How much of its unit a budget is."""
    if budget.share is not None:
        return round(budget.share * whole)
    return budget.tokens or budget.bytes or budget.items or whole


def _problem(
    ordered: Ordered, sizes: npt.NDArray[np.int64], asked: int, *, unit: str, count: int, is_share: bool
) -> str:
    there, whole = int(sizes[ordered.order].sum()), int(sizes.sum())
    if unit == "tokens" and ordered.pool.items["tokens"].null_count():
        return "the budget is in tokens, which nobody counted: add the filter `token_count`, or give it in bytes."
    if asked > whole:
        return (
            f"the budget asks for {asked:,} {unit}, and {whole:,} are kept: {asked - whole:,} too many. Lower it, "
            "give it as a `share`, or bring more."
        )
    if count == 0:
        return (
            f"the budget of {asked:,} {unit} is smaller than the first item."
            if len(ordered.order)
            else ("no item can be chosen: `tamis sql 'FROM held'` says why.")
        )
    if asked > there and (ordered.subset.caps or ordered.subset.floors):
        return (
            f"the budget asks for {asked:,} {unit}, and within its caps {there:,} can be had: {asked - there:,} too "
            f"few. {_tightest(ordered)}Loosen a cap, or lower the budget."
        )
    if asked > there and not is_share:  # a share of all may be more than can be chosen, as all of it is
        return (
            f"the budget asks for {asked:,} {unit}, and {there:,} can be chosen: {asked - there:,} too many. Of what "
            f"is kept {_left_out(ordered)}. Lower it, or give it as a `share`."
        )
    return _unmet_floor(ordered, sizes, count)


def _left_out(ordered: Ordered) -> str:
    """How many items cannot be chosen, and why."""
    said = (
        (int(ordered.is_again.sum()), "examples again"),
        (_without_score(ordered), "without a score"),
        (int((ordered.is_unlabelled & ~ordered.is_again).sum()), "without a label"),
    )
    return ", ".join(f"{count:,} are {what}" for count, what in said if count)


def _tightest(ordered: Ordered) -> str:
    """Which values are kept out most."""
    items = ordered.pool.items
    out = np.ones(items.height, dtype=np.bool_)
    out[ordered.order] = False
    left = items.filter(pl.Series(out & ~ordered.is_again & ~ordered.is_unlabelled))
    named = []
    for group in dict.fromkeys(cap.by for cap in ordered.subset.caps):
        counts = left[group].cast(pl.String).fill_null("(not known)").value_counts(sort=True).head(2)
        named += [f"{group} {value} ({count:,} items)" for value, count in counts.iter_rows()]
    return f"Most kept out: {', '.join(named)}. " if named else ""


def _unmet_floor(ordered: Ordered, sizes: npt.NDArray[np.int64], count: int) -> str:
    items = ordered.pool.items
    chosen = ordered.order[:count]
    measured = items["bytes"].to_numpy().astype(np.float64)
    total = float(measured[chosen].sum())
    slack = float(measured.max(initial=0.0))
    for floor in ordered.subset.floors:
        counts = (items[floor.by].cast(pl.String) == floor.value).fill_null(value=False).to_numpy()
        has = float(measured[chosen][counts[chosen]].sum())
        if has + slack < floor.least * total:
            return (
                f"{floor.by} {floor.value!r} is to have {floor.least:.1%} of what is chosen, and all there is of it "
                f"comes to {has / total:.1%}. Lower the floor or the budget, or bring more."
            )
    return ""


def _decided(choices: pl.DataFrame, count: int, subset: Subset) -> pl.DataFrame:
    """Decisions on all that are not chosen."""
    away = choices.filter(~pl.col("chosen")).with_columns(
        pl.lit(None, dtype=pl.UInt64).alias("twin_hi"), pl.lit(None, dtype=pl.UInt64).alias("twin_lo")
    )
    is_ranked = pl.col("rank").is_not_null()
    reason = (
        pl.when("again")
        .then(pl.lit(AGAIN))
        .when("unlabelled")
        .then(pl.lit(UNLABELLED))
        .when(is_ranked)
        .then(pl.lit(NOT_CHOSEN))
        .when(pl.col("score").is_null() & (subset.method != "random"))
        .then(pl.lit(UNSCORED))
        .otherwise(pl.lit(BOUNDED))
    )
    reasoned = away.with_columns(why=reason)
    return corpus_decisions(
        reasoned,
        filter=SUBSET,
        outcome=pl.col("why").replace_strict(
            {reason: outcome_of(reason) for reason in REASONS}, return_dtype=pl.String
        ),
        reason=pl.col("why"),
        rule=pl.col("why").replace_strict(
            {reason: rule_of(reason, subset) for reason in REASONS}, return_dtype=pl.String
        ),
        measure=pl.when(is_ranked).then(pl.lit("rank")),
        value=pl.col("rank").cast(pl.Float64),
        limit=pl.when(is_ranked).then(pl.lit(float(count))),
    )
