"""fastText's supervised models as classifiers of texts, without fastText: read and reckoned here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from filters.text.utf8 import Places, Utf8
from filters.text_models.classifier import WHO, Reading, ScoredBy, Scores
from filters.text_models.fasttext_file import FastTextFile, read_fasttext
from filters.text_models.fasttext_loops import highest_and_mean, make_kernel, split
from filters.text_models.tokens import groups
from filters.text_models.windows import covered, even_windows
from tamis.errors import ConfigError


class FastTextModel:
    """See `filters.text_models.classifier.TextClassifier`. Made by `load_fasttext`.

    The end of a window is to it what the end of a line is to fastText, and the end of a line within a window is white
    space.
    """

    libraries = ("numba", "numpy")

    def __init__(self, model: FastTextFile, reading: Reading) -> None:
        self.digest = model.sha256
        self.labels = model.labels
        self.scored_by: ScoredBy = "softmax" if model.loss in ("softmax", "hs") else "sigmoid"
        self._reading = reading
        self._kernel = make_kernel(model)

    def score(self, texts: Sequence[str]) -> Scores:
        parts = [self._scored([texts[place] for place in group]) for group in _groups(texts)]
        if not parts:
            nothing = np.empty((0, len(self.labels)))
            return Scores(np.empty(0, dtype=np.bool_), np.empty(0, dtype=np.int64), np.empty(0), nothing, nothing)
        return Scores(
            failed=np.concatenate([part.failed for part in parts]),
            windows=np.concatenate([part.windows for part in parts]),
            covered=np.concatenate([part.covered for part in parts]),
            highest=np.concatenate([part.highest for part in parts]),
            mean=np.concatenate([part.mean for part in parts]),
        )

    def _scored(self, texts: list[str]) -> Scores:
        utf8 = Utf8.of(pl.Series(texts, dtype=pl.String))
        starts, ends, bounds = split(utf8.data, utf8.offsets)
        counts = np.diff(bounds)
        planned = [self._windows(int(count)) for count in counts]
        each = np.array([len(windows) for windows in planned], dtype=np.int64)
        firsts = np.concatenate(planned) + np.repeat(bounds[:-1], each)
        sizes = np.repeat(counts if self._reading.window == 0 else np.minimum(counts, self._reading.window), each)
        until: Places = np.concatenate([[0], np.cumsum(each)])
        highest, mean, seen = highest_and_mean(self._kernel, utf8.data, starts, ends, firsts, firsts + sizes, until)
        shares = [
            covered(windows, int(count), size=self._reading.window)
            for windows, count in zip(planned, counts, strict=True)
        ]
        failed = (seen > 0) & ~np.isfinite(mean).all(axis=1)
        return Scores(failed, each, np.array(shares), highest, mean)

    def _windows(self, count: int) -> Places:
        reading = self._reading
        overlap = min(reading.overlap, reading.window // 4)
        return even_windows(count, size=reading.window, overlap=overlap, most=reading.max_windows)


def _groups(texts: Sequence[str]) -> Iterator[list[int]]:
    """All of them, so many at once as take little memory."""
    return groups(texts, longest=max(map(len, texts), default=0))


def load_fasttext(path: Path, *, reading: Reading, scored_by: ScoredBy | None) -> FastTextModel:
    """Reads a file of fastText; see `filters.text_models.classifier.load_classifier`.

    Raises:
        ConfigError: as there, or its scores are asked for otherwise than it was trained for.
    """
    model = FastTextModel(read_fasttext(path, who=WHO), reading)
    if scored_by not in (None, model.scored_by):
        raise ConfigError(
            f"{WHO}: {path.name} was trained for scores by {model.scored_by}, and fastText has no others. "
            f"Take {scored_by} out of `scores`."
        )
    return model
