"""Lexicons as files: what is read, and what refuses the whole file, by its line and without a word of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from filters.lexicon.entries import read_lexicon
from tamis.errors import ConfigError

SECRET = "quibblefratz"


def read(folder: Path, text: str | bytes, name: str = "list.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_lexicon(path)


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "term\ngrue\n").entries.iter_rows()
    assert row == (2, "grue", "any", 1.0, "other", [], None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", 'category,term,weight,language,allowed_in\nHate,"a, b",0.5,EN,x y; z\n'),
        ("list.tsv", "\ufeffterm\tlanguage\tweight\tcategory\tallowed_in\r\na, b\ten\t.5\thate\tx y;z;\r\n"),
        (
            "list.jsonl",
            '\n{"term": "a, b", "language": "en", "weight": 0.5, "category": "hate", "allowed_in": ["x y", "z"]}',
        ),
    ],
)
def test_every_form_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    lexicon = read(tmp_path, text, name)
    assert lexicon.name == "list"
    assert lexicon.entries.drop("line").row(0) == ("a, b", "en", 0.5, "hate", ["x y", "z"], None)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (f"{SECRET},english,1,hate,,", "its language is none"),
        (f"{SECRET},en,2,hate,,", "its weight is no number above 0, up to 1"),
        (f"{SECRET},en,0,hate,,", "its weight is no number"),
        (f"{SECRET},en,nan,hate,,", "its weight is no number"),
        (f"{SECRET},en,much,hate,,", "its weight is no number"),
        (f"{SECRET},en,1,{SECRET},,", "its category is none of sexual, insult"),
        (f"{SECRET},en,1,hate,,{SECRET}", "has a group, which is for the category identity alone"),
        (f"{SECRET},en,1,identity,,{SECRET}", "its group is a term of the list"),
        (f"{SECRET},en,1,identity,,Some One", "its group stands in the catalog"),
        (",en,1,hate,,", "has no term"),
        ("\N{GRINNING FACE},en,1,hate,,", "its term has no letters and no digits"),
        (f"{SECRET} " * 13 + ",en,1,hate,,", "its term has 13 words, at most 12"),
        (f"{SECRET},en,1,hate,x;--,", "a phrase of its allowed_in has no letters"),
        (f"{SECRET},en", "has 2 fields, the heading has 6"),
        (f'"{SECRET},en,1,hate,,', "has a quote that is not closed"),
    ],
)
def test_a_damaged_line_refuses_the_file_and_is_not_quoted(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, f"term,language,weight,category,allowed_in,group\ngood,en,1,hate,,\n{written}\n")
    assert f"list.csv:3: {said}" in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("list.csv", f"{SECRET}\n", "list.csv:1: is no heading"),
        ("list.csv", "term,severity9\n", "list.csv:1: unknown column"),
        ("list.csv", "term,wieght\n", "Did you mean 'weight'"),
        ("list.csv", "term,term\n", "names a column twice"),
        ("list.csv", "term\n", "holds no terms"),
        ("list.csv", "", "holds no terms"),
        ("list.csv", b"term\ngood\n\xff\xfe\n", "list.csv:3: is not UTF-8"),
        ("list.jsonl", f"{SECRET}", "list.jsonl:1: is no JSON"),
        ("list.jsonl", "[1]", "is no object"),
        ("list.jsonl", f'{{"{SECRET}": 1}}', "has a key that is none of term"),
        ("list.jsonl", '{"term": "a", "weight": true}', "the value of 'weight' is a bool"),
        ("list.jsonl", '{"term": 5}', "the value of 'term' is a int"),
        ("list.txt", f"{SECRET}\n", "`tamis import-words` makes one"),
        ("a list.csv", "term\na\n", "its name stands in the catalog"),
    ],
)
def test_a_file_that_is_no_lexicon_is_refused(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text, name)
    assert said in str(raised.value)
    assert SECRET not in str(raised.value)


def test_many_faults_are_counted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="80 more lines are wrong"):
        read(tmp_path, "term,weight\n" + "a,9\n" * 100)


def test_another_byte_is_another_lexicon(tmp_path: Path) -> None:
    assert read(tmp_path, "term\na\n").sha256 != read(tmp_path, "term\na\n\n").sha256
