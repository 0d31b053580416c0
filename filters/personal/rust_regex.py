"""Patterns of Rust's engine, compiled once.

Polars has that engine too, and compiles a pattern anew with every call once there are more than the few that it
remembers: for a batch of labels that costs a hundred times what matching does. Pydantic, whose engine is the same, keeps what it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pydantic_core import SchemaValidator, core_schema

Matches = Callable[[str], bool]
"""Whether the pattern matches anywhere in a text; one with a lone surrogate, which no Polars column can hold, never does."""


@cache
def matches(pattern: str) -> Matches:
    """Asks what `str.contains(pattern)` of Polars asks."""
    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True)
    return SchemaValidator(schema).isinstance_python
