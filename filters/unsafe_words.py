"""Counts the words of lists that you bring: what may be unsafe, how much of it, and where it does not count.

How: every term of the lists is looked for in one pass (`filters.lexicon.matching`), as whole words and however they are
written: without case, accents and form, past characters that cannot be seen, and where digits and signs stand for
letters. A term counts by its weight, and not at all where the list says so (`allowed_in`). What is measured are numbers
for a policy: counts, how many different terms, and weight for each 1,000 words. A text of fewer than 200 words is taken
to have 200, so that one word in a short text is no high density. Nothing here drops anything, and no set of limits that
comes with Tamis does for one word, for lists of words shut out groups of people, medicine and law.

Words of identity are in the same lists, are never unsafe and are counted apart: from them an auditor sees
whom the filters of a run shut out.

On record are counts, the closed names of categories, and the names of groups that the list gives; of the lists only
digests.

Known misses: what is meant and not said; words spelled with blanks, points or asterisks between or for their letters;
other alphabets for the same word; inflected and compound forms that the list does not have; terms without letters, such
as emoji. And the other way round: a word says nothing of what is said with it.
"""

from __future__ import annotations

from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from filters.language import measures_of as languages_of
from filters.lexicon.categories import CATEGORIES, IDENTITY, UNSAFE
from filters.lexicon.counting import ALL, Counter
from filters.lexicon.entries import ANY, Lexicon, read_lexicon
from filters.lexicon.matching import Hits, Terms
from filters.text.classes import UNICODE
from filters.text.folding import FILE, folding_sha256
from filters.text.language_model import MODEL, MODEL_SHA256, check_model
from filters.text.languages import NO_LANGUAGE, UNDETERMINED
from filters.text.utf8 import Places
from tamis.errors import ConfigError, did_you_mean
from tamis.records import STATUS, FilterSpec, Findings, Measure

LEAST_WORDS: Final = 200
"""A density is told as if a text had so many words at least."""

_NOT_TOLD: Final = (UNDETERMINED, NO_LANGUAGE)

_COUNT = (0, inf)
_MEASURES = (
    Measure("words", "number", "Words, as they are compared.", _COUNT),
    Measure("hits", "number", "Places where a term stands that counts; those of identity are not among them.", _COUNT),
    Measure("distinct", "number", "How many different terms these are.", _COUNT),
    Measure("density", "number", "Their weights for each 1,000 words, or for 200 where there are fewer.", _COUNT),
    Measure("distinct_density", "number", "Different terms for each 1,000 words, or for 200.", _COUNT),
    Measure("disguised", "number", "Of the hits, those with digits or signs for letters.", _COUNT),
    Measure("allowed", "number", "Places that do not count for what stands around or near them.", _COUNT),
    Measure(
        "other_language", "number", "Places that do not count for the text's language; 0 unless by_language.", _COUNT
    ),
    *(
        Measure(f"{category}_{name}", "number", about, _COUNT)
        for category in UNSAFE
        for name, about in (
            ("hits", f"As hits, of the category {category}."),
            ("distinct", f"As distinct, of the category {category}."),
            ("density", f"As density, of the category {category}."),
        )
    ),
    Measure("identity_terms", "number", "How many different terms of identity there are.", _COUNT),
    Measure("identity_hits", "number", "In how many places.", _COUNT),
    Measure("identity_groups", "label", "The groups that the list names for them, a blank between; null if none."),
)


class UnsafeWordsFilter:
    """How many words of the lists a text has, and how dense they are.

    Args:
        lists: files of `filters.lexicon.entries`.
        languages: entries of other languages are left out; empty: none is. Those of `any` are always in.
        by_language: entries of a language count only in texts of it, as the model of the filter `language` tells; in a
            text whose language cannot be told all do.
        lookalikes: look for terms behind digits and signs, too.

    Raises:
        ConfigError: a list cannot be read, two have one name, or no entry is in `languages`.
    """

    PATHS = ("lists",)

    def __init__(
        self,
        *,
        lists: tuple[str, ...],
        languages: tuple[str, ...] = (),
        by_language: bool = False,
        lookalikes: bool = True,
    ) -> None:
        read = _read(lists)
        entries = _of_languages(pl.concat(each.entries for each in read), languages)
        self._by_language = by_language
        self._lookalikes = lookalikes
        apart = entries["category"] == IDENTITY
        self._terms = Terms(entries["term"].to_list(), entries["allowed_in"].to_list(), apart.to_list())
        self._counter = Counter(entries, self._terms.numbers)
        if by_language:
            check_model()
        parameters = (("by_language", by_language), ("languages", languages), ("lookalikes", lookalikes))
        self._spec = FilterSpec(
            name="unsafe_words",
            version="1",
            kinds=("text",),
            reads="content",
            measures=_MEASURES,
            parameters=(*parameters, ("terms", tuple((each.name, each.entries.height) for each in read))),
            models=(
                (FILE, folding_sha256()),
                *((each.name, each.sha256) for each in read),
                *(((MODEL, MODEL_SHA256),) if by_language else ()),
            ),
            libraries=(("py3langid", version("py3langid")), ("unicode", UNICODE)) if by_language else (),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        hits = self._terms.find(batch["text"], disguised=self._lookalikes)
        counts = self._counter.count(hits, self._languages_of(hits, batch["text"]))
        thousands = np.maximum(hits.words, LEAST_WORDS) / 1000
        measured = {
            "words": hits.words,
            "disguised": counts.disguised,
            "allowed": counts.allowed,
            "other_language": counts.elsewhere,
            "distinct_density": counts.by_category[:, ALL, 1] / thousands,
        }
        for column, before in enumerate([*(f"{category}_" for category in CATEGORIES), ""]):
            places, different, weights = counts.by_category[:, column].T
            measured |= {
                f"{before}hits": places,
                f"{before}distinct": different,
                f"{before}density": weights / thousands,
            }
        measured["identity_terms"] = measured.pop("identity_distinct")
        del measured["identity_density"]
        items = batch.select("position", status=pl.lit("seen", dtype=STATUS)).with_columns(
            **{name: pl.Series(numbers, dtype=pl.Float64) for name, numbers in measured.items()},
            identity_groups=pl.Series(self._counter.names_of(counts.groups), dtype=pl.String),
        )
        return Findings(items=items.select(self._spec.schema.names()).match_to_schema(self._spec.schema))

    def _languages_of(self, hits: Hits, texts: pl.Series) -> Places:
        """As `Counter.count` wants them; only texts with a term of a language are looked at."""
        languages = np.full(len(texts), -1, dtype=np.int64)
        asked = self._counter.texts_to_tell(hits) if self._by_language else languages[:0]
        if len(asked):
            told = next(each for each in languages_of(texts.gather(asked)) if each.name == "language")
            places = {code: place for place, code in enumerate(self._counter.languages)}
            languages[asked] = [-1 if code in _NOT_TOLD else places.get(code, -2) for code in told]
        return languages


def _read(lists: tuple[str, ...]) -> list[Lexicon]:
    """All lists; the faults of all of them are said at once."""
    problems = (
        [] if lists else ["the filter 'unsafe_words' needs a file in `lists`: without one it would find nothing."]
    )
    read = []
    for each in lists:
        try:
            read.append(read_lexicon(Path(each)))
        except ConfigError as error:
            problems += error.problems
    names = [each.name for each in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems += [f"two lists are called {name!r}, and are told apart by that: rename one." for name in twice]
    if problems:
        raise ConfigError(*problems)
    return read


def _of_languages(entries: pl.DataFrame, languages: tuple[str, ...]) -> pl.DataFrame:
    known = sorted(set(entries["language"]) - {ANY})
    problems = [
        f"unsafe_words: no entry is of the language {code!r}.{did_you_mean(code, known)}"
        for code in languages
        if code not in known
    ]
    if problems:
        raise ConfigError(*problems)
    return entries.filter(pl.col("language").is_in([*languages, ANY])) if languages else entries
