"""Where there is a straight way and a quick one, both say the same."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

import filters
from filters.rights.own import of_text, of_texts
from filters.rights.texts.detect import look
from filters.rights.texts.index import load
from filters.rights.texts.known import _is_notice, _stripped, terms_of
from filters.rights.texts.likely import may_have_licences
from filters.rights.texts.restrictions import _HARMLESS_HERE, without_harmless
from filters.rights.texts.shingles import plain_text, shingles_of, shingles_of_all, words_of

APACHE = (Path(filters.__file__).parent.parent / "LICENSE").read_text("utf-8")
ISC = (
    "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby "
    "granted, provided that the above copyright notice and this permission notice appear in all copies.\n"
    'THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING '
    "ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS."
)
PIECES = (
    "licence", "Licences", "sub", "https", "don't", "d’’or", "it’s_", "_a", "1.2.3", "1.2a", "12", "1..2", "i", "xiv",
    "٣", "²", "ß", "\u0130", "\ufb01", "e\u0301", "\u00a8", "\u3000", "\x1c", "\x85", "\u2028", "\r\n", "\n", " ", ".",
    "'", "_", "(c) 2020 Jane Doe", "Copyright 2020 A. Person", "2021 B. Person", "© Ltd.", "All rights reserved.", "# ",
    "*/", "portions copyright (c) 1999 x", "copyright notices say", "licensed under the MIT License",
    "SPDX-License-Identifier: MIT", "\x00", "\U0001f600", "\u05d0", "a" * 50,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=40).map("".join)

HARMLESS_WORDS = (
    "on debian", "can", "may", "should", "also", "be found", "be available", "you", "have received", "if not",
    "please see", "for more", "warranty", "liable", "fitness", "all rights reserved", "may be used by others", "do not",
    "edit", "commercial licence", "alternatively", "this", "special exception", "except where noted",
    "unless required by law", "private key", ".", ".5", ";", "\x1f", "\n", "nothing", "words " * 45, "x" * 199, "fore",
)  # fmt: skip


@st.composite
def cut_licences(draw: st.DrawFn) -> str:
    """Parts of licences with something amid and around them."""
    text = draw(st.sampled_from((ISC, APACHE)))
    start = draw(st.integers(0, len(text)))
    amid = draw(st.integers(start, len(text)))
    end = draw(st.integers(amid, len(text)))
    return "".join([draw(TEXTS), text[start:amid], draw(TEXTS), text[amid:end], draw(TEXTS)])


@given(TEXTS)
def test_shingles_are_those_of_the_words(text: str) -> None:
    plain = plain_text(text)
    assert shingles_of(plain).tolist() == words_of(plain).shingles.tolist()


@given(st.lists(TEXTS, max_size=6))
def test_the_shingles_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    shingles, text_of = shingles_of_all(texts)
    assert [shingles[text_of == number].tolist() for number in range(len(texts))] == [
        shingles_of(text).tolist() for text in texts
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=9), st.lists(st.integers(0, 2**31), max_size=9))
def test_a_shingle_has_its_number_or_none(unknown: list[int], places: list[int]) -> None:
    known = load().known
    shingles = np.array([*unknown, *(known[place % len(known)] for place in places)], dtype=np.uint32)
    expected = [np.flatnonzero(known == shingle) for shingle in shingles]
    assert load().numbers(shingles).tolist() == [int(place[0]) if len(place) else -1 for place in expected]


@given(TEXTS)
def test_no_notice_is_overlooked(text: str) -> None:
    kept, in_notice = [], False
    for line in map(_stripped, unicodedata.normalize("NFKC", text).splitlines()):
        in_notice = _is_notice(line, in_notice=in_notice)
        kept += [line] if line and not in_notice else []
    assert terms_of(text) == kept


@settings(max_examples=25, deadline=None)
@given(st.lists(cut_licences(), min_size=1, max_size=4))
@example([ISC])
@example([APACHE, "", "prose", ISC[: len(ISC) * 2 // 3]])
def test_every_text_with_a_licence_in_it_is_likely_to_have_one(texts: list[str]) -> None:
    for text, may in zip(texts, may_have_licences(texts), strict=True):
        seen = look(text)
        assert may or seen is None or seen.near == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(cut_licences() | TEXTS | TEXTS.map("<html>{}".format), max_size=4))
def test_texts_say_together_what_they_say_alone(texts: list[str]) -> None:
    together = [list(said) for said in of_texts(texts, [(1, 2)] * len(texts))]
    assert together == [list(of_text(text, (1, 2))) for text in texts]


@given(st.lists(st.sampled_from(HARMLESS_WORDS), max_size=12), st.sampled_from((" ", "", "  ")))
@settings(max_examples=30, deadline=None)
def test_what_says_nothing_of_terms_is_taken_away_alike(words: list[str], between: str) -> None:
    text = between.join(words)
    assert without_harmless(text) == _HARMLESS_HERE.sub(" ", text)
