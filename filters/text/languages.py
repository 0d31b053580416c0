"""The closed list of languages, and in which scripts each is written."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

UNDETERMINED: Final = "und"
"""No language could be told."""

NO_LANGUAGE: Final = "zxx"
"""There is no language to tell: numbers, markup, identifiers."""

_FILE: Final = Path(__file__).parents[1] / "data" / "languages.toml"


@cache
def languages() -> dict[str, tuple[str, ...]]:
    """ISO 639 code → the ISO 15924 codes of its scripts; `und` is not among them."""
    return {code: tuple(scripts) for code, scripts in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()}


def languages_sha256() -> str:
    """Of the file."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()
