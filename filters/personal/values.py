"""What makes two mentions the same: a value in normal form, and its digest.

The digest is plain here. Whoever stores it puts it under a key first (`catalog.keyed`), for the telephone numbers of a
country are few enough to be tried one by one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

from tamis.ids import Id128, digest128, text_bytes


@lru_cache(maxsize=65536)
def value_digest(kind: str, text: str) -> Id128:
    """Digest of a mention of `kind`: equal for equal values, however they are written."""
    return digest128(text_bytes(f"{kind}\0{normal_value(kind, text)}"))


def value_digests(kind: str, text: str) -> tuple[Id128, ...]:
    """Digests of every form in which mentions of one value may stand, its own first.

    A telephone number with its country code is written without it, too, and without the plus. The form without a
    country may be another person's number in another country.
    """
    own = normal_value(kind, text)
    forms = _other_forms(own) if kind == "PHONE_NUMBER" else ()
    return tuple(digest128(text_bytes(f"{kind}\0{form}")) for form in dict.fromkeys((own, *forms)))


def normal_value(kind: str, text: str) -> str:
    """The mention in its normal form.

    A secret is what it is. Of everything else, all compatibility forms (NFKC) and cases are one. A telephone number
    with its country code is E.164; without one, its digits. Of what is no address of mail or network and no name,
    letters and digits count alone, so that separators do not matter. Of an address of mail the part of a URL or a
    program before it is left out, which its local part could hold but never does.
    """
    if kind == "SECRET":
        return text
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    if kind == "PHONE_NUMBER":
        return _telephone(folded)
    if kind == "EMAIL_ADDRESS":
        folded = _address(folded)
    if kind in _WITH_PUNCTUATION:
        return " ".join(folded.split())
    return "".join(character for character in folded if character.isalnum())


_WITH_PUNCTUATION = frozenset(("EMAIL_ADDRESS", "IP_ADDRESS", "URL", "PERSON", "LOCATION", "ADDRESS", "ORGANIZATION"))


_BEFORE_ADDRESS = re.compile(
    r"""
      .* [/?&;]
    | (?: .* [^\w] )? [ubrf]{0,2} ['`]
    | (?: .* [^\w] )? (?: [\w.-]* [._-] )? (?: e?mail | mailto | user | login | author | owner | contact | sender | to
      | recipient | from | cc | bcc ) =
    | .* [\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af] (?=[a-z0-9])
    """,
    re.VERBOSE | re.DOTALL,
)
"""In front of an address, folded: a path or quotation mark, the name of a field, a word in a script without spaces."""
_NEAR = 200
"""Characters of a local part that are looked at: RFC 5321 allows 64, and the pattern takes the square of them."""
_NAMED = re.compile(r"[\w.-]*=(?=.)")


def _address(text: str) -> str:
    local, at, host = text.rpartition("@")
    near = local[-_NEAR:]
    cut = _BEFORE_ADDRESS.match(near)
    if cut is None or cut.end() == len(near):
        return text
    behind = near[cut.end() :]
    named = _NAMED.match(behind) if cut.group()[-1] in "?&;" else None
    return behind[named.end() if named else 0 :] + at + host


def _telephone(text: str) -> str:
    digits = "".join(character for character in text if character.isdigit())
    if text.lstrip("( ").startswith("+"):
        try:
            number = phonenumbers.parse(text, None)
        except phonenumbers.NumberParseException:
            return f"+{digits}"
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return digits


def _other_forms(telephone: str) -> tuple[str, ...]:
    """Of a number in E.164: as in its country, and as from abroad without the plus. None of any other number."""
    if not telephone.startswith("+"):
        return ()
    abroad = telephone.removeprefix("+")
    try:
        number = phonenumbers.parse(telephone, None)
    except phonenumbers.NumberParseException:
        return abroad, f"00{abroad}"
    at_home = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(character for character in at_home if character.isdigit()), abroad, f"00{abroad}"
