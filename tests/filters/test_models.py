"""Models that find names: a small real one, trained here, saved, and loaded as any other."""

import json
import random
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import tiny_names
from filters.personal.names.models import Found, Pace, load_model
from filters.text_models.weights import require_packages
from tamis.errors import ConfigError

HAS_NAMES = all(find_spec(package) for package in ("torch", "transformers"))
needs_names = pytest.mark.skipif(not HAS_NAMES, reason="torch and transformers are not installed (names.lock)")
needs_gliner = pytest.mark.skipif(
    not HAS_NAMES or find_spec("gliner2") is None, reason="gliner2 is not installed (names.lock)"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tiny_names.build(tmp_path_factory.mktemp("models") / "tiny-names")
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def model(folder):
    return load_model("transformers", str(folder), device="cpu")


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of the model's folder, to be spoilt."""
    return shutil.copytree(folder, tmp_path / "spoilt")


def sentences(seed, count):
    """Sentences no model has seen, and what is named in each."""
    rng = random.Random(seed)
    return [tiny_names.sentence(rng, rng.choice(tiny_names.SHAPES)) for _ in range(count)]


def places(found):
    return [(span.kind, span.start, span.end) for span in found.spans]


@contextmanager
def counted(model):
    """The shape of the input of each forward pass."""
    shapes = []
    hook = model.network.register_forward_pre_hook(
        lambda _, args, given: shapes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    try:
        yield shapes
    finally:
        hook.remove()


@contextmanager
def broken(model, breaks):
    """Every forward pass goes through `breaks(input_ids, logits)` first."""
    hook = model.network.register_forward_hook(
        lambda _, args, given, output: breaks(given["input_ids"], output.logits), with_kwargs=True
    )
    try:
        yield
    finally:
        hook.remove()


@needs_names
def test_it_finds_names_it_has_never_seen(model):
    given_ = sentences(1, 100)
    found = model.find([text for text, _ in given_])
    exact = sum(places(answer) == named for answer, (_, named) in zip(found, given_, strict=True))
    assert exact >= 97
    assert model.labels == ("LOCATION", "PERSON")
    assert {answer.status for answer in found} == {"seen"}
    spans = [span for answer in found for span in answer.spans]
    assert all(0.5 <= span.score <= 1 and round(span.score, 4) == span.score for span in spans)
    assert {span.recognizer for span in spans} == {"tiny-names"}
    assert all(span.value for span in spans)


@needs_names
def test_a_batch_finds_what_one_by_one_finds_in_an_eighth_of_the_passes(model):
    texts = [text for text, _ in sentences(2, 64)]
    with counted(model) as batched:
        together = model.find(texts)
    with counted(model) as single:
        alone = [model.find([text])[0] for text in texts]
    assert together == alone
    assert len(single) == 64
    assert len(batched) * 8 <= len(single)
    assert all(width % 8 == 0 for _, width in batched)


STRANGE = st.text(st.characters(exclude_categories=()), max_size=30)
NAMED = st.integers(0, 30).map(lambda seed: sentences(seed, 1)[0][0])


@needs_names
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(STRANGE, NAMED, st.tuples(STRANGE, NAMED, STRANGE).map(" ".join)), max_size=8), st.randoms())
def test_neither_order_nor_company_changes_an_answer(model, texts, chance):
    answers = model.find(texts)
    mixed = list(range(len(texts)))
    chance.shuffle(mixed)
    again = model.find([texts[place] for place in mixed] + ["in the end ."])
    for place, other in zip(mixed, again, strict=False):
        assert other.status == answers[place].status == "seen"
        assert places(other) == places(answers[place])
        assert [span.score for span in other.spans] == pytest.approx(
            [span.score for span in answers[place].spans], abs=1e-4
        )
    for text, answer in zip(texts, answers, strict=True):
        for kind in model.labels:
            own = [span for span in answer.spans if span.kind == kind]
            assert all(left.end <= right.start for left, right in pairwise(own))
        assert all(0 <= span.start < span.end <= len(text) for span in answer.spans)
        assert all(text[span.start : span.end].strip() == text[span.start : span.end] for span in answer.spans)


@needs_names
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("\U0001f600\U0001f468\u200d\U0001f469 : Bada Dodobe , \u2603 .", ["Bada Dodobe"]),
        ("in Nata\r\nthe rain did not stop .\r\nplease write to Bada Dodobe before noon .", ["Nata", "Bada Dodobe"]),
        ("we met Ba\u0301da\u0301 at the station in Na\u0308tapa .", ["Ba\u0301da\u0301", "Na\u0308tapa"]),
        ("we met \u200bBada\ufeff at the station in Natapa\u200b .", ["Bada", "Natapa"]),
        ("\ud800 : Bada Dodobe , \udfff\udc00 .", ["Bada Dodobe"]),
        ("\x00\t we met Bada\u2028at the station in\u00a0Natapa .", ["Bada", "Natapa"]),
        ("\u0639\u0631\u0628\u064a we met Bada at \U00020000\U00020001 in Natapa .", ["Bada", "Natapa"]),
    ],
    ids=["astral", "crlf", "combining", "zero-width", "surrogates", "control", "right-to-left"],
)
def test_offsets_count_code_points_whatever_stands_before(model, text, named):
    (answer,) = model.find([text])
    cut = [text[span.start : span.end].strip("\u200b\ufeff") for span in answer.spans]
    assert [name for name in cut if name in named] == named


@needs_names
@pytest.mark.parametrize("window", [64, 256, 512])
def test_a_name_at_each_edge_of_a_window_is_found_whole(folder, window):
    model = load_model("transformers", str(folder), device="cpu", pace=Pace(window=window, budget=4_096))
    words = (" ".join(tiny_names.FILLER[:3]) + " ") * 200
    words = words.split()[:5_000]
    windows = model._read([" ".join(words)])[0].windows
    edges = sorted({edge for begin, end in windows for edge in (begin, end)} - {0, 5_000})
    assert len(edges) == 2 * (len(windows) - 1) > 10
    for edge in edges:  # three tokens of the name before the edge and three behind it
        words[edge - 3 : edge + 3] = ["Bababa", None, None, "Dododo", None, None]
    text = " ".join(word for word in words if word)
    named = [("PERSON", at, at + 13) for at in range(len(text)) if text.startswith("Bababa Dododo", at)]
    again = model._read([text])[0]
    first = again.words.first
    assert {first[edge] for pair in again.windows for edge in pair} == {0, 5_000, *edges}
    (answer,) = model.find([text])
    assert len(named) == len(edges)
    assert places(answer) == named


@needs_names
def test_a_lack_of_memory_halves_the_batch_until_it_fits(folder):
    import torch

    model = load_model("transformers", str(folder), device="cpu")
    texts = [text for text, _ in sentences(3, 64)]
    expected = model.find(texts)

    def breaks(tokens, logits):
        if len(tokens) > 9:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with broken(model, breaks), counted(model) as shapes:
        assert model.find(texts) == expected
    assert 1 <= sum(rows > 9 for rows, _ in shapes) <= 4
    assert model.budget.tokens < Pace().budget

    def always(tokens, logits):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with broken(model, always):
        assert model.find(texts[:3]) == [Found("failed")] * 3


@needs_names
@pytest.mark.parametrize("how", ["raises", "is no number"])
def test_a_text_that_the_model_fails_on_has_a_status_and_costs_no_other(model, how):
    texts = [text for text, _ in sentences(4, 40)]
    expected = [
        Found("failed") if "station" in text else answer for text, answer in zip(texts, model.find(texts), strict=True)
    ]
    assert 0 < expected.count(Found("failed")) < 40
    bad = model._tokenizer.convert_tokens_to_ids("station")

    def breaks(tokens, logits):
        rows = (tokens == bad).any(dim=1)
        if how == "raises" and rows.any():
            raise RuntimeError("shape mismatch")
        logits[rows] = float("nan")

    with broken(model, breaks):
        assert model.find(texts) == expected


@needs_names
def test_too_long_and_empty_texts_have_their_status(folder):
    model = load_model("transformers", str(folder), device="cpu", pace=Pace(max_characters=40))
    answers = model.find(["", "x" * 41, "we met Bada at noon .", " \n "])
    assert [answer.status for answer in answers] == ["seen", "too_long", "seen", "seen"]
    assert [places(answer) for answer in answers] == [[], [], [("PERSON", 7, 11)], []]
    assert model.find([]) == []


@needs_names
def test_kinds_threshold_and_names_of_kinds_are_as_asked(folder):
    text = "my name is Bada Dodo and i live in Natapa ."

    def found(**options):
        return load_model("transformers", str(folder), device="cpu", **options).find([text])[0].spans

    assert [span.kind for span in found(kinds=("LOCATION",))] == ["LOCATION"]
    assert [span.kind for span in found(renames=(("PER", "AUTHOR"),))] == ["AUTHOR", "LOCATION"]
    assert found(threshold=1.0) == ()


@needs_names
def test_nothing_of_a_text_is_logged_or_printed(model, caplog, capfd):
    texts = ["we met Bada at the station in Natapa . " * 400, "\ud800 Bada"]
    with caplog.at_level("DEBUG"):
        model.find(texts)

        def breaks(tokens, logits):
            raise RuntimeError("we met Bada")

        with broken(model, breaks):
            assert {answer.status for answer in model.find(texts)} == {"failed"}
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@needs_names
def test_the_digest_is_of_all_that_is_loaded_and_of_nothing_else(model, copied):
    assert len(model.digest) == 64
    (copied / "README.md").write_text("about it")
    assert load_model("transformers", str(copied), device="cpu").digest == model.digest
    for name in ("config.json", "tokenizer_config.json"):
        (copied / name).write_text(json.dumps({**json.loads((copied / name).read_text()), "note": name}))
        changed = load_model("transformers", str(copied), device="cpu").digest
        assert changed != model.digest


def drop_weights(folder):
    (folder / "model.safetensors").unlink()


def leave_a_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def drop_the_config(folder):
    (folder / "config.json").unlink()


def drop_the_tokenizer(folder):
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (folder / name).unlink()


def drop_the_head(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    left = {name: weight for name, weight in weights.items() if not name.startswith("classifier")}
    save_file(left, folder / "model.safetensors", metadata={"format": "pt"})


def cut_the_weights(folder):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def drop_the_labels(folder):
    config = json.loads((folder / "config.json").read_text())
    config = {key: value for key, value in config.items() if key not in ("id2label", "label2id")}
    (folder / "config.json").write_text(json.dumps({**config, "num_labels": 5}))


def lose_a_part(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-1-of-2.safetensors"}}))


def spoil_the_index(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text("[]")


def ask_for_code(folder):
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.Config", "AutoModelForTokenClassification": "own.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise SystemExit('code of the model was run')")


@needs_names
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (drop_weights, "no weights. Put model.safetensors"),
        (leave_a_pickle, "as a pickle"),
        (drop_the_config, "no config.json"),
        (drop_the_tokenizer, "no tokenizer. Put"),
        (drop_the_head, "would be random"),
        (cut_the_weights, "cannot be loaded"),
        (drop_the_labels, "id2label"),
        (lose_a_part, "lacks 1 of 2 weight files"),
        (spoil_the_index, "does not say which weights"),
        (ask_for_code, "cannot be loaded"),
    ],
)
def test_what_cannot_be_loaded_is_an_error_that_says_what_to_do(copied, spoil, says, capfd):
    spoil(copied)
    with pytest.raises(ConfigError, match=says):
        load_model("transformers", str(copied), device="cpu")
    assert capfd.readouterr() == ("", "")


@needs_names
@pytest.mark.parametrize(
    ("where", "options", "says"),
    [
        ("nobody/no-such-model", {}, "hf download nobody/no-such-model"),
        ("./no/such/folder", {}, "no folder"),
        ("tiny", {"device": "abacus"}, "device is abacus"),
        ("tiny", {"device": "meta"}, "device is meta"),
        ("tiny", {"kinds": ("PRESON",)}, "Did you mean 'PERSON'"),
        ("tiny", {"renames": (("PRE", "PERSON"),)}, "Did you mean 'PER'"),
        ("tiny", {"threshold": 1.5}, "threshold is 1.5"),
    ],
)
def test_a_wrong_option_is_named(folder, where, options, says):
    with pytest.raises(ConfigError, match=says):
        load_model("transformers", str(folder) if where == "tiny" else where, **options)


@needs_names
def test_a_name_on_the_hub_is_looked_up_in_the_cache_of_this_machine(folder, model, tmp_path, monkeypatch):
    commit = "0123456789abcdef0123456789abcdef01234567"
    kept = tmp_path / "models--somebody--tiny"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text(commit)
    shutil.copytree(folder, kept / "snapshots" / commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    loaded = load_model("transformers", "somebody/tiny", device="cpu")
    assert loaded.name == "somebody/tiny"
    assert loaded.digest == model.digest


@needs_names
def test_the_make_of_openai_privacy_filter_answers_alike_in_any_company(folder, tmp_path):
    import torch
    from transformers import AutoTokenizer, OpenAIPrivacyFilterConfig, OpenAIPrivacyFilterForTokenClassification

    torch.manual_seed(11)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = OpenAIPrivacyFilterConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_local_experts=4,
        num_experts_per_tok=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=16,
        pad_token_id=0,
        eos_token_id=3,
        initializer_range=0.5,
    )
    tokenizer.save_pretrained(tmp_path)
    OpenAIPrivacyFilterForTokenClassification(config).save_pretrained(tmp_path)
    model = load_model("transformers", str(tmp_path), device="cpu", threshold=0.2)
    assert {"PERSON", "ADDRESS", "EMAIL_ADDRESS", "PHONE_NUMBER", "SECRET"} <= set(model.labels)
    texts = [text for text, _ in sentences(6, 20)] + [" ".join(text for text, _ in sentences(7, 80))]
    together = model.find(texts)
    alone = [model.find([text])[0] for text in texts]
    assert [places(answer) for answer in together] == [places(answer) for answer in alone]
    assert sum(len(answer.spans) for answer in together) > 20


@pytest.mark.parametrize("option", ["window", "overlap", "budget", "max_characters"])
def test_a_pace_out_of_range_is_an_error(option):
    with pytest.raises(ConfigError, match=f"{option} is 0"):
        Pace(**{option: 0})


def test_an_unknown_backend_is_named():
    with pytest.raises(ConfigError, match="Did you mean 'gliner2'"):
        load_model("gliner", "somewhere")


def test_a_missing_package_is_an_error_that_names_the_extra():
    with pytest.raises(ConfigError, match=r"no_such_package not installed.*pip install 'tamis\[names\]'"):
        require_packages(("no_such_package",), extra="names", who="names", instead="or do without")


@pytest.mark.skipif(HAS_NAMES, reason="torch and transformers are installed")
@pytest.mark.parametrize(("backend", "extra"), [("transformers", "names"), ("gliner2", "gliner")])
def test_without_torch_the_extra_is_named(tmp_path, backend, extra):
    with pytest.raises(ConfigError, match=rf"pip install 'tamis\[{extra}\]'"):
        load_model(backend, str(tmp_path), kinds=("PERSON",))


@pytest.mark.slow
def test_the_filter_is_imported_without_torch():
    code = (
        "import sys, filters.personal_data, filters.personal.names.models\n"
        "print(sorted({'torch', 'transformers', 'gliner2'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


@pytest.fixture(scope="module")
def gliner_folder(folder, tmp_path_factory):
    """A real gliner2 model with weights drawn by chance: what it finds means nothing, where it finds it does."""
    import torch
    from gliner2 import ExtractorConfig, SpanExtractor
    from transformers import AutoTokenizer, BertConfig

    torch.manual_seed(3)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoder = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=1_024,
        initializer_range=0.3,
    )
    made = SpanExtractor(ExtractorConfig(counting_layer="count_lstm"), encoder_config=encoder, tokenizer=tokenizer)
    place = tmp_path_factory.mktemp("models") / "tiny-gliner"
    made.save_pretrained(str(place))
    return place


@needs_gliner
def test_gliner2_answers_for_each_text_alike_in_any_company(gliner_folder):
    model = load_model("gliner2", str(gliner_folder), device="cpu", kinds=("PERSON", "LOCATION"), threshold=0.3)
    assert model.labels == ("LOCATION", "PERSON")
    texts = [text for text, _ in sentences(5, 24)] + ["", "\ud800\U0001f600 \u2603 Bada", "we met Bada .\r\n" * 300]
    together = model.find(texts)
    alone = [model.find([text])[0] for text in texts]
    assert {answer.status for answer in together} == {"seen"}
    assert [places(answer) for answer in together] == [places(answer) for answer in alone]
    assert sum(len(answer.spans) for answer in together) > 10
    for text, answer in zip(texts, together, strict=True):
        for kind in model.labels:
            own = [span for span in answer.spans if span.kind == kind]
            assert all(left.end <= right.start for left, right in pairwise(own))
        assert all(0 <= span.start < span.end <= len(text) for span in answer.spans)


@needs_gliner
def test_gliner2_fails_on_one_text_alone_and_logs_nothing(gliner_folder, caplog, capfd):
    model = load_model("gliner2", str(gliner_folder), device="cpu", kinds=("PERSON",), pace=Pace(max_characters=99))
    bad = model._extractor.processor.tokenizer.convert_tokens_to_ids("station")

    def breaks(_, args, given_):
        if (given_["input_ids"] == bad).any():
            raise RuntimeError("we met Bada")

    hook = model._extractor.encoder.register_forward_pre_hook(breaks, with_kwargs=True)
    with caplog.at_level("DEBUG"):
        answers = model.find(["we met Bada .", "at the station .", "\u2603 \ufffd Bada", "x" * 100])
    hook.remove()
    assert [answer.status for answer in answers] == ["seen", "failed", "seen", "too_long"]
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@needs_gliner
@pytest.mark.parametrize(
    ("spoil", "options", "says"),
    [
        (drop_weights, {}, "no weights"),
        (leave_a_pickle, {}, "as a pickle"),
        (drop_the_head, {}, "cannot be loaded by gliner2"),
        (lambda folder: shutil.rmtree(folder / "encoder_config"), {}, "backend is transformers"),
        (ask_for_code, {}, "code of its own"),
        (lambda folder: None, {"kinds": ()}, "kinds is empty"),
    ],
    ids=["no weights", "pickle", "no head", "another kind of model", "code", "no kinds"],
)
def test_gliner2_says_what_is_wrong(gliner_folder, tmp_path, spoil, options, says):
    spoilt = shutil.copytree(gliner_folder, tmp_path / "spoilt")
    spoil(spoilt)
    with pytest.raises(ConfigError, match=says):
        load_model("gliner2", str(spoilt), device="cpu", **{"kinds": ("PERSON",), **options})
