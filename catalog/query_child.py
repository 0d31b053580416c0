"""The process in which an auditor's SQL runs: one statement, one answer, memory bounded by the kernel.

Speaks JSON: {"path", "sql", "rows", "seconds"} on standard input; {"columns", "types", "rows", "truncated"} or
{"error"} on standard output.
"""

from __future__ import annotations

import json
import math
import re
import resource
import sys
from pathlib import Path
from typing import Any

_MEMORY = 3 * 1024**3
"""Address space; DuckDB and its libraries reserve about one of it before the first query."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def main() -> None:
    """Answers the one question on standard input."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import duckdb

    from catalog.read import connect_read
    from tamis.errors import CatalogError

    try:
        connection = connect_read(Path(asked["path"]))
        answer = _answer(connection, asked["sql"], asked["rows"])
    except CatalogError as error:
        answer = {"error": str(error), "catalog": True}
    except duckdb.Error as error:
        answer = {"error": _clean("\n".join(str(error).splitlines()[:6]))}
    except MemoryError:
        answer = {"error": "The query needs more memory than it may have. Ask for less at once."}
    json.dump(answer, sys.stdout)


def _answer(connection: Any, sql: str, rows: int) -> dict[str, Any]:
    import duckdb

    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        return {"error": f"Expected one statement, found {len(statements)}. Ask one SELECT at a time."}
    allowed = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    if statements[0].type not in allowed:
        return {"error": f"Only SELECT is answered here, and this is {statements[0].type.name}."}
    cursor = connection.execute(statements[0])
    described = cursor.description or []
    found = cursor.fetchmany(rows + 1)
    return {
        "columns": [_clean(str(column[0])) for column in described],
        "types": [str(column[1]) for column in described],
        "rows": [[_value(value) for value in row] for row in found[:rows]],
        "truncated": len(found) > rows,
    }


def _value(value: Any) -> Any:
    """The value as JSON can say it, whole numbers exactly."""
    if isinstance(value, dict):
        return {_clean(str(key)): _value(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_value(each) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _clean(str(value))


def _clean(text: str) -> str:
    """Without what a terminal would obey."""
    return _CONTROL.sub("�", text)


if __name__ == "__main__":
    main()
