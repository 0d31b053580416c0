"""Safe labels: provenance that may stand in the catalog.

Ids, paths, titles, authors and addresses come from corpus authors and can hold anything. Before they leave the reader
they lose control and format characters and excess length, and what has the shape of an e-mail address, a telephone
number, a payment card, an IBAN, a US social security number, or the user or a credential of a URL, so that the catalog
is no leak and no terminal is tricked by an escape sequence.

How: characters that cannot be seen are taken out. A copy is unescaped (percent signs, HTML) and brought to one spelling
of each character (NFKC) until nothing changes any more; if something is found in the copy, the copy is the label, with
a placeholder in each place; if not, the label stays as it was written. One pattern for a whole column tells the few
labels that have to be looked at.

Known misses: names and postal addresses have no shape and are not found; nor are telephone numbers without a `+`,
addresses in a domain without a dot (`ada@localhost`), and spellings of one's own (`ada at example.com`). Do not map a
column that holds them to a label. And what is found may be none: of numbers that begin like a card's and are as long,
one in ten passes for one. What else the filter for personal data knows is taken out before a label is written anywhere
(`filters.labels`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import polars as pl

MAX_LABEL = 300
"""Characters a label may have; longer ones are cut."""

_MAX_LOOKED_AT = 4_000
"""Characters that are looked at: a pattern's time grows with them, and what is behind them is cut in any case."""

_MAX_ADDRESS = 320
"""Characters that an address may have (RFC 5321): one that begins this near to where we stop looking may be half."""

_ROUNDS = 20
"""How often a label is unescaped before it is given up as one that was made to hide something."""

GIVEN_UP = "<ESCAPED>"

_LOOK = (
    r"[@%&+]|[^\x20-\x7e]|[0-9][0-9 ._()/-]{7,}|[^A-Za-z][Aa][Tt][^A-Za-z]"
    r"|(?:^|[^A-Za-z0-9])[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]{4}"
    r"|(?i:token|secret|passw|passphrase|pwd|key|sig|signature|credentials?|jwt)[A-Za-z]{0,6}="
)
"""What a label has if there is anything to find in it; in the words of Polars' regular expressions."""

_SEPARATORS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control and format characters, and others that leave no mark: they would split what is to be found."""

_DASHES = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"} | {ord("。"): "."}

_NAME_PART = r"[^\s<>\"(),;:\[\]/\\@]"
_DOMAIN = r"(?:[\w-]+[.])+(?:xn--[\w-]+|[^\W\d_]{2,})"
_NO_VERSION = r"(?!v?\d+[.]\d)(?!\d{1,2}(?:[.]\d)?x[.](?:png|jpe?g|gif|webp|svg|avif)\b)"
_AT = r"\s{0,2}[(\[{<]\s{0,2}at\s{0,2}[)\]}>]\s{0,2}"
_DOT = r"\s{0,2}[(\[{<]?\s{0,2}dot\s{0,2}[)\]}>]?\s{0,2}"
_EMAIL = re.compile(
    rf"""
      (?:"[^"]{{1,64}}" | (?<!{_NAME_PART}){_NAME_PART}++) \s{{0,2}}@\s{{0,2}}
      (?: {_NO_VERSION}{_DOMAIN} | \[[\w.:]+\] )
    | (?<![\w.+-])[\w.+-]++ {_AT} [\w-]+ (?:(?:[.]|{_DOT})[\w-]+)+
    | (?<![\w.+-])[\w.+-]++ \s{{1,2}}at\s{{1,2}} [\w-]+ (?:\s{{1,2}}dot\s{{1,2}}[\w-]+)+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_USER = re.compile(r"(?<=://)[^\s/@<>]{1,200}(?=@[^\s/@])")
"""User and password of a URL, whatever its host is called."""
_CREDENTIAL_NAME = (
    r"(?:token|secret|password|passwd|passphrase|pwd|api[_-]?key|access[_-]?key|signature|sig|credentials?|jwt)"
)
_CREDENTIAL = re.compile(rf"{_CREDENTIAL_NAME}=([^\s&#;\"'<>]+)", re.IGNORECASE)
"""What lets whoever has it in, as it stands in a URL: `?access_token=`, `&X-Amz-Signature=`."""
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ./()-]{0,3}\d){7,14}(?!\d)")
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_CARD = re.compile(
    r"""
    (?= (?<![^\W_]) (?<!\d[.])
        ( \d{13,19} | \d{4}([ .-])\d{4}\2\d{4}\2\d{1,4}(?:\2\d{1,3})? | \d{4}([ .-])\d{6}\3\d{4,5} )
        (?![^\W_]) )
    """,
    re.VERBOSE,
)
_IBAN = re.compile(r"(?=(?<![^\W_])([A-Za-z]{2}\d{2} ?[A-Za-z0-9]{4}(?: ?[A-Za-z0-9]){7,26}))")

_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Characters of an IBAN by country: the registry of SWIFT, release 99."""

_ALSO_UNESCAPED = ((re.compile(r"%(?:25)+"), "%"), (re.compile(r"&(?:amp;)+"), "&"))
"""What is escaped over and over, in one go."""

Found = tuple[int, int, str]
"""Where it begins, where it ends, and what stands there instead."""


def safe_label(text: pl.Expr) -> pl.Expr:
    """`safe_word` for a column of strings."""
    return text.map_batches(_safe_column, return_dtype=pl.String)


def encodable(text: str) -> str:
    """The text with `?` for each lone surrogate, which Python makes of bytes that are no UTF-8 and nobody takes."""
    return text.encode("utf-8", "replace").decode()


def safe_word(text: str) -> str:
    """The text as it may be stored: nothing unseen, nothing that was found, at most MAX_LABEL characters.

    It does not change a second time.
    """
    if len(text) > _MAX_LOOKED_AT:
        text = _seen(text[:_MAX_LOOKED_AT])[:-_MAX_ADDRESS]
    text = encodable(text)
    while (safe := _safe(text)) != text:
        text = safe
    return text


def _safe_column(labels: pl.Series) -> pl.Series:
    looked_at = labels.str.contains(_LOOK) | (labels.str.len_chars() > MAX_LABEL)
    if not looked_at.any():
        return labels
    found = [safe_word(label) if look else label for label, look in zip(labels, looked_at, strict=True)]
    return pl.Series(labels.name, found, dtype=pl.String)


def _safe(text: str) -> str:
    shown = _seen(text)
    in_clear = _found(shown)  # first of all, for what follows a percent sign is another character in the copy
    if in_clear:
        return _replaced(shown, in_clear)[:MAX_LABEL]
    plain = _plain(shown)
    if plain is None:
        return GIVEN_UP
    found = _found(plain)
    return (_replaced(plain, found) if found else shown)[:MAX_LABEL]


def _seen(text: str) -> str:
    return _UNSEEN.sub("", _SEPARATORS.sub(" ", text))


def _plain(text: str) -> str | None:
    """The text unescaped and in one spelling of each character; null if there is no end to it."""
    for _ in range(_ROUNDS):
        plain = text
        for escaped, character in _ALSO_UNESCAPED:
            plain = escaped.sub(character, plain)
        plain = unicodedata.normalize("NFKC", _seen(html.unescape(unquote(plain))))
        plain = _seen(plain).translate(_DASHES)[:_MAX_LOOKED_AT]
        if plain == text:
            return plain
        text = plain
    return None


def _replaced(text: str, found: Iterable[Found]) -> str:
    """With a placeholder for what was found."""
    pieces: list[str] = []
    behind = 0
    for start, end, placeholder in sorted(found):
        pieces += (text[behind:start], placeholder)
        behind = end
    return "".join((*pieces, text[behind:]))


def _found(text: str) -> list[Found]:
    """What is to be replaced; of two that overlap the surer one, and the other is left for another look."""
    chosen: list[Found] = []
    for start, end, placeholder in _candidates(text):
        if all(end <= other or start >= behind for other, behind, _ in chosen):
            chosen.append((start, end, placeholder))
    return chosen


def _candidates(text: str) -> Iterator[Found]:
    for match in _USER.finditer(text):
        yield *match.span(), "<USER>"
    for match in _CREDENTIAL.finditer(text):
        yield *match.span(1), "<SECRET>"
    for match in _EMAIL.finditer(text):
        yield *match.span(), "<EMAIL>"
    for match in _IBAN.finditer(text):
        end = _iban_end(match[1])
        if end:
            yield match.start(1), match.start(1) + end, "<IBAN>"
    for match in _CARD.finditer(text):
        if _is_card("".join(filter(str.isdigit, match[1]))):
            yield *match.span(1), "<CARD>"
    for match in _SSN.finditer(text):
        yield *match.span(), "<SSN>"
    for match in _PHONE.finditer(text):
        yield *match.span(), "<PHONE>"


def _is_card(digits: str) -> bool:
    """Whether the number begins as those of card schemes do, and passes the check of Luhn (ISO/IEC 7812-1)."""
    of_a_scheme = digits[0] in "3456" or (len(digits) == 16 and "2221" <= digits[:4] <= "2720")
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return of_a_scheme and (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _iban_end(text: str) -> int:
    """How many characters of the text are an IBAN, separators included (ISO 13616, modulo 97); 0 if it is none."""
    places = [place for place, character in enumerate(text) if character.isalnum()]
    length = _IBAN_LENGTHS.get(text[:2].upper(), 0)
    if not length or len(places) < length:
        return 0
    end = places[length - 1] + 1
    code = "".join(text[place] for place in places[:length])
    number = "".join(str(int(character, 36)) for character in code[4:] + code[:4])
    return end if int(number) % 97 == 1 and not text[end : end + 1].isalnum() else 0
