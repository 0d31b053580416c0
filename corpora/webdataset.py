"""WebDataset: tar files (`.tar`, `.tar.gz`) read as a stream and never extracted; each file is a shard.

Neighbouring members whose names are equal up to the first dot of the last part belong together: each picture and each
`.txt` is a position, and their `.json` says what is known of them. Links, devices and other members that are no files
are positions that are held. Folders are nothing but names, and left out.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import polars as pl

from corpora.batch import Row, batches_of, image_row, text_row
from corpora.files import DAMAGE, file_shards, planned_file, safe_name
from corpora.image_folder import SUFFIXES as PICTURES
from corpora.provenance import claims_of, labels_of
from corpora.spec import CorpusSpec
from tamis.errors import SourceError
from tamis.records import Shard

SUFFIXES = (".tar", ".tar.gz", ".tgz")

_DAMAGE = (*DAMAGE, tarfile.TarError)
_Member = tuple[str, str, bytes | None, str | None]
"""Its name, what follows the first dot, its bytes, and why they could not be read."""


class WebDatasetReader:
    """Reads a tar file, or every one below a folder."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec

    def shards(self) -> list[Shard]:
        return file_shards(self._spec, SUFFIXES)

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        path = planned_file(shard)
        try:
            stream = tarfile.open(path, mode="r|*")  # noqa: SIM115 # closed below
        except _DAMAGE:
            raise SourceError("shard_unreadable", f"shard {shard.name}: cannot be opened as a tar file.") from None
        with stream:
            yield from batches_of(self._rows(stream), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Members by the archive's own list, read at random where `batches` reads a stream."""
        counted = 0
        try:
            with tarfile.open(shard.locator) as archive:
                for member in archive:
                    ending = _key(member.name)[1]
                    _reach_end(archive, member)
                    counted += not member.isdir() and (not member.isreg() or _is_item(ending))
        except _DAMAGE:
            counted += 1
        return counted

    def _rows(self, stream: tarfile.TarFile) -> Iterator[Row]:
        group: list[_Member] = []
        key = ""
        try:
            for member in stream:
                if member.isdir():
                    continue
                own, ending = _key(member.name)
                if own != key:
                    yield from self._group(group)
                    group, key = [], own
                group.append(self._read(stream, member, ending))
        except _DAMAGE:
            yield from self._group(group)
            yield Row(b"", reason="stream_damaged")
            return
        yield from self._group(group)

    def _read(self, stream: tarfile.TarFile, member: tarfile.TarInfo, ending: str) -> _Member:
        if not member.isreg():
            return member.name, ending, None, "member_not_regular"
        if member.size > self._spec.max_item_bytes:
            return member.name, ending, None, "record_too_large"
        opened = stream.extractfile(member)
        data = opened.read() if opened else b""
        if len(data) != member.size:
            raise EOFError
        return member.name, ending, data, None

    def _group(self, members: list[_Member]) -> Iterator[Row]:
        known = _known(members)
        claims = claims_of(self._spec, known)
        for name, ending, data, reason in members:
            labels = {**labels_of(self._spec, known), "path": safe_name(name)}
            if reason is not None and (reason == "member_not_regular" or _is_item(ending)):
                yield Row(b"", "image" if _is_picture(ending) else "text", None, reason, labels, claims)
            elif data is not None and _is_picture(ending):
                yield image_row(data, limit=self._spec.max_item_bytes, labels=labels, claims=claims)
            elif data is not None and ending == "txt":
                yield self._text(data, labels, claims)

    def _text(self, data: bytes, labels: dict[str, str], claims: tuple[tuple[str, str], ...]) -> Row:
        try:
            return text_row(data.decode(), limit=self._spec.max_item_bytes, labels=labels, claims=claims)
        except UnicodeDecodeError:
            return Row(data, "text", None, "record_not_utf8", labels, claims)


def _reach_end(archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Raises EOFError where the archive ends inside the member."""
    opened = archive.extractfile(member) if member.isreg() and member.size else None
    if opened:
        opened.seek(member.size - 1)
        if not opened.read(1):
            raise EOFError


def _key(name: str) -> tuple[str, str]:
    path = PurePosixPath(name)
    stem, _, ending = path.name.partition(".")
    return str(path.parent / stem), ending.lower()


def _is_picture(ending: str) -> bool:
    return Path(f"x.{ending}").suffix in PICTURES


def _is_item(ending: str) -> bool:
    return ending == "txt" or _is_picture(ending)


def _known(members: list[_Member]) -> dict[str, Any]:
    for _, ending, data, _ in members:
        if ending == "json" and data is not None:
            try:
                said = orjson.loads(data)
            except orjson.JSONDecodeError:
                return {}
            return said if isinstance(said, dict) else {}
    return {}
