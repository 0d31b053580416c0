"""Texts as a network of transformers sees them: tokenized once, cut into windows, shown in passes of like length.

Passes are sized by their tokens. What stands in a text for a special token is read as the characters that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from filters.text.utf8 import Places
from filters.text_models.classifier import Reading
from filters.text_models.paced import Budget, look_paced, padded
from filters.text_models.tokens import as_shown, capacity, groups, specials
from filters.text_models.windows import covered, even_windows
from tamis.errors import ConfigError

Answer = TypeVar("Answer")

WINDOW = 512
"""Tokens of a window where the recipe does not say: what most networks were trained on at most."""

_BUDGET = 16_384
"""Tokens of one forward pass, padding included."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A text, made ready."""

    tokens: Places
    starts: Places


@dataclass(frozen=True, slots=True, eq=False)
class Seen(Generic[Answer]):
    """What came of one text."""

    read: Read | None
    """Null: the tokenizer fails on it."""
    answers: tuple[Answer, ...] = ()
    """One for each window; none if there was nothing to show, or if the network failed on one of them."""
    windows: int = 0
    covered: float = 1.0
    """The share of the tokens that lie in them."""

    @property
    def failed(self) -> bool:
        return self.read is None or len(self.answers) < self.windows


class NotANumberError(ValueError):
    """A model answered with something that is no number."""


class WindowReader:
    """Shows texts to a network.

    Raises:
        ConfigError: the network takes so few tokens that none are left for a text, or nothing says which token pads.
    """

    def __init__(self, network: Any, tokenizer: Any, *, reading: Reading, where: str) -> None:
        _expect_padding(network, tokenizer, where=where, who=reading.who)
        self.tokenizer = tokenizer
        self.budget = Budget(_BUDGET)
        self.unknown = -1 if tokenizer.unk_token_id is None else int(tokenizer.unk_token_id)
        self._padding = int(network.config.pad_token_id)
        self._before, self._after = specials(tokenizer)
        self._special = len(self._before) + len(self._after)
        self.size = capacity(network, tokenizer, window=reading.window or WINDOW) - self._special
        self._overlap = min(reading.overlap, self.size // 4)
        self._most = reading.max_windows
        if self.size < 1:
            raise ConfigError(f"{reading.who}: {where} takes so few tokens at once that none are left for a text.")

    def look(
        self, texts: Sequence[str], forward: Callable[[list[Places]], list[Answer]]
    ) -> Iterator[tuple[int, Seen[Answer]]]:
        """What came of each text, with its place.

        Args:
            texts: of any length.
            forward: one pass over the network: an answer for each window of tokens.
        """
        for group in groups(texts, longest=max(map(len, texts), default=0)):
            reads = self.read([texts[place] for place in group])
            yield from zip(group, self._seen(reads, forward), strict=True)

    def _seen(
        self, reads: list[Read | None], forward: Callable[[list[Places]], list[Answer]]
    ) -> Iterator[Seen[Answer]]:
        windows = [
            read.tokens[start : start + self.size] for read in reads if read is not None for start in read.starts
        ]
        # Without special tokens there is nothing to show of an empty text.
        shown = [window for window in windows if self.length(window)]
        looks = look_paced(shown, forward, length=self.length, budget=self.budget)
        answers = iter(looks)
        for read in reads:
            if read is None or not self.length(read.tokens):
                yield Seen(read)
                continue
            seen = [next(answers) for _ in read.starts]
            whole = tuple(answer for answer in seen if answer is not None)
            yield Seen(
                read,
                whole if len(whole) == len(seen) else (),
                windows=len(seen),
                covered=covered(read.starts, len(read.tokens), size=self.size),
            )

    def read(self, texts: list[str]) -> list[Read | None]:
        """The texts, made ready; null where the tokenizer fails on one."""
        try:
            coded = self.tokenizer(
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
            return [None] if len(texts) == 1 else [read for text in texts for read in self.read([text])]
        return [self._made_ready(np.array(tokens, dtype=np.int64)) for tokens in coded["input_ids"]]

    def _made_ready(self, tokens: Places) -> Read:
        starts = even_windows(len(tokens), size=self.size, overlap=self._overlap, most=self._most)
        return Read(tokens, starts)

    def length(self, window: Places) -> int:
        """Of a window, with the special tokens."""
        return len(window) + self._special

    def padded(self, windows: list[Places]) -> tuple[Places, Places]:
        """Tokens, and what of them counts. Padding stands behind: decoders find their last token by it."""
        width = padded(max(map(self.length, windows)))
        tokens = np.full((len(windows), width), self._padding, dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, window in enumerate(windows):
            length = self.length(window)
            tokens[row, :length] = np.concatenate([self._before, window, self._after])
            mask[row, :length] = 1
        return tokens, mask


def _expect_padding(network: Any, tokenizer: Any, *, where: str, who: str) -> None:
    if network.config.pad_token_id is None:
        network.config.pad_token_id = tokenizer.pad_token_id
    if network.config.pad_token_id is None:
        raise ConfigError(
            f"{who}: neither config nor tokenizer of {where} says which token pads, so that texts cannot be shown "
            "together. Set pad_token_id in its config.json to the one that it was trained with."
        )
