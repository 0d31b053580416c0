"""Audits: queries that return what is wrong. Empty means pass.

A check is a file of `audits/checks`: its first comment line is the question, the second says what a row means. All are
blocking, so that nothing is sealed while one returns a row, unless the file says `-- asks: advisory`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from catalog.read import connect_read

_SHOWN = 20
"""Rows of a failed check that are kept to be shown."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a catalog."""

    name: str
    question: str
    meaning: str
    """What a row means."""
    blocking: bool
    sql: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What a check answered. `rows` are the first of `offending`; ids and counts, never content."""

    check: Check
    offending: int
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    @property
    def name(self) -> str:
        return self.check.name

    @property
    def blocks(self) -> bool:
        return self.check.blocking and self.offending > 0


def checks() -> list[Check]:
    """All checks, by name."""
    folder = resources.files("audits") / "checks"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [_check(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


def run_audits(catalog: Path, *, release: str | None = None) -> Iterator[AuditResult]:
    """Asks every check of a catalog file.

    Args:
        catalog: a built or published catalog.
        release: only rows about this release, where a check is about releases; all releases if left out.

    Raises:
        CatalogError: the file is missing or damaged.
    """
    connection = connect_read(catalog)
    try:
        for check in checks():
            answer = connection.execute(check.sql)
            columns = tuple(column[0] for column in answer.description or ())
            rows = answer.fetchall()
            if release is not None and "release" in columns:
                rows = [row for row in rows if row[columns.index("release")] == release]
            yield AuditResult(check, len(rows), columns, tuple(rows[:_SHOWN]))
    finally:
        connection.close()


def _check(name: str, sql: str) -> Check:
    comments = [line.removeprefix("--").strip() for line in sql.splitlines() if line.startswith("--")]
    return Check(name, comments[0], comments[1].removeprefix("A row: "), "asks: advisory" not in comments, sql)
