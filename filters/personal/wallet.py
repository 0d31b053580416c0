"""Wallet addresses of cryptocurrencies: Bitcoin as Presidio finds it, and others by the same checks.

Base58Check (Bitcoin's, used with other version bytes by Litecoin, Dogecoin, Dash and Tron) ends in four bytes of a
double SHA-256; what passes is an address but for one in four thousand million. Ethereum's forty hexadecimal digits
carry a check in their case alone, and only if somebody wrote them so: they count beside a word of their context.
"""

from __future__ import annotations

import hashlib

import regex
from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers import CryptoRecognizer

from filters.personal.entity import WORD

GATE = rf"[13LMDXT3]{WORD}{{25}}|0[xX][0-9a-fA-F]{{40}}"
"""What a text must hold; `bc1` ends in a 1, as all that Presidio's pattern takes begins."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_VERSIONS = {
    "L": (0x30,),  # Litecoin
    "M": (0x32,),
    "D": (0x1E,),  # Dogecoin
    "X": (0x4C,),  # Dash
    "T": (0x41,),  # Tron
}
_ALIKE = "(?<![0-9A-Za-z])[LMDXT][1-9A-HJ-NP-Za-km-z]{25,34}(?![0-9A-Za-z])"
_ETHEREUM = "(?<![0-9A-Za-z])0[xX][0-9a-fA-F]{40}(?![0-9A-Za-z])"
_BY_CONTEXT = 0.3

CONTEXT = (
    *("wallet", "ethereum", "erc20", "bitcoin", "btc", "crypto", "token", "donat", "litecoin", "dogecoin", "metamask"),
    *("polygon", "usdt", "usdc", "portefeuille", "portafoglio", "carteira"),
)


class WalletRecognizer(CryptoRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's recognizer of Bitcoin addresses, and those of its relatives."""

    def __init__(self) -> None:
        super().__init__(
            patterns=[
                *CryptoRecognizer.PATTERNS,
                Pattern("base58", _inline_case(_ALIKE), 0.5),
                Pattern("ethereum", _inline_case(_ETHEREUM), _BY_CONTEXT),
            ],
            context=list(CONTEXT),
            name="WalletRecognizer",
        )

    def validate_result(self, pattern_text: str) -> bool | None:
        """Null for Ethereum's, whose digits prove nothing: their score is the pattern's."""
        if pattern_text[:2] in ("0x", "0X"):
            return None if len(set(pattern_text[2:].lower())) > 4 else False
        if pattern_text[0] in _VERSIONS:
            return is_base58check(pattern_text, _VERSIONS[pattern_text[0]])
        valid: bool = super().validate_result(pattern_text)
        return valid


def _inline_case(pattern: str) -> str:
    """The pattern with its case meant, under flags that ignore it."""
    return f"(?-i:{pattern})"


def is_base58check(address: str, versions: tuple[int, ...]) -> bool:
    """Whether it is 25 bytes in Base58, the first of them one of `versions`, the last four the check of the others."""
    if not _BASE58.fullmatch(address):
        return False
    number = 0
    for character in address:
        number = number * 58 + _VALUES[character]
    try:
        data = number.to_bytes(25, "big")
    except OverflowError:
        return False
    check = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4]
    return data[0] in versions and check == data[-4:]


_BASE58 = regex.compile(f"[{_ALPHABET}]+")
