"""Versions as a model team meets them: which there are, how to get one, what changed between two, and why."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from flows.cli import run as command_line
from flows.diff import NOT_CHOSEN, NOT_ON_RECORD, NOT_READ
from flows.means import Means
from flows.stages import curate_all
from flows.verify import verify
from flows.workspace import Workspace
from releases.diff import compare
from releases.lineage import PartOf
from releases.seal import manifest_of, seal
from releases.verify import verify_release
from tamis.errors import ReleaseError
from tamis.failpoints import PULL_FAILPOINTS

ROOT = Path(__file__).parents[2]
LICENCES = ("MIT", "Apache-2.0", "CC-BY-4.0", "SSPL-1.0")


def lines(file, n_lines, *, changed=()):
    return "\n".join(
        json.dumps(
            {
                "text": f"{file} {n}{' again' * (n in changed)}: {'write to me@planted.com' * (n % 5 == 0)}",
                "licence": LICENCES[n % 4],
                "source": f"{file}-{n % 3}",
            }
        )
        for n in range(n_lines)
    )


def make(root, *, version, allow, default):
    (root / "recipe.yaml").write_text(
        "name: letters\n"
        "corpora: [{name: letters, format: jsonl, path: letters}]\n"
        "filters: {licence: {}, personal_data: {}}\n"
        f'release: {{name: letters, version: "{version}"}}\n'
    )
    (root / "policy.yaml").write_text(
        f'name: test\nversion: "{version}"\nlicence: {{allow: [{allow}]}}\npersonal_data: {{default: {default}}}\n'
    )
    return curate_all(Workspace.of(root), Means(0, quiet=True)).release


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with two versions: another policy, and one of two files changed in one line."""
    root = tmp_path_factory.mktemp("versions")
    (root / "letters").mkdir()
    (root / "letters" / "a.jsonl").write_text(lines("a", 40))
    (root / "letters" / "b.jsonl").write_text(lines("b", 40))
    make(root, version="1.9.0", allow="permissive, restricted", default="keep")
    (root / "letters" / "b.jsonl").write_text(lines("b", 40, changed={1}))
    make(root, version="1.10.0", allow="permissive, attribution", default="redact")
    return root


@pytest.fixture(scope="module")
def folders(place):
    return [place / "releases" / "letters" / version for version in ("1.9.0", "1.10.0")]


def tamis(capsys, *command):
    code = command_line([str(word) for word in command])
    said = capsys.readouterr()
    return code, said.out, said.err


def rows(capsys, *command):
    code, out, err = tamis(capsys, *command, "--format", "json")
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def by_item(folder):
    frame = pl.read_parquet(folder / "text/*/*.parquet")
    return {row["item"]: (row["text"], row["n_masked"], row["licence"]) for row in frame.iter_rows(named=True)}


def test_what_is_said_is_what_a_plain_comparison_says(folders):
    first, second = map(by_item, folders)
    compared = compare(*folders)
    both = first.keys() & second.keys()
    assert compared.same == sum(first[item] == second[item] for item in both) > 0
    changed = compared.of("changed")
    assert set(changed["item"].bin.encode("hex")) == {item for item in both if first[item] != second[item]} != set()
    moved = compared.of("moved")
    pairs = moved.select(pl.col("item", "became").bin.encode("hex")).rows()
    assert pairs
    assert all(first[item][0] == second[became][0] for item, became in pairs)
    gone, new = first.keys() - both - {item for item, _ in pairs}, second.keys() - both - {item for _, item in pairs}
    assert set(compared.of("removed")["item"].bin.encode("hex")) == gone
    assert set(compared.of("added")["item"].bin.encode("hex")) == new
    assert not {first[item][0] for item in gone} & {second[item][0] for item in new}


def test_the_other_way_round_what_came_has_gone(folders):
    there, back = compare(*folders), compare(*reversed(folders))
    assert back.same == there.same
    for change, opposite in (("added", "removed"), ("removed", "added"), ("changed", "changed")):
        assert back.of(change)["item"].equals(there.of(opposite)["item"])
    assert back.of("moved").height == there.of("moved").height


def test_a_release_does_not_differ_from_itself_and_no_file_of_it_is_opened(folders, tmp_path):
    compared = compare(folders[0], folders[0])
    assert (compared.changes.height, compared.same) == (0, compared.unopened)
    copy = tmp_path / "letters" / "1.9.0"
    shutil.copytree(folders[0], copy)
    for path in copy.glob("text/*/*.parquet"):
        path.write_bytes(b"")
    assert compare(folders[0], copy).same == compared.same


def test_files_that_are_alike_change_nothing_of_the_answer(folders, monkeypatch):
    quick = compare(folders[0], folders[0])
    monkeypatch.setattr("releases.diff.set", lambda rows: frozenset(), raising=False)
    slow = compare(folders[0], folders[0])
    assert (slow.same, slow.unopened, slow.changes.height) == (quick.same, 0, 0)


def test_changes_are_counted_by_kind_class_licence_what_why_and_source(place, capsys):
    found = rows(capsys, "diff", "letters@1.9.0", "letters@1.10.0", "-w", place)
    assert list(found[0]) == ["by", "value", "same", "changed", "moved", "added", "removed"]
    of = {(row["by"], row["value"]): row for row in found}
    whole = of["all", ""]
    counts = [
        manifest_of(place / "releases" / "letters" / version)["counts"]["texts"] for version in ("1.9.0", "1.10.0")
    ]
    stays = whole["same"] + whole["changed"] + whole["moved"]
    assert (stays + whole["removed"], stays + whole["added"]) == tuple(counts)
    for by in ("kind", "licence_class", "licence"):
        for change in ("same", "changed", "moved", "added", "removed"):
            assert sum(row[change] for row in found if row["by"] == by) == whole[change], (by, change)
    for change in ("added", "removed"):
        for by in ("why", "source"):
            assert sum(row[change] for row in found if row["by"] == by) == whole[change]
    assert of["what", "masks"]["changed"] == whole["changed"]
    assert of["licence", "SSPL-1.0"]["removed"] == 20
    assert of["licence", "CC-BY-4.0"]["added"] == 20
    assert of["licence", "MIT"]["removed"] == 2  # what the second version masks in the file that changed


def test_why_an_item_is_not_in_the_other_release_is_what_the_other_run_decided(place, capsys):
    """A changed file comes under new ids: the other run has not read those."""
    found = rows(capsys, "diff", "letters@1.9.0", "letters@1.10.0", "-w", place, "--items")
    assert list(found[0]) == ["change", "kind", "item", "became", "what", "why", "licence", "licence_class"]
    why = Counter((row["change"], row["licence"], row["why"]) for row in found if row["change"] in {"added", "removed"})
    decided = {key: count for key, count in why.items() if key[2] != NOT_READ}
    assert {key[:2] for key in decided} == {("removed", "SSPL-1.0"), ("added", "CC-BY-4.0")}
    assert set(decided.values()) == {10}
    otherwise = [n for n in range(40) if n % 4 == 1 and (n == 1 or n % 5 == 0)]  # changed, or masked
    assert why["removed", "Apache-2.0", NOT_READ] == why["added", "Apache-2.0", NOT_READ] == len(otherwise)
    for item, change, reason in ((row["item"], row["change"], row["why"]) for row in found):
        if change == "removed" and reason != NOT_READ:
            run = manifest_of(place / "releases/letters/1.10.0")["run"]
            sql = f"SELECT reason FROM item WHERE run = '{run}' AND item = '{item}'"
            assert rows(capsys, "sql", sql, "-w", place) == [{"reason": reason}]


def test_no_text_and_no_address_is_in_a_difference(place, capsys):
    for more in ([], ["--items"]):
        for shown in ("table", "csv", "json"):
            code, out, err = tamis(
                capsys, "diff", "letters@1.9.0", "letters@1.10.0", "-w", place, "--format", shown, *more
            )
            assert code == 0
            assert "planted" not in out + err
            assert "write to" not in out + err


def test_a_table_names_the_sources_of_which_most_differ(place, capsys, monkeypatch):
    monkeypatch.setattr("flows.diff.MOST_SOURCES", 2)
    _, out, err = tamis(capsys, "diff", "letters@1.9.0", "letters@1.10.0", "-w", place)
    assert sum(line.startswith("source ") for line in out.splitlines()) == 2
    assert "4 more sources: `--format json` has them all." in err


def test_it_is_said_how_the_two_were_made(place, capsys):
    _, _, err = tamis(capsys, "diff", "letters@1.9.0", "letters@1.10.0", "-w", place)
    assert "First, letters@1.9.0: 60 items" in err
    assert "They were made with another recipe and policy." in err
    _, _, err = tamis(capsys, "diff", "letters@1.9.0", "letters@1.9.0", "-w", place)
    assert "They were made in the same way." in err


def test_folders_without_a_workspace_are_compared_and_it_is_said_that_reasons_are_not_known(folders, tmp_path, capsys):
    code, out, err = tamis(capsys, "diff", *folders, "-w", tmp_path)
    assert code == 0
    assert "is not on record here: why items are removed cannot be said" in err
    assert NOT_ON_RECORD in out


def test_what_is_no_release_is_named(place, folders, tmp_path, capsys):
    code, _, err = tamis(capsys, "diff", "letters@1.9.0", "letters@1.9.1", "-w", place)
    assert code == 2
    assert "Did you mean 'letters@1.9.0'" in err
    copy = tmp_path / "letters" / "1.9.0"
    shutil.copytree(folders[0], copy)
    part = next(copy.glob("text/*/*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(ReleaseError, match="does not hold rows as a release has them"):
        compare(copy, folders[1])
    pq.write_table(pq.read_table(next(folders[0].glob("text/*/*.parquet"))), part, compression="brotli")
    with pytest.raises(ReleaseError, match="does not hold rows as a release has them"):
        compare(copy, folders[1])
    twice = pl.read_parquet(next(folders[0].glob("text/*/*.parquet")))
    pl.concat([twice, twice]).write_parquet(part, compression="zstd")
    with pytest.raises(ReleaseError, match="holds an item twice"):
        compare(copy, folders[1])


def test_all_releases_of_a_workspace_are_listed_with_what_they_supersede(place, capsys):
    first, second = rows(capsys, "releases", place)
    assert (first["release"], first["supersedes"]) == ("letters@1.9.0", None)
    assert (second["release"], second["supersedes"]) == ("letters@1.10.0", "letters@1.9.0")
    assert first["items"] == first["texts"] == 60
    assert first["licences"] == {"permissive": 40, "restricted": 20}
    assert first["audits"] == len(manifest_of(place / "releases/letters/1.9.0")["audits"])
    assert first["tokens"] is None
    code, _, err = tamis(capsys, "pull", f"letters@sha256:{first['digest']}", "--from", place, "--to", place / "x")
    assert code == 0, err
    shutil.rmtree(place / "x")
    code, out, _ = tamis(capsys, "releases", place)
    assert code == 0
    assert first["digest"] in out


def test_tokens_are_listed_where_they_were_counted(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text(lines("a", 8))
    (tmp_path / "recipe.yaml").write_text(
        "name: small\ncorpora: [{name: a, format: jsonl, path: a.jsonl}]\n"
        'filters: {licence: {}, token_count: {}}\nrelease: {name: small, version: "1"}\n'
    )
    (tmp_path / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\n'
        "limits: [{filter: token_count, measure: tokens, above: 1000000, outcome: drop}]\n"
    )
    curate_all(Workspace.of(tmp_path), Means(0, quiet=True))
    (row,) = rows(capsys, "releases", tmp_path)
    assert row["tokens"] > row["items"] > 0


def test_a_pulled_part_is_listed_shown_verified_and_compared_as_a_part(place, tmp_path, capsys):
    to = tmp_path / "data"
    for more in ([], ["--licence", "permissive"]):
        code, out, _ = tamis(capsys, "pull", "letters@1.10.0", "--from", place, "--to", to, "--quiet", *more)
        assert code == 0
        assert "digest " in out
    part = "letters@1.10.0+permissive"
    listed = {row["release"]: row for row in rows(capsys, "releases", to)}
    assert listed[part]["part_of"] == "letters@1.10.0"
    assert listed[part]["licences"] == {"permissive": 40}
    assert listed[part]["supersedes"] is None
    assert verify_release(to / "letters" / "1.10.0+permissive") == []
    _, out, _ = tamis(capsys, "release", part, "-w", to)
    assert "part of letters@1.10.0, digest" in out
    assert "its items of permissive" in out
    code, out, err = tamis(capsys, "diff", "letters@1.10.0", part, "-w", to)
    assert f"{part} is a part of letters@1.10.0: its items of permissive." in err
    found = rows(capsys, "diff", to / "letters" / "1.10.0", to / "letters" / "1.10.0+permissive", "-w", place)
    assert [row["removed"] for row in found if (row["by"], row["value"]) == ("why", NOT_CHOSEN)] == [20]


def test_a_release_may_be_sealed_as_a_subset_of_another(tmp_path, capsys, monkeypatch):
    whole = PartOf("letters", "1.9.0", "0" * 64)
    monkeypatch.setattr("flows.stages.seal", partial(seal, part_of=whole))
    (tmp_path / "letters.jsonl").write_text(lines("a", 8))
    (tmp_path / "recipe.yaml").write_text(
        "name: small\ncorpora: [{name: a, format: jsonl, path: letters.jsonl}]\n"
        'filters: {licence: {}}\nrelease: {name: small, version: "1"}\n'
    )
    (tmp_path / "policy.yaml").write_text('name: test\nversion: "1"\nlicence: {allow: [permissive]}\n')
    release = curate_all(Workspace.of(tmp_path), Means(0, quiet=True)).release
    assert PartOf.of(manifest_of(release.folder)) == whole
    assert verify(tmp_path, count_input=False)[0] == []
    (row,) = rows(capsys, "releases", tmp_path)
    assert row["part_of"] == "letters@1.9.0"
    assert f"part of letters@1.9.0, digest {'0' * 64}" in tamis(capsys, "release", "small@1", "-w", tmp_path)[1]


def test_a_damaged_release_hides_no_other(place, tmp_path, capsys):
    shutil.copytree(place / "releases", tmp_path / "data")
    (tmp_path / "data" / "letters" / "1.9.0" / "manifest.json").write_text("{")
    code, out, err = tamis(capsys, "releases", tmp_path / "data")
    assert code == 1
    assert "letters@1.10.0" in out
    assert "is damaged" in err


def test_asking_where_nothing_is_says_what_to_do(place, tmp_path, capsys):
    code, out, _ = tamis(capsys, "releases", tmp_path)
    assert code == 0
    assert "`tamis pull` copies one" in out
    assert tamis(capsys, "releases", tmp_path / "nowhere")[0] == 2
    code, _, err = tamis(capsys, "pull", "letters@1.9.0", "--from", tmp_path / "nowhere", "--to", tmp_path)
    assert code == 2
    assert "no such" in err
    code, _, err = tamis(capsys, "pull", "letters@1.9.0", "--from", place, "--to", place / "releases")
    assert code == 2
    assert "Choose another folder" in err
    code, _, err = tamis(capsys, "pull", "letters@1.9.0", "--from", place, "--to", tmp_path, "--digest", "0" * 64)
    assert code == 1
    assert "is not what was pinned" in err


@pytest.mark.slow
@pytest.mark.parametrize("name", PULL_FAILPOINTS)
def test_a_pull_that_was_killed_is_gone_on_with(folders, place, tmp_path, name):
    """For real: the process is ended as the kernel would end it."""
    command = ["pull", "letters@1.9.0", "--from", str(place), "--to", str(tmp_path), "--quiet"]
    program = "from flows.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        env={**os.environ, "TAMIS_FAILPOINT": f"{name}:1:kill"},
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "letters").exists()
    assert command_line(command) == 0
    assert verify_release(tmp_path / "letters" / "1.9.0") == []
    assert {path.name for path in tmp_path.iterdir()} == {"letters"}


def test_a_full_disk_is_said_and_what_is_copied_stays(place, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TAMIS_FAILPOINT", "pull.file:3:raise")
    code, _, err = tamis(capsys, "pull", "letters@1.9.0", "--from", place, "--to", tmp_path, "--quiet")
    assert code == 7
    assert "The disk is full" in err
    monkeypatch.delenv("TAMIS_FAILPOINT")
    assert tamis(capsys, "pull", "letters@1.9.0", "--from", place, "--to", tmp_path, "--quiet")[0] == 0
    assert verify_release(tmp_path / "letters" / "1.9.0") == []
