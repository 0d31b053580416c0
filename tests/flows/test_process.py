"""A process of ours ends at once, and nothing that it owes is left undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BEFORE = "import atexit, os, sys, tempfile, threading, time; from flows.process import leave\n"
BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}


def ended(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BEFORE + program]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=BUFFERED)


@pytest.mark.parametrize("code", [0, 3])
def test_what_was_said_is_heard_and_the_exit_code_is_kept(code: int) -> None:
    done = ended(f"print('out', end=''); print('err', end='', file=sys.stderr); leave({code})")
    assert (done.stdout, done.stderr, done.returncode) == ("out", "err", code)


def test_what_is_registered_for_the_end_is_done(tmp_path: Path) -> None:
    done = ended(
        f"atexit.register(print, 'last'); folder = tempfile.TemporaryDirectory(dir={str(tmp_path)!r}); leave(0)"
    )
    assert (done.stdout, list(tmp_path.iterdir())) == ("last\n", [])


def test_a_thread_at_work_is_waited_for() -> None:
    done = ended("threading.Thread(target=lambda: (time.sleep(0.2), print('done'))).start(); leave(3)")
    assert (done.stdout, done.returncode) == ("done\n", 3)


def test_a_thread_that_nobody_waits_for_holds_nothing_up() -> None:
    done = ended("threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); leave(3)")
    assert done.returncode == 3


def test_modules_are_not_taken_down_one_by_one() -> None:
    done = ended("class Told:\n    def __del__(self): print('taken down')\ntold = Told(); leave(0)")
    assert done.stdout == ""


def test_output_that_nobody_can_take_is_a_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", BEFORE + "print('out'); leave(0)"]
    done = subprocess.run(command, check=False, stdout=writing, timeout=60, env=BUFFERED)
    os.close(writing)
    assert done.returncode == 120


def test_a_process_without_streams_ends_all_the_same() -> None:
    program = f"exec {sys.executable} -c '{BEFORE.strip()}; leave(3)' >&- 2>&-"
    assert subprocess.run(program, check=False, shell=True, timeout=60).returncode == 3
