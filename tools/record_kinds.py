"""Records what the table of kinds says, here and in docs/personal_data.md, and for which patterns each gate was proven.

Run it when the table has changed, and once tests/filters/test_gates.py passes but for its record.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from filters.personal.entities import ENTITIES
from filters.personal.entity import Entity
from filters.personal.kinds import Kind
from filters.personal.proven_gates import fingerprint
from filters.personal.stock import STOCK
from reports.words import COUNTRIES

PAGE = Path(__file__).parents[1] / "docs" / "personal_data.md"
BEGIN = "<!-- kinds: made by tools/record_kinds.py -->"
END = "<!-- end of kinds -->"
_DATA = Path(__file__).parents[1] / "filters" / "data"


def main() -> None:
    proven = {
        name: {kind: fingerprint(row.make(), row.gate) for kind, row in sorted(table.items()) if row.gate}
        for name, table in (("entities", ENTITIES), ("stock", STOCK))
    }
    _write("gates.json", proven)
    _write("kinds.json", {name: asdict(recorded(row)) for name, row in ENTITIES.items()})
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_kinds(page, kinds_markdown()), encoding="utf-8")


def recorded(row: Entity) -> Kind:
    return Kind(row.region, row.about, row.check, row.default, row.why_off)


def with_kinds(page: str, tables: str) -> str:
    """The page with what stands between its two markers replaced.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"expected {BEGIN} and, after it, {END}")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def kinds_markdown() -> str:
    """A table for what is the same everywhere, and one for each country."""
    parts = []
    rows = sorted(ENTITIES.values(), key=lambda row: (row.region, not row.default, row.kind))
    for region, of_region in groupby(rows, key=lambda row: row.region):
        title = f"{COUNTRIES[region]} (`{region}`)" if region else "The same everywhere (`general`)"
        lines = [f"| `{row.kind}` | {row.about} | {row.check} | {_on(row)} |" for row in of_region]
        head = ["| kind | what it is | behind it | by default |", "| --- | --- | --- | --- |"]
        parts.append("\n".join([f"**{title[0].upper()}{title[1:]}**", "", *head, *lines]))
    return "\n\n".join(parts) + "\n"


def _on(row: Entity) -> str:
    return "on" if row.default else f"off. {row.why_off}".replace("|", "\\|")


def _write(name: str, data: object) -> None:
    (_DATA / name).write_text(f"{json.dumps(data, indent=2, ensure_ascii=False)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
