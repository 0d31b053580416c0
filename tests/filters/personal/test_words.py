"""Tokens as words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.personal.names.words import find_words, trimmed
from filters.text_models.tokens import as_shown


def words_of(text, cuts, longest=16):
    offsets = np.array([(low, high) for low, high in cuts], dtype=np.int64).reshape(-1, 2)
    words = find_words(text, offsets, longest=longest)
    return [text[start:end] for start, end in zip(words.start, words.end, strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ann-Lee", ["Ann", "-", "Lee"]),
        ("Zoe\u0308s", ["Zoe\u0308s"]),
        ("\u0646\u0627\u0645\u200c\u0647\u0627", ["\u0646\u0627\u0645\u200c\u0647\u0627"]),
        ("\u5f20\u4f1f\u5728", ["\u5f20", "\u4f1f", "\u5728"]),
        ("\u0e2a\u0e21", ["\u0e2a", "\u0e21"]),
        ("\uae40\ubbfc", ["\uae40\ubbfc"]),
        ("a1\U0001d41a", ["a1\U0001d41a"]),
        ("x\U0001f600y", ["x", "\U0001f600", "y"]),
    ],
)
def test_characters_that_belong_together_are_one_word(text, words):
    assert words_of(text, [(at, at + 1) for at in range(len(text))]) == words


def test_tokens_that_share_a_character_are_one_word():
    assert words_of("a \U0001f600 b", [(0, 1), (2, 3), (2, 3), (4, 5)]) == ["a", "\U0001f600", "b"]


def test_a_gap_parts_words_and_a_long_run_is_cut():
    assert words_of("ab cd", [(0, 1), (1, 2), (3, 4), (4, 5)]) == ["ab", "cd"]
    assert words_of("a" * 10, [(at, at + 1) for at in range(10)], longest=4) == ["aaaa", "aaaa", "aa"]


def test_no_tokens_are_no_words():
    assert len(find_words(" ", np.zeros((0, 2), dtype=np.int64), longest=4)) == 0


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_every_text_can_be_shown_with_every_character_in_its_place(text):
    shown = as_shown(text)
    shown.encode()
    assert len(shown) == len(text)
    assert all(new == old or "\ud800" <= old <= "\udfff" for new, old in zip(shown, text, strict=True))


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [("  Ann ", (0, 6), (2, 5)), ("Zoe\u0308!", (0, 3), (0, 4)), ("   ", (0, 3), (3, 3)), ("\u0301x", (0, 0), (0, 0))],
)
def test_a_place_ends_where_something_can_be_seen(text, place, expected):
    assert trimmed(text, *place) == expected
