"""What a kind of personal data is: one row of the table that docs/personal_data.md shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from presidio_analyzer import EntityRecognizer

Check = Literal["checksum", "rules", "context", "shape"]
"""What stands behind a hit: a check digit or a public register of what is valid; rules of form and range; a word of its
context close before it; its shape alone."""

# A character beyond ASCII may be a digit or a letter to one engine and not to another: in a gate it stands for any.
BEYOND = r"\x{80}-\x{10FFFF}"
DIGIT = rf"[0-9{BEYOND}]"
WORD = rf"[0-9A-Za-z_{BEYOND}]"
HEX = rf"[0-9A-Fa-f{BEYOND}]"


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of personal data, how it is found, and why it is or is not looked for by default."""

    kind: str
    """Its name in recipes, policies, the catalog and placeholders: `EMAIL_ADDRESS`, `FR_NIR`."""
    region: str
    """ISO 3166-1 code in lower case of the country whose numbers it knows; empty where it is the same everywhere."""
    about: str
    """What it is, in a few words; no sentence, no full stop."""
    check: Check
    make: Callable[[], EntityRecognizer]
    gate: str | None = None
    """A Rust regex that every text with a match also matches: the cheap question before the dear one. Null: always ask.

    It is a superset over all of Unicode: what the recognizer's pattern calls a digit or a letter is `DIGIT` or `WORD`
    here, unless the pattern itself is confined to ASCII.
    """
    default: bool = True
    why_off: str = ""
    """If it is off by default: the reason, a sentence."""
