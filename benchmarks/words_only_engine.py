"""Presidio's engine with nothing but words: what its context enhancement needs, and no model.

It stands in for `filters.personal.engine` until that one is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from filters.personal.entity import Entity
from filters.personal.spans import Span, resolve_overlaps

THRESHOLD = 0.4
_TOKEN = re.compile(r"\w+|[^\w\s]")


class WordsOnlyNlpEngine(NlpEngine):
    """Tokens are words and single marks; the lemma of a word is the word in lower case."""

    def load(self) -> None:
        """There is nothing to load."""

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        matches = list(_TOKEN.finditer(text))
        return NlpArtifacts(
            entities=[],
            tokens=[match.group() for match in matches],
            tokens_indices=[match.start() for match in matches],
            lemmas=[match.group().lower() for match in matches],
            nlp_engine=self,
            language=language,
        )

    def process_batch(self, texts: Iterable[str], language: str, **_: object) -> Iterable[tuple[str, NlpArtifacts]]:
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        return False

    def is_punct(self, word: str, language: str) -> bool:
        return not word[:1].isalnum()

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return ["en"]


def engine_for(entities: Iterable[Entity]) -> AnalyzerEngine:
    registry = RecognizerRegistry(supported_languages=["en"])
    for entity in entities:
        recognizer = entity.make()
        recognizer.supported_language = "en"
        registry.add_recognizer(recognizer)
    return AnalyzerEngine(registry=registry, nlp_engine=WordsOnlyNlpEngine(), supported_languages=["en"])


def spans(engine: AnalyzerEngine, text: str) -> tuple[Span, ...]:
    """What the engine finds at the usual threshold, without overlaps."""
    results = engine.analyze(text, language="en", score_threshold=THRESHOLD)
    return resolve_overlaps(
        Span(result.entity_type, result.start, result.end, result.score, recognizer="") for result in results
    )
