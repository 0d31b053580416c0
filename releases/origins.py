"""From which sealed releases the corpora of a run are read, so that a release says of what it was made.

A corpus that lies in the folder of a sealed release is read as any other, but each of its files must be the one
that was sealed. What the release says of its own origins is taken along: whoever holds the last one knows all digests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.files import sha256_of
from releases.lineage import PartOf
from releases.part import row_files
from releases.seal import MANIFEST, manifest_of
from releases.stage import SCHEMAS
from tamis.errors import ConfigError, ReleaseError
from tamis.records import Shard

_DEEP = 4
"""Folders above a file with rows, itself included: NAME/VERSION/text/permissive/part-00000.parquet."""


def origin_of(corpus: str, path: Path, shards: Iterable[Shard]) -> dict[str, Any] | None:
    """The release that a corpus is read from, as a manifest has it; null if it is none.

    Args:
        corpus: its name.
        path: where it lies.
        shards: of the corpus, each with the file's path first in its locator.

    Raises:
        ConfigError: it is the release's folder and not one with rows, or a file is not as it was sealed.
    """
    folder = next((each for each in (path, *path.parents[:_DEEP]) if (each / MANIFEST).is_file()), None)
    manifest = None if folder is None else _sealed(folder, corpus)
    if folder is None or manifest is None:
        return None
    release = f"{manifest['name']}@{manifest['version']}"
    if path == folder:
        there = " or ".join(half for half in sorted(SCHEMAS) if (folder / half).is_dir())
        raise ConfigError(f"corpus {corpus!r}: its path is the folder of {release}. Read what is in it: {there}.")
    sealed = {name: digest for name, digest, _ in row_files(manifest)}
    for shard in shards:
        file = Path(shard.locator.partition("\0")[0]).relative_to(folder).as_posix()
        if sealed.get(file) != shard.sha256:
            raise ConfigError(
                f"corpus {corpus!r}: {file} is not what was sealed as {release}. `tamis pull` gets it anew."
            )
    return {"corpus": corpus, **_named(manifest, sha256_of(folder / MANIFEST)), "origins": origins_of(manifest)}


def origins_of(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a release was made of, as its manifest says: of which it is a part, and what its corpora were read from."""
    origins = list(manifest.get("made_from") or [])
    part_of = PartOf.of(manifest)
    if part_of is None:
        return origins
    # what the whole was made from, its part says too
    whole = {"name": part_of.name, "version": part_of.version, "digest": part_of.digest}
    return [{"corpus": None, **whole, "origins": origins}]


def in_line(origins: Iterable[Mapping[str, Any]], depth: int = 1) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """All origins with how many steps back they are, the nearest before what they came from."""
    for origin in origins:
        yield depth, origin
        yield from in_line(origin["origins"], depth + 1)


def _named(manifest: Mapping[str, Any], digest: str) -> dict[str, str]:
    return {"name": manifest["name"], "version": manifest["version"], "digest": digest}


def _sealed(folder: Path, corpus: str) -> dict[str, Any] | None:
    """The manifest of a release; null if what lies there is one of something else."""
    try:
        return manifest_of(folder)
    except ReleaseError as error:
        if b'"content_digest"' in (folder / MANIFEST).read_bytes():
            raise ConfigError(f"corpus {corpus!r}: lies in a release that is damaged: {error}") from None
        return None


__all__ = ["in_line", "origin_of", "origins_of"]
