"""Finds texts that hold what a model is to be evaluated on: items of evaluation sets that you bring as files.

How: words are compared without case, accents and punctuation (`filters.text.folded`), and what a text shares with an
item are runs of n words. n is 13, as in GPT-3 (Brown et al. 2020, appendix C); datatrove's `NGramsDecontFilter` takes
12. An item of fewer words is compared whole if it has 8 at least, the fewest that GPT-3 took; shorter ones are looked
for by nobody, and the filter's parameters say how many those are. Each column of an item is compared by itself, so that
a question counts as leaked though its answer is not there.

GPT-3 took out whatever collided with one run; here it is measured how much of an item is there (`covered`), for a run
of 13 words is often a quotation, a form of words or a licence, and an item that lies wholly inside a text is what
hurts. No run is left out for being common.

On record are the name of the set, the item's number in its file and the places in the text; of the files only digests.

Known misses: a paraphrase or a translation shares no run, one word changed in the middle of an item of fewer than 26
words can leave none, and other alphabets for the same word are other words. Marks are off, so that "a + b" is "a - b".
"""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
import polars as pl

from filters.text.evaluation_sets import EvaluationSet, check_columns, read_evaluation_set
from filters.text.folded import Folded, folded
from filters.text.folding import FILE, folding_sha256
from filters.text.shared_runs import Index, Shared, shared
from filters.text.utf8 import Utf8
from tamis.errors import ConfigError
from tamis.records import SPANS, STATUS, FilterSpec, Findings, Measure

KIND: Final = "EVALUATION"
"""That of its spans."""

_LONGEST_RUN: Final = 64


class EvaluationOverlapFilter:
    """How much of a text is in evaluation sets, and how much of one of their items is in it.

    Args:
        sets: files, `FILE` or `NAME=FILE`.
        columns: what of the items is compared; empty: every column of texts.
        n: words of a run.
        least_words: items of fewer words are not looked for.

    Raises:
        ConfigError: a file cannot be read, two sets have one name, a set has none of the columns or no item that is
            long enough, or a number is out of range.
    """

    PATHS = ("sets",)

    def __init__(
        self, *, sets: tuple[str, ...], columns: tuple[str, ...] = (), n: int = 13, least_words: int = 8
    ) -> None:
        if not 1 <= least_words <= n <= _LONGEST_RUN:
            raise ConfigError(
                f"evaluation_overlap: n is {n}, least_words {least_words}; expected 1 <= least_words <= n <= 64."
            )
        read = _read(sets)
        check_columns(read, columns)
        passages = _passages(read, columns)
        words = folded(Utf8.of(passages["text"]))
        self._index = Index.of(words, n=n, least=least_words)
        self._names = [each.name for each in read]
        self._set_of, self._item_of = (passages[name].to_numpy() for name in ("set", "item"))
        compared = _compared(passages, words, least_words)
        problems = [
            f"evaluation_overlap: no item of the set {name} has {least_words} words, so that none would be found."
            for name, (found, _) in zip(self._names, compared, strict=True)
            if not found
        ]
        if problems:
            raise ConfigError(*problems)
        self._spec = _spec(read, compared, columns=columns, n=n, least_words=least_words)

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        texts = folded(Utf8.of(batch["text"]))
        found = shared(self._index, texts)
        best = self._best(found, batch.height)
        counts = pl.Series(texts.counts)
        items = batch.select(
            "position",
            status=pl.lit("seen", dtype=STATUS),
            overlap=pl.when(counts > 0).then(pl.Series(found.words) / counts).otherwise(0.0),
        ).hstack(best)
        return Findings(items.match_to_schema(self._spec.schema), spans=self._spans(batch, texts, found))

    def _best(self, found: Shared, height: int) -> pl.DataFrame:
        """Of each text, the passage of which most is there, the first of several; and how many items are touched."""
        touched = pl.DataFrame(
            {
                "text": np.repeat(np.arange(height), np.diff(found.bounds)),
                "set": self._set_of[found.passages],
                "item": self._item_of[found.passages],
                "covered": found.parts,
            }
        )
        best = touched.group_by("text").agg(
            pl.struct("set", "item").n_unique().cast(pl.Float64).alias("matched_items"),
            pl.all().sort_by("covered", descending=True, maintain_order=True).first(),
        )
        named = dict(enumerate(self._names))
        return (
            pl.DataFrame({"text": np.arange(height)})
            .join(best, on="text", how="left", validate="1:1", maintain_order="left")
            .select(
                pl.col("matched_items").fill_null(0.0),
                pl.col("covered").fill_null(0.0),
                set=pl.col("set").replace_strict(named, return_dtype=pl.String),
                item=pl.col("item").cast(pl.Float64),
            )
        )

    def _spans(self, batch: pl.DataFrame, texts: Folded, found: Shared) -> pl.DataFrame:
        text, first, after, passage = found.stretches.T
        before = texts.bounds[text]
        names = pl.Series(self._names, dtype=pl.String)
        return pl.DataFrame(
            {
                "position": batch["position"].gather(text),
                "kind": pl.repeat(KIND, len(text), dtype=pl.String, eager=True),
                "start": texts.starts[before + first].astype(np.uint64),
                "end": texts.ends[before + after - 1].astype(np.uint64),
                "score": np.ones(len(text), dtype=np.float32),
                "recognizer": names.gather(self._set_of[passage]),
                "value_hi": pl.repeat(None, len(text), dtype=pl.UInt64, eager=True),
                "value_lo": pl.repeat(None, len(text), dtype=pl.UInt64, eager=True),
            },
            schema=SPANS,
        )


def _read(sets: tuple[str, ...]) -> list[EvaluationSet]:
    """All sets; the faults of all of them are said at once."""
    problems = [] if sets else ["the filter 'evaluation_overlap' needs a file in `sets`: without one it finds nothing."]
    read = []
    for each in sets:
        try:
            read.append(read_evaluation_set(each))
        except ConfigError as error:
            problems += error.problems
    names = [each.name for each in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [f"two evaluation sets are called {name!r}: write NAME=FILE for one of them." for name in twice]
    if problems:
        raise ConfigError(*problems)
    return read


def _passages(sets: list[EvaluationSet], columns: tuple[str, ...]) -> pl.DataFrame:
    """Every text of every item: `set` from 0, `item` from 1, `text`; by set, item and column."""
    frames = [
        pl.DataFrame({"set": place, "item": range(1, each.items.height + 1), "text": each.items[name]})
        for place, each in enumerate(sets)
        for name in each.columns
        if not columns or name in columns
    ]
    return pl.concat(frames).drop_nulls("text").sort("set", "item", maintain_order=True)


def _compared(passages: pl.DataFrame, words: Folded, least: int) -> list[tuple[int, int]]:
    """Of each set, how many of its items are looked for, and how many are too short."""
    long = passages.select("set", "item", long=pl.Series(words.counts) >= least)
    items = long.group_by("set", "item").agg(pl.col("long").any()).group_by("set").agg(pl.col("long").sum(), pl.len())
    return [(int(row[1]), int(row[2] - row[1])) for row in items.sort("set").iter_rows()]


def _spec(
    sets: list[EvaluationSet],
    compared: list[tuple[int, int]],
    *,
    columns: tuple[str, ...],
    n: int,
    least_words: int,
) -> FilterSpec:
    return FilterSpec(
        name="evaluation_overlap",
        version="1",
        kinds=("text",),
        reads="content",
        measures=(
            Measure("overlap", "number", "Share of the text's words that lie in runs which an item has too.", (0, 1)),
            Measure("matched_items", "number", "How many items it shares a run of words with.", (0, inf)),
            Measure("covered", "number", "Share of an item's words that lie in shared runs, where it is most.", (0, 1)),
            Measure("set", "label", "The set of that item: the name you gave it, or its file's; null if none is."),
            Measure("item", "number", "The item's number in its file, from 1; null if none is.", (1, inf)),
        ),
        parameters=(
            ("columns", columns),
            ("least_words", least_words),
            ("n", n),
            ("sets", tuple((each.name, *counts) for each, counts in zip(sets, compared, strict=True))),
        ),
        models=((FILE, folding_sha256()), *((each.name, each.sha256) for each in sets)),
    )
