"""Learns to foretell texts with a small transformer, trained anew for each size on as much as the training will see."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from filters.device import resolve_device
from filters.text_models.weights import require_packages
from releases.subsets.general import GeneralText
from releases.subsets.learner import Floats, Learning, Places, Ruler, Told
from releases.subsets.order import chances
from releases.subsets.section import Auto, Network, Training
from releases.subsets.texts import Texts
from releases.subsets.vocabulary import Tokens, Vocabulary, blocks_of, stream_of

if TYPE_CHECKING:
    from releases.subsets.small_transformer import SmallTransformer

SHARES: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Fewer sizes than of a learner that takes seconds."""

REPEATS: Final = 1

WHO: Final = "subset.budget.auto.learner"

_MOST: Final = 1_000_000_000
"""Bytes of a training: about 3 GB of memory."""

_READ_FROM: Final = 4_000_000
"""Bytes of texts that the vocabulary is learned from, at most."""

_LOOKED_AT: Final = 4_000
"""Characters of each held-out text, from its beginning, that are measured."""

_RATES: Final[dict[Training, float]] = {"scratch": 1.0, "continued": 0.5, "fine_tuning": 0.1}
"""Of learning, beside that of a training from scratch: lightly where it is fine-tuned."""

Say = Callable[[str], None]


def expect_torch(auto: Auto) -> None:
    """Whether what trains a transformer is there, and its device.

    Raises:
        ConfigError: it is not.
    """
    if auto.learner == "transformer":
        require_packages(("torch", "tokenizers"), extra="size", who=WHO, instead="or take `learner` out")
        resolve_device((auto.network or Network()).device, who="subset.budget.auto.network")


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Texts that are measured."""

    blocks: Tokens
    of_text: Places
    """Which text each block is of."""
    sizes: Floats
    """Bytes of each text that are looked at."""

    @classmethod
    def of(cls, texts: pl.Series, vocabulary: Vocabulary, context: int) -> Tested:
        shown = texts.str.slice(0, _LOOKED_AT)
        blocks = [blocks_of(stream_of([tokens]), context) for tokens in vocabulary.tokens(shown)]
        of_text = np.repeat(np.arange(len(blocks)), [len(each) for each in blocks])
        return cls(np.concatenate(blocks), of_text, shown.str.len_bytes().to_numpy().astype(np.float64))

    def bits(self, model: SmallTransformer) -> Floats:
        """That each text takes."""
        return np.bincount(self.of_text, model.bits(self.blocks), minlength=len(self.sizes)).astype(np.float64)


@dataclass(slots=True)
class Watch:
    """Says how far it is."""

    say: Say
    trainings: int
    """That there will be."""
    done: int = 0

    def plan(self, seconds: float, learner: TransformerLearner) -> None:
        self.say(
            f"transformer: {self.trainings} trainings of {learner.tokens:,} tokens each on {learner.device}, about "
            f"{_long(seconds * self.trainings)}"
        )

    def trained(self, seconds: float, size: int, bits: float) -> None:
        self.done += 1
        left = _long(seconds * (self.trainings - self.done))
        self.say(
            f"transformer: {self.done} of {self.trainings}: {size:,} bytes, {bits:.4f} bits/byte, about {left} left"
        )


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


@dataclass(frozen=True, slots=True, eq=False)
class TransformerLearner:
    """A `SmallTransformer` of the pool's texts."""

    texts: Texts
    network: Network
    device: str
    vocabulary: Vocabulary
    tokens: int
    """That each training sees, repeats included."""
    seed: int
    """The same for all sizes and orders, so that chance makes no difference between them."""
    tested: Tested
    ruler: Ruler
    most: int
    watch: Watch
    training: Training
    base: Base | None = None
    """Null where it is trained from scratch."""

    @classmethod
    def of(
        cls,
        texts: Texts,
        held_out: pl.Series,
        auto: Auto,
        *,
        able: Places,
        seed: int,
        watch: Watch,
        known: GeneralText | None,
    ) -> TransformerLearner:
        """Learns the vocabulary, and general text if it is to know some, and says how long all will take.

        Args:
            texts: of the pool.
            held_out: that are measured.
            auto: with the bytes that a training sees.
            able: places that may be learned.
            seed: of weights and orders.
            watch: whom it is said to.
            known: what the model knows already; null where it knows nothing.

        Raises:
            ConfigError: what trains it is not there.
        """
        expect_torch(auto)
        from releases.subsets.small_transformer import seconds_for, settled

        network = auto.network or Network()
        if known is not None:
            able = known.without(able)
        device = resolve_device(network.device, who="subset.budget.auto.network")
        vocabulary = Vocabulary.learned(_read_from(texts, able, seed), network.vocabulary)
        tested = Tested.of(held_out, vocabulary, network.context)
        ruler = Ruler("byte", tested.sizes, np.arange(len(tested.sizes)), untold=None)
        most = auto.training_bytes or _MOST
        tokens = max(round(most / vocabulary.bytes_per_token), 1)
        learner = cls(
            texts,
            network,
            device,
            vocabulary,
            tokens,
            seed,
            tested,
            ruler,
            most=min(most, _MOST),
            watch=watch,
            training=auto.training or "scratch",
        )
        with settled():
            watch.plan(seconds_for(network, tokens=tokens, device=device), learner)
        return learner if known is None else replace(learner, base=Base.of(known, learner))

    @property
    def general(self) -> Floats | None:
        return None if self.base is None else self.base.tested.sizes

    @property
    def before(self) -> Told | None:
        return None if self.base is None else self.base.told

    @property
    def facts(self) -> Mapping[str, str | int]:
        import tokenizers
        import torch

        of_base: Mapping[str, str | int] = {}
        if self.base is not None:
            of_base = {"general_bytes": self.base.known.bytes, "general_held_out": len(self.base.tested.sizes)}
        return {
            **of_base,
            "kind": "transformer",
            **self.network.model_dump(exclude={"device"}),
            "tokens": self.tokens,
            "device": self.device,
            "torch": str(torch.__version__),
            "tokenizers": str(tokenizers.__version__),
        }

    def begun(self, seed: int) -> Learning:
        """The seed is of no matter: all trainings have the learner's."""
        del seed
        return _Learning(self)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """A network that has learned general text, which every training begins with."""

    known: GeneralText
    model: SmallTransformer
    tested: Tested
    """General texts that are held out."""
    told: Told
    """What it makes of all held-out texts."""

    @classmethod
    def of(cls, known: GeneralText, learner: TransformerLearner) -> Base:
        """Trains it on each general text once."""
        from releases.subsets.small_transformer import PEAK, SmallTransformer, settled

        learner.watch.say(f"transformer: learns {known.bytes:,} bytes of general text first")
        stream = stream_of(learner.vocabulary.tokens(known.known))
        context = learner.network.context
        tested = Tested.of(known.held_out, learner.vocabulary, context)
        with settled():
            model = SmallTransformer.new(learner.network, seed=learner.seed, device=learner.device)
            model.train(blocks_of(stream, context), tokens=len(stream), peak=PEAK, seed=learner.seed)
            told = Told(learner.tested.bits(model), None, tested.bits(model))
        return cls(known, model, tested, told)


def _read_from(texts: Texts, able: Places, seed: int) -> pl.Series:
    """Texts by chance, in an order that their ids and the seed decide."""
    drawn = able[np.argsort(chances(texts.pool.items, seed)[able], kind="stable")]
    sizes = texts.pool.items["bytes"].to_numpy().astype(np.int64)[drawn]
    some = drawn[: max(int(np.searchsorted(np.cumsum(sizes), _READ_FROM, side="right")), 1)]
    return texts.in_turn(some)


@dataclass(frozen=True, slots=True, eq=False)
class _Learning:
    of: TransformerLearner
    places: list[Places] = field(default_factory=list)
    tokens: list[Tokens] = field(default_factory=list)

    def learn(self, places: Places) -> None:
        if self.of.base is not None:
            places = self.of.base.known.without(places)
        self.places.append(np.sort(places))
        for part in self.of.texts.of_places(places):
            self.tokens.extend(self.of.vocabulary.tokens(part))

    def told(self) -> Told:
        """Trains anew: texts come in an order that their ids and the seed decide, not their places."""
        from releases.subsets.small_transformer import PEAK, SmallTransformer, settled

        begun, of = time.monotonic(), self.of
        items = of.texts.pool.items
        places = np.concatenate(self.places)
        in_turn = np.argsort(chances(items, of.seed)[places], kind="stable")
        blocks = blocks_of(stream_of([self.tokens[place] for place in in_turn]), of.network.context)
        with settled():
            new = SmallTransformer.new(of.network, seed=of.seed, device=of.device)
            model = new if of.base is None else of.base.model.again()
            model.train(blocks, tokens=of.tokens, peak=PEAK * _RATES[of.training], seed=of.seed)
            bits = of.tested.bits(model)
            general = None if of.base is None else of.base.tested.bits(model)
        size = int(items["bytes"].to_numpy()[places].sum())
        of.watch.trained(time.monotonic() - begun, size, float(bits.sum() / of.ruler.units.sum()))
        return Told(bits, None, general)
