"""Networks of transformers that score a text as a whole: `AutoModelForSequenceClassification`.

A text is tokenized once and cut into windows of tokens; the windows of a batch are shown to the network in passes of
like length, sized by their tokens. What stands in a text for a special token is read as the characters that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from filters.device import resolve_device
from filters.text.utf8 import Places
from filters.text_models.classifier import SCORED_BY, WHO, Reading, ScoredBy, Scores
from filters.text_models.network import half_precision, load_network
from filters.text_models.paced import Budget, look_paced, padded
from filters.text_models.tokens import as_shown, capacity, groups, specials
from filters.text_models.weights import model_digest, model_folder, require_packages
from filters.text_models.windows import covered, even_windows
from tamis.errors import ConfigError

_WINDOW = 512
"""Tokens of a window where the recipe does not say: what most classifiers were trained on at most."""

_BUDGET = 16_384
"""Tokens of one forward pass, padding included."""

_BY_PROBLEM: dict[str, ScoredBy] = {
    "single_label_classification": "softmax",
    "multi_label_classification": "sigmoid",
    "regression": "raw",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A text, made ready."""

    tokens: Places
    starts: Places


class _NotANumberError(ValueError):
    """A model answered with something that is no number."""


class SequenceModel:
    """See `filters.text_models.classifier.TextClassifier`. Made by `load_sequence_model`."""

    libraries = ("torch", "transformers")

    def __init__(
        self, network: Any, tokenizer: Any, *, digest: str, reading: Reading, scored_by: ScoredBy, device: str
    ) -> None:
        self.network = network
        self.digest = digest
        self.labels = tuple(str(network.config.id2label[number]) for number in range(network.config.num_labels))
        self.scored_by = scored_by
        self.budget = Budget(_BUDGET)
        self.device = device
        self.half = half_precision(device)
        self._tokenizer = tokenizer
        self._before, self._after = specials(tokenizer)
        self._special = len(self._before) + len(self._after)
        self.size = capacity(network, tokenizer, window=reading.window or _WINDOW) - self._special
        self._overlap = min(reading.overlap, self.size // 4)
        self._most = reading.max_windows

    def score(self, texts: Sequence[str]) -> Scores:
        scores = Scores(
            failed=np.zeros(len(texts), dtype=np.bool_),
            windows=np.zeros(len(texts), dtype=np.int64),
            covered=np.ones(len(texts)),
            highest=np.full((len(texts), len(self.labels)), np.nan),
            mean=np.full((len(texts), len(self.labels)), np.nan),
        )
        for group in groups(texts, longest=max(map(len, texts), default=0)):
            self._fill(scores, group, self._read([texts[place] for place in group]))
        return scores

    def _fill(self, scores: Scores, group: list[int], reads: list[_Read | None]) -> None:
        windows = [
            read.tokens[start : start + self.size] for read in reads if read is not None for start in read.starts
        ]
        # Without special tokens there is nothing to show of an empty text.
        shown = [window for window in windows if len(window) + self._special]
        looks = look_paced(shown, self._forward, length=self._length, budget=self.budget)
        answers = iter(looks)
        for place, read in zip(group, reads, strict=True):
            if read is None:
                scores.failed[place] = True
                continue
            if not len(read.tokens) + self._special:
                continue
            seen = [next(answers) for _ in read.starts]
            whole = [answer for answer in seen if answer is not None]
            scores.failed[place] = len(whole) < len(seen)
            scores.windows[place] = len(seen)
            scores.covered[place] = covered(read.starts, len(read.tokens), size=self.size)
            if len(whole) == len(seen):
                scores.highest[place] = np.max(whole, axis=0)
                scores.mean[place] = np.mean(whole, axis=0)

    def _read(self, texts: list[str]) -> list[_Read | None]:
        """None: the tokenizer fails on the text."""
        try:
            coded = self._tokenizer(
                [as_shown(text) for text in texts],
                add_special_tokens=False,
                split_special_tokens=True,
                return_attention_mask=False,
                return_token_type_ids=False,
                padding=False,
                truncation=False,
                verbose=False,
            )
        except (ValueError, TypeError, RuntimeError, OverflowError):
            return [None] if len(texts) == 1 else [read for text in texts for read in self._read([text])]
        return [self._made_ready(np.array(tokens, dtype=np.int64)) for tokens in coded["input_ids"]]

    def _made_ready(self, tokens: Places) -> _Read:
        starts = even_windows(len(tokens), size=self.size, overlap=self._overlap, most=self._most)
        return _Read(tokens, starts)

    def _length(self, window: Places) -> int:
        return len(window) + self._special

    def _forward(self, windows: list[Places]) -> list[npt.NDArray[np.float64]]:
        """One pass over the network.

        Raises:
            ValueError: what came out for one of the windows is not a number.
        """
        import torch

        tokens, mask = (torch.from_numpy(part).to(self.device) for part in self._padded(windows))
        half = self.half
        with torch.inference_mode(), torch.autocast(self.device.split(":")[0], dtype=half, enabled=half is not None):
            logits = self.network(input_ids=tokens, attention_mask=mask).logits
        with torch.inference_mode():
            outputs = logits.double()
            if self.scored_by == "softmax":
                outputs = outputs.softmax(dim=-1)
            elif self.scored_by == "sigmoid":
                outputs = outputs.sigmoid()
            found = outputs.cpu().numpy()
        if not np.isfinite(found).all():
            raise _NotANumberError
        return list(found)

    def _padded(self, windows: list[Places]) -> tuple[Places, Places]:
        """Tokens, and what of them counts. Padding stands behind: decoders find their last token by it."""
        width = padded(max(map(self._length, windows)))
        tokens = np.full((len(windows), width), self.network.config.pad_token_id, dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, window in enumerate(windows):
            length = self._length(window)
            tokens[row, :length] = np.concatenate([self._before, window, self._after])
            mask[row, :length] = 1
        return tokens, mask


def load_sequence_model(where: str, *, reading: Reading, device: str, scored_by: ScoredBy | None) -> SequenceModel:
    """Loads a network; see `filters.text_models.classifier.load_classifier`.

    Raises:
        ConfigError: as there.
    """
    require_packages(("torch", "transformers"), extra="names", who=WHO, instead="or name a file of fastText")
    folder = model_folder(where, who=WHO)
    place = resolve_device(device, who=WHO)
    tokenizer, network = load_network(folder, "sequence classification", where=where, device=place, who=WHO)
    _expect_padding(network, tokenizer, where=where)
    model = SequenceModel(
        network,
        tokenizer,
        digest=model_digest(folder, who=WHO),
        reading=reading,
        scored_by=scored_by or _scored_by(network.config, where=where),
        device=place,
    )
    if model.size < 1:
        raise ConfigError(f"{WHO}: {where} takes so few tokens at once that none are left for a text.")
    return model


def _expect_padding(network: Any, tokenizer: Any, *, where: str) -> None:
    if network.config.pad_token_id is None:
        network.config.pad_token_id = tokenizer.pad_token_id
    if network.config.pad_token_id is None:
        raise ConfigError(
            f"{WHO}: neither config nor tokenizer of {where} says which token pads, so that texts cannot be shown "
            "together. Set pad_token_id in its config.json to the one that it was trained with."
        )


def _scored_by(config: Any, *, where: str) -> ScoredBy:
    problem = config.problem_type
    if problem in _BY_PROBLEM:
        return _BY_PROBLEM[problem]
    if config.num_labels > 1:
        return "softmax"
    raise ConfigError(
        f"{WHO}: {where} has one label, and its config.json has no problem_type that says how its output is to be "
        f"read. Say it in `scores`: NAME=sigmoid for a probability, NAME=raw for a mark "
        f"({', '.join(SCORED_BY)})."
    )
