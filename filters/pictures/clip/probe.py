"""Linear probes: a logistic regression on embeddings, fitted on pictures that somebody labelled, kept as data.

A probe is a JSON file: the digest of the model whose vectors it weighs, one weight for each dimension, a bias, the
two classes, where it comes from, and the SHA-256 of all of that. Nothing in it is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from filters.pictures.vectors import Vectors
from tamis.errors import ConfigError
from tamis.ids import digest_of

FORMAT: Final = 1

LEAST: Final = 50
"""So many pictures of either class a probe is fitted on at least: fewer say nothing of what it will miss."""

_STEPS: Final = 100
_KEYS = {"format", "model", "classes", "bias", "weight", "provenance", "sha256"}

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Probe:
    """A probability for each vector, by the logistic function of a weighted sum."""

    model: str
    """Digest of the model (see `filters.pictures.clip.source.ClipFiles.digest`), 64 hex digits."""
    classes: tuple[str, str]
    """What a low and what a high score stands for."""
    bias: float
    weight: tuple[float, ...]
    provenance: tuple[tuple[str, str], ...] = ()
    """What whoever made it says of it, such as the labelled set and its licence."""

    def of(self, views: Vectors) -> Scores:
        """The score of each view, 0 to 1."""
        return _logistic(views.astype(np.float64) @ np.array(self.weight) + self.bias)

    def save(self, path: Path) -> None:
        """Writes the file that `read_probe` reads; the same probe gives the same bytes."""
        told = self._told()
        path.write_bytes(orjson.dumps({**told, "sha256": digest_of(told)}, option=orjson.OPT_INDENT_2))

    def _told(self) -> dict[str, Any]:
        plain = {**asdict(self), "classes": list(self.classes), "weight": list(self.weight)}
        return {"format": FORMAT, **plain, "provenance": dict(self.provenance)}


def read_probe(path: Path) -> tuple[Probe, str]:
    """A probe and the SHA-256 of its file.

    Raises:
        ConfigError: it cannot be read, lacks something, or was changed since it was written.
    """
    try:
        data = path.read_bytes()
        said = orjson.loads(data)
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConfigError(f"image_probe: {path.name} cannot be read as JSON ({type(error).__name__}).") from error
    problems = [f"image_probe: {path.name}: {problem}" for problem in _problems(said)]
    if problems:
        raise ConfigError(*problems)
    low, high = said["classes"]
    weight = tuple(float(each) for each in said["weight"])
    provenance = tuple((key, str(value)) for key, value in said["provenance"].items())
    probe = Probe(said["model"], (low, high), float(said["bias"]), weight, provenance)
    return probe, hashlib.sha256(data).hexdigest()


def _problems(said: Any) -> Iterator[str]:
    if not isinstance(said, dict) or said.keys() != _KEYS:
        yield f"expected an object with {', '.join(sorted(_KEYS))}. Fit it again with `tamis fit-probe`."
        return
    if said["format"] != FORMAT:
        yield f"format is {said['format']}, this Tamis reads {FORMAT}."
        return
    if said["sha256"] != digest_of({key: value for key, value in said.items() if key != "sha256"}):
        yield "its sha256 is not that of what it says: it was changed or damaged. Take it again from where it came."
    if not isinstance(said["model"], str) or len(said["model"]) != 64:
        yield "model: expected 64 hex digits."
    if not _are(said["classes"], str) or len(said["classes"]) != 2:
        yield "classes: expected two words."
    if not _are(said["weight"], float) or not _are([said["bias"]], float):
        yield "bias and weight: expected finite numbers."
    if not isinstance(said["provenance"], Mapping):
        yield "provenance: expected an object."


def _are(value: Any, kind: type) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if kind is str:
        return all(isinstance(each, str) and each for each in value)
    return all(isinstance(each, int | float) and not isinstance(each, bool) and isfinite(each) for each in value)


def fit_probe(
    vectors: Vectors,
    positive: npt.NDArray[np.bool_],
    *,
    model: str,
    classes: tuple[str, str],
    l2: float = 1.0,
    provenance: Mapping[str, str] | None = None,
) -> Probe:
    """The logistic regression of `positive` on unit vectors, by Newton's method; the same rows give the same probe.

    Args:
        vectors: rows x dimensions.
        positive: whether each row is of the second class.
        model: digest of the model that the vectors come from.
        classes: see `Probe`.
        l2: half of it times the square of the weights is added to the sum of the losses; the bias is free. The loss is
            then strictly convex in the weights, so that there is one answer even where a plane parts the classes.
        provenance: see `Probe`.

    Raises:
        ConfigError: there are too few of a class, l2 is not above 0, or a vector is not finite.
    """
    counts = int(positive.sum()), int((~positive).sum())
    if min(counts) < LEAST:
        raise ConfigError(
            f"image_probe: {counts[0]} pictures are labelled {classes[1]} and {counts[1]} {classes[0]}. Label at least "
            f"{LEAST} of each."
        )
    if not l2 > 0:
        raise ConfigError(f"image_probe: l2 is {l2}, expected above 0: without it there may be no answer.")
    if not np.isfinite(vectors).all():
        raise ConfigError("image_probe: some vectors are not finite. Embed these pictures again.")
    rows = np.column_stack([vectors.astype(np.float64), np.ones(len(vectors))])
    weights = _newton(rows, positive.astype(np.float64), l2=l2)
    told = tuple((provenance or {}).items())
    return Probe(model, classes, float(weights[-1]), tuple(weights[:-1].tolist()), told)


def _newton(rows: Scores, wanted: Scores, *, l2: float) -> Scores:
    """Steps are halved while they would raise the loss, so it comes down to its minimum from anywhere."""
    penalty = np.full(rows.shape[1], l2)
    penalty[-1] = 0.0
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chance = _logistic(rows @ weights)
        slope = rows.T @ (chance - wanted) + penalty * weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty + 1e-12)
        step = np.linalg.solve(curve, slope)
        before, size = _loss(rows, wanted, weights, penalty), 1.0
        while size > 1e-6 and _loss(rows, wanted, weights - size * step, penalty) > before:
            size /= 2
        weights = weights - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return weights


def _loss(rows: Scores, wanted: Scores, weights: Scores, penalty: Scores) -> float:
    sums = rows @ weights
    return float(np.logaddexp(0, sums).sum() - sums @ wanted + 0.5 * (penalty * weights**2).sum())


def _logistic(sums: Scores) -> Scores:
    return np.exp(-np.logaddexp(0, -sums))
