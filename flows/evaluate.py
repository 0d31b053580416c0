"""What an evaluation is asked for on the command line: which filter, and whose names are whose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audits.evaluation import FILTER
from audits.labelled import normal_name
from filters.table import located, make_filter
from flows.recipe import read_recipe
from flows.workspace import Workspace
from releases.yaml_file import Faults
from tamis.errors import ConfigError


def parameters_for(recipe: Path | None, entities: str | None) -> dict[str, Any]:
    """The filter's parameters: those of the recipe, or the kinds named, or none, which means the defaults.

    Args:
        recipe: a recipe or a workspace.
        entities: kinds, with commas between them.

    Raises:
        ConfigError: both are given, the recipe is wrong or has no such filter, or the filter refuses them.
    """
    if recipe is not None and entities is not None:
        raise ConfigError("--recipe and --entities both say what to look for. Give one of them.")
    if recipe is not None:
        return _recipe_parameters(Workspace.of(recipe).recipe)
    if entities is not None:
        parameters = {"entities": [word.strip() for word in entities.split(",") if word.strip()]}
        make_filter(FILTER, parameters)
        return parameters
    return {}


def renamings(given: Sequence[str]) -> dict[str, str]:
    """What `--map THEIRS=OURS` says: their name, as `normal_name` has it → ours.

    Raises:
        ConfigError: one is not of that form, or a name is renamed twice.
    """
    renamed: dict[str, str] = {}
    for each in given:
        theirs, equals, ours = (part.strip() for part in each.partition("="))
        if not (theirs and equals and ours):
            raise ConfigError("--map: expected THEIRS=OURS, such as MAIL=EMAIL_ADDRESS.")
        if normal_name(theirs) in renamed:
            raise ConfigError(f"--map: {theirs} is renamed twice.")
        renamed[normal_name(theirs)] = ours
    return renamed


def _recipe_parameters(path: Path) -> dict[str, Any]:
    recipe, text = read_recipe(path)
    faults = Faults(path.name, text)
    with faults.at("filters"):
        if FILTER not in recipe.filters:
            raise ConfigError(f"the filter {FILTER!r} is not among the filters. Name it, or use --entities.")
    parameters = recipe.filters.get(FILTER) or {}
    with faults.at("filters", FILTER):
        parameters = located(FILTER, parameters, path.parent)
        make_filter(FILTER, parameters)
    faults.say()
    return parameters
