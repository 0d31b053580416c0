"""A family of models on so many tokens: against the laws, written out once more with their authors' constants."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.coefficient import shipped
from releases.savings.family import size_up
from tamis.errors import ConfigError

SIZES = (160_000_000, 410_000_000, 1_400_000_000)


def family_on(unique, sizes=SIZES, *, from_scratch=True):
    return size_up(sizes, unique, coefficients=shipped("FRA"), hardware="H100", from_scratch=from_scratch)


def loss(parameters, seen, unique):
    """Equation 6 of arXiv 2305.16264: E + A / N'^a + B / D'^a."""
    exponent, of_parameters, of_tokens = 0.3526596, math.exp(6.255414), math.exp(7.3049974)
    there = min(unique, seen)
    warranted = min(parameters, there * (of_parameters / of_tokens) ** (1 / exponent))
    used = warranted + warranted * 5.309743 * (1 - math.exp(-(parameters / warranted - 1) / 5.309743))
    tokens = there + there * 15.387756 * (1 - math.exp(-(seen / there - 1) / 15.387756))
    return math.exp(0.6254804) + of_parameters / used**exponent + of_tokens / tokens**exponent


def test_each_size_has_what_the_laws_say():
    members = family_on(2e9).members
    assert [each.seen for each in members] == [3.2e9, 8.2e9, 28e9]
    assert [each.epochs for each in members] == pytest.approx([1.6, 4.1, 14])
    assert [each.unique_per_parameter for each in members] == pytest.approx([12.5, 4.878, 1.4286], rel=1e-4)
    assert [each.unique_tokens for each in members] == ["enough", "too_few", "too_few"]
    assert [each.flops for each in members] == pytest.approx([3.072e18, 2.0172e19, 2.352e20])
    for each in members:
        worse = loss(each.parameters, each.seen, 2e9) / loss(each.parameters, each.seen, each.seen) - 1
        assert each.penalty == pytest.approx(worse, rel=1e-9)
    hours = 3.072e18 / (989.4e12 * 0.40 * 3600)
    assert members[0].device_hours.mid == pytest.approx(hours, rel=0.01)
    assert members[0].kwh.low < members[0].kwh.mid < members[0].kwh.high


def test_the_largest_is_that_of_which_each_parameter_has_ten_tokens():
    assert family_on(2e9).largest.parameters == 160_000_000
    assert family_on(4.1e9).largest.parameters == 410_000_000
    assert family_on(1e12).largest.parameters == 1_400_000_000
    assert family_on(1.5e9).largest is None


def test_what_is_seen_of_more_than_enough_is_seen_less_than_once_and_costs_nothing():
    (member,) = family_on(32e9, SIZES[:1]).members
    assert member.epochs == pytest.approx(0.1)
    assert member.penalty == 0


@given(unique=st.floats(min_value=1e3, max_value=1e13))
def test_a_larger_model_wants_and_takes_more(unique):
    found = family_on(unique)
    for smaller, larger in pairwise(found.members):
        assert smaller.epochs < larger.epochs
        assert smaller.unique_per_parameter > larger.unique_per_parameter
        assert smaller.flops < larger.flops
        assert smaller.kwh.high < larger.kwh.high
    assert all(each.penalty >= 0 for each in found.members)
    enough = [each.unique_tokens == "enough" for each in found.members]
    assert enough == sorted(enough, reverse=True)


@given(unique=st.floats(min_value=1e3, max_value=1e12), times=st.floats(min_value=1, max_value=1e3))
def test_more_tokens_cost_no_model_anything(unique, times):
    for few, many in zip(family_on(unique).members, family_on(unique * times).members, strict=True):
        assert many.penalty <= few.penalty + 1e-12
        assert many.flops == few.flops


def test_the_order_of_sizes_does_not_matter():
    assert family_on(2e9, SIZES[::-1]) == family_on(2e9)


def test_of_models_that_know_something_the_laws_of_trainings_from_scratch_say_nothing():
    found = family_on(2e9, from_scratch=False)
    assert found.largest is None
    assert {(each.unique_tokens, each.penalty, each.epochs, each.seen) for each in found.members} == {
        (None, None, 1.0, 2e9)
    }
    assert [each.flops for each in found.members] == [6 * size * 2e9 for size in SIZES]


def test_a_family_on_nothing_is_refused():
    with pytest.raises(ConfigError, match="not above 0"):
        family_on(0)
