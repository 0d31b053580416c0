"""What a record says of itself: where it comes from, and under which licence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from corpora.batch import LABELS
from corpora.spec import CorpusSpec
from tamis.ids import canonical_json

ROLES = ("text", "image", "licence", *LABELS)
"""What a recipe may map to a column."""

Claims = tuple[tuple[str, str], ...]

MAX_CLAIM = 2_000
"""Characters of a claim in a column; names and expressions are shorter."""

MAX_CLAIMS = 50
"""Claims that the columns of one record may make."""


def labels_of(spec: CorpusSpec, record: Mapping[str, Any]) -> dict[str, str]:
    """The record's labels; the source is the corpus's unless the record has its own."""
    named = {role: record.get(spec.column(role)) for role in LABELS}
    given = {role: _text(value) for role, value in named.items() if value is not None}
    return {"source": spec.source or spec.name, **given}


def claims_of(spec: CorpusSpec, record: Mapping[str, Any]) -> Claims:
    """The record's own licence in its columns, then what the recipe declares for the corpus.

    A licence column that says anything makes a claim, whatever its type: one that nobody can read must be seen by the
    licence filter, or the corpus's licence would count in its place. What is cut or left out is marked for that reason.
    """
    said = chain.from_iterable(_said(record.get(column)) for column in spec.licence_columns)
    own = list(islice(said, MAX_CLAIMS + 1))
    if len(own) > MAX_CLAIMS:
        own[MAX_CLAIMS - 1 :] = ["too many licences to list"]
    claims = (*(("column", value) for value in own), ("corpus", spec.licence))
    return tuple((kind, value) for kind, value in claims if value)


def about_columns(spec: CorpusSpec) -> set[str]:
    """The columns that labels and claims are read from, by the names the corpus gives them."""
    return {*(spec.column(role) for role in LABELS), *spec.licence_columns}


def _said(value: Any) -> Iterator[str]:
    """Each claim of a licence column: the elements of a list, nested or not, or the one value."""
    open_lists = [iter((value,))]
    while open_lists:
        for each in open_lists[-1]:
            if isinstance(each, list | tuple):
                open_lists.append(iter(each))
                break
            if each is not None and each not in ("", b"", {}):
                yield _bounded(_written(each))
        else:
            open_lists.pop()


def _written(value: Any) -> str:
    """A value as a claim; canonical JSON if it is no text, and its type alone if JSON does not know it either."""
    if isinstance(value, str | bytes):
        return _text(value)
    try:
        return canonical_json(value).decode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError):
        return _type_of(value)


def _bounded(claim: str) -> str:
    return claim if len(claim) <= MAX_CLAIM else f"{claim[: MAX_CLAIM - 1]}…"


def _text(value: Any) -> str:
    try:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except RecursionError:
        return _type_of(value)


def _type_of(value: Any) -> str:
    return f"a value of type {type(value).__name__}"
