"""From lines of text to a release without near-duplicates, and from an earlier release to the next."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from audits.run import run_audits
from catalog.query import query
from flows.means import Means
from flows.plan import make_plan
from flows.stages import Outcome, curate_all
from flows.summary import outcome_text
from flows.verify import verify
from flows.workspace import Workspace
from releases.policy import read_policy
from releases.replay import replay
from tamis.errors import ConfigError

POLICY = """\
name: same
version: "1"
licence: {allow: [public_domain, share_alike, restricted]}
exact_duplicates: {}
near_duplicates: {pictures: false, texts: {%s}}
"""


def story(number: int, *, changed: tuple[int, ...] = ()) -> str:
    """A text of 200 words that no other number's has, with some words changed."""
    words = [f"w{number}x{place * place % 997}" for place in range(200)]
    for place in changed:
        words[place] = f"other{place}"
    return " ".join(words)


def line(text: str, name: str) -> str:
    return json.dumps({"text": text, "title": name})


LINES = {
    "free": {
        "own": story(1),
        "shouted": story(1).upper() + "!",
        "edited": story(1, changed=(3, 90)),
        "rewritten": story(1, changed=tuple(range(0, 200, 9))),
        "other": story(2),
        "empty": "…",
        "dots": "— !",
    },
    "shared": {"longer": story(1) + " with a few words at the end"},
}
LICENCES = {"free": "CC0-1.0", "shared": "CC-BY-SA-4.0"}


def write(
    folder: Path,
    lines: dict[str, dict[str, str]],
    *,
    licences: dict[str, str] | None = None,
    section: str = "",
    version: str = "1",
) -> Workspace:
    rows = ""
    for name, texts in lines.items():
        (folder / f"{name}.jsonl").write_text("\n".join(line(text, title) for title, text in texts.items()))
        licence = (licences or LICENCES)[name]
        rows += f"  - {{name: {name}, format: jsonl, path: {name}.jsonl, licence: {licence}}}\n"
    (folder / "recipe.yaml").write_text(
        f"name: same\ncorpora:\n{rows}"
        "filters: {text_minhash: {}, licence: {}, exact_duplicates: {}}\n"
        f'release: {{name: same, version: "{version}"}}\n'
    )
    (folder / "policy.yaml").write_text(POLICY % section)
    return Workspace.of(folder)


def curate(workspace: Workspace, **means: int) -> Outcome:
    return curate_all(workspace, Means(**{"workers": 0, **means}, quiet=True))


def verdicts(outcome: Outcome) -> dict[str, tuple[object, ...]]:
    """title → verdict, reason, the twin's title and the similarity."""
    sql = (
        "SELECT i.title, i.verdict, i.reason, t.title, round(d.value, 2) FROM item AS i "
        "LEFT JOIN rule_fired AS d ON d.run = i.run AND d.item = i.item AND d.reason = i.reason "
        "LEFT JOIN item AS t ON t.run = i.run AND t.item = d.twin "
        f"WHERE i.run = '{outcome.run}' ORDER BY 1"
    )
    return {str(title): tuple(rest) for title, *rest in query(outcome.catalog.path, sql).rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("same")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return curate(write(folder, LINES))


def test_one_of_the_versions_stays_the_one_whose_licence_asks_for_most(outcome: Outcome) -> None:
    said = verdicts(outcome)
    staying = {title for title, (verdict, *_) in said.items() if verdict == "keep"}
    assert staying == {"longer", "other", "rewritten", "empty", "dots"}
    for title in ("own", "shouted", "edited"):
        assert said[title][:3] == ("drop", "near_duplicate", "longer")
        assert 0.8 <= float(str(said[title][3])) < 1
    texts = pl.read_parquet(outcome.release.folder / "text" / "**" / "*.parquet")
    assert set(texts["title"]) == staying


def test_a_decision_is_on_record_with_rule_value_and_limit(outcome: Outcome) -> None:
    sql = "SELECT DISTINCT filter, rule, measure, bound FROM rule_fired WHERE reason = 'near_duplicate'"
    rule = ("text_minhash", "near_duplicates.texts.on_near_duplicate", "similarity", 0.8)
    assert query(outcome.catalog.path, sql).rows == (rule,)
    in_force = "SELECT filter, rule, measure, bound FROM limit_used WHERE rule LIKE 'near%'"
    assert query(outcome.catalog.path, in_force).rows == (rule,)


def test_how_many_copies_a_text_has_is_a_question_to_the_catalog(outcome: Outcome) -> None:
    sql = (
        "SELECT t.title, 1 + count(*) FROM rule_fired AS d INNER JOIN item AS t ON t.run = d.run AND t.item = d.twin "
        "WHERE d.reason = 'near_duplicate' GROUP BY ALL"
    )
    assert query(outcome.catalog.path, sql).rows == (("longer", 4),)


def test_what_was_searched_is_told_by_catalog_page_card_and_summary(outcome: Outcome, folder: Path) -> None:
    sql = "SELECT * EXCLUDE (run, found_at_limit, candidates) FROM near_text_search"
    assert query(outcome.catalog.path, sql).rows == ((0.8, 5, 112, 14, 8, 6, 2, 0, 3, 1, 3, 0),)
    told = "3 near-duplicates of 1 text."
    assert told in outcome.report.read_text()
    assert told in (outcome.release.folder / "README.md").read_text()
    assert told in outcome_text(outcome, Workspace.of(folder))


def test_the_run_passes_its_audits_and_its_verification_and_the_catalog_has_no_minima(
    outcome: Outcome, folder: Path
) -> None:
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(folder, count_input=True)[0] == []
    sql = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'minima' AND data_type = 'BLOB'"
    assert query(outcome.catalog.path, sql).rows == ((0,),)


def test_a_policy_that_is_tried_out_on_record_comes_to_the_same(outcome: Outcome, folder: Path) -> None:
    workspace = Workspace.of(folder)
    (folder / "tried.yaml").write_text(POLICY % "on_near_duplicate: hold, min_similarity: 0.95")
    policies = [read_policy(name, folder)[0] for name in ("policy.yaml", "tried.yaml")]
    same, other = replay(workspace.log, outcome.run, policies)
    sql = "SELECT verdict, count(*) FROM item GROUP BY ALL ORDER BY ALL"
    assert same["verdict"].cast(pl.String).value_counts().sort("verdict").rows() == [
        tuple(row) for row in sorted(query(outcome.catalog.path, sql).rows)
    ]
    held = other.filter(pl.col("verdict") == "hold")
    assert set(held["reason"]) == {"near_duplicate"}
    assert held.height < 3


@pytest.mark.slow
def test_workers_and_batches_change_nothing(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "keys", tmp_path / "keys")
    other = curate(write(tmp_path, LINES), workers=2, batch_size=2)
    assert verdicts(other) == verdicts(outcome)
    assert other.release.digest == outcome.release.digest


def test_of_the_same_words_one_stays_and_a_word_that_is_changed_makes_another_text(tmp_path: Path) -> None:
    outcome = curate(write(tmp_path, {"free": LINES["free"]}, licences={"free": "CC0-1.0"}, section="same_words: true"))
    said = verdicts(outcome)
    assert {title: found for title, found in said.items() if found[0] != "keep"} == {
        "shouted": ("drop", "near_duplicate", "own", 1.0)
    }
    told = "Nearly the same are those of the same words in the same order: 1 near-duplicate of 1 text."
    assert told in (outcome.release.folder / "README.md").read_text()
    policy = read_policy("policy.yaml", tmp_path)[0]
    (again,) = replay(Workspace.of(tmp_path).log, outcome.run, [policy])
    assert again.filter(pl.col("reason") == "near_duplicate").height == 1
    assert verify(tmp_path, count_input=True)[0] == []


def test_of_two_that_forbid_different_things_the_one_put_first_is_held(tmp_path: Path) -> None:
    lines = {"a": {"own": story(1), "other": story(2)}, "b": {"again": story(1, changed=(7,))}}
    outcome = curate(write(tmp_path, lines, licences={"a": "CC-BY-NC-4.0", "b": "CC-BY-ND-4.0"}))
    assert {title: said[:3] for title, said in verdicts(outcome).items()} == {
        "other": ("keep", None, None),
        "own": ("hold", "licence_stricter_elsewhere", "again"),
        "again": ("drop", "near_duplicate", "own"),
    }
    assert verify(tmp_path, count_input=True)[0] == []


def test_an_earlier_release_counts_as_there_already(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    next_one = tmp_path / "next"
    shutil.copytree(folder, next_one)
    lines = {"free": {"again": story(1, changed=(9,)), "new": story(3)}}
    found = curate(write(next_one, lines, section="against: [same@1]", version="2"))
    sql = (
        "SELECT i.title, i.verdict, d.twin = (SELECT item FROM item WHERE title = 'longer') FROM item AS i "
        f"LEFT JOIN rule_fired AS d USING (run, item) WHERE i.run = '{found.run}' ORDER BY 1"
    )
    assert query(found.catalog.path, sql).rows == (("again", "drop", True), ("new", "keep", None))
    searched = f"SELECT earlier FROM near_text_search WHERE run = '{found.run}'"
    assert query(found.catalog.path, searched).rows == ((3,),)
    assert verify(next_one, count_input=True)[0] == []


def test_an_earlier_release_whose_hashes_do_not_fit_is_said_before_any_work(
    outcome: Outcome, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "next")
    workspace = write(tmp_path / "next", LINES, section="against: [same@2]", version="2")
    with pytest.raises(
        ConfigError, match=r"policy.yaml:5: near_duplicates.texts.against: same@2 is what this run makes"
    ):
        make_plan(workspace)
    workspace = write(tmp_path / "next", LINES, section="against: [same@1]", version="2")
    recipe = tmp_path / "next" / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("text_minhash: {}", "text_minhash: {shingle: 4}"))
    with pytest.raises(ConfigError, match="hashes of same@1 were taken by another shingle of `text_minhash`"):
        make_plan(workspace)
    recipe.write_text(recipe.read_text().replace("text_minhash: {shingle: 4}", "text_minhash: {}"))
    shutil.rmtree(workspace.log.run_folder(outcome.run))
    with pytest.raises(ConfigError, match=r"then nothing is compared with its texts\."):
        make_plan(workspace)
