"""Presidio's answers at a fraction of its cost.

Presidio shows every text to every recognizer. Here a text is first asked, by one cheap pattern per recognizer
(its gate), whether that recognizer could match at all, and most are not asked further; one whose answers count beside
a word alone is asked for by its words first. What is left runs Presidio's own patterns and validators, without the
objects that it makes for each hit; words of context are looked up around a hit only. What cannot match contributes
nothing, scores are lifted per recognizer, and duplicates fall away per kind: so the answers are the same, and the tests
and benchmarks compare them hit by hit.

Where Presidio would crash on a text, or give up on a pattern and pass it as clean, that text alone has a status that
says so.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal, NamedTuple, TypeVar

import polars as pl
import regex
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerResult, pattern_recognizer
from presidio_analyzer.predefined_recognizers.generic import iban_recognizer

from filters.personal.context import WordsBefore, lifted
from filters.personal.lines import digit_lines, needs_digit_lines_only
from filters.personal.runs import Windows
from filters.personal.rust_regex import Matches, matches

PATTERN_TIMEOUT = 5.0
"""Seconds that one recognizer may take on one text; then the text is `check_incomplete`."""

_ITEM_FAILURES = (ValueError, ArithmeticError, LookupError, RecursionError)
"""What Presidio and its libraries raise on a strange text: U+11DE0, a digit to `regex` but not to `int`, is one."""


_Member = TypeVar("_Member")


class Hit(NamedTuple):
    """What a recognizer found: `end` is exclusive, both count code points."""

    kind: str
    start: int
    end: int
    score: float
    recognizer: str


@dataclass(frozen=True, slots=True)
class Look:
    """What became of one text."""

    status: Literal["seen", "check_incomplete", "failed"]
    hits: tuple[Hit, ...] = ()
    """As Presidio's engine gives them, in its order: by score, then place."""


class Engine:
    """Runs recognizers over texts.

    Args:
        recognizers: Presidio's, or others of its kind.
        gates: by recognizer id, a Rust regex that every text matches in which it finds something. A recognizer without
            one sees every text.
        threshold: the least score that counts, after context.
    """

    def __init__(
        self, recognizers: Sequence[EntityRecognizer], *, gates: Mapping[str, str], threshold: float = 0.4
    ) -> None:
        self.threshold = threshold
        self._finders = [_Finder(recognizer, gates.get(recognizer.id)) for recognizer in recognizers]
        self._gates = _Gates(
            [gates.get(recognizer.id) for recognizer in recognizers],
            [_words_needed(recognizer, threshold) for recognizer in recognizers],
        )

    def analyze(self, texts: pl.Series) -> list[Look]:
        """Looks at each text (String, no nulls), in order."""
        with _presidio_muted() as gave_up:
            asked = texts.to_list()
            return [
                self._look(text, opened, gave_up) if opened else _NOTHING
                for text, opened in zip(asked, self._gates.open_for(asked), strict=True)
            ]

    def _look(self, text: str, opened: Sequence[int], gave_up: list[str]) -> Look:
        hits: list[Hit] = []
        words = WordsBefore(text)
        try:
            for place in opened:
                hits += self._finders[place].find(text, words, gave_up)
        except TimeoutError:
            return Look("check_incomplete")
        except _ITEM_FAILURES:
            return Look("failed")
        return Look("seen", tuple(without_duplicates([hit for hit in hits if hit.score >= self.threshold])))


_NOTHING = Look("seen")


class _Gates:
    """Which recognizers a text is shown to.

    Gates are asked a few at a time, as one pattern, and only a text that it lets through is asked again one by one:
    most texts pass no gate of most groups. What counts beside a word alone is asked for by that word first.
    """

    _TOGETHER = 4
    """Of more, the engine cannot keep all states of the pattern, and is slower than with each by itself."""
    _WORDS_TOGETHER = 8

    def __init__(self, gates: Sequence[str | None], words: Sequence[tuple[str, ...]]) -> None:
        asked = [(place, gate, said) for place, (gate, said) in enumerate(zip(gates, words, strict=True))]
        self._always = [place for place, gate, said in asked if gate is None and not said]
        gated = [(place, gate) for place, gate, said in asked if gate is not None and not said]
        self._groups = [
            (matches("|".join(f"(?:{gate})" for _, gate in group)), [(place, matches(gate)) for place, gate in group])
            for group in _groups(gated, self._TOGETHER)
        ]
        by_word = [(place, gate, said) for place, gate, said in asked if said]
        self._groups_by_word = [
            (
                _one_of([word for _, _, said in group for word in said]),
                [(place, _one_of(said), matches(gate or "")) for place, gate, said in group],
            )
            for group in _groups(by_word, self._WORDS_TOGETHER)
        ]

    def open_for(self, texts: Sequence[str]) -> list[list[int]]:
        """For each text the places of the recognizers that it is shown to, in order."""
        opened = [list(self._always) for _ in texts]
        for any_matches, gates in self._groups:
            passing = [(text, places) for text, places in zip(texts, opened, strict=True) if any_matches(text)]
            for place, gate_matches in gates:
                for text, places in passing:
                    if gate_matches(text):
                        places.append(place)
        lowered = [text.lower() for text in texts] if self._groups_by_word else []
        for any_said, by_word in self._groups_by_word:
            saying = [each for each in zip(texts, lowered, opened, strict=True) if any_said(each[1])]
            for place, is_said, gate_matches in by_word:
                for text, low, places in saying:
                    if is_said(low) and gate_matches(text):
                        places.append(place)
        return [sorted(places) for places in opened]


def _groups(members: Sequence[_Member], size: int) -> list[Sequence[_Member]]:
    return [members[at : at + size] for at in range(0, len(members), size)]


def _one_of(words: Iterable[str]) -> Matches:
    return matches("|".join(re.escape(word) for word in words))


def _words_needed(recognizer: EntityRecognizer, threshold: float) -> tuple[str, ...]:
    """Words of which a text must hold one, in lower case, for an answer to count; none where answers may count alone.

    A capital sigma is another small letter at the end of a word than within, so that no such word can be asked for.
    """
    words = tuple(word.lower() for word in recognizer.context or ())
    if getattr(recognizer, "highest_alone", _HIGHEST) >= threshold or any(set("σς") & set(word) for word in words):
        return ()
    return words


class _Finder:
    """One recognizer, by the quickest way that gives its own answers."""

    def __init__(self, recognizer: EntityRecognizer, gate: str | None) -> None:
        self.context = tuple(word.lower() for word in recognizer.context or ())
        self._recognizer = recognizer
        self._raw = _quickest(recognizer, gate)

    def find(self, text: str, words: WordsBefore, gave_up: list[str]) -> list[Hit]:
        """
        Raises:
            TimeoutError: it took too long.
        """
        started = time.thread_time()
        hits = self._raw(text)
        if gave_up or time.thread_time() - started >= PATTERN_TIMEOUT:
            gave_up.clear()
            raise TimeoutError
        if not self.context:
            return hits
        hits.sort(key=lambda hit: hit.start)
        return [
            hit._replace(score=lifted(hit.score))
            if hit.score < _HIGHEST and words.support(hit.start, self.context)
            else hit
            for hit in hits
        ]


_HIGHEST = 1.0
"""No word lifts a score beyond it."""


def _quickest(recognizer: EntityRecognizer, gate: str | None) -> Callable[[str], list[Hit]]:
    kind, name = recognizer.supported_entities[0], recognizer.name

    def by_place(text: str) -> list[Hit]:
        return without_duplicates(Hit(kind, start, end, score, name) for start, end, score in recognizer.places(text))

    def asked(text: str) -> list[Hit]:
        found: list[RecognizerResult] = recognizer.analyze(text, recognizer.supported_entities, None)
        return [Hit(one.entity_type, one.start, one.end, one.score, name) for one in found or ()]

    if hasattr(recognizer, "places"):
        return by_place
    is_plain = type(recognizer).analyze is PatternRecognizer.analyze or hasattr(recognizer, "keeps")
    return _Patterns(recognizer, gate).find if is_plain else asked


class _Patterns:
    """The patterns of a recognizer that does nothing but match and validate, without Presidio's object for each hit."""

    def __init__(self, recognizer: PatternRecognizer, gate: str | None) -> None:
        self._passes = matches(gate or "")
        self._kind = recognizer.supported_entities[0]
        self._name = recognizer.name
        self._recognizer = recognizer
        self._windows: Windows | None = getattr(recognizer, "windows", None)
        self._keeps: Callable[[str, int, int], bool] | None = getattr(recognizer, "keeps", None)
        self._in_lines = all(needs_digit_lines_only(pattern.regex) for pattern in recognizer.patterns)

    @cached_property
    def _patterns(self) -> list[tuple[regex.Pattern[str], float]]:
        """Compiled once a text has passed the gate, which few texts do for most recognizers."""
        flags = self._recognizer.global_regex_flags
        return [(regex.compile(pattern.regex, flags), pattern.score) for pattern in self._recognizer.patterns]

    def find(self, text: str) -> list[Hit]:
        hits = list(self._raw(text))
        if len(hits) > 1:
            hits = without_duplicates(hits)
        return [hit for hit in hits if self._keeps(text, hit.start, hit.end)] if self._keeps else hits

    def _raw(self, text: str) -> Iterator[Hit]:
        if self._windows is not None:
            for start, end in self._windows(text):
                yield from self._within(text[start:end], start)
        elif self._in_lines:
            for start, line in digit_lines(text):
                if self._passes(line):
                    yield from self._within(line, start)
        else:
            yield from self._within(text, 0)

    def _within(self, window: str, offset: int) -> Iterator[Hit]:
        for pattern, given in self._patterns:
            for match in pattern.finditer(window, timeout=PATTERN_TIMEOUT):
                start, end = match.span()
                score = self._score(window[start:end], given) if end > start else 0.0
                if score > 0:
                    yield Hit(self._kind, start + offset, end + offset, score, self._name)

    def _score(self, matched: str, given: float) -> float:
        valid = self._recognizer.validate_result(matched)
        invalid = self._recognizer.invalidate_result(matched)
        if invalid:
            return 0.0
        return given if valid is None else float(bool(valid))


def without_duplicates(hits: Iterable[Hit]) -> list[Hit]:
    """Hits without those that lie inside another of their kind with at least their score, in Presidio's order."""
    ordered = sorted(set(hits), key=lambda hit: (hit.kind, hit.start, -hit.end, -hit.score))
    if len(ordered) < 2:
        return ordered
    kept: list[Hit] = []
    for _, of_kind in groupby(ordered, key=lambda hit: hit.kind):
        reaching: list[Hit] = []
        behind = -1
        for hit in of_kind:
            reaching = [] if hit.start > behind else [other for other in reaching if other.end >= hit.start]
            if not any(hit.end <= other.end and hit.score <= other.score for other in reaching):
                kept.append(hit)
                reaching.append(hit)
                behind = max(behind, hit.end)
    return sorted(kept, key=lambda hit: (-hit.score, hit.start, -hit.end))


@contextmanager
def _presidio_muted() -> Iterator[list[str]]:
    """Lets nothing of Presidio's log out, for it holds content, and lists the patterns that gave up meanwhile."""
    gave_up: list[str] = []

    def listen(record: logging.LogRecord) -> bool:
        if "timed out" in str(record.msg):
            gave_up.append(record.name)
        return False

    logger = logging.getLogger("presidio-analyzer")
    level = logger.level
    timeouts = pattern_recognizer.REGEX_TIMEOUT_SECONDS, iban_recognizer.REGEX_TIMEOUT_SECONDS
    logger.setLevel(logging.WARNING)
    logger.addFilter(listen)
    pattern_recognizer.REGEX_TIMEOUT_SECONDS = iban_recognizer.REGEX_TIMEOUT_SECONDS = PATTERN_TIMEOUT
    try:
        yield gave_up
    finally:
        logger.removeFilter(listen)
        logger.setLevel(level)
        pattern_recognizer.REGEX_TIMEOUT_SECONDS, iban_recognizer.REGEX_TIMEOUT_SECONDS = timeouts
