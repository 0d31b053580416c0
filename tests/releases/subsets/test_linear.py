"""The classifier tells two kinds of texts apart, and says the same whenever it is asked."""

import numpy as np
import polars as pl

from filters.text.utf8 import Utf8
from releases.subsets.grams import BUCKETS, counted, mean_weight, passages_of
from releases.subsets.linear import fitted

BAKING = ["flour", "sieve", "oven", "dough", "bread", "yeast", "crumb", "crust", "loaf", "knead"]
SAILING = ["mast", "sail", "harbour", "wind", "tide", "anchor", "keel", "deck", "rudder", "rope"]
BOTH = ["the", "and", "of", "it", "is", "that", "was", "for", "with", "as"]


def texts(words, count, *, seed):
    drawn = np.random.default_rng(seed)
    return pl.Series([" ".join(drawn.choice([*words, *BOTH], 60)) for _ in range(count)])


def weights(seed):
    target, pool = texts(BAKING, 20, seed=1), pl.concat([texts(BAKING, 30, seed=2), texts(SAILING, 300, seed=3)])
    counts = np.zeros(BUCKETS, dtype=np.int64)
    counted(Utf8.of(pool), counts)
    return fitted(passages_of(Utf8.of(target), most=4), passages_of(Utf8.of(pool), most=2), of_pool=counts, seed=seed)


def test_unseen_texts_of_the_target_are_put_before_all_others():
    found = weights(1)
    of_target = mean_weight(Utf8.of(texts(BAKING, 50, seed=7)), found)
    of_others = mean_weight(Utf8.of(texts(SAILING, 50, seed=8)), found)
    assert of_target.min() > of_others.max()


def test_the_same_seed_gives_the_same_weights_to_the_last_bit():
    assert (weights(5) == weights(5)).all()
    assert not (weights(5) == weights(6)).all()
