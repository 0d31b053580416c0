"""Files of a corpus: which there are, what they are called, whether they are still those that were planned."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

import pyarrow as pa

from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import text_bytes
from tamis.labels import MAX_LABEL, safe_word
from tamis.records import Shard

_MAX_NAME = MAX_LABEL - len("~01234567")

DAMAGE = (EOFError, OSError, zlib.error)
"""What a compressed stream that ends or breaks too early raises."""


def kind_of_path(spec: CorpusSpec) -> Literal["file", "folder", "nothing"]:
    """What is at the corpus's path.

    Raises:
        ConfigError: that cannot be told: no path can be so long or hold such a character, or a folder on the way to it
            cannot be entered.
    """
    try:
        mode = os.stat(spec.path or ".").st_mode  # noqa: PTH116 # a Path hides what is wrong with the name
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no path holds a NUL"
        raise ConfigError(f"corpus {spec.name!r}: its path cannot be looked at ({why}). Check `path`.") from None
    return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "nothing"


def file_shards(spec: CorpusSpec, suffixes: tuple[str, ...]) -> list[Shard]:
    """A shard for the file at the corpus's path, or for each file below it that ends in one of `suffixes`.

    Raises:
        ConfigError: there is none, or a folder cannot be listed.
    """
    kind = kind_of_path(spec)
    root = Path(spec.path)
    if kind == "nothing":
        raise ConfigError(f"corpus {spec.name!r}: there is nothing at its path. Check `path`.")
    files = [root] if kind == "file" else list(files_below(spec, suffixes))
    if not files:
        raise ConfigError(f"corpus {spec.name!r}: no file at its path ends in {', '.join(suffixes)}. Check `path`.")
    base = root.parent if kind == "file" else root
    return sorted((_shard(spec, file, base) for file in files), key=lambda shard: shard.name)


def files_below(spec: CorpusSpec, suffixes: tuple[str, ...]) -> Iterable[Path]:
    """Files below the corpus's path that end in one of `suffixes`, sorted.

    None that is hidden, none in a folder that is a link, and none that a link leads out of the corpus to.

    Raises:
        ConfigError: a folder cannot be listed, so that nobody knows what is in it.
    """
    inside = Path(spec.path).resolve()
    for path in sorted(all_files_below(spec, hidden=False)):
        if path.name.lower().endswith(suffixes) and path.resolve().is_relative_to(inside):
            yield path


def all_files_below(spec: CorpusSpec, *, hidden: bool) -> Iterator[Path]:
    """Every file below the corpus's path, whatever it is called, in no order.

    Raises:
        ConfigError: a folder cannot be listed.
    """

    def fail(error: OSError) -> NoReturn:
        place = safe_word(os.path.relpath(error.filename, spec.path))
        raise ConfigError(f"corpus {spec.name!r}: what is in {place!r} cannot be listed ({error.strerror}).") from None

    try:
        for folder, folders, names in os.walk(spec.path, onerror=fail):
            if not hidden:
                folders[:] = [name for name in folders if not name.startswith(".")]
            paths = (Path(folder, name) for name in names if hidden or not name.startswith("."))
            yield from (path for path in paths if path.is_file())
    except OSError as error:
        fail(error)


def planned_file(shard: Shard) -> Path:
    """The shard's file.

    Raises:
        SourceError: it is gone, cannot be read, or its bytes are not those that were planned.
    """
    path = Path(shard.locator)
    with readable(shard):
        if not path.is_file():
            raise SourceError("shard_missing", f"shard {shard.name}: the file is gone. Plan again.")
        stamp = path.stat()
        if _sha256_as_it_is(path, stamp.st_mtime_ns, stamp.st_size) != shard.sha256:
            raise SourceError("shard_changed", f"shard {shard.name}: its bytes are not those planned. Plan again.")
    return path


def listed_file(shard: Shard) -> Path:
    """The shard's file as it was listed a moment ago, for counting.

    Raises:
        SourceError: it could not be read even then.
    """
    if not shard.sha256:
        raise SourceError("shard_unreadable", f"shard {shard.name}: the file cannot be read.")
    return Path(shard.locator)


@contextmanager
def readable(shard: Shard) -> Iterator[None]:
    """Fails the shard alone where the system does not let its file be read."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SourceError("shard_unreadable", f"shard {shard.name}: the file cannot be read ({why}).") from None


def opened(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed if its name ends in .gz or .zst; a damaged stream raises one of DAMAGE."""
    name = path.name.lower()
    if name.endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value] # a BinaryIO all but in name
    if name.endswith(".zst"):
        # pyarrow's decoder says when a stream is cut off; zstandard's takes that for its end
        return io.BufferedReader(pa.CompressedInputStream(arrow_file(path), "zstd"))
    return path.open("rb")


def arrow_file(path: Path) -> pa.OSFile:
    """The file for Arrow, which takes no path that is no UTF-8, but takes its bytes."""
    return pa.OSFile(bytes(path))


def safe_name(name: str) -> str:
    """A file's name as it may stand in a catalog; a changed one gets a piece of its digest and so stays its own."""
    safe = safe_word(name)
    return safe if safe == name else f"{safe[:_MAX_NAME]}~{hashlib.sha256(text_bytes(name)).hexdigest()[:8]}"


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_or_none(path: Path) -> str:
    """The file's SHA-256; an empty text if it cannot be read, which the run says of its shard or item alone."""
    try:
        return sha256_of_file(path)
    except OSError:
        return ""


@lru_cache(maxsize=64)
def _sha256_as_it_is(path: Path, mtime_ns: int, size: int) -> str:
    """Of a file that is several shards the bytes are read once in a process, unless it was written to since."""
    del mtime_ns, size
    return sha256_of_file(path)


def _shard(spec: CorpusSpec, file: Path, base: Path) -> Shard:
    name = safe_name(file.relative_to(base).as_posix())
    return Shard(spec.name, name, sha256_or_none(file), str(file), file.stat().st_size)
