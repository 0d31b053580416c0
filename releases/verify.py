"""Verification: are releases those that were sealed, and are runs what they say they were? Asks files, not words.

Finding nothing wrong means: every file has the sha256 that its manifest or commit names, nothing is missing, nothing is
there besides, counts and digests are those of the rows, manifest, log and run say the same, and the policy on record is
the one that its digest names. It detects accidents and partial tampering: nothing is signed yet, so that who rewrites
everything consistently is not found out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa
from pydantic import BaseModel

from catalog.files import sha256_of
from catalog.log import Log
from catalog.verify import file_faults, strays, verify_segments
from releases.attribution import ATTRIBUTION, Credited
from releases.corpus_decisions import SCHEMA
from releases.corpus_steps import decide_over_corpus
from releases.lineage import PartOf
from releases.obligations import Asked, obligations_of
from releases.part import PARENT_MANIFEST, row_files
from releases.policy import Policy
from releases.rows import count_rows, row_batches
from releases.seal import MANIFEST, manifest_from, manifest_of
from releases.stage import OF_SPLIT, Drawer, Tally, asked_of, split_counts, text_path, totals
from releases.third_parties import NOTICES
from releases.yaml_file import load
from tamis import __version__
from tamis.errors import CatalogError, ConfigError, ReleaseError

Model = TypeVar("Model", bound=BaseModel)


def verify_release(folder: Path, *, log: Log | None = None) -> list[str]:
    """What is wrong with a sealed release; an empty list means nothing.

    Args:
        folder: the release, of this workspace or of a stranger's.
        log: the log it should stand in; left out for a release that came without its workspace.
    """
    release = f"{folder.resolve().parent.name}@{folder.resolve().name}"
    try:
        manifest = manifest_of(folder)
    except ReleaseError as error:
        return [f"release {release}: {error}"]
    named = f"{manifest['name']}@{manifest['version']}"
    faults = list(_file_faults(folder, manifest))
    faults += [] if faults else [*_content_faults(folder, manifest), *_lineage_faults(folder, manifest)]
    if log is not None:
        faults += [f"its manifest is that of {named}"] if named != release else []
        faults += _log_faults(folder, log, release, manifest)
    return [f"release {named if log is None else release}: {fault}" for fault in faults]


def verify_releases(releases_dir: Path, log: Log) -> Iterator[str]:
    """What is wrong with the releases of a workspace: those of its folder and those of its log, which are the same."""
    folders = sorted(path for path in releases_dir.glob("*/*") if path.is_dir())
    for folder in folders:
        yield from verify_release(folder, log=log)
    there = {f"{folder.parent.name}@{folder.name}" for folder in folders}
    recorded = {path.name for path in (log.store / "releases").glob("*")}
    yield from (f"release {name}: its folder is missing" for name in sorted(recorded - there))


def verify_policies(log: Log) -> Iterator[str]:
    """Runs whose policy on record is not the one that its digest names, or did not decide on all shards as it says.

    A run of another Tamis is passed over: see `unread_runs`.
    """
    for run, facts in _readable_runs(log):
        try:
            policy = from_text(facts["policy"]["text"], Policy)
        except ConfigError as error:
            yield f"run {run}: its policy on record is none ({error.problems[0]})"
            continue
        recorded = tuple(facts["policy"][key] for key in ("name", "version", "digest"))
        if recorded != (policy.name, policy.version, policy.digest):
            yield f"run {run}: its policy on record has another name, version or digest than run.json says"
            continue
        yield from (f"run {run}: {fault}" for fault in _step_faults(log, run, policy))


def unread_runs(log: Log) -> list[str]:
    """Runs made by another version of Tamis: this one may read their policies and recipes otherwise."""
    return [run for run, facts in _run_facts(log) if facts["tamis_version"] != __version__]


def digests_of_runs(log: Log, section: str, digest: Callable[[str], str]) -> Iterator[str]:
    """Runs whose run.json has another digest in a section than its text gives.

    Args:
        log: whose runs.
        section: `recipe`; for `policy`, which this floor can read, there is `verify_policies`.
        digest: what the text gives; a ConfigError says that the text is none.
    """
    for run, facts in _readable_runs(log):
        try:
            if digest(facts[section]["text"]) != facts[section]["digest"]:
                yield f"run {run}: its {section} on record has another digest than run.json says"
        except ConfigError as error:
            yield f"run {run}: its {section} on record is none ({error.problems[0]})"


def from_text(text: str, model: type[Model]) -> Model:
    """What a file said whose text is on record.

    Raises:
        ConfigError: it says nothing that `model` understands.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "on record"
        path.write_bytes(text.encode())
        return load(path, model)[0]


def _readable_runs(log: Log) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((run, facts) for run, facts in _run_facts(log) if facts["tamis_version"] == __version__)


def _run_facts(log: Log) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of the runs whose run.json can be read; the others `verify_segments` names."""
    for path in sorted((log.store / "runs").glob("*/run.json")):
        try:
            yield path.parent.name, log.read_run(path.parent.name)
        except CatalogError:
            continue


def _step_faults(log: Log, run: str, policy: Policy) -> Iterator[str]:
    """Do the steps on record say what the segments give? Asked of runs that are through and undamaged."""
    try:
        finished, failures = log.finished(run), log.failures(run)
        if finished is None or (finished["status"] == "partly") != bool(failures):
            return
        steps = finished["corpus_steps"]
        found = decide_over_corpus(log, run, policy)
        recorded = {name: _recorded(log.corpus_folder(run, steps[name])) for name in found if name in steps}
    except (CatalogError, pl.exceptions.PolarsError, OSError):
        return  # damaged, and named by `verify_segments`
    except ConfigError as error:
        yield f"its steps over all shards cannot be worked out again: {error}"
        return
    for name, decisions in recorded.items():
        if not found[name].decisions.equals(decisions):
            yield f"corpus-{steps[name]}: its decisions are not those that the segments give"


def _recorded(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "decisions.parquet", glob=False).select(SCHEMA.names()).cast(SCHEMA)


def _file_faults(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    files = manifest["files"]
    paths = [file["path"] for file in files]
    yield from (f"{name} is named twice in its manifest" for name in sorted({p for p in paths if paths.count(p) > 1}))
    yield from strays(folder, {*paths, MANIFEST}, where="the manifest")
    yield from file_faults(folder, ((each["path"], each["sha256"], each["rows"]) for each in files), done="sealed")


def _content_faults(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Are digest and counts of the manifest those of the rows?"""
    tallies: dict[str, Tally] = {}
    said, rows = Credited(), Credited()
    try:
        for file in manifest["files"]:
            path = folder / file["path"]
            if file["path"] == ATTRIBUTION:
                _read_credits(path, said)
            elif file["rows"] is not None:
                drawer = Drawer.of(file["path"])
                count_rows(path, tallies.setdefault(drawer.name, Tally(drawer)), rows, drawer)
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, KeyError, TypeError, ValueError):
        yield f"{file['path']} does not hold rows as a release has them"
        return
    digest, counts, licences = totals(tallies)
    if digest != manifest["content_digest"]:
        yield "the content digest of its manifest is not that of its rows"
    if counts != manifest["counts"]:
        yield "the counts of its manifest are not those of its rows"
    if split_counts(tallies) != _said_of_splits(manifest):
        yield "the splits of its manifest are not those of its rows"
    if licences != {(row["expression"], row["class"]): row["items"] for row in manifest["licences"]}:
        yield "the licences of its manifest are not those of its rows"
    if not said.equals(rows):
        yield f"{ATTRIBUTION} does not say of its items what their rows say"
    yield from _obligation_faults(manifest, asked_of(tallies.values()))


def _said_of_splits(manifest: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What a manifest says of the splits that have rows, as `split_counts` has it."""
    said = (manifest.get("splits") or {"of": []})["of"]
    counts = {each["split"]: {key: each[key] for key in OF_SPLIT} for each in said}
    return {split: of for split, of in counts.items() if any(of.values())}


def _obligation_faults(manifest: Mapping[str, Any], asked: Asked) -> Iterator[str]:
    obligations = manifest["obligations"]
    origins = {each["licence"]: each["text"] for each in obligations}
    due = [{**asdict(each), "conditions": list(each.conditions)} for each in obligations_of(asked, origins)]
    if obligations != due:
        yield "the obligations of its manifest are not those of its rows"
    there = {file["path"] for file in manifest["files"] if file["path"].startswith("LICENSES/")}
    if there != {text_path(licence) for licence, origin in origins.items() if origin != "missing"}:
        yield "the licence texts of its manifest are not those that its obligations name"
    if NOTICES not in {file["path"] for file in manifest["files"]}:
        yield f"{NOTICES} is not in it"


def _read_credits(path: Path, said: Credited) -> None:
    for frame in row_batches(path):
        said.add(frame)


def _lineage_faults(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Are the files of a part those of the release that it says it is a part of, where its manifest came along?"""
    part_of, path = PartOf.of(manifest), folder / PARENT_MANIFEST
    if part_of is None or not path.is_file():
        return
    if sha256_of(path) != part_of.digest:
        yield f"{PARENT_MANIFEST} is not the manifest of the release that it is a part of"
        return
    try:
        parent = manifest_from(path.read_bytes(), where=PARENT_MANIFEST)
    except ReleaseError as error:
        yield str(error)
        return
    if (parent["name"], parent["version"]) != (part_of.name, part_of.version):
        yield f"{PARENT_MANIFEST} is of {parent['name']}@{parent['version']}, not of {part_of.release_id}"
    if part_of.licence_classes is not None and row_files(manifest) != row_files(parent, part_of.licence_classes):
        yield f"its rows are not those that {part_of.release_id} has of {', '.join(part_of.licence_classes)}"


def _log_faults(folder: Path, log: Log, release: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    try:
        entry = log.read_release(release)
    except CatalogError as error:
        yield str(error)
        return
    if entry is None:
        yield "the log of this workspace does not know it"
        return
    if entry["digest"] != sha256_of(folder / MANIFEST):
        yield "its manifest is not the one that the log recorded when it was sealed"
    other = [key for key in manifest if entry.get(key) != manifest[key]]
    if other:
        yield f"the log has another {', another '.join(other)} than its manifest"
    yield from _listed_faults(log.release_folder(release), entry)
    yield from _run_faults(log, manifest)


def _listed_faults(folder: Path, entry: Mapping[str, Any]) -> Iterator[str]:
    """The log's list of what lies where."""
    counts = entry["counts"]
    listed = [("items.parquet", entry["items_sha256"], counts["texts"] + counts["images"])]
    faults = [
        *file_faults(folder, listed, done="recorded"),
        *strays(folder, {"items.parquet", "release.json"}, where="it"),
    ]
    yield from (f"its entry in the log: {fault}" for fault in faults)


def _run_faults(log: Log, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Does the run that made it say what the manifest says of it?"""
    try:
        facts, finished = log.read_run(manifest["run"]), log.finished(manifest["run"])
    except CatalogError as error:
        yield f"the run that made it: {error}"
        return
    of_run, said = _about_run(facts), _about_run(manifest)
    other = [key for key in said if of_run[key] != said[key]]
    if other:
        yield f"run {manifest['run']}, which made it, has another {', another '.join(other)}"
    if finished is None:
        yield f"run {manifest['run']}, which made it, has no finished.json"


def _about_run(facts: Mapping[str, Any]) -> dict[str, object]:
    """What both a manifest and run.json say of a run."""
    return {
        "recipe": [facts["recipe"][key] for key in ("name", "digest")],
        "policy": [facts["policy"][key] for key in ("name", "version", "digest")],
        "filters": [[each[key] for key in ("name", "version", "digest")] for each in facts["filters"]],
        "tamis_version": facts["tamis_version"],
        "made_from": facts.get("made_from") or [],
    }


__all__ = [
    "digests_of_runs",
    "from_text",
    "unread_runs",
    "verify_policies",
    "verify_release",
    "verify_releases",
    "verify_segments",
]
