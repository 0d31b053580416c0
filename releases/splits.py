"""Which split each item of a release lies in: its cluster decides, so that nothing that is nearly the same crosses.

A cluster is what belongs together by any of these, one after the other: equal content as it leaves, equal content as it
came, one record, and what a step over the run has named as the twin of an item that it took away. So two items that
stay are in one cluster too if a third one, which does not, leads from one to the other.

The number of a cluster, in [0, 1), is a hash of the seed and of the smallest digest of its contents as they leave. It
depends on no id, shard or place, so an item keeps its split from version to version for as long as its content, the
seed, the shares and what else is in its cluster are the same. If clusters merge, the one with the smallest digest keeps
its split, and the others join it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from catalog.log import RECORD, Log
from releases.corpus_decisions import PLACE
from releases.policy import Policy
from tamis.ids import digest128, text_bytes
from tamis.records import Columns

RESERVED = frozenset({"all", "part"})
"""No split is called so: `all` means something else to `datasets`, `part` are files of releases without splits."""

_ROWS = 256
"""Contents that are in memory at once."""

_SPACE = 2**64

_DIVIDED: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "split": pl.String,
    "cluster_hi": pl.UInt64,  # id of the item of the cluster that has the smallest
    "cluster_lo": pl.UInt64,
    "tokens": pl.UInt64,  # null where nobody counted them
}
DIVIDED = pl.Schema(_DIVIDED)
"""One row for each item that stays, by shard and position."""

_Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Splits:
    """What a recipe asks for."""

    shares: tuple[tuple[str, float], ...]
    """(split, share of the clusters), in the order in which they lie in [0, 1): `train` last, the others by name.

    So a split that is held out grows at the expense of those after it, and takes nothing from those before it.
    """
    seed: int

    @classmethod
    def of(cls, shares: Mapping[str, float], seed: int) -> Splits:
        return cls(tuple(sorted(shares.items(), key=lambda pair: (pair[0] == "train", pair[0]))), seed)

    def split_of(self, digest: str) -> str:
        """The split of the cluster whose smallest content has this digest (32 hex digits)."""
        number = digest128(f"{self.seed} {digest}".encode())[0]
        reached = 0.0
        for name, share in self.shares:
            reached += share
            if number < round(reached * _SPACE):
                return name
        return self.shares[-1][0]


@dataclass(frozen=True, slots=True)
class Divided:
    """The splits of a run's items, and what there is to say of them."""

    splits: Splits
    items: pl.DataFrame
    """Schema DIVIDED."""
    compared: tuple[str, ...]
    """Of `text` and `image`, those among which near-duplicates were looked for."""

    def of_shard(self, number: int) -> pl.DataFrame:
        return self.items.filter(pl.col("shard") == number).drop("shard")

    @property
    def facts(self) -> dict[str, Any]:
        """What a manifest says beside the counts."""
        sizes = self.items.group_by("cluster_hi", "cluster_lo").len()["len"]
        return {
            "seed": self.splits.seed,
            "compared": list(self.compared),
            "clusters": sizes.len(),
            "largest_cluster": int(sizes.max() or 0),  # type: ignore[arg-type] # a count
        }

    def tokens_of(self, split: str) -> int | None:
        """Of its texts; null if nobody counted them."""
        tokens = self.items.filter(pl.col("split") == split)["tokens"]
        return None if self.items["tokens"].null_count() == self.items.height else int(tokens.sum())


def compared_for(policy: Policy) -> tuple[str, ...]:
    """The kinds of items among which a policy has near-duplicates looked for."""
    near = policy.near_duplicates
    looked_for = (("image", near and near.pictures), ("text", near and (near.texts or near.meanings)))
    return tuple(kind for kind, asked in looked_for if asked)


def divide(
    log: Log, run: str, splits: Splits, *, policy: Policy, steps: Mapping[str, str], away: pl.DataFrame
) -> Divided:
    """Splits the items of a run that stay; reads each of their contents once.

    Args:
        log: where the run's segments are.
        run: its id.
        splits: what the recipe asks for.
        policy: by which it was decided.
        steps: over the run, by name, as finished.json has them.
        away: shard, position of what these do not let stay.
    """
    staying = _staying(log, run, away)
    clustered = staying.with_columns(cluster=pl.Series(_clusters(staying, _twins(log, run, steps)), dtype=pl.Int64))
    named = clustered.sort("item_hi", "item_lo").with_columns(
        digest=pl.col("digest").min().over("cluster"),
        cluster_hi=pl.col("item_hi").first().over("cluster"),
        cluster_lo=pl.col("item_lo").first().over("cluster"),
    )
    digests = named["digest"].unique()
    said = pl.DataFrame({"digest": digests, "split": [splits.split_of(digest.hex()) for digest in digests]})
    divided = named.join(said.cast({"split": pl.String}), on="digest", how="left", validate="m:1")
    return Divided(splits, divided.sort(PLACE).select(DIVIDED.names()).cast(DIVIDED), compared_for(policy))


_STAYING: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "record": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "content_hi": pl.UInt64,  # as it came, keyed
    "content_lo": pl.UInt64,
    "digest": pl.Binary,  # as it leaves: 128 bits of its SHA-256
    "tokens": pl.UInt64,
}


def _staying(log: Log, run: str, away: pl.DataFrame) -> pl.DataFrame:
    """The items that stay: schema _STAYING, by shard and position."""
    schema = pl.Schema(_STAYING)
    frames = [schema.to_frame()]
    for number in sorted(log.commits(run)):
        folder = log.segment_folder(run, number)
        gone = away.filter(pl.col("shard") == number)["position"].implode()
        wanted = ["position", "record", "item_hi", "item_lo", "content_hi", "content_lo"]
        items = pl.read_parquet(folder / "items.parquet", columns=wanted, glob=False)
        leaving = pl.concat(list(_digests(folder))).filter(~pl.col("position").is_in(gone))
        joined = leaving.join(items, on="position", how="left", validate="1:1").with_columns(
            shard=pl.lit(number, dtype=pl.UInt32)
        )
        frames.append(_with_tokens(folder, joined).select(schema.names()).cast(schema))
    return pl.concat(frames).sort(PLACE)


def _digests(folder: Path) -> Iterator[pl.DataFrame]:
    """Position and digest of what a segment keeps."""
    schema: Columns = {"position": pl.UInt64, "digest": pl.Binary}
    yield pl.DataFrame(schema=schema)
    with pq.ParquetFile(folder / "kept.parquet") as file:
        for batch in file.iter_batches(batch_size=_ROWS, columns=["position", "text", "image"]):
            contents = zip(*(batch.column(name).to_pylist() for name in ("text", "image")), strict=True)
            data = [image if text is None else text_bytes(text) for text, image in contents]
            digests = [hashlib.sha256(each).digest()[:16] for each in data]
            yield pl.DataFrame({"position": batch.column("position").to_numpy(), "digest": digests}, schema=schema)


def _with_tokens(folder: Path, rows: pl.DataFrame) -> pl.DataFrame:
    path = folder / "findings-token_count.parquet"
    if not path.exists():
        return rows.with_columns(tokens=pl.lit(None, dtype=pl.UInt64))
    found = pl.read_parquet(path, columns=["position", "tokens"], glob=False).cast({"tokens": pl.UInt64}, strict=False)
    return rows.join(found, on="position", how="left", validate="1:1")


def _twins(log: Log, run: str, steps: Mapping[str, str]) -> pl.DataFrame:
    """Ids of the items that steps over the run decided on, and those of their twins."""
    ids = ("item_hi", "item_lo", "twin_hi", "twin_lo")
    frames = [pl.DataFrame(schema=dict.fromkeys(ids, pl.UInt64))]
    for step in steps.values():
        columns = [*PLACE, "filter", "twin_hi", "twin_lo"]
        decided = pl.read_parquet(log.corpus_folder(run, step) / "decisions.parquet", columns=columns, glob=False)
        named = decided.filter(pl.col("twin_hi").is_not_null() & (pl.col("filter") != RECORD))
        for (number,), rows in named.partition_by("shard", as_dict=True).items():
            path = log.segment_folder(run, int(number)) / "items.parquet"
            items = pl.read_parquet(path, columns=["position", "item_hi", "item_lo"], glob=False)
            frames.append(rows.join(items, on="position", how="inner", validate="m:1").select(ids))
    return pl.concat(frames)


def _clusters(staying: pl.DataFrame, twins: pl.DataFrame) -> _Labels:
    """For each item that stays a number that it shares with its cluster alone."""
    ids = ["item_hi", "item_lo"]
    named = twins.select(item_hi="twin_hi", item_lo="twin_lo")
    nodes = (
        pl.concat([staying.select(ids), twins.select(ids), named]).unique(maintain_order=True).with_row_index("node")
    )
    sides = [side.join(nodes, on=ids, how="left", validate="m:1", maintain_order="left") for side in (twins, named)]
    edges = [pl.DataFrame({"left": sides[0]["node"], "right": sides[1]["node"]})]
    alike: tuple[list[str], ...] = (["digest"], ["content_hi", "content_lo"], ["shard", "record"])
    for columns in alike:
        known = staying.with_row_index("right").drop_nulls(columns)
        edges.append(known.select(pl.col("right").first().over(columns).alias("left"), "right"))
    told = pl.concat(edges).filter(pl.col("left") != pl.col("right"))
    left, right = (told[side].cast(pl.Int64).to_numpy() for side in ("left", "right"))
    return components(nodes.height, left, right)[: staying.height]


def components(count: int, left: _Labels, right: _Labels) -> _Labels:
    """For each of `count` nodes the smallest node that edges lead to: nodes that are connected have the same.

    Each turn hangs whole trees under the smallest root that an edge of theirs leads to, so that few turns are enough.
    """
    labels = np.arange(count, dtype=np.int64)
    while True:
        hung = labels.copy()
        lowest = np.minimum(labels[left], labels[right])
        np.minimum.at(hung, labels[left], lowest)
        np.minimum.at(hung, labels[right], lowest)
        while not np.array_equal(jumped := hung[hung], hung):
            hung = jumped
        if np.array_equal(hung, labels):
            return labels
        labels = hung


__all__ = ["DIVIDED", "RESERVED", "Divided", "Splits", "compared_for", "components", "divide"]
