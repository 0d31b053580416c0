"""Safe labels: provenance that may stand in the catalog.

Ids, paths, titles, authors and addresses come from corpus authors and can hold anything. Before they leave the reader
they lose what has the shape of an e-mail address, a telephone number, a payment card, an IBAN or a US social security
number, also where it is disguised by escapes, look-alike letters or invisible ones; control and format characters, so
that no terminal is tricked; and excess length. Names and postal addresses have no shape: they stay.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

import polars as pl

MAX_LABEL = 300
"""Characters a label may have; longer ones are cut."""

MAX_RAW = 4_000
"""Characters of a label that are looked at: who writes more wants to keep us busy."""

_ROUNDS = 3
"""How often an escape is undone: one that was escaped twice is a disguise, four times nobody can read it."""

_SIGNS = (
    r"[^ -~]",
    r"@|%[0-9A-Fa-f]{2}|&#|&[A-Za-z]{2,8};",
    r"(?i:(?-u:\b)at(?-u:\b))",
    r"\+[ (]{0,2}[1-9]|00[ ./-][1-9]",
    r"[0-9](?:[ -]?[0-9]){12}|[0-9]{3}-[0-9]{2}-[0-9]{4}",
    r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]",
)
_GATE = "|".join(_SIGNS)
"""Labels without it hold nothing that `safe_word` would change, but for their length; most have none of it."""

_BLANKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")

_LOCAL = r"(?:\"[^\"]{1,64}\"|[^\s<>\"'(),;:\[\]{}@/?=&#]{1,64})"
_DOMAIN = r"(?:\[[0-9A-Fa-f.:]{2,45}\]|[^\s<>\"'(),;:\[\]{}@/?=&#]{1,255})"
_VERSION = r"v?\d+(?:\.\d+){1,2}(?![\w.])"
_OPEN, _CLOSE = r"[(\[{<]\s{0,2}", r"\s{0,2}[)\]}>]"
_DOT = rf"(?:\s{{0,2}}\.\s{{0,2}}|\s{{0,2}}{_OPEN}dot{_CLOSE}\s{{0,2}}|\s{{1,2}}dot\s{{1,2}})"
_WORD = r"[\w-]{1,64}"
_USER = re.compile(r"(?<=//)[^\s/@]{1,200}@(?=[^\s/])")
"""User and password of a URL."""
_EMAILS = (
    re.compile(rf"{_LOCAL}\s?@\s?(?!{_VERSION}){_DOMAIN}"),
    re.compile(rf"(?i)[\w.+-]{{1,64}}\s{{0,2}}{_OPEN}(?:at|@){_CLOSE}\s{{0,2}}{_WORD}(?:{_DOT}{_WORD}){{1,9}}"),
    re.compile(rf"(?i)[\w.+-]{{1,64}}\s{{1,2}}at\s{{1,2}}{_WORD}(?:\s{{1,2}}dot\s{{1,2}}{_WORD}){{1,9}}"),
)
_PHONE = re.compile(r"(?<![\w.+-])(?:\+[ (]{0,2}|00[ ./-])[1-9](?:[ ()./-]{0,3}\d){7,14}(?!\w)")
_CARD = re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")


def safe_label(text: pl.Expr) -> pl.Expr:
    """`safe_word` for a column; null stays. What has none of the signs is only cut, and costs next to nothing."""
    return text.map_batches(_safe_labels, return_dtype=pl.String)


def safe_word(text: str) -> str:
    """The label as it may be stored: what has a shape of personal data replaced, nothing invisible, not too long."""
    clean = _visible(encodable(text[:MAX_RAW]))
    for _ in range(_ROUNDS):
        masked = _masked(clean)
        plain = _undisguised(masked)
        found = _masked(plain)
        before, clean = clean, masked if found == plain else found
        if clean == before:
            break
    return clean[:MAX_LABEL]


def encodable(text: str) -> str:
    """The text with `?` for each lone surrogate, which Python makes of bytes that are no UTF-8 and nobody takes."""
    return text.encode("utf-8", "replace").decode()


def _safe_labels(labels: pl.Series) -> pl.Series:
    signs = labels.str.contains(_GATE).fill_null(value=False)
    if not signs.any():
        return labels.str.slice(0, MAX_LABEL)
    words = [None if label is None else safe_word(label) for label in labels.filter(signs)]
    return labels.str.slice(0, MAX_LABEL).scatter(signs.arg_true(), words)


def _visible(text: str) -> str:
    """Line ends as one blank; control and format characters gone, so that they hide nothing between two letters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each for each in _BLANKS.sub(" ", text) if unicodedata.category(each) not in {"Cc", "Cf"})


def _undisguised(text: str) -> str:
    for _ in range(_ROUNDS):
        plain = _visible(unicodedata.normalize("NFKC", html.unescape(unquote(text, errors="replace"))))
        if plain == text:
            break
        text = plain
    return text


def _masked(text: str) -> str:
    text = _USER.sub("<USER>@", text)
    for email in _EMAILS:
        text = email.sub("<EMAIL>", text)
    text = _SSN.sub("<SSN>", text)
    text = _IBAN.sub(_if(_is_iban, "<IBAN>"), text)
    text = _PHONE.sub("<PHONE>", text)
    return _CARD.sub(_if(_is_card, "<CARD>"), text)


def _if(valid: Callable[[str], int], placeholder: str) -> Callable[[re.Match[str]], str]:
    """Replaces as many characters of a match as are valid."""

    def replace(match: re.Match[str]) -> str:
        length = valid(match[0])
        return placeholder + match[0][length:] if length else match[0]

    return replace


def _is_card(text: str) -> int:
    """By the check digit of ISO/IEC 7812 (Luhn)."""
    digits = [int(each) for each in text if each.isdecimal()]
    doubled = (sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits)))
    return len(text) if sum(doubled) % 10 == 0 else 0


def _is_iban(text: str) -> int:
    """By the check digits of ISO 13616; words in capitals behind it are tried without."""
    while len(text) >= 15:
        packed = text.replace(" ", "")
        number = "".join(str(int(each, 36)) for each in packed[4:] + packed[:4])
        if 15 <= len(packed) <= 34 and int(number) % 97 == 1:
            return len(text)
        text = text.rpartition(" ")[0]
    return 0
