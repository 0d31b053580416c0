"""How near-duplicates are searched for: `python benchmarks/near_duplicates.py --imagededup PYTHON`.

Random 64-bit hashes, two in a hundred of them copies of others in which 0 to `radius` bits are changed: how many of
these pairs are found, in how much processor time and memory. Each row is a process of its own; what the same process
costs without the search is taken off. With `--imagededup`, a Python that has imagededup, its search by its own defaults
gets the same hashes, with one worker: the pairs must be the same.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from filters.pictures.hash_search import Hashes, HashIndex
from releases.leaders import Prints, find_followers

RUNS = ((100_000, 7), (100_000, 10), (1_000_000, 7), (1_000_000, 8))
LEADERS = ((100_000, 8), (1_000_000, 8))
PEER_RUNS = (1_000, 3_000, 6_000)
PEER_RADIUS = 10

_PEER = """
import json, os, sys
hashes = json.load(open(sys.argv[1]))
radius = int(sys.argv[2])
from imagededup.methods import PHash
started = sum(os.times()[:4])
found = PHash(verbose=False).find_duplicates(
    encoding_map=hashes, max_distance_threshold=radius, num_dist_workers=1, scores=False
)
spent = sum(os.times()[:4]) - started  # it searches in a pool, here of one process
pairs = sorted({tuple(sorted((int(one), int(other)))) for one, others in found.items() for other in others})
print(json.dumps({"cpu": spent, "pairs": pairs}))
"""


def planted(count: int, radius: int, *, seed: int = 5) -> tuple[Hashes, set[tuple[int, int]]]:
    """Random hashes, and the pairs of a picture and its copy that were made to lie within the radius."""
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, count, dtype=np.uint64)
    copies = count // 50
    originals = random.choice(count // 2, copies, replace=False)
    places = count // 2 + random.choice(count - count // 2, copies, replace=False)
    for number, (original, place) in enumerate(zip(originals, places, strict=True)):
        bits = random.choice(64, number % (radius + 1), replace=False)
        hashes[place] = hashes[original] ^ np.uint64(sum(1 << int(bit) for bit in bits))
    return hashes, set(zip(originals.tolist(), places.tolist(), strict=True))


def search(count: int, radius: int) -> None:
    """One search in this process; says what it found."""
    hashes, pairs = planted(count, radius)
    left, right, _ = HashIndex(hashes).pairs(radius)
    found = set(zip(left.tolist(), right.tolist(), strict=True))
    print(json.dumps({"planted": len(pairs), "found": len(pairs & found), "others": len(found - pairs)}))


def lead(count: int, radius: int) -> None:
    """The leader rule in this process, on pictures whose copies every hash confirms."""
    hashes, pairs = planted(count, radius)
    random = np.random.default_rng(6)
    other = random.integers(0, 2**64, (count, 5), dtype=np.uint64)
    for original, place in pairs:
        other[place] = other[original]
    prints = Prints(np.arange(count), hashes, other[:, 4].copy(), other[:, :4].copy())
    found = find_followers(prints, count=count, radius=radius, confirm=True, earlier=prints.of(slice(0)))
    right = sum(found.leader[place] == original for original, place in pairs)
    wrong = int((found.leader >= 0).sum() - right)
    print(json.dumps({"planted": len(pairs), "found": int(right), "others": wrong}))


def _row(what: str, count: int, radius: int) -> list[str]:
    command = [sys.executable, str(Path(__file__)), "--one", what, str(count), str(radius)]
    whole, rest = measure.run(command), measure.run([*command, "--nothing"])
    told = json.loads(whole.said)
    return [
        f"{what}, {count:,}, {radius}",
        f"{told['found'] / told['planted']:.3f}",
        f"{told['others']:,}",
        f"{whole.cpu - rest.cpu:.2f}",
        f"{whole.peak_mib:,.0f}",
    ]


def against_peer(python: str) -> list[list[str]]:
    """Both searches over the same hashes; our processor time is of the best of five, in this process."""
    rows = []
    for count in PEER_RUNS:
        hashes, _ = planted(count, PEER_RADIUS)
        spent = []
        for _ in range(5):
            started = time.process_time()
            left, right, _distance = HashIndex(hashes).pairs(PEER_RADIUS)
            spent.append(time.process_time() - started)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "hashes.json"
            path.write_text(json.dumps({str(place): f"{value:016x}" for place, value in enumerate(hashes.tolist())}))
            asked = [python, "-c", _PEER, str(path), str(PEER_RADIUS)]
            answer = json.loads(
                subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
            )
        same = {tuple(pair) for pair in answer["pairs"]} == set(zip(left.tolist(), right.tolist(), strict=True))
        rows.append(
            [
                f"{count:,}",
                f"{len(left):,}",
                "yes" if same else "NO",
                f"{answer['cpu']:.2f}",
                f"{min(spent):.3f}",
                f"{answer['cpu'] / min(spent):.0f}",
            ]
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imagededup", metavar="PYTHON", help="a Python that has imagededup")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--nothing", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        what, count, radius = given.one[0], int(given.one[1]), int(given.one[2])
        if given.nothing:
            planted(count, radius)
        else:
            {"search": search, "leaders": lead}[what](count, radius)
        return
    print(f"{measure.machine()}, numpy {np.__version__}\n")
    rows = [_row("search", *each) for each in RUNS] + [_row("leaders", *each) for each in LEADERS]
    head = (
        "what, hashes, radius",
        "recall",
        "other pairs",
        "CPU-s",
        "peak MiB",
    )
    print(measure.table(head, rows))
    if given.imagededup:
        against = ("hashes", "pairs", "same pairs", "imagededup, CPU-s", "Tamis, CPU-s", "times")
        print(f"\n{measure.table(against, against_peer(given.imagededup))}")


if __name__ == "__main__":
    main()
