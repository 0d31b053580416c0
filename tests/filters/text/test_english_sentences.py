from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.text.english_sentences import sentence_counts
from filters.text.english_tokens import english_tokens
from filters.text.utf8 import Utf8

PIECES = [
    *"abA. .. ! ?…\"”)('-\n\t。！؟",
    "  ",
    "...",
    "?!",
    "U.S.",
    "e.g.",
    "don't",
    "Yes",
    "\xa0",
    "$",
    "😀",
    "!)",
    ":)",
    "\u2028",
]


@pytest.fixture(scope="module")
def sentencizer() -> Any:
    import spacy

    language = spacy.blank("en")
    language.add_pipe("sentencizer")
    return language


def counted(*texts: str) -> list[int]:
    held = Utf8.of(pl.Series(texts, dtype=pl.String))
    words = english_tokens(held)
    return sentence_counts(held, words, words.bounds[:-1], words.bounds[1:]).tolist()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12).map("".join), max_size=4))
def test_sentences_are_counted_as_by_spacys_sentencizer(sentencizer: Any, texts: list[str]) -> None:
    expected = [sum(not sentence.text.isspace() for sentence in sentencizer(text).sents) for text in texts]
    assert counted(*texts) == expected


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        (" \n", 0),
        ("no end", 1),
        ("One. Two! Three?", 3),
        ("He said “no.” Then she left.", 2),
        ("In the U.S. army, e.g. here.", 1),
        ("Done.  ", 1),
        ("Done. ) x", 2),
        ("Done.  )", 2),
        ("Wait... what", 1),
        ("一。 二。", 2),
    ],
)
def test_each_rule_of_the_sentencizer_holds(sentencizer: Any, text: str, sentences: int) -> None:
    assert sum(not sentence.text.isspace() for sentence in sentencizer(text).sents) == sentences
    assert counted(text) == [sentences]


def test_a_line_of_a_text_counts_as_if_it_stood_alone() -> None:
    lines = ["One. Two", ") three. Four", "", "Five!"]
    held = Utf8.of(pl.Series(["\n".join(lines)]))
    words = english_tokens(held)
    # One . Two | ) three . Four | Five !
    counts = sentence_counts(held, words, np.array([0, 3, 7, 7]), np.array([3, 7, 7, 9]))
    assert counts.tolist() == counted(*lines) == [2, 2, 0, 1]
