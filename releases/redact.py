"""What a shard contributes to a release: kept items as they are, redacted ones with placeholders for personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from releases.places import maskable
from releases.policy import PersonalData, Policy
from releases.pseudonym import pseudonym, scope_of
from releases.suppressed import suppressed_and_masked
from tamis.errors import ContractError
from tamis.records import KEPT, OUTCOME, Findings

_Place = tuple[int, int, str]
"""Start, end and what stands there instead, without its brackets."""


def kept(
    policy: Policy, batch: pl.DataFrame, findings: Mapping[str, Findings], decisions: pl.DataFrame
) -> pl.DataFrame:
    """The items of `batch` that stay, schema KEPT, in order.

    Places of the kinds that the policy masks become `<KIND>`, equal for equal kinds, or `<KIND_3f9a2c41d0>`, equal for
    equal values (`releases.pseudonym`). Nothing in the text depends on the order of items; everything between the
    places stays as it is. Where a value is on the suppression list and masked, all places of its kind in the item
    become `<KIND>`.
    """
    away = decisions.filter(pl.col("outcome") > pl.lit("redact", dtype=OUTCOME))
    staying = batch.join(away.select("position").unique(), on="position", how="anti", maintain_order="left")
    staying = staying.filter(pl.col("reason").is_null())
    spans = _placeholders(policy, findings, staying, decisions)
    licences = findings["licence"].items.select("position", licence="expression", licence_class="grant")
    return (
        _masked(staying, spans)
        .join(licences, on="position", how="left", validate="1:1", maintain_order="left")
        .select(KEPT.names())
        .cast(KEPT)
    )


def mask(text: str, spans: Iterable[_Place]) -> str:
    """`text` with each (start, end, name) replaced by `<name>`; spans are in order and share no character.

    Raises:
        ContractError: they are not, or lie outside the text: part of what they cover would stay.
    """
    parts = []
    at = 0
    for start, end, name in spans:
        if not at <= start < end <= len(text):
            raise ContractError(
                f"masking: a span {start}–{end} of a text of {len(text)} characters, where one ended at {at}. "
                "Spans come in order, share no character and lie within the text."
            )
        parts += [text[at:start], f"<{name}>"]
        at = end
    return "".join([*parts, text[at:]])


def _placeholders(
    policy: Policy, findings: Mapping[str, Findings], staying: pl.DataFrame, decisions: pl.DataFrame
) -> dict[int, list[_Place]]:
    """By position, in order: the places that are masked in the items that stay, each with its placeholder's name."""
    found = findings.get("personal_data")
    if policy.personal_data is None or found is None:
        return {}
    masked = _masked_places(policy.personal_data, found.spans, decisions)
    spans = masked.join(staying.select("position", "item_hi", "item_lo"), on="position", how="inner", validate="m:1")
    by_position: dict[int, list[_Place]] = {}
    for row in spans.sort("position", "start").iter_rows(named=True):
        name = row["kind"] if row["suppressed"] else _name(policy.personal_data, policy.name, row)
        by_position.setdefault(row["position"], []).append((row["start"], row["end"], name))
    return by_position


def _masked_places(section: PersonalData, spans: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """What the policy masks, and beside it what is `suppressed`: that has no pseudonym to be known by."""
    of_suppressed = spans.join(suppressed_and_masked(decisions), on=["position", "kind"], how="semi")
    others = maskable(section, spans).join(of_suppressed, on=["position", "start"], how="anti")
    return pl.concat([others.with_columns(suppressed=False), of_suppressed.with_columns(suppressed=True)])


def _name(section: PersonalData, policy: str, row: Mapping[str, Any]) -> str:
    """The kind, and the pseudonym where the policy wants one and the value has a digest."""
    kind: str = row["kind"]
    value = row["value_hi"], row["value_lo"]
    if section.action_of(kind) != "pseudonym" or None in value:
        return kind
    scope = scope_of(section.pseudonym_scope, policy, (row["item_hi"], row["item_lo"]))
    return f"{kind}_{pseudonym(kind, value, scope=scope)}"


def _masked(staying: pl.DataFrame, by_position: Mapping[int, list[_Place]]) -> pl.DataFrame:
    texts = [
        mask(text, by_position[position]) if position in by_position else text
        for position, text in staying.select("position", "text").iter_rows()
    ]
    counts = [len(by_position.get(position, ())) for position in staying["position"]]
    return staying.with_columns(
        pl.Series("text", texts, dtype=pl.String),
        pl.Series("n_masked", counts, dtype=pl.UInt32),
        reencoded=pl.lit(None, dtype=pl.String),
    )
