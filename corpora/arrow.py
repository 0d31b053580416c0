"""Arrow tables: which of their columns are items' content, and their values where Python has none like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from corpora.spec import CorpusSpec
from tamis.errors import ConfigError

_UNLIKE_PYTHON = (ValueError, OverflowError, KeyError, pa.ArrowException)
"""What a value raises that is no UTF-8, a date after the year 9999, a time in a zone nobody knows."""

UNREADABLE = b"unreadable"
"""Stands for such a value; as bytes it is no text and no picture, and as a licence nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Content:
    """The columns of a table that its items are read from; null where it has none of that kind, or it is not wanted."""

    text: str | None
    image: str | None
    has_parts: bool
    """A row may be several items: it has a list of pictures, or the recipe wants both its text and its picture."""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in (self.text, self.image) if name)


def content_of(spec: CorpusSpec, schema: pa.Schema) -> Content:
    """Which columns of a table are the items' content.

    Raises:
        ConfigError: it has a text and a picture, and the recipe does not say which of them is wanted, or that both are.
    """
    text, image = (spec.column(role) if spec.column(role) in schema.names else None for role in ("text", "image"))
    listed = image is not None and _is_list_of_pictures(schema.field(image).type)
    both = text is not None and _is_text(schema.field(text).type)
    both = both and image is not None and (listed or _is_picture(schema.field(image).type))
    named = {role for role, _ in spec.columns if role in {"text", "image"}}
    if not both:
        return Content(None if listed and "text" not in named else text, image, has_parts=listed)
    if not named:
        raise ConfigError(
            f"corpus {spec.name!r}: the column {image!r} holds pictures and {text!r} a text. Name the one you want "
            f"alone, `columns: {{image: {image}}}` or `columns: {{text: {text}}}`; or both, and each row is a record "
            f"of its text and its pictures: `columns: {{image: {image}, text: {text}}}`."
        )
    wants_text, wants_image = "text" in named, "image" in named
    return Content(
        text if wants_text else None,
        image if wants_image else None,
        has_parts=wants_image and (wants_text or listed),
    )


def records_of(batch: pa.RecordBatch) -> Iterator[Mapping[str, Any]]:
    """Row by row. A value that Python has none like costs itself alone: a text is its bytes, all else UNREADABLE."""
    columns = {name: _values(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    for place in range(batch.num_rows):
        yield {name: values[place] for name, values in columns.items()}


def _is_text(kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_picture(kind: pa.DataType) -> bool:
    """Bytes, or the struct of `bytes` and `path` that `datasets` writes."""
    if types.is_struct(kind):
        return "bytes" in {kind.field(place).name for place in range(kind.num_fields)}
    binary = (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary)
    return any(is_kind(kind) for is_kind in binary)


def _is_list_of_pictures(kind: pa.DataType) -> bool:
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(is_list and _is_picture(kind.value_type))


def parts_in(batch: pa.RecordBatch, content: Content) -> int:
    """How many items the rows of a batch are, by the lengths of its lists and by what is null."""
    items = pa.scalar(0, pa.int64())
    for name in content.columns:
        column = batch.column(name)
        is_list = isinstance(column, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray)
        there = pc.fill_null(pc.list_value_length(column), 0) if is_list else pc.is_valid(column)
        items = pc.add(items, there.cast(pa.int64()))
    return int(pc.sum(pc.max_element_wise(items, 1)).as_py() or 0)


def _values(column: pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except _UNLIKE_PYTHON:
        values = [_value(scalar) for scalar in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except _UNLIKE_PYTHON:
        return _piecewise(scalar)


def _piecewise(scalar: pa.Scalar) -> Any:
    if isinstance(scalar, pa.DictionaryScalar):
        return _value(scalar.value)
    if isinstance(scalar, pa.StructScalar):
        return {name: _value(scalar[name]) for name in scalar}
    if isinstance(scalar, pa.ListScalar):
        return [_value(each) for each in scalar.values]
    return scalar.as_buffer().to_pybytes() if isinstance(scalar, pa.BinaryScalar) else UNREADABLE
