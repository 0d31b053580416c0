"""Progress: a live line on a terminal, a plain line every few seconds elsewhere. Counts only, never content."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from flows.worker import ShardResult
from reports.words import counted, size_of

_PLAIN_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""


class Meter:
    """Counts shards and items; says items per second, the share not kept, and the time left."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.items = 0
        self.not_kept = 0
        self.failed = 0
        self.measured = 0
        self.cpu_seconds = 0.0
        self._done = 0
        self._said = 0
        self._total = total
        self._quiet = quiet
        self._started = time.monotonic()
        self._last_line = self._started
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True)
        self._live = Progress(*columns, console=console) if console.is_terminal and not quiet else None
        self._task = self._live.add_task("shards", total=total, rate="") if self._live else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live:
            self._live.stop()
        elif not self._quiet and self._done > self._said:
            self._say()

    def count(self, result: ShardResult) -> None:
        outcomes = dict(result.outcomes)
        self._done += 1
        self.items += result.items
        self.not_kept += outcomes.get("hold", 0) + outcomes.get("drop", 0)
        self.failed += result.code is not None
        self.measured += result.measured
        self.cpu_seconds += result.cpu_seconds
        if self._live and self._task is not None:
            self._live.update(self._task, advance=1, rate=self._rate())
        elif not self._quiet and time.monotonic() - self._last_line >= _PLAIN_EVERY:
            self._say()

    def say(self, line: str) -> None:
        """Of what is not counted in shards."""
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 # talk goes to standard error

    def _rate(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-6)
        share = self.not_kept / self.items if self.items else 0.0
        failed = counted(self.failed, "shard")
        return f"{self.items:,} items, {self.items / seconds:,.0f}/s, {share:.1%} not kept, {failed} failed"

    def _say(self) -> None:
        self._said, self._last_line = self._done, time.monotonic()
        elapsed = self._last_line - self._started
        left = elapsed / self._done * (self._total - self._done) if self._done else 0.0
        line = f"shards {self._done}/{self._total}: {self._rate()}, about {left:.0f} s left"
        print(line, file=sys.stderr, flush=True)  # noqa: T201 # talk goes to standard error


class _AmountMeter:
    """Says how much of something that is known is done."""

    def __init__(self, what: str, amount: ProgressColumn, *, quiet: bool) -> None:
        self._quiet = quiet
        self._started = self._last_line = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
        console = Console(stderr=True)
        self._live = Progress(*columns, console=console) if console.is_terminal and not quiet else None
        self._task = self._live.add_task(what, total=None) if self._live else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def count(self, done: int, total: int) -> None:
        if self._live and self._task is not None:
            self._live.update(self._task, completed=done, total=total)
        elif not self._quiet and time.monotonic() - self._last_line >= _PLAIN_EVERY:
            self._last_line = time.monotonic()
            print(self._said(done, total), file=sys.stderr, flush=True)  # noqa: T201 # talk goes to standard error

    def _said(self, done: int, total: int) -> str:
        raise NotImplementedError


class PictureMeter(_AmountMeter):
    """Counts the pictures of a labelled set as they are looked at."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__("pictures", MofNCompleteColumn(), quiet=quiet)

    def _said(self, done: int, total: int) -> str:
        left = (self._last_line - self._started) / done * (total - done)
        return f"pictures {done:,}/{total:,}, about {left:.0f} s left"


class ByteMeter(_AmountMeter):
    """Says how much of a release is copied."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__("copied", DownloadColumn(), quiet=quiet)

    def _said(self, done: int, total: int) -> str:
        return f"copied {size_of(done)} of {size_of(total)}"
