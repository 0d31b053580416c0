"""A subset of labelled texts: chosen by label and target, sized by how well a classifier tells the labels."""

import json
import random

import polars as pl
import pytest

from catalog.query import query
from flows.cli import run
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from tamis.errors import ConfigError, ReleaseError

TRADES = {
    "baking": {
        "bread": ["dough", "yeast", "loaf", "crust", "knead"],
        "cake": ["icing", "sugar", "tin", "layer", "whisk"],
    },
    "sailing": {"rig": ["mast", "sail", "rope", "boom", "knot"], "harbour": ["tide", "quay", "berth", "pilot", "buoy"]},
    "mining": {"shaft": ["cage", "winch", "ladder", "prop", "lamp"], "ore": ["vein", "assay", "gold", "tin", "pan"]},
}
OF_TRADE = {"baking": ["oven", "flour"], "sailing": ["wind", "deck"], "mining": ["pick", "seam"]}
BOTH = ["the", "and", "of", "it", "is", "that", "was", "for", "with", "as", "on", "at"]

RECIPE = """\
name: queries
corpora: [{{name: queries, format: jsonl, path: queries.jsonl, columns: {{label: intent}}, licence: MIT}}]
filters: {{licence: {{}}}}
policy: policy.yaml
subset:
  target: {{examples: [asked.jsonl], held_out: [more.jsonl], columns: [text], label: intent}}
  {subset}
release: {{name: queries, version: "1"}}
"""
POLICY = 'name: queries\nversion: "1"\nlicence: {allow: [permissive]}\nlimits: []\n'


def query_of(trade, intent, *, seed):
    drawn = random.Random(f"{intent} {seed}")
    words = [*TRADES[trade][intent] * 2, *OF_TRADE[trade] * 2, *BOTH]
    return {"text": " ".join(drawn.choices(words, k=7)), "intent": intent, "source": trade}


def lines(rows):
    return "\n".join(json.dumps(row) for row in rows)


def of_trades(count, *, seed, trades=tuple(TRADES)):
    return [
        query_of(trade, intent, seed=seed + number)
        for trade in trades
        for intent in TRADES[trade]
        for number in range(count)
    ]


def make(folder, subset="strata: label\n  budget: {share: 0.1}", *, rows=None, examples=None, more=None):
    folder.mkdir(parents=True)
    there = of_trades(60, seed=0) if rows is None else rows
    asked = of_trades(8, seed=1000, trades=("baking",)) if examples is None else examples
    measured = of_trades(40, seed=2000, trades=("baking",)) if more is None else more
    (folder / "queries.jsonl").write_text(lines(there))
    (folder / "asked.jsonl").write_text(lines(asked))
    (folder / "more.jsonl").write_text(lines(measured))
    (folder / "recipe.yaml").write_text(RECIPE.format(subset=subset))
    (folder / "policy.yaml").write_text(POLICY)
    return Workspace.of(folder)


def curated(workspace):
    return curate_all(workspace, Means(0, 64, None, quiet=True))


def asked(outcome, sql):
    return query(outcome.catalog.path, sql).rows


def test_labels_of_the_target_keep_their_shares_and_are_in_catalog_and_release(tmp_path):
    without = [{"text": "the dough is in the oven and of it the loaf"}, {"text": "as that was", "intent": None}]
    workspace = make(tmp_path / "workspace", rows=[*of_trades(60, seed=0), *without])
    outcome = curated(workspace)
    released = pl.read_parquet(workspace.releases / "queries" / "1" / "text" / "*" / "*.parquet")
    counts = dict(released["label"].value_counts().iter_rows())
    assert counts.keys() == {"bread", "cake"}
    assert abs(counts["bread"] - counts["cake"]) <= 1
    (facts,) = asked(outcome, "SELECT pool_items, unlabelled, chosen_items FROM subset")
    assert facts == (362, 2, released.height)
    held = asked(outcome, "SELECT reason, rule, verdict, label FROM item WHERE reason = 'subset_unlabelled'")
    assert held == (("subset_unlabelled", "subset.target.label", "hold", None),) * 2
    mix = asked(outcome, "SELECT named, pool_items FROM subset_mix WHERE grouped_by = 'label' AND chosen_share > 0")
    assert dict(mix) == {"bread": 60, "cake": 60}
    card = (workspace.releases / "queries" / "1" / "README.md").read_text()
    assert "the examples have labels and they have none: 2 texts" in card
    assert all(audit.offending == 0 for audit in outcome.audits if audit.blocks)


def test_the_size_is_found_by_how_well_labels_are_told(tmp_path, capsys):
    auto = "strata: label\n  budget: {auto: {}}"
    workspace = make(tmp_path / "workspace", auto)
    outcome = curated(workspace)
    (facts,) = asked(outcome, "SELECT outcome, asked FROM subset")
    curve = asked(outcome, "SELECT share, per, bits, accuracy, worse_off FROM size_curve ORDER BY share")
    assert {per for _, per, *_ in curve} == {"label"}
    assert run(["size", str(workspace.root), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["per"], found["untold"]) == ("label", 1.0)
    assert (found["outcome"], found["recommended"]["bytes"]) == facts
    assert [row["bits"] for row in found["curve"]] == [bits for _, _, bits, *_ in curve]
    assert found["recommended"]["share"] < 0.5
    assert found["recommended"]["accuracy"] > 0.9
    assert found["excess_over_random"] < 0
    assert found["excess_over_whole"][0] < 0.02
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    said = capsys.readouterr().out
    assert "bits/label" in said
    assert "Shares are of the 1.00 bits that a label takes" in said
    assert "Labels told right: " in said
    page = next(workspace.reports.glob("size-*.html")).read_text()
    assert "bits per label" in page
    card = (workspace.releases / "queries" / "1" / "README.md").read_text()
    assert "bits per label" in card
    assert "Labels told right" in card


def test_queries_that_are_held_out_are_taken_out_of_the_pool_however_short(tmp_path):
    more = of_trades(40, seed=2000, trades=("baking",))
    again = [{**row, "text": f" {row['text'].upper()}"} for row in more[:5]]
    outcome = curated(make(tmp_path / "workspace", rows=[*of_trades(60, seed=0), *again], more=more))
    assert asked(outcome, "SELECT examples_again FROM subset") == ((5,),)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        (
            {"rows": of_trades(60, seed=0, trades=("mining",))},
            ReleaseError,
            "label 'bread', label 'cake' of the target",
        ),
        ({"rows": [{"text": row["text"]} for row in of_trades(60, seed=0)]}, ReleaseError, "no item of the pool has"),
        (
            {"examples": [{"text": "an oven"}, *of_trades(2, seed=9)]},
            ConfigError,
            "1 of 13 texts of asked.jsonl have no",
        ),
        ({"examples": [{"text": "of the oven"}]}, ConfigError, "has no column 'intent' for the labels"),
        (
            {"examples": [{"text": "an oven", "intent": intent} for intent in ("bread", "cake")]},
            ConfigError,
            "1 texts of asked.jsonl have two labels",
        ),
    ],
)
def test_labels_that_cannot_be_learned_or_are_not_there_are_errors_that_say_so(tmp_path, changed, error, said):
    workspace = make(tmp_path / "workspace", **changed)
    with pytest.raises(error, match=said):
        curated(workspace)
    assert not list(workspace.releases.glob("*/*"))


def test_held_out_texts_of_one_label_alone_leave_nothing_to_tell(tmp_path):
    more = [row for row in of_trades(40, seed=2000, trades=("baking",)) if row["intent"] == "cake"]
    workspace = make(tmp_path / "workspace", "budget: {auto: {}}", more=more)
    with pytest.raises(ConfigError, match="have the same label"):
        curated(workspace)


def test_labels_may_be_numbers(tmp_path):
    def numbered(rows):
        return [{**row, "intent": int(row["intent"] == "cake")} for row in rows if row["source"] == "baking"]

    workspace = make(
        tmp_path / "workspace",
        rows=numbered(of_trades(60, seed=0)),
        examples=numbered(of_trades(8, seed=1000)),
        more=numbered(of_trades(40, seed=2000)),
    )
    outcome = curated(workspace)
    assert dict(asked(outcome, "SELECT label, count(*) FROM item GROUP BY label")) == {"0": 60, "1": 60}


def test_labels_are_for_a_classifier_and_for_nothing_else(tmp_path, capsys):
    workspace = make(tmp_path / "workspace", "budget: {auto: {training: classifier}}")
    curated(workspace)
    assert run(["size", str(workspace.root), "--repeats", "0", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["training"] == "classifier"
    for auto in ("training: continued", "training: scratch", "learner: transformer, training_bytes: 1000"):
        other = make(tmp_path / auto[:11], f"budget: {{auto: {{{auto}}}}}")
        with pytest.raises(ConfigError, match="the target has labels, which a classifier tells"):
            curated(other)
