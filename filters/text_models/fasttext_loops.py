"""What fastText makes of words, in loops over the bytes of a batch: hashes, rows, their mean, a label's probability.

As `Dictionary::getLine`, `Dictionary::computeSubwords`, `Dictionary::addWordNgrams` and the losses of fastText 0.9.2
have it, but that sums are taken in double precision, in the order of the text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled, compiled_leaf
from filters.text.utf8 import Bytes, Places
from filters.text_models.fasttext_file import FastTextFile, Floats, Ids

Numbers = npt.NDArray[np.float64]

SOFTMAX, ONE_BY_ONE, TREE = 0, 1, 2
_KINDS = {"softmax": SOFTMAX, "ova": ONE_BY_ONE, "ns": ONE_BY_ONE, "hs": TREE}

_MASK = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_SIGN = np.uint64(0x80000000)
_BASIS, _PRIME = np.uint64(2166136261), np.uint64(16777619)
_GRAM = np.uint64(116049371)
_PREFIX = np.frombuffer(b"__label__", dtype=np.uint8)
_END = np.frombuffer(b"</s>", dtype=np.uint8)

_SIGMOIDS = (1 / (1 + np.exp(-(np.arange(513, dtype=np.float32) / 32 - 8)))).astype(np.float64)
"""fastText's table: the sigmoid at every 32nd between -8 and 8."""


class Kernel(NamedTuple):
    """A model as loops want it."""

    file: Bytes
    starts: Places
    ends: Places
    table: Ids
    """Of words by their hash; -1: none."""
    words: int
    end_word: int
    """Which one stands for the end of a text; -1: none."""
    grams: int
    least: int
    most: int
    buckets: int
    pruned: Ids
    dense: Floats
    codes: Bytes
    centroids: Floats
    part: int
    norm_codes: Bytes
    norms: Floats
    output: Floats
    kind: int
    left: Ids
    right: Ids
    sigmoids: Numbers


def make_kernel(model: FastTextFile) -> Kernel:
    left, right = _tree(model.label_counts.astype(np.float64))
    table = _table(model.data, model.word_starts, model.word_ends)
    rows = model.input
    parts = (
        model.data, model.word_starts, model.word_ends, table, model.pruned, rows.dense, rows.codes, rows.centroids,
        rows.norm_codes, rows.norms, model.output, left, right, _SIGMOIDS,
    )  # fmt: skip
    end = int(_find(_END, 0, len(_END), model.data, model.word_starts, model.word_ends, table))
    for part in parts:
        part.flags.writeable = False  # what is compiled for arrays of one kind serves every model
    return Kernel(
        file=model.data,
        starts=model.word_starts,
        ends=model.word_ends,
        table=table,
        words=model.words,
        end_word=end if end < model.words else -1,
        grams=model.word_grams,
        least=model.least,
        most=model.most,
        buckets=model.buckets,
        pruned=model.pruned,
        dense=rows.dense,
        codes=rows.codes,
        centroids=rows.centroids,
        part=rows.part,
        norm_codes=rows.norm_codes,
        norms=rows.norms,
        output=model.output,
        kind=_KINDS[model.loss],
        left=left,
        right=right,
        sigmoids=_SIGMOIDS,
    )


@compiled
def split(data: Bytes, offsets: Places) -> tuple[Places, Places, Places]:
    """The words of each text as fastText parts them, at ASCII's white space and NUL: where they begin and end, and of
    each text its first.
    """
    starts = np.empty((offsets[-1] - offsets[0]) // 2 + len(offsets), dtype=np.int64)
    ends = np.empty_like(starts)
    bounds = np.empty(len(offsets), dtype=np.int64)
    count = 0
    for text in range(len(offsets) - 1):
        bounds[text] = count
        begun = -1
        for place in range(offsets[text], offsets[text + 1]):
            byte = data[place]
            space = byte == 0x20 or 0x09 <= byte <= 0x0D or byte == 0
            if space and begun >= 0:
                starts[count], ends[count] = begun, place
                count += 1
                begun = -1
            elif not space and begun < 0:
                begun = place
        if begun >= 0:
            starts[count], ends[count] = begun, offsets[text + 1]
            count += 1
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds


@compiled
def highest_and_mean(
    model: Kernel,
    data: Bytes,
    starts: Places,
    ends: Places,
    firsts: Places,
    lasts: Places,
    bounds: Places,
) -> tuple[Numbers, Numbers, Places]:
    """Of each text and label the highest probability of its windows, and their mean; NaN where none has a row. Of each
    text, how many have one.

    Args:
        model: the model.
        data: all texts.
        starts: of each word its first byte.
        ends: of each word the byte behind it.
        firsts: of each window its first word.
        lasts: of each window the word behind it.
        bounds: of each text its first window, and at the end how many there are.
    """
    labels = len(model.output)
    highest = np.full((len(bounds) - 1, labels), np.nan)
    mean = np.full((len(bounds) - 1, labels), np.nan)
    hidden = np.empty(model.output.shape[1])
    scores = np.empty(2 * labels - 1)
    grams = np.empty(model.grams, dtype=np.uint64)
    counts = np.zeros(len(bounds) - 1, dtype=np.int64)
    for text in range(len(bounds) - 1):
        seen = 0
        for window in range(bounds[text], bounds[text + 1]):
            rows = _hidden(model, data, starts, ends, firsts[window], lasts[window], grams, hidden)
            if rows == 0:
                continue
            _probabilities(model, hidden, scores)
            for label in range(labels):
                score = scores[label]
                if seen == 0:
                    highest[text, label] = score
                    mean[text, label] = score
                else:
                    highest[text, label] = max(highest[text, label], score)
                    mean[text, label] += score
            seen += 1
        if seen > 1:
            mean[text] /= seen
        counts[text] = seen
    return highest, mean, counts


@compiled_leaf
def _hidden(
    model: Kernel,
    data: Bytes,
    starts: Places,
    ends: Places,
    first: int,
    last: int,
    grams: npt.NDArray[np.uint64],
    hidden: Numbers,
) -> int:
    """The mean of the rows of these words; how many rows it is of."""
    for place in range(len(hidden)):
        hidden[place] = 0
    rows = 0
    held = 0
    for word in range(first, last):
        start, end = starts[word], ends[word]
        found = _find(data, start, end, model.file, model.starts, model.ends, model.table)
        if found >= model.words or (found < 0 and _is_label(data, start, end)):
            continue
        if found >= 0:
            _add(model, found, hidden)
            rows += 1
        if model.most > 0 and (found < 0 or found != model.end_word):
            rows += _add_parts(model, data, start, end, hidden)
        more, held = _add_grams(model, _hash(data, start, end), grams, held, hidden)
        rows += more
    if model.end_word >= 0:
        _add(model, model.end_word, hidden)
        rows += 1
    more, held = _add_grams(model, _hash_of_end(), grams, held, hidden)
    rows += more
    if rows > 0:
        for place in range(len(hidden)):
            hidden[place] /= rows
    return rows


@compiled_leaf
def _add_grams(
    model: Kernel, word: np.uint64, grams: npt.NDArray[np.uint64], held: int, hidden: Numbers
) -> tuple[int, int]:
    """Adds every run that ends with this word; how many there were, and how many runs go on to the next word."""
    if model.grams < 2 or model.buckets == 0:
        return 0, 0
    signed = word | _HIGH if word & _SIGN else word
    rows = 0
    for run in range(held):  # the longest first
        grams[run] = grams[run] * _GRAM + signed
        rows += _add_bucket(model, grams[run] % np.uint64(model.buckets), hidden)
    if held == model.grams - 1:
        for run in range(held - 1):
            grams[run] = grams[run + 1]
        held -= 1
    grams[held] = signed
    return rows, held + 1


@compiled_leaf
def _add_parts(model: Kernel, data: Bytes, start: int, end: int, hidden: Numbers) -> int:
    """Adds the rows of the parts of a word, which is taken to stand between < and >; how many there were."""
    if model.buckets == 0:
        return 0
    rows = 0
    length = end - start + 2
    for begin in range(length):
        if _goes_on(data, start, length, begin):
            continue
        hashed = _BASIS
        place, characters = begin, 1
        while place < length and characters <= model.most:
            hashed = _mixed(hashed, _byte(data, start, length, place))
            place += 1
            while place < length and _goes_on(data, start, length, place):
                hashed = _mixed(hashed, _byte(data, start, length, place))
                place += 1
            if characters >= model.least and not (characters == 1 and (begin == 0 or place == length)):
                rows += _add_bucket(model, hashed % np.uint64(model.buckets), hidden)
            characters += 1
    return rows


@compiled_leaf
def _byte(data: Bytes, start: int, length: int, place: int) -> int:
    if place == 0:
        return 0x3C
    return 0x3E if place == length - 1 else data[start + place - 1]


@compiled_leaf
def _goes_on(data: Bytes, start: int, length: int, place: int) -> bool:
    return _byte(data, start, length, place) & 0xC0 == 0x80


@compiled_leaf
def _add_bucket(model: Kernel, bucket: np.uint64, hidden: Numbers) -> int:
    row = int(np.int64(bucket))
    if len(model.pruned):
        row = int(model.pruned[row])
        if row < 0:
            return 0
    _add(model, model.words + row, hidden)
    return 1


@compiled_leaf
def _add(model: Kernel, row: int, hidden: Numbers) -> None:
    width = len(hidden)
    if len(model.dense):
        for place in range(width):
            hidden[place] += model.dense[row, place]
        return
    factor = np.float64(model.norms[model.norm_codes[row]]) if len(model.norms) else 1.0
    part = model.part
    for piece in range(model.codes.shape[1]):
        low = piece * part
        wide = min(part, width - low)
        first = low * 256 + model.codes[row, piece] * wide
        for place in range(wide):
            hidden[low + place] += factor * model.centroids[first + place]


@compiled_leaf
def _probabilities(model: Kernel, hidden: Numbers, scores: Numbers) -> None:
    """Of each label; what lies behind them in `scores` is room for the tree."""
    labels = len(model.output)
    if model.kind == TREE:
        scores[2 * labels - 2] = 1.0
        for node in range(2 * labels - 2, labels - 1, -1):
            right = 1 / (1 + np.exp(-_dot(model.output, node - labels, hidden)))
            scores[model.left[node]] = scores[node] * (1 - right)
            scores[model.right[node]] = scores[node] * right
        return
    for label in range(labels):
        scores[label] = _dot(model.output, label, hidden)
    if model.kind == ONE_BY_ONE:
        for label in range(labels):
            scores[label] = _sigmoid(model.sigmoids, scores[label])
        return
    most = scores[0]
    for label in range(1, labels):
        most = max(most, scores[label])
    total = 0.0
    for label in range(labels):
        scores[label] = np.exp(scores[label] - most)
        total += scores[label]
    for label in range(labels):
        scores[label] /= total


@compiled_leaf
def _dot(rows: Floats, row: int, hidden: Numbers) -> float:
    total = 0.0
    for place in range(len(hidden)):
        total += rows[row, place] * hidden[place]
    return total


@compiled_leaf
def _sigmoid(table: Numbers, number: float) -> float:
    if number < -8:
        return 0.0
    if number > 8:
        return 1.0
    return table[int((number + 8) * 32)] if number == number else np.nan  # noqa: PLR0124 - NaN is not itself


@compiled_leaf
def _hash(data: Bytes, start: int, end: int) -> np.uint64:
    """FNV-1a of 32 bits over bytes that have a sign."""
    hashed = _BASIS
    for place in range(start, end):
        hashed = _mixed(hashed, data[place])
    return hashed


@compiled_leaf
def _hash_of_end() -> np.uint64:
    hashed = _BASIS
    for byte in (0x3C, 0x2F, 0x73, 0x3E):  # </s>
        hashed = _mixed(hashed, byte)
    return hashed


@compiled_leaf
def _mixed(hashed: np.uint64, byte: int) -> np.uint64:
    signed = np.uint64(byte) | np.uint64(0xFFFFFF00) if byte >= 0x80 else np.uint64(byte)
    return ((hashed ^ signed) * _PRIME) & _MASK


@compiled_leaf
def _is_label(data: Bytes, start: int, end: int) -> bool:
    if end - start < len(_PREFIX):
        return False
    for place in range(len(_PREFIX)):
        if data[start + place] != _PREFIX[place]:
            return False
    return True


@compiled_leaf
def _find(data: Bytes, start: int, end: int, file: Bytes, starts: Places, ends: Places, table: Ids) -> int:
    """The entry that is these bytes; -1: none."""
    mask = np.uint64(len(table) - 1)
    slot = _hash(data, start, end) & mask
    while True:
        entry = int(table[slot])
        if entry < 0 or _same(data, start, end, file, starts[entry], ends[entry]):
            return entry
        slot = (slot + np.uint64(1)) & mask


@compiled_leaf
def _same(data: Bytes, start: int, end: int, file: Bytes, low: int, high: int) -> bool:
    if end - start != high - low:
        return False
    for place in range(end - start):
        if data[start + place] != file[low + place]:
            return False
    return True


@compiled
def _table(file: Bytes, starts: Places, ends: Places) -> Ids:
    """Entries by hash, at most half full; of equal ones the last counts, as with fastText."""
    slots = 4
    while slots < 2 * len(starts):
        slots *= 2
    table = np.full(slots, -1, dtype=np.int32)
    mask = np.uint64(slots - 1)
    for entry in range(len(starts)):
        slot = _hash(file, starts[entry], ends[entry]) & mask
        while table[slot] >= 0 and not _same(
            file, starts[entry], ends[entry], file, starts[table[slot]], ends[table[slot]]
        ):
            slot = (slot + np.uint64(1)) & mask
        table[slot] = entry
    return table


@compiled
def _tree(counts: Numbers) -> tuple[Ids, Ids]:
    """The two nodes below each: Huffman's, over the labels from the last to the first. Leaves have none: -1."""
    labels = len(counts)
    weights = np.full(2 * labels - 1, 1e15)
    weights[:labels] = counts
    left = np.full(2 * labels - 1, -1, dtype=np.int32)
    right = np.full(2 * labels - 1, -1, dtype=np.int32)
    leaf, node = labels - 1, labels
    for parent in range(labels, 2 * labels - 1):
        pair = [0, 0]
        for place in range(2):
            if leaf >= 0 and weights[leaf] < weights[node]:
                pair[place] = leaf
                leaf -= 1
            else:
                pair[place] = node
                node += 1
        left[parent], right[parent] = pair[0], pair[1]
        weights[parent] = weights[pair[0]] + weights[pair[1]]
    return left, right
