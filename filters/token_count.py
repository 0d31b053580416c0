"""Counts the tokens of texts: exactly, by a tokenizer that you bring, or as an estimate.

Exactly: `tokenizer.json` of the `tokenizers` library (extra `tokenizers`), without the tokens that it adds around a
text; whatever truncation or padding the file asks for is off. It runs on one thread.

As an estimate, without a file: bytes of each script by how many of them make a token
(`filters/data/token_estimate.toml`), and `estimated` is 1. The table was fitted on what a byte-level BPE of 32,768
tokens makes of documentation, textbooks and translated programs (`benchmarks/token_estimate.py`). It stands for no
tokenizer in particular: one of another size, or trained on fewer languages, makes other numbers of tokens.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from functools import cache
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.loading import loading
from filters.text.classes import UNICODE
from filters.text.script_bytes import SCRIPTS, bytes_of_scripts
from filters.text.utf8 import Utf8
from tamis.errors import ConfigError
from tamis.records import STATUS, FilterSpec, Findings, Measure

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_ESTIMATE: Final = Path(__file__).parent / "data" / "token_estimate.toml"

_AT_ONCE: Final = 64
"""Texts that are encoded together: what is made of them is held in memory, many times their size."""


class TokenCountFilter:
    """How many tokens a text has.

    Args:
        tokenizer: a `tokenizer.json`; empty: they are estimated.

    Raises:
        ConfigError: the file cannot be read or is no tokenizer, or the library is not installed.
    """

    PATHS = ("tokenizer",)

    def __init__(self, *, tokenizer: str = "") -> None:
        data = _bytes(Path(tokenizer)) if tokenizer else _ESTIMATE.read_bytes()
        self._tokenizer = _loaded(data, Path(tokenizer).name) if tokenizer else None
        name, libraries = _ESTIMATE.name, (("unicode", UNICODE),)
        if tokenizer:
            name, libraries = "tokenizer.json", (("tokenizers", version("tokenizers")),)
        self._spec = FilterSpec(
            name="token_count",
            version="1",
            kinds=("text",),
            reads="content",
            measures=(
                Measure("tokens", "number", "Tokens, without those that a tokenizer adds around a text.", (0, inf)),
                Measure("estimated", "number", "1 if no tokenizer was asked, else 0.", (0, 1)),
            ),
            models=((name, hashlib.sha256(data).hexdigest()),),
            libraries=libraries,
        )

    @property
    def spec(self) -> FilterSpec:
        return self._spec

    def find(self, batch: pl.DataFrame) -> Findings:
        texts = batch["text"]
        counts = _estimated(texts) if self._tokenizer is None else _counted(self._tokenizer, texts)
        tokens = pl.Series(counts, dtype=pl.Float64)
        items = batch.select(
            "position",
            status=pl.when(tokens.is_not_null()).then(pl.lit("seen")).otherwise(pl.lit("failed")).cast(STATUS),
            tokens=tokens,
            estimated=pl.when(tokens.is_not_null()).then(float(self._tokenizer is None)),
        )
        return Findings(items=items.match_to_schema(self._spec.schema))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"token_count: {path.name} cannot be read ({error.strerror}). It is named by its place from the recipe's "
            "folder; leave `tokenizer` out for an estimate."
        ) from None


def _loaded(data: bytes, name: str) -> Tokenizer:
    # It would start a thread for each core, in each worker.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise ConfigError(
            "token_count: counting by a tokenizer needs the library `tokenizers`. Install it "
            "(`pip install 'tamis[tokenizers]'`), or leave `tokenizer` out for an estimate."
        ) from error
    with loading(name, who="token_count", what="as a tokenizer", hint="that it is a tokenizer.json."):
        made = Tokenizer.from_buffer(data)
    made.no_truncation()
    made.no_padding()
    return made


def _counted(tokenizer: Tokenizer, texts: pl.Series) -> list[int | None]:
    """Null for a text that the tokenizer fails on."""
    lots = (texts[start : start + _AT_ONCE].to_list() for start in range(0, len(texts), _AT_ONCE))
    return [count for lot in lots for count in _counts(tokenizer, lot)]


def _counts(tokenizer: Tokenizer, texts: list[str]) -> list[int | None]:
    try:
        return [len(each) for each in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    except Exception as error:
        if type(error) is not Exception:  # the library raises that very class, as where an unknown word has no token
            raise
        if len(texts) == 1:
            return [None]
        return [count for text in texts for count in _counts(tokenizer, [text])]


def _estimated(texts: pl.Series) -> list[int | None]:
    return [int(tokens) for tokens in np.ceil(bytes_of_scripts(Utf8.of(texts)) @ _tokens_per_byte())]


@cache
def _tokens_per_byte() -> npt.NDArray[np.float64]:
    bytes_per_token = tomllib.loads(_ESTIMATE.read_text(encoding="utf-8"))["bytes_per_token"]
    return np.array([1 / bytes_per_token[script] for script in SCRIPTS])
