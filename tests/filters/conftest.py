"""Pictures drawn for the tests: nothing is fetched, nothing binary is committed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image, ImageDraw

from benchmarks import tiny_embedding, tiny_fasttext
from filters.image_concepts import ImageConceptsFilter
from filters.image_embedding import ImageEmbeddingFilter
from filters.image_head import ImageHeadFilter
from filters.image_probe import ImageProbeFilter
from filters.pictures.clip.head import ClipHead, Layer
from filters.pictures.clip.probe import Probe
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
    asked = listed.with_name("asked.txt")
    asked.write_text("Which of the seven rivers that rise in the hills is the last to reach the sea?")
    words = listed.with_name("words.csv")
    words.write_text("term,language,category,allowed_in\na,en,insult,grinning a\nc d e,any,identity,\n")
    domains = listed.with_name("domains.txt")
    domains.write_text("example.org\nexample.com/a\n")
    classes = tiny_fasttext.write(listed.with_name("classes.bin"), tiny_fasttext.Shape())
    return {
        "blocklist": {"lists": [str(listed)]},
        "evaluation_overlap": {"sets": [str(asked)]},
        "text_class": {"models": [str(classes)], "window": 100, "max_windows": 9},
        "unsafe_words": {"lists": [str(words)], "by_language": True},
        "url_lists": {"lists": [str(domains)]},
    }


@pytest.fixture(scope="session")
def sentence_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of embeddings of texts."""
    if not all(find_spec(package) for package in ("torch", "transformers")):
        pytest.skip("torch and transformers are not installed (names.lock)")
    return tiny_embedding.build(tmp_path_factory.mktemp("models") / "tiny-embedding")


@pytest.fixture(scope="session")
def embedding(clip_folder: Path) -> ImageEmbeddingFilter:
    return ImageEmbeddingFilter(model=str(clip_folder), device="cpu", batch_size=4)


@pytest.fixture(scope="session")
def probe_file(tmp_path_factory: pytest.TempPathFactory, embedding: ImageEmbeddingFilter) -> Path:
    """A probe of made-up weights for the tiny model."""
    path = tmp_path_factory.mktemp("probes") / "probe.json"
    weight = tuple(math.sin(place) for place in range(embedding.model.dimensions))
    Probe(embedding.model.files.digest, ("other", "wanted"), 0.25, weight).save(path)
    return path


def _random_head(
    sizes: tuple[int, ...] = (32, 8, 1), *, model: str = "ab" * 32, seed: int = 1, normalised: bool = True
) -> ClipHead:
    """A head of made-up numbers."""
    dice = np.random.default_rng(seed)
    layers = tuple(
        Layer(
            dice.normal(scale=math.sqrt(2 / below), size=(here, below)).astype(np.float32),
            dice.normal(scale=0.05, size=here).astype(np.float32),
            "sigmoid" if place == len(sizes) - 2 else "relu",
        )
        for place, (below, here) in enumerate(pairwise(sizes))
    )
    mean = dice.normal(scale=0.05, size=sizes[0]).astype(np.float32) if normalised else None
    variance = dice.uniform(0.01, 0.1, size=sizes[0]).astype(np.float32) if normalised else None
    return ClipHead(model, ("safe", "unsafe"), layers, "MIT", "cd" * 32, mean, variance, (("from", "nowhere"),))


@pytest.fixture(scope="session")
def random_head() -> Callable[..., ClipHead]:
    return _random_head


@pytest.fixture(scope="session")
def head_file(tmp_path_factory: pytest.TempPathFactory, embedding: ImageEmbeddingFilter) -> Path:
    """A head of made-up numbers for the tiny model."""
    path = tmp_path_factory.mktemp("heads") / "head.safetensors"
    _random_head((embedding.model.dimensions, 8, 1), model=embedding.model.files.digest).save(path)
    return path


@cache
def _made(name: str, parameters: bytes) -> Filter:
    return make_filter(name, orjson.loads(parameters))


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.clip) if name.startswith("image_") else name for name in known_filters()
    ]
)
def any_filter(request: pytest.FixtureRequest, needed: dict[str, dict[str, object]]) -> Filter:
    """Each filter of the table, made once for all tests; heads bound to their source."""
    if request.param == "text_embedding":
        model = str(request.getfixturevalue("sentence_folder"))
        return _made(request.param, orjson.dumps({"model": model, "device": "cpu", "max_windows": 3}))
    if not request.param.startswith("image_"):
        return _made(request.param, orjson.dumps(needed.get(request.param, {})))
    source = request.getfixturevalue("embedding")
    match request.param:
        case "image_embedding":
            return source
        case "image_concepts":
            return ImageConceptsFilter().bound_to(source)
        case "image_head":
            return ImageHeadFilter(weights=str(request.getfixturevalue("head_file"))).bound_to(source)
        case "image_probe":
            return ImageProbeFilter(weights=str(request.getfixturevalue("probe_file"))).bound_to(source)
    raise AssertionError(request.param)
