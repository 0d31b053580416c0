"""The lines of a text that hold a digit, for patterns that need no others: in prose one line in ten.

A pattern needs no others if each of its matches holds a digit and lies within a line, its assertions included. Such
patterns are shown these lines alone, one by one; what they match there, they match in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import regex

from filters.personal.gate import pattern_tokens

_LINE = regex.compile(r"[^\n]*?\d[^\n]*")


@lru_cache(maxsize=2)
def digit_lines(text: str) -> tuple[tuple[int, str], ...]:
    """Where each of them begins, and the line; remembered for the text that several recognizers are looking at."""
    return tuple((match.start(), match.group()) for match in _LINE.finditer(text))


class _Facts(NamedTuple):
    holds_digit: bool
    """Each match does."""
    within_line: bool
    """No match, and nothing that is asserted, holds the end of a line."""


def needs_digit_lines_only(pattern: str) -> bool:
    """Whether all that a pattern of the `regex` module matches lies in lines with a digit, and depends on them alone.

    False where the pattern is not understood.
    """
    try:
        facts = _alternatives(iter([*pattern_tokens(pattern)]))
    except ValueError:
        return False
    return facts.holds_digit and facts.within_line


def _alternatives(tokens: Iterator[tuple[str, str]]) -> _Facts:
    """Up to the bracket that closes, or to the end."""
    branches = [list[_Facts]()]
    for name, written in tokens:
        if name == "close":
            break
        if written == "|":
            branches.append([])
        elif name == "operator":
            if _may_be_none(written) and branches[-1]:
                branches[-1][-1] = branches[-1][-1]._replace(holds_digit=False)
        elif name == "open":
            branches[-1].append(_alternatives(tokens))
        elif name == "look":
            branches[-1].append(_alternatives(tokens)._replace(holds_digit=False))
        elif name not in ("assertion", "flags"):
            branches[-1].append(_of_one_character(name, written))
    return _Facts(
        holds_digit=all(any(atom.holds_digit for atom in branch) for branch in branches),
        within_line=all(atom.within_line for branch in branches for atom in branch),
    )


def _may_be_none(operator: str) -> bool:
    return operator in "?*" or operator.startswith(("{0", "{,"))


def _of_one_character(name: str, written: str) -> _Facts:
    if name in ("set", "class"):
        return _Facts(_means_digits(written), re.match(written, "\n") is None)
    return _Facts(written.isdigit(), written != "\n")


@lru_cache(maxsize=1024)
def _means_digits(written: str) -> bool:
    """A set that names a class of letters means more than digits, whatever it means in ASCII."""
    meant = [chr(code) for code in range(128) if re.fullmatch(written, chr(code), re.ASCII)]
    return bool(meant) and all(character.isdigit() for character in meant) and r"\w" not in written
