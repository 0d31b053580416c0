"""Windows of one size, spread evenly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.text_models.windows import covered, even_windows

SIZES = st.tuples(st.integers(4, 60), st.integers(0, 100)).map(lambda pair: (pair[0], pair[0] * pair[1] // 400))


@given(st.integers(0, 3000), SIZES, st.integers(0, 9))
def test_windows_are_within_the_text_and_of_one_size_and_overlap_as_asked(count, sizes, most):
    size, overlap = sizes
    starts = even_windows(count, size=size, overlap=overlap, most=most)
    seen = np.zeros(count, dtype=bool)
    for start in starts:
        seen[start : start + size] = True
    assert starts[0] == 0
    assert covered(starts, count, size=size) == (seen.mean() if count else 1.0)
    assert not most or len(starts) <= most
    if count > size:
        assert most == 1 or starts[-1] + size == count
    if not most:
        assert seen.all()
        assert (np.diff(starts) <= size - overlap).all()


def test_without_a_size_the_text_is_one_window():
    assert even_windows(1000, size=0, overlap=0, most=3).tolist() == [0]
    assert covered(np.zeros(1, dtype=np.int64), 1000, size=0) == 1.0
