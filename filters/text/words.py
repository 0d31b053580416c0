"""Pieces of texts, as places in their bytes, and the ways to find them that need no language: white space and lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places, Utf8, code_at, is_space, width


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Words or lines. Piece k is the bytes `starts[k]` to `ends[k]`; text i has pieces `bounds[i]` to `bounds[i + 1]`.

    The last of either range is not included.
    """

    starts: Places
    ends: Places
    bounds: Places

    def chosen(self, which: npt.NDArray[np.bool_]) -> Pieces:
        """Those pieces alone, of the same texts."""
        until = np.concatenate([[0], np.cumsum(which, dtype=np.int64)])
        return Pieces(self.starts[which], self.ends[which], until[self.bounds])


def split(texts: Utf8) -> Pieces:
    """The words of Python's `str.split()`."""
    return Pieces(*_split(texts.data, texts.offsets))


def lines(texts: Utf8) -> Pieces:
    """The lines of Python's `str.splitlines()`: any of its line ends, CR LF as one, and none after the last."""
    return Pieces(*_lines(texts.data, texts.offsets))


def newline_separated(texts: Utf8, *, least: int, strip: bool = False) -> Pieces:
    """What stands between newlines, empty pieces included, as Python's `re.split` gives it.

    Args:
        texts: the texts.
        least: so many newlines and more in a row are one border; 0: every single newline is one.
        strip: whether white space at both ends of a text is left out first.
    """
    return Pieces(*_newline_separated(texts.data, texts.offsets, texts.newlines, least, strip))


def first_from(pieces: Pieces, places: Places) -> Places:
    """The first piece that begins at each of these places, which ascend, or after it."""
    return _first_from(pieces.starts, places)


@compiled
def _first_from(starts: Places, places: Places) -> Places:
    found = np.empty(len(places), dtype=np.int64)
    piece = 0
    for at in range(len(places)):
        while piece < len(starts) and starts[piece] < places[at]:
            piece += 1
        found[at] = piece
    return found


@compiled
def _split(data: Bytes, offsets: Places) -> tuple[Places, Places, Places]:
    starts, ends, bounds = _room((offsets[-1] - offsets[0]) // 2 + len(offsets), len(offsets))
    count = 0
    for text in range(len(offsets) - 1):
        bounds[text] = count
        place, last = offsets[text], offsets[text + 1]
        begun = -1
        while place < last:
            space = is_space(code_at(data, place))
            if space and begun >= 0:
                starts[count], ends[count] = begun, place
                count += 1
                begun = -1
            elif not space and begun < 0:
                begun = place
            place += width(data[np.uint64(place)])
        if begun >= 0:
            starts[count], ends[count] = begun, last
            count += 1
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds


@compiled
def _lines(data: Bytes, offsets: Places) -> tuple[Places, Places, Places]:
    starts, ends, bounds = _room(offsets[-1] - offsets[0] + 1, len(offsets))
    count = 0
    for text in range(len(offsets) - 1):
        bounds[text] = count
        begun, place, last = offsets[text], offsets[text], offsets[text + 1]
        while place < last:
            code = code_at(data, place)
            after = place + width(data[np.uint64(place)])
            if ends_line(code):
                starts[count], ends[count] = begun, place
                count += 1
                if code == 0x0D and after < last and data[after] == 0x0A:
                    after += 1
                begun = after
            place = after
        if begun < last:
            starts[count], ends[count] = begun, last
            count += 1
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds


@compiled_leaf
def ends_line(code: int) -> bool:
    """As Python's `str.splitlines`."""
    if code < 0x80:
        return 0x0A <= code <= 0x0D or 0x1C <= code <= 0x1E
    return code == 0x85 or code == 0x2028 or code == 0x2029


@compiled
def _newline_separated(
    data: Bytes, offsets: Places, newlines: Places, least: int, strip: bool
) -> tuple[Places, Places, Places]:
    starts, ends, bounds = _room(len(newlines) + len(offsets), len(offsets))
    count = 0
    newline = np.searchsorted(newlines, offsets[0])
    for text in range(len(offsets) - 1):
        bounds[text] = count
        begun, last = offsets[text], offsets[text + 1]
        if strip:
            begun, last = stripped(data, begun, last)
        while newline < len(newlines) and newlines[newline] < last:
            place = newlines[newline]
            newline += 1
            if place < begun:
                continue
            after = place + 1
            while least > 0 and newline < len(newlines) and newlines[newline] == after and after < last:
                after += 1
                newline += 1
            if after - place >= least:
                starts[count], ends[count] = begun, place
                count += 1
                begun = after
        starts[count], ends[count] = begun, last
        count += 1
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds


@compiled
def stripped(data: Bytes, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends, as Python's `str.strip`."""
    while start < end and is_space(code_at(data, start)):
        start += width(data[start])
    while start < end:
        place = end - 1
        while data[place] & 0xC0 == 0x80:
            place -= 1
        if not is_space(code_at(data, place)):
            break
        end = place
    return start, end


@compiled
def _room(pieces: int, bounds: int) -> tuple[Places, Places, Places]:
    return np.empty(pieces, dtype=np.int64), np.empty(pieces, dtype=np.int64), np.empty(bounds, dtype=np.int64)
