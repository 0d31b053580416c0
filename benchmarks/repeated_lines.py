"""What it takes to tell lines that many texts have: `python benchmarks/repeated_lines.py [TEXTS.parquet]`.

- How many texts (a column `text`) a second of processor the filter takes, in batches of 256, and how many the keying of
  their digests.
- How long the digests of a million texts take to be counted, and in how much memory, in a process of its own. A text
  has 30 lines and 8 paragraphs; a third of its lines are from 50,000 that many have, the rest is its own. They are read
  from Parquet files as a log has them, of 10,000 texts each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from catalog.keyed import Key
from filters.base import run_filter
from filters.repeated_lines import RepeatedLinesFilter
from releases.line_counts import count_lines
from tamis.testing import text_batch

BATCH = 256
COUNTED = (100_000, 1_000_000)
SHARD = 10_000
LINES, PARAGRAPHS, COMMON = 30, 8, 50_000
DOCUMENTS = 10


def _best(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of processor, of all threads: noise only ever adds."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def speed(path: Path) -> list[list[str]]:
    texts = pl.read_parquet(path, columns=["text"])["text"].rechunk()
    size = int(texts.str.len_bytes().sum())
    batches = [text_batch(texts[start : start + BATCH].to_list()) for start in range(0, len(texts), BATCH)]
    asked = RepeatedLinesFilter()
    found = [run_filter(asked, batch).lines for batch in batches]
    key = Key(bytes(32))
    spent = {
        "the filter as a run has it": _best(lambda: [run_filter(asked, batch) for batch in batches]),
        "keying": _best(lambda: [key.apply_packed(rows, "lines", "paragraphs") for rows in found]),
    }
    return [
        [name, f"{seconds:.3f}", f"{len(texts) / seconds:,.0f}", f"{size / seconds / 1e6:.1f}"]
        for name, seconds in spent.items()
    ]


def _write(texts: int, folder: Path) -> None:
    random = np.random.default_rng(7)
    common = random.integers(0, 2**64, COMMON, dtype=np.uint64)
    for start in range(0, texts, SHARD):
        columns: dict[str, pl.Series] = {"owner": pl.int_range(start, start + SHARD, dtype=pl.UInt32, eager=True)}
        for unit, count in (("line", LINES), ("paragraph", PARAGRAPHS)):
            digests = random.integers(0, 2**64, (SHARD, count), dtype=np.uint64)
            digests[:, : count // 3] = common[random.zipf(1.3, (SHARD, count // 3)) % COMMON]
            lengths = random.integers(5, 200, (SHARD, count), dtype=np.uint32)
            columns[f"{unit}s"] = pl.Series([row.tobytes() for row in digests], dtype=pl.Binary)
            columns[f"{unit}_lengths"] = pl.Series([row.tobytes() for row in lengths], dtype=pl.Binary)
        pl.DataFrame(columns).write_parquet(folder / f"{start:09d}.parquet")


def count(texts: int, folder: Path) -> None:
    """One count, in this process."""

    def frames() -> Iterator[pl.DataFrame]:
        return (pl.read_parquet(path, glob=False) for path in sorted(folder.glob("*.parquet")))

    expected = texts * (LINES + PARAGRAPHS)
    count_lines(
        lambda: iter([pl.read_parquet(min(folder.glob("*.parquet")))]), texts, expected=1, most=1, scratch=folder
    )
    started = time.process_time()
    found = count_lines(frames, texts, expected=expected, most=DOCUMENTS, scratch=folder)
    spent = time.process_time() - started
    print(json.dumps({"digests": found.digests, "repeated": found.many, "spent": spent}))


def counted() -> list[list[str]]:
    rows = []
    for texts in COUNTED:
        with tempfile.TemporaryDirectory() as folder:
            _write(texts, Path(folder))
            command = [sys.executable, str(Path(__file__)), "--count", str(texts), "--folder", folder]
            cost = measure.best_of(command, times=2)
        told = json.loads(cost.said)
        rows.append(
            [
                f"{texts:,}",
                f"{told['digests']:,}",
                f"{told['repeated']:,}",
                f"{told['spent']:.1f}",
                f"{texts / told['spent']:,.0f}",
                f"{cost.peak_mib:,.0f}",
            ]
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="?", metavar="TEXTS.parquet", help="texts, in a column of that name")
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        count(given.count, Path(given.folder))
        return
    print(f"{measure.machine()}, numba {version('numba')}, numpy {np.__version__}\n")
    if given.texts:
        print(measure.table(("", "CPU-s", "texts a CPU-s", "MB a CPU-s"), speed(Path(given.texts))))
    head = ("texts", "digests", "repeated", "counting, CPU-s", "texts a CPU-s", "peak MiB")
    print(f"\n{measure.table(head, counted())}")


if __name__ == "__main__":
    main()
