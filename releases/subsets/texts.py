"""The texts of a pool by their places, from memory where they fit into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from releases.subsets.pool import Pool

Places = npt.NDArray[np.int64]

_HELD: Final = 512_000_000
"""Bytes of a pool that are held in memory; of a larger one texts are read whenever they are learned."""

_AT_ONCE: Final = 4_096
"""Texts that are yielded together, whether held or read."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What learners read."""

    pool: Pool
    held: pl.Series | None

    @classmethod
    def of(cls, pool: Pool) -> Texts:
        if int(pool.items["bytes"].sum()) > _HELD:
            return cls(pool, None)
        parts = [batch["text"] for batch in pool.texts()]
        return cls(pool, pl.concat(parts) if parts else pl.Series("text", [], dtype=pl.String))

    def of_places(self, places: Places) -> Iterator[pl.Series]:
        """The texts at these places, in the order of the pool."""
        in_order = np.sort(places)
        if self.held is not None:
            for start in range(0, len(in_order), _AT_ONCE):
                yield self.held.gather(pl.Series(in_order[start : start + _AT_ONCE]))
            return
        wanted = self.pool.items.select("owner", "shard", "position")[in_order]
        for (number,), items in wanted.group_by("shard", maintain_order=True):
            for batch in self.pool.texts_of(items, int(str(number))):
                yield batch["text"]

    def in_turn(self, places: Places) -> pl.Series:
        """The texts at these places, in the order of the places."""
        parts = list(self.of_places(places))
        in_place = pl.concat(parts) if parts else pl.Series("text", [], dtype=pl.String)
        return in_place.gather(pl.Series(np.argsort(np.argsort(places)), dtype=pl.Int64))
