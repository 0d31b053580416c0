"""Pictures drawn for the tests: nothing is fetched, nothing binary is committed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from filters.table import known_filters, make_filter
from tamis.records import Filter


@pytest.fixture
def drawing() -> Image.Image:
    """A picture with edges, colours and a gradient, 96 x 64."""
    image = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 8, 60, 56), fill=(220, 150, 120))
    pen.rectangle((50, 20, 90, 60), fill=(30, 90, 200), outline="white")
    return image


@pytest.fixture
def saved() -> Callable[..., bytes]:
    """Saves a picture to bytes: `saved(image, "PNG", **options)`."""

    def save(image: Image.Image, kind: str, **options: object) -> bytes:
        with BytesIO() as data:
            image.save(data, format=kind, **options)
            return data.getvalue()

    return save


@cache
def _made(name: str) -> Filter:
    return make_filter(name, {})


@pytest.fixture(params=known_filters())
def any_filter(request: pytest.FixtureRequest) -> Filter:
    """Each filter of the table, made once for all tests."""
    return _made(request.param)
