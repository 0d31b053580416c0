"""What it costs to look for lists of words: `python benchmarks/unsafe_words.py FILE...`.

Each FILE has a column or field `text` (Parquet, or gzipped JSON lines). The lists have 5,000 terms each, by a seed:
made-up words that stand in no text, words of the texts themselves, and a mixture, a tenth of it from the texts; every
fifth term has two phrases that allow it. MB of text per second of processor, in batches of 256 and of 2,000 texts; peak
is the resident memory of the whole programme after all of it.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from pathlib import Path

import measure
import polars as pl
from running_text import texts

from filters.unsafe_words import UnsafeWordsFilter

TERMS = 5_000
TIMES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    given = parser.parse_args()
    print(measure.machine())
    for file in given.files:
        column = pl.Series(list(texts(file)))
        megabytes = column.str.len_bytes().sum() / 1e6
        print(f"\n{file.name}: {len(column):,} texts, {megabytes:.1f} MB\n")
        rows = [_measured(name, terms, column, megabytes) for name, terms in _lists(column).items()]
        print(measure.table(("5,000 terms", "texts hit", "hits", "MB / CPU s, batches of 256", "of 2,000"), rows))
    print(f"\npeak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def _lists(column: pl.Series) -> dict[str, list[str]]:
    dice = random.Random(1)
    made = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(TERMS)]
    words = sorted(set(column.str.extract_all(r"\p{L}{4,}").explode().drop_nulls().str.to_lowercase()))
    own = dice.sample(words, TERMS)
    return {
        "in no text": made,
        "a tenth from the texts": own[: TERMS // 10] + made[TERMS // 10 :],
        "all from the texts": own,
    }


def _measured(name: str, terms: list[str], column: pl.Series, megabytes: float) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["term", "category", "allowed_in"])
            lines.writerows(
                [term, "other", f"the {term} of;harmless" if place % 5 == 0 else ""] for place, term in enumerate(terms)
            )
        made = UnsafeWordsFilter(lists=(str(path),))
    found = made.find(_batch(column, 0)).items
    speeds = [f"{megabytes / _seconds(made, column, size):.1f}" for size in (256, 2000)]
    return name, f"{(found['hits'] > 0).sum():,}", f"{found['hits'].sum():,.0f}", *speeds


def _batch(column: pl.Series, first: int) -> pl.DataFrame:
    return pl.DataFrame({"position": pl.Series(range(first, first + len(column)), dtype=pl.UInt64), "text": column})


def _seconds(made: UnsafeWordsFilter, column: pl.Series, size: int) -> float:
    """The least of several: noise only ever adds."""
    return min(_once(made, column, size) for _ in range(TIMES))


def _once(made: UnsafeWordsFilter, column: pl.Series, size: int) -> float:
    started = time.process_time()
    for first in range(0, len(column), size):
        made.find(_batch(column[first : first + size], first))
    return time.process_time() - started


if __name__ == "__main__":
    main()
