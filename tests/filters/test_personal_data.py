"""Personal data: the right kinds at the right places, whatever the text."""

from __future__ import annotations

import time
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.personal.entities import ENTITIES
from filters.personal.spans import Span, resolve_overlaps
from filters.personal_data import DEFAULT_ENTITIES, PersonalDataFilter
from tamis.errors import ConfigError
from tamis.testing import text_batch
from tests.filters import test_secrets

PLANTED = {
    "EMAIL_ADDRESS": "jane.doe+x@mail.example.co.uk",
    "IBAN_CODE": "GB82 WEST 1234 5698 7654 32",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "CRYPTO": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "IP_ADDRESS": "2001:4860:4860::1234",
    "MAC_ADDRESS": "00:1A:2B:3C:4D:5E",
    "PHONE_NUMBER": "+44 20 7946 0958",
    "URL": "https://www.example.org/a",
    "DATE_TIME": "12/31/1999",
    "UUID": "123e4567-e89b-12d3-a456-426614174000",
}


@pytest.mark.parametrize("entity", PLANTED)
def test_each_kind_is_found_exactly_where_it_was_planted(entity: str) -> None:
    value = PLANTED[entity]
    before = "\N{GRINNING FACE}\N{FAMILY} \U0001d4d0 é: "
    text = f"{before}{value} \N{GRINNING FACE}"
    spans = run_filter(PersonalDataFilter(entities=(entity,)), text_batch([text])).spans
    assert spans.select("kind", "start", "end").rows() == [(entity, len(before), len(before) + len(value))]


def test_two_planted_kinds_are_counted() -> None:
    text = f"{PLANTED['EMAIL_ADDRESS']} and {PLANTED['MAC_ADDRESS']} and a@example.org".ljust(200)
    items = run_filter(PersonalDataFilter(), text_batch([text])).items
    assert items.select("hits", "kinds", "density").row(0) == (3.0, 2.0, 600.0)


def test_clean_text_is_seen_with_no_hits() -> None:
    items = run_filter(PersonalDataFilter(), text_batch(["Plain prose of 1687, version 1.2.3.", ""])).items
    assert items.drop("position").rows() == [("seen", 0.0, 0.0, 0.0, "none", None)] * 2


def test_the_default_leaves_out_what_is_often_wrong() -> None:
    off = {entity.kind for entity in ENTITIES.values() if not entity.default}
    assert {"URL", "DATE_TIME", "UUID"} <= off
    assert off.isdisjoint(DEFAULT_ENTITIES)
    assert all(entity.why_off.endswith(".") == (not entity.default) for entity in ENTITIES.values())


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
        "1.2.3." * 20_000,
        "DE89 " * 40_000,
    ],
    ids=lambda text: f"{text[:8]}…{text[-6:]}",
)
def test_hostile_text_takes_no_longer_than_its_length(text: str) -> None:
    started = time.process_time()
    found = run_filter(PersonalDataFilter(), text_batch([text]))
    assert found.items["status"].to_list() == ["seen"]
    assert time.process_time() - started < 20


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


def test_a_countrys_checked_number_names_the_place_that_is_all_its_own() -> None:
    telephone = Span("PHONE_NUMBER", 0, 14, 1.0, "T")
    checked, part = Span("ES_SOCIAL_SECURITY", 0, 14, 0.65, "E"), Span("ES_SOCIAL_SECURITY", 2, 14, 0.65, "E")
    assert resolve_overlaps([telephone, checked]) == (replace(checked, score=1.0),)
    assert resolve_overlaps([telephone, part]) == (telephone,)


def test_between_kinds_of_countries_the_score_decides() -> None:
    checked, by_its_word = Span("NL_BSN", 0, 9, 0.65, "N"), Span("DE_BSNR", 0, 9, 0.95, "D")
    telephone = Span("PHONE_NUMBER", 0, 9, 1.0, "T")
    assert resolve_overlaps([telephone, checked, by_its_word]) == (replace(by_its_word, score=1.0),)


def test_what_is_in_an_iban_does_not_name_it() -> None:
    iban, bank = Span("IBAN_CODE", 0, 27, 1.0, "I"), Span("FR_RIB", 4, 27, 1.0, "R")
    assert resolve_overlaps([bank, iban]) == (iban,)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Número de afiliación: 28 12345678 40.", "ES_SOCIAL_SECURITY"),
        ("Número de afiliación: 08 34426546 51.", "ES_SOCIAL_SECURITY"),
        ("SIRET : 38380432500033.", "FR_SIRET"),
        ("The credit card 38380432500033 was charged.", "CREDIT_CARD"),
        ("Appelez le 01 23 45 67 89.", "PHONE_NUMBER"),
    ],
)
def test_a_number_is_called_after_its_own_name(text: str, kind: str) -> None:
    assert run_filter(PersonalDataFilter(), text_batch([text])).spans["kind"].to_list() == [kind]


spans = st.builds(
    lambda kind, start, length, score: Span(kind, start, start + length, score, "R"),
    kind=st.sampled_from(["A", "PHONE_NUMBER", "FR_SIRET", "NL_BSN", "DE_BSNR"]),
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
    for place in resolved:
        within = [span for span in given_spans if place.start <= span.start < place.end]
        assert place.score == max(span.score for span in within)
        assert place.kind in {span.kind for span in within}


DISGUISED = {
    "HTML entities": ("jane&#64;example&period;org", "EMAIL_ADDRESS"),
    "zero-width": ("jane@exam\u200bple.org", "EMAIL_ADDRESS"),
    "full width": ("４１１１ １１１１ １１１１ １１１１", "CREDIT_CARD"),
    "spelled out": ("jane (at) example (dot) org", "EMAIL_ADDRESS"),
    "percent signs": ("jane%40example.org", "EMAIL_ADDRESS"),
}


@pytest.mark.parametrize("trick", DISGUISED)
def test_what_wears_a_disguise_is_found_at_its_place_and_known_by_its_value(trick: str) -> None:
    written, kind = DISGUISED[trick]
    text = f"\N{GRINNING FACE} Write to {written} today."
    found = run_filter(PersonalDataFilter(), text_batch([text, "jane@example.org or 4111111111111111"]))
    spans = found.spans.filter(pl.col("position") == 0)
    start = text.index(written)
    assert spans.select("kind", "start", "end").rows() == [(kind, start, start + len(written))]
    plain = found.spans.filter((pl.col("position") == 1) & (pl.col("kind") == kind))
    assert spans.select("value_hi", "value_lo").equals(plain.select("value_hi", "value_lo"))


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("SE_PERSONNUMMER", "811228\u20119874"),
        ("FI_PERSONAL_IDENTITY_CODE", "131052\u2013308T"),
        ("ES_NIF", "12.345.678\u2011Z"),
        ("BR_CNPJ", "11.222.333/0001\u201181"),
    ],
)
def test_a_number_may_hold_a_hyphen_that_does_not_break(kind: str, written: str) -> None:
    found = run_filter(PersonalDataFilter(entities=(kind,)), text_batch([f"No. {written}.", "1990\u20132000"]))
    assert found.spans.select("position", "start", "end").rows() == [(0, 4, 4 + len(written))]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ada/ada@example.org", "Ada/ada@example.org"),
        ("who?ada@example.org", "who?ada@example.org"),
        ("_ada@example.org_ in Markdown", "_ada@example.org"),
        ("連絡先ada@example.comまで", "連絡先ada@example.com"),
        ("ada@example.co.uk으로", "ada@example.co.uk"),
        ("ada@example. comまで is none, nor ada@nothing.invalid_", ""),
    ],
)
def test_an_address_is_found_though_no_space_stands_beside_it(text: str, address: str) -> None:
    found = run_filter(PersonalDataFilter(entities=("EMAIL_ADDRESS",)), text_batch([text])).spans
    places = [text[start:end] for start, end in found.select("start", "end").iter_rows()]
    assert places == ([address] if address else [])


def test_a_token_of_parts_stays_whole_when_its_disguise_is_off() -> None:
    token = test_secrets.JWT
    text = f"here {''.join(f'&#{ord(character)};' for character in token)} it is"
    spans = run_filter(PersonalDataFilter(), text_batch([text])).spans
    assert spans.select("kind", "start", "end").rows() == [("SECRET", 5, len(text) - 6)]


def test_disguises_can_be_left_on() -> None:
    text = "jane (at) example (dot) org"
    assert run_filter(PersonalDataFilter(disguises=False), text_batch([text])).spans.is_empty()
    assert PersonalDataFilter(disguises=False).spec.digest != PersonalDataFilter().spec.digest


def test_a_disguise_over_what_breaks_presidio_fails_the_item() -> None:
    hidden = "licence AB" + "&#x11DE1;" * 7 + " of 2020"
    seen = run_filter(PersonalDataFilter(entities=("MEDICAL_LICENSE",)), text_batch([hidden, "nothing"]))
    assert seen.items["status"].to_list() == ["seen", "seen"]  # a digit that only Presidio knows is a digit in the view
    failing = run_filter(PersonalDataFilter(entities=("MEDICAL_LICENSE",)), text_batch(["AB" + "\U00011de1" * 7]))
    assert failing.items["status"].to_list() == ["failed"]


def test_a_file_of_rules_for_secrets_takes_the_place_of_the_built_in_ones(tmp_path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rules]]\nid = 'ours'\nwhat = 'our token'\npattern = 'tms_[a-z0-9]{16}'\nkeywords = ['tms_']\n")
    text = "token tms_4f9k2m8x1q7z5w3v here"
    ours = PersonalDataFilter(secret_rules=str(rules))
    assert run_filter(ours, text_batch([text])).spans["kind"].to_list() == ["SECRET"]
    assert run_filter(PersonalDataFilter(), text_batch([text])).spans.is_empty()
    assert dict(ours.spec.models) != dict(PersonalDataFilter().spec.models)


def test_groups_name_what_is_on_by_default_of_a_country() -> None:
    french = PersonalDataFilter(entities=("fr",)).entities
    assert {"FR_NIR", "FR_SIRET", "FR_RIB"} <= set(french)
    assert all(ENTITIES[kind].region == "fr" for kind in french)
    assert set(PersonalDataFilter(entities=("general", "fr")).entities) < set(DEFAULT_ENTITIES)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"model_on": "some"}, "unknown model_on 'some'"),
        ({"model_backend": "spacy"}, "unknown model_backend 'spacy'"),
        ({"model_sample": 1.5}, "expected 0 to 1"),
        ({"model_renames": ("PER",)}, "expected THEIRS=OURS"),
        ({"secret_rules": "x.toml", "entities": ("EMAIL_ADDRESS",)}, "no SECRET to look for"),
        ({"secret_rules": "/nowhere/x.toml"}, "x.toml"),
        ({"secret_rules": "rules\0.toml"}, "is no path"),
        ({"model_kinds": ("PERSON",)}, "no `model` to ask"),
        ({"model_renames": ("PER=PERSON",)}, "no `model` to ask"),
        ({"model_on": "all"}, "no `model` to ask"),
        ({"entities": ("PERSON",)}, "name one as `model`"),
    ],
)
def test_what_does_not_fit_together_is_an_error(parameters: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        PersonalDataFilter(**parameters)


def test_a_number_that_is_whole_on_its_line_is_not_joined_to_the_line_before() -> None:
    text = "Apt. 460\n Pietersburg 89082\n085 175 7641 (office), or 4111 1111\n1111 1111."
    spans = run_filter(PersonalDataFilter(entities=("general",)), text_batch([text])).spans.sort("start")
    written = [(kind, text[start:end]) for kind, start, end in spans.select("kind", "start", "end").iter_rows()]
    assert written == [("PHONE_NUMBER", "085 175 7641"), ("CREDIT_CARD", "4111 1111\n1111 1111")]
