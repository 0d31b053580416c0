from __future__ import annotations

import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.text import english_rules
from filters.text.english_tokens import by_spacy, english_tokens
from filters.text.utf8 import Utf8
from filters.text.words import Pieces

SIGNS = [*"aAbBsSxXoO019 .,:;!?()[]{}<>_#*&'\"`-+=/^~%$€°|\\@§"]
UNUSUAL = [
    *"…—–’‘“”²µéÉяЯ中。😀ßಠ·１٣𝟏Ａーﾞ�𠀀₿",
    "\u0301",
    "\t",
    "\n",
    "\xa0",
    "\x00",
    "\u2028",
    "\x1c",
    "\ufeff",
    "שלום",
    "مرحبا",
]
ADDRESSES = [
    "http://",
    "https://",
    "www.",
    ".com",
    "a@b.com",
    "://",
    ":80",
    "192.168.1.1",
    "8.8.8.8",
    "172.32.2.3",
    "a.b",
]
WORDS = [
    "10km",
    "3.5GHz",
    "U.S.",
    "e.g.",
    "don't",
    "can't've",
    ":-)",
    "x=y",
    "(foo)bar",
    "--opt=1",
    "...",
    "US$",
    "°C.",
]


def pieces() -> st.SearchStrategy[str]:
    exceptions = st.deferred(lambda: st.sampled_from(sorted(english_rules.exceptions())))
    measures = st.deferred(lambda: st.sampled_from(english_rules.measures()).map("7{}".format))
    return st.sampled_from([*SIGNS, *UNUSUAL, *ADDRESSES, *WORDS]) | exceptions | measures | st.text(max_size=4)


def utf8(*texts: str) -> Utf8:
    return Utf8.of(pl.Series(texts, dtype=pl.String))


def told(texts: Utf8, words: Pieces) -> list[list[str]]:
    data = texts.data.tobytes()
    return [
        [data[words.starts[word] : words.ends[word]].decode() for word in range(begin, end)]
        for begin, end in zip(words.bounds[:-1], words.bounds[1:], strict=True)
    ]


def tokens(*texts: str) -> list[list[str]]:
    return told(utf8(*texts), english_tokens(utf8(*texts)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(pieces(), max_size=12).map("".join), max_size=6))
def test_the_tokens_are_spacys(texts: list[str]) -> None:
    texts = [text.encode(errors="ignore").decode() for text in texts]
    held = utf8(*texts)
    ours, theirs = english_tokens(held), by_spacy(held)
    assert told(held, ours) == told(held, theirs)
    assert ours.starts.tolist() == theirs.starts.tolist()
    assert ours.bounds.tolist() == theirs.bounds.tolist()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello, world.", "Hello|,|world|."),
        ("I can't've said “no”…", "I|ca|n't|'ve|said|“|no|”|…"),
        ("U.S. troops, e.g. (i.e.) these", "U.S.|troops|,|e.g.|(|i.e.|)|these"),
        ("10km at 3.5GHz for US$5", "10|km|at|3.5GHz|for|US$|5"),
        ("5$ 7US$ 20%", "5|$|7|US$|20|%"),
        ("a well-known 2--3 x--y x---y", "a|well|-|known|2|-|-3|x|--|y|x|---|y"),
        ("see http://a.b/c-d now", "see|http://a.b|/|c|-|d|now"),
        ("see http://a.bc/c-d now", "see|http://a.bc/c-d|now"),
        ("8.8.8.8/a 10.0.0.1/a", "8.8.8.8/a|10.0.0.1|/|a"),
        ("mail a-b@c-d.com!", "mail|a-b@c-d.com|!"),
        ("x=y --opt=1 (foo)bar", "x|=|y|--opt=1|(|foo)bar"),
        ("30°C. 30°f. 30°K", "30|°|C|.|30|°|f|.|30|°|K"),
        ("........ ……", "........|…|…"),
    ],
)
def test_each_rule_cuts_as_it_should(text: str, parts: str) -> None:
    assert told(utf8(text), by_spacy(utf8(text))) == [parts.split("|")]
    assert tokens(text) == [parts.split("|")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("foo:) bar", "foo|:)|bar"),
        ("grid-b. x=D", "grid|-|b.|x|=D"),
        # A longer match over the space keeps the shorter from holding, though it changes nothing itself.
        ("x:) )", "x|:|)|)"),
        ("x:)\n)", "x|:)|)"),
        ("x:)  )", "x|:)|)"),
    ],
)
def test_exceptions_that_the_rules_tore_are_put_together_again(text: str, parts: str) -> None:
    assert told(utf8(text), by_spacy(utf8(text))) == [parts.split("|")]
    assert tokens(text) == [parts.split("|")]


def test_texts_without_words_have_no_tokens() -> None:
    assert tokens() == []
    assert tokens("", " \t\n\xa0\u3000", "a", "") == [[], [], ["a"], []]


def test_a_slice_of_a_series_gives_places_in_the_whole_run_of_bytes() -> None:
    texts = pl.Series(["one two", "don't", "(three)"])
    held = Utf8.of(texts[1:])
    assert told(held, english_tokens(held)) == [["do", "n't"], ["(", "three", ")"]]


def test_every_exception_alone_and_between_signs_is_spacys() -> None:
    exceptions = english_rules.exceptions()
    held = utf8(*exceptions, *(f"({text})," for text in exceptions), *(f"x-{text}" for text in exceptions))
    assert told(held, english_tokens(held)) == told(held, by_spacy(held))


@pytest.mark.parametrize("sign", ["a", "(", "—", ".", "a.", "a@", "1.", "x-", "n't", "😀", ":)", "a/"])
def test_a_megabyte_without_a_space_costs_no_more_than_its_length(sign: str) -> None:
    short, long = (utf8(sign * (size // len(sign.encode()))) for size in (1 << 16, 1 << 20))
    english_tokens(short)
    started = time.process_time()
    english_tokens(long)
    assert time.process_time() - started < 2


def test_a_spacy_with_other_rules_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(english_rules, "as_written_out", lambda: False)
    assert tokens("naïve “can't”, x:) )") == [["naïve", "“", "ca", "n't", "”", ",", "x", ":", ")", ")"]]


def test_the_installed_spacy_has_the_rules_that_are_written_out_and_no_others() -> None:
    import spacy

    assert english_rules.as_written_out()
    theirs, ours = spacy.blank("en").tokenizer, english_rules.tokenizer()
    assert theirs.rules == ours.rules
    for rule in ("prefix_search", "suffix_search", "infix_finditer", "url_match"):
        assert getattr(theirs, rule).__self__ == getattr(ours, rule).__self__
    assert theirs.token_match is ours.token_match is None
    assert theirs.faster_heuristics == ours.faster_heuristics
