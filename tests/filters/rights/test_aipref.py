"""Content-Usage is a dictionary of RFC 9651, and what it says of training is what the drafts make of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rights.reservations.aipref import MAX_VALUE, aipref_digest, combined, parse, says
from filters.rights.reservations.headers import read_headers
from filters.rights.reservations.robots import read_robots
from tamis.records import RESERVATIONS

AGENTS = ("GPTBot", "ExampleBot")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # the vocabulary's own examples
        ("train-ai=n", "reserved"),
        ("train-ai=y", "allowed"),
        ("train-ai=y, search=n", "allowed"),
        ("train-ai=n, search=y", "reserved"),
        ("search=n", "none_found"),
        ('train-ai=y, train-ai, search=n, search="n"', "unclear"),
        ("train-ai;allow=n, train-ai=y", "allowed"),
        ('train-ai;has;parameters="?"', "unclear"),
        ('train-ai;has;parameters="?";', "unclear"),
        # the last of a key counts
        ("train-ai=y, train-ai=n", "reserved"),
        ("train-ai=n, train-ai=y", "allowed"),
        ("train-ai=n, train-ai=?", "unclear"),
        # parameters and unknown labels are ignored
        ("train-ai=n;until=@1700000000", "reserved"),
        ("train-ai=y;a=1;b=1.5;c=:aGk=:;d=?1;e=\"x\";f=tok", "allowed"),
        ("other=1, train-ai=n", "reserved"),
        ("other=(a b);c, train-ai=n", "reserved"),
        ("other=(), train-ai=n", "reserved"),
        ("*ext=%\"f%c3%bc\", train-ai=n", "reserved"),
        ("train-ai=n\t,\tsearch=y", "reserved"),
        ("  train-ai=n  ", "reserved"),
        ("", "none_found"),
        # values that are no y and no n
        ("train-ai", "unclear"),
        ("train-ai=?0", "unclear"),
        ("train-ai=Y", "unclear"),
        ("train-ai=N", "unclear"),
        ("train-ai=no", "unclear"),
        ("train-ai=\"n\"", "unclear"),
        ("train-ai=0", "unclear"),
        ("train-ai=(n)", "unclear"),
        ("train-ai=@0", "unclear"),
        # what does not parse
        ("Train-AI=n", "unclear"),
        ("train-ai = n", "unclear"),
        ("train-ai=", "unclear"),
        ("train-ai=n,", "unclear"),
        (",train-ai=n", "unclear"),
        ("train-ai=n search=y", "unclear"),
        ("train-ai=n; ", "unclear"),
        ("train-ai:n", "unclear"),
        ("\"train-ai\"=n", "unclear"),
        ("train-ai=y, x=1.", "unclear"),
        ("train-ai=y, x=1234567890123456", "unclear"),
        ("train-ai=y, x=1.2345", "unclear"),
        ("train-ai=y, x=\"a", "unclear"),
        ("train-ai=y, x=(a", "unclear"),
        ("train-ai=y, x=(a b", "unclear"),
        ("train-ai=y, X=1", "unclear"),
        ("train-ai=y\u00a0", "unclear"),
        ("do not train", "unclear"),
        # labels of earlier drafts
        ("ai=n", "unclear"),
        ("train-genai=n, search=y", "unclear"),
        ("bots=y", "none_found"),
        ("tdm=n, train-ai=y", "unclear"),
        ("tdm=n, train-ai=n", "reserved"),
    ],
)  # fmt: skip
def test_a_statement_says_what_the_draft_makes_of_it(value: str, expected: str) -> None:
    assert says(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=1", {"a": None}),
        ("a=tok/en:x", {"a": "tok/en:x"}),
        ("a=*", {"a": "*"}),
        ("a=-1.5, b=-7", {"a": None, "b": None}),
        ("a=(1 \"two\" three;p=4);q", {"a": None}),
        ("a=( 1  2 )", {"a": None}),
        ("a=(1,2)", None),
        ("a=(1\"x\")", None),
        ("a=\"\\\"\"", {"a": None}),
        ("a=\"\\x\"", None),
        ("a=%\"%C3\"", None),
        ("a;b;b=2", {"a": None}),
        ("a ;b", None),
        ("1a=b", None),
    ],
)  # fmt: skip
def test_a_dictionary_is_parsed_by_rfc_9651(value: str, expected: dict[str, str | None] | None) -> None:
    assert parse(value) == expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["train-ai=y", "train-ai=n"], "reserved"),
        (["train-ai=n", "train-ai=y"], "reserved"),
        (["train-ai=y", "search=n"], "allowed"),
        (["search=y", ""], "none_found"),
        (["train-ai=y", "garbled("], "unclear"),
        ([], "none_found"),
    ],
)
def test_of_several_statements_the_most_restrictive_applies(statements: list[str], expected: str) -> None:
    assert combined(statements) == expected


EXAMPLE = """User-Agent: *
Allow: /
Disallow: /never/
Content-Usage: / train-ai=n
Content-Usage: /ai-ok/ train-ai=y

User-Agent: ExampleBot
Allow: /
Content-Usage: / train-ai=y
"""
"""Of draft-ietf-aipref-attach."""


def in_robots(body: str, path: str, *, agents: tuple[str, ...] = ("GPTBot",)) -> str:
    (found,) = [
        one.says for one in read_robots(body, f"https://example.com{path}", agents=agents) if one.protocol == "aipref"
    ]
    return found


RULES = "User-agent: *\n{}\n"


@pytest.mark.parametrize(
    ("body", "agent", "path", "expected"),
    [
        (EXAMPLE, "GPTBot", "/test", "reserved"),
        (EXAMPLE, "GPTBot", "/never/test", "none_found"),
        (EXAMPLE, "GPTBot", "/ai-ok/test", "allowed"),
        (EXAMPLE, "ExampleBot", "/test", "allowed"),
        (EXAMPLE, "ExampleBot", "/never/test", "allowed"),
        (RULES.format("Allow: /\nContent-Usage: train-ai=n"), "GPTBot", "/test", "reserved"),
        (RULES.format("Allow: /\nContent-Usage: train-ai=n, search=y"), "GPTBot", "/test", "reserved"),
        (RULES.format("content-usage:/ train-ai=n"), "GPTBot", "/test", "reserved"),
        (RULES.format("Content-Usage: /\ttrain-ai=n # why"), "GPTBot", "/test", "reserved"),
        (RULES.format("Content-Usage: /a train-ai=n"), "GPTBot", "/test", "none_found"),
        (RULES.format("Content-Usage: /*.jpg$ train-ai=n"), "GPTBot", "/test.jpg", "reserved"),
        (RULES.format("Content-Usage: *.jpg train-ai=n"), "GPTBot", "/test.jpg", "reserved"),
        (RULES.format("Content-Usage: /%74est train-ai=n"), "GPTBot", "/test", "reserved"),
        (RULES.format("Content-Usage: / train-ai=n\nContent-Usage: / train-ai=y"), "GPTBot", "/test", "reserved"),
        (RULES.format("Content-Usage: / train-ai=y\nContent-Usage: / train-ai=oops"), "GPTBot", "/test", "unclear"),
        (RULES.format("Content-Usage: / train-ai=n\nContent-Usage: /te search=n"), "GPTBot", "/test", "unclear"),
        (RULES.format("Content-Usage: /train-ai=n"), "GPTBot", "/test", "unclear"),
        (RULES.format("Content-Usage: train-ai = n"), "GPTBot", "/test", "unclear"),
        (RULES.format("Content-Usage: / Train-AI=n"), "GPTBot", "/test", "unclear"),
        (RULES.format("Allow: /\nContent-Usage: / search=n"), "GPTBot", "/test", "none_found"),
        (RULES.format("Allow: / Content-Usage: / train-ai=n"), "GPTBot", "/test", "unclear"),
        (RULES.format("Allow: /"), "GPTBot", "/test", "none_found"),
        ("Content-Usage: / train-ai=n", "GPTBot", "/test", "reserved"),
        ("Content-Usage: / train-ai=y", "GPTBot", "/test", "unclear"),
        ("User-agent: BadBot\nContent-Usage: / train-ai=n", "GPTBot", "/test", "none_found"),
        ("User-agent: GPTBot\nContent-Usage: / train-ai=n\nUser-agent: *\nAllow: /", "GPTBot", "/test", "reserved"),
    ],
)  # fmt: skip
def test_a_rule_in_robots_txt_holds_for_its_agent_and_path(body: str, agent: str, path: str, expected: str) -> None:
    assert in_robots(body, path, agents=(agent,)) == expected


def test_a_preference_of_one_agent_is_not_one_of_all() -> None:
    assert in_robots(EXAMPLE, "/test", agents=AGENTS) == "reserved"
    assert in_robots("User-agent: GPTBot\nContent-Usage: train-ai=y", "/test", agents=AGENTS) == "none_found"


def test_an_overlong_value_is_not_understood() -> None:
    assert says("train-ai=y" + ", a=b" * MAX_VALUE) == "unclear"


def test_the_vocabulary_is_data_with_a_digest() -> None:
    assert len(aipref_digest()) == 64


MEMBERS = st.sampled_from(["search=y", "a", "a;b=1", "x=(1 2)", 'x="train-ai=y"', "other=?1", "train-ai-other=y"])


@given(st.lists(MEMBERS, max_size=5), st.lists(MEMBERS, max_size=5))
@settings(deadline=None)
def test_no_other_member_takes_a_reservation_away(before: list[str], behind: list[str]) -> None:
    assert says(", ".join([*before, "train-ai=n", *behind])) == "reserved"


JUNK = st.text(st.characters(exclude_characters="\r\n"), max_size=20)


@given(JUNK, JUNK)
@settings(max_examples=300, deadline=None)
def test_junk_around_a_reservation_leaves_it_or_makes_it_unclear(before: str, behind: str) -> None:
    assert says(f"{before}, train-ai=n,{behind}") in {"reserved", "unclear"}


LINES = st.sampled_from(["Content-Usage: train-ai=y", "Server: x", "content-usage: search=n", "X: train-ai=y", "junk"])


@given(
    st.lists(LINES, max_size=5),
    st.lists(LINES, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["Content-Usage", "CONTENT-USAGE", "content-usage"]),
)
@settings(deadline=None)
def test_no_header_beside_it_takes_a_reservation_away(
    before: list[str], behind: list[str], end: str, name: str
) -> None:
    block = end.join([*before, f"{name}: train-ai=n", *behind])
    found = {one.protocol: one.says for one in read_headers(block, agents=AGENTS, kind="text")}
    assert found["aipref"] == "reserved"


RULE_LINES = st.sampled_from(
    [
        "Content-Usage: / train-ai=y",
        "Content-Usage: search=n",
        "Content-Usage: /a train-ai=y",
        "Allow: /",
        "junk",
        "# train-ai=y",
        "Content-Usage: (",
        "User-agent: B\nAllow: /",
    ]
)


@given(st.lists(RULE_LINES, max_size=5), st.lists(RULE_LINES, max_size=5))
@settings(deadline=None)
def test_no_rule_beside_it_takes_a_rule_away(before: list[str], behind: list[str]) -> None:
    body = "\n".join([*before, "User-agent: *\nContent-Usage: / train-ai=n", *behind])
    assert in_robots(body, "/test") == "reserved"


@given(st.text(st.sampled_from('abtrain-=yn()";,:?@%1. *\\\t\x00é'), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_value_raises(value: str) -> None:
    assert says(value) in RESERVATIONS
    if "train-ai" in value:
        assert says(value) != "allowed" or "train-ai=y" in value
