"""What a message may say of the columns that a corpus has: their names, if these are names.

The first line of a table without a heading is a record, and a hostile schema can be called anything; a message goes to
the terminal and into Prefect's database, so that it names nothing that may be content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, did_you_mean
from tamis.labels import safe_word

MAX_NAMED = 12
"""Columns that a message names."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,39}")


def columns_missing(spec: CorpusSpec, missing: Iterable[str], known: Iterable[str]) -> ConfigError:
    """The error that says which columns of the recipe the corpus lacks, and which it has."""
    there = set(known)
    where = f"corpus {spec.name!r}: there is no column"
    return ConfigError(*(f"{where} {name!r}.{_hint(name, there)}" for name in missing))


def _hint(given: str, known: set[str]) -> str:
    if all(_NAME.fullmatch(name) and safe_word(name) == name for name in known) and len(known) <= MAX_NAMED:
        return did_you_mean(given, known)
    return f" There are {len(known)} others. Is the first line a heading, or `columns` to be mended?"
