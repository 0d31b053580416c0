"""Linear probes: fitted the same each time, kept as data, and used with the vectors they were fitted on alone."""

import dataclasses
import hashlib

import numpy as np
import orjson
import pytest

from filters.base import run_filter
from filters.image_probe import ImageProbeFilter
from filters.nsfw import NsfwFilter
from filters.pictures.clip.probe import LEAST, fit_probe, read_probe
from filters.pictures.vectors import vectors_of
from tamis.errors import ConfigError
from tamis.ids import digest_of
from tamis.testing import image_batch

MODEL = "ab" * 32
CLASSES = ("other", "wanted")


def labelled(count=400, dimensions=24, *, seed=1, noise=0.5):
    """Unit vectors, and a class that a plane parts but for noise."""
    dice = np.random.default_rng(seed)
    vectors = dice.normal(size=(count, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    plane = np.sin(np.arange(dimensions))
    return vectors, vectors @ plane + noise * dice.normal(size=count) > 0.3


def fitted(vectors, positive, **options):
    return fit_probe(vectors, positive, model=MODEL, classes=CLASSES, **options)


@pytest.mark.parametrize("l2", [0.01, 1.0, 100.0])
def test_a_probe_is_where_the_loss_is_least(l2):
    """At the minimum the slope of the loss is nothing, and the loss is strictly convex: it is the only one."""
    vectors, positive = labelled()
    probe = fitted(vectors, positive, l2=l2)
    left = probe.of(vectors) - positive
    assert vectors.T.astype(float) @ left + l2 * np.array(probe.weight) == pytest.approx(0, abs=1e-6)
    assert left.sum() == pytest.approx(0, abs=1e-6)


def test_a_probe_finds_what_it_was_fitted_to_find():
    probe = fitted(*labelled(noise=0.1))
    vectors, positive = labelled(seed=2, noise=0.1)
    scores = probe.of(vectors)
    above = (scores[positive][:, None] > scores[~positive][None, :]).mean()
    assert above > 0.95
    assert ((scores >= 0) & (scores <= 1)).all()


def test_classes_that_a_plane_parts_have_a_probe_too():
    vectors, positive = labelled(noise=0)
    probe = fitted(vectors, positive, l2=1e-6)
    assert np.isfinite(probe.weight).all()
    assert ((probe.of(vectors) > 0.5) == positive).all()


def test_the_same_rows_give_the_same_probe():
    assert fitted(*labelled()) == fitted(*labelled())


def test_a_bias_is_free():
    """Nothing of a share is lost to the penalty: the mean score is the share of the class."""
    vectors, positive = labelled()
    rare = np.concatenate([np.flatnonzero(positive)[:LEAST], np.flatnonzero(~positive)])
    probe = fitted(vectors[rare], positive[rare], l2=1e6)
    assert probe.of(vectors[rare]).mean() == pytest.approx(LEAST / len(rare), abs=1e-4)


def test_too_few_of_a_class_are_refused():
    vectors, positive = labelled()
    few = np.concatenate([np.flatnonzero(positive)[: LEAST - 1], np.flatnonzero(~positive)])
    with pytest.raises(ConfigError, match=f"{LEAST - 1} pictures are labelled wanted .* at least {LEAST} of each"):
        fitted(vectors[few], positive[few])
    with pytest.raises(ConfigError, match="l2 is 0"):
        fitted(vectors, positive, l2=0)
    with pytest.raises(ConfigError, match="not finite"):
        fitted(np.where(vectors > 0.4, np.nan, vectors), positive)


def test_what_is_saved_is_read_again(tmp_path):
    probe = fitted(*labelled(), provenance={"labels": "made up", "licence": "CC0-1.0"})
    for name in ("one.json", "two.json"):
        probe.save(tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    read, sha256 = read_probe(tmp_path / "one.json")
    assert read == probe
    assert sha256 == hashlib.sha256((tmp_path / "one.json").read_bytes()).hexdigest()


def resigned(said):
    told = {key: value for key, value in said.items() if key != "sha256"}
    return {**told, "sha256": digest_of(told)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: {**told, "bias": told["bias"] + 1e-9}, "was changed or damaged"),
        (lambda told: {**told, "more": 1}, "expected an object with bias"),
        (lambda told: resigned({**told, "format": 2}), "format is 2, this Tamis reads 1"),
        (lambda told: resigned({**told, "weight": [1.0, "2"]}), "bias and weight: expected finite numbers"),
        (lambda told: resigned({**told, "weight": []}), "bias and weight: expected finite numbers"),
        (lambda told: resigned({**told, "bias": None}), "bias and weight: expected finite numbers"),
        (lambda told: resigned({**told, "classes": ["one"]}), "classes: expected two words"),
        (lambda told: resigned({**told, "model": "short"}), "model: expected 64 hex digits"),
        (lambda told: resigned({**told, "provenance": []}), "provenance: expected an object"),
        (lambda told: [told], "expected an object with bias"),
    ],
)
def test_a_file_that_is_wrong_or_changed_is_refused(tmp_path, change, said):
    path = tmp_path / "probe.json"
    fitted(*labelled()).save(path)
    path.write_bytes(orjson.dumps(change(orjson.loads(path.read_bytes()))))
    with pytest.raises(ConfigError, match=said):
        read_probe(path)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "probe.json").write_text("{")
    with pytest.raises(ConfigError, match=r"probe.json cannot be read as JSON"):
        read_probe(tmp_path / "probe.json")


def test_a_probe_scores_the_vectors_of_its_model(embedding, probe_file, drawing, saved):
    head = ImageProbeFilter(weights=str(probe_file)).bound_to(embedding)
    batch = image_batch([saved(drawing, "PNG"), b"no picture", saved(drawing.rotate(90), "PNG")])
    found = run_filter(embedding, batch)
    vectors = vectors_of(found.embeddings, dimensions=embedding.model.dimensions)
    probe, sha256 = read_probe(probe_file)
    wanted = (1 / (1 + np.exp(-(vectors @ np.array(probe.weight) + probe.bias)))).round(4)
    items = run_filter(head, batch, source=found).items
    assert items["probe"].to_list() == [pytest.approx(wanted[0]), None, pytest.approx(wanted[1])]
    assert items["status"].to_list() == ["seen", "unreadable", "seen"]
    assert dict(head.spec.models) == {"weights": sha256, "image_embedding": embedding.spec.digest}


def test_a_probe_for_another_model_is_refused(embedding, probe_file, tmp_path):
    probe, _ = read_probe(probe_file)
    dataclasses.replace(probe, model=MODEL).save(tmp_path / "other.json")
    with pytest.raises(ConfigError, match=f"of the model {MODEL}; image_embedding makes those of [0-9a-f]{{64}}"):
        ImageProbeFilter(weights=str(tmp_path / "other.json")).bound_to(embedding)
    with pytest.raises(ConfigError, match="nsfw makes those of none"):
        ImageProbeFilter(weights=str(probe_file)).bound_to(NsfwFilter())
