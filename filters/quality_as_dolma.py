"""Measures texts as the tagger `gopher_v2` of dolma 1.2.1 does, so that verdicts of its usual limits can be had here.

Words are what stands between white space, lines what stands between newlines in a row. Where datatrove counts what was
there before, dolma counts all occurrences of what occurs several times, the first too; shares of repeated runs of words
are of the characters of all runs of that many words. So one text has other shares for either, under the same names.
"""

from __future__ import annotations

from functools import cache
from math import inf
from typing import Final

import numpy as np
import polars as pl

from filters.text.classes import ALPHA, UNICODE, Classes, classes
from filters.text.counts import Numbers, edges, kinds_of_pieces, medians, summed
from filters.text.measured import findings_of
from filters.text.repetition import (
    DUPLICATED,
    TOP,
    Hashes,
    characters_of_runs,
    duplicates,
    hashes_and_lengths,
    runs_of_words,
)
from filters.text.utf8 import Places, Utf8
from filters.text.words import newline_separated, split
from tamis.records import FilterSpec, Findings, Measure

_REQUIRED: Final = ("the", "be", "to", "of", "and", "that", "have", "with")
_SYMBOLS: Final = "#…"
_SYMBOL: Final = 2

_SHARE = (0.0, 1.0)
_MEASURES = (
    Measure("words", "number", "Words.", (0, inf)),
    Measure("word_length", "number", "Median of their lengths in code points.", (0, inf)),
    Measure("symbol_words", "number", "Share of words that have # or ….", _SHARE),
    Measure("alpha_words", "number", "Share of words that have a letter.", _SHARE),
    Measure("stop_words", "number", "How often the, be, to, of, and, that, have, with occur.", (0, inf)),
    Measure("bullet_lines", "number", "Share of lines that begin with * or -.", _SHARE),
    Measure("ellipsis_lines", "number", "Share of lines that end with ….", _SHARE),
    Measure("duplicate_lines", "number", "Share of lines that occur several times.", _SHARE),
    Measure("duplicate_line_characters", "number", "Their characters for each character of a word.", (0, inf)),
    *(
        Measure(
            f"top_{n}gram",
            "number",
            f"Characters of all occurrences of the run of {n} words that occurs most often, for each character "
            "of a word; overlaps count each time.",
            (0, inf),
        )
        for n in TOP
    ),
    *(
        Measure(
            f"duplicate_{n}grams",
            "number",
            f"Share of runs of {n} words, by characters, that occur several times.",
            _SHARE,
        )
        for n in DUPLICATED
    ),
)


class DolmaQualityFilter:
    """What dolma's tagger `gopher_v2` measures; 0 where there is nothing to measure, as there."""

    def __init__(self) -> None:
        self._spec = FilterSpec(
            name="quality_as_dolma",
            version="1",
            kinds=("text",),
            reads="content",
            measures=_MEASURES,
            libraries=(("unicode", UNICODE),),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return findings_of(batch, self._spec, measures_of(batch["text"]))


def measures_of(column: pl.Series) -> dict[str, Numbers]:
    """By name, a number for each text."""
    texts = Utf8.of(column)
    words = split(texts)
    hashes, lengths = hashes_and_lengths(texts, words)
    some = kinds_of_pieces(texts, words, _table())
    count, characters = np.diff(words.bounds), summed(lengths, words)
    top, _, _, every = runs_of_words(hashes, lengths, words.bounds)
    runs = characters_of_runs(lengths, words.bounds)
    return {
        "words": count.astype(np.float64),
        "word_length": np.nan_to_num(medians(lengths, words)),
        "symbol_words": _share(summed(some & _SYMBOL > 0, words), count),
        "alpha_words": _share(summed(some & ALPHA > 0, words), count),
        "stop_words": summed(np.isin(hashes, _required()), words).astype(np.float64),
        **_lines(texts, characters),
        **{f"top_{n}gram": _share(top[:, place], characters) for place, n in enumerate(TOP)},
        **{f"duplicate_{n}grams": _share(every[:, place], runs[:, place]) for place, n in enumerate(DUPLICATED)},
    }


def _lines(texts: Utf8, characters: Places) -> dict[str, Numbers]:
    pieces = newline_separated(texts, least=1)
    count = np.diff(pieces.bounds)
    firsts, lasts, _ = edges(texts, pieces, strip=False)
    found = duplicates(*hashes_and_lengths(texts, pieces), pieces.bounds)
    return {
        "bullet_lines": _share(summed((firsts == ord("*")) | (firsts == ord("-")), pieces), count),
        "ellipsis_lines": _share(summed(lasts == ord("…"), pieces), count),
        "duplicate_lines": _share(found[:, 2], count),
        "duplicate_line_characters": _share(found[:, 3], characters),
    }


def _share(parts: Places, whole: Places) -> Numbers:
    shares: Numbers = parts / np.maximum(whole, 1)
    return shares


@cache
def _required() -> Hashes:
    words = Utf8.of(pl.Series(_REQUIRED))
    return hashes_and_lengths(words, split(words))[0]


@cache
def _table() -> Classes:
    table = classes() & np.uint8(ALPHA)
    table[[ord(each) for each in _SYMBOLS]] |= _SYMBOL
    return table
