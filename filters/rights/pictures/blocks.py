"""Takes the metadata out of a picture's container: XMP packets, and the copyright fields of EXIF, IPTC and PNG.

JPEG, PNG, WebP and TIFF are walked here rather than opened with Pillow, which keeps one packet where there are several,
reads what follows the pixels of a PNG only by decoding them, and opens no truncated WebP. Pillow opens AVIF, whose
fields it finds without decoding. Packets that stand outside the place their format has for them, such as those of GIF,
are found by their tags.
"""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from PIL import AvifImagePlugin

from filters.pictures.decode import DAMAGE
from filters.rights.pictures.markers import format_of

MAX_INFLATED = 8 << 20
"""Bytes that the compressed texts of one picture may become, all together."""

MAX_FIELDS = 20_000
"""Directory entries of a TIFF or EXIF that are looked at; those with the same bytes count anew."""

_MAX_STRAYS = 64

_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_LONG_XMP_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
_EXIF_HEADER = b"Exif\0\0"
_PHOTOSHOP_HEADER = b"Photoshop 3.0\0"

_COPYRIGHT, _XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG = 0x8298, 700, 33723, 34377
_TAGS = (_COPYRIGHT, _XMP_TAG, _IPTC_TAG, _PHOTOSHOP_TAG)
_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

# Copyright notice (2:116) and special instructions (2:40), each with its length.
_IPTC_FIELD = re.compile(rb"\x1c\x02([\x74\x28])([\x00-\x7f].)", re.DOTALL)
_PNG_RIGHTS = frozenset(("copyright", "license", "licence", "rights", "usage terms", "disclaimer"))
_RAW_PROFILE = "raw profile type "


@dataclass(frozen=True, slots=True)
class Text:
    """A field of plain words; `location` is where it stood, a closed word."""

    location: str
    value: str


@dataclass(slots=True)
class Blocks:
    """What was taken out. `strays` are packets that may be of another picture inside this one."""

    packets: list[bytes] = field(default_factory=list)
    strays: list[bytes] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    damaged: bool = False
    """Something was there that could not be taken out whole."""


def blocks_of(data: bytes) -> Blocks:
    """Never raises, whatever the bytes."""
    blocks = Blocks()
    walk = {"jpeg": _walk_jpeg, "png": _walk_png, "webp": _walk_webp, "tiff": _walk_tiff, "avif": _walk_avif}
    form = format_of(data)
    if form in walk:
        walk[form](data, blocks)
    found, complete = _packets_by_tag(data)
    blocks.damaged |= not complete
    if form == "gif":
        blocks.packets.extend(found)
    else:
        known = b"\0".join(blocks.packets)
        blocks.strays.extend(packet for packet in found if packet not in known)
    return blocks


def _packets_by_tag(data: bytes) -> tuple[list[bytes], bool]:
    """Packets wherever they stand, and whether that is all of them; the last may lack its end."""
    packets: list[bytes] = []
    start = data.find(b"<x:xmpmeta")
    while start >= 0 and len(packets) < _MAX_STRAYS:
        end = data.find(b"</x:xmpmeta>", start)
        packets.append(data[start : end + 12] if end >= 0 else data[start : start + MAX_INFLATED])
        start = data.find(b"<x:xmpmeta", end) if end >= 0 else -1
    return packets, start < 0


def _walk_jpeg(data: bytes, blocks: Blocks) -> None:
    long_packets: dict[bytes, list[tuple[int, bytes]]] = {}
    photoshop = bytearray()
    for payload in _segments(data):
        if payload.startswith(_XMP_HEADER):
            blocks.packets.append(payload[len(_XMP_HEADER) :])
        elif payload.startswith(_LONG_XMP_HEADER) and len(payload) > len(_LONG_XMP_HEADER) + 40:
            name, (offset,), part = payload[35:67], struct.unpack(">I", payload[71:75]), payload[75:]
            long_packets.setdefault(name, []).append((offset, part))
        elif payload.startswith(_EXIF_HEADER):
            _read_directories(payload, blocks)
        elif payload.startswith(_PHOTOSHOP_HEADER):
            photoshop += payload[len(_PHOTOSHOP_HEADER) :]
    _read_iptc(bytes(photoshop), blocks)
    for parts in long_packets.values():
        blocks.packets.append(b"".join(part for _, part in sorted(parts)))


def _segments(data: bytes) -> Iterator[bytes]:
    """What the segments before the pixels hold; bytes between segments are skipped, as decoders do."""
    place = data.find(b"\xff", 2)
    while 0 <= place < len(data) - 3:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in (0xD9, 0xDA):
            return
        if marker == 0xFF:
            place += 1
        elif marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8 or length < 2:
            place = data.find(b"\xff", place + 2)
        else:
            yield data[place + 4 : place + 2 + length]
            place = data.find(b"\xff", place + 2 + length)


def _walk_png(data: bytes, blocks: Blocks) -> None:
    place, budget = 8, MAX_INFLATED
    while place + 8 <= len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        payload = b"" if kind == b"IDAT" else data[place + 8 : place + 8 + length]
        if kind == b"eXIf":
            _read_directories(payload, blocks)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            budget -= _read_png_text(kind, payload, blocks, budget=budget)
        place += 12 + length


def _read_png_text(kind: bytes, payload: bytes, blocks: Blocks, *, budget: int) -> int:
    """Bytes of the budget that were used."""
    word, _, rest = payload.partition(b"\0")
    keyword = word.decode("latin-1").strip().casefold()
    is_profile = keyword.startswith(_RAW_PROFILE)
    if not (is_profile or keyword in _PNG_RIGHTS or keyword in ("xml:com.adobe.xmp", "xmp")):
        return 0
    compressed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
    value = _after_language(rest[2:]) if kind == b"iTXt" else rest[1:] if kind == b"zTXt" else rest
    if compressed:
        value, whole = _inflated(value, budget=budget)
        blocks.damaged |= not whole
    if is_profile:
        _read_raw_profile(keyword.removeprefix(_RAW_PROFILE), value, blocks)
    elif keyword in _PNG_RIGHTS:
        blocks.texts.append(Text("png-text", _decoded(value)))
    else:
        blocks.packets.append(value)
    return len(value) if compressed else 0


def _after_language(value: bytes) -> bytes:
    return value.partition(b"\0")[2].partition(b"\0")[2]


def _inflated(value: bytes, *, budget: int) -> tuple[bytes, bool]:
    """As much as can be inflated within the budget, and whether that is all."""
    if budget <= 0:
        return b"", False
    inflater = zlib.decompressobj()
    inflated = bytearray()
    for place in range(0, len(value), 4096):
        try:
            inflated += inflater.decompress(
                inflater.unconsumed_tail + value[place : place + 4096], max(1, budget - len(inflated))
            )
        except zlib.error:
            return bytes(inflated), False
        if inflater.eof or len(inflated) >= budget:
            break
    return bytes(inflated), inflater.eof


def _read_raw_profile(kind: str, value: bytes, blocks: Blocks) -> None:
    """ImageMagick's way: a name, a length, and the block in hexadecimal."""
    words = value.split(maxsplit=2)
    try:
        block = bytes.fromhex(words[2].decode("ascii")) if len(words) == 3 else b""
    except ValueError:
        blocks.damaged = True
        return
    if kind in ("exif", "app1") and block.startswith(_XMP_HEADER):
        blocks.packets.append(block[len(_XMP_HEADER) :])
    elif kind in ("exif", "app1"):
        _read_directories(block, blocks)
    elif kind == "xmp":
        blocks.packets.append(block)
    elif kind in ("iptc", "8bim"):
        _read_iptc(block, blocks)


def _walk_webp(data: bytes, blocks: Blocks) -> None:
    place = 12
    while place + 8 <= len(data):
        kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if kind == b"XMP ":
            blocks.packets.append(data[place + 8 : place + 8 + length])
        elif kind == b"EXIF":
            _read_directories(data[place + 8 : place + 8 + length], blocks)
        place += 8 + length + length % 2


def _walk_avif(data: bytes, blocks: Blocks) -> None:
    """The class is called rather than `Image.open`, which refuses a picture for its size; nothing is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with AvifImagePlugin.AvifImageFile(BytesIO(data)) as image:
                xmp, exif = image.info.get("xmp"), image.info.get("exif")
        except DAMAGE:
            blocks.damaged = True
            return
    if xmp:
        blocks.packets.append(xmp)
    if exif:
        _read_directories(exif, blocks)


def _walk_tiff(data: bytes, blocks: Blocks) -> None:
    _read_directories(data, blocks, is_file=True)


def _read_directories(block: bytes, blocks: Blocks, *, is_file: bool = False) -> None:
    """Reads all the directories of a TIFF, which is what EXIF is; of EXIF a sloppy end is no damage."""
    tiff = block.removeprefix(_EXIF_HEADER)
    for tag, value in _fields(tiff, blocks, is_file=is_file):
        if tag == _COPYRIGHT:
            blocks.texts.append(Text("exif", _decoded(value)))
        elif tag == _XMP_TAG:
            blocks.packets.append(value)
        else:
            _read_iptc(value, blocks)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the numbers of a TIFF are written: in which order, and whether with 8 bytes where once 4 were enough."""

    order: str
    first: int
    count: str
    entry: str
    offset: str


def _layout(tiff: bytes) -> _Layout:
    order = "<" if tiff[:2] == b"II" else ">"
    if tiff[2:4] in (b"+\0", b"\0+"):
        return _Layout(order, 8, f"{order}Q", f"{order}HHQ8s", f"{order}Q")
    return _Layout(order, 4, f"{order}H", f"{order}HHI4s", f"{order}I")


def _fields(tiff: bytes, blocks: Blocks, *, is_file: bool) -> Iterator[tuple[int, bytes]]:
    """(tag, bytes) of each field that speaks of rights, directory by directory.

    Honest fields share no bytes, so that all together are no longer than the file: what is more is not read.
    """
    layout = _layout(tiff)
    bytes_left = len(tiff)
    for tag, kind, length, inline in _entries(tiff, layout, blocks, is_file=is_file):
        size = _BYTES_OF_TYPE.get(kind, 1) * length
        place = _number(inline, 0, layout.offset)
        value = inline[:size] if size <= len(inline) else tiff[place : place + size]
        bytes_left -= len(value)
        blocks.damaged |= bytes_left < 0 or (is_file and len(value) < size)
        if bytes_left >= 0:
            yield tag, value


def _entries(tiff: bytes, layout: _Layout, blocks: Blocks, *, is_file: bool) -> Iterator[tuple[int, int, int, bytes]]:
    entry_size, entries_left = struct.calcsize(layout.entry), MAX_FIELDS
    directory = _number(tiff, layout.first, layout.offset)
    seen: set[int] = set()
    while directory and directory not in seen and entries_left > 0:
        seen.add(directory)
        count = _number(tiff, directory, layout.count)
        start = directory + struct.calcsize(layout.count)
        whole = min(count, entries_left, max(0, len(tiff) - start) // entry_size)
        blocks.damaged |= is_file and whole < count
        for entry in struct.iter_unpack(layout.entry, tiff[start : start + whole * entry_size]):
            if entry[0] in _TAGS:
                yield entry
        entries_left -= max(1, whole)
        directory = _number(tiff, start + count * entry_size, layout.offset)


def _number(tiff: bytes, place: int, form: str) -> int:
    """Zero where the bytes end before it."""
    size = struct.calcsize(form)
    found = tiff[place : place + size]
    return int(struct.unpack(form, found)[0]) if len(found) == size else 0


def _read_iptc(block: bytes, blocks: Blocks) -> None:
    """Fields are found by their marks, which also end them, so that a broken length loses none."""
    for match in _IPTC_FIELD.finditer(block):
        start, length = match.end(), int.from_bytes(match[2], "big")
        end = block.find(b"\x1c\x02", start, start + length)
        location = "iptc" if match[1] == b"\x74" else "iptc-instructions"
        blocks.texts.append(Text(location, _decoded(block[start : end if end >= 0 else start + length])))


def _decoded(value: bytes) -> str:
    """UTF-8, or Latin-1 where it is not; a NUL parts the photographer from the editor."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return "; ".join(part.strip() for part in text.split("\0") if part.strip())
