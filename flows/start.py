"""Starts a run: through Prefect, or directly."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flows.means import Means
from flows.plan import read_intent
from flows.server import prefect_api
from flows.workspace import Workspace

if TYPE_CHECKING:
    from flows.stages import Outcome


def start(workspace: Workspace, means: Means, *, direct: bool) -> Outcome:
    """Runs the recipe of a workspace; both ways call the same stages and give the same bytes.

    Raises:
        TamisError: see `tamis.errors`.
    """
    if direct:
        from flows.stages import curate_all

        return curate_all(workspace, means)
    read_intent(workspace)  # a slip in recipe or policy is said at once, not after a server has started
    with prefect_api(workspace.prefect_home):
        from flows.curate import curate

        outcome: Outcome = curate(str(workspace.recipe), **asdict(means))
        return outcome
