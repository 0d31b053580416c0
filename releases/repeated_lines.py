"""Texts that are for the most part what many other texts have too: menus, footers, notices, forms.

A line or paragraph that stands in more documents than the limit is repeated (`filters/text/line_digests.py`,
`releases/line_counts.py`). Held against a policy is the share of a text's characters, those of its words, in lines and
in paragraphs that are. A document counts once, however often it has the line.

Only texts that would stay are counted, after duplicates and near-duplicates are out, else every line of a text that was
copied would be repeated. All are decided at once: what is dropped here still counts for others. The same for any number
of workers and any batch size.

Texts of earlier releases that the policy names count with those of the run, each once; they are not decided on.

Unknown is never allow: a text whose digests are not all on record is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from catalog.log import Log
from releases.corpus_decisions import PLACE, SCHEMA, corpus_decisions
from releases.duplicates import texts_that_are_compared
from releases.earlier import Hashed, check_earlier, run_of, shards_of
from releases.policy import Policy, RepeatedLines
from releases.put_first import read_items
from tamis.errors import CatalogError, ConfigError
from tamis.records import OUTCOME, Columns

STEP = FILTER = "repeated_lines"

REASON = "lines_repeated"

UNKNOWN = "score_missing"

HASHED = Hashed("text", FILTER, "lines", "repeated_lines.against", ("least_words",))

_ID = ("item_hi", "item_lo")

_ITEMS: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "record": pl.UInt64,
    "kind": pl.String,
    "verdict": OUTCOME,
    "characters": pl.Float64,
    "lines": pl.Float64,
    "paragraphs": pl.Float64,
}
ITEMS = pl.Schema(_ITEMS)
"""What is asked of each text."""

COMPARED_BY: Mapping[str, Sequence[str]] = {FILTER: ("characters", "lines", "paragraphs")}
"""The measures among it, by filter."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was counted, for the reader of a report."""

    documents: int
    """What stands in more than these is repeated."""
    least_words: int
    """Of what was counted."""
    texts: int
    """That were compared."""
    pieces: int
    """Lines and paragraphs of them, of each text those that differ."""
    repeated: int
    """Different ones that are repeated."""
    touched: int
    """Texts that have any of these."""
    decided: int
    """Texts that have too much of them."""
    unknown: int
    """Texts whose digests are not all on record."""
    earlier: int
    """Texts of earlier releases that counted as well."""

    @property
    def facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """What becomes of texts, schema SCHEMA, and how that came about."""

    decisions: pl.DataFrame
    search: Search


@dataclass(frozen=True, slots=True)
class Earlier:
    """Texts of earlier releases, and where their digests lie."""

    placed: tuple[tuple[Path, pl.DataFrame], ...] = ()
    """Folders of segments, and the positions in each."""

    @property
    def texts(self) -> int:
        return sum(rows.height for _, rows in self.placed)

    @property
    def expected(self) -> int:
        """How many digests they have, more or less."""
        counted = (
            pl.read_parquet(
                folder / f"findings-{FILTER}.parquet", columns=["position", "lines", "paragraphs"], glob=False
            ).join(rows, on="position", how="semi")
            for folder, rows in self.placed
        )
        return sum(int(each.select(pl.sum_horizontal("lines", "paragraphs").sum()).item() or 0) for each in counted)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Their digests, shard by shard."""
        for folder, rows in self.placed:
            found = pl.read_parquet(folder / "lines.parquet", glob=False).filter(pl.col("filter") == FILTER)
            yield found.join(rows, on="position", how="semi")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the digests of a run's texts lie: they are read when they are wanted, shard by shard."""

    log: Log
    run: str
    against: tuple[str, ...] = ()
    """Releases whose texts count as well."""

    def earlier(self, owned: pl.DataFrame, compared: pl.Expr) -> Earlier:
        """The texts of these releases, each once, without those of the run that are counted themselves.

        Args:
            owned: item_hi, item_lo of these.
            compared: which texts are counted, by `record`.
        """
        seen, placed = owned.select(_ID), []
        for release in self.against:
            for folder, rows in shards_of(self.log, release, "text"):
                records = pl.read_parquet(folder / "items.parquet", columns=["position", "record"], glob=False)
                joined = rows.join(records, on="position", how="left", validate="1:1", maintain_order="left")
                new = joined.filter(compared).join(seen, on=_ID, how="anti")
                placed.append((folder, new.select("position")))
                seen = pl.concat([seen, new.select(_ID)])
        return Earlier(tuple(placed))

    @property
    def least_words(self) -> int:
        """That of the filter in this run."""
        filters = {each["name"]: each for each in self.log.read_run(self.run)["filters"]}
        return int(filters[FILTER]["parameters"]["least_words"])

    def of(self, owned: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Owner and digests of the texts of `owned` (shard, position, owner)."""
        for (number,), rows in sorted(owned.select(*PLACE, "owner").partition_by("shard", as_dict=True).items()):
            found = pl.read_parquet(self.log.segment_folder(self.run, int(number)) / "lines.parquet", glob=False)
            of_filter = found.filter(pl.col("filter") == FILTER).drop("filter")
            yield of_filter.join(rows, on="position", how="inner", validate="1:1").drop("shard", "position")


def recorded_for(log: Log, run: str, policy: Policy) -> Recorded:
    """Where the digests of a run's texts lie, and those of the earlier releases that the policy names.

    Raises:
        ConfigError: see `check_earlier` and `expect_same_key`.
    """
    against = policy.repeated_lines.against if policy.repeated_lines else []
    check_earlier(log, against, HASHED)
    for named in against:
        expect_same_key(log, named, key=log.read_run(run).get("content_key", ""))
    return Recorded(log, run, tuple(against))


def expect_same_key(log: Log, release: str, *, key: str) -> None:
    """Whether the digests of an earlier release can be compared with those of a run.

    Args:
        log: that has both.
        release: `name@version`, which is there.
        key: id of the key under which those of the run are.

    Raises:
        ConfigError: they are under another key, or it is not on record under which.
    """
    if not key or _key_of(log, release) != key:
        raise ConfigError(
            f"{HASHED.where}: the lines of {release} are on record under another content key than those of this run, "
            "or it is not said under which. Take it out, or make it anew under a new version."
        )


def _key_of(log: Log, release: str) -> str:
    """The id of the key that the digests of a release are under; empty where nobody says so."""
    try:
        return str(log.read_run(run_of(log, release)).get("content_key", ""))
    except CatalogError:
        return ""


def read_for_repeated_lines(log: Log, run: str) -> pl.DataFrame:
    """The texts of a run's segments: schema ITEMS."""
    return read_items(log, run, "text", COMPARED_BY, ITEMS)


def decide_repeated_lines(
    policy: Policy, items: pl.DataFrame, recorded: Recorded, *, away: pl.DataFrame, scratch: Path
) -> Compared:
    """A decision for every text that would stay although too much of it stands in many others.

    Args:
        policy: its section `repeated_lines` says how much, and what becomes of them.
        items: schema ITEMS.
        recorded: the digests of these.
        away: shard, position of items that another step does not let stay.
        scratch: a folder on a disk with room for 8 bytes a line.
    """
    from releases.line_counts import UNITS, count_lines  # compiles, which takes seconds to begin

    section = policy.repeated_lines or RepeatedLines()
    staying = items.filter(
        (pl.col("kind") == "text")
        & pl.col("verdict").cast(pl.String).is_in(["keep", "redact"])
        & texts_that_are_compared(policy)
    )
    owned = staying.join(away, on=PLACE, how="anti").sort(PLACE).with_row_index("owner")
    measured = owned.select(pl.sum_horizontal(UNITS).fill_nan(0).sum()).item()
    earlier = recorded.earlier(owned, texts_that_are_compared(policy))
    counted = count_lines(
        partial(recorded.of, owned),
        owned.height,
        expected=int(measured) + earlier.expected,
        most=section.documents,
        scratch=scratch,
        earlier=earlier.frames,
    )
    told = owned.with_columns(
        *(pl.Series(f"{unit}_found", counted.found[unit]) for unit in UNITS),
        *(pl.Series(f"{unit}_repeated", counted.repeated[unit]) for unit in UNITS),
    )
    decisions = _decided(section, told)
    search = Search(
        documents=section.documents,
        least_words=recorded.least_words,
        texts=owned.height,
        pieces=counted.digests,
        repeated=counted.many,
        touched=int(np.count_nonzero(sum(counted.repeated[unit] for unit in UNITS))),
        decided=decisions.filter(pl.col("reason") == REASON).height,
        unknown=decisions.filter(pl.col("reason") == UNKNOWN).height,
        earlier=earlier.texts,
    )
    return Compared(decisions, search)


def _decided(section: RepeatedLines, told: pl.DataFrame) -> pl.DataFrame:
    """One decision an item: of what is not known, else of lines, else of paragraphs."""
    known = pl.all_horizontal(
        pl.col("characters").is_finite().fill_null(value=False),
        *((pl.col(unit) == pl.col(f"{unit}_found")).fill_null(value=False) for unit in ("lines", "paragraphs")),
    )
    nobody = {"twin_hi": pl.lit(None, dtype=pl.UInt64), "twin_lo": pl.lit(None, dtype=pl.UInt64)}
    rest = told.with_columns(known=known, **nobody)
    unknown = corpus_decisions(
        rest.filter(~pl.col("known")), filter=FILTER, outcome="hold", reason=pl.lit(UNKNOWN), rule=pl.lit(FILTER)
    )
    rest = rest.filter("known")
    frames = [SCHEMA.to_frame(), unknown]
    for unit, key, measure, limit in section.limits:
        repeated = pl.col(f"{unit}_repeated")
        share = pl.when(repeated > 0).then(repeated / pl.col("characters")).otherwise(0.0)
        shared = rest.with_columns(share=share)
        frames.append(
            corpus_decisions(
                shared.filter(pl.col("share") > limit),
                filter=FILTER,
                outcome=section.on_repeated,
                reason=pl.lit(REASON),
                rule=pl.lit(f"{FILTER}.{key}"),
                measure=pl.lit(measure),
                value=pl.col("share"),
                limit=pl.lit(limit),
            )
        )
        rest = shared.filter(pl.col("share") <= limit)
    return pl.concat(frames).sort(PLACE)
