from __future__ import annotations

import pytest

from filters.base import run_filter
from filters.text_minhash import TextMinhashFilter
from tamis.errors import ConfigError
from tamis.testing import mixed_batch, text_batch

TEXT = "A text of more words than a shingle has, so that it has several."


def test_each_text_with_words_has_its_minima() -> None:
    found = run_filter(TextMinhashFilter(), mixed_batch([TEXT, "…", b"picture", TEXT.upper(), "other"]))
    assert found.items["words"].to_list() == [14, 0, None, 14, 1]
    assert found.minhashes["position"].to_list() == [0, 3, 4]
    first, second, third = found.minhashes["minima"]
    assert first == second != third
    assert len(third) == 112 * 4
    digests = found.minhashes.select("text_hi", "text_lo").rows()
    assert digests[0] == digests[1] != digests[2]


def test_the_same_words_in_another_order_are_another_text() -> None:
    found = run_filter(TextMinhashFilter(), text_batch(["one two three", "one three two", "One — two: three."]))
    first, second, third = found.minhashes.select("text_hi", "text_lo").rows()
    assert first == third
    assert not set(first) & set(second)


def test_the_minima_of_a_text_do_not_depend_on_the_batch() -> None:
    texts = [TEXT, "", "漢字", TEXT[:30], TEXT * 40]
    whole = run_filter(TextMinhashFilter(), text_batch(texts))
    alone = [run_filter(TextMinhashFilter(), text_batch([text])).minhashes["minima"].to_list() for text in texts]
    assert whole.minhashes["minima"].to_list() == [minima for found in alone for minima in found]


@pytest.mark.parametrize("parameters", [{"shingle": 0}, {"shingle": 51}, {"permutations": 15}, {"permutations": 1025}])
def test_a_number_out_of_range_is_refused(parameters: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"text_minhash: .* expected"):
        TextMinhashFilter(**parameters)


def test_whatever_changes_the_minima_is_in_the_digest() -> None:
    specs = [TextMinhashFilter(**each).spec for each in ({}, {"shingle": 4}, {"permutations": 128})]
    assert len({spec.digest for spec in specs}) == 3
    assert dict(specs[0].parameters) == {"shingle": 5, "permutations": 112, "algorithm": 1, "seed": 1}
