"""Patterns of Rust's engine, compiled once.

Polars has that engine too, but remembers few patterns and compiles all others anew with every call: for a batch of
labels that costs many times what matching does. Pydantic, whose engine is the same, keeps what it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pydantic_core import SchemaValidator, core_schema

Matches = Callable[[str], bool]
"""Whether it matches anywhere in a text, which has no lone surrogates: no column of Polars can hold any."""


@cache
def matches(pattern: str) -> Matches:
    """Asks what `str.contains(pattern)` of Polars asks."""
    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True)
    return SchemaValidator(schema).isinstance_python
