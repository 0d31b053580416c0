"""Texts in windows, and what the windows saw as one."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.personal.names.windows import Mention, join_windows, plan_windows

UNITS = st.lists(st.integers(1, 4), max_size=400)


def sums(weights):
    return np.concatenate([[0], np.cumsum(weights, dtype=np.int64)]).astype(np.int64)


@given(UNITS, st.integers(64, 120))
def test_windows_cover_everything_fit_and_overlap_enough(weights, capacity):
    before = sums(weights)
    windows = plan_windows(before, capacity=capacity, overlap=16)
    assert {unit for begin, end in windows for unit in range(begin, end)} == set(range(len(weights)))
    assert all(before[end] - before[begin] <= capacity for begin, end in windows)
    for (begin, end), (following, _) in pairwise(windows):
        assert begin < following < end
        assert before[end] - before[following] >= 16
    assert all(windows[at][1] <= windows[at + 2][0] for at in range(len(windows) - 2))


MENTIONS = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 290), st.integers(1, 14)), max_size=12)


def apart(drawn):
    """Mentions of which no two touch."""
    placed, free = [], 0
    for kind, start, length in sorted(drawn, key=lambda one: one[1]):
        if start >= free:
            placed.append(Mention(kind, start, start + length, 0.9))
            free = start + length + 1
    return placed


@given(MENTIONS)
def test_a_mention_that_an_edge_cuts_comes_from_the_window_where_it_is_whole(drawn):
    mentions = apart(drawn)
    windows = plan_windows(sums([1] * 305), capacity=64, overlap=16)
    seen = [
        [
            Mention(
                one.kind, max(one.start, begin), min(one.end, end), 0.9 if begin <= one.start < one.end <= end else 0.6
            )
            for one in mentions
            if one.start < end and one.end > begin
        ]
        for begin, end in windows
    ]
    assert join_windows(windows, seen) == mentions


def test_a_mention_longer_than_the_overlap_is_what_both_saw():
    windows = [(0, 64), (48, 112)]
    seen = [[Mention("A", 30, 64, 0.7)], [Mention("A", 48, 80, 0.8)]]
    assert join_windows(windows, seen) == [Mention("A", 30, 80, 0.8)]


def test_kinds_do_not_swallow_each_other():
    seen = [[Mention("A", 0, 5, 0.7), Mention("B", 3, 8, 0.8), Mention("A", 4, 6, 0.9)]]
    assert join_windows([(0, 10)], seen) == [Mention("A", 0, 6, 0.9), Mention("B", 3, 8, 0.8)]


def test_no_windows_saw_nothing():
    assert join_windows([], []) == []
