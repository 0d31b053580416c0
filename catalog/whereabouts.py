"""Where items stand in the log: asked for many at once, by their ids."""

from __future__ import annotations

import duckdb
import polars as pl

from catalog.fate import ASKED
from tamis.records import Columns

_WHEREABOUTS: Columns = {
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "run": pl.String,
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "kind": pl.String,
}
WHEREABOUTS = pl.Schema(_WHEREABOUTS)
"""A row for each run that read the item."""

_WHERE = """
SELECT i.item_hi, i.item_lo, i.run, i.shard, i.position, i.kind
FROM log.item AS i
SEMI JOIN asked AS a ON a.item_hi = i.item_hi AND a.item_lo = i.item_lo
ORDER BY ALL
"""


def whereabouts(connection: duckdb.DuckDBPyConnection, items: pl.DataFrame) -> pl.DataFrame:
    """In which runs items were read, and where: schema WHEREABOUTS, sorted. An unknown item has no row.

    Args:
        connection: to a catalog.
        items: schema `fate.ASKED`.
    """
    connection.register("asked", items.select(ASKED.names()).to_arrow())
    try:
        found = connection.sql(_WHERE).to_arrow_table()
    finally:
        connection.unregister("asked")
    return pl.DataFrame(pl.from_arrow(found)).cast(WHEREABOUTS)
