"""What went wrong in published corpora and tools: they fail open, guess freer, lose a reservation. Here it must not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from filters.base import run_filter
from filters.licence import LicenceFilter
from filters.reservation import ReservationFilter
from filters.rights.creative_commons import read_address
from filters.rights.reservations.headers import read_headers
from filters.rights.spdx import read_name
from releases.decide import decide
from releases.policy import Policy, presets, read_policy
from tamis.testing import text_batch

LICENCE = LicenceFilter()
RESERVATION = ReservationFilter()


def decided(preset: str, claims: list[tuple[str, str]], *, text: str = "prose") -> pl.DataFrame:
    policy = read_policy(preset, Path())[0]
    rights = policy.model_copy(update=dict.fromkeys(("personal_data", "nsfw", "exact_duplicates")))
    batch = text_batch([text], claims=claims)
    found = {each.spec.name: run_filter(each, batch) for each in (LICENCE, RESERVATION)}
    return decide(rights, batch, found, [LICENCE.spec, RESERVATION.spec])


@pytest.mark.parametrize("preset", presets())
def test_a_file_without_any_detected_licence_is_not_one_whose_licences_are_all_permitted(preset: str) -> None:
    """Common Pile, Stack v2: `all()` over an empty list is true."""
    assert decided(preset, [])["outcome"].to_list() != []


def test_an_empty_list_of_allowed_classes_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({"name": "all", "version": "1", "licence": {"allow": []}})


@pytest.mark.parametrize(
    ("address", "expression"),
    [
        ("https://creativecommons.org/licenses/by-sa/2.0/", "CC-BY-SA-2.0"),
        ("https://example.org/standby/4.0/", None),
        ("https://example.org/publicdomain/zero-tolerance", None),
        ("https://creativecommons.org/publicdomain/", None),
        ("https://creativecommons.org/licenses/by/1.0/", "CC-BY-1.0"),
        ("https://creativecommons.org/licenses/by/2.1/jp/", "LicenseRef-tamis-CC-BY"),
        ("https://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
    ],
)
def test_an_address_is_read_to_its_end_and_only_if_it_is_one(address: str, expression: str | None) -> None:
    """Common Pile: `by-sa/2.0` became CC BY 2.0, whatever ended in `by/4.0/` CC BY 4.0, any `/publicdomain/` free."""
    assert read_address(address) == expression


def test_a_page_of_many_authors_has_all_their_licences() -> None:
    """Common Pile, Stack Exchange: the question's licence stood for its answers'."""
    batch = text_batch(["Question and answers."], claims=[("column", "CC-BY-SA-4.0"), ("column", "CC-BY-SA-3.0")])
    assert run_filter(LICENCE, batch).items["expression"].item() == "CC-BY-SA-3.0 AND CC-BY-SA-4.0"


@pytest.mark.parametrize(
    ("name", "grant"),
    [
        ("Creative Commons", "unknown"),
        ("cc", "unknown"),
        ("Public domain", "public_domain"),
        ("ms-pl", "permissive"),
        ("AGPL", "copyleft"),
        ("gpl", "copyleft"),
        ("cc-by-2.0", "attribution"),
        ("No License", "unknown"),
        ("CC BY-ND", "restricted"),
        ("CC BY-NC-SA", "restricted"),
    ],
)
def test_an_alias_is_never_freer_than_what_it_says(name: str, grant: str) -> None:
    """Data Provenance Collection: `Creative Commons` was CC0, `No License` for all uses."""
    assert read_name(name).grant == grant


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("AGPL", "LicenseRef-tamis-AGPL"),
        ("gpl", "LicenseRef-tamis-GPL"),
        ("cc-by-2.0", "CC-BY-2.0"),
        ("ms-pl", "MS-PL"),
        ("MIT/Apache-2.0", "Apache-2.0 AND MIT"),
    ],
)
def test_a_version_that_is_not_said_is_not_made_up(name: str, expression: str) -> None:
    """There AGPL became GPL-3; `license-expression` makes GPL-1.0-or-later of `gpl`, and ends on `MIT/Apache-2.0`."""
    assert read_name(name).expression == expression


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        ("CC BY-NC-SA", {"attribution", "share_alike", "non_commercial"}),
        ("CC BY-NC-SA 4.0", {"attribution", "share_alike", "non_commercial"}),
        ("CC BY-ND", {"attribution", "no_derivatives"}),
    ],
)
def test_conditions_do_not_depend_on_whether_a_version_is_said(name: str, conditions: set[str]) -> None:
    """There the unversioned CC BY-NC-SA had no share-alike."""
    assert set(read_name(name).conditions) == conditions


@pytest.mark.parametrize("tag", ["odc-by", "pddl", "odbl", "gfdl", "bsd", "lgpl", "openrail", "llama3", "gemma"])
def test_the_tags_of_hubs_are_known(tag: str) -> None:
    """`license-expression` knows none of them."""
    assert read_name(tag).grant != "unknown"


@pytest.mark.parametrize("tag", ["cc", "other", "unknown", "", "🙂", "x" * 10_000, "MIT AND", "(MIT", "MIT WITH MIT"])
def test_what_says_too_little_or_is_no_expression_is_unknown(tag: str) -> None:
    assert read_name(tag).grant == "unknown"
    assert decided("open", [("column", tag)] if tag else [])["outcome"].to_list() != []


@pytest.mark.parametrize("value", ["noai", "NOAI", "NoAI", " noai ", "index, NOAI"])
def test_a_reservation_is_heard_in_any_case(value: str) -> None:
    """datadiligence: only `noai`, letter for letter."""
    said = read_headers([("X-Robots-Tag", value)], agents=("GPTBot",), kind="text")
    assert {each.says for each in said if each.protocol == "x-robots-tag"} == {"reserved"}


@pytest.mark.parametrize("value", ["{", '[["x"', "\ud800", "X-Robots-Tag noai"])
def test_headers_that_cannot_be_read_are_no_permission(value: str) -> None:
    """datadiligence: allowed on any exception."""
    said = read_headers(value, agents=("GPTBot",), kind="text")
    assert said
    assert {each.says for each in said if each.protocol == "x-robots-tag"} == {"unclear"}


def test_a_robots_file_that_nobody_looked_for_is_no_consent() -> None:
    """Apertus: a robots.txt that could not be had was taken for consent."""
    reasons = decided("apertus-retroactive", [("basis", "tdm_general")])["reason"].to_list()
    assert reasons == ["reservation_not_checked"]


def test_the_same_bytes_deserve_two_verdicts_by_what_was_declared_when() -> None:
    """OpenStax: CC BY 4.0 until March 2026, CC BY-NC-SA 4.0 since; one file still says the old, the LICENSE the new."""
    before = [("column", "CC BY 4.0"), ("fetched-at", "2026-02-01")]
    after = [
        ("column", "CC BY 4.0"),
        ("licence-file", "SPDX-License-Identifier: CC-BY-NC-SA-4.0"),
        ("fetched-at", "2026-04-01"),
    ]
    assert decided("open", before).is_empty()
    assert set(decided("open", after)["reason"]) == {"licence_denied", "licence_conflict"}
    evidence = run_filter(LICENCE, text_batch(["prose"], claims=after)).evidence
    assert evidence["observed_at"].to_list() == [dt.datetime(2026, 4, 1)] * 2  # noqa: DTZ001 # UTC, without saying so
