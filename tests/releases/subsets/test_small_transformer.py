"""The small transformer learns texts, says what others cost it, and does so the same way every time."""

from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

from releases.subsets.section import Network
from releases.subsets.vocabulary import PAD, Vocabulary, blocks_of, stream_of

pytestmark = pytest.mark.skipif(
    not all(find_spec(package) for package in ("torch", "tokenizers")), reason="torch is not installed (names.lock)"
)

SMALL = Network(layers=1, context=16, vocabulary=320)
WORDS = ["the", "oven", "is", "hot", "and", "dough", "has", "risen", "so", "that", "loaf", "will", "be", "light"]


def texts(count, *, seed):
    drawn = np.random.default_rng(seed)
    return pl.Series([" ".join(drawn.choice(WORDS, 20)) for _ in range(count)])


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.learned(texts(40, seed=1), SMALL.vocabulary)


def trained(vocabulary, seen, *, tokens=20_000, seed=1):
    from releases.subsets.small_transformer import PEAK, SmallTransformer, settled

    blocks = blocks_of(stream_of(vocabulary.tokens(seen)), SMALL.context)
    with settled():
        model = SmallTransformer.new(SMALL, seed=seed, device="cpu")
        model.train(blocks, tokens=tokens, peak=PEAK, seed=seed)
    return model


def bits(model, vocabulary, some):
    from releases.subsets.transformer_learner import Tested

    tested = Tested.of(some, vocabulary, SMALL.context)
    return tested.bits(model) / tested.sizes


def test_blocks_overlap_by_a_token_and_lose_none():
    stream = np.arange(10, dtype=np.int32)
    assert blocks_of(stream, 4).tolist() == [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8], [8, 9, PAD, PAD, PAD]]
    assert blocks_of(np.array([0, 0], dtype=np.int32), 4).tolist() == [[0, 0, PAD, PAD, PAD]]


def test_tokens_are_the_text_whatever_it_holds(vocabulary):
    some = pl.Series(["the loaf", "", "<end> naïve 東京 🥖 \x01", " \n\t"])
    from tokenizers.decoders import ByteLevel

    found = vocabulary.tokens(some)
    pieces = [[vocabulary.tokenizer.id_to_token(one) for one in each.tolist()] for each in found]
    assert [ByteLevel().decode(each) for each in pieces] == some.to_list()
    assert all(0 not in each for each in found)  # not even of what looks like the sign of an end


def test_a_vocabulary_is_the_same_when_it_is_learned_again(vocabulary):
    assert Vocabulary.learned(texts(40, seed=1), SMALL.vocabulary).tokenizer.to_str() == vocabulary.tokenizer.to_str()


def test_what_was_learned_takes_fewer_bits_than_what_was_not(vocabulary):
    model = trained(vocabulary, texts(100, seed=2))
    alike, other = bits(model, vocabulary, pl.Series([*texts(1, seed=3), "xqzw jkvb 9#7 qqz xxvk zzwq jjqk"]))
    assert alike < 1.5
    assert other > 4


def test_it_computes_the_same_every_time_and_leaves_torch_as_it_was(vocabulary):
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state()
    seen, some = texts(30, seed=2), texts(3, seed=3)
    one, again, other = (
        bits(trained(vocabulary, seen, tokens=2_000, seed=seed), vocabulary, some) for seed in (1, 1, 2)
    )
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[:2]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_nothing_teaches_nothing(vocabulary):
    from releases.subsets.small_transformer import PEAK

    model = trained(vocabulary, texts(30, seed=2), tokens=1_000)
    some = texts(2, seed=3)
    before = bits(model, vocabulary, some)
    model.train(blocks_of(stream_of([]), SMALL.context), tokens=1_000, peak=PEAK, seed=1)
    assert bits(model, vocabulary, some).tolist() == before.tolist()


def test_what_fills_up_a_block_costs_nothing(vocabulary):
    model = trained(vocabulary, texts(30, seed=2), tokens=1_000)
    row = blocks_of(stream_of(vocabulary.tokens(pl.Series(["the oven is hot"]))), SMALL.context)
    longer = np.concatenate([row, np.full_like(row, PAD)])
    longer[1, 0] = 0
    whole = model.bits(longer)
    assert whole[0] == pytest.approx(model.bits(row)[0], rel=1e-5)
    assert whole[1] == 0
