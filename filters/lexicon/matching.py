"""Finds in texts the terms of a list, all in one pass, as whole words and however they are written.

Words are those of `filters.text.folding`: without case, accents and form, so that a full-width or an accented letter is
the letter, and what cannot be seen is skipped; in scripts without blanks a character is a word, so that a term is found
inside a sentence. A term of several words is found whatever marks and blanks stand between them.

Beside these, a run of letters in which digits and signs stand for letters (`LOOKALIKES`) is compared as the letters,
with terms of one word, if more letters than digits are left: `A55` is a name, and `b00bs` is none. Of i and l, for
which 1 and ! stand both, each is taken for the other there.

Of terms that overlap, the one that begins first counts, of several that begin together the longest. Terms of identity
are looked for apart: what overlaps them takes nothing from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text.compiled import compiled, compiled_leaf
from filters.text.folding import ALONE, PARTS, SKIPPED, Folding, folding
from filters.text.repetition import Hashes, mixed
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width

LONGEST_TERM: Final = 12
"""Words."""

NEAR: Final = 8
"""Within so many words of a term, a phrase that is not around it allows it."""

LOOKALIKES: Final = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"}

LEAST_DISGUISED: Final = 3
"""Letters of a term that is looked for behind digits and signs."""

_SIGNS: Final = "@$!"
_PRIME: Final = np.uint64(0x100000001B3)
_BASIS: Final = np.uint64(0xCBF29CE484222325)
_PAIRED: Final = np.uint64(0x9E3779B97F4A7C15)
_SINGLE: Final = 1
_BEGINS: Final = 2
_NOWHERE: Final = -1

Flags = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of some texts by hash: text i has words `bounds[i]` up to, not including, `bounds[i + 1]`."""

    hashes: Hashes
    bounds: Places
    disguised: Places
    """n x 3: a run with digits or signs for letters: its text, the first of its words and one past the last."""
    disguised_hashes: Hashes

    @property
    def counts(self) -> Places:
        """Words of each text."""
        return np.diff(self.bounds)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Where terms are, text by text, in order."""

    texts: Places
    terms: Places
    allowed: Flags
    """A phrase that allows the term is around it or near it."""
    disguised: Flags
    """It was read behind digits or signs."""
    apart: Flags
    """It is one of those that are looked for apart; a term that is so in one entry and not in another has two hits."""
    words: Places
    """Of each text, how many words it has."""


class _Table(NamedTuple):
    """Strings of words by the hash of their first two, for many phrases begin with the same article, or of their only
    word. A tuple, for that is what compiled loops take.
    """

    gate: npt.NDArray[np.uint8]
    """By the first word: _SINGLE, if it may be a string, and _BEGINS, if a longer one may begin with it."""
    keys: Hashes
    buckets: Small
    """Of each slot; -1 where it is empty. Bucket b has the strings `order[bounds[b]]` up to `order[bounds[b + 1]]`."""
    bounds: Places
    order: Places
    """The longest of a bucket first."""
    words: Hashes
    word_bounds: Places
    """String s has the words `words[word_bounds[s]]` up to `words[word_bounds[s + 1]]`."""


class _Allowing(NamedTuple):
    """Term t is allowed by the strings `strings[bounds[t]]` up to `strings[bounds[t + 1]]`."""

    bounds: Places
    strings: Places
    around: Flags
    """Whether the phrase holds the term: then only the term within it is allowed."""


class Terms:
    """Terms that texts can be searched for.

    Args:
        terms: with 1 to LONGEST_TERM words each; those that fold alike are the same.
        allowed_in: of each, the phrases that allow it.
        apart: whether it is looked for apart from those that are not.
    """

    def __init__(self, terms: Sequence[str], allowed_in: Sequence[Sequence[str]], apart: Sequence[bool]) -> None:
        phrases = sorted({phrase for each in allowed_in for phrase in each})
        words = words_of(pl.Series([*terms, *phrases], dtype=pl.String))
        keys = [
            words.hashes[first:after].tobytes() for first, after in zip(words.bounds, words.bounds[1:], strict=False)
        ]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        self.numbers = np.array([numbers[key] for key in keys[: len(terms)]], dtype=np.int64)
        """Of each term given the number by which hits name it."""
        held = [np.frombuffer(key, dtype=np.uint64) for key in numbers]
        self._table = _table(held)
        is_apart = np.array(apart, dtype=np.bool_)
        self._wanted = np.zeros((len(held), 2), dtype=np.bool_)
        self._wanted[self.numbers[~is_apart], 0] = True
        self._wanted[self.numbers[is_apart], 1] = True
        self._allowing = self._allowed_by(
            {phrase: numbers[key] for phrase, key in zip(phrases, keys[len(terms) :], strict=True)}, allowed_in, held
        )
        letters, hashes = _disguised_hashes(*_bytes(terms), folding())
        written_alone = (letters >= LEAST_DISGUISED) & (words.counts[: len(terms)] == 1)
        self._disguised = np.sort(np.unique(hashes[written_alone]))
        first_with = dict(
            zip(hashes[written_alone][::-1].tolist(), self.numbers[written_alone][::-1].tolist(), strict=True)
        )
        self._disguised_terms = np.array([first_with[each] for each in self._disguised.tolist()], dtype=np.int64)

    def _allowed_by(
        self, numbered: dict[str, int], allowed_in: Sequence[Sequence[str]], held: list[Hashes]
    ) -> _Allowing:
        by_term: dict[int, set[int]] = {}
        for term, phrases in zip(self.numbers.tolist(), allowed_in, strict=True):
            by_term.setdefault(term, set()).update(numbered[phrase] for phrase in phrases)
        strings = [(term, string) for term in range(len(held)) for string in sorted(by_term.get(term, ()))]
        bounds = np.zeros(len(held) + 1, dtype=np.int64)
        for term, _ in strings:
            bounds[term + 1] += 1
        around = [_holds(held[string], held[term]) for term, string in strings]
        return _Allowing(
            np.cumsum(bounds),
            np.array([string for _, string in strings], dtype=np.int64),
            np.array(around, dtype=np.bool_),
        )

    def find(self, texts: pl.Series, *, disguised: bool = True) -> Hits:
        """All terms in a series of strings without nulls."""
        words = words_of(texts)
        runs, run_hashes = (words.disguised, words.disguised_hashes) if disguised else (_NO_RUNS, words.hashes[:0])
        places = np.searchsorted(self._disguised, run_hashes)
        known = places < len(self._disguised)
        known[known] = self._disguised[places[known]] == run_hashes[known]
        found = _found(
            words.hashes,
            words.bounds,
            self._table,
            self._wanted,
            self._allowing,
            runs[known],
            self._disguised_terms[places[known]],
        )
        return Hits(*found, words.counts)


_NO_RUNS: Final = np.empty((0, 3), dtype=np.int64)


def words_of(texts: pl.Series) -> Words:
    """The words of a series of strings without nulls."""
    hashes, bounds, runs, run_hashes = _words(*_bytes(texts), folding(), _lookalike_table())
    return Words(hashes, bounds, runs, run_hashes)


def _bytes(texts: pl.Series | Sequence[str]) -> tuple[Bytes, Places]:
    utf8 = Utf8.of(texts if isinstance(texts, pl.Series) else pl.Series(texts, dtype=pl.String))
    return utf8.data, utf8.offsets


def _holds(phrase: Hashes, term: Hashes) -> bool:
    places = range(len(phrase) - len(term) + 1)
    return any(bool((phrase[place : place + len(term)] == term).all()) for place in places)


def _lookalike_table() -> npt.NDArray[np.uint8]:
    """ASCII → the letter that a digit or sign stands for, 0 for all else."""
    table = np.zeros(128, dtype=np.uint8)
    for sign, letter in LOOKALIKES.items():
        table[ord(sign)] = ord(letter)
    return table


def _table(strings: list[Hashes]) -> _Table:
    firsts = np.array([string[0] for string in strings], dtype=np.uint64)
    lengths = np.array([len(string) for string in strings], dtype=np.int64)
    seconds = np.array([string[min(1, len(string) - 1)] for string in strings], dtype=np.uint64)
    by = np.where(lengths == 1, firsts, firsts * _PAIRED + seconds)
    order = np.lexsort((-lengths, by)).astype(np.int64)
    distinct, begins = np.unique(by[order], return_index=True)
    bits = max(4, int(2 * len(distinct)).bit_length())
    keys, buckets = _slots(distinct, 1 << bits)
    gate = np.zeros(1 << (bits + 3), dtype=np.uint8)
    places = ((firsts >> np.uint64(20)) & np.uint64(len(gate) - 1)).astype(np.int64)
    np.bitwise_or.at(gate, places, np.where(lengths == 1, _SINGLE, _BEGINS).astype(np.uint8))
    return _Table(
        gate,
        keys,
        buckets,
        np.append(begins, len(order)).astype(np.int64),
        order,
        np.concatenate(strings) if strings else np.empty(0, dtype=np.uint64),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )


@compiled
def _slots(distinct: Hashes, slots: int) -> tuple[Hashes, Small]:
    keys = np.zeros(slots, dtype=np.uint64)
    buckets = np.full(slots, -1, dtype=np.int32)
    for bucket in range(len(distinct)):
        value = distinct[bucket]
        slot = np.int64(value & np.uint64(slots - 1))
        while buckets[slot] >= 0:
            slot = (slot + 1) & (slots - 1)
        keys[slot] = value
        buckets[slot] = bucket
    return keys, buckets


@compiled_leaf
def _bucket_of(value: np.uint64, keys: Hashes, buckets: Small) -> int:
    """-1 if no string has this key."""
    slot = np.int64(value & np.uint64(len(keys) - 1))
    while buckets[slot] >= 0:
        if keys[slot] == value:
            return int(buckets[slot])
        slot = (slot + 1) & (len(keys) - 1)
    return -1


@compiled_leaf
def _read_as(letter: int) -> int:
    """The letters i and l are one where 1 and ! may stand for either."""
    return 0x69 if letter == 0x6C else letter


@compiled
def _disguised_hashes(data: Bytes, offsets: Places, table: Folding) -> tuple[Places, Hashes]:
    """Of each string how many letters of ASCII it has, 0 if it has others, too; and its hash as `_read_as`."""
    letters = np.zeros(len(offsets) - 1, dtype=np.int64)
    hashes = np.zeros(len(offsets) - 1, dtype=np.uint64)
    for string in range(len(letters)):
        place, value, others = offsets[string], _BASIS, 0
        while place < offsets[string + 1]:
            code = code_at(data, place)
            place += width(data[place])
            plain = np.int64(table[code]) if code < len(table) else SKIPPED
            if 0x61 <= plain <= 0x7A:
                value = (value ^ np.uint64(_read_as(int(plain)))) * _PRIME
                letters[string] += 1
            elif plain != SKIPPED:
                others += 1
        hashes[string] = mixed(value)
        if others:
            letters[string] = 0
    return letters, hashes


@compiled
def _words(
    data: Bytes, offsets: Places, table: Folding, lookalikes: npt.NDArray[np.uint8]
) -> tuple[Hashes, Places, Places, Hashes]:
    hashes = np.empty(offsets[-1] - offsets[0], dtype=np.uint64)
    bounds = np.empty(len(offsets), dtype=np.int64)
    runs, run_hashes = np.empty((64, 3), dtype=np.int64), np.empty(64, dtype=np.uint64)
    count, n_runs = 0, 0
    for text in range(len(offsets) - 1):
        bounds[text] = count
        place, last = offsets[text], offsets[text + 1]
        is_open, value = False, _BASIS
        # A run in which digits and signs may stand for letters, beside the words that it is made of.
        run_open, run_place, run_first, is_disguised = False, place, 0, False
        while place < last:
            here = place
            code = code_at(data, place)
            place += width(data[place])
            plain = table[code] if code < len(table) else np.uint32(SKIPPED)
            if plain == SKIPPED:
                continue
            is_alone = plain & ALONE != 0
            if plain > SKIPPED and not is_alone:
                if not run_open:
                    run_open, run_place, run_first, is_disguised = True, here, count, False
                if not is_open:
                    value = _BASIS
                    is_open = True
                value = (value ^ np.uint64(plain)) * _PRIME
                is_disguised = is_disguised or bool(0x30 <= plain <= 0x39)
                continue
            if is_open:
                hashes[count] = mixed(value)
                count += 1
                is_open = False
            if not is_alone and code < 128 and lookalikes[code] and _joins(data, place, last, code, run_open, table):
                if not run_open:
                    run_open, run_place, run_first = True, here, count
                is_disguised = True
                continue
            if run_open and is_disguised:
                runs, run_hashes, n_runs = _noted(
                    runs, run_hashes, n_runs, text, run_first, count, data, run_place, here, table, lookalikes
                )
            run_open = False
            if is_alone:
                hashes[count] = mixed((_BASIS ^ np.uint64(plain)) * _PRIME)
                count += 1
        if is_open:
            hashes[count] = mixed(value)
            count += 1
        if run_open and is_disguised:
            runs, run_hashes, n_runs = _noted(
                runs, run_hashes, n_runs, text, run_first, count, data, run_place, last, table, lookalikes
            )
    bounds[-1] = count
    return hashes[:count].copy(), bounds, runs[:n_runs].copy(), run_hashes[:n_runs].copy()


@compiled_leaf
def _joins(data: Bytes, place: int, last: int, sign: int, run_open: bool, table: Folding) -> bool:
    """Whether a sign before `place` belongs to a run: ! within one alone, others at its ends, too."""
    following = np.int64(table[code_at(data, place)]) if place < last and data[place] < 0xF0 else np.int64(PARTS)
    before_a_letter = following > SKIPPED and following & ALONE == 0
    if sign == 0x21:
        return run_open and bool(before_a_letter)
    return run_open or bool(before_a_letter)


@compiled
def _noted(
    runs: Places,
    run_hashes: Hashes,
    n_runs: int,
    text: int,
    first: int,
    after: int,
    data: Bytes,
    place: int,
    end: int,
    table: Folding,
    lookalikes: npt.NDArray[np.uint8],
) -> tuple[Places, Hashes, int]:
    """With the run of these bytes, if more letters than digits are in it."""
    value, letters, digits = _BASIS, 0, 0
    while place < end:
        code = code_at(data, place)
        place += width(data[place])
        plain = np.int64(table[code]) if code < len(table) else np.int64(SKIPPED)
        if plain == SKIPPED:
            continue
        if plain == PARTS:
            plain = np.int64(lookalikes[code])
        elif 0x30 <= plain <= 0x39:
            digits += 1
            plain = np.int64(lookalikes[plain]) if lookalikes[plain] else plain
        else:
            letters += int(0x61 <= plain <= 0x7A)
        value = (value ^ np.uint64(_read_as(int(plain)))) * _PRIME
    if letters <= digits:
        return runs, run_hashes, n_runs
    if n_runs == len(runs):
        longer, longer_hashes = np.empty((2 * n_runs, 3), dtype=np.int64), np.empty(2 * n_runs, dtype=np.uint64)
        longer[:n_runs], longer_hashes[:n_runs] = runs, run_hashes
        runs, run_hashes = longer, longer_hashes
    runs[n_runs, 0], runs[n_runs, 1], runs[n_runs, 2] = text, first, after
    run_hashes[n_runs] = mixed(value)
    return runs, run_hashes, n_runs + 1


@compiled
def _occurrences(hashes: Hashes, first: int, after: int, table: _Table, events: Places) -> tuple[Places, int]:
    """Every string in the words of one text: its first word, one past its last, itself; by place, the longest first."""
    count = 0
    for word in range(first, after):
        value = hashes[word]
        may_be = table.gate[np.int64(value >> np.uint64(20)) & (len(table.gate) - 1)]
        if may_be & _BEGINS and word + 1 < after:
            bucket = _bucket_of(value * _PAIRED + hashes[word + 1], table.keys, table.buckets)
            if bucket >= 0:
                for at in range(table.bounds[bucket], table.bounds[bucket + 1]):
                    string = table.order[at]
                    begins = table.word_bounds[string]
                    length = table.word_bounds[string + 1] - begins
                    if word + length > after:
                        continue
                    step = 0
                    while step < length and hashes[word + step] == table.words[begins + step]:
                        step += 1
                    if step == length:
                        events = _with_room(events, count, 1)
                        events[count] = word, word + length, string
                        count += 1
        if may_be & _SINGLE:
            bucket = _bucket_of(value, table.keys, table.buckets)
            if bucket >= 0 and hashes[word] == table.words[table.word_bounds[table.order[table.bounds[bucket]]]]:
                events = _with_room(events, count, 1)
                events[count] = word, word + 1, table.order[table.bounds[bucket]]
                count += 1
    return events, count


@compiled
def _is_allowed(term: int, first: int, after: int, events: Places, count: int, allowing: _Allowing) -> bool:
    begins, ends = allowing.bounds[term], allowing.bounds[term + 1]
    if begins == ends:
        return False
    event = np.searchsorted(events[:count, 0], first - NEAR - LONGEST_TERM)
    while event < count and events[event, 0] <= after + NEAR:
        for at in range(begins, ends):
            if allowing.strings[at] != events[event, 2]:
                continue
            if allowing.around[at]:
                if events[event, 0] <= first and events[event, 1] >= after:
                    return True
            elif events[event, 1] >= first - NEAR:
                return True
        event += 1
    return False


@compiled
def _found(
    hashes: Hashes,
    bounds: Places,
    table: _Table,
    wanted: Flags,
    allowing: _Allowing,
    runs: Places,
    run_terms: Places,
) -> tuple[Places, Places, Flags, Flags, Flags]:
    hits = np.empty((64, 5), dtype=np.int64)
    events, spans = np.empty((64, 3), dtype=np.int64), np.empty((64, 2), dtype=np.int64)
    count, run = 0, 0
    for text in range(len(bounds) - 1):
        events, n_events = _occurrences(hashes, bounds[text], bounds[text + 1], table, events)
        until = run
        while until < len(runs) and runs[until, 0] == text:
            until += 1
        hits = _with_room(hits, count, 2 * (n_events + until - run))
        spans = _with_room(spans, 0, n_events)
        plain, reached = 0, np.full(2, _NOWHERE, dtype=np.int64)
        for event in range(n_events):
            first, after, string = events[event]
            begun = count
            for apart in range(2):
                if wanted[string, apart] and first >= reached[apart]:
                    reached[apart] = after
                    allowed = _is_allowed(string, first, after, events, n_events, allowing)
                    hits[count] = text, string, int(allowed), 0, apart
                    count += 1
            if count > begun:
                spans[plain] = first, after
                plain += 1
        span = 0
        for at in range(run, until):
            first, after = runs[at, 1], runs[at, 2]
            while span < plain and spans[span, 1] <= first:
                span += 1
            if span == plain or spans[span, 0] >= after:  # what is found in plain letters is not found again
                term = run_terms[at]
                allowed = _is_allowed(term, first, after, events, n_events, allowing)
                for apart in range(2):
                    if wanted[term, apart]:
                        hits[count] = text, term, int(allowed), 1, apart
                        count += 1
        run = until
    flags = hits[:count, 2:] == 1
    return hits[:count, 0].copy(), hits[:count, 1].copy(), flags[:, 0], flags[:, 1], flags[:, 2]


@compiled
def _with_room(rows: Places, used: int, more: int) -> Places:
    if used + more <= len(rows):
        return rows
    longer = np.empty((2 * (used + more), rows.shape[1]), dtype=np.int64)
    longer[:used] = rows[:used]
    return longer
