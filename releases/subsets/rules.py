"""The rules by which an item is not chosen, as decisions and the catalog name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalog.log import SUBSET
from releases.subsets.section import Subset
from tamis.records import Outcome

AGAIN: Final = "subset_example_again"
NOT_CHOSEN: Final = "subset_not_chosen"
BOUNDED: Final = "subset_bounded"
UNSCORED: Final = "subset_unscored"
UNLABELLED: Final = "subset_unlabelled"

_RULES: Mapping[str, str] = {
    NOT_CHOSEN: "subset.budget",
    BOUNDED: "subset.caps",
    AGAIN: "subset.target",
    UNSCORED: "subset.target",
    UNLABELLED: "subset.target.label",
}

REASONS: Final = tuple(_RULES)


def rule_of(reason: str, subset: Subset) -> str:
    """The place in the recipe that says so."""
    return "subset.measure" if reason == UNSCORED and subset.measure is not None else _RULES[reason]


def outcome_of(reason: str) -> Outcome:
    """What nobody can put in order or learn is held, for a person to look at; the rest is dropped."""
    return "hold" if reason in {UNSCORED, UNLABELLED} else "drop"


def rules_of_subset(subset: Subset | None) -> list[dict[str, Any]]:
    """Those in force, as run.json has them beside the policy's; what the budget comes to is known only then."""
    if subset is None:
        return []
    of_target = [AGAIN, *([UNLABELLED] if subset.target.label else [])] if subset.target else []
    of_order = [] if subset.method == "random" and not subset.target else [UNSCORED]
    met = [NOT_CHOSEN, *([BOUNDED] if subset.caps else []), *of_order, *of_target]
    return [
        {
            "filter": SUBSET,
            "rule": rule_of(reason, subset),
            "measure": "rank" if reason == NOT_CHOSEN else None,
            "bound": None,
            "outcome": outcome_of(reason),
            "reason": reason,
        }
        for reason in met
    ]
