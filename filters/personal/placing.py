"""Recognizers that answer with places, and give Presidio's engine the same answer in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from presidio_analyzer import EntityRecognizer, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts


class PlacesRecognizer(LocalRecognizer):  # type: ignore[misc] # presidio ships no types
    """Finds one kind by `places`, which is all that a recognizer of this sort has to say."""

    def load(self) -> None:
        """There is nothing to load."""

    def places(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end (exclusive) and score of each hit."""
        raise NotImplementedError

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        return as_results(self, self.places(text))


def as_results(recognizer: EntityRecognizer, places: Iterable[tuple[int, int, float]]) -> list[RecognizerResult]:
    """Places as Presidio's engine wants them."""
    said = {
        RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
    }
    kind = recognizer.supported_entities[0]
    return [RecognizerResult(kind, start, end, score, recognition_metadata=dict(said)) for start, end, score in places]
