"""A label loses what has the shape of personal data, however it is written, and nothing else."""

import sys
import time
import unicodedata
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpora.files import safe_name
from tamis.labels import GIVEN_UP, MAX_LABEL, safe_label, safe_word

FOUND = {
    "ada@example.com": "<EMAIL>",
    "Ada <ada.l+x@mail.example.co.uk>, Bob": "Ada <<EMAIL>>, Bob",
    "mailto:ada@example.com?subject=x": "mailto:<EMAIL>?subject=x",
    "https://x.org/u/ada@example.com/photos": "https://x.org/u/<EMAIL>/photos",
    "https://x.org/?mail=ada%40example.com": "https://x.org/<EMAIL>",
    "ada%2540example.com": "<EMAIL>",
    "ada%2525252525252525252525252525252525252525252525252540example.com": "<EMAIL>",
    "ada&#64;example.com": "<EMAIL>",
    "ada&#x40;example&period;com": "<EMAIL>",
    "ada&amp;amp;amp;commat;example.com": "<EMAIL>",
    "ada%26%2364%3Bexample.com": "<EMAIL>",
    "ada＠example．com": "<EMAIL>",
    "ada﹫example。com": "<EMAIL>",
    "𝖺𝖽𝖺@𝖾𝗑𝖺𝗆𝗉𝗅𝖾.𝖼𝗈𝗆": "<EMAIL>",
    "ада@пример.рф": "<EMAIL>",
    "ada@müller.de": "<EMAIL>",
    "ada@xn--mller-kva.xn--p1ai": "<EMAIL>",
    "ada\u200b@exa\u00admple\u2060.com": "<EMAIL>",
    "a\x00d\x1ba@exam\x7fple.com": "<EMAIL>",
    "\u202eada@example.com\u202c": "<EMAIL>",
    "ada%E2%80%8B%40example.com": "<EMAIL>",
    "ada&shy;@example.com": "<EMAIL>",
    "ada\n@ example.com": "<EMAIL>",
    "ada (at) example.com": "<EMAIL>",
    "ada[at]example[dot]com": "<EMAIL>",
    "ada {AT} mail (dot) example (dot) com": "<EMAIL>",
    "write to ada at example dot com": "write to <EMAIL>",
    '"ada lovelace"@example.com': "<EMAIL>",
    "ada@[192.168.0.1]": "<EMAIL>",
    "ada@[IPv6:2001:db8::1]": "<EMAIL>",
    "call +49 30 1234567 now": "call <PHONE> now",
    "+1 (555) 010-4567": "<PHONE>",
    "tel:+493012345678": "tel:<PHONE>",
    "%2B49 (0)30 / 123 45 67": "<PHONE>",
    "+49‑30‑1234567": "<PHONE>",
    "card 4111 1111 1111 1111": "card <CARD>",
    "2024 4111 1111 1111 1111": "2024 <CARD>",
    "IMG_4111111111111111.jpg": "IMG_<CARD>.jpg",
    "5500-0000-0000-0004": "<CARD>",
    "3782 822463 10005": "<CARD>",
    "2223003122003222": "<CARD>",
    "DE89 3704 0044 0532 0130 00": "<IBAN>",
    "de89370400440532013000": "<IBAN>",
    "IBAN GB82WEST12345698765432 and": "IBAN <IBAN> and",
    "GB82 WEST 1234 5698 7654 32 and": "<IBAN> and",
    "MT84MALT011000012345MTLCAST001S": "<IBAN>",
    "ssn 123-45-6789": "ssn <SSN>",
    "id=%123-45-6789": "id=%<SSN>",
    "100%4111111111111111": "100%<CARD>",
    "https://x.org/a?access_token=abc1DEF2&b=1#c": "https://x.org/a?access_token=<SECRET>&b=1#c",
    "https://x.org/a?X-Amz-Signature%3Dabc1DEF2": "https://x.org/a?X-Amz-Signature=<SECRET>",
    "x.org/a?Api-Key=abc1DEF2;sig=zz": "x.org/a?Api-Key=<SECRET>;sig=<SECRET>",
    "postgres://root:hunter2@db/x": "postgres://<USER>@db/x",
    "https://user:pw@example.org/a": "https://<USER>@example.org/a",
    "123–45–6789": "<SSN>",
    "ada@example.com +49301234567 123-45-6789": "<EMAIL> <PHONE> <SSN>",
}

LEFT = [
    "",
    "A title, in words: café, ｶﾅ, Ω, 文, 🙂",
    "100% cotton & more",
    "Look at this dot",
    "2024-01-31",
    "31.01.2024 12:00",
    "20240131120000",
    "2024-01-31T12:00:00+01:00",
    "2024-01-31T12:00:00.123456+00:00",
    "1.26.4",
    "1.0.0-beta+20130313144700",
    "1.0.0-rc.1+exp.sha.5114f85",
    "react@18.2.0/umd/react.min.js",
    "@scope/package@v1.2",
    "550e8400-e29b-41d4-a716-446655440000",
    "Tue Oct 01 12:00:00 +0000 2024",
    "12345678-1234-1234-1234-123456789012",
    "d41d8cd98f00b204e9800998ecf8427e",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "1700000000000",
    "1700000000123456789",
    "4111111111111112",
    "411111111111111111111111",
    "0.4111111111111111",
    "DE89370400440532013001",
    "978-3-16-148410-0",
    "ISBN 9783161484100",
    "https://en.wikipedia.org/wiki/Caf%C3%A9?action=raw&x=1#top",
    "https://medium.com/@somebody/a-post-1234567890ab",
    "https://www.flickr.com/photos/12345678@N00/987654321",
    "https://x.org/a%20b?a=1&copy=2&lt=3",
    "icons/logo@2x.png",
    "path/to/file.v2.tar.gz",
    "C++ and C#",
    "user@localhost",
    "10.1000/182",
    "arXiv:2401.01234v2",
    "tables/part-00000-of-00128.parquet#row-groups=00000-00003",
]


def in_frame(texts):
    return pl.DataFrame({"label": texts}, schema={"label": pl.String}).select(safe_label(pl.col("label")))["label"]


@pytest.mark.parametrize(("label", "safe"), FOUND.items())
def test_what_has_the_shape_of_personal_data_is_taken_out(label, safe):
    assert safe_word(label) == safe
    assert safe_word(safe) == safe


@pytest.mark.parametrize("label", LEFT)
def test_what_has_not_stays_as_it_was_written(label):
    assert safe_word(label) == label


def test_a_column_is_made_safe_as_each_label_is():
    labels = [*FOUND, *LEFT, None]
    assert in_frame(labels).to_list() == [*FOUND.values(), *LEFT, None]
    assert in_frame([]).to_list() == []
    assert in_frame([None]).to_list() == [None]


MARKS = ["@", "%40", "&#64;", "(at)", ".", "com", "+", "-", "4", "12", "DE89", "~", "&", "amp;", "%", "25", "#", "<"]
PIECES = st.sampled_from(
    [*FOUND, *LEFT, *MARKS, ">", '"', "é", " ", "\n", " at ", " dot ", "\u200b", "e\u0301", "x" * 290]
)
LABELS = st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join))


@given(LABELS)
@example("4" * 280 + "111111111111111111111111")
@example("x" * 295 + "ada@example.com")
@example("ﷺ" * 3000 + "%40")
def test_a_safe_label_does_not_change_again_and_a_column_says_the_same(label):
    safe = safe_word(label)
    assert len(safe) <= MAX_LABEL
    assert safe_word(safe) == safe
    if not any("\ud800" <= character <= "\udfff" for character in label):
        assert in_frame([label]).to_list() == [safe]


@given(LABELS)
def test_the_name_of_a_file_is_a_safe_label(name):
    assert in_frame([safe_name(name)]).to_list() == [safe_name(name)]


def test_names_of_files_that_are_cut_stay_apart():
    names = {safe_name("x" * 400 + end) for end in "abc"}
    assert len(names) == 3
    assert max(map(len, names)) <= MAX_LABEL


@pytest.mark.parametrize("category", ["Cc", "Cf"])
def test_no_character_that_cannot_be_seen_is_left(category):
    unseen = "".join(filter(lambda each: unicodedata.category(each) == category, map(chr, range(sys.maxunicode))))
    for at in range(0, len(unseen), 100):
        assert safe_word(f"a{unseen[at : at + 100]}b").replace(" ", "") == "ab"


def test_lines_become_words():
    assert safe_word("one\r\ntwo\tthree\u2028four") == "one two three four"


@pytest.mark.parametrize(
    "label",
    [
        "a" * 250_000,
        "a@" * 125_000,
        "a." * 125_000 + "@",
        '"' * 250_000,
        "+1 " * 80_000,
        "1 " * 125_000,
        "de89" * 60_000,
        "a at b dot " * 20_000,
        "(at)dot" * 30_000,
        "&amp;" * 50_000,
        "%25" * 80_000,
        "%2" * 100_000 + "5",
        "&#3" * 80_000 + "8;",
        "ﷺ" * 250_000,
        "\u200b" * 250_000 + "ada@example.com",
    ],
    ids=lambda label: label[:8],
)
def test_a_name_of_a_quarter_of_a_million_characters_takes_no_time(label):
    started = time.perf_counter()
    safe = safe_word(label)
    assert time.perf_counter() - started < 10
    assert len(safe) <= MAX_LABEL
    assert "ada@" not in safe


def test_a_label_that_is_escaped_without_end_is_given_up():
    label = "@"
    for _ in range(40):
        label = label.replace("@", "&#64;").replace("&", "&#38;", 1) if "@" in label else label.replace("&", "&#38;", 1)
    assert safe_word(label) == GIVEN_UP
    assert safe_word(GIVEN_UP) == GIVEN_UP


CHECK = Path(__file__).parents[2] / "audits" / "checks" / "no_address_in_labels.sql"


def offending(labels):
    """Which of the labels the audit finds, each as the title of an item with a harmless id."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE item "
            "(run INT, item INT, id TEXT, path TEXT, source TEXT, version TEXT, url TEXT, label TEXT, title TEXT)"
        )
        rows = [(1, n, "12345678", None, "+1", "2.0", "https://x.org/", None, label) for n, label in enumerate(labels)]
        connection.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return [labels[n] for _, n in connection.execute(CHECK.read_text(encoding="utf-8")).fetchall()]


def test_the_audit_finds_nothing_in_a_safe_label():
    assert offending([*LEFT, *FOUND.values(), GIVEN_UP]) == []


def test_the_audit_finds_what_is_spelled_plainly():
    seen = ["ask ada@example.com", "+49 (0)30 / 123 45 67", "ssn 123-45-6789"]
    assert offending(seen) == seen


@settings(deadline=None)  # DuckDB starts anew for each
@given(st.lists(LABELS, min_size=1, max_size=10))
@example(["id=%123-45-6789", "- %40＠example.org", "%25(at)；.png>3704//"])
def test_no_label_however_made_can_block_a_release(labels):
    assert offending([safe_word(label) for label in labels]) == []


def test_an_address_at_the_place_where_looking_ends_is_not_left_in_half():
    for before in range(3_960, 4_000):
        assert "ada" not in safe_word("\u200b" * before + "ada.lovelace@example.com")
