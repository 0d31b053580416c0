"""What is told of a release's splits, in the same words on page, card and terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.facts import Row, RunFacts
from reports.words import listed

_CALLED = {"image": "pictures", "text": "texts"}


@dataclass(frozen=True, slots=True)
class Told:
    """The splits of a release."""

    rows: tuple[Row, ...]
    """split, share, texts, images, text_bytes, image_bytes, tokens (null: not counted): the largest first."""
    apart: str
    """What they were kept apart by, as a sentence."""


def splits(facts: RunFacts, release: str) -> Told | None:
    """Those of a release of a run; null where it has none."""
    rows = [row for row in facts.splits if row["release"] == release]
    kinds = [kind for kind, count in (("text", "texts"), ("image", "images")) if any(row[count] for row in rows)]
    return _told(rows, rows[0]["compared"], kinds) if rows else None


def of_manifest(manifest: Mapping[str, Any]) -> Told | None:
    """Those that a manifest says; null where it has none."""
    said = manifest.get("splits")
    counts = manifest["counts"]
    kinds = [kind for kind, count in (("text", "texts"), ("image", "images")) if counts[count]]
    return _told(said["of"], said["compared"], kinds) if said else None


def _told(rows: Sequence[Row], compared: Sequence[str], kinds: Sequence[str]) -> Told:
    return Told(tuple(sorted(rows, key=lambda row: (-row["share"], row["split"]))), kept_apart(compared, kinds))


def kept_apart(compared: Sequence[str], kinds: Sequence[str]) -> str:
    """What no two splits share.

    Args:
        compared: `text` and `image`, if near-duplicates were looked for among these.
        kinds: which of these there are.
    """
    unlooked = [_CALLED[kind] for kind in kinds if kind not in compared]
    looked = [_CALLED[kind] for kind in kinds if kind in compared]
    said = "Items of equal content and of one record are in one split"
    if looked:
        said += f", and so are {listed(looked)} that were found to be nearly the same"
    if unlooked:
        said += (
            f". Near-duplicates of {listed(unlooked)} were not looked for, so some may lie in two splits: a section "
            "`near_duplicates` of the policy has them looked for"
        )
    return f"{said}."
