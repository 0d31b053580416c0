"""How a text that is longer than a model sees at once is cut for a score: windows of one size, spread evenly.

All are of one size, so that a plain mean over them is fair; the last one ends where the text does.
"""

from __future__ import annotations

import numpy as np

from filters.text.utf8 import Places


def even_windows(count: int, *, size: int, overlap: int, most: int) -> Places:
    """Where the windows over a row of so many units begin; one of nothing, if there are none.

    Args:
        count: units of the text: words or tokens.
        size: units of a window; 0: one window of all.
        overlap: what two neighbours share, at least; below `size`.
        most: of more windows than this only so many are taken, at even distances; 0: all are.
    """
    if size == 0 or count <= size:
        return np.zeros(1, dtype=np.int64)
    windows = -(-(count - overlap) // (size - overlap))
    starts = np.linspace(0, count - size, windows).round().astype(np.int64)
    if not 0 < most < windows:
        return starts
    return starts[np.linspace(0, windows - 1, most).round().astype(np.int64)]


def covered(starts: Places, count: int, *, size: int) -> float:
    """The share of the units that lie in a window."""
    if size == 0 or count <= size:
        return 1.0
    return float(size + np.minimum(np.diff(starts), size).sum()) / count
