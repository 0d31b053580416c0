"""Records for which patterns each gate was proven: run it once tests/filters/test_gates.py passes but for that."""

from __future__ import annotations

import json
from pathlib import Path

from filters.personal.entities import ENTITIES
from filters.personal.gates import fingerprint


def main() -> None:
    proven = {kind: fingerprint(entity.make(), entity.gate) for kind, entity in sorted(ENTITIES.items()) if entity.gate}
    path = Path(__file__).parents[1] / "filters" / "data" / "gates.json"
    path.write_text(f"{json.dumps(proven, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
