"""Scores texts with classifiers that you bring: networks of transformers, and files of fastText.

How: a text is cut into windows of one size, each is scored, and of every label the highest score of all windows and
their mean are measured. A network is a folder with safetensors, or a name in the hub's cache on this machine; a pickle
is refused, and so are weights without a trained head. fastText's files (`.bin`, `.ftz`) are read and reckoned here
(`filters.text_models.fasttext_file`). None comes with Tamis, nothing is fetched, and no accuracy is claimed for any:
what a published classifier was trained on is not your corpus, and its label is not your rule. Measure it on texts that
you labelled.

How batches are formed changes no score of fastText's, and those of a network by its rounding alone: within 0.0001 in
full precision, within some 0.01 in half precision, which is what a CUDA device computes in.

On record are scores, names of labels, and digests of models.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import polars as pl

from filters.text_models.classifier import (
    SCORED_BY,
    WHO,
    Numbers,
    Reading,
    ScoredBy,
    Scores,
    TextClassifier,
    load_classifier,
)
from tamis.errors import ConfigError, did_you_mean
from tamis.records import STATUS, FilterSpec, Findings, Measure

MOST_LABELS: Final = 32
"""So many labels of a model are measured; of one that has more, the recipe says which."""

_LONGEST_NAME: Final = 48


@dataclass(frozen=True, slots=True)
class _Named:
    """A model, and what its measures are called."""

    name: str
    model: TextClassifier
    labels: tuple[str, ...]
    """All of them, as they are called here."""
    measured: tuple[int, ...]

    def measures(self) -> tuple[Measure, ...]:
        within = None if self.model.scored_by == "raw" else (0.0, 1.0)
        scores = (
            Measure(f"{self.name}_{self.labels[place]}_{how}", "number", about, within)
            for place in self.measured
            for how, about in (
                ("max", "The highest score of the label over all windows, to 4 decimals."),
                ("mean", "The mean of its scores over all windows, to 4 decimals."),
            )
        )
        return (
            Measure(f"{self.name}_label", "label", "The label of the highest mean; null if nothing could be scored."),
            Measure(f"{self.name}_windows", "number", "Windows that were looked at.", (0, inf)),
            Measure(f"{self.name}_covered", "number", "The share of the text that lies in them.", (0, 1)),
            *scores,
        )

    def columns(self, scores: Scores) -> list[pl.Series]:
        """A column for each measure."""
        known = np.isfinite(scores.mean.sum(axis=1))
        best = np.where(known[:, None], scores.mean, -inf).argmax(axis=1)
        named = [self.labels[place] if told else None for place, told in zip(best, known, strict=True)]
        columns = [
            pl.Series(f"{self.name}_label", named, dtype=pl.String),
            pl.Series(f"{self.name}_windows", scores.windows.astype(np.float64)),
            pl.Series(f"{self.name}_covered", scores.covered.round(4)),
        ]
        for place in self.measured:
            for how, found in (("max", scores.highest), ("mean", scores.mean)):
                columns.append(_numbers(f"{self.name}_{self.labels[place]}_{how}", found[:, place]))
        return columns


class TextClassFilter:
    """What classifiers say of a text.

    Args:
        models: each a file of fastText, a folder, or a name in the hub's cache on this machine; with `NAME=` before it
            or without. What stands before is how its measures are called; else what the file or folder is called.
        labels: which labels are measured, as the models call them; empty: all, of at most 32.
        scores: `NAME=softmax`, `NAME=sigmoid` or `NAME=raw`, where a network does not say what its outputs are.
        window: what is scored at once: tokens for a network, words for fastText. 0: 512 tokens, or fewer where a
            network takes fewer; for fastText the whole text.
        overlap: what two windows share, at least; at most a quarter of a window.
        max_windows: of more windows than this so many are scored, at even distances; 0: all are.
        max_characters: longer texts are `too_long`.
        device: as torch names it.

    Raises:
        ConfigError: a model cannot be loaded or is none, two have one name, a label or a way to score is unknown, or a
            number is out of range.
    """

    PATHS: ClassVar = ("models",)

    MEASURES: ClassVar = (
        Measure("MODEL_label", "label", "The label of the highest mean."),
        Measure("MODEL_windows", "number", "Windows that were looked at."),
        Measure("MODEL_covered", "number", "The share of the text that lies in them."),
        Measure("MODEL_LABEL_max", "number", "The highest score of the label."),
        Measure("MODEL_LABEL_mean", "number", "The mean of its scores."),
    )
    """What every model measures; in place of MODEL and LABEL stands what it and its labels are called."""

    def __init__(
        self,
        *,
        models: tuple[str, ...],
        labels: tuple[str, ...] = (),
        scores: tuple[str, ...] = (),
        window: int = 0,
        overlap: int = 64,
        max_windows: int = 0,
        max_characters: int = 2_000_000,
        device: str = "auto",
    ) -> None:
        if max_characters < 1:
            raise ConfigError(f"{WHO}: max_characters is {max_characters}, expected 1 or more.")
        self.max_characters = max_characters
        reading = Reading(window, overlap, max_windows)
        places = _places(models)
        ways = _ways(scores, tuple(places))
        loaded = {
            name: load_classifier(where, reading=reading, device=device, scored_by=ways.get(name))
            for name, where in places.items()
        }
        _check_labels(labels, loaded)
        self._models = tuple(_named(name, model, labels) for name, model in loaded.items())
        parameters = (
            ("labels", tuple(sorted(labels))),
            ("max_characters", max_characters),
            ("max_windows", max_windows),
            ("overlap", overlap),
            ("scores", tuple((each.name, each.model.scored_by) for each in self._models)),
            ("window", window),
        )
        measures = tuple(measure for each in self._models for measure in each.measures())
        _expect_distinct(measures)
        self._spec = FilterSpec(
            name=WHO,
            version="1",
            kinds=("text",),
            reads="content",
            measures=measures,
            parameters=parameters,
            models=tuple((each.name, each.model.digest) for each in self._models),
            libraries=_libraries(loaded.values()),
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        short = (batch["text"].str.len_chars() <= self.max_characters).to_numpy()
        texts = batch["text"].filter(pl.Series(short)).to_list()
        answers = [each.model.score(texts) for each in self._models]
        failed = np.zeros(len(texts), dtype=np.bool_)
        for answer in answers:
            failed |= answer.failed
        status = np.full(batch.height, "too_long", dtype=object)
        status[short] = np.where(failed, "failed", "seen")
        seen = pl.Series("status", status, dtype=STATUS)
        scored = pl.DataFrame(
            [column for each, answer in zip(self._models, answers, strict=True) for column in each.columns(answer)]
        )
        shown = scored.with_columns(position=batch["position"].filter(pl.Series(short))).filter(pl.Series(~failed))
        items = batch.select("position", seen).join(
            shown, on="position", how="left", validate="1:1", maintain_order="left"
        )
        return Findings(items=items.select(self._spec.schema.names()).match_to_schema(self._spec.schema))


def _numbers(name: str, values: Numbers) -> pl.Series:
    return pl.Series(name, values.round(4), dtype=pl.Float64, nan_to_null=True)


def _places(models: Sequence[str]) -> dict[str, str]:
    """Where each model is, by its name."""
    if not models:
        raise ConfigError(f"the filter {WHO!r} needs a model in `models`: without one it would measure nothing.")
    named = [_name_and_place(model) for model in models]
    names = [name for name, _ in named]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            *(
                f"{WHO}: two models are called {name!r}. Give one another name: NAME={dict(named)[name]}"
                for name in twice
            )
        )
    return dict(named)


def _name_and_place(model: str) -> tuple[str, str]:
    before, sign, where = model.partition("=")
    if not sign or "/" in before or Path(model).exists():
        before, where = Path(model).stem if Path(model).suffix in (".bin", ".ftz") else Path(model).name, model
    name = _cleaned(before)
    if not name:
        raise ConfigError(f"{WHO}: a model without a letter or digit in its name. Give it one: NAME={where}")
    return name, where


def _ways(scores: Sequence[str], names: tuple[str, ...]) -> dict[str, ScoredBy]:
    """How each named model's outputs become scores."""
    ways: dict[str, ScoredBy] = {}
    for each in scores:
        name, _, way = each.partition("=")
        if name not in names:
            raise ConfigError.unknown("model", name, names, where=f"{WHO}: scores")
        if way not in SCORED_BY:
            raise ConfigError.unknown("way to score", way, SCORED_BY, where=f"{WHO}: scores")
        ways[name] = way
    return ways


def _check_labels(labels: Sequence[str], loaded: dict[str, TextClassifier]) -> None:
    known = sorted({label for model in loaded.values() for label in model.labels})
    problems = [
        f"{WHO}: no model has the label {label!r}.{did_you_mean(label, known)}"
        for label in labels
        if label not in known
    ]
    problems += [
        f"{WHO}: {name} has none of the labels in `labels`, so that nothing of it would be measured. Name one of its "
        f"{len(model.labels)}: {', '.join(model.labels[:5])}."
        for name, model in loaded.items()
        if labels and not set(labels) & set(model.labels)
    ]
    problems += [
        f"{WHO}: {name} has {len(model.labels)} labels, and {MOST_LABELS} at most are measured. Say in `labels` which."
        for name, model in loaded.items()
        if len([label for label in model.labels if not labels or label in labels]) > MOST_LABELS
    ]
    if problems:
        raise ConfigError(*problems)


def _expect_distinct(measures: Sequence[Measure]) -> None:
    names = [measure.name for measure in measures]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"{WHO}: {len(twice)} measures of two models would have one name, {twice[0]} first. Give one of the models "
            "another name: NAME=MODEL."
        )


def _named(name: str, model: TextClassifier, labels: Sequence[str]) -> _Named:
    measured = tuple(place for place, label in enumerate(model.labels) if not labels or label in labels)
    return _Named(name, model, _label_names(model.labels), measured)


def _label_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Words of a to z, 0 to 9 and _, each once; a label that has none of them is called by its number."""
    names: list[str] = []
    taken: set[str] = set()
    for place, label in enumerate(labels):
        name = _cleaned(label) or f"label_{place}"
        if name in taken:
            name = f"{name}_{place}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def _cleaned(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:_LONGEST_NAME].strip("_")


def _libraries(models: Any) -> tuple[tuple[str, str], ...]:
    names = sorted({name for model in models for name in model.libraries})
    return tuple((name, version(name)) for name in names)
