"""How loops over bytes are compiled: on first use, and kept beside the source where that can be written.

Numba keeps what it compiled for as long as the file of the function stays the same; it does not look at the functions
that are called from other files. Whoever changes one of those deletes the `*.nbi` beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function in machine code; whoever calls it holds no interpreter lock meanwhile."""
    return _compiled(function)


def compiled_leaf(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The same of a function that makes and returns no arrays.

    Elsewhere numba counts the references to each array that goes into a call, one atomic operation for each array of a
    record: many times the work of a function that looks at a few characters.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Callable[_P, _R], **options: Any) -> Callable[_P, _R]:
    try:
        made: Callable[_P, _R] = numba.njit(cache=not options, nogil=True, **options)(function)
    except RuntimeError:  # no place to keep it: it is compiled anew in each process
        made = numba.njit(nogil=True, **options)(function)
    return made
