from __future__ import annotations

from filters.base import run_filter
from filters.exact_duplicates import ExactDuplicatesFilter
from tamis.testing import mixed_batch


def test_equal_bytes_have_equal_signatures() -> None:
    batch = mixed_batch(["a", "b", "a", "a ", b"picture", b"picture"])
    signatures = run_filter(ExactDuplicatesFilter(), batch).signatures.rows()
    of = {position: signature for position, *signature in signatures}
    assert of[0] == of[2]
    assert of[4] == of[5]
    assert len({tuple(signature) for signature in of.values()}) == 4


def test_the_size_counts_bytes_not_characters() -> None:
    assert run_filter(ExactDuplicatesFilter(), mixed_batch(["é"])).items["n_bytes"].to_list() == [2.0]
