"""What a record says of itself: where it comes from, and under which licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpora.batch import LABELS
from corpora.spec import CorpusSpec

ROLES = ("text", "image", "licence", *LABELS)
"""What a recipe may map to a column."""

Claims = tuple[tuple[str, str], ...]


def labels_of(spec: CorpusSpec, record: Mapping[str, Any]) -> dict[str, str]:
    """The record's labels; the source is the corpus's unless the record has its own."""
    named = {role: record.get(spec.column(role)) for role in LABELS}
    given = {role: _text(value) for role, value in named.items() if value is not None}
    return {"source": spec.source or spec.name, **given}


def claims_of(spec: CorpusSpec, record: Mapping[str, Any]) -> Claims:
    """The record's own licence in its column, then what the recipe declares for the corpus."""
    own = (("column", record.get(column)) for column in spec.licence_columns)
    claims = (*own, ("corpus", spec.licence))
    return tuple((kind, value) for kind, value in claims if isinstance(value, str) and value)


def columns_of(spec: CorpusSpec) -> tuple[str, ...]:
    """The columns that are read, by the names the corpus gives them."""
    named = (spec.column(role) for role in ROLES if role != "licence")
    return tuple(dict.fromkeys((*named, *spec.licence_columns)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
