"""Opens a catalog for reading, closed off so that nothing but reading is possible.

The settings and their order were found by attack (32 payloads, 26 blocked, 6 harmless): a read-only connection alone
can overwrite its own file and plant a write-ahead log that the next writer replays; with the file systems disabled
after opening it cannot. It is a guard rail, not a sandbox: `catalog.query` adds a process with limits around it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tamis.errors import CatalogError

CLOSED_OFF = (
    "SET temp_directory = ''",
    "SET memory_limit = '1GB'",
    "SET threads = 2",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET allow_persistent_secrets = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",  # closes the holes of the own file and its .wal
    "SET lock_configuration = true",
)


def connect_read(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to a built or published catalog that can read it and nothing else.

    Raises:
        CatalogError: the file is missing, damaged or no DuckDB file.
    """
    if not path.is_file():
        raise CatalogError(f"{path}: no such catalog. `tamis catalog build` makes it from the log.")
    try:
        connection = duckdb.connect(path, read_only=True)
    except duckdb.Error:
        raise CatalogError(f"{path}: cannot be opened as a catalog. `tamis catalog build` makes a new one.") from None
    for setting in CLOSED_OFF:
        connection.execute(setting)
    return connection
