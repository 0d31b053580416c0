"""A recipe on Prefect's scheduler: a deployment with a cron schedule, served from here."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flows.means import Means
from flows.server import quiet_prefect
from flows.workspace import Workspace
from tamis.errors import ConfigError


def serve(workspace: Workspace, means: Means, *, cron: str, timezone: str) -> None:
    """Registers the deployment and runs it when it is due, until interrupted.

    Raises:
        ConfigError: no Prefect API is configured, or the schedule is no cron expression.
    """
    if not os.environ.get("PREFECT_API_URL"):
        raise ConfigError(
            "schedule: PREFECT_API_URL is not set, and a schedule needs a server that stays. "
            "Start one with `prefect server start`, then set PREFECT_API_URL=http://127.0.0.1:4200/api."
        )
    quiet_prefect()
    _refuse_no_cron(cron)
    from flows.curate import curate

    flow: Any = curate
    print(f"Serving {workspace.recipe} at '{cron}' ({timezone}). Ctrl-C ends it.", file=sys.stderr)  # noqa: T201 # talk
    os.chdir(Path(__file__).parent.parent)
    flow.serve(
        name=deployment_name(workspace),
        cron=cron,
        parameters={"recipe": str(workspace.recipe), **asdict(means)},
        limit=1,
        print_starting_message=False,
    )


def deployment_name(workspace: Workspace) -> str:
    return f"tamis {workspace.root.name}"


def _refuse_no_cron(cron: str) -> None:
    from prefect.client.schemas.schedules import CronSchedule
    from pydantic import ValidationError

    try:
        CronSchedule(cron=cron)
    except ValidationError:
        raise ConfigError(f"schedule: {cron!r} is no cron expression. '0 3 * * *' is every night at three.") from None
