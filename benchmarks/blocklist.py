"""What it costs to read blocklists and to look items up in them.

    python benchmarks/blocklist.py [--entries 100000 1000000] [--queries 10000]

Lists are made up: uniform hashes by a seed, each with an id and a source. Of the items asked about, one in a hundred is
planted: an entry's hash with as many bits turned as the entry allows, or fewer; or a text of which an entry is the
digest. The program fails unless each of them is found. Items go through `Lookup.matches` in batches of 256, as in a
run. What is timed are the processor's seconds of the lookup, of digests with taking them; the best of three. The first
lookup builds the index, which is told apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from measure import machine, table

from filters.blocklists.algorithms import ALGORITHMS
from filters.blocklists.files import ENTRIES, Blocklist, read_blocklist
from filters.blocklists.lookup import Lookup
from tamis.records import PRINTS
from tamis.testing import text_batch

_BATCH = 256
_NO_ITEMS, _NO_PRINTS = text_batch([]), PRINTS.to_frame()

Bytes = npt.NDArray[np.uint8]

_CASES = (("sha256", 0), ("phash", 7), ("pdq", 31))
"""Algorithm, and the bits that every entry allows."""


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--entries", type=int, nargs="+", default=[100_000, 1_000_000])
    arguments.add_argument("--queries", type=int, default=10_000)
    given = arguments.parse_args()
    print(machine(), "\n")
    print(table(["list", "entries", "MB", "CPU s to read"], _read_costs(given.entries[-1])), "\n")
    head = ["algorithm", "distance", "entries", "index CPU s", "lookup CPU s", "lookups / CPU s", "listed"]
    for case in _CASES:
        print(table(head, (_lookup_costs(*case, count, given.queries) for count in given.entries)), "\n", flush=True)


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def _read_costs(count: int) -> Iterator[list[str]]:
    dice = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        for suffix, lines in _FILES.items():
            path = Path(folder) / f"list{suffix}"
            path.write_text("".join(f"{line}\n" for line in lines(count, dice)))
            seconds, read = min(
                (_cpu(lambda path=path: read_blocklist(path)) for _ in range(3)), key=lambda pair: pair[0]
            )
            assert read.entries.height == count
            yield [f"`{suffix}`", f"{count:,}", f"{path.stat().st_size / 1e6:.0f}", f"{seconds:.1f}"]


def _csv(count: int, dice: np.random.Generator) -> Iterable[str]:
    yield "algorithm,hash,distance,id,source"
    for place, (name, hash_) in enumerate(_mixed(count, dice)):
        yield f"{name},{hash_},,entry-{place},body"


def _jsonl(count: int, dice: np.random.Generator) -> Iterable[str]:
    for place, (name, hash_) in enumerate(_mixed(count, dice)):
        yield json.dumps({"algorithm": name, "hash": hash_, "id": f"entry-{place}", "source": "body"})


def _needles(count: int, dice: np.random.Generator) -> Iterable[str]:
    return (f"{dice.bytes(32).hex()},{place}" for place in range(count))


def _mixed(count: int, dice: np.random.Generator) -> Iterator[tuple[str, str]]:
    kinds = [ALGORITHMS[name] for name in ("sha256", "pdq", "md5", "phash")]
    for place in range(count):
        kind = kinds[place % len(kinds)]
        yield kind.name, dice.bytes(kind.n_bytes).hex()


_FILES = {".csv": _csv, ".jsonl": _jsonl, ".txt": _needles}


def _lookup_costs(algorithm: str, distance: int, count: int, queries: int) -> list[str]:
    dice = np.random.default_rng(2)
    hashes = dice.integers(0, 256, (count, ALGORITHMS[algorithm].n_bytes), dtype=np.uint8)
    planted = range(0, queries, 100)
    entries = dice.choice(count, len(planted), replace=False)
    if distance == 0:
        texts = [f"The text of number {number}." for number in range(queries)]
        for place, entry in zip(planted, entries, strict=True):
            hashes[entry] = np.frombuffer(hashlib.new(algorithm, texts[place].encode()).digest(), dtype=np.uint8)
        parts = [(text_batch(texts[at : at + _BATCH], first=at), _NO_PRINTS) for at in range(0, queries, _BATCH)]
    else:
        asked = dice.integers(0, 256, (queries, hashes.shape[1]), dtype=np.uint8)
        for place, entry in zip(planted, entries, strict=True):
            asked[place] = _turned(hashes[entry], int(dice.integers(0, distance + 1)), dice)
        prints = _prints(algorithm, asked)
        parts = [(_NO_ITEMS, prints[at : at + _BATCH]) for at in range(0, queries, _BATCH)]
    lookup = Lookup([_listed(algorithm, distance, hashes)])
    with_index, _ = _cpu(lambda: lookup.matches(*parts[0]))
    without, _ = _cpu(lambda: lookup.matches(*parts[0]))
    looked = lambda: [lookup.matches(*part) for part in parts]  # noqa: E731 # said once, and timed
    seconds, found = min((_cpu(looked) for _ in range(3)), key=lambda pair: pair[0])
    positions = set(pl.concat(found)["position"])
    assert set(planted) <= positions, "a planted item was missed"
    costs = [f"{with_index - without:.2f}", f"{seconds:.2f}", f"{queries / seconds:,.0f}"]
    return [f"`{algorithm}`", str(distance), f"{count:,}", *costs, f"{len(positions):,}"]


def _turned(hash_: Bytes, bits: int, dice: np.random.Generator) -> Bytes:
    unpacked = np.unpackbits(hash_)
    unpacked[dice.choice(len(unpacked), bits, replace=False)] ^= 1
    return np.packbits(unpacked)


def _listed(algorithm: str, distance: int, hashes: Bytes) -> Blocklist:
    count = len(hashes)
    entries = pl.DataFrame(
        {
            "line": range(1, count + 1),
            "algorithm": [algorithm] * count,
            "hash": [row.tobytes() for row in hashes],
            "distance": [distance] * count,
            "id": [None] * count,
        },
        schema=ENTRIES,
    )
    return Blocklist("list", "0" * 64, entries)


def _prints(algorithm: str, asked: Bytes) -> pl.DataFrame:
    words = asked.view(">u8").astype(np.uint64)
    given = {
        "position": range(len(asked)),
        "algorithm": [algorithm] * len(asked),
        "view": ["shown"] * len(asked),
        "quality": [100 if algorithm == "pdq" else None] * len(asked),
        **{f"bits_{word}": words[:, word] for word in range(words.shape[1])},
    }
    return pl.DataFrame({name: given.get(name, [None] * len(asked)) for name in PRINTS}, schema=PRINTS)


if __name__ == "__main__":
    main()
