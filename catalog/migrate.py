"""The schema in numbered steps, each with its ledger row in one transaction; a step never changes once released."""

from __future__ import annotations

import hashlib
from importlib import resources

import duckdb

from tamis.errors import CatalogError

_LEDGER = """
CREATE TABLE IF NOT EXISTS main.schema_step (
  number UINTEGER NOT NULL,
  name VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL
);
COMMENT ON TABLE main.schema_step IS 'The steps by which this catalog got its tables.';
COMMENT ON COLUMN main.schema_step.number IS 'Its number, from 1.';
COMMENT ON COLUMN main.schema_step.name IS 'Its file in catalog/schema.';
COMMENT ON COLUMN main.schema_step.sha256 IS 'SHA-256 of that file.';
CREATE TABLE IF NOT EXISTS main.view_source (
  name VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL
);
COMMENT ON TABLE main.view_source IS 'What each view was made from.';
COMMENT ON COLUMN main.view_source.name IS 'The view.';
COMMENT ON COLUMN main.view_source.sha256 IS 'SHA-256 of the SQL it was made with.';
"""


def schema_steps() -> list[tuple[int, str, str]]:
    """(number, file name, SQL) of every step, in order."""
    files = [file for file in resources.files("catalog").joinpath("schema").iterdir() if file.name.endswith(".sql")]
    return sorted((int(file.name.split("_")[0]), file.name, file.read_text(encoding="utf-8")) for file in files)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Brings the current database to the newest schema.

    Raises:
        CatalogError: a step that was applied is not the one this code knows, or the catalog is newer than this code.
    """
    connection.execute(_LEDGER)
    applied = dict(connection.execute("SELECT number, sha256 FROM main.schema_step").fetchall())
    steps = {number: (name, sql, hashlib.sha256(sql.encode()).hexdigest()) for number, name, sql in schema_steps()}
    for number, digest in applied.items():
        if number not in steps:
            raise CatalogError(f"The catalog has schema step {number}, which this Tamis does not know. Update Tamis.")
        if steps[number][2] != digest:
            raise CatalogError(f"Schema step {number} is not the one that the catalog was made with. Build it anew.")
    for number in sorted(steps.keys() - applied.keys()):
        name, sql, digest = steps[number]
        connection.execute("BEGIN")
        connection.execute(sql)
        connection.execute("INSERT INTO main.schema_step VALUES (?, ?, ?)", [number, name, digest])
        connection.execute("COMMIT")
