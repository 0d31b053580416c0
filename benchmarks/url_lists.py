"""What lists of domains cost: `python benchmarks/url_lists.py [MILLIONS]`; 3 if left out.

Made-up domains, half of them on a list of two categories. Seconds of processor to read the list, bytes that it takes in
memory for each entry, what reading adds to the peak, and how many addresses are looked up in a second of processor, one
in two of them listed, in batches of 2,000.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import measure
import numpy as np
import polars as pl

from filters.addresses.normal import addresses
from filters.url_lists import UrlListsFilter

ASKED = 200_000
TIMES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", nargs="?", type=float, default=3)
    domains = int(parser.parse_args().millions * 1e6)
    print(measure.machine(), "\n")
    before = _peak()
    with tempfile.TemporaryDirectory() as folder:
        for place, category in enumerate(("adult", "games")):
            (Path(folder) / category).mkdir()
            numbers = pl.int_range(2 * place, 2 * domains, 4, eager=True)
            (Path(folder) / category / "domains").write_text("\n".join(_names(numbers)) + "\n")
        started = time.process_time()
        made = UrlListsFilter(lists=(folder,))
        seconds = time.process_time() - started
    peak = _peak()
    numbers = pl.Series(np.random.default_rng(1).integers(0, 2 * domains, ASKED))
    asked = "https://www." + _names(numbers) + "/a/page.html"
    rates = [ASKED / _looked_up(made, asked, size=2000) for _ in range(TIMES)]
    rows = [
        ("domains", f"{domains:,}"),
        ("read, CPU s", f"{seconds:.1f}"),
        ("bytes in memory for each", f"{made.index.n_bytes / domains:.2f}"),
        ("peak while reading, MiB more than before", f"{peak - before:,.0f}"),
        ("addresses looked up / CPU s", f"{max(rates):,.0f}"),
    ]
    print(measure.table(("what", "figure"), rows))


def _names(numbers: pl.Series) -> pl.Series:
    return pl.select(
        "some-name-" + numbers.cast(pl.String) + ".of-" + (numbers % 977).cast(pl.String) + ".example"
    ).to_series()


def _looked_up(made: UrlListsFilter, asked: pl.Series, *, size: int) -> float:
    started = time.process_time()
    found = 0
    for first in range(0, len(asked), size):
        found += made.index.matches(addresses(asked[first : first + size])).height
    seconds = time.process_time() - started
    assert 0.45 < found / len(asked) < 0.55
    return seconds


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
