"""Labels looked at again, by all that the filter for personal data knows by default.

The reader has taken out of ids, paths, titles and addresses what can be told without a recognizer (`tamis.labels`).
What is left is shown to the recognizers before it is written anywhere, for labels stand in the catalog in clear:
numbers of people, addresses of networks, keys by their prefix. Names have no shape and stay.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from filters.personal_data import PersonalDataFilter

COLUMNS = ("id", "path", "source", "url", "title", "author", "label")
"""Labels that are looked at; a `version` of four parts would be taken for an address."""

_UNCHECKED = "<UNCHECKED>"
"""What stands for a label that could not be looked at to its end."""


def without_personal_data(batch: pl.DataFrame) -> pl.DataFrame:
    """`batch` (schema BATCH) with `<KIND>` in its labels wherever something was found."""
    labels = pl.concat([batch[column] for column in COLUMNS]).drop_nulls().unique()
    cleaned = {label: _masked(label, places) for label, places in zip(labels, _filter().places(labels), strict=True)}
    changed = {label: clean for label, clean in cleaned.items() if clean != label}
    if not changed:
        return batch
    return batch.with_columns(pl.col(column).replace(changed) for column in COLUMNS)


@cache
def _filter() -> PersonalDataFilter:
    return PersonalDataFilter()


def _masked(label: str, places: list[tuple[int, int, str]] | None) -> str:
    if places is None:
        return _UNCHECKED
    for start, end, kind in reversed(places):
        label = f"{label[:start]}<{kind}>{label[end:]}"
    return label
