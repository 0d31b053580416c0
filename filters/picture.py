"""Opens a picture that nobody vouches for: few formats, size checked before decoding, one word per fault."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
"""What is decoded at all; Pillow knows dozens more, one of which runs Ghostscript."""

FRAME_BUDGET = 256_000_000
"""Pixels of an animation that may be decoded on the way to its middle frame; longer ones are seen earlier."""

PIXEL_CEILING = 178_000_000
"""The most pixels a limit may allow: above, Pillow itself refuses."""

Problem = Literal["picture_unreadable", "picture_too_large", "picture_format_refused"]
PROBLEMS: tuple[Problem, ...] = ("picture_unreadable", "picture_too_large", "picture_format_refused")

# What Pillow's decoders raise on damaged bytes, as fuzzing them shows.
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)

_REFUSED_SIGNATURES = (
    b"%!PS",  # EPS
    b"\xc5\xd0\xd3\xc6",  # EPS with a preview
    b"%PDF",
    b"8BPS",  # Photoshop
    b"\x00\x00\x01\x00",  # ICO
    b"\x00\x00\x00\x0cjP  ",  # JPEG 2000
    b"\xff\x4f\xff\x51",  # JPEG 2000 codestream
    b"\xff\x0a",  # JPEG XL
    b"\x00\x00\x00\x0cJXL ",
    b"DDS ",
    b"\x76\x2f\x31\x01",  # OpenEXR
    b"icns",
    b"<svg",
    b"<?xml",
    b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7",  # portable maps
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    `width` and `height` are those of the first frame as it is to be shown (its EXIF orientation applied). `views` are
    the RGB pictures to look at: the first and the middle frame, each with its transparency dropped and, where any pixel
    is not opaque, over white as well.
    """

    width: int
    height: int
    views: tuple[Image.Image, ...]


def open_picture(data: bytes, *, max_pixels: int) -> Picture | Problem:
    """Decodes a picture, or says what is wrong with it. Changes no setting of Pillow's and warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                return _decode(image, max_pixels=max_pixels)
        except UnidentifiedImageError:
            return "picture_format_refused" if _is_refused_format(data) else "picture_unreadable"
        except Image.DecompressionBombError:
            return "picture_too_large"
        except DAMAGE:
            return "picture_unreadable"


def _is_refused_format(data: bytes) -> bool:
    is_heif = data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS
    return is_heif or data.lstrip().startswith(_REFUSED_SIGNATURES) or data.startswith(_REFUSED_SIGNATURES)


def _decode(image: Image.Image, *, max_pixels: int) -> Picture | Problem:
    views: list[Image.Image] = []
    sizes: list[tuple[int, int]] = []
    for number in _frames_to_see(image):
        image.seek(number)
        if image.width * image.height > max_pixels:
            return "picture_too_large"
        frame = ImageOps.exif_transpose(image)
        sizes.append(frame.size)
        views.extend(_views(frame))
    width, height = sizes[0]
    return Picture(width=width, height=height, views=tuple(views))


def _frames_to_see(image: Image.Image) -> Iterator[int]:
    yield 0
    frames: int = getattr(image, "n_frames", 1)
    within_budget = FRAME_BUDGET // max(1, image.width * image.height)
    middle = min(frames // 2, within_budget)
    if middle:
        yield middle


def _views(frame: Image.Image) -> Iterator[Image.Image]:
    if not frame.has_transparency_data:
        yield _rgb(frame)
        return
    rgba = frame.convert("RGBA")
    yield rgba.convert("RGB")
    if rgba.getchannel("A").getextrema() != (255, 255):
        white = Image.new("RGBA", rgba.size, "white")
        yield Image.alpha_composite(white, rgba).convert("RGB")


def _rgb(frame: Image.Image) -> Image.Image:
    """RGB; a grey picture of more than 8 bits keeps its range instead of being cut at 255."""
    if frame.mode.startswith("I;16") or frame.mode in ("I", "F"):
        return _to_8_bits(frame).convert("RGB")
    return frame.convert("RGB")


def _to_8_bits(frame: Image.Image) -> Image.Image:
    numbers = frame.convert("F")
    high = numbers.getextrema()[1]
    if not isinstance(high, float):
        raise TypeError("a picture of one band has one pair of extremes")
    top = next((top for top in (255.0, 65535.0) if high <= top), high)
    return numbers.point(lambda value: value * (255.0 / top)).convert("L")
