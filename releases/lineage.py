"""Lineage: which version of a release comes before which, and of which release another one is a part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tamis.ids import digest_of

_LONGEST = 64
"""Characters of a version: see `catalog.shape`."""

_SHORT = 8
"""Digits that stand for classes whose names have no room."""

_Place = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class PartOf:
    """The release that another one is a subset of: every row of it stands there too, under the same id."""

    name: str
    version: str
    digest: str
    """SHA-256 of its manifest."""
    licence_classes: tuple[str, ...] | None = None
    """The part has all items of these classes and no others; null where its items were chosen otherwise."""

    @property
    def release_id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def facts(self) -> dict[str, Any]:
        """As a manifest has it."""
        classes = None if self.licence_classes is None else list(self.licence_classes)
        return {"name": self.name, "version": self.version, "digest": self.digest, "licence_classes": classes}

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> PartOf | None:
        """As a manifest says; null if it stands for itself, as those do that were sealed before this was written."""
        said = manifest.get("part_of")
        if said is None:
            return None
        classes = said.get("licence_classes")
        return cls(said["name"], said["version"], said["digest"], None if classes is None else tuple(classes))


def part_version(version: str, classes: Iterable[str]) -> str:
    """What the part of a version is called that has these licence classes alone.

    The classes are build metadata as semantic versioning has it: they do not count for the order of versions.
    """
    words = ".".join(sorted(name.replace("_", "-") for name in classes))
    mark = "." if "+" in version else "+"
    room = _LONGEST - len(version) - len(mark)
    return f"{version}{mark}{words if len(words) <= room else digest_of(words)[:_SHORT]}"


def version_order(version: str) -> tuple[_Place, bool, _Place]:
    """A key by which versions stand in order: 1.9 before 1.10, and 1.0.0-rc.1 before 1.0.0.

    Semantic Versioning 2.0.0, item 11, for those that are such; what follows a `+` does not count.
    """
    core, _, before = version.partition("+")[0].partition("-")
    return _placed(core), not before, _placed(before)


def _placed(text: str) -> _Place:
    words = re.findall(r"[0-9]+|[A-Za-z]+", text)
    return tuple((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words)


def superseded(manifests: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Release → the one that it supersedes: the next lower version of the same name, among those given.

    A part supersedes parts of the same classes alone. Versions are compared as numbers; when they were sealed is on
    record in no release.
    """
    lines: dict[tuple[str, str], list[str]] = {}
    for manifest in manifests:
        version = str(manifest["version"])
        lines.setdefault((manifest["name"], version.partition("+")[2]), []).append(version)
    found = {}
    for (name, _), versions in lines.items():
        in_order = sorted(versions, key=lambda version: (version_order(version), version))
        found.update({f"{name}@{later}": f"{name}@{earlier}" for earlier, later in pairwise(in_order)})
    return found
