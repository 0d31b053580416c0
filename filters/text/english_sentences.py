"""How many sentences spaCy's sentencizer finds in runs of English tokens, such as those of each line of a text.

A sentence ends with a token that is one of its marks (`Sentencizer.default_punct_chars`); tokens of punctuation after
it still belong to it. White space of more than one plain space is a token to spaCy, and so begins the next sentence.
Sentences of white space only are not counted: datatrove, whose C4 filter counts sentences so, strips them away.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from filters.text.classes import PUNCTUATION, classes
from filters.text.compiled import compiled, compiled_leaf
from filters.text.english_rules import english
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width
from filters.text.words import Pieces

_PUNCTUATION, _MARK = 1, 2
_SPACE = ord(" ")
_Signs = npt.NDArray[np.uint8]


def sentence_counts(texts: Utf8, words: Pieces, begins: Places, ends: Places) -> Places:
    """Of each run of words `begins[i]` up to, not including, `ends[i]`, which are tokens of one text.

    Each counts as if the run were a text by itself, as datatrove takes each line.
    """
    return _counts(texts.data, words.starts, words.ends, begins, ends, _signs())


@cache
def _signs() -> _Signs:
    """What each code point is to the sentencizer."""
    english()
    from spacy.pipeline import Sentencizer

    signs = np.where(classes() & PUNCTUATION > 0, np.uint8(_PUNCTUATION), np.uint8(0))
    signs[[ord(mark) for mark in Sentencizer.default_punct_chars]] |= _MARK
    return signs


@compiled
def _counts(data: Bytes, starts: Places, ends: Places, first: Places, last: Places, signs: _Signs) -> Places:
    counts = np.empty(len(first), dtype=np.int64)
    for run in range(len(first)):
        counts[run] = _count(data, starts, ends, first[run], last[run], signs)
    return counts


@compiled_leaf
def _count(data: Bytes, starts: Places, ends: Places, first: int, last: int, signs: _Signs) -> int:
    sentences = 0
    ended = False
    for word in range(first, last):
        if ended and word > first and _spaced(data, ends[word - 1], starts[word]):
            sentences += 1
            ended = False
        kind = _kind(data, starts[word], ends[word], signs)
        if word == first or (ended and not kind):
            sentences += 1
            ended = False
        ended = ended or kind & _MARK != 0
    return sentences


@compiled_leaf
def _spaced(data: Bytes, begin: int, end: int) -> bool:
    """Whether there is a token of white space here."""
    return end - begin > 1 or (end - begin == 1 and data[begin] != _SPACE)


@compiled_leaf
def _kind(data: Bytes, begin: int, end: int, signs: _Signs) -> int:
    """Whether a token is one mark that ends sentences, or punctuation throughout; 0 for neither."""
    kind = int(signs[code_at(data, begin)])
    place = begin + width(data[begin])
    if place < end:
        kind &= _PUNCTUATION
    while place < end and kind:
        kind &= int(signs[code_at(data, place)])
        place += width(data[place])
    return kind
