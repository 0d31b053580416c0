"""Files that a command makes: never over one that is there, for a run may be on record with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tamis.errors import ConfigError, is_disk_full


def expect_new(out: Path) -> None:
    """Checks that a file can be made there.

    Raises:
        ConfigError: there is one already, or no folder for it.
    """
    if out.exists():
        raise ConfigError(f"{out}: is there already, and a run may be on record with it. Name another file.")
    if not out.parent.is_dir():
        raise ConfigError(f"{out}: there is no folder {out.parent}. Make it, or name another file.")


@contextmanager
def written(out: Path) -> Iterator[None]:
    """Says why what is done within cannot write the file.

    Raises:
        ConfigError: it cannot be written there.
    """
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise
        raise ConfigError(f"{out}: cannot be written ({error.strerror}). Name another file.") from None
