"""What a filter has measured of each item of a pool, to put items in order by it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from releases.subsets.pool import Pool, measured_in
from releases.subsets.section import ByMeasure
from tamis.errors import ConfigError

Measures = Mapping[str, Mapping[str, str]]
"""Filter → measure → `number` or `label`."""


def expect_measure(by: ByMeasure, measures: Measures) -> None:
    """Whether the filters that run measure such a number.

    Raises:
        ConfigError: they do not.
    """
    if by.filter not in measures:
        raise ConfigError.unknown("filter", by.filter, measures, where="subset.measure")
    numbers = [name for name, kind in measures[by.filter].items() if kind == "number"]
    if by.measure not in numbers:
        raise ConfigError.unknown(f"number that {by.filter} measures", by.measure, numbers, where="subset.measure")


def measured(pool: Pool, by: ByMeasure) -> npt.NDArray[np.float64]:
    """The measure of each item, in the order of the pool; NaN where it has none on record.

    Raises:
        ConfigError: the run has no such filter, or that measures no such number.
    """
    specs = pool.log.read_run(pool.run)["filters"]
    expect_measure(by, {spec["name"]: {each["name"]: each["type"] for each in spec["measures"]} for spec in specs})
    nothing = pl.Series(by.measure, [], dtype=pl.Float64)
    parts = [
        measured_in(
            pool.log.segment_folder(pool.run, number),
            pool.items.filter(pl.col("shard") == number).select("position"),
            by.filter,
            by.measure,
            pl.Float64,
        )[by.measure]
        for number in pool.shards
    ]
    return pl.concat([nothing, *parts]).fill_null(math.nan).to_numpy()
