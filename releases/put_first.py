"""Which of several items that are nearly the same is put first, and what follows for its licence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from catalog.log import Log
from releases.corpus_decisions import PLACE, corpus_decisions
from releases.laundering import FILTER as LICENCE
from releases.laundering import REASON as STRICTER_ELSEWHERE
from releases.laundering import RESTRICTING
from releases.laundering import RULE as STRICTER_RULE
from releases.policy import Policy
from tamis.records import GRANTS, LICENSED

_OF_ITEM = ("position", "record", "kind", "item_hi", "item_lo", "verdict")


def read_items(log: Log, run: str, kind: str, measures: Mapping[str, Sequence[str]], schema: pl.Schema) -> pl.DataFrame:
    """The items of a kind of a run's segments, with measures by filter; null where it did not run."""
    frames = [schema.to_frame()]
    own = [name for name in schema if name in _OF_ITEM]
    for number in sorted(log.commits(run)):
        folder = log.segment_folder(run, number)
        joined = _read(folder, "items", own).filter(pl.col("kind") == kind)
        for name, wanted in measures.items():
            if (folder / f"findings-{name}.parquet").exists():
                found = _read(folder, f"findings-{name}", ["position", *wanted])
                joined = joined.join(found, on="position", how="left", validate="1:1")
            else:
                joined = joined.with_columns(pl.lit(None, dtype=pl.Float64).alias(each) for each in wanted)
        placed = joined.with_columns(shard=pl.lit(number, dtype=pl.UInt32))
        frames.append(placed.select(schema.names()).cast(schema))
    return pl.concat(frames)


def _read(folder: Path, name: str, columns: list[str]) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet", columns=columns, glob=False)


def in_order(
    items: pl.DataFrame, away: pl.DataFrame, *, kind: str, by: Mapping[str, Literal["most", "least"]]
) -> pl.DataFrame:
    """The items of a kind that would stay, in the order in which they are to, with that place as `owner`.

    First comes the one whose licence asks for most, so that the release states the strictest; of equal ones that with
    most or least of each of `by`, one after the other, then the lowest (shard, position). Null comes last.

    Args:
        items: shard, position, kind, verdict, grant, the conditions that restrict, and what the order goes by.
        away: shard, position of items that another step does not let stay.
        kind: `text` or `image`.
        by: columns.
    """
    ranks = {grant: place for place, grant in enumerate(GRANTS) if grant != "unknown"}
    staying = items.filter((pl.col("kind") == kind) & pl.col("verdict").cast(pl.String).is_in(["keep", "redact"]))
    marked = staying.join(away, on=PLACE, how="anti").with_columns(
        *(pl.col(name).fill_nan(None).fill_null(0) != 0 for name in RESTRICTING),
        rank=pl.col("grant").replace_strict(ranks, default=None, return_dtype=pl.Int8).fill_null(-1),
    )
    counted = marked.with_columns(restrictions=pl.sum_horizontal(RESTRICTING))
    by_then = {"rank": "most", "restrictions": "most", **by, **dict.fromkeys(PLACE, "least")}
    descending = [first == "most" for first in by_then.values()]
    order = counted.sort(*by_then, descending=descending, nulls_last=True)
    return order.with_row_index("owner")


def followers_of(
    before: pl.DataFrame, ordered: pl.DataFrame, *, leader: npt.NDArray[np.int64], similarity: npt.NDArray[np.float64]
) -> pl.DataFrame:
    """The items that follow another, with twin and similarity; `leader` is its owner, -1 an earlier one.

    Args:
        before: item_hi, item_lo of those of earlier releases.
        ordered: see `in_order`.
        leader: of `before` and `ordered` together, by place, the place that each follows; -1: none.
        similarity: with that one.
    """
    twins = pl.concat([before, ordered], how="diagonal").select(twin_hi="item_hi", twin_lo="item_lo")
    own = leader[before.height :]
    rows = np.flatnonzero(own >= 0)
    return pl.concat(
        [
            ordered[rows].with_columns(
                leader=pl.Series(np.maximum(own[rows] - before.height, -1), dtype=pl.Int64),
                similarity=pl.Series(similarity[before.height :][rows], dtype=pl.Float64),
            ),
            twins[own[rows]],
        ],
        how="horizontal",
    )


def lacking(policy: Policy, ordered: pl.DataFrame, followers: pl.DataFrame) -> pl.DataFrame:
    """Those put first whose licence lacks a condition of a follower's: neither states all, as with equal content.

    Their class is the strictest of their group by the order. What stands on another legal basis is not judged.

    Args:
        policy: `licence.on_stricter_elsewhere` says what becomes of them.
        ordered: see `in_order`.
        followers: those of them that follow another: `leader`, its owner (-1: an earlier one), and `similarity`.

    Returns:
        Schema SCHEMA.
    """
    own = ordered.select(pl.col("owner").cast(pl.Int64).alias("leader"), *PLACE, "basis", *RESTRICTING)
    asked = followers.filter(pl.col("leader") >= 0).select(
        "leader", "item_hi", "item_lo", "similarity", *(pl.col(name).alias(f"asks_{name}") for name in RESTRICTING)
    )
    lacks = {name: pl.col(f"asks_{name}") & ~pl.col(name) for name in RESTRICTING}
    first = (
        asked.join(own, on="leader", how="left", validate="m:1")
        .with_columns(label=pl.coalesce(pl.when(lack).then(pl.lit(name)) for name, lack in lacks.items()))
        .filter(pl.col("label").is_not_null() & (pl.col("basis").fill_null(LICENSED) == LICENSED))
        .sort("leader", "item_hi", "item_lo")
        .unique("leader", keep="first", maintain_order=True)
    )
    return corpus_decisions(
        first.rename({"item_hi": "twin_hi", "item_lo": "twin_lo"}),
        filter=LICENCE,
        outcome=policy.licence.on_stricter_elsewhere,
        reason=pl.lit(STRICTER_ELSEWHERE),
        rule=pl.lit(STRICTER_RULE),
        label=pl.col("label"),
        similarity=pl.col("similarity"),
    )
