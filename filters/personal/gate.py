"""What a text must hold before a pattern can match: the pattern itself, made weaker for an engine that knows less.

Presidio's patterns run under `regex`, the gates in Polars, which is Rust's engine. That one has neither lookaround nor
back references, and the two disagree on which characters beyond ASCII are digits, letters or cases of a letter. So the
gate of a pattern is the pattern without its assertions, where all that could mean some character beyond ASCII means any
of them. Whatever the pattern matches, the gate matches too: to leave an assertion out or to widen a class only adds
matches, for nothing but an assertion negates (a negated class has no gate).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from filters.personal.entity import BEYOND, DIGIT, WORD

_TOKEN = re.compile(
    r"""(?P<assertion>\\b)
      | (?P<look>\(\?<?[=!])
      | (?P<flags>\(\?i\))
      | (?P<open>\((?:\?:)?)
      | (?P<close>\))
      | (?P<set>\[(?!\^)(?:\\.|[^\]\\\[])+\])
      | (?P<class>\\[dws])
      | (?P<escape>\\[^A-Za-z0-9])
      | (?P<operator>\{[0-9,]+\}|[|?*+])
      | (?P<letter>[A-Za-z])
      | (?P<plain>[0-9\ \-_:/,;@\#\]])""",
    re.VERBOSE,
)
_CLASSES = {r"\d": DIGIT, r"\w": WORD, r"\s": rf"[\s{BEYOND}]"}
_CLASS = re.compile(r"\\[dws]")
_MEANS_MORE = re.compile(r"\\[dws]|[A-Za-z]")


def gate_of(*patterns: str, case_matters: bool = False) -> str:
    """A Rust regex that finds something in every text in which one of `patterns` does.

    Args:
        patterns: as `regex` has them.
        case_matters: they are used without IGNORECASE, and a letter in them means itself.

    Raises:
        ValueError: a pattern holds what is not understood here.
    """
    return "|".join("".join(_weaker(pattern, letters_vary=not case_matters)) for pattern in patterns)


def _weaker(pattern: str, *, letters_vary: bool) -> Iterator[str]:
    assertions = 0  # how many groups deep within an assertion
    for name, token in pattern_tokens(pattern):
        if name == "look" or (assertions and name == "open"):
            assertions += 1
        elif assertions:
            assertions -= name == "close"
        elif name == "open":
            yield "(?:"
        elif name == "set":
            meaning = _MEANS_MORE if letters_vary else _CLASS
            yield _widened(token, letters_vary=letters_vary) if meaning.search(token) else token
        elif name == "class":
            yield _CLASSES[token]
        elif name == "letter":
            yield f"[{token.lower()}{token.upper()}{BEYOND}]" if letters_vary else token
        elif name not in ("assertion", "flags"):
            yield token


def _widened(token: str, *, letters_vary: bool) -> str:
    """A set's ASCII characters one by one, in both cases if need be, and all beyond ASCII.

    Rust's own `(?i)` would fold the cases of all Unicode for each class: that took it most of a second for 80 gates.
    """
    member = re.compile(token, re.ASCII | (re.IGNORECASE if letters_vary else 0))
    codes = [code for code in range(128) if member.fullmatch(chr(code))]
    runs = (list(run) for _, run in groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0]))
    ranges = (f"\\x{run[0][1]:02x}-\\x{run[-1][1]:02x}" for run in runs)
    return f"[{''.join(ranges)}{BEYOND}]"


def pattern_tokens(pattern: str) -> Iterator[tuple[str, str]]:
    """The parts of a pattern of the `regex` module, as (what, how it is written).

    Raises:
        ValueError: a part is not understood here.
    """
    place = 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None or token.lastgroup is None:
            raise ValueError(f"no gate is known for what stands at {place} of {pattern!r}")
        yield token.lastgroup, token.group()
        place = token.end()
