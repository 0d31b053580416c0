"""Files that the operator brings, such as lists and sets, read whole, and what is said of those that are wrong."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from tamis.errors import ConfigError

_SHOWN: Final = 20
"""Faults of a file that are named; the rest is counted."""


def bytes_given(path: Path, *, most: int, what: str) -> bytes:
    """What is in a file of at most `most` bytes.

    Args:
        path: the file.
        most: bytes; a larger one is refused before it is read.
        what: it is, for the message: `A list`.

    Raises:
        ConfigError: it is larger, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise ConfigError(f"{path.name}: has {size:,} bytes, at most {most:,} are read. Split it.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path.name}: cannot be read ({error.strerror}). {what} is named by its place from the recipe's folder."
        ) from None


class Faults:
    """What is wrong in a file: the first faults in words, the rest by number."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._noted: list[tuple[int, str]] = []
        self._more = 0

    @property
    def room(self) -> int:
        """How many more are named."""
        return _SHOWN - len(self._noted)

    def note(self, line: int | None, what: str) -> None:
        if self.room > 0:
            self._noted.append((line or 0, what))
        else:
            self._more += 1

    def note_more(self, number: int) -> None:
        self._more += number

    def note_if_alone(self, what: str) -> None:
        if not self._noted:
            self.note(None, what)

    def say(self) -> None:
        """Ends the reading.

        Raises:
            ConfigError: there were faults.
        """
        said = [f"{self._name}{f':{line}' if line else ''}: {what}." for line, what in sorted(self._noted)]
        if self._more:
            said.append(f"{self._name}: {self._more:,} more lines are wrong.")
        if said:
            raise ConfigError(*said)


def first_line_that_is_not_utf8(data: bytes) -> int | None:
    """Counted from 1."""
    lines = enumerate(io.BytesIO(data), start=1)
    return next((line for line, written in lines if written.decode(errors="ignore").encode() != written), None)
