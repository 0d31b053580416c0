"""An auditor's SQL: one SELECT on a published catalog, in a process of its own with limits on time and memory.

A guard rail, not a sandbox: it keeps a slip or a curious query from reading other files, writing anything, or taking
the machine down. Do not open a catalog from strangers with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamis.errors import CatalogError, TamisError


class QueryError(TamisError):
    """The SQL is wrong, refused, or takes more than it may."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned, as JSON-able values: integers exact, times as ISO text, decimals and NaN as text."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool


def query(path: Path, sql: str, *, seconds: float = 10.0, rows: int = 10_000) -> Answer:
    """Asks a catalog.

    Args:
        path: a published catalog.
        sql: one SELECT (or what DuckDB reads as one: FROM …, SHOW, DESCRIBE, SUMMARIZE, VALUES), or EXPLAIN.
        seconds: after which it is ended.
        rows: how many to return at most; `truncated` says that there are more.

    Raises:
        QueryError: the SQL is wrong, no SELECT, or took too long or too much.
        CatalogError: the file is missing or damaged.
    """
    asked = json.dumps({"path": str(path.resolve()), "sql": sql, "rows": rows})
    home = Path(__file__).parent.parent
    environment = {"PATH": os.defpath, "PYTHONPATH": str(home), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "catalog.query_child"]
    try:
        child = subprocess.run(
            command,
            input=asked,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=environment,
            cwd=home,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QueryError(f"The query took longer than {seconds:g} s. Ask for less, or give `--seconds` more.") from None
    if child.returncode != 0:
        raise QueryError("The query needs more memory than it may have, or ended its process. Ask for less at once.")
    said = json.loads(child.stdout)
    if "error" in said:
        raise (CatalogError if said.get("catalog") else QueryError)(said["error"])
    return Answer(
        tuple(said["columns"]), tuple(said["types"]), tuple(tuple(row) for row in said["rows"]), said["truncated"]
    )
