"""Wilson's interval against published figures and against what it must be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamis.intervals import wilson

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
