"""Pieces: nothing is lost, whatever the text, and what a model says of them is a probability."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text.utf8 import Utf8
from releases.subsets.grams import BUCKETS, Passages, counted, mean_weight, passages_of
from releases.subsets.piece_model import PieceModel
from releases.subsets.pieces import end_of_piece, pieces_of

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


def utf8(*texts):
    return Utf8.of(pl.Series(list(texts), dtype=pl.String))


def cut(text):
    read = utf8(text)
    data, place, last = bytes(text.encode()), 0, len(text.encode())
    pieces = []
    while place < last:
        end = end_of_piece(read.data, place, last)
        pieces.append(data[place:end])
        place = end
    return pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The cat, 12345 times.", ["The", " cat", ",", " 123", "45", " times", "."]),
        ("a  b", ["a", " ", " b"]),
        ("if x:\n    return_it()", ["if", " x", ":", "\n   ", " return_it", "(", ")"]),
        ("----====", ["----", "===="]),
        ("été chaud", ["été", " chaud"]),
        ("日本 go", ["日", "本", " go"]),
        ("   ", ["   "]),
        ("x" * 40, ["x" * 32, "x" * 8]),
    ],
)
def test_texts_are_cut_as_documented(text, pieces):
    assert [each.decode() for each in cut(text)] == pieces


@given(TEXTS)
def test_the_pieces_of_a_text_are_the_text(text):
    pieces = cut(text)
    assert b"".join(pieces).decode() == text
    assert all(pieces)
    assert pieces_of(utf8(text)).tolist() == [len(pieces)]


@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(0, 5))
def test_what_a_text_is_made_of_does_not_depend_on_its_batch(texts, place):
    text = texts[place % len(texts)]
    weights = np.random.default_rng(1).normal(size=BUCKETS)
    together = mean_weight(utf8(*texts), weights)[place % len(texts)]
    alone = mean_weight(utf8(text), weights)[0]
    assert together == alone or (np.isnan(together) and np.isnan(alone))


def test_the_mean_weight_is_that_of_the_counted_grams():
    text = "The sieve lets the fine pass, and the sieve keeps the coarse."
    counts = np.zeros(BUCKETS, dtype=np.int64)
    counted(utf8(text), counts)
    weights = np.random.default_rng(2).normal(size=BUCKETS)
    assert mean_weight(utf8(text), weights)[0] == pytest.approx((counts @ weights) / counts.sum())
    upper = np.zeros(BUCKETS, dtype=np.int64)
    counted(utf8(text.upper()), upper)
    assert (counts == upper).all()


def test_what_has_no_words_has_no_weight():
    assert np.isnan(mean_weight(utf8("", " \n\t "), np.ones(BUCKETS))).all()


def test_passages_are_of_even_size_and_hold_all_grams_of_short_texts():
    long = " ".join(f"word{number}" for number in range(1000))
    passages = passages_of(utf8("one two", "", long), most=3)
    sums = [
        passages.shares[passages.offsets[place] : passages.offsets[place + 1]].sum() for place in range(len(passages))
    ]
    assert len(passages) == 1 + 3
    assert sums == pytest.approx([1.0] * 4)
    both = Passages.together([passages, passages])
    assert len(both) == 8
    assert (both.offsets[4:] - both.offsets[4] == passages.offsets).all()


def test_the_chances_of_all_that_may_follow_add_up_to_one():
    """Over every known piece, and what is left over is what unknown ones share."""
    known = ["a", " cat", " sat", ".", " on", " the", " mat"]
    model = PieceModel()
    model.learn(utf8("a cat sat on the mat.", "the cat sat.", "a mat."))
    for context in ("", "a", "a cat", "the dog"):
        before = model.bits(utf8(context))[0]
        chances = [2 ** -(model.bits(utf8(context + piece))[0] - before) for piece in known]
        assert all(0 < chance < 1 for chance in chances)
        assert sum(chances) < 1


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_every_text_has_a_finite_number_of_bits_and_more_when_more_is_said(learned, text):
    model = PieceModel()
    model.learn(utf8(*learned))
    bits = model.bits(utf8(text, text + " more"))
    assert np.isfinite(bits).all()
    assert bits[0] >= 0
    assert (bits[0] > 0) == bool(text)


def test_the_order_in_which_texts_are_learned_changes_nothing_nor_does_learning_them_one_by_one():
    texts = [f"Letter {number} of {number % 7}, which says that number {number % 3} is fine." for number in range(300)]
    at_once, one_by_one = PieceModel(), PieceModel()
    at_once.learn(utf8(*texts))
    for text in reversed(texts):
        one_by_one.learn(utf8(text))
    tested = utf8("Letter 12 of 5, which is new.", "Nothing of it.")
    assert at_once.bits(tested).tolist() == one_by_one.bits(tested).tolist()


def test_what_was_learned_takes_fewer_bits():
    prose, code = ["The sieve keeps the coarse flour."] * 3, ["def sieve(flour): return flour[1:]"] * 3
    of_prose, of_code = PieceModel(), PieceModel()
    of_prose.learn(utf8(*prose))
    of_code.learn(utf8(*code))
    tested = utf8("The sieve keeps the fine flour.")
    assert of_prose.bits(tested)[0] < 0.5 * of_code.bits(tested)[0]


def test_tables_grow_with_what_is_learned():
    words = " ".join(f"w{number}x{number * 7919 % 10007}" for number in range(60_000))
    model = PieceModel()
    model.learn(utf8(words))
    assert model.bits(utf8(words))[0] < 0.5 * PieceModel().bits(utf8(words))[0]
