"""Masking: what is named is gone, and what cannot be masked whole is not masked by halves."""

from __future__ import annotations

import pytest

from releases.redact import mask
from tamis.errors import ContractError


def test_each_span_becomes_its_kind() -> None:
    assert mask("ab cd ef", [(0, 2, "A"), (2, 3, "B"), (6, 8, "A")]) == "<A><B>cd <A>"


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 5, "A"), (4, 8, "B")],
        [(4, 6, "A"), (0, 2, "B")],
        [(0, 8, "A"), (2, 4, "B")],
        [(6, 9, "A")],
        [(-2, 2, "A")],
        [(3, 3, "A")],
        [(5, 3, "A")],
    ],
    ids=["overlap", "out of order", "nested", "beyond the end", "before the start", "empty", "backwards"],
)
def test_spans_that_cannot_be_masked_one_by_one_are_a_broken_promise(spans: list[tuple[int, int, str]]) -> None:
    with pytest.raises(ContractError, match="of a text of 8 characters") as caught:
        mask("ab cd ef", spans)
    assert "cd" not in str(caught.value)
