from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.rights.pages.place import LOCATIONS
from filters.rights.pages.reader import Page, expressions_of, is_free, looks_like_page, may_state, read_page
from tamis.records import IN_PAGE, PROTOCOLS, RESERVATIONS, SCOPES
from tests.filters.rights.authored_pages import FILES, Authored, pages

AUTHORED = list(pages(*FILES))
DEED = "https://creativecommons.org/licenses"


def says(page: Page, protocol: str, scope: str = "page") -> list[str]:
    return [each.says for each in page.statements if (each.protocol, each.scope) == (protocol, scope)]


def allowed(authored: Authored) -> str | None:
    found = expressions_of(read_page(authored.html))
    return found[0] if len(found) == 1 and found[0] and is_free(found[0]) else None


def test_no_authored_page_is_allowed_by_a_licence_that_does_not_cover_its_text() -> None:
    wrong = [each.about for each in AUTHORED if allowed(each) not in (None, each.label)]
    assert wrong == []


def test_nearly_all_pages_under_a_free_licence_are_allowed() -> None:
    free = [each for each in AUTHORED if each.label not in ("none", "conflict") and is_free(each.label)]
    found = sum(allowed(each) == each.label for each in free)
    assert len(AUTHORED) >= 400
    assert found / len(free) >= 0.95


@pytest.mark.parametrize("authored", AUTHORED, ids=lambda each: each.about)
def test_all_that_is_reported_is_in_closed_words(authored: Authored) -> None:
    page = read_page(authored.html)
    for licence in page.licences:
        assert licence.kind in IN_PAGE
        assert licence.scope in ("page", "part")
        assert licence.location in LOCATIONS
        assert 0 < len(licence.value) <= 300
    for said in page.statements:
        assert said.protocol in PROTOCOLS
        assert said.says in RESERVATIONS
        assert said.scope in SCOPES
    assert looks_like_page(authored.html)


@pytest.mark.parametrize("authored", AUTHORED, ids=lambda each: each.about)
def test_a_reservation_added_anywhere_in_the_head_is_seen(authored: Authored) -> None:
    places = [at + 1 for at, sign in enumerate(authored.html) if sign == ">"]
    head = [at for at in places if at <= authored.html.lower().find("</head>")][-3:] or [0]
    for at in head:
        html = f'{authored.html[:at]}<meta name="robots" content="noai">{authored.html[at:]}'
        assert says(read_page(html), "meta-robots") in (["reserved"], ["unclear"])
    html = f'<meta name="tdm-reservation" content="1">{authored.html}'
    assert says(read_page(html), "tdmrep") == ["reserved"]


@pytest.mark.parametrize("authored", AUTHORED, ids=lambda each: each.about)
def test_a_second_licence_takes_none_away(authored: Authored) -> None:
    before = set(expressions_of(read_page(authored.html)))
    html = f'<link rel="license" href="{DEED}/by-nc-nd/2.5/">{authored.html}'
    after = set(expressions_of(read_page(html)))
    assert before <= after
    assert "CC-BY-NC-ND-2.5" in after


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('<meta name="robots" content="noai, noimageai">', ["reserved"]),
        ('<META NAME="ROBOTS" CONTENT="NOAI">', ["reserved"]),
        ("<meta name='GPTBot' content='noindex,noai'>", ["reserved"]),
        ("<meta name=googlebot content=noai>", ["reserved"]),
        ('<meta content="index; noai" name=" robots ">', ["reserved"]),
        ('<meta name="robots" content="&#110;oai">', ["reserved"]),
        ('<meta name="robots" content="&#x6E;oai">', ["reserved"]),
        ('<noscript><meta name="robots" content="noai"></noscript>', ["reserved"]),
        ('</head><body><div><meta name="robots" content="noai"></div>', ["reserved"]),
        ('<meta name="robots" content="all"><meta name="robots" content="noai">', ["reserved"]),
        ('<template><meta name="robots" content="noai"></template>', ["unclear"]),
        ('<title><meta name="robots" content="noai">', ["unclear"]),
        ('<!-- <meta name="robots" content="noai"> -->', ["none_found"]),
        ('<meta name="robots" content="noimageai">', ["none_found"]),
        ('<meta name="robots" content="no-ai">', ["reserved"]),
        ('<meta name="robots" content="index, notrain">', ["unclear"]),
        ('<meta name="robots" content="gptbot: noai">', ["reserved"]),
        ('<meta name="notes" content="no-ai, piano airport, notification-email">', ["none_found"]),
        ('<meta name="robots" content="index, follow">', ["none_found"]),
        ('<meta name="description" content="what noai means">', ["none_found"]),
        ('<p>' + "word " * 200_000 + '<meta name="robots" content="noai">', ["reserved"]),
    ],
)  # fmt: skip
def test_noai_is_read_in_any_shape(tag: str, expected: list[str]) -> None:
    assert says(read_page(f"<!doctype html><html><head>{tag}"), "meta-robots") == expected


def test_noimageai_speaks_of_the_pictures_only() -> None:
    page = read_page('<head><meta name="robots" content="noimageai">')
    assert says(page, "meta-robots", "part") == ["reserved"]
    assert says(page, "meta-robots") == ["none_found"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ('<meta name="tdm-reservation" content="1">', "reserved"),
        ('<meta name="tdm-reservation" content="0">', "allowed"),
        ('<meta name="tdm-reservation" content="maybe">', "unclear"),
        ('<meta name="tdm-reservation" content="0"><meta name="tdm-reservation" content="1">', "reserved"),
        ('<meta name="tdm-reservation" content="0"><meta name="tdm-reservation" content="x">', "unclear"),
        ('<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://e.example/p">', "reserved"),
        ('<!-- <meta name="tdm-reservation" content="0"> -->', "none_found"),
        ('<script>\'<meta name="tdm-reservation" content="0">\'</script>', "none_found"),
        ('<template><meta name="tdm-reservation" content="0"></template>', "none_found"),
        ('</head><body><div title="<meta name=tdm-reservation content=0>">', "none_found"),
        ('</head><body><div><meta name="tdm-reservation" content="0"></div>', "unclear"),
        ("", "none_found"),
    ],
)
def test_the_reservation_protocol_is_read(tags: str, expected: str) -> None:
    assert says(read_page(f"<html><head>{tags}"), "tdmrep") == [expected]


@pytest.mark.parametrize(
    "sentence",
    [
        "All rights are reserved, including those for text and data mining.",
        "This text may not be used to train artificial intelligence models.",
        "Text und Data Mining im Sinne von § 44b UrhG behalten wir uns vor.",
        "La fouille de textes et de données est interdite.",
        "Queda prohibida la minería de textos y datos.",
        "No part of this site may be <b>used</b> for <a href='/tdm?" + "x" * 300 + "'>text and data</a>&nbsp;mining.",
        "Der Betreiber erklärt den Nutzungsvorbehalt nach § 44b UrhG.",
    ],
)
def test_words_that_reserve_are_unclear_and_for_people(sentence: str) -> None:
    found = [each for each in read_page(f"<html><body><p>{sentence}</p>").statements if each.protocol == "words"]
    assert [(each.says, each.machine_readable) for each in found] == [("unclear", False)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The tin mining museum reserves a seat.",
        "Determining data is not permitted here.",
        "Trains may not stop here.",
        "We train teachers in maths.",
    ],
)
def test_mines_and_trains_reserve_nothing(sentence: str) -> None:
    assert not [each for each in read_page(f"<html><p>{sentence}</p>").statements if each.protocol == "words"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!DOCTYPE html><p>", True),
        ("\ufeff\n <html>", True),
        ("<!-- a --> <!-- b -->\n<HTML lang=en>", True),
        ('<?xml version="1.0"?>\n<!DOCTYPE html>', True),
        ('<?xml version="1.0"?><article xmlns:xlink="x" article-type="r">', True),
        ("<!-- never closed <html>", False),
        ("<p align=center>A readme</p>", False),
        ("plain words about <html>", False),
        ('<?xml version="1.0"?><rss>', False),
        ("", False),
    ],
)
def test_a_page_is_told_by_how_it_begins(text: str, expected: bool) -> None:
    assert looks_like_page(text) is expected


SIGNS = ["<", ">", "<p>", "</p>", "noai", "&#110;", "<!--", "-->", "[", "<figure>", "<template>", "<svg>", "é", "\x00"]
PHRASES = ["<a rel=license href=", f"'{DEED}/by/4.0/'", "<meta name=robots content=", "CC BY 4.0", '{"license":']
SPEECH = [
    "\ud800",
    "<license>",
    "licensed under ",
    "this page ",
    "all rights reserved",
    "data mining",
    "<script type='application/ld+json'>",
]
MARKUP = st.lists(st.sampled_from([*SIGNS, *PHRASES, *SPEECH]), max_size=30)


@given(st.text() | MARKUP.map("".join))
def test_no_text_raises(text: str) -> None:
    assert says(read_page(text), "tdmrep")
    looks_like_page(text)


@pytest.mark.parametrize(
    "html",
    [
        "commons noai" + "<div>" * 100_000,
        f'commons <div title="{"y" * 1_000_000}">',
        "commons <div " + " ".join(f"a{place}=1" for place in range(100_000)) + ">",
        "commons noai" + "<meta" * 100_000,
        "commons" + "<a rel=license href=/x>y</a>" * 20_000,
        "data mining " + "train" * 100_000,
        "commons <div " + " ".join(f'a{place}=">"' for place in range(50_000)) + ">",
        "commons <div " + " ".join(f'a{place}="<p>"' for place in range(50_000)) + ">",
        "datamining" * 100_000,
        "commons" + "<meta &#" * 100_000,
        "é" + "tdm <" * 200_000,
    ],
    ids=[
        "nested",
        "long attribute",
        "many attributes",
        "broken tags",
        "many licences",
        "one word",
        "many attributes with ends of tags",
        "many attributes with tags",
        "one stem",
        "many metas",
        "many foreign stems",
    ],
)
def test_hostile_pages_are_read_to_their_end(html: str) -> None:
    assert says(read_page(html), "tdmrep")
    assert ("commons" in html) <= may_state(html)[0]


def test_many_attributes_hide_no_reservation() -> None:
    attributes = " ".join(f"a{place}=1" for place in range(10_000))
    page = read_page(f'<html><body><div {attributes}><meta name="robots" content="noai">')
    assert says(page, "meta-robots") == ["reserved"]


def test_a_page_without_a_mark_is_not_parsed() -> None:
    assert may_state("<html><p>We train teachers in data and mining, with a licence to determine models.") == (
        False,
        False,
    )


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("", "<footer>Design by Tpl | <a rel=license href={}/by/3.0/>CC BY 3.0</a></footer>", ()),
        ("", "<main><p>Forecast by the Office, licensed under <a rel=license href={}/by/4.0/>CC BY</a>", ()),
        ("", "<main><table><tr><td>Scan<td><a rel=license href={}/by/4.0/>CC BY</a></table>", ()),
        ("", "<aside><ul><li>This post: <a rel=license href={}/by/4.0/>CC BY</a></ul></aside>", ()),
        ("", "<main><p>The text of the book is licensed under <a href={}/by/4.0/>CC BY 4.0</a>", ()),
        ("", "<main><p>The text of this book is licensed under <a href={}/by/4.0/>CC BY 4.0</a>", ("CC-BY-4.0",)),
        ("<link rel=license href={}/by/4.0/>", "<p>A scan by the Office", ("CC-BY-4.0",)),
    ],
)
def test_only_what_leads_to_a_licence_makes_it_the_pages(head: str, body: str, expected: tuple[str, ...]) -> None:
    html = f"<html><head>{head.format(DEED)}</head><body>{body.format(DEED)}"
    assert expressions_of(read_page(html)) == expected


def test_a_large_page_is_read_in_pieces_to_its_end() -> None:
    html = f"<html><body>{'<p>word</p>' * 20_000}<footer>This site: <a rel=license href={DEED}/by/4.0/>CC BY</a>"
    assert expressions_of(read_page(html)) == ("CC-BY-4.0",)


def test_the_title_of_the_next_page_is_no_licence_of_this_one() -> None:
    html = (
        "<html><table><tr><td><a href='fdl.html'>2. The GNU Free Documentation License &gt;&gt;</a></td></tr></table>"
    )
    assert expressions_of(read_page(html)) == ()


def test_words_that_name_several_licences_give_none_of_them() -> None:
    said = (
        "The operator may republish what the site contains under CC-BY-SA.",
        "See the GNU Free Documentation License.",
    )
    html = "".join(f"<p>{each}</p>" for each in said)
    assert expressions_of(read_page(f"<html><div class=license>{html}</div>")) == ()


def test_a_manual_under_any_later_version_says_so() -> None:
    named = "GNU Free Documentation License, Version 1.3 or any later version"
    html = f"<html><p>This manual is under the <a href='https://www.gnu.org/licenses/fdl-1.3.html'>{named}</a>.</p>"
    assert expressions_of(read_page(html)) == ("GFDL-1.3-or-later",)
