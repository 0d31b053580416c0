"""Perceptual hashes are those of the libraries, told to the bit."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import imagehash
import numpy as np
import orjson
import pdqhash
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from filters.base import run_filter
from filters.picture_hashes import PictureHashesFilter
from filters.pictures.decode import FORMATS
from filters.pictures.prints import _thumbnail, _within
from tamis.errors import ConfigError
from tamis.testing import image_batch

Saved = Callable[..., bytes]
SHARED = Path(__file__).parents[4] / "shared" / "data" / "images"
HASHES = PictureHashesFilter()


def _hex(pictures: list[bytes]) -> list[dict[tuple[str, str], str]]:
    """By picture: (algorithm, view) → the hash as it is usually written."""
    found = run_filter(HASHES, image_batch(pictures)).prints
    by_position: list[dict[tuple[str, str], str]] = [{} for _ in pictures]
    for row in found.iter_rows(named=True):
        words = [row[f"bits_{word}"] for word in range(4)]
        written = "".join(f"{word:016x}" for word in words if word is not None)
        by_position[row["position"]][row["algorithm"], row["view"]] = written
    return by_position


def _generated(seed: int) -> Image.Image:
    """Of any size and mode: blobs, a gradient and noise."""
    dice = np.random.default_rng(seed)
    width, height = (int(side) for side in dice.integers(1, 200, 2))
    coarse = dice.integers(0, 256, (int(dice.integers(2, 9)), int(dice.integers(2, 9)), 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return image.convert(("RGB", "L", "RGBA", "P", "CMYK", "1", "LA", "I;16")[seed % 8])


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_hashes_of_generated_pictures_are_imagehashs_own(saved: Saved, start: int) -> None:
    pictures = [_generated(seed) for seed in range(start, start + 250)]
    data = [saved(picture, "TIFF" if picture.mode == "CMYK" else "PNG") for picture in pictures]
    for found, picture in zip(_hex(data), pictures, strict=True):
        assert found["phash", "shown"] == str(imagehash.phash(picture))
        assert found["dhash", "shown"] == str(imagehash.dhash(picture))


def test_pdq_is_that_of_the_picture_within_512(saved: Saved) -> None:
    pictures = [_generated(seed).convert("RGB").resize((700, 600)) for seed in range(6)]
    for found, picture in zip(_hex([saved(picture, "PNG") for picture in pictures]), pictures, strict=True):
        picture.thumbnail((512, 512))
        bits, _ = pdqhash.compute(np.asarray(picture))
        assert found["pdq", "shown"] == np.packbits(bits).tobytes().hex()


@given(st.tuples(st.integers(1, 2000), st.integers(1, 2000)))
@settings(max_examples=300)
def test_a_thumbnail_is_as_large_as_pillows(size: tuple[int, int]) -> None:
    theirs = Image.new("1", size)
    theirs.thumbnail((512, 512), Image.Resampling.NEAREST)
    assert _within(size, 512) == theirs.size


@pytest.mark.parametrize("size", [(1300, 700), (513, 3), (3, 4000), (512, 512), (40, 30)])
def test_a_thumbnail_has_pillows_pixels(size: tuple[int, int]) -> None:
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (*size[::-1], 3), dtype=np.uint8))
    ours = _thumbnail(image)
    image.thumbnail((512, 512))
    assert ours.tobytes() == image.tobytes()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_that_is_turned_is_hashed_both_ways(saved: Saved, drawing: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(drawing, "PNG", exif=exif)
    plain = saved(drawing, "PNG")
    upright = saved(ImageOps.exif_transpose(_reopened(data)), "PNG")
    turned, as_stored, as_shown = _hex([data, plain, upright])
    for algorithm in ("phash", "dhash", "pdq"):
        assert turned[algorithm, "stored"] == as_stored[algorithm, "shown"]
        assert turned[algorithm, "shown"] == as_shown[algorithm, "shown"]
    assert turned["phash", "shown"] != turned["phash", "stored"]
    assert ("phash", "stored") not in as_stored


def test_a_flat_picture_says_that_pdq_tells_nothing(saved: Saved, drawing: Image.Image) -> None:
    found = run_filter(HASHES, image_batch([saved(Image.new("RGB", (99, 99)), "PNG"), saved(drawing, "PNG")]))
    flat, drawn = found.items["quality"].to_list()
    assert flat == 0
    assert drawn >= 50
    assert found.prints.filter(pl.col("algorithm") != "pdq")["quality"].null_count() == 4


def test_what_cannot_be_decoded_has_no_hash(saved: Saved, drawing: Image.Image) -> None:
    found = run_filter(HASHES, image_batch([b"no picture", saved(drawing, "PNG"), None]))
    assert found.items["status"].to_list() == ["unreadable", "seen", "not_checked"]
    assert found.prints["position"].unique().to_list() == [1]


@pytest.mark.parametrize("max_pixels", [0, 10**9])
def test_a_limit_out_of_range_is_an_error(max_pixels: int) -> None:
    with pytest.raises(ConfigError, match="expected 1"):
        PictureHashesFilter(max_pixels=max_pixels)


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.skipif(not SHARED.exists(), reason="the labelled sets are not there")
def test_hashes_of_the_shared_pictures_are_the_published_ones() -> None:
    files = sorted(path for path in SHARED.rglob("*") if path.is_file() and _can_open(path))
    expected = orjson.loads((SHARED / "expected.json").read_bytes())["pdq_and_imagehash"]
    assert len(files) > 50
    for path, found in zip(files, _hex([path.read_bytes() for path in files]), strict=True):
        with Image.open(path) as image:
            shown = ImageOps.exif_transpose(image)
            assert found["phash", "shown"] == str(imagehash.phash(shown)), path.name
            assert found["dhash", "shown"] == str(imagehash.dhash(shown)), path.name
        wanted = expected.get(path.relative_to(SHARED).as_posix(), {})
        if wanted.get("measured_quality", 0) >= 50:
            assert found["pdq", "shown"] == wanted["measured_pdqhash_thumb512"], path.name


def _can_open(path: Path) -> bool:
    try:
        with Image.open(path, formats=FORMATS) as image:
            image.load()
    except OSError:
        return False
    return True


def _reopened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image
