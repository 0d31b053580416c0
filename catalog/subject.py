"""Where a person occurs: the places of a value in every run, found by its keyed digests, and what cannot be found."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tamis.ids import Id128

COLUMNS = (
    ("asked", "VARCHAR"),
    ("kind", "VARCHAR"),
    ("run", "VARCHAR"),
    ("item", "VARCHAR"),
    ("corpus", "VARCHAR"),
    ("shard", "VARCHAR"),
    ("position", "UBIGINT"),
    ("id", "VARCHAR"),
    ("path", "VARCHAR"),
    ("start_offset", "UBIGINT"),
    ("end_offset", "UBIGINT"),
    ("outcome", "VARCHAR"),
    ("verdict", "VARCHAR"),
    ("releases", "VARCHAR"),
)
"""Name and type of what is said of a mention: as in the view `subject_mention`, after what it was asked as."""

_AT_ONCE = 50
"""Values in one question."""

# DuckDB plans by how many rows it believes there to be. In temporary tables, which are in memory alone, it knows: what
# belongs to a few items is then looked up for them alone, which a single query over the view does not.
_FOUND = """
CREATE TEMP TABLE found AS
SELECT a.asked, s.*
FROM log.span AS s
INNER JOIN (VALUES {asked}) AS a (asked, hi, lo) ON a.hi = s.value_hi AND a.lo = s.value_lo
"""

_PLACE = "CREATE TEMP TABLE place AS SELECT DISTINCT run, shard, position FROM found"

_MENTIONS = """
WITH ruled AS MATERIALIZED (
  SELECT
    d.run,
    d.shard,
    d.position,
    d.filter,
    d.label,
    max(list_position(['redact', 'hold', 'drop'], d.outcome)) AS strictness
  FROM log.decision AS d
  SEMI JOIN place AS p ON p.run = d.run AND p.shard = d.shard AND p.position = d.position
  GROUP BY ALL
),

verdict AS (SELECT run, shard, position, max(strictness) AS strictness FROM ruled GROUP BY ALL),

released AS (
  SELECT
    r.run,
    r.shard,
    r.position,
    string_agg(DISTINCT r.release, ', ' ORDER BY r.release) AS releases
  FROM log.release_item AS r
  SEMI JOIN place AS p ON p.run = r.run AND p.shard = r.shard AND p.position = r.position
  GROUP BY ALL
)

SELECT
  f.asked,
  f.kind,
  f.run,
  hex128(i.item_hi, i.item_lo) AS item,
  h.corpus,
  h.name AS shard,
  f.position,
  i.id,
  i.path,
  f.start_offset,
  f.end_offset,
  coalesce(['redact', 'hold', 'drop'][k.strictness], 'keep') AS outcome,
  coalesce(['redact', 'hold', 'drop'][v.strictness], 'keep') AS verdict,
  coalesce(released.releases, '') AS releases
FROM found AS f
INNER JOIN log.shard AS h ON h.run = f.run AND h.shard = f.shard
INNER JOIN log.item AS i ON i.run = f.run AND i.shard = f.shard AND i.position = f.position
LEFT JOIN ruled AS k
  ON k.run = f.run AND k.shard = f.shard AND k.position = f.position AND k.filter = f.filter AND k.label = f.kind
LEFT JOIN verdict AS v ON v.run = f.run AND v.shard = f.shard AND v.position = f.position
LEFT JOIN released ON released.run = f.run AND released.shard = f.shard AND released.position = f.position
ORDER BY f.asked, f.run, f.shard, f.position, f.start_offset
"""


def mentions(connection: duckdb.DuckDBPyConnection, asked: Sequence[tuple[str, Id128]]) -> list[tuple[Any, ...]]:
    """Every place where a value stands, as COLUMNS say: by what was asked, run, shard, position and place.

    Args:
        connection: to a catalog.
        asked: what each value is called in the answer, and a keyed digest of it: as many as it has forms and keys.
    """
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(asked), _AT_ONCE):
        found += _mentions(connection, asked[start : start + _AT_ONCE])
    return sorted(found, key=lambda row: row[0])  # stable: each part is in order


def _mentions(connection: duckdb.DuckDBPyConnection, asked: Sequence[tuple[str, Id128]]) -> list[tuple[Any, ...]]:
    marks = ", ".join("(?, ?::UBIGINT, ?::UBIGINT)" for _ in asked)
    bound = [part for name, (hi, lo) in asked for part in (name, hi, lo)]
    try:
        connection.execute(_FOUND.replace("{asked}", marks), bound)
        connection.execute(_PLACE)
        if connection.execute("SELECT count(*) FROM place").fetchall() == [(0,)]:
            return []
        return connection.execute(_MENTIONS).fetchall()
    finally:
        connection.execute("DROP TABLE IF EXISTS place")
        connection.execute("DROP TABLE IF EXISTS found")


@dataclass(frozen=True, slots=True)
class Blind:
    """What of a catalog no answer can speak of."""

    lost: tuple[tuple[str, int, int], ...]
    """(key, shards, runs) of what is on record under keys that are gone."""
    unsought: tuple[tuple[str, int], ...]
    """(kind, runs): kinds that were asked for, and in how many runs nothing looked for them."""
    runs: int
    """All there are."""


def blind_spots(connection: duckdb.DuckDBPyConnection, *, keys: Collection[str], kinds: Collection[str]) -> Blind:
    """Where somebody may stand without being found.

    Args:
        connection: to a catalog.
        keys: the ids of the keys that are there.
        kinds: what is asked for.
    """
    under = connection.execute(
        "SELECT subject_key, count(*), count(DISTINCT run) FROM log.shard WHERE subject_key IS NOT NULL "
        "GROUP BY subject_key ORDER BY subject_key"
    ).fetchall()
    used = connection.execute(
        "SELECT r.run, u.parameters::VARCHAR FROM log.run AS r "
        "LEFT JOIN log.filter_used AS u ON u.run = r.run AND u.filter = 'personal_data'"
    ).fetchall()
    sought = [set(json.loads(parameters).get("entities", ())) if parameters else set() for _, parameters in used]
    missing = ((kind, sum(kind not in looked for looked in sought)) for kind in sorted(set(kinds)))
    return Blind(
        lost=tuple((key, shards, runs) for key, shards, runs in under if key not in keys),
        unsought=tuple((kind, runs) for kind, runs in missing if runs),
        runs=len(sought),
    )


__all__ = ["COLUMNS", "Blind", "blind_spots", "mentions"]
