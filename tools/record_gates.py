"""Records for which patterns each gate was proven: run it once tests/filters/test_gates.py passes but for that."""

from __future__ import annotations

import json
from pathlib import Path

from filters.personal.entities import ENTITIES
from filters.personal.proven_gates import fingerprint
from filters.personal.stock import STOCK


def main() -> None:
    proven = {
        name: {kind: fingerprint(row.make(), row.gate) for kind, row in sorted(table.items()) if row.gate}
        for name, table in (("entities", ENTITIES), ("stock", STOCK))
    }
    path = Path(__file__).parents[1] / "filters" / "data" / "gates.json"
    path.write_text(f"{json.dumps(proven, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
