"""Quality measures beside the tools they reproduce: `python benchmarks/quality.py FILE.parquet [--datatrove PYTHON]
[--dolma PYTHON]`.

FILE has a column `text`; PYTHON is that of an environment with the tool. For each of our filters MB of text per second
of processor, on one core, in batches of 256 and of 1,024 texts. Then, with the tools: seconds that theirs take of the
same texts, and how many texts are decided otherwise, by family of rules; of dolma how many numbers differ.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import measure
import polars as pl

from filters import quality_as_datatrove, quality_as_dolma, text_quality
from releases.limits import limit_set

HERE = Path(__file__).parent
FILTERS = {
    "text_quality": text_quality.measures_of,
    "quality_as_dolma": quality_as_dolma.measures_of,
    "quality_as_datatrove": quality_as_datatrove.measures_of,
}
FAMILIES = {"gopher-datatrove": ("gopher_quality", "gopher_repetition"), "fineweb": ("fineweb",), "c4": ("c4",)}
OF_DOLMA = {
    "words": "word_count",
    "word_length": "median_word_length",
    "symbol_words": "symbol_to_word_ratio",
    "alpha_words": "fraction_of_words_with_alpha_character",
    "stop_words": "required_word_count",
    "bullet_lines": "fraction_of_lines_starting_with_bullet_point",
    "ellipsis_lines": "fraction_of_lines_ending_with_ellipsis",
    "duplicate_lines": "fraction_of_duplicate_lines",
    "duplicate_line_characters": "fraction_of_characters_in_duplicate_lines",
    **{f"top_{n}gram": f"fraction_of_characters_in_most_common_{n}grams" for n in (2, 3, 4)},
    **{f"duplicate_{n}grams": f"fraction_of_characters_in_duplicate_{n}grams" for n in range(5, 11)},
}
TIMES = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--datatrove", metavar="PYTHON")
    parser.add_argument("--dolma", metavar="PYTHON")
    given = parser.parse_args()
    texts = pl.read_parquet(given.file, columns=["text"])["text"]
    megabytes = texts.str.len_bytes().sum() / 1e6
    print(measure.machine(), f"\n{len(texts):,} texts, {megabytes:.1f} MB\n")
    rows = [
        (name, *(f"{megabytes / _seconds(measures_of, texts, size):.1f}" for size in (256, 1024)))
        for name, measures_of in FILTERS.items()
    ]
    print(measure.table(("filter", "MB / CPU s, batches of 256", "of 1,024"), rows), end="\n\n")
    if given.datatrove:
        _beside_datatrove(_theirs(given.datatrove, "datatrove", given.file), texts, megabytes)
    if given.dolma:
        _beside_dolma(_theirs(given.dolma, "dolma", given.file), texts, megabytes)


def _seconds(measures_of: Any, texts: pl.Series, size: int) -> float:
    """The least of several: noise only ever adds."""
    return min(_once(measures_of, texts, size) for _ in range(TIMES + 1))


def _once(measures_of: Any, texts: pl.Series, size: int) -> float:
    started = time.process_time()
    for first in range(0, len(texts), size):
        measures_of(texts[first : first + size])
    return time.process_time() - started


def _theirs(python: str, name: str, file: Path) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        script = HERE / f"quality_by_{name}.py"
        subprocess.run([python, script, file.resolve(), out], check=True, capture_output=True)
        return json.loads(out.read_text())


def _beside_datatrove(theirs: Any, texts: pl.Series, megabytes: float) -> None:
    measured = pl.DataFrame(quality_as_datatrove.measures_of(texts)).fill_nan(None)
    rows = []
    for name, families in FAMILIES.items():
        ours = _dropped(name, measured)
        dropped = [any(reasons) for reasons in zip(*(theirs["answers"][each] for each in families), strict=True)]
        otherwise = sum(left != right for left, right in zip(ours, dropped, strict=True))
        seconds = sum(theirs["seconds"][each] for each in families)
        rows.append((name, f"{sum(dropped):,}", str(otherwise), f"{megabytes / seconds:.2f}"))
    print(
        measure.table(("set of limits", "datatrove drops", "decided otherwise here", "datatrove, MB / CPU s"), rows),
        end="\n\n",
    )
    print(f"datatrove, all four filters: {megabytes / sum(theirs['seconds'].values()):.3f} MB / CPU s\n")


def _dropped(name: str, measured: pl.DataFrame) -> pl.Series:
    beyond = [each.passed_by(pl.col(each.measure)) for each in limit_set(name).limits]
    return measured.select(pl.any_horizontal(each.fill_null(value=False) for each in beyond)).to_series()


def _beside_dolma(theirs: Any, texts: pl.Series, megabytes: float) -> None:
    ours = pl.DataFrame(quality_as_dolma.measures_of(texts))
    numbers = {name: [row.get(of_dolma, 0.0) for row in theirs["rows"]] for name, of_dolma in OF_DOLMA.items()}
    different = sum(int((ours[name] != pl.Series(values, dtype=pl.Float64)).sum()) for name, values in numbers.items())
    limits = _dropped("gopher-dolma", ours)
    otherwise = (limits != _dropped("gopher-dolma", pl.DataFrame(numbers).cast(pl.Float64))).sum()
    print(
        f"dolma drops {limits.sum():,}; {otherwise} decided otherwise here, {different} of "
        f"{len(numbers) * len(texts):,} numbers differ; {megabytes / theirs['seconds']:.2f} MB / CPU s\n"
    )


if __name__ == "__main__":
    main()
