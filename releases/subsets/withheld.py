"""Which items hold a value of a person who is not to be let through: their texts are no examples either.

A value is looked for wherever the item is on record, in every run: one run may have found what another, whose text
would be read, did not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import polars as pl

from catalog.log import Commit, Log
from catalog.suppression import Suppressions

_FINDER = "personal_data"
"""The filter whose values are compared with the list."""

ITEM = ["item_hi", "item_lo"]


@dataclass(frozen=True, slots=True)
class Withheld:
    """The suppression list, held against what is in the log."""

    log: Log
    suppressions: Suppressions
    _looked_for: dict[str, Collection[str]] = field(default_factory=dict, repr=False)

    def can_tell(self, run: str, number: int) -> bool:
        """Whether each value on the list would have been found in a segment, and can be told there."""
        if not self.suppressions.entries:
            return True
        commit = Commit.read(self.log.segment_folder(run, number))
        is_known = not commit.subject_key or self.suppressions.known_under(commit.subject_key)
        return is_known and {entry.kind for entry in self.suppressions.entries} <= set(self._kinds(run))

    def _kinds(self, run: str) -> Collection[str]:
        if run not in self._looked_for:
            filters = self.log.read_run(run)["filters"]
            found = [each["parameters"].get("entities", ()) for each in filters if each["name"] == _FINDER]
            self._looked_for[run] = found[0] if found else ()
        return self._looked_for[run]

    def among(self, places: pl.DataFrame) -> pl.DataFrame:
        """item_hi, item_lo of the items that hold a suppressed value.

        Args:
            places: item_hi, item_lo, and run, shard, position of a text of each; what is gone from the log is passed
                over.
        """
        nothing = places.select(ITEM).clear()
        wanted = pl.concat([_wanted(places).clear(), *self._by_shard_key(places)]).unique()
        if not self.suppressions.entries or wanted.is_empty():
            return nothing
        found = [
            wanted.filter(pl.col("shard_key") == key).join(positions, on="position", how="semi").select(ITEM)
            for key, positions in self._holding(set(wanted["shard_key"]))
        ]
        return pl.concat([nothing, *found]).unique()

    def _by_shard_key(self, places: pl.DataFrame) -> Iterator[pl.DataFrame]:
        if not self.suppressions.entries:
            return
        for (run, number), rows in places.group_by("run", "shard", maintain_order=True):
            folder = self.log.segment_folder(str(run), int(str(number)))
            if folder.exists():
                yield _wanted(rows, Commit.read(folder).shard.key)

    def _holding(self, shards: Collection[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        """Keys of these shards, with positions that hold a suppressed value: one pair for each run of each shard."""
        for run in self.log.runs():
            for number, commit in self.log.commits(run).items():
                if commit.shard.key in shards and commit.subject_key:
                    listed = pl.DataFrame(
                        sorted(self.suppressions.under(commit.subject_key)),
                        schema={"value_hi": pl.UInt64, "value_lo": pl.UInt64},
                        orient="row",
                    )
                    spans = pl.read_parquet(
                        self.log.segment_folder(run, number) / "spans.parquet",
                        columns=["position", "filter", "value_hi", "value_lo"],
                        glob=False,
                    )
                    found = spans.filter(pl.col("filter") == _FINDER)
                    met = found.join(listed, on=["value_hi", "value_lo"], how="semi")
                    yield commit.shard.key, met.select("position").unique()


def _wanted(places: pl.DataFrame, key: str = "") -> pl.DataFrame:
    return places.select(*ITEM, "position", shard_key=pl.lit(key))
