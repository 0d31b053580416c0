"""Files that the operator brings, such as lists and sets, read whole."""

from __future__ import annotations

from pathlib import Path

from tamis.errors import ConfigError


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
