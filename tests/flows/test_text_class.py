"""Texts scored by a model of the operator's, end to end: what a policy makes of it, what other limits would keep."""

from __future__ import annotations

import json
import random
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import tiny_classes, tiny_fasttext
from catalog.publish import current
from catalog.query import query
from flows.cli import run
from flows.workspace import Workspace

POLICY = """\
name: test
version: "1"
licence: {allow: [public_domain]}
limits:
  - {filter: text_class, measure: ours_MEANT_max, above: 0.8, outcome: drop}
  - {filter: text_class, measure: ours_MEANT_mean, above: 0.6, outcome: hold}
"""
RECIPE = """\
name: test
corpora:
  - {name: notes, format: jsonl, path: notes.jsonl, licence: CC0-1.0}
filters:
  licence: {}
  text_class: {models: [ours=models/MODEL], window: 64, max_characters: 5000}
release: {name: test, version: "1.0.0"}
"""


def texts() -> dict[str, str]:
    rng = random.Random(2)
    named = {f"grue{number}": tiny_classes.text(rng, words=20, said=("grue",)) for number in range(5)}
    named |= {f"plain{number}": tiny_classes.text(rng, words=20) for number in range(15)}
    named["far in"] = " ".join([tiny_classes.text(rng, words=300), "grue", tiny_classes.text(rng, words=300)])
    named["too long"] = "grue " * 2000
    return named


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("tiny.bin", "un_safe"), id="fasttext"),
        pytest.param(
            ("tiny", "threat_violence"),
            id="network",
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(
                    not all(find_spec(package) for package in ("torch", "transformers")),
                    reason="torch and transformers are not installed (names.lock)",
                ),
            ],
        ),
    ],
)
def workspace(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    name, meant = request.param
    folder = tmp_path_factory.mktemp("classes")
    (folder / "models").mkdir()
    if name == "tiny.bin":
        meaning = {"grue": "Un-Safe", "bread": "safe"}
        tiny_fasttext.write_meaning(folder / "models" / name, meaning, weight=400)
    else:
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        tiny_classes.build(folder / "models" / name)
        torch.set_num_threads(threads)
    (folder / "policy.yaml").write_text(POLICY.replace("MEANT", meant))
    (folder / "recipe.yaml").write_text(RECIPE.replace("MODEL", name) + "policy: policy.yaml\n")
    lines = [json.dumps({"id": name, "text": text}) for name, text in texts().items()]
    (folder / "notes.jsonl").write_text("\n".join(lines))
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    return Workspace.of(folder)


def asked(workspace: Workspace, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in query(current(workspace.catalogs).path, sql).rows]


def test_what_a_window_scores_high_is_dropped_and_what_is_not_seen_is_held(workspace: Workspace) -> None:
    verdicts = dict(asked(workspace, "SELECT id, verdict FROM item"))
    expected = {name: "keep" if name.startswith("plain") else "drop" for name in texts()}
    assert verdicts == {**expected, "too long": "hold"}
    reasons = asked(workspace, "SELECT DISTINCT reason FROM decision WHERE filter = 'text_class'")
    assert {reason for (reason,) in reasons if reason} == {"limit_passed", "too_long"}


def test_other_limits_are_worked_out_from_what_is_on_record(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["what-if", "-w", str(workspace.root), "--format", "json"]) == 0
    rows = {row["rule"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (rows["limits[0]"]["items"], rows["limits[0]"]["alone"]) == (21, 15)
    assert rows["all together"]["alone"] == 15
    measure = rows["limits[0]"]["measure"].removeprefix("text_class.")
    assert run(["what-if", "-w", str(workspace.root), f"text_class.{measure}", "--format", "json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 3


def test_the_model_is_known_by_its_digest_and_not_by_where_it_lies(workspace: Workspace) -> None:
    [(models, parameters)] = asked(workspace, "SELECT models, parameters FROM filter_used WHERE filter = 'text_class'")
    assert re.search(r"ours\W+[0-9a-f]{64}\b", str(models))
    assert "models/" not in f"{models}{parameters}"
    assert str(workspace.root).encode() not in current(workspace.catalogs).path.read_bytes()


def test_a_measure_that_no_label_has_is_refused_before_anything_runs(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(workspace.root)
    policy = (folder / "policy.yaml").read_text()
    (folder / "policy.yaml").write_text(policy.replace("_max", "_maximum"))
    capsys.readouterr()
    assert run(["curate", str(folder), "--direct", "--quiet"]) == 2
    assert "text_class measures no number" in capsys.readouterr().err
    (folder / "policy.yaml").write_text(policy)
