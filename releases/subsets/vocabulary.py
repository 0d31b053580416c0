"""The pieces that a small transformer reads: byte pairs (Sennrich et al., 2016), learned from what stays.

Every text has such pieces, whatever its language, for the bytes themselves are among them. Held-out texts are not in
what stays, so that the vocabulary has seen none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Tokens = npt.NDArray[np.int32]

END: Final = 0
"""Stands between texts."""

PAD: Final = -1
"""Fills up a block; nothing is asked of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What was learned."""

    tokenizer: Tokenizer
    bytes_per_token: float
    """Of the texts that it was learned from."""

    @classmethod
    def learned(cls, texts: pl.Series, size: int) -> Vocabulary:
        """The most frequent pairs of these texts, one after the other."""
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=["<end>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        # what looks like the sign of an end in a text is text
        tokenizer.encode_special_tokens = True
        made = cls(tokenizer, 1.0)
        count = sum(len(each) + 1 for each in made.tokens(texts))
        return cls(tokenizer, int(texts.str.len_bytes().sum()) / count)

    def tokens(self, texts: pl.Series) -> list[Tokens]:
        """Those of each text."""
        encoded = self.tokenizer.encode_batch_fast(texts.to_list(), add_special_tokens=False)
        return [np.array(each.ids, dtype=np.int32) for each in encoded]


def blocks_of(stream: Tokens, context: int) -> Tokens:
    """A stream cut into rows of `context` + 1, each beginning with the token that the one before ends with."""
    count = max(-(-(len(stream) - 1) // context), 1)
    padded = np.full(count * context + 1, PAD, dtype=np.int32)
    padded[: len(stream)] = stream
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(padded, context + 1)[::context])


def stream_of(texts: list[Tokens]) -> Tokens:
    """Texts one after the other, an end before, between and after them."""
    end = np.array([END], dtype=np.int32)
    return np.concatenate([end, *(part for tokens in texts for part in (tokens, end))])
