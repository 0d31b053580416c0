"""Verification of the record: is the log what was committed, and does the published catalog say what the log says?

Recomputes rather than trusts: digests from bytes, verdicts and counts from decisions, the catalog from the log. What is
wrong is said in lines; a damaged file is one of them, so that it hides nothing else. Nothing in a workspace is written.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.activity import activity_faults
from catalog.build import build, logical_digest, table_sums
from catalog.files import sha256_of
from catalog.log import FORMAT, READER, Commit, FilterCounts, Log, verdicts_of
from catalog.publish import current
from catalog.read import connect_read
from catalog.shape import CorpusStep, read_shaped
from catalog.suppression import Suppressions
from tamis.errors import CatalogError, DiskFullError
from tamis.records import OUTCOME, OUTCOMES, PARTS

_OF_A_RUN = re.compile(
    r"run\.json|target\.parquet|finished\.json|failed-\d{5,}\.json|shard-\d{5,}|corpus-[a-z0-9_-]+"
    r"|\..+\.tmp"  # what a write that was cut off leaves
)

_OF_A_SEGMENT = ("items", "decisions", "kept", "licences", *PARTS)

_MADE_WITH = (
    "SELECT name, sha256 FROM main.schema_step "
    "UNION ALL SELECT name, sha256 FROM main.view_source "
    "WHERE name NOT IN "
    "('finding', 'log.finding_status', 'log.licence_found', 'log.reservation_found', 'log.blocklist_found', "
    "'log.evaluation_overlap_found', 'log.token_count_found')"
)
"""With which schema and views a catalog was made; those left out depend on the filters in the log, too."""


def verify_segments(log: Log) -> Iterator[str]:
    """What is wrong with the log, one line each: runs, the segments of their shards, their corpus-wide steps."""
    folders = sorted(path for path in (log.store / "runs").glob("*") if path.is_dir())
    names = {folder.name for folder in folders}
    for run in sorted(names):
        yield from (f"run {run}{fault}" for fault in _run_faults(log, run, names))


def verify_suppressions(log: Log) -> Iterator[str]:
    """What is wrong with the suppression lists on record, and with what runs made of them, one line each.

    A list is named by its digest; every value in a segment that its run's list holds has a decision that says so.
    """
    names = {path.name for path in log.suppressions.glob("*") if not path.name.endswith(".tmp")}
    lists: dict[str, Suppressions] = {}
    for name in sorted(names):
        try:
            lists[name.removesuffix(".json")] = log.read_suppressions(name.removesuffix(".json"))
        except CatalogError as error:
            yield f"suppressions: {error}"
    for run in sorted(path.parent.name for path in (log.store / "runs").glob("*/run.json")):
        try:
            named = log.read_run(run).get("suppressions")
        except CatalogError:
            continue  # it is among the problems
        if named is None:
            continue
        if f"{named['digest']}.json" not in names:
            yield f"run {run}: the suppression list that it applied is missing"
        elif named["digest"] in lists:
            yield from (f"run {run}{fault}" for fault in _suppression_faults(log, run, lists[named["digest"]], named))


def _suppression_faults(log: Log, run: str, suppressions: Suppressions, named: Mapping[str, Any]) -> Iterator[str]:
    if len(suppressions.entries) != named["values"]:
        yield ": its suppression list has another number of values than run.json says"
    for folder in sorted(log.run_folder(run).glob("shard-*")):
        try:
            commit = Commit.read(folder)
            spans = _read(folder / "spans.parquet", "position", "filter", "value_hi", "value_lo")
            decisions = _read(folder / "decisions.parquet", "position", "reason")
        except (CatalogError, pl.exceptions.PolarsError, OSError):
            continue  # it is among the problems
        listed = suppressions.under(commit.subject_key)
        values = spans.filter(pl.col("filter") == "personal_data").select("position", "value_hi", "value_lo")
        holding = {position for position, *value in values.iter_rows() if tuple(value) in listed}
        told = set(decisions.filter(pl.col("reason") == "subject_suppressed")["position"])
        if holding - told:
            yield f", {folder.name}: {len(holding - told)} items hold a suppressed value, and no decision says so"


def verify_activity(log: Log) -> Iterator[str]:
    """What is wrong with the record of what runs took, one line each; it has no digests, so only its shape is seen."""
    yield from activity_faults(log.store)


def verify_published(folder: Path, log: Log) -> Iterator[str]:
    """What is wrong with the published catalog: its bytes, or what it says against a catalog built anew from the log.

    The other one is built in the system's folder for temporary files, where it takes the same space.
    """
    try:
        published = current(folder)
        if sha256_of(published.path) != published.sha256:
            yield f"catalog: {published.path.name} is not what was published (its sha256 differs)"
            return
        with tempfile.TemporaryDirectory(prefix="tamis-verify-") as scratch:
            anew = Path(scratch) / "catalog.duckdb"
            build(log, anew)
            yield from _catalog_faults(published.path, anew, published.logical_digest)
    except DiskFullError:
        yield f"catalog: not compared, for {tempfile.gettempdir()} has no space for another one"
    except CatalogError as error:
        yield f"catalog: {error}"


def strays(folder: Path, named: Collection[str], *, where: str) -> Iterator[str]:
    """What lies in a folder besides the named files: other files, links, folders without a named file.

    Args:
        folder: looked at with all below it; links are not followed.
        named: paths relative to it.
        where: who should have named it, for the message.
    """
    parents = {parent.as_posix() for name in named for parent in Path(name).parents}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield f"{name} is a link, and nothing here may be one"
        elif path.is_dir():
            if name not in parents:
                yield f"{name} is a folder that is not in {where}"
        elif name not in named:
            yield f"{name} is not in {where}"


def file_faults(folder: Path, files: Iterable[tuple[str, str, int | None]], *, done: str) -> Iterator[str]:
    """Named files that are missing, changed, or have another number of rows: (path, sha256, rows or null)."""
    for name, digest, rows in files:
        yield from (f"{name} {fault}" for fault in _bytes_faults(folder / name, digest, rows, done=done))


def _bytes_faults(path: Path, digest: str, rows: int | None, *, done: str) -> Iterator[str]:
    if not path.is_file() or path.is_symlink():
        yield "is missing"
        return
    try:
        if sha256_of(path) != digest:
            yield f"is not what was {done} (its sha256 differs)"
        elif rows is not None and _rows(path) != rows:
            yield f"has not the {rows:,} rows that it should have"
    except OSError as error:
        yield f"cannot be read ({error.strerror})"


def _rows(path: Path) -> int | None:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None


def _run_faults(log: Log, run: str, runs: Collection[str]) -> Iterator[str]:
    """Each begins with what it is about, as it follows on the run's name."""
    facts: dict[str, Any] | None = None
    try:
        facts = log.read_run(run)
    except CatalogError as error:
        yield f": {error}"
    commits: dict[int, Commit | None] = {}
    for folder in sorted(log.run_folder(run).glob("shard-*")):
        commits[_number(folder)] = None
        try:
            commit = commits[_number(folder)] = Commit.read(folder)
        except CatalogError as error:
            yield f", {folder.name}: {error}"
            continue
        faults = [*_belonging_faults(run, folder, commit, facts, runs), *_segment_faults(folder, commit)]
        yield from (f", {folder.name}: {fault}" for fault in faults)
    for folder in sorted(log.run_folder(run).glob("corpus-*")):
        yield from (f", {folder.name}: {fault}" for fault in _step_faults(folder, commits))
    unknown = (path.name for path in log.run_folder(run).iterdir() if not _OF_A_RUN.fullmatch(path.name))
    yield from (f": {name} does not belong there" for name in sorted(unknown))
    target = facts.get("target") if facts is not None else None
    if target is not None:
        files = [("target.parquet", target["sha256"], target["rows"])]
        yield from (f": {fault}" for fault in file_faults(log.run_folder(run), files, done="put on record"))
    if facts is not None:
        yield from (f": {fault}" for fault in _closing_faults(log, run, facts, commits))


def _number(folder: Path) -> int:
    digits = folder.name.removeprefix("shard-")
    return int(digits) if digits.isdecimal() else -1


def _closing_faults(
    log: Log, run: str, facts: Mapping[str, Any], commits: Mapping[int, Commit | None]
) -> Iterator[str]:
    """Does every planned shard have an end, and nothing else one?"""
    try:
        failures, finished = log.failures(run), log.finished(run)
    except CatalogError as error:
        yield str(error)
        return
    if facts["run"] != run:
        yield f"its run.json is of run {facts['run']}"
    planned = {shard["number"]: shard["name"] for shard in facts["shards"]}
    ended = commits.keys() | failures.keys()
    yield from (f"shard {number} was never planned" for number in sorted(ended - planned.keys()))
    if finished is None:
        return
    for number in sorted(planned.keys() - ended):
        yield f"shard {number} ({planned[number]}) is neither committed nor failed, though the run is finished"
    if failures and finished["status"] == "done":
        yield "finished.json says that all is done, but shards failed"
    for name, step in finished["corpus_steps"].items():
        if not log.corpus_folder(run, step).is_dir():
            yield f"corpus-{step}, which finished.json names for {name}, is missing"


def _belonging_faults(
    run: str, folder: Path, commit: Commit, facts: Mapping[str, Any] | None, runs: Collection[str]
) -> Iterator[str]:
    """Is it the segment of this shard of this run, by these filters?"""
    if (commit.run, commit.number) != (run, _number(folder)):
        yield f"its commit.json is of run {commit.run}, shard {commit.number}"
    if commit.reused_from is not None and commit.reused_from not in runs:
        yield f"it was taken over from run {commit.reused_from}, which is not in the log"
    if facts is None:
        return
    planned = {shard["number"]: shard for shard in facts["shards"]}.get(commit.number)
    of_commit = {name: getattr(commit.shard, name) for name in ("corpus", "name", "sha256", "n_bytes")}
    if planned is not None and {name: planned[name] for name in of_commit} != of_commit:
        yield "its commit.json names another input than run.json"
    asked = [(READER, ""), *((each["name"], each["digest"]) for each in facts["filters"])]
    if [(each.name, each.digest) for each in commit.filters] != asked:
        yield "its commit.json names other filters than run.json"


def _segment_faults(folder: Path, commit: Commit) -> Iterator[str]:
    named = {name for name, _, _ in commit.files}
    expected = {f"{name}.parquet" for name in _OF_A_SEGMENT}
    expected |= {f"findings-{each.name}.parquet" for each in commit.filters if each.name != READER}
    yield from (f"its commit.json does not name {name}" for name in sorted(expected - named))
    yield from strays(folder, named | {"commit.json"}, where="its commit.json")
    faults = list(file_faults(folder, commit.files, done="committed"))
    yield from faults
    if not faults and expected <= named:
        yield from _recomputed_faults(folder, commit)


def _recomputed_faults(folder: Path, commit: Commit) -> Iterator[str]:
    try:
        items = _read(folder / "items.parquet", "position", "verdict").cast({"verdict": OUTCOME})
        decisions = _read(folder / "decisions.parquet", "position", "filter", "outcome", "decisive")
        decisions = decisions.cast({"outcome": OUTCOME})
        kept = _read(folder / "kept.parquet", "position")["position"]
        texts = _read(folder / "licences.parquet", "position")["position"]
        found = [_read(folder / name, "position")["position"] for name, _, _ in commit.files if "findings-" in name]
    except (pl.exceptions.PolarsError, OSError):
        yield "its files lack the columns of a segment, or hold other values"
        return
    positions = list(range(commit.items))
    if items["position"].to_list() != positions:
        yield f"positions are not 0 to {commit.items - 1}, each once"
        return
    if any(of_filter.to_list() != positions for of_filter in found):
        yield "a filter's findings are not one for each position"
    if items["verdict"].null_count():
        yield f"{items['verdict'].null_count()} positions have no verdict"
    if not items["verdict"].equals(verdicts_of(items, decisions)["verdict"]):
        yield "its verdicts are not those that its decisions give"
    if not decisions["position"].is_in(items["position"].implode()).all():
        yield "it has decisions about positions that are not there"
    staying = items.filter(pl.col("verdict").cast(pl.String).is_in(["keep", "redact"]))["position"]
    if kept.to_list() != staying.to_list():
        yield "what it hands to a release is not what its verdicts let stay"
    if not texts.is_in(staying.implode()).all():
        yield "it has licence texts of items that do not stay"
    yield from _count_faults(items, decisions, commit)


def _count_faults(items: pl.DataFrame, decisions: pl.DataFrame, commit: Commit) -> Iterator[str]:
    counted = dict(items["verdict"].cast(pl.String).value_counts().iter_rows())
    if {name: count for name, count in commit.outcomes if count} != counted:
        yield "the verdicts do not add up to the counts of its commit"
    decided: dict[tuple[str, str], int] = {
        (name, outcome): count
        for name, outcome, count in decisions.filter("decisive").group_by("filter", "outcome").len().iter_rows()
    }
    for each in commit.filters:
        redact, hold, drop = (decided.pop((each.name, outcome), 0) for outcome in OUTCOMES[1:])
        keep = commit.items - redact - hold - drop
        if each != FilterCounts(each.name, each.digest, commit.items, keep, redact, hold, drop):
            yield f"the decisions of {each.name} do not add up to the counts of its commit"
    if decided:
        yield "it has decisions of filters that its commit does not count"


def _read(path: Path, *columns: str) -> pl.DataFrame:
    return pl.read_parquet(path, columns=list(columns), glob=False)


def _step_faults(folder: Path, commits: Mapping[int, Commit | None]) -> Iterator[str]:
    try:
        facts = read_shaped(folder / "commit.json", CorpusStep)
    except CatalogError as error:
        yield str(error)
        return
    if facts["format"] != FORMAT:
        yield "it was written by another version of Tamis"
        return
    file = facts["file"]
    files = [(each["name"], each["sha256"], each["rows"]) for each in (file, *facts.get("more", []))]
    yield from strays(folder, {"commit.json", *(name for name, _, _ in files)}, where="its commit.json")
    faults = list(file_faults(folder, files, done="committed"))
    if faults or file["name"] != "decisions.parquet":
        yield from faults or ["its commit.json does not name decisions.parquet"]
        return
    try:
        decisions = _read(folder / "decisions.parquet", "shard", "position", "filter")
    except (pl.exceptions.PolarsError, OSError):
        yield "its decisions.parquet lacks the columns of a corpus-wide step"
        return
    if not decisions["filter"].is_in([facts["filter"]]).all():
        yield f"it has decisions of other filters than {facts['filter']}"
    for number, last in decisions.group_by("shard").agg(pl.col("position").max()).sort("shard").iter_rows():
        commit = commits.get(number)
        if number not in commits or (commit is not None and last >= commit.items):
            yield f"it has decisions about positions that shard {number} does not have"


def _catalog_faults(published: Path, anew: Path, said: str) -> Iterator[str]:
    with connect_read(published) as one, connect_read(anew) as other:
        if logical_digest(one) != said:
            yield f"catalog: CURRENT names another logical digest than {published.name} has"
        made_alike = _made_with(one) == _made_with(other)
        left, right = _all_it_says(one), _all_it_says(other)
        yield from _activity_faults(one, other, published.name)
    differing = sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
    if not made_alike:
        yield (
            f"catalog: {published.name} was made by another version of Tamis and cannot be compared with the log. "
            "`tamis catalog build` makes it anew."
        )
    elif differing:
        yield (
            f"catalog: {published.name} does not say what the log says, in {', '.join(differing)}: one of the two was "
            "changed, or the log has gone on since. `tamis catalog build` publishes it anew."
        )


def _activity_faults(published: duckdb.DuckDBPyConnection, anew: duckdb.DuckDBPyConnection, name: str) -> Iterator[str]:
    """Lines are only ever added, so what was published must still be on record."""
    try:
        starts = published.execute(
            "SELECT run, start, max(line) FROM spent.activity GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    except duckdb.Error:
        return  # it is from before there was a record
    for run, start, last in starts:
        one, other = (each.execute(_LINES, [run, start, last]).fetchall() for each in (published, anew))
        if one != other:
            yield f"catalog: {name} has other activity of run {run}, start {start}, than is on record"


_LINES = (
    "SELECT count(*), sum(md5_number_lower(each_row::VARCHAR)::HUGEINT)::VARCHAR FROM spent.activity AS each_row "
    "WHERE run = ? AND start = ? AND line <= ?"
)


def _made_with(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return {(name, digest) for name, digest in connection.execute(_MADE_WITH).fetchall()}


def _all_it_says(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Tables by their sums; views and macros, which the logical digest leaves out, by their definitions."""
    tables: dict[str, object] = {f"{schema}.{table}": sums for (schema, table), sums in table_sums(connection).items()}
    defined = connection.execute(
        "SELECT schema_name || '.' || view_name, sql FROM duckdb_views() "
        "WHERE database_name = current_database() AND NOT internal "
        "UNION ALL SELECT schema_name || '.' || function_name, macro_definition FROM duckdb_functions() "
        "WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    return {**tables, **dict(defined)}


__all__ = ["file_faults", "strays", "verify_activity", "verify_published", "verify_segments", "verify_suppressions"]
