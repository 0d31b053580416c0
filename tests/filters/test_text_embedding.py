"""Vectors of texts: a small real model, made here, saved as sentence-transformers does, and loaded as any other."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks import tiny_embedding
from benchmarks.tiny_embedding import WORDS
from filters.base import run_filter
from filters.pictures.vectors import Vectors, vectors_of
from filters.table import make_filter
from filters.text_embedding import TextEmbeddingFilter
from tamis.errors import ConfigError
from tamis.records import Findings
from tamis.testing import text_batch


@pytest.fixture
def copied(sentence_folder: Path, tmp_path: Path) -> Path:
    """A copy of the model's folder, to be spoilt."""
    return shutil.copytree(sentence_folder, tmp_path / "spoilt")


def made(folder: Path, **parameters: Any) -> TextEmbeddingFilter:
    found = make_filter("text_embedding", {"model": str(folder), "device": "cpu", **parameters})
    assert isinstance(found, TextEmbeddingFilter)
    return found


def look(folder: Path, *texts: str, **parameters: Any) -> Findings:
    return run_filter(made(folder, **parameters), text_batch(texts))


def vectors(found: Findings) -> Vectors:
    return vectors_of(found.embeddings, dimensions=64)


def story(seed: int, *, words: int = 60) -> list[str]:
    return random.Random(seed).sample(WORDS, words)


def test_texts_of_the_same_words_in_another_order_have_one_vector_and_others_have_another(
    sentence_folder: Path,
) -> None:
    own = story(1)
    found = look(sentence_folder, " ".join(own), " ".join(reversed(own)), " ".join(story(2)))
    cosines = vectors(found) @ vectors(found).T
    assert cosines[0, 1] > 0.999
    assert abs(cosines[0, 2]) < 0.8
    assert found.items.drop("position").row(0) == ("seen", 60.0, 1.0, 1.0, 0.0)


def test_a_vector_is_what_the_library_itself_makes_of_the_text(copied: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    text = " ".join(story(3))
    tokenizer = AutoTokenizer.from_pretrained(copied)
    network = AutoModel.from_pretrained(copied).eval()
    with torch.inference_mode():
        states = network(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].numpy()
    by = {"mean": states.mean(axis=0), "cls": states[0], "max": states.max(axis=0)}
    for pooling, expected in by.items():
        _pool(copied, {f"pooling_mode_{pooling}_token{'' if pooling == 'cls' else 's'}": True})
        np.testing.assert_allclose(vectors(look(copied, text))[0], expected / np.linalg.norm(expected), atol=2e-3)
    _pool(copied, {"pooling_mode": "mean"})
    assert made(copied).model.pooling == "mean"


def _pool(folder: Path, config: dict[str, Any]) -> None:
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))


def test_a_long_text_is_looked_at_in_as_many_windows_as_are_asked_for_the_first_among_them(
    sentence_folder: Path,
) -> None:
    words = story(4, words=40) * 20
    one = look(sentence_folder, " ".join(words), window=42, overlap=8)
    some = look(sentence_folder, " ".join(words), window=42, overlap=8, max_windows=3)
    every = look(sentence_folder, " ".join(words), window=42, overlap=8, max_windows=0)
    windows = [int(found.items["windows"].item()) for found in (one, some, every)]
    assert windows[:2] == [1, 3] < windows[2:]
    covered = [float(found.items["covered"].item()) for found in (one, some, every)]
    assert 0 < covered[0] < covered[1] < covered[2] == 1
    first = made(sentence_folder, window=42, overlap=8).model.reader.size
    alone = look(sentence_folder, " ".join(words[:first]), window=42)
    np.testing.assert_allclose(vectors(one), vectors(alone), atol=1e-3)


def test_a_batch_has_the_vectors_that_its_texts_have_one_by_one(sentence_folder: Path) -> None:
    texts = [" ".join(story(seed, words=seed)) for seed in range(5, 30)]
    together = look(sentence_folder, *texts)
    alone = [vectors(look(sentence_folder, text)) for text in texts]
    np.testing.assert_allclose(vectors(together), np.concatenate(alone), atol=1e-3)


def test_a_text_without_tokens_and_one_in_a_script_that_the_model_does_not_read_have_no_vector(
    sentence_folder: Path,
) -> None:
    found = look(sentence_folder, "", " \n", "日本語の文", " ".join(story(6)))
    assert found.items["status"].to_list() == ["seen"] * 4
    assert found.items["unknown"].to_list() == [0.0, 0.0, 1.0, 0.0]
    assert found.embeddings["position"].to_list() == [3]


def test_a_text_longer_than_the_limit_is_too_long_and_has_no_vector(sentence_folder: Path) -> None:
    found = look(sentence_folder, "bas " * 100, "bas", max_characters=100)
    assert found.items["status"].to_list() == ["too_long", "seen"]
    assert found.embeddings["position"].to_list() == [1]


def test_a_text_that_the_network_fails_on_fails_alone(sentence_folder: Path) -> None:
    own = made(sentence_folder)
    bad = own.model.reader.tokenizer.convert_tokens_to_ids("bas")

    def breaks(_: Any, args: Any, given: Any, output: Any) -> None:
        output.last_hidden_state[(given["input_ids"] == bad).any(dim=1)] = float("nan")

    hook = own.model.network.register_forward_hook(breaks, with_kwargs=True)
    found = run_filter(own, text_batch(["bal bam", "bal bas", "ban bar"]))
    hook.remove()
    assert found.items["status"].to_list() == ["seen", "failed", "seen"]
    assert found.embeddings["position"].to_list() == [0, 2]


def test_the_digest_is_of_the_model_and_of_how_it_is_asked_and_not_of_where_it_lies(
    sentence_folder: Path, copied: Path, tmp_path: Path
) -> None:
    digest = made(sentence_folder).spec.digest
    assert made(copied).spec.digest == digest
    other = tiny_embedding.build(tmp_path / "other", seed=8)
    changed = {"window": 64, "overlap": 7, "max_windows": 3, "max_characters": 99}
    digests = [made(sentence_folder, **{name: value}).spec.digest for name, value in changed.items()]
    assert len({digest, made(other).spec.digest, *digests}) == 6
    _pool(copied, {"pooling_mode_cls_token": True})
    assert made(copied).spec.digest != digest


def test_the_window_is_that_of_the_model_where_the_recipe_names_none(copied: Path) -> None:
    assert made(copied).model.reader.size == 126
    (copied / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    assert made(copied).model.reader.size == 62
    assert made(copied, window=32).model.reader.size == 30


def test_a_model_that_wants_small_letters_is_shown_small_letters(sentence_folder: Path, copied: Path) -> None:
    _read_letters_as_they_are(copied)
    own = " ".join(story(10))
    as_they_are = look(copied, own, own.upper())
    assert as_they_are.items["unknown"].to_list() == [0.0, 1.0]
    before = made(copied).spec.digest
    (copied / "sentence_bert_config.json").write_text('{"max_seq_length": 128, "do_lower_case": true}')
    lowered = vectors(look(copied, own, own.upper()))
    np.testing.assert_array_equal(lowered[0], lowered[1])
    np.testing.assert_allclose(lowered[:1], vectors(look(sentence_folder, own)), atol=1e-3)
    assert made(copied).spec.digest != before


def _read_letters_as_they_are(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["normalizer"]["lowercase"] = False
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "do_lower_case": False}))


@pytest.mark.parametrize("prompts", [{"default_prompt_name": None}, {"default_prompt_name": "none"}])
def test_prompts_that_are_put_before_no_text_by_themselves_are_no_hindrance(
    copied: Path, prompts: dict[str, Any]
) -> None:
    own = made(copied).spec.digest
    said = {"prompts": {"query": "query: ", "none": ""}, **prompts}
    (copied / "config_sentence_transformers.json").write_text(json.dumps(said))
    assert made(copied).spec.digest == own


def test_without_a_word_on_pooling_it_is_the_mean(copied: Path) -> None:
    (copied / "modules.json").unlink()
    shutil.rmtree(copied / "1_Pooling")
    assert made(copied).model.pooling == "mean"


def change_the_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def drop_the_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def leave_a_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def drop_a_part(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights.pop("embeddings.word_embeddings.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def ask_for_code(folder: Path) -> None:
    change_the_config(folder, auto_map={"AutoModel": "code.Model"})
    (folder / "code.py").write_text("raise SystemExit('code of the model has run')")


def pool_by_the_last(folder: Path) -> None:
    _pool(folder, {"pooling_mode_lasttoken": True})


def pool_by_two(folder: Path) -> None:
    _pool(folder, {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True})


def pool_by_none(folder: Path) -> None:
    _pool(folder, {"pooling_mode_mean_tokens": False})


def add_a_step(folder: Path) -> None:
    steps = json.loads((folder / "modules.json").read_text())
    steps.append({"path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(steps))


def put_words_before_each_text(folder: Path) -> None:
    said = {"prompts": {"passage": "passage: "}, "default_prompt_name": "passage"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(said))


def spoil_the_steps(folder: Path) -> None:
    (folder / "modules.json").write_text("{}")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (drop_the_weights, "no weights"),
        (leave_a_pickle, "as a pickle"),
        (drop_a_part, "its answers would be random"),
        (ask_for_code, "comes with code of its own"),
        (pool_by_the_last, "pools by lasttoken .*Known are mean, cls and max"),
        (pool_by_two, "pools by mean_tokens and cls_token"),
        (pool_by_none, "pools by nothing"),
        (add_a_step, "1 steps that are not known here .'Dense' first"),
        (put_words_before_each_text, "words of its own before each text .default_prompt_name"),
        (spoil_the_steps, "modules.json cannot be understood"),
    ],
)
def test_a_model_that_cannot_be_trusted_is_refused(copied: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(copied)
    with pytest.raises(ConfigError, match=f"(?s)text_embedding: .*{says}"):
        made(copied)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"window": 7}, "window is 7"),
        ({"overlap": -1}, "overlap is -1"),
        ({"max_windows": -1}, "max_windows is -1"),
        ({"max_characters": 0}, "max_characters is 0"),
        ({"model": "gone/model"}, "gone/model is neither a folder nor in the model cache"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(sentence_folder: Path, parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=rf"text_embedding: .*{says}"):
        make_filter("text_embedding", {"model": str(sentence_folder), "device": "cpu", **parameters})


def test_equal_texts_of_one_batch_have_equal_vectors(sentence_folder: Path) -> None:
    text = " ".join(story(9))
    found = look(sentence_folder, text, "bas", text)
    assert found.embeddings.filter(pl.col("position") != 1)["vector"].n_unique() == 1
