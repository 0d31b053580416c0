"""The words of a text as runs of a tokenizer's tokens."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from filters.personal.names.windows import Places

_JOINERS = "\u200c\u200d"
# Blocks of scripts that put no space between words: Thai to Lao, Myanmar, Khmer, Han and Kana, and Han's extensions.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Words:
    """Runs of tokens that belong together; three arrays, one entry a word."""

    first: Places
    """The first token of each word, and at the end the number of tokens: one more entry than there are words."""
    start: Places
    end: Places
    """Code points."""

    def __len__(self) -> int:
        return len(self.start)


def find_words(text: str, offsets: Places, *, longest: int) -> Words:
    """Groups tokens that stand without a gap between letters or digits of one word.

    Args:
        text: what was tokenized.
        offsets: start and end of each token, code points, as (tokens, 2).
        longest: the most tokens a word may have; longer runs are cut.
    """
    if not len(offsets):
        nothing = np.zeros(0, dtype=np.int64)
        return Words(np.zeros(1, dtype=np.int64), nothing, nothing)
    first = _capped(np.flatnonzero(~_continues(text, offsets)), count=len(offsets), longest=longest)
    return Words(
        first=np.append(first, len(offsets)),
        start=np.minimum.reduceat(offsets[:, 0], first),
        end=np.maximum.reduceat(offsets[:, 1], first),
    )


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without white space at its ends, and with the combining marks that follow it."""
    stripped = text[start:end].strip()
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(stripped)
    while start < end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end += 1
    return start, end


def _continues(text: str, offsets: Places) -> npt.NDArray[np.bool_]:
    """For each token: whether it goes on with the word of the one before."""
    continues = np.zeros(len(offsets), dtype=bool)
    start, end_before = offsets[1:, 0], offsets[:-1, 1]
    continues[1:] = start < end_before
    for token in (np.flatnonzero(start == end_before) + 1).tolist():
        place = int(offsets[token, 0])
        continues[token] = 0 < place < len(text) and _joins(text[place - 1], text[place])
    return continues


def _joins(left: str, right: str) -> bool:
    if left.isascii() and right.isascii():
        return left.isalnum() and right.isalnum()
    if right in _JOINERS or unicodedata.category(right).startswith("M"):
        return not left.isspace()
    is_word = (left.isalnum() or left in _JOINERS or unicodedata.category(left).startswith("M")) and right.isalnum()
    return is_word and not (_is_unspaced(left) or _is_unspaced(right))


def _is_unspaced(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in _UNSPACED)


def _capped(first: Places, *, count: int, longest: int) -> Places:
    lengths = np.diff(np.append(first, count))
    if lengths.max(initial=0) <= longest:
        return first
    return np.concatenate([np.arange(at, at + size, longest) for at, size in zip(first, lengths, strict=True)])
