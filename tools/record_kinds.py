"""Records what the table of kinds says, and for which patterns each gate was proven.

Run it when the table has changed, and once tests/filters/test_gates.py passes but for its record.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from filters.personal.entities import ENTITIES
from filters.personal.entity import Entity
from filters.personal.kinds import Kind
from filters.personal.proven_gates import fingerprint
from filters.personal.stock import STOCK

_DATA = Path(__file__).parents[1] / "filters" / "data"


def main() -> None:
    proven = {
        name: {kind: fingerprint(row.make(), row.gate) for kind, row in sorted(table.items()) if row.gate}
        for name, table in (("entities", ENTITIES), ("stock", STOCK))
    }
    _write("gates.json", proven)
    _write("kinds.json", {name: asdict(recorded(row)) for name, row in ENTITIES.items()})


def recorded(row: Entity) -> Kind:
    return Kind(row.region, row.about, row.check, row.default, row.why_off)


def _write(name: str, data: object) -> None:
    (_DATA / name).write_text(f"{json.dumps(data, indent=2, ensure_ascii=False)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
