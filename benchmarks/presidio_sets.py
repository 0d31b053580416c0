"""Presidio as it comes, and the same recognizers behind our engine: two sets to compare answers and cost with."""

from __future__ import annotations

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry
from presidio_analyzer.predefined_recognizers import EmailRecognizer
from tldextract import TLDExtract

from filters.personal.context import WordsEngine
from filters.personal.engine import Engine
from filters.personal.proven_gates import gates_that_hold
from filters.personal.stock import STOCK

CORPUS = (
    *("EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "CRYPTO", "MAC_ADDRESS"),
)
"""What a corpus is masked for; the full set is Presidio's default English one, 17 recognizers."""


class StockEmail(EmailRecognizer):
    """Presidio's own, with nothing changed but the suffix list's source: it would fetch one."""

    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)

    def __init__(self) -> None:
        super().__init__(name="EmailRecognizer")

    def validate_result(self, pattern_text: str) -> bool:
        return self.suffixes(pattern_text).fqdn != ""


def stock_recognizers(kinds: tuple[str, ...] = ()) -> list[EntityRecognizer]:
    """Presidio's default English recognizers that need no model, or those of them that find the given kinds."""
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    loaded = [each for each in registry.recognizers if each.name != "SpacyRecognizer"]
    named = [StockEmail() if each.supported_entities == ["EMAIL_ADDRESS"] else each for each in loaded]
    return [each for each in named if not kinds or each.supported_entities[0] in kinds]


def stock_engine(kinds: tuple[str, ...] = ()) -> AnalyzerEngine:
    """Presidio's engine over them, with words of context and without a model."""
    registry = RecognizerRegistry(supported_languages=["en"])
    for recognizer in stock_recognizers(kinds):
        registry.add_recognizer(recognizer)
    return AnalyzerEngine(registry=registry, nlp_engine=WordsEngine(), supported_languages=["en"])


def our_engine(kinds: tuple[str, ...] = (), *, threshold: float = 0.4) -> Engine:
    """The same recognizers behind gates and windows."""
    made = {row: row.make() for kind, row in STOCK.items() if not kinds or kind in kinds}
    return Engine(list(made.values()), gates=gates_that_hold(made), threshold=threshold)
