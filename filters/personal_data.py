"""Finds personal data in text that has a shape: e-mail and IP addresses, account, card and wallet numbers.

How: Presidio's pattern recognizers, most of which verify what they match (a public suffix, a checksum, a valid
address). No language model is used and no context is read, so names, postal addresses and anything without a shape of
its own are never found: an item without a finding is not free of personal data.

Known misses: on Presidio's own synthetic sets these patterns find all e-mail addresses, IBANs, IP addresses and US
social security numbers, but 0.55 to 0.61 of the phone numbers (precision 0.69 to 0.74) and 0.77 to 1.00 of the card
numbers. Off unless asked for: PHONE_NUMBER, which reads years such as 1687 as German numbers; UK_NHS, whose check digit
is that of ISBN-10, so that every such ISBN is one; MEDICAL_LICENSE, which matched 14 times in 3.6 MB of software
documentation that holds none.

Before a recognizer sees a text, a Polars expression (its *gate*) says whether it could match at all. A gate lets
through whatever the pattern could, and takes every character beyond ASCII for any that the pattern could want, because
the engines disagree on which of those are digits and letters.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from math import inf

import polars as pl
import regex
from presidio_analyzer import EntityRecognizer, RecognizerResult, pattern_recognizer
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    EmailRecognizer,
    EsNifRecognizer,
    FiPersonalIdentityCodeRecognizer,
    IbanRecognizer,
    IpRecognizer,
    ItFiscalCodeRecognizer,
    MacAddressRecognizer,
    MedicalLicenseRecognizer,
    NhsRecognizer,
    PhoneRecognizer,
    PlPeselRecognizer,
    UsSsnRecognizer,
)
from presidio_analyzer.predefined_recognizers.generic import iban_recognizer
from tldextract import TLDExtract

from filters.personal.spans import Span, resolve_overlaps
from filters.personal.values import value_digest
from tamis.errors import ConfigError
from tamis.records import SPANS, FilterSpec, Findings, Measure

DEFAULT_ENTITIES = ("EMAIL_ADDRESS", "IBAN_CODE", "CREDIT_CARD", "CRYPTO", "IP_ADDRESS", "MAC_ADDRESS")
"""What is looked for unless the recipe says otherwise: kinds that are verified and rarely wrong."""

PATTERN_TIMEOUT = 5
"""Seconds of CPU time that one pattern may take on one text; then the item is `check_incomplete`."""

_ITEM_FAILURES = (ValueError, ArithmeticError, LookupError, RecursionError)
"""What Presidio and its libraries raise on a strange text: U+11DE0, a digit to `regex` but not to `int`, is one."""

# A character beyond ASCII may be a digit or a letter to one engine and not to another: it stands for any.
_BEYOND = r"\x{80}-\x{10FFFF}"
_DIGIT = rf"[0-9{_BEYOND}]"
_WORD = rf"[0-9A-Za-z_{_BEYOND}]"
_HEX = rf"[0-9A-Fa-f{_BEYOND}]"

_GATES = {
    "EMAIL_ADDRESS": rf"@(?:{_WORD}|-)+\.{_WORD}",
    "IBAN_CODE": r"[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2}",
    "CREDIT_CARD": rf"[13-6]{_DIGIT}{{3}}[- ]?{_DIGIT}{{3,4}}[- ]?{_DIGIT}{{3,4}}[- ]?{_DIGIT}{{3}}",
    "CRYPTO": rf"[13]{_WORD}{{25}}",
    "IP_ADDRESS": rf"[0-9]\.[0-9]{{1,3}}\.[0-9]{{1,3}}\.[0-9]|::|(?:{_HEX}{{1,4}}:){{6}}",
    "MAC_ADDRESS": rf"(?:{_HEX}{{2}}[:-]){{5}}{_HEX}{{2}}|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}",
    "MEDICAL_LICENSE": rf"{_WORD}{{2}}{_DIGIT}{{7}}",
    "PHONE_NUMBER": _DIGIT,
    "UK_NHS": r"[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}",
    "US_SSN": r"[0-9]{5}-[0-9]{4}|[0-9]{3}-[0-9]{6}|[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}|[0-9]{9}",
}
"""What a text must hold for the recognizer to match, by entity. A recognizer without a gate sees every text."""


class OfflineEmailRecognizer(EmailRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's e-mail recognizer, with the same answers but no network and no quadratic time.

    Presidio verifies the domain with a public suffix list that it fetches on first use; this one uses the list that
    comes with tldextract. And it shows the pattern only those runs of a text that hold a whole address: without them
    `a.a.a.…` costs the square of its length.
    """

    _ADDRESS_END = regex.compile(r"(?<=[!#$%&'*+\-/=?^_`{|}~\w])@\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+")
    _LOCAL_PART = regex.compile(r"[!#$%&'*+\-/=?^_`{|}~\.\w]+", flags=regex.REVERSE)

    def __init__(self) -> None:
        super().__init__(name="EmailRecognizer")
        self._suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)

    def analyze(
        self,
        text: str,
        entities: list[str],
        nlp_artifacts: NlpArtifacts | None = None,
        regex_flags: int | None = None,
    ) -> list[RecognizerResult]:
        results = []
        for start, end in self._windows(text):
            for result in super().analyze(text[start:end], entities, nlp_artifacts, regex_flags):
                result.start += start
                result.end += start
                results.append(result)
        return results

    def validate_result(self, pattern_text: str) -> bool:
        return bool(self._suffixes(pattern_text).fqdn)

    def _windows(self, text: str) -> Iterator[tuple[int, int]]:
        """The runs an address can lie in: from the longest local part before each @ to the end of its domain."""
        start = end = 0
        for domain in self._ADDRESS_END.finditer(text):
            local = self._LOCAL_PART.match(text, end, domain.start())
            if local is None:
                continue
            if local.start() > end:
                yield from ((start, end),) if end else ()
                start = local.start()
            end = domain.end()
        if end:
            yield start, end


_RECOGNIZERS: dict[str, Callable[[], EntityRecognizer]] = {
    "CREDIT_CARD": CreditCardRecognizer,
    "CRYPTO": CryptoRecognizer,
    "EMAIL_ADDRESS": OfflineEmailRecognizer,
    "ES_NIF": EsNifRecognizer,
    "FI_PERSONAL_IDENTITY_CODE": FiPersonalIdentityCodeRecognizer,
    "IBAN_CODE": IbanRecognizer,
    "IP_ADDRESS": IpRecognizer,
    "IT_FISCAL_CODE": ItFiscalCodeRecognizer,
    "MAC_ADDRESS": MacAddressRecognizer,
    "MEDICAL_LICENSE": MedicalLicenseRecognizer,
    "PHONE_NUMBER": PhoneRecognizer,
    "PL_PESEL": PlPeselRecognizer,
    "UK_NHS": NhsRecognizer,
    "US_SSN": UsSsnRecognizer,
}

ENTITIES = tuple(sorted(_RECOGNIZERS))
"""Every kind that can be looked for."""


@dataclass(frozen=True, slots=True)
class _Look:
    status: str
    length: int
    spans: tuple[Span, ...] = ()


class PersonalDataFilter:
    """Spans of personal data, and how many an item holds.

    Args:
        entities: the kinds to look for, of `ENTITIES`.
        score_threshold: the least score of Presidio's that counts, 0 to 1. What is verified scores 1, an IP or MAC
            address 0.6, a telephone number 0.4.
        max_characters: longer texts are `too_long`.

    Raises:
        ConfigError: an entity is unknown, none is given, or a number is out of range.
    """

    def __init__(
        self,
        *,
        entities: tuple[str, ...] = DEFAULT_ENTITIES,
        score_threshold: float = 0.4,
        max_characters: int = 2_000_000,
    ) -> None:
        self.entities = entities
        self.score_threshold = score_threshold
        self.max_characters = max_characters
        self._check_parameters()
        self._recognizers = {entity: _RECOGNIZERS[entity]() for entity in sorted(set(entities))}
        self._spec = self._make_spec()

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        may_match = [_gate(entity).alias(entity) for entity in self._recognizers]
        rows = batch.select("position", "text", *may_match).iter_rows()
        with _presidio_muted() as gave_up:
            looks = [
                (position, self._look(text, self._chosen(flags), gave_up=gave_up)) for position, text, *flags in rows
            ]
        return _findings(looks, schema=self._spec.schema)

    def _chosen(self, flags: list[bool]) -> list[str]:
        return [entity for entity, flag in zip(self._recognizers, flags, strict=True) if flag]

    def _look(self, text: str, entities: Iterable[str], *, gave_up: list[str]) -> _Look:
        if len(text) > self.max_characters:
            return _Look("too_long", len(text))
        spans: list[Span] = []
        gave_up.clear()
        for entity in entities:
            started = time.process_time()
            try:
                results = self._recognizers[entity].analyze(text, [entity], None)
            except _ITEM_FAILURES:
                return _Look("failed", len(text))
            if gave_up or time.process_time() - started >= PATTERN_TIMEOUT:
                return _Look("check_incomplete", len(text))
            spans.extend(self._spans(results, text))
        return _Look("seen", len(text), resolve_overlaps(spans))

    def _spans(self, results: list[RecognizerResult], text: str) -> list[Span]:
        """As Presidio's engine does: first the threshold, then what lies inside another of its kind falls away."""
        enough = [result for result in results if result.score >= self.score_threshold]
        return [
            Span(
                kind=result.entity_type,
                start=result.start,
                end=result.end,
                score=result.score,
                recognizer=result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY],
                value=value_digest(result.entity_type, text[result.start : result.end]),
            )
            for result in EntityRecognizer.remove_duplicates(enough)
        ]

    def _check_parameters(self) -> None:
        if not self.entities:
            raise ConfigError("personal_data: entities is empty. Name the kinds to look for, or leave the filter out.")
        for entity in self.entities:
            if entity not in ENTITIES:
                raise ConfigError.unknown("entity", entity, ENTITIES, where="personal_data")
        if not 0 <= self.score_threshold <= 1:
            raise ConfigError(f"personal_data: score_threshold is {self.score_threshold}, expected 0 to 1.")
        if self.max_characters < 1:
            raise ConfigError(f"personal_data: max_characters is {self.max_characters}, expected 1 or more.")

    def _make_spec(self) -> FilterSpec:
        return FilterSpec(
            name="personal_data",
            version="1",
            kinds=("text",),
            reads="content",
            measures=(
                Measure("hits", "number", "How many places hold personal data.", (0, inf)),
                Measure("kinds", "number", "How many kinds of personal data there are.", (0, inf)),
                Measure("density", "number", "Places per 1,000 characters.", (0, inf)),
            ),
            parameters=(
                ("entities", tuple(self._recognizers)),
                ("score_threshold", self.score_threshold),
                ("max_characters", self.max_characters),
            ),
            libraries=tuple(
                (name, version(name)) for name in ("phonenumbers", "presidio-analyzer", "regex", "tldextract")
            ),
        )


@cache
def _gate(entity: str) -> pl.Expr:
    pattern = _GATES.get(entity)
    return pl.lit(value=True) if pattern is None else pl.col("text").str.contains(pattern)


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


def _findings(looks: list[tuple[int, _Look]], *, schema: pl.Schema) -> Findings:
    items = [
        (
            position,
            look.status,
            float(len(look.spans)) if look.status == "seen" else None,
            float(len({span.kind for span in look.spans})) if look.status == "seen" else None,
            _density(look) if look.status == "seen" else None,
        )
        for position, look in looks
    ]
    spans = [
        (position, span.kind, span.start, span.end, span.score, span.recognizer, *(span.value or (None, None)))
        for position, look in looks
        for span in look.spans
    ]
    return Findings(
        items=pl.DataFrame(items, schema=schema, orient="row"),
        spans=pl.DataFrame(spans, schema=SPANS, orient="row"),
    )


def _density(look: _Look) -> float:
    return 1000 * len(look.spans) / look.length if look.length else 0.0
