"""Lists as they are published, taken over as lexicons by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from filters.lexicon.entries import read_lexicon
from flows.cli import run

SECRET = "quibblefratz"
WEIGHT = ["--column", "term=word", "--column", "weight=weight"]
KIND = ["--column", "term=word", "--column", "category=kind"]


def imported(source: Path, *options: str, category: str = "insult"):
    out = source.parent / "made.csv"
    assert run(["import-words", str(source), "--out", str(out), "--category", category, *options]) == 0
    return read_lexicon(out).entries.drop("line", "allowed_in", "group").rows()


def test_a_folder_of_languages_gives_each_term_its_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "LDNOOBW"
    folder.mkdir()
    files = {
        "en": f"grue\nGRUE\n\N{GRINNING FACE}\n{SECRET} a\n",
        "fr-CA-u-sd-caqc": "grue\n",
        "LICENSE": "x",
        "README.md": "x",
        "USERS.md": "y",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    rows = imported(folder, "--weight", "0.5")
    assert rows == [("grue", "en", 0.5, "insult"), (f"{SECRET} a", "en", 0.5, "insult"), ("grue", "fr", 0.5, "insult")]
    said = capsys.readouterr()
    assert said.out.startswith("3 terms; 1 were there before\n")
    assert "1 left out, without letters or too long: en:3" in said.err
    assert SECRET not in said.out + said.err


def test_a_plain_list_has_one_term_a_line(tmp_path: Path) -> None:
    source = tmp_path / "words.txt"
    source.write_text("# a comment\n\ngrue \r\ndark grue\n")
    assert imported(source, "--language", "en") == [
        ("grue", "en", 1.0, "insult"),
        ("dark grue", "en", 1.0, "insult"),
    ]


def test_a_table_says_by_its_columns(tmp_path: Path) -> None:
    source = tmp_path / "weighted.csv"
    source.write_text('word,severity,kind\n"grue, dark",3,lewd\nsnark,1.5,\n')
    options = [
        "--column",
        "term=word",
        "--column",
        "weight=severity",
        "--column",
        "category=kind",
        "--map",
        "lewd=sexual",
    ]
    assert imported(source, *options, "--heaviest", "3") == [
        ("grue, dark", "any", 1.0, "sexual"),
        ("snark", "any", 0.5, "insult"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "options", "said"),
    [
        ("list.csv", f"word\n{SECRET}\n", [], "has no column 'term' in its heading"),
        ("list.csv", f"word,weight\n{SECRET},7\n", WEIGHT, "list.csv:2: its weight is no number above 0, up to 1"),
        ("list.csv", f"word,kind\n{SECRET},{SECRET}\n", KIND, "list.csv:2: its category is none of"),
        ("list.csv", f"term,x\n{SECRET}\n", [], "list.csv:2: has 1 fields"),
        ("list.txt", "\N{GRINNING FACE}\n", [], "holds no terms that a lexicon can hold"),
        ("list.pdf", SECRET, [], "is laid out in no way that is known"),
        ("list.txt", SECRET, ["--column", "term"], "--column: expected two names"),
        ("list.txt", SECRET, ["--column", "trem=word"], "unknown column of a lexicon 'trem'"),
        ("list.txt", SECRET, ["--map", "a=rude"], "unknown category 'rude'"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_said_without_a_word_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, options: list[str], said: str
) -> None:
    (tmp_path / name).write_text(text)
    out = tmp_path / "made.csv"
    assert run(["import-words", str(tmp_path / name), "--out", str(out), "--category", "hate", *options]) == 2
    complained = capsys.readouterr().err
    assert said in complained
    assert SECRET not in complained
    assert not out.exists()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("grue\n")
    (tmp_path / "made.csv").write_text("mine")
    assert run(["import-words", str(source), "--out", str(tmp_path / "made.csv"), "--category", "hate"]) == 2
    assert (tmp_path / "made.csv").read_text() == "mine"
