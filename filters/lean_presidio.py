"""Keeps Presidio from importing torch and transformers, which it does wherever they are installed.

It uses neither here, and they take several seconds of every process that starts. While Presidio is imported they count
as not installed; afterwards they can be imported as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_PACKAGE = "presidio_analyzer"
_HIDDEN = ("torch", "transformers", "gliner2", "spacy_transformers")


class _LeanLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with hidden():
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
def hidden() -> Iterator[None]:
    absent = [name for name in _HIDDEN if name not in sys.modules]
    # A None is how Python itself notes that an import must fail.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # the types say modules only
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
