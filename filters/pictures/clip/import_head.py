"""Makes a head of weights that somebody published, as safetensors or as an .npz of plain arrays; never of a pickle.

Nothing is guessed. The file must have the SHA-256 that is asked for; which arrays are which layer, and what follows it,
is said by whoever imports; and an array that nobody spoke of is an error, for it may be the layer that was forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from filters.pictures.clip.head import ACTIVATIONS, Activation, ClipHead, Layer
from filters.pictures.clip.tensors import parse_npz, parse_safetensors, read_bytes
from tamis.errors import ConfigError, did_you_mean

WHO: Final = "import-head"

_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".h5", ".keras", ".npy")
_JOINED_BY = (".", "/", "")
"""What may stand between a layer's name and `weight`, `kernel` or `bias`."""

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Published:
    """What is said of the weights by whoever imports them."""

    model: str
    """Digest of the model whose vectors they are for."""
    classes: tuple[str, str]
    layers: tuple[tuple[str, Activation], ...]
    """(name of the layer's arrays, activation), from the first to the last."""
    licence: str
    normalise: tuple[str, str] | None = None
    """The names of mean and variance; null where nothing is normalised."""
    without: tuple[str, ...] = ()
    """Arrays that are no part of the head."""
    provenance: tuple[tuple[str, str], ...] = ()


def import_head(source: Path, said: Published, *, sha256: str) -> ClipHead:
    """The head that the weights in `source` make.

    Args:
        source: a safetensors or .npz file.
        said: see `Published`.
        sha256: that it must have.

    Raises:
        ConfigError: it has another digest, cannot be read, or its arrays are not those that are spoken of.
    """
    arrays = _read(source, sha256)
    problems = list(_not_spoken_of(arrays, said))
    if problems:
        raise ConfigError(*problems)
    layers = tuple(_layer(arrays, name, activation) for name, activation in said.layers)
    mean, variance = (_flat(arrays[name]) for name in said.normalise) if said.normalise else (None, None)
    return ClipHead(said.model, said.classes, layers, said.licence, sha256.lower(), mean, variance, said.provenance)


def activation_of(word: str) -> Activation:
    """The activation of that name.

    Raises:
        ConfigError: there is none.
    """
    found = next((each for each in ACTIVATIONS if each == word), None)
    if found is None:
        raise ConfigError.unknown("activation", word, ACTIVATIONS, where="--layer")
    return found


def _read(source: Path, sha256: str) -> Arrays:
    suffix = source.suffix.lower()
    if suffix in _PICKLES:
        raise ConfigError(
            f"{WHO}: {source.name} can run code when it is opened. Convert it on a machine that you can lose, to "
            "safetensors or to an .npz of plain arrays, and take the SHA-256 of that."
        )
    if suffix not in (".safetensors", ".npz"):
        raise ConfigError(f"{WHO}: {source.name}: expected a .safetensors or .npz file.")
    data = read_bytes(source, who=WHO)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.lower():
        raise ConfigError(
            f"{WHO}: {source.name} has the SHA-256 {found}, not the one that is asked for. Fetch it again, or ask "
            "where the digest came from."
        )
    if suffix == ".npz":
        return parse_npz(data, name=source.name, who=WHO)
    return parse_safetensors(data, name=source.name, who=WHO)[0]


def _not_spoken_of(arrays: Arrays, said: Published) -> Iterator[str]:
    named = [*(said.normalise or ()), *said.without]
    for name, _ in said.layers:
        parts = [_part(arrays, name, kinds) for kinds in (("weight", "kernel"), ("bias",))]
        if None in parts:
            yield f"{WHO}: --layer {name}: there are no weight (or kernel) and bias of it.{did_you_mean(name, arrays)}"
        named += [part for part in parts if part is not None]
    yield from (f"{WHO}: there is no array {name}.{did_you_mean(name, arrays)}" for name in named if name not in arrays)
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"{WHO}: the array {name} is named twice."
    left = sorted(arrays.keys() - set(named))
    if left:
        yield (
            f"{WHO}: nobody said what {', '.join(left)} is. Name it by --layer or --normalise, or leave it out by "
            "--without."
        )


def _part(arrays: Arrays, name: str, kinds: tuple[str, ...]) -> str | None:
    spelled = (f"{name}{between}{kind}{end}" for kind in kinds for between in _JOINED_BY for end in ("", ":0"))
    return next((each for each in spelled if each in arrays), None)


def _layer(arrays: Arrays, name: str, activation: Activation) -> Layer:
    """Torch keeps a `weight` as units x inputs, Keras a `kernel` as inputs x units."""
    weight, kernel = (_part(arrays, name, (kind,)) for kind in ("weight", "kernel"))
    bias = _part(arrays, name, ("bias",))
    matrix = arrays[weight] if weight else arrays[kernel or ""].T
    if matrix.ndim != 2:
        raise ConfigError(f"{WHO}: --layer {name}: its weights have {matrix.ndim} dimensions, expected 2.")
    return Layer(_single(matrix), _flat(arrays[bias or ""]), activation)


def _single(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    if not np.issubdtype(array.dtype, np.floating):
        raise ConfigError(f"{WHO}: an array holds {array.dtype}, expected floating-point numbers.")
    return np.ascontiguousarray(array, dtype="<f4")


def _flat(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return _single(array).reshape(-1)
