"""`tamis demo`: the main job on the Python environment that runs it, on every machine, without a download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from catalog.query import query
from catalog.render import as_table
from flows.means import Means
from flows.start import start
from flows.summary import outcome_text
from flows.workspace import Workspace, init_workspace

QUESTIONS = (
    (
        "What became of it all?",
        "SELECT kind, verdict, items FROM verdict ORDER BY ALL",
    ),
    (
        "Which licences does the release hold, and how much of each?",
        (
            "SELECT licence_class, expression, sum(items)::BIGINT AS items FROM licence_mix "
            "WHERE verdict IN ('keep', 'redact') GROUP BY ALL ORDER BY items DESC LIMIT 8"
        ),
    ),
)


def run_demo(folder: Path, *, workers: int, say: Callable[[str], None]) -> int:
    """Makes the workspace unless it is there, runs it through Prefect, and asks two questions."""
    if not (folder / "recipe.yaml").exists():
        init_workspace(folder, policy="open")
    workspace = Workspace.of(folder)
    outcome = start(workspace, Means(workers), direct=False)
    say(outcome_text(outcome, workspace))
    for question, sql in QUESTIONS:
        say(f'\n{question}\n  tamis sql -w {folder} "{sql}"\n')
        say(as_table(query(outcome.catalog.path, sql)))
    return 3 if outcome.failed else 0
