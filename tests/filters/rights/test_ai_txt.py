"""ai.txt is read by type of file and path, and where an address does not show its type, the stricter way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rights.reservations.ai_txt import read_ai_txt
from tamis.records import RESERVATIONS

AGENTS = ("GPTBot", "CCBot")
HOST = "https://example.com"


def says(body: str, path: str = "/page", *, kind: str = "text", complete: bool = True) -> str:
    (statement,) = read_ai_txt(body, HOST + path, agents=AGENTS, kind=kind, complete=complete)
    return statement.says


ALL_OUT = "# Spawning AI\n# Prevent use\n\nUser-Agent: *\nDisallow: *.txt\nDisallow: *.jpg\nDisallow: /\n"
ALL_IN = "User-Agent: *\nAllow: *.txt\nAllow: *.jpg\nAllow: /\n"
PICTURES_OUT = "User-Agent: *\nAllow: *.txt\nAllow: *.html\nDisallow: *.jpg\nDisallow: *.png\nAllow: /\n"
TEXTS_OUT = "User-Agent: *\nDisallow: *.txt\nDisallow: *.html\nAllow: *.jpg\nAllow: /\n"
MIXED = "User-Agent: *\nDisallow: *.jpg\nAllow: *.png\nAllow: /\n"


@pytest.mark.parametrize(
    ("body", "path", "kind", "expected"),
    [
        (ALL_OUT, "/page", "text", "reserved"),
        (ALL_OUT, "/a.jpg", "image", "reserved"),
        (ALL_OUT, "/gallery/17", "image", "reserved"),
        (ALL_IN, "/page", "text", "allowed"),
        (ALL_IN, "/a.jpg", "image", "allowed"),
        (PICTURES_OUT, "/a.jpg", "image", "reserved"),
        (PICTURES_OUT, "/A.JPG", "image", "reserved"),
        (PICTURES_OUT, "/a.jpg?size=2", "image", "reserved"),
        (PICTURES_OUT, "/a.jpeg", "image", "reserved"),
        (PICTURES_OUT, "/gallery/17", "image", "reserved"),
        (PICTURES_OUT, "/page.html", "text", "allowed"),
        (PICTURES_OUT, "/page", "text", "allowed"),
        (TEXTS_OUT, "/page.html", "text", "reserved"),
        (TEXTS_OUT, "/page.php", "text", "reserved"),
        (TEXTS_OUT, "/page", "text", "reserved"),
        (TEXTS_OUT, "/a.jpg", "image", "allowed"),
        (MIXED, "/a.jpg", "image", "reserved"),
        (MIXED, "/a.png", "image", "allowed"),
        (MIXED, "/a.gif", "image", "unclear"),
        (MIXED, "/a", "text", "allowed"),
        ("User-Agent: *\nDisallow: *", "/page", "text", "reserved"),
        ("User-Agent: *\nDisallow: /\nAllow: *.txt", "/a.txt", "text", "allowed"),
        ("User-Agent: *\nDisallow: /\nAllow: /", "/page", "text", "reserved"),
        ("User-Agent: *\nDisallow: /*.jpg$", "/a.jpg", "image", "reserved"),
        ("User-Agent: *\nDisallow: /private", "/private/a", "text", "reserved"),
        ("User-Agent: *\nDisallow: /private", "/page", "text", "none_found"),
        ("User-Agent: *\nDisallow:", "/page", "text", "none_found"),
        ("User-Agent: GPTBot\nDisallow: /", "/page", "text", "reserved"),
        ("User-Agent: BadBot\nDisallow: /", "/page", "text", "none_found"),
        ("User-Agent: GPTBot\nAllow: /", "/page", "text", "none_found"),
        ("user-agent:*\rDISALLOW:/", "/page", "text", "reserved"),
        ("\ufeffUser-Agent: *\nDisallow: /", "/page", "text", "reserved"),
        ("Disallow: /", "/page", "text", "unclear"),
        ("User-Agent: * Disallow: /", "/page", "text", "unclear"),
        ("# my site\nAn assistant may read this.", "/page", "text", "unclear"),
        ("<html>Not found</html>", "/page", "text", "unclear"),
        ("# nothing", "/page", "text", "none_found"),
        ("", "/page", "text", "none_found"),
    ],
)  # fmt: skip
def test_a_file_says_what_its_writer_meant(body: str, path: str, kind: str, expected: str) -> None:
    assert says(body, path, kind=kind) == expected


def test_what_was_cut_says_no_less_than_unclear() -> None:
    assert says(ALL_OUT, complete=False) == "reserved"
    assert says("User-Agent: *\nDisallow: /", complete=False) == "reserved"
    assert says(ALL_IN, complete=False) == "unclear"
    assert says("", complete=False) == "unclear"
    assert says("# filling\n" * 60_000 + ALL_IN) == "unclear"


def test_an_unknown_path_is_any_path() -> None:
    assert read_ai_txt("User-Agent: *\nDisallow: /a", "", agents=AGENTS, kind="text")[0].says == "unclear"
    assert read_ai_txt(ALL_OUT, "", agents=AGENTS, kind="text")[0].says == "reserved"


AROUND = st.sampled_from(
    [
        "# why",
        "",
        "junk",
        "User-Agent: Other\nAllow: /",
        "User-Agent: *\nAllow: /",
        "Sitemap: /x",
        "User-Agent: *\nAllow: *.png",
        "User-Agent: *\nDisallow: /elsewhere",
    ]
)


@given(
    st.lists(AROUND, max_size=5),
    st.lists(AROUND, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([str, str.upper, str.lower]),
    st.sampled_from(["", "\ufeff", "\0"]),
    st.data(),
)
@settings(max_examples=300, deadline=None)
def test_nothing_around_a_rule_takes_it_away(
    before: list[str], behind: list[str], end: str, case: type[str], mark: str, data: st.DataObject
) -> None:
    lines = "\n".join([*before, case("User-Agent: *\nDisallow: *.jpg"), *behind])
    body = mark + end.join(lines.split("\n"))
    assert says(body, "/a.jpg", kind="image") == "reserved"
    assert says(body, "/gallery/17", kind="image") in {"reserved", "unclear"}
    cut = body[: data.draw(st.integers(0, len(body)))]
    assert says(cut, "/a.jpg", kind="image", complete=False) in {"reserved", "unclear"}


@given(st.text(max_size=100), st.text(max_size=40), st.sampled_from(["text", "image"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_file_raises(body: str, url: str, kind: str, complete: bool) -> None:
    (statement,) = read_ai_txt(body, url, agents=AGENTS, kind=kind, complete=complete)
    assert statement.says in RESERVATIONS
