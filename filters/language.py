"""Tells the language and the script of a text, and whether its passages are of several languages.

A text is cut into passages: its paragraphs, where they are long enough. Of more than 64 of them, 64 at even distances
are looked at, so that a text of any length costs little more than one of 20,000 characters does. Each is scored by a
naive Bayes model (`filters/text/language_model.py`); what a text is follows from all of them, each counting by its
letters. The script is that of most letters, all of which are counted.

Known misses, of which docs/filters.md has more and docs/benchmarks.md figures: of Croatian a quarter is taken for
Bosnian at 200 characters, and more the other way round; languages that the model does not know are taken for a
neighbour; what changes its language within a paragraph counts as a whole.
"""

from __future__ import annotations

from importlib.metadata import version
from math import inf

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.classes import UNICODE
from filters.text.counts import Numbers, ratio
from filters.text.language_model import MODEL, MODEL_SHA256, check_model, language_model
from filters.text.languages import NO_LANGUAGE, UNDETERMINED, languages, languages_sha256
from filters.text.passages import passages
from filters.text.scripts import SCRIPTS, letters_by_script
from filters.text.utf8 import Utf8
from tamis.records import STATUS, FilterSpec, Findings, Measure

_LEAST = 20
"""Bytes of UTF-8 that the letters of a text must have for its language to be told."""

_SHARE = (0.0, 1.0)
_MEASURES = (
    Measure(
        "language",
        "label",
        "ISO 639 code of the closed list; zxx: no language but numbers, markup or identifiers; und: too short to tell.",
    ),
    Measure(
        "score",
        "number",
        "How far the model is for that language, over the letters of all passages, to 4 decimals. No probability: it "
        "says how alone the language is among those that the model knows. Null if the language is und.",
        _SHARE,
    ),
    Measure("second", "label", "The language of most letters in passages of another one; null if there are none."),
    Measure("share", "number", "Of the letters, those in passages of the first language, to 4 decimals.", _SHARE),
    Measure("paragraph_languages", "number", "How many languages the passages are of; null if it is und.", (1, inf)),
    Measure("script", "label", "ISO 15924 code of the script of most letters; null if there are none."),
    Measure("script_share", "number", "Of the letters, those of that script, to 4 decimals.", _SHARE),
    Measure(
        "agrees", "number", "1 if the language is written in that script, else 0; null if it is und or zxx.", _SHARE
    ),
    Measure("letters", "number", "Letters, in code points.", (0, inf)),
    Measure("characters", "number", "Code points.", (0, inf)),
)


class LanguageFilter:
    """The language of a text, by a model that comes with a distribution, and its script."""

    def __init__(self) -> None:
        check_model()
        self._spec = FilterSpec(
            name="language",
            version="1",
            kinds=("text",),
            reads="content",
            measures=_MEASURES,
            models=((MODEL, MODEL_SHA256), ("languages.toml", languages_sha256())),
            libraries=(("numpy", version("numpy")), ("py3langid", version("py3langid")), ("unicode", UNICODE)),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        items = batch.select("position", status=pl.lit("seen", dtype=STATUS)).with_columns(*measures_of(batch["text"]))
        return Findings(items=items.match_to_schema(self._spec.schema))


def measures_of(column: pl.Series) -> list[pl.Series]:
    """A column for each measure."""
    texts = Utf8.of(_normal(column))
    by_script = letters_by_script(texts)
    letters, most = by_script.sum(axis=1), by_script.argmax(axis=1)
    scripts = [SCRIPTS[place] if number else None for place, number in zip(most, letters, strict=True)]
    model = language_model()
    pieces = passages(texts)
    found = model.languages_of(texts, pieces)
    known = (found.main >= 0) & (pieces.letter_bytes >= _LEAST)
    codes = [model.labels[place] if told else UNDETERMINED for place, told in zip(found.main, known, strict=True)]
    second = [
        model.labels[place] if told and place >= 0 else None for place, told in zip(found.second, known, strict=True)
    ]
    written = np.array([code != NO_LANGUAGE for code in codes], dtype=np.bool_)
    agrees = [float(script in languages().get(code, ())) for code, script in zip(codes, scripts, strict=True)]
    return [
        pl.Series("language", codes, dtype=pl.String),
        _numbers("score", found.score.round(4), known),
        pl.Series("second", second, dtype=pl.String),
        _numbers("share", found.share.round(4), known),
        _numbers("paragraph_languages", found.languages.astype(np.float64), known),
        pl.Series("script", scripts, dtype=pl.String),
        _numbers("script_share", ratio(by_script.max(axis=1), letters).round(4), letters > 0),
        _numbers("agrees", np.array(agrees), known & written),
        _numbers("letters", letters.astype(np.float64), letters >= 0),
        _numbers("characters", column.str.len_chars().to_numpy().astype(np.float64), letters >= 0),
    ]


def _normal(column: pl.Series) -> pl.Series:
    """In NFC, and in lower case where there is none, as the model was trained."""
    composed = column.str.normalize("NFC")
    frame = composed.to_frame("text").select(
        pl.when(pl.col("text").str.contains(r"\p{Lowercase}")).then("text").otherwise(pl.col("text").str.to_lowercase())
    )
    return frame["text"]


def _numbers(name: str, values: Numbers, known: npt.NDArray[np.bool_]) -> pl.Series:
    return pl.Series(name, np.where(known, values, np.nan), dtype=pl.Float64, nan_to_null=True)
