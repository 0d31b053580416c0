"""Personal data: the same answers as Presidio's, at what cost, and beside datatrove's two patterns.

    python benchmarks/personal_data.py SHARED_DATA [--datatrove PYTHON] [--documents N] [--fuzz N]

Compares hit by hit (kind, start, end, score) on the documents of Debian packages, on textbooks, and on texts made up of
mutated identifiers and strange characters; exits with 1 if one differs. Costs are seconds of this process's own time,
taken in one run, one after the other. PYTHON is an interpreter that has datatrove.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl
from measure import machine, table
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
from presidio_sets import CORPUS, our_engine, stock_engine

from filters.base import run_filter
from filters.personal.engine import Engine
from filters.personal_data import PersonalDataFilter
from releases.redact import mask
from tamis.testing import text_batch

SETS = (("Presidio's default English set, every score", (), 0.0), ("corpus set, score 0.4", CORPUS, 0.4))
_CRASHES = (ValueError, ArithmeticError, LookupError, RecursionError)

T = TypeVar("T")
Answer = set[tuple[str, int, int, float]] | str


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", type=Path)
    parser.add_argument("--datatrove", help="an interpreter that has datatrove")
    parser.add_argument("--documents", type=int, default=10_000, help="at most so many of each corpus")
    parser.add_argument("--fuzz", type=int, default=10_000)
    given = parser.parse_args()
    corpora = {name: texts.head(given.documents) for name, texts in read_corpora(given.shared).items()}
    print(machine())
    differing = answers_and_speed(corpora, given.fuzz)
    if given.datatrove:
        beside_datatrove(corpora, given.datatrove)
    filter_alone(corpora)
    sys.exit(1 if differing else 0)


def read_corpora(shared: Path) -> dict[str, pl.Series]:
    docs = pl.read_parquet(shared / "debian_docs_6k.parquet")["text"]
    with gzip.open(shared / "openstax8.jsonl.gz", "rt") as lines:
        prose = pl.Series([json.loads(line)["text"] for line in lines])
    return {"documentation": docs, "textbooks": prose}


def answers_and_speed(corpora: dict[str, pl.Series], fuzzed: int) -> int:
    rows, differing = [], 0
    for name, kinds, threshold in SETS:
        stock, ours = stock_engine(kinds), our_engine(kinds, threshold=threshold)
        for corpus, texts in corpora.items():
            their_seconds, theirs = timed(partial(by_presidio_in_batches, stock, texts, threshold))
            our_seconds, found = timed(partial(by_us, ours, texts))
            wrong = sum(one != other for one, other in zip(theirs, found, strict=True))
            differing += wrong
            mb = megabytes(texts)
            ratio = their_seconds / our_seconds
            hits = sum(len(answer) for answer in theirs)
            speeds = (f"{mb / their_seconds:.2f}", f"{mb / our_seconds:.2f}", f"{ratio:.1f}")
            rows.append((name, corpus, f"{len(texts):,}", f"{hits:,}", f"{wrong}", *speeds))
        texts = made_up(fuzzed)
        theirs = [by_presidio(stock, text, threshold) for text in texts]
        wrong = sum(one != other for one, other in zip(theirs, by_us(ours, texts), strict=True))
        differing += wrong
        hits = sum(len(answer) for answer in theirs if isinstance(answer, set))
        rows.append((name, "made-up texts", f"{len(texts):,}", f"{hits:,}", f"{wrong}", "", "", ""))
    head = ("set", "texts", "how many", "hits", "texts that differ", "Presidio MB / CPU s", "ours", "times as fast")
    print(f"\n{table(head, rows)}")
    return differing


def beside_datatrove(corpora: dict[str, pl.Series], python: str) -> None:
    rows = []
    for corpus, texts in corpora.items():
        their_seconds = datatrove_seconds(python, texts)
        seconds, masked = timed(partial(masked_by_us, texts))
        mb = megabytes(texts)
        changed = sum(one != other for one, other in zip(texts, masked, strict=True))
        rows.append(
            (
                corpus,
                f"{mb / their_seconds:.1f}",
                f"{mb / seconds:.1f}",
                f"{their_seconds / seconds:.2f}",
                f"{changed:,}",
            )
        )
    head = (
        "e-mail and IP addresses replaced",
        "datatrove MB / CPU s",
        "ours",
        "times as fast",
        "texts that ours changed",
    )
    print(f"\n{table(head, rows)}")


def masked_by_us(texts: pl.Series) -> list[str]:
    batch = text_batch(texts)
    spans = run_filter(PersonalDataFilter(entities=("EMAIL_ADDRESS", "IP_ADDRESS")), batch).spans.sort(
        "position", "start"
    )
    by_position: dict[int, list[tuple[int, int, str]]] = {}
    for position, start, end, kind in spans.select("position", "start", "end", "kind").iter_rows():
        by_position.setdefault(position, []).append((start, end, kind))
    return [mask(text, by_position[at]) if at in by_position else text for at, text in enumerate(texts)]


_DATATROVE = """
import json, sys, time
from datatrove.pipeline.formatters import PIIFormatter
texts = [json.loads(line) for line in open(sys.argv[1])]
formatter = PIIFormatter(email_replacement="<EMAIL>", ip_replacement="<IP>")
formatter.format(texts[0])
started = time.process_time()
for text in texts:
    formatter.format(text)
print(time.process_time() - started)
"""


def datatrove_seconds(python: str, texts: pl.Series) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(f"{json.dumps(text)}\n" for text in texts)
        file.flush()
        said = subprocess.run([python, "-c", _DATATROVE, file.name], capture_output=True, text=True, check=True)
    return float(said.stdout.split()[-1])


def filter_alone(corpora: dict[str, pl.Series]) -> None:
    rows = []
    for corpus, texts in corpora.items():
        batch, found = text_batch(texts), PersonalDataFilter()
        seconds, findings = timed(partial(run_filter, found, batch))
        kinds = findings.spans["kind"].value_counts(sort=True)
        said = ", ".join(f"{kind} {count:,}" for kind, count in kinds.iter_rows())
        rows.append((corpus, f"{megabytes(texts) / seconds:.1f}", f"{findings.spans.height:,}", said))
    print(f"\n{table(('the filter with its defaults', 'MB / CPU s', 'places', 'of which kinds'), rows)}")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    outcome = work()
    return time.process_time() - started, outcome


def by_presidio_in_batches(engine: AnalyzerEngine, texts: pl.Series, threshold: float) -> list[Answer]:
    found = BatchAnalyzerEngine(engine).analyze_iterator(texts, language="en", batch_size=32, score_threshold=threshold)
    return [{(hit.entity_type, hit.start, hit.end, hit.score) for hit in hits} for hits in found]


def by_presidio(engine: AnalyzerEngine, text: str, threshold: float) -> Answer:
    try:
        found = engine.analyze(text, language="en", score_threshold=threshold)
    except _CRASHES:
        return "failed"
    return {(hit.entity_type, hit.start, hit.end, hit.score) for hit in found}


def by_us(engine: Engine, texts: pl.Series) -> list[Answer]:
    looks = engine.analyze(texts)
    return [{tuple(hit[:4]) for hit in look.hits} if look.status == "seen" else look.status for look in looks]


def megabytes(texts: pl.Series) -> float:
    return texts.str.len_bytes().sum() / 1e6


_VALUES = (
    *("jane.doe+x@mail.example.co.uk", "GB82 WEST 1234 5698 7654 32", "4111 1111 1111 1111", "+44 20 7946 0958"),
    *("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "2001:db8::ff00:42:8329", "00:1A:2B:3C:4D:5E", "(212) 555-0187 ext. 4"),
    *("943 476 5919", "078-05-1121", "BB1388568", "https://www.example.org/a?b=c#d", "2024-02-29T10:00:00Z"),
    *("A1234567", "12/31/1999", "912-70-1234", "123456789", "2012-01-02 08:00", "192.168.17.4", "030 901820"),
    *("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "1687", "01.84.17.61.18", "31-DEC-99", "06 12 34 56 78"),
)
_ODDITIES = (
    *(
        "\u200d",
        "\u0301",
        "ſ",
        "ı",
        "İ",
        "K",
        "٣",
        "４",
        "\U00011de1",
        "\N{GRINNING FACE}",
        "＠",
        "。",
        "\u00a0",
        "\u00ad",
    ),
    *(
        "\n",
        "\t",
        " ",
        "_",
        "-",
        ".",
        ":",
        "/",
        "@",
        "+",
        "#",
        "x",
        "ext.",
        ";ext=",
        "::",
        "a",
        "1",
        "0",
        "K9",
        "é",
        "\x00",
    ),
)
_WORDS = (
    "phone",
    "call",
    "ssn",
    "card",
    "ip",
    "is",
    "be",
    "the",
    "number",
    "bank",
    "date",
    "url",
    "license",
    "Jan",
    "no.",
)


def made_up(count: int, *, seed: int = 1) -> pl.Series:
    """Identifiers, most of them with something put in, cut off or exchanged, among words and strange characters."""
    dice = random.Random(seed)
    return pl.Series([" ".join(_piece(dice) for _ in range(dice.randint(1, 6))) for _ in range(count)])


def _piece(dice: random.Random) -> str:
    if dice.random() < 0.3:
        return dice.choice(_WORDS)
    value = dice.choice(_VALUES)
    for _ in range(dice.randint(0, 3)):
        at, oddity = dice.randint(0, len(value)), dice.choice((*_ODDITIES, *_VALUES))
        value = value[:at] + oddity + value[at + dice.randint(0, 1) :]
    return value


if __name__ == "__main__":
    main()
