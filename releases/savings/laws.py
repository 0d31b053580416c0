"""Scaling laws: how much computing a training takes, and how much new text it wants.

`training_flops` and `scoring_flops` are the usual 6ND and 2ND, which leave attention out: some per cent for short
contexts. `data_constrained_loss` is that of Muennighoff et al., "Scaling Data-Constrained Language Models" (arXiv
2305.16264), with the constants that its repository huggingface/datablations prints. It was fitted on web text and
models of 7 million to 9 billion parameters; outside of that it says which way things go and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from tamis.errors import ConfigError

TOKENS_PER_PARAMETER: Final = 20.0
"""Hoffmann et al. (arXiv 2203.15556): about what a training of least cost for its loss has."""

UNIQUE_PER_PARAMETER: Final = 10.0
"""With fewer different tokens for each parameter, a training from scratch that sees 20 loses more than about 0.5 % by
repeating them: at 100 million parameters; larger models are less choosy."""

UNIQUE_PER_PARAMETER_LEAST: Final = 5.0
"""Four epochs at 20 tokens a parameter: 1 to 2 % of the loss, between 1 billion and 100 million parameters."""

_IRREDUCIBLE: Final = math.exp(0.6254804)
_OF_PARAMETERS: Final = math.exp(6.255414)
_OF_TOKENS: Final = math.exp(7.3049974)
_EXPONENT: Final = 0.3526596
_WORTH_OF_REPEATS: Final = 15.387756
"""R_D*: over about how many epochs a repeated token loses its worth."""

_WORTH_OF_EXCESS: Final = 5.309743
"""R_N*: the same for parameters beyond those that the different tokens warrant."""


def training_flops(parameters: float, tokens: float) -> float:
    """6ND: forwards and backwards, for tokens seen, repeats included."""
    return 6 * _positive(parameters, "parameters") * _positive(tokens, "tokens")


def scoring_flops(parameters: float, tokens: float) -> float:
    """2ND: forwards only, as a model does that scores texts or writes them."""
    return 2 * _positive(parameters, "parameters") * _positive(tokens, "tokens")


def tokens_for(parameters: float, *, per_parameter: float = TOKENS_PER_PARAMETER) -> float:
    """How many tokens a training from scratch of least cost sees, for a model of this size."""
    return _positive(parameters, "parameters") * _positive(per_parameter, "tokens per parameter")


def epochs(seen: float, unique: float) -> float:
    """How often each token is seen; below 1 some are not."""
    return _positive(seen, "tokens seen") / _positive(unique, "different tokens")


def effective_tokens(unique: float, seen: float) -> float:
    """What repeated tokens are worth in new ones: 2 epochs 1.97 times those there are, 4 epochs 3.73, 16 epochs 11."""
    repeats = epochs(seen, unique) - 1
    return seen if repeats <= 0 else _worth(unique, repeats, _WORTH_OF_REPEATS)


def data_constrained_loss(parameters: float, seen: float, unique: float) -> float:
    """Nats per token on web text, for a training that sees `seen` tokens, of which `unique` are different.

    Args:
        parameters: of the model.
        seen: tokens, repeats included.
        unique: different tokens; as many as `seen` where there are more.

    Raises:
        ConfigError: a figure is not above 0.
    """
    there = min(_positive(unique, "different tokens"), _positive(seen, "tokens seen"))
    warranted = min(_positive(parameters, "parameters"), _parameters_for(there))
    used = _worth(warranted, parameters / warranted - 1, _WORTH_OF_EXCESS)
    tokens = effective_tokens(there, seen)
    return _IRREDUCIBLE + _OF_PARAMETERS * math.pow(used, -_EXPONENT) + _OF_TOKENS * math.pow(tokens, -_EXPONENT)


def _worth(base: float, excess: float, decay: float) -> float:
    return base * (1 + decay * (1 - math.exp(-excess / decay)))


def _parameters_for(tokens: float) -> float:
    """Of least cost for so many tokens, by the law's own constants; as both exponents are one, in proportion."""
    return tokens * math.pow(_OF_PARAMETERS / _OF_TOKENS, 1 / _EXPONENT)


@dataclass(frozen=True, slots=True)
class Floors:
    """How many different tokens a model should have, trained from scratch."""

    wanted: float
    least: float

    def said_of(self, unique: float) -> str:
        """`enough`, `few` between the two, or `too_few`."""
        if unique >= self.wanted:
            return "enough"
        return "few" if unique >= self.least else "too_few"


def unique_token_floors(parameters: float) -> Floors:
    """For a model of this size; one that is trained on, or fine-tuned, has seen others before and needs fewer."""
    size = _positive(parameters, "parameters")
    return Floors(size * UNIQUE_PER_PARAMETER, size * UNIQUE_PER_PARAMETER_LEAST)


def _positive(value: float, what: str) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise ConfigError(f"{what}: {value:g} is not above 0.")
    return value
