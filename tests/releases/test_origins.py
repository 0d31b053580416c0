"""A release that is made of sealed ones says of which, by their digests, back to the first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import orjson
import polars as pl
import pytest

from catalog.files import sha256_of
from catalog.query import query
from flows.cli import run as command_line
from flows.means import Means
from flows.plan import make_plan
from flows.stages import Outcome, curate_all
from flows.summary import release_text
from flows.workspace import Workspace
from releases.pull import Wanted, pull
from releases.seal import manifest_of
from releases.sources import FolderSource
from releases.verify import verify_release
from reports.card import part_card
from tamis.errors import ConfigError

LICENCES = ("MIT", "CC0-1.0", "Apache-2.0", "CC-BY-4.0")


def workspace(root: Path, name: str, corpus: str, *, subset: str = "", columns: str = "{}") -> Workspace:
    root.mkdir(parents=True, exist_ok=True)
    form = "jsonl" if corpus.endswith(".jsonl") else "parquet"
    (root / "recipe.yaml").write_text(
        f"name: {name}\n"
        f"corpora: [{{name: read, format: {form}, path: {corpus}, columns: {columns}}}]\n"
        f'filters: {{licence: {{}}}}\n{subset}release: {{name: {name}, version: "1"}}\n'
    )
    (root / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive, public_domain, attribution]}\n'
    )
    return Workspace.of(root)


def curate(made: Workspace) -> Outcome:
    return curate_all(made, Means(0, quiet=True))


SUBSET = "subset: {method: random, budget: {share: 0.5}}\n"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    root = tmp_path_factory.mktemp("origins") / "first"
    made = workspace(root, "whole", "texts.jsonl")
    lines = [json.dumps({"text": f"Text {n}.", "licence": LICENCES[n % 4], "author": f"Ann {n}"}) for n in range(80)]
    (root / "texts.jsonl").write_text("\n".join(lines))
    return curate(made)


@pytest.fixture(scope="module")
def part(first: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts of the first that are permissive."""
    source = FolderSource(first.release.folder.parents[1])
    to = tmp_path_factory.mktemp("pulled")
    return pull(source, Wanted.of("whole@1"), to, classes=["permissive"], card=part_card).folder


@pytest.fixture(scope="module")
def second(part: Path) -> Outcome:
    """Half of these."""
    return curate(
        workspace(part.parents[2] / "second", "half", str(part / "text"), subset=SUBSET, columns="{id: item}")
    )


@pytest.fixture(scope="module")
def third(second: Outcome) -> Outcome:
    """Half of this half."""
    root = second.release.folder.parents[3] / "third"
    return curate(workspace(root, "quarter", str(second.release.folder / "text"), subset=SUBSET))


def rows(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "text/*/*.parquet")


def test_what_a_subset_of_a_subset_came_from_is_in_its_manifest(
    first: Outcome, part: Path, second: Outcome, third: Outcome
) -> None:
    (origin,) = manifest_of(third.release.folder)["made_from"]
    said = [(origin["name"], origin["version"], origin["digest"])]
    while origin["origins"]:
        (origin,) = origin["origins"]
        said.append((origin["name"], origin["version"], origin["digest"]))
    whole = first.release
    assert said == [
        ("half", "1", second.release.digest),
        ("whole", "1+permissive", sha256_of(part / "manifest.json")),
        ("whole", "1", whole.digest),
    ]


def test_rows_of_a_subset_are_rows_of_what_it_was_made_of(part: Path, second: Outcome, third: Outcome) -> None:
    here, there = rows(second.release.folder), rows(part)
    assert here.height == there.height // 2 == 20
    columns = ["text", "licence", "author", "source"]
    joined = here.join(there, left_on="id", right_on="item", how="inner", validate="1:1")
    assert joined.height == here.height
    assert all(joined[name].equals(joined[f"{name}_right"].rename(name)) for name in columns)
    assert set(rows(third.release.folder)["text"]) < set(here["text"])


def test_catalog_commands_and_verification_know_the_origins(second: Outcome, third: Outcome) -> None:
    answer = query(third.catalog.path, "SELECT steps, corpus, origin FROM release_origin")
    assert answer.rows == ((1, "read", "half@1"), (2, "read", "whole@1+permissive"), (3, None, "whole@1"))
    assert query(third.catalog.path, "SELECT made_from, part_of FROM release").rows == ((["half@1"], None),)
    shown = release_text(manifest_of(third.release.folder), third.release.folder)
    assert f"  made from half@1, digest {second.release.digest}" in shown
    assert "      made from whole@1, digest" in shown
    card = (third.release.folder / "README.md").read_text()
    assert f"- Made from the sealed release `half@1`, whose manifest has the SHA-256 `{second.release.digest}`" in card
    assert "- That is a part of the sealed release `whole@1`" in card
    assert verify_release(third.release.folder) == []


def test_releases_lists_what_each_was_made_from(third: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["releases", str(third.release.folder.parents[2]), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["made_from"] == ["half@1"]


def test_a_manifest_that_names_another_origin_than_its_run_is_found(third: Outcome, tmp_path: Path) -> None:
    root = Path(shutil.copytree(third.release.folder.parents[2], tmp_path / "third"))
    path = root / "releases" / "quarter" / "1" / "manifest.json"
    facts = orjson.loads(path.read_bytes())
    facts["made_from"][0]["name"] = "other"
    path.write_bytes(orjson.dumps(facts))
    faults = "\n".join(verify_release(path.parent, log=Workspace.of(root).log))
    assert "another made_from" in faults


def test_a_file_that_is_not_as_it_was_sealed_is_not_read_as_the_release(part: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(part, tmp_path / "whole" / "1"))
    made = workspace(tmp_path / "w", "half", str(copy / "text"))
    assert make_plan(made).made_from
    (file,) = copy.glob("text/*/*.parquet")
    rows(copy).head(3).write_parquet(file)
    with pytest.raises(
        ConfigError, match=r"recipe.yaml:2: corpus 'read': text/permissive/part-00000.parquet is not what"
    ):
        make_plan(made)
    (copy / "manifest.json").write_text('{"content_digest": 1}')
    with pytest.raises(ConfigError, match="lies in a release that is damaged"):
        make_plan(made)
    (copy / "manifest.json").write_text('{"name": "a web site"}')
    assert not make_plan(made).made_from


def test_the_folder_of_a_release_is_no_corpus_but_what_is_in_it(part: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"its path is the folder of whole@1\+permissive. Read what is in it: text."):
        make_plan(workspace(tmp_path / "w", "half", str(part), columns="{text: text}"))
