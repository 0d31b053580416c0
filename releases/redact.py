"""What a shard contributes to a release: kept items as they are, redacted ones with placeholders for personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from releases.decide import maskable
from releases.policy import Policy
from releases.suppressed import suppressed_and_masked
from tamis.errors import ContractError
from tamis.records import KEPT, OUTCOME, Findings


def kept(
    policy: Policy, batch: pl.DataFrame, findings: Mapping[str, Findings], decisions: pl.DataFrame
) -> pl.DataFrame:
    """The items of `batch` that stay, schema KEPT, in order.

    Spans of the kinds that the policy masks become `<KIND>`, equal for equal kinds: nothing in the text depends on
    what was there, or on the order of items. So do all spans of a kind in an item where one of them is suppressed.
    """
    away = decisions.filter(pl.col("outcome") > pl.lit("redact", dtype=OUTCOME))
    staying = batch.join(away.select("position").unique(), on="position", how="anti", maintain_order="left")
    staying = staying.filter(pl.col("reason").is_null())
    spans = _spans(policy, findings, decisions).join(staying.select("position"), on="position", how="semi")
    licences = findings["licence"].items.select("position", licence="expression", licence_class="grant")
    return (
        _masked(staying, spans)
        .join(licences, on="position", how="left", validate="1:1", maintain_order="left")
        .select(KEPT.names())
        .cast(KEPT)
    )


def mask(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """`text` with each (start, end, kind) replaced by `<KIND>`; spans are in order and share no character.

    Raises:
        ContractError: they are not, or lie outside the text: part of what they cover would stay.
    """
    parts = []
    at = 0
    for start, end, kind in spans:
        if not at <= start < end <= len(text):
            raise ContractError(
                f"masking: a span {start}–{end} ({kind}) of a text of {len(text)} characters, where one ended at {at}. "
                "Spans come in order, share no character and lie within the text."
            )
        parts += [text[at:start], f"<{kind}>"]
        at = end
    return "".join([*parts, text[at:]])


def _spans(policy: Policy, findings: Mapping[str, Findings], decisions: pl.DataFrame) -> pl.DataFrame:
    found = findings.get("personal_data")
    if policy.personal_data is None or found is None:
        return Findings(items=pl.DataFrame()).spans
    by_kind = maskable(policy.personal_data, found.spans)
    suppressed = found.spans.join(suppressed_and_masked(decisions), on=["position", "kind"], how="semi")
    besides = suppressed.join(by_kind, on=["position", "start"], how="anti")
    return pl.concat([by_kind, besides])


def _masked(staying: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    by_position: dict[int, list[tuple[int, int, str]]] = {}
    for position, start, end, kind in spans.sort("position", "start").select("position", "start", "end", "kind").rows():
        by_position.setdefault(position, []).append((start, end, kind))
    texts = [
        mask(text, by_position[position]) if position in by_position else text
        for position, text in staying.select("position", "text").iter_rows()
    ]
    counts = [len(by_position.get(position, ())) for position in staying["position"]]
    return staying.with_columns(
        pl.Series("text", texts, dtype=pl.String), pl.Series("n_masked", counts, dtype=pl.UInt32)
    )
