"""Unsafe words and listed addresses, end to end: what a policy makes of them, and whom that shuts out."""

from __future__ import annotations

import json

import pytest

from catalog.query import query
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace

LEXICON = """\
term,weight,category,allowed_in,group
grue,1,violence,,
snark,1,insult,,
boojum,1,violence,,
jubjub,1,hate,,
bandersnatch,1,insult,naturalist,
bellman,1,identity,,crew
banker,1,identity,,trades
"""
FIVE = "The grue, the snark, the boojum, the jubjub and the bandersnatch"
POLICY = """\
name: test
version: "1"
licence: {allow: [public_domain]}
quality: [unsafe-words]
limits:
  - {filter: url_lists, measure: games_listed, above: 0, outcome: drop}
"""
RECIPE = """\
name: test
corpora:
  - {name: notes, format: jsonl, path: notes.jsonl, licence: CC0-1.0}
filters:
  licence: {}
  unsafe_words: {lists: [words.csv]}
  url_lists: {lists: [games=games.txt], by_category: [games]}
release: {name: test, version: "1.0.0"}
"""
SECRETS = ("bandersnatch", "jubjub", "unvisited.example")
INPUTS = {"words.csv", "games.txt", "notes.jsonl"}


def texts() -> dict[str, str]:
    named = {"one": "A grue was here.", "three": "grue grue grue", "five": FIVE, "plain": "Nothing was here."}
    for number in range(200):
        of_crew, of_trades = number % 2 == 0, number % 2 == 1
        held = of_crew and number % 20 < 16
        what = "grue grue snark" if held else "nothing at all"
        who = "bellman" if of_crew else "banker" if of_trades and number % 4 == 1 else "baker"
        named[f"n{number}"] = f"The {who} number {number} saw {what}."
    return named


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("unsafe")
    lines = [{"id": name, "text": text, "url": "https://fine.example/"} for name, text in texts().items()]
    lines += [
        {"id": "listed", "text": "Good.", "url": "http://www.listed.example/a"},
        {"id": "nowhere", "text": "Good, too."},
    ]
    files = {
        "words.csv": LEXICON,
        "games.txt": "listed.example\nunvisited.example\n",
        "policy.yaml": POLICY,
        "recipe.yaml": RECIPE,
    }
    files["notes.jsonl"] = "\n".join(json.dumps(line) for line in lines)
    for name, text in files.items():
        (folder / name).write_text(text)
    return curate_all(Workspace.of(folder), Means(0, quiet=True))


def asked(outcome: Outcome, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in query(outcome.catalog.path, sql).rows]


def test_one_word_is_kept_a_dense_text_is_held_and_many_different_ones_are_dropped(outcome: Outcome) -> None:
    found = asked(outcome, "SELECT id, verdict FROM item WHERE NOT starts_with(id, 'n') OR id = 'nowhere'")
    assert dict(found) == {
        "one": "keep",
        "three": "hold",
        "five": "drop",
        "plain": "keep",
        "listed": "drop",
        "nowhere": "hold",
    }


def test_the_rate_says_which_group_is_shut_out_and_by_which_filter(outcome: Outcome) -> None:
    columns = "filter, identity_group, items, away, flag"
    rows = asked(outcome, f"SELECT {columns} FROM identity_rate WHERE filter IN ('unsafe_words', 'url_lists')")
    assert rows == [
        ("unsafe_words", None, 150, 80, None),
        ("unsafe_words", "crew", 100, 80, "high"),
        ("unsafe_words", "trades", 50, 0, "low"),
        ("url_lists", None, 150, 0, None),
        ("url_lists", "crew", 100, 0, None),
        ("url_lists", "trades", 50, 0, None),
    ]
    (together,) = asked(
        outcome, f"SELECT {columns} FROM identity_rate WHERE filter IS NULL AND identity_group = 'crew'"
    )
    assert together == (None, "crew", 100, 80, "high")


def test_the_expected_share_is_that_of_texts_as_long(outcome: Outcome) -> None:
    of_crew = "filter = 'unsafe_words' AND identity_group = 'crew'"
    ((overall, expected),) = asked(outcome, f"SELECT overall_share, expected_share FROM identity_rate WHERE {of_crew}")
    assert overall == pytest.approx(82 / 206)
    assert expected == pytest.approx(81 / 203, abs=0.02)


def test_the_report_says_so_too(outcome: Outcome) -> None:
    page = outcome.report.read_text(encoding="utf-8")
    assert "Whom the filters shut out" in page
    assert "<td>crew</td><td>unsafe_words</td>" in page
    assert "<strong>high</strong>" in page


def test_no_entry_of_a_list_is_in_the_log_or_the_catalog(outcome: Outcome) -> None:
    """The recipe names files alone; texts are in kept data, which is what a release is made from."""
    folder = outcome.catalog.path.parents[1]
    held = [path for path in folder.rglob("*") if path.is_file() and path.name not in INPUTS]
    assert len(held) > 10
    for path in held:
        data = path.read_bytes()
        if "kept" not in path.name and "release" not in str(path.relative_to(folder)):
            assert not [word for word in SECRETS if word.encode() in data], path.name
