"""The quick way gives Presidio's answers, hit by hit, and says so where Presidio would crash or skip."""

from __future__ import annotations

import json
import logging
import socket

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

from benchmarks.presidio_sets import our_engine, stock_engine
from filters.personal import engine as module
from filters.personal.context import WordsBefore, WordsEngine
from filters.personal.engine import Engine, Hit, without_duplicates
from filters.personal.entities import ENTITIES
from filters.personal.national_numbers.checked_number import CheckedNumber
from filters.personal.proven_gates import gates_that_hold

PLANTED = (
    *("jane.doe+x@mail.example.co.uk", "gb82 WEST 1234 5698 7654 32", "4111 1111 1111 1111", "+44 20 7946 0958"),
    *("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "2001:db8::ff00:42:8329", "00:1A:2B:3C:4D:5E", "(212) 555-0187 ext. 4"),
    *(
        "943 476 5919",
        "078-05-1121",
        "BB1388568",
        "https://www.example.org/a?b=c#d",
        "2024-02-29T10:00:00Z",
        "A1234567",
    ),
    *(
        "A1234567",
        "12/31/1999",
        "123e4567-e89b-12d3-a456-426614174000",
        "912-70-1234",
        "123456789",
        "2012-01-02 08:00",
        "A-Z]]12",
    ),
)
_BLOCKS = [
    *PLANTED,
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
    *("phone ", "call ", "is ", "ssn ", "ip ", "card number ", "ext.", ";ext=", "x", "#", "+", "00", "\t", ",", "jan"),
]
hostile_texts = st.lists(st.one_of(st.sampled_from(_BLOCKS), st.text(max_size=3)), min_size=1, max_size=12).map("".join)
mutated = st.tuples(st.sampled_from(PLANTED), st.integers(0, 40), st.sampled_from(_BLOCKS)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
)

Answer = set[tuple[str, int, int, float]] | str


@pytest.fixture(scope="module")
def presidio() -> AnalyzerEngine:
    return stock_engine()


def by_presidio(engine: AnalyzerEngine, text: str, threshold: float) -> Answer:
    try:
        results = engine.analyze(text, language="en", score_threshold=threshold)
    except module._ITEM_FAILURES:
        return "failed"
    return {(result.entity_type, result.start, result.end, result.score) for result in results}


def by_us(engine: Engine, text: str) -> Answer:
    [look] = engine.analyze(pl.Series([text]))
    return {tuple(hit[:4]) for hit in look.hits} if look.status == "seen" else look.status


OURS = our_engine(threshold=0.0)


@given(text=st.one_of(hostile_texts, mutated))
@example(text="jane@é.com")
@example(text="é@bücher.example.org")
@example(text="4١١١ ١١١١ ١١١١ ١١١١")
@example(text="1\N{KELVIN SIGN}1zP1eP5QGefi2DMPTfTL5SLmv7Div")
@example(text="BſK\N{KELVIN SIGN}1388568")
@example(text="Create Date: 2026-06-10 00:00:00.000000")
@example(text="run the following commands ::\n\n    $ pip install")
@example(text="(212) 555-0187,\t, extension 4 555")
@settings(max_examples=500, deadline=None)
def test_the_answers_are_presidio_s_for_its_whole_default_set(presidio: AnalyzerEngine, text: str) -> None:
    assert by_us(OURS, text) == by_presidio(presidio, text, 0.0)


def test_a_threshold_is_held_against_the_score_with_its_context(presidio: AnalyzerEngine) -> None:
    text = "My social security number is 078-05-1121, the other 078051121. Driver license: A1234567. Paid 123456789."
    found = by_us(our_engine(threshold=0.4), text)
    assert found == by_presidio(presidio, text, 0.4)
    assert ("US_SSN", 29, 40, 0.85) in found


BESIDE = {
    ENTITIES[kind]: ENTITIES[kind].make() for kind in ("FR_ID_CARD", "AU_ACN", "DE_BSNR", "NL_BSN", "US_PASSPORT")
}


@pytest.fixture(scope="module")
def beside_by_presidio() -> AnalyzerEngine:
    registry = RecognizerRegistry(list(BESIDE.values()), supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=WordsEngine(), supported_languages=["en"])


@given(
    st.lists(
        st.sampled_from(
            [
                *("880692310285", "AB1CD2EF3", "004 085 616", "004085616", "041234567", "111222333", "A12345678"),
                *("identité", "IDENTITÉ", "Identitékaart", "acn", "ACN", "BSNR", "bsn", "passport", "PASSPORT", "Σ"),
                *("be", "no", ":", "-", " ", " ", " ", "\n", "nr."),
            ]
        ),
        max_size=12,
    ).map("".join),
    st.sampled_from([0.2, 0.4]),
)
@example("ACN 004085616", 0.4)
@example("004085616", 0.2)
@settings(max_examples=200, deadline=None)
def test_what_counts_beside_a_word_alone_is_found_as_presidio_finds_it(
    beside_by_presidio: AnalyzerEngine, text: str, threshold: float
) -> None:
    ours = Engine(list(BESIDE.values()), gates=gates_that_hold(BESIDE), threshold=threshold)
    assert by_us(ours, text) == by_presidio(beside_by_presidio, text, threshold)


def test_a_text_without_its_word_is_not_shown_to_who_counts_beside_a_word_alone() -> None:
    whoever_is_asked_fails = CheckedNumber("AU_ACN", valid=json.loads, by_context=("[0-9]{9}",), context=("acn",))
    looks = Engine([whoever_is_asked_fails], gates={}).analyze(pl.Series(["004085616", "ACN 004085616"]))
    assert [look.status for look in looks] == ["seen", "failed"]


def test_a_digit_that_breaks_presidio_fails_that_text_only() -> None:
    looks = OURS.analyze(pl.Series(["4" + "\U00011de1" * 15, "a@example.org"]))
    assert [look.status for look in looks] == ["failed", "seen"]
    assert looks[1].hits


def test_a_pattern_that_times_out_leaves_the_text_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATTERN_TIMEOUT", 0.2)
    endless = PatternRecognizer("CRYPTO", patterns=[Pattern("endless", r"(?:1a|1|a)+(?:1a|1|a)+[bc]", 1.0)])
    looks = Engine([endless], gates={}).analyze(pl.Series(["1a" * 5000, "no digits"]))
    assert [look.status for look in looks] == ["check_incomplete", "seen"]


def test_a_recognizer_that_took_too_long_leaves_the_text_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATTERN_TIMEOUT", 0.0)
    [look] = our_engine(("EMAIL_ADDRESS",)).analyze(pl.Series(["a@example.org"]))
    assert look.status == "check_incomplete"


def test_nothing_of_presidio_is_logged_and_its_logger_is_left_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("presidio-analyzer")
    before = logger.level, list(logger.filters)
    with caplog.at_level(logging.DEBUG):
        caplog.clear()
        OURS.analyze(pl.Series([" ".join(PLANTED)]))
    assert caplog.records == []
    assert (logger.level, list(logger.filters)) == before


def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the engine opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert by_us(our_engine(("EMAIL_ADDRESS",)), "someone@unheard-of.example.museum")


words = st.lists(
    st.sampled_from(["be", "Card", "ıx", "a", "::", ":", "12", "_", "\n", " ", "é", "\u200d"]), max_size=14
)


@given(before=words, after=words)
@settings(max_examples=300, deadline=None)
def test_the_words_before_a_hit_are_those_that_presidio_collects(before: list[str], after: list[str]) -> None:
    text = " ".join([*before, "4111", *after])
    start = len(" ".join([*before, ""])) if before else 0
    artifacts = WordsEngine().process_text(text, "en")
    theirs = set(LemmaContextAwareEnhancer()._extract_surrounding_words(artifacts, text[start : start + 4], start))
    ours = WordsBefore(text)
    assert {word for word in ["card", "ıx", "a", "12", "_", "é", "4111"] if ours.support(start, (word,))} == {
        word for word in ["card", "ıx", "a", "12", "_", "é", "4111"] if any(word in each for each in theirs)
    }


def test_a_hit_inside_a_better_one_of_its_kind_falls_away() -> None:
    whole, part, other = Hit("A", 0, 9, 0.5, "R"), Hit("A", 2, 5, 0.5, "R"), Hit("B", 2, 5, 0.5, "R")
    better = Hit("A", 2, 5, 0.9, "R")
    assert without_duplicates([part, whole, other]) == [whole, other]
    assert without_duplicates([better, whole]) == [better, whole]


def test_presidio_checks_patterns_as_ever_once_it_is_imported():
    with pytest.raises(ValueError, match="Invalid regex pattern"):
        Pattern("unclosed", "(", 0.5)
