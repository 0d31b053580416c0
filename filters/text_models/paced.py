"""Gives a model as much at once as its memory holds, and loses one piece, not a batch, when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def rows(self, length: int) -> int:
        """How many pieces of that length: one, even if it is over the budget."""
        return max(1, self.tokens // padded(length))

    def shrink(self, rows: int, length: int) -> None:
        """To half of what so many pieces of that length took."""
        self.tokens = rows // 2 * padded(length)


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

    Where memory runs out the budget shrinks, for all that follow, until the batch fits. A batch that fails otherwise is
    split until the piece is alone that cannot be looked at. Its answer is None.
    """
    answers: list[Answer | None] = [None] * len(pieces)
    order = sorted(range(len(pieces)), key=lambda place: (-length(pieces[place]), place))
    at = 0
    while at < len(order):
        longest = length(pieces[order[at]])
        batch = order[at : at + budget.rows(longest)]
        try:
            seen = _split_look([pieces[place] for place in batch], look)
        except _ShortageError:
            budget.shrink(len(batch), longest)
            continue
        for place, answer in zip(batch, seen, strict=True):
            answers[place] = answer
        at += len(batch)
    return answers


class _ShortageError(Exception):
    """Memory ran out with more than one piece; raised anew, for the first error's traceback holds on to memory."""


def _split_look(pieces: list[Piece], look: Callable[[list[Piece]], list[Answer]]) -> list[Answer | None]:
    try:
        return [*look(pieces)]
    except _FAILURES as error:
        is_shortage = lacks_memory(error)
    if len(pieces) == 1:
        return [None]
    if is_shortage:
        raise _ShortageError
    half = len(pieces) // 2
    return [*_split_look(pieces[:half], look), *_split_look(pieces[half:], look)]


def lacks_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out; on the processor torch says it in words only."""
    said = str(error)
    words = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(w in said for w in words)
