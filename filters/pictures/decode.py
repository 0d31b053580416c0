"""Opens a picture that nobody vouches for: few formats, size checked before decoding, one word per fault."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, get_args

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
"""What is decoded at all; Pillow knows dozens more, one of which runs Ghostscript."""

FRAME_BUDGET = 256_000_000
"""Pixels of an animation that may be decoded on the way to its middle frame; longer ones are seen earlier."""

MAX_PIXELS = 64_000_000
"""The most pixels that are decoded where nothing else is asked for: 256 MB in memory."""

MAX_SIDE = 60_000
"""The longest side that is decoded: what is longer is no picture, and overflows what others count in 16 bits."""

PIXEL_CEILING = 178_000_000
"""The most pixels a limit may allow: above, Pillow itself refuses."""

Problem = Literal[
    "picture_unreadable",
    "picture_truncated",
    "picture_format_refused",
    "picture_too_large",
    "picture_out_of_memory",
    "picture_out_of_time",
    "picture_crashed",
]
PROBLEMS: tuple[Problem, ...] = get_args(Problem)

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

_ORIENTATION = 0x0112
_AS_STORED = 1

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

    `frame` is the first frame as it is to be shown (its EXIF orientation applied), in its own mode; `stored` the same
    as it is stored, where that is another way up, else null. `views` are the RGB pictures to look at: the first and the
    middle frame, each with its transparency dropped and, where any pixel is not opaque, over white as well.
    """

    frame: Image.Image
    stored: Image.Image | None
    views: tuple[Image.Image, ...]
    pixels: int
    """Of the largest frame that was decoded."""
    data: bytes
    """As it came, for its metadata."""

    @property
    def width(self) -> int:
        return self.frame.width

    @property
    def height(self) -> int:
        return self.frame.height


def open_picture(data: bytes, *, max_pixels: int) -> Picture | Problem:
    """Decodes a picture, or says what is wrong with it. Changes no setting of Pillow's and warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                return _decode(image, data, max_pixels=max_pixels)
        except UnidentifiedImageError:
            return "picture_format_refused" if _is_refused_format(data) else "picture_unreadable"
        except Image.DecompressionBombError:
            return "picture_too_large"
        except MemoryError:
            return "picture_out_of_memory"
        except DAMAGE as error:
            return "picture_truncated" if _is_cut(error) else "picture_unreadable"


def status_of(problem: Problem | None) -> str:
    """What a filter says of a picture with that problem, one of tamis.records.STATUSES."""
    match problem:
        case None:
            return "seen"
        case "picture_too_large":
            return "too_long"
        case "picture_out_of_memory" | "picture_out_of_time" | "picture_crashed":
            return "failed"
    return "unreadable"


def _is_cut(error: Exception) -> bool:
    """Whether bytes are missing at the end, which is all that Pillow tells by its words alone."""
    return isinstance(error, OSError | EOFError | SyntaxError) and "truncated" in str(error).lower()


def _is_refused_format(data: bytes) -> bool:
    is_heif = data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS
    return is_heif or data.lstrip().startswith(_REFUSED_SIGNATURES) or data.startswith(_REFUSED_SIGNATURES)


def _decode(image: Image.Image, data: bytes, *, max_pixels: int) -> Picture | Problem:
    shown: list[Image.Image] = []
    stored: Image.Image | None = None
    pixels = 0
    for number in _frames_to_see(image):
        image.seek(number)
        if image.width * image.height > max_pixels or max(image.size) > MAX_SIDE:
            return "picture_too_large"
        pixels = max(pixels, image.width * image.height)
        frame, turned = _upright(image)
        stored = frame if turned and not shown else stored
        shown.append(turned or frame)
    views = tuple(view for frame in shown for view in _views(frame))
    return Picture(frame=shown[0], stored=stored, views=views, pixels=pixels, data=data)


def _upright(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The frame as stored, and as shown where that is another way up.

    Only an animation's frame is copied, for the next one takes its place; to copy a large picture costs as much as a
    tenth of decoding it.
    """
    image.load()
    turned = image.getexif().get(_ORIENTATION, _AS_STORED) != _AS_STORED
    frame = image.copy() if getattr(image, "n_frames", 1) > 1 else image
    return frame, ImageOps.exif_transpose(image) if turned else None


def _frames_to_see(image: Image.Image) -> Iterator[int]:
    yield 0
    frames: int = getattr(image, "n_frames", 1)
    within_budget = FRAME_BUDGET // max(1, image.width * image.height)
    middle = min(frames // 2, within_budget)
    if middle:
        yield middle


def _views(frame: Image.Image) -> Iterator[Image.Image]:
    if not frame.has_transparency_data:
        yield rgb(frame)
        return
    rgba = frame.convert("RGBA")
    yield rgba.convert("RGB")
    if rgba.getchannel("A").getextrema() != (255, 255):
        white = Image.new("RGBA", rgba.size, "white")
        yield Image.alpha_composite(white, rgba).convert("RGB")


def rgb(frame: Image.Image) -> Image.Image:
    """RGB; a grey picture of more than 8 bits keeps its range instead of being cut at 255."""
    if frame.mode == "RGB":
        return frame
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
