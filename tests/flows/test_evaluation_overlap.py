"""Decontamination, end to end: what is in an evaluation set is in no release, and no word of a set in the catalog."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from audits.run import run_audits
from catalog.query import query
from flows.cli import run as command_line
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from tests.flows.test_canaries import rows_of

QUESTION = "Which of the seven rivers that rise in the northern hills reaches the quintessential sea last of all?"
LATER = "Why is the innermost of these twelve planets so much colder than the outermost one of them?"
POLICY = """\
name: test
version: "1"
licence: {allow: [public_domain]}
personal_data: {default: redact}
evaluation_overlap: {}
"""


def write(root: Path) -> Workspace:
    (root / "letters").mkdir(parents=True)
    letters = [f"A quiz for a@example.org. {QUESTION} Ask b@example.org.", "A letter.", f"Another. {LATER}"]
    (root / "letters" / "a.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in letters))
    (root / "quiz.jsonl").write_text(json.dumps({"question": QUESTION, "answer": "None"}))
    (root / "policy.yaml").write_text(POLICY)
    (root / "recipe.yaml").write_text(
        "name: clean\ncorpora:\n  - {name: letters, format: jsonl, path: letters, licence: CC0-1.0}\n"
        "filters: {licence: {}, personal_data: {}, evaluation_overlap: {sets: [rivers=quiz.jsonl]}}\n"
        'release: {name: clean, version: "1"}\n'
    )
    return Workspace.of(root)


def told(workspace: Workspace, *arguments: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        assert command_line([*arguments, "-w", str(workspace.root)]) == 0
    return said.getvalue()


def catalog(workspace: Workspace) -> Path:
    return max((workspace.root / "catalog").glob("*.duckdb"))


def rows(workspace: Workspace, asked: str) -> list[tuple[object, ...]]:
    return list(query(catalog(workspace), asked).rows)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = write(tmp_path_factory.mktemp("clean"))
    told(workspace, "curate", "--direct", "--workers", "0")
    return workspace


def test_a_text_that_holds_an_evaluation_item_is_dropped_with_set_and_item(curated: Workspace) -> None:
    asked = "SELECT outcome, rule, label, value FROM rule_fired WHERE filter = 'evaluation_overlap'"
    assert rows(curated, asked) == [("drop", "evaluation_overlap.max_covered", "rivers/1", 1.0)]
    texts = pl.read_parquet(curated.releases / "clean" / "1" / "text")["text"].to_list()
    assert texts == ["A letter.", f"Another. {LATER}"]


def test_its_places_are_on_record_and_are_nobodys_data(curated: Workspace) -> None:
    asked = "SELECT filter, kind, recognizer, value, outcome, placeholder FROM span ORDER BY start_offset"
    places = rows(curated, asked)
    assert [row[:2] for row in places] == [
        ("personal_data", "EMAIL_ADDRESS"),
        ("evaluation_overlap", "EVALUATION"),
        ("personal_data", "EMAIL_ADDRESS"),
    ]
    assert places[1][2:] == ("rivers", None, "keep", None)
    assert rows(curated, "SELECT DISTINCT kind FROM personal_data_mix") == [("EMAIL_ADDRESS",)]
    assert rows(curated, "SELECT DISTINCT kind FROM subject_mention") == [("EMAIL_ADDRESS",)]
    item = str(rows(curated, "SELECT item FROM item WHERE reason = 'evaluation_overlap'")[0][0])
    said = told(curated, "explain", item)
    assert "other places:\n    EVALUATION at 26–" in said
    assert "EVALUATION" not in said.split("personal data:\n")[1].split("other places")[0]


def test_no_word_of_a_set_is_in_a_byte_of_what_a_run_leaves(curated: Workspace) -> None:
    for path in curated.root.rglob("*"):
        if path.is_file() and path.relative_to(curated.root).parts[0] not in {"letters", "quiz.jsonl"}:
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data += "\n".join(map(str, pl.read_parquet(path).rows())).encode()
            elif path.suffix == ".duckdb":
                data += "\n".join(rows_of(path)).encode()
            assert b"quintessential" not in data, path


def found(path: Path) -> list[tuple[object, ...]]:
    check = next(result for result in run_audits(path) if result.check.name == "evaluation_items_in_release")
    assert check.blocks == bool(check.rows)
    return [tuple(row[place] for place in (0, 3, 4, 5, 6, 7)) for row in check.rows]


def test_a_set_that_grew_tells_of_a_release_that_holds_its_items_already(curated: Workspace, tmp_path: Path) -> None:
    workspace = Workspace.of(shutil.copytree(curated.root, tmp_path / "later"))
    assert found(catalog(workspace)) == []
    with (workspace.root / "quiz.jsonl").open("a") as quiz:
        quiz.write("\n" + json.dumps({"question": LATER, "answer": "It is not"}))
    recipe = (workspace.root / "recipe.yaml").read_text()
    (workspace.root / "recipe.yaml").write_text(recipe.replace('version: "1"', 'version: "2"'))
    later = curate_all(workspace, Means(0, quiet=True))
    assert found(later.catalog.path) == [("clean@1", "rivers", 2.0, "covered", 1.0, 0.5)]
    assert later.measured == 1
