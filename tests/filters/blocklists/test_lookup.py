"""Looking up: what matches is what a comparison of all with all finds, and the best of it is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from filters.blocklists.algorithms import ALGORITHMS
from filters.blocklists.files import ENTRIES, Blocklist, read_blocklist
from filters.blocklists.lookup import MATCHES, Lookup
from tamis.records import PRINTS
from tamis.testing import mixed_batch, text_batch

SHARED = Path(__file__).parents[4] / "shared" / "data" / "images" / "pdq"
NOTHING = text_batch([])

Entry = tuple[str, bytes, int, str | None]


def listed(name: str, entries: list[Entry]) -> Blocklist:
    rows = [(line, *entry) for line, entry in enumerate(entries, start=1)]
    return Blocklist(name, "0" * 64, pl.DataFrame(rows, schema=ENTRIES, orient="row"))


def prints(rows: list[tuple[int, str, bytes, int | None]], view: str = "shown") -> pl.DataFrame:
    """(position, algorithm, hash, quality)"""
    made = []
    for position, algorithm, hash_, quality in rows:
        words = [int.from_bytes(hash_[start : start + 8], "big") for start in range(0, len(hash_), 8)]
        made.append((position, algorithm, view, quality, *words, *(None,) * (4 - len(words))))
    return pl.DataFrame(made, schema=PRINTS, orient="row")


def flipped(hash_: bytes, bits: int, dice: np.random.Generator) -> bytes:
    unpacked = np.unpackbits(np.frombuffer(hash_, dtype=np.uint8))
    unpacked[dice.choice(len(unpacked), bits, replace=False)] ^= 1
    return np.packbits(unpacked).tobytes()


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_texts_and_pictures_are_told_by_their_bytes(algorithm: str) -> None:
    items = ["a text", "é 😀", b"no picture", "another", ""]
    digests = [hashlib.new(algorithm, each if isinstance(each, bytes) else each.encode()).digest() for each in items]
    noise = [(algorithm, hashlib.new(algorithm, str(number).encode()).digest(), 0, None) for number in range(300)]
    wanted = [(algorithm, digests[place], 0, f"entry {place}") for place in (1, 2, 4)]
    lookup = Lookup([listed("one", [*noise, *wanted])])
    assert lookup.algorithms == (algorithm,)
    assert lookup.perceptual == ()
    found = lookup.matches(mixed_batch(items, first=7), PRINTS.to_frame())
    assert found.schema == MATCHES
    assert found.rows() == [(7 + place, 1, algorithm, 0, "one", f"entry {place}") for place in (1, 2, 4)]


@pytest.mark.parametrize("algorithm", ["pdq", "phash", "dhash"])
def test_all_that_is_near_enough_for_an_entry_is_found(algorithm: str) -> None:
    """Entries of every distance, queries at every distance from them, against a plain loop."""
    kind = ALGORITHMS[algorithm]
    dice = np.random.default_rng(3)
    entries: list[Entry] = [
        (algorithm, dice.bytes(kind.n_bytes), int(dice.integers(0, kind.most + 1)), str(number)) for number in range(60)
    ]
    asked = [flipped(entries[number % 60][1], int(dice.integers(0, kind.most + 3)), dice) for number in range(150)] + [
        dice.bytes(kind.n_bytes) for _ in range(50)
    ]
    quality = 100 if algorithm == "pdq" else None
    found = Lookup([listed("one", entries)]).matches(
        NOTHING, prints([(place, algorithm, hash_, quality) for place, hash_ in enumerate(asked)])
    )
    expected = []
    for place, hash_ in enumerate(asked):
        near = [
            (apart(hash_, listed_), number)
            for number, (_, listed_, most, _) in enumerate(entries)
            if apart(hash_, listed_) <= most
        ]
        if near:
            expected.append((place, len(near), algorithm, min(near)[0], "one", str(min(near)[1])))
    assert len(expected) > 50
    assert found.rows() == expected


def test_the_surest_algorithm_then_the_nearest_then_the_first_entry_is_named() -> None:
    near, exact = bytes([1] + [0] * 7), bytes(8)
    sure = ("sha256", hashlib.sha256(b"x").digest(), 0, "bytes")
    one = listed("one", [("phash", near, 6, "near"), ("phash", exact, 6, None)])
    two = listed("two", [("phash", exact, 6, "again"), ("dhash", exact, 6, "other")])
    seen = prints([(0, "phash", exact, None), (0, "dhash", exact, None)])
    picture = mixed_batch([b"x"])
    assert Lookup([one, two]).matches(picture, seen).rows() == [(0, 4, "phash", 0, "one", "line 2")]
    assert Lookup([two, one]).matches(picture, seen).rows() == [(0, 4, "phash", 0, "two", "again")]
    both = Lookup([one, two, listed("three", [sure])])
    assert both.algorithms == ("sha256", "phash", "dhash")
    assert both.matches(picture, seen).rows() == [(0, 5, "sha256", 0, "three", "bytes")]


def test_either_view_may_match_and_an_entry_counts_once() -> None:
    lookup = Lookup([listed("one", [("phash", bytes(8), 6, None)])])
    shown, far = prints([(0, "phash", bytes([3] * 8), None)]), prints([(1, "phash", b"\xff" * 8, None)])
    stored = prints([(0, "phash", bytes(8), None), (1, "phash", b"\x0f" * 8, None)], "stored")
    assert lookup.matches(NOTHING, pl.concat([shown, far, stored])).rows() == [(0, 1, "phash", 0, "one", "line 1")]
    twice = pl.concat([prints([(0, "phash", bytes([1] + [0] * 7), None)]), stored])
    assert lookup.matches(NOTHING, twice).rows() == [(0, 1, "phash", 0, "one", "line 1")]


@pytest.mark.parametrize(("quality", "found"), [(0, 0), (49, 0), (50, 1), (100, 1)])
def test_a_flat_picture_is_not_compared_by_pdq(quality: int, found: int) -> None:
    lookup = Lookup([listed("one", [("pdq", bytes(32), 31, None)])])
    assert lookup.matches(NOTHING, prints([(0, "pdq", bytes(32), quality)])).height == found


def test_what_an_entry_is_called_is_a_safe_label() -> None:
    entry = ("sha256", hashlib.sha256(b"x").digest(), 0, "ann@example.org\x1b[31m " + "long " * 100)
    label = Lookup([listed("one", [entry])]).matches(mixed_batch([b"x"]), PRINTS.to_frame())["entry"].item()
    assert label.startswith("<EMAIL>")
    assert "\x1b" not in label
    assert len(label) == 300


def test_a_list_of_which_everything_is_near_takes_no_more_memory_for_it() -> None:
    """A flat picture may be near to half a list: only the count and the best are kept."""
    flat = [("phash", bytes(8), 6, None)] * 3000
    asked = prints([(place, "phash", bytes(8), None) for place in range(500)])
    found = Lookup([listed("one", flat)]).matches(NOTHING, asked)
    assert set(found["listed"]) == {3000}
    assert set(found["entry"]) == {"line 1"}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pictures are not there")
def test_needles_in_a_haystack_are_those_that_a_loop_finds() -> None:
    needles, haystack = (read_blocklist(SHARED / f"{name}.txt") for name in ("needles", "haystack"))
    asked = [(place, "pdq", hash_, 100) for place, hash_ in enumerate(needles.entries["hash"])]
    found = Lookup([haystack]).matches(NOTHING, prints(asked))
    loop = {
        place: near
        for place, _, hash_, _ in asked
        if (near := [apart(hash_, other) for other in haystack.entries["hash"] if apart(hash_, other) <= 31])
    }
    assert dict(found.select("position", "listed").iter_rows()) == {place: len(near) for place, near in loop.items()}
    assert found["distance"].to_list() == [min(near) for near in loop.values()]
    assert loop
