"""The filter that scores texts: what its measures are called, which labels are measured, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.tiny_fasttext import Shape, write, write_meaning
from filters.base import run_filter
from filters.table import make_filter
from filters.text_class import TextClassFilter
from tamis.errors import ConfigError
from tamis.testing import text_batch

MEANING = {"grue": "Un-Safe!", "snark": "insult", "bread": "safe"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_meaning(tmp_path_factory.mktemp("models") / "Words of Ours.bin", MEANING)


def found(model: Path, *texts: str, **parameters: Any) -> pl.DataFrame:
    made = make_filter("text_class", {"models": [str(model)], **parameters})
    return run_filter(made, text_batch(texts)).items


def test_every_label_has_its_highest_score_and_its_mean_under_a_plain_name(model: Path) -> None:
    rows = found(model, "grue", "bread bread", "grue bread snark grue")
    assert rows.columns == [
        "position", "status", "words_of_ours_label", "words_of_ours_windows", "words_of_ours_covered",
        "words_of_ours_un_safe_max", "words_of_ours_un_safe_mean", "words_of_ours_insult_max",
        "words_of_ours_insult_mean", "words_of_ours_safe_max", "words_of_ours_safe_mean",
    ]  # fmt: skip
    assert rows["words_of_ours_label"].to_list() == ["un_safe", "safe", "un_safe"]
    assert rows["words_of_ours_un_safe_max"][0] > 0.99 > 0.01 > rows["words_of_ours_un_safe_max"][1]
    assert rows["words_of_ours_covered"].to_list() == [1.0] * 3


def test_some_labels_can_be_asked_for_and_models_be_named(model: Path) -> None:
    made = TextClassFilter(models=(f"a={model}", f"b={model}"), labels=("insult",))
    names = [measure.name for measure in made.spec.measures]
    assert names == [
        f"{name}_{what}" for name in "ab" for what in ("label", "windows", "covered", "insult_max", "insult_mean")
    ]
    rows = run_filter(made, text_batch(["a snark", "grue"])).items
    assert rows["a_insult_max"].equals(rows["b_insult_max"].rename("a_insult_max"))
    assert rows["a_label"].to_list() == ["insult", "un_safe"]


def test_a_text_longer_than_the_limit_is_too_long_and_has_no_measures(model: Path) -> None:
    rows = found(model, "grue", "grue " * 100, max_characters=100)
    assert rows["status"].to_list() == ["seen", "too_long"]
    assert rows.drop("position", "status").row(1) == (None,) * 9
    assert found(model, "grue " * 100, max_characters=100)["status"].to_list() == ["too_long"]


def test_a_text_without_a_score_has_none_and_no_label(tmp_path: Path) -> None:
    path = write(tmp_path / "m.bin", Shape(words=("grue",), grams=1, most=0, least=0, buckets=0))
    rows = found(path, "nothing known", "grue")
    assert rows["status"].to_list() == ["seen", "seen"]
    assert rows["m_label"][0] is None
    assert rows["m_spam_max"].null_count() == rows["m_spam_mean"].null_count() == 1


def test_the_digest_is_of_the_model_and_of_how_it_is_asked_and_not_of_where_it_lies(model: Path) -> None:
    def digest(models: tuple[str, ...], **parameters: Any) -> str:
        return TextClassFilter(models=models, **parameters).spec.digest

    other = model.with_name("other.bin")
    other.write_bytes(model.read_bytes())
    first = digest((f"a={model}",))
    assert digest((f"a={other}",)) == first
    assert digest((f"a={model}",), device="cpu") == first
    assert digest((f"a={write_meaning(other, {**MEANING, 'boojum': 'safe'})}",)) != first
    changed = {"labels": ("safe",), "window": 64, "overlap": 7, "max_windows": 3, "max_characters": 99}
    assert len({first, *(digest((f"a={model}",), **{name: value}) for name, value in changed.items())}) == 6


def test_labels_that_are_called_alike_once_cleaned_stay_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "m.ftz", Shape(labels=("a b", "a-b", "日本", "A_B_1")))
    made = TextClassFilter(models=(str(path),))
    names = [measure.name for measure in made.spec.measures if measure.name.endswith("_max")]
    assert names == ["m_a_b_max", "m_a_b_1_max", "m_label_2_max", "m_a_b_1_3_max"]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"models": []}, "needs a model in `models`"),
        ({"models": ["gone.bin"]}, "gone.bin cannot be read"),
        ({"models": ["a={model}", "a={model}"]}, "two models are called 'a'"),
        ({"models": ["a={model}", "a_un={other}"]}, "measures of two models would have one name, a_un_safe_max first"),
        ({"models": ["={model}"]}, "without a letter or digit in its name"),
        ({"models": ["{model}"], "labels": ["save"]}, "no model has the label 'save'. Did you mean 'safe'?"),
        ({"models": ["a={model}", "b={other}"], "labels": ["snark"]}, "no model has the label 'snark'"),
        ({"models": ["a={model}", "b={other}"], "labels": ["insult"]}, "b has none of the labels in `labels`"),
        ({"models": ["a={many}"]}, "a has 40 labels, and 32 at most are measured"),
        ({"models": ["a={model}"], "scores": ["b=raw"]}, "unknown model 'b'"),
        ({"models": ["a={model}"], "scores": ["a=hard"]}, "unknown way to score 'hard'"),
        ({"models": ["a={model}"], "scores": ["a=sigmoid"]}, "fastText has no others"),
        ({"models": ["a={model}"], "max_characters": 0}, "max_characters is 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(model: Path, tmp_path: Path, parameters: dict[str, Any], says: str) -> None:
    places = {
        "{model}": str(model),
        "{other}": str(write_meaning(tmp_path / "other.bin", {"bread": "safe", "rye": "fine"})),
        "{many}": str(write(tmp_path / "many.bin", Shape(labels=tuple(f"l{number}" for number in range(40))))),
    }
    named = [
        next((each.replace(word, path) for word, path in places.items() if word in each), each)
        for each in parameters["models"]
    ]
    with pytest.raises(ConfigError) as caught:
        make_filter("text_class", {**parameters, "models": named})
    assert says in str(caught.value)
