"""A record, as JSON, Parquet, CSV or a data set has it, as rows: its text, its pictures, with labels and claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from corpora.arrow import Content
from corpora.batch import Row, image_row, text_row, together
from corpora.provenance import Claims, claims_of, labels_of
from corpora.spec import CorpusSpec

Labels = Mapping[str, str]


def row_of(spec: CorpusSpec, record: Mapping[str, Any]) -> Row:
    """The record's picture if it has one, else its text; what is not there or of another type is a reason."""
    labels, claims = labels_of(spec, record), claims_of(spec, record)
    image = record.get(spec.column("image"))
    text = record.get(spec.column("text"))
    data = _bytes_of(image)
    if isinstance(data, bytes):
        return image_row(data, limit=spec.max_item_bytes, labels=labels, claims=claims)
    if text is None and image is None:
        return Row(b"", "text", None, "field_missing", labels, claims)
    return caption_row(spec, text, labels, claims)


def caption_row(spec: CorpusSpec, text: Any, labels: Labels, claims: Claims) -> Row:
    """The row of what stands in a column for texts."""
    if isinstance(text, str):
        return text_row(text, limit=spec.max_item_bytes, labels=labels, claims=claims)
    if isinstance(text, bytes):
        return Row(text[: spec.max_item_bytes], "text", None, "record_not_utf8", labels, claims)
    return Row(b"", "text", None, "field_wrong_type", labels, claims)


def picture_row(spec: CorpusSpec, image: Any, labels: Labels, claims: Claims) -> Row:
    """The row of what stands for one picture; it is one, readable or not."""
    data = _bytes_of(image)
    if isinstance(data, bytes):
        return image_row(data, limit=spec.max_item_bytes, labels=labels, claims=claims)
    reason = "field_missing" if image is None else "field_wrong_type"
    return Row(b"", "image", None, reason, labels, claims)


def parts_of(
    spec: CorpusSpec,
    record: Mapping[str, Any],
    content: Content,
    picture: Callable[[CorpusSpec, Any, Labels, Claims], Row] = picture_row,
) -> Iterator[Row]:
    """The items of a record that may have several: its text, then each of its pictures.

    A text or a picture that is null, and a list without elements, is no item; a list's element that is null is one that
    cannot be read. A record without any is one item that says so.
    """
    labels, claims = labels_of(spec, record), claims_of(spec, record)
    text = record.get(content.text) if content.text else None
    image = record.get(content.image) if content.image else None
    images = image if isinstance(image, list) else [] if image is None else [image]
    rows = [] if text is None else [caption_row(spec, text, labels, claims)]
    rows += [picture(spec, each, labels, claims) for each in images]
    yield from together(rows or [Row(b"", "text", None, "field_missing", labels, claims)])


def _bytes_of(image: Any) -> Any:
    return image.get("bytes") if isinstance(image, Mapping) else image
