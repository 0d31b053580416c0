"""How many of the national numbers planted in running text are found, and how many of the hits were planted.

    python benchmarks/planted_ids.py PROSE.jsonl.gz [--each 100] [--seed 1]

Every kind of seven countries that is on by default is planted, spelled as its authority spells it, in a sentence of its
language. The check digits are computed here and share no code with what verifies them. Beside each stands a decoy: the
same sentence with a wrong check digit, or a sentence with a year, an amount, a telephone number, an ISBN, an order
number. A hit counts if it has the planted kind and its exact place; any other hit, in decoys and prose too, is false.
"""

from __future__ import annotations

import argparse
import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planted_kinds import DECOYS, KINDS, Kind
from running_text import texts
from words_only_engine import engine_for, spans

from filters.personal.national_numbers.table import NATIONAL

_PROSE = 1500  # characters around what is planted


@dataclass(frozen=True, slots=True)
class Planted:
    text: str
    kind: str
    start: int
    end: int


def main() -> None:
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    arguments = _parse()
    on = [entity for entity in NATIONAL if entity.default]
    regions = {kind.name[:2] for kind in KINDS}
    missing = {entity.kind for entity in on if entity.region.upper() in regions} - {kind.name for kind in KINDS}
    if missing:
        raise SystemExit(f"nothing is planted of {', '.join(sorted(missing))}")
    engine = engine_for(on)
    found: Counter[str] = Counter()
    false: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    for case in _cases(arguments.prose, each=arguments.each, seed=arguments.seed):
        planted[case.kind] += 1
        for span in spans(engine, case.text):
            right = (span.kind, span.start, span.end) == (case.kind, case.start, case.end)
            (found if right else false)[span.kind] += 1
    _print(planted, found, false)


def _cases(prose: Path, *, each: int, seed: int) -> Iterator[Planted]:
    chance = random.Random(seed)
    passages = _passages(prose, chance)
    for kind in KINDS:
        for _ in range(each):
            yield _plant(kind, next(passages), chance)


def _passages(prose: Path, chance: random.Random) -> Iterator[str]:
    """Pieces of prose without end, each from another text, from one sentence's end to another's."""
    while True:
        for text in texts(prose):
            if len(text) > 2 * _PROSE:
                start = chance.randrange(len(text) - _PROSE)
                piece = text[start : start + _PROSE]
                first, last = piece.find(". "), piece.rfind(". ")
                if 0 <= first < last:
                    yield piece[first + 2 : last + 1]


def _plant(kind: Kind, passage: str, chance: random.Random) -> Planted:
    number = chance.choice(kind.spellings)(kind.number(chance))
    before, after = chance.choice(kind.sentences).split("{}")
    decoy = _wrong(kind, chance) if kind.wrong and chance.random() < 0.5 else chance.choice(DECOYS)(chance)
    sentences = passage.split(". ")
    place = chance.randrange(len(sentences) + 1)
    head = ". ".join([*sentences[:place], before]) if place else before
    start = len(head)
    tail = ". ".join(sentences[place:])
    text = f"{head}{number}{after} {tail} {decoy} {passage[:200]}"
    return Planted(text, kind.name, start, start + len(number))


def _wrong(kind: Kind, chance: random.Random) -> str:
    """The kind's own sentence around a number whose check does not hold."""
    number = chance.choice(kind.spellings)(kind.wrong(kind.number(chance), chance))
    return chance.choice(kind.sentences).format(number)


def _print(planted: Counter[str], found: Counter[str], false: Counter[str]) -> None:
    print(f"{'kind':30} planted  recall  precision")
    for kind in sorted(planted | false):
        hits = found[kind] + false[kind]
        recall = f"{found[kind] / planted[kind]:.3f}" if planted[kind] else "    -"
        print(f"{kind:30} {planted[kind]:7}   {recall}  {found[kind] / hits if hits else 1:9.3f}")
    total = found.total() + false.total()
    print(f"{'total':30} {planted.total():7}   {found.total() / planted.total():.3f}  {found.total() / total:9.3f}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Recall and precision of national numbers planted in running text.")
    parser.add_argument("prose", type=Path, help="gzipped JSON lines or Parquet, with a field `text`")
    parser.add_argument("--each", type=int, default=100, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
