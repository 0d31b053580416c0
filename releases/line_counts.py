"""In how many texts a line or paragraph stands: counted over all texts of a run, in little memory.

Digests are sorted into drawers by their first bits, on the disk, each text's own once; each drawer is sorted by itself,
and what stands there more often than the limit is what is repeated. Then the texts are gone through once more. So
memory is what one shard has, what one drawer has, and 8 bytes for each that is repeated, whatever the number of texts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.compiled import compiled
from releases.text_leaders import Keys, Places, places_of

IN_DRAWER: Final = 4_000_000
"""Digests that one is to have, more or less: 32 MB."""

_MOST_DRAWERS: Final = 256

UNITS: Final = ("lines", "paragraphs")

Frames = Callable[[], Iterator[pl.DataFrame]]
"""Gives the digests of all texts, from the start each time: `owner` and the columns of LINES."""


def _nothing() -> Iterator[pl.DataFrame]:
    return iter(())


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What was found, by `owner`."""

    found: dict[str, Places]
    """How many lines and how many paragraphs each text has."""
    repeated: dict[str, Places]
    """Characters of those that stand in more texts than the limit."""
    digests: int
    """Lines and paragraphs over all texts, of each text those that differ."""
    many: int
    """Different ones of these that stand in more texts than the limit."""


def count_lines(
    frames: Frames, count: int, *, expected: int, most: int, scratch: Path, earlier: Frames = _nothing
) -> Counted:
    """Counts lines and paragraphs, each for themselves.

    Args:
        frames: the digests; in which pieces they come changes nothing.
        count: how many texts there are; owners are below it.
        expected: how many digests there are, of earlier texts as well, more or less.
        most: what stands in more texts than this is repeated.
        scratch: a folder on a disk with room for 8 bytes a digest.
        earlier: the digests of texts that count as well, and of which nothing is told; `owner` may be left out.
    """
    digests, many = 0, []
    for unit in UNITS:
        own, repeated = _repeated(frames, earlier, unit, expected=expected, most=most, scratch=scratch)
        digests += own
        many.append(repeated)
    met = [np.zeros(len(repeated), dtype=np.bool_) for repeated in many]
    found = {unit: np.zeros(count, dtype=np.int64) for unit in UNITS}
    characters = {unit: np.zeros(count, dtype=np.int64) for unit in UNITS}
    for frame in frames():
        owner = frame["owner"].to_numpy()
        for unit, repeated, is_met in zip(UNITS, many, met, strict=True):
            values, bounds = _unpacked(frame[unit], "<u8")
            lengths, _ = _unpacked(frame[f"{unit.removesuffix('s')}_lengths"], "<u4")
            found[unit][owner] = np.diff(bounds)
            places, which = places_of(repeated, values)
            is_met[which] = True
            characters[unit][owner] = _characters(places, lengths, bounds)
    return Counted(found, characters, digests, sum(int(is_met.sum()) for is_met in met))


def _repeated(
    frames: Frames, earlier: Frames, unit: str, *, expected: int, most: int, scratch: Path
) -> tuple[int, Keys]:
    """How many digests there are without those of earlier texts, and those that more than `most` have, ascending."""
    drawers = 1
    while drawers < _MOST_DRAWERS and drawers * IN_DRAWER < expected:
        drawers *= 2
    with ExitStack() as opened:
        files = [opened.enter_context(tempfile.TemporaryFile(dir=scratch)) for _ in range(drawers)]
        count = 0
        for frame in frames():
            own = _distinct(*_unpacked(frame[unit], "<u8"))
            count += len(own)
            _put_away(own, files)
        for frame in earlier():
            _put_away(_distinct(*_unpacked(frame[unit], "<u8")), files)
        return count, np.concatenate([_standing_in_more(_read(file), most) for file in files])


def _put_away(digests: Keys, files: Sequence[IO[bytes]]) -> None:
    if len(files) == 1:
        files[0].write(digests.tobytes())
        return
    drawer = (digests >> np.uint64(64 - (len(files) - 1).bit_length())).astype(np.uint8)
    order = np.argsort(drawer, kind="stable")
    ends = np.cumsum(np.bincount(drawer, minlength=len(files)))
    for file, part in zip(files, np.split(digests[order], ends[:-1]), strict=True):
        file.write(part.tobytes())


def _read(file: IO[bytes]) -> Keys:
    file.seek(0)
    return np.frombuffer(bytearray(file.read()), dtype=np.uint64)


def _standing_in_more(digests: Keys, most: int) -> Keys:
    """Those that are there more than `most` times, ascending; sorts in place."""
    digests.sort()
    return np.unique(digests[most:][digests[most:] == digests[: max(0, len(digests) - most)]])


def _unpacked(packed: pl.Series, kind: str) -> tuple[npt.NDArray[Any], Places]:
    """The numbers of all texts, and where those of each begin."""
    held = packed.to_list()
    values = np.frombuffer(bytearray().join(held), dtype=kind)
    sizes = np.array([0, *(len(each) for each in held)], dtype=np.int64)
    return values, np.cumsum(sizes) // values.itemsize


@compiled
def _distinct(digests: Keys, bounds: Places) -> Keys:
    """Of each text each digest once."""
    own = np.empty(len(digests), dtype=np.uint64)
    count = 0
    for text in range(len(bounds) - 1):
        ordered = np.sort(digests[bounds[text] : bounds[text + 1]])
        for place in range(len(ordered)):
            if place == 0 or ordered[place] != ordered[place - 1]:
                own[count] = ordered[place]
                count += 1
    return own[:count].copy()


@compiled
def _characters(places: Places, lengths: npt.NDArray[np.uint32], bounds: Places) -> Places:
    """Of each text those of the pieces at these places, which ascend."""
    characters = np.zeros(len(bounds) - 1, dtype=np.int64)
    text = 0
    for place in places:
        while place >= bounds[text + 1]:
            text += 1
        characters[text] += lengths[place]
    return characters
