"""What it costs to know what a run takes: a look at the clocks, lines on record, each power meter that is here.

    python -m benchmarks.energy

Prints CPU time for each, the lowest of five rounds. RAPL is read in a folder laid out as the kernel's, with two
packages and their memory, wherever the machine has none of its own. Then a small run over paragraphs of the
documentation, again and again, and what share of it the looking was.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from catalog.activity import Activity, ActivityFile, Start, read_activity
from catalog.build import build
from catalog.log import Log
from catalog.query import query
from flows.laps import Clock
from flows.means import Means
from flows.meters.carbon import Carbon
from flows.meters.nvml import Nvml
from flows.meters.rapl import Rapl
from flows.stages import curate_all
from flows.workspace import Workspace

ROOT = Path(__file__).parents[1]
FILTERS = ("personal_data", "licence", "language", "exact_duplicates")
COPIES = 3


def main() -> None:
    look = per_call(Clock.now, 20_000)
    print(f"a look at the clocks               {look * 1e6:9.1f} us")
    of_meters()
    of_a_run(look)


def of_a_run(look: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = small_workspace(Path(folder))
        path = curate_all(workspace, Means(0, quiet=True)).catalog.path
        stages = query(
            path,
            "SELECT coalesce(filter, stage), cpu_seconds, 1000 * kwh_low, 1000 * kwh_mid, 1000 * kwh_high FROM energy "
            "ORDER BY cpu_seconds DESC",
        ).rows
        total = sum(row[1] for row in stages)
        size = sum(file.stat().st_size for file in (workspace.root / "texts").iterdir())
        print(f"\na run over {size:,} bytes")
        for name, cpu, low, mid, high in stages:
            print(f"  {name:<18} {cpu:8.2f} s {mid:10.4f} Wh ({low:.4f} to {high:.4f})")
        batches = query(path, "SELECT sum(1 + n // 256) FROM (SELECT count(*) AS n FROM item GROUP BY shard)").rows[0][
            0
        ]
        looks = batches * (6 + len(FILTERS)) + 40
        print(f"  {'together':<18} {total:8.2f} s; {looks:,} looks at the clocks are {looks * look / total:.4%} of it")


def small_workspace(folder: Path) -> Workspace:
    paragraphs = [part for path in sorted((ROOT / "docs").glob("*.md")) for part in path.read_text().split("\n\n")]
    (folder / "texts").mkdir()
    for copy in range(COPIES):
        lines = [json.dumps({"text": f"{part} {copy}", "licence": "MIT"}) for part in paragraphs if len(part) > 60]
        (folder / "texts" / f"{copy}.jsonl").write_text("\n".join(lines))
    (folder / "recipe.yaml").write_text(
        "name: energy\ncorpora: [{name: texts, format: jsonl, path: texts}]\n"
        f"filters: {{{', '.join(f'{name}: {{}}' for name in FILTERS)}}}\n"
        'release: {name: energy, version: "1"}\n'
    )
    (folder / "policy.yaml").write_text(
        'name: b\nversion: "1"\npersonal_data: {default: redact}\nlicence: {allow: [permissive]}\n'
        "language: {allow: [en]}\nexact_duplicates: {}\n"
    )
    return Workspace.of(folder)


def of_meters() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        file = ActivityFile(store, "r0", Start("2026-11-28T00:00:00.000", 2, "0", 2, None, None))
        rows = [Activity("filter", 1.234567, 2.345678, f"filter_{n}", 7, 4096, 10**8, 5 * 10**8) for n in range(12)]
        print(f"12 lines on record, of a shard     {per_call(lambda: file.add(rows), 400) * 1e6:9.1f} us")
        shards = sum(len(told.rows) for told in read_activity(store)) / 12
        again = per_call(lambda: list(read_activity(store)), 1) / shards
        print(f"  read again, for each shard       {again * 1e6:9.1f} us")
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
