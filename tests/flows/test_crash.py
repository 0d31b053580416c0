"""Killed, or out of space, at every named place: the next start goes on, and ends as if nothing had happened."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.publish import current
from catalog.query import query
from flows.cli import run
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.verify import verify_release, verify_segments
from tamis.errors import ConfigError
from tamis.failpoints import FAILPOINTS, _reached

ROOT = Path(__file__).parents[2]
PROGRAM = "from flows.cli import main; main()"
VERDICTS = "SELECT item, verdict, reason, rule FROM item ORDER BY item"
IN_SUBSETS = ("subset.part", "subset.chosen")
CASES = [(name, 1, action) for name in FAILPOINTS for action in ("kill", "raise")] + [
    ("subset.part", 3, "kill"),
    ("batch.decided", 3, "kill"),
    ("segment.staged", 2, "kill"),
    ("segment.committed", 2, "kill"),
]


SUBSET = """\
subset:
  target: {examples: [examples.txt]}
  budget: {share: 0.5}
"""


def make(folder, *, chooses=False):
    """Only filters that start at once, so that fifty processes are affordable."""
    (folder / "letters").mkdir(parents=True)
    for name in ("a", "b", "c"):
        lines = [f'{{"text": "{name if n % 3 else "twin"} {n}", "licence": "MIT"}}' for n in range(30)]
        (folder / "letters" / f"{name}.jsonl").write_text("\n".join([*lines, "{broken"]))
    (folder / "recipe.yaml").write_text(
        "name: crash\ncorpora: [{name: letters, format: jsonl, path: letters}]\n"
        "filters: {licence: {}, exact_duplicates: {}}\n"
        'release: {name: crash, version: "1"}\n' + (SUBSET if chooses else "")
    )
    (folder / "examples.txt").write_text("a 1\nb 2\n")
    (folder / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\nexact_duplicates: {}\n'
    )
    return Workspace.of(folder)


def curate(workspace, monkeypatch, failpoint, **means):
    monkeypatch.setenv("TAMIS_FAILPOINT", failpoint)
    return curate_all(workspace, Means(1, 10, quiet=True, **means))


def arguments(workspace):
    return ["curate", str(workspace.root), "--direct", "--workers", "0", "--batch-size", "10", "--quiet"]


def killed(workspace, failpoint):
    """In a process of its own, which is not there any more when it has come to that place."""
    command = [sys.executable, "-c", PROGRAM, *arguments(workspace)]
    environment = {**os.environ, "TAMIS_FAILPOINT": failpoint}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def out_of_space(workspace, failpoint, capsys):
    _reached.clear()
    with pytest.MonkeyPatch.context() as armed:
        armed.setenv("TAMIS_FAILPOINT", failpoint)
        assert run(arguments(workspace)) == 7
    assert "disk is full" in capsys.readouterr().err


def start(workspace):
    """A command line as any other; what it needs is imported by now, which takes longer than such a run."""
    return run(arguments(workspace))


def bytes_of(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def undisturbed(folder, **more):
    workspace = make(folder, **more)
    assert start(workspace) == 0
    return bytes_of(workspace.releases), query(current(workspace.catalogs).path, VERDICTS).rows


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return undisturbed(tmp_path_factory.mktemp("uninterrupted"))


@pytest.fixture(scope="module")
def uninterrupted_choice(tmp_path_factory):
    return undisturbed(tmp_path_factory.mktemp("uninterrupted"), chooses=True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "nth", "action"), CASES)
def test_a_run_that_is_cut_off_goes_on_and_ends_alike(request, tmp_path, capsys, name, nth, action):
    chooses = name in IN_SUBSETS
    workspace = make(tmp_path / "workspace", chooses=chooses)
    failpoint = f"{name}:{nth}:{action}"
    killed(workspace, failpoint) if action == "kill" else out_of_space(workspace, failpoint, capsys)
    assert start(workspace) == 0
    release, verdicts = request.getfixturevalue("uninterrupted_choice" if chooses else "uninterrupted")
    assert bytes_of(workspace.releases) == release
    assert query(current(workspace.catalogs).path, VERDICTS).rows == verdicts
    assert list(verify_segments(workspace.log)) == []
    assert verify_release(workspace.releases / "crash" / "1", log=workspace.log) == []
    assert not any(workspace.log.staging.rglob("*"))
    assert not any((workspace.log.store / "subsets").glob("*"))


@pytest.mark.slow
def test_a_shard_whose_worker_is_killed_is_tried_again_alone(uninterrupted, tmp_path, monkeypatch):
    workspace = make(tmp_path / "workspace")
    outcome = curate(workspace, monkeypatch, "batch.decided:6:kill")
    assert outcome.failed == ()
    assert bytes_of(workspace.releases) == uninterrupted[0]


@pytest.mark.slow
def test_a_shard_that_takes_too_long_fails_alone_and_a_new_version_has_it(uninterrupted, tmp_path, monkeypatch, capsys):
    workspace = make(tmp_path / "workspace")
    outcome = curate(workspace, monkeypatch, "batch.decided:6:hang", shard_seconds=10.0)
    assert outcome.failed == (1,)
    rows = query(outcome.catalog.path, "SELECT shard, status, failure FROM shard ORDER BY shard").rows
    assert rows == (
        ("a.jsonl", "committed", None),
        ("b.jsonl", "failed", "time_limit"),
        ("c.jsonl", "committed", None),
    )
    monkeypatch.delenv("TAMIS_FAILPOINT")
    assert start(workspace) == 3
    assert "No filter had work to do" in capsys.readouterr().out
    recipe = workspace.recipe.read_text()
    workspace.recipe.write_text(recipe.replace('version: "1"', 'version: "2"'))
    raised = curate_all(workspace, Means(0, quiet=True))
    assert raised.measured == 2
    verdicts = query(
        raised.catalog.path, f"SELECT item, verdict, reason, rule FROM item WHERE run = '{raised.run}' ORDER BY item"
    )
    assert verdicts.rows == uninterrupted[1]


def test_a_time_limit_needs_a_process_that_can_be_ended():
    with pytest.raises(ConfigError, match="needs one worker or more"):
        Means(0, shard_seconds=1.0)
