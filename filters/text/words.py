"""Words, as places in the bytes of many texts, and the plainest way to find them: what stands between white space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from filters.text.compiled import compiled
from filters.text.utf8 import Bytes, Places, Utf8, code_at, is_space, width


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Word k is the bytes `starts[k]` up to `ends[k]`; those of text i are `bounds[i]` up to `bounds[i + 1]`."""

    starts: Places
    ends: Places
    bounds: Places


def split(texts: Utf8) -> Words:
    """The words of Python's `str.split()`."""
    return Words(*_split(texts.data, texts.offsets))


@compiled
def _split(data: Bytes, offsets: Places) -> tuple[Places, Places, Places]:
    room = (offsets[-1] - offsets[0] + 1) // 2 + len(offsets)
    starts = np.empty(room, dtype=np.int64)
    ends = np.empty(room, dtype=np.int64)
    bounds = np.empty(len(offsets), dtype=np.int64)
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
            place += width(data[place])
        if begun >= 0:
            starts[count], ends[count] = begun, last
            count += 1
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds
