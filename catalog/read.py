"""Opens a catalog for reading, closed off: no other file, no network, no extension, no setting, no writing.

A read-only connection alone is not enough. From one, `COPY … TO` overwrites the very file that is open, or plants a
`.wal` beside it that the next writer replays. Disabling the file system once the catalog is open closes both holes.
A guard rail, not a sandbox: it does not bound memory and time of scalar functions (`catalog.query` does, for other
people's SQL), and DuckDB trusts the files that it opens, so a catalog from a stranger stays unopened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from tamis.errors import CatalogError

_AT_OPENING: Final[dict[str, str | int | bool]] = {
    "temp_directory": "",  # nothing is spilled to disk: what does not fit in memory is an error
    "threads": 2,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}

_ONCE_OPEN = (
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",  # the open file and its .wal are exempt from the line above
    "SET lock_configuration = true",  # last, for nothing can be set after it
)

_MAGIC = b"DUCK"
_MAGIC_AT = 8


def connect_read(path: Path, *, memory: str = "2GB", seconds: float | None = None) -> duckdb.DuckDBPyConnection:
    """A connection that can read one finished catalog and do nothing else.

    A process may open one catalog several times, with the same `memory` each time; `seconds` is that of the first.

    Args:
        path: a built or published catalog.
        memory: what DuckDB may use; beyond that a query fails, for nothing is spilled to disk.
        seconds: after which DuckDB ends a query; None for no limit. A scalar function can overrun it.

    Raises:
        CatalogError: the file is missing, damaged, unfinished, or no catalog of ours.
    """
    path = path.resolve()
    _expect_finished(path)
    try:
        connection = duckdb.connect(path, read_only=True, config={**_AT_OPENING, "memory_limit": memory})
    except duckdb.ConnectionException:
        raise CatalogError(f"{path}: is open in this process for something else. Close that first.") from None
    except duckdb.Error:
        raise CatalogError(
            f"{path}: cannot be opened: it is damaged, or a process is writing it. "
            "Try again once no run is at work, or make a new one with `tamis catalog build`."
        ) from None
    try:
        _close_off(connection, seconds)
        _expect_ours(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _expect_finished(path: Path) -> None:
    """Looks at the bytes first: DuckDB would load an extension for the files of other databases."""
    if not path.is_file():
        raise CatalogError(f"{path}: there is no such catalog. `tamis curate` or `tamis catalog build` makes one.")
    with path.open("rb") as file:
        head = file.read(_MAGIC_AT + len(_MAGIC))
    if head[_MAGIC_AT:] != _MAGIC:
        raise CatalogError(f"{path}: is no DuckDB file. Name a published catalog, such as catalog-000001.duckdb.")
    if path.with_name(f"{path.name}.wal").exists():
        raise CatalogError(
            f"{path}: has a .wal beside it, which would change what it says. A published catalog has none: "
            "somebody wrote to it. Make a new one with `tamis catalog build`."
        )


def _close_off(connection: duckdb.DuckDBPyConnection, seconds: float | None) -> None:
    """Locks the connection, unless an earlier one of this process has locked the database that they share."""
    locked = connection.execute("SELECT current_setting('lock_configuration')").fetchall()
    if locked == [(True,)]:
        return
    if seconds is not None:
        connection.execute(f"SET max_execution_time = {max(1, int(seconds * 1000))}")
    for setting in _ONCE_OPEN:
        connection.execute(setting)


def _expect_ours(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        connection.execute("SELECT max(number) FROM main.schema_step").fetchall()
    except duckdb.CatalogException:
        raise CatalogError(
            f"{path}: is a DuckDB file, but no catalog of Tamis: it has no table schema_step. "
            "Name a published catalog, such as catalog-000001.duckdb."
        ) from None
    except duckdb.Error:
        raise CatalogError(f"{path}: is damaged. Make a new one with `tamis catalog build`.") from None


__all__ = ["connect_read"]
