"""Lines of a byte stream in bounded memory: one endless line costs one record, not the machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

_PIECE = 65_536


def bounded_lines(stream: BinaryIO, limit: int) -> Iterator[tuple[bytes, bool]]:
    """Yields (line without its line end, whole) for every line that is not blank.

    `whole` is False for a line longer than `limit` bytes: its first `limit` bytes are given, the rest is skipped.
    """
    while line := stream.readline(limit + 2):
        ended = line.endswith(b"\n")
        content = line.rstrip(b"\r\n") if ended else line
        blank = not content.strip()
        while not ended and len(line) == limit + 2:
            line = stream.readline(limit + 2)
            ended = line.endswith(b"\n")
            blank = blank and not line.strip()
        if not blank:
            yield content[:limit], len(content) <= limit


def count_lines(stream: BinaryIO, damage: tuple[type[Exception], ...]) -> int:
    """Lines that are not blank, by pieces of them; one more for a stream that breaks with one of `damage`."""
    lines, blank = 0, True
    try:
        while piece := stream.readline(_PIECE):
            blank = blank and piece.isspace()
            if piece.endswith(b"\n"):
                lines += not blank
                blank = True
    except damage:
        return lines + 1
    return lines + (not blank)
