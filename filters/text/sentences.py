"""How many sentences a line has, by the rule of spaCy's `sentencizer`: a sentence ends with what may end one and all
punctuation that follows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places, Utf8
from filters.text.words import Pieces

Flags = npt.NDArray[np.bool_]


def sentences_of_lines(texts: Utf8, lines: Pieces, tokens: Pieces, *, ends: Flags, marks: Flags) -> Places:
    """Of each line how many sentences it has, 0 if no token begins in it.

    Args:
        texts: the texts.
        lines: pieces in which tokens lie.
        tokens: of spaCy, without those that are white space.
        ends: whether each token may end a sentence.
        marks: whether each token is nothing but punctuation.
    """
    first = np.searchsorted(tokens.starts, lines.starts)
    last = np.searchsorted(tokens.starts, lines.ends)
    return _sentences(texts.data, first, last, tokens.starts, tokens.ends, ends, marks)


@compiled
def _sentences(
    data: Bytes, first: Places, last: Places, starts: Places, ends: Places, may_end: Flags, mark: Flags
) -> Places:
    found = np.zeros(len(first), dtype=np.int64)
    for line in range(len(first)):
        seen_end = False
        for token in range(first[line], last[line]):
            if token == first[line]:
                found[line] = 1
            elif seen_end and (_is_parted(data, ends[token - 1], starts[token]) or not (mark[token] or may_end[token])):
                found[line] += 1
                seen_end = False
            seen_end = seen_end or may_end[token]
    return found


@compiled_leaf
def _is_parted(data: Bytes, end: int, start: int) -> bool:
    """By white space other than a single blank, which is a token for spaCy, and no punctuation."""
    return start - end > 1 or (start - end == 1 and data[end] != 0x20)
