"""What sizes are measured by: a small model that learns items, and says how many bits held-out texts take after it.

There are three. Two learn to foretell texts, byte by byte: one counts words, in seconds (`text_learner.py`), one is a
network that is trained anew for each size (`transformer_learner.py`). The third learns to tell labels
(`label_learner.py`). Whoever walks along the sizes (`curve.py`) knows none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Per = Literal["byte", "label"]
"""What bits are counted for each of."""


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """How held-out texts are measured."""

    per: Per
    units: Floats
    """Of each text: its bytes, or 1 for its label."""
    groups: Places
    """Texts that are worse off together: each by itself, or all of a label."""
    untold: float | None
    """Bits that a label takes where only the shares of labels are known. Shares of bits are of these, for a label may
    take next to none; null: they are of the bits that are compared with.
    """

    def of(self, which: slice) -> Ruler:
        """That of some of the texts, as fine as before."""
        return Ruler(self.per, self.units[which], self.groups[which], self.untold)

    def whole(self, bits: Floats) -> Floats:
        """What shares of bits are of: of each text, or of each drawn text, beside its bits."""
        return bits if self.untold is None else np.full(bits.shape, self.untold)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a model says of the held-out texts."""

    bits: Floats
    """That each takes, or its label."""
    is_right: Flags | None
    """Whether its label is the likeliest; null where none is asked for."""
    general: Floats | None = None
    """Bits that each general text takes; null where none is asked for."""


class Learning(Protocol):
    """A model on its way."""

    def learn(self, places: Places) -> None:
        """Adds the items at these places of the pool; the order in which items come changes nothing."""

    def told(self) -> Told:
        """What it makes of the held-out texts."""


class Learner(Protocol):
    """A kind of model, and the texts that it is measured on."""

    @property
    def ruler(self) -> Ruler: ...

    @property
    def most(self) -> int:
        """Bytes that it sees at most, whatever the training will."""

    @property
    def general(self) -> Floats | None:
        """Bytes of each general text that is held out to see what is forgotten; null where nothing is."""

    @property
    def before(self) -> Told | None:
        """What the model makes of the texts before it has learned any of the subset; null where it knows nothing."""

    @property
    def facts(self) -> Mapping[str, str | int]:
        """What records have to say of it: its `kind`, and what figures depend on beside texts and seed."""

    def begun(self, seed: int) -> Learning:
        """A model that knows nothing yet; the seed is of what it leaves to chance."""
