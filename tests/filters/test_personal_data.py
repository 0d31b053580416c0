"""Personal data: the same answers as Presidio's engine, at the right places, offline, whatever the text."""

from __future__ import annotations

import logging
import socket
import time

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_analyzer.predefined_recognizers import EmailRecognizer
from tldextract import TLDExtract

from filters import personal_data
from filters.base import run_filter
from filters.personal.spans import Span, resolve_overlaps
from filters.personal_data import DEFAULT_ENTITIES, ENTITIES, PersonalDataFilter
from tamis.errors import ConfigError
from tamis.testing import text_batch

PLANTED = {
    "EMAIL_ADDRESS": "jane.doe+x@mail.example.co.uk",
    "IBAN_CODE": "GB82 WEST 1234 5698 7654 32",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "CRYPTO": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "IP_ADDRESS": "2001:db8::ff00:42:8329",
    "MAC_ADDRESS": "00:1A:2B:3C:4D:5E",
    "PHONE_NUMBER": "+44 20 7946 0958",
    "UK_NHS": "943 476 5919",
    "US_SSN": "078-05-1121",
    "ES_NIF": "12345678Z",
    "IT_FISCAL_CODE": "RSSMRA85T10A562S",
    "PL_PESEL": "44051401359",
    "FI_PERSONAL_IDENTITY_CODE": "131052-308T",
    "MEDICAL_LICENSE": "BB1388568",
}


class StockEmail(EmailRecognizer):
    """Presidio's own, with nothing changed but the suffix list's source."""

    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)

    def __init__(self) -> None:
        super().__init__(name="EmailRecognizer")

    def validate_result(self, pattern_text: str) -> bool:
        return self.suffixes(pattern_text).fqdn != ""


@pytest.fixture(scope="module")
def engine() -> AnalyzerEngine:
    """Presidio as its documentation sets it up without a language model."""
    registry = RecognizerRegistry(supported_languages=["en"])
    for entity, make in personal_data._RECOGNIZERS.items():
        recognizer = StockEmail() if entity == "EMAIL_ADDRESS" else make()
        recognizer.supported_language = "en"
        registry.add_recognizer(recognizer)
    nothing = {"nlp_engine_name": "no_op", "models": [{"lang_code": "en", "model_name": "no_op"}]}
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=NlpEngineProvider(nlp_configuration=nothing).create_engine(),
        supported_languages=["en"],
    )


def _by_engine(engine: AnalyzerEngine, text: str, entities: tuple[str, ...]) -> set[tuple[str, int, int, float]] | str:
    try:
        results = engine.analyze(text, language="en", entities=list(entities), score_threshold=0.4)
    except personal_data._ITEM_FAILURES:
        return "failed"
    return {(result.entity_type, result.start, result.end, result.score) for result in results}


def _raw(found: PersonalDataFilter, text: str) -> set[tuple[str, int, int, float]] | str:
    """What the filter finds before overlaps are resolved, behind its gates."""
    spans = set()
    frame = pl.DataFrame({"text": [text]})
    for entity, recognizer in found._recognizers.items():
        if not frame.select(personal_data._gate(entity)).to_series().all():
            continue
        try:
            results = found._spans(recognizer.analyze(text, [entity], None), text)
        except personal_data._ITEM_FAILURES:
            return "failed"
        spans |= {(span.kind, span.start, span.end, span.score) for span in results}
    return spans


EVERYTHING = PersonalDataFilter(entities=ENTITIES)
_BUILDING_BLOCKS = [
    *PLANTED.values(),
    *(
        "a@b.com",
        "@",
        ".",
        "::",
        ":",
        "-",
        " ",
        "\n",
        "_",
        "/",
        "%",
        "1",
        "4111",
        "a.",
        "bc1",
        "example.org",
        "1.2.3.4",
    ),
    *("ffff", "::1", "K", "ſ", "ı", "٣", "４", "é", "\u0301", "\U00011de1", "\N{GRINNING FACE}", "＠", "。", "\u200d"),
]
hostile_texts = st.lists(
    st.one_of(st.sampled_from(_BUILDING_BLOCKS), st.text(max_size=3)), min_size=1, max_size=12
).map("".join)
mutated = st.tuples(st.sampled_from(list(PLANTED.values())), st.integers(0, 40), st.sampled_from(_BUILDING_BLOCKS)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
)


@given(text=st.one_of(hostile_texts, mutated))
@example(text="jane@é.com")
@example(text="é@bücher.example.org")
@example(text="4١١١ ١١١١ ١١١١ ١١١١")
@example(text="1\N{KELVIN SIGN}1zP1eP5QGefi2DMPTfTL5SLmv7Div")
@example(text="BſK\N{KELVIN SIGN}1388568")
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gates_and_windows_change_no_answer_of_presidio(engine: AnalyzerEngine, text: str) -> None:
    assert _raw(EVERYTHING, text) == _by_engine(engine, text, ENTITIES)


@pytest.mark.parametrize("entity", ENTITIES)
def test_each_kind_is_found_exactly_where_it_was_planted(entity: str) -> None:
    value = PLANTED[entity]
    before = "\N{GRINNING FACE}\N{FAMILY} \U0001d4d0 é: "
    text = f"{before}{value} \N{GRINNING FACE}"
    spans = run_filter(PersonalDataFilter(entities=(entity,)), text_batch([text])).spans
    assert spans.select("kind", "start", "end").rows() == [(entity, len(before), len(before) + len(value))]


def test_two_planted_kinds_are_counted() -> None:
    text = f"{PLANTED['EMAIL_ADDRESS']} and {PLANTED['MAC_ADDRESS']} and a@example.org".ljust(200)
    items = run_filter(PersonalDataFilter(), text_batch([text])).items
    assert items.select("hits", "kinds", "density").row(0) == (3.0, 2.0, 15.0)


def test_clean_text_is_seen_with_no_hits() -> None:
    items = run_filter(PersonalDataFilter(), text_batch(["Plain prose of 1687, version 1.2.3.", ""])).items
    assert items.drop("position").rows() == [("seen", 0.0, 0.0, 0.0)] * 2


def test_the_default_leaves_out_what_is_often_wrong() -> None:
    assert {"PHONE_NUMBER", "UK_NHS", "MEDICAL_LICENSE", "US_SSN"}.isdisjoint(DEFAULT_ENTITIES)


def test_a_digit_that_breaks_presidio_fails_that_item_only() -> None:
    digit = "\U00011de1"
    items = run_filter(PersonalDataFilter(), text_batch([f"4{digit * 15}", "a@example.org"])).items
    assert items.select("status", "hits").rows() == [("failed", None), ("seen", 1.0)]


def test_a_text_beyond_the_limit_is_too_long() -> None:
    items = run_filter(PersonalDataFilter(max_characters=5), text_batch(["12345", "123456"])).items
    assert items["status"].to_list() == ["seen", "too_long"]


@pytest.mark.parametrize(
    "text",
    [
        "a." * 4000,
        "a." * 50_000 + "@b.c",
        "a." * 50_000 + "a@b",
        "a." * 50_000 + "a@b.com",
        "a.@b.com" * 20_000,
        "a@b." * 20_000,
        "a@" + "b-" * 50_000,
        "a@" + "b." * 20_000 + "com",
        "a@b.c@d.e@" * 10_000,
        "1" * 200_000,
        "a:" * 100_000,
        "1.2.3." * 50_000,
        "DE89 " * 40_000,
    ],
    ids=lambda text: f"{text[:8]}…{text[-6:]}",
)
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    started = time.process_time()
    found = run_filter(PersonalDataFilter(), text_batch([text]))
    assert found.items["status"].to_list() == ["seen"]
    assert time.process_time() - started < 2


def test_a_pattern_that_times_out_leaves_the_check_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "PATTERN_TIMEOUT", 0.2)
    found = PersonalDataFilter(entities=("CRYPTO",))
    endless = PatternRecognizer("CRYPTO", patterns=[Pattern("endless", r"(?:1a|1|a)+(?:1a|1|a)+[bc]", 1.0)])
    found._recognizers["CRYPTO"] = endless
    items = run_filter(found, text_batch(["1a" * 5000, "no digits"])).items
    assert items["status"].to_list() == ["check_incomplete", "seen"]


def test_nothing_of_presidio_is_logged_and_its_logger_is_left_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("presidio-analyzer")
    before = logger.level, list(logger.filters)
    with caplog.at_level(logging.DEBUG):
        caplog.clear()
        run_filter(EVERYTHING, text_batch([" ".join(PLANTED.values())]))
    assert caplog.records == []
    assert (logger.level, list(logger.filters)) == before


def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the filter opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found = run_filter(PersonalDataFilter(), text_batch(["someone@unheard-of.example.museum"]))
    assert found.spans.height == 1


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"entities": ()}, "entities is empty"),
        ({"entities": ("EMAIL_ADRESS",)}, "Did you mean 'EMAIL_ADDRESS'"),
        ({"score_threshold": 1.5}, "expected 0 to 1"),
        ({"score_threshold": float("nan")}, "expected 0 to 1"),
        ({"max_characters": 0}, "expected 1 or more"),
    ],
)
def test_a_parameter_out_of_range_is_an_error(parameters: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        PersonalDataFilter(**parameters)


def test_the_order_of_entities_is_no_other_filter() -> None:
    one = PersonalDataFilter(entities=("CRYPTO", "IBAN_CODE"))
    other = PersonalDataFilter(entities=("IBAN_CODE", "CRYPTO"))
    assert one.spec.digest == other.spec.digest
    assert one.spec.digest != PersonalDataFilter(entities=("CRYPTO",)).spec.digest


def test_the_best_of_overlapping_spans_names_the_whole() -> None:
    weak, strong = Span("WEAK", 0, 10, 0.5, "W"), Span("STRONG", 8, 12, 1.0, "S")
    assert resolve_overlaps([weak, strong]) == (Span("STRONG", 0, 12, 1.0, "S"),)


def test_of_equal_scores_the_longer_and_then_the_first_names_it() -> None:
    short, long = Span("SHORT", 0, 3, 1.0, "S"), Span("LONG", 2, 9, 1.0, "L")
    assert resolve_overlaps([short, long])[0].kind == "LONG"
    left, right = Span("LEFT", 0, 3, 1.0, "L"), Span("RIGHT", 2, 5, 1.0, "R")
    assert resolve_overlaps([right, left])[0].kind == "LEFT"


spans = st.builds(
    lambda kind, start, length, score: Span(kind, start, start + length, score, "R"),
    kind=st.sampled_from("ABC"),
    start=st.integers(0, 30),
    length=st.integers(1, 10),
    score=st.sampled_from([0.4, 0.6, 1.0]),
)


@given(given_spans=st.lists(spans, max_size=8))
def test_resolved_spans_never_overlap_and_cover_all_that_was_found(given_spans: list[Span]) -> None:
    resolved = resolve_overlaps(given_spans)
    places = [place for span in resolved for place in range(span.start, span.end)]
    assert len(places) == len(set(places))
    assert set(places) == {place for span in given_spans for place in range(span.start, span.end)}
    assert resolved == resolve_overlaps(reversed(given_spans))
