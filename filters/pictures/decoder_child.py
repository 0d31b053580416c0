"""The child that decodes: one picture in, arrays out, until the pipe closes. See `filters.pictures.decoder`."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from filters.pictures.decode import Picture, Problem, open_picture
from filters.pictures.readings import Reading

MEMORY: Final = 3 * 1024**3
"""Address space that pictures may take, beside what the libraries have: the largest allowed, a few times over."""


def main() -> None:
    """Answers until the other end closes; the descriptors of the pipes are the two arguments."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on
    asked = Connection(int(sys.argv[1]), writable=False)
    answers = Connection(int(sys.argv[2]), readable=False)
    try:
        readings: tuple[Reading, ...] = pickle.loads(asked.recv_bytes())  # noqa: S301 - from the parent, before any picture
        for reading in readings:
            reading.prepare()
        _limit()
        answers.send_bytes(b"ready")
        while True:
            limits = orjson.loads(asked.recv_bytes())
            _answer(answers, asked.recv_bytes(), readings, max_pixels=limits["max_pixels"])
    except (EOFError, BrokenPipeError):
        return


def _limit() -> None:
    """No more memory than pictures need, no core file, and nothing written: the kernel holds it."""
    status = Path("/proc/self/statm")
    if status.exists():  # not on macOS, which does not hold the limit either
        address_space = int(status.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _answer(answers: Connection, data: bytes, readings: tuple[Reading, ...], *, max_pixels: int) -> None:
    opened = open_picture(data, max_pixels=max_pixels)
    if isinstance(opened, Picture):
        try:
            arrays = [(reading.key, np.ascontiguousarray(reading.of(opened))) for reading in readings]
        except MemoryError:
            opened = "picture_out_of_memory"
    if not isinstance(opened, Picture):
        _refuse(answers, opened)
        return
    head = {
        "problem": None,
        "width": opened.width,
        "height": opened.height,
        "pixels": opened.pixels,
        "arrays": [(key, array.dtype.str, array.shape) for key, array in arrays],
    }
    answers.send_bytes(orjson.dumps(head))
    for _, array in arrays:
        answers.send_bytes(array.tobytes())


def _refuse(answers: Connection, problem: Problem) -> None:
    answers.send_bytes(orjson.dumps({"problem": problem}))


if __name__ == "__main__":
    main()
