"""From lines of text and a small real model to a release without texts that say the same twice."""

from __future__ import annotations

import json
import random
import shutil
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from audits.run import run_audits
from benchmarks import tiny_embedding
from benchmarks.tiny_embedding import WORDS
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

pytestmark = pytest.mark.skipif(
    not all(find_spec(package) for package in ("torch", "transformers")),
    reason="torch and transformers are not installed (names.lock)",
)

POLICY = """\
name: meant
version: "1"
licence: {allow: [public_domain, share_alike, restricted]}
exact_duplicates: {}
near_duplicates: {pictures: false, meanings: {%s}}
"""


def story(number: int, *, order: int = 0, changed: int = 0, words: int = 60) -> str:
    """Words that stand for a text; in another order, and some of them changed, it says nearly the same to the model."""
    row = random.Random(number).sample(WORDS, words)
    row[:changed] = random.Random(number + 1000).sample(WORDS, changed)
    if order:
        random.Random(order).shuffle(row)
    return " ".join(row)


BEGINNING = f"{story(3, words=80)} {story(6, words=80)}"
"""All that a window of 126 tokens shows of a text."""

LINES = {
    "free": {
        "own": story(1),
        "turned": story(1, order=5),
        "edited": story(1, order=6, changed=2),
        "half": story(1, changed=30),
        "other": story(2),
        "wordless": "日本語の文",
        "long": f"{BEGINNING} {story(4, words=200)}",
        "long too": f"{BEGINNING} {story(5, words=200)}",
    },
    "shared": {"again": story(1, order=7)},
}
LICENCES = {"free": "CC0-1.0", "shared": "CC-BY-SA-4.0"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedding.build(tmp_path_factory.mktemp("models") / "tiny-embedding")


def write(
    folder: Path,
    model: Path,
    lines: dict[str, dict[str, str]],
    *,
    licences: dict[str, str] | None = None,
    section: str = "",
    version: str = "1",
    name: str = "meant",
) -> Workspace:
    rows = ""
    for corpus, texts in lines.items():
        written = [json.dumps({"text": text, "title": title}) for title, text in texts.items()]
        (folder / f"{corpus}.jsonl").write_text("\n".join(written))
        licence = (licences or LICENCES)[corpus]
        rows += f"  - {{name: {corpus}, format: jsonl, path: {corpus}.jsonl, licence: {licence}}}\n"
    (folder / "recipe.yaml").write_text(
        f"name: meant\ncorpora:\n{rows}"
        f"filters: {{text_embedding: {{model: {model}, device: cpu}}, licence: {{}}, exact_duplicates: {{}}}}\n"
        f'release: {{name: {name}, version: "{version}"}}\n'
    )
    (folder / "policy.yaml").write_text(POLICY % section)
    return Workspace.of(folder)


def curate(workspace: Workspace, **means: int) -> Outcome:
    return curate_all(workspace, Means(**{"workers": 0, **means}, quiet=True))


def verdicts(outcome: Outcome) -> dict[str, tuple[object, ...]]:
    """title → verdict, reason, and the twin's title."""
    sql = (
        "SELECT i.title, i.verdict, i.reason, t.title FROM item AS i "
        "LEFT JOIN rule_fired AS d ON d.run = i.run AND d.item = i.item AND d.reason = i.reason "
        "LEFT JOIN item AS t ON t.run = i.run AND t.item = d.twin "
        f"WHERE i.run = '{outcome.run}' ORDER BY 1"
    )
    return {str(title): tuple(rest) for title, *rest in query(outcome.catalog.path, sql).rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("meant")


@pytest.fixture(scope="module")
def outcome(folder: Path, model: Path) -> Outcome:
    return curate(write(folder, model, LINES))


def test_of_texts_that_say_the_same_that_stays_whose_licence_asks_for_most(outcome: Outcome) -> None:
    said = verdicts(outcome)
    staying = {title for title, (verdict, *_) in said.items() if verdict == "keep"}
    assert staying == {"again", "half", "other", "wordless", "long", "long too"}
    for title in ("own", "turned", "edited"):
        assert said[title] == ("drop", "near_duplicate", "again")
    texts = pl.read_parquet(outcome.release.folder / "text" / "**" / "*.parquet")
    assert set(texts["title"]) == staying


def test_a_decision_is_on_record_with_rule_value_and_limit(outcome: Outcome) -> None:
    sql = "SELECT DISTINCT filter, rule, measure, bound FROM rule_fired WHERE reason = 'near_duplicate'"
    rule = ("text_embedding", "near_duplicates.meanings.on_near_duplicate", "similarity", 0.95)
    assert query(outcome.catalog.path, sql).rows == (rule,)
    in_force = "SELECT filter, rule, measure, bound FROM limit_used WHERE rule LIKE 'near%'"
    assert query(outcome.catalog.path, in_force).rows == (rule,)
    values = "SELECT min(value), max(value) FROM rule_fired WHERE reason = 'near_duplicate'"
    ((least, most),) = query(outcome.catalog.path, values).rows
    assert 0.95 <= float(str(least)) < 0.999 < float(str(most)) <= 1


def test_what_was_searched_is_told_by_catalog_page_card_and_summary(outcome: Outcome, folder: Path) -> None:
    sql = "SELECT * EXCLUDE run FROM near_meaning_search"
    assert query(outcome.catalog.path, sql).rows == ((0.95, 64, 6, 1, 2, 0, 3, 1, 3),)
    told = "have a cosine of 0.95 or more: 3 near-duplicates of 1 text."
    assert told in outcome.report.read_text()
    assert told in (outcome.release.folder / "README.md").read_text()
    assert told in outcome_text(outcome, Workspace.of(folder))


def test_the_run_passes_its_audits_and_its_verification_and_no_vector_leaves_the_log(
    outcome: Outcome, folder: Path
) -> None:
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(folder, count_input=True)[0] == []
    sql = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'vector' OR data_type = 'BLOB'"
    assert query(outcome.catalog.path, sql).rows == ((0,),)
    assert not any("vector" in path.name for path in outcome.release.folder.rglob("*"))


def test_a_policy_that_is_tried_out_on_record_comes_to_the_same(outcome: Outcome, folder: Path) -> None:
    (folder / "tried.yaml").write_text(POLICY % "on_near_duplicate: hold, min_similarity: 0.999, min_covered: 0")
    policies = [read_policy(name, folder)[0] for name in ("policy.yaml", "tried.yaml")]
    same, other = replay(Workspace.of(folder).log, outcome.run, policies)
    assert same.filter(pl.col("verdict") == "drop").height == 3
    held = other.filter(pl.col("verdict") == "hold")
    assert set(held["reason"]) == {"near_duplicate"}
    assert held.height == 3, "own and turned, and now one of the two that only begin alike"


@pytest.mark.slow
def test_workers_and_batches_change_no_verdict(outcome: Outcome, folder: Path, model: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "keys", tmp_path / "keys")
    other = curate(write(tmp_path, model, LINES), workers=2, batch_size=2)
    assert verdicts(other) == verdicts(outcome)
    assert other.release.digest == outcome.release.digest


def test_of_two_that_forbid_different_things_the_one_put_first_is_held(model: Path, tmp_path: Path) -> None:
    lines = {"a": {"own": story(1), "other": story(2)}, "b": {"again": story(1, order=3)}}
    licences = {"a": "CC-BY-NC-4.0", "b": "CC-BY-ND-4.0"}
    outcome = curate(write(tmp_path, model, lines, licences=licences))
    assert verdicts(outcome) == {
        "other": ("keep", None, None),
        "own": ("hold", "licence_stricter_elsewhere", "again"),
        "again": ("drop", "near_duplicate", "own"),
    }


def test_an_earlier_release_counts_as_there_already(
    outcome: Outcome, folder: Path, model: Path, tmp_path: Path
) -> None:
    next_one = tmp_path / "next"
    shutil.copytree(folder, next_one)
    cut = " ".join(BEGINNING.split()[:126])  # says what little was seen of two texts that go on
    lines = {"free": {"again": story(2, order=9), "new": story(8), "cut": cut}}
    found = curate(write(next_one, model, lines, section="against: [meant@1]", version="2"))
    assert verdicts(found)["again"][:2] == ("drop", "near_duplicate")
    assert {title: verdicts(found)[title][0] for title in ("new", "cut")} == {"new": "keep", "cut": "keep"}
    searched = f"SELECT earlier, groups FROM near_meaning_search WHERE run = '{found.run}'"
    assert query(found.catalog.path, searched).rows == ((3, 1),)
    other = tiny_embedding.build(tmp_path / "other", seed=8)
    with pytest.raises(ConfigError, match="were taken by another model of `text_embedding`"):
        make_plan(write(next_one, other, lines, section="against: [meant@1]", version="3"))


def test_of_too_many_texts_the_run_says_what_they_would_cost_and_goes_on_when_that_is_wanted(
    model: Path, tmp_path: Path
) -> None:
    lines = {"free": {name: LINES["free"][name] for name in ("own", "turned", "other")}}
    with pytest.raises(ConfigError, match=r"3 texts would be compared .* `most` is 2\. .* hours of one core"):
        curate(write(tmp_path, model, lines, section="most: 2"))
    outcome = curate(write(tmp_path, model, lines, section="most: 3"))
    assert verdicts(outcome)["turned"] == ("drop", "near_duplicate", "own")
