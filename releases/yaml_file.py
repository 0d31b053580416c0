"""YAML files that people write: every fault named at once, with file, line and the nearest known key."""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from tamis.errors import ConfigError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)

_MAX_BYTES = 1_000_000
_Place = tuple[int | str, ...]


def load(path: Path, model: type[Model], *, shown_as: str | None = None) -> tuple[Model, str]:
    """What the file says as `model`, and its text.

    Args:
        path: the file.
        model: what it must say; unknown keys must be forbidden by it.
        shown_as: the name used in messages; the file's own name unless given.

    Raises:
        ConfigError: `problems` has one line for each fault, `recipe.yaml:12: filters.nsfv: …`.
    """
    name = shown_as or path.name
    text = _text(path, name)
    tree = _tree(text, name)
    try:
        return model.model_validate(_plain(tree)), text
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        problems = [f"{name}:{_line(tree, fault['loc'])}: {_problem(fault, model)}" for fault in faults]
        raise ConfigError(*dict.fromkeys(problems)) from None


def headline(text: str) -> str:
    """The first sentence of the comment on top of a file."""
    lines = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.removeprefix("#").strip() for line in lines).partition(". ")[0].rstrip(".")


class Faults:
    """Faults that are found only when what a file names is looked at, each with file and line; all are said at once."""

    def __init__(self, name: str, text: str) -> None:
        """`text` is that of a file which `load` has read, `name` what it is called in messages."""
        self._name = name
        self._tree = _tree(text, name)
        self._problems: list[str] = []

    @contextmanager
    def at(self, *place: int | str) -> Iterator[None]:
        """Notes the faults of what is inside, and goes on after it."""
        try:
            yield
        except ConfigError as error:
            line = _line(self._tree, place)
            self._problems += [f"{self._name}:{line}: {problem}" for problem in error.problems]

    def say(self) -> None:
        """Ends the looking.

        Raises:
            ConfigError: there were faults.
        """
        if self._problems:
            raise ConfigError(*self._problems)


def _text(path: Path, name: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read ({error.strerror}).") from None
    if len(data) > _MAX_BYTES:
        raise ConfigError(f"{name}: has {len(data):,} bytes; nothing a person wrote is longer than {_MAX_BYTES:,}.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: is not UTF-8 at byte {error.start}.") from None


@lru_cache(maxsize=16)
def _tree(text: str, name: str) -> CommentedMap:
    """Nobody changes it: what is asked of the same file twice, what it says and where, takes one reading."""
    try:
        _refuse_aliases(text, name)
        tree = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        what = (error.problem or error.context or "is not YAML").splitlines()[0]
        raise ConfigError(f"{name}{line}: {what}.") from None
    except (YAMLError, ValueError, RecursionError):
        raise ConfigError(f"{name}: is not YAML.") from None
    if not isinstance(tree, CommentedMap):
        raise ConfigError(f"{name}: expected keys and values, as `tamis init` writes them.")
    return tree


def _refuse_aliases(text: str, name: str) -> None:
    """A few lines of aliases can stand for gigabytes, and nothing here needs them."""
    for event in YAML(typ="rt", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            line = event.start_mark.line + 1
            raise ConfigError(f"{name}:{line}: aliases (*) are not read here. Write the value out.")


def _plain(value: Any) -> Any:
    if isinstance(value, CommentedMap):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, CommentedSeq):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _problem(fault: ErrorDetails, model: type[BaseModel]) -> str:
    place = fault["loc"]
    if fault["type"] == "extra_forbidden":
        return f"{_dotted(place)}: unknown key.{did_you_mean(str(place[-1]), _keys_at(model, place[:-1]))}"
    if fault["type"] == "missing":
        return f"{_dotted(place)}: is missing."
    said = fault["msg"].removeprefix("Value error, ")
    return f"{_dotted(place)}: {said}{'' if said.endswith(('.', '?')) else '.'}"


def _dotted(place: _Place) -> str:
    words = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(words).removeprefix(".") or "the file"


def _line(tree: CommentedMap, place: _Place) -> int:
    """The 1-based line of the deepest part of `place` that is written down."""
    node: Any = tree
    line = 1
    for part in place:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


def _keys_at(model: type[BaseModel], place: _Place) -> Iterable[str]:
    here: type[BaseModel] | None = model
    for part in place:
        if here is None or part not in here.model_fields:
            continue
        here = next(_models_in(here.model_fields[str(part)].annotation), None)
    return here.model_fields if here else ()


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models_in(inner)
