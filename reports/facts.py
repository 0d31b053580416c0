"""What a report tells, read from the catalog's views and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.read import connect_read
from tamis.errors import ConfigError

Row = dict[str, Any]

_RUN = {
    "verdicts": "SELECT kind, verdict, items, n_bytes FROM verdict WHERE run = ? ORDER BY ALL",
    "funnel": "SELECT * FROM funnel WHERE run = ? ORDER BY place",
    "held": "SELECT * FROM held WHERE run = ? ORDER BY items DESC, reason, verdict, decided_by",
    "licences": (
        "SELECT licence_class, expression, sum(items) FILTER (verdict IN ('keep', 'redact'))::BIGINT AS staying, "
        "sum(items)::BIGINT AS items FROM licence_mix WHERE run = ? GROUP BY ALL "
        "ORDER BY items DESC, licence_class, expression"
    ),
    "languages": (
        "SELECT language, sum(items_staying)::BIGINT AS items, sum(characters_staying)::BIGINT AS characters FROM "
        "(SELECT DISTINCT * EXCLUDE (release) FROM language_mix WHERE run = ?) WHERE items_staying > 0 "
        "GROUP BY language ORDER BY characters DESC, language"
    ),
    "personal_data": (
        "SELECT kind, spans, items, masked, pseudonymised, as_found, away FROM personal_data_mix WHERE run = ? "
        "ORDER BY spans DESC, kind"
    ),
    "left": "SELECT * FROM personal_data_left WHERE run = ?",
    "identities": (
        "SELECT * FROM identity_rate WHERE run = ? AND (filter IS NULL OR flag IS NOT NULL) "
        "ORDER BY filter NULLS FIRST, identity_group NULLS FIRST"
    ),
    "alike": "SELECT * FROM near_duplicate_search WHERE run = ?",
    "same_texts": "SELECT * FROM near_text_search WHERE run = ?",
    "same_meanings": "SELECT * FROM near_meaning_search WHERE run = ?",
    "repeated_lines": "SELECT * FROM repeated_line_search WHERE run = ?",
    "subset": "SELECT * FROM subset WHERE run = ?",
    "size_curve": "SELECT * FROM size_curve WHERE run = ? ORDER BY share",
    "subset_mix": "SELECT * FROM subset_mix WHERE run = ? ORDER BY grouped_by, chosen_size DESC, named",
    "filters": "SELECT * FROM filter_used WHERE run = ? AND digest <> '' ORDER BY place",
    "limits": "SELECT * FROM limit_used WHERE run = ? ORDER BY ALL",
    "releases": "SELECT * FROM release WHERE run = ? ORDER BY name, version",
    "files": ("SELECT f.* FROM release_file AS f INNER JOIN release AS r USING (release) WHERE r.run = ? ORDER BY ALL"),
    "obligations": (
        "SELECT o.* FROM obligation AS o INNER JOIN release AS r USING (release) WHERE r.run = ? ORDER BY ALL"
    ),
    "origins": (
        "SELECT o.* FROM release_origin AS o INNER JOIN release AS r USING (release) WHERE r.run = ? "
        "ORDER BY release, steps, origin, corpus"
    ),
    "splits": (
        "SELECT s.* FROM release_split AS s INNER JOIN release AS r USING (release) WHERE r.run = ? "
        "ORDER BY release, share DESC, split"
    ),
    "mix": (
        "SELECT m.* FROM release_mix AS m INNER JOIN release AS r USING (release) WHERE r.run = ? "
        "ORDER BY release, grouped_by, bytes DESC, bytes_before DESC, named"
    ),
    "tokens": "SELECT * FROM release_tokens WHERE run = ? ORDER BY release",
    "energy": "SELECT * FROM energy WHERE run = ? ORDER BY kwh_mid DESC, stage, filter",
    "energy_rate": "SELECT * FROM energy_rate WHERE run = ?",
    "failed_shards": "SELECT * FROM shard WHERE run = ? AND status <> 'committed' ORDER BY corpus, shard LIMIT 100",
}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run as the catalog tells it; each list holds rows of a view."""

    run: Row
    verdicts: list[Row]
    funnel: list[Row]
    held: list[Row]
    licences: list[Row]
    languages: list[Row]
    """Of the texts that stay; empty if no filter told them."""
    personal_data: list[Row]
    left: list[Row]
    """What a model found in a sample; at most one row."""
    identities: list[Row]
    """How texts with words of identity fare: of all filters together, and where one of them stands out."""
    alike: list[Row]
    """How near-duplicates of pictures were searched for; at most one row."""
    same_texts: list[Row]
    """How near-duplicates of texts were; at most one row."""
    same_meanings: list[Row]
    """How texts that say nearly the same were; at most one row."""
    repeated_lines: list[Row]
    """How lines that stand in many texts were; at most one row."""
    subset: list[Row]
    """What was chosen of all that may stay; at most one row."""
    size_curve: list[Row]
    """By which its size was found, from the smallest; empty where it was given."""
    subset_mix: list[Row]
    """Before and after, by group."""
    filters: list[Row]
    limits: list[Row]
    releases: list[Row]
    files: list[Row]
    obligations: list[Row]
    origins: list[Row]
    """What each release was made of, where that is a sealed one."""
    splits: list[Row]
    """Of each release that has any."""
    mix: list[Row]
    """Of each release: what it is made of, and what it was chosen from."""
    tokens: list[Row]
    """Of each release, where they were counted."""
    energy: list[Row]
    """What each stage took; empty where that is not on record."""
    energy_rate: list[Row]
    """At most one row."""
    failed_shards: list[Row]

    def of(self, verdict: str) -> int:
        """How many items have this verdict."""
        return sum(row["items"] for row in self.verdicts if row["verdict"] == verdict)

    def held_as(self, verdict: str) -> list[Row]:
        """The reasons of this verdict, hold or drop."""
        return [row for row in self.held if row["verdict"] == verdict]

    def files_of(self, release: str) -> list[str]:
        """The paths of a release's files."""
        return [row["path"] for row in self.files if row["release"] == release]

    @property
    def pictures_stay(self) -> bool:
        return any(row["kind"] == "image" and row["verdict"] in {"keep", "redact"} for row in self.verdicts)


def run_facts(catalog: Path, run: str) -> RunFacts:
    """Reads a run.

    Raises:
        ConfigError: the catalog knows no such run.
    """
    connection = connect_read(catalog)
    try:
        found = _rows(connection, "SELECT * FROM run WHERE run = ?", run)
        if not found:
            known = [row["run"] for row in _rows(connection, "SELECT run FROM run")]
            raise ConfigError.unknown("run", run, known)
        return RunFacts(found[0], **{name: _rows(connection, sql, run) for name, sql in _RUN.items()})
    finally:
        connection.close()


def newest_run(catalog: Path) -> str:
    """The id of the run that was started last.

    Raises:
        ConfigError: the catalog holds no run.
    """
    connection = connect_read(catalog)
    try:
        found = _rows(connection, "SELECT run FROM run ORDER BY started_at DESC, run LIMIT 1")
    finally:
        connection.close()
    if not found:
        raise ConfigError("The catalog holds no run yet. `tamis curate` makes one.")
    return str(found[0]["run"])


def _rows(connection: Any, sql: str, *bound: str) -> list[Row]:
    answer = connection.execute(sql, list(bound))
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
