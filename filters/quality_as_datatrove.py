"""Measures texts as datatrove 0.10.1 does for its Gopher, C4 and FineWeb filters, so that its verdicts can be had here.

It is the measure of FineWeb and of much that was published since, and it is not Gopher's own: words are the tokens of
spaCy's English tokenizer, so that every full stop is a word, and "80 % of words have a letter" becomes a limit that
most technical prose fails. What is measured is measured for every text, whichever rule would have dropped it first.

The same loops run over a batch of texts instead of Python over each; the shares are the same numbers. Different are
runs of words that are spelled alike though their words are not ("end user" and "enduser"), which count as equal there
where a run has five words and more. The C4 filter also rewrites the texts that it keeps; here nothing is rewritten.

It is for English. In other languages its words are those of an English tokenizer, as they are there.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.classes import ALPHA, UNICODE, Classes, classes
from filters.text.counts import Bits, Numbers, edges, how_many_occur, kinds_of_pieces, ratio, summed, words_within
from filters.text.english_sentences import sentence_counts
from filters.text.english_tokens import english_tokens
from filters.text.measured import findings_of
from filters.text.phrases import phrases_in
from filters.text.repetition import DUPLICATED, TOP, Hashes, duplicates, hashes_and_lengths, runs_of_words
from filters.text.utf8 import Places, Utf8
from filters.text.words import Pieces, first_from, lines, newline_separated, split
from tamis.records import FilterSpec, Findings, Measure

_FACTS: Final = Path(__file__).parent / "data" / "datatrove.toml"

_NO_MARK, _TERMINAL = 2, 4

_SHORT_LINE: Final = 30
_LONG_WORD: Final = 1_000
_FEWEST_WORDS: Final = 3
_C4_ENDS: Final = ".?!\"'"
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_MAY_BE_CITATION = re.compile(rb"\[(?:[0-9\x80-\xff]*|edit|citation needed)\]")
"""The same over UTF-8, where a digit of another script is some bytes or other above ASCII."""
_BLANK_LEFT: Final = "\ue000"
"""Stands for the white space at the end of a line that a citation left there, which the line keeps."""

_SHARE = (0.0, 1.0)
_MEASURES = (
    Measure("words", "number", "Tokens that are not only marks; what its limits of length are held against.", (0, inf)),
    Measure("word_length", "number", "Mean length of those, in code points.", (0, inf)),
    Measure("hashes", "number", "# for each token.", (0, inf)),
    Measure("ellipses", "number", "... and … for each token.", (0, inf)),
    Measure("bullet_lines", "number", "Share of lines (of `splitlines`) that begin with • or -.", _SHARE),
    Measure("ellipsis_lines", "number", "Share of lines that end with ... or ….", _SHARE),
    Measure("alpha_words", "number", "Share of all tokens, marks too, that have a letter.", _SHARE),
    Measure("stop_words", "number", "How many of the, be, to, of, and, that, have, with occur.", (0, 8)),
    Measure("duplicate_paragraphs", "number", "Share of paragraphs that were there before.", _SHARE),
    Measure("duplicate_paragraph_characters", "number", "Their characters, of all of the text's.", _SHARE),
    Measure(
        "duplicate_lines", "number", "Share of lines (parted by newlines in a row) that were there before.", _SHARE
    ),
    Measure("duplicate_line_characters", "number", "Their characters, of all of the text's.", _SHARE),
    *(
        Measure(
            f"top_{n}gram",
            "number",
            f"Characters of all occurrences of the run of {n} tokens that occurs most often, with blanks between them, "
            "of all characters; overlaps count each time.",
            (0, inf),
        )
        for n in TOP
    ),
    *(
        Measure(
            f"duplicate_{n}grams",
            "number",
            f"Characters of runs of {n} tokens that were read before, without blanks, of all characters.",
            _SHARE,
        )
        for n in DUPLICATED
    ),
    Measure("terminal_lines", "number", "Share of lines with text that end with what may end a sentence.", _SHARE),
    Measure("short_lines", "number", "Share of lines with text of at most 30 characters.", _SHARE),
    Measure(
        "repeated_line_characters",
        "number",
        "Characters of lines with text that were there before, of all but newlines.",
        _SHARE,
    ),
    Measure("newlines", "number", "Newlines for each token.", (0, inf)),
    Measure("c4_sentences", "number", "Sentences of the lines that its C4 filter would keep.", (0, inf)),
    Measure(
        "c4_banned",
        "number",
        "Lines that pass its C4 filter up to there and have `lorem ipsum` or a curly bracket.",
        (0, inf),
    ),
)


class DatatroveQualityFilter:
    """What datatrove's filters GopherQuality, GopherRepetition, FineWebQuality and C4Quality measure."""

    def __init__(self) -> None:
        self._spec = FilterSpec(
            name="quality_as_datatrove",
            version="1",
            kinds=("text",),
            reads="content",
            measures=_MEASURES,
            models=(("datatrove.toml", hashlib.sha256(_FACTS.read_bytes()).hexdigest()),),
            libraries=(("spacy", version("spacy")), ("unicode", UNICODE)),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return findings_of(batch, self._spec, measures_of(batch["text"]))


@dataclass(frozen=True, slots=True, eq=False)
class _Tokens:
    """The tokens of a batch, and what all families ask of them."""

    pieces: Pieces
    hashes: Hashes
    lengths: Places
    some: Bits

    @classmethod
    def of(cls, texts: Utf8) -> _Tokens:
        pieces = english_tokens(texts)
        return cls(pieces, *hashes_and_lengths(texts, pieces), kinds_of_pieces(texts, pieces, _table()))

    @property
    def counts(self) -> Places:
        return np.diff(self.pieces.bounds)


def measures_of(column: pl.Series) -> dict[str, Numbers]:
    """By name, a number for each text; NaN where there is nothing to divide by."""
    texts = Utf8.of(column)
    tokens = _Tokens.of(texts)
    printed = lines(texts)
    characters = column.str.len_chars().to_numpy().astype(np.float64)
    return {
        **_gopher_quality(column, texts, tokens, printed),
        **_gopher_repetition(texts, tokens, characters),
        **_fineweb(texts, tokens, characters),
        **_c4(column, texts, tokens, printed),
    }


def _gopher_quality(column: pl.Series, texts: Utf8, tokens: _Tokens, printed: Pieces) -> dict[str, Numbers]:
    is_word = tokens.some & _NO_MARK > 0
    words = summed(is_word, tokens.pieces)
    firsts, lasts, dotted = edges(texts, printed, strip=True)
    n_lines = np.diff(printed.bounds)
    ellipses = column.str.count_matches("...", literal=True) + column.str.count_matches("…", literal=True)
    return {
        "words": words.astype(np.float64),
        "word_length": ratio(summed(np.where(is_word, tokens.lengths, 0), tokens.pieces), words),
        "hashes": ratio(column.str.count_matches("#", literal=True).to_numpy(), tokens.counts),
        "ellipses": ratio(ellipses.to_numpy(), tokens.counts),
        "bullet_lines": ratio(summed((firsts == ord("•")) | (firsts == ord("-")), printed), n_lines),
        "ellipsis_lines": ratio(summed(dotted | (lasts == ord("…")), printed), n_lines),
        "alpha_words": ratio(summed(tokens.some & ALPHA > 0, tokens.pieces), tokens.counts),
        "stop_words": how_many_occur(tokens.hashes, tokens.pieces, _stop_words()).astype(np.float64),
    }


def _gopher_repetition(texts: Utf8, tokens: _Tokens, characters: Numbers) -> dict[str, Numbers]:
    top, counts, greedy, _ = runs_of_words(tokens.hashes, tokens.lengths, tokens.pieces.bounds)
    top = top + counts * (np.array(TOP) - 1)  # the blanks between words
    return {
        **_before(texts, newline_separated(texts, least=2, strip=True), characters, named="paragraph"),
        **_before(texts, newline_separated(texts, least=1), characters, named="line"),
        **{f"top_{n}gram": ratio(top[:, place], characters) for place, n in enumerate(TOP)},
        **{f"duplicate_{n}grams": ratio(greedy[:, place], characters) for place, n in enumerate(DUPLICATED)},
    }


def _before(texts: Utf8, pieces: Pieces, characters: Numbers, *, named: str) -> dict[str, Numbers]:
    found = duplicates(*hashes_and_lengths(texts, pieces), pieces.bounds)
    return {
        f"duplicate_{named}s": ratio(found[:, 0], np.diff(pieces.bounds)),
        f"duplicate_{named}_characters": ratio(found[:, 1], characters),
    }


def _fineweb(texts: Utf8, tokens: _Tokens, characters: Numbers) -> dict[str, Numbers]:
    pieces = newline_separated(texts, least=0)
    firsts, _, _ = edges(texts, pieces, strip=True)
    printed = pieces.chosen(firsts >= 0)
    _, lasts, _ = edges(texts, printed, strip=False)
    hashes, lengths = hashes_and_lengths(texts, printed)
    newlines = np.diff(pieces.bounds) - 1
    count = np.diff(printed.bounds)
    return {
        "terminal_lines": ratio(summed(_table()[lasts] & _TERMINAL > 0, printed), count),
        "short_lines": ratio(summed(lengths <= _SHORT_LINE, printed), count),
        "repeated_line_characters": ratio(duplicates(hashes, lengths, printed.bounds)[:, 1], characters - newlines),
        "newlines": ratio(newlines, tokens.counts),
    }


def _c4(column: pl.Series, texts: Utf8, tokens: _Tokens, said: Pieces) -> dict[str, Numbers]:
    """Lines with citations are counted by themselves, without them: what is counted is counted line by line."""
    cited, owners = _lines_with_citations(column, texts, said)
    plain = np.ones(len(said.starts), dtype=np.bool_)
    plain[[place for place, _ in cited]] = False
    counted = _c4_counts(texts, said.chosen(plain), texts, said.chosen(plain), tokens.pieces)
    if cited:
        told = Utf8.of(pl.Series([line for _, line in cited]))
        bare = Utf8.of(pl.Series([_without_citations(line) for _, line in cited]))
        more = _c4_counts(told, _whole(told), bare, _whole(bare), english_tokens(bare))
        for counts, beside in zip(counted, more, strict=True):
            np.add.at(counts, owners, beside)
    sentences, banned = counted
    return {"c4_sentences": sentences.astype(np.float64), "c4_banned": banned.astype(np.float64)}


def _whole(texts: Utf8) -> Pieces:
    """Each text as one piece."""
    return Pieces(texts.offsets[:-1], texts.offsets[1:], np.arange(len(texts) + 1))


def _lines_with_citations(column: pl.Series, texts: Utf8, said: Pieces) -> tuple[list[tuple[int, str]], list[int]]:
    """Each as (place among all lines, line), and the text that it is of."""
    found, owners = [], []
    for text in column.str.contains(_CITATION.pattern).arg_true():
        begin, end = int(texts.offsets[text]), int(texts.offsets[text + 1])
        marked = [begin + match.start() for match in _MAY_BE_CITATION.finditer(texts.data[begin:end].tobytes())]
        for place in np.unique(np.searchsorted(said.starts, marked, side="right") - 1).tolist():
            line = texts.data[said.starts[place] : said.ends[place]].tobytes().decode()
            if _CITATION.search(line):
                found.append((place, line))
                owners.append(text)
    return found, owners


def _without_citations(line: str) -> str:
    """As its C4 filter has the line, which keeps the white space that a citation leaves at its end."""
    bare = _CITATION.sub("", line.strip())
    return bare.rstrip() + (_BLANK_LEFT if bare != bare.rstrip() else "")


def _c4_counts(told: Utf8, whole: Pieces, texts: Utf8, said: Pieces, tokens: Pieces) -> tuple[Places, Places]:
    """Of each text the sentences of lines that its C4 filter keeps, and the lines for which it drops the whole.

    Args:
        told: the texts as they came, in whose lines words are counted.
        whole: their lines.
        texts: the texts without citations.
        said: the same lines there.
        tokens: of those.
    """
    _, lasts, dotted = edges(texts, said, strip=True)
    ended = np.isin(lasts, [ord(each) for each in _C4_ENDS]) & ~dotted
    n_words, longest = words_within(told, whole.chosen(ended))
    passed = said.chosen(ended).chosen((n_words >= _FEWEST_WORDS) & (longest <= _LONG_WORD))
    lorem, script, bracket, *policy = (1 << place for place in range(3 + len(_facts()["policy_phrases"])))
    held = phrases_in(texts, passed, ["lorem ipsum", "javascript", "{", *_facts()["policy_phrases"]])
    banned = (held & lorem > 0) | ((held & bracket > 0) & (held & script == 0))
    kept = passed.chosen(~banned & (held & (script | sum(policy)) == 0))
    begins, ends = (first_from(tokens, each) for each in (kept.starts, kept.ends))
    return summed(sentence_counts(texts, tokens, begins, ends), kept), summed(banned, passed)


@cache
def _facts() -> Mapping[str, Any]:
    return tomllib.loads(_FACTS.read_text(encoding="utf-8"))


@cache
def _stop_words() -> npt.NDArray[np.uint64]:
    words = Utf8.of(pl.Series(_facts()["stop_words"]))
    return hashes_and_lengths(words, split(words))[0]


@cache
def _table() -> Classes:
    """Bits of every code point: ALPHA, and the two of this module."""
    terminal, marks = _codes("terminal"), _codes("marks")
    table = classes() & np.uint8(ALPHA)
    table |= _NO_MARK
    table[[*terminal, *marks]] &= 0xFF ^ _NO_MARK
    table[terminal] |= _TERMINAL
    return table


def _codes(name: str) -> list[int]:
    """Code points of a list of them and their ranges, in hexadecimal digits."""
    ranges = ([int(end, 16) for end in each.split("-")] for each in _facts()[name].split())
    return [code for each in ranges for code in range(each[0], each[-1] + 1)]
