"""Tar files read front to back, with every damage said.

The standard library takes a header that is broken, cut off or missing for the end of the archive and says nothing, so
that all members after it are lost without a word. Here an archive ends by its end mark, two blocks of zeros with
nothing but zeros after them, or it is damaged. What the library would follow without a bound (sizes below zero, sparse
maps, endless names) is refused.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self, cast

from corpora.files import DAMAGE as STREAM_DAMAGE

DAMAGE = (*STREAM_DAMAGE, tarfile.TarError, lzma.LZMAError)
"""What a tar file that ends or breaks too early raises."""

MAX_SIZE = 1 << 60
"""Bytes a member may claim; the numbers of a header can be larger than any file."""

MAX_ABOUT = 1 << 20
"""Bytes of a header that only says something about the next one: a long name, extended attributes."""

_ABOUT = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_CHUNK = 1 << 20
_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))


class TarReader:
    """The members of a tar file, once and one after the other, in memory that does not grow with their number.

    Raises:
        One of DAMAGE: not even a first header is there, or the end mark of an archive that is empty.
    """

    def __init__(self, path: Path) -> None:
        self._file = unpacked(path)
        try:
            self._archive = tarfile.TarFile(fileobj=self._file, tarinfo=_Header, encoding="utf-8")
            self._first = self._archive.next()
            if self._first is None:
                require_end(self._file)
        except DAMAGE:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.close()
        self._file.close()

    def members(self) -> Iterator[tarfile.TarInfo]:
        """Raises one of DAMAGE where the archive breaks, or ends without its end mark."""
        member = self._first
        if member is None:
            return
        while member is not None:
            self._archive.members.clear()  # type: ignore[attr-defined] # typeshed lacks it
            yield member
            member = self._archive.next()
        require_end(self._file)

    def read(self, member: tarfile.TarInfo, limit: int) -> bytes | None:
        """The bytes of a file; null if they are more than `limit`, but there.

        Raises:
            EOFError: the archive ends inside of them. So does any of DAMAGE.
        """
        opened = cast("IO[bytes]", self._archive.extractfile(member))
        if member.size > limit:
            opened.seek(member.size - 1)
            if not opened.read(1):
                raise EOFError
            return None
        data = opened.read()
        if len(data) != member.size:
            raise EOFError
        return data


def unpacked(path: Path) -> BinaryIO:
    """The bytes of a tar file; how they are packed is told by their beginning, whatever the name says."""
    with path.open("rb") as file:
        head = file.read(6)
    for magic, opener in _PACKED:
        if head.startswith(magic):
            return cast("BinaryIO", opener(path, "rb"))
    return path.open("rb")


def is_file(member: tarfile.TarInfo) -> bool:
    """Whether the member's bytes lie in the archive as they are; those of a sparse file do not."""
    return member.isreg() and not member.issparse()


def require_end(file: BinaryIO) -> None:
    """Raises EOFError unless a second block of zeros follows, and only zeros after it."""
    if len(chunk := file.read(tarfile.BLOCKSIZE)) < tarfile.BLOCKSIZE:
        raise EOFError
    while chunk:
        if chunk.count(0) != len(chunk):
            raise EOFError
        chunk = file.read(_CHUNK)


class _Header(tarfile.TarInfo):
    """A header that is nothing but the end mark, or raises where it is broken."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        _check(header)
        return header

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            header = super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined] # typeshed lacks it
            raise
        except (tarfile.HeaderError, ValueError, IndexError):
            raise tarfile.ReadError from None
        _check(header)
        if any(name in {"path", "size"} or name.startswith("GNU.sparse") for name in archive.pax_headers):
            raise tarfile.ReadError  # said of all members at once
        return header

    def _no_map(self, header: tarfile.TarInfo, *_: Any) -> None:
        """In place of reading a sparse map, which the library does without a bound; the member is held as it is."""
        header.sparse = []  # type: ignore[assignment] # a list of pairs, whatever typeshed says

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _no_map


def _check(header: tarfile.TarInfo) -> None:
    if not 0 <= header.size < (MAX_ABOUT if header.type in _ABOUT else MAX_SIZE):
        raise tarfile.ReadError
