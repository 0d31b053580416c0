"""What a record says of itself: where it comes from, and under which licence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain, islice
from typing import Any

from corpora.batch import LABELS
from corpora.spec import CorpusSpec
from tamis.ids import canonical_json
from tamis.records import ABOUT_ACCESS

CLAIMED = {
    "licence_file": "licence-file",
    "licence_hub": "hub-card",
    "licence_repository": "repository",
    "licence_index": "index",
    "licence_ancestors": "ancestor",
    "fetched_at": "fetched-at",
    "robots_txt": "robots-txt",
    "http_headers": "http-headers",
    "tdmrep": "tdmrep",
    "ai_txt": "ai-txt",
}
"""Roles of columns that make claims of a kind of their own; they are read only where the recipe names the column."""

ROLES = ("text", "image", "licence", *LABELS, *CLAIMED)
"""What a recipe may map to a column."""

Claims = tuple[tuple[str, str], ...]

MAX_CLAIM = 2_000
"""Characters of a claim in a column; names and expressions are shorter."""

MAX_LICENCE_FILE = 100_000
"""Characters of a licence's text; the longest on the SPDX list has half of it."""

MAX_CLAIMS = 50
"""Claims that a column of one record may make."""

MAX_CARRIED = 512_000
"""Characters of a host's file or an item's headers: crawlers read 500 KiB of a robots.txt at least (RFC 9309, 2.5)."""

CUT = "…"
"""Ends what was longer: a reader of it must not take it for the whole."""


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
    own = _claims("column", [record.get(column) for column in spec.licence_columns])
    others = [claim for kind, column in _claimed_columns(spec) for claim in _claims_of_kind(kind, record.get(column))]
    declared = (("corpus", spec.licence), ("basis", spec.basis), *(("ancestor", said) for said in spec.ancestors))
    return (*own, *others, *((kind, value) for kind, value in declared if value))


def about_columns(spec: CorpusSpec) -> set[str]:
    """The columns that labels and claims are read from, by the names the corpus gives them."""
    return {
        *(spec.column(role) for role in LABELS),
        *spec.licence_columns,
        *(column for _, column in _claimed_columns(spec)),
    }


def _claimed_columns(spec: CorpusSpec) -> Iterator[tuple[str, str]]:
    """(kind of claim, column) of what the recipe names beside the licence."""
    for role, column in spec.columns:
        if role in CLAIMED:
            yield CLAIMED[role], column


def _claims_of_kind(kind: str, value: Any) -> list[tuple[str, str]]:
    """A host's file and an item's headers are one claim each, whatever they are written in, empty ones too."""
    if kind not in ABOUT_ACCESS:
        return _claims(kind, [value])
    return [] if value is None else [(kind, _bounded(_written(value), MAX_CARRIED))]


def _claims(kind: str, values: Iterable[Any]) -> list[tuple[str, str]]:
    """The claims of some columns, those beyond MAX_CLAIMS as one that nobody can read."""
    limit = MAX_LICENCE_FILE if kind == "licence-file" else MAX_CLAIM
    said = list(islice(chain.from_iterable(_said(value, limit) for value in values), MAX_CLAIMS + 1))
    if len(said) > MAX_CLAIMS:
        said[MAX_CLAIMS - 1 :] = ["too many licences to list"]
    return [(kind, value) for value in said]


def _said(value: Any, limit: int) -> Iterator[str]:
    """Each claim of a licence column: the elements of a list, nested or not, or the one value."""
    open_lists = [iter((value,))]
    while open_lists:
        for each in open_lists[-1]:
            if isinstance(each, list | tuple):
                open_lists.append(iter(each))
                break
            if not _is_empty(each):
                yield _bounded(_written(each), limit)
        else:
            open_lists.pop()


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | bytes | dict | list | tuple) and not value)


def _written(value: Any) -> str:
    """A value as a claim: text as it is, a time in ISO 8601, else canonical JSON, or its type alone."""
    if isinstance(value, str | bytes):
        return _text(value)
    if isinstance(value, date):
        return value.isoformat()
    try:
        return canonical_json(value).decode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError):
        return _type_of(value)


def _bounded(claim: str, limit: int) -> str:
    return claim if len(claim) <= limit else f"{claim[: limit - 1]}{CUT}"


def _text(value: Any) -> str:
    try:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except RecursionError:
        return _type_of(value)


def _type_of(value: Any) -> str:
    return f"a value of type {type(value).__name__}"
