"""Perceptual hashes: pictures that look alike have hashes that differ in few bits.

pHash and dHash are `imagehash`'s own answers, 64 bits each, for the first frame in its own mode. PDQ (Facebook, 2019;
256 bits and a quality of 0 to 100) is `pdqhash`'s for the picture scaled to fit into 512 x 512, as ThreatExchange's own
hasher does it: of the whole picture the bits are up to 12 others. Hashes depend on Pillow's conversion to grey and its
scaling, so Pillow's version is on record with them.

A picture that its EXIF orientation turns is hashed as shown and as stored: who made a list may have seen it either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import imagehash
import numpy as np
import numpy.typing as npt
import pdqhash
import polars as pl
from PIL import Image

from filters.pictures.decode import Picture, rgb
from tamis.records import PRINTS

ALGORITHMS = ("phash", "dhash", "pdq")
VIEWS = ("shown", "stored")
WORDS = 4
"""64-bit words of the longest hash."""

MIN_PDQ_QUALITY = 50
"""Below it PDQ's authors say that the hash tells nothing: the picture has too little in it."""

_PDQ_SIDE = 512
_NO_QUALITY = 255


@dataclass(frozen=True, slots=True)
class PrintsReading:
    """The hashes as numbers, one row each: algorithm, view, quality and the four words (see PRINTS)."""

    key: str = "prints"

    def prepare(self) -> None:
        """The hashes are imported with this module; the first of each still builds tables."""
        for _ in _prints(Image.new("RGB", (8, 8)), "shown"):
            pass

    def of(self, picture: Picture) -> npt.NDArray[np.uint64]:
        rows = [*_prints(picture.frame, "shown")]
        if picture.stored is not None:
            rows += _prints(picture.stored, "stored")
        return np.array(rows, dtype=np.uint64)


def frame_of(taken: Iterable[tuple[int, npt.NDArray[Any]]]) -> pl.DataFrame:
    """The rows of several pictures, given with their positions: schema PRINTS."""
    rows = [
        (
            position,
            ALGORITHMS[algorithm],
            VIEWS[view],
            None if quality == _NO_QUALITY else quality,
            *(words if ALGORITHMS[algorithm] == "pdq" else (words[0], None, None, None)),
        )
        for position, prints in taken
        for algorithm, view, quality, *words in prints.tolist()
    ]
    return pl.DataFrame(rows, schema=PRINTS, orient="row")


def _prints(image: Image.Image, view: str) -> Iterator[tuple[int, ...]]:
    seen = VIEWS.index(view)
    grey = image.convert("L")
    for algorithm, hashed in enumerate((imagehash.phash, imagehash.dhash)):
        yield algorithm, seen, _NO_QUALITY, *_words(hashed(grey).hash)
    bits, quality = pdqhash.compute(np.asarray(_thumbnail(rgb(image))))
    yield ALGORITHMS.index("pdq"), seen, int(quality), *_words(bits)


def _thumbnail(image: Image.Image) -> Image.Image:
    """What `Image.thumbnail` makes of it, without the copy that it needs to work in place: 27 MB of a large picture."""
    size = _within(image.size, _PDQ_SIDE)
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size within a square, by the rounding that keeps closest to the proportions; as `Image.thumbnail` has it."""
    width, height = size
    if max(size) <= side:
        return size
    wide = width > height
    exact = side * (height / width if wide else width / height)
    shorter = max(
        1,
        min(
            floor(exact), ceil(exact), key=lambda n: abs(width / height - (side / n if wide else n / side)) if n else 0
        ),
    )
    return (side, shorter) if wide else (shorter, side)


def _words(bits: npt.NDArray[Any]) -> tuple[int, ...]:
    """Words of 64 bits, the first bit the most significant, as the hash's hexadecimal reads; then zeros."""
    packed = np.packbits(np.asarray(bits).ravel().astype(bool)).tobytes()
    words = [int.from_bytes(packed[start : start + 8], "big") for start in range(0, len(packed), 8)]
    return (*words, *[0] * (WORDS - len(words)))
