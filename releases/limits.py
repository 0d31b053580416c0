"""Limits on what filters measure, and named sets of them that policies take over whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from releases.yaml_file import headline, load
from tamis.errors import did_you_mean

Away = Literal["hold", "drop"]
"""What may be done with what is unknown, doubtful or refused: never keep."""


class _Bound(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    measure: str
    above: float | None = None
    below: float | None = None
    outcome: Away

    @model_validator(mode="after")
    def _one_side(self) -> _Bound:
        if (self.above is None) == (self.below is None):
            raise ValueError("expected exactly one of above and below")
        return self

    @property
    def bound(self) -> float:
        return self.above if self.above is not None else self.below or 0.0

    @property
    def side(self) -> Literal["above", "below"]:
        return "above" if self.above is not None else "below"

    def passed_by(self, value: pl.Expr) -> pl.Expr:
        """Whether a number lies beyond the limit; of NaN it says nothing that is of use, and of null null."""
        return value > self.bound if self.side == "above" else value < self.bound


class Limit(_Bound):
    """A limit on any measure of any filter: beyond it, `outcome`. A missing measure is held."""

    filter: str


class LimitSet(BaseModel):
    """Limits that belong together: those of a published pipeline, or ours."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    name: str
    version: str
    filter: str
    """Whose measures they are held against."""
    limits: list[_Bound] = Field(min_length=1)

    def named(self) -> Iterator[tuple[str, Limit]]:
        """Each as (rule, limit)."""
        for each in self.limits:
            yield f"quality.{self.name}.{each.measure}.{each.side}", Limit(filter=self.filter, **each.model_dump())


def limit_sets() -> tuple[str, ...]:
    """The names of the sets that come with Tamis."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _folder().iterdir()))


def limit_set_about(name: str) -> str:
    return headline(limit_set_text(name))


def limit_set_text(name: str) -> str:
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def known_limit_set(name: str) -> str:
    """The name as it is.

    Raises:
        ValueError: there is no set of that name.
    """
    if name not in limit_sets():
        raise ValueError(f"unknown set of limits {name!r}.{did_you_mean(name, limit_sets())}")
    return name


@cache
def limit_set(name: str) -> LimitSet:
    """The set of that name, which is known."""
    with resources.as_file(_folder() / f"{name}.yaml") as file:
        return load(file, LimitSet, shown_as=f"set {name}")[0]


def _folder() -> Traversable:
    return resources.files("releases") / "quality"
