"""Near-duplicates and records together: nothing is dropped for a picture that then falls with its record.

Of pictures that look alike, one may be held since neither licence states all (`releases/near_duplicates.py`). It takes
the rest of its record along, and a picture among these may be the one for which others were dropped. So the search is
made again without what fell, until nothing that fell stands for another.

What is decided on a picture that is held so stays, and so does what is decided on those that look like it: they are
not released by the very rule that found them to contradict each other. Neither they nor what fell is looked at again.
So each turn takes away pictures that stayed, and there is a last one.

Known misses: what was dropped as an exact duplicate of an item that falls here is not brought back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from releases.corpus_decisions import PLACE, SCHEMA
from releases.crossing import after, cross
from releases.near_duplicates import Compared, Search, decide_near_duplicates
from releases.policy import Policy

_TWIN = ("twin_hi", "twin_lo")
_ITEM = ("item_hi", "item_lo")


def near_duplicates_in_records(
    policy: Policy,
    pictures: pl.DataFrame,
    prints: pl.DataFrame,
    *,
    parts: pl.DataFrame,
    decided: Sequence[pl.DataFrame],
    records: pl.DataFrame,
    earlier: pl.DataFrame,
) -> Compared:
    """As `decide_near_duplicates`; of what it decides, nothing names a twin that falls with its record.

    Args:
        policy: must have a section `near_duplicates`.
        pictures: schema releases.near_duplicates.ITEMS, or more.
        prints: schema PLACED_PRINTS.
        parts: schema releases.crossing.OF_RECORDS.
        decided: what the steps before have decided, schema SCHEMA.
        records: what falls by these already, schema SCHEMA.
        earlier: schema EARLIER.
    """
    settled = stricter = SCHEMA.to_frame()
    fallen = records.select(PLACE)
    first: Search | None = None
    while True:
        away = pl.concat([frame.select(PLACE) for frame in (*decided, fallen, settled, stricter)])
        compared = decide_near_duplicates(policy, pictures, prints, away=away, earlier=earlier)
        first = first or compared.search
        policy = _with_radius(policy, first.radius)
        decisions = pl.concat([settled, compared.decisions]).sort(PLACE)
        stricter = pl.concat([stricter, compared.stricter]).sort(PLACE)
        held = _twins_among(compared.decisions, pictures, compared.stricter)
        crossed = cross(policy, after(parts, *decided, decisions, stricter))
        fell = crossed.join(fallen, on=PLACE, how="anti")
        if _twins_among(compared.decisions.join(held, on=PLACE, how="anti"), pictures, fell).is_empty():
            return Compared(decisions, stricter, _search(first, compared.search, decisions, settled))
        settled = pl.concat([settled, held])
        fallen = pl.concat([fallen, fell.select(PLACE)])


def _with_radius(policy: Policy, radius: int) -> Policy:
    """`auto` goes by how many pictures there are, and what fell was among them."""
    section = policy.near_duplicates
    return policy.model_copy(update={"near_duplicates": section and section.model_copy(update={"radius": radius})})


def _twins_among(decisions: pl.DataFrame, pictures: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The decisions whose twin lies at one of these places."""
    named = pictures.join(places.select(PLACE), on=PLACE, how="semi").select(*_ITEM)
    return decisions.join(named, left_on=_TWIN, right_on=_ITEM, how="semi", maintain_order="left")


def _search(first: Search, last: Search, decisions: pl.DataFrame, settled: pl.DataFrame) -> Search:
    """What the first turn looked through, and what there is in the end."""
    return replace(
        first,
        candidates=last.candidates + settled.height,
        confirmed=decisions.height,
        groups=decisions.select(_TWIN).n_unique(),
    )
