"""What a training takes on named hardware, and what training on a subset saves against training on all there is.

Everything is an estimate: floating-point operations by the size of the model and the tokens it sees, hours by a share
of what the hardware could do, energy by its rated power. Nothing here says that a model from the subset is as good:
that is for whoever evaluates it. A saving is one training's, against another that is named, and no leave to train more.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog.coefficient import Coefficients, Range
from releases.savings.laws import Floors, effective_tokens, epochs, training_flops, unique_token_floors
from tamis.errors import ConfigError

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Hardware:
    """One kind of accelerator in its node, and how it is used."""

    name: str
    flops: float
    """Peak for each second, bf16 without sparsity."""
    watts: float
    """Rated power of one device."""
    utilisation: Range
    """Which share of the peak a training reaches."""
    power_share: Range
    node_factor: Range
    pue: Range

    @classmethod
    def of(cls, coefficients: Coefficients, name: str) -> Hardware:
        """As the table has it.

        Raises:
            ConfigError: the table does not know it.
        """
        flops, watts = (coefficients.of(kind, name).mid for kind in ("device_flops", "device_watts"))
        shares = (coefficients.of("training", each).range for each in ("mfu", "power_share", "node_factor", "pue"))
        return cls(name, flops, watts, *shares)

    def hours(self, flops: float) -> Range:
        """Of one device; several do not take fewer."""
        return Range(flops, flops, flops) / (self.utilisation * (self.flops * _HOUR))

    def kwh(self, flops: float) -> Range:
        """Of devices, nodes and building."""
        return self.hours(flops) * self.power_share * self.node_factor * self.pue * (self.watts / 1000)


@dataclass(frozen=True, slots=True)
class Training:
    """One training from scratch."""

    parameters: float
    seen: float
    """Tokens, repeats included."""
    unique: float
    flops: float
    device_hours: Range
    kwh: Range
    kg_co2e: Range

    @property
    def epochs(self) -> float:
        return epochs(self.seen, self.unique)

    @property
    def worth(self) -> float:
        """How many new tokens it is worth to have seen these."""
        return effective_tokens(self.unique, self.seen)


def train(parameters: float, seen: float, *, unique: float, hardware: Hardware, grid: Range) -> Training:
    """What one training takes.

    Args:
        parameters: of the model.
        seen: tokens it sees, repeats included.
        unique: different tokens.
        hardware: on which it runs.
        grid: grams of CO2e for each kWh.

    Raises:
        ConfigError: a figure is not above 0.
    """
    flops = training_flops(parameters, seen)
    kwh = hardware.kwh(flops)
    there = min(unique, seen)
    return Training(parameters, seen, there, flops, hardware.hours(flops), kwh, _emitted(kwh, grid))


def _emitted(kwh: Range, grid: Range) -> Range:
    return kwh * grid * 0.001


@dataclass(frozen=True, slots=True)
class Corpora:
    """Tokens of what could be trained on: a subset, the kept corpus it was taken from, and that before curation."""

    subset: float
    whole: float
    raw: float | None = None
    """Null where nobody counted."""

    def __post_init__(self) -> None:
        if not self.subset <= self.whole <= (self.whole if self.raw is None else self.raw):
            raise ConfigError("the subset must not have more tokens than the whole, nor that more than the raw corpus.")


@dataclass(frozen=True, slots=True)
class Curation:
    """What it took to curate, as the catalog's view `energy` has it."""

    kwh: Range
    kg_co2e: Range
    quality: str
    """measured, modelled or assumed."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One epoch over something larger, against one over the subset."""

    name: str
    """whole or raw."""
    training: Training
    saved_kwh: Range
    """By one training."""
    saved_kg_co2e: Range
    net_kwh: Range | None
    """By one training, less what curating took; null where that is not known. Below 0 it took more than it saved."""
    break_even: Range | None
    """After how many trainings curating is paid for: at least, by best guess, at most; null where that is not known, or
    where nothing is saved."""


@dataclass(frozen=True, slots=True)
class Savings:
    """A subset, what it saves, and against what."""

    hardware: Hardware
    region: str
    grid_year: int
    coefficients: str
    """Version of the table."""
    subset: Training
    compared: tuple[Compared, ...]
    equal_computing: tuple[Training, Training]
    """Seeing as many tokens as the whole has: the subset again and again, the whole once. Both take the same."""
    floors: Floors | None
    """Null of a model that knows something before: they, and what repeats are worth, are of trainings from scratch."""
    curation: Curation | None


def compare(
    parameters: float,
    corpora: Corpora,
    *,
    coefficients: Coefficients,
    hardware: str,
    curation: Curation | None = None,
    from_scratch: bool = True,
) -> Savings:
    """What training on the subset saves, for a model of this size.

    Both trainings of a comparison are on one hardware, so that its low is the difference of their lows; curating is on
    another machine, so that the lowest net saving is the lowest saving less the highest that curating may have taken.

    Raises:
        ConfigError: a figure is not above 0, or the table knows neither the hardware nor the region.
    """
    device, grid = Hardware.of(coefficients, hardware), coefficients.grid

    def once(tokens: float) -> Training:
        return train(parameters, tokens, unique=tokens, hardware=device, grid=grid.range)

    subset = once(corpora.subset)
    larger = {"whole": corpora.whole, **({} if corpora.raw is None else {"raw": corpora.raw})}
    again = train(parameters, corpora.whole, unique=corpora.subset, hardware=device, grid=grid.range)
    return Savings(
        hardware=device,
        region=coefficients.region,
        grid_year=grid.year,
        coefficients=coefficients.version,
        subset=subset,
        compared=tuple(_compared(name, once(tokens), subset, curation) for name, tokens in larger.items()),
        equal_computing=(again, once(corpora.whole)),
        floors=unique_token_floors(parameters) if from_scratch else None,
        curation=curation,
    )


def _compared(name: str, larger: Training, subset: Training, curation: Curation | None) -> Compared:
    saved = _difference(larger.kwh, subset.kwh)
    net = break_even = None
    if curation is not None:
        net = Range(saved.low - curation.kwh.high, saved.mid - curation.kwh.mid, saved.high - curation.kwh.low)
        break_even = curation.kwh / saved if saved.low > 0 else None
    return Compared(name, larger, saved, _difference(larger.kg_co2e, subset.kg_co2e), net, break_even)


def _difference(one: Range, other: Range) -> Range:
    return Range(one.low - other.low, one.mid - other.mid, one.high - other.high)
