"""Perceptual hashes of pictures, by which near-duplicates are found: see `filters.pictures.prints`."""

from __future__ import annotations

from importlib.metadata import version
from math import inf

import polars as pl

from filters.pictures.decode import MAX_PIXELS, PIXEL_CEILING, status_of
from filters.pictures.look import Looks, look_at
from filters.pictures.prints import PrintsReading, frame_of
from tamis.errors import ConfigError
from tamis.records import FilterSpec, Findings, Measure

_PRINTS = PrintsReading()


class PictureHashesFilter:
    """pHash, dHash and PDQ of each picture; they stay in the log, and are in no catalog.

    Args:
        max_pixels: larger pictures are `too_long`, without being decoded.

    Raises:
        ConfigError: a number is out of range.
    """

    readings = (_PRINTS,)

    def __init__(self, *, max_pixels: int = MAX_PIXELS) -> None:
        self.max_pixels = max_pixels
        if not 1 <= max_pixels <= PIXEL_CEILING:
            raise ConfigError(f"picture_hashes: max_pixels is {max_pixels}, expected 1 to {PIXEL_CEILING}.")

    @property
    def spec(self) -> FilterSpec:
        return FilterSpec(
            name="picture_hashes",
            version="1",
            kinds=("image",),
            reads="content",
            measures=(
                Measure("width", "number", "Pixels across, as shown.", (1, inf)),
                Measure("height", "number", "Pixels down, as shown.", (1, inf)),
                Measure("quality", "number", "PDQ's measure of how much there is in the picture, 0 to 100.", (0, 100)),
                Measure("problem", "label", "Why the picture has no hash: a code of tamis.reasons; null if it has."),
            ),
            parameters=(("max_pixels", self.max_pixels),),
            libraries=tuple((name, version(name)) for name in ("imagehash", "numpy", "pdqhash", "pillow", "scipy")),
        )

    def find(self, batch: pl.DataFrame) -> Findings:
        return self.find_in(batch, look_at(batch, [self]))

    def find_in(self, batch: pl.DataFrame, looks: Looks) -> Findings:
        seen = list(looks.of(batch, max_pixels=self.max_pixels))
        prints = frame_of((position, look.arrays[_PRINTS.key]) for position, look in seen if look.problem is None)
        shown = prints.filter((pl.col("algorithm") == "pdq") & (pl.col("view") == "shown"))
        quality = dict(shown.select("position", "quality").iter_rows())
        rows = [
            (position, status_of(look.problem), look.width, look.height, quality.get(position), look.problem)
            for position, look in seen
        ]
        return Findings(items=pl.DataFrame(rows, schema=self.spec.schema, orient="row"), prints=prints)
