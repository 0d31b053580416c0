"""What hits come to: counts, different terms and weights of each text, in all and by category."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.lexicon.categories import CATEGORIES, IDENTITY
from filters.lexicon.entries import ANY
from filters.lexicon.matching import Flags, Hits
from filters.text.compiled import compiled
from filters.text.counts import Numbers
from filters.text.utf8 import Places
from tamis.errors import ConfigError

MOST_GROUPS = 62
"""Of terms of identity: a text's are kept as the bits of a number."""

ALL = len(CATEGORIES)
"""The column of `Counts.by_category` that is all categories but identity together."""

_EVERY_LANGUAGE = -1


class Counts(NamedTuple):
    """Of each text."""

    by_category: npt.NDArray[np.float64]
    """texts x (CATEGORIES and ALL) x 3: places that count, different terms, weights."""
    disguised: Numbers
    allowed: Numbers
    elsewhere: Numbers
    groups: Places


class Entries(NamedTuple):
    """What is known of each string that hits name. String s, looked for apart or not, has the entries `bounds[2 * s +
    apart]` up to the next. A tuple, for that is what compiled loops take.
    """

    bounds: Places
    languages: Places
    categories: Places
    weights: Numbers
    groups: Places


class Counter:
    """Counts by what a lexicon says of its terms.

    Args:
        entries: schema `filters.lexicon.entries.ENTRIES`.
        numbers: of each entry the number by which hits name its term.
    """

    def __init__(self, entries: pl.DataFrame, numbers: Places) -> None:
        self.languages = sorted(set(entries["language"]) - {ANY})
        self.groups = sorted(set(entries["group"].drop_nulls()))
        if len(self.groups) > MOST_GROUPS:
            raise ConfigError(
                f"unsafe_words: the lists name {len(self.groups)} groups, at most {MOST_GROUPS} are counted."
            )
        known = entries.select(
            key=2 * pl.Series(numbers) + (pl.col("category") == IDENTITY).cast(pl.Int64),
            language=pl.col("language").replace_strict(
                {ANY: _EVERY_LANGUAGE, **_numbered(self.languages)}, return_dtype=pl.Int64
            ),
            category=pl.col("category").replace_strict(_numbered(CATEGORIES), return_dtype=pl.Int64),
            weight="weight",
            group=pl.col("group").replace_strict(
                {name: 1 << bit for name, bit in _numbered(self.groups).items()}, default=0, return_dtype=pl.Int64
            ),
        ).sort("key", maintain_order=True)
        keys = 2 * int(numbers.max(initial=0)) + 3
        self._entries = Entries(
            np.searchsorted(known["key"].to_numpy(), np.arange(keys)).astype(np.int64),
            *(known[name].to_numpy() for name in ("language", "category", "weight", "group")),
        )
        self._of_a_language = known.filter(pl.col("language") != _EVERY_LANGUAGE)["key"].unique().to_numpy()

    def texts_to_tell(self, hits: Hits) -> Places:
        """Those in which there is a term of a language, ascending."""
        keys = 2 * hits.terms + hits.apart
        return np.unique(hits.texts[np.isin(keys, self._of_a_language)])

    def count(self, hits: Hits, languages: Places) -> Counts:
        """What the hits come to.

        Args:
            hits: of some texts.
            languages: of each text its place in `self.languages`; -1 where every language counts, -2 where none of
                them is the text's.
        """
        return Counts(
            *_counted(
                hits.texts,
                hits.terms,
                hits.allowed,
                hits.disguised,
                hits.apart,
                self._entries,
                languages,
                ALL + 1,
                CATEGORIES.index(IDENTITY),
            )
        )

    def names_of(self, groups: Places) -> list[str | None]:
        """The names of each text's groups, a blank between; None if it has none."""
        named = {
            bits: " ".join(name for bit, name in enumerate(self.groups) if bits >> bit & 1) or None
            for bits in np.unique(groups).tolist()
        }
        return [named[bits] for bits in groups.tolist()]


def _numbered(names: list[str] | tuple[str, ...]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


@compiled
def _counted(
    texts: Places,
    terms: Places,
    allowed: Flags,
    disguised: Flags,
    apart: Flags,
    entries: Entries,
    languages: Places,
    columns: int,
    identity: int,
) -> tuple[npt.NDArray[np.float64], Numbers, Numbers, Numbers, Places]:
    by_category = np.zeros((len(languages), columns, 3))
    of_disguised, of_allowed, elsewhere = np.zeros(len(languages)), np.zeros(len(languages)), np.zeros(len(languages))
    groups = np.zeros(len(languages), dtype=np.int64)
    # The last text in which each string counted, in each category.
    seen = np.full((len(entries.bounds) // 2, columns), -1, dtype=np.int64)
    best = np.zeros(columns)
    for hit in range(len(texts)):
        text, term = texts[hit], terms[hit]
        key = 2 * term + int(apart[hit])
        best[:] = 0
        is_here = False
        for entry in range(entries.bounds[key], entries.bounds[key + 1]):
            language = entries.languages[entry]
            if language >= 0 and languages[text] != -1 and languages[text] != language:
                continue
            is_here = True
            category, weight = entries.categories[entry], entries.weights[entry]
            best[category] = max(best[category], weight)
            groups[text] |= entries.groups[entry]
            if category != identity:
                best[columns - 1] = max(best[columns - 1], weight)
        if not is_here:
            elsewhere[text] += not apart[hit]
            continue
        if allowed[hit] and not apart[hit]:  # of identity every word counts: they are what lists shut out
            of_allowed[text] += 1
            continue
        of_disguised[text] += disguised[hit] and not apart[hit]
        for column in range(columns):
            if best[column] > 0:
                by_category[text, column, 0] += 1
                by_category[text, column, 1] += seen[term, column] != text
                by_category[text, column, 2] += best[column]
                seen[term, column] = text
    return by_category, of_disguised, of_allowed, elsewhere, groups
