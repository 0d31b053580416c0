"""What the licence filter costs over a corpus of texts: `python benchmarks/licence_filter.py FILE.parquet`.

FILE has columns `text` and `license`. Seconds of processor for all batches of 256 with the checks of their answers, the
least of three passes; what was remembered of claims and texts is forgotten before each.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import measure
import polars as pl

from filters.base import run_filter
from filters.licence import LicenceFilter
from filters.rights import claims, evidence, own, spdx
from filters.rights.texts import shingles
from tamis.records import BATCH
from tamis.testing import text_batch

BATCH_SIZE = 256
PASSES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    texts = pl.read_parquet(parser.parse_args().file, columns=["text", "license"])
    batches = [_batch(part) for part in texts.iter_slices(BATCH_SIZE)]
    licence = LicenceFilter()
    run_filter(licence, text_batch(["Licensed under the MIT licence."], claims=[("column", "MIT")]))
    least = min(_seconds(licence, batches) for _ in range(PASSES))
    megabytes = texts["text"].str.len_bytes().sum() / 1e6
    print(f"{measure.machine()}\n\n{texts.height:,} texts, {megabytes:.1f} MB: {least:.2f} CPU s")


def _batch(part: pl.DataFrame) -> pl.DataFrame:
    said = [[{"kind": "column", "value": licence}] if licence else [] for licence in part["license"]]
    return text_batch(part["text"]).with_columns(pl.Series("claims", said, dtype=BATCH["claims"]))


def _seconds(licence: LicenceFilter, batches: list[pl.DataFrame]) -> float:
    for remembered in (claims._remembered, evidence.conclude, own._noticed, spdx._parsed, spdx._tree):  # noqa: SLF001 - the benchmark forgets
        remembered.cache_clear()
    claims._DETECTED.clear()  # noqa: SLF001
    shingles._REMEMBERED.clear()  # noqa: SLF001
    begun = time.process_time()
    for batch in batches:
        run_filter(licence, batch)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
