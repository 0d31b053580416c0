"""An auditor's SQL: one SELECT on a published catalog, in a process of its own with limits on memory and time.

A guard rail, not a sandbox: a slip or a curious query reads no other file, writes nothing and does not take the
machine down. The limit on memory is the kernel's; systems other than Linux may not hold it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.query_child import safe
from tamis.errors import CatalogError, TamisError

_ROOT = Path(__file__).resolve().parents[1]
"""The folder of our packages: site-packages, or the repository."""

_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
"""Variables without which some Pythons do not start. All others stay out: they may hold keys."""


LONGEST = 86_400.0
"""Seconds: a query may take a day, which the kernel and DuckDB can count; not for ever."""


class QueryError(TamisError):
    """The SQL is wrong, asks for more than reading, or takes more memory or time than it may."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned.

    Values are what JSON knows: whole numbers exact, dates and times ISO 8601 (a timestamp with time zone in UTC),
    DECIMAL and UUID as text, BLOB as hex, NaN and infinities as `NaN`, `Infinity`, `-Infinity`, a nested value as
    list or dict. Control characters but tab and line feed are U+FFFD. Three are not exact, cast them to VARCHAR if it
    matters: infinite dates show as the first or last date, nanoseconds are cut, a month of an INTERVAL counts 30 days.
    """

    columns: tuple[str, ...]
    """Names, as the query gave them: two may be alike."""
    types: tuple[str, ...]
    """DuckDB's names of the types, such as `UBIGINT` or `STRUCT(a INTEGER)`."""
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    """Whether there are more rows than were asked for."""


def query(path: Path, sql: str, *, seconds: float = 10.0, rows: int = 10_000) -> Answer:
    """Asks a catalog; costs about 0.3 s beside the query itself.

    Args:
        path: a published catalog.
        sql: one SELECT or what DuckDB reads as one (FROM, VALUES, SHOW, DESCRIBE, SUMMARIZE), or one EXPLAIN.
        seconds: after which it is killed, its start included; at most LONGEST.
        rows: how many to return at most.

    Raises:
        QueryError: the SQL is wrong, asks for more than reading, or takes more memory or time than it may.
        CatalogError: the file is missing, damaged or no catalog.
    """
    if not 0 < seconds <= LONGEST:
        raise QueryError(f"`--seconds` is {seconds:g}; expected more than 0 and at most {LONGEST:,.0f}, a day.")
    asked = _asked(path, sql, seconds=seconds, rows=rows)
    try:
        child = subprocess.run(
            [sys.executable, "-B", "-P", "-s", "-m", "catalog.query_child"],
            input=asked,
            capture_output=True,
            timeout=seconds,
            env=_environment(),
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QueryError(
            f"The query was ended at its limit of {seconds:g} s. Ask for less, or allow more with `--seconds`."
        ) from None
    if child.returncode != 0:
        raise QueryError(_ended(child.returncode, child.stderr))
    return _answer_of(json.loads(child.stdout))


def _asked(path: Path, sql: str, *, seconds: float, rows: int) -> bytes:
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise QueryError("The SQL is not UTF-8. Write it to a file in UTF-8 and give that as standard input.") from None
    return json.dumps({"path": str(path.resolve()), "sql": sql, "seconds": seconds, "rows": rows}).encode()


def _environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "TZ": "UTC"}


def _answer_of(said: dict[str, Any]) -> Answer:
    if "catalog" in said:
        raise CatalogError(said["catalog"])
    if "refused" in said:
        raise QueryError(said["refused"])
    rows = tuple(tuple(row) for row in said["rows"])
    return Answer(tuple(said["columns"]), tuple(said["types"]), rows, said["truncated"])


def _ended(status: int, complaint: bytes) -> str:
    """What to say of a process that gave no answer: killed by a signal, or stopped with a complaint."""
    if status < 0:
        name = signal.Signals(-status).name
        return f"The query was ended ({name}), most likely for lack of memory. Ask for fewer rows or columns."
    last = complaint.decode(errors="replace").strip().splitlines()[-1:]
    return f"The query's process stopped with status {status}. {safe(''.join(last))[:300]}".rstrip()


__all__ = ["Answer", "QueryError", "query"]
