"""The card of a release: the README that a stranger reads first, and that `datasets` reads its layout from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filters.rights.spdx import grant_of
from releases.outbound import Outbound
from releases.stage import Drawer
from reports.facts import run_facts
from reports.mix import release_mix
from reports.near_duplicates import near_duplicates
from reports.near_meanings import near_meanings
from reports.near_texts import near_texts
from reports.personal_data import personal_data
from reports.repeated_lines import repeated_lines
from reports.splits import of_manifest, splits
from reports.subset import mixture, subset
from reports.template import environment
from tamis.errors import ReleaseError
from tamis.records import GRANTS

_LICENCES_SHOWN = 40
_POSSIBLE_SHOWN = 8

_USUAL = ("CC0-1.0", "MIT", "Apache-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0", "GPL-3.0-only", "CC-BY-NC-4.0")
"""Licences for a whole that are named before others."""


def card(catalog: Path, release: str, run: str, *, outbound: Outbound) -> str:
    """The card as Markdown; the same facts give the same text.

    Args:
        catalog: a catalog that knows the release.
        release: name@version.
        run: the run it is made by.
        outbound: under which one licence it could go out.

    Raises:
        ReleaseError: the catalog does not know it.
    """
    facts = run_facts(catalog, run)
    sealed = next((row for row in facts.releases if row["release"] == release), None)
    if sealed is None:
        raise ReleaseError(f"The catalog knows no release {release} of run {run}.")
    asked = [row for row in facts.obligations if row["release"] == release]
    staying = [row for row in facts.licences if row["staying"]]
    staying.sort(key=lambda row: (-row["staying"], str(row["expression"])))
    return (
        environment()
        .get_template("card.md")
        .render(
            release=sealed,
            facts=facts,
            configs=configs_of(facts.files_of(release)),
            licences=staying[:_LICENCES_SHOWN],
            more_licences=len(staying) - _LICENCES_SHOWN,
            found=personal_data(facts),
            alike=near_duplicates(facts),
            same_texts=near_texts(facts),
            same_meanings=near_meanings(facts),
            repeated=repeated_lines(facts),
            chosen=subset(facts),
            mixture=mixture(facts),
            origins=[row for row in facts.origins if row["release"] == release],
            mix=release_mix(facts, release),
            splits=splits(facts, release),
            tokens=next((row for row in facts.tokens if row["release"] == release), None),
            asked=len(asked),
            missing=[row["licence"] for row in asked if row["text"] == "missing"],
            outbound=outbound,
            possible=_by_freedom(outbound.possible)[:_POSSIBLE_SHOWN],
        )
    )


def part_card(manifest: Mapping[str, Any]) -> str:
    """The card of a part of a release, by its manifest, in which the card itself need not stand."""
    licences = manifest["licences"]
    return (
        environment()
        .get_template("part_card.md")
        .render(
            manifest=manifest,
            part=manifest["part_of"],
            configs=configs_of([file["path"] for file in manifest["files"]]),
            splits=of_manifest(manifest),
            licences=licences[:_LICENCES_SHOWN],
            more_licences=len(licences) - _LICENCES_SHOWN,
            missing=[each["licence"] for each in manifest["obligations"] if each["text"] == "missing"],
        )
    )


@dataclass(frozen=True, slots=True)
class Config:
    """A subset that `datasets` offers."""

    name: str
    files: str
    """A pattern of all of them."""
    is_default: bool
    splits: tuple[tuple[str, str], ...] = ()
    """(split, pattern of its files), the one to train on first; none where all is one split."""

    @property
    def first(self) -> str:
        """The split that a line to load one names."""
        return self.splits[0][0] if self.splits else "train"


def configs_of(paths: list[str]) -> list[Config]:
    """Each half as a whole, the first of them loaded when none is named; then each licence class of each half."""
    drawers = {Drawer.of(path) for path in paths if path.startswith(("text/", "images/"))}
    halves = sorted({drawer.half for drawer in drawers}, reverse=True)
    classes = sorted({(halves.index(drawer.half), drawer.grant) for drawer in drawers})
    return [
        *(
            _config(half, f"{half}/*", [each for each in drawers if each.half == half], is_default=half == halves[0])
            for half in halves
        ),
        *(
            _config(
                f"{halves[place]}-{grant}",
                f"{halves[place]}/{grant}",
                [each for each in drawers if (each.half, each.grant) == (halves[place], grant)],
                is_default=False,
            )
            for place, grant in classes
        ),
    ]


def _config(name: str, folder: str, drawers: Sequence[Drawer], *, is_default: bool) -> Config:
    splits = sorted({each.split for each in drawers if each.split}, key=lambda split: (split != "train", split))
    patterns = tuple((split, f"{folder}/{split}-*.parquet") for split in splits)
    return Config(name, f"{folder}/*.parquet", is_default, patterns)


def _by_freedom(licences: tuple[str, ...]) -> list[str]:
    return sorted(licences, key=lambda licence: (licence not in _USUAL, GRANTS.index(grant_of(licence)), licence))
