"""Plants items of a made-up evaluation set in real texts: how many are found, what else is, and at which speed.

`python benchmarks/evaluation_overlap.py FILE.parquet [--items 500] [--seed 1]`: a Parquet file with a column `text`. A
tenth of the texts is held out. Items are runs of sentences of those, 15 to 60 words long, none of which shares a run of
8 words with what is left or with another; they are planted in as many other texts, each with other case, punctuation
and blanks: whole, the first half alone, with one word in the middle changed, or with every tenth word changed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.measure import table
from filters.base import run_filter
from filters.evaluation_overlap import EvaluationOverlapFilter
from tamis.testing import text_batch

WAYS = ("whole", "first half", "one word changed", "every tenth word changed")
BATCH = 256


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, nargs="+", default=[8, 13, 20])
    given = parser.parse_args()
    dice = random.Random(given.seed)
    texts = pl.read_parquet(given.file, columns=["text"])["text"].drop_nulls().to_list()
    dice.shuffle(texts)
    held_out, corpus = texts[: len(texts) // 10], texts[len(texts) // 10 :]
    items = unshared(passages(held_out, dice), corpus)[: given.items]
    ways = [WAYS[place % len(WAYS)] for place in range(len(items))]
    planted = [
        plant(text, changed(item, way, dice), dice) for text, item, way in zip(corpus, items, ways, strict=False)
    ]
    clean = corpus[len(items) :]
    print(f"{len(items):,} items, {len(planted):,} texts with one, {len(clean):,} without")
    shown = []
    for n in given.n:
        by = made(items, n)
        found, seconds = measured(by, [*planted, *clean])
        megabytes = sum(len(text.encode()) for text in [*planted, *clean]) / 1e6
        there, elsewhere = found[: len(planted)], found[len(planted) :]
        right = there.with_columns(way=pl.Series(ways), right=pl.col("item") == pl.int_range(1, len(items) + 1))
        for way in WAYS:
            of_way = right.filter(pl.col("way") == way)
            hits = of_way.filter(pl.col("right").fill_null(value=False))
            beyond = hits.filter(pl.col("covered") > 0.5)
            shown.append((f"{n}, {way}", *(f"{rows.height / of_way.height:.1%}" for rows in (hits, beyond)), "", ""))
        alarms = [f"{elsewhere.filter(pl.col('covered') > least).height:,}" for least in (0, 0.5)]
        shown.append((f"{n}, no item planted", *alarms, f"{megabytes / seconds:.0f}", f"{len(clean):,}"))
    print(table(("n, how it is planted", "touched", "covered > 0.5", "MB / CPU s", "texts"), shown))


def passages(texts: list[str], dice: random.Random) -> list[str]:
    made = []
    for text in texts:
        sentences = [each for each in re.split(r"(?<=[.?!])\s+", text) if re.search(r"\w", each)]
        for start in range(0, len(sentences) - 4, 4):
            words = " ".join(sentences[start : start + 4]).split()[: dice.randint(15, 60)]
            if len(words) >= 15 and sum(map(str.isalpha, words)) > len(words) / 2:
                made.append(" ".join(words))
    dice.shuffle(made)
    return made


def unshared(items: list[str], corpus: list[str]) -> list[str]:
    """Those of which neither the corpus nor an item before has a run of 8 words, as a plain search sees it: so that
    whatever is found without planting is a false alarm.
    """
    owners: dict[tuple[str, ...], list[int]] = {}
    for place, item in enumerate(items):
        for run in set(plain_runs(item)):
            owners.setdefault(run, []).append(place)
    shared = {place for places in owners.values() for place in places[1:]}
    for text in corpus:
        for run in plain_runs(text):
            shared.update(owners.get(run, ()))
    return [item for place, item in enumerate(items) if place not in shared]


def plain_runs(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.lower())
    return list(zip(*(words[start:] for start in range(8)), strict=False))


def changed(item: str, way: str, dice: random.Random) -> str:
    words = item.split()
    if way == "first half":
        words = words[: (len(words) + 1) // 2]
    elif way == "one word changed":
        words[len(words) // 2] = "otherwise"
    elif way == "every tenth word changed":
        words[5::10] = ["otherwise"] * len(words[5::10])
    written = (" ", "  ", "\n", " — ", ", ")
    return "".join(f"{word.upper() if dice.random() < 0.2 else word}{dice.choice(written)}" for word in words)


def plant(text: str, item: str, dice: random.Random) -> str:
    place = text.find(" ", dice.randrange(len(text) + 1))
    return f"{text[:place]} {item} {text[place:]}" if place >= 0 else f"{text} {item}"


def made(items: list[str], n: int) -> EvaluationOverlapFilter:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "planted.jsonl"
        path.write_text("\n".join(json.dumps({"text": item}) for item in items))
        return EvaluationOverlapFilter(sets=(str(path),), n=n, least_words=min(n, 8))


def measured(by: EvaluationOverlapFilter, texts: list[str]) -> tuple[pl.DataFrame, float]:
    batches = [text_batch(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    run_filter(by, batches[0])  # what is compiled is compiled
    started = time.process_time()
    found = [by.find(batch).items for batch in batches]
    return pl.concat(found), time.process_time() - started


if __name__ == "__main__":
    main()
