"""Heads that others published: computed as Torch does, and for the vectors of their model alone."""

import dataclasses
import hashlib

import numpy as np
import orjson
import pytest

from filters.base import run_filter
from filters.image_head import ImageHeadFilter
from filters.nsfw import NsfwFilter
from filters.pictures.clip.head import KEY, Layer, read_head
from filters.pictures.clip.tensors import parse_safetensors, safetensors_of
from filters.pictures.vectors import unit, vectors_of
from tamis.errors import ConfigError
from tamis.ids import canonical_json, digest_of
from tamis.testing import image_batch

SIZES = [(768, 64, 512, 256, 1), (512, 64, 512, 256, 1), (8, 1)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("normalised", [True, False])
def test_a_head_scores_as_torch_does(random_head, sizes, normalised):
    torch = pytest.importorskip("torch")
    head = random_head(sizes, normalised=normalised)
    steps = []
    for place, layer in enumerate(head.layers):
        linear = torch.nn.Linear(*layer.weight.shape[::-1])
        linear.load_state_dict({"weight": torch.from_numpy(layer.weight), "bias": torch.from_numpy(layer.bias)})
        steps += [linear, torch.nn.Sigmoid() if place == len(head.layers) - 1 else torch.nn.ReLU()]
    views = unit(np.random.default_rng(2).normal(size=(200, sizes[0])).astype(np.float32))
    given = torch.from_numpy(views).double()
    if normalised:
        given = (given - torch.from_numpy(head.mean)) / torch.from_numpy(head.variance).double().sqrt()
    with torch.inference_mode():
        wanted = torch.nn.Sequential(*steps).double()(given).numpy()[:, 0]
    assert np.abs(head.of(views) - wanted).max() < 1e-6
    assert len(set(wanted.round(4))) > 50  # not all at one end, where nothing is told apart


@pytest.mark.parametrize(("name", "of"), [("tanh", np.tanh), ("linear", lambda sums: sums)])
def test_other_activations_are_what_they_are_called(random_head, name, of):
    head = random_head((4, 3, 1), normalised=False)
    first, last = head.layers
    changed = dataclasses.replace(head, layers=(Layer(first.weight, first.bias, name), last))
    views = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    sums = of(views @ first.weight.T + first.bias) @ last.weight.T + last.bias
    assert changed.of(views) == pytest.approx(1 / (1 + np.exp(-sums[:, 0])), rel=1e-5)


def test_a_variance_of_nothing_divides_by_no_zero(random_head):
    head = random_head((4, 1))
    head = dataclasses.replace(head, variance=np.zeros(4, dtype=np.float32), mean=np.zeros(4, dtype=np.float32))
    assert np.isfinite(head.of(np.eye(4, dtype=np.float32))).all()


def test_what_is_saved_is_read_again(random_head, tmp_path):
    head = random_head()
    for name in ("one", "two"):
        head.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read, sha256 = read_head(tmp_path / "one")
    views = np.random.default_rng(1).normal(size=(5, 32)).astype(np.float32)
    assert (read.of(views) == head.of(views)).all()
    assert sha256 == hashlib.sha256((tmp_path / "one").read_bytes()).hexdigest()
    for name in ("model", "classes", "licence", "source", "provenance", "inputs"):
        assert getattr(read, name) == getattr(head, name)


def signed(told):
    return {**told, "sha256": digest_of({key: value for key, value in told.items() if key != "sha256"})}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: {**told, "licence": "CC0-1.0"}, "was changed or damaged"),
        (lambda told: signed({**told, "format": 2}), "format is 2, this Tamis reads 1"),
        (lambda told: signed({**told, "model": "short"}), "model: String should match pattern"),
        (lambda told: signed({**told, "more": 1}), "more: Extra inputs are not permitted"),
        (lambda told: signed({**told, "classes": ["one"]}), "classes: List should have at least 2 items"),
        (lambda told: signed({**told, "inputs": 31}), "mean is 32, expected 31"),
        (lambda told: signed({**told, "normalised": False}), "it has the arrays"),
        (lambda told: signed({**told, "weights": "00" * 32}), "its numbers are not those that it was saved with"),
        (lambda told: signed({**told, "layers": told["layers"][:1]}), "a score takes one unit and sigmoid"),
        (lambda told: [told], "tamis_head: Input should be an object"),
    ],
)
def test_a_file_that_is_wrong_or_changed_is_refused(random_head, tmp_path, change, said):
    path = tmp_path / "head.safetensors"
    random_head().save(path)
    arrays, metadata = parse_safetensors(path.read_bytes(), name="", who="")
    told = canonical_json(change(orjson.loads(metadata[KEY]))).decode()
    path.write_bytes(safetensors_of(arrays, {KEY: told}))
    with pytest.raises(ConfigError, match=rf"image_head: head\.safetensors.*{said}"):
        ImageHeadFilter(weights=str(path))


def test_one_changed_number_is_noticed(random_head, tmp_path):
    path = tmp_path / "head.safetensors"
    random_head().save(path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="its numbers are not those that it was saved with"):
        read_head(path)


def test_bare_weights_are_told_what_they_lack(random_head, tmp_path):
    path = tmp_path / "bare.safetensors"
    path.write_bytes(safetensors_of({"0.weight": random_head().layers[0].weight}, {}))
    with pytest.raises(ConfigError, match=r"does not say for which model.*`tamis import-head`"):
        read_head(path)


def test_a_head_scores_the_vectors_of_its_model(embedding, head_file, drawing, saved):
    bound = ImageHeadFilter(weights=str(head_file)).bound_to(embedding)
    batch = image_batch([saved(drawing, "PNG"), b"no picture", saved(drawing.rotate(90), "PNG")])
    found = run_filter(embedding, batch)
    head, sha256 = read_head(head_file)
    wanted = head.of(vectors_of(found.embeddings, dimensions=head.inputs)).round(4)
    items = run_filter(bound, batch, source=found).items
    assert items["score"].to_list() == [pytest.approx(wanted[0]), None, pytest.approx(wanted[1])]
    assert items["status"].to_list() == ["seen", "unreadable", "seen"]
    models = {"weights": sha256, "source": head.source, "image_embedding": embedding.spec.digest}
    assert dict(bound.spec.models) == models


def test_a_head_for_another_model_is_refused(random_head, tmp_path):
    random_head().save(tmp_path / "head")
    with pytest.raises(ConfigError, match=f"of the model {'ab' * 32}; nsfw makes those of none"):
        ImageHeadFilter(weights=str(tmp_path / "head")).bound_to(NsfwFilter())


def test_a_head_for_other_vectors_of_its_model_is_refused(embedding, random_head, tmp_path):
    other = random_head((embedding.model.dimensions + 1, 1), model=embedding.model.files.digest)
    other.save(tmp_path / "head")
    with pytest.raises(
        ConfigError, match="33 numbers go into its first layer, and image_embedding makes vectors of 32"
    ):
        ImageHeadFilter(weights=str(tmp_path / "head")).bound_to(embedding)
