"""How well and how fast licences are read out of web pages: `python benchmarks/web_pages.py [FOLDER_OF_HTML]`.

Pages a second and megabytes a second are of processor time, on the authored pages of the tests and on the `.html` files
of a folder (the Python installation by default). `right` are the allowed pages whose licence covers their text; the
tests' pages are too few, and too much by one hand, to say more than that.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure

from filters.rights.pages.reader import expressions_of, is_free, may_state, read_page
from tests.filters.rights.authored_pages import FILES, Authored, pages

_TIMES = 3


def main() -> None:
    print(measure.machine(), end="\n\n")
    sets = {file: list(pages(file)) for file in FILES}
    everything = [each for authored in sets.values() for each in authored]
    print(measure.table(("pages", "n", "allowed", "right", "free", "recall"), _quality({**sets, "all": everything})))
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else sys.prefix)
    found = [each.html for each in everything]
    rows = [*_speed("authored", found * 10), *_speed("folder", [_read(file) for file in _files(folder)])]
    print("\n" + measure.table(("texts", "n", "MB", "pages/s", "MB/s"), rows))


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
    size = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    steps: dict[str, Callable[[str], object]] = {"prefilter": may_state, "whole": read_page}
    rows = []
    for step, function in steps.items():
        seconds = min(_seconds(function, texts) for _ in range(_TIMES))
        speed = (f"{len(texts) / seconds:,.0f}", f"{size / seconds:,.0f}") if texts else ("-", "-")
        rows.append([f"{name}, {step}", str(len(texts)), f"{size:.1f}", *speed])
    return rows


def _seconds(function: Callable[[str], object], texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        function(text)
    return max(time.process_time() - started, 1e-9)


if __name__ == "__main__":
    main()
