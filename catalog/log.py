"""The log: what runs wrote, in immutable segments. It is the truth; the DuckDB catalog is built from it.

store/runs/<run>/run.json                     what was asked: recipe, policy, filters, shards, code, machine
store/runs/<run>/shard-00012/…parquet         one segment per shard, visible by one rename
store/runs/<run>/shard-00012/commit.json      its counts, the sha256 of its files and of its input
store/runs/<run>/failed-00013.json            a shard that could not be read: the code, never a message
store/runs/<run>/corpus-exact_duplicates/     decisions of a corpus-wide step
store/runs/<run>/target.parquet               the items that the queries of its target gave; run.json has its sha256
store/runs/<run>/finished.json                all shards are committed or failed; totals
store/suppressions/<sha256>.json              a suppression list as runs applied it; run.json names it
store/releases/<name>@<version>/              what a sealed release holds
store/activity/<run>/<start>.jsonl            what runs took; no part of what the log says (`catalog.activity`)
store/coefficients.json                       by what energy is reckoned from that, if not by the shipped table
store/staging/                                unfinished work; may be deleted when no run is at work
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import polars as pl
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from catalog.files import move_whole, sha256_of, write_json, write_whole
from catalog.shape import (
    CorpusStep,
    Failed,
    Finished,
    Format,
    Opened,
    ReleaseEntry,
    Run,
    fault,
    read_bytes,
    read_shaped,
)
from catalog.suppression import Suppressions
from tamis.errors import CatalogError
from tamis.failpoints import reach
from tamis.ids import digest_of
from tamis.records import (
    DECISIONS,
    KEPT,
    OUTCOME,
    OUTCOMES,
    PARTS,
    Columns,
    FilterSpec,
    Findings,
    Shard,
)

FORMAT = 8
"""Version of the segments' layout; part of every decision key."""

READER = "reader"
"""The name under which what the reader could not read is decided."""

RECORD = "record"
"""The name under which it is decided what a picture that does not stay takes along of its record."""

SUBSET = "subset"
"""The name under which it is decided what of all that may stay is chosen."""

_ITEMS: Columns = {
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "record": pl.UInt64,
    "content_hi": pl.UInt64,
    "content_lo": pl.UInt64,
    "kind": pl.String,
    "reason": pl.String,
    "n_bytes": pl.UInt64,
    "id": pl.String,
    "path": pl.String,
    "source": pl.String,
    "version": pl.String,
    "url": pl.String,
    "title": pl.String,
    "label": pl.String,
    "verdict": OUTCOME,
}
ITEMS = pl.Schema(_ITEMS)
"""One row per position, with the strictest outcome of the shard's own filters. No text, no picture, no author."""


_LICENCE_TEXTS: Columns = {
    "position": pl.UInt64,
    "said": pl.String,  # SHA-256 of what the text comes to: licences, terms and notices
    "licences": pl.String,  # SPDX ids whose text it is, one space apart; empty where it is none that is known
    "terms_sha256": pl.String,  # null where it is none
    "terms": pl.String,  # without the notices; null where an earlier row of the shard has them
    "notices": pl.List(pl.String),  # lines of years and holders; null where an earlier row of the shard has them
}
LICENCE_TEXTS = pl.Schema(_LICENCE_TEXTS)
"""The licence texts that came with the items that stay: content, which goes into releases and nowhere else."""


_TARGET: Columns = {
    "asked": pl.String,  # the key of the target under which the query stands: query or held_out_query
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "run": pl.String,  # whose text it is
    "shard": pl.UInt32,
    "position": pl.UInt64,
}
TARGET = pl.Schema(_TARGET)
"""One row for each item that a query of the target gave; an item that both gave has two."""


@dataclass(frozen=True, slots=True)
class FilterCounts:
    """How many items of a shard one filter ran on, and what became of them."""

    name: str
    digest: str
    ran: int
    keep: int
    redact: int
    hold: int
    drop: int


@dataclass(frozen=True, slots=True)
class Commit:
    """What a segment says of itself."""

    run: str
    number: int
    shard: Shard
    decision_key: str
    items: int
    outcomes: tuple[tuple[str, int], ...]
    filters: tuple[FilterCounts, ...]
    files: tuple[tuple[str, str, int], ...]
    """(name, sha256, rows) of each Parquet file."""
    reused_from: str | None = None
    """The run whose segment was taken over whole, since nothing it depends on has changed."""
    subject_key: str = ""
    """Id of the key under which all values of its spans are named; empty where no span has a value."""

    @classmethod
    def read(cls, folder: Path) -> Commit:
        """What the commit.json of a segment says.

        Raises:
            CatalogError: it is missing, damaged or written by another version of Tamis.
        """
        path = folder / "commit.json"
        if read_shaped(path, Format)["format"] != FORMAT:
            raise CatalogError(f"{path}: written by another version of Tamis; use that version to read it.")
        try:
            return _commits().validate_json(read_bytes(path), strict=True)
        except ValidationError as error:
            raise CatalogError(f"{path}: is damaged ({fault(error)}).") from None


@cache
def _commits() -> TypeAdapter[Commit]:
    return TypeAdapter(Commit)


def decision_key(shard: Shard, specs: tuple[FilterSpec, ...], policy_digest: str, suppressions: str = "") -> str:
    """Names everything a shard's decisions depend on: its bytes, how they are read, filters, policy, layout.

    `suppressions` is the digest of the suppression list; an empty one is as none.
    """
    rules = [policy_digest, *([suppressions] if suppressions else [])]
    return digest_of([FORMAT, shard.read_key, sorted(spec.digest for spec in specs), *rules])


class SegmentWriter:
    """Writes one shard's segment into staging, and makes it visible by `commit`.

    Used as a context manager: leaving it without a commit removes the staged folder.
    """

    def __init__(
        self,
        log: Log,
        run: str,
        number: int,
        *,
        shard: Shard,
        specs: tuple[FilterSpec, ...],
        subject_key: str = "",
    ) -> None:
        self._log = log
        self._run = run
        self._number = number
        self._shard = shard
        self._specs = specs
        self._subject_key = subject_key
        self._has_values = False
        self._folder = log.staging / f"{run}-{number:05d}-{os.getpid()}"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {}
        self._verdicts = dict.fromkeys(OUTCOMES, 0)
        self._by_filter = {name: dict.fromkeys(OUTCOMES, 0) for name in (READER, *(spec.name for spec in specs))}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for writer in self._writers.values():
            writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(
        self,
        batch: pl.DataFrame,
        *,
        findings: Mapping[str, Findings],
        decisions: pl.DataFrame,
        kept: pl.DataFrame,
        licences: pl.DataFrame | None = None,
    ) -> None:
        """Adds one batch; `findings` by filter name, all else of their declared schemas (LICENCE_TEXTS)."""
        verdicts = verdicts_of(batch, decisions)
        self._count(verdicts, decisions)
        items = batch.with_columns(pl.col("kind").cast(pl.String), verdict=verdicts["verdict"])
        self._append("items", items.select(ITEMS.names()))
        for name, found in findings.items():
            self._append(f"findings-{name}", found.items)
            self._has_values |= found.spans["value_hi"].count() > 0
            for part, rows in found.parts.items():
                if not rows.is_empty():  # a part that nobody has is written at the end
                    self._append(part, rows.with_columns(filter=pl.lit(name, dtype=pl.String)))
        self._append("decisions", decisions)
        self._append("kept", kept)
        self._append("licences", LICENCE_TEXTS.to_frame() if licences is None else licences)

    def commit(self, policy_digest: str, suppressions: str = "") -> Commit:
        """Closes the files, writes commit.json and renames the folder into its run.

        The two digests are those of `decision_key`.
        """
        self._write_missing_files()
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
        counts = tuple(self._filter_counts(spec.name, spec.digest) for spec in self._specs)
        commit = Commit(
            run=self._run,
            number=self._number,
            shard=self._shard,
            decision_key=decision_key(self._shard, self._specs, policy_digest, suppressions),
            items=sum(self._verdicts.values()),
            outcomes=tuple(self._verdicts.items()),
            filters=(self._filter_counts(READER, ""), *counts),
            files=tuple(self._file_facts()),
            subject_key=self._subject_key if self._has_values else "",
        )
        write_commit(self._folder, commit)
        reach("segment.staged")
        move_whole(self._folder, self._log.segment_folder(self._run, self._number))
        reach("segment.committed")
        return commit

    def _count(self, verdicts: pl.DataFrame, decisions: pl.DataFrame) -> None:
        for verdict, count in verdicts["verdict"].value_counts().iter_rows():
            self._verdicts[verdict] += count
        decided = decisions.filter("decisive").group_by("filter", "outcome").len()
        for name, outcome, count in decided.iter_rows():
            self._by_filter[name][outcome] += count

    def _filter_counts(self, name: str, digest: str) -> FilterCounts:
        ran = sum(self._verdicts.values())
        decided = self._by_filter[name]
        keep = ran - sum(decided.values())
        return FilterCounts(name, digest, ran, keep, decided["redact"], decided["hold"], decided["drop"])

    def _append(self, name: str, frame: pl.DataFrame) -> None:
        table = plain(frame).to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = self._writers.get(name)
        if writer is None:
            path = self._folder / f"{name}.parquet"
            writer = self._writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
            self._rows[name] = 0
        if table.num_rows:
            writer.write_table(table)
            self._rows[name] += table.num_rows

    def _write_missing_files(self) -> None:
        with_filter: Columns = {"filter": pl.String}
        expected = {
            "items": ITEMS,
            "decisions": DECISIONS,
            "kept": KEPT,
            "licences": LICENCE_TEXTS,
            **{part: pl.Schema({**schema, **with_filter}) for part, schema in PARTS.items()},
            **{f"findings-{spec.name}": spec.schema for spec in self._specs},
        }
        for name, schema in expected.items():
            if name not in self._writers:
                self._append(name, schema.to_frame())

    def _file_facts(self) -> Iterator[tuple[str, str, int]]:
        for name in sorted(self._rows):
            path = self._folder / f"{name}.parquet"
            yield path.name, sha256_of(path), self._rows[name]


def verdicts_of(batch: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Position and `verdict` of every item of a batch, in order: the strictest outcome, or keep."""
    strictest = decisions.group_by("position").agg(verdict=pl.col("outcome").max())
    return (
        batch.select("position")
        .join(strictest, on="position", how="left", validate="1:1", maintain_order="left")
        .with_columns(pl.col("verdict").fill_null(pl.lit("keep", dtype=OUTCOME)))
    )


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its enums as strings, so that any reader of Parquet understands it."""
    return frame.with_columns(pl.selectors.enum().cast(pl.String))


def _step_file(folder: Path, name: str, frame: pl.DataFrame) -> dict[str, Any]:
    path = folder / f"{name}.parquet"
    pq.write_table(plain(frame).to_arrow(compat_level=pl.CompatLevel.oldest()), path, compression="zstd")
    return {"name": path.name, "sha256": sha256_of(path), "rows": frame.height}


def write_commit(folder: Path, commit: Commit) -> None:
    write_json(folder / "commit.json", {"format": FORMAT, **_facts(commit)})


def _facts(commit: Commit) -> dict[str, Any]:
    everywhere = replace(commit, shard=replace(commit.shard, locator=""))  # where this machine finds it is left out
    facts: dict[str, Any] = orjson.loads(orjson.dumps(everywhere))
    return facts


@dataclass(frozen=True, slots=True)
class Log:
    """The log in a workspace's `store` folder."""

    store: Path

    @property
    def staging(self) -> Path:
        return self.store / "staging"

    def run_folder(self, run: str) -> Path:
        return self.store / "runs" / run

    def segment_folder(self, run: str, number: int) -> Path:
        return self.run_folder(run) / f"shard-{number:05d}"

    def corpus_folder(self, run: str, step: str) -> Path:
        return self.run_folder(run) / f"corpus-{step}"

    def release_folder(self, release: str) -> Path:
        return self.store / "releases" / release

    @property
    def suppressions(self) -> Path:
        return self.store / "suppressions"

    def keep_suppressions(self, suppressions: Suppressions) -> None:
        """Puts on record what a run is about to apply; nothing where nothing is suppressed."""
        path = self.suppressions / f"{suppressions.digest}.json"
        if suppressions.entries and not path.exists():
            write_whole(path, suppressions.as_json())

    def read_suppressions(self, digest: str) -> Suppressions:
        """A list by its digest; an empty digest is an empty list.

        Raises:
            CatalogError: it is gone or damaged, or is not the one that its digest names.
        """
        if not digest:
            return Suppressions()
        found = Suppressions.read(self.suppressions / f"{digest}.json")
        if found.digest != digest:
            raise CatalogError(
                f"{self.suppressions / f'{digest}.json'}: is not the list that its name is the digest of."
            )
        return found

    def releases(self) -> dict[str, dict[str, Any]]:
        """What each sealed release says of itself, by `name@version`."""
        found = sorted((self.store / "releases").glob("*/release.json"))
        return {path.parent.name: read_shaped(path, ReleaseEntry) for path in found}

    def read_release(self, release: str) -> dict[str, Any] | None:
        """The entry of one sealed release, if there is one."""
        path = self.release_folder(release) / "release.json"
        return read_shaped(path, ReleaseEntry) if path.exists() else None

    def runs(self) -> list[str]:
        """Ids of all runs, oldest first by the time they were opened, then by id."""
        found = (self.store / "runs").glob("*/run.json")
        opened = [(read_shaped(path, Opened)["started_at"], path.parent.name) for path in found]
        return [run for _, run in sorted(opened)]

    def open_run(self, facts: Mapping[str, Any]) -> None:
        """Writes run.json unless the run is already there: the same inputs make the same run."""
        path = self.run_folder(facts["run"]) / "run.json"
        if not path.exists():
            write_json(path, dict(facts))

    def keep_target(self, run: str, rows: bytes) -> None:
        """Puts on record what the queries of a run's target gave (TARGET as Parquet), before the run is opened."""
        if not (self.run_folder(run) / "run.json").exists():
            write_whole(self.run_folder(run) / "target.parquet", rows)

    def read_target(self, run: str) -> pl.DataFrame:
        """What the queries of a run's target gave: schema TARGET.

        Raises:
            CatalogError: it is gone, or is not what run.json says.
        """
        path = self.run_folder(run) / "target.parquet"
        data = read_bytes(path)
        if hashlib.sha256(data).hexdigest() != self.read_run(run)["target"]["sha256"]:
            raise CatalogError(f"{path}: is not what was put on record (its sha256 differs).")
        return pl.read_parquet(io.BytesIO(data)).cast(TARGET)

    def read_run(self, run: str) -> dict[str, Any]:
        return read_shaped(self.run_folder(run) / "run.json", Run)

    def commits(self, run: str) -> dict[int, Commit]:
        """The committed segments of a run by shard number."""
        folders = sorted(self.run_folder(run).glob("shard-*/commit.json"))
        return {commit.number: commit for commit in (Commit.read(path.parent) for path in folders)}

    def fail_shard(self, run: str, number: int, *, code: str, error_type: str) -> None:
        """Records that a shard failed: `error_type` names a class, for messages may quote content."""
        path = self.run_folder(run) / f"failed-{number:05d}.json"
        write_json(path, {"number": number, "code": code, "error_type": error_type})

    def failures(self, run: str) -> dict[int, dict[str, Any]]:
        """Failed shards of a run by number; one that has been committed since does not count."""
        failed = {}
        for path in sorted(self.run_folder(run).glob("failed-*.json")):
            facts = read_shaped(path, Failed)
            if not (self.segment_folder(run, facts["number"]) / "commit.json").exists():
                failed[facts["number"]] = facts
        return failed

    def finish_run(self, run: str, facts: Mapping[str, Any]) -> None:
        """Writes finished.json; the same facts again change nothing, not even the time of finishing.

        `facts["corpus_steps"]` names the corpus-wide steps in force: a shard that failed before and is committed now
        gives a step a new name.
        """
        before = self.finished(run)
        if before is None or {**before, "finished_at": facts["finished_at"]} != dict(facts):
            write_json(self.run_folder(run) / "finished.json", dict(facts))

    def finished(self, run: str) -> dict[str, Any] | None:
        path = self.run_folder(run) / "finished.json"
        return read_shaped(path, Finished) if path.exists() else None

    def adopt(self, commit: Commit, *, run: str, number: int) -> Commit:
        """Takes a whole segment over into another run by hard links: nothing it depends on has changed."""
        source = self.segment_folder(commit.run, commit.number)
        staged = self.staging / f"{run}-{number:05d}-adopted-{os.getpid()}"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        for name, _, _ in commit.files:
            os.link(source / name, staged / name)
        facts = _facts(commit)
        origin = commit.reused_from or commit.run
        adopted = {**facts, "format": FORMAT, "run": run, "number": number, "reused_from": origin}
        write_json(staged / "commit.json", adopted)
        move_whole(staged, self.segment_folder(run, number))
        return Commit.read(self.segment_folder(run, number))

    def commit_corpus_step(
        self,
        run: str,
        step: str,
        *,
        filter_name: str,
        decisions: pl.DataFrame,
        facts: Mapping[str, Any] | None = None,
        more: Mapping[str, pl.DataFrame] | None = None,
    ) -> None:
        """Writes the decisions of a corpus-wide step: schema DECISIONS plus `shard`, the shard's number (UInt32).

        `step` names the filter and the segments it looked at, so the same name is the same step. `facts` are what it
        has to say of itself, `more` what it has on record beside its decisions, by name.
        """
        staged = self.staging / f"{run}-{step}-{os.getpid()}"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        file = _step_file(staged, "decisions", decisions)
        others = [_step_file(staged, name, frame) for name, frame in (more or {}).items()]
        said = {"format": FORMAT, "filter": filter_name, "file": file, "facts": dict(facts or {})}
        write_json(staged / "commit.json", {**said, **({"more": others} if others else {})})
        move_whole(staged, self.corpus_folder(run, step))

    def corpus_step_facts(self, run: str, step: str) -> dict[str, Any]:
        """What a corpus-wide step said of itself.

        Raises:
            CatalogError: it is missing or damaged.
        """
        facts: dict[str, Any] = read_shaped(self.corpus_folder(run, step) / "commit.json", CorpusStep)["facts"]
        return facts

    def clear_staging(self) -> None:
        """Removes what crashed runs left; only for the holder of the workspace's lock."""
        shutil.rmtree(self.staging, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs already know, by content: found by key, read when wanted."""

    by_decision: Mapping[str, Commit]
    by_finding: Mapping[tuple[str, str], Commit]
    """(shard read_key, filter digest) → a segment that holds this filter's findings of this shard."""

    @classmethod
    def of(cls, log: Log) -> Memory:
        by_decision: dict[str, Commit] = {}
        by_finding: dict[tuple[str, str], Commit] = {}
        for run in log.runs():
            for commit in log.commits(run).values():
                by_decision[commit.decision_key] = commit
                for counts in commit.filters:
                    by_finding[commit.shard.read_key, counts.digest] = commit
        return cls(by_decision, by_finding)


def read_contents(log: Log, commit: Commit) -> pl.DataFrame:
    """The (keyed) digest of each item's content of a segment, by position."""
    path = log.segment_folder(commit.run, commit.number) / "items.parquet"
    return pl.read_parquet(path, columns=["position", "content_hi", "content_lo"], glob=False)


def read_findings(log: Log, commit: Commit, spec: FilterSpec) -> Findings:
    """A filter's findings of a whole shard, as an earlier run recorded them."""
    return read_all_findings(log, commit, [spec])[spec.name]


def read_all_findings(log: Log, commit: Commit, specs: Sequence[FilterSpec]) -> dict[str, Findings]:
    """The findings of some filters of a whole shard, by filter."""
    folder = log.segment_folder(commit.run, commit.number)
    tables = {part: pl.read_parquet(folder / f"{part}.parquet", glob=False) for part in PARTS}

    def parts_of(spec: FilterSpec) -> dict[str, pl.DataFrame]:
        return {
            part: tables[part].filter(pl.col("filter") == spec.name).select(schema.names()).cast(schema)
            for part, schema in PARTS.items()
        }

    return {
        spec.name: Findings(
            pl.read_parquet(folder / f"findings-{spec.name}.parquet", glob=False).cast(spec.schema), **parts_of(spec)
        )
        for spec in specs
    }


__all__ = [
    "FORMAT",
    "ITEMS",
    "LICENCE_TEXTS",
    "READER",
    "RECORD",
    "SUBSET",
    "TARGET",
    "Commit",
    "FilterCounts",
    "Log",
    "Memory",
    "SegmentWriter",
    "decision_key",
    "plain",
    "read_all_findings",
    "read_contents",
    "read_findings",
    "verdicts_of",
    "write_commit",
]
