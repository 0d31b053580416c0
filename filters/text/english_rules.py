"""What spaCy's English tokenizer goes by, as tables for loops over bytes; read from the spaCy that is installed.

The lists are spaCy's: its exceptions, its classes of characters, its units. How its regular expressions are built is
written out in `english_tokens.py`; `as_written_out` says whether the installed ones are still those.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from filters.lean_presidio import hidden
from filters.text.known_strings import KnownStrings

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

Kinds = npt.NDArray[np.uint16]
Lengths = npt.NDArray[np.int64]

# Of spaCy 3.8: over prefixes, suffixes, infixes and the pattern of addresses.
_WRITTEN_OUT = "29f6ae5bff5342c77652b10298147eb286e570316a39a889172f140832aefca6"

# What a character can be, one bit each.
PREFIX = 1 << 0  # alone a prefix
SUFFIX = 1 << 1  # alone a suffix
INFIX = 1 << 2  # alone an infix, whatever stands beside it
ALPHA = 1 << 3
LOWER = 1 << 4  # ALPHA_LOWER, which holds the letters without case too
UPPER = 1 << 5  # ALPHA_UPPER, likewise
QUOTE = 1 << 6
BEFORE_STOP = 1 << 7  # a full stop after it is a suffix
HOST = 1 << 8  # may begin and end the label of a host
SCHEME = 1 << 9  # may stand in the scheme of an address
DECIMAL = 1 << 10  # \d, of any script
DIGIT = 1 << 11  # 0-9
JOINT = 1 << 12  # an infix may begin with it
SPACE = 1 << 13  # as `str.isspace`
PLAIN = 1 << 14  # a letter that no rule but the exceptions looks at

_JOINTS = ".+-*^,–—~:<>=/"
_HOST_CLASS = r"[A-Za-z0-9\u00a1-\uffff]"
_EVERY_CHARACTER = 0x110000
# Above, spaCy's classes hold nothing, only Python's do. They are slow to ask.
_LAST_IN_CLASSES = 0x2FFFF


class Specials(NamedTuple):
    """The exceptions: how each is cut, and into what the affix rules would tear it.

    Row k of `cuts` has the lengths in bytes of the tokens of exception k, and zeros; row k of `torn` those of the
    tokens that the affix rules make of it, if spaCy seeks it among finished tokens, else zeros.
    """

    strings: KnownStrings
    cuts: Lengths
    torn: Lengths
    changes: npt.NDArray[np.bool_]  # sought, and cut otherwise than torn
    torn_firsts: npt.NDArray[np.bool_]  # which shapes there are among first torn tokens


class Rules(NamedTuple):
    kinds: Kinds
    specials: Specials
    measures: KnownStrings  # currencies and units: suffixes after a digit
    longest_measure: int  # in characters


@cache
def english() -> Any:
    """The defaults of spaCy's English. The import costs about a second, so it waits until somebody asks."""
    with hidden():
        from spacy.lang.en import EnglishDefaults
    return EnglishDefaults


def as_written_out() -> bool:
    """Whether the installed spaCy cuts by the expressions that `english_tokens.py` was written after."""
    return _digest() == _WRITTEN_OUT


def _digest() -> str:
    defaults = english()
    from spacy.lang.tokenizer_exceptions import URL_PATTERN

    told = [*defaults.prefixes, "", *defaults.suffixes, "", *defaults.infixes, "", URL_PATTERN]
    told.append(repr(defaults.token_match))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


@cache
def tokenizer() -> Tokenizer:
    """The one of `spacy.blank("en")`, without the pipeline around it, whose plug-ins import Presidio and more."""
    defaults = english()
    from spacy.tokenizer import Tokenizer
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex
    from spacy.vocab import Vocab

    return Tokenizer(
        Vocab(),
        rules=defaults.tokenizer_exceptions,
        prefix_search=compile_prefix_regex(defaults.prefixes).search,
        suffix_search=compile_suffix_regex(defaults.suffixes).search,
        infix_finditer=compile_infix_regex(defaults.infixes).finditer,
        token_match=defaults.token_match,
        url_match=defaults.url_match,
    )


def kinds() -> Kinds:
    """What each code point is."""
    from spacy.lang import char_classes as spacy

    defaults = english()
    every = np.arange(_EVERY_CHARACTER, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    found = np.zeros(len(every), dtype=np.uint16)
    for kind, pattern in (
        (PREFIX, _single(defaults.prefixes)),
        (SUFFIX, _single(defaults.suffixes)),
        (INFIX | JOINT, _single(defaults.infixes)),
        (ALPHA, f"[{spacy.ALPHA}]"),
        (LOWER, f"[{spacy.ALPHA_LOWER}]"),
        (UPPER, f"[{spacy.ALPHA_UPPER}]"),
        (QUOTE, f"[{spacy.CONCAT_QUOTES}]"),
        (BEFORE_STOP, _before_stop(defaults.suffixes)),
        (HOST, _HOST_CLASS),
        (SCHEME, r"[\w\+\-\.]"),
        (DECIMAL, r"\d"),
        (DIGIT, "[0-9]"),
        (SPACE, r"\s"),
        (JOINT, f"[{re.escape(_JOINTS)}]"),
    ):
        last = len(every) if kind in (SCHEME, DECIMAL) else _LAST_IN_CLASSES + 1
        for run in re.compile(f"(?:{pattern})+").finditer(every, 0, last):
            found[run.start() : run.end()] |= kind
    plain = (found & ALPHA != 0) & (found & (PREFIX | SUFFIX | JOINT) == 0)
    found[plain] |= PLAIN
    return found


def _single(pieces: Iterable[str]) -> str:
    """Those of the expressions that are one character, or one of a class, whatever stands beside it."""
    return "|".join(piece for piece in pieces if re.fullmatch(r"\\?.|\[[^\[\]]+\]", piece))


def _before_stop(suffixes: Sequence[str]) -> str:
    r"""The class of `(?<=[…])\.`, which is the one that names the quotes too."""
    (piece,) = [piece for piece in suffixes if piece.startswith("(?<=[0-9") and piece.endswith(r"])\.")]
    return piece.removeprefix("(?<=").removesuffix(r")\.")


def measures() -> tuple[str, ...]:
    from spacy.lang.char_classes import CURRENCY, UNITS

    return tuple(sorted({piece.replace("\\", "") for piece in f"{CURRENCY}|{UNITS}".split("|")}))


def exceptions() -> dict[str, tuple[str, ...]]:
    """Each special string, and the tokens it is cut into."""
    from spacy.symbols import ORTH

    rules: dict[str, list[dict[int, str]]] = english().tokenizer_exceptions
    return {text: tuple(token[ORTH] for token in tokens) for text, tokens in sorted(rules.items()) if text.strip()}


def sought() -> frozenset[str]:
    """The exceptions that an affix rule finds something in: those spaCy seeks among finished tokens."""
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

    defaults = english()
    finders = (
        compile_prefix_regex(defaults.prefixes),
        compile_suffix_regex(defaults.suffixes),
        compile_infix_regex(defaults.infixes),
    )
    return frozenset(text for text in exceptions() if any(finder.search(text) for finder in finders))
