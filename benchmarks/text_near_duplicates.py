"""How near-duplicates of texts are found: `python benchmarks/text_near_duplicates.py TEXTS.parquet`.

Three questions, of which TEXTS.parquet (a column `text`) answers the first two:

- How many texts a second of processor MinHash takes, the whole filter in batches of 256, beside rensa's digest of as
  many shingles, and Daft and datatrove where a Python is named that has them (`--daft PYTHON`, `--datatrove PYTHON`).
- Whether copies with some words changed, whose exact similarity is known, are found.
- How long band rows take to be clustered, and in how much memory, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from filters.base import run_filter
from filters.text.folding import folding
from filters.text.minhash import minhashes
from filters.text.utf8 import Utf8
from filters.text_minhash import TextMinhashFilter
from releases.text_leaders import Bands, Minima, find_followers
from tamis.testing import text_batch

SHINGLE, WIDTH, LIMIT = 5, 112, 0.8
BATCH = 256
EDITED = 2_000
CLUSTERED = (100_000, 714_286, 7_142_858)

_DAFT = """
import json, sys, time
import daft
from daft.functions import minhash
texts = daft.read_parquet(sys.argv[1]).select("text").collect()
spent = []
for _ in range(3):
    started = time.process_time()
    texts.with_column("m", minhash(texts["text"], num_hashes=112, ngram_size=5, hash_function="xxhash")).collect()
    spent.append(time.process_time() - started)
print(json.dumps([daft.__version__, min(spent)]))
"""

_DATATROVE = """
import importlib.metadata, json, sys, tempfile, time
from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from loguru import logger
import pyarrow.parquet as pq
logger.remove()
texts = pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist()
config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
with tempfile.TemporaryDirectory() as folder:
    step = MinhashDedupSignature(folder, config=config)
    step.run(iter([Document(text="what is loaded for the first text", id="first")]), rank=1, world_size=2)
    started = time.process_time()
    step.run((Document(text=text, id=str(place)) for place, text in enumerate(texts)), rank=0, world_size=2)
    spent = time.process_time() - started
print(json.dumps([importlib.metadata.version("datatrove"), spent]))
"""


def _best(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of processor, of all threads: noise only ever adds."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def _shingle_hashes(texts: Utf8) -> tuple[np.ndarray, np.ndarray]:
    """As many hashes as there are shingles, for rensa to digest; their values are of no matter to its speed."""
    words = minhashes(texts, folding(), shingle=SHINGLE, count=1)[0]
    offsets = np.concatenate([[0], np.cumsum(np.maximum(words - SHINGLE + 1, 1))]).astype(np.uint64)
    return np.random.default_rng(1).integers(0, 2**64, int(offsets[-1]), dtype=np.uint64), offsets


def speed(path: Path, peers: dict[str, str]) -> list[list[str]]:
    """(a): texts and bytes a second of processor."""
    texts = pl.read_parquet(path, columns=["text"])["text"].rechunk()
    size = int(texts.str.len_bytes().sum())
    batches = [text_batch(texts[start : start + BATCH].to_list()) for start in range(0, len(texts), BATCH)]
    hasher = TextMinhashFilter()
    whole = Utf8.of(texts)
    spent = {
        "Tamis, the filter as a run has it": _best(lambda: [run_filter(hasher, batch) for batch in batches]),
        "Tamis, its loop alone": _best(lambda: minhashes(whole, folding(), shingle=SHINGLE, count=WIDTH)),
        "Tamis, without the minima": _best(lambda: minhashes(whole, folding(), shingle=SHINGLE, count=1)),
    }
    try:
        import rensa
    except ImportError:
        pass
    else:
        hashes, offsets = _shingle_hashes(whole)
        digest = rensa.RMinHash.digest_matrix_from_flat_token_hashes
        named = f"rensa {version('rensa')}, from hashes of shingles"
        spent[named] = _best(lambda: digest(hashes, offsets, WIDTH, 1))
    for source, python in (("Daft", peers.get("daft")), ("datatrove", peers.get("datatrove"))):
        if python:
            program = {"Daft": _DAFT, "datatrove": _DATATROVE}[source]
            done = subprocess.run([python, "-c", program, str(path)], capture_output=True, text=True, check=True)
            known, seconds = json.loads(done.stdout.splitlines()[-1])
            spent[f"{source} {known}"] = seconds
    return [
        [name, f"{seconds:.3f}", f"{len(texts) / seconds:,.0f}", f"{size / seconds / 1e6:.1f}"]
        for name, seconds in spent.items()
    ]


def _shingles(text: str) -> set[tuple[str, ...]]:
    """Of texts of plain words, that no folding changes."""
    words = text.split()
    return set(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def edited(path: Path) -> list[list[str]]:
    """(b): pairs by their exact similarity, and how many of each were compared and found."""
    random = np.random.default_rng(11)
    words = pl.read_parquet(path, columns=["text"])["text"].str.to_lowercase().str.extract_all(r"[a-z]+")
    long = words.filter(words.list.len().is_between(200, 3_000))
    pairs: list[tuple[str, str, float]] = []
    for place in range(EDITED):
        own = long[int(random.integers(len(long)))].to_list()
        copy = list(own)
        for at in random.choice(len(own), max(1, round(len(own) * (place % 24) / 480)), replace=False):
            copy[at] = f"changed{place % 7}"
        one, other = _shingles(" ".join(own)), _shingles(" ".join(copy))
        pairs.append((" ".join(own), " ".join(copy), len(one & other) / len(one | other)))
    exact = np.array([each for *_, each in pairs])
    _, minima, _ = minhashes(
        Utf8.of(pl.Series([text for pair in pairs for text in pair[:2]])), folding(), shingle=5, count=WIDTH
    )
    same = minima[::2] == minima[1::2]
    bands = Bands.of(LIMIT, WIDTH)
    compared = same.reshape(len(pairs), bands.count, bands.rows).all(axis=2).any(axis=1)
    found = compared & (same.mean(axis=1) >= LIMIT)
    rows = []
    for low, high in pairwise((0.3, 0.5, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.01)):
        within = (exact >= low) & (exact < high)
        rows.append(
            [
                f"{low:g} to {min(high, 1):g}",
                f"{within.sum()}",
                f"{compared[within].sum()}",
                f"{found[within].sum()}",
                f"{np.abs(same.mean(axis=1) - exact)[within].max(initial=0):.3f}",
            ]
        )
    return rows


def cluster(texts: int) -> None:
    """(c): one clustering in this process. Of a hundred texts ten are copies of others; and one text has 50,000."""
    bands = Bands.of(LIMIT, WIDTH)
    random = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        minima = Minima.gathered(_frames(texts, random), texts, bands=bands, width=WIDTH, scratch=Path(scratch))
        gathered = time.process_time()
        found = find_followers(minima, before=0, enough=90)
        done = time.process_time()
    told = {
        "band rows": texts * bands.count,
        "followers": int((found.leader >= 0).sum()),
        "largest": int(np.unique(found.leader[found.leader >= 0], return_counts=True)[1].max()),
        "gather": gathered - started,
        "cluster": done - gathered,
    }
    print(json.dumps(told))


def _frames(texts: int, random: np.random.Generator):
    """Minima by chance, 10,000 texts at a time."""
    step = 10_000
    first = random.integers(0, 2**32, (step, WIDTH), dtype=np.uint32)
    for start in range(0, texts, step):
        rows = random.integers(0, 2**32, (min(step, texts - start), WIDTH), dtype=np.uint32)
        if start:
            alike = np.flatnonzero(random.random(len(rows)) < 0.1)
            rows[alike] = first[random.integers(0, step, len(alike))]
            rows[alike, random.integers(0, WIDTH, len(alike))] ^= 1
        if start and start <= 5 * step:
            rows[:] = first[0]
        owner = pl.int_range(start, start + len(rows), dtype=pl.UInt32, eager=True)
        packed = pl.Series([row.tobytes() for row in rows], dtype=pl.Binary)
        yield pl.DataFrame({"owner": owner, "minima": packed})


def clustered() -> list[list[str]]:
    rows = []
    for texts in CLUSTERED:
        cost = measure.run([sys.executable, str(Path(__file__)), "--cluster", str(texts)])
        told = json.loads(cost.said)
        rows.append(
            [
                f"{texts:,}",
                f"{told['band rows']:,}",
                f"{told['followers']:,}",
                f"{told['largest']:,}",
                f"{told['gather']:.1f}",
                f"{told['cluster']:.1f}",
                f"{cost.peak_mib:,.0f}",
            ]
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="?", metavar="TEXTS.parquet", help="texts, in a column of that name")
    parser.add_argument("--daft", metavar="PYTHON", help="a Python that has Daft")
    parser.add_argument("--datatrove", metavar="PYTHON", help="a Python that has datatrove")
    parser.add_argument("--cluster", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cluster:
        cluster(given.cluster)
        return
    print(f"{measure.machine()}, numba {version('numba')}, numpy {np.__version__}\n")
    if given.texts:
        path = Path(given.texts)
        peers = {name: python for name, python in (("daft", given.daft), ("datatrove", given.datatrove)) if python}
        print(measure.table(("MinHash", "CPU-s", "texts a CPU-s", "MB a CPU-s"), speed(path, peers)))
        head = ("exact similarity", "pairs", "compared", "near-duplicates", "furthest estimate")
        print(f"\n{measure.table(head, edited(path))}")
    head = ("texts", "band rows", "followers", "of one text", "gathering, CPU-s", "clustering, CPU-s", "peak MiB")
    print(f"\n{measure.table(head, clustered())}")


if __name__ == "__main__":
    main()
