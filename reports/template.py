"""How templates are filled: everything that comes from data is escaped."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from reports.words import counted


@cache
def environment() -> Environment:
    """HTML is escaped always; Markdown by the filter `cell`, for the one place where data meets it: table cells."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["cell"] = cell
    made.filters["count"] = count
    made.filters["counted"] = counted
    made.filters["share"] = share
    return made


def cell(value: object) -> str:
    """A value as it may stand in a cell of a Markdown table: no line break, no mark-up."""
    text = "" if value is None else str(value)
    return "".join(f"\\{mark}" if mark in r"\|`*<>[]" else mark for mark in " ".join(text.split()))


def count(value: int) -> str:
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0%"
