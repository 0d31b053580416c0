"""Words around a hit: the language engine that Presidio is given, and the same answers to its question at less cost.

Presidio lifts the score of a hit if a word that its recognizer names stands among the five before it. Its answer needs
no model, only words: `WordsEngine` gives it those, lower-cased, through the seam that Presidio has for language
engines. `WordsBefore` answers the same question for one hit by looking at the few words before it, not at the whole
text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

import regex
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

WORDS_BEFORE = 5
"""How many words before a hit count, besides the one that it begins in: Presidio's default."""

LIFT = 0.35
FLOOR = 0.4
"""What a supporting word adds to a score, and what it lifts it to at least: Presidio's defaults."""

_TOKEN = regex.compile(r"\w+|[^\w\s]")
_WORD = regex.compile(r"\w+")
_WORDS_BACKWARD = regex.compile(r"\w+", flags=regex.REVERSE)


class WordsEngine(NlpEngine):  # type: ignore[misc] # presidio ships no types
    """Tokens are runs of word characters and single other marks; a token's lemma is itself in lower case.

    No model, no download, no entities of its own.
    """

    def __init__(self, languages: Sequence[str] = ("en",)) -> None:
        self.languages = tuple(languages)

    def load(self) -> None:
        """There is nothing to load."""

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        found = list(_TOKEN.finditer(text))
        tokens = [token.group() for token in found]
        return NlpArtifacts(
            entities=[],
            tokens=tokens,
            tokens_indices=[token.start() for token in found],
            lemmas=[token.lower() for token in tokens],
            nlp_engine=self,
            language=language,
        )

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: object
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        return False

    def is_punct(self, word: str, language: str) -> bool:
        return _WORD.match(word) is None

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return list(self.languages)


class WordsBefore:
    """The words that stand before places of one text; what was found out for a token holds for all hits in it.

    Asked in order of place it costs no more than a few times the text's length, even where one word is all of it.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._token = (0, 0)
        self._answers: dict[tuple[str, ...], bool] = {}
        self._words: list[str] = []

    def support(self, start: int, context: tuple[str, ...]) -> bool:
        """Whether a word of `context` (lower case) is part of a word before `start`, or of the one it begins in.

        Raises:
            ValueError: no word and no mark follows, as Presidio does.
        """
        token = self._token_at(start)
        if token != self._token:
            self._token = token
            self._answers = {}
            self._words = self._words_until(*token)
        if context not in self._answers:
            self._answers[context] = any(wanted in word for wanted in context for word in self._words)
        return self._answers[context]

    def _words_until(self, begin: int, end: int) -> list[str]:
        """The word at the token and those before it, six at most; and the first at or after it."""
        upto = end if _WORD.match(self._text, begin) else begin
        before = islice(_counting(_WORDS_BACKWARD.finditer(self._text, 0, upto)), WORDS_BEFORE + 1)
        after = islice(_counting(_WORD.finditer(self._text, begin)), 1)
        return [*before, *after]

    def _token_at(self, start: int) -> tuple[int, int]:
        """The token that covers `start`, or else the next one."""
        begin, end = self._token
        if begin <= start < end:
            return self._token
        word = _WORD.match(self._text, start)
        if word:
            before = _WORDS_BACKWARD.match(self._text, 0, start)
            return (before.start() if before else start), word.end()
        token = _TOKEN.search(self._text, start)
        if token is None:
            raise ValueError("no token at or after the hit")
        return cast("tuple[int, int]", token.span())


def _counting(words: Iterable[regex.Match[str]]) -> Iterator[str]:
    """Words in lower case, without "be": Presidio drops it, for it is what spaCy makes of "is" and "are"."""
    return (word for word in (match.group().lower() for match in words) if word != "be")


def lifted(score: float) -> float:
    """A score with the support of a word: Presidio's own arithmetic."""
    return min(max(score + LIFT, FLOOR), 1.0)
