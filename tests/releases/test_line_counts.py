"""What stands in more texts than the limit, counted again in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases import line_counts
from releases.line_counts import Counted, count_lines

Texts = list[list[int]]

_SPREAD = 0x9E3779B97F4A7C15


def _frame(texts: Texts, first: int) -> pl.DataFrame:
    digests = [np.array([each * _SPREAD % 2**64 for each in text], dtype="<u8").tobytes() for text in texts]
    lengths = [np.array(text, dtype="<u4").tobytes() for text in texts]
    named = {"lines": digests, "line_lengths": lengths, "paragraphs": digests, "paragraph_lengths": lengths}
    owner = pl.int_range(first, first + len(texts), dtype=pl.UInt32, eager=True)
    return pl.DataFrame({"owner": owner, **{name: pl.Series(each, dtype=pl.Binary) for name, each in named.items()}})


def _counted(texts: Texts, *, most: int, size: int, expected: int, before: Texts) -> Counted:
    def frames() -> Iterator[pl.DataFrame]:
        for start in range(0, len(texts), size):
            yield _frame(texts[start : start + size], start)

    with TemporaryDirectory() as scratch:
        return count_lines(
            frames,
            len(texts),
            expected=expected,
            most=most,
            scratch=Path(scratch),
            earlier=lambda: iter([_frame(before, 0).drop("owner")]),
        )


@pytest.mark.parametrize("drawers", [1, 64])
@given(
    texts=st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12),
    most=st.integers(1, 4),
    size=st.integers(1, 5),
    before=st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=4),
)
@settings(deadline=None)
def test_counts_and_characters_are_those_of_plain_python(
    drawers: int, texts: Texts, most: int, size: int, before: Texts
) -> None:
    found = _counted(texts, most=most, size=size, expected=drawers * line_counts.IN_DRAWER, before=before)
    documents = Counter(each for text in texts for each in set(text))
    with_earlier = documents + Counter(each for text in before for each in set(text))
    many = {each for each in documents if with_earlier[each] > most}
    for unit in ("lines", "paragraphs"):
        assert found.found[unit].tolist() == [len(text) for text in texts]
        assert found.repeated[unit].tolist() == [sum(each for each in text if each in many) for text in texts]
    assert found.digests == 2 * sum(documents.values())
    assert found.many == 2 * len(many)


def test_a_text_without_digests_on_record_has_none() -> None:
    with TemporaryDirectory() as scratch:
        found = count_lines(lambda: iter([_frame([[3]], 1)]), 3, expected=1, most=1, scratch=Path(scratch))
    assert found.found["lines"].tolist() == [0, 1, 0]
