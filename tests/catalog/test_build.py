"""The catalog: a pure function of the log, with a word on every column."""

import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import duckdb
import pytest

from catalog.build import VIEWS, build, logical_digest
from catalog.explain import explain
from catalog.files import write_json
from catalog.log import Log
from catalog.migrate import migrate, schema_steps
from catalog.publish import current
from catalog.query import query
from flows.means import Means
from flows.stages import curate_all, publish_catalog
from flows.workspace import Workspace
from tamis.errors import CatalogError
from tests.flows.conftest import curate_small


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    curate_small(folder)
    return Workspace.of(folder)


def test_the_same_log_gives_the_same_logical_digest(workspace, tmp_path):
    digests = {build(workspace.log, tmp_path / f"{number}.duckdb") for number in range(2)}
    assert digests == {current(workspace.catalogs).logical_digest}


def test_a_catalog_built_anew_after_its_loss_says_the_same(workspace, tmp_path):
    before = current(workspace.catalogs)
    for path in workspace.catalogs.iterdir():
        path.unlink()
    after = publish_catalog(workspace)
    assert after.new
    assert after.logical_digest == before.logical_digest


def test_the_logical_digest_sees_one_changed_value(workspace, tmp_path):
    path = tmp_path / "catalog.duckdb"
    digest = build(workspace.log, path)
    with duckdb.connect(path) as connection:
        assert logical_digest(connection) == digest
        connection.execute("UPDATE log.item SET n_bytes = n_bytes + 1 WHERE rowid = 7")
        assert logical_digest(connection) != digest


def test_every_table_view_and_column_has_a_comment(workspace):
    path = current(workspace.catalogs).path
    bare = (
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL "
        "AND database_name = current_database()"
    )
    assert query(path, bare).rows == ()
    assert query(path, "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL").rows == ()
    assert query(path, "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND comment IS NULL").rows == ()


def test_every_view_of_the_folder_is_built_and_answers(workspace):
    files = {file.name.removesuffix(".sql") for file in resources.files("catalog").joinpath("views").iterdir()}
    assert files == set(VIEWS)
    path = current(workspace.catalogs).path
    for view in (*VIEWS, "finding", "finding_status"):
        assert query(path, f"SELECT * FROM {view} LIMIT 1").columns, view


def test_the_decisions_of_each_item_are_complete(workspace):
    path = current(workspace.catalogs).path
    counts = query(path, "SELECT (SELECT count(*) FROM decision), (SELECT count(*) * 5 FROM item)").rows[0]
    assert counts[0] == counts[1]
    strictest = (
        "SELECT count(*) FROM item AS i JOIN (SELECT item, "
        "max(list_position(['keep', 'redact', 'hold', 'drop'], outcome)) AS worst FROM decision GROUP BY item) AS d "
        "USING (item) WHERE list_position(['keep', 'redact', 'hold', 'drop'], i.verdict) <> d.worst"
    )
    assert query(path, strictest).rows == ((0,),)


def test_a_duplicate_names_the_item_that_stays(workspace):
    path = current(workspace.catalogs).path
    sql = (
        "SELECT count(*), count(*) FILTER (kept.verdict IN ('keep', 'redact') AND kept.content = gone.content) "
        "FROM decision AS d JOIN item AS gone ON gone.item = d.item JOIN item AS kept ON kept.item = d.twin "
        "WHERE d.reason = 'exact_duplicate'"
    )
    found, right = query(path, sql).rows[0]
    assert found == right > 0


def test_schema_steps_are_numbered_without_a_gap_and_sealed_by_their_digest():
    assert [number for number, _, _ in schema_steps()] == list(range(1, len(schema_steps()) + 1))
    with duckdb.connect() as connection:
        migrate(connection)
        migrate(connection)
        connection.execute("UPDATE main.schema_step SET sha256 = 'other'")
        with pytest.raises(CatalogError, match="Schema step 1"):
            migrate(connection)
        connection.execute("UPDATE main.schema_step SET number = 99")
        with pytest.raises(CatalogError, match="Update Tamis"):
            migrate(connection)


def test_a_log_with_nothing_in_it_is_a_catalog_too(tmp_path):
    build(Log(tmp_path / "store"), tmp_path / "empty.duckdb")
    assert query(tmp_path / "empty.duckdb", "SELECT count(*) FROM item").rows == ((0,),)


@pytest.mark.parametrize(("size", "first"), [(5_000, True), (400_000, True), (5_000, False), (400_000, False)])
def test_a_disk_that_is_full_is_said_to_be_and_nothing_is_left(workspace, tmp_path, size, first):
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from catalog.build import build; from catalog.log import Log; from tamis.errors import DiskFullError\n"
        + ("" if first else "build(Log(Path(sys.argv[1])), Path(sys.argv[2] + '.before'))\n")
        + f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "try: build(Log(Path(sys.argv[1])), Path(sys.argv[2]))\n"
        "except DiskFullError as error: print(error)"
    )
    target = tmp_path / "built" / "catalog.duckdb"
    target.parent.mkdir()
    command = [sys.executable, "-c", program, workspace.log.store, target]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout.startswith("The disk is full.")
    assert [path.name for path in target.parent.iterdir()] == ([] if first else [f"{target.name}.before"])


def test_a_log_that_cannot_be_read_is_a_catalog_error_and_nothing_is_left(workspace, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(workspace.log.store, store)
    part = next(store.glob("runs/*/corpus-*/decisions.parquet"))
    part.write_bytes(b"PAR1 no Parquet")
    with pytest.raises(CatalogError, match=r"the log is damaged. `tamis verify` says where"):
        build(Log(store), tmp_path / "built" / "catalog.duckdb")
    assert list((tmp_path / "built").iterdir()) == []


def test_decisions_say_whether_the_filter_looked(workspace):
    path = current(workspace.catalogs).path
    sql = (
        "SELECT d.filter, i.kind, d.status FROM decision AS d JOIN item AS i USING (run, item) "
        "WHERE d.filter IN ('nsfw', 'reader') GROUP BY ALL ORDER BY ALL"
    )
    assert query(path, sql).rows == (
        ("nsfw", "image", "seen"),
        ("nsfw", "image", "unreadable"),
        ("nsfw", "text", "not_applicable"),
        ("nsfw", "text", "not_checked"),
        ("reader", "image", "seen"),
        ("reader", "text", "seen"),
        ("reader", "text", "unreadable"),
    )
    assert query(path, "SELECT count(*) FROM decision WHERE status IS NULL").rows == ((0,),)


def test_what_the_reader_could_not_read_is_told_from_what_a_filter_held(workspace):
    path = current(workspace.catalogs).path
    rows = query(path, "SELECT filter, unread, hold > unread FROM funnel ORDER BY place LIMIT 3").rows
    assert rows == (("reader", 0, True), ("personal_data", 4, False), ("nsfw", 4, True))


def test_places_of_personal_data_say_what_the_policy_made_of_them(workspace):
    path = current(workspace.catalogs).path
    assert query(path, "SELECT DISTINCT kind, outcome FROM span").rows == (("EMAIL_ADDRESS", "redact"),)
    sql = (
        "SELECT sum(spans)::BIGINT, sum(masked + pseudonymised + as_found + away)::BIGINT, sum(masked)::BIGINT, "
        "sum(pseudonymised + as_found)::BIGINT FROM personal_data_mix"
    )
    spans, together, masked, otherwise = query(path, sql).rows[0]
    assert spans == together > masked > 0 == otherwise
    in_release = query(
        path, "SELECT count(*) FROM span JOIN item USING (run, item) WHERE verdict IN ('keep', 'redact')"
    ).rows[0][0]
    assert masked == in_release


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    """Addresses stay, a kind of card number is held; and the policy's limits stand in run.json."""
    folder = tmp_path_factory.mktemp("lenient")
    rows = ["me@example.com and 4012888888881881", "you@example.com"]
    (folder / "a.jsonl").write_text("\n".join(f'{{"text": "{row}", "licence": "MIT"}}' for row in rows))
    (folder / "recipe.yaml").write_text(
        "name: small\ncorpora: [{name: letters, format: jsonl, path: a.jsonl}]\n"
        'filters: {licence: {}, personal_data: {}}\nrelease: {name: small, version: "1"}\n'
    )
    (folder / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\n'
        "personal_data: {default: keep, kinds: {CREDIT_CARD: hold}}\n"
    )
    workspace = Workspace.of(folder)
    curate_all(workspace, Means(0, quiet=True))
    return workspace


def test_what_the_policy_keeps_is_said_to_stand_as_it_was_found(lenient):
    path = current(lenient.catalogs).path
    rows = query(path, "SELECT kind, outcome, count(*) FROM span GROUP BY ALL ORDER BY ALL").rows
    assert rows == (("CREDIT_CARD", "hold", 1), ("EMAIL_ADDRESS", "keep", 2))
    rows = query(path, "SELECT kind, spans, masked, as_found, away FROM personal_data_mix ORDER BY kind").rows
    assert rows == (("CREDIT_CARD", 1, 0, 0, 1), ("EMAIL_ADDRESS", 2, 0, 1, 1))


def test_pseudonyms_and_weak_places_are_told_from_masks(tmp_path):
    text = "me@example.com at 81.2.69.142, card 4012888888881881, MAC 00:1b:44:11:3a:b7"
    (tmp_path / "a.jsonl").write_text(f'{{"text": "{text}", "licence": "MIT"}}\n')
    (tmp_path / "recipe.yaml").write_text(
        "name: small\ncorpora: [{name: letters, format: jsonl, path: a.jsonl}]\n"
        'filters: {licence: {}, personal_data: {}}\nrelease: {name: small, version: "1"}\n'
    )
    (tmp_path / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\npersonal_data:\n  kinds:\n'
        "    EMAIL_ADDRESS: pseudonym\n    IP_ADDRESS: {min_score: 0.7}\n"
        "    MAC_ADDRESS: {action: pseudonym, min_score: 0.6}\n"
    )
    workspace = Workspace.of(tmp_path)
    outcome = curate_all(workspace, Means(0, quiet=True))
    path = current(workspace.catalogs).path
    assert query(path, "SELECT kind, outcome, placeholder FROM span ORDER BY start_offset").rows == (
        ("EMAIL_ADDRESS", "redact", "pseudonym"),
        ("IP_ADDRESS", "keep", None),
        ("CREDIT_CARD", "redact", "kind"),
        ("MAC_ADDRESS", "redact", "pseudonym"),
    )
    sql = "SELECT kind, spans, masked, pseudonymised, as_found, away FROM personal_data_mix ORDER BY kind"
    assert query(path, sql).rows == (
        ("CREDIT_CARD", 1, 1, 0, 0, 0),
        ("EMAIL_ADDRESS", 1, 0, 1, 0, 0),
        ("IP_ADDRESS", 1, 0, 0, 1, 0),
        ("MAC_ADDRESS", 1, 0, 1, 0, 0),
    )
    said = explain(path, query(path, "SELECT item FROM item").rows[0][0])
    assert "EMAIL_ADDRESS at 0–14, score 1: redact (pseudonym)" in said
    assert "personal_data.kinds.IP_ADDRESS: score against 0.7, else redact" in said
    card = (outcome.release.folder / "README.md").read_text()
    assert "| MAC_ADDRESS | 1 | 0 | 1 | 0 | 0 |" in card
    assert "What is pseudonymised stands here as `<KIND_3f9a2c41d0>`" in card
    assert "1 place in these texts is not masked**: the policy keeps IP addresses" in card
    (row,) = duckdb.sql(f"SELECT text, n_masked FROM '{outcome.release.folder}/text/*/*.parquet'").fetchall()
    mail, rest = row[0].split(" at ")
    assert mail.startswith("<EMAIL_ADDRESS_")
    assert rest.startswith("81.2.69.142, card <CREDIT_CARD>, MAC <MAC_ADDRESS_")
    assert row[1] == 3
    copy = tmp_path / "copy.duckdb"
    shutil.copy(path, copy)
    copy.chmod(0o600)
    with duckdb.connect(copy) as connection:  # a score of 0.7 is a single float, which lies below the double
        connection.execute("UPDATE log.span SET score = 0.7 WHERE kind = 'MAC_ADDRESS'")
        connection.execute("UPDATE log.limit_used SET bound = 0.7 WHERE rule = 'personal_data.kinds.MAC_ADDRESS'")
        of_mac = "FROM span WHERE kind = 'MAC_ADDRESS'"
        assert connection.execute(f"SELECT outcome, placeholder {of_mac}").fetchall() == [("redact", "pseudonym")]
        of_mac = of_mac.replace("span", "personal_data_mix")
        assert connection.execute(f"SELECT pseudonymised, as_found {of_mac}").fetchall() == [(1, 0)]


def test_the_limits_that_a_kept_item_was_held_against_are_on_record(lenient, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(lenient.log.store, store)
    (run,) = Log(store).runs()
    limits = [
        {
            "filter": "licence",
            "rule": "licence.min_level",
            "measure": "level",
            "bound": 2,
            "outcome": "hold",
            "reason": "licence_evidence_weak",
        },
        {
            "filter": "licence",
            "rule": "licence.on_unknown",
            "measure": None,
            "bound": None,
            "outcome": "hold",
            "reason": "licence_unknown",
        },
    ]
    facts = Log(store).read_run(run)
    facts["policy"]["limits"] = limits
    write_json(store / "runs" / run / "run.json", facts)
    path = tmp_path / "catalog.duckdb"
    build(Log(store), path)
    assert query(path, "SELECT * EXCLUDE (run) FROM limit_used ORDER BY rule").rows == tuple(
        tuple(limit.values()) for limit in limits
    )
    item = query(path, "SELECT item FROM item WHERE verdict = 'keep'").rows[0][0]
    said = explain(path, item)
    assert "licence.min_level: level against 2, else hold" in said
    assert "EMAIL_ADDRESS at 0–15, score 1: keep" in said
    assert "reader/0.1.0: keep" in said
