"""Workers: spawned processes (never forked, for polars and duckdb have threads), each with its own filters."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from catalog.log import Log
from flows.worker import Job, ShardResult, start_worker, work


class Pool:
    """`workers` processes, started at the first wave and kept for the next; 0 works in this process.

    A worker that dies (the kernel's memory killer, a crash in native code) breaks its pool: the shards under way are
    then tried one by one, each in a process of its own, so that only the one that kills is lost.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def run(self, jobs: list[Job]) -> Iterator[ShardResult]:
        """Yields results as they come; order is the workers'.

        Raises:
            CatalogError, ContractError: from a worker; the run must stop.
        """
        if self._workers == 0:
            yield from map(work, jobs)
            return
        left = {job.number: job for job in jobs}
        try:
            for result in self._run_together(list(left.values())):
                del left[result.number]
                yield result
        except BrokenProcessPool:
            self.close()
            yield from map(_work_alone, left.values())

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def _run_together(self, jobs: list[Job]) -> Iterator[ShardResult]:
        if self._executor is None:
            self._executor = _executor(self._workers)
        futures = [self._executor.submit(work, job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()


def _executor(workers: int) -> ProcessPoolExecutor:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # one thread a worker: the processes are the parallelism
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=start_worker, initargs=(os.getpid(),))


def _work_alone(job: Job) -> ShardResult:
    with _executor(1) as executor:
        try:
            return executor.submit(work, job).result()
        except BrokenProcessPool as error:
            kind = type(error).__name__
            Log(job.store).fail_shard(job.run, job.number, code="worker_killed", error_type=kind)
            return ShardResult(job.number, 0, (), 0, "worker_killed", kind, 0.0)
