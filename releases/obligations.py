"""Obligations: what the licences of a release ask of whoever passes it on, licence by licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from filters.rights.conditions import conditions_of, in_order
from filters.rights.spdx import grant_of

Origin = Literal["found", "given", "missing"]
"""Where a licence's text comes from: it came with the items, from the recipe's folder, or from nowhere."""


Asked = Mapping[str, tuple[int, int]]
"""Licence or exception → (items whose expression names it, those among them of which nobody says who made them)."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One licence, or exception to one, that the expressions of a release's items name."""

    licence: str
    items: int
    authorless: int
    """Of these, items of which nobody says who made them."""
    text: Origin
    conditions: tuple[str, ...]
    """Those of tamis.records.CONDITIONS."""


def obligations_of(asked: Asked, origins: Mapping[str, Origin]) -> tuple[Obligation, ...]:
    """One for each licence, by name.

    `origins` are those of the texts that there are.
    """
    return tuple(
        Obligation(
            licence=licence,
            items=items,
            authorless=authorless,
            text=origins.get(licence, "missing"),
            conditions=in_order(conditions_of(licence, grant_of(licence))),
        )
        for licence, (items, authorless) in sorted(asked.items())
    )
