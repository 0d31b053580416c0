"""What it costs to score texts with classifiers: `python benchmarks/text_class.py FILE...`.

Each FILE has a column or field `text` (Parquet, or gzipped JSON lines). The fastText models are of numbers drawn by
chance, of the size of published ones: 100 numbers for each of 20,000 words and a million buckets, pairs of words, two
labels; dense, quantised, and with parts of words. Megabytes of text per second of processor, without reading the model
and compiling. The network is the tiny one of `tiny_classes.py`, on the processor: what surrounds a network, told by
the share of its passes in the whole; how fast a real one is depends on the real one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import measure
import polars as pl
import tiny_classes
import tiny_fasttext
from running_text import texts

from filters.text_models.classifier import Reading, TextClassifier, load_classifier

TIMES = 3
SIZED = tiny_fasttext.Shape(
    words=("</s>", *(f"word{number}" for number in range(20_000))),
    labels=("one", "two"),
    width=100,
    grams=2,
    least=0,
    most=0,
    buckets=1_000_000,
)
SHAPES = {
    "pairs of words": SIZED,
    "the same, quantised": replace(SIZED, quantised=True, normed=True, part=2),
    "parts of words of 3 to 6 characters": replace(SIZED, grams=1, least=3, most=6),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    given = parser.parse_args()
    print(measure.machine())
    with tempfile.TemporaryDirectory() as folder:
        models = {
            name: tiny_fasttext.write(Path(folder) / f"{place}.bin", shape)
            for place, (name, shape) in enumerate(SHAPES.items())
        }
        for file in given.files:
            column = pl.Series(list(texts(file)))
            megabytes = column.str.len_bytes().sum() / 1e6
            print(f"\n{file.name}: {len(column):,} texts, {megabytes:.1f} MB\n")
            named = [(f"fastText, {name}", path, window) for name, path in models.items() for window in (0, 128)]
            rows = [
                (name, str(window or "whole"), f"{megabytes / _cpu(_model(path, window), column):.1f}")
                for name, path, window in named
            ]
            print(measure.table(("model", "window", "MB / CPU s"), rows))
        if all(find_spec(package) for package in ("torch", "transformers")):
            _network(Path(folder), column)


def _model(path: Path, window: int) -> TextClassifier:
    return load_classifier(str(path), reading=Reading(window), device="cpu", scored_by=None)


def _cpu(model: TextClassifier, column: pl.Series) -> float:
    model.score(["once, to compile it"])
    return _least(lambda: [model.score(column[start : start + 256].to_list()) for start in range(0, len(column), 256)])


def _least(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def _network(folder: Path, column: pl.Series) -> None:
    """How much of the time is the network's own: the same padded batches through it and nothing else."""
    import torch

    torch.set_num_threads(1)
    model: Any = _model(tiny_classes.build(folder / "tiny"), 0)
    few = column.head(256).to_list()
    batches: list[dict[str, Any]] = []
    hook = model.network.register_forward_pre_hook(lambda _, args, given: batches.append(given), with_kwargs=True)
    windows = int(model.score(few).windows.sum())
    hook.remove()
    alone = [dict(batch) for batch in batches]

    def pass_all() -> None:
        with torch.inference_mode():
            for batch in alone:
                model.network(**batch)

    whole, network = _least(lambda: model.score(few)), _least(pass_all)
    size = sum(len(text.encode()) for text in few) / 1e6
    sizes = list(chain.from_iterable([len(batch["input_ids"])] for batch in alone))
    print(
        f"\nnetwork: 256 texts, {size:.1f} MB, {windows:,} windows in {len(sizes)} passes; "
        f"{whole:.2f} CPU s, of which the network alone {network:.2f} ({network / whole:.0%})"
    )


if __name__ == "__main__":
    main()
