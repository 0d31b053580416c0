"""The one check of a filter's promise: it answers for every item it was given, in order, with the declared columns."""

from __future__ import annotations

import polars as pl

from filters.pictures.heads import BoundHead
from filters.pictures.look import Looks, PictureFilter
from tamis.errors import ContractError
from tamis.records import (
    BATCH,
    EVIDENCE_KINDS,
    FINDINGS,
    GRANTS,
    PARTS,
    RESERVATIONS,
    SCOPES,
    Filter,
    FilterSpec,
    Findings,
)

_CONTENT = ("kind", "content_hi", "content_lo")


def run_filter(
    filter: Filter,  # noqa: A002 - the noun of the house
    batch: pl.DataFrame,
    *,
    shard: str = "",
    looks: Looks | None = None,
    source: Findings | None = None,
) -> Findings:
    """Runs `filter` on what it can see of `batch` and answers for every item of `batch`, in order.

    Items with a `reason` are `not_checked`, items of other kinds `not_applicable`; neither reaches the filter. A filter
    that reads content only is asked once per distinct content of the batch, and its answer given to every copy.
    All parts of the findings come back sorted by all their columns, position first.

    Args:
        filter: the filter.
        batch: schema BATCH, positions ascending.
        shard: the shard's name, for messages.
        looks: what was seen of the batch's pictures for all filters; a picture filter looks for itself without.
        source: what the source of a head has found in the batch, now or in an earlier run; a head asks it without.

    Raises:
        ContractError: the batch or the filter's answer is not what was promised.
    """
    spec = filter.spec
    place = _place(batch, shard=shard)
    _check_batch(batch, spec, place=place)
    asked = _asked(batch, spec)
    answer = _ask(filter, asked, looks, source, place=place)
    parts = {name: _for_every_copy(rows, asked) for name, rows in answer.parts.items()}
    return Findings(_for_every_item(answer.items, asked, batch=batch, spec=spec), **parts)


def _place(batch: pl.DataFrame, *, shard: str) -> str:
    rows = "no rows" if batch.is_empty() else f"rows {batch['position'][0]}–{batch['position'][-1]}"
    return f"shard {shard}, {rows}" if shard else rows


def _check_batch(batch: pl.DataFrame, spec: FilterSpec, *, place: str) -> None:
    who = f"{spec.name}/{spec.version}"
    if batch.schema != BATCH:
        raise ContractError(f"{who}: the batch has not the schema BATCH ({place}): {_difference(batch.schema, BATCH)}.")
    position = pl.col("position")
    content = pl.when(pl.col("kind") == "text").then(pl.col("text").is_null()).otherwise(pl.col("image").is_null())
    bare = pl.col("reason").is_null() & (content | pl.col("kind").is_null())
    found = batch.select(
        ascend=(position.null_count() == 0) & (position.diff() > 0).all(),
        bare=bare.sum(),
        first=position.filter(bare).first(),
    ).row(0, named=True)
    if not found["ascend"]:
        raise ContractError(f"{who}: the batch's positions do not ascend ({place}).")
    if found["bare"]:
        raise ContractError(
            f"{who}: {found['bare']} items have neither content nor a reason, the first at position "
            f"{found['first']} ({place}). A reader gives every item one of them."
        )


def _asked(batch: pl.DataFrame, spec: FilterSpec) -> pl.DataFrame:
    """The items the filter answers for, with the position (`measured`) of the copy that it is shown."""
    visible = batch.filter(pl.col("reason").is_null() & pl.col("kind").cast(pl.String).is_in(spec.kinds))
    shown = pl.col("position").first().over(_CONTENT) if spec.reads == "content" else pl.col("position")
    return visible.with_columns(measured=shown)


def _ask(
    filter: Filter,  # noqa: A002 - the noun of the house
    asked: pl.DataFrame,
    looks: Looks | None,
    source: Findings | None,
    *,
    place: str,
) -> Findings:
    shown = asked.filter(pl.col("position") == pl.col("measured")).drop("measured")
    if shown.is_empty():
        return Findings(items=filter.spec.schema.to_frame())
    if source is not None and isinstance(filter, BoundHead):
        answer = filter.score(_of_positions(source, shown["position"]))
    elif looks is not None and isinstance(filter, PictureFilter):
        answer = filter.find_in(shown, looks)
    else:
        answer = filter.find(shown)
    _check_answer(answer, shown, spec=filter.spec, place=place)
    return answer


def _of_positions(found: Findings, positions: pl.Series) -> Findings:
    within = pl.col("position").is_in(positions.implode())
    return Findings(found.items.filter(within), **{name: rows.filter(within) for name, rows in found.parts.items()})


def _check_answer(answer: Findings, shown: pl.DataFrame, *, spec: FilterSpec, place: str) -> None:
    who = f"{spec.name}/{spec.version}"
    if answer.items.height != shown.height:
        raise ContractError(
            f"{who}: {shown.height} items in, {answer.items.height} findings out ({place}). "
            "A filter answers for every item, in order."
        )
    _check_schema(answer.items, spec.schema, what=f"{who}: the findings", place=place)
    if not answer.items["position"].eq_missing(shown["position"]).all():
        raise ContractError(
            f"{who}: the findings are not for the items given, in order ({place}). "
            "A filter answers for every item, in order."
        )
    _check_statuses(answer.items, who=who, place=place)
    _check_ranges(answer.items, spec, who=who, place=place)
    for name, rows in answer.parts.items():
        _check_schema(rows, PARTS[name], what=f"{who}: {name}", place=place)
        if not rows.is_empty():
            _check_known(rows, shown, what=f"{who}: {name}", place=place)
    _check_offsets(answer.spans, shown, who=who, place=place)
    _check_words(answer.evidence, who=who, place=place)


def _check_statuses(items: pl.DataFrame, *, who: str, place: str) -> None:
    if items["status"].null_count():
        raise ContractError(f"{who}: {items['status'].null_count()} findings have no status ({place}).")
    applying = items.filter(pl.col("status") == "not_applicable")
    if not applying.is_empty():
        raise ContractError(
            f"{who}: {applying.height} items of kinds that the filter is for are not_applicable, the first at position "
            f"{applying['position'][0]} ({place}). What it does not look at is not_checked."
        )


def _check_ranges(items: pl.DataFrame, spec: FilterSpec, *, who: str, place: str) -> None:
    """NaN and null are no numbers, and what becomes of them is for the policy."""
    ranges = {measure.name: measure.within for measure in spec.measures if measure.within is not None}
    outside = items.select(~pl.col(name).fill_nan(None).is_between(*within) for name, within in ranges.items())
    for name, (low, high) in ranges.items():
        if outside[name].any():
            row = items.filter(outside[name]).row(0, named=True)
            raise ContractError(
                f"{who}: {name} is {row[name]} at position {row['position']}, expected {low} to {high} ({place})."
            )


def _check_schema(rows: pl.DataFrame, schema: pl.Schema, *, what: str, place: str) -> None:
    if rows.schema != schema:
        raise ContractError(f"{what} have not the declared schema ({place}): {_difference(rows.schema, schema)}.")


def _difference(given: pl.Schema, wanted: pl.Schema) -> str:
    pairs = [f"{name} {dtype}" for name, dtype in wanted.items() if given.get(name) != dtype]
    extra = [f"{name} {dtype}" for name, dtype in given.items() if name not in wanted]
    return f"expected and not there: {', '.join(pairs) or 'none'}; not expected: {', '.join(extra) or 'none'}" + (
        "" if pairs or extra else "; the order of the columns differs"
    )


def _check_known(rows: pl.DataFrame, shown: pl.DataFrame, *, what: str, place: str) -> None:
    unknown = rows.filter(~pl.col("position").is_in(shown["position"].implode(), nulls_equal=True))
    if not unknown.is_empty():
        raise ContractError(
            f"{what} name {unknown.height} positions that were not asked about, the first {unknown['position'][0]} "
            f"({place})."
        )


def _check_offsets(spans: pl.DataFrame, shown: pl.DataFrame, *, who: str, place: str) -> None:
    if spans.is_empty():
        return
    lengths = shown.select("position", length=pl.col("text").str.len_chars().cast(pl.UInt64))
    inside = (pl.col("start") < pl.col("end")) & (pl.col("end") <= pl.col("length"))
    named = pl.all_horizontal(pl.col("kind", "score", "recognizer").is_not_null())
    joined = spans.join(lengths, on="position", how="left", validate="m:1")
    wrong = joined.filter(~(inside & named).fill_null(value=False))
    if not wrong.is_empty():
        row = wrong.row(0, named=True)
        raise ContractError(
            f"{who}: {wrong.height} spans lie outside their text or lack a value, the first at position "
            f"{row['position']}, {row['start']}–{row['end']} of {row['length']} characters ({place}). "
            "Offsets count code points; start < end <= length."
        )


def _check_words(evidence: pl.DataFrame, *, who: str, place: str) -> None:
    if evidence.is_empty():
        return
    known = (
        pl.col("kind").is_in(EVIDENCE_KINDS)
        & pl.col("about").is_in(["licence", "reservation", "basis"])
        & (pl.col("grant").is_in(GRANTS) == (pl.col("about") == "licence")).fill_null(pl.col("about") != "licence")
        & (pl.col("reservation").is_in(RESERVATIONS) == (pl.col("about") == "reservation")).fill_null(
            pl.col("about") != "reservation"
        )
        & pl.col("scope").is_in(SCOPES)
        & (pl.col("level") <= 6)
        & pl.all_horizontal(pl.col("conditions", "machine_readable", "at_fetch").is_not_null())
        & pl.col("raw_hi").is_not_null()
        & pl.col("raw_lo").is_not_null()
    )
    wrong = evidence.filter(~known.fill_null(value=False))
    if not wrong.is_empty():
        raise ContractError(
            f"{who}: {wrong.height} rows of evidence say something that is not on the closed lists, or nothing, "
            f"the first at position {wrong['position'][0]} ({place})."
        )


def _for_every_item(
    answer: pl.DataFrame, asked: pl.DataFrame, *, batch: pl.DataFrame, spec: FilterSpec
) -> pl.DataFrame:
    unseen = pl.when(pl.col("reason").is_not_null()).then(pl.lit("not_checked")).otherwise(pl.lit("not_applicable"))
    unseen = unseen.cast(FINDINGS["status"])
    if asked.is_empty():
        measures = (pl.lit(None, dtype=measure.dtype).alias(measure.name) for measure in spec.measures)
        return batch.select("position", unseen.alias("status"), *measures)
    answered = asked.select("position", "measured").join(
        answer.rename({"position": "measured"}), on="measured", how="left", validate="m:1"
    )
    return (
        batch.select("position", "reason")
        .join(answered, on="position", how="left", validate="1:1", maintain_order="left")
        .with_columns(status=pl.coalesce("status", unseen))
        .select(spec.schema.names())
    )


def _for_every_copy(rows: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return rows
    copies = asked.select("measured", copy="position")
    return (
        rows.join(copies, left_on="position", right_on="measured", how="inner")
        .with_columns(position="copy")
        .select(rows.columns)
        .sort(rows.columns, nulls_last=True)
    )
