"""Every token of every document beside spaCy's: `python benchmarks/english_tokens.py FILE…`.

The files are Parquet or JSON lines, gzipped or not, with a column `text`. Says how many documents differ, the first few
places where they do (as offsets, not as text), and what both cost.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import polars as pl

from filters.text import english_rules
from filters.text.english_tokens import by_spacy, english_tokens
from filters.text.utf8 import Utf8

BATCH = 512
_T = TypeVar("_T")


def main() -> None:
    english_rules.tokenizer()
    english_tokens(Utf8.of(pl.Series(["warm"])))
    for name in sys.argv[1:]:
        print(_compared(Path(name)))


def _compared(file: Path) -> str:
    texts = _texts(file)
    ours = theirs = 0.0
    size = tokens = differing = 0
    for begin in range(0, len(texts), BATCH):
        batch = Utf8.of(texts[begin : begin + BATCH])
        mine, cost = _timed(lambda batch=batch: english_tokens(batch))
        ours += cost
        asked, cost = _timed(lambda batch=batch: by_spacy(batch))
        theirs += cost
        size += len(batch.data[batch.offsets[0] : batch.offsets[-1]])
        tokens += len(mine.starts)
        for text in range(len(batch)):
            a, b = (
                list(zip(words.starts[span], words.ends[span], strict=True))
                for words in (mine, asked)
                for span in [slice(words.bounds[text], words.bounds[text + 1])]
            )
            if a != b:
                differing += 1
                if differing <= 5:
                    place = next((x for x, y in zip(a, b, strict=False) if x != y), None)
                    print(f"  document {begin + text} differs from byte {place and place[0] - batch.offsets[text]}")
    return (
        f"{file.name}: {len(texts):,} documents, {size / 1e6:.1f} MB, {tokens:,} tokens, {differing} documents differ; "
        f"here {size / 1e6 / ours:.1f} MB per CPU-second, spaCy {size / 1e6 / theirs:.2f}"
    )


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    started = time.process_time()
    done = work()
    return done, time.process_time() - started


def _texts(file: Path) -> pl.Series:
    if file.suffix == ".parquet":
        return pl.read_parquet(file, columns=["text"])["text"].drop_nulls()
    return pl.read_ndjson(file)["text"].drop_nulls()


if __name__ == "__main__":
    main()
