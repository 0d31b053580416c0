"""The catalog: a pure function of the log, with a word on every column."""

import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import duckdb
import pytest

from catalog.build import VIEWS, build, logical_digest
from catalog.log import Log
from catalog.migrate import migrate, schema_steps
from catalog.publish import current
from catalog.query import query
from flows.means import Means
from flows.stages import curate_all, publish_catalog
from flows.workspace import Workspace
from tamis.errors import CatalogError
from tests.flows.conftest import POLICY, write_corpora, write_recipe


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    write_corpora(folder)
    write_recipe(folder)
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    curate_all(workspace, Means(0, quiet=True))
    return workspace


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


@pytest.mark.parametrize("size", [5_000, 400_000])
def test_a_disk_that_is_full_is_said_to_be_and_nothing_is_left(workspace, tmp_path, size):
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from catalog.build import build; from catalog.log import Log; from tamis.errors import DiskFullError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "try: build(Log(Path(sys.argv[1])), Path(sys.argv[2]))\n"
        "except DiskFullError as error: print(error)"
    )
    target = tmp_path / "built" / "catalog.duckdb"
    command = [sys.executable, "-c", program, workspace.log.store, target]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout.startswith("The disk is full.")
    assert list(target.parent.iterdir()) == []


def test_a_log_that_cannot_be_read_is_a_catalog_error_and_nothing_is_left(workspace, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(workspace.log.store, store)
    part = next(store.glob("runs/*/corpus-*/decisions.parquet"))
    part.write_bytes(b"PAR1 no Parquet")
    with pytest.raises(CatalogError, match=r"the log is damaged. `tamis verify` says where"):
        build(Log(store), tmp_path / "built" / "catalog.duckdb")
    assert list((tmp_path / "built").iterdir()) == []
