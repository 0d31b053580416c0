"""Tells which licence a text is, by exact comparison after normalising: no likeness, no guess.

The texts compared with are those of the SPDX licence list; only their digests are stored, in
`filters/data/spdx_fingerprints.json`, which `tools/build_spdx_fingerprints.py` writes.

What normalising takes away follows the SPDX matching guidelines: letter case, punctuation, bullets and numbering, a
title, copyright lines, the holder's name where the BSD and ISC families repeat it, British spelling, and the address of
the Free Software Foundation. Any other word more, less or different, and the text is no known licence: of the 230
licence files that came with 170 Python distributions, 172 are known; the rest hold several licences or words of their
own.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

FINGERPRINTS = "spdx_fingerprints.json"

MIN_WORDS = 15
"""Shorter texts are compared with nothing: too little is left of them to be sure."""

MAX_CHARACTERS = 100_000
"""Longer texts are no licence: the longest on the SPDX list has half of it."""

_TITLE_WORDS = 8
_COPYRIGHT_LINE_CHARACTERS = 200

# "Copyright" at a line's start is a notice, unless the line is the wrapped middle of a sentence about copyright.
_COPYRIGHT_LINE = re.compile(
    r"""(?:portions\ |parts\ )?
    (?: (?:\(c\)|©) \ ? (?: copyright | [\[<{]? (?:19|20)\d\d | [\[<{]y )
      | copyright (?!ed)
        (?! \W+ (?: notices?|licen[sc]es?|laws?|holders?|owners?|statements?|interests?|treat\w+|protection|act|patents?
                 | materials?|claims?|permission|disclaimer|and|or|in|on|is|of|for|to|the) \b )
    )""",
    re.VERBOSE,
)
_YEAR_LINE = re.compile(r"(?:19|20)\d\d(?:\s*[-–,]\s*(?:19|20)?\d\d)*\s+\S.{0,80}$")  # a list of holders goes on
_ENUMERATION = re.compile(r"\(\s*(?:[ivx]{1,5}|[a-z0-9])\s*\)|(?<!\S)[0-9]{1,2}[.)](?=\s)|(?m:^\s*[a-z][.)](?=\s))")
_LICENCE = re.compile(r"\blicen[sc]e\b")
_NOT_WORD = re.compile(r"[\W_]+")

_SAME = (
    (re.compile(r"licenc"), "licens"),
    (re.compile(r"\bsub licens"), "sublicens"),
    (re.compile(r"\band or\b"), "and"),
    (re.compile(r"\bhttps\b"), "http"),
    (re.compile(r"\bnon commercial"), "noncommercial"),
    (
        re.compile(
            r"\bneither the names? of (?:\w+ ){1,20}?nor (?:the names|those) of (?:any of )?(?:its|their|the|any)"
            r"(?: \w+)? contributors\b"
        ),
        "neither the name of holder nor the names of its contributors",
    ),
    (re.compile(r"\bprovided by (?:\w+ ){1,20}?as is\b"), "provided by holder as is"),
    (
        re.compile(r"\bas is and (?:\w+ ){1,10}?disclaims? all warranties\b"),
        "as is and holder disclaims all warranties",
    ),
    (re.compile(r"\bin no event (?:shall|will) (?:\w+ ){1,25}?be liable\b"), "in no event shall holder be liable"),
    (
        re.compile(
            r"\bfree software foundation inc \d+ [a-z ]{4,40}(?: \d+)?(?: \w+ floor)? (?:boston|cambridge) ma \d{5}"
            r"(?: \d{4})?(?: usa)?\b"
        ),
        "free software foundation inc",
    ),
)
"""Words that may differ without the licence being another."""


def normalise(text: str) -> str:
    """The words that make the text this licence and no other, in lower case, one space apart."""
    lines = [line.strip() for line in unicodedata.normalize("NFKC", text).casefold().splitlines()]
    terms = "\n".join(_without_notices(line.strip("#>*/;%|=- \t\"'`") for line in lines))
    words = _NOT_WORD.sub(" ", _ENUMERATION.sub(" ", terms)).strip()
    for pattern, same in _SAME:
        words = pattern.sub(same, words)
    return words


def _without_notices(lines: Iterable[str]) -> list[str]:
    kept: list[str] = []
    in_notice = False
    for line in lines:
        in_notice = _is_notice(line, in_notice=in_notice)
        is_title = not kept and _is_title(line)
        if line and not in_notice and not is_title:
            kept.append(line)
    return kept


def _is_notice(line: str, *, in_notice: bool) -> bool:
    if len(line) > _COPYRIGHT_LINE_CHARACTERS:
        return False
    goes_on = in_notice and _YEAR_LINE.match(line)
    return bool(_COPYRIGHT_LINE.match(line) or goes_on) or line.rstrip(".") == "all rights reserved"


def _is_title(line: str) -> bool:
    return len(line.split()) <= _TITLE_WORDS and bool(_LICENCE.search(line)) and line[-1] not in ".,;"


def fingerprint(text: str) -> str | None:
    """32 hex digits of SHA-256 over the normalised text; null where it is too short or too long to be a licence."""
    if len(text) > MAX_CHARACTERS:
        return None
    words = normalise(text)
    if words.count(" ") + 1 < MIN_WORDS:
        return None
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def licences_of_text(text: str) -> tuple[str, ...]:
    """The SPDX ids whose text this is, the preferred one first; none if it is no licence of the list, word for word."""
    return _known().get(fingerprint(text) or "", ())


@cache
def _known() -> dict[str, tuple[str, ...]]:
    stored = json.loads(resources.files("filters").joinpath("data", FINGERPRINTS).read_text("utf-8"))
    return {digest: tuple(ids) for digest, ids in stored["fingerprints"].items()}


@cache
def fingerprints_digest() -> str:
    """SHA-256 of the stored file, for a filter's spec."""
    return hashlib.sha256(resources.files("filters").joinpath("data", FINGERPRINTS).read_bytes()).hexdigest()
