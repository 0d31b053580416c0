"""What the audits of rights cost over a catalog of a million items, one content of which is there 100,000 times.

    python -m benchmarks.laundering [ITEMS]

The catalog is that of a run over one text, to which items, findings, evidence and near duplicates are added in SQL.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb

from audits.run import run_audits
from benchmarks.measure import machine, table
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace

CHECKS = (
    "conflicting_licences_kept",
    "kept_under_evidence_too_weak",
    "kept_with_a_denied_condition",
    "licence_is_stricter_elsewhere",
    "licence_is_stricter_in_another_run",
    "reservation_not_checked_where_it_binds",
    "reservation_snapshot_is_old",
    "reserved_items_kept",
)

_ADD = """
INSERT INTO log.item SELECT i.* REPLACE (
    n AS position, hash(n) AS item_hi, n AS item_lo,
    if(n % 10 = 0, 0, if(n % 10 < 4, n // 20, n)) AS content_lo, hash(content_lo) AS content_hi
  ) FROM log.item AS i, range(1, $items) AS r(n);
INSERT INTO log.finding_licence SELECT f.* REPLACE (
    n AS position,
    if(n % 1000 IN (7, 10), 'restricted', "grant") AS "grant",
    if(n % 1000 IN (7, 10), 1, 0) AS non_commercial
  ) FROM log.finding_licence AS f, range(1, $items) AS r(n);
INSERT INTO log.evidence SELECT e.* REPLACE (n AS position) FROM log.evidence AS e, range(1, $items) AS r(n);
INSERT INTO log.decision
  SELECT i.run, i.shard, i.position, 'near', 'drop', 'exact_duplicate', 'near', NULL, NULL, NULL, NULL,
    t.item_hi, t.item_lo, 0.9, true
  FROM log.item AS i INNER JOIN log.item AS t ON t.position = i.position + 1 WHERE i.position % 10 = 7;
"""
"""A tenth of all is one content; three tenths are there in some copies; a tenth are near duplicates of the next."""


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = _catalog(Path(folder), items)
        rows = []
        wall, cpu = time.monotonic(), time.process_time()
        for result in run_audits(path):
            now, used = time.monotonic(), time.process_time()
            if result.name in CHECKS:
                rows.append([f"`{result.name}`", f"{result.offending:,}", f"{now - wall:.1f}", f"{used - cpu:.1f}"])
            wall, cpu = now, used
    print(f"{items:,} items; {machine()}\n")
    print(table(["audit", "rows", "seconds", "CPU seconds"], rows))


def _catalog(folder: Path, items: int) -> Path:
    (folder / "a.jsonl").write_text('{"text": "One text.", "licence": "MIT"}\n')
    (folder / "policy.yaml").write_text('name: a\nversion: "1"\nlicence: {allow: [permissive]}\n')
    (folder / "recipe.yaml").write_text(
        "name: a\ncorpora: [{name: a, format: jsonl, path: a.jsonl}]\nfilters: {licence: {}}\n"
        'release: {name: a, version: "1"}\n'
    )
    path = curate_all(Workspace.of(folder), Means(0, quiet=True)).catalog.path
    path.chmod(0o600)
    with duckdb.connect(path) as connection:
        connection.execute("SET threads = 2")
        for statement in _ADD.split(";\n"):
            if statement.strip():
                connection.execute(statement.replace("$items", str(items)))
    return path


if __name__ == "__main__":
    main()
