"""Reads evaluation sets from files: JSON lines, Parquet, CSV with a heading, or plain text with an item on each line.

No message quotes what an item says, for evaluation sets are to be kept out of logs as well.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from filters.given_files import bytes_given
from tamis.errors import ConfigError, did_you_mean
from tamis.labels import safe_word

MAX_BYTES = 1_000_000_000
"""Of a file: it is read whole, so that its digest is of the very bytes that were read."""

NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.+)", re.DOTALL)
"""A file with the name that its set is to have."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """What one file holds."""

    name: str
    sha256: str
    columns: tuple[str, ...] = field(repr=False)
    """Those that hold texts."""
    items: pl.DataFrame = field(repr=False)
    """Those columns alone, a row for each item, in order."""
    beside: pl.Series | None = field(default=None, repr=False)
    """The column that was wanted beside them, of strings; null where there is none of its name."""


def read_evaluation_set(given: str, *, beside: str | None = None) -> EvaluationSet:
    """Reads `FILE` or `NAME=FILE`; without a name the set is called as its file without the suffix.

    Args:
        given: the file.
        beside: a column that is wanted beside the texts, of strings, numbers or truth values, where there is one.

    Raises:
        ConfigError: it cannot be read, is of no known form, has no texts, or its name is none for the catalog.
    """
    match = None if Path(given).exists() else NAMED.fullmatch(given)
    path = Path(match[2] if match else given)
    name = match[1] if match else path.stem
    if not _NAME.fullmatch(name) or safe_word(name) != name:
        raise ConfigError(
            f"the evaluation set in {safe_word(path.name)!r}: its name stands in the catalog, so it may have 64 "
            "letters, digits, `.`, `_` and `-`, and nothing that looks like a number of somebody's. Write NAME=FILE."
        )
    read = _FORMS.get(path.suffix.lower())
    if read is None:
        raise ConfigError(f"{path.name}: is of no known form. An evaluation set is a file of {', '.join(_FORMS)}.")
    data = bytes_given(path, most=MAX_BYTES, what="A set")
    items, others = _texts_of(_read(read, data, path.name), beside)
    if not items.width or items.is_empty():
        raise ConfigError(f"{path.name}: holds no column of texts; take it out of `sets` if that is meant.")
    return EvaluationSet(name, hashlib.sha256(data).hexdigest(), tuple(items.columns), items, others)


def check_columns(sets: list[EvaluationSet], columns: tuple[str, ...]) -> None:
    """Checks that each set has one of these columns, and each column is in a set.

    Raises:
        ConfigError: one has none, or is in none.
    """
    known = sorted({name for each in sets for name in each.columns})
    problems = [
        f"evaluation_overlap: no set has the column of texts {safe_word(name)!r}.{did_you_mean(name, known)}"
        for name in columns
        if name not in known
    ]
    problems += [
        f"evaluation_overlap: the set {each.name} has none of `columns`; its texts are in {', '.join(each.columns)}."
        for each in sets
        if columns and not set(columns) & set(each.columns)
    ]
    if problems:
        raise ConfigError(*problems)


def _read(read: Callable[[bytes], pl.DataFrame], data: bytes, name: str) -> pl.DataFrame:
    try:
        return read(data)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        kind = type(error).__name__  # its words may quote the file
        raise ConfigError(f"{name}: cannot be read as what its suffix says ({kind}).") from None


def _texts_of(items: pl.DataFrame, beside: str | None) -> tuple[pl.DataFrame, pl.Series | None]:
    """The columns of strings; of those of lists of strings, such as choices, each with a blank between them.

    One that is wanted beside them is none of them.
    """
    columns = []
    for name, kind in items.schema.items():
        if name == beside:
            continue
        if kind == pl.String:
            columns.append(pl.col(name))
        elif kind == pl.List(pl.String):
            columns.append(pl.col(name).list.join(" ", ignore_nulls=True))
    return items.select(columns), None if beside not in items.columns else _as_words(items[beside])


def _as_words(values: pl.Series) -> pl.Series:
    """As the corpus's readers write values that are to be labels."""
    return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)


def _json_lines(data: bytes) -> pl.DataFrame:
    return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)


def _csv(data: bytes) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(data), infer_schema=False)


def _parquet(data: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(data))


def _plain(data: bytes) -> pl.DataFrame:
    return pl.DataFrame({_TEXT: data.decode("utf-8-sig").split("\n")}, schema={_TEXT: pl.String})


_FORMS: dict[str, Callable[[bytes], pl.DataFrame]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
    ".csv": _csv,
    ".txt": _plain,
}
