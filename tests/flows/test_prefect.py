"""The flow through Prefect's real server: the same bytes, nothing left behind, nothing said; and a schedule."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from prefect.flows import load_flow_from_entrypoint

from flows.means import Means
from flows.server import prefect_api
from flows.stages import curate_all
from releases.seal import manifest_of
from tests.flows.conftest import CANARIES, make_workspace

ROOT = Path(__file__).parents[2]
PROGRAM = "from flows.cli import main; main()"


def environment(**more):
    return {**{name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}, **more}


def processes_below(folder):
    """Command lines of processes whose working directory lies in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_entrypoint_of_the_deployment_is_a_real_flow():
    loaded = load_flow_from_entrypoint(f"{ROOT / 'flows' / 'curate.py'}:curate", use_placeholder_flow=False)
    assert loaded.name == "tamis-curate"


@pytest.mark.slow
def test_a_run_through_prefect_gives_the_same_bytes_and_leaves_no_server_and_no_content(tmp_path):
    through, direct = make_workspace(tmp_path / "through"), make_workspace(tmp_path / "direct")
    command = [sys.executable, "-c", PROGRAM, "curate", str(through.root), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    assert "shards 4/4" in done.stderr
    outcome = curate_all(direct, Means(0, quiet=True))
    assert manifest_of(through.releases / "test" / "1.0.0") == manifest_of(outcome.release.folder)
    assert processes_below(through.root) == []
    database = through.prefect_home / "prefect.db"
    with sqlite3.connect(database) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM task_run ORDER BY start_time")]
    assert names == ["wave of shards", "duplicates, release, catalog, report"]
    data = b"".join(path.read_bytes() for path in through.prefect_home.rglob("*") if path.is_file())
    assert not any(canary.encode() in data for canary in CANARIES)


@pytest.mark.slow
def test_a_run_that_lost_a_shard_says_so_to_the_scheduler(tmp_path):
    workspace = make_workspace(tmp_path / "workspace")
    (workspace.root / "letters" / "broken.jsonl.gz").write_bytes(b"no gzip")
    (workspace.root / "tables").mkdir()
    (workspace.root / "tables" / "broken.parquet").write_bytes(b"no parquet")
    recipe = workspace.recipe.read_text()
    tables = "corpora:\n  - {name: tables, format: parquet, path: tables}\n"
    workspace.recipe.write_text(recipe.replace("corpora:\n", tables))
    command = [sys.executable, "-c", PROGRAM, "curate", str(workspace.root), "--workers", "0", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), check=False)
    assert done.returncode == 3, done.stderr
    with sqlite3.connect(workspace.prefect_home / "prefect.db") as connection:
        assert connection.execute("SELECT state_type, state_name FROM flow_run").fetchall() == [("COMPLETED", "Partly")]


@pytest.mark.slow
def test_what_a_user_must_know_is_said_once_when_a_run_through_prefect_fails(tmp_path):
    workspace = make_workspace(tmp_path / "workspace")
    (workspace.root / "policy.yaml").write_text("name: x\n")
    command = [sys.executable, "-c", PROGRAM, "curate", str(workspace.root)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["policy.yaml:1: version: is missing.", "policy.yaml:1: licence: is missing."]


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--direct",)], ids=["prefect", "direct"])
@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill"])
def test_an_interrupt_ends_everything_though_a_worker_hangs(tmp_path, options, whole_group):
    workspace = make_workspace(tmp_path / "workspace")
    # what a shell starts in the background ignores SIGINT, and so does all that it starts, this test maybe
    program = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {PROGRAM}"
    command = [sys.executable, "-c", program, "curate", str(workspace.root), "--workers", "1", *options]
    hanging = environment(TAMIS_FAILPOINT="batch.decided:1:hang")
    with subprocess.Popen(
        command, cwd=ROOT, env=hanging, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        _wait_for(lambda: list(workspace.log.staging.glob("*-00000-*")))
        time.sleep(1)
        os.killpg(run.pid, signal.SIGINT) if whole_group else os.kill(run.pid, signal.SIGINT)
        said = run.communicate(timeout=60)[1]
    assert run.returncode == 130, said
    assert said.splitlines()[-1] == "Interrupted. What is committed stays; start again to go on."
    assert "Traceback" not in said
    assert processes_below(workspace.root) == []
    _wait_for(lambda: not group_lives(run.pid))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a hanging worker cannot see that its parent is gone")
def test_a_worker_that_hangs_ends_with_a_run_that_is_killed(tmp_path):
    workspace = make_workspace(tmp_path / "workspace")
    command = [sys.executable, "-c", PROGRAM, "curate", str(workspace.root), "--workers", "1", "--direct"]
    hanging = environment(TAMIS_FAILPOINT="batch.decided:1:hang")
    with subprocess.Popen(command, cwd=ROOT, env=hanging, stderr=subprocess.DEVNULL, start_new_session=True) as run:
        _wait_for(lambda: list(workspace.log.staging.glob("*-00000-*")))
        time.sleep(1)
        run.kill()
    _wait_for(lambda: not group_lives(run.pid))


@pytest.mark.slow
def test_a_schedule_runs_a_recipe_on_a_real_server(tmp_path, monkeypatch):
    workspace = make_workspace(tmp_path / "workspace")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with prefect_api(tmp_path / "prefect") as url:
        command = [
            sys.executable,
            "-c",
            PROGRAM,
            "schedule",
            str(workspace.root),
            "--cron",
            "0 3 * * *",
            "--workers",
            "0",
        ]
        served_env = environment(PREFECT_API_URL=url, PREFECT_HOME=str(tmp_path / "prefect"))
        with subprocess.Popen(
            command, cwd=ROOT, env=served_env, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        ) as serving:
            try:
                deployment = _wait_for(lambda: _post(f"{url}/deployments/filter", {}))[0]
                assert [each["schedule"]["cron"] for each in deployment["schedules"]] == ["0 3 * * *"]
                _post(f"{url}/deployments/{deployment['id']}/create_flow_run", {})
                _wait_for((workspace.releases / "test" / "1.0.0" / "manifest.json").exists)
                _wait_for(lambda: "COMPLETED" in [run["state_type"] for run in _post(f"{url}/flow_runs/filter", {})])
            finally:
                serving.terminate()
                serving.communicate(timeout=60)


def _post(url, body):
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def _wait_for(look):
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    pytest.fail("it did not come to pass in 150 s")
