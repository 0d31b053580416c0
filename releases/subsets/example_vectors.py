"""Makes the vectors of a target's examples, with the very filter that made those of the items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from catalog.log import Log
from corpora.batch import Row, batches_of, text_row
from filters.base import run_filter
from releases.subsets.example_pictures import MOST_BYTES, ExamplePictures
from releases.subsets.nearness import Halves, halves_of
from releases.subsets.parts import once
from releases.subsets.target import Examples
from tamis.errors import ConfigError, ReleaseError
from tamis.ids import text_bytes
from tamis.labels import safe_word
from tamis.records import Filter, FilterSpec, Shard

Shown = Examples | ExamplePictures
"""What a target shows of what is wanted."""

_Same = TypeVar("_Same", bound=Shown)

_AT_ONCE: Final = 64
"""Examples that the filter is shown together: always as many, for that can change a vector by its rounding."""


def with_vectors(examples: _Same, by: Filter, log: Log, run: str, scratch: Path) -> _Same:
    """The examples with a vector of each.

    Args:
        examples: to be compared with the items of the run; those that sizes are measured on are not looked at.
        by: the filter.
        log: where the run is.
        run: its id.
        scratch: as of `scores.scored`.

    Raises:
        ConfigError: the run's vectors are of another model, or by other parameters; or a file was changed.
        ReleaseError: of some example no vector can be made.
    """
    _expect_the_same(by.spec, log, run)
    scratch.mkdir(parents=True, exist_ok=True)
    return replace(examples, vectors=once(scratch / "examples.npy", lambda: _made(examples, by)))


def _expect_the_same(spec: FilterSpec, log: Log, run: str) -> None:
    digests = {each["name"]: each["digest"] for each in log.read_run(run)["filters"]}
    if spec.name not in digests:
        raise ConfigError(
            f"subset: items are put in order by the vectors of `{spec.name}`, and run {run} has none. `tamis curate` "
            "makes one that has."
        )
    if digests[spec.name] != spec.digest:
        raise ConfigError(
            f"subset: the vectors of run {run} were made by another model of `{spec.name}`, or with other parameters, "
            "than the recipe names now. `tamis curate` makes them anew."
        )


def _made(examples: Shown, by: Filter) -> Halves:
    shard = Shard("examples", "examples", examples.digest, "", 0)
    count = len(examples.fit) if isinstance(examples, Examples) else len(examples.files)
    found = [pl.DataFrame(schema={"position": pl.UInt64, "vector": pl.Binary})]
    for batch in batches_of(_rows(examples), shard, size=_AT_ONCE):
        first = run_filter(by, batch, shard=shard.name).embeddings.filter(pl.col("view") == 0)
        found.append(first.select("position", "vector"))
    together = pl.concat(found).sort("position")
    without = sorted({*range(count)} - {*together["position"]})
    if without:
        raise ReleaseError(
            f"subset.target: of {len(without):,} of {count:,} examples `{by.spec.name}` can make no vector: "
            f"{_named(examples, without[0])}. Take them out. Not sealed, and the version can be used again."
        )
    return halves_of(together["vector"])


def _rows(examples: Shown) -> Iterator[Row]:
    if isinstance(examples, ExamplePictures):
        return examples.rows()
    return (text_row(text, limit=MOST_BYTES, labels={}, claims=()) for text in examples.fit)


def _named(examples: Shown, place: int) -> str:
    if isinstance(examples, ExamplePictures):
        return f"{safe_word(examples.files[place][1].name)} is the first"
    return f"the first has {len(examples.fit[place]):,} characters, {len(text_bytes(examples.fit[place])):,} bytes"
