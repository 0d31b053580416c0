"""Workers: spawned processes (never forked, for polars and duckdb have threads), each with its own filters."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from catalog.log import Log
from flows.worker import Job, ShardResult, start_worker, work

_AWAKE_EVERY = 0.5
"""Seconds that waiting lasts at most: Polars' signal handler has it go on through a Ctrl-C, which is only then seen."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A shard that a process has in hand."""

    job: Job
    process: ProcessPoolExecutor
    since: float


class Pool:
    """`workers` processes, each with one shard in hand, kept from wave to wave; 0 works in this process.

    A process that dies (the kernel's memory killer, a crash in native code) costs the one shard it had in hand. That is
    tried again when all others are through, alone on the machine; if it kills again it is lost, and on record.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._idle: list[ProcessPoolExecutor] = []
        self._started: set[BaseProcess] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends the processes; at once if the run did not come to its end, for what they have in hand is lost anyway."""
        if kind is not None:
            for process in self._started:
                process.kill()
        self._close()

    def run(self, jobs: Iterable[Job]) -> Iterator[ShardResult]:
        """Yields results as they come; order is the workers'.

        Raises:
            CatalogError, ContractError: from a worker; the run must stop.
        """
        if self._workers == 0:
            yield from map(work, jobs)
            return
        killed: list[Job] = []
        yield from self._run_side_by_side(jobs, killed)
        for job in killed:
            self._close()
            again: list[Job] = []
            yield from self._run_side_by_side([job], again)
            yield from (_lost(each, "worker_killed") for each in again)

    def _close(self) -> None:
        while self._idle:
            self._idle.pop().shutdown(wait=True, cancel_futures=True)

    def _run_side_by_side(self, jobs: Iterable[Job], killed: list[Job]) -> Iterator[ShardResult]:
        """Runs the jobs; those whose process died are added to `killed`."""
        waiting = deque(jobs)
        under_way: dict[Future[ShardResult], _UnderWay] = {}
        try:
            while waiting or under_way:
                while waiting and len(under_way) < self._workers:
                    job = waiting.popleft()
                    process = self._idle.pop() if self._idle else _process()
                    under_way[self._submit(process, job)] = _UnderWay(job, process, time.monotonic())
                done, _ = wait(under_way, timeout=_AWAKE_EVERY, return_when=FIRST_COMPLETED)
                for future in done:
                    each = under_way.pop(future)
                    try:
                        result = future.result()
                    except BrokenProcessPool:
                        each.process.shutdown(wait=False)
                        if _ran_out_of_time(each):
                            yield _lost(each.job, "time_limit")
                        else:
                            killed.append(each.job)
                        continue
                    self._idle.append(each.process)
                    yield result
        finally:
            self._idle += [each.process for each in under_way.values()]

    def _submit(self, process: ProcessPoolExecutor, job: Job) -> Future[ShardResult]:
        """Submits, and notes the process that this may have started: an executor has no word for killing it."""
        before = set(multiprocessing.active_children())
        future = process.submit(work, job)
        self._started |= set(multiprocessing.active_children()) - before
        return future


def _process() -> ProcessPoolExecutor:
    """One process of its own, so that it is known which shard it had in hand when it died."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # one thread a worker: the processes are the parallelism
    context = multiprocessing.get_context("spawn")
    started_by = (os.getpid(), threading.current_thread() is threading.main_thread())
    return ProcessPoolExecutor(1, mp_context=context, initializer=start_worker, initargs=started_by)


def _ran_out_of_time(each: _UnderWay) -> bool:
    """Whether it was the worker itself that ended: it does when the limit is reached, and is not alive after that."""
    return each.job.seconds is not None and time.monotonic() - each.since >= each.job.seconds


def _lost(job: Job, code: str) -> ShardResult:
    kind = BrokenProcessPool.__name__
    Log(job.store).fail_shard(job.run, job.number, code=code, error_type=kind)
    return ShardResult(job.number, 0, (), 0, code, kind, 0.0)
