"""Which learner sizes are measured by, and how many of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from releases.subsets.choose import Ordered
from releases.subsets.continued_learner import ContinuedLearner
from releases.subsets.general import GeneralText
from releases.subsets.label_learner import LabelLearner
from releases.subsets.learner import Learner
from releases.subsets.section import Auto
from releases.subsets.target import Examples
from releases.subsets.text_learner import TextLearner
from releases.subsets.texts import Texts

Say = Callable[[str], None]
"""Whom progress is told, a line at a time."""


def silent(line: str) -> None:
    """Says nothing."""


SHARES: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0)
"""Of the bytes that could be chosen; the last is all of them."""

REPEATS: Final = 3
"""Random orders that the chosen one is held against."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What is learned."""

    shares: Sequence[float]
    repeats: int

    @classmethod
    def of(cls, auto: Auto, repeats: int | None) -> Tries:
        """As many as the learner has time for; `repeats` as given, if they are."""
        shares: Sequence[float] = SHARES
        usual = REPEATS
        if auto.learner == "transformer":
            from releases.subsets import transformer_learner

            shares, usual = transformer_learner.SHARES, transformer_learner.REPEATS
        return cls(shares, usual if repeats is None else repeats)

    @property
    def trainings(self) -> int:
        return len(self.shares) * (1 + self.repeats)


def learner_of(ordered: Ordered, examples: Examples, auto: Auto, *, trainings: int = 1, say: Say = silent) -> Learner:
    """Labels are told where the target has some, and texts are foretold where it has none.

    Args:
        ordered: what there is to learn.
        examples: of the target, some of them held out.
        auto: which learner, and how much it sees.
        trainings: that there will be, for whoever waits for them.
        say: whom it is said to.

    Raises:
        ConfigError: what the learner needs is not installed.
        ReleaseError: labels are to be told, and there are too many of them.
    """
    texts = Texts.of(ordered.pool)
    if examples.labels is not None:
        return LabelLearner.of(texts, examples.held_out, examples.labels.held_out)
    seed, able = ordered.subset.seed, ordered.able
    known = GeneralText.of(texts, examples.general, auto, able=able, seed=seed) if auto.goes_on else None
    if auto.learner == "transformer":
        from releases.subsets.transformer_learner import TransformerLearner, Watch

        watch = Watch(say, trainings)
        return TransformerLearner.of(texts, examples.held_out, auto, able=able, seed=seed, watch=watch, known=known)
    if known is not None:
        return ContinuedLearner.of(texts, known, fit=examples.fit, held_out=examples.held_out)
    return TextLearner.of(texts, examples.held_out)
