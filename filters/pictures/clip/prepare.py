"""What a CLIP model is shown of a picture: its pixels at the model's size, as open_clip's own transform has them.

Torch scales bytes down as Pillow does, within one grey level, in a third of the time. Pillow itself is left with small
pictures, where torch can be two levels off, and with long ones, of which most is cut off. Of the very long ones, which
would take gigabytes, only what is left after the cut is computed: within two levels, in pictures of noise.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from filters.pictures.decode import Picture
from tamis.errors import ConfigError

Pixels = npt.NDArray[np.uint8]

MODES = ("shortest", "squash", "longest")
INTERPOLATIONS = ("bicubic", "bilinear")

_SHRINKS = 1.5
"""By how much a picture has to shrink for torch to be within one grey level whatever is in it."""

_MUCH, _TOO_MUCH = 2, 16
"""How many times what is kept the whole picture may come to, so that torch scales it, and so that Pillow does."""


@dataclass(frozen=True, slots=True)
class ClipInput:
    """Every view of a picture as views x height x width x 3 bytes, red first; the model normalises them itself.

    `shortest` scales until the shorter side fits and cuts off the rest evenly, `longest` until the longer one does and
    fills up, `squash` changes the proportions.
    """

    height: int
    width: int
    mode: str = "shortest"
    interpolation: str = "bicubic"
    fill: int = 0
    """Grey level, 0 to 255, around a picture scaled by `longest`."""

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> ClipInput:
        """What a model's preprocess_cfg asks for.

        Raises:
            ConfigError: it asks for something that open_clip does not have either.
        """
        size = config["size"]
        height, width = (size, size) if isinstance(size, int) else (int(side) for side in size)
        made = cls(height, width, config["resize_mode"], config["interpolation"], int(config["fill_color"]))
        if made.mode not in MODES:
            raise ConfigError.unknown("resize_mode", made.mode, MODES, where="clip: the model's preprocess_cfg")
        if made.interpolation not in INTERPOLATIONS:
            raise ConfigError.unknown(
                "interpolation", made.interpolation, INTERPOLATIONS, where="clip: the model's preprocess_cfg"
            )
        return made

    @property
    def key(self) -> str:
        return f"clip-{self.height}x{self.width}-{self.mode}-{self.interpolation}-{self.fill}"

    def prepare(self) -> None:
        import torch

        torch.set_num_threads(1)
        self._by_torch(Image.new("RGB", (2, 2)), (1, 1))  # the first call allocates what all others use

    def of(self, picture: Picture) -> Pixels:
        return np.stack([self.pixels(view) for view in picture.views])

    def pixels(self, view: Image.Image) -> Pixels:
        """One view, RGB: height x width x 3."""
        height, width = size = self._scaled(view.height, view.width)
        rows, columns = kept = _kept(height, self.height), _kept(width, self.width)
        whole = height * width / (len(rows) * len(columns))
        if whole > _TOO_MUCH:
            pixels = self._part(view, size, kept)
        else:
            is_small = _SHRINKS * height > view.height or _SHRINKS * width > view.width
            scale = self._by_pillow if is_small or whole > _MUCH else self._by_torch
            pixels = scale(view, size)[rows.start : rows.stop, columns.start : columns.stop]
        return pixels if pixels.shape[:2] == (self.height, self.width) else self._filled(pixels)

    def _scaled(self, height: int, width: int) -> tuple[int, int]:
        """The size before anything is cut off or filled up, rounded as torchvision and open_clip round it."""
        if self.mode == "squash":
            return self.height, self.width
        if self.mode == "shortest" and self.height == self.width:
            longer = int(self.height * max(height, width) / min(height, width))
            return (longer, self.width) if height >= width else (self.height, longer)
        ratios = height / self.height, width / self.width
        ratio = min(ratios) if self.mode == "shortest" else max(ratios)
        return max(1, round(height / ratio)), max(1, round(width / ratio))

    @property
    def _effective(self) -> str:
        """open_clip scales to a size that is no square by its default, whatever the config says."""
        return "bicubic" if self.mode == "shortest" and self.height != self.width else self.interpolation

    @property
    def _method(self) -> Image.Resampling:
        return Image.Resampling.BICUBIC if self._effective == "bicubic" else Image.Resampling.BILINEAR

    def _by_pillow(self, view: Image.Image, size: tuple[int, int]) -> Pixels:
        return np.asarray(view.resize((size[1], size[0]), resample=self._method))

    def _by_torch(self, view: Image.Image, size: tuple[int, int]) -> Pixels:
        import torch
        from torch.nn.functional import interpolate

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the array is read-only: nobody writes to it
            pixels = torch.from_numpy(np.asarray(view)).permute(2, 0, 1)[None]
        first = [(size[0], view.width)] if _down_first((view.height, view.width), size) else []
        for each in (*first, size):
            pixels = interpolate(pixels, size=each, mode=self._effective, align_corners=False, antialias=True)
        answer: Pixels = pixels[0].permute(1, 2, 0).numpy()
        return answer

    def _part(self, view: Image.Image, size: tuple[int, int], kept: tuple[range, range]) -> Pixels:
        """The rows and columns `kept` of the picture scaled to `size`: nothing else is computed."""
        rows = _Side.of(kept[0], source=view.height, scaled=size[0])
        columns = _Side.of(kept[1], source=view.width, scaled=size[1])
        part = view.crop((columns.first, rows.first, columns.end, rows.end))
        down_first = _down_first((view.height, view.width), size)
        for is_down in (down_first, not down_first):
            if is_down:
                box = (0.0, rows.box[0], float(part.width), rows.box[1])
                part = part.resize((part.width, len(kept[0])), resample=self._method, box=box)
            else:
                box = (columns.box[0], 0.0, columns.box[1], float(part.height))
                part = part.resize((len(kept[1]), part.height), resample=self._method, box=box)
        return np.asarray(part)

    def _filled(self, pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        top, left = (self.height - height) // 2, (self.width - width) // 2
        canvas = np.full((self.height, self.width, 3), self.fill, dtype=np.uint8)
        canvas[top : top + height, left : left + width] = pixels
        return canvas


@dataclass(frozen=True, slots=True)
class _Side:
    """Of one side of a picture, what it takes to scale a part of it."""

    first: int
    end: int
    box: tuple[float, float]
    """What the part is made of, counted from `first`; around it is what the filter's curve reaches."""

    @classmethod
    def of(cls, kept: range, *, source: int, scaled: int) -> _Side:
        scale = source / scaled
        start, stop = kept.start * scale, min(kept.stop * scale, source)
        reach = 2 * max(1.0, scale) + 2
        first, end = max(0, int(start - reach)), min(source, int(stop + reach) + 1)
        return cls(first, end, (start - first, stop - first))


def _down_first(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether Pillow 13 scales down the columns before it goes along the rows; it rounds and clips between the two."""
    height, width = before
    return height > after[0] and height - after[0] > 2 * (width - after[1])


def _kept(scaled: int, wanted: int) -> range:
    """What is kept of a side; a shorter one is kept whole."""
    first = max(0, round((scaled - wanted) / 2))
    return range(first, first + min(scaled, wanted))
