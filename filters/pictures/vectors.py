"""Embeddings as they are on record: unit vectors as bytes of little-endian float16, a row for each view."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from tamis.errors import CatalogError
from tamis.records import EMBEDDINGS

Vectors = npt.NDArray[np.float32]

_ON_RECORD = np.dtype("<f2")


def frame_of(rows: Iterable[tuple[int, Vectors]]) -> pl.DataFrame:
    """Schema EMBEDDINGS of (position, views x dimensions) pairs."""
    found = [
        (position, view, vector.astype(_ON_RECORD).tobytes())
        for position, vectors in rows
        for view, vector in enumerate(vectors)
    ]
    return pl.DataFrame(found, schema=EMBEDDINGS, orient="row")


def vectors_of(embeddings: pl.DataFrame, *, dimensions: int) -> Vectors:
    """Rows x dimensions, of unit length again after the rounding.

    Raises:
        CatalogError: a vector has another number of dimensions.
    """
    wrong = embeddings.filter(pl.col("vector").bin.size() != dimensions * _ON_RECORD.itemsize)
    if not wrong.is_empty():
        raise CatalogError(
            f"{wrong.height} embeddings on record have not {dimensions} dimensions. `tamis verify` says more."
        )
    whole = np.frombuffer(b"".join(embeddings["vector"]), dtype=_ON_RECORD).reshape(-1, dimensions).astype(np.float32)
    return unit(whole)


def unit(vectors: Vectors) -> Vectors:
    """Each row divided by its length; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    divided: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return divided
