"""No process outlives the run that started it, however the run ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_LOOK_EVERY = 0.5
"""Seconds between two looks at the parent."""

_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


def leave_with(parent: int, *, thread_stays: bool = False) -> None:
    """Ends this process soon after `parent` (a process id) has ended, even by SIGKILL.

    Looking at the parent is the same everywhere, but native code that holds the interpreter keeps Python from looking.
    Linux ends the process itself then, if it is asked to.

    Args:
        parent: the process id.
        thread_stays: whether the thread that started this process lives as long as the parent. Linux ends a process
            with the thread that started it, so it is asked only then.
    """
    if thread_stays and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY)
        os._exit(1)

    threading.Thread(target=watch, name="leave-with-parent", daemon=True).start()
