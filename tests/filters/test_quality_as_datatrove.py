"""Held against datatrove itself: its filters, and the functions they count with, over the same texts."""

import random
import warnings
from importlib.metadata import distributions

import polars as pl
import pytest

from filters.quality_as_datatrove import measures_of
from releases.limits import limit_set

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.pipeline.filters.gopher_repetition_filter import (
        find_all_duplicate,
        find_duplicates,
        find_top_duplicate,
        get_n_grams,
    )
    from datatrove.utils.text import split_into_words

SETS = {
    "gopher-datatrove": (GopherQualityFilter(), GopherRepetitionFilter()),
    "fineweb": (FineWebQualityFilter(),),
    "c4": (C4QualityFilter(),),
}

PIECES = [
    "The committee shall be heard, and that is all it will have to say with regard to the matter.",
    "- a bullet point", "• another one…", "wait...", "# heading", "see [1] and [citation needed].", "Yes.[2]",
    "No. [3]", "This page uses cookies.", "Lorem ipsum dolor sit amet.", "You need JavaScript for this page.",
    "if (x) { return; }", "e.g. the U.S. don't can't've :-) x=y 3.5GHz", "“Who is there?” she said. “Nobody!”", "",
    "", "   ", "\t\tindented", "Ünïcödé wörds ære here. 你好。 مرحبا؟ नमस्ते।", "1,234.56 99% $5", "A B C D E F G",
    "word " * 12, "ends with dots ..", "line separator\u2028inside", "a\x0bvertical tab", "three words here.",
    "two words.", "x" * 1001 + " is long, is it not?",
]  # fmt: skip


def generated(count, seed):
    dice = random.Random(seed)
    for _ in range(count):
        lines = dice.choices(PIECES, k=dice.randint(1, 40))
        if dice.random() < 0.5:  # what repeats itself
            lines = dice.choices(lines[: max(1, len(lines) // 4)], k=len(lines))
        yield dice.choice(["\n", "\n", "\n\n", " ", "\r\n"]).join(lines)


def descriptions(count):
    """What projects write about themselves: real prose, with code, lists and tables."""
    found = sorted(distributions(), key=lambda each: each.metadata["Name"].lower())
    texts = (each.metadata.get_payload() for each in found)
    return [text[:4000] for text in texts if isinstance(text, str) and len(text) > 200][:count]


@pytest.fixture(scope="module")
def texts():
    return ["", " ", "\n", "a", *descriptions(80), *generated(200, seed=1)]


@pytest.fixture(scope="module")
def measured(texts):
    return pl.DataFrame(measures_of(pl.Series(texts)))


def dropped(name, measured):
    """By a set of limits, as the policy has them."""
    passed = [
        pl.col(limit.measure) > limit.bound if limit.above is not None else pl.col(limit.measure) < limit.bound
        for limit in limit_set(name).limits
    ]
    with_numbers = measured.fill_nan(None)
    return with_numbers.select(pl.any_horizontal(*(each.fill_null(value=False) for each in passed))).to_series()


@pytest.mark.parametrize("name", SETS)
def test_a_set_of_limits_drops_what_datatrove_drops_document_by_document(name, texts, measured):
    for text, is_dropped in zip(texts, dropped(name, measured), strict=True):
        if text.strip():  # some of its filters divide by nothing else
            answers = [each.filter(Document(text=text, id="")) is not True for each in SETS[name]]
            assert any(answers) == is_dropped, text


def test_texts_without_words_have_no_shares_of_words(texts, measured):
    blank = measured.filter(pl.Series([not text.strip() for text in texts]))
    assert blank["words"].to_list() == [0.0] * blank.height
    assert blank["alpha_words"].is_nan().all()


def test_each_set_drops_some_texts_and_keeps_some(measured):
    for name in SETS:
        assert 0 < dropped(name, measured).sum() < len(measured)


def test_words_are_those_that_datatrove_splits(texts, measured):
    for text, row in zip(texts, measured.iter_rows(named=True), strict=True):
        words = split_into_words(text)
        if words:
            assert row["alpha_words"] == sum(any(c.isalpha() for c in word) for word in words) / len(words)
            assert row["newlines"] == text.count("\n") / len(words)


def test_repeated_runs_are_those_of_its_functions(texts, measured):
    for text, row in zip(texts, measured.iter_rows(named=True), strict=True):
        words = split_into_words(text)
        for n in (2, 3, 4):
            runs = get_n_grams(words, n)
            if runs:
                assert row[f"top_{n}gram"] == find_top_duplicate(runs) / len(text)
        for n in range(5, 11):
            if text:
                assert row[f"duplicate_{n}grams"] == find_all_duplicate(words, n) / len(text)


def test_repeated_lines_and_paragraphs_are_those_of_its_functions(texts, measured):
    own = GopherRepetitionFilter()
    for text, row in zip(texts, measured.iter_rows(named=True), strict=True):
        if not text:
            continue
        for name, pieces in (
            ("paragraph", own.paragraph_exp.split(text.strip())),
            ("line", own._line_splitter.split(text)),
        ):
            count, characters = find_duplicates(pieces)
            assert row[f"duplicate_{name}s"] == count / len(pieces)
            assert row[f"duplicate_{name}_characters"] == characters / len(text)
