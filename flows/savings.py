"""`tamis savings`: reads what the figures rest on, and has them reckoned."""

from __future__ import annotations

from pathlib import Path

from catalog.coefficient import WORLD, Coefficients, Range, chosen
from flows.energy_choice import read_energy_choice
from flows.workspace import Workspace, published_in
from releases.savings.family import Family, size_up
from releases.savings.training import Corpora, Curation, Savings, compare
from reports.energy import energy_of
from reports.facts import newest_run
from tamis.errors import ConfigError


def savings_of(
    parameters: float,
    corpora: Corpora,
    *,
    hardware: str,
    region: str | None,
    workspace: Path | None,
    run: str | None,
    curation_kwh: float | None,
    from_scratch: bool = True,
) -> Savings:
    """What training on the subset saves.

    Args:
        parameters: of the model.
        corpora: their tokens.
        hardware: one of the table's.
        region: one of the table's; null for the workspace's, or the world's without one.
        workspace: whose run curated, and whose `energy.yaml` counts; null where it is not to be known.
        run: of that workspace; null for the newest.
        curation_kwh: what curating took, in place of what the workspace has on record.
        from_scratch: whether the model knows nothing before.

    Raises:
        ConfigError: a figure is wrong, or a name is not known.
    """
    coefficients = _coefficients(workspace, region)
    curation = _curation(coefficients, workspace, run, curation_kwh)
    return compare(
        parameters,
        corpora,
        coefficients=coefficients,
        hardware=hardware,
        curation=curation,
        from_scratch=from_scratch,
    )


def family_of(sizes: tuple[int, ...], unique: int, *, workspace: Path, from_scratch: bool) -> Family:
    """What models of these sizes take on so many different tokens, by the coefficients of a workspace.

    Raises:
        ConfigError: a figure is wrong, or a name is not known.
    """
    return size_up(
        sizes, unique, coefficients=_coefficients(workspace, None), hardware="H100", from_scratch=from_scratch
    )


def _coefficients(workspace: Path | None, region: str | None) -> Coefficients:
    if workspace is None:
        return chosen(None, region or WORLD)
    named = read_energy_choice(Workspace.of(workspace)).coefficients
    moved = Coefficients(named.version, region or named.region, named.rows)
    _ = moved.grid
    return moved


def _curation(
    coefficients: Coefficients, workspace: Path | None, run: str | None, curation_kwh: float | None
) -> Curation | None:
    if curation_kwh is not None:
        kwh = Range(curation_kwh, curation_kwh, curation_kwh)
        return Curation(kwh, kwh * coefficients.grid.range * 0.001, "as given")
    if workspace is None:
        if run is not None:
            raise ConfigError("--run: name the workspace that it is in with -w, too.")
        return None
    catalog = published_in(workspace).path
    total = energy_of(catalog, run or newest_run(catalog)).total
    if total is None:
        raise ConfigError("what curating took is not on record in that catalog. Give it with --curation.")
    return Curation(total.kwh, total.kwh * coefficients.grid.range * 0.001, total.quality)
