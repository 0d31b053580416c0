"""Opening pictures that nobody vouches for."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from filters.pictures.decode import MAX_SIDE, PROBLEMS, Picture, open_picture, status_of
from tamis.reasons import REASONS
from tamis.records import STATUSES

Saved = Callable[..., bytes]
LIMIT = 1_000_000


def _png_of(width: int, height: int) -> bytes:
    """A small file that claims to be huge: one grey picture, its rows compressed zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _view_colours(opened: object) -> list[tuple[int, ...]]:
    assert isinstance(opened, Picture)
    return [view.getpixel((0, 0)) for view in opened.views]


def test_every_problem_is_a_reason() -> None:
    assert set(PROBLEMS) <= set(REASONS)


def test_every_problem_has_a_status_that_holds() -> None:
    assert {status_of(problem) for problem in PROBLEMS} <= set(STATUSES) - {"seen", "not_applicable"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_a_listed_format_opens(drawing: Image.Image, saved: Saved, kind: str) -> None:
    opened = open_picture(saved(drawing, kind), max_pixels=LIMIT)
    assert isinstance(opened, Picture)
    assert (opened.width, opened.height) == drawing.size
    assert [view.mode for view in opened.views] == ["RGB"]


@pytest.mark.parametrize("kind", ["EPS", "ICO", "PPM", "PDF", "JPEG2000"])
def test_another_format_is_refused(drawing: Image.Image, saved: Saved, kind: str) -> None:
    assert open_picture(saved(drawing, kind), max_pixels=LIMIT) == "picture_format_refused"


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP"])
def test_what_is_no_picture_is_unreadable(data: bytes) -> None:
    assert open_picture(data, max_pixels=LIMIT) == "picture_unreadable"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "AVIF"])
def test_a_picture_that_ends_too_early_is_truncated(drawing: Image.Image, saved: Saved, kind: str) -> None:
    data = saved(drawing, kind)
    assert open_picture(data[: len(data) * 2 // 3], max_pixels=LIMIT) == "picture_truncated"


def test_a_webp_does_not_say_what_it_lacks(drawing: Image.Image, saved: Saved) -> None:
    data = saved(drawing, "WEBP")
    assert open_picture(data[: len(data) * 2 // 3], max_pixels=LIMIT) == "picture_unreadable"


def test_a_side_of_any_length_is_no_picture(saved: Saved) -> None:
    assert isinstance(open_picture(saved(Image.new("1", (MAX_SIDE, 1)), "PNG"), max_pixels=LIMIT), Picture)
    assert open_picture(saved(Image.new("1", (1, MAX_SIDE + 1)), "PNG"), max_pixels=LIMIT) == "picture_too_large"


@pytest.mark.parametrize(("width", "height"), [(2000, 2000), (10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_too_large_before_it_is_decoded(width: int, height: int) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert open_picture(_png_of(width, height), max_pixels=LIMIT) == "picture_too_large"
    assert warned == []
    assert Image.MAX_IMAGE_PIXELS == 89_478_485


def test_the_limit_is_inclusive(saved: Saved) -> None:
    data = saved(Image.new("L", (10, 10)), "PNG")
    assert isinstance(open_picture(data, max_pixels=100), Picture)
    assert open_picture(data, max_pixels=99) == "picture_too_large"


def test_cmyk_is_seen_in_its_colours(saved: Saved) -> None:
    data = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    [(red, green, blue)] = _view_colours(open_picture(data, max_pixels=LIMIT))
    assert red > 200
    assert green < 60
    assert blue < 60


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (32768, 127), (65535, 255)])
def test_sixteen_bits_keep_their_range(saved: Saved, value: int, grey: int) -> None:
    image = Image.new("I;16", (4, 4), 65535)
    image.putpixel((0, 0), value)
    [(red, _, _)] = _view_colours(open_picture(saved(image, "PNG"), max_pixels=LIMIT))
    assert abs(red - grey) <= 1


def test_transparency_is_seen_dropped_and_over_white(saved: Saved) -> None:
    data = saved(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG")
    assert _view_colours(open_picture(data, max_pixels=LIMIT)) == [(255, 0, 0), (255, 255, 255)]


def test_an_opaque_alpha_channel_is_one_view(saved: Saved) -> None:
    data = saved(Image.new("RGBA", (4, 4), (255, 0, 0, 255)), "PNG")
    assert _view_colours(open_picture(data, max_pixels=LIMIT)) == [(255, 0, 0)]


def test_a_palette_with_a_transparent_colour_is_seen_both_ways(saved: Saved) -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 0, 0, 255])
    data = saved(image, "PNG", transparency=1)
    assert _view_colours(open_picture(data, max_pixels=LIMIT)) == [(0, 0, 255), (255, 255, 255)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_the_first_and_the_middle_frame_are_seen(saved: Saved, kind: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("black", "red", "lime", "blue", "white")]
    data = saved(
        frames[0], kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {})
    )
    assert _view_colours(open_picture(data, max_pixels=LIMIT)) == [(0, 0, 0), (0, 255, 0)]


def test_a_large_second_page_is_too_large(saved: Saved) -> None:
    data = saved(Image.new("L", (8, 8)), "TIFF", save_all=True, append_images=[Image.new("L", (80, 80))])
    assert open_picture(data, max_pixels=1000) == "picture_too_large"


def test_a_picture_is_turned_as_its_exif_says(saved: Saved) -> None:
    image = Image.new("RGB", (32, 16), "white")
    image.paste("black", (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    opened = open_picture(saved(image, "JPEG", exif=exif, quality=95), max_pixels=LIMIT)
    assert isinstance(opened, Picture)
    assert (opened.width, opened.height) == (16, 32)
    assert opened.stored is not None
    assert opened.stored.size == (32, 16)
    top, bottom = (opened.views[0].getpixel((8, y))[0] for y in (2, 30))
    assert top < 50
    assert bottom > 200


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_damaged_bytes_end_in_a_picture_or_a_word(
    drawing: Image.Image, saved: Saved, kind: str, data: st.DataObject
) -> None:
    whole = bytearray(saved(drawing.resize((24, 16)), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    opened = open_picture(bytes(whole), max_pixels=LIMIT)
    assert isinstance(opened, Picture) or opened in PROBLEMS
