"""How well licences are told from texts and notices, and what it costs beside ScanCode.

    python benchmarks/licence_texts.py ../shared/data [--scancode PYTHON] [--sample 150] [--rules FOLDER]

`PYTHON` is that of a virtual environment with `scancode-toolkit-mini` and `pluggy<1.7`. The class of a text is the
strictest of the licences in it; a text that names none, or that was not understood, is `unknown`. Too lax is a class
freer than the labelled one. ScanCode is scored on the sources whose labels are not its own. `FOLDER` is
`licensedcode/data/rules` of that environment: of its notices, which nobody here has tuned on, 2,500 are drawn.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import polars as pl
from license_expression import get_license_index
from measure import machine, run, table

from filters.rights.spdx import grant_of
from filters.rights.texts.detect import detect
from filters.rights.texts.index import load
from tamis.records import GRANTS

LABELS = "licence_text_labels_dev.parquet"
_OWN = "scancode:"
"""Sources whose labels are ScanCode's."""

_SCANCODE = """
import json, re, sys, resource
from pathlib import Path
from scancode.api import get_licenses
texts = json.loads(Path(sys.argv[1]).read_text())
place = Path(sys.argv[1]).with_name("text")
def seconds():
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in usage)
place.write_text("x")
get_licenses(str(place))
loaded, said = seconds(), []
for text in texts:
    place.write_text(text)
    said.append(get_licenses(str(place))["detected_license_expression_spdx"])
took = seconds() - loaded
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("\\n" + json.dumps({"loaded": loaded, "seconds": took, "memory": memory, "said": said}))
"""


@dataclass(frozen=True, slots=True)
class Label:
    source: str
    text: str
    ids: tuple[str, ...]

    @property
    def grant(self) -> str:
        return _grant(self.ids)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of reading texts: seconds of processor, those to load an index among them or not, and resident memory in MiB."""

    loaded: float
    seconds: float
    memory: float


def main() -> None:
    arguments = _parse()
    if arguments.child:
        _child(arguments.data, arguments.sample)
        return
    print(machine())
    labels = _labels(arguments.data)
    said = [_ids(detect(label.text).expression) for label in labels]
    print(_scores("tamis", labels, said))
    if arguments.rules:
        rules = list(islice(_rules(arguments.rules), _RULES))
        print(_scores("tamis", rules, [_ids(detect(rule.text).expression) for rule in rules]))
    chosen = _sample(labels, arguments.sample)
    ours = _ours(arguments.data, arguments.sample)
    _print_cost("tamis", ours, len(chosen))
    if arguments.scancode:
        theirs, found = _scancode(arguments.scancode, [label.text for label in chosen])
        _print_cost("scancode", theirs, len(chosen))
        print(f"tamis reads {theirs.seconds / ours.seconds:.0f} times as many texts in a CPU-second")
        kept = [(label, ids) for label, ids in zip(chosen, found, strict=True) if not label.source.startswith(_OWN)]
        print(_scores("scancode, sample", [label for label, _ in kept], [ids for _, ids in kept]))
        both = [_ids(detect(label.text).expression) for label, _ in kept]
        print(_scores("tamis, same sample", [label for label, _ in kept], both))


_RULES = 2_500
_RULE = re.compile(r"---\n(?P<head>.*?)\n---\n(?P<text>.*)", re.DOTALL)


def _rules(folder: Path) -> Iterator[Label]:
    """ScanCode's notices of licences that have a class, in an order drawn once; choices between licences left out."""
    spdx = {each["license_key"]: each.get("spdx_license_key") for each in get_license_index()}
    paths = sorted(folder.glob("*.RULE"))
    random.Random(7).shuffle(paths)
    for path in paths:
        rule = _RULE.match(path.read_text("utf-8", "replace"))
        said = rule and re.search(r"^license_expression: (.+)$", rule["head"], re.MULTILINE)
        if not rule or not said or "is_license_notice: yes" not in rule["head"] or "is_deprecated" in rule["head"]:
            continue
        keys = re.findall(r"[\w.-]+", re.sub(r" WITH [\w.-]+|[()]| AND ", " ", said[1]))
        ids = tuple(spdx.get(key) or "" for key in keys)
        if " OR " not in said[1] and all(grant_of(each) != "unknown" for each in ids):
            yield Label("scancode's rules", rule["text"], ids)


def _labels(data: Path) -> list[Label]:
    rows = pl.read_parquet(data / LABELS, columns=["source", "text", "expected_ids"])
    return [Label(source, text, tuple(_licences(ids))) for source, text, ids in rows.iter_rows()]


def _licences(ids: Iterable[str]) -> list[str]:
    """Without exceptions: they are no licences, and have no class."""
    return sorted({each for each in ids if not re.search(r"-exception|syscall-note", each)})


def _ids(expression: str | None) -> tuple[str, ...]:
    words = re.sub(r"\bWITH\s+[\w.-]+|\b(?:AND|OR)\b", " ", expression or "")
    return tuple(sorted(set(re.findall(r"[\w.+-]+", words))))


def _grant(ids: tuple[str, ...]) -> str:
    return max((grant_of(each) for each in ids), key=GRANTS.index, default="unknown")


def _plain(ids: tuple[str, ...]) -> set[str]:
    """Google's labels say nothing of later versions."""
    return {re.sub(r"-(?:only|or-later)$", "", each) for each in ids}


def _scores(name: str, labels: list[Label], said: list[tuple[str, ...]]) -> str:
    rows = []
    pairs = list(zip(labels, said, strict=True))
    for source in sorted({label.source for label in labels}):
        own = [(label, ids) for label, ids in pairs if label.source == source]
        rows.append((source, str(len(own)), *(_share(own, test) for test in _TESTS.values())))
    return f"\n{table((name, 'texts', *_TESTS), rows)}"


def _share(pairs: list[tuple[Label, tuple[str, ...]]], test: Callable[[Label, tuple[str, ...]], bool]) -> str:
    return f"{sum(test(label, ids) for label, ids in pairs) / len(pairs):.3f}"


def _is_exact(label: Label, ids: tuple[str, ...]) -> bool:
    same = _plain if label.source.startswith("google") else set
    return same(label.ids) == same(ids)


def _is_lax(label: Label, ids: tuple[str, ...]) -> bool:
    return bool(label.ids) and GRANTS.index(_grant(ids)) < GRANTS.index(label.grant)


_TESTS: dict[str, Callable[[Label, tuple[str, ...]], bool]] = {
    "exact": _is_exact,
    "class": lambda label, ids: label.grant == _grant(ids),
    "too lax": _is_lax,
    "unknown": lambda _, ids: _grant(ids) == "unknown",
    "found where none is": lambda label, ids: not label.ids and bool(ids),
}


def _sample(labels: list[Label], size: int) -> list[Label]:
    """Every so many of them, so that all sources have their share."""
    step = -(-len(labels) // size)
    return labels[::step]


def _ours(data: Path, size: int) -> Cost:
    said = run((sys.executable, str(Path(__file__).resolve()), str(data.resolve()), "--sample", str(size), "--child"))
    return Cost(**json.loads(said.said.splitlines()[-1]))


def _child(data: Path, size: int) -> None:
    texts = [label.text for label in _sample(_labels(data), size)]
    started = time.process_time()
    load()
    loaded = time.process_time() - started
    detect("Licensed under the Apache License, Version 2.0")
    started = time.process_time()
    for text in texts:
        detect(text)
    seconds = time.process_time() - started
    print(json.dumps({"loaded": loaded, "seconds": seconds, "memory": getrusage(RUSAGE_SELF).ru_maxrss / 1024}))


def _scancode(python: Path, texts: list[str]) -> tuple[Cost, list[tuple[str, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "texts.json"
        place.write_text(json.dumps(texts))
        done = subprocess.run(
            [str(python), "-W", "ignore", "-c", _SCANCODE, str(place)], capture_output=True, text=True, check=True
        )
    said = json.loads(done.stdout.splitlines()[-1])
    return Cost(said["loaded"], said["seconds"], said["memory"]), [_ids(each) for each in said["said"]]


def _print_cost(name: str, cost: Cost, texts: int) -> None:
    print(
        f"\n{name}: {texts} texts in {cost.seconds:.2f} CPU-seconds, {texts / cost.seconds:,.0f} a CPU-second, "
        f"{cost.memory:,.0f} MiB resident, {cost.loaded:.2f} CPU-seconds to load"
    )


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Licences told from texts, and what it costs beside ScanCode.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--scancode", type=Path, help="the Python of an environment with scancode-toolkit-mini")
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--rules", type=Path, help="the folder of ScanCode's rules")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
