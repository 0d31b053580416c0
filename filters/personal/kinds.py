"""Which kinds of personal data there are, for whoever only names them: the recognizers take a second to load.

`filters/data/kinds.json` says it; `tools/record_kinds.py` writes it from the table in `filters.personal.entities`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Kind:
    """What the table says of a kind; see `filters.personal.entity.Entity`."""

    region: str
    about: str
    check: str
    default: bool
    why_off: str


@cache
def kinds() -> dict[str, Kind]:
    """Every kind that can be looked for, by name, sorted."""
    file = resources.files("filters") / "data" / "kinds.json"
    rows: dict[str, dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))
    return {name: Kind(**row) for name, row in rows.items()}  # type: ignore[arg-type] # a test compares it with the table
