"""Everything on record about one item, as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

from catalog.read import connect_read
from tamis.errors import ConfigError

_ID = re.compile(r"[0-9a-f]{8,32}")


def explain(catalog: Path, item: str) -> str:
    """What the catalog knows of an item: where it came from, findings, rules met, decisions, releases, in every run.

    Args:
        catalog: a published catalog.
        item: 8 to 32 hex digits of its id.

    Raises:
        ConfigError: no item, or more than one, has an id that starts so.
    """
    start = item.lower()
    if not _ID.fullmatch(start):
        raise ConfigError(f"{item!r} is no item id: 32 hex digits, or the first 8 or more. The view `item` lists them.")
    connection = connect_read(catalog)
    try:
        whole = _whole_id(connection, start)
        runs = _rows(connection, "SELECT * FROM item WHERE item = ? ORDER BY run", whole)
        parts = [_about_run(connection, whole, facts) for facts in runs]
        return "\n\n".join([f"item {whole}", *parts, _releases(connection, whole)])
    finally:
        connection.close()


def _whole_id(connection: duckdb.DuckDBPyConnection, start: str) -> str:
    """Looks by the numeric key, so that nothing is turned to hex that is not shown."""
    low = int(start.ljust(32, "0"), 16)
    high = int(start.ljust(32, "f"), 16)
    found = connection.execute(
        "SELECT DISTINCT hex128(item_hi, item_lo) FROM log.item WHERE item_hi BETWEEN ? AND ? LIMIT 5000",
        [low >> 64, high >> 64],
    ).fetchall()
    ids = sorted(each for (each,) in found if each.startswith(start))
    if not ids:
        raise ConfigError(f"No item of the catalog has an id that starts with {start}.")
    if len(ids) > 1:
        raise ConfigError(
            f"{len(ids)} items have ids that start with {start}: {', '.join(ids[:3])}, … Give more digits."
        )
    return str(ids[0])


def _about_run(connection: duckdb.DuckDBPyConnection, item: str, facts: dict[str, Any]) -> str:
    run = facts["run"]
    place = [
        f"  {name}: {facts[name]}"
        for name in (
            "corpus",
            "shard",
            "position",
            "record",
            "kind",
            "n_bytes",
            "source",
            "version",
            "path",
            "title",
            "label",
            "url",
            "id",
        )
        if facts[name] is not None
    ]
    reason = f": {facts['reason']} ({facts['rule']})" if facts["reason"] else ""
    spans = _of(connection, "span", item, run)
    heads = [f"run {run}", *place, f"  content: {facts['content']}", f"  verdict: {facts['verdict']}{reason}"]
    return "\n".join(
        [
            *heads,
            *_section("of the same record", [_sibling(row) for row in _siblings(connection, item, run)]),
            *_section("decisions", [_decision(row) for row in _of(connection, "decision", item, run)]),
            *_section("limits it was held against", [_limit(row) for row in _limits(connection, item, run)]),
            *_section("rules met", [_rule(row) for row in _of(connection, "rule_fired", item, run)]),
            *_section(
                "where it stands among what may be chosen",
                [_choice(row) for row in _of(connection, "choice", item, run)],
            ),
            *_section("findings", [_finding(row) for row in _of(connection, "finding", item, run)]),
            *_section("evidence of rights", [_evidence(row) for row in _of(connection, "evidence", item, run)]),
            *_section("personal data", [_span(row) for row in spans if row["filter"] == "personal_data"]),
            *_section("other places", [_span(row) for row in spans if row["filter"] != "personal_data"]),
        ]
    )


def _of(connection: duckdb.DuckDBPyConnection, view: str, item: str, run: str) -> list[dict[str, Any]]:
    """`view` is one of six names written in this file."""
    return _rows(connection, f"SELECT * FROM {view} WHERE item = ? AND run = ? ORDER BY ALL", item, run)  # noqa: S608


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, *bound: str) -> list[dict[str, Any]]:
    answer = connection.execute(sql, list(bound))
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"  {title}:", *(f"    {line}" for line in dict.fromkeys(lines))] if lines else []


def _decision(row: dict[str, Any]) -> str:
    why = "" if row["implied"] else f", {row['reason']} by {row['rule']}"
    unseen = "" if row["status"] in {"seen", None} else f" ({row['status']})"
    twin = f", twin {row['twin']}" if row["twin"] else ""
    digest = f" ({row['filter_digest'][:12]})" if row["filter_digest"] else ""
    policy = f"policy {row['policy_digest'][:12]}"
    return f"{row['filter']}/{row['filter_version']}{digest}: {row['outcome']}{unseen}{why}{twin}, {policy}"


def _choice(row: dict[str, Any]) -> str:
    rank = "no rank" if row["rank"] is None else f"rank {row['rank']:,} of {row['of_items']:,}"
    score = "" if row["score"] is None else f", score {row['score']:.6g}"
    return f"{rank}{score}, {'chosen' if row['chosen'] else 'not chosen'}"


def _siblings(connection: duckdb.DuckDBPyConnection, item: str, run: str) -> list[dict[str, Any]]:
    """The other items of its record, by position; the first 50 of them."""
    return _rows(
        connection,
        "SELECT o.item, o.kind, o.verdict, o.reason FROM item AS i "
        "INNER JOIN item AS o ON o.run = i.run AND o.record = i.record AND o.item <> i.item "
        "WHERE i.item = ? AND i.run = ? ORDER BY o.position LIMIT 50",
        item,
        run,
    )


def _sibling(row: dict[str, Any]) -> str:
    why = "" if row["reason"] is None else f", {row['reason']}"
    return f"{row['item']}, {row['kind']}: {row['verdict']}{why}"


def _rule(row: dict[str, Any]) -> str:
    measured = "" if row["measure"] is None else f", {row['measure']} = {_number(row['value'])}"
    against = "" if row["bound"] is None else f" against {_number(row['bound'])}"
    label = "" if row["label"] is None else f", {row['label']}"
    return f"{row['rule']}: {row['outcome']}, {row['reason']}{label}{measured}{against}"


def _limits(connection: duckdb.DuckDBPyConnection, item: str, run: str) -> list[dict[str, Any]]:
    """The limits of the filters that looked at it; what it met with is among the rules met."""
    return _rows(
        connection,
        "SELECT l.* FROM limit_used AS l INNER JOIN decision AS d ON d.run = l.run AND d.filter = l.filter "
        "WHERE d.item = ? AND d.run = ? AND d.status = 'seen' AND l.bound IS NOT NULL ORDER BY l.filter, l.rule",
        item,
        run,
    )


def _limit(row: dict[str, Any]) -> str:
    return f"{row['rule']}: {row['measure']} against {_number(row['bound'])}, else {row['outcome']}"


def _finding(row: dict[str, Any]) -> str:
    if row["status"] != "seen":
        return f"{row['filter']}: {row['status']}"
    said = row["label"] if row["value"] is None else _number(row["value"])
    return f"{row['filter']}: {row['measure']} = {'nothing' if said is None else said}"


def _evidence(row: dict[str, Any]) -> str:
    said = {
        "licence": f"{row['expression'] or 'not understood'}, {row['licence_class']}",
        "reservation": row["reservation"],
        "basis": row["location"],
    }[row["about"]]
    where = "" if row["scope"] == "item" else f", of the {row['scope']}"
    when = "" if row["observed_at"] is None else f", seen {row['observed_at']:%Y-%m-%d}"
    return f"{row['about']}, {row['kind']} (level {row['level']}{where}{when}): {said}"


def _span(row: dict[str, Any]) -> str:
    place = f"{row['kind']} at {row['start_offset']}–{row['end_offset']}"
    how = " (pseudonym)" if row["placeholder"] == "pseudonym" else ""
    return f"{place}, score {_number(row['score'])}: {row['outcome']}{how}"


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"


def _releases(connection: duckdb.DuckDBPyConnection, item: str) -> str:
    rows = _rows(connection, "SELECT release, file, file_row FROM release_item WHERE item = ? ORDER BY ALL", item)
    if not rows:
        return "in no release"
    return "\n".join(["in releases:", *(f"  {row['release']}: {row['file']}, row {row['file_row']}" for row in rows)])
