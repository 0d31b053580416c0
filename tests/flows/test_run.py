"""The straight line, end to end, on a small real workspace."""

import hashlib
import hmac
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from audits.run import run_audits
from catalog.explain import explain
from catalog.keyed import read_subject_keys
from catalog.publish import current
from catalog.query import query
from flows.cli import run as command_line
from flows.means import Means
from flows.plan import make_plan
from flows.stages import AuditError, curate_all
from flows.summary import plan_text
from flows.verify import verify
from flows.workspace import Workspace
from releases.seal import manifest_of
from tamis.errors import BusyError, CatalogError, ConfigError
from tests.flows.conftest import CANARIES, POLICY, make_workspace, write_corpora, write_recipe


def curate(workspace, **options):
    return curate_all(workspace, Means(**{"workers": 0, "quiet": True, **options}))


def tree(folder):
    """Every file with its bytes, but for the lock."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def verdicts(outcome):
    rows = query(outcome.catalog.path, "SELECT verdict, sum(items)::BIGINT FROM verdict GROUP BY 1").rows
    return dict(rows)


@pytest.fixture(scope="module")
def curated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curated")
    positions = write_corpora(folder)
    write_recipe(folder)
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    return workspace, curate(workspace), positions


def test_every_position_of_the_input_has_one_verdict(curated):
    workspace, outcome, positions = curated
    assert sum(verdicts(outcome).values()) == positions
    rows = query(outcome.catalog.path, "SELECT count(*), count(DISTINCT item) FROM item").rows
    assert rows == ((positions, positions),)
    problems, said = verify(workspace.root, count_input=True)
    assert problems == []
    assert f"Counted {positions} positions" in said


def test_all_four_outcomes_occur(curated):
    _, outcome, _ = curated
    assert all(verdicts(outcome)[name] > 0 for name in ("keep", "redact", "hold", "drop"))


def test_the_release_holds_what_was_kept_and_masked(curated):
    _, outcome, _ = curated
    counts = verdicts(outcome)
    texts = pl.read_parquet(outcome.release.folder / "text")
    images = pl.read_parquet(outcome.release.folder / "images")
    assert texts.height + images.height == counts["keep"] + counts["redact"]
    assert (texts["n_masked"] > 0).sum() == counts["redact"]
    assert texts.filter(pl.col("n_masked") > 0)["text"].str.contains("<EMAIL_ADDRESS>").all()
    assert set(texts["licence_class"]) <= {"permissive", "public_domain", "attribution"}


def test_no_planted_address_is_in_the_bytes_of_log_catalog_report_or_release(curated):
    workspace, outcome, _ = curated
    planted = [canary.encode() for canary in CANARIES]
    looked_at = 0
    for path in workspace.root.rglob("*"):
        inside_input = path.relative_to(workspace.root).parts[0] in {"letters", "pictures"}
        if path.is_file() and not inside_input:
            data = path.read_bytes() + str(path).encode()
            if path.suffix == ".parquet":
                data += str(pl.read_parquet(path).to_dicts()).encode()
            assert not any(canary in data for canary in planted), path
            looked_at += 1
    assert looked_at > 30
    connection = duckdb.connect(outcome.catalog.path, read_only=True)
    tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
    for schema, table in tables:
        said = str(connection.execute(f'SELECT * FROM {schema}."{table}"').fetchall())
        assert not any(canary in said for canary in CANARIES), table
    connection.close()


def test_the_planted_addresses_are_really_in_the_input(curated):
    workspace, _, _ = curated
    data = b"".join(path.read_bytes() + path.name.encode() for path in (workspace.root / "letters").iterdir())
    assert all(canary.encode() in data for canary in CANARIES)


def test_nothing_is_said_about_content_while_it_runs(workspace, capfd):
    curate(workspace, quiet=False)
    said = "".join(capfd.readouterr())
    assert "canary" not in said
    assert "Letter" not in said


def test_a_second_run_does_no_filter_work_and_changes_nothing(curated):
    workspace, first, _ = curated
    before = tree(workspace.root)
    second = curate(workspace)
    assert second.measured == 0
    assert not second.release.new
    assert not second.catalog.new
    assert second.release.digest == first.release.digest
    after = tree(workspace.root)
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("store/activity/") for name in after.keys() - before.keys())  # what looking took


def test_the_size_of_batches_leaves_no_trace(curated, tmp_path):
    _, first, _ = curated
    for size in (1, 7, 1024):
        workspace = make_workspace(tmp_path / str(size))
        assert curate(workspace, batch_size=size).release.digest == first.release.digest


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "size"), [(1, 64), (1, 1024), (2, 64), (2, 1024)])
def test_the_number_of_workers_leaves_no_trace(curated, tmp_path, workers, size):
    _, first, _ = curated
    outcome = curate(make_workspace(tmp_path / "again"), workers=workers, batch_size=size)
    assert outcome.release.digest == first.release.digest
    assert verdicts(outcome) == verdicts(first)


def test_a_changed_policy_is_decided_anew_without_measuring(workspace):
    first = curate(workspace)
    (workspace.root / "policy.yaml").write_text(POLICY.replace("default: redact", "default: drop"))
    write_recipe(workspace.root, version="1.1.0")
    second = curate(workspace)
    assert first.measured > 0
    assert second.measured == 0
    assert verdicts(first).get("redact", 0) > 0
    of_second = f"SELECT count(*) FROM item WHERE run = '{second.run}' AND verdict = 'redact'"
    assert query(second.catalog.path, of_second).rows == ((0,),)


def released_texts(outcome):
    return pl.read_parquet(outcome.release.folder / "text" / "*" / "*.parquet")


def test_masks_become_pseudonyms_without_measuring(workspace):
    """And where a value stood twice, the same one stands twice: one address in all letters is one pseudonym."""
    masked = curate(workspace)
    (workspace.root / "policy.yaml").write_text(POLICY.replace("default: redact", "default: pseudonym"))
    write_recipe(workspace.root, version="1.1.0")
    outcome = curate(workspace)
    assert outcome.measured == 0
    before, after = released_texts(masked), released_texts(outcome)
    pattern = r"<EMAIL_ADDRESS_[0-9a-f]{10}>"
    assert before["text"].to_list() == after["text"].str.replace_all(pattern, "<EMAIL_ADDRESS>").to_list()
    assert before["n_masked"].to_list() == after["n_masked"].to_list()
    assert after["n_masked"].sum() > after["text"].str.contains(pattern).sum() > 1
    assert after["text"].str.extract_all(pattern).explode().drop_nulls().n_unique() == 1
    path = outcome.catalog.path
    sql = "SELECT reason, verdict, count(*) FROM item WHERE run = ? AND decided_by = 'personal_data' GROUP BY ALL"
    rows = {of: query(path, sql.replace("?", f"'{of.run}'")).rows for of in (masked, outcome)}
    ((reason, verdict, items),) = rows[outcome]
    assert (reason, verdict) == ("personal_data_pseudonymised", "redact")
    assert rows[masked] == (("personal_data_masked", "redact", items),)
    assert [(result.name, result.rows) for result in run_audits(path) if result.blocks] == []
    assert verify(workspace.root, count_input=True)[0] == []
    digests = query(path, "SELECT DISTINCT value_hi, value_lo FROM log.span WHERE value_hi IS NOT NULL").rows
    assert digests
    text = " ".join(after["text"])
    assert not any(f"{hi:016x}"[:10] in text or f"{lo:016x}"[:10] in text for hi, lo in digests)


def test_pseudonyms_leave_no_trace_of_batches_and_depend_on_the_key(tmp_path):
    policy = POLICY.replace("default: redact", "default: pseudonym")
    digests = {}
    for name, size in (("one", 7), ("two", 1024), ("other", 1024)):
        workspace = make_workspace(tmp_path / name)
        (workspace.root / "policy.yaml").write_text(policy)
        if name == "two":
            shutil.copytree(tmp_path / "one" / "keys", workspace.root / "keys")
        digests[name] = curate(workspace, batch_size=size).release.digest
    assert digests["one"] == digests["two"] != digests["other"]


def test_a_new_file_has_the_pseudonyms_of_the_files_that_were_decided_before(workspace):
    (workspace.root / "policy.yaml").write_text(POLICY.replace("default: redact", "default: pseudonym"))
    first = curate(workspace)
    line = '{"text": "Canary.Text@PLANTED-text.com came later.", "licence": "MIT"}\n'
    (workspace.root / "letters" / "new.jsonl").write_text(line)
    write_recipe(workspace.root, version="1.1.0")
    assert len(make_plan(workspace).of("adopt")) == 4
    second = curate(workspace)
    later = released_texts(second).filter(pl.col("text").str.ends_with("came later."))["text"].item()
    pseudonym = later.removesuffix(" came later.")
    assert released_texts(first)["text"].str.contains(pseudonym, literal=True).any()


READINGS = {
    "licence": (
        "format: image-folder, path: pictures, licence: CC0-1.0",
        "format: image-folder, path: pictures, licence: MIT",
    ),
    "source": ("path: pictures, licence", "path: pictures, source: elsewhere, licence"),
    "max_item_bytes": ("path: pictures, licence", "path: pictures, max_item_bytes: 70, licence"),
    "columns": ("path: pictures, licence", "path: pictures, columns: {title: name}, licence"),
}
"""What of a corpus section changes how the same bytes are read."""


@pytest.mark.parametrize("field", sorted(READINGS))
def test_what_is_on_record_holds_for_the_same_reading_alone(workspace, field):
    curate(workspace)
    write_recipe(workspace.root, version="2.0.0")
    before, after = READINGS[field]
    recipe = workspace.recipe.read_text()
    assert before in recipe
    workspace.recipe.write_text(recipe.replace(before, after))
    plan = make_plan(workspace)
    assert {planned.corpus.name for planned in plan.of("measure")} == {"pictures"}
    assert not any(planned.recorded for planned in plan.of("measure"))
    assert {planned.corpus.name for planned in plan.of("adopt")} == {"letters"}


def test_another_column_is_measured_anew_and_masked(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"text": "harmless", "body": "write to ada@planted.com now", "licence": "MIT"}\n'
    )
    (tmp_path / "policy.yaml").write_text(POLICY)
    recipe = (
        "name: test\ncorpora:\n  - {name: letters, format: jsonl, path: a.jsonl%s}\n"
        "filters: {personal_data: {}, nsfw: {}, licence: {}, exact_duplicates: {}}\n"
        'release: {name: test, version: "%s"}\n'
    )
    workspace = Workspace(tmp_path, tmp_path / "recipe.yaml")
    workspace.recipe.write_text(recipe % ("", "1"))
    curate(workspace)
    workspace.recipe.write_text(recipe % (", columns: {text: body}", "2"))
    (tmp_path / "policy.yaml").write_text(POLICY.replace('version: "1"', 'version: "2"'))
    outcome = curate(workspace)
    released = pl.read_parquet(outcome.release.folder / "text" / "*" / "*.parquet")
    assert released["text"].to_list() == ["write to <EMAIL_ADDRESS> now"]


def test_findings_of_other_content_are_never_used(workspace, monkeypatch):
    curate(workspace)
    monkeypatch.setattr("corpora.spec.CorpusSpec.reading", lambda self, key_id: "always the same")
    curate(Workspace.of(copied(workspace, "one")))
    changed = Workspace.of(copied(workspace, "one"))
    recipe = changed.recipe.read_text().replace("path: letters", "path: letters, columns: {text: title}")
    changed.recipe.write_text(recipe.replace('version: "1.0.0"', 'version: "2.0.0"'))
    (changed.root / "policy.yaml").write_text(POLICY.replace("default: redact", "default: hold"))
    with pytest.raises(CatalogError, match="was found in other content"):
        curate(changed)


def copied(workspace, name):
    copy = workspace.root.with_name(name)
    if not copy.exists():
        shutil.copytree(workspace.root, copy, ignore=shutil.ignore_patterns("store", "releases", "catalog", "reports"))
    return copy


def test_no_content_can_be_guessed_from_its_digest(curated):
    workspace, outcome, _ = curated
    texts = [f"Nothing personal in number {number}." for number in range(90)]
    guessed = {hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts}
    said = {content for (content,) in query(outcome.catalog.path, "SELECT content FROM item").rows}
    assert not guessed & said
    key = bytes.fromhex(workspace.key_file.read_text())
    keyed = {hmac.digest(key, bytes.fromhex(digest), "sha256")[:16].hex() for digest in guessed}
    assert keyed <= said
    assert stat.S_IMODE(workspace.key_file.stat().st_mode) == 0o600
    stored = [path for path in workspace.root.rglob("*") if path.is_file() and path != workspace.key_file]
    assert not any(key in path.read_bytes() or key.hex().encode() in path.read_bytes() for path in stored)
    mit = hashlib.sha256(b"MIT").hexdigest()[:32]
    assert query(outcome.catalog.path, f"SELECT count(*) FROM evidence WHERE claim = '{mit}'").rows == ((0,),)


def test_a_release_does_not_depend_on_the_key(curated, tmp_path):
    assert curate(make_workspace(tmp_path / "again")).release.digest == curated[1].release.digest


def test_a_lost_key_stops_a_run_that_was_begun_with_it_and_measures_a_new_one_anew(workspace):
    curate(workspace)
    workspace.key_file.unlink()
    with pytest.raises(CatalogError, match="Put the old one back"):
        curate(workspace)
    write_recipe(workspace.root, version="2.0.0")
    assert curate(workspace).measured > 0
    workspace.key_file.write_text("no key")
    with pytest.raises(CatalogError, match="is no key"):
        curate(workspace)


def test_a_filter_less_takes_the_findings_of_the_others_over(workspace):
    curate(workspace)
    (workspace.root / "policy.yaml").write_text(POLICY.replace("nsfw: {}\n", ""))
    write_recipe(workspace.root, filters=("personal_data", "licence", "exact_duplicates"), version="1.1.0")
    assert curate(workspace).measured == 0


def test_a_new_file_is_measured_alone(workspace):
    curate(workspace)
    (workspace.root / "letters" / "new.jsonl").write_text('{"text": "A new one.", "licence": "MIT"}\n')
    write_recipe(workspace.root, version="1.1.0")
    plan = make_plan(workspace)
    assert [planned.shard.name for planned in plan.of("measure")] == ["new.jsonl"]
    assert len(plan.of("adopt")) == 4
    outcome = curate(workspace)
    assert outcome.measured == 4
    assert verify(workspace.root, count_input=True)[0] == []


def test_a_sealed_version_is_never_changed(workspace):
    first = curate(workspace)
    before = tree(first.release.folder)
    (workspace.root / "letters" / "new.jsonl").write_text('{"text": "A new one.", "licence": "MIT"}\n')
    with pytest.raises(ConfigError, match=r"test@1\.0\.0 is sealed already.*Raise `release\.version`"):
        curate(workspace)
    assert tree(first.release.folder) == before


def test_a_corrupt_shard_fails_alone_and_is_on_record(workspace):
    (workspace.root / "tables").mkdir()
    (workspace.root / "tables" / "broken.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    text = (workspace.root / "recipe.yaml").read_text()
    added = "corpora:\n  - {name: tables, format: parquet, path: tables}\n"
    (workspace.root / "recipe.yaml").write_text(text.replace("corpora:\n", added))
    outcome = curate(workspace)
    assert outcome.failed == (0,)
    rows = query(outcome.catalog.path, "SELECT shard, failure FROM shard WHERE status = 'failed'").rows
    assert rows == (("broken.parquet", "shard_unreadable"),)
    assert query(outcome.catalog.path, "SELECT status FROM run").rows == (("partly",),)
    assert command_line(["curate", str(workspace.root), "--direct", "--workers", "0", "--quiet"]) == 3


def test_a_shard_that_failed_stays_out_of_a_sealed_release_until_the_version_is_raised(workspace):
    away = workspace.root / "letters" / "plain.jsonl"
    plan = make_plan(workspace)
    data = away.read_bytes()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("flows.stages.make_plan", lambda _: away.unlink() or make_plan_with_key(workspace, plan))
        first = curate(workspace)
    assert first.failed
    away.write_bytes(data)
    before = tree(workspace.releases)
    assert "1 failed, and not in the sealed release" in plan_text(make_plan(workspace))
    second = curate(workspace)
    assert (second.measured, second.failed, second.release.new) == (0, first.failed, False)
    assert tree(workspace.releases) == before
    assert not any(result.blocks for result in second.audits)
    write_recipe(workspace.root, version="1.0.1")
    third = curate(workspace)
    assert third.failed == ()
    assert third.measured == 4
    assert not any(result.blocks for result in run_audits(third.catalog.path))


def make_plan_with_key(workspace, plan):
    """A plan as it was made when all files were there."""
    key, people = workspace.key_id, read_subject_keys(workspace.keys).current.id
    shards = [
        replace(each, shard=replace(each.shard, reading=each.corpus.reading(key)), subject_key=people)
        for each in plan.shards
    ]
    return replace(plan, shards=tuple(shards))


def test_a_worker_that_is_killed_costs_its_shards_and_is_on_record(workspace, monkeypatch):
    monkeypatch.setenv("TAMIS_FAILPOINT", "batch.decided:2:kill")
    outcome = curate(workspace, workers=1, batch_size=50)
    monkeypatch.delenv("TAMIS_FAILPOINT")
    failures = query(outcome.catalog.path, "SELECT shard, failure FROM shard WHERE status = 'failed'").rows
    assert {failure for _, failure in failures} == {"worker_killed"}
    assert {shard for shard, _ in failures} == {"a.jsonl", "plain.jsonl"}


def test_the_catalog_opens_in_the_newest_duckdb_1_client(curated):
    _, outcome, positions = curated
    client = Path(sys.executable).with_name("duckdb")
    version = subprocess.run([client, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("v1.")
    sql = "SELECT sum(items) FROM verdict"
    command = [client, "-readonly", "-csv", "-noheader", outcome.catalog.path, sql]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == str(positions)


def test_explain_shows_everything_of_one_item(curated):
    _, outcome, _ = curated
    masked = query(outcome.catalog.path, "SELECT item FROM item WHERE verdict = 'redact' ORDER BY item LIMIT 1").rows[
        0
    ][0]
    said = explain(outcome.catalog.path, masked[:12])
    for expected in (masked, "personal_data_masked", "EMAIL_ADDRESS at", "licence: expression =", "test@1.0.0: text/"):
        assert expected in said
    assert "@planted" not in said


def test_the_release_loads_with_datasets_offline(curated, tmp_path):
    _, outcome, _ = curated
    program = (
        "import sys, gc\n"
        "from datasets import load_dataset\n"
        "text = load_dataset(sys.argv[1], split='train', cache_dir=sys.argv[2])\n"
        "images = load_dataset(sys.argv[1], 'images', split='train', cache_dir=sys.argv[2])\n"
        "print(len(text), len(images), images[0]['image'].size, 'text' in text.column_names)\n"
        "del text, images; gc.collect()\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", program, str(outcome.release.folder), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, cwd=tmp_path)
    counts = manifest_of(outcome.release.folder)["counts"]
    assert done.stdout.split("\n")[0] == f"{counts['texts']} {counts['images']} (40, 30) True"


def test_only_one_run_is_at_work_in_a_workspace(workspace):
    with workspace.locked(), pytest.raises(BusyError, match=str(os.getpid())):
        curate(workspace)


def test_a_blocking_audit_keeps_a_release_from_being_sealed(workspace, monkeypatch):
    monkeypatch.setattr(
        "flows.stages.decided_away",
        lambda log, run, steps: pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64}),
    )
    with pytest.raises(AuditError, match="release_holds_only_what_was_kept"):
        curate(workspace)
    assert not (workspace.releases / "test").exists()
    assert current(workspace.catalogs).path.is_file()


def test_verify_sees_a_changed_byte_a_missing_release_and_a_lost_line(curated, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(curated[0].root, copy)
    part = next(copy.glob("store/runs/*/shard-00000/items.parquet"))
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    readme = next(copy.glob("releases/*/*/README.md"))
    readme.chmod(stat.S_IRUSR | stat.S_IWUSR)
    readme.write_text("changed")
    (copy / "letters" / "plain.jsonl").write_text('{"text": "x"}\n')
    problems, _ = verify(copy, count_input=True)
    said = "\n".join(problems)
    assert "items.parquet is not what was committed" in said
    assert "README.md is not what was sealed" in said
    assert "no run has curated these bytes" in said
