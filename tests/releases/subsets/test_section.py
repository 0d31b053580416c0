"""The sizes of models in a recipe's subset: one, or those of a family."""

import pytest
from pydantic import ValidationError

from releases.subsets.section import Auto, Subset


def subset(parameters):
    return Subset.model_validate(
        {"target": {"examples": ["examples.jsonl"]}, "budget": {"auto": {"parameters": parameters}}}
    )


def test_the_order_in_which_sizes_are_written_changes_no_digest():
    assert subset([410, 160, 1400]).digest == subset([160, 410, 1400]).digest != subset([160, 410]).digest
    assert subset([410, 160, 1400]).budget.auto.parameters == (160, 410, 1400)


def test_one_size_is_one_whether_or_not_it_is_in_a_list():
    assert subset([160]) == subset(160)
    assert subset([160]).digest == subset(160).digest
    assert subset(160).model_dump(mode="json")["budget"]["auto"]["parameters"] == 160
    assert Auto().parameters is None


def test_what_was_read_is_read_again_as_the_same():
    asked = subset([410, 160])
    assert Subset.model_validate(asked.model_dump(mode="json")) == asked


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (0, "expected a whole number above 0, or a list of such"),
        ([160, -1], "expected a whole number above 0, or a list of such"),
        ("many", "expected a whole number above 0, or a list of such"),
        ([], "the list is empty"),
        ([160, 410, 160], "a size is there twice"),
    ],
)
def test_sizes_that_make_no_family_are_refused_in_one_sentence(parameters, said):
    with pytest.raises(ValidationError, match=said) as raised:
        subset(parameters)
    assert raised.value.error_count() == 1
