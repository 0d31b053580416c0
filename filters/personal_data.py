"""Finds personal data in text that has a shape: addresses, numbers of accounts, cards, telephones and people; secrets.

How: Presidio's recognizers and ours, most of which verify what they match (a public suffix, a check digit, a plan of
numbers). The table is `filters.personal.entities`; `docs/personal_data.md` shows it. A text is looked at as it
stands, and once more with its disguises taken off if it has any. No language model is used unless the recipe names one:
without, names and postal addresses are never found, and an item without a finding is not free of personal data.

Known misses, with figures: docs/personal_data.md and docs/benchmarks.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import inf

import polars as pl

from filters.personal.engine import Engine, Hit, Look
from filters.personal.entities import ENTITIES, chosen
from filters.personal.proven_gates import gates_that_hold
from filters.personal.spans import Span, resolve_overlaps
from filters.personal.values import value_digest
from tamis.errors import ConfigError
from tamis.records import SPANS, FilterSpec, Findings, Measure

DEFAULT_ENTITIES = chosen(["default"])
"""What is looked for unless the recipe says otherwise: kinds that are verified and rarely wrong."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    spans: tuple[Span, ...] = ()


class PersonalDataFilter:
    """Spans of personal data, and how many an item holds.

    Args:
        entities: the kinds to look for, or groups of them: `default`, `general`, `fr` (docs/personal_data.md).
        score_threshold: the least score that counts, 0 to 1. What is verified scores 1.
        max_characters: longer texts are `too_long`.

    Raises:
        ConfigError: an entity is unknown, none is given, or a number is out of range.
    """

    def __init__(
        self,
        *,
        entities: tuple[str, ...] = ("default",),
        score_threshold: float = 0.4,
        max_characters: int = 10_000_000,
    ) -> None:
        self.entities = chosen(entities)
        self.score_threshold = score_threshold
        self.max_characters = max_characters
        self._check_parameters()
        # what is common first, so that the gates of what is rare are asked together
        rows = sorted((ENTITIES[kind] for kind in self.entities), key=lambda row: (row.region, row.kind))
        made = {row: row.make() for row in rows}
        self._engine = Engine(list(made.values()), gates=gates_that_hold(made), threshold=score_threshold)
        self._spec = self._make_spec()

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        short = batch.filter(pl.col("text").str.len_chars() <= self.max_characters)
        answers = dict(zip(short["position"], self._answers(short["text"]), strict=True))
        counted = batch.select("position", words=pl.col("text").str.count_matches(r"\S+"))
        rows = [(position, words, answers.get(position, _TOO_LONG)) for position, words in counted.iter_rows()]
        return _findings(rows, schema=self._spec.schema)

    def _answers(self, texts: pl.Series) -> list[_Answer]:
        return [_answer(text, look) for text, look in zip(texts, self._engine.analyze(texts), strict=True)]

    def _check_parameters(self) -> None:
        if not 0 <= self.score_threshold <= 1:
            raise ConfigError(f"personal_data: score_threshold is {self.score_threshold}, expected 0 to 1.")
        if self.max_characters < 1:
            raise ConfigError(f"personal_data: max_characters is {self.max_characters}, expected 1 or more.")

    def _make_spec(self) -> FilterSpec:
        return FilterSpec(
            name="personal_data",
            version="2",
            kinds=("text",),
            reads="content",
            measures=(
                Measure("hits", "number", "How many places hold personal data.", (0, inf)),
                Measure("kinds", "number", "How many kinds of personal data there are.", (0, inf)),
                Measure("density", "number", "Places per 1,000 words; words are runs without white space.", (0, inf)),
            ),
            parameters=(
                ("entities", self.entities),
                ("score_threshold", self.score_threshold),
                ("max_characters", self.max_characters),
            ),
            libraries=tuple(
                (name, version(name)) for name in ("phonenumbers", "presidio-analyzer", "regex", "tldextract")
            ),
        )


_TOO_LONG = _Answer("too_long")


def _answer(text: str, look: Look) -> _Answer:
    return _Answer(look.status, resolve_overlaps(_span(hit, text) for hit in look.hits))


def _span(hit: Hit, text: str) -> Span:
    value = value_digest(hit.kind, text[hit.start : hit.end])
    return Span(hit.kind, hit.start, hit.end, hit.score, hit.recognizer, value)


def _findings(rows: Sequence[tuple[int, int, _Answer]], *, schema: pl.Schema) -> Findings:
    items = [
        (position, answer.status, *(_measures(answer, words) if answer.status == "seen" else (None, None, None)))
        for position, words, answer in rows
    ]
    spans = [
        (position, span.kind, span.start, span.end, span.score, span.recognizer, *(span.value or (None, None)))
        for position, _, answer in rows
        for span in answer.spans
    ]
    return Findings(
        items=pl.DataFrame(items, schema=schema, orient="row"),
        spans=pl.DataFrame(spans, schema=SPANS, orient="row"),
    )


def _measures(answer: _Answer, words: int) -> tuple[float, float, float]:
    hits = len(answer.spans)
    return float(hits), float(len({span.kind for span in answer.spans})), 1000 * hits / words if words else 0.0
