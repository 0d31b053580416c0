"""What a CLIP model is shown: the pixels of open_clip's own transform, whatever the size and shape of a picture."""

import random

import numpy as np
import pytest
from PIL import Image

from filters.pictures.clip.prepare import INTERPOLATIONS, MODES, ClipInput
from filters.pictures.decode import open_picture
from tamis.errors import ConfigError

pytestmark = pytest.mark.usefixtures("clip_folder")

SIZES = [(64, 64), (48, 64), (224, 224)]
SHAPES = [(640, 480), (480, 640), (300, 301), (97, 101), (30, 20), (1, 1), (3, 500), (500, 3), (180, 900), (900, 180)]


def noise(width, height, *, seed=0):
    """Only black and white in each colour: nothing is harder to scale alike."""
    pixels = np.random.default_rng(seed).integers(0, 2, (height, width, 3), dtype=np.uint8) * 255
    return Image.fromarray(pixels)


def theirs(image, size, mode, interpolation):
    """open_clip's own transform up to the pixels."""
    from open_clip.transform import PreprocessCfg, image_transform_v2

    height, width = size
    config = PreprocessCfg(
        size=height if height == width else size, resize_mode=mode, interpolation=interpolation, fill_color=77
    )
    *steps, _to_tensor, _normalize = image_transform_v2(config, is_train=False).transforms
    for step in steps:
        image = step(image)
    return np.asarray(image)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
def test_pixels_are_those_of_open_clip_within_one_grey_level(size, mode, interpolation):
    reading = ClipInput(*size, mode, interpolation, 77)
    dice = random.Random(str((size, mode, interpolation)))
    drawn = [(dice.randint(1, 700), dice.randint(1, 700)) for _ in range(8)]
    for width, height in SHAPES + drawn:
        if mode == "longest" and max(width, height) > 60 * min(width, height):
            continue  # open_clip would scale a side to nothing
        image = noise(width, height)
        wanted = theirs(image, size, mode, interpolation).astype(int)
        found = reading.pixels(image)
        assert found.dtype == np.uint8
        assert found.shape == wanted.shape == (*size, 3), (width, height)
        is_very_long = mode == "shortest" and max(width, height) > 12 * min(width, height)
        assert np.abs(found - wanted).max() <= (2 if is_very_long else 1), (width, height)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(1, 60_000), (60_000, 1)])
def test_a_line_of_pixels_costs_no_more_than_what_is_kept_of_it(mode, shape):
    """open_clip's transform would take 9 GB for it, or fail."""
    line = noise(*shape)
    found = ClipInput(224, 224, mode, "bicubic", 9).pixels(line)
    assert found.shape == (224, 224, 3)
    if mode == "longest":
        assert (found == 9).mean() > 0.99


def test_every_view_is_read(saved):
    see_through = noise(90, 60).convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize((90, 60)))
    picture = open_picture(saved(see_through, "PNG"), max_pixels=10_000)
    reading = ClipInput(32, 32)
    assert reading.of(picture).shape == (2, 32, 32, 3)
    for found, view in zip(reading.of(picture), picture.views, strict=True):
        assert np.array_equal(found, reading.pixels(view))


def test_readings_that_differ_have_keys_that_differ():
    readings = [ClipInput(*size, mode, kind, fill) for size in SIZES for mode in MODES for kind in INTERPOLATIONS
                for fill in (0, 1)]  # fmt: skip
    assert len({reading.key for reading in readings}) == len(readings)


def test_a_config_that_asks_for_something_unknown_is_refused():
    config = {"size": 64, "resize_mode": "shortest", "interpolation": "bicubic", "fill_color": 0}
    assert ClipInput.of_config(config) == ClipInput(64, 64)
    assert ClipInput.of_config({**config, "size": (48, 64)}) == ClipInput(48, 64)
    with pytest.raises(ConfigError, match="unknown resize_mode 'stretch'"):
        ClipInput.of_config({**config, "resize_mode": "stretch"})
    with pytest.raises(ConfigError, match="unknown interpolation 'random'"):
        ClipInput.of_config({**config, "interpolation": "random"})
