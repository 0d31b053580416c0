"""Makes a lexicon for `unsafe_words` of a list that somebody published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from filters.lexicon.layouts import Said, Taken, take_over
from flows.new_file import expect_new, written
from tamis.errors import ConfigError


def what_is_said(
    category: str, language: str, *, weights: tuple[float, float], columns: Sequence[str], renamed: Sequence[str]
) -> Said:
    """What the options of `tamis import-words` come to.

    Args:
        category: of terms whose list does not say.
        language: likewise.
        weights: likewise; and the number that stands for a weight of 1.
        columns: each `OURS=THEIRS`.
        renamed: each `THEIRS=OURS`.

    Raises:
        ConfigError: an option is not of its form.
    """
    return Said(
        category,
        language,
        *weights,
        tuple(_pair(each, option="--column", example="term=word") for each in columns),
        tuple(_pair(each, option="--map", example="porn=sexual") for each in renamed),
    )


def bring_words(source: Path, said: Said, *, out: Path) -> Taken:
    """Makes the lexicon and writes it.

    Raises:
        ConfigError: as `take_over`; or the file is no .csv, is there already, or cannot be written.
    """
    if out.suffix.lower() != ".csv":
        raise ConfigError(f"{out}: a lexicon is written as CSV. Give it a name that ends with .csv.")
    expect_new(out)
    taken = take_over(source, said)
    with written(out):
        out.write_text(taken.text, encoding="utf-8")
    return taken


def _pair(given: str, *, option: str, example: str) -> tuple[str, str]:
    left, equals, right = (part.strip() for part in given.partition("="))
    if not (left and equals and right):
        raise ConfigError(f"{option}: expected two names with = between them, such as {example}.")
    return left, right
