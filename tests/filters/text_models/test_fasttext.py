"""Files of fastText: what is reckoned of them is what fastText reckons, and a damaged one is refused."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.tiny_fasttext import Shape, write, write_meaning
from filters.text_models.classifier import Reading
from filters.text_models.fasttext_file import read_fasttext
from filters.text_models.fasttext_model import load_fasttext
from tamis.errors import ConfigError

SHAPES = {
    "softmax": Shape(),
    "hs": Shape(loss="hs"),
    "ova": Shape(loss="ova", grams=3),
    "ns": Shape(loss="ns", most=0, least=0, grams=1),
    "quantised": Shape(quantised=True),
    "normed": Shape(quantised=True, normed=True, output_quantised=True),
    "pruned": Shape(quantised=True, kept=(3, 1, 60, 17, 40, 22)),
}
TEXTS = ["the sieve keeps bread", "A grue, a GRUE!", "Ünsäfe рожь \t日本語", "", "the"]
# What fasttext-numpy2 0.10.4 (fastText 0.9.2) says of these texts by these very files, to 4 decimals.
SAID = {
    "softmax": [
        (0.245, 0.2444, 0.5107), (0.2197, 0.3098, 0.4705), (0.3277, 0.3403, 0.332), (0.6171, 0.0685, 0.3145),
        (0.2116, 0.2498, 0.5386),
    ],
    "hs": [
        (0.5575, 0.1961, 0.2465), (0.5681, 0.1513, 0.2806), (0.5422, 0.2053, 0.2525), (0.516, 0.4328, 0.0512),
        (0.5805, 0.1593, 0.2603),
    ],
    "ova": [
        (0.4533, 0.4302, 0.6514), (0.363, 0.4302, 0.5312), (0.461, 0.4455, 0.4455), (0.8933, 0.4766, 0.8081),
        (0.3776, 0.4149, 0.6077),
    ],
    "ns": [
        (0.5775, 0.5312, 0.4922), (0.6514, 0.5545, 0.3074), (0.363, 0.4378, 0.269), (0.7879, 0.686, 0.1481),
        (0.5622, 0.5545, 0.3416),
    ],
    "quantised": [
        (0.0791, 0.4265, 0.4945), (0.1373, 0.3837, 0.479), (0.0896, 0.3465, 0.5639), (0.0451, 0.6476, 0.3073),
        (0.1529, 0.1517, 0.6954),
    ],
    "normed": [
        (0.2442, 0.2204, 0.5354), (0.2723, 0.291, 0.4368), (0.295, 0.3183, 0.3868), (0.0793, 0.5662, 0.3545),
        (0.248, 0.3256, 0.4264),
    ],
    "pruned": [
        (0.2534, 0.1464, 0.6003), (0.3644, 0.3858, 0.2498), (0.3232, 0.3508, 0.3261), (0.5198, 0.4318, 0.0485),
        (0.5722, 0.1586, 0.2693),
    ],
}  # fmt: skip


def loaded(path, **reading):
    return load_fasttext(path, reading=Reading(**reading), scored_by=None)


@pytest.mark.parametrize("name", SHAPES)
def test_scores_are_those_of_fasttext_but_for_the_hundred_thousandth_that_it_adds(tmp_path, name):
    model = loaded(write(tmp_path / "model.bin", SHAPES[name]))
    assert model.labels == SHAPES[name].labels
    np.testing.assert_allclose(model.score(TEXTS).mean, SAID[name], atol=1.2e-4)


@pytest.mark.parametrize(("name", "way"), [("softmax", "softmax"), ("hs", "softmax"), ("ova", "sigmoid")])
def test_labels_share_one_or_stand_for_themselves_as_the_model_was_trained(tmp_path, name, way):
    model = loaded(write(tmp_path / "model.bin", SHAPES[name]))
    assert model.scored_by == way
    assert np.allclose(model.score(TEXTS).mean.sum(axis=1), 1) == (way == "softmax")
    with pytest.raises(ConfigError, match="fastText has no others"):
        load_fasttext(tmp_path / "model.bin", reading=Reading(), scored_by="raw")


@settings(max_examples=40)
@given(st.lists(st.text(max_size=60) | st.sampled_from(TEXTS), max_size=8), st.randoms())
def test_neither_order_nor_company_changes_a_score(tmp_path_factory, texts, chance):
    path = tmp_path_factory.getbasetemp() / "company.bin"
    model = loaded(path if path.exists() else write(path, SHAPES["softmax"]))
    mixed = list(range(len(texts)))
    chance.shuffle(mixed)
    scores, again = model.score(texts), model.score([texts[place] for place in mixed])
    np.testing.assert_array_equal(scores.mean[mixed], again.mean)
    assert not scores.failed.any()


def test_of_a_long_text_the_highest_score_of_its_windows_and_their_mean(tmp_path):
    model = loaded(
        write_meaning(tmp_path / "m.bin", {"grue": "unsafe", "bread": "safe"}), window=20, overlap=0, max_windows=0
    )
    text = " ".join(["bread"] * 60 + ["grue"] * 20)
    scores = model.score([text, "bread " * 10])
    unsafe = model.labels.index("unsafe")
    assert scores.windows.tolist() == [4, 1]
    assert scores.highest[0, unsafe] > 0.99
    assert scores.mean[0, unsafe] == pytest.approx(0.25, abs=0.01)
    assert scores.highest[1, unsafe] < 0.01


def test_of_too_many_windows_some_are_looked_at_and_the_share_is_said(tmp_path):
    path = write_meaning(tmp_path / "m.bin", {"grue": "unsafe", "bread": "safe"})
    scores = loaded(path, window=20, overlap=0, max_windows=3).score(["bread " * 1000, "bread " * 60])
    assert scores.windows.tolist() == [3, 3]
    assert scores.covered.tolist() == [0.06, 1.0]


def test_what_looks_like_the_end_of_a_line_or_like_a_label_hides_nothing(tmp_path):
    model = loaded(write_meaning(tmp_path / "m.bin", {"grue": "unsafe", "bread": "safe"}))
    hidden = model.score(["grue", "bread\ngrue grue", "bread </s> grue grue", "__label__safe grue"]).mean
    assert (hidden[:, model.labels.index("unsafe")] > 0.8).all()


def test_a_text_without_a_word_that_it_knows_has_no_score_if_the_model_does_not_know_the_end(tmp_path):
    shape = Shape(words=("grue", "bread"), grams=1, most=0, least=0, buckets=0)
    scores = loaded(write(tmp_path / "m.bin", shape)).score(["", "nothing known", "grue"])
    assert np.isnan(scores.mean).all(axis=1).tolist() == [True, True, False]
    assert not scores.failed.any()


def test_weights_that_are_no_numbers_fail_the_text(tmp_path):
    path = write_meaning(tmp_path / "m.bin", {"grue": "unsafe", "bread": "safe"})
    data = path.read_bytes()
    row = struct.pack("<ff", 20, 0)
    path.write_bytes(data.replace(row, struct.pack("<ff", float("nan"), 0)))
    scores = loaded(path).score(["grue", "bread"])
    assert scores.failed.tolist() == [True, False]


@pytest.mark.parametrize("name", ["softmax", "normed", "pruned"])
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path, name):
    path = write(tmp_path / "model.bin", SHAPES[name])
    data = path.read_bytes()
    for end in [*range(1, 400, 7), *range(400, len(data), len(data) // 40), len(data) - 1]:
        path.write_bytes(data[:end])
        with pytest.raises(ConfigError, match=r"text_class: model\.bin "):
            read_fasttext(path, who="text_class")


@pytest.mark.parametrize("name", ["softmax", "normed", "pruned", "hs"])
def test_a_file_with_any_number_changed_is_refused_or_answers(tmp_path, name):
    """Every number before the weights, at its extremes: nothing reads beyond what is there."""
    path = write(tmp_path / "model.bin", SHAPES[name])
    data = path.read_bytes()
    refused = 0
    places = [*range(0, 320, 4), *range(len(data) - 120, len(data) - 3, 4)]
    for place in places:
        for number in (-1, 0, 1, 7, 2**31 - 1, -(2**31)):
            path.write_bytes(data[:place] + struct.pack("<i", number) + data[place + 4 :])
            try:
                scores = loaded(path).score(TEXTS)
            except ConfigError:
                refused += 1
            else:
                assert len(scores.mean) == len(TEXTS)
    assert refused > 60


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 pickle", "no model that fastText"),
        (b"x" * 4000, "no model that fastText"),
    ],
    ids=["empty", "archive", "something"],
)
def test_another_kind_of_file_is_refused(tmp_path, data, says):
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=says):
        read_fasttext(path, who="text_class")


def test_vectors_of_words_are_no_classifier(tmp_path):
    path = write(tmp_path / "model.bin", SHAPES["softmax"])
    data = bytearray(path.read_bytes())
    data[8 + 4 * 7 : 8 + 4 * 8] = struct.pack("<i", 1)  # the argument `model`: a continuous bag of words
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="no labels"):
        read_fasttext(path, who="text_class")
