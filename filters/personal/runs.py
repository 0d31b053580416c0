"""Where in a text the patterns of a recognizer can match: parts that none of its matches crosses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import regex

Windows = Callable[[str], Iterable[tuple[int, int]]]
"""Start and end of each part, in order; between them there can be no match."""

_RUN_BEFORE = regex.compile(r"\S*", flags=regex.REVERSE)
_RUN_AFTER = regex.compile(r"\S*")


def runs_around(anchor: str) -> Windows:
    """The runs without white space that hold a match of `anchor`, for patterns whose matches hold one, and no space."""
    found = regex.compile(anchor)

    def windows(text: str) -> Iterator[tuple[int, int]]:
        end = 0
        for match in found.finditer(text):
            if match.start() >= end:
                start = _RUN_BEFORE.match(text, end, match.start()).start()
                end = _RUN_AFTER.match(text, match.end()).end()
                yield start, end

    return windows
