"""Small networks on embeddings: a multilayer perceptron that somebody published, kept as numbers, computed by NumPy.

A head is one safetensors file. Its metadata hold, as JSON under `tamis_head`: the digest of the model whose vectors it
is for, how many numbers go in, the units and the activation of each layer, the two classes, licence, the SHA-256 of the
file that it was imported from, what else is told of it, that of its numbers, and one over all of this. Nothing in it is
run.

Where it says so, what goes in is first brought to mean 0 and variance 1 by numbers that come with it, as Keras's
`Normalization` does: the difference to `mean` over the root of `variance`, or over 1e-7 where that is less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from filters.pictures.clip.tensors import Tensors, parse_safetensors, read_bytes, safetensors_of
from filters.pictures.vectors import Vectors
from tamis.errors import ConfigError
from tamis.ids import canonical_json, digest_of

WHO: Final = "image_head"
FORMAT: Final = 1
KEY: Final = "tamis_head"
EPSILON: Final = 1e-7

Activation = Literal["relu", "tanh", "sigmoid", "linear"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)

Scores = npt.NDArray[np.float64]

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Word = Annotated[str, Field(min_length=1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _Layer(_Shape):
    units: Annotated[int, Field(ge=1, le=65536)]
    activation: Activation


class _Told(_Shape):
    """What the metadata of a head say."""

    format: int
    model: _Sha256
    classes: Annotated[list[_Word], Field(min_length=2, max_length=2)]
    inputs: Annotated[int, Field(ge=1, le=65536)]
    normalised: bool
    layers: Annotated[list[_Layer], Field(min_length=1, max_length=64)]
    licence: _Word
    source: _Sha256
    provenance: dict[str, str]
    weights: _Sha256
    sha256: _Sha256


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A weighted sum for each unit, and what is made of it."""

    weight: npt.NDArray[np.float32]
    """Units x inputs."""
    bias: npt.NDArray[np.float32]
    activation: Activation


@dataclass(frozen=True, slots=True, eq=False)
class ClipHead:
    """A score for each vector, between 0 and 1."""

    model: str
    """Digest of the model (see `filters.pictures.clip.source.ClipFiles.digest`), 64 hex digits."""
    classes: tuple[str, str]
    """What a low and what a high score stands for."""
    layers: tuple[Layer, ...]
    licence: str
    source: str
    """SHA-256 of the file that it was imported from."""
    mean: npt.NDArray[np.float32] | None = None
    """Null: vectors go in as they are, and there is no `variance` either."""
    variance: npt.NDArray[np.float32] | None = None
    provenance: tuple[tuple[str, str], ...] = ()

    @property
    def inputs(self) -> int:
        return int(self.layers[0].weight.shape[1])

    def of(self, views: Vectors) -> Scores:
        """The score of each view, in double precision: 0 to 1."""
        values = views.astype(np.float64)
        if self.mean is not None and self.variance is not None:
            values = (values - self.mean) / np.maximum(np.sqrt(self.variance.astype(np.float64)), EPSILON)
        for layer in self.layers:
            values = _ACTIVATED[layer.activation](values @ layer.weight.T.astype(np.float64) + layer.bias)
        return values[:, 0]

    def save(self, path: Path) -> None:
        """Writes the file that `read_head` reads; the same head gives the same bytes.

        Raises:
            ConfigError: the numbers do not make a head.
        """
        tensors = self._tensors()
        last = self.layers[-1]
        faults = (*_no_score(len(last.bias), last.activation), *_problems(tensors, self._shapes()))
        problems = [f"{WHO}: {fault}" for fault in faults]
        if problems:
            raise ConfigError(*problems)
        told = {**self._told(), "weights": _digest(tensors)}
        path.write_bytes(safetensors_of(tensors, {KEY: canonical_json({**told, "sha256": digest_of(told)}).decode()}))

    def _told(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "model": self.model,
            "classes": list(self.classes),
            "inputs": self.inputs,
            "normalised": self.mean is not None,
            "layers": [{"units": len(each.bias), "activation": each.activation} for each in self.layers],
            "licence": self.licence,
            "source": self.source,
            "provenance": dict(self.provenance),
        }

    def _tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        before = {"mean": self.mean, "variance": self.variance}
        tensors = {name: array for name, array in before.items() if array is not None}
        for place, layer in enumerate(self.layers):
            tensors |= {f"{place}.weight": layer.weight, f"{place}.bias": layer.bias}
        return tensors

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        units = [len(each.bias) for each in self.layers]
        return _shapes(self.inputs, units, normalised=self.mean is not None)


def read_head(path: Path) -> tuple[ClipHead, str]:
    """A head and the SHA-256 of its file.

    Raises:
        ConfigError: it cannot be read, lacks something, or was changed since it was written.
    """
    data = read_bytes(path, who=WHO)
    tensors, metadata = parse_safetensors(data, name=path.name, who=WHO)
    told = _told_in(metadata, path.name)
    shapes = _shapes(told.inputs, [each.units for each in told.layers], normalised=told.normalised)
    problems = [f"{WHO}: {path.name}: {problem}" for problem in (*_refused(told), *_problems(tensors, shapes))]
    if not problems and told.weights != _digest({name: tensors[name] for name in shapes}):
        problems = [f"{WHO}: {path.name}: its numbers are not those that it was saved with. Import it again."]
    if problems:
        raise ConfigError(*problems)
    layers = tuple(
        Layer(tensors[f"{place}.weight"], tensors[f"{place}.bias"], each.activation)
        for place, each in enumerate(told.layers)
    )
    low, high = told.classes
    head = ClipHead(
        told.model,
        (low, high),
        layers,
        told.licence,
        told.source,
        tensors.get("mean"),
        tensors.get("variance"),
        tuple(told.provenance.items()),
    )
    return head, hashlib.sha256(data).hexdigest()


def _told_in(metadata: Mapping[str, str], name: str) -> _Told:
    if KEY not in metadata:
        raise ConfigError(
            f"{WHO}: {name} has weights and does not say for which model, nor what they are. Make a head of it with "
            "`tamis import-head`."
        )
    try:
        return _Told.model_validate_json(metadata[KEY])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or KEY
        raise ConfigError(f"{WHO}: {name}: {place}: {first['msg']}. Import it again.") from None


def _refused(told: _Told) -> Iterator[str]:
    said = told.model_dump(exclude={"sha256"})
    if told.format != FORMAT:
        yield f"format is {told.format}, this Tamis reads {FORMAT}."
    if told.sha256 != digest_of(said):
        yield "its sha256 is not that of what it says: it was changed or damaged. Import it again."
    yield from _no_score(told.layers[-1].units, told.layers[-1].activation)


def _no_score(units: int, activation: Activation) -> Iterator[str]:
    if (units, activation) != (1, "sigmoid"):
        yield f"its last layer has {units} units and is {activation}: a score takes one unit and sigmoid."


def _shapes(inputs: int, units: list[int], *, normalised: bool) -> dict[str, tuple[int, ...]]:
    """Name → shape of each array that such a head has, in their order."""
    shapes: dict[str, tuple[int, ...]] = {"mean": (inputs,), "variance": (inputs,)} if normalised else {}
    for place, (below, here) in enumerate(zip([inputs, *units[:-1]], units, strict=True)):
        shapes |= {f"{place}.weight": (here, below), f"{place}.bias": (here,)}
    return shapes


def _problems(tensors: Tensors, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    if tensors.keys() != shapes.keys():
        yield f"it has the arrays {', '.join(sorted(tensors))}; expected {', '.join(sorted(shapes))}."
        return
    for name, array in tensors.items():
        if array.shape != shapes[name]:
            yield f"{name} is {_by(array.shape)}, expected {_by(shapes[name])}."
        elif array.dtype != np.dtype("<f4") or not np.isfinite(array).all():
            yield f"{name} has numbers that are not finite or not of single precision."
        elif name == "variance" and (array < 0).any():
            yield "variance has numbers below 0, which no variance is."


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _digest(tensors: Tensors) -> str:
    whole = hashlib.sha256()
    for array in tensors.values():
        whole.update(array.astype("<f4").tobytes())
    return whole.hexdigest()


def _sigmoid(sums: Scores) -> Scores:
    return np.exp(-np.logaddexp(0, -sums))


_ACTIVATED: Final[Mapping[Activation, Callable[[Scores], Scores]]] = {
    "relu": lambda sums: np.maximum(sums, 0),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "linear": lambda sums: sums,
}
