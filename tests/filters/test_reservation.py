"""Reservations: whatever a corpus carries is heard, and not to have looked is not to have found none."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.reservation import ReservationFilter
from releases.decide import decide
from releases.policy import Policy
from tamis.errors import ConfigError
from tamis.records import PROTOCOLS, RESERVATIONS, Findings
from tamis.testing import text_batch

FILTER = ReservationFilter()
SHUT = "User-agent: GPTBot\nDisallow: /\n"
OPEN = "User-agent: *\nDisallow:\n"
PAGE = '<!doctype html><html><head><meta name="robots" content="noai"></head><body>Text.</body></html>'
BASES = ("licence", "tdm_general", "tdm_research")


def found(
    *claims: tuple[str, str], text: str = "prose", url: str | None = "https://example.org/a", by=FILTER
) -> Findings:
    batch = text_batch([text], claims=claims).with_columns(pl.lit(url, dtype=pl.String).alias("url"))
    return run_filter(by, batch)


def said(findings: Findings) -> dict[str, str]:
    return dict(findings.evidence.select("kind", "reservation").iter_rows())


def reasons(policy: dict[str, object], findings: Findings, *, by=FILTER) -> list[str]:
    whole = {"name": "p", "version": "1", "licence": {"allow": ["permissive"]}, "reservation": policy}
    batch = text_batch(["prose"])
    return decide(Policy.model_validate(whole), batch, {"reservation": findings}, [by.spec])["reason"].to_list()


def test_where_nobody_looked_there_is_no_row() -> None:
    items = found().items.row(0, named=True)
    assert (items["reservation"], items["later"], items["protocols"], items["basis"]) == (None, None, 0.0, "licence")


@pytest.mark.parametrize(
    ("claim", "protocol", "says"),
    [
        (("robots-txt", SHUT), "robots", "reserved"),
        (("robots-txt", OPEN), "robots", "none_found"),
        (("robots-txt", ""), "robots", "none_found"),
        (("robots-txt", OPEN + "…"), "robots", "unclear"),
        (("robots-txt", SHUT + "…"), "robots", "reserved"),
        (("robots-txt", "User-agent: *\nAllow: /\nContent-Signal: ai-train=no\n"), "content-signal", "reserved"),
        (("robots-txt", "User-agent: *\nAllow: /\nContent-Usage: train-ai=n\n"), "aipref", "reserved"),
        (("http-headers", "X-Robots-Tag: NoAI"), "x-robots-tag", "reserved"),
        (("http-headers", '[["tdm-reservation", "1"]]'), "tdmrep", "reserved"),
        (("http-headers", "Server: x"), "x-robots-tag", "none_found"),
        (("tdmrep", '[{"location": "/", "tdm-reservation": 1}]'), "tdmrep", "reserved"),
        (("tdmrep", "[{"), "tdmrep", "unclear"),
        (("ai-txt", "User-Agent: *\nDisallow: /\n"), "ai-txt", "reserved"),
    ],
)
def test_what_came_along_is_heard(claim: tuple[str, str], protocol: str, says: str) -> None:
    assert said(found(claim))[protocol] == says


def test_a_page_and_a_host_are_both_heard() -> None:
    findings = found(("robots-txt", OPEN), text=PAGE)
    assert said(findings)["meta-robots"] == "reserved"
    assert findings.items["reservation"].item() == "reserved"
    assert dict(findings.evidence.select("kind", "scope").iter_rows()) | {
        "robots": "host",
        "meta-robots": "page",
    } == dict(findings.evidence.select("kind", "scope").iter_rows())


def test_every_row_names_where_it_stood_and_when_it_was_seen() -> None:
    rows = found(("robots-txt", SHUT), ("fetched-at", "2026-03-01T10:00:00+02:00")).evidence
    assert rows["observed_at"].unique().to_list() == [dt.datetime(2026, 3, 1, 8)]  # noqa: DTZ001 # UTC, without saying so
    assert rows["at_fetch"].all()
    assert rows["location"].null_count() == 0


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for time, text in (("2024-01-01T000000Z", OPEN), ("2026-01-01T000000Z", SHUT)):
        folder = tmp_path / "example.org" / time
        folder.mkdir(parents=True)
        (folder / "robots.txt").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("fetched", "then", "later"),
    [
        ("2023-06-01", None, "reserved"),
        ("2025-06-01", "none_found", "reserved"),
        ("2026-06-01", "reserved", None),
        (None, "reserved", None),
        ("who knows", "reserved", None),
    ],
)
def test_what_held_at_the_fetch_is_told_from_what_was_said_later(
    archive: Path, fetched: str | None, then: str | None, later: str | None
) -> None:
    by = ReservationFilter(archive=str(archive))
    claims = [("fetched-at", fetched)] if fetched else []
    items = found(*claims, by=by).items.row(0, named=True)
    assert (items["reservation"], items["later"]) == (then, later)


def test_a_policy_says_whether_the_later_counts(archive: Path) -> None:
    by = ReservationFilter(archive=str(archive))
    findings = found(("fetched-at", "2025-06-01"), by=by)
    assert reasons({}, findings, by=by) == []
    assert reasons({"retroactive": True}, findings, by=by) == ["reserved"]


def test_another_archive_is_another_filter(archive: Path) -> None:
    before = ReservationFilter(archive=str(archive)).spec.digest
    (archive / "example.org" / "2024-01-01T000000Z" / "ai.txt").write_text("User-Agent: *\nDisallow: /\n")
    from filters.reservation import _opened

    _opened.cache_clear()
    assert ReservationFilter(archive=str(archive)).spec.digest != before


@pytest.mark.parametrize(
    "wrong", [{"archive": "nowhere"}, {"agents": ()}, {"agents": (" ",)}, {"trust_anchors": "nowhere"}]
)
def test_what_it_cannot_use_is_said_before_the_run(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ReservationFilter(**wrong)


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize(
    "claims", [(), (("robots-txt", OPEN),), (("robots-txt", SHUT),), (("robots-txt", OPEN + "…"),)]
)
def test_only_the_basis_that_needs_it_must_have_been_looked_into(
    basis: str, claims: tuple[tuple[str, str], ...]
) -> None:
    expected = {(): [], (("robots-txt", OPEN),): [], (("robots-txt", SHUT),): ["reserved"]}.get(
        claims, ["reservation_unclear"]
    )
    if basis == "tdm_general" and not claims:
        expected = ["reservation_not_checked"]
    assert reasons({}, found(*claims, ("basis", basis))) == expected


def test_a_protocol_that_must_be_looked_for_is_not_made_up_for_by_another() -> None:
    findings = found(("http-headers", "Server: x"), ("basis", "tdm_general"))
    assert reasons({}, findings) == []
    assert reasons({"require": ["robots"]}, findings) == ["reservation_not_checked"]


def test_a_basis_that_nobody_knows_is_treated_as_the_one_that_asks_most() -> None:
    findings = found(("basis", "hope"))
    assert findings.items["basis"].item() == "unknown"
    assert reasons({}, findings) == ["reservation_not_checked"]


sources = st.sampled_from([
    ("robots-txt", SHUT), ("robots-txt", OPEN), ("robots-txt", "junk"), ("http-headers", "X-Robots-Tag: noai"),
    ("http-headers", "Content-Usage: train-ai=y"), ("tdmrep", '[{"location": "/", "tdm-reservation": 0}]'),
    ("tdmrep", "?"), ("ai-txt", "User-Agent: *\nAllow: /\n"), ("fetched-at", "2026-01-01"), ("basis", "tdm_general"),
])  # fmt: skip


@given(claims=st.lists(sources, max_size=4), more=sources.filter(lambda claim: claim[0] not in {"basis", "fetched-at"}))
def test_no_more_evidence_takes_a_reservation_back(claims: list[tuple[str, str]], more: tuple[str, str]) -> None:
    before, after = found(*claims).items, found(*claims, more).items
    ranks = [
        -1 if (says := items["reservation"].item()) is None else RESERVATIONS.index(says) for items in (before, after)
    ]
    assert ranks[1] >= ranks[0]


@given(kind=st.sampled_from(["robots-txt", "http-headers", "tdmrep", "ai-txt", "fetched-at", "basis"]), value=st.text())
def test_no_text_is_an_exception_or_a_permission_that_it_does_not_spell_out(kind: str, value: str) -> None:
    rows = found((kind, value)).evidence
    assert set(rows["kind"]) <= set(PROTOCOLS)
    if "allow" not in value.lower() and "=" not in value and "0" not in value:
        assert "allowed" not in set(rows["reservation"])
