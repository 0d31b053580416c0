"""Languages, end to end: what is not allowed, not known or mixed is in no release, and the catalog says why."""

import json

import duckdb
import pytest

from audits.run import run_audits
from catalog.query import query
from flows.means import Means
from flows.stages import curate_all
from flows.what_if import what_if
from flows.workspace import Workspace
from tests.filters.test_language import SENTENCES

ENGLISH, FRENCH, RUSSIAN = (SENTENCES[code][1] for code in ("en", "fr", "ru"))
TEXTS = {
    "english": ENGLISH,
    "french": FRENCH,
    "russian": RUSSIAN,
    "mixed": f"{ENGLISH}\n\n{RUSSIAN}",
    "numbers": "12 + 30 = 42",
    "short": "ok",
}
POLICY = """\
name: test
version: "1"
licence: {allow: [public_domain]}
language: {allow: [en, fr]}
"""
RECIPE = """\
name: test
corpora:
  - {name: notes, format: jsonl, path: notes.jsonl, licence: CC0-1.0}
filters: {licence: {}, language: {}}
release: {name: test, version: "1.0.0"}
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("languages")
    lines = [json.dumps({"id": name, "text": text}) for name, text in TEXTS.items()]
    (folder / "notes.jsonl").write_text("\n".join(lines))
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "recipe.yaml").write_text(RECIPE)
    return curate_all(Workspace.of(folder), Means(0, quiet=True))


def asked(outcome, sql):
    return query(outcome.catalog.path, sql).rows


def test_each_text_has_the_verdict_and_reason_of_its_language(outcome):
    found = {
        name: (verdict, reason) for name, verdict, reason in asked(outcome, "SELECT id, verdict, reason FROM item")
    }
    assert found == {
        "english": ("keep", None),
        "french": ("keep", None),
        "russian": ("drop", "language_not_allowed"),
        "mixed": ("hold", "language_mixed"),
        "numbers": ("hold", "language_unknown"),
        "short": ("hold", "language_unknown"),
    }


def test_the_mix_counts_texts_and_characters_that_came_and_that_stay(outcome):
    columns = "release, corpus, language, items, characters, items_staying, characters_staying"
    rows = asked(outcome, f"SELECT {columns} FROM language_mix WHERE language IN ('fr', 'und', 'ru') ORDER BY language")
    und = len(TEXTS["numbers"]) + len(TEXTS["short"])
    assert [tuple(row) for row in rows] == [
        ("test@1.0.0", "notes", "fr", 1, len(FRENCH), 1, len(FRENCH)),
        ("test@1.0.0", "notes", "ru", 1, len(RUSSIAN), 0, 0),
        ("test@1.0.0", "notes", "und", 2, und, 0, 0),
    ]


def test_what_limits_would_keep_is_told_by_language(outcome):
    folder = outcome.report.parents[1]
    found, _ = what_if(
        Workspace.of(folder), "language.share", side="below", at=(0.9,), policy=None, by="language", run=None
    )
    assert {row[0]: row[2:4] for row in found.rows} == {"en": (2, 1), "fr": (1, 1), "ru": (1, 1), "und": (2, 0)}


def test_the_card_names_the_languages_that_stay(outcome):
    card = (outcome.release.folder / "README.md").read_text()
    assert f"`fr` (1 text, {len(FRENCH)} characters)" in card
    assert "`ru`" not in card


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE log.finding_language SET language = 'de' WHERE language = 'fr'",
        "UPDATE log.finding_language SET language = NULL, score = NULL, share = NULL",
        "UPDATE log.finding_language SET score = 0.49",
        "UPDATE log.finding_language SET share = 0.7",
        "DELETE FROM log.decision WHERE filter = 'language'",
    ],
)
def test_the_audit_finds_what_stays_against_the_policy(outcome, tmp_path, fault):
    path = tmp_path / "catalog.duckdb"
    path.write_bytes(outcome.catalog.path.read_bytes())
    name = "kept_in_a_language_not_allowed"
    assert {result.name: result.offending for result in run_audits(path)}[name] == 0
    with duckdb.connect(path) as connection:
        connection.execute(fault)
    assert {result.name: result for result in run_audits(path)}[name].blocks
