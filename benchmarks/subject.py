"""How long it takes to find a person among ten million mentions: `python benchmarks/subject.py [FOLDER]`.

Makes a catalog with the real schema and views in FOLDER (a temporary one if left out; some 2 GB) and asks it what
`tamis subject find` asks: for values that are not there, there once, and there a thousand times.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
import measure

from catalog.build import build
from catalog.log import Log
from catalog.read import connect_read
from catalog.subject import mentions
from tamis.ids import Id128

SHARDS = 2_000
ITEMS = 2_000
"""Of each shard."""
SPANS = 10_000_000
OFTEN = 1_000
"""Mentions of the value that stands everywhere."""

_FILL = (
    """
    INSERT INTO log.run
    SELECT 'r1', '2026-01-01', NULL, 'done', 'r', '', '', 'p', '1', '', '', '', '', '', MAP {}, NULL, 0
    """,
    f"""
    INSERT INTO log.shard
    SELECT 'r1', n, 'c', 'shard-' || n, '', 0, 'committed', NULL, NULL, {ITEMS}, NULL, 'k1'
    FROM range({SHARDS}) AS t (n)
    """,
    f"""
    INSERT INTO log.item
    SELECT
      'r1', n // {ITEMS}, n % {ITEMS}, hash(n), hash(n + 1), hash(n + 2), hash(n + 3), 'text', NULL, 1000,
      'id-' || n, 'path/' || n, NULL, NULL, NULL, NULL, 'redact'
    FROM range({SHARDS * ITEMS}) AS t (n)
    """,
    f"""
    INSERT INTO log.span
    SELECT
      'r1', n * {SHARDS} // {SPANS}, n * {SHARDS * ITEMS} // {SPANS} % {ITEMS}, 'personal_data', 'EMAIL_ADDRESS',
      n % 1000, n % 1000 + 20, 1, 'EmailRecognizer',
      CASE WHEN n % {SPANS // OFTEN} = 7 THEN 1 ELSE hash(n) END, CASE WHEN n % {SPANS // OFTEN} = 7 THEN 1 ELSE n END
    FROM range({SPANS}) AS t (n)
    ORDER BY 10
    """,
    f"""
    INSERT INTO log.decision
    SELECT
      'r1', n // {ITEMS}, n % {ITEMS}, 'personal_data', 'redact', 'personal_data_masked', 'personal_data.default',
      'hits', 2, 'EMAIL_ADDRESS', NULL, NULL, NULL, NULL, true
    FROM range({SHARDS * ITEMS}) AS t (n)
    """,
    f"""
    INSERT INTO log.release_item (release, run, shard, position, item_hi, item_lo, kind, file, file_row)
    SELECT 'r@1', 'r1', n // {ITEMS}, n % {ITEMS}, hash(n), hash(n + 1), 'text', 'text/part-00000.parquet', n
    FROM range({SHARDS * ITEMS}) AS t (n)
    """,
)


def main() -> None:
    print(measure.machine(), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1] if len(sys.argv) > 1 else folder) / "catalog.duckdb"
        if not path.exists():
            _make(path)
        print(f"{SPANS:,} spans of {SHARDS * ITEMS:,} items, {path.stat().st_size / 1e6:,.0f} MB\n")
        with connect_read(path) as connection:
            some = connection.execute("SELECT value_hi, value_lo FROM log.span WHERE value_lo = 4999999").fetchall()[0]
            asked = {
                "nowhere": [(5, 5)],
                "once": [some],
                "once, in six forms and keys": [some, *(((some[0] + n * 2**61) % 2**64, 1) for n in range(1, 6))],
                "a thousand times": [(1, 1)],
            }
            rows = [[name, *_timed(connection, values)] for name, values in asked.items()]
    print(measure.table(("the value stands", "mentions", "first ms", "best ms", "median ms"), rows))


def _make(path: Path) -> None:
    build(Log(path.parent / "store"), path)
    with duckdb.connect(path) as connection:
        for sql in _FILL:
            connection.execute(sql)


def _timed(connection: duckdb.DuckDBPyConnection, values: list[Id128]) -> list[str]:
    asked = [("value", value) for value in values]
    found = 0
    took = []
    for _ in range(11):
        started = time.perf_counter()
        found = len(mentions(connection, asked))
        took.append((time.perf_counter() - started) * 1000)
    return [f"{found:,}", *(f"{ms:.0f}" for ms in (took[0], min(took), sorted(took)[len(took) // 2]))]


if __name__ == "__main__":
    main()
