"""Of what a release is made, against what it was chosen from: by source, licence and language."""

from __future__ import annotations

from itertools import groupby

from reports.facts import Row, RunFacts

_SHOWN = 8
"""Values of a group; the others are in the view `release_mix`."""

_GROUPS = {"source": "source", "licence_class": "licence class", "licence": "licence", "language": "language"}


def release_mix(facts: RunFacts, release: str) -> list[Row]:
    """The values of each group that have most before or after: grouped_by, named, before, after (shares), tokens."""
    of = [row for row in facts.mix if row["release"] == release and row["grouped_by"] in _GROUPS]
    found: list[Row] = []
    for group in _GROUPS:
        for name, rows in groupby(of, key=lambda row: row["grouped_by"]):
            found += _shares(list(rows)) if name == group else []
    return found


def _shares(rows: list[Row]) -> list[Row]:
    before, after = (sum(row[key] for row in rows) or 1 for key in ("bytes_before", "bytes"))
    said = [
        {
            "grouped_by": _GROUPS[row["grouped_by"]],
            "named": row["named"],
            "before": row["bytes_before"] / before,
            "after": row["bytes"] / after,
            "items": row["items"],
            "tokens": row["tokens"],
        }
        for row in rows
    ]
    most = sorted(said, key=lambda row: (-max(row["before"], row["after"]), row["named"]))[:_SHOWN]
    return sorted(most, key=lambda row: (-row["after"], -row["before"], row["named"]))
