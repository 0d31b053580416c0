"""Labels: what has the shape of personal data goes, however it is written; what only looks like numbers stays."""

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tamis.labels import MAX_LABEL, safe_label, safe_word

GO = {
    "mail ada@example.org": "mail <EMAIL>",
    "ada@example.org, b@c.de": "<EMAIL>, <EMAIL>",
    "Ada <ada@example.org>": "Ada <<EMAIL>>",
    "ada@163.com": "<EMAIL>",
    "root@localhost": "<EMAIL>",
    "ada @ example.org": "<EMAIL>",
    '"ada l"@example.org': "<EMAIL>",
    "ada@[192.0.2.1]": "<EMAIL>",
    "ada@192.0.2.1": "<EMAIL>",
    "ada (at) example.org": "<EMAIL>",
    "ada[at]example[dot]org": "<EMAIL>",
    "ada at example dot org": "<EMAIL>",
    "https://x.org/?mail=ada@example.org&x=1": "https://x.org/?mail=<EMAIL>&x=1",
    "https://user:secret@example.org/a": "https://<USER>@example.org/a",
    "ada%40example.org": "<EMAIL>",
    "ada%2540example.org": "<EMAIL>",
    "ada&#64;example.org": "<EMAIL>",
    "ada&#x40;example.org": "<EMAIL>",
    "ada&commat;example.org": "<EMAIL>",
    "ada＠example.org": "<EMAIL>",
    "ada﹫example.org": "<EMAIL>",
    "ada\u200b@\u200bexample.org": "<EMAIL>",
    "ada\x00@exa\xadmple.org": "<EMAIL>",
    "call +49 30 901820": "call <PHONE>",
    "+44 (0)20 7946 0958": "<PHONE>",
    "+1-202-555-0143.txt": "<PHONE>.txt",
    "00 49 30 901820": "<PHONE>",
    "4111 1111 1111 1111": "<CARD>",
    "card-4111111111111111": "card-4111111111111111",
    "id 5500-0000-0000-0004 paid": "id <CARD> paid",
    "DE89370400440532013000": "<IBAN>",
    "DE89 3704 0044 0532 0130 00 IN ALL": "<IBAN> IN ALL",
    "GB82 WEST 1234 5698 7654 32": "<IBAN>",
    "ssn 078-05-1120": "ssn <SSN>",
    "line\nbreak\tand\x1b[2Jescape": "line break and[2Jescape",
    "\u202egnp.exe": "gnp.exe",
}
"""Label → what is stored."""

STAY = (
    "",
    "2026-11-25",
    "2026-11-25T08:45:19+00:00",
    "1.2.3.post4",
    "v2024.10.1",
    "torch==2.9.0+cu128",
    "left-pad@1.3.0",
    "user/repo@v1.2.3",
    "@handle",
    "https://medium.com/@handle",
    "https://example.org/a/b?page=2&size=100#top",
    "https://example.org/a%20b",
    "550e8400-e29b-41d4-a716-446655440000",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "10.1000/182",
    "ISBN 978-3-16-148410-0",
    "4111111111111112",
    "1234567890123456",
    "item-00000000000000000042",
    "usr/share/doc/libc6/changelog.gz",
    "C:\\Users\\x\\file.txt",
    "Meet me at the station",
    "We are at dot com",
    "AB12CD34EF56GH78IJ90",
    "AT&T",
    "R&D 100%",
    "日本語のタイトル",
    "Ünïcödé – “quoted”",
    "العربية",
    "+5",
    "C++ 11",
    "1-800",
)


@pytest.mark.parametrize(("label", "stored"), GO.items())
def test_what_has_the_shape_of_personal_data_goes(label, stored):
    assert safe_word(label) == stored


@pytest.mark.parametrize("label", STAY)
def test_what_only_looks_like_numbers_and_signs_stays(label):
    assert safe_word(label) == label


_WORDS = [
    "ada",
    "example.org",
    "%40",
    "%2540",
    "&#64;",
    "&amp;",
    "(at)",
    "+49",
    "901820",
    "4111",
    "1111",
    "DE89",
    "3704",
    "078-05-1120",
    "//",
    "＠",
    "@",
    "-",
    ":",
    "x",
    ".",
    "é",
]
_PIECES = st.sampled_from([*_WORDS, " ", " at ", " dot ", " 30 ", '"', "\u200b", "\x00", "\ud800"])
_TEXTS = st.one_of(st.lists(_PIECES, max_size=12).map("".join), st.text(max_size=80))


@given(st.lists(_TEXTS, max_size=5))
@example([label for label in GO if label.isprintable()])
def test_a_column_and_a_word_are_made_safe_alike(texts):
    encodable = [text.encode("utf-8", "replace").decode() for text in texts]
    column = pl.DataFrame({"label": [*encodable, None]}, schema={"label": pl.String})
    assert column.select(safe_label(pl.col("label")))["label"].to_list() == [*map(safe_word, encodable), None]


@given(_TEXTS)
def test_a_safe_word_stays_as_it_is(text):
    assert safe_word(safe_word(text)) == safe_word(text)


@pytest.mark.parametrize(
    "piece", ["a@", "+1 ", "4", "DE89 ", "%25", "&amp;", "(at)", "a at b dot ", '"', " ", "//a:", "é"]
)
def test_an_endless_label_costs_no_time_and_is_cut(piece):
    assert len(safe_word(piece * 200_000)) <= MAX_LABEL
