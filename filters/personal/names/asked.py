"""Which texts a model is asked about: all, those that the patterns point at, or a sample of the others.

A model costs a thousand times what the patterns do. The sample is for an estimate of what is left: a share of the texts
in which nothing was found, drawn by a seed from the texts themselves, so that batches and order change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from filters.personal.names.models import BACKENDS, Found, NameModel, load_model
from filters.personal.names.sample import sampled
from tamis.errors import ConfigError
from tamis.ids import digest128, text_bytes

ASKED_ON = ("all", "found", "none")

_LIBRARIES = {"transformers": ("torch", "transformers"), "gliner2": ("torch", "gliner2")}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The parameters of the filter that are about a model; `filters.personal_data` says what each means.

    Raises:
        ConfigError: one is out of range.
    """

    model: str
    backend: str
    kinds: tuple[str, ...]
    renames: tuple[str, ...]
    threshold: float
    device: str
    on: str
    sample: float
    seed: int

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ConfigError.unknown("model_backend", self.backend, BACKENDS, where="personal_data")
        if self.on not in ASKED_ON:
            raise ConfigError.unknown("model_on", self.on, ASKED_ON, where="personal_data")
        if not 0 <= self.sample <= 1:
            raise ConfigError(f"personal_data: model_sample is {self.sample}, expected 0 to 1.")
        for rename in self.renames:
            theirs, sign, ours = rename.partition("=")
            if not (theirs and sign and ours):
                raise ConfigError(f"personal_data: model_renames has {rename!r}, expected THEIRS=OURS.")

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple((theirs, ours) for theirs, _, ours in (rename.partition("=") for rename in self.renames))


class AskedModel:
    """A loaded model, and whom it is asked about."""

    def __init__(self, choice: ModelChoice, model: NameModel) -> None:
        self._choice = choice
        self._model = model

    @classmethod
    def load(cls, choice: ModelChoice) -> AskedModel | None:
        """Null if no model is named.

        Raises:
            ConfigError: it cannot be loaded, or there is none and something is wanted of it; the message says what to
                do.
        """
        if not choice.model:
            if choice.kinds or choice.renames or choice.on == "all":
                raise ConfigError(
                    "personal_data: model_kinds, model_renames or model_on are given, but no `model` to ask, so that "
                    "no name would be found. Name one, or take them out."
                )
            return None
        model = load_model(
            choice.backend,
            choice.model,
            device=choice.device,
            threshold=choice.threshold,
            kinds=choice.kinds,
            renames=choice.pairs,
        )
        return cls(choice, model)

    @property
    def labels(self) -> tuple[str, ...]:
        return self._model.labels

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """Name and digest, as a filter's spec has them."""
        return ((self._model.name, self._model.digest),)

    @property
    def libraries(self) -> tuple[str, ...]:
        """Distributions that its answers depend on."""
        return _LIBRARIES[self._choice.backend]

    @property
    def parameters(self) -> tuple[tuple[str, Any], ...]:
        """What of the choice its answers depend on; where the model lies and what it runs on is none of it."""
        choice = self._choice
        return (
            ("model_backend", choice.backend),
            ("model_kinds", tuple(sorted(choice.kinds))),
            ("model_renames", tuple(sorted(choice.renames))),
            ("model_threshold", choice.threshold),
            ("model_on", choice.on),
            ("model_sample", choice.sample),
            ("model_seed", choice.seed),
        )

    def reason(self, text: str, *, has_spans: bool) -> str:
        """Why the model is asked about a text: `all`, `found` or `sample`; `none` if it is not."""
        choice = self._choice
        if choice.on == "all":
            return "all"
        if choice.on == "found" and has_spans:
            return "found"
        return "sample" if sampled(*digest128(text_bytes(text)), seed=choice.seed, share=choice.sample) else "none"

    def find(self, texts: Sequence[str]) -> list[Found]:
        return self._model.find(texts)
