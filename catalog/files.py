"""Writing that survives a crash: a file or folder is there whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import orjson


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits, in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Has the kernel put a file's bytes, or a folder's names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Writes a file that readers see complete or not at all; replaces an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.touch(mode=mode)
    temporary.write_bytes(data)
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def write_json(path: Path, value: Any) -> None:
    """`write_whole` of sorted, indented JSON."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    write_whole(path, orjson.dumps(value, option=options))


def move_whole(staged: Path, target: Path) -> bool:
    """Makes a staged folder visible by one rename. False: somebody else was first, and the staged one is discarded."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in staged.rglob("*"):
        sync(file)
    sync(staged)
    try:
        staged.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(staged)
        return False
    sync(target.parent)
    return True
