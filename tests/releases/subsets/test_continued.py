"""A model that knows general text goes on with a subset: it wins of the target, and forgets by what it leans to."""

import numpy as np
import polars as pl
import pytest

from filters.text.utf8 import Utf8
from releases.subsets.continued_learner import weight_of
from releases.subsets.piece_model import PieceModel
from releases.subsets.pieces import pieces_of


def utf8(*texts):
    return Utf8.of(pl.Series(list(texts), dtype=pl.String))


def test_the_chances_of_pieces_are_the_bits_of_their_texts():
    model = PieceModel()
    model.learn(utf8("the oven is hot and the dough has risen", "the loaf is light"))
    asked = utf8("the loaf has risen", "", "naïve 東京")
    chances, counts = model.chances(asked), pieces_of(asked)
    assert len(chances) == counts.sum()
    assert ((chances > 0) & (chances <= 1)).all()
    bits = np.bincount(np.repeat(np.arange(3), counts), -np.log2(chances), minlength=3)
    assert bits == pytest.approx(model.bits(asked))


@pytest.mark.parametrize(
    ("learned", "known", "weight"),
    [
        ([0.5, 0.5], [0.5, 0.5], 0.5),  # nothing tells them apart
        ([0.9, 0.8, 0.9], [0.1, 0.2, 0.1], 1.0),
        ([0.1, 0.1], [0.9, 0.9], 0.0),
        ([0.9, 0.1], [0.1, 0.9], 0.5),
    ],
)
def test_the_weight_goes_to_the_model_that_makes_the_pieces_likeliest(learned, known, weight):
    assert weight_of(np.array(learned), np.array(known)) == pytest.approx(weight, abs=0.01)


def test_no_other_weight_makes_the_pieces_likelier():
    drawn = np.random.default_rng(1)
    learned, known = drawn.uniform(0.01, 1, 300), drawn.uniform(0.01, 1, 300) ** 2
    found = weight_of(learned, known)

    def bits(weight):
        return -np.log2(weight * learned + (1 - weight) * known).sum()

    assert all(bits(found) <= bits(other) + 1e-3 for other in np.linspace(0, 1, 101))
