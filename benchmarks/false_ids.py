"""How often each kind of national number is seen in text that hardly holds any: hits per MB, kinds that are off too.

    python benchmarks/false_ids.py TEXTS.parquet [--megabytes 6]

Kinds are counted each on its own, before overlaps are resolved. What was found is not printed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import polars as pl
from running_text import texts

from filters.personal.engine import Engine
from filters.personal.national_numbers.table import NATIONAL
from filters.personal.proven_gates import gates_that_hold


def main() -> None:
    arguments = _parse()
    chosen = _first(arguments.texts, megabytes=arguments.megabytes)
    size = sum(len(text.encode()) for text in chosen)
    made = {entity: entity.make() for entity in NATIONAL}
    looks = Engine(list(made.values()), gates=gates_that_hold(made)).analyze(pl.Series(chosen, dtype=pl.String))
    hits = Counter(hit.kind for look in looks for hit in look.hits)
    on = {entity.kind for entity in NATIONAL if entity.default}
    seen = sum(look.status == "seen" for look in looks)
    print(f"{arguments.texts.name}: {size / 1e6:.1f} MB, {seen:,} of {len(looks):,} texts seen")
    for kind, count in hits.most_common():
        print(f"{count * 1e6 / size:8.2f} a MB {count:6d}  {kind}{'' if kind in on else ' (off)'}")
    total = sum(count for kind, count in hits.items() if kind in on)
    print(f"{total * 1e6 / size:8.2f} a MB {total:6d}  of the {len(on)} kinds that are on")


def _first(path: Path, *, megabytes: float) -> list[str]:
    chosen, size = [], 0
    for text in texts(path):
        chosen.append(text)
        size += len(text.encode())
        if size > megabytes * 1e6:
            break
    return chosen


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hits per MB of every national kind in texts that hold none.")
    parser.add_argument("texts", type=Path)
    parser.add_argument("--megabytes", type=float, default=6)
    return parser.parse_args()


if __name__ == "__main__":
    main()
