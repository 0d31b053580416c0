"""What the items of a run are compared by, and those of earlier releases: read from the log when it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from catalog.log import Log
from releases.corpus_decisions import PLACE
from releases.earlier import Hashed, shards_of


@dataclass(frozen=True, slots=True)
class OnRecord:
    """One part of the findings of one filter."""

    log: Log
    run: str
    against: tuple[str, ...]
    hashed: Hashed
    least: tuple[str, float] | None = None
    """Of earlier items only those count of which this measure of the filter is at least so much; null: all do."""

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the filter in this run."""
        filters = {each["name"]: each for each in self.log.read_run(self.run)["filters"]}
        parameters: dict[str, Any] = filters[self.hashed.filter]["parameters"]
        return parameters

    def earlier(self) -> pl.DataFrame:
        """item_hi, item_lo of the items of earlier releases, in the order in which they are to be named as twins."""
        listed = (rows.select("item_hi", "item_lo") for _, rows in self._of_releases())
        none = pl.DataFrame(schema={"item_hi": pl.UInt64, "item_lo": pl.UInt64})
        return pl.concat([none, *listed]).unique(maintain_order=True).with_row_index("owner")

    def of_earlier(self, owners: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows of what `earlier` gave, shard by shard, each with its owner."""
        for folder, rows in self._of_releases():
            owned = rows.join(owners, on=["item_hi", "item_lo"], how="inner", validate="m:1")
            yield self._found(folder, self._that_count(folder, owned))

    def of_run(self, ordered: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows of the run's items, shard by shard, each with its owner."""
        by_shard = ordered.select(*PLACE, "owner").partition_by("shard", as_dict=True)
        for (number,), owned in sorted(by_shard.items()):
            yield self._found(self.log.segment_folder(self.run, int(number)), owned)

    def one_after_the_other(self, before: pl.DataFrame, ordered: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows of what `earlier` gave, then those of the run, whose owners come after these."""
        yield from self.of_earlier(before)
        yield from self.of_run(ordered.with_columns(pl.col("owner") + before.height))

    def _of_releases(self) -> Iterator[tuple[Path, pl.DataFrame]]:
        return (shard for release in self.against for shard in shards_of(self.log, release, self.hashed.kind))

    def _that_count(self, folder: Path, owned: pl.DataFrame) -> pl.DataFrame:
        if self.least is None:
            return owned
        measure, least = self.least
        findings = pl.read_parquet(
            folder / f"findings-{self.hashed.filter}.parquet", columns=["position", measure], glob=False
        )
        enough = findings.filter(pl.col(measure).fill_nan(None) >= least)
        return owned.join(enough, on="position", how="semi")

    def _found(self, folder: Path, owned: pl.DataFrame) -> pl.DataFrame:
        part = pl.read_parquet(folder / f"{self.hashed.part}.parquet", glob=False)
        found = part.filter(pl.col("filter") == self.hashed.filter)
        return found.join(owned, on="position", how="inner", validate="1:m")
