"""The model that tells languages apart: py3langid's, walked over bytes by a compiled loop.

It is a naive Bayes classifier over 100,053 byte sequences (Lui and Baldwin 2011, 2012), trained anew by A. Barbaresi
for 139 languages and for what is none, and comes inside the distribution `py3langid` under the BSD licence. It is a
file of numpy arrays, read with `allow_pickle=False` after its digest was checked, so that nothing in it is ever run.
Of a single passage the answers are the distribution's own, which a test compares, at some three times its speed.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import lzma
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled
from filters.text.counts import Numbers
from filters.text.passages import Passages
from filters.text.utf8 import Bytes, Places, Utf8
from tamis.errors import ConfigError

MODEL: Final = "model.npz.xz"
MODEL_SHA256: Final = "f4f4a2c3465ca1f081541037f9cac23021d68151c2f709c55ae5eedfca522963"

MOST_PASSAGES: Final = 64
"""So many passages of a text are looked at; of more, so many at even distances."""

_CLEARLY: Final = 0.1
"""A passage is of another language than its text only if its score for that of the text is below this."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Languages:
    """For each text; places are those in the model's `labels`, -1 where there is none."""

    main: Places
    """The language with the highest mean score over the letters of the passages."""
    score: Numbers
    """That mean, 0 to 1; NaN where nothing was looked at or the model knows nothing of it."""
    second: Places
    """The language of most letters in passages of other languages."""
    share: Numbers
    """Of the letters looked at, those in passages of the main language."""
    languages: Places
    """How many languages the passages are of."""


@dataclass(frozen=True, slots=True, eq=False)
class LanguageModel:
    """A machine that reads bytes and emits features, and what each feature says for each class."""

    labels: tuple[str, ...]
    """ISO 639 codes, each once."""
    label_of: Places
    """Class → its place in `labels`: a language may have a class for each of its scripts."""
    weights: Floats
    """Features x classes: logarithms of likelihoods."""
    priors: Floats
    rows: npt.NDArray[np.uint32]
    """Row x 256: the state that follows a byte."""
    row_of: npt.NDArray[np.uint16]
    """State → its row."""
    feature_of: npt.NDArray[np.int32]
    """State → the feature that was just read, or -1."""

    def languages_of(self, texts: Utf8, passages: Passages) -> Languages:
        """What languages the texts are in, by their passages.

        A passage's scores are the likelihoods of all languages, taken to the power of 1 / sqrt(bytes) and made to come
        to 1, as py3langid has it: without that any passage would score 1 for some language.

        Args:
            texts: in NFC.
            passages: theirs; each counts by its letters.
        """
        pieces = passages.pieces
        found = _languages_of(
            texts.data, pieces.starts, pieces.ends, pieces.bounds, passages.letters,
            self.rows, self.row_of, self.feature_of, self.weights, self.priors, self.label_of, len(self.labels),
        )  # fmt: skip
        return Languages(*found)


def check_model() -> None:
    """Looks whether the model that is installed is the one that is meant.

    Raises:
        ConfigError: it is another, or none.
    """
    _model_bytes()


@cache
def language_model() -> LanguageModel:
    """The model; takes a second to read and 100 MB of memory, once in a process.

    Raises:
        ConfigError: the model that is installed is another, or none.
    """
    with np.load(io.BytesIO(lzma.decompress(_model_bytes())), allow_pickle=False) as arrays:
        classes = [str(code) for code in arrays["classes"]]
        labels = tuple(dict.fromkeys(classes))
        return LanguageModel(
            labels=labels,
            label_of=np.array([labels.index(code) for code in classes], dtype=np.int64),
            weights=arrays["ptc"].astype(np.float32),
            priors=arrays["pc"],
            rows=arrays["nextmove"].reshape(-1, 256),
            row_of=arrays["nextmove_row"],
            feature_of=arrays["out_feat"],
        )


def _model_bytes() -> bytes:
    try:
        model = (importlib.resources.files("py3langid") / "data" / MODEL).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        model = b""
    found = hashlib.sha256(model).hexdigest()
    if found != MODEL_SHA256:
        raise ConfigError(
            f"language: the model {MODEL} has the sha256 {found}, expected {MODEL_SHA256}. "
            "Install py3langid 0.4.0 again."
        )
    return model


@compiled
def _languages_of(
    data: Bytes,
    starts: Places,
    ends: Places,
    bounds: Places,
    letters: Places,
    rows: npt.NDArray[np.uint32],
    row_of: npt.NDArray[np.uint16],
    feature_of: npt.NDArray[np.int32],
    weights: Floats,
    priors: Floats,
    label_of: Places,
    labels: int,
) -> tuple[Places, Numbers, Places, Numbers, Places]:
    texts = len(bounds) - 1
    main, second = np.full(texts, -1, dtype=np.int64), np.full(texts, -1, dtype=np.int64)
    score, share = np.full(texts, np.nan), np.full(texts, np.nan)
    languages = np.zeros(texts, dtype=np.int64)
    counts = np.zeros(len(weights), dtype=np.int64)
    scores = np.zeros((MOST_PASSAGES, labels))
    weight = np.zeros(MOST_PASSAGES)
    for text in range(texts):
        pieces = bounds[text + 1] - bounds[text]
        looked = min(pieces, MOST_PASSAGES)
        total = np.zeros(labels)
        for at in range(looked):
            piece = bounds[text] + at * pieces // looked
            weight[at] = 0.0
            if _score(
                data, starts[piece], ends[piece], rows, row_of, feature_of, weights, priors, label_of, counts,
                scores[at],
            ):  # fmt: skip
                weight[at] = letters[piece]
                total += weight[at] * scores[at]
        whole = weight[:looked].sum()
        if whole == 0.0:
            continue
        main[text] = total.argmax()
        score[text] = total[main[text]] / whole
        held = np.zeros(labels)
        for at in range(looked):
            alike = scores[at, main[text]] >= _CLEARLY
            held[main[text] if alike else scores[at].argmax()] += weight[at]
        share[text] = held[main[text]] / whole
        languages[text] = (held > 0.0).sum()
        held[main[text]] = 0.0
        if held.max() > 0.0:
            second[text] = held.argmax()
    return main, score, second, share, languages


@compiled
def _score(
    data: Bytes,
    start: int,
    end: int,
    rows: npt.NDArray[np.uint32],
    row_of: npt.NDArray[np.uint16],
    feature_of: npt.NDArray[np.int32],
    weights: Floats,
    priors: Floats,
    label_of: Places,
    counts: Places,
    scores: Numbers,
) -> bool:
    """Fills `scores`; false where the passage holds no feature. `counts` is all 0 before and after."""
    seen = np.empty(end - start, dtype=np.int64)
    features, state = 0, 0
    for place in range(start, end):
        state = rows[row_of[state], data[place]]
        feature = feature_of[state]
        if feature >= 0:
            if counts[feature] == 0:
                seen[features] = feature
                features += 1
            counts[feature] += 1
    if features == 0:
        return False
    sums = priors.copy()
    for at in range(features):
        feature = seen[at]
        often, row = np.float32(np.log1p(counts[feature])), weights[feature]
        counts[feature] = 0
        for each in range(len(sums)):
            sums[each] += often * row[each]
    by_class = np.exp((sums - sums.max()) / np.sqrt(end - start))
    by_class /= by_class.sum()
    scores[:] = 0.0
    for each in range(len(by_class)):
        scores[label_of[each]] += by_class[each]
    return True
