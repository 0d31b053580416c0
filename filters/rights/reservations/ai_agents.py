"""The crawlers a reservation may name, from `filters/data/ai_agents.toml`."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib import resources

DATA = "ai_agents.toml"

PURPOSES = ("train", "search", "user-fetch", "archive")


@cache
def agents(purposes: tuple[str, ...] = ("train",)) -> tuple[str, ...]:
    """Product tokens of the agents that serve any of these purposes, in the file's order.

    Raises:
        ValueError: a purpose that is none of PURPOSES, or no purpose at all.
    """
    unknown = set(purposes) - set(PURPOSES)
    if unknown or not purposes:
        said = ", ".join(sorted(unknown)) or "none"
        raise ValueError(f"Purposes of agents: {said} given; any of {', '.join(PURPOSES)} are known.")
    stored = tomllib.loads(_stored().decode("utf-8"))["agents"]
    return tuple(agent["name"] for agent in stored if not set(purposes).isdisjoint(agent["purposes"]))


@cache
def agents_digest() -> str:
    """SHA-256 of the stored file, for a filter's spec."""
    return hashlib.sha256(_stored()).hexdigest()


def _stored() -> bytes:
    return resources.files("filters").joinpath("data", DATA).read_bytes()
