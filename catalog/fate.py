"""What became of items in a run: asked for many at once, by their ids."""

from __future__ import annotations

import duckdb
import polars as pl

from tamis.records import Columns

_ASKED: Columns = {"item_hi": pl.UInt64, "item_lo": pl.UInt64}
ASKED = pl.Schema(_ASKED)

_FATES: Columns = {**_ASKED, "verdict": pl.String, "decided_by": pl.String, "reason": pl.String}
FATES = pl.Schema(_FATES)
"""`reason` is null where the item was kept. An item that the run did not read has no row."""

# As in the view `item`, for the items in question alone.
_FATE = """
WITH place AS MATERIALIZED (
  SELECT i.item_hi, i.item_lo, i.run, i.shard, i.position
  FROM log.item AS i
  SEMI JOIN asked AS a ON a.item_hi = i.item_hi AND a.item_lo = i.item_lo
  WHERE i.run = ?
),

strictest AS (
  SELECT
    d.shard,
    d.position,
    max_by(d.outcome, d.rank) AS verdict,
    max_by(d.filter, d.rank) AS decided_by,
    max_by(d.reason, d.rank) AS reason
  FROM (
    SELECT
      decided.shard,
      decided.position,
      decided.outcome,
      decided.filter,
      decided.reason,
      list_position(['redact', 'hold', 'drop'], decided.outcome) * 1000 - used.place AS rank
    FROM log.decision AS decided
    SEMI JOIN place AS p ON p.run = decided.run AND p.shard = decided.shard AND p.position = decided.position
    INNER JOIN log.filter_used AS used ON used.run = decided.run AND used.filter = decided.filter
    WHERE decided.decisive
  ) AS d
  GROUP BY d.shard, d.position
)

SELECT
  p.item_hi,
  p.item_lo,
  coalesce(s.verdict, 'keep') AS verdict,
  s.decided_by,
  s.reason
FROM place AS p
LEFT JOIN strictest AS s ON s.shard = p.shard AND s.position = p.position
"""


def fates(connection: duckdb.DuckDBPyConnection, run: str, items: pl.DataFrame) -> pl.DataFrame:
    """What a run made of items: schema FATES, in no order.

    Args:
        connection: to a catalog.
        run: its id.
        items: schema ASKED.
    """
    connection.register("asked", items.select(ASKED.names()).to_arrow())
    try:
        found = connection.sql(_FATE, params=[run]).to_arrow_table()
    finally:
        connection.unregister("asked")
    return pl.DataFrame(pl.from_arrow(found)).cast(FATES)


def has_run(connection: duckdb.DuckDBPyConnection, run: str) -> bool:
    """Whether a run is on record."""
    return connection.execute("SELECT count(*) FROM log.run WHERE run = ?", [run]).fetchall() != [(0,)]
