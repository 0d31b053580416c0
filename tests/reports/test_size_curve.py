"""The picture of a subset's sizes: what stands in it lies on nothing else."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from releases.subsets.curve import Curve, Point
from releases.subsets.learner import Ruler
from releases.subsets.section import Auto
from releases.subsets.size import CURVE, Sized, size_of
from reports.size_curve import as_svg

SHARES = (0.0045, 0.0045, 0.0157, 0.0253, 0.0451, 0.0654, 0.0977, 0.148, 0.197, 0.247, 0.297, 0.496, 1.0)


def measured(bits: list[float]) -> Sized:
    """Of 60 held-out texts of a byte each."""
    points = tuple(
        Point(share, 1, round(1e6 * share), round(1e6 * share), np.full(60, each))
        for share, each in zip(SHARES, bits, strict=True)
    )
    ruler = Ruler("byte", np.ones(60), np.arange(60), None)
    curve = Curve(points, points[-1], (), ruler)
    rows = [
        {"share": point.share, "bytes": point.bytes, "per": "byte", "bits": each, "low": each - 0.1, "high": each + 0.1}
        for point, each in zip(points, bits, strict=True)
    ]
    return Sized(size_of(curve, Auto(), seed=1), pl.DataFrame(rows, schema=CURVE), 60, {}, None)


FALLING = [float(bits) for bits in np.linspace(4, 1.4, len(SHARES))]
RISING = [1.25, *FALLING[:0:-1]]


@pytest.mark.parametrize("bits", [FALLING, RISING])
def test_shares_under_the_axis_are_apart_and_the_last_is_written(bits: list[float]) -> None:
    svg = as_svg(measured(bits))
    written = re.findall(r'<text x="([\d.]+)" y="390" text-anchor="middle" font-size="12">([\d.]+)%<', svg)
    places = [float(x) for x, _ in written]
    assert written[0][1] == "100"
    assert min(first - second for first, second in pairwise(places)) >= 48


@pytest.mark.parametrize("bits", [FALLING, RISING])
def test_the_lines_of_the_grid_reach_from_the_least_bits_shown_to_the_most(bits: list[float]) -> None:
    said = re.findall(r'text-anchor="end" font-size="12">([\d.]+)<', as_svg(measured(bits)))
    assert (float(said[0]), float(said[-1])) == pytest.approx((min(bits) - 0.1, max(bits) + 0.1), abs=0.005)


def test_the_size_that_is_enough_is_named_above_what_is_written_under_the_axis() -> None:
    svg = as_svg(measured(FALLING))
    named = re.search(r'y="([\d.]+)"[^>]*>[\d.]+% is enough<', svg)
    assert named is not None
    assert float(named[1]) < 370
