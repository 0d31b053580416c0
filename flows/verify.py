"""`tamis verify`: are the bytes those that were sealed, and is every position of the input accounted for?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.files import sha256_of
from catalog.log import Commit, Log
from catalog.query_child import safe_line
from catalog.verify import verify_activity, verify_published, verify_segments, verify_suppressions
from corpora.table import reader_for
from flows.recipe import CorpusSection, Recipe, read_recipe
from flows.workspace import Workspace
from releases.seal import MANIFEST, manifest_of
from releases.verify import (
    digests_of_runs,
    from_text,
    unread_runs,
    verify_policies,
    verify_release,
    verify_releases,
)
from reports.words import counted
from tamis.errors import CatalogError, ReleaseError, SourceError, TamisError
from tamis.records import Shard


def verify(what: Path, *, count_input: bool) -> tuple[list[str], str]:
    """What is wrong, one line each, and what was looked at: a sentence, then the digests to pin.

    Args:
        what: a workspace, or the folder of one release, which needs no workspace around it.
        count_input: count the positions of the input too, by other code than that which read them.
    """
    is_release = (what / MANIFEST).is_file()
    problems, said = _of_release(what) if is_release else _of_workspace(what, count_input=count_input)
    return [safe_line(problem) for problem in problems], "\n".join(safe_line(line) for line in said)


def _of_release(folder: Path) -> tuple[list[str], list[str]]:
    problems = verify_release(folder)
    return problems, [f"Looked at every file of {folder}.", *_pins([folder], problems)]


def _of_workspace(what: Path, *, count_input: bool) -> tuple[list[str], list[str]]:
    workspace = _workspace(what)
    log = workspace.log
    problems = [
        *verify_segments(log),
        *verify_suppressions(log),
        *verify_policies(log),
        *digests_of_runs(log, "recipe", _recipe_digest),
        *verify_releases(workspace.releases, log),
        *verify_activity(log),
        *verify_published(workspace.catalogs, log),
    ]
    input_problems, positions = _count(workspace) if count_input else ([], None)
    releases = [path.parent for path in sorted(workspace.releases.glob(f"*/*/{MANIFEST}"))]
    segments = sum(1 for _ in (log.store / "runs").glob("*/shard-*"))
    seen = (
        f"Looked at every byte of {counted(segments, 'segment')} and {counted(len(releases), 'release')}, and built "
        "the catalog again."
    )
    if positions is not None and not input_problems:
        seen += f" Counted {counted(positions, 'position')} of the input again: each has one verdict."
    return [*problems, *input_problems], [seen, *_passed_over(log), *_pins(releases, problems)]


def _workspace(what: Path) -> Workspace:
    """A workspace whose recipe is gone still has a log and releases to look at."""
    if (what / "store").is_dir() and not (what / "recipe.yaml").is_file():
        return Workspace(what.resolve(), what.resolve() / "recipe.yaml")
    return Workspace.of(what)


def _recipe_digest(text: str) -> str:
    return from_text(text, Recipe).digest


def _passed_over(log: Log) -> Iterator[str]:
    runs = unread_runs(log)
    if runs:
        yield (
            f"Policy and recipe of {counted(len(runs), 'run')} were not recomputed, for another version of Tamis made "
            f"them: {', '.join(runs)}."
        )


def _pins(releases: list[Path], problems: list[str]) -> Iterator[str]:
    """What names every byte of a release that is in order, to be noted down elsewhere."""
    for folder in releases:
        try:
            manifest = manifest_of(folder)
        except ReleaseError:
            continue  # it is among the problems
        release = f"release {manifest['name']}@{manifest['version']}"
        if not any(problem.startswith(f"{release}:") for problem in problems):
            yield f"{release}: sha256 of its manifest {sha256_of(folder / MANIFEST)}"


@dataclass(frozen=True, slots=True)
class _Curated:
    """What the log knows of inputs, by the shard's key."""

    committed: dict[str, set[int]]
    """How many positions have a verdict: a shard that was read in two ways may have two numbers."""
    failed: dict[str, str]
    """In which run, and why."""

    @classmethod
    def of(cls, log: Log) -> _Curated:
        known = cls({}, {})
        for path in sorted((log.store / "runs").glob("*/run.json")):
            run = path.parent.name
            for folder in path.parent.glob("shard-*"):
                try:
                    commit = Commit.read(folder)
                except CatalogError:
                    continue  # it is among the problems
                known.committed.setdefault(commit.shard.key, set()).add(commit.items)
            known.failed.update(_failed(log, run))
        return known

    def fault(self, shard: Shard, counted_now: int) -> Iterator[str]:
        place = f"corpus {shard.corpus}, shard {shard.name}"
        committed = self.committed.get(shard.key)
        if committed is None:
            yield f"{place}: {self.failed.get(shard.key, 'no run has curated these bytes')}"
        elif counted_now not in committed:
            verdicts = " or ".join(counted(items, "verdict") for items in sorted(committed))
            yield f"{place}: {counted(counted_now, 'position')} in the input, {verdicts}"


def _failed(log: Log, run: str) -> dict[str, str]:
    try:
        failures, planned = log.failures(run), log.read_run(run)["shards"]
    except CatalogError:
        return {}  # it is among the problems
    keys = {
        each["number"]: Shard(each["corpus"], each["name"], each["sha256"], "", each["n_bytes"]).key for each in planned
    }
    return {
        keys[number]: f"failed in run {run}: {failure['code']}"
        for number, failure in failures.items()
        if number in keys
    }


def _count(workspace: Workspace) -> tuple[list[str], int]:
    """Where the input differs from what was committed for the same bytes, and how many positions it has now."""
    known = _Curated.of(workspace.log)
    total = 0
    problems: list[str] = []
    try:
        sections = read_recipe(workspace.recipe)[0].corpora
    except TamisError as error:
        return [f"the input was not counted: {error}"], 0
    for section in sections:
        try:
            positions, faults = _count_corpus(workspace, section, known)
        except (TamisError, OSError) as error:
            problems.append(f"corpus {section.name} was not counted: {error}")
        else:
            total += positions
            problems += faults
    return problems, total


def _count_corpus(workspace: Workspace, section: CorpusSection, known: _Curated) -> tuple[int, list[str]]:
    reader = reader_for(section.spec(workspace.root))
    total = 0
    faults: list[str] = []
    for shard in reader.shards():
        try:
            positions = reader.count(shard)
        except SourceError:
            continue  # it is on record as failed, or the next run will say so
        total += positions
        faults += known.fault(shard, positions)
    return total, faults
