"""Scaling laws against figures that others printed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.savings.laws import (
    data_constrained_loss,
    effective_tokens,
    epochs,
    scoring_flops,
    tokens_for,
    training_flops,
    unique_token_floors,
)
from tamis.errors import ConfigError

SIZES = st.floats(min_value=1e6, max_value=1e12)


@pytest.mark.parametrize(
    ("parameters", "seen", "unique", "loss"), [(6.34e9, 242e9, 25e9, 2.22564), (8.67e9, 178e9, 25e9, 2.22696)]
)
def test_the_loss_is_what_its_authors_print(parameters, seen, unique, loss):
    assert data_constrained_loss(parameters, seen, unique) == pytest.approx(loss, abs=1e-5)


def test_of_what_their_authors_call_optimal_no_other_size_is_better_by_their_own_grid():
    """1e22 FLOP and 25 billion different tokens: 7.02 billion parameters, 237.3 billion tokens, 9.49 epochs."""
    best = min((data_constrained_loss(n, 1e22 / (6 * n), 25e9), n) for n in [4e9 * 1.01**step for step in range(120)])
    assert best[1] == pytest.approx(7.02e9, rel=0.02)
    assert epochs(237.3e9, 25e9) == pytest.approx(9.49, abs=0.01)


@pytest.mark.parametrize(("times", "worth"), [(1, 1), (2, 1.97), (4, 3.73), (8, 6.62), (16, 10.6), (40, 15.2)])
def test_repeated_tokens_are_worth_less(times, worth):
    assert effective_tokens(1e9, times * 1e9) == pytest.approx(worth * 1e9, rel=0.005)


@pytest.mark.parametrize(("parameters", "penalty"), [(1e8, 0.074), (1e9, 0.033)])
def test_four_epochs_are_not_free_for_a_small_model(parameters, penalty):
    seen = tokens_for(parameters)
    more = data_constrained_loss(parameters, seen, seen / 4) - data_constrained_loss(parameters, seen, seen)
    assert more == pytest.approx(penalty, abs=0.001)


@given(parameters=SIZES, seen=SIZES, unique=SIZES)
def test_more_tokens_never_hurt_and_repeats_are_never_better_than_new_ones(parameters, seen, unique):
    loss = data_constrained_loss(parameters, seen, unique)
    assert math.isfinite(loss)
    assert data_constrained_loss(parameters, 2 * seen, unique) <= loss + 1e-12
    assert data_constrained_loss(parameters, seen, seen) <= loss + 1e-12
    assert effective_tokens(unique, seen) <= seen * (1 + 1e-12)


def test_floating_point_operations_are_six_and_two_for_each_parameter_and_token():
    assert training_flops(1e9, 20e9) == 1.2e20
    assert scoring_flops(1e9, 20e9) == 4e19


def test_a_floor_says_whether_different_tokens_are_enough():
    floors = unique_token_floors(1e9)
    assert [floors.said_of(unique) for unique in (10e9, 9.9e9, 5e9, 4.9e9)] == ["enough", "few", "few", "too_few"]


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_what_is_not_above_nothing_is_refused(wrong):
    for reckon in (training_flops, scoring_flops, epochs, effective_tokens):
        with pytest.raises(ConfigError, match="not above 0"):
            reckon(wrong, 1e9)
    with pytest.raises(ConfigError, match="not above 0"):
        data_constrained_loss(1e9, 1e9, wrong)
