"""Disguises: what is hidden by a trick is seen, at its place, and prose is left alone."""

from __future__ import annotations

import base64
import importlib
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filters.personal.disguise import DISGUISED, disguised_parts, plain_view
from filters.personal.lookalikes import DASHES, INVISIBLE, SPACES, STYLED, TWINS, members, plain

EVERY_CHARACTER = "".join(map(chr, range(0x110000)))
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

BLOCKS = (
    *("ada@example.org", "+44 20 7946 0958", "078-05-1121", "192.168.1.77", "GB82 WEST 1234 5698 7654 32", "a", "1"),
    *(".", "@", "-", " ", "\n", "\r\n", "; ", "(", ")", "%", "&", "#", "=", "&amp;", "&#38;", "&#64;", "&#x40", "&lt;"),
    *(
        "&period;",
        "%40",
        "%25",
        "%C2%AD",
        "%E2%80%8B",
        "%FF",
        "(at)",
        " [dot] ",
        " at ",
        " dot ",
        "ada at mail dot org",
    ),
    *("\u200b", "\xad", "\u202e", "\u202c", "\u202d", "\u2029", "\U000e0061", "\ufe0f", "\u0301", "\u0336", "é", "а"),
    *(
        "ο",
        "Ж",
        "＠",
        "４",
        "٣",
        "\U00011de3",
        "𝐣",
        "①",
        "ﬀ",
        "½",
        "\xa0",
        "\u202f",
        "\u2011",
        "—",
        "。",
        "\x00",
        "\x1b",
    ),
    *("\ud800", "👩\u200d👩\u200d👧", "YWRhQGV4YW1wbGUub3Jn", "MDc4LTA1LTExMjE="),
)
hostile_texts = st.lists(
    st.one_of(st.sampled_from(BLOCKS), st.text(st.characters(exclude_categories=()), max_size=3)), max_size=14
).map("".join)


def _letters(first: int, capital: int, digit: int) -> dict[int, int]:
    starts = (("a", first), ("A", capital), ("0", digit))
    return {ord(sign) + place: to + place for sign, to in starts for place in range(10 if sign == "0" else 26)}


def _in_tags(value: str) -> str:
    return "\U000e0061".join(value)


def _backwards(value: str) -> str:
    return value[::-1]


SHORT_TRICKS: dict[str, Callable[[str], str]] = {
    "nothing": str,
    "zero width": "\u200b".join,
    "soft hyphens": "\xad".join,
    "selectors": "\ufe0f".join,
    "tags": _in_tags,
    "control characters": "\x01".join,
    "full width": lambda value: value.translate(_letters(0xFF41, 0xFF21, 0xFF10)),
    "bold": lambda value: value.translate(_letters(0x1D41A, 0x1D400, 0x1D7CE)),
    "monospace": lambda value: value.translate(_letters(0x1D68A, 0x1D670, 0x1D7F6)),
    "Tolong Siki digits": lambda value: value.translate({ord("0") + place: 0x11DE0 + place for place in range(10)}),
    "struck through": lambda value: "".join(f"{sign}\u0336" for sign in value),
    "decimal": lambda value: "".join(f"&#{ord(sign)};" for sign in value),
    "padded hexadecimal": lambda value: "".join(f"&#x000{ord(sign):X};" for sign in value),
    "percent": lambda value: "".join(f"%{ord(sign):02x}" for sign in value),
    "percent twice": lambda value: "".join(f"%25{ord(sign):02x}" for sign in value),
    "percent in entities": lambda value: "".join(f"&#37;{ord(sign):02x}" for sign in value),
    "full width in percent": lambda value: "".join(
        "".join(f"%{byte:02X}" for byte in chr(ord(sign) + 0xFEE0).encode()) for sign in value
    ),
}
disguised_words = st.tuples(
    st.from_regex(r"[a-z0-9]{2,8}", fullmatch=True).filter(lambda word: word not in {"at", "dot"}),
    st.sampled_from(sorted(SHORT_TRICKS)),
)


@given(words=st.lists(disguised_words, min_size=1, max_size=6))
def test_each_word_is_seen_and_lies_where_its_disguise_lies(words: list[tuple[str, str]]) -> None:
    text = "a&#64;b"
    places = []
    for word, trick in words:
        disguised = SHORT_TRICKS[trick](word)
        places.append((len(text) + 3, len(text) + 3 + len(disguised)))
        text += f" | {disguised}"
    view = plain_view(text)
    assert view is not None
    assert view.text == " | ".join(("a@b", *(word for word, _ in words)))
    start = len("a@b")
    for (word, _), place in zip(words, places, strict=True):
        assert view.original(start + 3, start + 3 + len(word)) == place
        start += 3 + len(word)


@given(text=hostile_texts)
@example(text="\u202e\u202e1\u202c\n2\u202c")
@example(text="&#" + "9" * 5000 + ";&#x" + "0" * 5000 + "40;")
@settings(max_examples=500, deadline=None)
def test_every_character_of_a_view_lies_in_the_original_and_more_of_it_covers_more(text: str) -> None:
    view = plain_view(text)
    if view is None:
        return
    assert view.text != text
    assert len(view.text) == len(view.starts) == len(view.ends)
    for start, end, character in zip(view.starts, view.ends, view.text, strict=True):
        assert 0 <= start < end <= len(text)
        if end - start == 1 and text[start].isascii():
            assert character == text[start]
    places = [view.original(0, end) for end in range(1, len(view.text) + 1)]
    assert all(inner[1] <= outer[1] and inner[0] >= outer[0] for inner, outer in pairwise(places))


@given(text=hostile_texts)
@settings(max_examples=300, deadline=None)
def test_the_gate_matches_whatever_has_a_view(text: str) -> None:
    encodable = text.encode("utf-8", "replace").decode()
    if plain_view(encodable) is not None:
        assert pl.Series([encodable]).str.contains(DISGUISED).all()


@given(text=hostile_texts)
@settings(max_examples=300, deadline=None)
def test_a_view_shows_nothing_new_when_looked_at_again(text: str) -> None:
    view = plain_view(text)
    if view is not None:
        again = plain_view(view.text)
        assert again is None or again.text == view.text


@given(text=st.lists(st.text("abcdefghijklmnopqrsuvwxyz", min_size=1), max_size=30).map(" ".join))
def test_plain_words_have_no_view(text: str) -> None:
    assert plain_view(text) is None


@pytest.mark.parametrize(
    "prose",
    [
        "",
        "Look at me dot dot dot, and at the dot product of both.",
        "AT&T was 100% sure; R&D costs 5%, see &c. and `&foo->bar[.]*`.",
        "“Curly” quotes — dashes … and 1996–1998, 10\xa0km, naïve cafés, ﬁne print ™.",
        "Écrit à l'époque où l'œuvre… 5\xa0% : «\xa0non\xa0».",
        "Привет, мир: в 2020 году. Καλημέρα κόσμε.",
        "👩\u200d👩\u200d👧 and ❤\ufe0f and 1\ufe0f\u20e3",
        "می\u200cخواهم",
        "\ufeffA text that begins with a mark of byte order.",
        "printf(\"%5d %4d%%\\n\", 50, 40); 50%40 = 10; x_{1}^{2} = 10²",
        "See RFC 2822.\n2. Next item\n3. Last item of 1999\nand 5 more",
        "/usr/share/doc/packages/some-long-package_name/IndexOfAbstractThings",
        "<p>Fish &amp; chips &lt;b&gt; &quot;now&quot; it&#39;s &#8220;hot&#8221;&nbsp;here</p>",
        "We met at example.com and left for the dot",
    ],
)  # fmt: skip
def test_ordinary_prose_has_no_view(prose: str) -> None:
    assert plain_view(prose) is None


ADDRESS, CARD, ACCOUNT = "ada.l@mail.example.org", "5500 0055 5555 5559", "DE89 3704 0044 0532 0130 00"


@pytest.mark.parametrize(
    ("value", "disguised"),
    [
        (ADDRESS, "ada.l (at) mail (dot) example [dot] org"),
        (ADDRESS, "ada.l{AT}mail.example.org"),
        (ADDRESS, "ada.l <at> mail.example.org"),
        (ADDRESS, "ada.l &lt;at&gt; mail.example.org"),
        (ADDRESS, "ada.l at mail dot example dot org"),
        (ADDRESS, "ada dot l at mail dot example dot org"),
        (ADDRESS, "ada.l@mail dot example DOT org"),
        (ADDRESS, "ada.l @ mail.example.org"),
        (ADDRESS, "ada[.]l[@]mail[.]example[.]org"),
        (ADDRESS, "ada.l&commat;mail&period;example.org"),
        (ADDRESS, "ada.l&amp;#64;mail.example.org"),
        (ADDRESS, "ada.l%2540mail.example.org"),
        (ADDRESS, "аdа.l@mаil.ехаmрlе.оrg"),
        (ADDRESS, "αda.l@mail.example.οrg"),
        (ADDRESS, "ada.l＠mail。example․org"),
        (ADDRESS, "ᴀda.l@maɪl.example.orɢ"),
        (ADDRESS, "ⓐⓓⓐ.ⓛ@ⓜⓐⓘⓛ.example.org"),
        (ADDRESS, "🅰da.l@mail.ex🅰mple.org"),
        (ADDRESS, "ada.l@ma\nil.example.org"),
        (ADDRESS, "ada.l@\n  mail.example.org"),
        (ADDRESS, base64.b64encode(ADDRESS.encode()).decode()),
        (ADDRESS, base64.urlsafe_b64encode(f"{ADDRESS}\n".encode()).decode()),
        (CARD, "5500\xa00055\u202f5555\u20075559"),
        (CARD, "⁵⁵⁰⁰ ⁰⁰⁵⁵ ⁵⁵⁵⁵ ⁵⁵⁵⁹"),
        (CARD, CARD.translate({ord("5"): "⑤", ord("9"): "➈"})),
        (CARD, "5500 0055 5555 55&#10;59"),
        (CARD, "5500 0055 55\n55 5559"),
        (CARD, "5500 0055 55-\n55 5559"),
        ("078-05-1121", "078–05‑1121"),
        ("078-05-1121", "078-05-\n1121"),
        ("192.168.1.77", "192 dot 168 dot 1 dot 77"),
        ("192.168.1.77", "192(dot)168(dot)1(dot)77"),
        ("192.168.1.77", "192.168\r\n\t.1.77"),
        ("192.168.1.77", "192。168。1。77"),
        (ACCOUNT, "DE89 3704 0044 05\n32 0130 00"),
        (ACCOUNT, "D\u0336E\u033689 3704 0044 0532 0130 00"),
        ("GB82 WEST 1234 5698 7654 32", "GB82 WЕSТ 1234 5698 7654 32"),
        ("GB82 WEST 1234 5698 7654 32", "GB82 WE\nST 1234 5698 7654 32"),
    ],
)
def test_a_value_is_seen_and_lies_exactly_where_its_disguise_lies(value: str, disguised: str) -> None:
    before, behind = "\U0001d4d0 é — see ", ", she said"
    view = plain_view(f"{before}{disguised}{behind}")
    assert view is not None
    start = view.text.lower().index(value.lower())
    assert view.original(start, start + len(value)) == (len(before), len(before) + len(disguised))


@pytest.mark.parametrize("value", [ADDRESS, CARD, ACCOUNT, "078-05-1121", "192.168.1.77"])
@pytest.mark.parametrize("mark", ["\u200b", "\xad", "\u200f\u200e", "\U000e0041", "\x02", "\u0336"], ids=ascii)
def test_one_mark_anywhere_in_a_value_is_a_sign(value: str, mark: str) -> None:
    for place in range(1, len(value)):
        view = plain_view(f"see {value[:place]}{mark}{value[place:]}, she said")
        assert view is not None
        assert view.text == f"see {value}, she said"
        assert view.original(4, 4 + len(value)) == (4, 4 + len(value) + len(mark))


@pytest.mark.parametrize("ending", ["\u202c tail", "\ntail", "\u2029tail", ""])
def test_what_is_shown_backwards_is_turned_round(ending: str) -> None:
    view = plain_view(f"to \u202e{_backwards(ADDRESS)}{ending}")
    assert view is not None
    assert view.text.startswith(f"to {ADDRESS}")
    start = 3 + ADDRESS.index("mail")
    at = len("to \u202e") + _backwards(ADDRESS).index("liam")
    assert view.original(start, start + 4) == (at, at + 4)
    assert view.original(3, 3 + len(ADDRESS)) == (4, 4 + len(ADDRESS))


def test_an_override_within_another_adds_nothing_and_a_second_one_begins_anew() -> None:
    view = plain_view("\u202ecb\u202ea\u202c0\u202c \u202ezyx\u202c")
    assert view is not None
    assert view.text == "0abc xyz"


def test_a_text_in_tag_characters_is_seen_and_lies_where_they_lie() -> None:
    hidden = "".join(chr(0xE0000 + ord(sign)) for sign in ADDRESS)
    view = plain_view(f"Hello{hidden}world")
    assert view is not None
    start = view.text.index(f" {ADDRESS} ") + 1
    assert view.original(start, start + len(ADDRESS)) == (5, 5 + len(hidden))


def test_part_of_base64_is_all_of_it() -> None:
    token = base64.b64encode(f"write to {ADDRESS} now".encode()).decode()
    view = plain_view(f"key={token}.")
    assert view is not None
    start = view.text.index(ADDRESS)
    assert view.original(start, start + len(ADDRESS)) == (4, 4 + len(token))


def test_marks_go_with_their_character() -> None:
    view = plain_view("1\u0336\u0301. jose\u0301@example.org")
    assert view is not None
    assert view.text == "1. josé@example.org"
    assert view.original(0, 1) == (0, 3)
    assert view.original(6, 7) == (8, 10)


@pytest.mark.parametrize(
    "table",
    [
        "1234 5678\n9012 3456\n7890 1234\n",
        "a   0.437587\n1   0.715189\n",
        "total\t12345\n67890\tsum",
        "in Ubuntu 18.04\n 32267 bugs",
        "version 3.39.0.\n3. Various",
        "net 0 1 2 3-0\n4 5 6 7-4 b",
        "as 51.996\n0.0015 of",
    ],
)
def test_the_numbers_of_a_table_are_not_joined(table: str) -> None:
    view = plain_view(f"a&#64;b | {table}")
    assert view is not None
    assert view.text == f"a@b | {table}"


@pytest.mark.parametrize(
    "prose",
    ["Слово and а word", "μm and βeta", "we looked at the dot com of it", "stay at home dot dot", "3 @ 5"],
)
def test_beside_a_disguise_prose_stays_as_it_is(prose: str) -> None:
    view = plain_view(f"a&#64;b | {prose}")
    assert view is not None
    assert view.text == f"a@b | {prose}"


def test_every_decimal_digit_of_unicode_is_one() -> None:
    """The regex library knows a newer Unicode than Python does."""
    digits = regex.findall(r"\p{Nd}", EVERY_CHARACTER)
    assert len(digits) >= 770
    assert all(plain(digit).isascii() and plain(digit).isdigit() for digit in digits)
    numbers = pl.Series([f"4{digit}11 1111" for digit in digits if not digit.isascii()])
    assert numbers.str.contains(DISGUISED).all()


def test_what_python_calls_a_format_character_or_a_space_is_taken_for_one() -> None:
    assert set(regex.findall(r"\p{Cf}", EVERY_CHARACTER)) <= set(members(INVISIBLE))
    assert set(regex.findall(r"\p{Zs}", EVERY_CHARACTER)) <= {" ", *members(SPACES)}
    dashes = set(regex.findall(r"\p{Pd}", EVERY_CHARACTER)) - set(members(DASHES))
    assert dashes == {"-", "\u1400"}  # the other is a letter of Canadian scripts in all but its category


def test_the_gate_knows_every_character_that_looks_like_another() -> None:
    words = pl.Series([f"a{character}b" for character in sorted(set(members(STYLED)) | set(TWINS))])
    assert len(words) > 1000
    assert words.filter(~words.str.contains(DISGUISED)).to_list() == []


@pytest.mark.parametrize("place", [(0, 0), (2, 1), (-1, 1), (0, 4)])
def test_a_place_outside_the_view_is_an_error(place: tuple[int, int]) -> None:
    view = plain_view("a&#64;b")
    assert view is not None
    with pytest.raises(ValueError, match="no place in a view of 3"):
        view.original(*place)


@pytest.mark.parametrize(
    "block",
    [
        *("&", "&#", "&amp;", "%", "%25", "%26amp%3B", "(", "(at)", "[dot]", " at ", "a at b dot ", "a@", "a @ ", "a."),
        *(
            "\u200b",
            "\u202e",
            "\u202e\u202c",
            "\u202da",
            "\U000e0031",
            "\u0301",
            "a\u0301",
            "ａ",
            "ﬀ",
            "а",
            "а.a@",
            "1\n",
        ),
        *("aGVsbG8g", "1-\n", "1234567890\n", "x@y\n", "GB82 ", "0", "\x00", "\ud800"),
    ],
    ids=ascii,
)
def test_hostile_text_takes_time_by_its_length(block: str) -> None:
    short, long = (_cost(block, size) for size in (25_000, 100_000))
    assert long < 9 * max(short, 0.01)  # linear 4, quadratic 16


def _cost(block: str, size: int) -> float:
    text = ("a&#64;b 1\u200b1 " + block * size)[:size]
    costs = []
    for _ in range(3):
        started = time.process_time()
        plain_view(text)
        costs.append(time.process_time() - started)
    return min(costs)


def test_ordinary_text_costs_next_to_nothing() -> None:
    text = "The quick brown fox jumps over the lazy dog, 42 times a day.\n" * 16_000
    started = time.process_time()
    assert plain_view(text) is None
    assert time.process_time() - started < 5


def test_at_least_113_of_126_disguised_values_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    disguises = importlib.import_module("disguises")
    found = list(disguises.cells().values())
    assert len(found) == 126
    assert sum(raw for raw, _ in found) < 60
    assert sum(ours for _, ours in found) >= 113


_FILLER = "plain words of no interest, one after another, and a line now and then.\n"


@given(before=st.integers(0, 90), between=st.integers(0, 90), after=st.integers(0, 90))
@settings(max_examples=60, deadline=None)
def test_parts_hold_every_sign_with_room_around_it_and_are_apart(before: int, between: int, after: int) -> None:
    hidden = "jane&#64;example&period;org"
    text = f"{_FILLER * before}{hidden} {_FILLER * between}{hidden} {_FILLER * after}"
    parts = disguised_parts(pl.Series(["nothing here", text]))
    assert {row for row, _, _ in parts} == {1}
    places = [(start, end) for _, start, end in parts]
    assert all(one[1] < other[0] for one, other in pairwise(places))
    assert all(0 <= start < end <= len(text) for start, end in places)
    first, last = text.index(hidden), text.rindex(hidden)
    for at in (first, last):
        assert any(start <= max(0, at - 300) and at + len(hidden) <= end for start, end in places)


def test_a_long_text_is_looked_at_around_its_signs_alone() -> None:
    text = f"{_FILLER * 2000}jane&#64;example.org {_FILLER * 2000}"
    [(row, start, end)] = disguised_parts(pl.Series([text]))
    assert row == 0
    assert end - start < 5_000
    assert all(text[place - 1].isspace() or text[place].isspace() for place in (start, end))


def test_a_text_of_signs_is_one_part() -> None:
    text = "&#64;" * 5_000
    assert disguised_parts(pl.Series([text, "", "a"])) == [(0, 0, len(text))]
