"""Texts of a data set, from a path given at run time: prose and documentation are measured on, never shipped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl


def texts(path: Path) -> Iterator[str]:
    """The column or field `text` of a Parquet file or of gzipped JSON lines, in order."""
    if path.suffix == ".parquet":
        yield from pl.read_parquet(path, columns=["text"])["text"].drop_nulls()
        return
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]
