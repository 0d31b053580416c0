"""As much at once as memory holds."""

from hypothesis import given
from hypothesis import strategies as st

from filters.text_models.paced import Budget, look_paced, padded

PIECES = st.lists(st.integers(1, 100), max_size=60)


def doubled(batch):
    return [piece * 2 for piece in batch]


@given(PIECES, st.integers(1, 400))
def test_every_piece_is_answered_in_its_place_and_no_batch_is_over_the_budget(pieces, tokens):
    sizes = []

    def look(batch):
        sizes.append((len(batch), padded(max(batch))))
        return doubled(batch)

    assert look_paced(pieces, look, length=int, budget=Budget(tokens)) == doubled(pieces)
    assert all(rows == 1 or rows * width <= tokens for rows, width in sizes)
    assert [width for _, width in sizes] == sorted((width for _, width in sizes), reverse=True)


@given(PIECES, st.sets(st.integers(1, 100), max_size=5))
def test_only_the_piece_that_fails_has_no_answer(pieces, bad):
    def look(batch):
        if bad & set(batch):
            raise ValueError
        return doubled(batch)

    budget = Budget(400)
    answers = look_paced(pieces, look, length=int, budget=budget)
    assert answers == [None if piece in bad else piece * 2 for piece in pieces]
    assert budget.tokens == 400


def test_a_lack_of_memory_halves_the_budget_for_all_that_follow():
    tried = []

    def look(batch):
        tried.append(len(batch))
        if len(batch) > 10:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return doubled(batch)

    budget = Budget(8 * 32)
    assert look_paced([8] * 96, look, length=int, budget=budget) == [16] * 96
    assert budget.tokens == 8 * 8
    assert tried == [32, 16, *[8] * 12]


def test_a_piece_too_large_alone_has_no_answer():
    def look(batch):
        if 100 in batch:
            raise MemoryError
        return doubled(batch)

    assert look_paced([3, 100, 4], look, length=int, budget=Budget(1_000)) == [6, None, 8]
