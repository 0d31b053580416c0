"""No process outlives the run that started it, however the run ends."""

from __future__ import annotations

import os
import threading
import time

_LOOK_EVERY = 0.5
"""Seconds between two looks at the parent."""


def leave_with(parent: int) -> None:
    """Ends this process soon after `parent` (a process id) has ended, even by SIGKILL.

    A kernel offers this on Linux alone (PR_SET_PDEATHSIG); looking is the same everywhere and costs nothing.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY)
        os._exit(1)

    threading.Thread(target=watch, name="leave-with-parent", daemon=True).start()
