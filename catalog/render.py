"""Answers as text: for people, for spreadsheets, for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from catalog.query import Answer

_WIDEST = 80
"""Terminal cells of one value in a table."""

_PLAN = ("explain_key", "explain_value")
"""The columns of an EXPLAIN, whose values are drawings of many lines."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|Infinity)")

# OWASP, "CSV Injection": also the full-width forms, which some spreadsheets read as the ASCII ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_table(answer: Answer) -> str:
    """Aligned columns, plain text, one line a row; a longer value ends in `…`, so it is for looking only."""
    if answer.columns == _PLAN:
        return "".join(f"{value}\n" for _, value in answer.rows)
    cells = [[_shown(value) for value in row] for row in answer.rows]
    head = [_shown(name) for name in answer.columns]
    numeric = [all(_is_number(value) for value in column) for column in _columns(answer)]
    widths = [max(map(cell_len, column)) for column in zip(head, *cells, strict=True)]
    lines = [head, ["─" * width for width in widths], *cells]
    return "".join(f"{_line(line, widths=widths, numeric=numeric)}\n" for line in lines)


def as_csv(answer: Answer) -> str:
    """RFC 4180 with the line ends of Unix, so that `| tail -1` is clean; a header; null is empty.

    What a spreadsheet would run as a formula gets a leading `'`.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_harmless(name) for name in answer.columns])
    writer.writerows([_harmless(_text(value)) for value in row] for row in answer.rows)
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """One object a line; a column named like one before it gets a number, as DuckDB does: `n`, `n_1`."""
    names = _unlike(answer.columns)
    objects = (dict(zip(names, row, strict=True)) for row in answer.rows)
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in objects)


def _columns(answer: Answer) -> list[Sequence[Any]]:
    return [[row[place] for row in answer.rows] for place in range(len(answer.columns))]


def _line(cells: Sequence[str], *, widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = []
    for cell, width, is_numeric in zip(cells, widths, numeric, strict=True):
        space = " " * (width - cell_len(cell))
        padded.append(space + cell if is_numeric else cell + space)
    return "  ".join(padded).rstrip()


def _shown(value: Any) -> str:
    """The value on one line and no wider than a table shows it."""
    text = "NULL" if value is None else _text(value).replace("\n", "↵").replace("\t", " ")
    return text if cell_len(text) <= _WIDEST else f"{set_cell_size(text, _WIDEST - 1)}…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _harmless(text: str) -> str:
    """Blanks before a formula do not keep a spreadsheet from running it."""
    may_run = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if may_run and not _NUMBER.fullmatch(text) else text


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool)) or _is_decimal(value)


def _is_decimal(value: Any) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _unlike(names: Sequence[str]) -> list[str]:
    """Each name once; how often one was asked for is counted, so that many alike take no more than their number."""
    taken: set[str] = set()
    asked: Counter[str] = Counter()
    unlike: list[str] = []
    for name in names:
        candidate = name
        while candidate in taken:
            asked[name] += 1
            candidate = f"{name}_{asked[name]}"
        taken.add(candidate)
        unlike.append(candidate)
    return unlike


__all__ = ["as_csv", "as_json", "as_table"]
