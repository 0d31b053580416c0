"""Finds what has no shape: names, addresses and whatever else a model was trained to see.

No model comes with Tamis and none is fetched during a run. `load_model` takes the folder of one, or its name on the
Hugging Face hub if the cache on this machine holds it; only safetensors are opened and no code of a model's is run. A
model sees what it was trained on: its recall on texts of another kind is often a fraction of the figure on its card, so
measure it on labelled texts of your own before you call anything clean.

A text that a model fails on has a status and no spans; the others of its batch are looked at all the same. Batches are
formed by length and change neither spans nor scores, but for rounding: two ways of batching agree within 0.0001 in full
precision. In half precision (`Pace.half`, CUDA only) they agree within some 0.01, so that a span whose score is as
close to the threshold as that can come and go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from filters.personal.spans import Span
from tamis.errors import ConfigError

BACKENDS = ("transformers", "gliner2")

WHO = "names"
"""How messages about models begin."""
INSTEAD = "or leave names out of the recipe"
"""What can be done where a library is missing."""

Status = Literal["seen", "failed", "too_long"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a model saw in one text: its spans in order, those of one kind apart from each other."""

    status: Status
    spans: tuple[Span, ...] = ()


class NameModel(Protocol):
    """A model that marks places in texts."""

    @property
    def name(self) -> str:
        """What it is called in findings."""

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) over every weight, config and tokenizer file that was loaded."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The kinds it reports, sorted."""

    def find(self, texts: Sequence[str]) -> list[Found]:
        """One answer for each text, in order. Offsets count code points of the text as given, whatever is in it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a model is given at once. Changes speed and memory; a span only where a text is longer than a window.

    Raises:
        ConfigError: a number is out of range.
    """

    window: int = 512
    """Tokens that a model sees at once; less where the model itself takes less. gliner2 takes 3 words for 4 tokens."""
    overlap: int = 64
    """Tokens (gliner2: words) that two windows of a text share; at most a quarter of a window is."""
    budget: int = 16_384
    """Tokens (gliner2: words) of one forward pass, padding included. Halved by itself when memory runs out."""
    max_characters: int = 2_000_000
    """Longer texts are `too_long`."""
    half: bool = True
    """Whether a CUDA device computes in half precision, which is 2 to 4 times faster."""

    def __post_init__(self) -> None:
        for option, least in (("window", 32), ("overlap", 4), ("budget", 1), ("max_characters", 1)):
            if getattr(self, option) < least:
                raise ConfigError(f"names: {option} is {getattr(self, option)}, expected {least} or more.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which kinds a model is to report.

    Raises:
        ConfigError: the threshold is out of range.
    """

    kinds: tuple[str, ...] = ()
    """Ours; empty: all that a classifier knows. gliner2 looks for what is asked, so it needs some."""
    renames: tuple[tuple[str, str], ...] = ()
    """Pairs (what the model calls it, our kind), where the built-in names do not fit."""
    threshold: float = 0.5
    """The least score that counts, 0 to 1, compared after rounding to 4 decimals."""

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ConfigError(f"names: threshold is {self.threshold}, expected 0 to 1.")


def load_model(
    backend: str,
    where: str,
    *,
    device: str = "auto",
    threshold: float = 0.5,
    kinds: tuple[str, ...] = (),
    renames: tuple[tuple[str, str], ...] = (),
    revision: str | None = None,
    pace: Pace | None = None,
) -> NameModel:
    """Loads a model from this machine's disk; torch is imported only here.

    Args:
        backend: one of `BACKENDS`.
        where: a folder, or a name on the hub whose files are in this machine's cache.
        device: as torch names it; auto: the first CUDA device if there is one, else the processor.
        threshold, kinds, renames: see `Wanted`.
        revision: commit or branch of the hub's name; the cache's main one if not given.
        pace: see `Pace`.

    Raises:
        ConfigError: a package, the weights or the device is not there, the model is not of that backend, its weights
            are incomplete or a pickle, or an option is out of range. The message says what to do.
    """
    wanted = Wanted(kinds, renames, threshold)
    pace = pace or Pace()
    match backend:
        case "transformers":
            from filters.personal.names.token_model import load_token_model

            return load_token_model(where, wanted=wanted, pace=pace, device=device, revision=revision)
        case "gliner2":
            from filters.personal.names.gliner_model import load_gliner_model

            return load_gliner_model(where, wanted=wanted, pace=pace, device=device, revision=revision)
    raise ConfigError.unknown("backend", backend, BACKENDS, where="names")
