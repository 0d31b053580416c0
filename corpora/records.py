"""A record, as JSON, Parquet, CSV or a data set has it, as a row: its text or its picture, labels and claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpora.batch import Row, image_row, text_row
from corpora.provenance import claims_of, labels_of
from corpora.spec import CorpusSpec


def row_of(spec: CorpusSpec, record: Mapping[str, Any]) -> Row:
    """The record's picture if it has one, else its text; what is not there or of another type is a reason."""
    labels, claims = labels_of(spec, record), claims_of(spec, record)
    image = record.get(spec.column("image"))
    text = record.get(spec.column("text"))
    data = image.get("bytes") if isinstance(image, Mapping) else image
    if isinstance(data, bytes):
        return image_row(data, limit=spec.max_item_bytes, labels=labels, claims=claims)
    if isinstance(text, str):
        return text_row(text, limit=spec.max_item_bytes, labels=labels, claims=claims)
    if isinstance(text, bytes):
        return Row(text[: spec.max_item_bytes], "text", None, "record_not_utf8", labels, claims)
    missing = text is None and image is None
    return Row(b"", "text", None, "field_missing" if missing else "field_wrong_type", labels, claims)
