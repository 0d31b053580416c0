"""Tells which licence a text is, by exact comparison after normalising: no likeness, no guess.

The texts compared with are those of the SPDX licence list; only their digests are stored, in
`filters/data/spdx_fingerprints.json`, which `tools/build_spdx_fingerprints.py` writes.

What normalising takes away follows the SPDX matching guidelines: letter case, punctuation, bullets and numbering,
lines of years and holders, the holder's name where the BSD and ISC families repeat it, British spelling, and the
address of the Free Software Foundation. A title may be there or not if it is made of the words of that licence's own
names. A notice or a holder's name that could say anything of what one may do is no notice and no name, and stays. Any
other word more, less or different, and the text is no known licence: of the 265 files about licences, notices and
authors that came with 170 Python distributions, 180 are known; the rest hold several licences or words of their own, or
none.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from filters.rights.names import NAMES

FINGERPRINTS = "spdx_fingerprints.json"

MIN_WORDS = 15
"""Shorter texts are compared with nothing: too little is left of them to be sure."""

MAX_CHARACTERS = 100_000
"""Longer texts are no licence: the longest on the SPDX list has half of it."""

_TITLE_WORDS = 8
_TITLE_LINES = 2
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
_MAY_BEGIN = re.compile(r"(?:portions |parts )?(?:\(c\)|©|copyright)|all rights reserved", re.IGNORECASE)
"""How every line begins that is a notice, unless it goes on with one."""
_YEAR_LINE = re.compile(r"(?:19|20)\d\d(?:\s*[-–,]\s*(?:19|20)?\d\d)*\s+\S.{0,80}$")  # a list of holders goes on
_APOSTROPHE = re.compile("['’]")
_PUNCTUATION = "()[]<>{}.,;:&+/*'\"-–—"
_TERMS = (
    r"(?:not?|never|none|may|must|shall|should|can|cannot|only|solely|without|unless|except\w*|other than|licen[cs]\w*"
    r"|permi\w+|grant\w*|allow\w*|forb[ai]d\w*|prohibit\w*|restrict\w*|den(?:y|ied)|commercial\w*|noncommercial\w*"
    r"|use[ds]?|using|usage|uses|redistribut\w*|distribut\w*|reproduc\w*|cop(?:y|ies|ied|ying)|train\w*|terms?"
    r"|conditions?|agree\w*|consent|require\w*|provided|pay\w*|fees?|purchas\w*|warrant\w*)"
)
_SPEAKS_OF_TERMS = re.compile(rf"\b{_TERMS}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\S+\.(?:com|org|net|io|de|dev)\b\S*", re.IGNORECASE)
_NO_NAME = re.compile(r"copyright|\(c\)|©|all rights reserved|[<\[{][\w ,.-]{1,40}[>\]}]", re.IGNORECASE)
_SMALL_WORDS = frozenset((
    "a", "al", "also", "an", "and", "at", "author", "authors", "by", "contributors", "copyright", "da", "de", "del",
    "den", "der", "developers", "di", "et", "file", "former", "holder", "holders", "in", "individual", "its", "la",
    "le", "maintainers", "members", "of", "on", "original", "other", "others", "owner", "owners", "parts", "portions",
    "present", "project", "respective", "see", "team", "the", "their", "to", "van", "version", "von", "y",
))  # fmt: skip
_LOWER_CASE_NAMES = 2
"""So many words of a notice may be names in lower case: more of them are a sentence, in whatever language."""

_ENUMERATION = re.compile(r"\(\s*(?:[ivx]{1,5}|[a-z0-9])\s*\)|(?<!\S)[0-9]{1,2}[.)](?=\s)|(?m:^\s*[a-z][.)](?=\s))")
_LICENCE = re.compile(r"\blicen[sc]e\b", re.IGNORECASE)
_TITLE_WORDS_OF_ALL = frozenset((
    "a", "file", "full", "license", "licence", "of", "released", "text", "the", "under", "v", "version",
))  # fmt: skip
_NOT_WORD = re.compile(r"[\W_]+")

_MARGIN = "#>*/;%|=- \t\"'`"
"""Marks of a comment, on either side of a line."""

_HOLDER = rf"(?:(?!{_TERMS}\b)\w+ )"  # a word of a name: nothing that could be a term is taken for one

_SAME = (
    ("licenc", re.compile(r"licenc"), "licens"),
    ("sub licens", re.compile(r"\bsub licens"), "sublicens"),
    ("and or", re.compile(r"\band or\b"), "and"),
    ("https", re.compile(r"\bhttps\b"), "http"),
    ("non commercial", re.compile(r"\bnon commercial"), "noncommercial"),
    (
        "neither the name",
        re.compile(
            rf"\bneither the names? of {_HOLDER}{{1,20}}?nor (?:the names|those) of (?:any of )?(?:its|their|the|any)"
            r"(?: \w+)? contributors\b"
        ),
        "neither the name of holder nor the names of its contributors",
    ),
    ("provided by ", re.compile(rf"\bprovided by {_HOLDER}{{1,20}}?as is\b"), "provided by holder as is"),
    (
        "as is and ",
        re.compile(rf"\bas is and {_HOLDER}{{1,10}}?disclaims? all warranties\b"),
        "as is and holder disclaims all warranties",
    ),
    (
        "in no event ",
        re.compile(rf"\bin no event (?:shall|will) {_HOLDER}{{1,25}}?be liable\b"),
        "in no event shall holder be liable",
    ),
    (
        "free software foundation inc ",
        re.compile(
            rf"\bfree software foundation inc \d+ {_HOLDER}{{1,8}}?(?:boston|cambridge) ma \d{{5}}"
            r"(?: \d{4})?(?: usa)?\b"
        ),
        "free software foundation inc",
    ),
)
"""Words that may differ without the licence being another; what each expression finds has the words before it in it."""


def normalise(text: str) -> str:
    """The words that make the text this licence and no other, in lower case, one space apart."""
    return _words(terms_of(text))


def terms_of(text: str) -> list[str]:
    """The lines that are no notices, without the marks of a comment."""
    lines = unicodedata.normalize("NFKC", text).splitlines()
    return _without_notices([line.strip().strip(_MARGIN) for line in lines])


def notices_of(text: str) -> tuple[list[str], str]:
    """The lines that are years and holders and nothing else, but for those that name no holder; and the text as written
    without any of them.
    """
    notices: list[str] = []
    terms: list[str] = []
    in_notice = False
    for line in text.splitlines():
        plain = _stripped(unicodedata.normalize("NFKC", line))
        in_notice = _is_notice(plain, in_notice=in_notice)
        if not in_notice:
            terms.append(line.rstrip())
        elif any(letter.isalpha() for letter in _NO_NAME.sub(" ", plain)):
            notices.append(line.strip().lstrip("#>*/;%|=- \t"))
    return notices, "\n".join(terms).strip("\n")


def _stripped(line: str) -> str:
    return line.strip().strip(_MARGIN)


def _words(lines: list[str]) -> str:
    terms = "\n".join(lines).casefold()
    words = _NOT_WORD.sub(" ", _ENUMERATION.sub(" ", terms)).strip()
    for sign, pattern, same in _SAME:
        words = pattern.sub(same, words) if sign in words else words
    return words


def _without_notices(lines: list[str]) -> list[str]:
    begin = _MAY_BEGIN.match
    if not any(map(begin, lines)):
        return [line for line in lines if line]
    kept: list[str] = []
    in_notice = False
    for line in lines:
        in_notice = bool(in_notice or begin(line)) and _is_notice(line, in_notice=in_notice)
        if line and not in_notice:
            kept.append(line)
    return kept


def _is_notice(line: str, *, in_notice: bool) -> bool:
    """Whether the line is years and holders and nothing else."""
    if len(line) > _COPYRIGHT_LINE_CHARACTERS:
        return False
    said = line.casefold()
    begins = _COPYRIGHT_LINE.match(said) or (in_notice and _YEAR_LINE.match(said))
    return said.rstrip(".") == "all rights reserved" or (bool(begins) and _names_holders_only(line))


def _names_holders_only(line: str) -> bool:
    """No word that could be a term, and next to none in lower case but those that join names.

    In a script without capitals a name cannot be told from a sentence.
    """
    said = _ADDRESS.sub(" ", line)
    names = _NO_NAME.sub(" ", said)
    if _SPEAKS_OF_TERMS.search(said) or not (names.isascii() or _has_capitals(names)):
        return False
    words = (word.strip(_PUNCTUATION) for word in names.split())
    plain = [word for word in words if _APOSTROPHE.sub("", word).isalpha() and word == word.lower()]
    return sum(word not in _SMALL_WORDS for word in plain) <= _LOWER_CASE_NAMES


def _has_capitals(text: str) -> bool:
    """Whether all of its letters are of scripts that have them."""
    return all(unicodedata.category(letter) != "Lo" for letter in text)


def fingerprints(text: str) -> Iterator[tuple[str, str]]:
    """(title, fingerprint) of the text: as it is, then for each line more that may be its title.

    A fingerprint is 32 hex digits of SHA-256 over the normalised text; there is none where that is too short or too
    long to be a licence.
    """
    if len(text) > MAX_CHARACTERS:
        return
    lines = terms_of(text)
    for place in range(_TITLE_LINES + 1):
        if place and not _may_be_title(lines[place - 1 : place]):
            return
        words = _words(lines[place:])
        if words.count(" ") + 1 >= MIN_WORDS:
            yield " ".join(lines[:place]), hashlib.sha256(words.encode()).hexdigest()[:32]


def _may_be_title(lines: list[str]) -> bool:
    return any(_LICENCE.search(line) and len(line.split()) <= _TITLE_WORDS for line in lines)


def is_title_of(title: str, licences: Iterable[str]) -> bool:
    """Whether each word is of a name of one of the licences: over the text of the MIT licence, `GPL` is no title."""
    return _TITLE_WORDS_OF_ALL.union(*map(_name_words, licences)).issuperset(_word_list(title))


@cache
def _name_words(licence: str) -> frozenset[str]:
    names = [licence, *(name for name, named in NAMES.items() if named == licence)]
    return frozenset(word for name in names for word in _word_list(name))


def _word_list(text: str) -> list[str]:
    return _NOT_WORD.sub(" ", text.casefold()).split()


def licences_of_text(text: str) -> tuple[str, ...]:
    """The SPDX ids whose text this is, the preferred one first; none if it is no licence of the list, word for word."""
    for title, fingerprint in fingerprints(text):
        licences = _known().get(fingerprint, ())
        if licences and is_title_of(title, licences):
            return licences
    return ()


@cache
def _known() -> dict[str, tuple[str, ...]]:
    stored = json.loads(resources.files("filters").joinpath("data", FINGERPRINTS).read_text("utf-8"))
    return {digest: tuple(ids) for digest, ids in stored["fingerprints"].items()}


@cache
def fingerprints_digest() -> str:
    """SHA-256 of the stored file, for a filter's spec."""
    return hashlib.sha256(resources.files("filters").joinpath("data", FINGERPRINTS).read_bytes()).hexdigest()
