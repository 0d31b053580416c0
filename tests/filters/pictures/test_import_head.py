"""Heads out of published weights: whose arrays are which layer is said and never guessed, and nothing is run."""

import hashlib
import io
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest

from filters.pictures.clip.head import read_head
from filters.pictures.clip.tensors import safetensors_of
from flows.cli import run

MODEL = "ab" * 32
SIZES = (768, 64, 512, 256, 1)
"""Of LAION's detector for ViT-L/14."""


def named(head, *, kernels=False):
    """The head's arrays as Torch names them, or as Keras does."""
    arrays = {"norm.mean": head.mean, "norm.variance": head.variance}
    for place, layer in enumerate(head.layers):
        if kernels:
            arrays |= {f"dense_{place}/kernel:0": layer.weight.T, f"dense_{place}/bias:0": layer.bias}
        else:
            arrays |= {f"dense_{place}.weight": layer.weight, f"dense_{place}.bias": layer.bias}
    return arrays


LAYERS = [word for place in range(4) for word in ("--layer", f"dense_{place}:{'sigmoid' if place == 3 else 'relu'}")]
NORMALISED = ["--normalise", "norm.mean", "norm.variance"]


@pytest.fixture
def bring(tmp_path):
    """Imports arrays by the command; the exit code, what it said, and where it wrote."""

    def command(arrays, *options, suffix=".safetensors", sha256=None, model=MODEL, out="head.safetensors"):
        source = tmp_path / f"published{suffix}"
        if suffix == ".npz":
            np.savez(source, **arrays)
        else:
            source.write_bytes(safetensors_of(arrays, {}))
        digest = sha256 or hashlib.sha256(source.read_bytes()).hexdigest()
        given = ["--sha256", digest, "--model", model, "--out", str(tmp_path / out), "--licence", "MIT", *options]
        with redirect_stdout(io.StringIO()) as told, redirect_stderr(io.StringIO()) as complained:
            code = run(["import-head", str(source), *given])
        return code, told.getvalue() + complained.getvalue(), tmp_path / out

    return command


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize("kernels", [False, True])
def test_a_published_head_scores_as_its_numbers_say(bring, random_head, suffix, kernels):
    published = random_head(SIZES)
    code, said, out = bring(named(published, kernels=kernels), *LAYERS, *NORMALISED, suffix=suffix)
    assert code == 0, said
    assert "layers 768-64-512-256-1" in said
    head, _ = read_head(out)
    views = np.random.default_rng(5).normal(size=(20, 768)).astype(np.float32)
    assert (head.of(views) == published.of(views)).all()
    assert (head.model, head.classes, head.licence) == (MODEL, ("safe", "unsafe"), "MIT")
    assert head.source in {hashlib.sha256(path.read_bytes()).hexdigest() for path in out.parent.glob("published*")}


def test_the_same_weights_give_the_same_file(bring, random_head):
    arrays = named(random_head(SIZES))
    options = (*LAYERS, *NORMALISED, "--provenance", "from=a paper", "--classes", "fine", "not")
    one, other = (bring(arrays, *options, out=name)[2].read_bytes() for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"sha256": "cd" * 32}, "not the one that is asked for"),
        ({"more": np.zeros(3)}, {}, "nobody said what more is"),
        ({"norm.mean": np.zeros(767)}, {}, "mean is 767, expected 768"),
        ({"norm.variance": np.full(768, -1.0)}, {}, "variance has numbers below 0"),
        ({"dense_1.weight": np.zeros((512, 63))}, {}, "1.weight is 512 x 63, expected 512 x 64"),
        ({"dense_1.weight": np.zeros(512)}, {}, "its weights have 1 dimensions, expected 2"),
        ({"dense_2.bias": np.full(256, np.nan)}, {}, "2.bias has numbers that are not finite"),
        ({"dense_1.bias": None}, {}, "--layer dense_1: there are no weight (or kernel) and bias of it"),
        ({"norm.mean": None}, {}, "there is no array norm.mean"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_written(bring, random_head, change, options, said):
    changed = {name: array for name, array in (named(random_head(SIZES)) | change).items() if array is not None}
    code, answer, out = bring(changed, *LAYERS, *NORMALISED, **options)
    assert (code, out.exists()) == (2, False)
    assert said in answer


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([*LAYERS[:-2], *NORMALISED], "nobody said what dense_3.bias, dense_3.weight is"),
        ([*LAYERS[:-1], "dense_3:relu", *NORMALISED], "its last layer has 1 units and is relu"),
        ([*LAYERS[:-1], "dense_3:sigmod", *NORMALISED], "unknown activation 'sigmod'. Did you mean 'sigmoid'?"),
        ([*LAYERS, *LAYERS[-2:], *NORMALISED], "dense_3.weight is named twice"),
        (["--layer", "dense_0", *NORMALISED], "expected NAME:ACTIVATION"),
        (LAYERS, "nobody said what norm.mean, norm.variance is"),
        ([*LAYERS, *NORMALISED, "--provenance", "by=ann.smith@planted-mail.com"], "holds what no catalog may"),
    ],
)
def test_what_is_said_wrongly_of_it_is_refused(bring, random_head, options, said):
    code, answer, out = bring(named(random_head(SIZES)), *options)
    assert (code, out.exists()) == (2, False)
    assert said in answer


def test_an_array_can_be_left_out_and_vectors_go_in_as_they_are(bring, random_head):
    published = random_head(SIZES, normalised=False)
    arrays = {name: array for name, array in named(published).items() if array is not None}
    code, _, out = bring({**arrays, "count": np.zeros(1)}, *LAYERS, "--without", "count")
    assert (code, read_head(out)[0].mean) == (0, None)


def test_a_pickle_is_not_opened(tmp_path, bring, random_head):
    path = tmp_path / "nsfw.pt"
    path.write_bytes(b"\x80\x04.")
    with redirect_stderr(io.StringIO()) as said:
        given = ["--sha256", "ab" * 32, "--model", MODEL, "--out", str(tmp_path / "head"), "--licence", "MIT"]
        assert run(["import-head", str(path), *given, *LAYERS]) == 2
    assert "can run code when it is opened" in said.getvalue()


def test_a_model_can_be_named_as_in_a_recipe(bring, random_head, tmp_path):
    code, said, _ = bring(named(random_head(SIZES)), *LAYERS, *NORMALISED, model=f"local-dir:{tmp_path / 'none'}")
    assert (code, "there is no such folder" in said) == (2, True)
