"""How reports and commands word what they tell: counts, and kinds of personal data."""

from __future__ import annotations

KINDS = {
    "CREDIT_CARD": "card numbers",
    "CRYPTO": "Bitcoin addresses",
    "EMAIL_ADDRESS": "e-mail addresses",
    "ES_NIF": "Spanish tax numbers",
    "FI_PERSONAL_IDENTITY_CODE": "Finnish identity codes",
    "IBAN_CODE": "IBANs",
    "IP_ADDRESS": "IP addresses",
    "IT_FISCAL_CODE": "Italian tax codes",
    "MAC_ADDRESS": "MAC addresses",
    "MEDICAL_LICENSE": "US medical licence numbers",
    "PHONE_NUMBER": "telephone numbers",
    "PL_PESEL": "Polish identity numbers",
    "UK_NHS": "UK health service numbers",
    "US_SSN": "US social security numbers",
}
"""Every kind of personal data that there is a pattern for; a test holds it against the filter's own list."""


def counted(count: int, noun: str) -> str:
    """A number and what it counts: `1 shard`, `2 shards`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
