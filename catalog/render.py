"""Answers as text: for people, for spreadsheets, for programs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from catalog.query import Answer

_WIDEST = 60
"""Characters of a cell in a table; longer ones end in an ellipsis."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_table(answer: Answer) -> str:
    """Columns under one another, numbers to the right."""
    cells = [[_shown(value) for value in row] for row in answer.rows]
    widths = [max(map(len, column)) for column in zip(answer.columns, *cells, strict=True)]
    right = [all(_is_number(row[place]) for row in answer.rows) for place in range(len(answer.columns))]
    lines = [answer.columns, tuple("-" * width for width in widths), *cells]
    return "\n".join(_line(line, widths, right) for line in lines) + "\n"


def as_csv(answer: Answer) -> str:
    """RFC 4180; a text that a spreadsheet would run as a formula gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(answer.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """One object a line."""
    rows = (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _line(cells: Any, widths: list[int], right: list[bool]) -> str:
    padded = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _shown(value: Any) -> str:
    text = "" if value is None else _flat(value).replace("\n", " ")
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any) -> str:
    text = "" if value is None else _flat(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
