"""Files of a corpus: which there are, what they are called, whether they are still those that were planned."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import text_bytes
from tamis.labels import safe_word
from tamis.records import Shard

DAMAGE = (EOFError, OSError, zlib.error)
"""What a compressed stream that ends or breaks too early raises."""


def file_shards(spec: CorpusSpec, suffixes: tuple[str, ...]) -> list[Shard]:
    """A shard for the file at the corpus's path, or for each file below it that ends in one of `suffixes`.

    Raises:
        ConfigError: there is none.
    """
    root = Path(spec.path)
    if not root.exists():
        raise ConfigError(f"corpus {spec.name!r}: there is nothing at its path. Check `path`.")
    files = [root] if root.is_file() else list(files_below(root, suffixes))
    if not files:
        raise ConfigError(f"corpus {spec.name!r}: no file at its path ends in {', '.join(suffixes)}. Check `path`.")
    base = root.parent if root.is_file() else root
    return sorted((_shard(spec, file, base) for file in files), key=lambda shard: shard.name)


def files_below(root: Path, suffixes: tuple[str, ...]) -> Iterable[Path]:
    """Files that end in one of `suffixes`, sorted; none that is hidden, and none that a link leads out of `root` to."""
    inside = root.resolve()
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        named_so = path.name.lower().endswith(suffixes)
        if named_so and not hidden and path.is_file() and path.resolve().is_relative_to(inside):
            yield path


def planned_file(shard: Shard) -> Path:
    """The shard's file.

    Raises:
        SourceError: it is gone, or its bytes are not those that were planned.
    """
    path = Path(shard.locator)
    if not path.is_file():
        raise SourceError("shard_missing", f"shard {shard.name}: the file is gone. Plan again.")
    stamp = path.stat()
    if _sha256_as_it_is(path, stamp.st_mtime_ns, stamp.st_size) != shard.sha256:
        raise SourceError("shard_changed", f"shard {shard.name}: its bytes are not those planned. Plan again.")
    return path


def opened(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed if its name ends in .gz or .zst; a damaged stream raises one of DAMAGE."""
    if path.name.endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value] # a BinaryIO all but in name
    if path.name.endswith(".zst"):
        # pyarrow's decoder says when a stream is cut off; zstandard's takes that for its end
        return io.BufferedReader(pa.CompressedInputStream(arrow_file(path), "zstd"))
    return path.open("rb")


def arrow_file(path: Path) -> pa.OSFile:
    """The file for Arrow, which takes no path that is no UTF-8, but takes its bytes."""
    return pa.OSFile(bytes(path))


def safe_name(name: str) -> str:
    """A file's name as it may stand in a catalog; a changed one gets a piece of its digest and so stays its own."""
    safe = safe_word(name)
    return safe if safe == name else f"{safe}~{hashlib.sha256(text_bytes(name)).hexdigest()[:8]}"


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _sha256_as_it_is(path: Path, mtime_ns: int, size: int) -> str:
    """Of a file that is several shards the bytes are read once in a process, unless it was written to since."""
    del mtime_ns, size
    return sha256_of_file(path)


def _shard(spec: CorpusSpec, file: Path, base: Path) -> Shard:
    name = safe_name(file.relative_to(base).as_posix())
    return Shard(spec.name, name, sha256_of_file(file), str(file), file.stat().st_size)
