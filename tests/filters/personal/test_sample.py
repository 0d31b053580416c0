"""Which items are looked at again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.personal.names.sample import sampled
from tamis.ids import item_id

IDS = [item_id("shard", position) for position in range(5_000)]
WORDS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_it_takes_about_the_share_it_is_asked_for(share):
    taken = sum(sampled(hi, lo, seed=1, share=share) for hi, lo in IDS)
    assert abs(taken - 5_000 * share) < 4 * (5_000 * share * (1 - share)) ** 0.5


@given(WORDS, WORDS, st.integers())
def test_a_larger_share_holds_the_smaller_one_and_the_ends_are_none_and_all(hi, lo, seed):
    answers = [sampled(hi, lo, seed=seed, share=share) for share in (0, 0.1, 0.5, 0.9, 1)]
    assert answers == sorted(answers)
    assert answers[0] is False
    assert answers[-1] is True


def test_another_seed_takes_others():
    first, second = ([sampled(hi, lo, seed=seed, share=0.5) for hi, lo in IDS] for seed in (1, 2))
    assert 0.4 < sum(a == b for a, b in zip(first, second, strict=True)) / len(IDS) < 0.6


def test_the_choice_is_fixed_for_good():
    assert [at for at, (hi, lo) in enumerate(IDS) if sampled(hi, lo, seed=0, share=0.002)] == [
        1373,
        1613,
        2277,
        3011,
        3017,
        3071,
        3159,
        3507,
        3600,
        3669,
    ]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_beyond_0_to_1_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        sampled(0, 0, seed=0, share=share)
