"""Named places where a test may kill the process or raise: how crash safety is proved, not hoped for.

`TAMIS_FAILPOINT=<name>:<nth>:<action>` arms one of them in this process and its children: at the nth time the named
place is reached, `kill` ends the process as the kernel would (SIGKILL), `raise` raises a disk-full error, `hang` never
comes back nor lets go of the interpreter, as native code can. Unset, a failpoint costs one dictionary look-up.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter

FAILPOINTS = (
    "shard.started",
    "batch.decided",
    "segment.staged",
    "segment.committed",
    "wave.done",
    "duplicates.decided",
    "subset.part",
    "subset.chosen",
    "release.staged",
    "audits.passed",
    "release.sealed",
    "catalog.built",
    "catalog.published",
)

PULL_FAILPOINTS = ("pull.block", "pull.file", "pull.copied")
"""Those of `tamis pull`, which no run reaches."""

_reached: Counter[str] = Counter()


def reach(name: str) -> None:
    """Marks that the place `name` (one of FAILPOINTS or PULL_FAILPOINTS) is reached."""
    armed = os.environ.get("TAMIS_FAILPOINT")
    if armed is None:
        return
    wanted, nth, action = armed.split(":")
    if wanted != name:
        return
    _reached[name] += 1
    if _reached[name] != int(nth):
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "hang":
        sum(range(10**15))
    raise OSError(errno.ENOSPC, "armed failpoint", name)
