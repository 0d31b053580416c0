"""Finds personal data in text: addresses, numbers of accounts, cards, telephones, people; secrets; names, by a model.

How: Presidio's recognizers and ours, most of which verify what they match (a public suffix, a check digit, a plan of
numbers). The table is `filters.personal.entities`; `docs/personal_data.md` shows it. A text is looked at as it stands,
and once more with its disguises taken off if it has any. A language model is asked only if the recipe names one:
without, names and postal addresses are never found, and an item without a finding is not free of personal data.

Known misses, with figures: docs/personal_data.md and docs/benchmarks.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import ClassVar

import polars as pl

from filters.personal.disguise import View, disguised_parts, undisguised
from filters.personal.engine import Engine, Hit, Look
from filters.personal.entities import ENTITIES, chosen
from filters.personal.entity import Entity
from filters.personal.names.asked import AskedModel, ModelChoice
from filters.personal.proven_gates import gates_that_hold
from filters.personal.secret_rules import BUILT_IN, rules_sha256
from filters.personal.secrets import secret_entity
from filters.personal.spans import Span, resolve_overlaps
from filters.personal.values import value_digest
from tamis.errors import ConfigError
from tamis.records import SPANS, FilterSpec, Findings, Measure

DEFAULT_ENTITIES = chosen(["default"])
"""What is looked for unless the recipe says otherwise: kinds that are verified and rarely wrong."""

_ROUNDING = 1e-9
"""0.3 lifted by 0.35 is a little less than 0.65, and reaches it."""

_SECRET = "SECRET"  # noqa: S105 # the name of a kind


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of one text. `names` says whether a model looked at it, and `by_model` what it saw."""

    status: str
    spans: tuple[Span, ...] = ()
    names: str = "none"
    by_model: int | None = None


class PersonalDataFilter:
    """Spans of personal data, and how many an item holds.

    Args:
        entities: the kinds to look for, or groups of them: `default`, `general`, `fr` (docs/personal_data.md).
        score_threshold: the least score that counts, 0 to 1. What is verified scores 1.
        max_characters: longer texts are `too_long`.
        disguises: whether a text that shows a sign of a disguise is looked at without it, too.
        secret_rules: a file of rules for secrets, in our form or that of gitleaks, in place of the built-in ones.
        model: a folder, or a name in the hub's cache on this machine; empty: no model is asked.
        model_backend: `transformers` or `gliner2`.
        model_kinds: what the model is to look for; empty: all that it knows. gliner2 needs some.
        model_renames: `THEIRS=OURS`, where the model's names of kinds are not understood.
        model_threshold: the least score of the model's that counts.
        model_device: as torch names it.
        model_on: which texts the model is asked about: `all`; `found`, those in which the patterns found something; or
            `none` of them. A sample of the others is asked about in any case.
        model_sample: the share of the other texts that it is asked about, 0 to 1, for an estimate of what is missed.
        model_seed: draws the sample.

    Raises:
        ConfigError: an entity is unknown, none is given, a number is out of range, or a file or model cannot be loaded.
    """

    PATHS: ClassVar = ("model", "secret_rules")
    """Parameters that may name a file or folder beside the recipe."""

    def __init__(
        self,
        *,
        entities: tuple[str, ...] = ("default",),
        score_threshold: float = 0.4,
        max_characters: int = 10_000_000,
        disguises: bool = True,
        secret_rules: str = "",
        model: str = "",
        model_backend: str = "transformers",
        model_kinds: tuple[str, ...] = (),
        model_renames: tuple[str, ...] = (),
        model_threshold: float = 0.5,
        model_device: str = "auto",
        model_on: str = "found",
        model_sample: float = 0.01,
        model_seed: int = 0,
    ) -> None:
        self.entities = chosen(entities)
        self.score_threshold = score_threshold
        self.max_characters = max_characters
        self.disguises = disguises
        self.secret_rules = secret_rules
        self._check_parameters()
        # what is common first, so that the gates of what is rare are asked together
        rows = sorted((self._row(kind) for kind in self.entities), key=lambda row: (row.region, row.kind))
        made = {row: row.make() for row in rows}
        gates = gates_that_hold(made) | {made[row].id: row.gate for row in rows if row.gate and self._is_own(row)}
        self._engine = Engine(list(made.values()), gates=gates, threshold=score_threshold - _ROUNDING)
        self._model = AskedModel.load(
            ModelChoice(
                model=model,
                backend=model_backend,
                kinds=model_kinds,
                renames=model_renames,
                threshold=model_threshold,
                device=model_device,
                on=model_on,
                sample=model_sample,
                seed=model_seed,
            )
        )
        self._spec = self._make_spec()

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        short = batch.filter(pl.col("text").str.len_chars() <= self.max_characters)
        answers = dict(zip(short["position"], self._answers(short["text"]), strict=True))
        words = _words(batch, [position for position, answer in answers.items() if answer.spans])
        rows = [(each, words.get(each, 0), answers.get(each, _TOO_LONG)) for each in batch["position"]]
        return _findings(rows, schema=self._spec.schema)

    def places(self, texts: pl.Series) -> list[list[tuple[int, int, str]] | None]:
        """(start, end, kind) of what is found in each text, in order and apart; null where it was not seen whole."""
        answers = self._answers(texts)
        return [
            [(span.start, span.end, span.kind) for span in answer.spans] if answer.status == "seen" else None
            for answer in answers
        ]

    def _answers(self, texts: pl.Series) -> list[_Answer]:
        looks = [_answer(text, look) for text, look in zip(texts, self._engine.analyze(texts), strict=True)]
        if self.disguises:
            for place, answer in self._undisguised(texts):
                looks[place] = _united(looks[place], answer, texts[place])
        if self._model is not None:
            looks = _with_names(looks, self._model, texts)
        return [replace(look, spans=resolve_overlaps(look.spans)) if len(look.spans) > 1 else look for look in looks]

    def _undisguised(self, texts: pl.Series) -> Iterator[tuple[int, _Answer]]:
        """What is found in the texts that wear a disguise once it is off, at its places in the original."""
        parts = ((row, start, undisguised(texts[row][start:end])) for row, start, end in disguised_parts(texts))
        viewed = [(row, start, view) for row, start, view in parts if view is not None]
        looks = self._engine.analyze(pl.Series([view.text for _, _, view in viewed], dtype=pl.String))
        for (row, offset, view), look in zip(viewed, looks, strict=True):
            yield row, _Answer(look.status, tuple(_span_in_view(hit, view, offset) for hit in look.hits))

    def _row(self, kind: str) -> Entity:
        return secret_entity(Path(self.secret_rules)) if kind == _SECRET and self.secret_rules else ENTITIES[kind]

    def _is_own(self, row: Entity) -> bool:
        """A user's own rules: their gate is made of their words, and there is no record of them to hold it against."""
        return bool(self.secret_rules) and row.kind == _SECRET

    def _check_parameters(self) -> None:
        if not 0 <= self.score_threshold <= 1:
            raise ConfigError(f"personal_data: score_threshold is {self.score_threshold}, expected 0 to 1.")
        if self.max_characters < 1:
            raise ConfigError(f"personal_data: max_characters is {self.max_characters}, expected 1 or more.")
        if self.secret_rules and _SECRET not in self.entities:
            raise ConfigError("personal_data: secret_rules are given, but `entities` has no SECRET to look for.")

    def _make_spec(self) -> FilterSpec:
        model = self._model
        sought = {*self.entities, *(model.labels if model else ())}
        files = {"secrets.toml": rules_sha256(Path(self.secret_rules) if self.secret_rules else BUILT_IN)}
        libraries = ("phonenumbers", "presidio-analyzer", "regex", "tldextract", *(model.libraries if model else ()))
        return FilterSpec(
            name="personal_data",
            version="2",
            kinds=("text",),
            reads="content",
            measures=(
                Measure("hits", "number", "How many places hold personal data.", (0, inf)),
                Measure("kinds", "number", "How many kinds of personal data there are.", (0, inf)),
                Measure("density", "number", "Places per 1,000 words; words are runs without white space.", (0, inf)),
                Measure("names", "label", "Why a model looked: all, found, sample; or none, it did not."),
                Measure(
                    "by_model", "number", "How many places the model marked; null where it did not look.", (0, inf)
                ),
            ),
            parameters=(
                ("entities", tuple(sorted(sought))),
                ("score_threshold", self.score_threshold),
                ("max_characters", self.max_characters),
                ("disguises", self.disguises),
                *(model.parameters if model else ()),
            ),
            models=(*(files.items() if _SECRET in self.entities else ()), *(model.models if model else ())),
            libraries=tuple((name, version(name)) for name in libraries),
        )


_TOO_LONG = _Answer("too_long")


def _answer(text: str, look: Look) -> _Answer:
    return _Answer(look.status, tuple(_span(hit, text) for hit in look.hits))


def _span(hit: Hit, text: str) -> Span:
    value = value_digest(hit.kind, text[hit.start : hit.end])
    return Span(hit.kind, hit.start, hit.end, hit.score, hit.recognizer, value)


def _span_in_view(hit: Hit, view: View, offset: int) -> Span:
    """At its place in the original, of which the view is a part that begins at `offset`.

    Its value is what it means, so that it is the same person's without a disguise.
    """
    start, end = view.original(hit.start, hit.end)
    return replace(_span(hit, view.text), start=start + offset, end=end + offset)


def _united(plain: _Answer, beneath: _Answer, text: str) -> _Answer:
    """Both looks at a text together; one that was not seen to its end makes the whole so."""
    for answer in (plain, beneath):
        if answer.status != "seen":
            return _Answer(answer.status)
    new = (span for span in beneath.spans if not _is_joined_to_a_whole(span, plain.spans, text))
    return replace(plain, spans=(*plain.spans, *new))


def _is_joined_to_a_whole(span: Span, found: Iterable[Span], text: str) -> bool:
    """Whether it goes over the end of a line, and what is on one of its lines is such a thing by itself."""
    return "\n" in text[span.start : span.end] and any(
        other.kind == span.kind and other.score >= span.score and span.start <= other.start and other.end <= span.end
        for other in found
    )


def _with_names(answers: Sequence[_Answer], model: AskedModel, texts: pl.Series) -> list[_Answer]:
    """The answers with what the model sees in the texts that it is asked about."""
    wanted = [model.reason(text, has_spans=bool(answer.spans)) for text, answer in zip(texts, answers, strict=True)]
    chosen_rows = [
        row for row, (why, answer) in enumerate(zip(wanted, answers, strict=True)) if _is_to_ask(why, answer)
    ]
    united = list(answers)
    for row, found in zip(chosen_rows, model.find([texts[row] for row in chosen_rows]), strict=True):
        answer = united[row]
        if found.status != "seen":
            united[row] = _Answer(found.status)
            continue
        spans = (*answer.spans, *_valued(found.spans, texts[row]))
        united[row] = replace(answer, spans=spans, names=wanted[row], by_model=len(found.spans))
    return united


def _is_to_ask(why: str, answer: _Answer) -> bool:
    return why != "none" and answer.status == "seen"


def _valued(spans: Iterable[Span], text: str) -> Iterator[Span]:
    return (replace(span, value=value_digest(span.kind, text[span.start : span.end])) for span in spans)


def _findings(rows: Sequence[tuple[int, int, _Answer]], *, schema: pl.Schema) -> Findings:
    items = [(position, answer.status, *_measures(answer, words)) for position, words, answer in rows]
    spans = [
        (position, span.kind, span.start, span.end, span.score, span.recognizer, *(span.value or (None, None)))
        for position, _, answer in rows
        for span in answer.spans
    ]
    return Findings(
        items=pl.DataFrame(items, schema=schema, orient="row"),
        spans=pl.DataFrame(spans, schema=SPANS, orient="row"),
    )


def _words(batch: pl.DataFrame, positions: Sequence[int]) -> dict[int, int]:
    """How many words texts have, by position: of those in which something was found, for of others nobody asks."""
    asked = batch.filter(pl.col("position").is_in(positions))
    return dict(asked.select("position", pl.col("text").str.count_matches(r"\S+")).iter_rows())


def _measures(answer: _Answer, words: int) -> tuple[float | None, float | None, float | None, str | None, float | None]:
    if answer.status != "seen":
        return None, None, None, None, None
    hits, kinds = len(answer.spans), len({span.kind for span in answer.spans})
    by_model = None if answer.by_model is None else float(answer.by_model)
    return float(hits), float(kinds), 1000 * hits / words if words else 0.0, answer.names, by_model
