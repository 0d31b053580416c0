"""The process in which an auditor's SQL runs: one question in, one answer out, within limits that the kernel holds.

JSON on standard input: {"path", "sql", "seconds", "rows"}. JSON on standard output: {"columns", "types", "rows",
"truncated"}, or {"refused"} where the SQL is at fault, or {"catalog"} where the file is.
"""

from __future__ import annotations

import json
import math
import re
import resource
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import duckdb

MEMORY: Final = 2 * 1024**3
"""Address space of the process. DuckDB takes 0.8 GB of it (measured with 2.0.0) before it reads anything."""

_DUCKDB_MEMORY = "512MB"

ANSWER: Final = 64 * 1024**2
"""The longest answer, in characters of JSON."""

_AT_ONCE = 256
_MESSAGE_LINES = 6
_LINE_LENGTH = 300

# All control characters but tab and line feed, the marks that turn the direction of what follows, what is not seen at
# all, other ends of lines, and halves of characters, which no terminal takes.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)

_TOO_MUCH = "The query takes more memory than it may. Ask for fewer rows or columns, or count in SQL."
_ONLY_READS = "`tamis sql` can only read the tables of one catalog."


class _Refused(Exception):  # noqa: N818 - it is no error of this process
    """The SQL is not answered; the text says why."""


def main() -> None:
    """Answers the question on standard input."""
    asked = json.loads(sys.stdin.buffer.read())
    _limit(asked["seconds"])
    sys.stdout.write(json.dumps(_said(asked)))


def safe(text: str) -> str:
    """The text with U+FFFD for whatever a terminal would obey, or not show."""
    return _UNSAFE.sub("\ufffd", text)


def safe_line(text: str) -> str:
    """`safe`, and on one line: for what quotes a name that a stranger chose."""
    return safe(text).replace("\n", "\ufffd").replace("\t", " ")


def _limit(seconds: float) -> None:
    """No more memory, no file written, no core dumped; and should the parent die, an end all the same."""
    if sys.platform == "linux":  # elsewhere a process reserves more than this from its start
        _lower(resource.RLIMIT_AS, MEMORY)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, math.ceil(seconds) * 2 + 5)


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (wanted, wanted))


def _said(asked: dict[str, Any]) -> dict[str, Any]:
    import duckdb

    from catalog.read import connect_read
    from tamis.errors import CatalogError

    try:
        connection = connect_read(Path(asked["path"]), memory=_DUCKDB_MEMORY, seconds=asked["seconds"])
        return _answer(connection, asked["sql"], asked["rows"])
    except CatalogError as error:
        return {"catalog": str(error)}
    except _Refused as error:
        return {"refused": safe(str(error))}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"refused": _TOO_MUCH}
    except RecursionError:
        return {"refused": "A value is nested too deep to be shown. Select a part of it."}
    except duckdb.Error as error:
        return {"refused": safe(_message(error))}


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, rows: int) -> dict[str, Any]:
    cursor = connection.execute(_only_statement(connection, sql))
    described = cursor.description or []
    found = list(_found(cursor, rows + 1))
    return {
        "columns": [safe(str(column[0])) for column in described],
        "types": [safe(str(column[1])) for column in described],
        "rows": found[:rows],
        "truncated": len(found) > rows,
    }


def _only_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    from duckdb import StatementType

    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise _Refused(f"Found {len(statements)} statements where one was expected. Ask one SELECT at a time.")
    kind = statements[0].type
    if kind == StatementType.MULTI:
        raise _Refused("A PIVOT is answered only if it names its values: PIVOT … ON kind IN ('text', 'image') USING …")
    if kind not in {StatementType.SELECT, StatementType.EXPLAIN}:
        raise _Refused(f"Only SELECT and EXPLAIN are answered, and DuckDB reads this as {kind.name}. {_ONLY_READS}")
    return statements[0]


def _found(cursor: duckdb.DuckDBPyConnection, rows: int) -> Iterator[list[Any]]:
    """At most so many rows, fetched bit by bit, since a query may have no end."""
    length = 0
    while rows > 0 and (batch := cursor.fetchmany(min(rows, _AT_ONCE))):
        rows -= len(batch)
        for row in batch:
            values = [_value(value) for value in row]
            length += len(json.dumps(values))
            if length > ANSWER:
                raise _Refused(f"The answer is longer than {ANSWER // 1024**2} MB. Ask for fewer rows or columns.")
            yield values


def _value(value: Any) -> Any:
    """What JSON can say without loss: whole numbers exact, the rest that JSON has no word for as text."""
    match value:
        case dict():
            return {safe(str(_value(key))): _value(each) for key, each in value.items()}
        case list() | tuple():
            return [_value(each) for each in value]
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
    return safe(_text(value))


def _text(value: Any) -> str:
    match value:
        case float():
            return str(value).replace("nan", "NaN").replace("inf", "Infinity")
        case datetime():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
    return str(value)


def _message(error: duckdb.Error) -> str:
    """The first lines of DuckDB's message, which may quote the query; and a hint where the query wants to do more."""
    import duckdb

    if isinstance(error, duckdb.InterruptException):
        return "DuckDB ended the query at its time limit. Ask for less, or give it more time."
    lines = [line[:_LINE_LENGTH] for line in str(error).splitlines() if line.strip()]
    message = "\n".join(lines[:_MESSAGE_LINES])
    beyond = duckdb.PermissionException | duckdb.InvalidInputException | duckdb.IOException
    return f"{message}\n{_ONLY_READS}" if isinstance(error, beyond) else message


if __name__ == "__main__":
    main()
