"""Every measure against the same thing said in plain Python."""

import math
import re
import tomllib
import unicodedata
from collections import Counter

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.table import make_filter
from filters.text.stop_words import STOP_WORDS
from filters.text_quality import measures_of
from tamis.testing import text_batch

LISTS = tomllib.loads(STOP_WORDS.read_text())
ENDS = tuple(".?!:;\"'”’»…。？！")

pieces = st.sampled_from(
    ["the", "The", "DER", "und", "ab", "a-b", "É", "你好", "עב", "12", "x", "!", "§", "+", "Ⅳ", "\x00", "\ufffd", "•",
     "-", "*", "...", "…", " ", "  ", "\n", "\n\n", "\n \n", "\t", "\u2003", "e\u0301", "\N{GRINNING FACE}", "word",
     "word word word"]
)  # fmt: skip
texts = st.lists(pieces, max_size=60).map("".join)


def share(part, whole):
    return part / whole if whole else math.nan


def before(found):
    """How many were there before, and their characters."""
    again = [piece for place, piece in enumerate(found) if piece in found[:place]]
    return len(again), sum(map(len, again))


def greedy(words, n):
    read, characters, place = set(), 0, 0
    while place <= len(words) - n:
        run = tuple(words[place : place + n])
        if run in read:
            characters += sum(map(len, run))
            place += n
        else:
            read.add(run)
            place += 1
    return characters


def plainly(text):
    words = text.split()
    lines = [line for line in re.split(r"\n+", text) if line.strip()]
    paragraphs = [each for each in re.split(r"\n{2,}", text.strip()) if each]
    letters = [each for each in text if unicodedata.category(each).startswith("L")]
    printed = [each for each in text if not each.isspace()]
    in_words = sum(map(len, words))
    lower = [re.sub("[A-Z]", lambda found: found[0].lower(), word) for word in words]
    found = {
        "characters": len(text),
        "words": len(words),
        "lines": len(lines),
        "paragraphs": len(paragraphs),
        "word_length": share(in_words, len(words)),
        "longest_word": max(map(len, words), default=math.nan),
        "line_length": share(sum(map(len, lines)), len(lines)),
        "longest_line": max(map(len, lines), default=math.nan),
        "letters": share(len(letters), len(printed)),
        "digits": share(sum(map(str.isdecimal, text)), len(printed)),
        "marks": share(sum(unicodedata.category(each)[0] in "PS" for each in text), len(printed)),
        "capitals": share(sum(unicodedata.category(each) == "Lu" for each in text), len(letters)),
        "white_space": share(len(text) - len(printed), len(text)),
        "controls": sum(unicodedata.category(each) == "Cc" or each == "\ufffd" for each in printed),
        "right_to_left": share(sum(unicodedata.bidirectional(each) in {"R", "AL"} for each in letters), len(letters)),
        "alpha_words": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_words": share(max(sum(word in listed for word in lower) for listed in LISTS.values()), len(words)),
        "bullet_lines": share(sum(line.strip()[0] in "•-*" for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)),
        "terminal_lines": share(sum(line.rstrip().endswith(ENDS) for line in lines), len(lines)),
        "short_lines": share(sum(len(line) <= 30 for line in lines), len(lines)),
        "duplicate_lines": share(before(lines)[0], len(lines)),
        "duplicate_line_characters": share(before(lines)[1], sum(map(len, lines))),
        "duplicate_paragraphs": share(before(paragraphs)[0], len(paragraphs)),
        "duplicate_paragraph_characters": share(before(paragraphs)[1], sum(map(len, paragraphs))),
    }  # fmt: skip
    for n in (2, 3, 4):
        runs = Counter(tuple(words[place : place + n]) for place in range(len(words) - n + 1))
        often = max(runs.values(), default=0)
        top = next((run for run in runs if runs[run] == often), ())
        found[f"top_{n}gram"] = share(often * sum(map(len, top)) if often > 1 else 0, in_words)
    return {**found, **{f"duplicate_{n}grams": share(greedy(words, n), in_words) for n in range(5, 11)}}


@given(st.lists(texts, max_size=5))
@example(["", " ", "\n", "\x00"])
@example(["a b c d e a b c d e a b c d e", "x x x x x x x x x x x x x x x"])
def test_every_measure_is_what_it_says(batch):
    measured = measures_of(pl.Series(batch, dtype=pl.String))
    for place, text in enumerate(batch):
        for name, value in plainly(text).items():
            assert measured[name][place] == pytest.approx(value, rel=1e-12, nan_ok=True), name
    assert measured.keys() == plainly("").keys()


def test_what_cannot_be_divided_is_null_and_what_can_be_counted_is_0():
    found = run_filter(make_filter("text_quality", {}), text_batch([""])).items.row(0, named=True)
    assert (found["words"], found["characters"], found["status"]) == (0.0, 0.0, "seen")
    assert found["letters"] is None
    assert found["stop_words"] is None


def test_the_cost_of_a_text_grows_as_its_length():
    """A megabyte without a blank, or of blanks alone, is read once: no more than a few seconds with all compiling."""
    long = ["x" * 1_000_000, " " * 1_000_000, "\n" * 1_000_000, "a " * 500_000, "\N{GRINNING FACE}" * 250_000]
    measured = measures_of(pl.Series(long))
    assert measured["longest_word"][0] == 1_000_000
    assert measured["words"].tolist() == [1, 0, 0, 500_000, 1]


def test_each_language_has_stop_words_in_lower_case_and_none_twice():
    for listed in LISTS.values():
        assert len(set(listed)) == len(listed)
        assert all(word == word.lower() and len(word.encode()) <= 16 for word in listed)
