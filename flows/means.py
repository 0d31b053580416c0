"""With what means a run is done: how many processes, how much at a time, how long. None of it changes an outcome."""

from __future__ import annotations

from dataclasses import dataclass

from tamis.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Means:
    """What an operator may turn without turning the result, save that a shard which takes too long is lost to the run.

    Raises:
        ConfigError: a time limit without worker processes, for it is kept by ending one.
    """

    workers: int
    """Processes; 0 works in this one."""
    batch_size: int = 1024
    """Items a batch has at most."""
    shard_seconds: float | None = None
    """How long a shard may take; null for as long as it takes."""
    quiet: bool = False
    """Says nothing of the progress."""

    def __post_init__(self) -> None:
        if self.shard_seconds is not None and not self.workers:
            raise ConfigError("a time limit on a shard is kept by ending its process: it needs one worker or more.")
