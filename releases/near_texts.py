"""Texts that are nearly the same as one that stays: of each group one is kept, which all others are that similar to.

Similar is told by the share of equal minima that two texts have, which estimates how many of their runs of words they
have in common (`filters/text/minhash.py`, `releases/text_leaders.py`).

Which stays is decided by an order: first the one whose licence asks for most, so that the release states the strictest;
of equal ones that whose licence is established best, then that with less personal data, where it was looked for, then
the longer, then the lowest (shard, position). The same for any number of workers and any batch size. Texts of earlier
releases that the policy names come before all of them.

A text without words is compared with none. Under `same_words` nothing is estimated: only texts of the same words in the
same order are nearly the same, by a digest of 128 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import polars as pl

from catalog.log import Log
from releases.corpus_decisions import corpus_decisions
from releases.duplicates import texts_that_are_compared
from releases.earlier import Hashed, check_earlier
from releases.laundering import FILTER as LICENCE
from releases.laundering import OF_LICENCE, RESTRICTING
from releases.on_record import OnRecord
from releases.policy import NearTexts, Policy
from releases.put_first import followers_of, in_order, lacking, read_items
from tamis.records import OUTCOME, Columns

STEP = "near_texts"

STRICTER_STEP = "licence_of_near_texts"

FILTER = "text_minhash"

REASON = "near_duplicate"

RULE = "near_duplicates.texts.on_near_duplicate"

HASHED = Hashed(
    "text", FILTER, "minhashes", "near_duplicates.texts.against", ("shingle", "permutations", "algorithm", "seed")
)

_ROUNDING = 1e-9
"""0.55 of 100 is not 56."""

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
    "words": pl.Float64,
    "hits": pl.Float64,  # of personal data; null where nobody looked
}
ITEMS = pl.Schema(_ITEMS)
"""What is asked of each item."""

OF_WORDS = pl.Schema({"owner": pl.UInt32, "text_hi": pl.UInt64, "text_lo": pl.UInt64})
"""Place in the order, and the digest of all words."""

COMPARED_BY: Mapping[str, Sequence[str]] = {
    LICENCE: (*OF_LICENCE, "level"),
    FILTER: ("words",),
    "personal_data": ("hits",),
}
"""The measures among it, by filter."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, for the reader of a report."""

    min_similarity: float
    shingle: int
    """Words in each run that is compared; 0 where all words of a text are."""
    minima: int
    """Of each text; 0 where nothing was estimated."""
    bands: int
    rows_in_band: int
    found_at_limit: float
    """The chance that two texts that are exactly as similar as the limit are compared at all."""
    texts: int
    """That were compared."""
    wordless: int
    """That would stay and were compared with none."""
    earlier: int
    """Texts of earlier releases that they were compared with too."""
    candidates: int
    """Texts that share a band with one that is put before them."""
    confirmed: int
    """Of these, the near-duplicates."""
    groups: int
    """How many texts have near-duplicates, those of earlier releases included."""
    largest: int
    """How many near-duplicates the text has that has most."""
    crowded: int
    """Texts that were not compared with all that share a band with them, for these are too many."""

    @property
    def facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """What becomes of texts, schema SCHEMA, and how that came about."""

    decisions: pl.DataFrame
    """For every text that is nearly the same as one that is put before it."""
    stricter: pl.DataFrame
    """For those that are put first and whose licence lacks a condition of one of these: neither states all."""
    search: Search


def read_for_near_texts(log: Log, run: str) -> pl.DataFrame:
    """The texts of a run's segments: schema ITEMS."""
    return read_items(log, run, "text", COMPARED_BY, ITEMS)


def signatures_for(log: Log, run: str, policy: Policy) -> OnRecord:
    """What the texts of a run are compared by, and those of the earlier releases that the policy names.

    Raises:
        ConfigError: see `check_earlier`.
    """
    against = _section(policy).against
    check_earlier(log, against, HASHED)
    return OnRecord(log, run, tuple(against), HASHED)


def decide_near_texts(
    policy: Policy, items: pl.DataFrame, signatures: OnRecord, *, away: pl.DataFrame, scratch: Path
) -> Compared:
    """A decision for every text that would stay although one that is nearly the same stays.

    Args:
        policy: its section `near_duplicates.texts` says what becomes of them.
        items: schema ITEMS.
        signatures: the minima of these.
        away: shard, position of items that another step does not let stay.
        scratch: a folder on a disk with room for the minima of all texts, 560 bytes each.
    """
    from releases.text_leaders import Bands, Minima, find_followers  # compiles, which takes seconds to begin

    section = _section(policy)
    judged = items.filter(texts_that_are_compared(policy))
    ordered = in_order(judged, away, kind="text", by={"level": "most", "hits": "least", "words": "most"})
    if section.same_words:
        return _of_the_same_words(policy, ordered, signatures)
    parameters = signatures.parameters
    width = int(parameters["permutations"])
    bands = Bands.of(section.min_similarity, width)
    before = signatures.earlier()
    minima = Minima.gathered(
        signatures.one_after_the_other(before, ordered),
        before.height + ordered.height,
        bands=bands,
        width=width,
        scratch=scratch,
    )
    found = find_followers(minima, before=before.height, enough=ceil(section.min_similarity * width - _ROUNDING))
    followers = followers_of(before, ordered, leader=found.leader, similarity=found.equal / width)
    compared = int(minima.present[before.height :].sum())
    search = Search(
        min_similarity=section.min_similarity,
        shingle=int(parameters["shingle"]),
        minima=width,
        bands=bands.count,
        rows_in_band=bands.rows,
        found_at_limit=bands.found_at(section.min_similarity),
        texts=compared,
        wordless=ordered.height - compared,
        earlier=int(minima.present[: before.height].sum()),
        candidates=int(found.compared.sum()),
        confirmed=followers.height,
        groups=followers.select("twin_hi", "twin_lo").n_unique(),
        largest=followers.group_by("twin_hi", "twin_lo").len()["len"].max() or 0,  # type: ignore[arg-type] # a count
        crowded=int(found.crowded.sum()),
    )
    return Compared(_decided(section, followers), lacking(policy, ordered, followers), search)


def _of_the_same_words(policy: Policy, ordered: pl.DataFrame, signatures: OnRecord) -> Compared:
    """Of those with one digest the first in the order stays."""
    section = _section(policy)
    told = pl.concat([OF_WORDS.to_frame(), *_words(signatures, ordered)])
    first = told.with_columns(leader=pl.col("owner").min().over("text_hi", "text_lo").cast(pl.Int64))
    after = first.filter(pl.col("leader") < pl.col("owner")).sort("owner")
    twins = ordered.select(leader=pl.col("owner").cast(pl.Int64), twin_hi="item_hi", twin_lo="item_lo")
    followers = (
        ordered.join(after.select("owner", "leader"), on="owner", how="inner", validate="1:1", maintain_order="left")
        .join(twins, on="leader", how="left", validate="m:1", maintain_order="left")
        .with_columns(similarity=pl.lit(1.0))
    )
    sizes = followers.group_by("leader").len()["len"]
    search = Search(
        min_similarity=1.0,
        shingle=0,
        minima=0,
        bands=0,
        rows_in_band=0,
        found_at_limit=1.0,
        texts=told.height,
        wordless=ordered.height - told.height,
        earlier=0,
        candidates=followers.height,
        confirmed=followers.height,
        groups=len(sizes),
        largest=sizes.max() or 0,  # type: ignore[arg-type] # a count
        crowded=0,
    )
    return Compared(_decided(section, followers), lacking(policy, ordered, followers), search)


def _section(policy: Policy) -> NearTexts:
    section = policy.near_duplicates.texts if policy.near_duplicates else None
    return section or NearTexts()


def _words(signatures: OnRecord, ordered: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Owner and digest of all words of the run's texts: schema OF_WORDS."""
    return (rows.select(OF_WORDS.names()).cast(OF_WORDS) for rows in signatures.of_run(ordered))


def _decided(section: NearTexts, followers: pl.DataFrame) -> pl.DataFrame:
    return corpus_decisions(
        followers,
        filter=FILTER,
        outcome=section.on_near_duplicate,
        reason=pl.lit(REASON),
        rule=pl.lit(RULE),
        measure=pl.lit("similarity"),
        value=pl.col("similarity"),
        limit=pl.lit(section.limit),
        similarity=pl.col("similarity"),
    )
