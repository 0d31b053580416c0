"""One decode, many readers: a batch's pictures as all picture filters of a run want to see them."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, runtime_checkable

import polars as pl

from filters.pictures.decoder import Decoder, Look
from filters.pictures.readings import Reading
from tamis.records import Filter, Findings

Content = tuple[int, int]
"""What names a picture in a batch: its content_hi and content_lo."""


@runtime_checkable
class PictureFilter(Protocol):
    """A filter that can look at pictures which were decoded for others, too; without readings it looks at none.

    Its `find` is `find_in(batch, look_at(batch, [self]))`.
    """

    readings: Sequence[Reading]
    max_pixels: int

    def find_in(self, batch: pl.DataFrame, looks: Looks) -> Findings:
        """As `find`, with what was seen of each picture of the batch."""
        ...


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen of the pictures of a batch, once for each content."""

    by_content: Mapping[Content, Look] = field(default_factory=dict)

    def of(self, batch: pl.DataFrame, *, max_pixels: int) -> Iterator[tuple[int, Look]]:
        """(position, look) of each picture; one that is larger than the filter takes is `picture_too_large` for it."""
        for position, *content in batch.select("position", "content_hi", "content_lo").iter_rows():
            look = self.by_content[content[0], content[1]]
            yield position, look if look.pixels <= max_pixels else Look(problem="picture_too_large")


def look_at(batch: pl.DataFrame, filters: Iterable[Filter]) -> Looks:
    """Decodes each picture of the batch once, for all those of the filters that are picture filters.

    The pictures are decoded in a child process: one that kills it, or takes it too long, costs itself alone.
    """
    looking = [each for each in filters if isinstance(each, PictureFilter) and each.readings]
    if not looking:
        return Looks()
    readable = batch.filter((pl.col("kind").cast(pl.String) == "image") & pl.col("reason").is_null())
    pictures = readable.unique(["content_hi", "content_lo"], keep="first", maintain_order=True)
    readings = tuple(dict.fromkeys(reading for each in looking for reading in each.readings))
    max_pixels = max(each.max_pixels for each in looking)
    columns = pictures.select("content_hi", "content_lo", "image").iter_rows()
    look = _decoder().look
    return Looks({(high, low): look(data, readings, max_pixels=max_pixels) for high, low, data in columns})


def decoder_process() -> int | None:
    """The id of the child that decodes for this process; null where none runs."""
    return _decoder().process


@cache
def _decoder() -> Decoder:
    """This process's own; its child starts when it is first needed."""
    decoder = Decoder()
    atexit.register(decoder.close)
    return decoder
