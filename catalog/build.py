"""Builds the DuckDB catalog from the log: tables with comments, and the views that are its stable surface.

Only our own Parquet files are handed to DuckDB. The same log gives the same logical digest, however often it is built.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl

from catalog.activity import read_activity
from catalog.coefficient import NEEDED, read_choice
from catalog.log import READER, RECORD, SUBSET, Commit, Log
from catalog.migrate import migrate
from tamis.errors import CatalogError, DiskFullError, is_disk_full
from tamis.ids import digest_of
from tamis.reasons import REASONS, SHARD_FAILURES
from tamis.records import CONDITIONS, Columns

STORAGE_VERSION = "v1.2.0"
"""Files of this version open in every DuckDB from 1.2 on; those that 2.0 writes by default do not open in 1.x."""

VIEWS = (
    "item",
    "verdict",
    "decision",
    "rule_fired",
    "span",
    "subject_mention",
    "evidence",
    "run",
    "shard",
    "filter_used",
    "limit_used",
    "funnel",
    "held",
    "drop_rate",
    "identity_rate",
    "licence_mix",
    "rights",
    "same_work",
    "work_terms",
    "condition_mix",
    "reservation_mix",
    "language_mix",
    "near_duplicate_search",
    "near_text_search",
    "near_meaning_search",
    "subset",
    "choice",
    "size_curve",
    "subset_mix",
    "repeated_line_search",
    "personal_data_mix",
    "personal_data_left",
    "release",
    "release_item",
    "release_split",
    "release_origin",
    "release_mix",
    "release_file",
    "release_audit",
    "release_tokens",
    "obligation",
    "activity",
    "coefficient",
    "energy",
    "energy_rate",
    "reason",
    "column_comment",
)
"""In the order in which they build on one another; `finding` and `finding_status` are made before them, in code."""

_SETTINGS = """
SET memory_limit = '2GB';
SET threads = 2;
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET allow_community_extensions = false;
SET python_enable_replacements = false;
SET preserve_insertion_order = true;
SET fsync_mode = 'NONE';
"""
"""Nothing is synced: a file that is not whole is nobody's, and `publish` syncs what it shows."""

_MACRO = "CREATE MACRO hex128(hi, lo) AS printf('%016x%016x', hi, lo)"

_FILTER_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A release that is staged and not sealed: what audits look at before it is."""

    facts: Mapping[str, Any]
    """As in its manifest, with no digest yet."""
    items: Path
    """The Parquet file that says which item lies where."""


@dataclass(frozen=True, slots=True)
class _Segment:
    run: str
    number: int
    folder: Path
    commit: Commit


def build(log: Log, target: Path, *, candidate: Candidate | None = None) -> str:
    """Writes the catalog to `target`, which must not exist; returns its logical digest, empty for a candidate.

    Args:
        log: what to build it from.
        target: a DuckDB file that clients from 1.2 on can read.
        candidate: shown as if it were sealed.

    Raises:
        CatalogError: the log is damaged, or was written by a newer Tamis.
        DiskFullError: no space is left for it. Either way nothing is left of it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        return (_built_elsewhere if "?" in str(target) else _built)(log, target, candidate)
    except (duckdb.Error, OSError) as error:
        full = _is_disk_full(error, target.parent)
        for left in (target, target.with_name(f"{target.name}.wal")):
            left.unlink(missing_ok=True)
        if full:
            raise DiskFullError from None
        if isinstance(error, OSError):
            raise
        raise CatalogError(
            f"The catalog could not be built ({type(error).__name__}): the log is damaged. `tamis verify` says where."
        ) from None


def _built(log: Log, target: Path, candidate: Candidate | None) -> str:
    with target.open("xb") as file:
        file.write(_empty())
    with _opened(target) as connection:
        _fill(connection, log, candidate)
        return "" if candidate else logical_digest(connection)  # nobody publishes a candidate


@contextmanager
def _opened(target: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(_SETTINGS)
        connection.execute(f"SET temp_directory = '{_quoted(target.parent / '.spill')}'")
        connection.execute(f"ATTACH '{_quoted(target)}' AS built (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE built")
        yield connection
        connection.execute("USE memory")
        connection.execute("DETACH built")
    finally:
        connection.close()


@cache
def _empty() -> bytes:
    """The file of a catalog of an empty log, made once in a process: to make views costs most of a small catalog."""
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
        target = Path(folder) / "empty.duckdb"
        with _opened(target) as connection:
            migrate(connection)
            connection.execute(_MACRO)
            _make_views(connection, _views_of_findings({}))
            _make_views(connection, {view: view_sql(view) for view in VIEWS})
            _insert(connection, "log.reason", [(code, "item", said) for code, said in REASONS.items()])
            _insert(connection, "log.reason", [(code, "shard", said) for code, said in SHARD_FAILURES.items()])
        return target.read_bytes()


def _built_elsewhere(log: Log, target: Path, candidate: Candidate | None) -> str:
    """For a path with `?`, from which on DuckDB takes it for parameters of an address when it names its `.wal`."""
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
        digest = _built(log, Path(folder) / target.name, candidate)
        shutil.move(Path(folder) / target.name, target)
    return digest


_NO_SPACE = ("No space left", "Disk quota exceeded", "File too large")

_NEARLY_NOTHING = 1_000_000
"""Bytes: DuckDB writes blocks of 262,144, and does not always say why it could not."""


def _is_disk_full(error: duckdb.Error | OSError, folder: Path) -> bool:
    said = any(words in str(error) for words in _NO_SPACE)
    return said or is_disk_full(error) or shutil.disk_usage(folder).free < _NEARLY_NOTHING


def bring_release(log: Log, target: Path) -> str:
    """Has the catalog of a candidate say what was sealed since; returns its logical digest.

    It is then what `build` would make, if nothing else has come into the log, for the price of the releases alone.

    Raises:
        CatalogError: the catalog cannot be written to.
        DiskFullError: no space is left for it.
    """
    with _rewritten(target) as connection:
        for table in _OF_RELEASES:
            connection.execute(f"DELETE FROM log.{table}")  # noqa: S608 # our own names
        _insert_releases(connection, log, None)
        _insert_coefficients(connection, log)
        return logical_digest(connection)


_OF_RELEASES = (
    "release",
    "release_file",
    "release_audit",
    "obligation",
    "release_split",
    "release_origin",
    "release_item",
    "coefficient",
)
"""Tables that sealing changes; and that of coefficients, which an operator may have chosen anew meanwhile."""


def bring_activity(log: Log, target: Path) -> None:
    """Has a catalog that was just built say what has been taken since, the building of it included.

    Raises:
        CatalogError: the catalog cannot be written to.
        DiskFullError: no space is left for it.
    """
    with _rewritten(target) as connection:
        for table in ("start", "activity", "reading"):
            connection.execute(f"DELETE FROM spent.{table}")  # noqa: S608 # our own names
        _insert_activity(connection, log)


@contextmanager
def _rewritten(target: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in a transaction that is committed at the end."""
    try:
        with _at_a_plain_path(target) as path, _opened(path) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
    except duckdb.Error as error:
        if _is_disk_full(error, target.parent):
            raise DiskFullError from None
        raise CatalogError(f"{target}: cannot be written to ({type(error).__name__}).") from None


@contextmanager
def _at_a_plain_path(target: Path) -> Iterator[Path]:
    """The file, elsewhere meanwhile if need be: see `_built_elsewhere`."""
    if "?" not in str(target):
        yield target
        return
    with tempfile.TemporaryDirectory(prefix="tamis-") as folder:
        moved = Path(shutil.move(target, Path(folder) / target.name))
        try:
            yield moved
        finally:
            shutil.move(moved, target)


def logical_digest(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 over what all tables hold, whatever the order of rows or the file's layout.

    Each table counts with its rows and the sum of the lower 64 bits of their MD5: a sum does not depend on order. Views
    count by the table `view_source`, for DuckDB words a view's definition otherwise once its file was opened again.
    What runs took (schema `spent`) does not count: it is another each time.
    """
    return digest_of([(schema, table, *sums) for (schema, table), sums in table_sums(connection).items()])


def table_sums(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[int, str]]:
    """(schema, table) → rows and sum, as the logical digest counts them: says where two catalogs differ."""
    found = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND NOT internal AND schema_name <> 'spent' ORDER BY ALL"
    ).fetchall()
    return {(schema, table): _sums(connection, schema, table) for schema, table in found}


def _sums(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[int, str]:
    query = (
        "SELECT count(*), coalesce(sum(md5_number_lower(each_row::VARCHAR)::HUGEINT), 0)::VARCHAR "  # noqa: S608 # ours
        f'FROM {schema}."{table}" AS each_row'
    )
    count, total = connection.execute(query).fetchall()[0]
    return count, total


def view_sql(name: str) -> str:
    """The definition of one of VIEWS, with the question it answers on top."""
    return resources.files("catalog").joinpath("views", f"{name}.sql").read_text(encoding="utf-8")


def _fill(connection: duckdb.DuckDBPyConnection, log: Log, candidate: Candidate | None) -> None:
    runs = {run: log.read_run(run) for run in log.runs()}
    segments = [
        _Segment(run, number, log.segment_folder(run, number), commit)
        for run in runs
        for number, commit in sorted(log.commits(run).items())
    ]
    _insert_runs(connection, log, runs)
    _insert_shards(connection, log, runs, segments)
    _insert_segments(connection, segments)
    _insert_records(connection)
    _insert_corpus_steps(connection, log, runs)
    _insert_searches(connection, log, runs)
    _insert_choices(connection, log, runs)
    _insert_findings(connection, runs, segments)
    _insert_releases(connection, log, candidate)
    _insert_coefficients(connection, log)
    _insert_activity(connection, log)


def _make_views(connection: duckdb.DuckDBPyConnection, definitions: Mapping[str, str]) -> None:
    """In one transaction, for each costs as much as making a view does; those of the same names are replaced."""
    connection.execute("BEGIN")
    for name, sql in definitions.items():
        connection.execute(f"DROP VIEW IF EXISTS {name}; {sql}")
    connection.execute("DELETE FROM main.view_source WHERE name IN (SELECT unnest(?))", [list(definitions)])
    digests = [(name, hashlib.sha256(sql.encode()).hexdigest()) for name, sql in definitions.items()]
    _insert(connection, "main.view_source", digests)
    connection.execute("COMMIT")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Few rows, with bound parameters, some hundred a statement; bulk goes by Parquet."""
    for part in _parts(rows, 200):
        marks = ", ".join("(" + ", ".join("?" for _ in row) + ")" for row in part)
        values = [value for row in part for value in row]
        connection.execute(f"INSERT INTO {table} VALUES {marks}", values)  # noqa: S608 # our own names


def _parts(rows: Iterable[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def _insert_runs(connection: duckdb.DuckDBPyConnection, log: Log, runs: Mapping[str, Mapping[str, Any]]) -> None:
    _insert(connection, "log.run", (_run_row(facts, log.finished(run)) for run, facts in runs.items()))
    _insert(connection, "log.filter_used", (row for facts in runs.values() for row in _filter_rows(facts)))
    _insert(connection, "log.limit_used", (row for facts in runs.values() for row in _limit_rows(facts)))


def _run_row(facts: Mapping[str, Any], finished: Mapping[str, Any] | None) -> tuple[Any, ...]:
    recipe, policy = facts["recipe"], facts["policy"]
    ended = finished or {"finished_at": None, "status": "open"}
    return (
        facts["run"],
        _utc(facts["started_at"]),
        _utc(ended["finished_at"]),
        ended["status"],
        *(recipe[key] for key in ("name", "digest", "text")),
        *(policy[key] for key in ("name", "version", "digest", "text")),
        *(facts[key] for key in ("tamis_version", "python", "machine", "libraries")),
        *_suppressions(facts),
    )


def _suppressions(facts: Mapping[str, Any]) -> tuple[str | None, int]:
    named = facts.get("suppressions")
    return (named["digest"], named["values"]) if named else (None, 0)


def _utc(text: str | None) -> str | None:
    """Times are stored as UTC without an offset, since TIMESTAMPTZ would need an extension to be shown."""
    return None if text is None else text.removesuffix("+00:00")


def _filter_rows(facts: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    yield (facts["run"], 0, READER, facts["tamis_version"], "", "item", "{}", {}, {})
    for place, spec in enumerate(facts["filters"], start=1):
        yield (
            facts["run"],
            place,
            *(spec[key] for key in ("name", "version", "digest", "reads")),
            orjson.dumps(spec["parameters"], option=orjson.OPT_SORT_KEYS).decode(),
            spec["models"],
            spec["libraries"],
        )


def _limit_rows(facts: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rules of the policy, as the run recorded them: this floor cannot read a policy."""
    for limit in facts["policy"].get("limits", []):
        yield (facts["run"], *(limit[key] for key in ("filter", "rule", "measure", "bound", "outcome", "reason")))


def _insert_shards(
    connection: duckdb.DuckDBPyConnection,
    log: Log,
    runs: Mapping[str, Mapping[str, Any]],
    segments: Iterable[_Segment],
) -> None:
    committed = {(segment.run, segment.number): segment.commit for segment in segments}
    failed = {(run, number): failure for run in runs for number, failure in log.failures(run).items()}
    shards = [
        _shard_row(run, shard, committed.get((run, shard["number"])), failed.get((run, shard["number"])))
        for run, facts in runs.items()
        for shard in facts["shards"]
    ]
    counts = [
        (run, number, each.name, each.ran, each.keep, each.redact, each.hold, each.drop)
        for (run, number), commit in committed.items()
        for each in commit.filters
    ]
    _insert(connection, "log.shard", shards)
    _insert(connection, "log.shard_filter", counts)


def _shard_row(
    run: str, shard: Mapping[str, Any], commit: Commit | None, failure: Mapping[str, Any] | None
) -> tuple[Any, ...]:
    place = (run, *(shard[key] for key in ("number", "corpus", "name", "sha256", "n_bytes")))
    if commit:
        return (*place, "committed", None, None, commit.items, commit.reused_from, commit.subject_key or None)
    if failure:
        return (*place, "failed", failure["code"], failure["error_type"], None, None, None)
    return (*place, "planned", None, None, None, None, None)


_BULK = {
    "item": (
        "items",
        (
            "position, item_hi, item_lo, record, content_hi, content_lo, kind, reason, n_bytes, id, path, source, "
            "version, url, title, label, verdict"
        ),
    ),
    "span": ("spans", 'position, filter, kind, start, "end", score, recognizer, value_hi, value_lo'),
    "evidence": (
        "evidence",
        (
            'position, filter, about, kind, level, scope, location, expression, "grant", conditions, reservation, '
            "machine_readable, observed_at, at_fetch, raw_hi, raw_lo"
        ),
    ),
    "decision": (
        "decisions",
        (
            'position, filter, outcome, reason, rule, measure, value, label, "limit", twin_hi, twin_lo, similarity, '
            "decisive"
        ),
    ),
}
"""Table → the file of a segment, and its columns in the table's order."""

_ORDER = {"span": "value_hi, s.run, s.shard, position"}
"""Spans lie in the order of their values, so that DuckDB reads one block of rows to find one, not all of them."""


def _insert_segments(connection: duckdb.DuckDBPyConnection, segments: list[_Segment]) -> None:
    if not segments:
        return
    for table, (file, columns) in _BULK.items():
        paths = _place(connection, ((segment.folder / f"{file}.parquet", segment) for segment in segments))
        connection.execute(
            f"INSERT INTO log.{table} SELECT s.run, s.shard, {columns} "  # noqa: S608 # our own names
            "FROM read_parquet(?, filename = true, hive_partitioning = false) AS p "
            "INNER JOIN memory.main.segment AS s USING (filename) "
            f"ORDER BY {_ORDER.get(table, 's.run, s.shard, position')}",
            [paths],
        )


def _place(connection: duckdb.DuckDBPyConnection, placed: Iterable[tuple[Path, _Segment]]) -> list[str]:
    """Tells DuckDB which file belongs to which shard; returns the files."""
    rows = [(str(path), segment.run, segment.number) for path, segment in placed]
    connection.execute("CREATE OR REPLACE TABLE memory.main.segment (filename VARCHAR, run VARCHAR, shard UINTEGER)")
    _insert(connection, "memory.main.segment", rows)
    return [_no_pattern(path) for path, _, _ in rows]


def _no_pattern(path: Path | str) -> str:
    """The path as DuckDB wants it, which takes `*`, `?` and `[` for a pattern."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def _insert_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Where a run has records of several items, what decides on them stands beside its filters.

    It decides over the whole run: as far as its shards go, everything is kept.
    """
    having = "(SELECT DISTINCT run FROM log.item WHERE record IS NOT NULL)"
    connection.execute(
        "INSERT INTO log.filter_used SELECT run, max(place) + 1, ?, min(version) FILTER (place = 0), '', 'item', '{}', "  # noqa: S608 # ours
        f"MAP {{}}, MAP {{}} FROM log.filter_used WHERE run IN {having} GROUP BY run ORDER BY run",
        [RECORD],
    )
    connection.execute(
        "INSERT INTO log.shard_filter SELECT run, shard, ?, items, items, 0, 0, 0 FROM log.shard "  # noqa: S608 # ours
        f"WHERE status = 'committed' AND run IN {having} ORDER BY run, shard",
        [RECORD],
    )


def _insert_corpus_steps(connection: duckdb.DuckDBPyConnection, log: Log, runs: Iterable[str]) -> None:
    """Only the steps in force: those that a run's finished.json names."""
    columns = _BULK["decision"][1]
    for run in runs:
        for step in (log.finished(run) or {"corpus_steps": {}})["corpus_steps"].values():
            path = log.corpus_folder(run, step) / "decisions.parquet"
            connection.execute(
                f"INSERT INTO log.decision SELECT ?, shard, {columns} "  # noqa: S608 # our own names
                "FROM read_parquet(?, hive_partitioning = false) ORDER BY shard, position",
                [run, _no_pattern(path)],
            )


_SEARCHES = {
    "near_duplicates": (
        "log.near_duplicate_search",
        (
            "radius",
            "second_hash",
            "pictures",
            "plain",
            "earlier",
            "expected_chance_pairs",
            "candidates",
            "confirmed",
            "groups",
        ),
    ),
    SUBSET: (
        "log.subset",
        (
            "kind",
            "method",
            "seed",
            "temperature",
            "target",
            "unit",
            "asked",
            "pool_items",
            "pool_size",
            "chosen_items",
            "chosen_size",
            "examples_again",
            "unscored",
            "unlabelled",
            "bounded",
            "outcome",
            "queried",
        ),
    ),
    "near_texts": (
        "log.near_text_search",
        (
            "min_similarity",
            "shingle",
            "minima",
            "bands",
            "rows_in_band",
            "found_at_limit",
            "texts",
            "wordless",
            "earlier",
            "candidates",
            "confirmed",
            "groups",
            "largest",
            "crowded",
        ),
    ),
    "near_meanings": (
        "log.near_meaning_search",
        (
            "min_similarity",
            "dimensions",
            "texts",
            "without_vector",
            "barely_seen",
            "earlier",
            "confirmed",
            "groups",
            "largest",
        ),
    ),
    "repeated_lines": (
        "log.repeated_line_search",
        ("documents", "least_words", "texts", "pieces", "repeated", "touched", "decided", "unknown", "earlier"),
    ),
}
"""Corpus-wide step → the table of what it says of itself, and its columns after the run."""

_SINCE = {"queried": 0, "earlier": 0}
"""What runs did not say before there was anything to say, and what it was."""


def _insert_searches(connection: duckdb.DuckDBPyConnection, log: Log, runs: Iterable[str]) -> None:
    """What the steps that compare items with one another said of themselves, in the runs that have them."""
    for run in runs:
        steps = (log.finished(run) or {"corpus_steps": {}})["corpus_steps"]
        for name, (table, columns) in _SEARCHES.items():
            if name in steps:
                facts = log.corpus_step_facts(run, steps[name])
                _insert(connection, table, [(run, *(facts.get(column, _SINCE.get(column)) for column in columns))])


def _insert_choices(connection: duckdb.DuckDBPyConnection, log: Log, runs: Iterable[str]) -> None:
    """What was there to be chosen from, in the runs that choose; what decides on it stands beside their filters."""
    for run in runs:
        step = (log.finished(run) or {"corpus_steps": {}})["corpus_steps"].get(SUBSET)
        if step is None:
            continue
        connection.execute(
            "INSERT INTO log.choice SELECT ?, shard, position, score, rank, size, chosen, cluster "
            "FROM read_parquet(?, hive_partitioning = false) ORDER BY shard, position",
            [run, _no_pattern(log.corpus_folder(run, step) / "choices.parquet")],
        )
        connection.execute(
            "INSERT INTO log.size_curve SELECT ?, share, items, bytes, learned, per, bits, low, high, worse_off, "
            "accuracy, random, general FROM read_parquet(?, hive_partitioning = false) ORDER BY share",
            [run, _no_pattern(log.corpus_folder(run, step) / "curve.parquet")],
        )
        connection.execute(
            "INSERT INTO log.filter_used SELECT run, max(place) + 1, ?, min(version) FILTER (place = 0), '', 'item', "
            "'{}', MAP {}, MAP {} FROM log.filter_used WHERE run = ? GROUP BY run",
            [SUBSET, run],
        )
        connection.execute(
            "INSERT INTO log.shard_filter SELECT run, shard, ?, items, items, 0, 0, 0 FROM log.shard "
            "WHERE status = 'committed' AND run = ? ORDER BY shard",
            [SUBSET, run],
        )


def _insert_findings(
    connection: duckdb.DuckDBPyConnection, runs: Mapping[str, Mapping[str, Any]], segments: list[_Segment]
) -> None:
    """A table `log.finding_<filter>` for each filter, and the view `finding` over all of them."""
    measures = _measures(runs)
    for name, columns in measures.items():
        table = f"log.finding_{name}"
        typed = "".join(f', "{column}" {kind}' for column, (kind, _) in columns.items())
        connection.execute(
            f"CREATE TABLE {table} (run VARCHAR NOT NULL, shard UINTEGER NOT NULL, position UBIGINT NOT NULL, "
            f"status VARCHAR NOT NULL{typed})"
        )
        _comment_finding(connection, table, name, columns)
        placed = [
            (segment.folder / f"findings-{name}.parquet", segment)
            for segment in segments
            if any(each.name == name for each in segment.commit.filters)
        ]
        if placed:
            paths = _place(connection, placed)
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT s.run, s.shard, p.* EXCLUDE (filename) "  # noqa: S608 # ours
                "FROM read_parquet(?, filename = true, union_by_name = true, hive_partitioning = false) AS p "
                "INNER JOIN memory.main.segment AS s USING (filename) ORDER BY s.run, s.shard, position",
                [paths],
            )
    _make_views(connection, _views_of_findings(measures))
    _comment_views(connection)


def _views_of_findings(measures: Mapping[str, Mapping[str, tuple[str, str]]]) -> dict[str, str]:
    """Those that are another for other filters; their columns never are, so that views over them stay as they are."""
    return {
        "finding": _finding_view(measures),
        "log.finding_status": _status_view(measures),
        "finding_status": _STATUS_OF_ITEMS,
        **{f"log.{name}_found": _found_view(name, wanted, measures.get(name)) for name, wanted in _FOUND.items()},
    }


def _measures(runs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, tuple[str, str]]]:
    """Filter → measure → (type, what it is), over all runs; the newest word on a measure counts."""
    measures: dict[str, dict[str, tuple[str, str]]] = {}
    for facts in runs.values():
        for spec in facts["filters"]:
            if not _FILTER_NAME.fullmatch(spec["name"]):
                raise CatalogError(f"The filter name {spec['name']!r} is no lower-case word; rename the filter.")
            columns = measures.setdefault(spec["name"], {})
            for measure in spec["measures"]:
                kind = "DOUBLE" if measure["type"] == "number" else "VARCHAR"
                columns[measure["name"].replace('"', "")] = (kind, measure["about"])
    return measures


def _comment_finding(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, columns: Mapping[str, tuple[str, str]]
) -> None:
    comments = {
        "run": "The run.",
        "shard": "The shard's number.",
        "position": "The item's place in the shard.",
        "status": "seen, not_applicable, or why the filter could not look.",
        **{column: about for column, (_, about) in columns.items()},
    }
    _together(
        connection,
        [
            f"COMMENT ON TABLE {table} IS 'What the filter {name} measured, one row for each item.'",
            *(f"COMMENT ON COLUMN {table}.\"{column}\" IS '{_literal(about)}'" for column, about in comments.items()),
        ],
    )


def _finding_view(measures: Mapping[str, Mapping[str, tuple[str, str]]]) -> str:
    parts = [
        f"SELECT run, shard, position, '{name}' AS filter, status, '{column}' AS measure, "  # noqa: S608 # our own names
        + (f'"{column}" AS value, NULL::VARCHAR AS label' if kind == "DOUBLE" else f'NULL::DOUBLE, "{column}"')
        + f" FROM log.finding_{name}"
        for name, columns in measures.items()
        for column, (kind, _) in columns.items()
    ]
    nothing = (
        "SELECT NULL::VARCHAR AS run, NULL::UINTEGER AS shard, NULL::UBIGINT AS position, NULL::VARCHAR AS filter, "
        "NULL::VARCHAR AS status, NULL::VARCHAR AS measure, NULL::DOUBLE AS value, NULL::VARCHAR AS label WHERE false"
    )
    together = " UNION ALL ".join([nothing, *parts])
    return (
        "CREATE VIEW finding AS SELECT f.run, hex128(i.item_hi, i.item_lo) AS item, f.filter, f.status, f.measure, "  # noqa: S608 # our own names
        f"f.value, f.label FROM ({together}) AS f "
        "INNER JOIN log.item AS i ON i.run = f.run AND i.shard = f.shard AND i.position = f.position"
    )


def _status_view(measures: Iterable[str]) -> str:
    nothing = (
        "SELECT NULL::VARCHAR AS run, NULL::UINTEGER AS shard, NULL::UBIGINT AS position, NULL::VARCHAR AS filter, "
        "NULL::VARCHAR AS status WHERE false"
    )
    parts = [
        f"SELECT run, shard, position, '{name}', status FROM log.finding_{name}"  # noqa: S608 # our own names
        for name in measures
    ]
    parts.append(
        f"SELECT i.run, i.shard, i.position, '{RECORD}', if(i.record IS NULL, 'not_applicable', 'seen') "  # noqa: S608
        "FROM log.item AS i INNER JOIN log.shard_filter AS f "
        f"ON f.run = i.run AND f.shard = i.shard AND f.filter = '{RECORD}'"
    )
    parts.append(
        f"SELECT i.run, i.shard, i.position, '{SUBSET}', if(c.run IS NULL, 'not_applicable', 'seen') "  # noqa: S608
        f"FROM log.item AS i INNER JOIN log.shard_filter AS f "
        f"ON f.run = i.run AND f.shard = i.shard AND f.filter = '{SUBSET}' "
        "LEFT JOIN log.choice AS c ON c.run = i.run AND c.shard = i.shard AND c.position = i.position"
    )
    return f"CREATE VIEW log.finding_status AS {' UNION ALL '.join([nothing, *parts])}"


_STATUS_OF_ITEMS = (
    "CREATE VIEW finding_status AS SELECT f.run, hex128(i.item_hi, i.item_lo) AS item, f.filter, f.status "
    "FROM log.finding_status AS f "
    "INNER JOIN log.item AS i ON i.run = f.run AND i.shard = f.shard AND i.position = f.position"
)

_FOUND: dict[str, dict[str, tuple[str, str]]] = {
    "licence": {
        "expression": ("expression", "VARCHAR"),
        "licence_class": ("grant", "VARCHAR"),
        "level": ("level", "DOUBLE"),
        "issuers": ("issuers", "DOUBLE"),
        "conflict": ("conflict", "DOUBLE"),
        **{condition: (condition, "DOUBLE") for condition in CONDITIONS},
        "basis": ("basis", "VARCHAR"),
    },
    "reservation": {
        "reservation": ("reservation", "VARCHAR"),
        "later": ("later", "VARCHAR"),
    },
    "blocklist": {
        "listed": ("listed", "DOUBLE"),
        "list": ("list", "VARCHAR"),
        "entry": ("entry", "VARCHAR"),
        "algorithm": ("algorithm", "VARCHAR"),
        "distance": ("distance", "DOUBLE"),
    },
    "evaluation_overlap": {
        "covered": ("covered", "DOUBLE"),
        "overlap": ("overlap", "DOUBLE"),
        "evaluation_set": ("set", "VARCHAR"),
        "evaluation_item": ("item", "DOUBLE"),
    },
    "language": {
        "language": ("language", "VARCHAR"),
    },
    "token_count": {
        "tokens": ("tokens", "DOUBLE"),
        "estimated": ("estimated", "DOUBLE"),
    },
}
"""Filter → what the view over its findings calls a column → measure and type."""


def _found_view(name: str, wanted: Mapping[str, tuple[str, str]], known: Collection[str] | None) -> str:
    """What a filter found, in columns that are there whether or not any run had the filter or measured them all."""
    columns = {
        column: f'"{measure}"' if measure in (known or ()) else f"NULL::{kind}"
        for column, (measure, kind) in wanted.items()
    }
    place = "run, shard, position"
    source = f"log.finding_{name}"
    if known is None:
        place, source = "NULL::VARCHAR AS run, NULL::UINTEGER AS shard, NULL::UBIGINT AS position", "range(0)"
    asked = [f"CASE WHEN {columns.pop(each)} <> 0 THEN '{each}' END" for each in CONDITIONS if each in columns]
    if asked:
        columns["conditions"] = f"concat_ws(' ', {', '.join(asked)})"
    selected = ", ".join(f"{said} AS {column}" for column, said in columns.items())
    return f"CREATE VIEW log.{name}_found AS SELECT {place}, {selected} FROM {source}"  # noqa: S608 # our own names


_COMMENTS = {
    "log.licence_found": (
        "What the licence filter found, one row for each item it looked at.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "expression": "The SPDX expression relied on; null if none was understood.",
            "licence_class": "public_domain, permissive, …, unknown.",
            "level": "The highest level of the evidence for that class.",
            "issuers": "How many name that class independently.",
            "conflict": "1 if evidence names different classes, else 0.",
            "basis": "The legal basis relied on.",
            "conditions": "What any evidence asks for, one space apart.",
        },
    ),
    "log.reservation_found": (
        "What the filter for reservations found, one row for each item it looked at.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "reservation": "The strictest that was said as of the fetch; null if nobody looked.",
            "later": "The strictest that is known to have been said after the fetch; or null.",
        },
    ),
    "log.blocklist_found": (
        "What the filter for blocklists found, one row for each item it looked at.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "listed": "How many entries of the lists it matches.",
            "list": "The list of the best entry.",
            "entry": "What the list calls it, or its line.",
            "algorithm": "By what it is named there.",
            "distance": "In how many bits the item differs.",
        },
    ),
    "log.evaluation_overlap_found": (
        "What the filter for evaluation sets found, one row for each item it looked at.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "covered": "The highest share of an evaluation item's words that the text has.",
            "overlap": "The share of the text's words that evaluation items have.",
            "evaluation_set": "The set of the item that is covered most.",
            "evaluation_item": "Its number in the set's file, from 1.",
        },
    ),
    "log.language_found": (
        "Which language the texts are in, one row for each that was looked at.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "language": "ISO 639 code; und: too short to tell; zxx: no language.",
        },
    ),
    "log.token_count_found": (
        "How many tokens the texts have, one row for each that was looked at.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "tokens": "Tokens, as the text came.",
            "estimated": "1 if no tokenizer was asked, else 0.",
        },
    ),
    "finding": (
        "What the filters measured: one row for each item, filter and measure.",
        {
            "run": "The run.",
            "item": "The item's id.",
            "filter": "The filter.",
            "status": "seen, not_applicable, or why the filter could not look.",
            "measure": "What was measured; log.finding_<filter> has each measure as a column.",
            "value": "The number measured.",
            "label": "The word measured.",
        },
    ),
    "log.finding_status": (
        "Whether each filter could look at each item, by the item''s place.",
        {
            "run": "The run.",
            "shard": "The shard's number.",
            "position": "The item's place in the shard.",
            "filter": "The filter.",
            "status": "seen, not_applicable, or why the filter could not look.",
        },
    ),
    "finding_status": (
        "Whether each filter could look at each item: one row for each item and filter.",
        {
            "run": "The run.",
            "item": "The item's id.",
            "filter": "The filter.",
            "status": "seen, not_applicable, or why the filter could not look.",
        },
    ),
}


def _comment_views(connection: duckdb.DuckDBPyConnection) -> None:
    for view, (about, columns) in _COMMENTS.items():
        _together(
            connection,
            [
                f"COMMENT ON VIEW {view} IS '{about}'",
                *(f"COMMENT ON COLUMN {view}.{column} IS '{_literal(said)}'" for column, said in columns.items()),
            ],
        )


def _together(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    connection.execute(f"BEGIN; {'; '.join(statements)}; COMMIT")


def _literal(text: str) -> str:
    return text.replace("'", "''")


def _insert_releases(connection: duckdb.DuckDBPyConnection, log: Log, candidate: Candidate | None) -> None:
    known: list[tuple[Mapping[str, Any], Path]] = [
        (facts, log.release_folder(release) / "items.parquet") for release, facts in log.releases().items()
    ]
    if candidate is not None:
        known = [(facts, items) for facts, items in known if _release_id(facts) != _release_id(candidate.facts)]
        known.append((candidate.facts, candidate.items))
    for facts, items in known:
        release = _release_id(facts)
        _insert(connection, "log.release", [_release_row(facts)])
        _insert(
            connection,
            "log.release_file",
            [(release, *(file[key] for key in ("path", "sha256", "bytes", "rows"))) for file in facts["files"]],
        )
        _insert(
            connection, "log.release_audit", [(release, audit["name"], audit["offending"]) for audit in facts["audits"]]
        )
        _insert(connection, "log.obligation", (_obligation_row(release, each) for each in facts["obligations"]))
        _insert(connection, "log.release_split", _split_rows(release, facts.get("splits")))
        _insert(connection, "log.release_origin", _origin_rows(release, facts.get("made_from") or []))
        connection.execute(
            "INSERT INTO log.release_item "  # noqa: S608 # our own names
            f"SELECT ?, ?, shard, position, item_hi, item_lo, kind, file, row, {_told(connection, items)} "
            "FROM read_parquet(?, hive_partitioning = false) ORDER BY shard, position",
            [release, facts["run"], _no_pattern(items)],
        )


def _told(connection: duckdb.DuckDBPyConnection, items: Path) -> str:
    """Columns that lists lack of releases that were sealed before these were written down: null there."""
    found = connection.execute("SELECT name FROM parquet_schema(?)", [_no_pattern(items)]).fetchall()
    there = {name for (name,) in found}
    return ", ".join(name if name in there else "NULL" for name in ("reencoded", "split", "cluster_hi", "cluster_lo"))


def _origin_rows(release: str, origins: Iterable[Mapping[str, Any]], steps: int = 1) -> Iterator[tuple[Any, ...]]:
    for origin in origins:
        yield (release, steps, origin["corpus"], _release_id(origin), origin["digest"])
        yield from _origin_rows(release, origin["origins"], steps + 1)


def _split_rows(release: str, splits: Mapping[str, Any] | None) -> Iterator[tuple[Any, ...]]:
    if splits is None:
        return
    for of in splits["of"]:
        counts = [of[key] for key in ("texts", "images", "text_bytes", "image_bytes", "tokens")]
        yield (release, of["split"], of["share"], splits["seed"], splits["compared"], *counts)


def _insert_coefficients(connection: duckdb.DuckDBPyConnection, log: Log) -> None:
    choice = read_choice(log.store)
    in_use = {*(("machine", name) for name in NEEDED["machine"]), ("grid", choice.region)}
    rows = [
        (choice.version, row.kind, row.name, row.year, row.unit, row.low, row.mid, row.high, row.source)
        for row in choice.rows
    ]
    _insert(connection, "log.coefficient", ((*row, (row[1], row[2]) in in_use) for row in rows))


def _insert_activity(connection: duckdb.DuckDBPyConnection, log: Log) -> None:
    """Of the starts whose first line is whole; `verify` names lines that are damaged."""
    starts: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    readings: list[tuple[Any, ...]] = []
    for told in read_activity(log.store):
        if told.start is None:
            continue
        at = (told.run, told.name)
        when, *machine = astuple(told.start)
        starts.append((*at, _utc(when), *machine))
        for line, row in told.rows:
            what = (row.stage, row.filter, row.shard, row.items, row.n_bytes)
            rows.append((*at, line, *what, row.cpu_seconds, row.wall_seconds, row.peak_rss))
            readings += [(*at, line, each.meter, each.device, each.joules) for each in row.readings]
    _insert(connection, "spent.start", starts)
    _insert_frame(connection, "spent.activity", rows, _ACTIVITY)
    _insert(connection, "spent.reading", readings)


_ACTIVITY: Columns = {
    "run": pl.String,
    "start": pl.String,
    "line": pl.UInt32,
    "stage": pl.String,
    "filter": pl.String,
    "shard": pl.UInt32,
    "items": pl.UInt64,
    "n_bytes": pl.UInt64,
    "cpu_seconds": pl.Float64,
    "wall_seconds": pl.Float64,
    "peak_rss": pl.UInt64,
}


def _insert_frame(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]], columns: Columns
) -> None:
    """Many rows: a dozen for each shard."""
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    connection.register("bulk", frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    connection.execute(f"INSERT INTO {table} SELECT * FROM bulk")  # noqa: S608 # our own names
    connection.unregister("bulk")


def _obligation_row(release: str, facts: Mapping[str, Any]) -> tuple[Any, ...]:
    asked = [facts[key] for key in ("licence", "items", "authorless", "text")]
    return (release, *asked, " ".join(facts["conditions"]))


def _release_id(facts: Mapping[str, Any]) -> str:
    return f"{facts['name']}@{facts['version']}"


def _release_row(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    counts = [facts["counts"][key] for key in ("texts", "images", "masked", "characters", "image_bytes")]
    named = [facts.get(key) for key in ("name", "version", "run", "digest", "content_digest")]
    part_of = facts.get("part_of")
    return (_release_id(facts), *named, *counts, _release_id(part_of) if part_of else None)


def _quoted(path: Path) -> str:
    return _literal(str(path))
