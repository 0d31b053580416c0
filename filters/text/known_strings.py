"""A fixed set of short strings that a loop over bytes can look words up in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places

_SHAPES = 1 << 16

# FNV-1a, wrapped to 64 bits with a sign.
_BASIS = -3750763034362895579
_PRIME = 1099511628211


class KnownStrings(NamedTuple):
    """String k is the bytes `offsets[k]` up to `offsets[k + 1]`. A tuple, for that is what compiled loops take."""

    data: Bytes
    offsets: Places
    # Which string has this hash, −1 for none; the next slots are for those that came later.
    slots: npt.NDArray[np.int32]
    # May a string be of this length, and begin, go on in its middle and end with these bytes: spares most the hash.
    shapes: npt.NDArray[np.bool_]
    longest: int

    @classmethod
    def of(cls, strings: Sequence[str]) -> KnownStrings:
        held = [string.encode() for string in strings]
        data = np.frombuffer(b"".join(held), dtype=np.uint8)
        offsets = np.cumsum([0, *map(len, held)], dtype=np.int64)
        slots = _slots(data, offsets, 1 << (4 * len(held) + 8).bit_length())
        return cls(data, offsets, slots, shapes_of(held), max(map(len, held), default=0))


def shapes_of(strings: Iterable[bytes]) -> npt.NDArray[np.bool_]:
    """Which shapes there are among them; none of them is empty."""
    shapes = np.zeros(_SHAPES, dtype=np.bool_)
    for string in strings:
        shapes[shape(np.frombuffer(string, dtype=np.uint8), 0, len(string))] = True
    return shapes


@compiled_leaf
def shape(data: Bytes, begin: int, end: int) -> int:
    """What strings are first told apart by: their length, and three of their bytes."""
    first, middle = int(data[np.uint64(begin)]), int(data[np.uint64((begin + end) >> 1)])
    last = int(data[np.uint64(end - 1)])
    return (first ^ (middle << 4) ^ (last << 8) ^ ((end - begin) << 12)) & (_SHAPES - 1)


@compiled_leaf
def hashed(data: Bytes, begin: int, end: int, before: int) -> int:
    """Of the bytes that `before` is the hash of (`BASIS`: of none), followed by these."""
    for place in range(begin, end):
        before = (before ^ int(data[np.uint64(place)])) * _PRIME
    return before


BASIS = _BASIS


@compiled_leaf
def slot_of(slots: npt.NDArray[np.int32], key: int) -> int:
    return (key ^ (key >> 23)) & (len(slots) - 1)


@compiled
def _slots(data: Bytes, offsets: Places, room: int) -> npt.NDArray[np.int32]:
    slots = np.full(room, -1, dtype=np.int32)
    for string in range(len(offsets) - 1):
        slot = slot_of(slots, hashed(data, offsets[string], offsets[string + 1], _BASIS))
        while slots[slot] >= 0:
            slot = (slot + 1) & (room - 1)
        slots[slot] = string
    return slots


@compiled_leaf
def same(data: Bytes, begin: int, end: int, other: Bytes, other_begin: int) -> bool:
    for step in range(end - begin):
        if data[np.uint64(begin + step)] != other[np.uint64(other_begin + step)]:
            return False
    return True


@compiled_leaf
def known(strings: KnownStrings, data: Bytes, begin: int, end: int) -> int:
    """Which of the strings these bytes are; −1 for none."""
    length = end - begin
    if length <= 0 or length > strings.longest or not strings.shapes[shape(data, begin, end)]:
        return -1
    slot = slot_of(strings.slots, hashed(data, begin, end, _BASIS))
    while strings.slots[slot] >= 0:
        string = strings.slots[slot]
        at = strings.offsets[string]
        if strings.offsets[string + 1] - at == length and same(data, begin, end, strings.data, at):
            return int(string)
        slot = (slot + 1) & (len(strings.slots) - 1)
    return -1
