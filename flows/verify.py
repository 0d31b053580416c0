"""`tamis verify`: are the bytes those that were sealed, and is every position of the input accounted for?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalog.log import Log
from corpora.table import reader_for
from flows.recipe import read_recipe
from flows.workspace import Workspace
from releases.seal import MANIFEST
from releases.verify import verify_release, verify_segments
from tamis.errors import SourceError


def verify(what: Path, *, count_input: bool) -> tuple[list[str], str]:
    """What is wrong, one line each, and a sentence that says what was looked at.

    Args:
        what: a workspace, or the folder of one release, which needs no workspace around it.
        count_input: count the positions of the input too, by other code than that which read them.
    """
    if (what / MANIFEST).is_file():
        return verify_release(what), f"Looked at every file of {what}."
    workspace = Workspace.of(what)
    log = workspace.log
    releases = [path.parent for path in sorted(workspace.releases.glob(f"*/*/{MANIFEST}"))]
    problems = [*verify_segments(log), *(fault for folder in releases for fault in verify_release(folder, log=log))]
    known = {f"{folder.parent.name}@{folder.name}" for folder in releases}
    problems += [f"release {name}: its folder is missing" for name in log.releases() if name not in known]
    positions, faults = _count(workspace) if count_input else (None, [])
    counted = "" if positions is None else f" Counted {positions:,} positions of the input again: each has one verdict."
    shards = sum(len(log.commits(run)) for run in log.runs())
    seen = f"Looked at every byte of {shards:,} segments and {len(releases):,} releases."
    return [*problems, *faults], seen + ("" if faults else counted)


def _count(workspace: Workspace) -> tuple[int, list[str]]:
    """Positions of the input as it is now, and where they differ from what was committed for the same bytes."""
    recipe, _ = read_recipe(workspace.recipe)
    committed = _committed(workspace.log)
    total = 0
    faults: list[str] = []
    for section in recipe.corpora:
        reader = reader_for(section.spec(workspace.root))
        for shard in reader.shards():
            try:
                counted = reader.count(shard)
            except SourceError:
                continue  # it is on record as failed, or the next run will say so
            total += counted
            faults += _difference(f"corpus {shard.corpus}, shard {shard.name}", counted, committed.get(shard.key))
    return total, faults


def _committed(log: Log) -> dict[str, int]:
    """Shard key → positions that have a verdict."""
    return {commit.shard.key: commit.items for run in log.runs() for commit in log.commits(run).values()}


def _difference(place: str, counted: int, committed: int | None) -> Iterator[str]:
    if committed is None:
        yield f"{place}: no run has curated these bytes"
    elif committed != counted:
        yield f"{place}: {counted:,} positions in the input, {committed:,} verdicts"
