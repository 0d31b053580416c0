"""Keeps Presidio from importing torch and transformers, which it does wherever they are installed.

It uses neither here, and they take several seconds of every process that starts. While Presidio is imported they count
as not installed; afterwards they can be imported as ever. Nor does it compile each of its own patterns only to see
whether that can be done, which takes another half of a second: those that are used are compiled when they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_PACKAGE = "presidio_analyzer"
_HIDDEN = ("torch", "transformers", "gliner2", "spacy_transformers")
_CHECK = "_Pattern__validate_regex"


class _LeanLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with hidden(), _patterns_taken_as_they_are():
            super().exec_module(module)


class _LeanFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == _PACKAGE else None
        if spec is not None and spec.origin is not None:
            spec.loader = _LeanLoader(fullname, spec.origin)
        return spec


def watch_for_presidio() -> None:
    """From now on Presidio is imported without them. Costs nothing until then; a second call changes nothing."""
    if not any(isinstance(finder, _LeanFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LeanFinder())


@contextmanager
def _patterns_taken_as_they_are() -> Iterator[None]:
    made = import_module(f"{_PACKAGE}.pattern").Pattern
    compiles = made.__dict__.get(_CHECK)
    if compiles is None:  # a newer Presidio has another way
        yield
        return
    setattr(made, _CHECK, staticmethod(lambda _pattern: None))
    try:
        yield
    finally:
        setattr(made, _CHECK, compiles)


@contextmanager
def hidden() -> Iterator[None]:
    absent = [name for name in _HIDDEN if name not in sys.modules]
    # A None is how Python itself notes that an import must fail.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # the types say modules only
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
