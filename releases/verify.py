"""Verification: are the bytes still those that were sealed and committed? Asks files, not the catalog's word.

Finding nothing wrong means: every file has the sha256 that its manifest or commit names, nothing is missing, nothing is
there besides, every position of every segment has exactly one row, and the counts add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from catalog.files import sha256_of
from catalog.log import Commit, Log
from releases.seal import MANIFEST, manifest_of
from tamis.errors import ReleaseError


def verify_release(folder: Path, *, log: Log | None = None) -> list[str]:
    """What is wrong with a sealed release; an empty list means nothing.

    Args:
        folder: the release, of this workspace or of a stranger's.
        log: the log it should stand in; left out for a release that came without its workspace.
    """
    try:
        manifest = manifest_of(folder)
    except ReleaseError as error:
        return [str(error)]
    release = f"{manifest['name']}@{manifest['version']}"
    problems = [f"release {release}: {fault}" for fault in _file_faults(folder, manifest["files"])]
    if log is not None:
        problems += [f"release {release}: {fault}" for fault in _log_faults(folder, log, release)]
    return problems


def verify_segments(log: Log) -> Iterator[str]:
    """What is wrong with the log, one line each."""
    for run in log.runs():
        for number, commit in log.commits(run).items():
            folder = log.segment_folder(run, number)
            yield from (f"run {run}, shard {number}: {fault}" for fault in _segment_faults(folder, commit))


def _file_faults(folder: Path, files: list[dict[str, object]]) -> Iterator[str]:
    named = {str(file["path"]): file for file in files}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    yield from (f"{name} is not in the manifest" for name in sorted(found - named.keys()))
    yield from (f"{name} is missing" for name in sorted(named.keys() - found))
    for name in sorted(named.keys() & found):
        path = folder / name
        if sha256_of(path) != named[name]["sha256"]:
            yield f"{name} is not what was sealed (its sha256 differs)"
        elif named[name]["rows"] is not None and pq.read_metadata(path).num_rows != named[name]["rows"]:
            yield f"{name} has another number of rows than its manifest says"


def _log_faults(folder: Path, log: Log, release: str) -> Iterator[str]:
    entry = log.releases().get(release)
    if entry is None:
        yield "the log of this workspace does not know it"
        return
    if entry["digest"] != sha256_of(folder / MANIFEST):
        yield "its manifest is not the one that the log recorded when it was sealed"
    listed = log.release_folder(release) / "items.parquet"
    if sha256_of(listed) != entry["items_sha256"]:
        yield "the log's list of its items was changed"


def _segment_faults(folder: Path, commit: Commit) -> Iterator[str]:
    for name, digest, _ in commit.files:
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
            return
        if sha256_of(path) != digest:
            yield f"{name} is not what was committed (its sha256 differs)"
            return
    yield from _count_faults(pl.read_parquet(folder / "items.parquet", columns=["position", "verdict"]), commit)


def _count_faults(items: pl.DataFrame, commit: Commit) -> Iterator[str]:
    if items["position"].to_list() != list(range(commit.items)):
        yield f"positions are not 0 to {commit.items - 1}, each once"
    if items["verdict"].null_count():
        yield f"{items['verdict'].null_count()} positions have no verdict"
    counted = dict(items["verdict"].cast(pl.String).value_counts().iter_rows())
    if {name: count for name, count in commit.outcomes if count} != counted:
        yield "the verdicts do not add up to the counts of its commit"
