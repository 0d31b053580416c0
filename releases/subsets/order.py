"""Puts items in an order of which every beginning is a subset: nested, the same for any number of workers.

First comes what scores most; chance, where it has a say, is a hash of the item's id and the seed. Caps, floors and
strata hold for every beginning of the order, as nearly as whole items allow: the next item is the best of those that
no cap keeps out, and where a floor is not reached, the best of those that count for it. The first item of a value is
let in, for it alone is over every cap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from releases.subsets.bounded import replayed, within_bounds
from releases.subsets.section import Subset

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)


def chances(items: pl.DataFrame, seed: int) -> Floats:
    """A number of each item, above 0 and below 1, that its id and the seed decide: item_hi, item_lo."""
    with np.errstate(over="ignore"):
        value = items["item_lo"].to_numpy() + _STEP * np.uint64(seed + 1)
        value = (value ^ (value >> np.uint64(30))) * _MIX_1 ^ items["item_hi"].to_numpy()
        value = (value ^ (value >> np.uint64(27))) * _MIX_2
        value ^= value >> np.uint64(31)
    drawn: Floats = ((value >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return drawn


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Caps and floors: of each group of the recipe's, which value each item has, and what is asked of each value."""

    codes: Integers
    """groups x items."""
    values: tuple[tuple[str | None, ...], ...]
    """Of each group, what a code stands for; null: it is not known."""
    most: Floats
    """groups x values: the share that each may have at most; infinity where there is no cap."""
    least: Floats
    """groups x values: the share that each is to have at least; 0 where there is no floor."""


def in_order(items: pl.DataFrame, subset: Subset, score: Floats, *, wanted: Sequence[str] = ()) -> Integers:
    """The places of the items in the order in which they are chosen; those that caps never let in are not in it.

    Args:
        items: of the pool: schema ITEMS.
        subset: what is asked for.
        score: of each; NaN ones are left out.
        wanted: the labels of the target, where it has some: strata of other labels come after all of these.
    """
    chance = chances(items, subset.seed)
    key = score - subset.temperature * np.log(-np.log(chance)) if subset.temperature else score
    able = np.flatnonzero(~np.isnan(key))
    if subset.strata is not None:
        key = key.copy()
        key[able] = -_within_strata(items[able], subset, key[able], wanted)
    best = able[np.lexsort((chance[able], -key[able]))]
    if subset.replay:
        best = _with_replay(best, chance, items["bytes"].to_numpy().astype(np.float64), subset.replay)
    bounds = bounds_of(items, subset)
    if bounds is None or not len(best):
        return np.asarray(best, dtype=np.int64)
    sizes = items["bytes"].to_numpy().astype(np.float64)[best]
    codes = np.ascontiguousarray(bounds.codes[:, best])
    combinations, of_item = np.unique(codes, axis=1, return_inverse=True)
    of_item = of_item.reshape(-1).astype(np.int64)
    queued = np.argsort(of_item, kind="stable").astype(np.int64)
    starts = np.searchsorted(of_item[queued], np.arange(combinations.shape[1] + 1)).astype(np.int64)
    places = within_bounds(sizes, combinations, queued, starts, bounds.most, bounds.least)
    return np.asarray(best[places], dtype=np.int64)


def _with_replay(best: Integers, chance: Floats, sizes: Floats, share: float) -> Integers:
    """The order with, at every beginning, a share of bytes that chance alone has chosen."""
    by_chance = best[np.argsort(chance[best], kind="stable")]
    return np.asarray(replayed(best, by_chance, sizes, share), dtype=np.int64)


def _within_strata(items: pl.DataFrame, subset: Subset, key: Floats, wanted: Sequence[str]) -> Floats:
    """Of each item, which part of its stratum comes before it, the best first; in equal strata, how many items do."""
    ranked = pl.DataFrame(
        {
            "value": items[str(subset.strata)].cast(pl.String),
            "key": key,
            "chance": chances(items, subset.seed),
            "offset": chances(items, subset.seed + 2**32),  # of another seed than any: so no stratum's first is early
            "place": np.arange(items.height),
        }
    ).sort("key", "chance", descending=[True, False], maintain_order=True)
    before = pl.int_range(pl.len()).over("value") + pl.col("offset")
    ranked = ranked.select(
        "place",
        "value",
        before=before / pl.len().over("value") if subset.strata_shares == "all" else before,
    )
    if subset.strata == "label" and wanted:
        last = pl.col("before").max() + 1
        is_wanted = pl.col("value").is_in(list(wanted)).fill_null(value=False)
        ranked = ranked.with_columns(before=pl.col("before") + pl.when(is_wanted).then(0.0).otherwise(last))
    return ranked.sort("place")["before"].to_numpy()


def bounds_of(items: pl.DataFrame, subset: Subset) -> Bounds | None:
    """Caps and floors over these items; null where there are none."""
    groups = list(dict.fromkeys([*(cap.by for cap in subset.caps), *(floor.by for floor in subset.floors)]))
    if not groups:
        return None
    coded = [_coded(items[group]) for group in groups]
    width = max(len(values) for _, values in coded)
    most, least = np.full((len(groups), width), np.inf), np.zeros((len(groups), width))
    for place, (group, (_, values)) in enumerate(zip(groups, coded, strict=True)):
        for cap in (each for each in subset.caps if each.by == group):
            which = range(len(values)) if cap.value is None else _where(values, cap.value)
            most[place, list(which)] = np.minimum(most[place, list(which)], cap.most)
        for floor in (each for each in subset.floors if each.by == group):
            least[place, list(_where(values, floor.value))] = floor.least
    return Bounds(np.stack([codes for codes, _ in coded]), tuple(values for _, values in coded), most, least)


def _coded(values: pl.Series) -> tuple[Integers, tuple[str | None, ...]]:
    named = values.cast(pl.String)
    known = named.unique().sort().to_list()
    codes = pl.DataFrame({"value": named}).join(
        pl.DataFrame({"value": known, "code": range(len(known))}, schema={"value": pl.String, "code": pl.Int64}),
        on="value",
        how="left",
        nulls_equal=True,
        maintain_order="left",
        validate="m:1",
    )["code"]
    return codes.to_numpy(), tuple(known)


def _where(values: tuple[str | None, ...], value: str) -> list[int]:
    return [place for place, each in enumerate(values) if each == value]
