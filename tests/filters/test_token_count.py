"""Tokens, by a small real tokenizer that is trained here, and as an estimate."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.text.script_bytes import SCRIPTS, bytes_of_scripts
from filters.text.utf8 import Utf8
from filters.token_count import TokenCountFilter
from tamis.errors import ConfigError
from tamis.testing import text_batch

needs_tokenizers = pytest.mark.skipif(
    find_spec("tokenizers") is None, reason="the extra tokenizers is not installed (dev.lock)"
)
THREADS = Path("/proc/self/task")
TEXTS = ["A letter to the sea.", "", "the sea the sea the sea", "\N{GRINNING FACE} 水の", "x" * 10_000]


@pytest.fixture(scope="module")
def trained():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, special_tokens=["<s>"], show_progress=False
    )
    tokenizer.train_from_iterator(["the sea, a letter to the sea and the letter of the sea"] * 4, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return tokenizer


@pytest.fixture
def saved(trained, tmp_path: Path) -> Path:
    path = tmp_path / "tokenizer.json"
    trained.save(str(path))
    return path


@needs_tokenizers
def test_tokens_are_those_of_the_tokenizer_without_what_it_adds(trained, saved: Path) -> None:
    found = run_filter(TokenCountFilter(tokenizer=str(saved)), text_batch(TEXTS)).items
    assert found["tokens"].to_list() == [len(trained.encode(text, add_special_tokens=False).ids) for text in TEXTS]
    assert found["tokens"][2] < len(TEXTS[2])
    assert set(found["estimated"]) == {0.0}


@needs_tokenizers
def test_the_file_may_ask_for_truncation_and_padding_in_vain(trained, saved: Path, tmp_path: Path) -> None:
    plain = run_filter(TokenCountFilter(tokenizer=str(saved)), text_batch(TEXTS)).items
    from tokenizers import Tokenizer

    cut = Tokenizer.from_str(trained.to_str())
    cut.enable_truncation(4)
    cut.enable_padding(length=9)
    cut.save(str(tmp_path / "cut.json"))
    again = run_filter(TokenCountFilter(tokenizer=str(tmp_path / "cut.json")), text_batch(TEXTS)).items
    assert again["tokens"].to_list() == plain["tokens"].to_list()


@needs_tokenizers
def test_a_tokenizer_is_named_by_its_bytes_and_never_by_its_place(saved: Path, tmp_path: Path) -> None:
    one = TokenCountFilter(tokenizer=str(saved)).spec
    moved = saved.rename(tmp_path / "moved.json")
    assert TokenCountFilter(tokenizer=str(moved)).spec == one
    moved.write_text(moved.read_text() + "\n")
    assert TokenCountFilter(tokenizer=str(moved)).spec.digest != one.digest
    assert TokenCountFilter().spec.digest != one.digest


@needs_tokenizers
def test_a_text_that_the_tokenizer_fails_on_is_failed_and_the_others_are_counted(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordPiece({"known": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "words.json"))
    by = TokenCountFilter(tokenizer=str(tmp_path / "words.json"))
    found = run_filter(by, text_batch(["known known", "unheard of", "known"])).items
    assert found.select("status", "tokens", "estimated").rows() == [
        ("seen", 2.0, 0.0),
        ("failed", None, None),
        ("seen", 1.0, 0.0),
    ]


@needs_tokenizers
@pytest.mark.skipif(not THREADS.is_dir(), reason="this system does not list a process's threads")
def test_no_thread_is_started_for_it(saved: Path) -> None:
    batch = text_batch(["the sea " * 100] * 500)
    run_filter(TokenCountFilter(), batch)  # Polars has its threads
    before = len(list(THREADS.iterdir()))
    run_filter(TokenCountFilter(tokenizer=str(saved)), batch)
    assert len(list(THREADS.iterdir())) == before


@needs_tokenizers
def test_what_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"token_count: tokenizer\.json cannot be loaded as a tokenizer"):
        TokenCountFilter(tokenizer=str(tmp_path / "tokenizer.json"))
    with pytest.raises(ConfigError, match=r"gone\.json cannot be read \(No such file or directory\)"):
        TokenCountFilter(tokenizer=str(tmp_path / "gone.json"))


def test_without_the_library_a_file_is_an_error_and_an_estimate_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"pip install 'tamis\[tokenizers\]'"):
        TokenCountFilter(tokenizer=str(tmp_path / "tokenizer.json"))
    assert run_filter(TokenCountFilter(), text_batch(["A text."])).items["status"].to_list() == ["seen"]


def test_an_estimate_says_so_and_grows_with_the_text() -> None:
    texts = ["", "A", "The sea is calm, and nobody writes letters. " * 100, "море " * 100, "水" * 100]
    found = run_filter(TokenCountFilter(), text_batch(texts)).items
    assert set(found["estimated"]) == {1.0}
    assert found["tokens"][:2].to_list() == [0.0, 1.0]
    for text, tokens in zip(texts[2:], found["tokens"][2:], strict=True):
        assert len(text.encode()) / 7 < tokens < len(text.encode()) / 2


CHARACTERS = {
    "ascii_letters": "Az",
    "digits": "1١",
    "white_space": "\t\u2003",
    "marks": "!§\x00\N{GRINNING FACE}",
    "latin": "éế",
    "greek": "ω",
    "cyrillic": "ж",
    "right_to_left": "שع",
    "indic": "कก",
    "han": "水\U0002a6d6",
    "kana": "の",
    "hangul": "한",
    "other": "ა",
}


def script_of(character: str) -> str:
    return next(script for script, characters in CHARACTERS.items() if character in characters)


@given(st.lists(st.lists(st.sampled_from("".join(CHARACTERS.values())), max_size=20)))
@example([["A", "水"], []])
def test_the_bytes_of_scripts_are_all_bytes_of_a_text(drawn: list[list[str]]) -> None:
    found = bytes_of_scripts(Utf8.of(pl.Series(["".join(each) for each in drawn], dtype=pl.String)))
    for characters, row in zip(drawn, found.tolist(), strict=True):
        expected = dict.fromkeys(SCRIPTS, 0)
        for character in characters:
            expected[script_of(character)] += len(character.encode())
        assert dict(zip(SCRIPTS, row, strict=True)) == expected
