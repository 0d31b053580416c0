"""What the filter for personal data finds in texts, as a run would: through `run_filter`, overlaps resolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from filters.base import run_filter
from filters.personal_data import PersonalDataFilter
from tamis.testing import text_batch


class Place(NamedTuple):
    kind: str
    start: int
    end: int


def places(found_by: PersonalDataFilter, texts: Sequence[str]) -> list[list[Place]]:
    """The places in each text, in order.

    Raises:
        SystemExit: a text was not seen to its end.
    """
    findings = run_filter(found_by, text_batch(texts))
    statuses = set(findings.items["status"])
    if statuses != {"seen"}:
        raise SystemExit(f"texts are {', '.join(sorted(statuses))}; all were to be seen")
    answers: list[list[Place]] = [[] for _ in texts]
    for position, kind, start, end in findings.spans.select("position", "kind", "start", "end").iter_rows():
        answers[position].append(Place(kind, start, end))
    return answers
