"""Seals a release: a manifest with the digest of every file, then one rename. A sealed version never changes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from catalog.files import move_whole, sha256_of, write_json, write_whole
from catalog.log import Log
from catalog.shape import Format, Manifest, read_bytes, shaped
from releases.lineage import PartOf
from releases.stage import Staged, listed_path
from tamis.errors import ReleaseError

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A release as it lies in its folder. `digest` is the sha256 of its manifest, and so names every byte of it."""

    folder: Path
    name: str
    version: str
    digest: str
    content_digest: str
    facts: tuple[tuple[str, int], ...]
    new: bool
    """False: it was sealed before with the same bytes."""

    @property
    def release_id(self) -> str:
        return f"{self.name}@{self.version}"


def seal(
    staged: Staged,
    *,
    releases_dir: Path,
    log: Log,
    card: str,
    run: Mapping[str, Any],
    audits: Sequence[tuple[str, int]],
    part_of: PartOf | None = None,
) -> Sealed:
    """Writes card and manifest, makes the release visible, and tells the log.

    Args:
        staged: what `stage` made; its folder is gone afterwards.
        releases_dir: the release becomes `<releases_dir>/<name>/<version>`.
        log: learns which item lies where.
        card: the README, as Markdown.
        run: run.json's facts; those that a reader of the release needs go into the manifest.
        audits: (name, offending rows) of every audit that was asked.
        part_of: the release that it is a subset of; null for one that stands for itself.

    Raises:
        ReleaseError: the version is sealed already, with other bytes.
    """
    write_whole(staged.folder / "README.md", card.encode())
    manifest = _manifest(staged, run, audits, part_of)
    write_json(staged.folder / MANIFEST, manifest)
    digest = sha256_of(staged.folder / MANIFEST)
    target = releases_dir / staged.name / staged.version
    if target.exists() and sha256_of(target / MANIFEST) != digest:
        shutil.rmtree(staged.folder)
        raise ReleaseError(
            f"{staged.release_id} is sealed already, with other content, and a sealed version never changes. "
            "Raise `release.version` in the recipe."
        )
    listed = listed_path(staged.folder)
    new = not target.exists()
    if new:
        move_whole(staged.folder, target)
    else:
        shutil.rmtree(staged.folder)
    _tell(log, staged, listed, manifest, digest)
    return Sealed(target, staged.name, staged.version, digest, staged.content_digest, staged.facts, new)


def candidate_facts(staged: Staged, run: Mapping[str, Any]) -> dict[str, Any]:
    """What the catalog is told of a release before it is sealed; `run` is run.json's facts."""
    return {
        "name": staged.name,
        "version": staged.version,
        "run": staged.run,
        "content_digest": staged.content_digest,
        "counts": dict(staged.facts),
        "files": _files(staged.files),
        "obligations": _obligations(staged),
        "outbound": staged.outbound.facts,
        "audits": [],
        **_if_any(staged, run),
    }


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a sealed release.

    Raises:
        ReleaseError: there is none, it is damaged, or it is from a newer Tamis.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ReleaseError(f"{folder}: no {MANIFEST} here, so this is no sealed release.")
    return manifest_from(read_bytes(path, raising=ReleaseError), where=str(path))


def manifest_from(data: bytes, *, where: str) -> dict[str, Any]:
    """What the bytes of a manifest say.

    Args:
        data: the bytes.
        where: they came from, for messages.

    Raises:
        ReleaseError: they are damaged, or from a newer Tamis.
    """
    # its layout is looked at first: another one may well lack what this one has
    if shaped(data, Format, where=where, raising=ReleaseError)["format"] != FORMAT:
        raise ReleaseError(f"{where}: sealed by another version of Tamis; use that version, or read the Parquet files.")
    return shaped(data, Manifest, where=where, raising=ReleaseError)


def sealed_run(releases_dir: Path, name: str, version: str) -> str | None:
    """The run that sealed a version, if it is there."""
    folder = releases_dir / name / version
    return str(manifest_of(folder)["run"]) if (folder / MANIFEST).exists() else None


def sealed_before(log: Log, releases_dir: Path, release_id: str, run: str) -> Sealed | None:
    """The release as this run has sealed it, if its manifest is still the one that the log recorded."""
    entry = log.releases().get(release_id)
    name, _, version = release_id.partition("@")
    folder = releases_dir / name / version
    manifest = folder / MANIFEST
    if entry is None or entry["run"] != run or not manifest.exists() or sha256_of(manifest) != entry["digest"]:
        return None
    facts = tuple(entry["counts"].items())
    return Sealed(folder, name, version, entry["digest"], entry["content_digest"], facts, new=False)


def _manifest(
    staged: Staged, run: Mapping[str, Any], audits: Sequence[tuple[str, int]], part_of: PartOf | None
) -> dict[str, Any]:
    """Nothing in it depends on time, machine, workers or batch size."""
    readme = staged.folder / "README.md"
    files = [("README.md", sha256_of(readme), readme.stat().st_size, None), *staged.files]
    return {
        "format": FORMAT,
        "name": staged.name,
        "version": staged.version,
        "run": staged.run,
        "recipe": {key: run["recipe"][key] for key in ("name", "digest")},
        "policy": {key: run["policy"][key] for key in ("name", "version", "digest")},
        "filters": [{key: each[key] for key in ("name", "version", "digest")} for each in run["filters"]],
        "counts": dict(staged.facts),
        "licences": [{"expression": e, "class": grant, "items": n} for e, grant, n in staged.licences],
        "obligations": _obligations(staged),
        "outbound": staged.outbound.facts,
        "files": _files(files),
        "content_digest": staged.content_digest,
        "audits": [{"name": name, "offending": offending} for name, offending in audits],
        "tamis_version": run["tamis_version"],
        "part_of": None if part_of is None else part_of.facts,
        **_if_any(staged, run),
    }


def _if_any(staged: Staged, run: Mapping[str, Any]) -> dict[str, Any]:
    """What is left out where there is none, so that a manifest without it is what it was before there was any."""
    more = {
        "splits": staged.splits,
        "made_from": run.get("made_from"),
    }
    return {key: value for key, value in more.items() if value}


def _obligations(staged: Staged) -> list[dict[str, Any]]:
    return [{**asdict(each), "conditions": list(each.conditions)} for each in staged.obligations]


def _files(files: Iterable[tuple[str, str, int, int | None]]) -> list[dict[str, Any]]:
    return [{"path": path, "sha256": digest, "bytes": n, "rows": rows} for path, digest, n, rows in files]


def _tell(log: Log, staged: Staged, listed: Path, manifest: dict[str, Any], digest: str) -> None:
    """The log's entry; the same again changes nothing."""
    folder = log.release_folder(staged.release_id)
    if folder.exists():
        listed.unlink()
        return
    entry = staged.folder.with_name(f"{staged.folder.name}.entry")
    shutil.rmtree(entry, ignore_errors=True)
    entry.mkdir(parents=True)
    listed.replace(entry / "items.parquet")
    facts = {key: value for key, value in manifest.items() if key != "files"}
    items = hashlib.sha256((entry / "items.parquet").read_bytes()).hexdigest()
    write_json(entry / "release.json", {**facts, "digest": digest, "files": manifest["files"], "items_sha256": items})
    move_whole(entry, folder)


def sealed_releases(releases_dir: Path) -> list[dict[str, Any]]:
    """The manifests of all sealed releases of a folder, by name and version."""
    return [manifest_of(path.parent) for path in sorted(releases_dir.glob(f"*/*/{MANIFEST}"))]
