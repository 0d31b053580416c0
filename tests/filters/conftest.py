"""Pictures drawn for the tests: nothing is fetched, nothing binary is committed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO

import orjson
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


@pytest.fixture(scope="session")
def needed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Filter → the parameters that it cannot be made without."""
    listed = tmp_path_factory.mktemp("lists") / "listed.csv"
    hashes = {"sha256": "ab" * 32, "pdq": "5a" * 32, "phash": "c3" * 8}
    listed.write_text("\n".join(["algorithm,hash", *(f"{name},{hash_}" for name, hash_ in hashes.items())]))
    return {"blocklist": {"lists": [str(listed)]}}


@cache
def _made(name: str, parameters: bytes) -> Filter:
    return make_filter(name, orjson.loads(parameters))


@pytest.fixture(params=known_filters())
def any_filter(request: pytest.FixtureRequest, needed: dict[str, dict[str, object]]) -> Filter:
    """Each filter of the table, made once for all tests."""
    return _made(request.param, orjson.dumps(needed.get(request.param, {})))
