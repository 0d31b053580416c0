import hashlib
import json
import threading
import time
from dataclasses import replace

import duckdb
import pytest

from catalog.query import Answer, QueryError, query
from catalog.query_child import safe, safe_line
from catalog.read import connect_read
from catalog.render import as_csv, as_json, as_table
from tamis.errors import CatalogError

TABLES = """
CREATE TABLE c.schema_step (number UINTEGER, name VARCHAR, sha256 VARCHAR);
INSERT INTO c.schema_step VALUES (1, '0001_log.sql', 'ab');
CREATE TABLE c.d AS SELECT i, 'drop' AS verdict FROM range(20000) t(i);
"""


def make_catalog(path, tables=TABLES):
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS c (STORAGE_VERSION 'v1.2.0'); {tables}")
    return path


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    path = make_catalog(tmp_path_factory.mktemp("published") / "catalog-000001.duckdb")
    path.chmod(0o444)
    return path


def state(catalog):
    """What an attack must leave as it is: the names beside the catalog, and its bytes."""
    names = sorted(path.name for path in catalog.parent.iterdir())
    return names, hashlib.sha256(catalog.read_bytes()).hexdigest()


def all_fail(attempts):
    """Runs attempts two at a time, since each starts a process; returns those that did not end in QueryError."""
    pending, succeeded = list(attempts), []

    def work():
        while pending:
            catalog, sql = pending.pop()
            try:
                succeeded.append((sql, query(catalog, sql)))
            except QueryError:
                pass
            except Exception as error:
                succeeded.append((sql, error))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return succeeded


READS = (
    "FROM read_csv('/etc/passwd')",
    "FROM read_text('/etc/passwd')",
    "FROM read_blob('{own}')",
    "FROM read_json('/etc/passwd')",
    "FROM read_parquet('/etc/passwd')",
    "FROM parquet_metadata('/etc/passwd')",
    "FROM glob('/etc/*')",
    "FROM sniff_csv('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM '{own}'",
    "FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "FROM read_csv('http://localhost/x.csv')",
    "FROM read_csv('/dev/stdin')",
    "FROM duckdb_extensions()",
    "SELECT getenv('HOME')",
    "FROM sql",
)
WRITES = (
    "COPY d TO '{own}' (USE_TMP_FILE false)",
    "EXPLAIN ANALYZE COPY d TO '{own}' (USE_TMP_FILE false)",
    "COPY (SELECT unhex('00')) TO '{own}.wal' (FORMAT blob)",
    "EXPLAIN ANALYZE COPY (SELECT unhex('00')) TO '{own}.wal' (FORMAT blob, USE_TMP_FILE false)",
    "COPY d TO '{folder}/out.csv'",
    "COPY d TO '/dev/stdout'",
    "EXPORT DATABASE '{folder}/out'",
    "DELETE FROM d",
    "EXPLAIN ANALYZE DELETE FROM d",
    "WITH gone AS (DELETE FROM d RETURNING *) SELECT * FROM gone",
    "UPDATE d SET verdict = 'keep'",
    "DROP TABLE d",
    "ATTACH '{folder}/other.duckdb' (READ_WRITE)",
    "ATTACH '{own}' AS again",
    "DETACH c",
    "USE memory",
)
SETTINGS = (
    "SET enable_external_access = true",
    "RESET disabled_filesystems",
    "SET lock_configuration = false",
    "SET memory_limit = '100GB'",
    "SET log_query_path = '{folder}/log'",
    "PRAGMA profiling_output = '{folder}/profile'",
    "CALL enable_logging(storage = 'file', storage_path = '{folder}/log')",
    "FROM enable_logging(storage = 'file', storage_path = '{folder}/log')",
    "FROM enable_profiling()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
    "CHECKPOINT",
)
STATEMENTS = (
    "SELECT 1; DELETE FROM d",
    "SELECT 1; SELECT 2",
    "PREPARE p AS SELECT * FROM read_text('/etc/passwd')",
    "CREATE TEMP MACRO m() AS TABLE SELECT * FROM read_text('/etc/passwd')",
    "CREATE TEMP VIEW v AS SELECT * FROM read_text('/etc/passwd')",
    "CREATE TEMP TABLE t AS SELECT 1",
    "PIVOT d ON verdict USING count(*)",
    "BEGIN",
    "",
    "-- nothing",
    "SELECT",
    "SELECT '\ud800'",
)


@pytest.mark.parametrize(
    "attacks", [READS, WRITES, SETTINGS, STATEMENTS], ids=["reads", "writes", "settings", "statements"]
)
def test_no_attack_is_answered_or_leaves_a_trace(catalog, attacks):
    before = state(catalog)
    own = {"own": catalog, "folder": catalog.parent}
    assert all_fail((catalog, attack.format(**own)) for attack in attacks) == []
    assert state(catalog) == before


def test_what_is_refused_says_what_to_do(catalog):
    with pytest.raises(QueryError, match=r"Found 2 statements.*one SELECT at a time"):
        query(catalog, "SELECT 1; SELECT 2")
    with pytest.raises(QueryError, match=r"reads this as COPY. `tamis sql` can only read"):
        query(catalog, "COPY d TO 'x'")
    with pytest.raises(QueryError, match="names its values"):
        query(catalog, "PIVOT d ON verdict USING count(*)")
    with pytest.raises(QueryError, match="not UTF-8"):
        query(catalog, "SELECT '\ud800'")
    with pytest.raises(QueryError, match='"verdict"'):
        query(catalog, "SELECT verdit FROM d")


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e300, 86_401, 0, -1])
def test_a_limit_that_is_none_is_refused(catalog, seconds):
    with pytest.raises(QueryError, match=r"`--seconds` is .* at most 86,400, a day"):
        query(catalog, "SELECT 1", seconds=seconds)


def test_an_endless_query_is_killed_at_its_limit(catalog):
    began = time.monotonic()
    with pytest.raises(QueryError, match=r"ended at its limit of 1\.2 s"):
        query(catalog, "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 3", seconds=1.2)
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize(
    "sql",
    ["SELECT repeat('x', 2000000000)", "SELECT list(i) FROM range(1000000000) t(i)", "SELECT repeat('x', 90000000)"],
)
def test_a_query_that_takes_too_much_memory_or_says_too_much_is_refused(catalog, sql):
    began = time.monotonic()
    with pytest.raises(QueryError, match=r"more memory|lack of memory|longer than 64 MB|ended at its limit"):
        query(catalog, sql, seconds=4)
    assert time.monotonic() - began < 6


def test_an_answer_has_at_most_so_many_rows_and_says_that_there_are_more(catalog):
    assert len(query(catalog, "FROM d ORDER BY i", rows=300).rows) == 300
    assert query(catalog, "FROM range(100000000000)", rows=3) == Answer(
        ("range",), ("BIGINT",), ((0,), (1,), (2,)), True
    )
    assert not query(catalog, "FROM range(3)", rows=3).truncated


def test_every_type_comes_back_exact(catalog):
    expressions = {
        "18446744073709551615::UBIGINT": 2**64 - 1,
        "(-170141183460469231731687303715884105727)::HUGEINT": -(2**127) + 1,
        "TIMESTAMP '2026-11-23 10:00:00.123456'": "2026-11-23T10:00:00.123456",
        "TIMESTAMPTZ '2026-11-23 10:00:00+02'": "2026-11-23T08:00:00+00:00",
        "DATE '2026-11-23'": "2026-11-23",
        "TIME '10:00:00'": "10:00:00",
        "1.50::DECIMAL(10, 2)": "1.50",
        "'\\x00\\xFF'::BLOB": "00ff",
        "'nan'::DOUBLE": "NaN",
        "'-inf'::DOUBLE": "-Infinity",
        "0.1::DOUBLE": 0.1,
        "true": True,
        "NULL": None,
        "'é'": "é",
        "[1, NULL]": [1, None],
        "{'a': 1, 'b': ['x']}": {"a": 1, "b": ["x"]},
        "MAP {1: 2.5}": {"1": "2.5"},
        "'00000000-0000-0000-0000-000000000001'::UUID": "00000000-0000-0000-0000-000000000001",
    }
    answer = query(catalog, f"SELECT {', '.join(expressions)}")
    assert answer.rows == (tuple(expressions.values()),)
    assert answer.types[:3] == ("UBIGINT", "HUGEINT", "TIMESTAMP")


def test_nothing_comes_back_that_a_terminal_would_obey(catalog):
    answer = query(catalog, "SELECT chr(27) || '[2J', {'k': chr(155)}, 'a' || chr(8238) || 'b' AS \"x\x1by\"")
    assert answer.rows == (("�[2J", {"k": "�"}, "a�b"),)
    assert answer.columns[2] == "x�y"
    assert "\x1b" not in "".join(answer.columns)
    with pytest.raises(QueryError) as refused:
        query(catalog, "SELECT error(chr(27) || '[2J')")
    assert "\x1b" not in str(refused.value)


def test_nothing_is_hidden_from_who_reads_a_terminal():
    hidden = "\u200b\u2028\u2029\u2060\ufeff\udcff"
    assert safe(hidden) == "\ufffd" * len(hidden)
    assert safe("a\u200db\tc\nd") == "a\u200db\tc\nd"
    assert safe_line("a\tb\nc\x1b[2J") == "a b\ufffdc\ufffd[2J"


def test_the_process_inherits_no_keys_and_writes_no_file(catalog, monkeypatch, tmp_path):
    monkeypatch.setenv("TAMIS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "duckdb.py").write_text("raise SystemExit('the wrong duckdb')")
    assert query(catalog, "SELECT 1 AS one").rows == ((1,),)


def test_show_describe_and_explain_are_answered(catalog):
    assert query(catalog, "SHOW TABLES").rows == (("d",), ("schema_step",))
    assert query(catalog, "DESCRIBE d").rows[0][:2] == ("i", "BIGINT")
    pivot = "FROM (SELECT verdict FROM d) PIVOT (count(*) FOR verdict IN ('keep', 'drop'))"
    assert query(catalog, "PIVOT (SELECT verdict FROM d) ON verdict IN ('keep', 'drop') USING count(*)").rows == (
        (0, 20_000),
    )
    assert query(catalog, pivot).columns == ("keep", "drop")
    assert "╭" in as_table(query(catalog, "EXPLAIN FROM d"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such catalog"),
        (b"SQLite format 3\x00", "no DuckDB file"),
        (b"12345678DUCK" + bytes(40_000), "cannot be opened"),
    ],
)
def test_a_file_that_is_no_catalog_is_not_opened(tmp_path, content, said):
    path = tmp_path / "catalog-000001.duckdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatalogError, match=said):
        connect_read(path)
    if content is not None:
        with pytest.raises(CatalogError, match=said):
            query(path, "SELECT 1")


def test_a_database_of_somebody_else_is_not_opened(tmp_path):
    with pytest.raises(CatalogError, match="no catalog of Tamis"):
        connect_read(make_catalog(tmp_path / "x.duckdb", "CREATE TABLE c.t AS SELECT 1 AS i"))


def test_a_cut_catalog_is_not_opened(tmp_path):
    path = make_catalog(tmp_path / "x.duckdb")
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(CatalogError, match="damaged"):
        connect_read(path)


def test_a_catalog_with_a_planted_log_is_not_opened(tmp_path):
    path = make_catalog(tmp_path / "x.duckdb")
    (tmp_path / "x.duckdb.wal").write_bytes(b"planted")
    with pytest.raises(CatalogError, match="somebody wrote to it"):
        connect_read(path)


def test_our_own_connection_reads_twice_at_once_and_does_nothing_else(catalog):
    before = state(catalog)
    with connect_read(catalog) as one, connect_read(catalog) as two:
        for connection in (one, two):
            assert connection.execute("SELECT count(*) FROM d").fetchall() == [(20_000,)]
            for attack in (
                "FROM read_text('/etc/passwd')",
                f"COPY d TO '{catalog}' (USE_TMP_FILE false)",
                "FROM before",
            ):
                with pytest.raises(duckdb.Error):
                    connection.execute(attack)
    assert state(catalog) == before


TEXTS = Answer(
    ("name", "n", "n"),
    ("VARCHAR", "BIGINT", "DECIMAL(9,2)"),
    (("=1+1", 7, "-1.50"), ("日本", None, "12.00"), ("-x\ny", 100, "Infinity")),
    False,
)


def test_a_table_is_aligned_and_one_line_a_row():
    assert as_table(TEXTS).splitlines() == [
        "name     n         n",
        "────  ────  ────────",
        "=1+1     7     -1.50",
        "日本  NULL     12.00",
        "-x↵y   100  Infinity",
    ]
    assert as_table(replace(TEXTS, rows=(("x" * 500, 1, "1"),))).splitlines()[2].startswith("x" * 79 + "…")
    assert as_table(replace(TEXTS, rows=())).splitlines()[0] == "name  n  n"


def test_csv_runs_no_formula_and_keeps_numbers():
    assert as_csv(TEXTS).split("\n")[:3] == ["name,n,n", "'=1+1,7,-1.50", "日本,,12.00"]
    cells = ["@x", "+1 2", "\tx", "\rx", "-", "＝1"]
    assert all(as_csv(Answer((cell,), ("VARCHAR",), ((cell,),), False)).count(f"'{cell}") == 2 for cell in cells)
    hidden = [" =1+1", "\u00a0=1+1", " \t-1+1", "\u3000@x"]
    assert all(as_csv(Answer(("x",), ("VARCHAR",), ((cell,),), False)).count(f"'{cell}") == 1 for cell in hidden)
    assert as_csv(Answer(("x",), ("VARCHAR",), ((" a",),), False)) == "x\n a\n"
    assert as_csv(Answer(("x",), ("DOUBLE",), ((-1.5,), ("-2e5",)), False)) == "x\n-1.5\n-2e5\n"


def test_json_is_one_object_a_line_and_loses_no_column():
    lines = [json.loads(line) for line in as_json(TEXTS).splitlines()]
    assert lines[0] == {"name": "=1+1", "n": 7, "n_1": "-1.50"}
    assert len(lines) == 3


def test_json_of_many_columns_alike_takes_no_time_and_no_name_twice():
    names = ("n_1", *["n"] * 20_000)
    began = time.thread_time()  # of the processor: what others do on the machine is none of its business
    line = json.loads(as_json(Answer(names, ("INTEGER",) * len(names), (tuple(range(len(names))),), False)))
    assert time.thread_time() - began < 5
    assert len(line) == len(names)
    assert list(line)[:4] == ["n_1", "n", "n_2", "n_3"]
