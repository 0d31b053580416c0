"""Reads the texts of a target, and parts them: some to choose by, some to measure sizes on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from filters.text.evaluation_sets import EvaluationSet, read_evaluation_set
from releases.subsets.section import Target
from tamis.errors import ConfigError, did_you_mean
from tamis.ids import digest_of, text_bytes

_HELD_OUT: Final = 0.5
"""The share of examples that sizes are measured on, where no file is given for it."""

ADVISORY_BELOW: Final = 50
"""Held-out texts: with fewer, an interval would say nothing (`docs/subsets.md`)."""


@dataclass(frozen=True, slots=True)
class Examples:
    """The texts of a target, without repetitions, in an order that their bytes alone decide."""

    fit: pl.Series = field(repr=False)
    """To choose by."""
    held_out: pl.Series = field(repr=False)
    """To measure sizes on; no selection sees them."""
    digest: str
    """Of all of them."""

    @property
    def all(self) -> pl.Series:
        return pl.concat([self.fit, self.held_out])


def read_target(target: Target, base: Path, *, measured: bool) -> Examples:
    """Reads all files of a target.

    Args:
        target: the section.
        base: the folder that its files are relative to.
        measured: whether sizes are to be measured, so that some texts must be held out.

    Raises:
        ConfigError: a file cannot be read, has none of the columns, or too few texts are left.
    """
    fit = _texts(target, base, target.examples)
    given = _texts(target, base, target.held_out)
    held_out = {text: key for text, key in given.items() if text not in fit}
    if measured and not target.held_out:
        apart = {text for text, key in fit.items() if int(key[:8], 16) < _HELD_OUT * 2**32}
        held_out = {text: key for text, key in fit.items() if text in apart}
        fit = {text: key for text, key in fit.items() if text not in apart}
    if not fit or (measured and not held_out):
        what = "to choose by" if not fit else "to measure sizes on"
        raise ConfigError(
            f"subset.target: no text is left {what}: {len(fit) + len(held_out)} different texts that are not blank are "
            "in its files. Give more examples, or `held_out` files."
        )
    return Examples(_in_order(fit), _in_order(held_out), digest_of([sorted(fit.values()), sorted(held_out.values())]))


def _texts(target: Target, base: Path, files: Iterable[str]) -> dict[str, str]:
    """Text → SHA-256."""
    found: dict[str, str] = {}
    for name in files:
        read = read_evaluation_set(str(base / name))
        for column in _columns(target, read, name):
            for text in read.items[column].drop_nulls():
                if text.strip():
                    found[text] = hashlib.sha256(text_bytes(text)).hexdigest()
    return found


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


def _in_order(texts: dict[str, str]) -> pl.Series:
    return pl.Series("text", sorted(texts, key=texts.__getitem__), dtype=pl.String)
