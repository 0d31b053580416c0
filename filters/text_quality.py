"""Measures what running text has and junk has not: words, lines, kinds of characters, and how much repeats itself.

Words are what stands between white space; marks next to a word belong to it. Lines are those with text, paragraphs what
stands between empty lines. Shares are of 0 to 1, and null where there is nothing to divide by: in an empty text, which
has 0 words. Nothing here says whether a text is good, true or well written, and a limit that is right for web pages
throws away manuals, tables and code: `tamis what-if` shows what a limit would keep before anything is dropped.

The repetition measures are those of the Gopher paper (Rae et al. 2021, table A1) over these words. For the numbers of a
published pipeline see the filters `quality_as_datatrove` and `quality_as_dolma`: the same names, other words and lines.
"""

from __future__ import annotations

from math import inf

import numpy as np
import polars as pl

from filters.text.classes import (
    ALPHA,
    CONTROL,
    DIGIT,
    PUNCTUATION,
    RIGHT_TO_LEFT,
    SPACE,
    SYMBOL,
    UNICODE,
    UPPER,
    classes,
)
from filters.text.counts import (
    Numbers,
    edges,
    highest,
    kinds_of_characters,
    kinds_of_pieces,
    ratio,
    summed,
)
from filters.text.measured import findings_of
from filters.text.repetition import DUPLICATED, TOP, duplicates, hashes_and_lengths, runs_of_words
from filters.text.stop_words import StopWords, stop_words_sha256
from filters.text.utf8 import Utf8
from filters.text.words import newline_separated, split
from tamis.records import FilterSpec, Findings, Measure

_SHORT_LINE = 30
_ENDS = ".?!:;\"'”’»…。？！"

_SHARE = (0.0, 1.0)
_MEASURES = (
    Measure("characters", "number", "Code points.", (0, inf)),
    Measure("words", "number", "Words.", (0, inf)),
    Measure("lines", "number", "Lines with text.", (0, inf)),
    Measure("paragraphs", "number", "What stands between lines without text.", (0, inf)),
    Measure("word_length", "number", "Mean length of a word, in code points.", (0, inf)),
    Measure("longest_word", "number", "Code points of the longest word.", (0, inf)),
    Measure("line_length", "number", "Mean length of a line, in code points.", (0, inf)),
    Measure("longest_line", "number", "Code points of the longest line.", (0, inf)),
    Measure("letters", "number", "Share of the characters that are not white space.", _SHARE),
    Measure("digits", "number", "Share of the characters that are not white space.", _SHARE),
    Measure("marks", "number", "Punctuation and symbols: share of the characters that are not white space.", _SHARE),
    Measure("capitals", "number", "Share of the letters.", _SHARE),
    Measure("white_space", "number", "Share of all characters.", _SHARE),
    Measure("controls", "number", "Control characters and U+FFFD, which stands for what could not be read.", (0, inf)),
    Measure("right_to_left", "number", "Share of the letters.", _SHARE),
    Measure("alpha_words", "number", "Share of words that have a letter.", _SHARE),
    Measure(
        "stop_words",
        "number",
        "Share of words that running text cannot do without, in whichever of ten languages has most.",
        _SHARE,
    ),
    Measure("bullet_lines", "number", "Share of lines that begin with •, - or *.", _SHARE),
    Measure("ellipsis_lines", "number", "Share of lines that end with ... or ….", _SHARE),
    Measure("terminal_lines", "number", "Share of lines that end as a sentence or a speech does.", _SHARE),
    Measure("short_lines", "number", "Share of lines of at most 30 code points.", _SHARE),
    Measure("duplicate_lines", "number", "Share of lines that were there before.", _SHARE),
    Measure("duplicate_line_characters", "number", "Their characters, of those of all lines.", _SHARE),
    Measure("duplicate_paragraphs", "number", "Share of paragraphs that were there before.", _SHARE),
    Measure("duplicate_paragraph_characters", "number", "Their characters, of those of all paragraphs.", _SHARE),
    *(
        Measure(
            f"top_{n}gram",
            "number",
            f"Characters of all occurrences of the run of {n} words that occurs most often, of those of all words; 0 "
            "if none occurs twice; overlaps count each time.",
            (0, inf),
        )
        for n in TOP
    ),
    *(
        Measure(
            f"duplicate_{n}grams",
            "number",
            f"Characters of runs of {n} words that were read before, of those of all words.",
            _SHARE,
        )
        for n in DUPLICATED
    ),
)


class TextQualityFilter:
    """Numbers that tell running text from lists, tables, code and junk."""

    def __init__(self) -> None:
        self._spec = FilterSpec(
            name="text_quality",
            version="1",
            kinds=("text",),
            reads="content",
            measures=_MEASURES,
            models=(("stop_words.toml", stop_words_sha256()),),
            libraries=(("unicode", UNICODE),),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return findings_of(batch, self._spec, measures_of(batch["text"]))


def measures_of(column: pl.Series) -> dict[str, Numbers]:
    """By name, a number for each text; NaN where there is nothing to divide by."""
    texts = Utf8.of(column)
    return {**_characters(column, texts), **_words(texts), **_lines(texts), **_paragraphs(texts)}


def _characters(column: pl.Series, texts: Utf8) -> dict[str, Numbers]:
    kinds = kinds_of_characters(texts, classes())
    alpha, digit, upper, punctuation, space, control, far, symbol = (
        kinds[:, bit.bit_length() - 1]
        for bit in (ALPHA, DIGIT, UPPER, PUNCTUATION, SPACE, CONTROL, RIGHT_TO_LEFT, SYMBOL)
    )
    characters = column.str.len_chars().to_numpy().astype(np.int64)
    printed = characters - space
    return {
        "characters": characters.astype(np.float64),
        "letters": ratio(alpha, printed),
        "digits": ratio(digit, printed),
        "marks": ratio(punctuation + symbol, printed),
        "capitals": ratio(upper, alpha),
        "white_space": ratio(space, characters),
        "controls": control.astype(np.float64),
        "right_to_left": ratio(far, alpha),
    }


def _words(texts: Utf8) -> dict[str, Numbers]:
    words = split(texts)
    hashes, lengths = hashes_and_lengths(texts, words)
    some = kinds_of_pieces(texts, words, classes())
    count, characters = np.diff(words.bounds), summed(lengths, words)
    top, often, greedy, _ = runs_of_words(hashes, lengths, words.bounds)
    stop_words = StopWords.read().occurrences(texts, words).max(axis=1, initial=0)
    return {
        "words": count.astype(np.float64),
        "word_length": ratio(characters, count),
        "longest_word": highest(lengths, words),
        "alpha_words": ratio(summed(some & ALPHA > 0, words), count),
        "stop_words": ratio(stop_words, count),
        **{f"top_{n}gram": ratio(np.where(often > 1, top, 0)[:, place], characters) for place, n in enumerate(TOP)},
        **{f"duplicate_{n}grams": ratio(greedy[:, place], characters) for place, n in enumerate(DUPLICATED)},
    }


def _lines(texts: Utf8) -> dict[str, Numbers]:
    pieces = newline_separated(texts, least=1)
    printed = pieces.chosen(edges(texts, pieces, strip=True)[0] >= 0)
    firsts, lasts, dotted = edges(texts, printed, strip=True)
    hashes, lengths = hashes_and_lengths(texts, printed)
    count, characters = np.diff(printed.bounds), summed(lengths, printed)
    found = duplicates(hashes, lengths, printed.bounds)
    return {
        "lines": count.astype(np.float64),
        "line_length": ratio(characters, count),
        "longest_line": highest(lengths, printed),
        "bullet_lines": ratio(summed(np.isin(firsts, [ord(each) for each in "•-*"]), printed), count),
        "ellipsis_lines": ratio(summed(dotted | (lasts == ord("…")), printed), count),
        "terminal_lines": ratio(summed(np.isin(lasts, [ord(each) for each in _ENDS]), printed), count),
        "short_lines": ratio(summed(lengths <= _SHORT_LINE, printed), count),
        "duplicate_lines": ratio(found[:, 0], count),
        "duplicate_line_characters": ratio(found[:, 1], characters),
    }


def _paragraphs(texts: Utf8) -> dict[str, Numbers]:
    pieces = newline_separated(texts, least=2, strip=True)
    printed = pieces.chosen(pieces.ends > pieces.starts)
    hashes, lengths = hashes_and_lengths(texts, printed)
    count = np.diff(printed.bounds)
    found = duplicates(hashes, lengths, printed.bounds)
    return {
        "paragraphs": count.astype(np.float64),
        "duplicate_paragraphs": ratio(found[:, 0], count),
        "duplicate_paragraph_characters": ratio(found[:, 1], summed(lengths, printed)),
    }
