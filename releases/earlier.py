"""What earlier releases hold, to compare a run's items with: by hashes in the log of the runs that sealed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from catalog.log import Log
from tamis.errors import CatalogError, ConfigError, did_you_mean
from tamis.records import FilterSpec

_PLACE = ("shard", "position")


@dataclass(frozen=True, slots=True)
class Hashed:
    """What items of a kind are compared by."""

    kind: str
    filter: str
    part: str
    """The part of its findings, by its name in PARTS."""
    where: str
    """The place in the policy that names releases."""
    parameters: tuple[str, ...] = ()
    """Those that must be the same, beside the filter's version."""


def check_earlier(log: Log, releases: Sequence[str], hashed: Hashed, spec: FilterSpec | None = None) -> None:
    """Looks whether the log has the hashes of what releases hold; what a release itself holds is not hashed again.

    Args:
        log: of the workspace.
        releases: `name@version` of each.
        hashed: the hashes.
        spec: of the filter whose hashes they are compared with; null: any.

    Raises:
        ConfigError: it has not; each reason why.
    """
    faults = [f"{hashed.where}: {why}" for release in releases if (why := _why_not(log, release, hashed, spec))]
    if faults:
        raise ConfigError(*faults)


def items_of(log: Log, release: str, kind: str) -> pl.DataFrame:
    """The items of a kind that a release holds, by (shard, position) in the run that sealed it."""
    columns = ["item_hi", "item_lo", "shard", "position", "kind"]
    listed = pl.read_parquet(log.release_folder(release) / "items.parquet", columns=columns, glob=False)
    return listed.filter(pl.col("kind").cast(pl.String) == kind).drop("kind").sort(_PLACE)


def shards_of(log: Log, release: str, kind: str) -> Iterator[tuple[Path, pl.DataFrame]]:
    """The same, shard by shard, with the folder of each segment."""
    run = run_of(log, release)
    by_shard = items_of(log, release, kind).partition_by("shard", as_dict=True, maintain_order=True)
    for (number,), rows in by_shard.items():
        yield log.segment_folder(run, int(number)), rows


def run_of(log: Log, release: str) -> str:
    """The run that sealed a release."""
    return str((log.read_release(release) or {})["run"])


def _why_not(log: Log, release: str, hashed: Hashed, spec: FilterSpec | None) -> str | None:
    entry = log.read_release(release)
    if entry is None:
        known = did_you_mean(release, log.releases())
        return f"no release {release!r} is on record in this workspace's log, where its hashes would be.{known}"
    run = str(entry["run"])
    filters: dict[str, Any]
    try:
        filters = {each["name"]: each for each in log.read_run(run)["filters"]}
        shards = items_of(log, release, hashed.kind)["shard"].unique().to_list()
    except (CatalogError, OSError):
        filters, shards = {hashed.filter: None}, [-1]
    if hashed.filter not in filters:
        return f"run {run}, which made {release}, took no hashes. Take it out, or make it anew with `{hashed.filter}`."
    if spec is not None and (fault := _differs(filters[hashed.filter], hashed, spec)):
        return f"the hashes of {release} were taken by {fault} of `{hashed.filter}`. Take it out, or make it anew."
    if all((log.segment_folder(run, number) / f"{hashed.part}.parquet").is_file() for number in shards):
        return None
    called = "pictures" if hashed.kind == "image" else "texts"
    return (
        f"the hashes of {release} are gone from the log. Put store/runs/{run} and store/releases/{release} back as "
        f"they were, or take the release out: then nothing is compared with its {called}."
    )


def _differs(recorded: dict[str, Any] | None, hashed: Hashed, spec: FilterSpec) -> str | None:
    if recorded is None:  # gone, which is said otherwise
        return None
    if recorded["version"] != spec.version:
        return "another version"
    own = dict(spec.parameters)
    changed = [name for name in hashed.parameters if recorded["parameters"].get(name) != own.get(name)]
    return f"another {changed[0]}" if changed else None
