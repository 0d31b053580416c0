"""What splits and a chosen size of files cost a run: `python benchmarks/splits.py [--rows N]`.

Curates N texts once, with the licence filter alone, of which one of ten is there twice. Then it divides them, and
stages them with and without, three times each in this process, and names the lowest CPU time; last it asks the catalog
what all audits ask.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from audits.run import run_audits
from flows.means import Means
from flows.plan import make_plan
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.corpus_steps import decided_away
from releases.splits import Splits, divide
from releases.stage import Cut, stage

_WORDS = tuple(hashlib.sha256(str(number).encode()).hexdigest()[: 3 + number % 9] for number in range(5_000))
_TIMES = 3


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=200_000)
    wanted = asked.parse_args()
    print(measure.machine(), end="\n\n")
    with tempfile.TemporaryDirectory() as made:
        workspace = _workspace(Path(made), wanted.rows)
        outcome = curate_all(workspace, Means(0, quiet=True))
        plan = make_plan(workspace)
        steps = (plan.log.finished(plan.run) or {})["corpus_steps"]
        away = decided_away(plan.log, plan.run, steps)
        splits = Splits.of({"train": 0.9, "validation": 0.05, "test": 0.05}, 1)

        def divided() -> object:
            return divide(plan.log, plan.run, splits, policy=plan.policy, steps=steps, away=away)

        def staged(cut: Cut, *, is_split: bool) -> None:
            folder = Path(made) / "staged"
            shutil.rmtree(folder, ignore_errors=True)
            told = divide(plan.log, plan.run, splits, policy=plan.policy, steps=steps, away=away) if is_split else None
            stage(plan.log, plan.run, folder, name="many", version="1", dropped=away, divided=told, cut=cut)

        rows = [
            ("divide", divided),
            ("stage, without splits", lambda: staged(Cut(), is_split=False)),
            ("stage, files of 16 MB", lambda: staged(Cut(16_000_000), is_split=False)),
            ("divide and stage", lambda: staged(Cut(), is_split=True)),
        ]
        print(measure.table(("", "CPU s"), [[name, f"{_lowest(what):.1f}"] for name, what in rows]))
        before = time.process_time()
        list(run_audits(outcome.catalog.path))
        print(f"\nall audits: {time.process_time() - before:.1f} CPU s")


def _lowest(what: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        before = time.process_time()
        what()
        taken.append(time.process_time() - before)
    return min(taken)


def _workspace(root: Path, n_rows: int) -> Workspace:
    drawn = np.random.default_rng(1)
    texts = [" ".join(drawn.choice(_WORDS, length)) for length in drawn.integers(30, 210, n_rows)]
    texts[::10] = [texts[place + 1] for place in range(0, n_rows - 1, 10)]
    pl.DataFrame({"text": texts}).write_parquet(root / "texts.parquet")
    (root / "recipe.yaml").write_text(
        "name: many\n"
        "corpora: [{name: many, format: parquet, path: texts.parquet, licence: CC0-1.0}]\n"
        "filters: {licence: {}}\n"
        'release: {name: many, version: "1", splits: {train: 0.9, validation: 0.05, test: 0.05}}\n'
    )
    (root / "policy.yaml").write_text('name: many\nversion: "1"\nlicence: {allow: [public_domain], min_level: 1}\n')
    return Workspace.of(root)


if __name__ == "__main__":
    main()
