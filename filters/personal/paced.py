"""Gives a model as much at once as its memory holds, and loses one piece, not a batch, when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")

MULTIPLE = 8
"""Lengths are padded up to a multiple of this: matrix units work in steps of it."""

# What torch and tokenizers raise on an input they cannot take; torch's out-of-memory error is a RuntimeError.
_FAILURES = (RuntimeError, MemoryError, ValueError, IndexError, OverflowError)


class Budget:
    """How many tokens fit in one forward pass; it only ever shrinks, so one shortage is not met again and again."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def halve(self) -> None:
        self.tokens = max(1, self.tokens // 2)


def padded(length: int) -> int:
    return -(-length // MULTIPLE) * MULTIPLE


def look_paced(
    pieces: Sequence[Piece],
    look: Callable[[list[Piece]], list[Answer]],
    *,
    length: Callable[[Piece], int],
    budget: Budget,
) -> list[Answer | None]:
    """Shows all pieces to `look`, the longest first, in batches of equal length as far as there are such.

    A batch that fails is split until the piece is alone that cannot be looked at: its answer is None. A lack of memory
    halves the budget for all that follow.
    """
    answers: list[Answer | None] = [None] * len(pieces)
    order = sorted(range(len(pieces)), key=lambda place: (-length(pieces[place]), place))
    at = 0
    while at < len(order):
        rows = max(1, budget.tokens // padded(length(pieces[order[at]])))
        batch = order[at : at + rows]
        for place, answer in _look(batch, pieces, look, budget):
            answers[place] = answer
        at += len(batch)
    return answers


def _look(
    batch: list[int],
    pieces: Sequence[Piece],
    look: Callable[[list[Piece]], list[Answer]],
    budget: Budget,
) -> Iterator[tuple[int, Answer | None]]:
    try:
        answers = look([pieces[place] for place in batch])
    except _FAILURES as error:
        is_shortage = lacks_memory(error)
    else:
        yield from zip(batch, answers, strict=True)
        return
    # Out here the traceback is gone, and with it what it held in the device's memory.
    if len(batch) == 1:
        yield batch[0], None
        return
    if is_shortage:
        budget.halve()
    half = (len(batch) + 1) // 2
    for part in (batch[:half], batch[half:]):
        yield from _look(part, pieces, look, budget)


def lacks_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out; on the processor torch says it in words only."""
    said = str(error)
    words = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(w in said for w in words)
