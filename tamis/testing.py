"""For tests, ours and yours: small batches, and a filter that answers by script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from tamis.ids import digest128, item_id, text_bytes
from tamis.records import BATCH, EVIDENCE, SIGNATURES, SPANS, FilterSpec, Findings, Measure

Claims = Iterable[tuple[str, str]]
"""(kind, value) of each licence claim."""

_SHARD = "0" * 64


def text_batch(texts: Iterable[str | None], *, claims: Claims = (), first: int = 0) -> pl.DataFrame:
    """A batch of texts at positions `first`, `first` + 1, …; None stands for a record that could not be read.

    Every item gets the same licence `claims`.
    """
    return _batch(("text", text) for text in texts).pipe(_placed, claims=claims, first=first)


def image_batch(images: Iterable[bytes | None], *, claims: Claims = (), first: int = 0) -> pl.DataFrame:
    """A batch of undecoded pictures; None stands for a record that could not be read."""
    return _batch(("image", image) for image in images).pipe(_placed, claims=claims, first=first)


def mixed_batch(items: Iterable[str | bytes], *, claims: Claims = (), first: int = 0) -> pl.DataFrame:
    """A batch of texts (str) and pictures (bytes)."""
    kinds = (("text" if isinstance(item, str) else "image", item) for item in items)
    return _batch(kinds).pipe(_placed, claims=claims, first=first)


def _batch(items: Iterable[tuple[str, str | bytes | None]]) -> pl.DataFrame:
    rows = [_row(kind, content) for kind, content in items]
    return pl.DataFrame(rows, schema=BATCH, orient="row")


def _row(kind: str, content: str | bytes | None) -> dict[str, Any]:
    data = text_bytes(content) if isinstance(content, str) else content or b""
    hi, lo = digest128(data)
    return {
        **dict.fromkeys(BATCH.names()),
        "content_hi": hi,
        "content_lo": lo,
        "kind": kind,
        "reason": "record_broken" if content is None else None,
        "n_bytes": len(data),
        "text": content if isinstance(content, str) else None,
        "image": content if isinstance(content, bytes) else None,
    }


def _placed(batch: pl.DataFrame, *, claims: Claims, first: int) -> pl.DataFrame:
    positions = range(first, first + batch.height)
    ids = [item_id(_SHARD, position) for position in positions]
    said = [{"kind": kind, "value": value} for kind, value in claims]
    return batch.with_columns(
        pl.Series("position", positions, dtype=pl.UInt64),
        pl.Series("item_hi", [hi for hi, _ in ids], dtype=pl.UInt64),
        pl.Series("item_lo", [lo for _, lo in ids], dtype=pl.UInt64),
        pl.Series("claims", [said] * batch.height, dtype=BATCH["claims"]),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script says of one item. Rows of spans, evidence and signatures lack their first column, the position;
    those of spans may leave out the last two as well, the digest of what was found.
    """

    status: str = "seen"
    measures: Mapping[str, float | str | None] | None = None
    spans: Sequence[tuple[Any, ...]] = ()
    evidence: Sequence[tuple[Any, ...]] = ()
    signatures: Sequence[tuple[int, int]] = ()


Script = Mapping[Any, Answer] | Callable[[Mapping[str, Any]], Answer]
"""Answers by content (the text or the picture's bytes), or by a function of the item's row."""

SCORE = Measure("score", "number", "What the script says.")


class ScriptedFilter:
    """A filter that answers by a table or a function, so that wiring can be tested without a model.

    Items that a table does not name are `seen`, with no measure.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        kinds: tuple[Literal["text", "image"], ...] = ("text", "image"),
        reads: Literal["content", "item"] = "content",
        measures: tuple[Measure, ...] = (SCORE,),
    ) -> None:
        self.script = script
        self.name = name
        self.kinds = kinds
        self.reads = reads
        self.measures = measures

    @property
    def spec(self) -> FilterSpec:
        return FilterSpec(name=self.name, version="1", kinds=self.kinds, reads=self.reads, measures=self.measures)

    def find(self, batch: pl.DataFrame) -> Findings:
        answers = [(row["position"], self._answer(row)) for row in batch.iter_rows(named=True)]
        return Findings(
            items=pl.DataFrame(
                [{"position": at, "status": said.status, **(said.measures or {})} for at, said in answers],
                schema=self.spec.schema,
            ),
            spans=_rows(SPANS, ((at, said.spans) for at, said in answers)),
            evidence=_rows(EVIDENCE, ((at, said.evidence) for at, said in answers)),
            signatures=_rows(SIGNATURES, ((at, said.signatures) for at, said in answers)),
        )

    def _answer(self, row: Mapping[str, Any]) -> Answer:
        if callable(self.script):
            return self.script(row)
        content = row["text"] if row["kind"] == "text" else row["image"]
        return self.script.get(content, Answer())


def _rows(schema: pl.Schema, said: Iterable[tuple[int, Sequence[tuple[Any, ...]]]]) -> pl.DataFrame:
    full = ((at, *row, *(None,) * (len(schema) - 1 - len(row))) for at, rows in said for row in rows)
    return pl.DataFrame(list(full), schema=schema, orient="row")
