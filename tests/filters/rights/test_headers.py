"""A response's headers are read whatever form they were kept in, and in any case."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rights.reservations.headers import read_headers, says_of_robots_tag
from tamis.records import PROTOCOLS, RESERVATIONS

AGENTS = ("GPTBot", "CCBot")


def said(value: object, *, kind: str = "text") -> dict[str, str]:
    return {one.protocol: one.says for one in read_headers(value, agents=AGENTS, kind=kind)}  # type: ignore[arg-type] # also what is no header


@pytest.mark.parametrize(
    ("value", "text", "image"),
    [
        ("noai", "reserved", "reserved"),
        ("noimageai", "none_found", "reserved"),
        ("noai, noimageai", "reserved", "reserved"),
        ("NoAI", "reserved", "reserved"),
        ("NOAI", "reserved", "reserved"),
        ("NOIMAGEAI", "none_found", "reserved"),
        (" noai ", "reserved", "reserved"),
        ("noindex, noai", "reserved", "reserved"),
        ("noindex,noai", "reserved", "reserved"),
        ("noindex noai", "reserved", "reserved"),
        ("noindex; noai", "reserved", "reserved"),
        ("no-ai", "reserved", "reserved"),
        ("no_ai", "reserved", "reserved"),
        ('"noai"', "reserved", "reserved"),
        ("no ai", "unclear", "unclear"),
        ("GPTBot: noai", "reserved", "reserved"),
        ("gptbot:noai", "reserved", "reserved"),
        ("GPTBot: noindex, noai", "reserved", "reserved"),
        ("*: noai", "reserved", "reserved"),
        ("otherbot: noai", "unclear", "unclear"),
        ("otherbot: noindex, noai", "unclear", "unclear"),
        ("otherbot: noindex, gptbot: noai", "reserved", "reserved"),
        ("otherbot: noindex", "none_found", "none_found"),
        ("gptbot: noindex", "none_found", "none_found"),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", "none_found", "none_found"),
        ("unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT, noai", "reserved", "reserved"),
        ("unavailable_after: 2025-12-03T13:09:53, noimageai", "none_found", "reserved"),
        ("max-snippet:20, max-image-preview:large, noai", "reserved", "reserved"),
        ("noindex", "none_found", "none_found"),
        ("none", "none_found", "none_found"),
        ("all", "none_found", "none_found"),
        ("noarchive, nosnippet, noimageindex, notranslate, noodp, nofollow", "none_found", "none_found"),
        ("notrain", "unclear", "unclear"),
        ("noml", "unclear", "unclear"),
        ("", "none_found", "none_found"),
    ],
)
def test_a_robots_tag_reserves_by_noai(value: str, text: str, image: str) -> None:
    assert says_of_robots_tag(value, agents=AGENTS, kind="text") == text
    assert says_of_robots_tag(value, agents=AGENTS, kind="image") == image
    assert said(f"X-Robots-Tag: {value}")["x-robots-tag"] == text


SILENT = {"x-robots-tag": "none_found", "aipref": "none_found", "tdmrep": "none_found"}
TAGGED = {**SILENT, "x-robots-tag": "reserved"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # forms
        ("HTTP/1.1 200 OK\r\nServer: x\r\nX-Robots-Tag: noai\r\n\r\n", TAGGED),
        ("Server: x\nX-Robots-Tag: noai", TAGGED),
        ("x-robots-tag:noai", TAGGED),
        ("X-ROBOTS-TAG : noai", TAGGED),
        ("X_Robots_Tag: noai", TAGGED),
        ("HTTP_X_ROBOTS_TAG: noai", TAGGED),
        ("Server: x\rX-Robots-Tag: noai", TAGGED),
        ("\ufeffX-Robots-Tag: noai", TAGGED),
        ("X-Robots-Tag:\r\n noai", TAGGED),
        ("X-Robots-Tag: noindex,\r\n\tnoai", TAGGED),
        ("X-Robots-Tag: noindex\nX-Robots-Tag: noai", TAGGED),
        ("X-Robots-Tag: noai\nX-Robots-Tag: all", TAGGED),
        ('{"X-Robots-Tag": "noai"}', TAGGED),
        ('{"x-robots-tag": ["noindex", "noai"]}', TAGGED),
        ('{"X-Robots-Tag": "noai", "X-Robots-Tag": "all"}', TAGGED),
        ('[["Server", "x"], ["X-Robots-Tag", "noai"]]', TAGGED),
        ('[{"name": "X-Robots-Tag", "value": "noai"}]', TAGGED),
        ('[{"X-Robots-Tag": "noai"}]', TAGGED),
        ('["Server: x", "X-Robots-Tag: noai"]', TAGGED),
        ('{"headers": {"X-Robots-Tag": "noai"}}', TAGGED),
        ('{"Content-Length": 5, "X": null, "X-Robots-Tag": "noai"}', TAGGED),
        ([("Server", "x"), ("X-Robots-Tag", "noai")], TAGGED),
        # the other fields
        ("Content-Usage: train-ai=n", {**SILENT, "aipref": "reserved"}),
        ("Content-Usage: train-ai=y", {**SILENT, "aipref": "allowed"}),
        ("Content-Usage: train-ai=y\nContent-Usage: train-ai=n", {**SILENT, "aipref": "reserved"}),
        ("Content-Usage: search=n", SILENT),
        ("Content-Usage: train-ai", {**SILENT, "aipref": "unclear"}),
        ("tdm-reservation: 1", {**SILENT, "tdmrep": "reserved"}),
        ("tdm-reservation: 1\ntdm-policy: https://provider.com/policies/policy.json", {**SILENT, "tdmrep": "reserved"}),
        ("TDM-Reservation: 0", {**SILENT, "tdmrep": "allowed"}),
        ("tdm-reservation: 2", {**SILENT, "tdmrep": "unclear"}),
        ("tdm-reservation: 0\ntdm-reservation: 1", {**SILENT, "tdmrep": "reserved"}),
        ("tdm-policy: https://provider.com/p", {**SILENT, "tdmrep": "unclear"}),
        ('{"tdm-reservation": 1}', {**SILENT, "tdmrep": "reserved"}),
        ("Content-Signal: ai-train=no", {**SILENT, "content-signal": "reserved"}),
        ("Content-Signal: ai-train=yes\nContent-Signal: ai-train=no", {**SILENT, "content-signal": "reserved"}),
        ("Content-Signal: search=yes", {**SILENT, "content-signal": "none_found"}),
        # silent, lost, unreadable, none
        ("HTTP/1.1 200 OK\r\nServer: x\r\n", SILENT),
        ('{"Server": "x"}', SILENT),
        ("Access-Control-Expose-Headers: X-Robots-Tag, Content-Usage", SILENT),
        ("Server: x X-Robots-Tag: noai", {**SILENT, "x-robots-tag": "unclear"}),
        ("Server: x\nX-Robots-Tag noai", {**SILENT, "x-robots-tag": "unclear"}),
        ("Server: x\n<tdm-reservation> 1", {**SILENT, "tdmrep": "unclear"}),
        ("Server: x\\nContent-Usage: train-ai=n", {**SILENT, "aipref": "unclear"}),
        ("no headers here", dict.fromkeys(SILENT, "unclear")),
        ('{"X-Robots-Tag": "noai"', dict.fromkeys(SILENT, "unclear")),
        ("[('X-Robots-Tag', 'noai')]", dict.fromkeys(SILENT, "unclear")),
        ("[" * 100_000, dict.fromkeys(SILENT, "unclear")),
        ("\x89PNG", dict.fromkeys(SILENT, "unclear")),
        ("", {}),
        ("\r\n", {}),
        ("{}", {}),
        ("[]", {}),
        ("null", {}),
        ([], {}),
    ],
)
def test_headers_of_any_form_say_the_same(value: object, expected: dict[str, str]) -> None:
    assert said(value) == expected


def test_headers_too_long_to_be_read_whole_are_unclear() -> None:
    assert said("A: b\n" * 200_000) == dict.fromkeys(SILENT, "unclear")
    assert said("X-Robots-Tag: noai\n" + "A: b\n" * 200_000)["x-robots-tag"] == "reserved"


@pytest.mark.parametrize("value", ["NoAI", "Noai", "noAI", "NOAI, noindex"])
def test_an_exact_comparison_does_not_lose_noai(value: str) -> None:
    """Datadiligence 0.1.7 compares case for case and so allows these."""
    assert said(f"X-Robots-Tag: {value}")["x-robots-tag"] == "reserved"


@pytest.mark.parametrize("value", ["{", "[[", '{"X-Robots-Tag": {', "[1, {}]", "\ud800", "\0" * 9 + "x", ":", "{}x"])
def test_what_cannot_be_read_is_never_allowed(value: str) -> None:
    """Datadiligence 0.1.7 allows what it raises an exception on."""
    assert set(said(value).values()) <= {"unclear", "none_found"}
    assert "allowed" not in said(value).values()


NAMES = st.sampled_from(["X-Robots-Tag", "x-robots-tag", "X-ROBOTS-TAG", "X-robots-tag"])
WORDS = st.sampled_from(["noai", "NOAI", "NoAi", "noindex, noai", "GPTBot: noai", "gptbot:NOAI", "noai, all"])
OTHERS = st.sampled_from(
    [
        "Server: x",
        "X-Robots-Tag: all",
        "X-Robots-Tag: otherbot: index",
        "junk",
        "A:",
        "X-Robots-Tag:",
        "Content-Usage: train-ai=y",
        "tdm-reservation: 0",
        "Set-Cookie: a=b; c",
        "X-Robots-Tag: ai",
    ]
)


@given(
    NAMES,
    WORDS,
    st.lists(OTHERS, max_size=5),
    st.lists(OTHERS, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\ufeff", "\0", "HTTP/2 200\n"]),
    st.sampled_from(["", "\n ", "\r\n\t"]),
)
@settings(max_examples=300, deadline=None)
def test_no_header_beside_it_takes_noai_away(
    name: str, word: str, before: list[str], behind: list[str], end: str, mark: str, fold: str
) -> None:
    block = mark + end.join([*before, f"{name}:{fold} {word}", *behind])
    assert said(block)["x-robots-tag"] == "reserved"


@given(
    st.lists(st.tuples(st.sampled_from(["Server", "tdm-reservation", "TDM-RESERVATION"]), st.text(max_size=5))),
    st.booleans(),
    st.integers(0, 5),
)
@settings(deadline=None)
def test_no_header_beside_it_takes_a_tdm_reservation_away(
    pairs: list[tuple[str, str]], as_json: bool, place: int
) -> None:
    pairs.insert(place, ("tdm-reservation", "1"))
    assert said(json.dumps(pairs) if as_json else pairs)["tdmrep"] == "reserved"


@given(st.data(), WORDS)
@settings(deadline=None)
def test_a_cut_behind_the_header_leaves_it_or_makes_it_unclear(data: st.DataObject, word: str) -> None:
    kept = f"Server: x\r\nX-Robots-Tag: {word}"
    rest = "\r\nContent-Usage: train-ai=n\r\nA: b\r\n"
    block = kept + rest[: data.draw(st.integers(0, len(rest)))]
    assert said(block)["x-robots-tag"] == "reserved"


PIECES = st.sampled_from(
    [*'{}[]",:\r\n\t \0\ufeff\ud800', "X-Robots-Tag", "noai", "null", "1", "name", "value", "tdm-reservation"]
)


@given(st.one_of(st.text(max_size=100), st.lists(PIECES, max_size=30).map("".join)), st.sampled_from(["text", "image"]))
@settings(max_examples=300, deadline=None)
def test_no_headers_raise_and_words_are_closed(value: str, kind: str) -> None:
    for protocol, says in said(value, kind=kind).items():
        assert protocol in PROTOCOLS
        assert says in RESERVATIONS
