"""Memory that is a file without a name: what a step over all items needs at once, and no machine may have room for."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from pathlib import Path


def mapped(size: int, scratch: Path) -> mmap.mmap:
    """So many bytes of zeros, gone with the process.

    Raises:
        OSError: the disk has no room for them.
    """
    with tempfile.TemporaryFile(dir=scratch) as file:
        if sys.platform == "linux":
            os.posix_fallocate(file.fileno(), 0, max(size, 1))  # else a full disk is a signal that kills
        file.truncate(max(size, 1))
        return mmap.mmap(file.fileno(), max(size, 1))
