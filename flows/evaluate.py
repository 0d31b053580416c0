"""What an evaluation is asked for on the command line: which filter, whose names are whose, which policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from audits.evaluation import FILTER
from audits.labelled import normal_name
from filters.pictures.heads import Head
from filters.table import located, make_filter
from flows.recipe import read_recipe
from flows.workspace import Workspace
from releases.policy import Policy, read_policy
from releases.yaml_file import Faults
from tamis.errors import ConfigError

DEFAULT_POLICY = "open"
"""The preset whose limits an evaluation tells of where nobody names a policy or a recipe."""


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
        return _recipe_parameters(Workspace.of(recipe).recipe, FILTER, instead="use --entities")
    if entities is not None:
        parameters = {"entities": [word.strip() for word in entities.split(",") if word.strip()]}
        make_filter(FILTER, parameters)
        return parameters
    return {}


def picture_parameters(recipe: Path | None, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that a recipe gives the filter of that name, and the one whose vectors it scores, if it is a head.

    None without a recipe, which means the defaults.

    Raises:
        ConfigError: the recipe is wrong or has no such filter, or the filter refuses them.
    """
    if recipe is None:
        return {}, {}
    path = Workspace.of(recipe).recipe
    parameters = _recipe_parameters(path, name, instead="leave --recipe out")
    made = make_filter(name, parameters)
    if not isinstance(made, Head):
        return parameters, {}
    return parameters, _recipe_parameters(path, made.embeddings_of, instead=f"evaluate another filter than {name}")


def policy_for(recipe: Path | None, policy: str | None) -> Policy:
    """The policy that is named, a preset or a file; else the recipe's; else the preset DEFAULT_POLICY.

    Raises:
        ConfigError: there is none, or it is wrong.
    """
    if policy is not None or recipe is None:
        return read_policy(policy or DEFAULT_POLICY, Path())[0]
    path = Workspace.of(recipe).recipe
    return read_policy(read_recipe(path)[0].policy, path.parent)[0]


def renamings(given: Sequence[str]) -> dict[str, str]:
    """What `--map THEIRS=OURS` says of kinds: their name, as `normal_name` has it → ours.

    Raises:
        ConfigError: one is not of that form, or a name is renamed twice.
    """
    return _renamed(given, normal_name, example="MAIL=EMAIL_ADDRESS")


def label_words(given: Sequence[str], *, classes: tuple[str, str] = ("safe", "unsafe")) -> dict[str, bool]:
    """What `--map THEIRS=OURS` says of pictures: their word, in small letters → whether that is the second class.

    Raises:
        ConfigError: one is not of that form, or a word is renamed twice or to anything but the classes.
    """
    renamed = _renamed(given, str.casefold, example=f"porn={classes[1]}")
    for ours in renamed.values():
        if ours not in classes:
            raise ConfigError.unknown("label", ours, classes, where="--map")
    return {theirs: ours == classes[1] for theirs, ours in renamed.items()}


def _renamed(given: Sequence[str], normal: Callable[[str], str], *, example: str) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for each in given:
        theirs, equals, ours = (part.strip() for part in each.partition("="))
        if not (theirs and equals and ours):
            raise ConfigError(f"--map: expected THEIRS=OURS, such as {example}.")
        if normal(theirs) in renamed:
            raise ConfigError(f"--map: {theirs} is renamed twice.")
        renamed[normal(theirs)] = ours
    return renamed


def _recipe_parameters(path: Path, name: str, *, instead: str) -> dict[str, Any]:
    recipe, text = read_recipe(path)
    faults = Faults(path.name, text)
    with faults.at("filters"):
        if name not in recipe.filters:
            raise ConfigError(f"the filter {name!r} is not among the filters. Name it, or {instead}.")
    faults.say()
    parameters = recipe.filters.get(name) or {}
    with faults.at("filters", name):
        parameters = located(name, parameters, path.parent)
        make_filter(name, parameters)
    faults.say()
    return parameters
