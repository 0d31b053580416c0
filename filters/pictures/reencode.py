"""Encodes a picture anew: as it is shown, no larger than asked, with its rights and with no other metadata.

Pixels are turned as the EXIF orientation says, brought to sRGB where a colour profile says what they are, and scaled
down if they are too many. What speaks of rights goes along (`filters.rights.pictures.keep`); places, devices, dates,
previews, comments and whatever else a camera or program wrote do not. Of an animation the first frame is left.

It is a reading, so that it happens where hostile pictures are decoded, in a process that may die of it.
"""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from filters.pictures.decode import DAMAGE, FORMATS, MAX_PIXELS, Picture, Problem, rgb
from filters.pictures.decoder import Decoder
from filters.rights.pictures.keep import Encoder, artist_of, options_for, rights_of
from filters.rights.pictures.markers import may_carry_manifest

PictureFormat = Literal["jpeg", "png", "webp"]

Refusal = Literal["manifest", "not_encoded"] | Problem
"""Why a picture is not encoded anew: it carries a manifest that would no longer hold, the encoder refuses it (a side or
a packet too long for the format), or it cannot be decoded."""

_ENCODERS: dict[PictureFormat, Encoder] = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Reencoding:
    """The bytes of the picture encoded anew; none if that cannot be.

    `quality` is 1 to 100, of JPEG and WebP; `max_side` is in pixels, null for as large as it is.
    """

    format: PictureFormat
    quality: int
    max_side: int | None
    key: str = "reencoded"

    def prepare(self) -> None:
        """All is imported."""

    def of(self, picture: Picture) -> npt.NDArray[np.uint8]:
        try:
            return np.frombuffer(self._encoded(picture), dtype=np.uint8)
        except MemoryError:
            raise
        except DAMAGE:
            return np.empty(0, dtype=np.uint8)

    def _encoded(self, picture: Picture) -> bytes:
        encoder = _ENCODERS[self.format]
        image = _pixels(picture.frame, alpha=self.format != "jpeg")
        if self.max_side is not None:
            image.thumbnail((self.max_side, self.max_side), Image.Resampling.LANCZOS, reducing_gap=None)
        with Image.open(BytesIO(picture.data), formats=FORMATS) as original:
            artist = artist_of(original)
        options = options_for(rights_of(picture.data), encoder, artist=artist)
        if encoder != "PNG":
            options["quality"] = self.quality
        with BytesIO() as saved:
            image.save(saved, encoder, **options)
            return saved.getvalue()


def reencode(data: bytes, wanted: Reencoding) -> bytes | Refusal:
    """The picture encoded anew, or why it is not."""
    if may_carry_manifest(data):
        return "manifest"
    look = _encoder().look(data, (wanted,), max_pixels=MAX_PIXELS)
    if look.problem is not None:
        return look.problem
    return look.arrays[wanted.key].tobytes() or "not_encoded"


def _pixels(frame: Image.Image, *, alpha: bool) -> Image.Image:
    """A picture of its own without a word of metadata: RGB, or RGBA where `alpha` may stay and any is there."""
    colours = _in_srgb(frame)
    if frame.has_transparency_data:
        rgba = colours.convert("RGBA")
        rgba.putalpha(frame.convert("RGBA").getchannel("A"))
        colours = rgba if alpha else Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    own = Image.new(colours.mode, colours.size)
    own.paste(colours)
    return own


def _in_srgb(frame: Image.Image) -> Image.Image:
    """RGB as sRGB has it; a profile that cannot be read says nothing."""
    profile = frame.info.get("icc_profile")
    source = frame if frame.mode in ("RGB", "CMYK", "L") else rgb(frame)
    if not profile:
        return rgb(source)
    try:
        theirs = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(source, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *DAMAGE):
        return rgb(source)
    return converted if converted is not None else rgb(source)


@cache
def _encoder() -> Decoder:
    """This process's own, beside that of the filters: each has readings of its own."""
    encoder = Decoder()
    atexit.register(encoder.close)
    return encoder
