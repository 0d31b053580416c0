"""Held against what dolma's tagger says it measures, written out once more in plain Python.

dolma itself needs a numpy that nothing else here runs on; `benchmarks/quality.py` compares with it, number by number.
"""

import re
import statistics
from collections import Counter

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from filters.quality_as_dolma import measures_of

REQUIRED = {"the", "be", "to", "of", "and", "that", "have", "with"}

words = st.sampled_from(["the", "of", "a", "b", "cd", "#", "…", "x#y", "é", "你好", "-", "*", "1", "...", "and"])
blanks = st.sampled_from([" ", "  ", "\n", "\n\n", "\n- ", "\n* ", "…\n", "\t", "\u2003", "\x1c"])
texts = st.lists(st.tuples(words, blanks), max_size=60).map(lambda pairs: "".join(f"{a}{b}" for a, b in pairs))


def share(part, whole):
    return part / max(whole, 1)


def plainly(text):
    split = text.split()
    characters = sum(map(len, split))
    lines = re.split(r"\n+", text)
    again = {line: count for line, count in Counter(lines).items() if count > 1}
    found = {
        "words": len(split),
        "word_length": statistics.median(map(len, split)) if split else 0,
        "symbol_words": share(sum("#" in word or "…" in word for word in split), len(split)),
        "alpha_words": share(sum(any(map(str.isalpha, word)) for word in split), len(split)),
        "stop_words": sum(word in REQUIRED for word in split),
        "bullet_lines": share(sum(line.startswith(("*", "-")) for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.endswith("…") for line in lines), len(lines)),
        "duplicate_lines": share(sum(again.values()), len(lines)),
        "duplicate_line_characters": share(sum(len(line) * count for line, count in again.items()), characters),
    }
    for n in range(2, 11):
        runs = Counter(tuple(split[place : place + n]) for place in range(len(split) - n + 1))
        lengths = {run: sum(map(len, run)) for run in runs}
        if n <= 4:
            often = max(runs.values(), default=0)
            top = next((run for run in runs if runs[run] == often), ())
            found[f"top_{n}gram"] = share(often * lengths.get(top, 0), characters)
        else:
            several = sum(count * lengths[run] for run, count in runs.items() if count > 1)
            found[f"duplicate_{n}grams"] = share(several, sum(count * lengths[run] for run, count in runs.items()))
    return found


@given(st.lists(texts, max_size=6))
@example([""])
@example(["the the the the the the the the the the the the", "", "a b a b a b a b a b a b"])
def test_every_measure_is_what_it_says(batch):
    measured = measures_of(pl.Series(batch, dtype=pl.String))
    for place, text in enumerate(batch):
        assert {name: values[place] for name, values in measured.items()} == plainly(text)
