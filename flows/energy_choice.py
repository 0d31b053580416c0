"""`energy.yaml` of a workspace: by which figures energy is reckoned, which meters are asked. No run depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from catalog.coefficient import WORLD, Coefficients, chosen
from flows.meters.table import known_meters
from flows.workspace import Workspace
from releases.yaml_file import Faults, load
from tamis.errors import ConfigError

FILE = "energy.yaml"


class EnergySection(BaseModel):
    """The whole file; a workspace without one has the defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    region: str = WORLD
    """Whose grid: one of the table's."""
    coefficients: str | None = None
    """A table whose rows stand in place of the shipped ones; relative to the workspace."""
    meters: list[str] = ["rapl", "nvml"]
    """Which are asked, of those that the machine has."""


@dataclass(frozen=True, slots=True)
class EnergyChoice:
    """What was chosen."""

    coefficients: Coefficients
    meters: tuple[str, ...]


def read_energy_choice(workspace: Workspace) -> EnergyChoice:
    """What `energy.yaml` says, or the defaults where there is none.

    Raises:
        ConfigError: the file is wrong, or a table that it names is.
    """
    path = workspace.root / FILE
    if not path.exists():
        return EnergyChoice(chosen(None), tuple(EnergySection().meters))
    section, text = load(path, EnergySection)
    faults = Faults(FILE, text)
    with faults.at("meters"):
        for name in section.meters:
            if name not in known_meters():
                raise ConfigError.unknown("meter", name, known_meters())
    table = None if section.coefficients is None else workspace.root / section.coefficients
    with faults.at("region" if table is None else "coefficients"):
        coefficients = chosen(table, section.region)
    faults.say()
    return EnergyChoice(coefficients, tuple(section.meters))
