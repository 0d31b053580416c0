"""The card of a release: the README that a stranger reads first, and that `datasets` reads its layout from."""

from __future__ import annotations

from pathlib import Path

from reports.facts import Row, run_facts
from reports.personal_data import personal_data
from reports.template import environment
from tamis.errors import ReleaseError

_LICENCES_SHOWN = 40


def card(catalog: Path, release: str, run: str) -> str:
    """The card as Markdown; the same facts give the same text.

    Args:
        catalog: a catalog that knows the release.
        release: name@version.
        run: the run it is made by.

    Raises:
        ReleaseError: the catalog does not know it.
    """
    facts = run_facts(catalog, run)
    sealed = next((row for row in facts.releases if row["release"] == release), None)
    if sealed is None:
        raise ReleaseError(f"The catalog knows no release {release} of run {run}.")
    staying = [row for row in facts.licences if row["staying"]]
    staying.sort(key=lambda row: (-row["staying"], str(row["expression"])))
    return (
        environment()
        .get_template("card.md")
        .render(
            release=sealed,
            facts=facts,
            configs=_configs(sealed),
            licences=staying[:_LICENCES_SHOWN],
            more_licences=len(staying) - _LICENCES_SHOWN,
            found=personal_data(facts),
        )
    )


def _configs(release: Row) -> list[tuple[str, bool]]:
    """The subsets that `datasets` offers, and which of them it loads when none is named."""
    present = [name for name, count in (("text", release["texts"]), ("images", release["images"])) if count]
    return [(name, place == 0) for place, name in enumerate(present)]
