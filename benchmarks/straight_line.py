"""What a whole run costs, from a recipe to a sealed release: `python benchmarks/straight_line.py [SHARED_DATA_FOLDER]`.

Curates the Python environment that runs it; given the folder of the shared data, also 6,074 Debian documents and 64
pictures of it. Every row starts from an empty workspace but for "again", which repeats the run above it. The releases
of all rows of one corpus must have one digest, or the program ends with an error.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import measure

ENVIRONMENT = "  - {name: environment, format: python-environment}\n"
SHARED = (
    "  - {{name: debian, format: parquet, path: {data}/debian_docs_6k.parquet, columns: {{licence: license}}}}\n"
    "  - {{name: pictures, format: image-folder, path: {data}/images, licence: BSD-3-Clause}}\n"
)
RECIPE = """\
name: benchmark
corpora:
{corpora}filters: {{personal_data: {{}}, nsfw: {{}}, licence: {{}}, exact_duplicates: {{}}}}
policy: open
release: {{name: benchmark, version: "1"}}
"""
WAYS = {
    "direct, in one process": ("--direct", "--workers", "0"),
    "direct, 1 worker, batches of 64": ("--direct", "--workers", "1", "--batch-size", "64"),
    "direct, 2 workers, batches of 1,024": ("--direct", "--workers", "2", "--batch-size", "1024"),
    "through Prefect, 2 workers": ("--workers", "2"),
}


def main() -> None:
    corpora = {"Python environment": ENVIRONMENT}
    if len(sys.argv) > 1:
        corpora["Debian documents and pictures"] = SHARED.format(data=Path(sys.argv[1]).resolve())
    print(measure.machine(), end="\n\n")
    for name, section in corpora.items():
        rows, digests = _rows(section)
        print(f"{name}\n\n{measure.table(('run', 'items', 'wall s', 'CPU s', 'items / CPU s', 'peak MiB'), rows)}\n")
        if len(digests) != 1:
            raise SystemExit(f"{len(digests)} different releases came of the same input")
        print(f"One release digest in all rows: {digests.pop()}\n")


def _rows(section: str) -> tuple[list[list[str]], set[str]]:
    rows, digests = [], set()
    with tempfile.TemporaryDirectory() as folder:
        for place, (way, options) in enumerate(WAYS.items()):
            workspace = Path(folder) / str(place)
            workspace.mkdir()
            (workspace / "recipe.yaml").write_text(RECIPE.format(corpora=section))
            for named in (way, f"{way}, again"):
                cost = measure.run([*measure.TAMIS, "curate", str(workspace), "--quiet", *options])
                items = int(_found(r"Run \w+: ([\d,]+) items", cost.said).replace(",", ""))
                digests.add(_found(r"digest (\w{64})", cost.said))
                rows.append(_row(named, items, cost))
    return rows, digests


def _row(named: str, items: int, cost: measure.Cost) -> list[str]:
    rate = f"{items / cost.cpu:,.0f}"
    return [named, f"{items:,}", f"{cost.wall:.1f}", f"{cost.cpu:.1f}", rate, f"{cost.peak_mib:,.0f}"]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"the run did not say {pattern}")
    return match[1]


if __name__ == "__main__":
    main()
