"""What may be said of personal data in what stays: what was looked for, what was not, what is masked, what is not."""

from __future__ import annotations

import json
from dataclasses import dataclass

from filters.personal.kinds import kinds as known_kinds
from reports.facts import Row, RunFacts
from reports.words import COUNTRIES, GENERAL_KINDS, MODEL_KINDS, counted, listed


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Sentences and counts, of texts alone: nothing looks for personal data in a picture."""

    searched: bool
    """Whether a filter looked for it at all."""
    sought: str
    """The kinds that were looked for, in words."""
    not_sought: str
    """The kinds that there is a pattern for and that were not looked for, in words; empty if there are none."""
    by_model: bool
    """Whether a model was among those who looked."""
    left: Row | None
    """What the model found in a sample of the texts that the patterns found nothing in."""
    rows: list[Row]
    """Kind, spans, items, masked, pseudonymised, as_found, away."""
    pseudonymised: int
    """Places that stand as pseudonyms in what stays."""
    as_found: int
    """Places that stand unmasked in what stays."""
    kept_kinds: str
    """Their kinds, in words."""


def personal_data(facts: RunFacts) -> PersonalData:
    """Reads the filter's parameters and what became of what it found."""
    kinds = _kinds_sought(facts.filters)
    left = [row for row in facts.personal_data if row["as_found"]]
    return PersonalData(
        searched=bool(kinds),
        sought=_in_words(kinds),
        not_sought=_in_words([kind for kind in known_kinds() if kind not in kinds]),
        by_model=not MODEL_KINDS.keys().isdisjoint(kinds),
        left=facts.left[0] if facts.left else None,
        rows=facts.personal_data,
        pseudonymised=sum(row["pseudonymised"] for row in facts.personal_data),
        as_found=sum(row["as_found"] for row in left),
        kept_kinds=_in_words([row["kind"] for row in left]),
    )


def _kinds_sought(filters: list[Row]) -> list[str]:
    ran = [row for row in filters if row["filter"] == "personal_data"]
    return [str(kind) for row in ran for kind in json.loads(row["parameters"]).get("entities", [])]


def _in_words(kinds: list[str]) -> str:
    """The general kinds one by one; of the others how many there are, and of which countries."""
    named = {**GENERAL_KINDS, **MODEL_KINDS}
    said = [named[kind] for kind in sorted(kinds) if kind in named]
    others = [kind for kind in kinds if kind not in named]
    countries = sorted({COUNTRIES[known_kinds()[kind].region] for kind in others if kind in known_kinds()})
    unknown = sorted(kind for kind in others if kind not in known_kinds())
    if countries:
        numbers = counted(len(others) - len(unknown), "kind")
        said.append(f"{numbers} of national numbers ({', '.join(countries)})")
    return listed([*said, *unknown])
