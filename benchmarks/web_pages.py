"""How well and how fast licences are read out of web pages: `python benchmarks/web_pages.py [FOLDER_OF_HTML]`.

Pages a second and megabytes a second are of processor time, on the authored pages of the tests, all of which have to be
parsed, and on the `.html` files of a folder (the Python installation by default). `right` are the allowed pages whose
licence covers their text, as the rules are now; what each batch gave when it was first read stands in the tests'
`authored_pages.py`. The tests' pages are too few, and too much by one hand, to say more than that.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure
from selectolax.lexbor import LexborHTMLParser

from filters.rights.pages.reader import expressions_of, is_free, may_state, read_page
from tests.filters.rights.authored_pages import FILES, Authored, pages

_TIMES = 5
_SHORT = 40_000


def main() -> None:
    print(measure.machine(), end="\n\n")
    sets = {file: list(pages(file)) for file in FILES}
    everything = [each for authored in sets.values() for each in authored]
    print(measure.table(("pages", "n", "allowed", "right", "free", "recall"), _quality({**sets, "all": everything})))
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else sys.prefix)
    texts = list(dict.fromkeys(_read(file) for file in _files(folder)))
    rows = [row for name, pages_of in _groups(everything, texts).items() for row in _speed(name, pages_of)]
    print("\n" + measure.table(("texts", "n", "kB each", "pages/s", "MB/s", "of a parse"), rows))


def _groups(authored: Sequence[Authored], texts: list[str]) -> dict[str, list[str]]:
    silent = [text for text in texts if may_state(text) == (False, False)]
    return {
        "authored": [each.html for each in authored] * 3,
        "folder, without a mark": silent,
        "folder, without a mark, up to 40 kB": [text for text in silent if len(text) <= _SHORT],
        "folder, up to 40 kB": [text for text in texts if len(text) <= _SHORT],
        "folder": texts,
    }


def _quality(sets: dict[str, list[Authored]]) -> list[list[str]]:
    return [[name, *_counts(authored)] for name, authored in sets.items()]


def _counts(authored: Sequence[Authored]) -> list[str]:
    allowed = [(each.label, found) for each in authored if (found := _allowed(each.html))]
    right = sum(label == found for label, found in allowed)
    free = sum(each.label not in ("none", "conflict") and is_free(each.label) for each in authored)
    recall = f"{right / free:.3f}" if free else "-"
    return [str(len(authored)), str(len(allowed)), f"{right / max(1, len(allowed)):.3f}", str(free), recall]


def _allowed(html: str) -> str | None:
    found = expressions_of(read_page(html))
    return found[0] if len(found) == 1 and found[0] and is_free(found[0]) else None


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*.htm*") if file.is_file())


def _read(file: Path) -> str:
    return file.read_text("utf-8", "replace")


def _speed(name: str, texts: list[str]) -> list[list[str]]:
    """Rows of one group: a parse alone, for a measure, then what is ours and its speed in parses."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    steps: dict[str, Callable[[str], object]] = {"parse alone": _parse, "prefilter": may_state, "whole": read_page}
    rounds = [{step: _seconds(function, texts) for step, function in steps.items()} for _ in range(_TIMES)]
    seconds = {step: min(each[step] for each in rounds) for step in steps}
    return [
        [
            f"{name}, {step}",
            f"{len(texts):,}",
            f"{size * 1e3 / max(1, len(texts)):.1f}",
            f"{len(texts) / spent:,.0f}",
            f"{size / spent:,.1f}",
            f"{seconds['parse alone'] / spent:.2f}",
        ]
        for step, spent in seconds.items()
    ]


def _parse(html: str) -> object:
    return LexborHTMLParser(html.encode("utf-8", "replace"))


def _seconds(function: Callable[[str], object], texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        function(text)
    return max(time.process_time() - started, 1e-9)


if __name__ == "__main__":
    main()
