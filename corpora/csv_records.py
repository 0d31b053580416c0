"""Records of a CSV file in bounded memory: one endless field costs one record, not the file or the machine.

Where a record ends is told by the four states of the standard library's parser (RFC 4180, and its leniency: a quote
within a field that did not begin with one is a quote, and nothing more), so that both see the same records.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TextIO

State = Literal["start", "bare", "quoted", "closing"]
"""At a field's start; in one without quotes; within quotes; after a quote that closes a field or is half of two."""

_LINE_END = len("\r\n")
_RUNS = re.compile(r'"+|[^"]+')


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is written, line end included: its first characters, and how it ends."""

    text: str
    is_whole: bool
    """False: it has more characters than the limit; the rest was skipped."""
    is_closed: bool
    """False: the file ends within quotes."""


def raw_records(stream: TextIO, limit: int, *, delimiter: str) -> Iterator[Record]:
    """Every record of `stream`, blank lines left out; it must not translate line ends."""
    held, length = io.StringIO(newline=""), 0
    state: State = "start"
    while piece := stream.readline(limit + _LINE_END):
        if length <= limit + _LINE_END:
            held.write(piece)
        length += len(piece)
        state = state_after(piece, state, delimiter)
        if state != "quoted" and piece.endswith(("\n", "\r")):
            yield from _record(held.getvalue(), length, limit, is_closed=True)
            held, length, state = io.StringIO(newline=""), 0, "start"
    yield from _record(held.getvalue(), length, limit, is_closed=state != "quoted")


def _record(text: str, length: int, limit: int, *, is_closed: bool) -> Iterator[Record]:
    """The record that begins with `text` and has `length` characters, if it is not blank."""
    content = text.rstrip("\r\n")
    if content:
        is_whole = length == len(text) and len(content) <= limit
        yield Record(text if is_whole else text[:limit], is_whole, is_closed)


def state_after(piece: str, state: State, delimiter: str) -> State:
    """The parser's state behind `piece`, which is a line or part of one."""
    if '"' not in piece:
        return _after_plain(piece, state, delimiter)
    for run in _RUNS.findall(piece):
        state = _after_quotes(len(run), state) if run[0] == '"' else _after_plain(run, state, delimiter)
    return state


def _after_plain(run: str, state: State, delimiter: str) -> State:
    if state == "quoted":
        return state
    return "start" if run.endswith(delimiter) else "bare"


def _after_quotes(number: int, state: State) -> State:
    if state == "bare":
        return state
    outside = state != "quoted"  # the first quote opens the field, or makes two of the one before it
    return "quoted" if outside == bool(number % 2) else "closing"
