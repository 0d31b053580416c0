"""`tamis what-if`, and the policy key `quality`, over one small run; what they say is counted again in plain Python."""

import json
import random

import pytest

from flows.cli import run
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.limits import limit_set, limit_set_about, limit_sets
from releases.policy import Policy
from releases.yaml_file import load
from tamis.errors import ConfigError

RECIPE = """\
name: prose
corpora:
  - {name: letters, format: jsonl, path: letters.jsonl, columns: {text: text, source: source, url: url}, licence: MIT}
filters: {licence: {}, text_quality: {}}
release: {name: prose, version: "1"}
"""
POLICY = """\
name: prose
version: "1"
licence: {allow: [permissive], min_level: 1}
quality: [specialist]
limits: [{filter: text_quality, measure: words, above: 200, outcome: hold}]
"""
URLS = {"letters": "HTTPS://Letters.example/one?page=2", "notes": "http://notes.example:8080/", "tables": None}
PROSE = (
    "The work of the sieve is that it lets the fine pass and keeps the coarse, as long as there is flour to be had. "
)


def prose(sentences):
    """The same words in another order each time: nothing repeats itself but words."""
    shuffled = (random.Random(number).sample(PROSE.split(), k=len(PROSE.split())) for number in range(sentences))
    return " ".join(" ".join(words) for words in shuffled)


def texts():
    for number in range(40):
        yield f"{prose(1 + number % 12)} Letter {number}.", "letters"
    for number in range(20):
        yield f"word {number}", "notes"
    for number in range(10):
        yield " ".join(str(number * 1000 + each) for each in range(60)), "tables"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prose")
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "policy.yaml").write_text(POLICY)
    rows = [json.dumps({"text": text, "source": source, "url": URLS[source]}) for text, source in texts()]
    (folder / "letters.jsonl").write_text("\n".join(rows))
    (folder / "recipe.yaml").write_text(RECIPE + "policy: policy.yaml\n")
    return Workspace.of(folder), curate_all(Workspace.of(folder), Means(0, 16, None, quiet=True))


def rows_of(capsys, *command):
    assert run([*command, "--format", "json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def kept(*, least=0, most=10**9):
    return sum(least <= len(text.split()) <= most for text, _ in texts())


def test_a_set_of_limits_decides_and_each_decision_names_its_rule(workspace, capsys):
    folder, _ = workspace
    query = "SELECT rule, measure, outcome, count(*) AS n FROM rule_fired GROUP BY ALL ORDER BY ALL"
    found = {(row["rule"], row["measure"]): row["n"] for row in rows_of(capsys, "sql", query, "-w", str(folder.root))}
    assert found["quality.specialist.words.below", "words"] == 70 - kept(least=20)
    assert found["quality.specialist.letters.below", "letters"] == 10
    assert found["limits[0]", "words"] == 70 - kept(most=200)


def test_groups_that_a_filter_shuts_out_more_often_are_flagged(workspace, capsys):
    folder, _ = workspace
    query = "SELECT * FROM drop_rate WHERE filter = 'text_quality' AND grouped_by = 'source'"
    rows = {row["named"]: row for row in rows_of(capsys, "sql", query, "-w", str(folder.root))}
    away = {name: row["away"] for name, row in rows.items()}
    assert (away["notes"], away["tables"]) == (20, 10)
    assert {row["overall_share"] for row in rows.values()} == {sum(away.values()) / 70}
    assert rows["notes"]["flag"] == "high"
    for row in rows.values():  # the same interval, from the formula in another form
        low, high = wilson(row["away"], row["items"], 3.2905)
        overall = row["overall_share"]
        is_high, is_low = (
            row["share"] > 1.5 * overall and low > overall,
            row["share"] < overall / 1.5 and high < overall,
        )
        assert row["flag"] == ("high" if is_high else "low" if is_low else None)


def wilson(count, items, z):
    """The two solutions of (share - p)^2 = z^2 p (1 - p) / items."""
    share, square = count / items, z * z / items
    root = (square * square + 4 * square * share * (1 - share)) ** 0.5
    return tuple((2 * share + square + sign * root) / (2 + 2 * square) for sign in (-1, 1))


def test_each_limit_alone_and_all_together(workspace, capsys):
    folder, _ = workspace
    rows = {row["rule"]: row for row in rows_of(capsys, "what-if", "-w", str(folder.root))}
    assert len(rows) == len(limit_set("specialist").limits) + 2
    short = rows["quality.specialist.words.below"]
    assert (short["items"], short["alone"], short["limit"]) == (70, kept(least=20), "below 20")
    assert rows["limits[0]"]["alone"] == kept(most=200)
    assert rows["limits[0]"]["only"] == 70 - kept(most=200)
    verdicts = rows_of(capsys, "sql", "SELECT count(*) AS n FROM item WHERE verdict = 'keep'", "-w", str(folder.root))
    assert rows["all together"]["alone"] == verdicts[0]["n"]


def test_sources_are_told_apart_from_the_largest_on(workspace, capsys):
    folder, _ = workspace
    rows = rows_of(capsys, "what-if", "-w", str(folder.root), "--by", "source")
    together = [(row["source"], row["items"]) for row in rows if row["rule"] == "all together"]
    assert together == [("letters", 40), ("notes", 20), ("tables", 10)]
    assert sum(row["alone"] for row in rows if row["rule"] == "limits[0]") == kept(most=200)


@pytest.mark.parametrize("by", ["corpus", "source", "host", "licence"])
def test_groups_are_those_of_the_view_on_drop_rates(workspace, capsys, by):
    folder, _ = workspace
    limits = rows_of(capsys, "what-if", "-w", str(folder.root), "--by", by)
    query = f"SELECT * FROM drop_rate WHERE filter = 'text_quality' AND grouped_by = '{by}' ORDER BY items DESC"
    viewed = rows_of(capsys, "sql", query, "-w", str(folder.root))
    together = {row[by]: row for row in limits if row["rule"] == "all together"}
    assert [name for name in together if name is not None] == [row["named"] for row in viewed]
    assert {name: row["items"] - row["alone"] for name, row in together.items() if name is not None} == {
        row["named"]: row["away"] for row in viewed
    }
    assert sum(row["items"] for row in together.values()) == 70
    assert sum(row["alone"] for row in together.values()) == kept_by_all(capsys, folder)


def test_what_nobody_knows_the_host_of_comes_last(workspace, capsys):
    folder, _ = workspace
    command = ["what-if", "text_quality.words", "-w", str(folder.root), "--side", "below", "--at", "5", "--by", "host"]
    rows = [row for row in rows_of(capsys, *command) if row["limit"] == "below 5"]
    named = [(row["host"], row["items"], row["alone"]) for row in rows]
    assert named == [("letters.example", 40, 40), ("notes.example", 20, 0), (None, 10, 10)]


def kept_by_all(capsys, folder):
    return rows_of(capsys, "what-if", "-w", str(folder.root))[-1]["alone"]


def test_a_curve_has_the_points_asked_for_and_the_limit_in_force(workspace, capsys):
    folder, _ = workspace
    command = ["what-if", "text_quality.words", "-w", str(folder.root), "--side", "below", "--at", "5", "--at", "100"]
    rows = rows_of(capsys, *command)
    assert [(row["limit"], row["alone"]) for row in rows] == [
        ("below 5", kept(least=5)),
        ("below 20", kept(least=20)),
        ("below 100", kept(least=100)),
    ]
    assert [row["together"] for row in rows] == sorted((row["together"] for row in rows), reverse=True)


def test_what_is_missing_is_put_away_on_every_point(workspace, capsys):
    """An empty measure is held, so that no limit keeps it."""
    folder, _ = workspace
    rows = rows_of(capsys, "what-if", "licence.evidence", "-w", str(folder.root), "--side", "below", "--at", "0")
    assert rows[0]["items"] == 70
    assert rows[0]["alone"] <= 70


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["text_quality.wodrs", "--side", "below"], "measures no number 'wodrs'. Did you mean 'words'?"),
        (["text_quality.words"], "limits are on both sides of it. Say with --side"),
        (["text_quality.digits"], "no limit is on it. Say with --side"),
        (["words"], "expected FILTER.MEASURE"),
        (["--policy", "gopher-dolma"], "the filter 'quality_as_dolma' did not run"),
        (["--policy", "open"], "has no limits. Name a set of limits"),
        (["--run", "r1"], "run 'r1' is not on record"),
        (
            ["--by", "language"],
            "the filter 'language' did not run, so that nothing tells items apart by language. Ask by",
        ),
        (["--by", "sauce"], 'Choose from: "corpus", "source", "host", "licence", "language".'),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(workspace, capsys, command, said):
    folder, _ = workspace
    assert run(["what-if", *command, "-w", str(folder.root)]) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_set_that_is_not_there_is_refused_with_the_nearest(tmp_path):
    (tmp_path / "policy.yaml").write_text(POLICY.replace("[specialist]", "[specialists]"))
    with pytest.raises(ConfigError, match=r"unknown set of limits 'specialists'\. Did you mean 'specialist'\?"):
        load(tmp_path / "policy.yaml", Policy)


def test_what_a_set_says_is_part_of_the_policys_digest(tmp_path, monkeypatch):
    (tmp_path / "policy.yaml").write_text(POLICY)
    policy, _ = load(tmp_path / "policy.yaml", Policy)
    other = limit_set("specialist").model_copy(update={"version": "2"})
    before = policy.digest
    monkeypatch.setattr("releases.policy.limit_set", lambda name: other)
    assert policy.digest != before


@pytest.mark.parametrize("name", limit_sets())
def test_each_set_says_what_it_is_and_has_its_limits_on_measures_that_are_there(name, tmp_path):
    from filters.table import make_filter

    (tmp_path / "words.csv").write_text("term,category\nflour,insult\n")
    found = limit_set(name)
    needed = {"unsafe_words": {"lists": [str(tmp_path / "words.csv")]}}.get(found.filter, {})
    measures = {measure.name for measure in make_filter(found.filter, needed).spec.measures}
    assert found.name == name
    assert limit_set_about(name)
    assert {limit.measure for limit in found.limits} <= measures
    assert len({rule for rule, _ in found.named()}) == len(found.limits)
