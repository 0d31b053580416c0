"""Writes the tables of views and columns into docs/catalog.md, from the comments in a catalog that is really built.

    python -m tools.build_catalog_docs

`tests/test_docs.py` fails where the page and the comments differ.
"""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path

from catalog.build import build
from catalog.log import Log
from catalog.read import connect_read

PAGE = Path(__file__).parent.parent / "docs" / "catalog.md"

BEGIN = "<!-- views: made by tools/build_catalog_docs.py -->"
END = "<!-- end of views -->"

Column = tuple[str, str, str, str, str]
"""View, what it shows, column, its type, what it means."""


def main() -> None:
    PAGE.write_text(with_views(PAGE.read_text(encoding="utf-8"), views_markdown()), encoding="utf-8")


def with_views(page: str, views: str) -> str:
    """The page with what stands between its two markers replaced.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"expected {BEGIN} and, after it, {END}")
    return f"{before}{BEGIN}\n\n{views}\n{END}{after}"


def views_markdown() -> str:
    """A section for each view, by name."""
    parts = []
    for (view, about), columns in groupby(columns_of_views(), key=lambda column: column[:2]):
        rows = [f"| `{name}` | {cell(kind)} | {cell(said)} |" for _, _, name, kind, said in columns]
        parts.append(
            "\n".join([f"### {view}", "", about, "", "| column | type | what |", "| --- | --- | --- |", *rows])
        )
    return "\n\n".join(parts) + "\n"


def columns_of_views() -> list[Column]:
    """What a catalog says of itself; an empty one says the same as a full one."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "catalog.duckdb"
        build(Log(Path(folder) / "store"), target)
        connection = connect_read(target)
        try:
            return connection.execute("FROM column_comment").fetchall()
        finally:
            connection.close()


def cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    main()
