"""Where rows become batches: the one place that names items, digests content and makes labels safe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from tamis.ids import digest128, item_id, text_bytes
from tamis.labels import safe_label
from tamis.records import BATCH, Shard

LABELS = ("id", "path", "source", "version", "url", "title", "author")


@dataclass(frozen=True, slots=True)
class Row:
    """One position of a shard as its reader saw it. `reason` set: it could not be read, and has no text."""

    raw: bytes
    """What its digest is made of: the text's bytes, or the record's where it could not be read."""
    text: str | None = None
    reason: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[tuple[str, str], ...] = ()


def text_row(text: str, *, limit: int, labels: Mapping[str, str], claims: tuple[tuple[str, str], ...]) -> Row:
    """The row of a text that was read; an empty, oversized or unencodable one has the reason instead."""
    raw = text_bytes(text)
    reason = _refusal(text, raw, limit)
    return Row(raw, None if reason else text, reason, labels, claims)


def make_batch(rows: Iterable[Row], shard: Shard, *, start: int) -> pl.DataFrame:
    """A frame of schema BATCH whose first position is `start`."""
    records = [_record(row, shard.key, start + place) for place, row in enumerate(rows)]
    frame = pl.DataFrame(records, schema=BATCH, orient="row")
    return frame.with_columns(safe_label(pl.col(name)) for name in LABELS)


def _refusal(text: str, raw: bytes, limit: int) -> str | None:
    if not text:
        return "record_empty"
    if len(raw) > limit:
        return "record_too_large"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "record_not_utf8"
    return None


def _record(row: Row, key: str, position: int) -> tuple[object, ...]:
    claims = [{"kind": kind, "value": value} for kind, value in row.claims]
    by_name: dict[str, object] = {
        "position": position,
        "kind": "text",
        "reason": row.reason,
        "n_bytes": len(row.raw),
        "text": row.text,
        "claims": claims,
        **{name: row.labels.get(name) for name in LABELS},
    }
    by_name["item_hi"], by_name["item_lo"] = item_id(key, position)
    by_name["content_hi"], by_name["content_lo"] = digest128(row.raw)
    return tuple(by_name.get(name) for name in BATCH)
