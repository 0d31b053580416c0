"""The Prefect flow: it schedules the stages, and carries nothing but paths and numbers.

Prefect's database keeps parameters, messages and tracebacks in clear, so none of them ever holds content; results are
not persisted, and what is done is what the log says, never what Prefect remembers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.server import quiet_prefect

quiet_prefect()

from prefect import flow, task  # noqa: E402 # after the switches above
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.states import Completed  # noqa: E402

from flows.means import Means  # noqa: E402
from flows.plan import Plan  # noqa: E402
from flows.pool import Pool  # noqa: E402
from flows.progress import Meter  # noqa: E402
from flows.spent import Spent  # noqa: E402
from flows.stages import Outcome, Wave, conclude, curate_all, run_wave  # noqa: E402
from flows.workspace import Workspace  # noqa: E402
from tamis.errors import planned_errors_only  # noqa: E402

_ENVELOPE: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


@task(task_run_name="wave of shards", **_ENVELOPE)
def curate_wave(wave: Wave, pool: Pool, meter: Meter, spent: Spent) -> None:
    """One wave of shards over the pool."""
    with planned_errors_only():
        run_wave(wave, pool, meter, spent)


@task(task_run_name="duplicates, release, catalog, report", **_ENVELOPE)
def conclude_run(plan: Plan, meter: Meter, spent: Spent) -> Outcome:
    """Everything after the shards."""
    with planned_errors_only():
        return conclude(plan, meter, spent)


@flow(name="tamis-curate", persist_result=False)
def curate(
    recipe: str, workers: int = 2, batch_size: int = 1024, shard_seconds: float | None = None, quiet: bool = False
) -> Outcome | State[Outcome]:
    """Curates what a recipe names.

    Args:
        recipe: path of a recipe, or of a workspace.
        workers: processes.
        batch_size: items a batch has; it changes speed and memory, never an outcome.
        shard_seconds: how long a shard may take; one that takes longer fails alone.
        quiet: says nothing of its progress.
    """
    with planned_errors_only():
        outcome = curate_all(
            Workspace.of(Path(recipe)),
            Means(workers, batch_size, shard_seconds, quiet),
            on_wave=curate_wave,
            at_end=conclude_run,
        )
    if outcome.failed:  # seen by whoever looks at the scheduler alone
        said = f"{len(outcome.failed)} shards failed; all else is done. `tamis audit` names them."
        state: State[Outcome] = Completed(name="Partly", message=said, data=outcome)
        return state
    return outcome
