"""The classifier tells labels, says how sure it is, and pays for those that it never learned."""

import numpy as np
import polars as pl
import pytest

from filters.text.utf8 import Utf8
from releases.subsets.grams import bags_of
from releases.subsets.label_model import LabelModel

WORDS = (
    ["flour", "sieve", "oven", "dough", "bread", "yeast", "crumb", "crust", "loaf", "knead"],
    ["mast", "sail", "harbour", "wind", "tide", "anchor", "keel", "deck", "rudder", "rope"],
    ["shaft", "seam", "ore", "lamp", "pick", "cage", "pump", "coal", "vein", "adit"],
)
BOTH = ["the", "and", "of", "it", "is", "that", "was", "for", "with", "as"]


def texts(codes, *, seed, length=12):
    drawn = np.random.default_rng(seed)
    return pl.Series([" ".join(drawn.choice([*WORDS[code], *BOTH], length)) for code in codes])


def codes_of(count, labels=3):
    return np.arange(count) % labels


def fitted(count, *, labels=3, seed=1, all_labels=3):
    codes = codes_of(count, labels)
    bags = bags_of(Utf8.of(texts(codes, seed=5)))
    return LabelModel.fitted(bags, codes, all_labels=all_labels, seed=seed)


def test_a_text_has_one_bag_of_all_its_grams_and_an_empty_one_without_words():
    bags = bags_of(Utf8.of(pl.Series(["one two one", "\x01\x01", ""])))
    assert len(bags) == 3
    assert np.diff(bags.offsets).tolist() == [4, 0, 0]
    assert sorted(bags.shares.tolist()) == pytest.approx([0.2, 0.2, 0.2, 0.4])
    again = bags.at(np.array([1, 0]))
    assert np.diff(again.offsets).tolist() == [0, 4]
    assert again.buckets.tolist() == bags.buckets.tolist()


def test_labels_of_unseen_texts_are_told_the_better_the_more_was_learned():
    codes = codes_of(300)
    unseen = bags_of(Utf8.of(texts(codes, seed=7)))
    bits = []
    for count in (6, 30, 300):
        chances = fitted(count).chances(unseen)
        assert chances.sum(axis=1) == pytest.approx(np.ones(300))
        bits.append(-np.log2(chances[np.arange(300), codes]).mean())
    assert bits == sorted(bits, reverse=True)
    assert (chances.argmax(axis=1) == codes).mean() > 0.95
    assert bits[-1] < 0.3


def test_a_label_that_was_not_learned_is_not_impossible_and_dear():
    chances = fitted(40, labels=2, all_labels=3).chances(bags_of(Utf8.of(texts([2] * 20, seed=3))))
    assert chances[:, 2] == pytest.approx(1 / 41 / 3)


def test_one_label_alone_can_be_learned():
    assert fitted(4, labels=1).chances(bags_of(Utf8.of(texts([0], seed=3))))[0, 0] > 0.8


def test_the_same_seed_gives_the_same_model_to_the_last_bit():
    assert (fitted(60, seed=5).weights == fitted(60, seed=5).weights).all()
    assert not (fitted(60, seed=5).weights == fitted(60, seed=6).weights).all()
