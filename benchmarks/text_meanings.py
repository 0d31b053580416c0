"""What it costs to compare vectors of texts with one another, all pairs: `python benchmarks/text_meanings.py`.

The vectors are drawn by chance, so that nearly all stay, which costs most; one in ten is another one with some noise,
and must be found. Each size runs in a process of its own. Seconds are of the processor, of all threads.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from releases.meaning_leaders import Vectors, find_followers

SIZES = (25_000, 50_000, 100_000)
CHUNK = 5_000
LIMIT = 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--size", type=int, help="of one run, in this process")
    given = parser.parse_args()
    if given.size:
        print(json.dumps(compared(given.size, given.dimensions)))
        return
    for size in SIZES:
        asked = [sys.executable, __file__, "--size", str(size), "--dimensions", str(given.dimensions)]
        said = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
        print(f"{size:>9,} texts", *(f"{name} {value:,.2f}" for name, value in said.items()), sep="  ")


def compared(size: int, dimensions: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        vectors = Vectors.gathered(drawn(size, dimensions), size, dimensions=dimensions, scratch=Path(scratch))
        started = time.process_time()
        found = find_followers(vectors, before=0, at_least=LIMIT)
        spent = time.process_time() - started
    copies = np.arange(size) % 10 == 9
    return {
        "CPU s": spent,
        "billion products a CPU s": size**2 / 2 * dimensions / spent / 1e9,
        "found": float((found.leader[copies] >= 0).mean()),
        "found in vain": float((found.leader[~copies] >= 0).sum()),
        "MiB at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def drawn(size: int, dimensions: int) -> Iterator[pl.DataFrame]:
    """Every tenth is the one before it with noise: a cosine of some 0.98."""
    for start in range(0, size, CHUNK):
        dice = np.random.default_rng(start)
        values = dice.normal(size=(min(CHUNK, size - start), dimensions))
        values[9::10] = values[8::10][: len(values[9::10])] + 0.2 * dice.normal(size=(len(values[9::10]), dimensions))
        values /= np.linalg.norm(values, axis=1, keepdims=True)
        rows = [row.tobytes() for row in values.astype("<f2")]
        yield pl.DataFrame({"owner": np.arange(start, start + len(values)), "vector": rows})


if __name__ == "__main__":
    main()
