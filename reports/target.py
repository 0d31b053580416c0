"""What is told of the examples that a target asks the catalog for, in the same words everywhere."""

from __future__ import annotations

from releases.subsets.queried import Asked
from reports.words import counted


def by_query(asked: Asked) -> str:
    """How many items are examples because a query gave them, and when it was asked."""
    when = "asked now" if asked.by is None else f"as run {asked.by} asked for them"
    if asked.withheld.is_empty():
        return f"{counted(asked.items, 'item')} of the catalog by query, {when}"
    hold = "holds" if asked.withheld.height == 1 else "hold"
    return (
        f"{counted(asked.items, 'item')} of the catalog by query, {when}; {asked.withheld.height:,} more {hold} a "
        "suppressed value: taken out"
    )
