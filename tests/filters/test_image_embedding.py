"""Embeddings on record: every view of every picture that could be seen, and nothing for what could not."""

import random

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

from filters.base import run_filter
from filters.image_embedding import ImageEmbeddingFilter
from filters.pictures.clip.batches import InBatches
from filters.pictures.vectors import frame_of, vectors_of
from tamis.errors import CatalogError, ConfigError
from tamis.testing import image_batch


def drawn(seed, size=(120, 90)):
    dice = random.Random(seed)
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for _ in range(9):
        colour = tuple(dice.randrange(256) for _ in range(3))
        corner = dice.randrange(90), dice.randrange(60)
        pen.ellipse((*corner, corner[0] + dice.randrange(5, 60), corner[1] + dice.randrange(5, 60)), fill=colour)
    return image


def test_a_vector_for_each_picture_is_on_record(embedding, saved):
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from torch import no_grad

    network = embedding.model.network
    transform = image_transform_v2(PreprocessCfg(**network.visual.preprocess_cfg), is_train=False)
    images = [drawn(seed) for seed in range(6)]
    found = run_filter(embedding, image_batch([saved(image, "PNG") for image in images]))
    assert found.items["status"].to_list() == ["seen"] * 6
    assert found.items.select("width", "height").unique().rows() == [(120.0, 90.0)]
    with no_grad():
        wanted = np.concatenate([network.encode_image(transform(image)[None], normalize=True) for image in images])
    vectors = vectors_of(found.embeddings, dimensions=embedding.model.dimensions)
    # half precision has 11 bits, and a pixel may be one grey level off
    assert np.abs(vectors - wanted).max() < 2e-3
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_every_view_has_a_vector(embedding, saved):
    see_through = drawn(1).convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize((120, 90)))
    frames = [drawn(seed) for seed in range(3)]
    animated = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    found = run_filter(embedding, image_batch([saved(see_through, "PNG"), animated, saved(frames[0], "PNG")]))
    assert found.embeddings.select("position", "view").rows() == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]
    first_frame, alone = found.embeddings.filter((pl.col("position") > 0) & (pl.col("view") == 0))["vector"]
    assert first_frame == alone


def test_copies_are_looked_at_once_and_have_the_same_vector(embedding, saved):
    one, other = saved(drawn(1), "PNG"), saved(drawn(2), "PNG")
    found = run_filter(embedding, image_batch([one, other, one]))
    assert found.embeddings["vector"][0] == found.embeddings["vector"][2] != found.embeddings["vector"][1]


def test_what_cannot_be_seen_has_a_problem_and_no_vector(clip_folder, drawing, saved):
    small = ImageEmbeddingFilter(model=str(clip_folder), max_pixels=10_000)
    pictures = [saved(drawing, "PNG"), b"no picture", saved(Image.new("L", (200, 200)), "PNG")]
    found = run_filter(small, image_batch(pictures))
    assert found.items["status"].to_list() == ["seen", "unreadable", "too_long"]
    assert found.items["problem"].to_list() == [None, "picture_unreadable", "picture_too_large"]
    assert found.embeddings["position"].to_list() == [0]


@pytest.mark.parametrize("answer", ["none", "nan"])
def test_a_picture_whose_vector_failed_is_failed_and_the_others_are_not(embedding, saved, monkeypatch, answer):
    see_through = Image.new("RGBA", (64, 64), (255, 0, 0, 100))
    pictures = [saved(drawn(1), "PNG"), saved(see_through, "PNG"), saved(drawn(2), "PNG")]

    def spoilt(pixels, *, batches):
        vectors = list(np.eye(4, embedding.model.dimensions, dtype=np.float32))
        vectors[2] = None if answer == "none" else vectors[2] * np.nan  # the second view of the second picture
        return vectors

    monkeypatch.setattr(embedding.model, "embed", spoilt)
    found = run_filter(embedding, image_batch(pictures))
    assert found.items["status"].to_list() == ["seen", "failed", "seen"]
    assert found.embeddings["position"].to_list() == [0, 2]


def test_the_model_is_on_record_by_its_files_and_its_licence(clip_folder, embedding):
    spec = ImageEmbeddingFilter(model=str(clip_folder), model_licence="mit", batch_size=2).spec
    assert dict(spec.parameters)["model"] == "local-dir:tiny-clip"
    assert dict(spec.parameters)["model_licence"] == "mit"
    assert dict(embedding.spec.parameters)["model_licence"] == ""
    assert dict(spec.parameters)["precision"] == "single"
    assert [name for name, _ in spec.models] == ["model", "open_clip_config.json", "open_clip_model.safetensors"]
    assert ImageEmbeddingFilter(model=str(clip_folder), batch_size=3).spec == embedding.spec


@pytest.mark.parametrize("parameters", [{"batch_size": -1}, {"max_pixels": 0}, {"max_pixels": 10**9}])
def test_a_number_out_of_range_is_an_error(clip_folder, parameters):
    with pytest.raises(ConfigError, match="expected"):
        ImageEmbeddingFilter(model=str(clip_folder), **parameters)


def test_the_size_of_batches_is_the_devices_unless_it_is_said(clip_folder):
    assert ImageEmbeddingFilter(model=str(clip_folder), device="cpu").batches == InBatches(8)
    assert ImageEmbeddingFilter(model=str(clip_folder), device="cpu", batch_size=3).batches == InBatches(3)


def test_vectors_on_record_of_another_length_are_refused():
    frame = frame_of([(3, np.ones((2, 4), dtype=np.float32))])
    assert vectors_of(frame, dimensions=4) == pytest.approx(0.5)
    with pytest.raises(CatalogError, match="2 embeddings on record have not 5 dimensions"):
        vectors_of(frame, dimensions=5)
    assert vectors_of(frame.clear(), dimensions=7).shape == (0, 7)
