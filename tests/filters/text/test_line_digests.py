"""The compiled digests are what their definition says: of the words of Python's lines, and of what stands between."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text.folding import ALONE, END, PARTS, SKIPPED, folding
from filters.text.line_digests import Digests, line_digests
from filters.text.utf8 import Utf8


def _digested(*texts: str, least: int = 1) -> tuple[list[int], Digests, Digests]:
    characters, lines, paragraphs = line_digests(Utf8.of(pl.Series(texts, dtype=pl.String)), least=least)
    return characters.tolist(), lines, paragraphs


def _words(line: str) -> list[list[int]]:
    words: list[list[int]] = [[]]
    for character in line:
        folded = int(folding()[ord(character)]) if ord(character) < END else SKIPPED
        if folded == SKIPPED:
            continue
        if folded == PARTS:
            words.append([])
        elif folded & ALONE:
            words += [[folded], []]
        else:
            words[-1].append(folded)
    return [word for word in words if word]


def _chained(start: int, numbers: list[int]) -> int:
    for number in numbers:
        start = (start ^ number) * 0x100000001B3 % 2**64
    return start


def _mixed(value: int) -> int:
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD % 2**64
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 % 2**64
    return value ^ value >> 33


def _digest(words: list[list[int]], start: int) -> tuple[int, int]:
    hashed = [_mixed(_chained(0xCBF29CE484222325, word)) for word in words]
    return _mixed(_chained(start, hashed)), sum(map(len, words))


def _by_definition(text: str, least: int) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
    """Characters, lines and paragraphs with their lengths; slowly, in Python's own integers."""
    lines = [_words(line) for line in text.splitlines()]
    paragraphs: list[list[list[int]]] = [[]]
    for line in lines:
        paragraphs[-1] += line
        if not line:
            paragraphs.append([])
    return (
        sum(len(word) for line in lines for word in line),
        [_digest(line, 0x9E3779B97F4A7C15) for line in lines if len(line) >= least],
        [_digest(words, 0xBF58476D1CE4E5B9) for words in paragraphs if len(words) >= least],
    )


def _listed(digests: Digests, text: int) -> list[tuple[int, int]]:
    own = slice(digests.bounds[text], digests.bounds[text + 1])
    return list(zip(digests.values[own].tolist(), digests.lengths[own].tolist(), strict=True))


_PIECES = [
    "a",
    "b b",
    "Über uns",
    "漢字",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " \t",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0c",
    "-",
    "\u00ad",
    "\u200d",
    "１",
]


@given(
    texts=st.lists(
        st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=12).map("".join), max_size=4
    ),
    least=st.integers(1, 4),
)
def test_digests_and_lengths_are_those_of_the_definition(texts: list[str], least: int) -> None:
    characters, lines, paragraphs = _digested(*texts, least=least)
    for place, text in enumerate(texts):
        told = (characters[place], _listed(lines, place), _listed(paragraphs, place))
        assert told == _by_definition(text, least)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("All rights reserved.", "ALL RIGHTS — RESERVED!"),
        ("Café münchen", "cafe\u0301 mu\u0308nchen"),
        ("| Home | About us |", "home about us"),
        ("cook\u00adies", "cookies"),
        ("１２ pages", "12 pages"),
    ],
)
def test_case_accents_punctuation_and_markup_are_of_no_matter(one: str, other: str) -> None:
    _, lines, paragraphs = _digested(one, other)
    assert _listed(lines, 0) == _listed(lines, 1)
    assert _listed(paragraphs, 0) == _listed(paragraphs, 1)


def test_a_paragraph_is_the_same_however_it_is_broken_into_lines() -> None:
    _, lines, paragraphs = _digested("one two\nthree four", "one two three four", "one two\n--\nthree four")
    first, second, third = (_listed(paragraphs, place) for place in range(3))
    assert first == second
    assert len(third) == 2
    assert _listed(lines, 0) == _listed(lines, 2) != _listed(lines, 1)


def test_a_line_and_a_paragraph_of_the_same_words_are_told_apart() -> None:
    _, lines, paragraphs = _digested("one two three")
    assert lines.values[0] != paragraphs.values[0]


def test_what_is_packed_is_little_endian_and_a_text_without_lines_has_none() -> None:
    _, lines, _ = _digested("one two\nthree", "…", "four", least=1)
    values, lengths = lines.packed()
    assert [len(each) for each in values] == [16, 0, 8]
    assert np.frombuffer(lengths[0], "<u4").tolist() == [6, 5]
    assert np.frombuffer(values[2], "<u8").tolist() == lines.values[2:].tolist()
