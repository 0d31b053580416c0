"""The process that decodes: a picture that kills it, or takes too long, costs that picture alone.

Requests and answers are one message each, a JSON head and bytes behind it, on two pipes. Nothing that comes back is
unpickled: the child has handled bytes that nobody vouches for, and may no longer be ours.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import orjson

from filters.pictures.decode import PROBLEMS, Problem
from filters.pictures.readings import Reading

SECONDS: Final = 60.0
"""How long one picture may take: the largest allowed take 3 s on a slow machine, and the rest is for a busy one."""

_READY_SECONDS: Final = 300.0
"""How long the child may take to import what its readings need."""

_NO_ARRAYS: Final[Mapping[str, npt.NDArray[Any]]] = {}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a picture: its size as shown and an array by each reading's key; or what is wrong with it."""

    problem: Problem | None = None
    width: int | None = None
    height: int | None = None
    pixels: int = 0
    """Of the largest frame that was decoded."""
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=lambda: _NO_ARRAYS)


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    to: Connection
    back: Connection
    readings: tuple[Reading, ...]

    def end(self) -> None:
        self.to.close()
        self.back.close()
        self.process.kill()
        self.process.wait()


class Decoder:
    """One child process, started when it is needed and again when it died; to be used from one thread."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: _Child | None = None

    @property
    def process(self) -> int | None:
        """The child's id; null where there is none."""
        return self._child.process.pid if self._child is not None else None

    def look(self, data: bytes, readings: tuple[Reading, ...], *, max_pixels: int) -> Look:
        """What the readings take of a picture. Never raises for what the picture does."""
        child = self._ready(readings)
        try:
            child.to.send_bytes(orjson.dumps({"max_pixels": max_pixels}))
            child.to.send_bytes(data)
            if not child.back.poll(self._seconds):
                self.close()
                return Look(problem="picture_out_of_time")
            return _look(child.back)
        except (OSError, EOFError, ValueError, LookupError, TypeError):
            self.close()
            return Look(problem="picture_crashed")
        except BaseException:
            self.close()  # the answer would be taken for that to the next question
            raise

    def close(self) -> None:
        """Ends the child, if there is one."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ready(self, readings: tuple[Reading, ...]) -> _Child:
        if self._child is not None and self._child.readings == readings:
            return self._child
        self.close()
        self._child = _started(readings)
        return self._child


def _started(readings: tuple[Reading, ...]) -> _Child:
    """A child that has imported what it needs.

    Raises:
        RuntimeError: it did not come up; with TAMIS_DEBUG set its own words are on standard error.
    """
    asked, to = _pipe()
    back, answered = _pipe()
    with asked, answered:
        process = subprocess.Popen(
            [sys.executable, "-m", "filters.pictures.decoder_child", str(asked.fileno()), str(answered.fileno())],
            pass_fds=(asked.fileno(), answered.fileno()),
            stdin=subprocess.DEVNULL,
            stderr=None if os.environ.get("TAMIS_DEBUG") else subprocess.DEVNULL,  # codecs quote what they read
            env=_environment(),
        )
    child = _Child(process, to, back, readings)
    try:
        to.send_bytes(pickle.dumps(readings))
        if back.poll(_READY_SECONDS) and back.recv_bytes() == b"ready":
            return child
    except (EOFError, OSError):
        pass
    child.end()
    raise RuntimeError("The process that decodes pictures did not start. With TAMIS_DEBUG=1 it says why.")


def _pipe() -> tuple[Connection, Connection]:
    """(reading end, writing end)."""
    reads, writes = os.pipe()
    return Connection(reads, writable=False), Connection(writes, readable=False)


def _environment() -> dict[str, str]:
    """With one thread for each library, and the modules of this process: tests and plug-ins lie where we found them."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _look(back: Connection) -> Look:
    head = orjson.loads(back.recv_bytes())
    problem = head["problem"]
    if problem is not None:
        return Look(problem=cast("Problem", problem) if problem in PROBLEMS else "picture_crashed")
    arrays = {
        key: np.frombuffer(back.recv_bytes(), dtype=np.dtype(kind)).reshape(shape)
        for key, kind, shape in head["arrays"]
    }
    return Look(width=head["width"], height=head["height"], pixels=head["pixels"], arrays=arrays)
