"""Lines of a byte stream in bounded memory: one endless line costs one record, not the machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO


def bounded_lines(stream: BinaryIO, limit: int) -> Iterator[tuple[bytes, bool]]:
    """Yields (line without its line end, whole) for every line that is not blank.

    `whole` is False for a line longer than `limit` bytes: its first `limit` bytes are given, the rest is skipped.
    """
    while line := stream.readline(limit + 2):
        ended = line.endswith(b"\n")
        content = line.rstrip(b"\r\n") if ended else line
        whole = len(content) <= limit
        while not ended and len(line) == limit + 2:
            line = stream.readline(limit + 2)
            ended = line.endswith(b"\n")
            whole = whole and not line.strip()
        if content.strip():
            yield content[:limit], whole
