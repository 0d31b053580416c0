"""What tells a secret from a word, a dummy or a random-looking string: entropy, placeholders, checksums, structure.

Where the checks come from: GitHub's blog "Behind GitHub's new authentication token formats" (2021) for the CRC-32 in
base 62; RFC 7515 section 4.1.1 for `alg`; BIP 173 for Bech32; RFC 7617 for basic credentials; Discord's developer
documentation for ids, decimal numbers of 64 bits, which its tokens begin with.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
LONGEST_PLACEHOLDER = 200
"""Characters."""
_LONGEST_HEADER = 4_000
"""Characters of base64; a token's header is a hundred or so."""

# Words of six letters and more: a random value of 40 letters and digits holds one less than once in a million times.
_PLACEHOLDER = re.compile(
    r"example|change_?-?me|placeholder|replace_?-?me|redacted|password|passwd|passphrase|s[e3]cret|deadbeef"
    r"|(?:your|my|some|the|any|insert|enter|put|test|dummy|fake|sample)[_.\- ]?(?:own[_.\- ]?)?"
    r"(?:api|key|token|pass|value|auth|user|login|account|client|access|here)"
    r"|[_.\- ](?:here|dummy|sample|fake)\b|^(?:test|dummy|sample|fake|mock|foobar)[_.\- ]?[0-9]*$"
    r"|0123456|1234567|abcdefg|qwerty|asdfgh"
    r"|(.)\1{5}|x{4}|\*{3}|\.{3}"
    r"|\$\{|\$\(|\{\{|\{%|%\(|%[sd]\b|<[a-z]|#\{|\[[a-z_ -]+\]"
    r"|^\$[a-z_]|^%[a-z_]+%$|^@|^process\.env|^os\.|getenv|environ",
    re.IGNORECASE | re.ASCII,
)
_COMMON = frozenset(
    (
        *("admin", "administrator", "anonymous", "bar", "baz", "demo", "default", "dummy", "false", "foo", "foobar"),
        *("guest", "hunter2", "letmein", "login", "mypass", "none", "null", "pass", "pass123", "password1", "port"),
        *(
            "postgres",
            "pserver:anoncvs",
            "pswd",
            "psw",
            "pwd",
            "root",
            "test",
            "test123",
            "tester",
            "testing",
            "tiger",
            "token",
            "true",
        ),
        *("undefined", "user", "username", "xxx"),
    )
)


def entropy(text: str) -> float:
    """Shannon entropy of the characters as they are distributed in `text` itself, in bits per character.

    0 for the empty text; at most the logarithm of its length, so that a floor is also a least length.
    """
    length = len(text)
    return -sum(count / length * math.log2(count / length) for count in Counter(text).values())


def is_placeholder(text: str) -> bool:
    """Whether it stands in for a secret or is one that everybody knows: `changeme`, `${TOKEN}`, `xxxx`, `1234567`.

    What is longer than `LONGEST_PLACEHOLDER` is none: an OpenSSH key holds `AAAAAA`, and a dummy block has no entropy.
    """
    if len(text) > LONGEST_PLACEHOLDER:
        return False
    return text.casefold() in _COMMON or _PLACEHOLDER.search(text) is not None


def _github_crc32(text: str) -> bool:
    """Whether the last six digits in base 62 are the CRC-32 of what is between them and the prefix `ghp_`."""
    token = text.rpartition("_")[2]
    rest = zlib.crc32(token[:-6].encode())
    digits = ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return token[-6:] == digits


def _jwt(text: str) -> bool:
    """Whether the first part is base64url of a JSON object that names an algorithm."""
    header = text.partition(".")[0]
    if len(header) > _LONGEST_HEADER:
        return False
    try:
        decoded = json.loads(_base64(header))
    except (ValueError, RecursionError):
        return False
    return isinstance(decoded, dict) and isinstance(decoded.get("alg"), str)


def _bech32(text: str) -> bool:
    """Whether the checksum of a Bech32 string in one case is right (BIP 173)."""
    prefix, _, data = text.lower().rpartition("1")
    if not set(data) <= set(_BECH32):
        return False
    values = [*(ord(character) >> 5 for character in prefix), 0, *(ord(character) & 31 for character in prefix)]
    values += [_BECH32.index(character) for character in data]
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATORS):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder == 1


def _basic_credentials(text: str) -> bool:
    """Whether it is base64 of `user:password`, the password no placeholder."""
    try:
        user, colon, password = _base64(text).decode().partition(":")
    except ValueError:
        return False
    return bool(user and colon and password) and (user + password).isprintable() and not is_placeholder(password)


def _discord_id(text: str) -> bool:
    """Whether the first part is base64 of a decimal number of 17 to 20 digits."""
    try:
        number = _base64(text.partition(".")[0])
    except ValueError:
        return False
    return 17 <= len(number) <= 20 and number.isdigit()


def _base64(text: str) -> bytes:
    """Decodes either alphabet, padded or not. Raises ValueError."""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError from error


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "basic-credentials": _basic_credentials,
    "bech32": _bech32,
    "discord-id": _discord_id,
    "github-crc32": _github_crc32,
    "jwt": _jwt,
}
"""What a rule can ask for beyond its pattern, by name: whether it holds of what is masked."""
