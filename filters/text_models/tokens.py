"""What tokenizers and networks of transformers need to be told about texts, and what they say about themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from filters.text.utf8 import Places

AT_ONCE = 1_000_000
"""Characters tokenized at once: what a tokenizer says of them takes some 50 times that in memory."""

_ENDLESS = 1_000_000_000
"""Above: a tokenizer that does not say how long a text may be."""


def as_shown(text: str) -> str:
    """The text as a tokenizer can take it, every code point in its place: a lone surrogate, which UTF-8 does not have,
    becomes U+FFFD.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def specials(tokenizer: Any) -> tuple[Places, Places]:
    """What the tokenizer puts before and after every text."""
    coded = tokenizer("a", return_special_tokens_mask=True)
    tokens = np.array(coded["input_ids"], dtype=np.int64)
    own = np.flatnonzero(np.array(coded["special_tokens_mask"]) == 0)
    return (tokens[: own[0]], tokens[own[-1] + 1 :]) if len(own) else (tokens, tokens[:0])


def capacity(network: Any, tokenizer: Any, *, window: int) -> int:
    """Tokens of a window, special ones included; less 2 positions, for RoBERTa counts from 2."""
    positions = getattr(network.config, "max_position_embeddings", None) or sys.maxsize
    longest = tokenizer.model_max_length
    return int(min(window, positions - 2, longest if longest < _ENDLESS else sys.maxsize)) // 8 * 8


def groups(texts: Sequence[str], *, longest: int) -> Iterator[list[int]]:
    """Places of the texts that are not too long, so many at once as can be tokenized at once."""
    group: list[int] = []
    size = 0
    for place, text in enumerate(texts):
        if len(text) > longest:
            continue
        if group and size + len(text) > AT_ONCE:
            yield group
            group, size = [], 0
        group.append(place)
        size += len(text)
    if group:
        yield group
