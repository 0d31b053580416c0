"""Arrow tables: which of their columns is an item's content, and their values where Python has none like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyarrow import types

from corpora.spec import CorpusSpec
from tamis.errors import ConfigError

_UNLIKE_PYTHON = (ValueError, OverflowError, KeyError, pa.ArrowException)
"""What a value raises that is no UTF-8, a date after the year 9999, a time in a zone nobody knows."""

UNREADABLE = b"unreadable"
"""Stands for such a value; as bytes it is no text and no picture, and as a licence nothing that can be read."""


def content_columns(spec: CorpusSpec, schema: pa.Schema) -> list[str]:
    """The columns of a table that its items are read from: that of the text, of the picture, or none of them.

    Raises:
        ConfigError: it has both, one item can be one of them only, and the recipe does not say which.
    """
    there = {role: spec.column(role) for role in ("text", "image") if spec.column(role) in schema.names}
    both = len(there) == 2 and _is_text(schema.field(there["text"]).type)
    if not both or not _is_picture(schema.field(there["image"]).type):
        return list(there.values())
    named = [role for role, _ in spec.columns if role in there]
    if len(named) != 1:
        raise ConfigError(
            f"corpus {spec.name!r}: the column {there['image']!r} holds a picture and {there['text']!r} a text, and an "
            f"item is one of them. Name the one you want alone: `columns: {{image: {there['image']}}}` or "
            f"`columns: {{text: {there['text']}}}`. The other one is not read."
        )
    return [there[named[0]]]


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
