"""Token classifiers of the library transformers: one label for each token, read as mentions.

A word has of each kind the mean probability of its tokens, all prefixes of the kind's labels together, and takes the
likeliest kind; so the tokens of a word cannot disagree, and B-, I-, E- and S- do not take votes from one another. Words
of one kind that follow each other are one mention, unless the labels say that one ends or the next begins there. A
mention's score is the mean of its words'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from filters.device import resolve_device
from filters.personal.names.labels import Label, read_labels
from filters.personal.names.models import INSTEAD, WHO, Found, Pace, Wanted
from filters.personal.names.windows import Mention, Places, join_windows, plan_windows
from filters.personal.names.words import Words, find_words, trimmed
from filters.personal.spans import Span
from filters.personal.values import value_digest
from filters.text_models.network import half_precision, load_network
from filters.text_models.paced import Budget, look_paced, padded
from filters.text_models.tokens import as_shown, capacity, groups, specials
from filters.text_models.weights import model_digest, model_folder, require_packages
from tamis.errors import ConfigError


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text, made ready."""

    text: str
    tokens: Places
    words: Words
    windows: tuple[tuple[int, int], ...]
    """First word and end of each."""


@dataclass(frozen=True, slots=True)
class _View:
    """What a model is shown at once: the words `begin` to `end` of a reading."""

    reading: _Reading
    begin: int
    end: int

    @property
    def tokens(self) -> Places:
        first = self.reading.words.first
        return self.reading.tokens[first[self.begin] : first[self.end]]

    @property
    def length(self) -> int:
        first = self.reading.words.first
        return int(first[self.end] - first[self.begin])


@dataclass(frozen=True, slots=True)
class _Named:
    """A word that is not nothing; its place counts from the view's first word."""

    word: int
    kind: int
    score: float
    first: int
    """The likeliest label of its kind at its first token, and at its last."""
    last: int


class _NotANumberError(ValueError):
    """A model answered with something that is no number."""


class TokenModel:
    """A loaded token classifier; see `filters.personal.names.models.NameModel`. Made by `load_token_model`."""

    def __init__(
        self,
        network: Any,
        tokenizer: Any,
        *,
        name: str,
        digest: str,
        outputs: tuple[Label, ...],
        wanted: Wanted,
        pace: Pace,
        device: str,
    ) -> None:
        self.name = name
        self.digest = digest
        self.labels = _reported(outputs, wanted, where=name)
        self.budget = Budget(pace.budget)
        self.network = network
        self._tokenizer = tokenizer
        self._outputs = outputs
        self._kinds = ("", *sorted({label.kind for label in outputs if label.kind}))
        self._threshold = wanted.threshold
        self._max_characters = pace.max_characters
        self.device = device
        self.half = half_precision(device) if pace.half else None
        self._before, self._after = specials(tokenizer)
        self._capacity = capacity(network, tokenizer, window=pace.window) - len(self._before) - len(self._after)
        self._overlap = min(pace.overlap, self._capacity // 4)
        self._of_kind = self._membership()

    def find(self, texts: Sequence[str]) -> list[Found]:
        found = [Found("too_long")] * len(texts)
        for group in groups(texts, longest=self._max_characters):
            readings = self._read([texts[place] for place in group])
            for place, answer in zip(group, self._look(readings), strict=True):
                found[place] = answer
        return found

    def _read(self, texts: list[str]) -> list[_Reading | None]:
        """None: the tokenizer fails on the text."""
        try:
            coded = self._tokenizer(
                [as_shown(text) for text in texts],
                add_special_tokens=False,
                return_attention_mask=False,
                return_token_type_ids=False,
                return_offsets_mapping=True,
                padding=False,
                truncation=False,
                verbose=False,
            )
        except (ValueError, TypeError, RuntimeError, OverflowError):
            return [None] if len(texts) == 1 else [reading for text in texts for reading in self._read([text])]
        return [
            self._made_ready(text, tokens, offsets)
            for text, tokens, offsets in zip(texts, coded["input_ids"], coded["offset_mapping"], strict=True)
        ]

    def _made_ready(self, text: str, tokens: list[int], offsets: list[tuple[int, int]]) -> _Reading:
        places = np.array(offsets, dtype=np.int64).reshape(-1, 2)
        words = find_words(text, places, longest=max(1, self._overlap // 4))
        windows = plan_windows(words.first, capacity=self._capacity, overlap=self._overlap)
        return _Reading(text, np.array(tokens, dtype=np.int64), words, tuple(windows))

    def _look(self, readings: list[_Reading | None]) -> Iterator[Found]:
        views = [
            _View(reading, begin, end) for reading in readings if reading is not None for begin, end in reading.windows
        ]
        looks = look_paced(views, self._forward, length=self._shown_length, budget=self.budget)
        answers = iter(looks)
        for reading in readings:
            if reading is None:
                yield Found("failed")
                continue
            seen = [next(answers) for _ in reading.windows]
            whole = [named for named in seen if named is not None]
            yield self._found(reading, whole) if len(whole) == len(seen) else Found("failed")

    def _shown_length(self, view: _View) -> int:
        return view.length + len(self._before) + len(self._after)

    def _forward(self, views: list[_View]) -> list[list[_Named]]:
        """One pass over the network. What stays on the device: everything of words at which nothing stands.

        Raises:
            ValueError: what came out for one of the views is not a number.
        """
        import torch

        tokens, mask, words = (torch.from_numpy(part).to(self.device) for part in self._padded(views))
        half = self.half
        with torch.inference_mode(), torch.autocast(self.device.split(":")[0], dtype=half, enabled=half is not None):
            logits = self.network(input_ids=tokens, attention_mask=mask).logits
        with torch.inference_mode():
            labels = logits.float().softmax(dim=-1)
            row, word, kind, score, first, last = self._likeliest(labels, words)
            outcome = torch.stack((row, word, kind, first, last)).cpu().tolist(), score.cpu().tolist()
        (rows, *places), scores = outcome
        if not np.isfinite(scores).all():
            raise _NotANumberError
        named: list[list[_Named]] = [[] for _ in views]
        for at, number, of, sure, begin, end in zip(rows, *places[:2], scores, *places[2:], strict=True):
            named[at].append(_Named(number, of, sure, begin, end))
        return named

    def _padded(self, views: list[_View]) -> tuple[Places, Places, Places]:
        """Tokens, what of them counts, and the word of each, from 1; a special or padding token is of word 0."""
        width = padded(max(self._shown_length(view) for view in views))
        tokens = np.full((len(views), width), self._tokenizer.pad_token_id or 0, dtype=np.int64)
        mask = np.zeros_like(tokens)
        words = np.zeros_like(tokens)
        for row, view in enumerate(views):
            length = self._shown_length(view)
            own = slice(len(self._before), length - len(self._after))
            tokens[row, :length] = np.concatenate([self._before, view.tokens, self._after])
            mask[row, :length] = 1
            sizes = np.diff(view.reading.words.first[view.begin : view.end + 1])
            words[row, own] = np.repeat(np.arange(1, len(sizes) + 1), sizes)
        return tokens, mask, words

    def _likeliest(self, labels: Any, words: Any) -> tuple[Any, ...]:
        """The words at which something stands, one entry each: row, word, kind, score, first and last label.

        A word whose probabilities are not numbers is among them.
        """
        import torch

        count = int(words.max()) + 1
        rows, width = words.shape
        flat = (words + torch.arange(rows, device=words.device)[:, None] * count).flatten()
        kinds = (labels @ self._of_kind).flatten(0, 1)
        sums = torch.zeros(rows * count, kinds.shape[1], device=kinds.device).index_add_(0, flat, kinds)
        sizes = torch.bincount(flat, minlength=rows * count).clamp(min=1)
        score, kind = (sums / sizes[:, None]).max(dim=-1)
        is_word = torch.arange(rows * count, device=words.device) % count > 0
        found = (is_word & ((kind > 0) | ~score.isfinite())).nonzero().flatten()
        place = torch.arange(rows * width, device=words.device)
        last = torch.zeros(rows * count, dtype=torch.long, device=words.device).scatter_reduce(0, flat, place, "amax")
        ends = [
            (labels.flatten(0, 1)[token] * self._of_kind.T[kind[found]]).argmax(dim=-1)
            for token in (last[found] - sizes[found] + 1, last[found])
        ]
        return found // count, found % count - 1, kind[found], score[found], *ends

    def _membership(self) -> Any:
        """Which label is of which kind, as a matrix of 0 and 1: labels by kinds, nothing first."""
        import torch

        of_kind = torch.zeros(len(self._outputs), len(self._kinds))
        for place, label in enumerate(self._outputs):
            of_kind[place, self._kinds.index(label.kind or "")] = 1
        return of_kind.to(self.device)

    def _found(self, reading: _Reading, seen: list[list[_Named]]) -> Found:
        windows = reading.windows
        mentions = [
            [
                Mention(mention.kind, mention.start + begin, mention.end + begin, mention.score)
                for mention in self._mentions(named)
            ]
            for named, (begin, _) in zip(seen, windows, strict=True)
        ]
        return Found("seen", tuple(self._spans(reading, join_windows(windows, mentions))))

    def _mentions(self, named: list[_Named]) -> Iterator[Mention]:
        """Words of one kind in a row as one, where no label speaks against it."""
        run: list[_Named] = []
        for word in named:
            if run and not self._goes_on(run[-1], word):
                yield self._mention(run)
                run = []
            run.append(word)
        if run:
            yield self._mention(run)

    def _goes_on(self, before: _Named, word: _Named) -> bool:
        if word.word != before.word + 1 or word.kind != before.kind:
            return False
        left, right = self._outputs[before.last], self._outputs[word.first]
        # Two entities of the model's that are one kind to us, such as a first and a last name, are one mention.
        return left.entity != right.entity or not (left.ends or right.begins)

    def _mention(self, run: list[_Named]) -> Mention:
        score = sum(word.score for word in run) / len(run)
        return Mention(self._kinds[run[0].kind], run[0].word, run[-1].word + 1, score)

    def _spans(self, reading: _Reading, mentions: list[Mention]) -> Iterator[Span]:
        free: dict[str, int] = {}
        for mention in mentions:
            score = round(min(mention.score, 1.0), 4)
            if score < self._threshold or mention.kind not in self.labels:
                continue
            start = max(int(reading.words.start[mention.start]), free.get(mention.kind, 0))
            start, end = trimmed(reading.text, start, int(reading.words.end[mention.end - 1]))
            if start < end:
                free[mention.kind] = end
                value = value_digest(mention.kind, reading.text[start:end])
                yield Span(mention.kind, start, end, score, self.name, value)


def load_token_model(
    where: str, *, wanted: Wanted, pace: Pace, device: str = "auto", revision: str | None = None
) -> TokenModel:
    """Loads a token classifier; see `filters.personal.names.models.load_model`.

    Raises:
        ConfigError: as there.
    """
    require_packages(("torch", "transformers"), extra="names", who=WHO, instead=INSTEAD)
    folder = model_folder(where, who=WHO, revision=revision)
    place = resolve_device(device, who=WHO)
    name = where if not Path(where).expanduser().exists() else folder.resolve().name
    tokenizer, network = load_network(folder, "token classification", where=where, device=place, who=WHO)
    names = [str(network.config.id2label[number]) for number in range(network.config.num_labels)]
    outputs = read_labels(names, renames=dict(wanted.renames), where=f"names: {where}")
    return TokenModel(
        network,
        tokenizer,
        name=name,
        digest=model_digest(folder, who=WHO),
        outputs=outputs,
        wanted=wanted,
        pace=pace,
        device=place,
    )


def _reported(outputs: tuple[Label, ...], wanted: Wanted, *, where: str) -> tuple[str, ...]:
    known = {label.kind for label in outputs if label.kind}
    for kind in wanted.kinds:
        if kind not in known:
            raise ConfigError.unknown("kind", kind, known, where=f"names: {where}")
    return tuple(sorted(wanted.kinds or known))
