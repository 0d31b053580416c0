"""Fits how many bytes of each script make a token, and says how far off the estimate is on other text.

`python benchmarks/token_estimate.py FILE… [--locale /usr/share/locale]`: Parquet or gzipped JSON lines with a column
`text`, and the translations of programs of this machine for other languages than English. Byte-level BPE (32,768
tokens, as GPT-2 parts words) is trained on half of the texts; the table of `filters/data/token_estimate.toml` is
fitted, by least squares without negative numbers, on a quarter, and the error is that of the last quarter. The same
table is held against a tokenizer of four times as many tokens, and one that read English alone. Texts are taken in lots
of about 20 kB, since one message of a program is no document.
"""

from __future__ import annotations

import argparse
import gettext
import gzip
import json
import os
import random
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import nnls

from benchmarks.measure import table
from filters.text.script_bytes import SCRIPTS, bytes_of_scripts
from filters.text.utf8 import Utf8
from filters.token_count import TokenCountFilter
from tamis.testing import text_batch

os.environ["TOKENIZERS_PARALLELISM"] = "false"

LOT = 20_000
TESTED = 30
"""Lots of each language by which the error is measured."""
VOCABULARY = 32_768
MOST = 2_000_000
"""Bytes taken of each language."""
LANGUAGES = {
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pl": "Polish",
    "vi": "Vietnamese",
    "tr": "Turkish",
    "fi": "Finnish",
    "ru": "Russian",
    "uk": "Ukrainian",
    "el": "Greek",
    "ar": "Arabic",
    "he": "Hebrew",
    "hi": "Hindi",
    "ta": "Tamil",
    "th": "Thai",
    "zh_CN": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "ka": "Georgian",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--locale", type=Path, default=Path("/usr/share/locale"))
    given = parser.parse_args()
    dice = random.Random(1)
    parts: dict[str, dict[str, list[str]]] = {"train": {}, "fit": {}, "test": {}}
    for language, lots in texts_of(given.files, given.locale, dice).items():
        dice.shuffle(lots)
        half, quarter = len(lots) // 2, len(lots) - len(lots) // 4
        parts["train"][language], parts["fit"][language], parts["test"][language] = (
            lots[:half], lots[half:quarter], lots[quarter : quarter + TESTED],
        )  # fmt: skip
    every = [lot for lots in parts["train"].values() for lot in lots]
    tokenizer = trained(every, VOCABULARY)
    fitted = fit(tokenizer, [lot for lots in parts["fit"].values() for lot in lots])
    print("bytes for each token")
    for name, per_byte in zip(SCRIPTS, fitted, strict=True):
        print(f"{name} = {1 / per_byte if per_byte else float('inf'):.2f}")
    others = trained(every, 4 * VOCABULARY), trained(parts["train"]["English"], VOCABULARY)
    head = (
        "language",
        "MB",
        "bytes / token",
        "all texts off by",
        "median off by",
        "4 times the tokens",
        "English alone",
    )
    print(table(head, errors(fitted, parts["test"], tokenizer, *others)))
    print(speeds(tokenizer, parts["test"]["English"]))


def texts_of(files: list[Path], locale: Path, dice: random.Random) -> dict[str, list[str]]:
    """Lots of text by language."""
    english = [text for file in files for text in documents(file)]
    dice.shuffle(english)
    found = {"English": cut(english, 10 * MOST)}
    for code, language in LANGUAGES.items():
        messages = [each for path in sorted(locale.glob(f"{code}/LC_MESSAGES/*.mo")) for each in messages_of(path)]
        found[language] = cut(messages, MOST)
    return {language: lots for language, lots in found.items() if len(lots) >= 4}


def documents(file: Path) -> list[str]:
    if file.suffix == ".parquet":
        return pl.read_parquet(file, columns=["text"])["text"].drop_nulls().to_list()
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def messages_of(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    except (OSError, UnicodeDecodeError):
        return []
    return [said for asked, said in catalog.items() if asked and isinstance(said, str)]


def cut(texts: list[str], most: int) -> list[str]:
    lots, lot, size, taken = [], [], 0, 0
    for text in texts:
        lot.append(text)
        size += len(text.encode())
        if size >= LOT:
            lots.append("\n".join(lot))
            taken += size
            lot, size = [], 0
        if taken >= most:
            break
    return lots


def trained(texts: list[str], vocabulary: int):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False)
    started = time.process_time()
    tokenizer.train_from_iterator(texts, trainer)
    print(f"trained on {sum(map(len, texts)) / 1e6:.1f} M characters in {time.process_time() - started:.0f} CPU s")
    return tokenizer


def counted(tokenizer, texts: list[str]) -> np.ndarray:
    return np.array([len(each) for each in tokenizer.encode_batch_fast(texts)], dtype=np.float64)


def features(texts: list[str]) -> np.ndarray:
    return bytes_of_scripts(Utf8.of(pl.Series(texts))).astype(np.float64)


def fit(tokenizer, texts: list[str]) -> np.ndarray:
    """Tokens for each byte of each script; each text counts alike, so that what matters is the share that is off."""
    sizes = features(texts)
    tokens = counted(tokenizer, texts)
    found, _ = nnls(sizes / tokens[:, None], np.ones(len(texts)))
    return found


def errors(fitted: np.ndarray, parts: dict[str, list[str]], tokenizer, *others) -> list[tuple[str, ...]]:
    """Of each language, how far off the estimate is: by one tokenizer, then of all texts by the others."""
    rows = []
    for language, texts in parts.items():
        sizes = features(texts)
        guessed = sizes @ fitted
        tokens = counted(tokenizer, texts)
        elsewhere = [counted(other, texts).sum() for other in others]
        rows.append((
            language, f"{sizes.sum() / 1e6:.2f}", f"{sizes.sum() / tokens.sum():.2f}",
            f"{guessed.sum() / tokens.sum() - 1:+.0%}", f"{np.median(np.abs(guessed - tokens) / tokens):.0%}",
            *(f"{guessed.sum() / total - 1:+.0%}" for total in elsewhere),
        ))  # fmt: skip
    return rows


def speeds(tokenizer, texts: list[str]) -> str:
    """MB of each CPU second, as a run has it."""
    batch = text_batch(texts)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "tokenizer.json")
        tokenizer.save(path)
        said = []
        for what, by in (("estimated", TokenCountFilter()), ("counted", TokenCountFilter(tokenizer=path))):
            by.find(batch)
            started = time.process_time()
            by.find(batch)
            said.append(f"{what}: {megabytes / (time.process_time() - started):.1f} MB / CPU s")
    return ", ".join(said)


if __name__ == "__main__":
    main()
