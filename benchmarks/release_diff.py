"""What `tamis diff` of two large releases takes: `python benchmarks/release_diff.py [--rows N] [--folder FOLDER]`.

Makes two releases of N texts each, as they are sealed: row groups of 2,000 texts, 50 in a file, zstd. Texts have 200 to
1,400 characters, 800 on average. From the first to the second one of fifty items is gone, one of fifty is new, one of a
hundred has more masks, and one of twenty has moved to another id. No file of the two is alike, so that all of both is
read. Then it compares them in a process of its own, three times, and names the best; with `--items`, too.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from catalog.files import sha256_of, write_json
from releases.seal import FORMAT, MANIFEST
from releases.stage import GROUPS_PER_FILE, ROWS_PER_GROUP, SCHEMAS

_WORDS = tuple(hashlib.sha256(str(number).encode()).hexdigest()[: 3 + number % 9] for number in range(5_000))
_LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "Zlib")
_GROUP = ROWS_PER_GROUP["text"]
_TIMES = 3


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path)
    wanted = asked.parse_args()
    print(measure.machine(), end="\n\n")
    with tempfile.TemporaryDirectory() as made:
        folders = [(wanted.folder or Path(made)) / "many" / version for version in ("1", "2")]
        for folder in folders:
            if not folder.exists():
                _make(folder, wanted.rows)
        sizes = [sum(path.stat().st_size for path in folder.rglob("*.parquet")) for folder in folders]
        print(f"{wanted.rows:,} texts each, {sizes[0] / 1e6:,.0f} and {sizes[1] / 1e6:,.0f} MB\n")
        command = [*measure.TAMIS, "diff", *map(str, folders), "--format", "json"]
        costs = {
            "counts": measure.best_of(command, times=_TIMES),
            "`--items`": measure.best_of([*command, "--items"], times=_TIMES),
            "with itself": measure.best_of([*measure.TAMIS, "diff", *[str(folders[0])] * 2], times=_TIMES),
        }
        print("\n".join(costs["counts"].said.splitlines()[:2]), end="\n\n")
    rows = [[name, f"{c.wall:.1f}", f"{c.cpu:.1f}", f"{c.peak_mib:,.0f}"] for name, c in costs.items()]
    print(measure.table(("", "wall s", "CPU s", "peak MiB"), rows))


def _make(folder: Path, n_rows: int) -> None:
    """Writes a release whose rows depend on its version and their number alone."""
    second = folder.name == "2"
    (folder / "text" / "permissive").mkdir(parents=True)
    files = []
    per_file = _GROUP * GROUPS_PER_FILE
    for number, start in enumerate(range(0, n_rows, per_file)):
        path = f"text/permissive/part-{number:05d}.parquet"
        with pq.ParquetWriter(folder / path, SCHEMAS["text"], compression="zstd", write_page_checksum=True) as writer:
            for group in range(start, min(start + per_file, n_rows), _GROUP):
                rows = _rows(group, min(_GROUP, n_rows - group), second=second)
                writer.write_table(rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(SCHEMAS["text"]))
        rows = pq.read_metadata(folder / path).num_rows
        files.append({"path": path, "sha256": sha256_of(folder / path), "bytes": 0, "rows": rows})
    write_json(folder / MANIFEST, _manifest(folder.name, n_rows, files))


def _rows(start: int, n_rows: int, *, second: bool) -> pl.DataFrame:
    of_group = np.random.default_rng(start)
    lengths = of_group.integers(30, 210, n_rows)
    words = of_group.choice(_WORDS, int(lengths.sum()))
    ends = np.cumsum(lengths)
    texts = [" ".join(words[end - length : end]) for end, length in zip(ends, lengths, strict=True)]
    numbers = np.arange(start, start + n_rows)
    masks = np.zeros(n_rows, dtype=np.int32)
    names = [f"{number:x}" for number in numbers]
    if second:
        for place, number in enumerate(numbers):
            if number % 50 == 7:  # one went, another came
                names[place], texts[place] = f"new {number}", f"{number} {texts[place]}"
            elif number % 100 == 11:
                masks[place], texts[place] = 1, f"<EMAIL_ADDRESS> {texts[place]}"
            elif number % 20 == 3:
                names[place] = f"moved {number}"
    return pl.DataFrame(
        {
            "item": [hashlib.sha256(name.encode()).hexdigest()[:32] for name in names],
            "record": None,
            "part": None,
            "corpus": "many",
            "shard": f"shard-{start // 100_000}",
            "text": texts,
            "id": names,
            "path": None,
            "source": [f"source {number % 1_000}" for number in numbers],
            "version": None,
            "url": None,
            "title": None,
            "author": None,
            "label": None,
            "licence": [_LICENCES[number % len(_LICENCES)] for number in numbers],
            "licence_class": "permissive",
            "n_masked": masks,
        }
    ).select(SCHEMAS["text"].names)


def _manifest(version: str, n_rows: int, files: list[dict[str, Any]]) -> dict[str, Any]:
    each = n_rows // len(_LICENCES)
    counts = {"texts": n_rows, "images": 0, "masked": 0, "characters": 0, "image_bytes": 0}
    return {
        "format": FORMAT,
        "name": "many",
        "version": version,
        "run": f"r{version}",
        "recipe": {"name": "many", "digest": ""},
        "policy": {"name": "many", "version": "1", "digest": ""},
        "filters": [],
        "counts": counts,
        "licences": [{"expression": name, "class": "permissive", "items": each} for name in _LICENCES],
        "obligations": [],
        "outbound": {"licence": None, "possible": [], "conflicts": [], "carried_by_none": []},
        "files": files,
        "content_digest": version,
        "audits": [],
        "tamis_version": "",
        "part_of": None,
    }


if __name__ == "__main__":
    main()
