"""Which gates hold: each was proven for the patterns that its recognizer had then, and serves for no others.

`filters/data/gates.json` has, by table and kind, the digest of those patterns; `tools/record_kinds.py` writes it anew
after the tests have proven every gate again. A recognizer that came with other patterns, in a new release of Presidio,
sees every text until then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from presidio_analyzer import EntityRecognizer

from filters.personal.entity import Entity
from tamis.ids import digest_of


def gates_that_hold(made: Mapping[Entity, EntityRecognizer]) -> dict[str, str]:
    """The gate of each recognizer by the recognizer's id, where it was proven for just these patterns."""
    return {
        recognizer.id: entity.gate
        for entity, recognizer in made.items()
        if entity.gate is not None and fingerprint(recognizer, entity.gate) in _proven()
    }


def fingerprint(recognizer: EntityRecognizer, gate: str) -> str:
    """Names a gate together with all that its recognizer matches by."""
    patterns = [pattern.regex for pattern in getattr(recognizer, "patterns", ())]
    kind = type(recognizer)
    return digest_of(
        [gate, kind.__module__, kind.__name__, patterns, int(getattr(recognizer, "global_regex_flags", 0))]
    )


@cache
def _proven() -> frozenset[str]:
    file = resources.files("filters") / "data" / "gates.json"
    tables: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return frozenset(digest for table in tables.values() for digest in table.values())
