"""What texts are compared by to find those that are nearly the same: minima of hashes of their runs of words.

Known misses: what was moved about in runs shorter than a shingle, translated, or put in other words. A share of equal
minima is an estimate: of two texts that have nine of ten shingles in common it says less than 0.8 once in 1,500 times.
"""

from __future__ import annotations

from math import inf
from typing import Final

import polars as pl

from filters.text.folding import FILE, folding, folding_sha256
from filters.text.minhash import ALGORITHM, SEED, minhashes
from filters.text.utf8 import Utf8
from tamis.errors import ConfigError
from tamis.records import MINHASHES, STATUS, FilterSpec, Findings, Measure

MOST_WORDS: Final = 50
PERMUTATIONS: Final = (16, 1024)


class TextMinhashFilter:
    """The minima of each text and a digest of its words, which stay in the log, and how many words it has.

    Args:
        shingle: words in each run that is hashed; a text with fewer is one run.
        permutations: how many minima are kept, of 4 bytes each.

    Raises:
        ConfigError: a number is out of range.
    """

    def __init__(self, *, shingle: int = 5, permutations: int = 112) -> None:
        if not 1 <= shingle <= MOST_WORDS:
            raise ConfigError(f"text_minhash: shingle is {shingle}, expected 1 to {MOST_WORDS} words.")
        fewest, most = PERMUTATIONS
        if not fewest <= permutations <= most:
            raise ConfigError(f"text_minhash: permutations is {permutations}, expected {fewest} to {most}.")
        self.shingle = shingle
        self.permutations = permutations
        self._spec = FilterSpec(
            name="text_minhash",
            version="2",
            kinds=("text",),
            reads="content",
            measures=(Measure("words", "number", "How many words the text has, as they are compared.", (0, inf)),),
            parameters=(
                ("shingle", shingle),
                ("permutations", permutations),
                ("algorithm", ALGORITHM),
                ("seed", SEED),
            ),
            models=((FILE, folding_sha256()),),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        words, minima, digests = minhashes(
            Utf8.of(batch["text"]), folding(), shingle=self.shingle, count=self.permutations
        )
        items = batch.select("position", status=pl.lit("seen", dtype=STATUS), words=pl.Series(words).cast(pl.Float64))
        packed = pl.Series("minima", [row.tobytes() for row in minima.astype("<u4")], dtype=pl.Binary)
        text = {"text_hi": pl.Series(digests[:, 0]), "text_lo": pl.Series(digests[:, 1])}
        rows = batch.select("position", packed, **text).filter(pl.Series(words) > 0)
        return Findings(items=items, minhashes=rows.match_to_schema(MINHASHES))
