"""Models of the library gliner2, which look for whatever kinds they are asked for by name.

Texts are cut into windows of words here, as for a token classifier, and shown to the library window by window in
batches of like length. Its own cutting is not used, for it loses which text failed.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from filters.device import resolve_device
from filters.loading import loading
from filters.personal.names.models import INSTEAD, WHO, Found, Pace, Wanted
from filters.personal.names.windows import Mention, Places, join_windows, plan_windows
from filters.personal.names.words import trimmed
from filters.personal.spans import Span
from filters.personal.values import value_digest
from filters.text_models.paced import Budget, look_paced
from filters.text_models.tokens import as_shown
from filters.text_models.weights import model_digest, model_folder, require_packages
from tamis.errors import ConfigError

# A window counts letters and digits that stand together, and each other sign, as one word; long runs as several.
_WORD = re.compile(r"\w{1,16}|[^\w\s]")

_ASKED = {
    "PERSON": "person",
    "LOCATION": "location",
    "ADDRESS": "street address",
    "ORGANIZATION": "organization",
    "DATE_OF_BIRTH": "date of birth",
    "USERNAME": "username",
}
"""What is asked for a kind of ours; for others, their name in lower case."""

_SLACK = 0.001
"""So much below the threshold the library is asked for already, for it compares before it rounds."""


@dataclass(frozen=True, slots=True)
class _Window:
    text: str
    words: int
    start: int
    """Where it begins in its whole text."""


class GlinerModel:
    """A loaded gliner2 model; see `filters.personal.names.models.NameModel`. Made by `load_gliner_model`."""

    def __init__(self, extractor: Any, *, name: str, digest: str, wanted: Wanted, pace: Pace) -> None:
        self.name = name
        self.digest = digest
        self.labels = tuple(sorted(set(wanted.kinds)))
        self.budget = Budget(pace.budget)
        self._extractor = extractor
        self._asked = _asked(wanted)
        self._threshold = wanted.threshold
        self._max_characters = pace.max_characters
        self._window = pace.window * 3 // 4  # English has some 4 tokens to 3 words
        self._overlap = min(pace.overlap, self._window // 4)

    def find(self, texts: Sequence[str]) -> list[Found]:
        plans = [self._plan(text) if len(text) <= self._max_characters else None for text in texts]
        windows = [window for plan in plans if plan is not None for window in plan]
        looks = look_paced(windows, self._look, length=lambda window: window.words, budget=self.budget)
        answers = iter(looks)
        found = []
        for text, plan in zip(texts, plans, strict=True):
            if plan is None:
                found.append(Found("too_long"))
                continue
            seen = [next(answers) for _ in plan]
            whole = [mentions for mentions in seen if mentions is not None]
            is_whole = len(whole) == len(seen)
            found.append(Found("seen", tuple(self._spans(text, plan, whole))) if is_whole else Found("failed"))
        return found

    def _plan(self, text: str) -> list[_Window]:
        shown = as_shown(text)
        words = np.array([match.span() for match in _WORD.finditer(shown)], dtype=np.int64).reshape(-1, 2)
        counted: Places = np.arange(len(words) + 1)
        return [
            _Window(shown[words[begin, 0] : words[end - 1, 1]], end - begin, int(words[begin, 0]))
            for begin, end in plan_windows(counted, capacity=self._window, overlap=self._overlap)
        ]

    def _look(self, windows: list[_Window]) -> list[list[Mention]]:
        with _muted():
            answers = self._extractor.batch_extract_entities(
                [window.text for window in windows],
                list(self._asked),
                batch_size=len(windows),
                threshold=max(0.0, self._threshold - _SLACK),
                include_confidence=True,
                include_spans=True,
            )
        return [
            list(self._mentions(answer["entities"], window.start))
            for answer, window in zip(answers, windows, strict=True)
        ]

    def _mentions(self, entities: dict[str, list[dict[str, Any]]], start: int) -> Iterator[Mention]:
        for asked, hits in entities.items():
            for hit in hits:
                yield Mention(self._asked[asked], start + hit["start"], start + hit["end"], float(hit["confidence"]))

    def _spans(self, text: str, windows: list[_Window], seen: list[list[Mention]]) -> Iterator[Span]:
        places = [(window.start, window.start + len(window.text)) for window in windows]
        # With one window too: joined, mentions of one kind that overlap are one.
        for mention in join_windows(places, seen):
            score = round(min(mention.score, 1.0), 4)
            start, end = trimmed(text, mention.start, mention.end)
            if score >= self._threshold and start < end:
                yield Span(mention.kind, start, end, score, self.name, value_digest(mention.kind, text[start:end]))


def load_gliner_model(
    where: str, *, wanted: Wanted, pace: Pace, device: str = "auto", revision: str | None = None
) -> GlinerModel:
    """Loads a gliner2 model; see `filters.personal.names.models.load_model`.

    Raises:
        ConfigError: as there, and no kinds are named.
    """
    require_packages(("torch", "transformers", "gliner2"), extra="gliner", who=WHO, instead=INSTEAD)
    if not wanted.kinds:
        raise ConfigError("names: kinds is empty, and gliner2 looks for what it is asked. Name some, PERSON for one.")
    folder = model_folder(where, who=WHO, revision=revision)
    place = resolve_device(device, who=WHO)
    _check_kind_of_model(folder, where=where)
    name = where if not Path(where).expanduser().exists() else folder.resolve().name
    extractor = _load(folder, where=where, device=place)
    if place.startswith("cuda") and pace.half:
        extractor.quantize()
    return GlinerModel(extractor, name=name, digest=model_digest(folder, who=WHO), wanted=wanted, pace=pace)


def _load(folder: Path, *, where: str, device: str) -> Any:
    from gliner2 import AutoExtractor

    made_for = "of a model for gliner2; those for gliner are of another make."
    with _quiet(), loading(where, who=WHO, what="by gliner2", hint=made_for):
        return AutoExtractor.from_pretrained(str(folder), map_location=device, local_files_only=True).eval()


def _check_kind_of_model(folder: Path, *, where: str) -> None:
    if not (folder / "encoder_config" / "config.json").exists():
        raise ConfigError(
            f"names: {where} is no gliner2 model: it has no encoder_config/config.json. For a token classifier the "
            "backend is transformers."
        )
    # gliner2 lets transformers run the code that such a key names.
    for config in (folder / "config.json", folder / "encoder_config" / "config.json"):
        if "auto_map" in json.loads(config.read_bytes()):
            raise ConfigError(
                f"names: {where} wants to run code of its own (auto_map in {config.name}), which is refused."
            )


@contextmanager
def _muted() -> Iterator[None]:
    """Lets nothing of gliner2's log out: it quotes words that its tokenizer does not know."""
    logger = logging.getLogger("gliner2")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps what the libraries print and log about themselves off the terminal."""
    from transformers.utils import logging as verbosity

    level = verbosity.get_verbosity()
    verbosity.set_verbosity(logging.CRITICAL)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        verbosity.set_verbosity(level)


def _asked(wanted: Wanted) -> dict[str, str]:
    """Our kind by what the model is asked for."""
    renamed = {asked: kind for asked, kind in wanted.renames if kind in wanted.kinds}
    left = [kind for kind in wanted.kinds if kind not in renamed.values()]
    return dict(chain(renamed.items(), ((_ASKED.get(kind, kind.lower().replace("_", " ")), kind) for kind in left)))
