"""Does the learner of `tamis size` rank sizes as a small transformer does, trained for the same budget?
`python benchmarks/subsets_transformer.py OPENSTAX.jsonl.gz DOCS.parquet [--targets …] [--tokens N] [--device cpu]`.

Texts, splits and orders are those of `subsets.py`, seed 0; the transformer is `learner: transformer`. Of each of
eight sizes it sees the same number of tokens, in as many epochs as that takes. Bits per byte on held-out documents, of
the transformer on their first 4,000 characters; the learner with `training_bytes` of as many tokens, and without; and
how alike the three rank the sizes (Spearman). Needs torch and tokenizers.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import subsets

from releases.subsets.curve import Curve, measure
from releases.subsets.learner import Learner
from releases.subsets.learners import learner_of
from releases.subsets.section import Auto, Network
from releases.subsets.transformer_learner import SHARES, TransformerLearner


def spearman(first: list[float], second: list[float]) -> float:
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def measured(part: subsets.Parted, learner: Learner, training_bytes: int | None) -> tuple[Curve, list[float]]:
    curve = measure(part.ordered, learner, training_bytes=training_bytes, repeats=0, shares=SHARES)
    return curve, [curve.bits(point) for point in curve.points]


def compared(pool: subsets.Pool, target: str, arguments: argparse.Namespace, scratch: Path) -> None:
    texts = pl.concat([batch["text"] for batch in pool.texts()])
    part = subsets.parted(pool, texts, target, 0, "linear", scratch)
    budget = arguments.tokens * arguments.bytes_per_token
    auto = Auto(learner="transformer", training_bytes=budget, network=Network(device=arguments.device))
    learner = learner_of(
        part.ordered, part.examples, auto, trainings=len(SHARES), say=lambda line: print(line, flush=True)
    )
    assert isinstance(learner, TransformerLearner)
    begun = time.process_time()
    curve, network = measured(part, learner, budget)
    seconds = time.process_time() - begun
    counting = learner_of(part.ordered, part.examples, Auto())
    _, same = measured(part, counting, budget)
    _, everything = measured(part, counting, None)
    print(
        f"\n{target}: {learner.tokens:,} tokens, {budget:,} bytes; {seconds:.0f} CPU s for {len(SHARES)} sizes\n"
        "share   epochs  transformer  learner, same budget  learner, all"
    )
    for point, *figures in zip(curve.points, network, same, everything, strict=True):
        columns = "  ".join(f"{bits:{width}.4f}" for bits, width in zip(figures, (11, 20, 12), strict=True))
        print(f"{point.share:6.1%}  {budget / point.learned:6.2f}  {columns}")
    print(
        f"Spearman over {len(network)} sizes: {spearman(network, same):+.2f} with the budget, "
        f"{spearman(network, everything):+.2f} without"
    )
    pick = int(np.argmin(same))
    print(f"the learner picks {SHARES[pick]:.1%}: {network[pick] / min(network) - 1:.1%} above the transformer's best")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("openstax", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--targets", nargs="+", default=["anatomy", "economics"])
    parser.add_argument("--tokens", type=int, default=1_200_000)
    parser.add_argument("--bytes-per-token", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pool = subsets.curated(subsets.mixture(arguments.openstax, arguments.docs), Path(folder))
        for target in arguments.targets:
            compared(pool, target, arguments, Path(folder))


if __name__ == "__main__":
    main()
