"""Texts that say nearly the same as one that stays, by vectors: of each group one is kept, to which all are similar.

Similar is told by the cosine of the two texts' vectors (`filters/text_embedding.py`), exactly and for every pair
(`releases/meaning_leaders.py`). Which stays is decided by the same order as among texts that have nearly the same words
(`releases/near_texts.py`): licence, how well it is established, personal data, length, place.

A text without a vector is compared with none, nor is one of which the model saw too little: two books with one
beginning are not the same. All pairs cost the square of how many there are; so of more texts than `most` the run stops
and says what they would cost, with all that was measured on record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from catalog.log import Log
from releases.corpus_decisions import corpus_decisions
from releases.duplicates import texts_that_are_compared
from releases.earlier import Hashed, check_earlier
from releases.laundering import FILTER as LICENCE
from releases.laundering import OF_LICENCE, RESTRICTING
from releases.meaning_leaders import Vectors, find_followers
from releases.on_record import OnRecord
from releases.policy import NearMeanings, Policy
from releases.put_first import followers_of, in_order, lacking, read_items
from tamis.errors import ConfigError
from tamis.records import OUTCOME, Columns

STEP = "near_meanings"

STRICTER_STEP = "licence_of_near_meanings"

FILTER = "text_embedding"

REASON = "near_duplicate"

RULE = "near_duplicates.meanings.on_near_duplicate"

HASHED = Hashed(
    "text",
    FILTER,
    "embeddings",
    "near_duplicates.meanings.against",
    ("model", "dimensions", "pooling", "window", "overlap", "max_windows"),
)

PRODUCTS_A_SECOND = 20e9
"""Of two numbers, on one core: docs/benchmarks.md has what was measured."""

_ITEMS: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "record": pl.UInt64,
    "kind": pl.String,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "verdict": OUTCOME,
    "grant": pl.String,
    "basis": pl.String,
    "level": pl.Float64,
    **dict.fromkeys(RESTRICTING, pl.Float64),
    "tokens": pl.Float64,
    "covered": pl.Float64,
    "hits": pl.Float64,  # of personal data; null where nobody looked
}
ITEMS = pl.Schema(_ITEMS)
"""What is asked of each item."""

COMPARED_BY: Mapping[str, Sequence[str]] = {
    LICENCE: (*OF_LICENCE, "level"),
    FILTER: ("tokens", "covered"),
    "personal_data": ("hits",),
}
"""The measures among it, by filter."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, for the reader of a report."""

    min_similarity: float
    dimensions: int
    """Of a vector."""
    texts: int
    """That were compared."""
    without_vector: int
    """That would stay and were compared with none, for they have no vector."""
    barely_seen: int
    """The same, for the model saw too little of them."""
    earlier: int
    """Texts of earlier releases that they were compared with too."""
    confirmed: int
    """The near-duplicates."""
    groups: int
    """How many texts have near-duplicates, those of earlier releases included."""
    largest: int
    """How many near-duplicates the text has that has most."""

    @property
    def facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """What becomes of texts, schema SCHEMA, and how that came about."""

    decisions: pl.DataFrame
    """For every text that says nearly the same as one that is put before it."""
    stricter: pl.DataFrame
    """For those that are put first and whose licence lacks a condition of one of these: neither states all."""
    search: Search


def read_for_near_meanings(log: Log, run: str) -> pl.DataFrame:
    """The texts of a run's segments: schema ITEMS."""
    return read_items(log, run, "text", COMPARED_BY, ITEMS)


def vectors_for(log: Log, run: str, policy: Policy) -> OnRecord:
    """What the texts of a run are compared by, and those of the earlier releases that the policy names.

    Raises:
        ConfigError: see `check_earlier`.
    """
    section = _section(policy)
    check_earlier(log, section.against, HASHED)
    return OnRecord(log, run, tuple(section.against), HASHED, least=("covered", section.min_covered))


def decide_near_meanings(
    policy: Policy, items: pl.DataFrame, recorded: OnRecord, *, away: pl.DataFrame, scratch: Path
) -> Compared:
    """A decision for every text that would stay although one that says nearly the same stays.

    Args:
        policy: its section `near_duplicates.meanings` says what becomes of them.
        items: schema ITEMS.
        recorded: the vectors of these.
        away: shard, position of items that another step does not let stay.
        scratch: a folder on a disk with room for the vectors of all texts, 2 bytes a number.

    Raises:
        ConfigError: there are more texts than the policy has compared.
    """
    section = _section(policy)
    judged = items.filter(texts_that_are_compared(policy))
    ordered = in_order(judged, away, kind="text", by={"level": "most", "hits": "least", "tokens": "most"})
    seen = ordered.filter(pl.col("covered").fill_nan(None) >= section.min_covered)
    before = recorded.earlier()
    dimensions = int(recorded.parameters["dimensions"])
    _expect_affordable(section, before.height + seen.height, dimensions)
    vectors = Vectors.gathered(
        recorded.one_after_the_other(before, seen),
        before.height + ordered.height,
        dimensions=dimensions,
        scratch=scratch,
    )
    found = find_followers(vectors, before=before.height, at_least=section.min_similarity)
    followers = followers_of(before, ordered, leader=found.leader, similarity=found.cosine)
    compared = int(vectors.present[before.height :].sum())
    search = Search(
        min_similarity=section.min_similarity,
        dimensions=dimensions,
        texts=compared,
        without_vector=seen.height - compared,
        barely_seen=ordered.height - seen.height,
        earlier=int(vectors.present[: before.height].sum()),
        confirmed=followers.height,
        groups=followers.select("twin_hi", "twin_lo").n_unique(),
        largest=followers.group_by("twin_hi", "twin_lo").len()["len"].max() or 0,  # type: ignore[arg-type] # a count
    )
    return Compared(_decided(section, followers), lacking(policy, ordered, followers), search)


def _section(policy: Policy) -> NearMeanings:
    section = policy.near_duplicates.meanings if policy.near_duplicates else None
    return section or NearMeanings()


def _expect_affordable(section: NearMeanings, texts: int, dimensions: int) -> None:
    if texts <= section.most:
        return
    hours = max(texts**2 / 2 * dimensions / PRODUCTS_A_SECOND / 3600, 0.1)
    raise ConfigError(
        f"near_duplicates.meanings: {texts:,} texts would be compared with one another, and `most` is "
        f"{section.most:,}. With vectors of {dimensions} numbers that takes up to some {hours:,.1f} hours of one core. "
        "Raise `most` if you want that, or take the section out; what was measured stays on record."
    )


def _decided(section: NearMeanings, followers: pl.DataFrame) -> pl.DataFrame:
    return corpus_decisions(
        followers,
        filter=FILTER,
        outcome=section.on_near_duplicate,
        reason=pl.lit(REASON),
        rule=pl.lit(RULE),
        measure=pl.lit("similarity"),
        value=pl.col("similarity"),
        limit=pl.lit(section.min_similarity),
        similarity=pl.col("similarity"),
    )
