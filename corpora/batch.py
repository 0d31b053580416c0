"""Where rows become batches: the one place that names items, digests content and makes labels safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa

from tamis.ids import digest128, item_id, text_bytes
from tamis.labels import encodable, safe_label
from tamis.records import BATCH, Shard

MAX_PAYLOAD = 32 * 1024**2
"""Bytes of content after which a batch ends early, so that memory stays bounded whatever the batch size."""

LABELS = ("id", "path", "source", "version", "url", "title", "author", "label")


@dataclass(frozen=True, slots=True)
class Row:
    """One position of a shard as its reader saw it. `reason` set: it could not be read, and has no content."""

    raw: bytes
    """What its digest is made of: the item's bytes, or the record's where it could not be read."""
    kind: Literal["text", "image"] = "text"
    text: str | None = None
    reason: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[tuple[str, str], ...] = ()
    part: int | None = None
    """Its place among the items of its record, from 0; null where it stands alone."""


def text_row(text: str, *, limit: int, labels: Mapping[str, str], claims: tuple[tuple[str, str], ...]) -> Row:
    """The row of a text that was read; a blank, oversized or unencodable one has the reason instead."""
    raw = text_bytes(text)
    reason = _refusal(text, raw, limit)
    return Row(raw, "text", None if reason else text, reason, labels, claims)


def image_row(data: bytes, *, limit: int, labels: Mapping[str, str], claims: tuple[tuple[str, str], ...]) -> Row:
    """The row of a picture, undecoded; an empty or oversized one has the reason instead."""
    reason = "record_too_large" if len(data) > limit else None if data else "record_empty"
    return Row(data[:limit] if reason else data, "image", None, reason, labels, claims)


def together(rows: Sequence[Row], *, before: int = 0, more: bool = False) -> Iterator[Row]:
    """The rows of one record, each with its place; a single one stands alone.

    Args:
        rows: of the record, or of a piece of it where it is too large to be held at once.
        before: how many rows its earlier pieces have.
        more: whether another piece may follow.
    """
    alone = len(rows) == 1 and not before and not more
    for place, row in enumerate(rows, start=before):
        yield row if alone else replace(row, part=place)


def batches_of(rows: Iterable[Row], shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
    """Batches of at most `size` rows and about MAX_PAYLOAD bytes, positions from 0 without a gap."""
    waiting: list[Row] = []
    payload = start = 0
    for row in rows:
        waiting.append(row)
        payload += len(row.raw)
        if len(waiting) >= size or payload >= MAX_PAYLOAD:
            yield make_batch(waiting, shard, start=start)
            start += len(waiting)
            waiting, payload = [], 0
    if waiting:
        yield make_batch(waiting, shard, start=start)


def make_batch(rows: Sequence[Row], shard: Shard, *, start: int) -> pl.DataFrame:
    """A frame of schema BATCH whose first position is `start`."""
    positions = range(start, start + len(rows))
    columns: dict[str, Sequence[object] | pl.Series] = {
        "position": positions,
        "record": [None if row.part is None else at - row.part for row, at in zip(rows, positions, strict=True)],
        "kind": [row.kind for row in rows],
        "reason": [row.reason for row in rows],
        "n_bytes": [len(row.raw) for row in rows],
        "text": [row.text for row in rows],
        "image": [row.raw if row.kind == "image" and row.reason is None else None for row in rows],
        "claims": _claims(rows),
        **{name: [_label(row, name) for row in rows] for name in LABELS},
    }
    items = [item_id(shard.key, position) for position in positions]
    contents = [digest128(row.raw) for row in rows]
    columns["item_hi"], columns["item_lo"] = zip(*items, strict=True)
    columns["content_hi"], columns["content_lo"] = zip(*contents, strict=True)
    frame = pl.DataFrame({name: columns[name] for name in BATCH}, schema=BATCH)
    return frame.with_columns(safe_label(pl.col(name)) for name in LABELS)


def _claims(rows: Sequence[Row]) -> pl.Series:
    """As one run of claims and where those of each row end: polars, given lists of records, looks at each by itself."""
    ends = np.cumsum([0, *(len(row.claims) for row in rows)], dtype=np.int64)
    kinds = [kind for row in rows for kind, _ in row.claims]
    values = [encodable(value) for row in rows for _, value in row.claims]
    said = [_arrow(pl.Series(column, dtype=pl.String)) for column in (kinds, values)]
    claims = pa.StructArray.from_arrays(said, ["kind", "value"])
    return pl.Series("claims", pa.LargeListArray.from_arrays(_arrow(pl.Series(ends)), claims))


def _arrow(column: pl.Series) -> pa.Array:
    """Made by polars: pyarrow imports pandas to look at what it is given, wherever that is installed."""
    return column.to_arrow(compat_level=pl.CompatLevel.oldest())


def _label(row: Row, name: str) -> str | None:
    said = row.labels.get(name)
    return None if said is None else encodable(said)


def _refusal(text: str, raw: bytes, limit: int) -> str | None:
    if not text or text.isspace():
        return "record_empty"
    if len(raw) > limit:
        return "record_too_large"
    return None if _is_encodable(text) else "record_not_utf8"


def _is_encodable(text: str) -> bool:
    """Whether it holds no lone surrogate. To encode it again is quicker than to look for one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
