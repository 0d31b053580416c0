"""What a model that is trained on knows already: general text, of which some is held out to see what is forgotten.

Where no files say what it knows, a part of what stays stands for it, by chance. Of what stays, then, the texts that are
held out are learned by nobody, whichever subset has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from releases.subsets.learner import Places
from releases.subsets.order import chances
from releases.subsets.section import Auto
from releases.subsets.texts import Texts

_BYTES: Final = 20_000_000
"""That are learned, where the recipe does not say."""

_HELD_OUT: Final = 200
"""Texts, or a twentieth of them where there are fewer."""

_OF_HELD_OUT: Final = 3 * 2**32
_OF_KNOWN: Final = 2 * 2**32
"""Added to seeds, which are smaller: so it is another chance than that of orders and replay."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneralText:
    """Of one pool."""

    texts: Texts
    places: Places
    """Of the pool, that are known; none where files say."""
    given: pl.Series | None = field(repr=False)
    """From files."""
    held_out: pl.Series = field(repr=False)
    held_out_places: Places
    """Of the pool; none where files say."""
    bytes: int
    """That are known."""

    @classmethod
    def of(cls, texts: Texts, given: pl.Series | None, auto: Auto, *, able: Places, seed: int) -> GeneralText:
        """Parts it by chance, keyed by ids and seed; of files by their bytes, for they come in that order.

        Args:
            texts: of the pool.
            given: from files; null where the pool stands for it.
            auto: how much is known.
            able: places of the pool that may be learned.
            seed: of the subset.
        """
        most = auto.general.bytes if auto.general is not None else None
        if most is None:
            limit = auto.training_bytes if auto.learner == "transformer" else None
            most = min(_BYTES, limit or _BYTES)
            if given is None:
                most = min(most, int(_sizes(texts, able).sum()) // 2)
        nothing = np.empty(0, dtype=np.int64)
        if given is not None:
            apart = _apart(len(given))
            known = given[apart:]
            count = _within(known.str.len_bytes().to_numpy().astype(np.int64), most)
            known = known[:count]
            return cls(texts, nothing, known, given[:apart], nothing, int(known.str.len_bytes().sum()))
        apart = _apart(len(able))
        items = texts.pool.items
        asked = able[np.argsort(chances(items, seed + _OF_HELD_OUT)[able], kind="stable")][:apart]
        rest = np.setdiff1d(able, asked)
        drawn = rest[np.argsort(chances(items, seed + _OF_KNOWN)[rest], kind="stable")]
        count = _within(_sizes(texts, drawn), most)
        return cls(texts, drawn[:count], None, texts.in_turn(asked), asked, int(_sizes(texts, drawn[:count]).sum()))

    @property
    def known(self) -> pl.Series:
        """The texts, in an order that ids and seed decide, or their bytes."""
        return self.texts.in_turn(self.places) if self.given is None else self.given

    def without(self, places: Places) -> Places:
        """Those that are not held out."""
        return places[~np.isin(places, self.held_out_places)]


def _apart(count: int) -> int:
    return max(min(_HELD_OUT, count // 20), 1)


def _sizes(texts: Texts, places: Places) -> Places:
    return texts.pool.items["bytes"].to_numpy().astype(np.int64)[places]


def _within(sizes: Places, most: int) -> int:
    """How many of them are no more bytes than that; one at the least."""
    return max(int(np.searchsorted(np.cumsum(sizes), most, side="right")), 1)
