"""What choosing costs when there is much to choose from: `python benchmarks/subsets_scale.py OPENSTAX.jsonl.gz
[--documents 1000000]`.

Documents of about 1,500 bytes are put together from paragraphs of OPENSTAX by chance, and written as a run leaves them.
A process of its own scores, orders and chooses a tenth for a target of thirty documents of anatomy, by each method,
with a cap on sources: megabytes of text for a second of processor, both passes over the texts included, and the largest
resident memory. Then from other batches: is the choice the same?
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from catalog.log import Log
from releases.subsets import pool as pools
from releases.subsets.choose import Ordered, choose
from releases.subsets.pool import ITEMS, Pool
from releases.subsets.section import Subset
from releases.subsets.target import Examples

IN_SHARD = 20_000


def made(openstax: Path, folder: Path, documents: int) -> None:
    with gzip.open(openstax, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    paragraphs = [(row["domain"], each[:500]) for row in rows for each in row["text"].split("\n\n") if len(each) > 200]
    domains = sorted({domain for domain, _ in paragraphs})
    by_domain = {name: [each for domain, each in paragraphs if domain == name] for name in domains}
    drawn = np.random.default_rng(1)
    log = Log(folder)
    for number in range(documents // IN_SHARD):
        which = drawn.integers(0, len(domains), IN_SHARD)
        chances = drawn.random((IN_SHARD, 4))
        texts = [
            "\n\n".join(own[int(chance * len(own))] for chance in row)
            for own, row in zip((by_domain[domains[place]] for place in which), chances, strict=True)
        ]
        at = log.segment_folder("r", number)
        at.mkdir(parents=True)
        pl.DataFrame(
            {
                "position": pl.int_range(IN_SHARD, dtype=pl.UInt64, eager=True),
                "text": texts,
                "source": [
                    f"{domains[place]}-{part}"
                    for place, part in zip(which, drawn.integers(0, 50, IN_SHARD), strict=True)
                ],
            }
        ).write_parquet(at / "kept.parquet", row_group_size=2_000)
    few = [row["text"] for row in rows if row["domain"] == "anatomy"][:30]
    pl.DataFrame({"text": few}).write_parquet(folder / "examples.parquet")


def the_pool(folder: Path, documents: int) -> Pool:
    """Its items, as `Pool.of` would have them."""
    log, frames = Log(folder), []
    for number in range(documents // IN_SHARD):
        kept = pl.scan_parquet(log.segment_folder("r", number) / "kept.parquet")
        frames.append(
            kept.select("position", "source", bytes=pl.col("text").str.len_bytes(), shard=pl.lit(number))
            .collect(engine="streaming")
            .with_columns(pl.col("source").cast(pl.Categorical))
        )
    rows = pl.concat(frames).with_row_index("owner")
    hashed = np.random.default_rng(2).integers(0, 2**63, (2, rows.height)).astype(np.uint64)
    whole = rows.with_columns(item_hi=pl.Series(hashed[0]), item_lo=pl.Series(hashed[1]))
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in ITEMS.items() if name not in whole.columns]
    return Pool(log, "r", whole.with_columns(missing).select(ITEMS.names()).cast(ITEMS))


def chosen(folder: Path, documents: int, method: str, rows: int) -> None:
    pools._ROWS = rows  # type: ignore[misc] # noqa: SLF001 # what a batch has is no option: nothing depends on it
    texts = pl.read_parquet(folder / "examples.parquet")["text"]
    asked = {"method": method, "budget": {"share": 0.1}, "caps": [{"by": "source", "most": 0.05}]}
    subset = Subset.model_validate({**asked, "target": {"examples": ["-"]}})
    warm = Pool(Log(folder), "r", the_pool(folder, IN_SHARD).items.head(300))
    with tempfile.TemporaryDirectory() as scratch:
        examples = Examples(texts, texts.clear(), "-")
        Ordered.of(warm, subset, examples, Path(scratch) / "warm")  # what is compiled is loaded
        begun, clock = time.process_time(), time.monotonic()
        pool = the_pool(folder, documents)
        ordered = Ordered.of(pool, subset, examples, Path(scratch) / "all")
        took, wall = time.process_time() - begun, time.monotonic() - clock
        found = choose(ordered, budget=subset.budget, release="-", digest="-")
    size = int(pool.items["bytes"].sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    named = found.choices.filter("chosen").select("shard", "position").hash_rows().sum()
    print(
        f"{method:<11} {rows:>5} a batch: {size / 1e6:,.0f} MB, {took:.1f} CPU s, {wall:.1f} s, "
        f"{size / 1e6 / took:.1f} MB/CPU s, {peak:,.0f} MiB; {found.facts['chosen_items']:,} chosen, sum {named}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("openstax", type=Path)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--choose", nargs=3, metavar=("FOLDER", "METHOD", "ROWS"), help="in a process of its own")
    arguments = parser.parse_args()
    if arguments.choose:
        folder, method, rows = arguments.choose
        chosen(Path(folder), arguments.documents, method, int(rows))
        return
    with tempfile.TemporaryDirectory() as folder:
        made(arguments.openstax, Path(folder), arguments.documents)
        for method, rows in (("linear", 256), ("linear", 1000), ("importance", 256)):
            again = [sys.executable, __file__, str(arguments.openstax), "--documents", str(arguments.documents)]
            subprocess.run([*again, "--choose", folder, method, str(rows)], check=True)


if __name__ == "__main__":
    main()
