"""Kept pictures as a policy wants them: encoded anew, or, where that cannot be, held."""

from __future__ import annotations

import polars as pl

from catalog.log import READER
from filters.pictures.reencode import Reencoding, reencode
from releases.decide import REENCODE
from releases.policy import Policy
from tamis.records import DECISIONS, KEPT, OUTCOME


def reencoded(policy: Policy, kept: pl.DataFrame, decisions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`kept` (schema KEPT) with its pictures encoded anew, and `decisions` with a hold of each that cannot be.

    What cannot be encoded anew does not leave as it came: the policy says that location data stay behind. It is held
    in the name of the reader, who is asked for every item, and the label says why.
    """
    wanted = _wanted(policy)
    pictures = kept.filter(pl.col("kind") == "image")
    if wanted is None or pictures.is_empty():
        return kept, decisions
    made: dict[int, bytes] = {}
    refused: list[tuple[int, str]] = []
    for position, data in pictures.select("position", "image").iter_rows():
        outcome = reencode(data, wanted)
        if isinstance(outcome, bytes):
            made[position] = outcome
        else:
            refused.append((position, outcome))
    staying = kept.filter(~pl.col("position").is_in([position for position, _ in refused]))
    images = [made.get(position, data) for position, data in staying.select("position", "image").iter_rows()]
    formats = [wanted.format if position in made else None for position in staying["position"]]
    staying = staying.with_columns(
        pl.Series("image", images, dtype=pl.Binary), pl.Series("reencoded", formats, dtype=pl.String)
    )
    return staying.select(KEPT.names()), _with_held(decisions, refused)


def _wanted(policy: Policy) -> Reencoding | None:
    section = policy.pictures
    if section is None or section.reencode is None:
        return None
    return Reencoding(section.reencode, section.quality, section.max_side)


def _with_held(decisions: pl.DataFrame, refused: list[tuple[int, str]]) -> pl.DataFrame:
    if not refused:
        return decisions
    said = pl.DataFrame(refused, schema={"position": pl.UInt64, "label": pl.String}, orient="row").with_columns(
        filter=pl.lit(READER),
        outcome=pl.lit(REENCODE.outcome, dtype=OUTCOME),
        reason=pl.lit(REENCODE.reason),
        rule=pl.lit(REENCODE.name),
        decisive=pl.lit(value=True),
    )
    missing = (pl.lit(None, dtype=dtype).alias(name) for name, dtype in DECISIONS.items() if name not in said.columns)
    held = said.with_columns(*missing).select(DECISIONS.names()).cast(DECISIONS)
    return pl.concat([decisions, held]).sort("position", "filter", pl.col("decisive").not_(), "rule", "label")
