"""Safe labels: provenance that may stand in the catalog.

Ids, paths, titles, authors and addresses come from corpus authors and can hold anything. Before they leave the reader
they lose what looks like an e-mail address, control characters and excess length, so that the catalog is no leak and no
terminal is tricked by an escape sequence.
"""

from __future__ import annotations

import re

import polars as pl

MAX_LABEL = 300
"""Characters a label may have; longer ones are cut."""

# Wider than any grammar of addresses, on purpose: a label loses little, a leak loses much.
_EMAIL = r"[^\s<>\"'(),;:\[\]]+(?:@|%40|&#64;|＠)[^\s<>\"'(),;:\[\]]+"
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]+"


def safe_label(text: pl.Expr) -> pl.Expr:
    """The label as it may be stored: no address, no control or direction character, at most MAX_LABEL characters."""
    return text.str.replace_all(_CONTROL, " ").str.replace_all(_EMAIL, "<EMAIL>").str.slice(0, MAX_LABEL)


def encodable(text: str) -> str:
    """The text with `?` for each lone surrogate, which Python makes of bytes that are no UTF-8 and nobody takes."""
    return text.encode("utf-8", "replace").decode()


def safe_word(text: str) -> str:
    """`safe_label` for one string: a shard's or a file's name."""
    text = encodable(text)
    return re.sub(_EMAIL, "<EMAIL>", re.sub(_CONTROL, " ", text))[:MAX_LABEL]
