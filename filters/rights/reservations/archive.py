"""A folder that keeps what hosts said, and when: robots.txt, ai.txt and tdmrep.json beside a corpus.

    <host>/2026-03-01T120000Z/{robots.txt, ai.txt, tdmrep.json, status.json}
    <host>/{robots.txt, ai.txt, tdmrep.json, status.json}        at no known time

`status.json` says the HTTP status of each file (`{"robots.txt": 404}`); without it a file that is there came with 200,
and one that is not was not asked for. Hosts are found by name in a listing made once, so that no name from a corpus is
ever a path; what a link leads to outside of the folder is there and cannot be read.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path

MAX_FILE = 512 * 1024
"""Bytes that are read of a file; of a longer one the rest is not known."""

FILES = ("robots.txt", "ai.txt", "tdmrep.json")

_STATUS = "status.json"
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):?(\d\d):?(\d\d)Z")
_PORT = re.compile(r"(.*?):(\d{0,5})")
_NEVER = datetime.min.replace(tzinfo=UTC)
_DEFAULT_PORTS = {"", "80", "443"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came when a file was asked for."""

    status: int
    """Of the HTTP response; 0 where there was none."""
    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a host said at one time; null for what was not asked for."""

    observed_at: datetime | None
    robots: Fetched | None
    ai_txt: Fetched | None
    tdmrep: Fetched | None


def host_key(authority: str) -> str:
    """A host as this archive compares it: lower case, Punycode, without closing dot and default port; empty if none."""
    authority = authority.strip().rpartition("@")[2]
    if len(authority) > 300:
        return ""
    host, port = found.groups() if (found := _PORT.fullmatch(authority)) and "]" not in found[2] else (authority, "")
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return ""
    return host if port.lstrip("0") in _DEFAULT_PORTS else f"{host}:{port.lstrip('0')}"


class Archive:
    """The snapshots in a folder. The listing is made once; files are read as they are asked for.

    Raises:
        OSError: the folder cannot be listed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        hosts: dict[str, list[Path]] = {}
        for path in sorted(self._folder.iterdir()):
            key = host_key(re.sub(r"_(\d{1,5})$", r":\1", path.name))
            if key and path.is_dir() and self._holds(path):
                hosts.setdefault(key, []).append(path)
        self._hosts = {key: tuple(paths) for key, paths in hosts.items()}
        self._read = lru_cache(maxsize=32)(self._snapshots)

    def snapshots(self, host: str) -> tuple[Snapshot, ...]:
        """What a host said, at no known time first, then from early to late. Its port may have been left out."""
        key = host_key(host)
        return self._read(key if key in self._hosts else key.rpartition(":")[0] or key)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names and contents of all files, for a filter's spec."""
        total = hashlib.sha256()
        for path in self._files():
            content = _digest(path) if stat.S_ISREG(path.lstat().st_mode) else "no file"
            total.update(f"{path.relative_to(self._folder).as_posix()}\0{content}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()

    def _files(self) -> Iterator[Path]:
        for folder, below, names in os.walk(self._folder):
            below.sort()
            links = [name for name in below if Path(folder, name).is_symlink()]
            yield from (Path(folder, name) for name in sorted(names + links))

    def _snapshots(self, key: str) -> tuple[Snapshot, ...]:
        found = [
            snapshot
            for folder in self._hosts.get(key, ())
            for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir() and self._holds(path)))
            if (snapshot := self._snapshot(place, None if place == folder else _time(place.name)))
        ]
        return tuple(sorted(found, key=lambda one: (one.observed_at is not None, one.observed_at or _NEVER)))

    def _snapshot(self, folder: Path, observed_at: datetime | None) -> Snapshot | None:
        statuses = self._statuses(folder)
        robots, ai_txt, tdmrep = (self._fetched(folder, name, statuses) for name in FILES)
        if robots is None and ai_txt is None and tdmrep is None:
            return None
        return Snapshot(observed_at, robots, ai_txt, tdmrep)

    def _fetched(self, folder: Path, name: str, statuses: dict[str, int] | None) -> Fetched | None:
        status = 200 if statuses is None else statuses.get(name, 200)
        path = next((path for path in (folder / name, folder / ".well-known" / name) if os.path.lexists(path)), None)
        if path is None:
            return Fetched(status, "", complete=True) if statuses is not None and name in statuses else None
        text, whole = self._text(path)
        return Fetched(status, text, complete=whole and statuses is not None)

    def _statuses(self, folder: Path) -> dict[str, int] | None:
        """Null where they cannot be read; then nothing that came is known to be whole."""
        if not os.path.lexists(folder / _STATUS):
            return {}
        text, whole = self._text(folder / _STATUS)
        try:
            stored = json.loads(text) if whole else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(stored, dict):
            return None
        said = {name: value.get("status") if isinstance(value, dict) else value for name, value in stored.items()}
        return {name: value if type(value) is int and 0 <= value < 1000 else 0 for name, value in said.items()}

    def _text(self, path: Path) -> tuple[str, bool]:
        """The text of a file, and whether that is all of it."""
        try:
            if not self._holds(path) or not path.is_file():
                return "", False
            with path.open("rb") as file:
                content = file.read(MAX_FILE + 1)
        except OSError:
            return "", False
        return decoded(content[:MAX_FILE]), len(content) <= MAX_FILE

    def _holds(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder)
        except (OSError, RuntimeError):  # links in a circle
            return False


def decoded(content: bytes) -> str:
    """Text by its mark, as UTF-16 where every other byte is null, else as UTF-8; what is no character is replaced."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    half = content[:200]
    if half and half[1::2].count(0) == len(half) // 2 > 1:
        return content.decode("utf-16-le", "replace")
    if half and half[::2].count(0) == len(half) // 2 > 1:
        return content.decode("utf-16-be", "replace")
    return content.decode("utf-8", "replace")


def _time(name: str) -> datetime | None:
    found = _TIME.fullmatch(name)
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC) if found else None  # type: ignore[arg-type,misc] # six numbers
    except ValueError:
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
