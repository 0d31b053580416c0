"""The command line as a new user meets it: help, mistakes, exit codes."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import app, run
from flows.pool import Pool
from flows.progress import Meter
from flows.worker import ShardResult

ROOT = Path(__file__).parents[2]
HEAVY = ("polars", "duckdb", "prefect", "datasets", "pyarrow", "presidio_analyzer", "onnxruntime", "jinja2")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "letters.jsonl").write_text('{"text": "One.", "licence": "MIT"}\n')
    (tmp_path / "recipe.yaml").write_text(
        "name: small\n"
        "corpora:\n"
        "  - name: letters\n"
        "    format: jsonl\n"
        "    path: letters.jsonl\n"
        "filters: {licence: {}}\n"
        'release: {name: small, version: "1"}\n'
    )
    (tmp_path / "policy.yaml").write_text('name: test\nversion: "1"\nlicence: {allow: [permissive]}\n')
    return tmp_path


def change(folder, name, before, after):
    path = folder / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_help_imports_nothing_heavy():
    program = f"import sys; from flows.cli import run; run(['--help']); print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip().endswith("[]")
    assert "curate" in done.stdout


def test_every_command_says_what_it_does():
    for name in app:
        if not name.startswith("-"):
            assert app[name].help, name


def test_init_plan_curate_and_every_reading_command(tmp_path, folder, capsys):
    fresh = tmp_path / "fresh"
    assert run(["init", str(fresh)]) == 0
    assert {path.name for path in fresh.iterdir()} == {"recipe.yaml", "policy.yaml"}
    assert run(["plan", str(folder)]) == 0
    assert "1 to measure" in capsys.readouterr().out
    assert not (folder / "releases").exists()
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "kept                      1" in said
    assert run(["sql", "-w", str(folder), "SELECT item FROM item", "--format", "json"]) == 0
    item = capsys.readouterr().out.split('"')[3]
    for command in (
        ["explain", item[:10], "-w", str(folder)],
        ["audit", str(folder)],
        ["release", "-w", str(folder)],
        ["release", "small@1", "-w", str(folder)],
        ["verify", str(folder)],
        ["verify", str(folder), "--no-input"],
        ["verify", str(folder / "releases" / "small" / "1")],
        ["report", str(folder)],
        ["catalog", "build", str(folder)],
        ["plan", str(folder)],
        ["sql", "-w", str(folder), "FROM verdict", "--format", "csv"],
    ):
        assert run(command) == 0, command
    assert "1 done" in capsys.readouterr().out


def test_init_never_overwrites(tmp_path, capsys):
    (tmp_path / "policy.yaml").write_text("mine")
    assert run(["init", str(tmp_path)]) == 2
    assert (tmp_path / "policy.yaml").read_text() == "mine"
    assert not (tmp_path / "recipe.yaml").exists()
    assert "nothing was written" in capsys.readouterr().err


@pytest.mark.parametrize("preset", ["open", "strict", "copyleft"])
def test_a_workspace_as_init_makes_it_is_valid(tmp_path, preset, capsys):
    assert run(["init", str(tmp_path / preset), "--policy", preset]) == 0
    assert run(["plan", str(tmp_path / preset)]) == 0
    assert "python-environment" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("recipe.yaml", "path:", "pth:", "recipe.yaml:5: corpora[0].pth: unknown key. Did you mean 'path'?"),
        (
            "recipe.yaml",
            "jsonl\n",
            "jsnl\n",
            "recipe.yaml:3: corpus 'letters': unknown format 'jsnl'. Did you mean 'jsonl'?",
        ),
        (
            "recipe.yaml",
            "letters.jsonl",
            "nowhere.jsonl",
            "recipe.yaml:3: corpus 'letters': there is nothing at its path",
        ),
        ("recipe.yaml", "licence: {}", "licnce: {}", "recipe.yaml:6: unknown filter 'licnce'. Did you mean 'licence'?"),
        (
            "recipe.yaml",
            "licence: {}",
            "licence: {colour: 1}",
            "recipe.yaml:6: unknown parameter of the filter 'licence'",
        ),
        ("recipe.yaml", "filters: {licence: {}}", "filters: {licence: {}, nsfw: {}}", "filter 'nsfw' runs, but policy"),
        ("recipe.yaml", "name: small\n", "name: small\nname: again\n", "recipe.yaml:2"),
        ("policy.yaml", "permissive", "permisive", "policy.yaml:3: licence.allow: unknown licence class 'permisive'"),
        ("policy.yaml", "licence:", "nsfw: {}\nlicence:", "decides on 'nsfw', but no such filter runs"),
        ("policy.yaml", "[permissive]", "[]", "policy.yaml:3: licence.allow"),
        ("policy.yaml", 'version: "1"', "version: '1'\n bad", "policy.yaml"),
    ],
)
def test_a_mistake_stops_before_any_work_and_is_named(folder, capsys, name, before, after, said):
    change(folder, name, before, after)
    assert run(["curate", str(folder), "--direct", "--workers", "0"]) == 2
    assert said in capsys.readouterr().err
    assert not list(folder.glob("store/runs/*"))


def test_wrong_usage_is_exit_2(capsys):
    assert run(["curte"]) == 2
    assert run(["curate", "--worker", "2"]) == 2
    assert run(["curate", "--workers", "-1"]) == 2
    assert "curate" in "".join(capsys.readouterr())


def test_asking_where_nothing_is_says_what_to_do(tmp_path, capsys):
    assert run(["curate", str(tmp_path)]) == 2
    assert "tamis init" in capsys.readouterr().err
    assert run(["sql", "-w", str(tmp_path), "SELECT 1"]) == 5
    assert "tamis curate" in capsys.readouterr().err
    assert run(["sql", "-w", str(tmp_path / "nowhere"), "SELECT 1"]) == 2
    assert run(["explain", "-w", str(tmp_path), "zz"]) == 5
    assert run(["release", "-w", str(tmp_path)]) == 0
    assert "No release is sealed yet" in capsys.readouterr().out


def test_an_item_that_is_not_there_is_exit_2(folder, capsys):
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    assert run(["explain", "-w", str(folder), "00000000ff"]) == 2
    assert run(["explain", "-w", str(folder), "not-an-id"]) == 2
    assert run(["release", "-w", str(folder), "smal@1"]) == 2
    assert "Did you mean 'small@1'" in capsys.readouterr().err
    assert run(["release", "-w", str(folder), "../../..@x"]) == 2
    assert run(["sql", "-w", str(folder), "DELETE FROM log.item"]) == 2


def test_sql_may_come_from_standard_input_or_begin_with_a_comment(folder, capsys, monkeypatch):
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 7 AS seven"))
    assert run(["sql", "-", "-w", str(folder), "--format", "csv"]) == 0
    assert run(["sql", "-w", str(folder), "--format", "csv", "-- eight\nSELECT 8 AS eight"]) == 0
    assert capsys.readouterr().out.endswith("seven\n7\neight\n8\n")


def test_plan_says_that_a_version_is_sealed(folder, capsys):
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    assert run(["plan", str(folder)]) == 0
    change(folder, "letters.jsonl", "One", "Two")
    assert run(["plan", str(folder)]) == 2
    assert "small@1 is sealed already" in capsys.readouterr().err


def test_a_linked_recipe_works_in_the_workspace_where_the_link_lies(folder, tmp_path_factory):
    shared = tmp_path_factory.mktemp("shared") / "recipe.yaml"
    (folder / "recipe.yaml").rename(shared)
    (folder / "recipe.yaml").symlink_to(shared)
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    assert (folder / "releases" / "small" / "1" / "manifest.json").is_file()
    assert list(shared.parent.iterdir()) == [shared]


def test_a_place_that_cannot_be_written_to_is_exit_2(folder, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(["init", str(tmp_path / "file" / "below")]) == 2
    (folder / "store").write_text("")
    assert run(["curate", str(folder), "--direct", "--workers", "0"]) == 2
    assert capsys.readouterr().err.count("cannot be written to") == 2


def test_verify_is_exit_1_when_a_byte_changed(folder, capsys):
    assert run(["curate", str(folder), "--direct", "--workers", "0", "--quiet"]) == 0
    part = next(folder.glob("releases/*/*/text/*/*.parquet"))
    part.chmod(0o600)
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    assert run(["verify", str(folder)]) == 1
    assert "is not what was sealed" in capsys.readouterr().err


def test_a_schedule_needs_a_server_that_stays(folder, capsys, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert run(["schedule", str(folder), "--cron", "0 3 * * *"]) == 2
    assert "PREFECT_API_URL" in capsys.readouterr().err
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert run(["schedule", str(folder), "--cron", "every night"]) == 2
    assert "no cron expression" in capsys.readouterr().err


def test_a_bug_is_said_without_its_message(folder, capsys, monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError("the secret content of an item")

    monkeypatch.setattr("flows.summary.plan_text", broken)
    assert run(["plan", str(folder)]) == 70
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "secret" not in said


def test_an_unplanned_error_in_a_shard_costs_that_shard_and_says_no_content(folder, capsys, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError("the secret content of an item")

    monkeypatch.setattr("flows.worker.decide", broken)
    assert run(["curate", str(folder), "--direct", "--workers", "0"]) == 1
    said = "".join(capsys.readouterr())
    assert "small@1: nothing stays: no item was read; failed: letters/letters.jsonl: unexpected" in said
    assert "secret" not in said
    assert all(b"secret" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_progress_says_plain_lines_where_there_is_no_terminal(capsys):
    with Meter(2) as meter:
        meter.count(ShardResult(0, 10, (("keep", 8), ("drop", 2)), 3, None, None, 0.1))
        meter.count(ShardResult(1, 0, (), 0, "shard_unreadable", "SourceError", 0.1))
    said = capsys.readouterr().err
    assert "shards 2/2: 10 items" in said
    assert "20.0% not kept, 1 shard failed" in said
    assert (meter.items, meter.failed, meter.measured) == (10, 1, 3)


def test_a_pool_that_was_never_used_closes():
    with Pool(2) as pool:
        assert list(pool.run([])) == []
