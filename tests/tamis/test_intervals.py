"""Intervals of a share against published figures and against what they must be."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.intervals import clopper_pearson, draws_needed, lower_bound, wilson

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_it_is_as_published(hits, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@given(COUNTS, st.floats(0.01, 0.999))
def test_it_holds_the_share_and_stays_a_share(counts, confidence):
    low, high = wilson(*counts, confidence)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1
    assert low < high


@given(COUNTS)
def test_misses_mirror_hits(counts):
    hits, n = counts
    low, high = wilson(hits, n)
    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low))


@given(COUNTS)
def test_more_confidence_is_wider(counts):
    low, high = wilson(*counts, 0.9)
    wider = wilson(*counts, 0.99)
    assert wider[0] <= low
    assert high <= wider[1]


def test_of_no_draws_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("given", [(-1, 5), (6, 5), (0, -1), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_is_no_count_is_refused(given):
    with pytest.raises(ValueError, match="expected 0 <= hits <= n"):
        wilson(*given)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_the_exact_one_is_as_published(hits, n, low, high):
    """Newcombe, as above, method 5."""
    assert clopper_pearson(hits, n) == pytest.approx((low, high), abs=5e-5)


def chance_of_so_many(hits, n, share):
    """Of `hits` or more out of `n`, in whole numbers."""
    share = Fraction(share)
    return float(sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits, n + 1)))


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), st.sampled_from([0.9, 0.95]))
def test_at_the_exact_bound_so_many_hits_are_as_rare_as_it_says(counts, confidence):
    assert chance_of_so_many(*counts, lower_bound(*counts, confidence)) == pytest.approx(1 - confidence, rel=1e-9)


@given(COUNTS, st.sampled_from([0.9, 0.95, 0.99]))
def test_the_exact_one_holds_the_share_mirrors_and_widens(counts, confidence):
    hits, n = counts
    low, high = clopper_pearson(hits, n, confidence)
    assert 0 <= low <= hits / n <= high <= 1
    assert clopper_pearson(n - hits, n, confidence) == pytest.approx((1 - high, 1 - low), abs=1e-12)
    wider = clopper_pearson(hits, n, (1 + confidence) / 2)
    assert wider[0] <= low
    assert high <= wider[1]


@pytest.mark.parametrize("n", [1, 7, 300, 1_000_000])
def test_without_a_miss_or_a_hit_the_exact_one_is_a_root(n):
    assert lower_bound(n, n) == pytest.approx(0.05 ** (1 / n), rel=1e-12)
    assert clopper_pearson(0, n)[1] == pytest.approx(1 - 0.025 ** (1 / n), rel=1e-6)
    assert lower_bound(0, n) == 0


@pytest.mark.parametrize(("share", "n"), [(0.99, 299), (0.95, 59), (0.999, 2995), (0.5, 5), (0.01, 1)])
def test_so_many_draws_show_a_share_and_one_fewer_do_not(share, n):
    assert draws_needed(share) == n
    assert lower_bound(n, n) >= share
    assert lower_bound(n - 1, n - 1) < share if n > 1 else True


def test_the_exact_one_knows_nothing_of_no_draws_and_refuses_what_is_no_count():
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    for wrong in ((-1, 5), (6, 5), (1, 2, 0.0), (1, 2, 1.0)):
        with pytest.raises(ValueError, match="expected 0 <= hits <= n"):
            lower_bound(*wrong)
    for share in (0.0, 1.0):
        with pytest.raises(ValueError, match="expected both above 0 and below 1"):
            draws_needed(share)
