"""One shard, from bytes to a committed segment: the whole programme in one loop body."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from catalog.activity import Activity
from catalog.keyed import Key, read_key, read_subject_keys
from catalog.log import Commit, Log, SegmentWriter, read_contents, read_findings
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from filters.base import run_filter
from filters.labels import without_personal_data
from filters.pictures.heads import BoundHead, bind
from filters.pictures.look import look_at
from filters.table import Stamps, canonical_parameters, located, make_filter, stamps
from flows.laps import Laps
from flows.orphans import leave_with
from flows.process import look_for_cycles_seldom
from releases.decide import decide
from releases.policy import Policy
from releases.redact import kept
from releases.reencode import reencoded
from releases.suppressed import suppressed_in
from releases.texts import TextsOfShard
from tamis.errors import CatalogError, ContractError, SourceError, is_disk_full
from tamis.failpoints import reach
from tamis.records import Filter, FilterSpec, Findings, Shard

_log = logging.getLogger(__name__)

PERSONAL_DATA = "personal_data"
"""The filter whose findings the suppression list is held against."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs for one shard; it crosses a process boundary, and holds no content."""

    store: Path
    run: str
    number: int
    corpus: CorpusSpec
    shard: Shard
    filters: tuple[tuple[str, bytes], ...]
    """(name, parameters as canonical JSON)."""
    policy: Policy
    batch_size: int
    key_file: Path
    """Of the key under which content is named on record; the key itself does not travel."""
    keys: Path
    """The folder of the keys under which values are named that a filter found."""
    subject_key: str
    """Id of the one for this shard: all values of a segment are under one key, those taken over from others too."""
    suppressions: str
    """Digest of the suppression list, which lies in the log; empty where nothing is suppressed."""
    seconds: float | None = None
    """How long it may take in a worker process, which then ends itself; null for as long as it takes."""
    recorded: tuple[tuple[str, Commit], ...] = ()
    """Filters whose findings of this shard an earlier run has on record, and where."""


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What became of a shard. `code` is null where it was committed."""

    number: int
    items: int
    outcomes: tuple[tuple[str, int], ...]
    measured: int
    """How many filters really ran."""
    code: str | None
    error_type: str | None
    cpu_seconds: float
    activity: tuple[Activity, ...] = ()
    """What each stage took, as far as it came."""


def start_worker(parent: int, thread_stays: bool) -> None:
    """Prepares a worker process: it leaves with its parent, or at once on Ctrl-C, and logs warnings only."""
    look_for_cycles_seldom()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    leave_with(parent, thread_stays=thread_stays)
    logging.basicConfig(level=logging.WARNING)


def curate_shard(job: Job, laps: Laps) -> Commit:
    """The straight line: read, find, decide, write; then one rename.

    Raises:
        SourceError: the shard cannot be read.
    """
    log = Log(job.store)
    reader = reader_for(job.corpus)
    filters = bind([made_filter(name, parameters) for name, parameters in job.filters])
    specs = tuple(each.spec for each in filters)
    key = read_key(job.key_file)
    subject = _Subject.of(job, log)
    recorded = {name: _Recorded.read(log, commit, _spec(specs, name)) for name, commit in job.recorded}
    texts = TextsOfShard()
    laps.lap("load")
    reach("shard.started")
    with SegmentWriter(log, job.run, job.number, shard=job.shard, specs=specs, subject_key=job.subject_key) as segment:
        for read in reader.batches(job.shard, size=job.batch_size):
            batch = without_personal_data(key.apply(read, "content_hi", "content_lo"))
            laps.lap("read")
            found = _found(filters, batch, recorded, laps)
            suppressed = subject.suppressed(found, recorded)
            findings = {name: each if name in recorded else _keyed(each, key, subject) for name, each in found.items()}
            decisions = decide(job.policy, batch, findings, specs, suppressed=suppressed)
            staying = kept(job.policy, batch, findings, decisions)
            staying, decisions = reencoded(job.policy, staying, decisions)
            licences = texts.of(batch, staying, findings["licence"].evidence)
            laps.lap("decide")
            segment.write(batch, findings=findings, decisions=decisions, kept=staying, licences=licences)
            laps.lap("write")
            reach("batch.decided")
        laps.lap("read")
        commit = segment.commit(job.policy.digest, job.suppressions)
        laps.lap("write")
        return commit


def work(job: Job) -> ShardResult:
    """`curate_shard` with its edge: whatever goes wrong costs this shard alone, and is on record.

    Only what puts the record itself at risk, or breaks a contract, stops the run.
    """
    started, laps = time.process_time(), Laps()
    try:
        with _ended_after(job.seconds):
            commit = curate_shard(job, laps)
    except (CatalogError, ContractError):
        raise
    except SourceError as error:
        return _failed(job, error.code, error, started, laps)
    except Exception as error:  # noqa: BLE001 # the one edge: an unplanned error must not take other shards along
        code = "disk_full" if is_disk_full(error) else "unexpected"
        if os.environ.get("TAMIS_DEBUG"):
            _log.warning("shard %s failed", job.number, exc_info=True)
        return _failed(job, code, error, started, laps)
    measured = len(job.filters) - len(job.recorded)
    cpu = time.process_time() - started
    activity = laps.activity(job.number, items=commit.items, n_bytes=job.shard.n_bytes)
    return ShardResult(job.number, commit.items, commit.outcomes, measured, None, None, cpu, activity)


@contextmanager
def _ended_after(seconds: float | None) -> Iterator[None]:
    """Ends this process if what is inside takes longer: from a thread in C, for native code may never come back."""
    if seconds is None:
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _failed(job: Job, code: str, error: Exception, started: float, laps: Laps) -> ShardResult:
    kind = type(error).__name__
    if code != "disk_full":
        Log(job.store).fail_shard(job.run, job.number, code=code, error_type=kind)
    laps.lap("failed")
    activity = laps.activity(job.number, items=None, n_bytes=job.shard.n_bytes)
    return ShardResult(job.number, 0, (), 0, code, kind, time.process_time() - started, activity)


def made_filter(name: str, parameters: bytes) -> Filter:
    """The filter of that name, made once in a process for as long as its files do not change; heads are not bound."""
    return _made(name, parameters, stamps(name, orjson.loads(parameters)))


@lru_cache(maxsize=64)
def _made(name: str, parameters: bytes, _stamps: Stamps) -> Filter:
    return make_filter(name, orjson.loads(parameters))


def _spec(specs: tuple[FilterSpec, ...], name: str) -> FilterSpec:
    return next(spec for spec in specs if spec.name == name)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What an earlier run found in a shard, and in which content."""

    findings: Findings
    contents: pl.DataFrame

    @classmethod
    def read(cls, log: Log, commit: Commit, spec: FilterSpec) -> _Recorded:
        return cls(read_findings(log, commit, spec), read_contents(log, commit))

    def of(self, batch: pl.DataFrame) -> Findings:
        """The findings of a batch out of those of its shard.

        Raises:
            CatalogError: they are of other content, which would put masks on the wrong places.
        """
        within = pl.col("position").is_between(batch["position"].min(), batch["position"].max())
        if not self.contents.filter(within).equals(batch.select(self.contents.columns)):
            raise CatalogError("What is on record of a shard was found in other content. `tamis verify` says more.")
        parts = {name: rows.filter(within) for name, rows in self.findings.parts.items()}
        return Findings(self.findings.items.filter(within), **parts)


def _found(
    filters: Sequence[Filter], batch: pl.DataFrame, recorded: Mapping[str, _Recorded], laps: Laps
) -> dict[str, Findings]:
    """What is on record is keyed; what is measured now is not yet.

    A picture is decoded once for all filters that see it, and not at all for heads, which come after their sources.
    """
    asked = [each for each in filters if each.spec.name not in recorded]
    looks = look_at(batch, asked)
    laps.lap("look")
    found = {name: each.of(batch) for name, each in recorded.items()}
    laps.lap("load")
    for each in sorted(asked, key=lambda each: isinstance(each, BoundHead)):
        source = found[each.source.spec.name] if isinstance(each, BoundHead) else None
        found[each.spec.name] = run_filter(each, batch, looks=looks, source=source)
        laps.lap("filter", each.spec.name)
    return {each.spec.name: found[each.spec.name] for each in filters}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a shard needs to know of people: the key to name them by, and whom the list suppresses."""

    key: Key | None
    """Null where the key is gone and everything is on record under it."""
    listed_plain: Callable[[int, int], bool]
    listed_keyed: Callable[[int, int], bool]

    @classmethod
    def of(cls, job: Job, log: Log) -> _Subject:
        keys = read_subject_keys(job.keys)
        suppressions = log.read_suppressions(job.suppressions)
        under = suppressions.under(job.subject_key)
        return cls(keys.named(job.subject_key), suppressions.among_plain(keys), lambda hi, lo: (hi, lo) in under)

    def suppressed(self, found: Mapping[str, Findings], recorded: Mapping[str, _Recorded]) -> pl.DataFrame | None:
        """Schema SUPPRESSED. A value that was just measured is compared under every key that there is."""
        if PERSONAL_DATA not in found:
            return None
        is_listed = self.listed_keyed if PERSONAL_DATA in recorded else self.listed_plain
        return suppressed_in(found[PERSONAL_DATA].spans, is_listed)


def _keyed(found: Findings, key: Key, subject: _Subject) -> Findings:
    if subject.key is None:
        raise CatalogError("keys/subject.key went away while the run was at work. Start again to go on.")
    return replace(
        found,
        evidence=key.apply(found.evidence, "raw_hi", "raw_lo"),
        spans=subject.key.apply(found.spans, "value_hi", "value_lo"),
        minhashes=key.apply(found.minhashes, "text_hi", "text_lo"),
        lines=key.apply_packed(found.lines, "lines", "paragraphs"),
    )


def named_filter(name: str, parameters: Mapping[str, Any] | None, base: Path) -> tuple[str, bytes]:
    """A filter as the recipe in the folder `base` names it, its parameters as canonical JSON.

    Raises:
        ConfigError: a parameter is none that JSON knows, such as a date or `.nan`.
    """
    return name, canonical_parameters(name, located(name, parameters or {}, base))


def chunks(jobs: list[Job], size: int) -> Iterator[list[Job]]:
    """Waves of at most `size` jobs, in order."""
    for start in range(0, len(jobs), size):
        yield jobs[start : start + size]
