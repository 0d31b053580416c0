"""Pictures that look like one that stays: of each group one is kept, which lies within the radius of all the others.

Which stays is decided by an order: first the one whose licence asks for most, so that the release states the strictest;
of equal ones that with more pixels, then with less personal data, then the lowest (shard, position). The same for any
number of workers and any batch size. Pictures of earlier releases that the policy names come before all of them.

Near is what lies within a radius by pHash and, unless the policy says otherwise, is confirmed by dHash or PDQ
(`releases/leaders.py`). With every picture more there are more pairs that are near by chance alone, so the radius is
chosen by how many there are.

A picture whose PDQ quality is below 50 is compared with none: there is so little in it that hashes do not tell it from
others of its sort, such as plain colours, which would all stand for each other.

Known misses: what is cropped by a tenth, mirrored, turned or framed; docs/pictures.md has figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from catalog.log import Log
from filters.pictures.hash_search import WORD, expected_chance_pairs
from filters.pictures.prints import MIN_PDQ_QUALITY
from releases.corpus_decisions import PLACE, corpus_decisions
from releases.earlier import Hashed, check_earlier, shards_of
from releases.laundering import FILTER as LICENCE
from releases.laundering import OF_LICENCE, RESTRICTING
from releases.leaders import Followers, Prints, find_followers
from releases.policy import NearDuplicates, Policy
from releases.put_first import in_order, lacking, read_items
from tamis.records import OUTCOME, PRINTS, Columns

STEP = "near_duplicates"

STRICTER_STEP = "licence_of_near_duplicates"

FILTER = "picture_hashes"

REASON = "near_duplicate"

RULE = "near_duplicates.on_near_duplicate"

HASHED = Hashed("image", FILTER, "prints", "near_duplicates.against")

MAX_RADIUS = 8
"""The widest that `auto` chooses: among 2,278 pairs of different pictures none was nearer than 14 by pHash."""

CHANCE_PAIRS = {True: 1000.0, False: 0.1}
"""So many pairs may be near by pHash by chance alone, by whether a second hash must confirm them.

Of a thousand pairs of unrelated hashes dHash confirms one in some thousand runs.
"""

_ITEMS: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "kind": pl.String,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "verdict": OUTCOME,
    "grant": pl.String,
    "basis": pl.String,
    **dict.fromkeys(RESTRICTING, pl.Float64),
    "width": pl.Float64,
    "height": pl.Float64,
    "hits": pl.Float64,  # of personal data; null where nobody looked
}
ITEMS = pl.Schema(_ITEMS)
"""What is asked of each item."""

COMPARED_BY: Mapping[str, Sequence[str]] = {
    LICENCE: OF_LICENCE,
    FILTER: ("width", "height"),
    "personal_data": ("hits",),
}
"""The measures among it, by filter."""

_PLACED_PRINTS: Columns = {"shard": pl.UInt32, **PRINTS}
PLACED_PRINTS = pl.Schema(_PLACED_PRINTS)

_EARLIER: Columns = {"item_hi": pl.UInt64, "item_lo": pl.UInt64, **_PLACED_PRINTS}
EARLIER = pl.Schema(_EARLIER)
"""Prints of the pictures of earlier releases, in the order in which they are to be named as twins."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, for the reader of a report."""

    radius: int
    """In bits of pHash."""
    second_hash: bool
    """Whether one had to agree."""
    pictures: int
    """That were compared."""
    plain: int
    """That would stay and were compared with none, for there is too little in them."""
    earlier: int
    """Pictures of earlier releases that they were compared with too."""
    expected_chance_pairs: float
    """Pairs that are within the radius by chance alone if hashes are independent, before a second hash is asked."""
    candidates: int
    """Pictures within the radius of one that is put before them."""
    confirmed: int
    """Of these, the near-duplicates."""
    groups: int
    """How many pictures have near-duplicates, those of earlier releases included."""

    @property
    def facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Compared:
    """What becomes of pictures, schema SCHEMA, and how that came about."""

    decisions: pl.DataFrame
    """For every picture that looks like one that is put before it."""
    stricter: pl.DataFrame
    """For those that are put first and whose licence lacks a condition of one of these: neither states all."""
    search: Search


def read_for_near_duplicates(log: Log, run: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pictures of a run's segments, schema ITEMS, and their prints, PLACED_PRINTS."""
    prints = [PLACED_PRINTS.to_frame()]
    for number in sorted(log.commits(run)):
        printed = _prints_in(log.segment_folder(run, number)).with_columns(shard=pl.lit(number, dtype=pl.UInt32))
        prints.append(printed.select(PLACED_PRINTS.names()).cast(PLACED_PRINTS))
    return read_items(log, run, "image", COMPARED_BY, ITEMS), pl.concat(prints)


def read_earlier(log: Log, releases: Sequence[str]) -> pl.DataFrame:
    """The prints of the pictures that sealed releases hold, schema EARLIER, from the runs that sealed them.

    Raises:
        ConfigError: see `check_earlier`.
    """
    check_earlier(log, releases, HASHED)
    found = [EARLIER.to_frame()]
    for folder, rows in (shard for release in releases for shard in shards_of(log, release, HASHED.kind)):
        of_items = rows.join(_prints_in(folder), on="position", how="inner", validate="1:m")
        found.append(of_items.select(EARLIER.names()).cast(EARLIER))
    return pl.concat(found).unique(["item_hi", "item_lo", "algorithm", "view"], keep="first", maintain_order=True)


def _prints_in(folder: Path) -> pl.DataFrame:
    found = pl.read_parquet(folder / "prints.parquet", columns=["filter", *PRINTS], glob=False)
    return found.filter(pl.col("filter") == FILTER)


def decide_near_duplicates(
    policy: Policy, items: pl.DataFrame, prints: pl.DataFrame, *, away: pl.DataFrame, earlier: pl.DataFrame
) -> Compared:
    """A decision for every picture that would stay although one that looks like it stays.

    Args:
        policy: its section `near_duplicates` says what becomes of them; it must have one.
        items: schema ITEMS.
        prints: schema PLACED_PRINTS.
        away: shard, position of items that another step does not let stay.
        earlier: schema EARLIER.
    """
    section = policy.near_duplicates or NearDuplicates()
    sized = items.with_columns(pixels=pl.col("width") * pl.col("height"))
    ordered = in_order(sized, away, kind="image", by={"pixels": "most", "hits": "least"})
    mine = _entries(prints.join(ordered.select(*PLACE, "owner"), on=PLACE, how="inner", validate="m:1"))
    before = earlier.select("item_hi", "item_lo").unique(maintain_order=True).with_row_index("owner")
    theirs = _entries(earlier.join(before, on=["item_hi", "item_lo"], how="inner", validate="m:1"))
    compared, known = len(np.unique(mine.owner)), len(np.unique(theirs.owner))
    radius = _radius(section, compared, known)
    found = find_followers(mine, count=ordered.height, radius=radius, confirm=section.confirm, earlier=theirs)
    followers = _followers(ordered, before, found)
    search = Search(
        radius=radius,
        second_hash=section.confirm,
        pictures=compared,
        plain=_hashed(ordered, prints) - compared,
        earlier=known,
        expected_chance_pairs=_expected(compared, known, radius),
        candidates=int(found.near.sum()),
        confirmed=followers.height,
        groups=followers.select("twin_hi", "twin_lo").n_unique(),
    )
    return Compared(_decided(section, followers, radius), lacking(policy, ordered, followers), search)


def _hashed(ordered: pl.DataFrame, prints: pl.DataFrame) -> int:
    return ordered.join(prints, on=PLACE, how="semi").height


def _entries(prints: pl.DataFrame) -> Prints:
    """One row for each owner and view of which there are all three hashes and enough to be told by them."""

    def of(algorithm: str, *columns: str) -> pl.DataFrame:
        named = {f"{algorithm}_{place}": name for place, name in enumerate(columns)}
        return prints.filter(pl.col("algorithm") == algorithm).select("owner", "view", "quality", **named)

    key = ["owner", "view"]
    rows = (
        of("phash", "bits_0")
        .join(of("dhash", "bits_0").drop("quality"), on=key, how="inner", validate="1:1")
        .join(
            of("pdq", *(f"bits_{word}" for word in range(4)))
            .filter(pl.col("quality") >= MIN_PDQ_QUALITY)
            .drop("quality"),
            on=key,
            how="inner",
            validate="1:1",
        )
        .sort(key)
    )
    return Prints(
        owner=rows["owner"].cast(pl.Int64).to_numpy(),
        phash=rows["phash_0"].to_numpy(),
        dhash=rows["dhash_0"].to_numpy(),
        pdq=rows.select(f"pdq_{word}" for word in range(4)).to_numpy(order="c"),
    )


def _expected(pictures: int, earlier: int, radius: int) -> float:
    within = float(sum(comb(WORD, distance) for distance in range(radius + 1)) / 2**WORD)
    return expected_chance_pairs(pictures, radius) + pictures * earlier * within


def _radius(section: NearDuplicates, pictures: int, earlier: int) -> int:
    """That of the policy; `auto`: the widest at which chance alone gives no more pairs than CHANCE_PAIRS."""
    if section.radius != "auto":
        return section.radius
    enough = CHANCE_PAIRS[section.confirm]
    return max((r for r in range(MAX_RADIUS + 1) if _expected(pictures, earlier, r) <= enough), default=0)


def _followers(ordered: pl.DataFrame, before: pl.DataFrame, found: Followers) -> pl.DataFrame:
    """The pictures that follow another: `leader` is its place in the order, -1 an earlier one."""
    told = ordered.with_columns(
        leader=pl.Series(found.leader),
        earlier=pl.Series(found.earlier),
        distance=pl.Series(found.distance),
    )
    old = before.select(pl.col("owner").cast(pl.Int64).alias("earlier"), twin_hi="item_hi", twin_lo="item_lo")
    new = ordered.select(pl.col("owner").cast(pl.Int64).alias("leader"), twin_hi="item_hi", twin_lo="item_lo")
    of_old = told.filter(pl.col("earlier") >= 0).join(old, on="earlier", how="left", validate="m:1")
    of_new = told.filter((pl.col("earlier") < 0) & (pl.col("leader") >= 0))
    both = pl.concat([of_old, of_new.join(new, on="leader", how="left", validate="m:1")])
    return both.with_columns(similarity=1 - pl.col("distance") / WORD)


def _decided(section: NearDuplicates, followers: pl.DataFrame, radius: int) -> pl.DataFrame:
    return corpus_decisions(
        followers,
        filter=FILTER,
        outcome=section.on_near_duplicate,
        reason=pl.lit(REASON),
        rule=pl.lit(RULE),
        measure=pl.lit("distance"),
        value=pl.col("distance"),
        limit=pl.lit(float(radius)),
        similarity=pl.col("similarity"),
    )
