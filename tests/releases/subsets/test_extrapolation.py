"""What a power law foretells, and how it is held against what came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.subsets.extrapolation import PowerLaw, foretold, power_law

SIZES = [1_000 * 2**step for step in range(8)]


@given(
    st.floats(0, 3),
    st.floats(1, 100),
    st.floats(0.1, 0.9),
)
def test_a_law_is_found_again_in_what_it_says(floor: float, scale: float, power: float) -> None:
    true = PowerLaw(floor, scale, power)
    found = power_law(SIZES[:6], [true.at(size) for size in SIZES[:6]])
    assert found.at(SIZES[7]) == pytest.approx(true.at(SIZES[7]), rel=0.02)


def test_what_a_law_says_is_foretold_at_twice_and_four_times() -> None:
    true = PowerLaw(1.2, 30.0, 0.4)
    told = list(foretold(SIZES, [true.at(size) for size in SIZES]))
    assert [(each.factor, each.fitted_to, each.bytes) for each in told] == [
        (2, SIZES[6], SIZES[7]),
        (4, SIZES[5], SIZES[7]),
    ]
    assert all(abs(each.error) < 0.01 for each in told)


def test_a_curve_that_rises_again_is_foretold_too_low() -> None:
    rising = [3.0, 2.5, 2.2, 2.0, 1.9, 1.85, 1.95, 2.2]
    assert all(each.error < -0.05 for each in foretold(SIZES, rising))


def test_nothing_is_foretold_by_fewer_than_four_sizes() -> None:
    assert list(foretold(SIZES[:4], [3.0, 2.5, 2.2, 2.0])) == []
    with pytest.raises(ValueError, match="needs 4 sizes, and there are 3"):
        power_law(SIZES[:3], [3.0, 2.5, 2.2])


def test_sizes_of_whole_items_need_not_be_just_twice_another() -> None:
    true = PowerLaw(1.2, 30.0, 0.4)
    sizes = [round(size * (1 + 0.03 * (-1) ** place)) for place, size in enumerate(SIZES)]
    assert [each.factor for each in foretold(sizes, [true.at(size) for size in sizes])] == [2, 4]


def test_neither_floor_nor_scale_is_below_nothing() -> None:
    steep = power_law(SIZES[:4], [8.0, 3.0, 1.0, 0.2])
    assert steep.floor >= 0
    assert steep.at(10**12) >= 0
    rising = power_law(SIZES[:4], [1.0, 2.0, 3.0, 4.0])
    assert rising.scale >= 0
