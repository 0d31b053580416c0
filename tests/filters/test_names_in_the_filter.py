"""A model within the filter: whom it is asked about, what becomes of what it sees, and an estimate of what is left."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from benchmarks import tiny_names
from filters.base import run_filter
from filters.personal_data import PersonalDataFilter
from tamis.errors import ConfigError
from tamis.testing import text_batch

pytestmark = pytest.mark.skipif(
    not all(find_spec(package) for package in ("torch", "transformers")),
    reason="torch and transformers are not installed (names.lock)",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tiny_names.build(tmp_path_factory.mktemp("models") / "tiny-names")
    torch.set_num_threads(threads)


def filter_with(model: Path, **parameters: object) -> PersonalDataFilter:
    return PersonalDataFilter(entities=("EMAIL_ADDRESS",), model=str(model), model_device="cpu", **parameters)


def sentences(count: int) -> list[str]:
    import random

    dice = random.Random(3)
    return [tiny_names.sentence(dice, dice.choice(tiny_names.SHAPES))[0] for _ in range(count)]


def test_the_model_is_asked_about_texts_in_which_something_was_found(model: Path) -> None:
    texts = sentences(12)
    texts[:6] = [f"{text} a@example.org" for text in texts[:6]]
    found = run_filter(filter_with(model, model_sample=0.0), text_batch(texts))
    assert found.items["names"].to_list() == ["found"] * 6 + ["none"] * 6
    assert found.items["by_model"].null_count() == 6
    kinds = set(found.spans.filter(pl.col("position") < 6)["kind"])
    assert kinds > {"EMAIL_ADDRESS"}
    assert found.spans.filter(pl.col("position") >= 6).is_empty()
    assert found.spans["value_hi"].null_count() == 0


def test_it_is_asked_about_all_or_about_a_sample_of_the_rest(model: Path) -> None:
    texts = sentences(60)
    everywhere = run_filter(filter_with(model, model_on="all"), text_batch(texts)).items
    assert set(everywhere["names"]) == {"all"}
    drawn = run_filter(filter_with(model, model_on="none", model_sample=0.3), text_batch(texts)).items
    assert 5 < drawn.filter(pl.col("names") == "sample").height < 35
    turned = run_filter(filter_with(model, model_on="none", model_sample=0.3), text_batch(texts[::-1])).items
    assert turned["names"].reverse().equals(drawn["names"])
    other = run_filter(filter_with(model, model_on="none", model_sample=0.3, model_seed=1), text_batch(texts)).items
    assert not other["names"].equals(drawn["names"])


def test_what_the_model_sees_is_among_the_kinds_and_the_model_is_on_record(model: Path) -> None:
    spec = filter_with(model).spec
    assert {"PERSON", "LOCATION", "EMAIL_ADDRESS"} == set(dict(spec.parameters)["entities"])
    assert [len(digest) for _, digest in spec.models] == [64]
    assert str(model.parent) not in repr(spec)
    assert {"torch", "transformers"} <= dict(spec.libraries).keys()
    assert spec.digest != filter_with(model, model_threshold=0.9).spec.digest


def test_a_text_that_the_model_fails_on_is_not_passed_as_clean(model: Path) -> None:
    asked = filter_with(model, model_on="all")
    network = asked._model._model.network

    def fails(*_: object) -> None:
        raise RuntimeError("a kernel gave up")

    hook = network.register_forward_hook(fails)
    try:
        items = run_filter(asked, text_batch(sentences(3))).items
    finally:
        hook.remove()
    assert set(items["status"]) == {"failed"}
    assert items["by_model"].null_count() == 3


def test_missing_weights_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"safetensors|config\.json"):
        filter_with(tmp_path)
