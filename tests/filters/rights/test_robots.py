"""robots.txt is read by RFC 9309, and where it can be read in two ways, by the stricter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rights.reservations.ai_agents import PURPOSES, agents, agents_digest
from filters.rights.reservations.groups import MAX_BODY
from filters.rights.reservations.robots import read_robots
from filters.rights.reservations.url_paths import path_of, pattern_of
from tamis.records import PROTOCOLS, RESERVATIONS, SCOPES

LISTED = ("GPTBot", "CCBot", "Applebot-Extended", "AI2Bot", "Kangaroo Bot")
HOST = "https://example.com"


def says(body: str, path: str = "/page", *, listed: tuple[str, ...] = LISTED, **of: object) -> str:
    statements = read_robots(body, HOST + path, agents=listed, **of)  # type: ignore[arg-type] # status and complete
    return statements[0].says


# RFC 9309, section 5.1, and what its text says of it
SIMPLE = """User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""
MERGED = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz\n"
OWN_OR_ALL = "User-Agent: ExampleBot\nDisallow: /foo\nDisallow: /bar\n\nUser-Agent: *\nDisallow: *\n"
LONGEST = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
ENCODED = "User-agent: *\nDisallow: "


@pytest.mark.parametrize(
    ("body", "agent", "path", "expected"),
    [
        (SIMPLE, "anybot", "/picture.gif", "reserved"),
        (SIMPLE, "anybot", "/picture.gif?size=1", "none_found"),
        (SIMPLE, "anybot", "/example/", "reserved"),
        (SIMPLE, "anybot", "/example", "none_found"),
        (SIMPLE, "anybot", "/publications/1", "allowed"),
        (SIMPLE, "anybot", "/", "none_found"),
        (SIMPLE, "foobot", "/", "reserved"),
        (SIMPLE, "foobot", "/example/page.html", "allowed"),
        (SIMPLE, "foobot", "/example/allowed.gif", "allowed"),
        (SIMPLE, "foobot", "/publications/1", "reserved"),
        (SIMPLE, "FooBot", "/", "reserved"),
        (SIMPLE, "barbot", "/example/page.html", "reserved"),
        (SIMPLE, "bazbot", "/example/page.html", "reserved"),
        (SIMPLE, "bazbot", "/example/other.html", "none_found"),
        (SIMPLE, "quxbot", "/example/page.html", "none_found"),
        (MERGED, "ExampleBot", "/foo", "reserved"),
        (MERGED, "ExampleBot", "/baz", "reserved"),
        (MERGED, "ExampleBot", "/qux", "none_found"),
        (MERGED, "OtherBot", "/foo", "none_found"),
        (OWN_OR_ALL, "ExampleBot", "/bar/x", "reserved"),
        (OWN_OR_ALL, "ExampleBot", "/qux", "none_found"),
        (OWN_OR_ALL, "OtherBot", "/qux", "reserved"),
        (LONGEST, "foobot", "/example/page/disallowed.gif", "reserved"),
        (LONGEST, "foobot", "/example/page/x.gif", "allowed"),
        # section 2.2.2: percent-encoding
        (ENCODED + "/foo/bar?baz=quz", "a", "/foo/bar?baz=quz", "reserved"),
        (ENCODED + "/foo/bar?baz=https://foo.bar", "a", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", "reserved"),
        (ENCODED + "/foo/bar/\u30c4", "a", "/foo/bar/%E3%83%84", "reserved"),
        (ENCODED + "/foo/bar/%E3%83%84", "a", "/foo/bar/%E3%83%84", "reserved"),
        (ENCODED + "/foo/bar/%e3%83%84", "a", "/foo/bar/\u30c4", "reserved"),
        (ENCODED + "/foo/bar/%62%61%7A", "a", "/foo/bar/baz", "reserved"),
        (ENCODED + "/foo/bar/baz", "a", "/foo/bar/%62%61%7A", "reserved"),
        (ENCODED + "/Foo", "a", "/foo", "none_found"),
        # section 2.2.3: special characters
        (ENCODED + "/path/file-with-a-%2A.html", "a", "/path/file-with-a-*.html", "reserved"),
        (ENCODED + "/path/file-with-a-%2A.html", "a", "/path/file-with-a-b.html", "none_found"),
        (ENCODED + "/path/foo-%24", "a", "/path/foo-$", "reserved"),
        (ENCODED + "/this/path/exactly$", "a", "/this/path/exactly", "reserved"),
        (ENCODED + "/this/path/exactly$", "a", "/this/path/exactly/not", "none_found"),
        (ENCODED + "/this/*/exactly", "a", "/this/a/b/exactly/x", "reserved"),
        (ENCODED + "/this/*/exactly", "a", "/this/exactly", "none_found"),
        (ENCODED + "/*.php$", "a", "/x.php.php", "reserved"),
        (ENCODED + "/*.php$", "a", "/x.php?y", "none_found"),
        (ENCODED + "/x # comment", "a", "/x", "reserved"),
        # of equivalent rules the allowing one; of others of the same length the forbidding one
        ("User-agent: *\nDisallow: /folder\nAllow: /folder", "a", "/folder/page", "allowed"),
        ("User-agent: *\nAllow: /*e\nDisallow: /pa", "a", "/page", "reserved"),
        ("User-agent: *\nAllow: /p\nDisallow: /", "a", "/page", "allowed"),
        ("User-agent: *\nAllow: /$\nDisallow: /", "a", "/", "allowed"),
        ("User-agent: *\nAllow: /$\nDisallow: /", "a", "/page.htm", "reserved"),
        ("User-agent: *\nAllow: /page\nDisallow: /*.html", "a", "/page.html", "reserved"),
    ],
)  # fmt: skip
def test_the_rfc_s_own_examples_come_out_right(body: str, agent: str, path: str, expected: str) -> None:
    assert says(body, path, listed=(agent,)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("User-agent: GPTBot\nDisallow: /", "reserved"),
        ("User-agent: gptbot\nDisallow: /", "reserved"),
        ("USER-AGENT: GPTBOT\nDISALLOW: /", "reserved"),
        ("User-agent: *\nDisallow: /", "reserved"),
        ("User-agent: CCBot\nUser-agent: GPTBot\nDisallow: /", "reserved"),
        ("User-agent: BadBot\nDisallow: /", "none_found"),
        ("User-agent: GPTBot\nDisallow:", "none_found"),
        ("User-agent: GPTBot\nDisallow: /other", "none_found"),
        ("User-agent: *\nAllow: /", "allowed"),
        ("User-agent: GPTBot\nAllow: /", "none_found"),
        ("User-agent: *\nAllow: /\n\nUser-agent: GPTBot\nDisallow: /", "reserved"),
        ("User-agent: GPTBot\nAllow: /\n\nUser-agent: *\nDisallow: /", "reserved"),
        ("Sitemap: https://example.com/map.xml", "none_found"),
        ("# Disallow: /\n", "none_found"),
        ("", "none_found"),
        (" \r\n\t\n", "none_found"),
        # broken writing
        ("User-agent : GPTBot\nDisallow : /", "reserved"),
        ("User-agent:GPTBot\nDisallow:/", "reserved"),
        ("  User-agent:\tGPTBot  \n\t Disallow:\t/ ", "reserved"),
        ("User-agent GPTBot\nDisallow /", "reserved"),
        ("User agent: GPTBot\nDisallow: /", "reserved"),
        ("Useragent: GPTBot\nDissallow: /", "reserved"),
        ("user_agent: GPTBot\nDisalow: /", "reserved"),
        ("- User-agent: GPTBot\n- Disallow: /", "reserved"),
        ("User-agent\uff1aGPTBot\nDisallow\uff1a/", "reserved"),
        ("\ufeffUser-agent: GPTBot\nDisallow: /", "reserved"),
        ("ï»¿User-agent: GPTBot\nDisallow: /", "reserved"),
        ("U\0s\0e\0r\0-\0a\0g\0e\0n\0t\0:\0 \0*\0\n\0D\0i\0s\0a\0l\0l\0o\0w\0:\0/\0", "reserved"),
        ("User-agent: GPTBot\rDisallow: /", "reserved"),
        ("User-agent: GPTBot\r\nDisallow: /\r\n", "reserved"),
        ("User-agent: GPTBot\r\r\n\nDisallow: /", "reserved"),
        ("User-agent: GPTBot # OpenAI\nDisallow: / # all of it", "reserved"),
        ("User-agent: GPTBot\n\n\nDisallow: /", "reserved"),
        ("User-agent: GPTBot\n\ud800\nDisallow: /", "reserved"),
        ("User-agent: GPT\u200bBot\nDisallow: /", "reserved"),
        # by the spirit of a user-agent line
        ("User-agent: GPTBot, CCBot\nDisallow: /", "reserved"),
        ("User-agent: SomeBot, GPTBot\nDisallow: /", "reserved"),
        ("User-agent: GPTBot/1.2\nDisallow: /", "reserved"),
        ("User-agent: Mozilla/5.0 (compatible; GPTBot/1.0)\nDisallow: /", "reserved"),
        ("User-agent: *GPTBot*\nDisallow: /", "reserved"),
        ("User-agent: *bot\nDisallow: /", "reserved"),
        ("User-agent: ***\nDisallow: /", "reserved"),
        ("User-agent: Kangaroo  Bot\nDisallow: /", "reserved"),
        ("User-agent: AI2Bot\nDisallow: /", "reserved"),
        ("User-agent: NotGPTBot\nDisallow: /", "none_found"),
        ("User-agent: Applebot\nDisallow: /", "reserved"),
        ("User-agent: Applebot\nAllow: /\n\nUser-agent: *\nDisallow: /", "reserved"),
        # groups
        ("User-agent: GPTBot\nCrawl-delay: 9\nUser-agent: BadBot\nDisallow: /", "reserved"),
        ("User-agent: GPTBot\nSitemap: https://e.org/a\nUser-agent: BadBot\nDisallow: /", "reserved"),
        ("User-agent: *\nContent-Signal: search=yes\n\nUser-agent: BadBot\nDisallow: /", "none_found"),
        ("User-agent: GPTBot\nDisallow: /x\nUser-agent: BadBot\nDisallow: /", "none_found"),
        ("User-agent: GPTBot\nAllow: /page\n\nUser-agent: GPTBot\nDisallow: /", "none_found"),
        # paths as they must have been meant
        ("User-agent: *\nDisallow: page", "reserved"),
        ("User-agent: *\nDisallow: https://example.com/page", "reserved"),
        ("User-agent: *\nDisallow: https://example.com", "reserved"),
        ("User-agent: *\nDisallow: *", "reserved"),
        ("User-agent: *\nDisallow: /\nAllow: page", "reserved"),
        # nobody's rules, and what is no robots.txt
        ("Disallow: /", "unclear"),
        ("User-agent:\nDisallow: /", "unclear"),
        ("Disallow: /other", "none_found"),
        ("User-agent: * Disallow: /", "unclear"),
        ("User-agent: *\\nDisallow: /", "unclear"),
        ("<p>User-agent: *<br>Disallow: /", "unclear"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "unclear"),
        ("\0" * 50, "unclear"),
        ("<!DOCTYPE html><html>User-agent: *<br>Disallow: /</html>", "unclear"),
        ("please do not train on this", "unclear"),
        ("\x89PNG\r\n\x1a\n", "unclear"),
    ],
)  # fmt: skip
def test_a_file_says_what_its_writer_meant(body: str, expected: str) -> None:
    assert says(body) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "none_found"), (204, "none_found"), (206, "unclear"), (301, "unclear"), (304, "unclear"), (100, "unclear"),
     (400, "none_found"), (401, "none_found"), (403, "none_found"), (404, "none_found"), (410, "none_found"),
     (500, "reserved"), (503, "reserved"), (599, "reserved"), (0, "reserved"), (-1, "reserved"), (999, "reserved")],
)  # fmt: skip
def test_a_status_says_what_the_rfc_makes_of_it(status: int, expected: str) -> None:
    assert says("", status=status) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("User-agent: *\nDisallow: /\n", "reserved"),
        ("User-agent: *\nDisallow: /", "reserved"),
        ("User-agent: *\nDisallow: /pri", "unclear"),
        ("User-agent: *\nDisallow: /\nAllow: /", "reserved"),
        ("User-agent: *\nDisallow: /\nAllow: /page\nAllow: /x", "unclear"),
        ("User-agent: *\nAllow: /\n", "unclear"),
        ("", "unclear"),
    ],
)
def test_a_cut_file_never_says_that_nothing_is_reserved(body: str, expected: str) -> None:
    assert says(body, complete=False) == expected


def test_beyond_500_kib_a_file_counts_as_cut() -> None:
    filling = "# filling\n" * (MAX_BODY // 10)
    assert says("User-agent: *\nDisallow: /\n" + filling) == "reserved"
    assert says(filling + "User-agent: *\nAllow: /\n") == "unclear"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://example.com", "/"), ("https://example.com?x", "/?x"), ("https://example.com#x", "/"),
        ("HTTPS://u:p@example.com:8080/a#b", "/a"), ("//example.com/a", "/a"), ("example.com/a", "/a"),
        ("/a/b", "/a/b"), ("a/b", "/a/b"), ("https://example.com/a/../b/./c", "/b/c"),
        ("https://example.com/../../b", "/b"), ("https://example.com/a/%2E%2e/b", "/b"),
        ("https://example.com/a/..", "/"), ("https://example.com//a", "//a"), ("http:\\\\example.com\\a", "/a"),
        ("https://example.com/%7Euser/ö b", "/~user/%C3%B6%20b"), ("https://[::1", "/"), ("", None), ("  ", None),
        ("https://example.com/" + "a" * 9000, None), ("https://example.com/a\n/b", "/a/b"), ("mailto:me@x", "/"),
        ("https://example.com/a%zz%", "/a%zz%"),
    ],
)  # fmt: skip
def test_an_address_has_its_path(url: str, path: str | None) -> None:
    assert path_of(url) == path


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("User-agent: *\nDisallow: /", "reserved"),
        ("User-agent: *\nDisallow: /private", "unclear"),
        ("User-agent: *\nDisallow:", "none_found"),
        ("User-agent: *\nAllow: /", "allowed"),
    ],
)
def test_an_unknown_path_is_any_path(body: str, expected: str) -> None:
    assert read_robots(body, "", agents=LISTED)[0].says == expected


def test_no_agents_are_an_agent_without_a_name() -> None:
    assert says("User-agent: *\nDisallow: /", listed=()) == "reserved"
    assert says("User-agent: GPTBot\nDisallow: /", listed=()) == "none_found"


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ("User-agent: GPTBot\nDisallow: /", "robots.txt, named agent"),
        ("User-agent: *\nDisallow: /", "robots.txt, every agent"),
        ("User-agent: *\nDisallow: /\nUser-agent: CCBot\nDisallow: /", "robots.txt, named agent"),
        ("User-agent: *\nAllow: /", "robots.txt"),
    ],
)
def test_a_statement_says_whose_group_it_stood_in(body: str, location: str) -> None:
    assert read_robots(body, HOST, agents=LISTED)[0].location == location


SIGNALS = "User-agent: *\nContent-Signal: {}\nAllow: /"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SIGNALS.format("search=yes, ai-input=no, ai-train=no"), "reserved"),
        (SIGNALS.format("search=yes,ai-train=no,use=reference"), "reserved"),
        (SIGNALS.format("ai-train=yes"), "allowed"),
        (SIGNALS.format("search=yes"), "none_found"),
        (SIGNALS.format("ai-input=no"), "none_found"),
        (SIGNALS.format("AI-Train = NO"), "reserved"),
        (SIGNALS.format("ai-train=no;search=yes"), "reserved"),
        (SIGNALS.format("search=yes ai-train=no"), "reserved"),
        (SIGNALS.format("ai-train:no"), "reserved"),
        (SIGNALS.format("ai-train=no, ai-train=yes"), "reserved"),
        (SIGNALS.format("ai-train=yes, ai-train=maybe"), "unclear"),
        (SIGNALS.format("ai-train=maybe"), "unclear"),
        (SIGNALS.format("ai-train"), "unclear"),
        (SIGNALS.format("no training please"), "unclear"),
        (SIGNALS.format("use=reference"), "unclear"),
        (SIGNALS.format("use=full"), "none_found"),
        (SIGNALS.format(""), "none_found"),
        (SIGNALS.format("/page ai-train=no"), "reserved"),
        (SIGNALS.format("/other ai-train=no"), "none_found"),
        (SIGNALS.format("ai-train=yes") + "\nContent-Signal: ai-train=no", "reserved"),
        ("Content-Signal: ai-train=no", "reserved"),
        ("Content-Signal: ai-train=yes", "unclear"),
        ("User-agent: GPTBot\nContent-Signal: ai-train=no\nUser-agent: *\nAllow: /", "reserved"),
        ("User-agent: BadBot\nContent-Signal: ai-train=no\nUser-agent: *\nAllow: /", "none_found"),
        ("User-agent: *\nContent-Signals: ai-train=no\nAllow: /", "reserved"),
        ("User-agent: *\nAllow: /", "none_found"),
        ("User-agent: *\nAllow: / Content-Signal: ai-train=no", "unclear"),
        ("User-agent: *\n# Content-Signal: ai-train=no\nAllow: /", "none_found"),
    ],
)
def test_content_signals_say_whether_to_train(body: str, expected: str) -> None:
    (found,) = [one for one in read_robots(body, f"{HOST}/page", agents=LISTED) if one.protocol == "content-signal"]
    assert found.says == expected


COMMENTS = st.text(st.characters(exclude_characters="\r\n"), max_size=30).map("# {}".format)
HARMLESS = st.one_of(
    COMMENTS,
    st.sampled_from([
        "", "Sitemap: https://example.com/map.xml", "Crawl-delay: 5", "junk", "Host: example.com", ":", "Disallow",
        "Disallow: /elsewhere", "User-agent: OtherBot\nAllow: /", "User-agent: *\nAllow: /", "User-agent: OtherBot",
        "User-agent: *\nAllow: /page", "Noindex: /", "Request-rate: 1/5",
    ]),
)  # fmt: skip
"""Material around a group that does not lift what it says: nothing that the same agent could obey instead."""
CASES = st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase])
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"])
MARKS = st.sampled_from(["", "\ufeff", "ï»¿", "\x00"])


@st.composite
def surrounded(draw: st.DrawFn, rules: str) -> str:
    """These lines, in any case and with any line ends, among others that do not lift them."""
    end, case = draw(ENDS), draw(CASES)
    lines = [*draw(st.lists(HARMLESS, max_size=4)), case(rules), *draw(st.lists(HARMLESS, max_size=6))]
    return draw(MARKS) + end.join("\n".join(lines).split("\n")) + draw(st.sampled_from(["", end]))


@given(surrounded("User-agent: GPTBot\nDisallow: /"))
@settings(max_examples=300, deadline=None)
def test_nothing_around_a_group_takes_its_disallow_away(body: str) -> None:
    assert says(body) == "reserved"


@given(surrounded("User-agent: GPTBot\nDisallow: /"), st.data())
@settings(deadline=None)
def test_a_cut_behind_the_rule_leaves_it_or_makes_it_unclear(body: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(body)))
    assert says(body[:cut], complete=False) in {"reserved", "unclear"}


@given(surrounded("User-agent: GPTBot\nContent-Signal: ai-train=no"))
@settings(deadline=None)
def test_nothing_around_a_content_signal_takes_it_away(body: str) -> None:
    found = {one.protocol: one.says for one in read_robots(body, f"{HOST}/page", agents=LISTED)}
    assert found["content-signal"] in {"reserved", "unclear"}


ALPHABET = st.sampled_from(
    [
        *"*$%/?#:\r\n\t\0\ufeff\ud800é",
        "User-agent:",
        "Disallow:",
        "Allow:",
        "GPTBot",
        "Content-Usage:",
        "Content-Signal:",
        "train-ai=n",
        "ai-train=no",
        "%2A",
        "http://[",
        "*" * 9,
    ]
)


@given(
    st.one_of(st.text(max_size=200), st.lists(ALPHABET, max_size=40).map("".join)),
    st.text(max_size=60),
    st.integers(-1, 600),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_no_robots_txt_raises_and_words_are_closed(body: str, url: str, status: int, complete: bool) -> None:
    for one in read_robots(body, url, agents=LISTED, status=status, complete=complete):
        assert one.protocol in PROTOCOLS
        assert one.says in RESERVATIONS
        assert one.scope in SCOPES
        assert one.location.startswith("robots.txt")


@given(
    st.lists(st.sampled_from(["a", "b", "*", "$", "/", "%2F"]), max_size=8).map("".join),
    st.lists(st.sampled_from(["a", "b", "/", "*", "$"]), max_size=8).map("".join),
)
@settings(deadline=None)
def test_an_agent_more_never_lifts_a_reservation(pattern: str, path: str) -> None:
    body = f"User-agent: GPTBot\nDisallow: /{pattern}\nUser-agent: *\nAllow: /"
    one = says(body, f"/{path}", listed=("GPTBot",))
    assert RESERVATIONS.index(says(body, f"/{path}", listed=("GPTBot", "CCBot"))) >= RESERVATIONS.index(one)


@pytest.mark.parametrize(
    "body",
    [
        "User-agent: a\n" * 20_000 + "Disallow: /\n" * 20_000,
        "".join(f"User-agent: {number}\n" for number in range(25_000)),
        "User-agent: *\nDisallow: /" + "*a" * 200_000,
        "User-agent: *\n" + "Disallow: /*a*b*c*d$\n" * 20_000,
        "User-agent: " + "*a" * 200_000 + "\nDisallow: /",
        ":" * 400_000,
        " " * 400_000 + "x",
        "User-agent: *\nContent-Usage: " + "a=(" * 100_000,
        "User-agent: *\nContent-Usage: " + "a;" * 100_000,
    ],
)
def test_hostile_files_come_to_an_end(body: str) -> None:
    assert read_robots(body, f"{HOST}/" + "a" * 2000, agents=LISTED)


def test_nothing_of_a_file_goes_to_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    lines = ("Crawl-delay: secret", "Request rate: secret", "crawl-delay secret", "Visit-time:secret", "secret: x")
    assert says("secret\rUser-agent: *\n" + "\n ".join(lines) + "\nDisallow: /", "/secret") == "reserved"
    assert says("User-agent: *\n\t" + "\x0b".join(lines)) == "none_found"
    assert "secret" not in caplog.text


def test_patterns_that_match_nothing_are_none() -> None:
    assert pattern_of("") is None
    assert pattern_of("page") is None
    assert pattern_of("", forgiving=True) is None


def test_the_list_of_agents_has_those_that_gather_training_data() -> None:
    assert {"GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "Bytespider"} <= set(agents())
    assert "ChatGPT-User" not in agents()
    assert len(agents()) >= 40
    assert len(set(map(str.lower, agents(PURPOSES)))) == len(agents(PURPOSES))
    assert len(agents_digest()) == 64


@pytest.mark.parametrize("purposes", [(), ("trian",), ("train", "")])
def test_a_purpose_that_is_none_is_refused(purposes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="Purposes of agents"):
        agents(purposes)
