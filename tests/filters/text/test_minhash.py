"""The compiled MinHash is what its definition says, and estimates the similarity of texts as theory has it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text.folding import ALONE, END, PARTS, SKIPPED, folding
from filters.text.minhash import minhashes, permutations
from filters.text.utf8 import Utf8

FIRST = "The quick brown fox jumps over the lazy dog. " * 3


def _minima(*texts: str, shingle: int = 5, count: int = 112) -> list[list[int]]:
    return minhashes(Utf8.of(pl.Series(texts, dtype=pl.String)), folding(), shingle=shingle, count=count)[1].tolist()


def _words(text: str) -> list[list[int]]:
    words: list[list[int]] = [[]]
    for character in text:
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


def _mixed(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
    return value ^ value >> 31


def _chained(start: int, numbers: list[int]) -> int:
    for number in numbers:
        start = (start ^ number) * 0x100000001B3 % 2**64
    return start


def _by_definition(text: str, shingle: int, count: int) -> tuple[int, list[int]]:
    """Slowly, in Python's own integers."""
    words = [_mixed(_chained(0xCBF29CE484222325, word)) for word in _words(text)]
    length = min(shingle, len(words))
    runs = [words[place : place + length] for place in range(len(words) - length + 1)] if words else []
    hashed = [_mixed(_chained(length, run)) >> 32 for run in runs]
    minima = [
        min(((one ^ int(mask)) * int(multiplier) % 2**32 for one in hashed), default=2**32 - 1)
        for mask, multiplier in permutations(count).T
    ]
    return len(words), minima


def _digest(text: str) -> list[int]:
    high, low = 0xCBF29CE484222325, 0x9E3779B97F4A7C15
    for word in _words(text):
        value = _mixed(_chained(0xCBF29CE484222325, word))
        high, low = (high ^ value) * 0x100000001B3 % 2**64, (low ^ value) * 0x94D049BB133111EB % 2**64
    return [_mixed(high), _mixed(low)]


@given(
    texts=st.lists(
        st.text(st.sampled_from("aAbéÉe\u0301ß 漢字かなกข,.\n\u00ad\U0001f600𠀀İΣς0²x\U000e0041")), max_size=5
    ),
    shingle=st.integers(1, 7),
    count=st.sampled_from([16, 37]),
)
def test_the_loop_gives_what_the_definition_says(texts: list[str], shingle: int, count: int) -> None:
    words, minima, digests = minhashes(
        Utf8.of(pl.Series(texts, dtype=pl.String)), folding(), shingle=shingle, count=count
    )
    for place, text in enumerate(texts):
        assert (int(words[place]), minima[place].tolist()) == _by_definition(text, shingle, count)
        assert digests[place].tolist() == _digest(text)


def test_a_long_text_is_more_than_one_handful_of_shingles() -> None:
    text = " ".join(str(number) for number in range(3_000))
    assert _minima(text, count=16) == [_by_definition(text, 5, 16)[1]]


def test_hashes_are_the_same_as_ever() -> None:
    """They lie in logs: if this fails, another algorithm has come, and ALGORITHM must say so."""
    assert _minima(FIRST)[0][:4] == [388853639, 481815479, 668914431, 60429449]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("THE QUICK  BROWN\tFOX\njumps over; the 'lazy' dog!\n" * 3, "case, white space and punctuation"),
        (FIRST.replace("quick", "qu\u00adi\u200dck"), "characters of format"),
        (FIRST.replace("fox", "fóx"), "accents"),
        (FIRST.replace("fox", "fo\u0301x"), "combining accents"),
        (FIRST.replace("brown", "ｂｒｏｗｎ"), "full width"),
    ],
)
def test_what_makes_no_other_words_changes_nothing(other: str, why: str) -> None:
    assert _minima(FIRST) == _minima(other), why


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" … — !? \n", 0),
        ("one", 1),
        ("don't", 2),
        ("漢字かな", 4),
        ("the漢x", 3),
        ("𠀀𠀁", 2),
        ("हिन्दी में", 2),
        ("x\U000e0041y", 1),
    ],
)
def test_how_many_words_a_text_has(text: str, count: int) -> None:
    assert minhashes(Utf8.of(pl.Series([text])), folding(), shingle=5, count=16)[0].tolist() == [count]


def test_a_short_text_is_one_run_and_no_part_of_a_longer_one() -> None:
    short, again, longer = _minima("one two", "One, two.", "one two three")
    assert short == again
    assert not set(short) & set(longer)


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.8, 0.95])
def test_the_share_of_equal_minima_estimates_the_similarity(similarity: float) -> None:
    """Of 400 pairs of sets: the mean within four deviations of what it must be, and the deviation as in theory."""
    random = np.random.default_rng(7)
    common = round(2 * similarity / (1 + similarity) * 200)
    texts = []
    for _ in range(400):
        words = random.integers(0, 10**9, 400 - common).astype(str)
        texts += [" ".join(words[:200]), " ".join(words[200 - common :])]
    minima = np.array(_minima(*texts, shingle=1))
    estimates = (minima[::2] == minima[1::2]).mean(axis=1)
    exact = common / (400 - common)
    deviation = (exact * (1 - exact) / 112) ** 0.5
    assert abs(estimates.mean() - exact) < 4 * deviation / 20
    assert 0.8 < estimates.std() / deviation < 1.2
