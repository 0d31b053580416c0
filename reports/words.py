"""How reports and commands word what they tell: counts, and kinds of personal data."""

from __future__ import annotations

GENERAL_KINDS = {
    "CREDIT_CARD": "card numbers",
    "CRYPTO": "wallet addresses",
    "DATE_TIME": "dates",
    "EMAIL_ADDRESS": "e-mail addresses",
    "IBAN_CODE": "IBANs",
    "IP_ADDRESS": "IP addresses",
    "MAC_ADDRESS": "MAC addresses",
    "PHONE_NUMBER": "telephone numbers",
    "SECRET": "keys and passwords",
    "URL": "web addresses",
    "UUID": "UUIDs",
}
"""Kinds of personal data that are the same everywhere; a test holds them against the filter's own list."""

MODEL_KINDS = {
    "ADDRESS": "postal addresses",
    "DATE_OF_BIRTH": "dates of birth",
    "LOCATION": "places",
    "ORGANIZATION": "organisations",
    "PERSON": "names of people",
    "USERNAME": "user names",
}
"""Kinds that only a model finds."""

COUNTRIES = {
    "at": "Austria",
    "au": "Australia",
    "be": "Belgium",
    "br": "Brazil",
    "ca": "Canada",
    "ch": "Switzerland",
    "de": "Germany",
    "es": "Spain",
    "fi": "Finland",
    "fr": "France",
    "gb": "the United Kingdom",
    "ie": "Ireland",
    "in": "India",
    "it": "Italy",
    "kr": "Korea",
    "ng": "Nigeria",
    "nl": "the Netherlands",
    "ph": "the Philippines",
    "pl": "Poland",
    "pt": "Portugal",
    "se": "Sweden",
    "sg": "Singapore",
    "th": "Thailand",
    "tr": "Turkey",
    "us": "the United States",
    "za": "South Africa",
}
"""Those whose national numbers can be looked for."""


def counted(count: int, noun: str) -> str:
    """A number and what it counts: `1 shard`, `2 shards`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def size_of(size: float) -> str:
    """Bytes as people say them: `12.3 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
