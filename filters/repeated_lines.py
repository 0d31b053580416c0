"""Notes digests of each text's lines and paragraphs, so that those that stand in many texts can be told.

Which they are is decided by a step over all shards, not here: menus, footers, licence headers, notices of cookies. A
line is told by its words; one with another number, name or date in it is another line.

Known misses: what varies from text to text, if only by a counter; and what stands within a longer line of its own.
"""

from __future__ import annotations

from math import inf
from typing import Final

import polars as pl

from filters.text.folding import FILE, folding_sha256
from filters.text.line_digests import ALGORITHM, line_digests
from filters.text.utf8 import Utf8
from tamis.errors import ConfigError
from tamis.records import LINES, STATUS, FilterSpec, Findings, Measure

MOST_WORDS: Final = 100


class RepeatedLinesFilter:
    """The digests of each text, which stay in the log and are in no catalog, and how many there are.

    Args:
        least_words: lines and paragraphs of fewer words are not compared, for they are the same by chance.

    Raises:
        ConfigError: the number is out of range.
    """

    def __init__(self, *, least_words: int = 5) -> None:
        if not 1 <= least_words <= MOST_WORDS:
            raise ConfigError(f"repeated_lines: least_words is {least_words}, expected 1 to {MOST_WORDS} words.")
        self.least_words = least_words
        self._spec = FilterSpec(
            name="repeated_lines",
            version="1",
            kinds=("text",),
            reads="content",
            measures=(
                Measure("characters", "number", "Letters, digits and marks of the text: those of its words.", (0, inf)),
                Measure("lines", "number", "How many lines have enough words to be compared.", (0, inf)),
                Measure("paragraphs", "number", "How many paragraphs have enough words to be compared.", (0, inf)),
            ),
            parameters=(("least_words", least_words), ("algorithm", ALGORITHM)),
            models=((FILE, folding_sha256()),),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        characters, lines, paragraphs = line_digests(Utf8.of(batch["text"]), least=self.least_words)
        counted = {"characters": characters, "lines": lines.counts, "paragraphs": paragraphs.counts}
        items = batch.select(
            "position",
            status=pl.lit("seen", dtype=STATUS),
            **{name: pl.Series(values).cast(pl.Float64) for name, values in counted.items()},
        )
        packed = (*lines.packed(), *paragraphs.packed())
        columns = dict(zip(LINES.names()[1:], packed, strict=True))
        rows = batch.select("position", **columns).filter(pl.Series(paragraphs.counts) > 0)
        return Findings(items=items, lines=rows.match_to_schema(LINES))
