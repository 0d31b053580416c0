"""Every error Tamis raises on purpose.

    TamisError
    ├── ConfigError      stop before any work: a file the user wrote is wrong (exit 2)
    ├── ContractError    stop: a reader, filter or policy broke its promise, which is a bug (exit 70)
    ├── BugError         stop: an error nobody planned for, without its message (exit 70)
    ├── CatalogError     stop: the record itself is at risk (exit 5)
    ├── BusyError        stop: another run holds the workspace (exit 4)
    ├── DiskFullError    stop: no space is left; what is committed stays (exit 7)
    ├── ReleaseError     stop: a release cannot be sealed or read (exit 1)
    └── SourceError      this shard fails, is recorded, and the run goes on (exit 3 at the end)

What holds one item only is no exception: it is a status on its finding, or a reason on its record.
A message names places, ids, offsets and lengths, never an item's content.
"""

from __future__ import annotations

import difflib
import errno
import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePath


class TamisError(Exception):
    """The base of all errors raised on purpose."""

    exit_code = 1


class ConfigError(TamisError):
    """A file or option of the user's is wrong; `problems` lists every fault found, not only the first."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    @classmethod
    def unknown(cls, what: str, given: str, known: Iterable[str], *, where: str = "") -> ConfigError:
        """Says what was not known and names the nearest candidate.

        Example: `recipe.yaml:12: unknown filter 'nsfv'. Did you mean 'nsfw'? Known: licence, nsfw.`
        """
        return cls(f"{where}{': ' if where else ''}unknown {what} {given!r}.{did_you_mean(given, known)}")


class ContractError(TamisError):
    """A component broke the promise of its interface."""

    exit_code = 70


class BugError(TamisError):
    """An error nobody planned for: its type and place are said, its message is not, for it may quote content."""

    exit_code = 70

    def __init__(self, error: BaseException) -> None:
        at = traceback.extract_tb(error.__traceback__)[-1]
        super().__init__(
            f"A bug in Tamis or a library: {type(error).__name__} at {PurePath(at.filename).name}:{at.lineno}. What is "
            "committed stays. TAMIS_DEBUG=1 shows the traceback, which may quote content."
        )


class CatalogError(TamisError):
    """The log or the catalog is damaged, missing or newer than this code."""

    exit_code = 5


class BusyError(TamisError):
    """Another run is at work in the same workspace."""

    exit_code = 4


class DiskFullError(TamisError):
    """No space is left, or a quota or a limit on file sizes is reached."""

    exit_code = 7

    def __init__(self) -> None:
        super().__init__("The disk is full. Free some space and start again: what is committed stays.")


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says so; Polars says it in words only, so the number is looked for there too."""
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, OSError):
        return error.errno in numbers
    return any(f"os error {number}" in str(error) for number in numbers)


@contextmanager
def planned_errors_only(*besides: type[Exception]) -> Iterator[None]:
    """Lets errors raised on purpose (and `besides`) through, and gives any other one a message that quotes nothing.

    Raises:
        DiskFullError, BugError: in place of the error; with TAMIS_DEBUG set it goes through as it is.
    """
    passing: tuple[type[Exception], ...] = (TamisError, *besides)
    try:
        yield
    except passing:
        raise
    except Exception as error:
        if is_disk_full(error):
            raise DiskFullError from None
        if os.environ.get("TAMIS_DEBUG"):
            raise
        raise BugError(error) from None


class ReleaseError(TamisError):
    """A release cannot be sealed, or does not hold what its manifest says."""


class SourceError(TamisError):
    """A shard cannot be read. `code` is one of `tamis.reasons.SHARD_FAILURES`."""

    exit_code = 3

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, then all of them or, of many, those that are next: to end a message."""
    words = sorted(known)
    near = difflib.get_close_matches(given, words, n=1)
    nearest = f" Did you mean {near[0]!r}?" if near else ""
    if len(words) <= _ALL_SHOWN:
        return f"{nearest} Known: {', '.join(words) or 'none'}."
    some = sorted(difflib.get_close_matches(given, words, n=_SOME_SHOWN, cutoff=0.0))
    return f"{nearest} Known are {len(words)}, among them {', '.join(some)}."


_ALL_SHOWN = 40
_SOME_SHOWN = 8
