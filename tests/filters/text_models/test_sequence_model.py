"""Networks that score texts as a whole: a small real one, trained here, saved, and loaded as any other."""

import json
import random
import shutil
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks import tiny_classes
from filters.text_models.classifier import Reading, load_classifier
from tamis.errors import ConfigError

HAS_TORCH = all(find_spec(package) for package in ("torch", "transformers"))
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch and transformers are not installed (names.lock)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tiny_classes.build(tmp_path_factory.mktemp("models") / "tiny-classes")
    torch.set_num_threads(threads)


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of the model's folder, to be spoilt."""
    return shutil.copytree(folder, tmp_path / "spoilt")


def loaded(folder, *, scored_by=None, **reading):
    return load_classifier(str(folder), reading=Reading(**reading), device="cpu", scored_by=scored_by)


def texts(seed, count):
    """Texts of any length, and which of the words that mean something stand in each."""
    rng = random.Random(seed)
    said = [tuple(word for word in tiny_classes.MEANT if rng.random() < 0.4) for _ in range(count)]
    return [tiny_classes.text(rng, words=rng.choice((1, 5, 40, 90)), said=each) for each in said], said


@contextmanager
def hooked(model, breaks):
    """Every forward pass goes through `breaks(input_ids, logits)` first."""
    hook = model.network.register_forward_hook(
        lambda _, args, given, output: breaks(given["input_ids"], output.logits), with_kwargs=True
    )
    try:
        yield
    finally:
        hook.remove()


@needs_torch
def test_it_scores_what_it_learnt_and_each_label_by_itself(folder):
    model = loaded(folder)
    given, said = texts(1, 120)
    scores = model.score(given)
    meant = np.array([[word in each for word in tiny_classes.MEANT] for each in said])
    assert model.labels == tiny_classes.LABELS
    assert model.scored_by == "sigmoid"
    assert ((scores.mean > 0.5) == meant).mean() > 0.95
    assert (scores.highest == scores.mean).all()
    assert scores.windows.tolist() == [1] * 120


@needs_torch
def test_a_batch_scores_as_one_by_one_does_in_an_eighth_of_the_passes(folder):
    model = loaded(folder)
    given, _ = texts(2, 64)
    shapes = []
    with hooked(model, lambda tokens, _: shapes.append(tuple(tokens.shape))):
        together = model.score(given)
        batched = len(shapes)
        alone = [model.score([text]) for text in given]
    assert batched * 8 <= len(shapes) - batched == 64
    assert all(width % 8 == 0 for _, width in shapes)
    np.testing.assert_allclose(together.mean, np.concatenate([each.mean for each in alone]), atol=1e-5)


@needs_torch
def test_what_stands_in_one_window_of_many_shows_in_the_highest_score(folder):
    model = loaded(folder, window=64, overlap=8)
    rng = random.Random(4)
    text = " ".join([tiny_classes.text(rng, words=400), "grue", tiny_classes.text(rng, words=400)])
    scores = model.score([text, tiny_classes.text(rng, words=800)])
    assert scores.windows[0] > 12
    assert scores.highest[0, 0] > 0.9
    assert scores.mean[0, 0] < 0.4
    assert scores.highest[1, 0] < 0.5
    some = loaded(folder, window=64, overlap=8, max_windows=3).score([text])
    assert some.windows.tolist() == [3]
    assert 0 < some.covered[0] < 0.25


@needs_torch
def test_every_window_is_scored_as_the_text_that_it_is(folder):
    model = loaded(folder, window=32, overlap=8)
    text = " ".join(f"{word} grue" if place % 37 == 0 else word for place, word in enumerate(tiny_classes.FILLER * 6))
    words = text.split()
    tokens = len(model.reader.tokenizer(text, add_special_tokens=False)["input_ids"])
    assert tokens == len(words)
    starts = model.reader.read([text])[0].starts
    alone = model.score([" ".join(words[start : start + model.reader.size]) for start in starts])
    whole = model.score([text])
    np.testing.assert_allclose(whole.mean[0], alone.mean.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(whole.highest[0], alone.mean.max(axis=0), atol=1e-5)


@needs_torch
def test_a_decoder_finds_its_last_token_in_any_company(folder, tmp_path):
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2ForSequenceClassification

    torch.manual_seed(11)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=130, n_embd=32, n_layer=1, n_head=2, num_labels=3, initializer_range=0.5
    )
    config.pad_token_id = None  # the tokenizer says it
    tokenizer.save_pretrained(tmp_path)
    GPT2ForSequenceClassification(config).save_pretrained(tmp_path)
    model = loaded(tmp_path)
    given, _ = texts(8, 12)
    alone = np.concatenate([model.score([text]).mean for text in given])
    np.testing.assert_allclose(model.score(given).mean, alone, atol=1e-5)
    assert np.ptp(alone, axis=0).min() > 0.01


@needs_torch
def test_what_looks_like_a_special_token_is_read_as_text(folder):
    model = loaded(folder)
    own = {model.reader.tokenizer.convert_tokens_to_ids(word) for word in ("[PAD]", "[CLS]", "[SEP]", "[MASK]")}
    read = model.reader.read(["grue [SEP] [PAD] [CLS] [MASK]"])[0]
    assert not own & set(read.tokens.tolist())


@needs_torch
@pytest.mark.parametrize("text", ["", " ", "x", "\ud800\U0001f600", "\x00", "x" * 5000], ids=range(6))
def test_strange_texts_are_scored(folder, text):
    scores = loaded(folder).score([text])
    assert not scores.failed.any()
    assert np.isfinite(scores.mean).all()


@needs_torch
def test_a_text_that_the_network_fails_on_fails_alone(folder):
    model = loaded(folder)
    given, said = texts(5, 40)
    bad = model.reader.tokenizer.convert_tokens_to_ids("snark")

    def breaks(tokens, logits):
        logits[(tokens == bad).any(dim=1)] = float("nan")

    with hooked(model, breaks):
        scores = model.score(given)
    assert scores.failed.tolist() == ["snark" in each for each in said]


@needs_torch
def test_a_lack_of_memory_makes_batches_smaller(folder):
    import torch

    model = loaded(folder)
    given, _ = texts(6, 30)
    expected = model.score(given).mean

    def breaks(tokens, logits):
        if len(tokens) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with hooked(model, breaks):
        np.testing.assert_allclose(model.score(given).mean, expected, atol=1e-5)
    assert model.reader.budget.tokens < 16_384


@needs_torch
@pytest.mark.parametrize(
    ("problem", "way"),
    [
        ("single_label_classification", "softmax"),
        ("multi_label_classification", "sigmoid"),
        ("regression", "raw"),
        (None, "softmax"),
    ],
)
def test_how_outputs_are_read_is_what_the_config_says_and_can_be_said_otherwise(folder, copied, problem, way):
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "problem_type": problem}))
    model = loaded(copied)
    assert model.scored_by == way
    logits = loaded(copied, scored_by="raw").score(["a grue"]).mean[0]
    expected = {"softmax": np.exp(logits) / np.exp(logits).sum(), "sigmoid": 1 / (1 + np.exp(-logits)), "raw": logits}
    np.testing.assert_allclose(model.score(["a grue"]).mean[0], expected[way], atol=1e-6)


def drop_weights(folder):
    (folder / "model.safetensors").unlink()


def leave_a_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def drop_the_head(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    left = {name: weight for name, weight in weights.items() if not name.startswith("classifier")}
    save_file(left, folder / "model.safetensors", metadata={"format": "pt"})


def change_the_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def ask_for_code(folder):
    change_the_config(folder, model_type="mystery", auto_map={"AutoModelForSequenceClassification": "code.Model"})
    (folder / "code.py").write_text("raise SystemExit('code of the model has run')")


def leave_one_label(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"], weights["classifier.bias"] = (
        weights["classifier.weight"][:1].clone(),
        weights["classifier.bias"][:1].clone(),
    )
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    change_the_config(folder, id2label={"0": "quality"}, label2id={"quality": 0}, problem_type=None)


def drop_the_padding(folder):
    change_the_config(folder, pad_token_id=None)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "pad_token": None}))


@needs_torch
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (drop_weights, "no weights"),
        (leave_a_pickle, "as a pickle"),
        (drop_the_head, "its answers would be random.*not trained for sequence classification"),
        (ask_for_code, "cannot be loaded for sequence classification"),
        (leave_one_label, r"has one label.*NAME=sigmoid"),
        (drop_the_padding, "which token pads"),
    ],
    ids=["no weights", "pickle", "no head", "code", "one label", "no padding"],
)
def test_a_model_that_cannot_be_trusted_is_refused(copied, spoil, says):
    spoil(copied)
    with pytest.raises(ConfigError, match=f"(?s)text_class: .*{says}"):
        loaded(copied)


@pytest.mark.skipif(HAS_TORCH, reason="torch and transformers are installed")
def test_without_torch_the_extra_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"pip install 'tamis\[names\]', or name a file of fastText"):
        loaded(tmp_path)


@pytest.mark.parametrize(("option", "value"), [("window", 7), ("window", -1), ("overlap", -1), ("max_windows", -1)])
def test_a_number_out_of_range_is_an_error(option, value):
    with pytest.raises(ConfigError, match=f"text_class: {option} is {value}"):
        Reading(**{option: value})
