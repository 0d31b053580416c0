"""What it costs to know what a run takes: a look at the clocks, lines on record, each power meter that is here.

    python -m benchmarks.energy

Prints CPU time for each, the lowest of five rounds. RAPL is read in a folder laid out as the kernel's, with two packages and
their memory, wherever the machine has none of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from catalog.activity import Activity, ActivityFile, Start, read_activity
from catalog.build import build
from catalog.log import Log
from flows.laps import Clock
from flows.meters.carbon import Carbon
from flows.meters.nvml import Nvml
from flows.meters.rapl import Rapl


def main() -> None:
    print(f"a look at the clocks               {per_call(Clock.now, 20_000) * 1e6:9.1f} us")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        file = ActivityFile(store, "r0", Start("2026-11-28T00:00:00.000", 2, "0", 2, None, None))
        rows = [Activity("filter", 1.234567, 2.345678, f"filter_{n}", 7, 4096, 10**8, 5 * 10**8) for n in range(12)]
        print(f"12 lines on record, of a shard     {per_call(lambda: file.add(rows), 400) * 1e6:9.1f} us")
        shards = sum(len(told.rows) for told in read_activity(store)) / 12
        print(
            f"  read again, for each shard       {per_call(lambda: list(read_activity(store)), 1) / shards * 1e6:9.1f} us"
        )
        empty = per_call(lambda: build(Log(store / "none"), Path(tempfile.mkdtemp(dir=store)) / "c.duckdb"), 1)
        full = per_call(lambda: build(Log(store), Path(tempfile.mkdtemp(dir=store)) / "c.duckdb"), 1)
        print(f"  in a catalog, for each shard     {(full - empty) / shards * 1e6:9.1f} us")
        rapl = Rapl.find() or Rapl.find(made_up(store / "powercap"))
        if rapl is not None:
            print(f"rapl, a reading of 4 domains       {per_call(rapl.read, 1000) * 1e6:9.1f} us")
            rapl.close()
    started = time.process_time()
    nvml = Nvml.find()
    print(f"nvml, looking for it               {(time.process_time() - started) * 1e6:9.1f} us")
    print(
        "nvml, a reading                    " + (f"{per_call(nvml.read, 100) * 1e6:9.1f} us" if nvml else "   no GPU")
    )
    started, wall = time.process_time(), time.perf_counter()
    carbon = Carbon.find()
    if carbon is None:
        print("codecarbon                            not installed")
        return
    print(
        f"codecarbon, starting               {(time.process_time() - started) * 1e6:9.1f} us, "
        f"{time.perf_counter() - wall:.1f} s on the clock"
    )
    print(f"codecarbon, a reading              {per_call(carbon.read, 5) * 1e6:9.1f} us")
    print(f"codecarbon's own words after that: {carbon.read()}", file=sys.stderr)
    carbon.close()


def per_call(call: Callable[[], object], times: int) -> float:
    """CPU seconds of one call, the lowest of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            call()
        rounds.append((time.process_time() - started) / times)
    return min(rounds)


def made_up(folder: Path) -> Path:
    for number, name in (("0", "package-0"), ("0:0", "dram"), ("1", "package-1"), ("1:0", "dram")):
        path = folder / f"intel-rapl:{number}"
        path.mkdir(parents=True)
        (path / "name").write_text(f"{name}\n")
        (path / "energy_uj").write_text("123456789\n")
        (path / "max_energy_range_uj").write_text("262143328850\n")
    return folder


if __name__ == "__main__":
    main()
