"""Which filters there are, and how one is made from a recipe's words."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from tamis.errors import ConfigError
from tamis.ids import canonical_json
from tamis.records import Filter

GROUP = "tamis.filters"
"""The entry-point group by which other distributions bring filters."""

_BEFORE = re.compile(r"local-dir:|[A-Za-z0-9][A-Za-z0-9._-]{0,63}=")
"""What may stand before a path: how open_clip marks a folder, or the name by which a file is to be called."""

_BUILT_IN = {
    "blocklist": "filters.blocklist:BlocklistFilter",
    "evaluation_overlap": "filters.evaluation_overlap:EvaluationOverlapFilter",
    "exact_duplicates": "filters.exact_duplicates:ExactDuplicatesFilter",
    "image_concepts": "filters.image_concepts:ImageConceptsFilter",
    "image_embedding": "filters.image_embedding:ImageEmbeddingFilter",
    "image_head": "filters.image_head:ImageHeadFilter",
    "image_probe": "filters.image_probe:ImageProbeFilter",
    "language": "filters.language:LanguageFilter",
    "licence": "filters.licence:LicenceFilter",
    "nsfw": "filters.nsfw:NsfwFilter",
    "personal_data": "filters.personal_data:PersonalDataFilter",
    "picture_hashes": "filters.picture_hashes:PictureHashesFilter",
    "quality_as_datatrove": "filters.quality_as_datatrove:DatatroveQualityFilter",
    "quality_as_dolma": "filters.quality_as_dolma:DolmaQualityFilter",
    "repeated_lines": "filters.repeated_lines:RepeatedLinesFilter",
    "reservation": "filters.reservation:ReservationFilter",
    "text_class": "filters.text_class:TextClassFilter",
    "text_embedding": "filters.text_embedding:TextEmbeddingFilter",
    "text_minhash": "filters.text_minhash:TextMinhashFilter",
    "text_quality": "filters.text_quality:TextQualityFilter",
    "token_count": "filters.token_count:TokenCountFilter",
    "unsafe_words": "filters.unsafe_words:UnsafeWordsFilter",
    "url_lists": "filters.url_lists:UrlListsFilter",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a filter may be told. `type` is `int`, `float`, `str`, `bool` or `tuple[str, ...]`."""

    name: str
    type: Any
    default: Any
    required: bool


def known_filters() -> tuple[str, ...]:
    """The names of all filters, sorted; imports none of them.

    Raises:
        ConfigError: two distributions bring a filter of the same name.
    """
    return tuple(sorted(_places()))


def parameters_of(name: str) -> tuple[Parameter, ...]:
    """What the filter may be told, in the order of its constructor.

    Raises:
        ConfigError: there is no such filter, or it cannot be imported.
    """
    return _parameters(_load(name), name=name)


def make_filter(name: str, parameters: Mapping[str, Any]) -> Filter:
    """The filter of that name, with those parameters; what is not given has its default.

    Raises:
        ConfigError: there is no such filter, it cannot be imported, or a parameter is unknown, missing, of the wrong
            type or nothing that JSON can hold.
    """
    make = _load(name)
    known = {parameter.name: parameter for parameter in _parameters(make, name=name)}
    problems = [
        *_no_json(name, parameters),
        *(
            str(ConfigError.unknown(f"parameter of the filter {name!r}:", given, known))
            for given in parameters
            if given not in known
        ),
        *(
            f"the filter {name!r} needs the parameter {parameter.name!r}."
            for parameter in known.values()
            if parameter.required and parameter.name not in parameters
        ),
        *(
            f"the filter {name!r} takes {given!r} as {_type_name(known[given].type)}, not as {type(value).__name__}."
            for given, value in parameters.items()
            if given in known and not _fits(value, known[given].type)
        ),
    ]
    if problems:
        raise ConfigError(*problems)
    made: Filter = make(**{given: _as(value, known[given].type) for given, value in parameters.items()})
    return made


def located(name: str, parameters: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """The parameters, where those that name files or folders under `base` name them from anywhere.

    A filter says in `PATHS` which of its parameters may name one, or several in a list of words; with
    `local-dir:` or `NAME=` before it or without.

    Raises:
        ConfigError: there is no such filter, or it cannot be imported.
    """
    paths = getattr(_load(name), "PATHS", ())
    return {given: _there(value, base) if given in paths else value for given, value in parameters.items()}


def _there(value: Any, base: Path) -> Any:
    """What is no word, or names nothing that is there, stays as it is: the filter says what is wrong with it."""
    if isinstance(value, list | tuple):
        return [_there(each, base) for each in value]
    before, path = _parted(value, base) if isinstance(value, str) else ("", "")
    return f"{before}{(base / path).resolve()}" if path and (base / path).exists() else value


def _parted(word: str, base: Path) -> tuple[str, str]:
    """What stands before the path, and the path; a file whose own name looks like both is that file."""
    before = _BEFORE.match(word)
    if before is None or (base / word).exists():
        return "", word
    return before[0], word[before.end() :]


Stamps = tuple[tuple[str, int, int], ...]
"""(path, time of its last change in nanoseconds, bytes) of files."""


def stamps(name: str, parameters: Mapping[str, Any]) -> Stamps:
    """By which to see whether the files that the parameters name are as they were; of a folder those that lie in it.

    Raises:
        ConfigError: there is no such filter, or it cannot be imported.
    """
    named = [parameters.get(path) for path in getattr(_load(name), "PATHS", ())]
    words = [word for value in named for word in (value if isinstance(value, list | tuple) else [value])]
    places = [Path(_parted(word, Path())[1]) for word in words if isinstance(word, str) and word]
    files = [file for place in places for file in ([place] if place.is_file() else sorted(place.glob("*")))]
    return tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())


def canonical_parameters(name: str, parameters: Mapping[str, Any]) -> bytes:
    """The parameters as canonical JSON: how they cross to a worker, and what a run is named by.

    Raises:
        ConfigError: a value that JSON cannot hold, such as a date or an infinite number.
    """
    problems = _no_json(name, parameters)
    if problems:
        raise ConfigError(*problems)
    return canonical_json(parameters)


def _no_json(name: str, parameters: Mapping[str, Any]) -> list[str]:
    return [
        f"the filter {name!r}: the value of {given!r} ({type(value).__name__}) cannot be written as JSON. "
        "Give a finite number, a word in quotes, true, false or a list of words."
        for given, value in parameters.items()
        if not _is_json(value)
    ]


def _is_json(value: Any) -> bool:
    try:
        canonical_json(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _places() -> Mapping[str, str]:
    """Where each filter's class is, as `module:Class`."""
    return _places_in(tuple((path, _changed(path)) for path in sys.path))


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _places_in(_paths: tuple[tuple[str, int], ...]) -> dict[str, str]:
    """Of what is installed in folders that are as they were, asked once: to read it all takes a tenth of a second."""
    places = dict(_BUILT_IN)
    brought_by = dict.fromkeys(places, "tamis")
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        other = brought_by.get(point.name)
        if other is not None:
            raise ConfigError(
                f"two distributions bring a filter named {point.name!r}: {other} and {_brought_by(point)}. "
                "Uninstall one, or ask its author for another name."
            )
        places[point.name] = point.value
        brought_by[point.name] = _brought_by(point)
    return places


def _brought_by(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _load(name: str) -> type[Filter]:
    places = _places()
    if name not in places:
        raise ConfigError.unknown("filter", name, places)
    module, _, attribute = places[name].partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        missing = getattr(error, "name", None) or module
        raise ConfigError(
            f"the filter {name!r} cannot be imported from {places[name]!r}: {type(error).__name__} for {missing!r}. "
            f"Install what it needs (`pip install --force-reinstall tamis` brings that of the built-in filters)."
        ) from error
    return typing.cast("type[Filter]", found)


def _parameters(make: type[Filter], *, name: str) -> tuple[Parameter, ...]:
    types = typing.get_type_hints(make.__init__)
    parameters = list(inspect.signature(make).parameters.values())
    if any(given.kind is not inspect.Parameter.KEYWORD_ONLY for given in parameters):
        raise ConfigError(f"the filter {name!r} must take its parameters by keyword only, each by its name.")
    return tuple(
        Parameter(
            name=given.name,
            type=types.get(given.name, str),
            default=None if given.default is inspect.Parameter.empty else given.default,
            required=given.default is inspect.Parameter.empty,
        )
        for given in parameters
    )


def _is_words(wanted: Any) -> bool:
    return typing.get_origin(wanted) is tuple


def _fits(value: Any, wanted: Any) -> bool:
    if _is_words(wanted):
        return isinstance(value, list | tuple) and all(isinstance(word, str) for word in value)
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)


def _as(value: Any, wanted: Any) -> Any:
    if _is_words(wanted):
        return tuple(value)
    return float(value) if wanted is float else value


def _type_name(wanted: Any) -> str:
    return "a list of words" if _is_words(wanted) else wanted.__name__
