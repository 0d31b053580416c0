"""What a filter wants of a decoded picture: it is taken in the child process that decodes, and sent as an array."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

from filters.pictures.decode import Picture


class Reading(Protocol):
    """A small array made of a decoded picture, such as the input of a network.

    Readings are frozen, so that equal ones of several filters are taken once, and picklable, for they cross to the
    child. They are the only code that touches pixels of untrusted pictures.
    """

    @property
    def key(self) -> str:
        """Names the array among those of a look; no two different readings have the same."""
        ...

    def prepare(self) -> None:
        """Imports and builds what `of` needs: it is not held against the memory or time of a picture."""
        ...

    def of(self, picture: Picture) -> npt.NDArray[Any]:
        """The array; never so large that many of them could not wait in memory together."""
        ...
