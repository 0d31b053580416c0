"""Reads the texts of a target, and parts them: some to choose by, some to measure sizes on.

They are those of files, and of items that a query over the catalog names (`queried.py`).
Where they carry labels, sizes are measured by how well these are told. Labels become what they are in a corpus, where
the same characters are taken out of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from filters.text.evaluation_sets import EvaluationSet, read_evaluation_set
from releases.subsets.nearness import Halves
from releases.subsets.queried import Asked, Record, Told, asked, texts_of
from releases.subsets.section import General, Target
from tamis.errors import ConfigError, did_you_mean
from tamis.ids import digest_of, text_bytes
from tamis.labels import safe_word

_HELD_OUT: Final = 0.5
"""The share of examples that sizes are measured on, where no file is given for it."""

LEAST_GENERAL: Final = 20
"""General texts in files."""

ADVISORY_BELOW: Final = 50
"""Held-out texts: with fewer, an interval would say nothing (`docs/subsets.md`)."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Those of a target's texts, in their order."""

    fit: pl.Series = field(repr=False)
    held_out: pl.Series = field(repr=False)

    @property
    def different(self) -> list[str]:
        """All that there are, sorted."""
        return sorted({*self.fit, *self.held_out})


@dataclass(frozen=True, slots=True)
class Examples:
    """The texts of a target, without repetitions, in an order that their bytes alone decide."""

    fit: pl.Series = field(repr=False)
    """To choose by."""
    held_out: pl.Series = field(repr=False)
    """To measure sizes on; no selection sees them."""
    digest: str
    """Of all of them, and of their labels."""
    labels: Labels | None = None
    """Null where the target has none."""
    asked: Asked | None = None
    """What its queries gave; null where it has none."""
    vectors: Halves | None = field(default=None, repr=False)
    """Of those to choose by, where items are put in order by them."""
    general: pl.Series | None = field(default=None, repr=False)
    """What a model that is trained on knows already, without repetitions; null where no files say."""

    @property
    def all(self) -> pl.Series:
        return pl.concat([self.fit, self.held_out])


@dataclass(frozen=True, slots=True)
class _Text:
    key: str
    """SHA-256."""
    label: str | None


_Texts = Mapping[str, _Text]


def read_target(
    target: Target, base: Path, *, measured: bool, record: Record, general: General | None = None
) -> Examples:
    """Reads all files of a target, and asks its queries.

    Args:
        target: the section.
        base: the folder that its files are relative to.
        record: what its queries are asked of.
        measured: whether sizes are to be measured, so that some texts must be held out.
        general: files of what a model knows that is trained on; null where there is none.

    Raises:
        ConfigError: a file cannot be read, has none of the columns, or too few texts are left; of labels: some text
            has none, or two, or all have the same; of queries: see `queried.asked`.
    """
    gave = asked(target, record) if target.queries else None
    of_items = texts_of(gave, record) if gave is not None else {}
    fit = _texts(target, base, target.examples, of_items.get("query", []))
    given = _texts(target, base, target.held_out, of_items.get("held_out_query", []))
    held_out = {text: told for text, told in given.items() if text not in fit}
    if measured and not target.held_out and target.held_out_query is None:
        apart = {text for text, told in fit.items() if int(told.key[:8], 16) < _HELD_OUT * 2**32}
        held_out = {text: told for text, told in fit.items() if text in apart}
        fit = {text: told for text, told in fit.items() if text not in apart}
    if not fit or (measured and not held_out):
        what = "to choose by" if not fit else "to measure sizes on"
        raise ConfigError(
            f"subset.target: no text is left {what}: {len(fit) + len(held_out)} different texts that are not blank are "
            "there. Give more examples, or `held_out` files."
        )
    if target.label is not None and measured and len({told.label for told in held_out.values()}) == 1:
        raise ConfigError(
            f"subset.target: all {len(held_out)} texts to measure sizes on have the same label, so that there is "
            "nothing to tell. Give texts of all labels."
        )
    known = _general(general, base)
    digest = digest_of([_keys(fit), _keys(held_out), *([_keys(known)] if known else [])])
    labels = None if target.label is None else Labels(_labels(fit), _labels(held_out))
    return Examples(
        _in_order(fit), _in_order(held_out), digest, labels, gave, general=_in_order(known) if known else None
    )


def _general(general: General | None, base: Path) -> _Texts:
    """Texts of the files of general text; none where there are no files."""
    if general is None or not general.files:
        return {}
    found = _texts(Target(examples=general.files, columns=general.columns), base, general.files, [])
    if len(found) < LEAST_GENERAL:
        raise ConfigError(
            f"subset.budget.auto.general: {len(found)} different texts that are not blank are in its files, and "
            f"{LEAST_GENERAL} are the least: some are learned, and some held out to see what is forgotten."
        )
    return found


def _keys(texts: _Texts) -> list[str]:
    """What a digest of the target is made of."""
    return sorted(told.key if told.label is None else f"{told.key} {told.label}" for told in texts.values())


def _texts(target: Target, base: Path, files: Iterable[str], of_items: Iterable[Told]) -> dict[str, _Text]:
    found: dict[str, _Text] = {}
    for name in files:
        read = read_evaluation_set(str(base / name), beside=target.label)
        labels = _column_of_labels(target, read, name)
        for column in _columns(target, read, name):
            _add(found, zip(read.items[column], labels, strict=True), where=Path(name).name)
    items = list(of_items)
    labels = _all_labels(target, [label for _, label in items], where="the query's items")
    _add(found, zip([text for text, _ in items], labels, strict=True), where="the query's items")
    return found


def _add(found: dict[str, _Text], told: Iterable[Told], *, where: str) -> None:
    of_two = set()
    for text, label in told:
        if text is None or not text.strip():
            continue
        if text in found and found[text].label != label:
            of_two.add(text)
        found[text] = _Text(hashlib.sha256(text_bytes(text)).hexdigest(), label)
    if of_two:
        raise ConfigError(f"subset.target: {len(of_two)} texts of {where} have two labels each. Say which one holds.")


def _column_of_labels(target: Target, read: EvaluationSet, name: str) -> list[str | None]:
    """The label of each row; null of each where the target has none."""
    if target.label is None:
        return [None] * read.items.height
    if read.beside is None:
        raise ConfigError(
            f"subset.target: {Path(name).name} has no column {safe_word(target.label)!r} for the labels."
            f"{did_you_mean(target.label, read.columns)}"
        )
    labels = [None if label is None else safe_word(label) for label in read.beside]
    return _all_labels(target, labels, where=Path(name).name)


def _all_labels(target: Target, labels: list[str | None], *, where: str) -> list[str | None]:
    """These, where each has one; null of each where the target has none."""
    if target.label is None:
        return [None] * len(labels)
    without = sum(not label for label in labels)
    if without:
        raise ConfigError(
            f"subset.target: {without:,} of {len(labels):,} texts of {where} have no label. Label them, or take them "
            "out."
        )
    return labels


def _columns(target: Target, read: EvaluationSet, name: str) -> list[str]:
    if not target.columns:
        return list(read.columns)
    wanted = [column for column in target.columns if column in read.columns]
    if not wanted:
        raise ConfigError(
            f"subset.target: {Path(name).name} has none of `columns`; its texts are in {', '.join(read.columns)}."
            f"{did_you_mean(target.columns[0], read.columns)}"
        )
    return wanted


def _in_order(texts: _Texts) -> pl.Series:
    return pl.Series("text", _sorted(texts), dtype=pl.String)


def _labels(texts: _Texts) -> pl.Series:
    return pl.Series("label", [texts[text].label for text in _sorted(texts)], dtype=pl.String)


def _sorted(texts: _Texts) -> list[str]:
    return sorted(texts, key=lambda text: texts[text].key)
