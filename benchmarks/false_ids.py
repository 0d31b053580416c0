"""How often each kind of national number is seen in text that hardly holds any: hits per MB, kinds that are off too.

    python benchmarks/false_ids.py TEXTS.parquet [--megabytes 6]

Kinds are counted each on its own, before overlaps are resolved. What was found is not printed.
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from pathlib import Path

from running_text import texts
from words_only_engine import THRESHOLD, engine_for

from filters.personal.national_numbers.table import NATIONAL

_PIECE = 20_000  # context enhancement takes the square of a text's length
_BREAKS_PRESIDIO = (ValueError, ArithmeticError, LookupError)


def main() -> None:
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    arguments = _parse()
    engine = engine_for(NATIONAL)
    hits: Counter[str] = Counter()
    size = 0
    for text in texts(arguments.texts):
        for start in range(0, len(text), _PIECE):
            piece = text[start : start + _PIECE]
            size += len(piece.encode())
            try:
                hits.update(one.entity_type for one in engine.analyze(piece, language="en", score_threshold=THRESHOLD))
            except _BREAKS_PRESIDIO:
                hits["(failed)"] += 1
        if size > arguments.megabytes * 1e6:
            break
    on = {entity.kind for entity in NATIONAL if entity.default}
    print(f"{arguments.texts.name}: {size / 1e6:.1f} MB")
    for kind, count in hits.most_common():
        print(f"{count * 1e6 / size:8.2f} a MB {count:6d}  {kind}{'' if kind in on else ' (off)'}")
    total = sum(count for kind, count in hits.items() if kind in on)
    print(f"{total * 1e6 / size:8.2f} a MB {total:6d}  of the {len(on)} kinds that are on")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hits per MB of every national kind in texts that hold none.")
    parser.add_argument("texts", type=Path)
    parser.add_argument("--megabytes", type=float, default=6)
    return parser.parse_args()


if __name__ == "__main__":
    main()
