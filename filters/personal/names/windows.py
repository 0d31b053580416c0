"""How a text that is longer than a model sees at once is read in windows, and what they saw becomes one.

Positions are in any unit that the caller counts in, ends exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mention:
    """What a model saw somewhere."""

    kind: str
    start: int
    end: int
    score: float


def plan_windows(weights: Places, *, capacity: int, overlap: int) -> list[tuple[int, int]]:
    """Cuts a row of units into windows (first unit, end) that weigh at most `capacity` and share at least `overlap`.

    Args:
        weights: the sum of the weights before each unit, and of all at the end: one more than there are units. No unit
            may weigh more than a quarter of `overlap`.
        capacity: at least 4 times `overlap`, so that no more than two windows share a unit.
        overlap: what two neighbours share, at least.
    """
    windows = []
    count = len(weights) - 1
    begin = end = 0
    while end < count:
        end = int(np.searchsorted(weights, weights[begin] + capacity, side="right")) - 1
        windows.append((begin, end))
        begin = int(np.searchsorted(weights, weights[end] - overlap, side="right")) - 1
    return windows


def join_windows(windows: Sequence[tuple[int, int]], seen: Sequence[Sequence[Mention]]) -> list[Mention]:
    """What the windows saw, as one list in order: each place is told by the window that has more around it.

    Where two windows overlap, the left one is believed up to a cut and the right one from there on. The cut lies as
    near to the middle as it can without running through a mention of either, so a mention that one window's edge cuts
    off comes from the other, whole. A mention longer than the overlap is what both saw of it.
    """
    if not windows:
        return []
    cuts = [_cut(right[0], left[1], [*seen[at], *seen[at + 1]]) for at, (left, right) in enumerate(pairwise(windows))]
    believed = [
        mention
        for mentions, low, high in zip(seen, [None, *cuts], [*cuts, None], strict=True)
        for mention in mentions
        if (low is None or mention.end > low) and (high is None or mention.start < high)
    ]
    return _united(believed)


def _cut(low: int, high: int, mentions: Sequence[Mention]) -> int:
    middle = (low + high) // 2
    inside = {place for mention in mentions for place in range(max(mention.start, low) + 1, min(mention.end, high))}
    free = [place for place in range(low + 1, high) if place not in inside]
    return min(free, key=lambda place: (abs(place - middle), place), default=middle)


def _united(mentions: Iterable[Mention]) -> list[Mention]:
    """Mentions of one kind that overlap become one; it has the score of the surer."""
    whole: dict[str, list[Mention]] = {}
    for mention in sorted(mentions, key=lambda mention: (mention.start, mention.end)):
        row = whole.setdefault(mention.kind, [])
        if row and mention.start < row[-1].end:
            last = row[-1]
            row[-1] = Mention(last.kind, last.start, max(last.end, mention.end), max(last.score, mention.score))
        else:
            row.append(mention)
    return sorted((mention for row in whole.values() for mention in row), key=lambda found: (found.start, found.kind))
