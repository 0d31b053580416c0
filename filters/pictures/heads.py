"""Heads: filters that score the vectors another filter has on record, and open no picture.

A head is bound to the filter whose vectors it reads before it is used. What that filter is, is then part of what the
head is: other vectors are other scores, and are measured anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import polars as pl

from filters.pictures.vectors import Vectors, vectors_of
from tamis.errors import ConfigError, ContractError
from tamis.records import Filter, FilterSpec, Findings

MODEL = "model"
"""In FilterSpec.models, the name under which the digest of a model as a whole stands."""


@runtime_checkable
class Head(Protocol):
    """A filter that can do nothing before it is bound to its source."""

    embeddings_of: str
    """The name of the filter whose embeddings it reads."""

    def bound_to(self, source: Filter) -> BoundHead:
        """What scores the embeddings of this filter.

        Raises:
            ConfigError: the head was not made for these embeddings.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BoundHead:
    """A head and its source, as a filter: `find` is for where nobody has the source's findings already."""

    spec: FilterSpec
    source: Filter
    dimensions: int
    measured: Callable[[Vectors], Mapping[str, pl.Series]]
    """The head's measures of views, a unit vector each."""
    by: str
    """The measure by which the view is chosen that stands for its picture: the one where it is highest."""

    @classmethod
    def of(
        cls,
        head: FilterSpec,
        source: Filter,
        *,
        dimensions: int,
        measured: Callable[[Vectors], Mapping[str, pl.Series]],
        by: str,
    ) -> BoundHead:
        """Names the source by its digest in the spec of the head."""
        spec = replace(head, models=(*head.models, (source.spec.name, source.spec.digest)))
        return cls(spec, source, dimensions, measured, by)

    def find(self, batch: pl.DataFrame) -> Findings:
        return self.score(self.source.find(batch))

    def score(self, found: Findings) -> Findings:
        """Findings for every item that the source has found something about, in order.

        What the source could not see, the head has not seen either, for the same reason.
        """
        measures = self.measured(vectors_of(found.embeddings, dimensions=self.dimensions))
        scored = found.embeddings.select("position", **measures)
        # descending: a NaN is above all numbers, so that it is not lost
        ordered = scored.sort("position", self.by, descending=[False, True], maintain_order=True)
        best = ordered.unique("position", keep="first", maintain_order=True)
        items = found.items.select("position", "status").join(
            best, on="position", how="left", validate="1:1", maintain_order="left"
        )
        return Findings(items=items.select(self.spec.schema.names()).cast(self.spec.schema))


def not_bound(head: FilterSpec) -> ContractError:
    """For the `find` of a head."""
    return ContractError(f"{head.name} scores embeddings: it is bound to its source before it is used.")


def bind(filters: Sequence[Filter]) -> list[Filter]:
    """The filters of a run, heads bound to their sources.

    Raises:
        ConfigError: the source of a head does not run, or has not the embeddings that the head is for.
    """
    by_name = {each.spec.name: each for each in filters}
    return [bound(each, by_name) for each in filters]


def bound(filter: Filter, by_name: Mapping[str, Filter]) -> Filter:  # noqa: A002 - the noun of the house
    """One filter of a run, bound to its source if it is a head.

    Raises:
        ConfigError: as `bind`.
    """
    if not isinstance(filter, Head):
        return filter
    source = by_name.get(filter.embeddings_of)
    if source is None:
        raise ConfigError(
            f"{filter.spec.name} scores the vectors of {filter.embeddings_of}, which does not run. Name "
            f"{filter.embeddings_of} under `filters`, too."
        )
    return filter.bound_to(source)


def model_digest(spec: FilterSpec) -> str:
    """Names the model that a filter's embeddings come from; empty where it has none."""
    return dict(spec.models).get(MODEL, "")


def expect_model(model: str, source: FilterSpec, *, head: str) -> None:
    """Refuses a source whose vectors are those of another model than weights were made for.

    Args:
        model: its digest, as the weights name it.
        source: of the filter that makes the vectors.
        head: the name of the filter that weighs them.

    Raises:
        ConfigError: it is another model, or the source has none.
    """
    embedded = model_digest(source)
    if embedded != model:
        raise ConfigError(
            f"{head}: its weights were made for vectors of the model {model}; {source.name} makes those of "
            f"{embedded or 'none'}, to which they mean nothing. Name the model that they were made for, or make them "
            "again for this one."
        )
