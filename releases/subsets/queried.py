"""Examples that a target asks the catalog for: its query names items, and their texts as a run kept them are read.

A recipe asks once. Which items its first run was given, and where their texts stand, lies in the log beside what else
was asked of that run; a later start takes these, for by then the catalog has gone on, with that very run in it.

An item has the text that the newest run kept which let it stay: read, labelled and masked as it was last.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from catalog.log import TARGET, Log
from catalog.publish import current, is_published
from catalog.query import QueryError, query
from catalog.read import connect_read
from catalog.suppression import Suppressions
from catalog.whereabouts import WHEREABOUTS, whereabouts
from releases.subsets.section import Target
from releases.subsets.withheld import ITEM, Withheld
from tamis.errors import ConfigError

MOST: Final = 100_000
"""Items that a query may give."""

_SECONDS: Final = 60.0
"""After which a query is ended."""

_ID: Final = re.compile(r"[0-9a-f]{32}")

Told = tuple[str | None, str | None]
"""A text and its label."""


@dataclass(frozen=True, slots=True)
class Record:
    """What queries are asked of."""

    catalogs: Path
    """The folder of published catalogs."""
    log: Log
    recipe: str
    """The digest of the recipe that asks."""
    suppressions: Suppressions
    """As they stand now."""

    @property
    def withheld(self) -> Withheld:
        return Withheld(self.log, self.suppressions)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the queries of a target gave."""

    places: pl.DataFrame = field(repr=False)
    """Schema TARGET: all of them, suppressed ones as well, so that what is lifted from the list is there again."""
    withheld: pl.DataFrame = field(repr=False)
    """item_hi, item_lo: those that hold a suppressed value, whose texts are not read."""
    by: str | None
    """The run of this recipe that asked; null where it was asked just now."""

    @property
    def items(self) -> int:
        """How many different ones there are whose texts are examples."""
        return self.places.select(ITEM).n_unique() - self.withheld.height

    def as_parquet(self) -> bytes:
        """As it lies in the log."""
        with io.BytesIO() as written:
            self.places.write_parquet(written)
            return written.getvalue()


def asked(target: Target, record: Record) -> Asked:
    """Asks the queries of a target, or takes what the first run of this recipe was given.

    Raises:
        ConfigError: there is no catalog yet; a query is wrong, has another column, gives too many items or none, or
            some that are no texts that any run kept.
        CatalogError: the record is damaged.
    """
    places, by = _on_record(record) or (_asked_now(target, record), None)
    return Asked(places, record.withheld.among(places), by)


def texts_of(given: Asked, record: Record) -> dict[str, list[Told]]:
    """Texts and labels of the items, by the key of the target; of those that hold a suppressed value none.

    Raises:
        ConfigError: some are no longer on record, or cannot be held against the suppression list.
    """
    found: dict[str, list[Told]] = {}
    left = given.places.join(given.withheld, on=ITEM, how="anti", maintain_order="left")
    withheld = record.withheld
    for (run, shard), rows in left.group_by("run", "shard", maintain_order=True):
        number = int(str(shard))
        kept = record.log.segment_folder(str(run), number) / "kept.parquet"
        if kept.exists() and withheld.can_tell(str(run), number):
            for key, text, label in _texts(kept, rows).iter_rows():
                found.setdefault(key, []).append((text, label))
    read = sum(len(texts) for texts in found.values())
    if read < left.height:
        raise ConfigError(
            f"subset.target: of {left.height:,} items that its query gave to run {given.by}, the texts of "
            f"{left.height - read:,} are on record no longer, or in runs that cannot be held against the suppression "
            "list. Raise `release.version`, so that it is asked again."
        )
    return found


def _on_record(record: Record) -> tuple[pl.DataFrame, str] | None:
    """What the first run of this recipe was given, and its id; null where none asked yet."""
    for run in record.log.runs():
        facts = record.log.read_run(run)
        if facts["recipe"]["digest"] == record.recipe and facts.get("target"):
            return record.log.read_target(run), run
    return None


def _asked_now(target: Target, record: Record) -> pl.DataFrame:
    catalog = _catalog(record)
    answers = [_answer(catalog, sql, key=key) for key, sql in target.queries.items()]
    given = pl.concat(answers)
    with connect_read(catalog) as connection:
        known = whereabouts(connection, given.select(ITEM).unique())
    kept, unchecked = _kept(record, known)
    problems = [
        problem
        for key, answer in zip(target.queries, answers, strict=True)
        if (problem := _problem(key, answer, known=known, kept=kept, unchecked=unchecked))
    ]
    if problems:
        raise ConfigError(*problems)
    places = given.join(kept, on=ITEM, how="inner", validate="m:1")
    return places.select(TARGET.names()).cast(TARGET).sort(["run", "shard", "position", "asked"])


def _catalog(record: Record) -> Path:
    if not is_published(record.catalogs):
        raise ConfigError(
            "subset.target: its query asks the catalog, and there is none yet. Make a run first over the texts that it "
            "is to find, by a recipe without it; or, if there was one, `tamis catalog build`."
        )
    return current(record.catalogs).path


def _answer(catalog: Path, sql: str, *, key: str) -> pl.DataFrame:
    """asked, item_hi, item_lo: the different items that a query gives."""
    where = f"subset.target.{key}"
    try:
        answer = query(catalog, sql, seconds=_SECONDS, rows=MOST)
    except QueryError as error:
        raise ConfigError(f"{where}: {_told(error)}") from None
    if answer.columns != ("item",):
        given = "one of another name" if len(answer.columns) == 1 else f"{len(answer.columns):,}"
        raise ConfigError(f"{where}: expected one column, `item`, and it has {given}. Begin it with `SELECT item`.")
    if answer.truncated:
        raise ConfigError(f"{where}: gives more than {MOST:,} items. Have it give fewer, as by `ORDER BY item LIMIT`.")
    ids = [value for (value,) in answer.rows if isinstance(value, str) and _ID.fullmatch(value)]
    if not ids or len(ids) < len(answer.rows):
        what = f"{len(answer.rows) - len(ids):,} of its {len(answer.rows):,} rows are no ids of items" if ids else ""
        raise ConfigError(
            f"{where}: {what or 'gives no item'}. Ids are those of the column `item` of the view `item`, 32 hex digits "
            "each; `tamis sql` shows what it gives."
        )
    halves = {"item_hi": [int(each[:16], 16) for each in ids], "item_lo": [int(each[16:], 16) for each in ids]}
    items = pl.DataFrame(halves, schema=dict.fromkeys(ITEM, pl.UInt64)).unique(maintain_order=True)
    return items.select(pl.lit(key).alias("asked"), *ITEM)


_BEFORE_READING: Final = ("Parser Error", "Binder Error", "Catalog Error", "Not implemented Error")
"""How DuckDB begins what it says of the SQL alone."""


def _told(error: QueryError) -> str:
    """Why a query was not answered, on one line; without what DuckDB quotes of the catalog's values or the query."""
    said = str(error)
    kind, colon, _ = said.partition(": ")
    if colon and kind.endswith(" Error") and kind not in _BEFORE_READING:
        return f"{kind}. `tamis sql` shows the whole message."
    lines = said.splitlines()
    shown = next((lines[:place] for place, line in enumerate(lines) if place and line.startswith("LINE ")), lines)
    return " ".join(line.strip() for line in shown)


def _kept(record: Record, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where texts stand, and those that stand only where the suppression list cannot be applied.

    Args:
        record: with the log.
        known: schema WHEREABOUTS.

    Returns:
        Schema WHEREABOUTS, each item once; and item_hi, item_lo.
    """
    left, withheld = known.filter(pl.col("kind") == "text"), record.withheld
    kept, unchecked = [WHEREABOUTS.to_frame()], [left.select(ITEM).clear()]
    for run in reversed(record.log.runs()):
        here = left.filter(pl.col("run") == run)
        for (shard,), rows in here.group_by("shard", maintain_order=True):
            number = int(str(shard))
            stay = rows.filter(pl.col("position").is_in(_positions(record.log, run, number).implode()))
            if stay.height and withheld.can_tell(run, number):
                kept.append(stay)
            else:
                unchecked.append(stay.select(ITEM))
        left = left.join(pl.concat(kept), on=ITEM, how="anti", maintain_order="left")
    together = pl.concat(kept)
    return together, pl.concat(unchecked).unique().join(together, on=ITEM, how="anti")


def _positions(log: Log, run: str, number: int) -> pl.Series:
    """Of the items of a segment that stay after its filters."""
    path = log.segment_folder(run, number) / "kept.parquet"
    if not path.exists():
        return pl.Series("position", [], dtype=pl.UInt64)
    return pl.read_parquet(path, columns=["position"], glob=False)["position"]


def _problem(
    key: str, answer: pl.DataFrame, *, known: pl.DataFrame, kept: pl.DataFrame, unchecked: pl.DataFrame
) -> str:
    """What is wrong with the items that a query gave; empty if nothing is."""
    counts = {
        "not in the catalog": answer.height - _both(answer, known),
        "pictures": _both(answer, known.filter(pl.col("kind") != "text")),
        "stayed only in runs that cannot be held against the suppression list": _both(answer, unchecked),
    }
    counts["texts that no run let stay"] = answer.height - _both(answer, kept) - sum(counts.values())
    said = [f"{what}: {count:,}" for what, count in counts.items() if count]
    if not said:
        return ""
    return (
        f"subset.target.{key}: not all of the {answer.height:,} items that it gives are texts that stayed ("
        f"{', '.join(said)}). Have it give no others, as by `WHERE kind = 'text' AND verdict IN ('keep', 'redact')`."
    )


def _both(one: pl.DataFrame, other: pl.DataFrame) -> int:
    return one.join(other, on=ITEM, how="semi").height


def _texts(kept: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """asked, text, label of items of one segment, without those that are not there."""
    read = (
        pl.scan_parquet(kept, glob=False)
        .filter(pl.col("position").is_in(rows["position"].unique().implode()))
        .select(*ITEM, "position", "text", "label")
        .collect(engine="streaming")
    )
    found = rows.join(read, on=[*ITEM, "position"], how="inner", validate="m:1", maintain_order="left")
    return found.select("asked", "text", "label")
