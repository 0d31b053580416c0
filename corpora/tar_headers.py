"""What members a tar file has, by its headers alone: what `tamis verify` counts by, without the standard library.

The layout is that of POSIX.1-2001 (pax) and of GNU tar: blocks of 512 bytes, numbers in octal or, with the first bit
set, in base 256, and headers of type x, g, L and K that say something of the header after them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from corpora.tar import DAMAGE

_BLOCK = 512
_NUMBERS = ((100, 108), (108, 116), (116, 124), (124, 136), (136, 148), (148, 156), (329, 337), (337, 345))
_CHECKSUM = slice(148, 156)
_MAX_SIZE = 1 << 60
_MAX_ABOUT = 1 << 20
_FILES = {b"\0", b"0", b"7"}
_ABOUT_OTHERS = {b"L", b"K", b"x", b"X", b"g"}
_WITHOUT_DATA = {b"1", b"2", b"3", b"4", b"5", b"6"}
"""Hard link, link, devices, folder, pipe."""


@dataclass(frozen=True, slots=True)
class Header:
    """A member: its name, whether it is a folder, a file, or something else, and whether all its bytes are there."""

    name: str
    is_folder: bool
    is_file: bool
    is_whole: bool


def headers(file: BinaryIO) -> Iterator[Header]:
    """The members in order.

    Raises:
        EOFError: the archive is damaged here, or ends without its end mark. So does whatever unpacks it.
    """
    said: dict[str, str] = {}
    while any(block := _exactly(file, _BLOCK)):
        kind, size = block[156:157], _checked_size(block)
        if kind in _ABOUT_OTHERS:
            about = _exactly(file, _padded(size)) if size < _MAX_ABOUT else b""
            said = {**_said(kind, about, size), **said}  # what stands further out holds
            continue
        size = _size(said.get("size", size))
        sparse = kind == b"S" or any(name.startswith("GNU.sparse") for name in said)
        name = said.get("GNU.sparse.name") or said.get("path") or _name(block)
        is_folder = kind == b"5" or (kind == b"\0" and _text(block[:100]).endswith("/"))
        is_file = kind in _FILES and not is_folder and not sparse
        if kind == b"S":
            _skip_map(file, block)
        size = 0 if is_folder or kind in _WITHOUT_DATA else size
        is_whole = _skipped(file, size)
        yield Header(name, is_folder, is_file, is_whole)
        if not is_whole or not _skipped(file, _padded(size) - size):
            raise EOFError
        said = {}
    if said or any(_exactly(file, _BLOCK)):
        raise EOFError
    while chunk := file.read(1 << 20):
        if chunk.count(0) < len(chunk):
            raise EOFError


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _skipped(file: BinaryIO, size: int) -> bool:
    """Whether so many bytes were there to be skipped."""
    if not size:
        return True
    try:
        file.seek(size - 1, os.SEEK_CUR)
        return bool(file.read(1))
    except DAMAGE:
        return False


def _skip_map(file: BinaryIO, block: bytes) -> None:
    """GNU's old sparse files go on with their map in further blocks."""
    more = block[482]
    while more:
        more = _exactly(file, _BLOCK)[504]


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _checked_size(block: bytes) -> int:
    numbers = {start: _number(block[start:end]) for start, end in _NUMBERS}
    summed = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    signed = sum(byte - 256 if byte > 127 else byte for byte in summed)
    if numbers[_CHECKSUM.start] not in {sum(summed), signed}:
        raise EOFError
    return _size(numbers[124])


def _number(field: bytes) -> int:
    if field[0] in {0o200, 0o377}:
        return int.from_bytes(field[1:], "big") - (256 ** (len(field) - 1) if field[0] == 0o377 else 0)
    try:
        return int(field.partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        raise EOFError from None


def _size(said: str | int) -> int:
    try:
        size = int(said)
    except ValueError:
        size = 0
    if not 0 <= size < _MAX_SIZE:
        raise EOFError
    return size


def _name(block: bytes) -> str:
    name, prefix = _text(block[:100]), _text(block[345:500])
    return f"{prefix}/{name}" if prefix and block[156:157] != b"S" else name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _said(kind: bytes, about: bytes, size: int) -> dict[str, str]:
    """What an extended header or a long name says of the next member.

    Raises:
        EOFError: it is too large, cannot be read, or says of all members what can only be so of one.
    """
    if size >= _MAX_ABOUT:
        raise EOFError
    if kind in {b"L", b"K"}:
        return {"path": _text(about)} if kind == b"L" else {"linkpath": ""}
    pairs = dict(_pairs(about))
    if kind == b"g":
        if any(name in {"path", "size"} or name.startswith("GNU.sparse") for name in pairs):
            raise EOFError
        return {"": ""}  # an end mark cannot follow
    return {**pairs, "": ""}


def _pairs(about: bytes) -> Iterator[tuple[str, str]]:
    """The records `length key=value` of an extended header; the length is that of the whole record."""
    at = 0
    while (digits := about[at : at + 20].partition(b" ")[0]).isdigit():
        if not int(digits):
            raise EOFError
        key, _, value = about[at + len(digits) + 1 : at + int(digits) - 1].partition(b"=")
        yield _text(key), value.decode("utf-8", "surrogateescape")
        at += int(digits)
