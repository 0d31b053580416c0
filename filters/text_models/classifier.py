"""A classifier of texts, of whichever make: what it is asked, what it answers, and how one is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from filters.text.utf8 import Places
from tamis.errors import ConfigError

Numbers = npt.NDArray[np.float64]

WHO = "text_class"

ScoredBy = Literal["softmax", "sigmoid", "raw"]

SCORED_BY: tuple[ScoredBy, ...] = get_args(ScoredBy)
"""How a network's outputs become scores: labels that share 1, labels that stand each for itself, or as they come."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read.

    Raises:
        ConfigError: a number is out of range.
    """

    window: int = 0
    """Tokens of a network, words for fastText; 0: 512 or what the network takes; for fastText the whole text."""
    overlap: int = 64
    """What two windows share; at most a quarter of a window is."""
    max_windows: int = 0
    """Of more windows than this so many are looked at, at even distances; 0: all are."""
    who: str = WHO
    """Asks for it: how a message begins."""

    def __post_init__(self) -> None:
        for option in ("window", "overlap", "max_windows"):
            if getattr(self, option) < 0:
                raise ConfigError(f"{self.who}: {option} is {getattr(self, option)}, expected 0 or more.")
        if 0 < self.window < 16:
            raise ConfigError(f"{self.who}: window is {self.window}, expected 0, or 16 or more.")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Of each text, in order. A text with nothing that a model could look at has NaN for every label."""

    failed: npt.NDArray[np.bool_]
    windows: Places
    """How many were looked at."""
    covered: Numbers
    """The share of the text that lies in them."""
    highest: Numbers
    """Texts by labels: of all windows."""
    mean: Numbers


class TextClassifier(Protocol):
    """A model that scores texts by its labels."""

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) over all that was loaded."""

    @property
    def labels(self) -> tuple[str, ...]:
        """As the model calls them."""

    @property
    def scored_by(self) -> ScoredBy: ...

    @property
    def libraries(self) -> tuple[str, ...]:
        """Distributions that its answers depend on."""

    def score(self, texts: Sequence[str]) -> Scores: ...


def load_classifier(where: str, *, reading: Reading, device: str, scored_by: ScoredBy | None) -> TextClassifier:
    """Loads a model from this machine's disk: a file of fastText, or a network of transformers.

    Args:
        where: a file of fastText, a folder, or a name on the hub whose files are in this machine's cache.
        reading: how texts are read.
        device: as torch names it; auto: the first CUDA device if there is one, else the processor.
        scored_by: null: as the model says.

    Raises:
        ConfigError: it is not there, cannot be loaded safely, or is no classifier of texts; the message says what to
            do.
    """
    path = Path(where).expanduser()
    if path.is_file() or path.suffix in (".bin", ".ftz"):
        from filters.text_models.fasttext_model import load_fasttext

        return load_fasttext(path, reading=reading, scored_by=scored_by)
    from filters.text_models.sequence_model import load_sequence_model

    return load_sequence_model(where, reading=reading, device=device, scored_by=scored_by)
