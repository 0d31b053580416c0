"""Tells of many texts at once which of them may have the text of a licence in them.

Most texts of a corpus have none, even of those that speak of licences. What `filters/rights/texts/index.py` first asks
of a text, whether it has half of the shingles of some licence, is asked here of all texts together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from filters.rights.texts.index import load, with_candidates
from filters.rights.texts.shingles import plain_text, shingles_of_all
from filters.rights.texts.tags import read_tags

_TOGETHER = 100_000
"""So many characters are searched together; more would take more memory, and hardly less time."""


def may_have_licences(texts: Sequence[str]) -> list[bool]:
    """Of each text; true of every one in which `look` finds the text of a licence, and of few others."""
    return [may for group in _groups(texts) for may in _may_have(group)]


def _groups(texts: Iterable[str]) -> Iterator[list[str]]:
    group: list[str] = []
    characters = 0
    for text in texts:
        group.append(text)
        characters += len(text)
        if characters >= _TOGETHER:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _may_have(texts: list[str]) -> list[bool]:
    shingles, text_of = shingles_of_all(plain_text(read_tags(text)[1]) for text in texts)
    may: list[bool] = with_candidates(load().numbers(shingles), text_of, len(texts), load()).tolist()
    return may
