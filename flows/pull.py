"""`tamis pull`: copies a release of a workspace, of a folder of releases, or of an address."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalog.query_child import safe_line
from flows.progress import ByteMeter
from flows.workspace import releases_in
from releases.pull import Pulled, Wanted, pull
from releases.seal import MANIFEST, manifest_of
from releases.sources import SealedFolder, Source, source_at
from reports.card import part_card
from reports.words import size_of
from tamis.errors import ConfigError


def pull_release(
    release: str, to: Path, place: str, *, digest: str | None, classes: Sequence[str], quiet: bool
) -> Pulled:
    """Copies a release into a folder of releases.

    Args:
        release: `NAME@VERSION` or `NAME@sha256:DIGEST`.
        to: that folder.
        place: a workspace, a folder of releases, the folder of one release, or an address.
        digest: what it is pinned by beside that.
        classes: licence classes to take alone; none: all.
        quiet: say nothing of the progress.

    Raises:
        TamisError: see `releases.pull.pull`; also where there is no such place.
    """
    wanted = Wanted.of(release, digest)
    if to.resolve().name == "releases" and (to.resolve().parent / "store").is_dir():
        raise ConfigError(f"{to}: is where a workspace keeps what it sealed itself. Choose another folder.")
    with ByteMeter(quiet=quiet) as meter:
        return pull(_source(place), wanted, to, classes=classes, card=part_card, progress=meter.count)


def _source(place: str) -> Source:
    if "://" in place:
        return source_at(place)
    if (Path(place) / MANIFEST).is_file():
        return SealedFolder(Path(place), str(manifest_of(Path(place))["version"]))
    return source_at(str(releases_in(Path(place))))


def pulled_text(pulled: Pulled) -> str:
    """What is there now, and what to pin it by."""
    state = f"copied {size_of(pulled.copied)}" if pulled.new else "was there already, every file as it was sealed"
    return safe_line(f"{pulled.release_id}: {state}") + f"\n  {pulled.folder}\n  digest {pulled.digest}"
