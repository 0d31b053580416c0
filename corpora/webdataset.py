"""WebDataset: tar files (`.tar`, `.tar.gz`) read as a stream and never extracted; each file is a shard.

Neighbouring members whose names are equal up to the first dot of the last part are one record: each picture and each
`.txt` is a position, and their `.json` says what is known of them. Links, devices and other members that are no files
are positions that are held. Folders are nothing but names, and left out.

A `.json` that cannot be relied on must not leave the corpus's licence alone with the member it speaks of. If it is
broken, too large or no neighbour of all members of its name, they get the claim `unreadable sidecar`, which holds them.
Which names are so is looked up by a first pass over the headers; it costs 16 bytes and an entry of a table a name.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import polars as pl

from corpora.batch import MAX_PAYLOAD, Row, batches_of, image_row, text_row, together
from corpora.files import file_shards, listed_file, planned_file, safe_name
from corpora.image_folder import SUFFIXES as PICTURES
from corpora.provenance import Claims, claims_of, labels_of
from corpora.spec import CorpusSpec
from corpora.tar import DAMAGE, TarReader, is_file, unpacked
from corpora.tar_headers import Header, headers
from tamis.errors import SourceError
from tamis.ids import text_bytes
from tamis.records import Shard

SUFFIXES = (".tar", ".tar.gz", ".tgz")

UNREADABLE = "unreadable sidecar"
"""The claim of members whose `.json` cannot be relied on."""

LOST = "stream_damaged"
"""The reason of what stands for all that comes after a damage."""

_OVERHEAD = 512
"""What a member weighs besides its bytes, so that many empty ones are not held together without end."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of a group as it was read; `reason` says why there is no data."""

    name: str
    data: bytes | None
    reason: str | None


class WebDatasetReader:
    """Reads a tar file, or every one below a folder."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec

    def shards(self) -> list[Shard]:
        return file_shards(self._spec, SUFFIXES)

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        path = planned_file(shard)
        with _opened(path, shard) as tar:
            doubtful = self._doubtful(tar)
        with _opened(path, shard) as tar:
            yield from batches_of(self._rows(tar, doubtful), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Members by the headers of the archive, one more where it is damaged."""
        counted: list[bool] = []
        path = listed_file(shard)
        try:
            with unpacked(path) as file:
                counted += (_counts(header) for header in headers(file))
        except DAMAGE:
            if not counted:
                raise _unreadable(shard) from None
            counted.append(True)
        return sum(counted)

    def _doubtful(self, tar: TarReader) -> set[bytes]:
        """Digests of the keys whose `.json` may come too late: apart from its members, or after too much to hold."""
        sidecars: dict[bytes, bool] = {}
        apart: set[bytes] = set()
        last, held = b"", 0
        try:
            for member in tar.members():
                if member.isdir():
                    continue
                key = _digest(_key(member.name))
                held = held if key == last else 0
                if held > MAX_PAYLOAD or (key != last and key in sidecars):
                    apart.add(key)
                sidecars[key] = sidecars.get(key, False) or _suffix(member.name) == "json"
                held += self._weight(member)
                last = key
        except DAMAGE:
            pass  # the second pass says so
        return {key for key in apart if sidecars[key]}

    def _rows(self, tar: TarReader, doubtful: set[bytes]) -> Iterator[Row]:
        group: list[_Member] = []
        key, held, before = "", 0, 0
        try:
            for member in tar.members():
                if member.isdir():
                    continue
                own = _key(member.name)
                if own != key or held > MAX_PAYLOAD:
                    rows = list(self._group(group, doubtful=_digest(key) in doubtful))
                    yield from together(rows, before=before, more=own == key)
                    before = before + len(rows) if own == key else 0
                    group, held = [], 0
                key = own
                group += self._read(tar, member)
                held += self._weight(member)
        except DAMAGE:
            # a sidecar or a picture of theirs may be in what is lost
            rows = list(self._group(group, doubtful=not any(map(_is_sidecar, group))))
            yield from together([*rows, Row(b"", reason=LOST)], before=before)
            return
        yield from together(list(self._group(group, doubtful=_digest(key) in doubtful)), before=before)

    def _weight(self, member: tarfile.TarInfo) -> int:
        return _OVERHEAD + (member.size if is_file(member) and member.size <= self._spec.max_item_bytes else 0)

    def _read(self, tar: TarReader, member: tarfile.TarInfo) -> Iterator[_Member]:
        """The member, unless it is one that nobody asks for."""
        suffix = _suffix(member.name)
        if not is_file(member):
            yield _Member(member.name, None, "member_not_regular")
        elif _is_item(suffix) or suffix == "json":
            data = tar.read(member, self._spec.max_item_bytes)
            yield _Member(member.name, data, "record_too_large" if data is None else None)

    def _group(self, members: list[_Member], *, doubtful: bool) -> Iterator[Row]:
        said = [_said(member) for member in members if _is_sidecar(member)]
        records = [record for record in said if record is not None]
        if doubtful or len(records) < len(said):
            records.append(dict.fromkeys(self._spec.licence_columns, UNREADABLE))
        claims = self._claims(records)
        known = {name: value for record in reversed(records) for name, value in record.items()}
        for member in members:
            if _is_item(_suffix(member.name)) or member.reason == "member_not_regular":
                labels = {**labels_of(self._spec, known), "path": safe_name(member.name)}
                yield self._row(member, labels, claims)

    def _claims(self, records: Iterable[Mapping[str, Any]]) -> Claims:
        """What any of the records says, each claim once; what the corpus says, if there is no record."""
        said = [claims_of(self._spec, record) for record in records] or [claims_of(self._spec, {})]
        return tuple(dict.fromkeys(chain.from_iterable(said)))

    def _row(self, member: _Member, labels: dict[str, str], claims: Claims) -> Row:
        is_picture = _is_picture(_suffix(member.name))
        if member.data is None:
            return Row(b"", "image" if is_picture else "text", None, member.reason, labels, claims)
        if is_picture:
            return image_row(member.data, limit=self._spec.max_item_bytes, labels=labels, claims=claims)
        try:
            return text_row(member.data.decode(), limit=self._spec.max_item_bytes, labels=labels, claims=claims)
        except UnicodeDecodeError:
            return Row(member.data, "text", None, "record_not_utf8", labels, claims)


def _opened(path: Path, shard: Shard) -> TarReader:
    try:
        return TarReader(path)
    except DAMAGE:
        raise _unreadable(shard) from None


def _unreadable(shard: Shard) -> SourceError:
    return SourceError("shard_unreadable", f"shard {shard.name}: cannot be opened as a tar file.")


def _counts(header: Header) -> bool:
    is_item = not header.is_file or (header.is_whole and _is_item(_suffix(header.name)))
    return is_item and not header.is_folder


def _key(name: str) -> str:
    """The name up to the first dot of its last part that is not a dot it begins with."""
    path = PurePosixPath(name)
    bare = path.name.lstrip(".")
    dots = len(path.name) - len(bare)
    return str(path.parent / (path.name[:dots] + bare.partition(".")[0]))


def _digest(key: str) -> bytes:
    return hashlib.sha256(text_bytes(key)).digest()[:16]


def _suffix(name: str) -> str:
    """What follows the last dot of the name's last part, in lower case."""
    _, dot, suffix = PurePosixPath(name).name.rpartition(".")
    return suffix.lower() if dot else ""


def _is_picture(suffix: str) -> bool:
    return f".{suffix}" in PICTURES


def _is_item(suffix: str) -> bool:
    return suffix == "txt" or _is_picture(suffix)


def _is_sidecar(member: _Member) -> bool:
    return _suffix(member.name) == "json"


def _said(sidecar: _Member) -> dict[str, Any] | None:
    """What a `.json` says; null if it is no object, or could not be read."""
    try:
        said = orjson.loads(sidecar.data or b"")
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None
