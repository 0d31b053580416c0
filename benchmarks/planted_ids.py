"""How many of the national numbers planted in running text are found, and how many of the hits were planted.

    python benchmarks/planted_ids.py PROSE.jsonl.gz [--each 100] [--seed 1] [--entities default]

Every kind of seven countries that is on by default is planted, spelled as its authority spells it, in a sentence of its
language. The check digits are computed here and share no code with what verifies them. Beside each stands a decoy: the
same sentence with a wrong check digit, or a sentence with a year, an amount, a telephone number, an ISBN, an order
number. The filter looks for all its kinds, and what overlaps is resolved as for any user.

- as its kind: a span of the planted kind has the planted place exactly.
- covered: every character of the place is in some span, of whatever kind: all that masking needs.
- precision: of the spans that count, those that are planted ones. A span of the wrong kind or place counts as false,
  under the kind that it claims. Two sorts of spans do not count, for nobody planted them and they may well be right:
  the kinds that are the same everywhere (addresses, cards) in the prose, and telephone numbers in the decoys that hold
  some. National numbers count wherever they are seen.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filter_spans import Place, places
from planted_kinds import DECOYS, KINDS, TELEPHONES, Kind
from running_text import texts

from filters.personal.entities import ENTITIES
from filters.personal.national_numbers.table import NATIONAL
from filters.personal_data import PersonalDataFilter

_PROSE = 1500  # characters around what is planted


@dataclass(frozen=True, slots=True)
class Planted:
    text: str
    place: Place
    sentence: tuple[int, int]
    """Start and end of the sentence around it."""
    decoy: tuple[int, int]
    has_telephones: bool
    """Whether the decoy holds telephone numbers."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts by kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    uncounted: Counter[str] = field(default_factory=Counter)

    def add(self, case: Planted, spans: list[Place]) -> None:
        self.planted[case.place.kind] += 1
        self.covered[case.place.kind] += _is_covered(case.place, spans)
        for span in spans:
            if span == case.place:
                self.found[span.kind] += 1
            else:
                (self.false if _counts(span, case) else self.uncounted)[span.kind] += 1


def main() -> None:
    arguments = _parse()
    on = [entity for entity in NATIONAL if entity.default]
    regions = {kind.name[:2] for kind in KINDS}
    missing = {entity.kind for entity in on if entity.region.upper() in regions} - {kind.name for kind in KINDS}
    if missing:
        raise SystemExit(f"nothing is planted of {', '.join(sorted(missing))}")
    cases = list(_cases(arguments.prose, each=arguments.each, seed=arguments.seed))
    answers = places(PersonalDataFilter(entities=tuple(arguments.entities)), [case.text for case in cases])
    tally = Tally()
    for case, spans in zip(cases, answers, strict=True):
        tally.add(case, spans)
    _print(tally)


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
    has_telephones = False
    if kind.wrong and chance.random() < 0.5:
        decoy = _wrong(kind, chance)
    else:
        make = chance.choice((*DECOYS, *TELEPHONES))
        decoy, has_telephones = make(chance), make in TELEPHONES
    sentences = passage.split(". ")
    at = chance.randrange(len(sentences) + 1)
    head = f"{'. '.join(sentences[:at])}. " if at else ""
    start = len(head) + len(before)
    sentence = (len(head), start + len(number) + len(after))
    begun = f"{head}{before}{number}{after} {'. '.join(sentences[at:])} "
    return Planted(
        text=f"{begun}{decoy} {passage[:200]}",
        place=Place(kind.name, start, start + len(number)),
        sentence=sentence,
        decoy=(len(begun), len(begun) + len(decoy)),
        has_telephones=has_telephones,
    )


def _wrong(kind: Kind, chance: random.Random) -> str:
    """The kind's own sentence around a number whose check does not hold."""
    number = chance.choice(kind.spellings)(kind.wrong(kind.number(chance), chance))
    return chance.choice(kind.sentences).format(number)


def _is_covered(place: Place, spans: list[Place]) -> bool:
    seen = {at for span in spans for at in range(span.start, span.end)}
    return seen.issuperset(range(place.start, place.end))


def _counts(span: Place, case: Planted) -> bool:
    if ENTITIES[span.kind].region:
        return True
    if _overlap(span, case.decoy):
        return not (case.has_telephones and span.kind == "PHONE_NUMBER")
    return _overlap(span, case.sentence)


def _overlap(span: Place, other: tuple[int, int]) -> bool:
    return span.start < other[1] and other[0] < span.end


def _print(tally: Tally) -> None:
    print("| kind | planted | as its kind | covered | precision |\n| --- | ---: | ---: | ---: | ---: |")
    for kind in sorted(tally.planted | tally.false):
        counts = tally.planted[kind], tally.found[kind], tally.covered[kind], tally.false[kind]
        print(_row(kind, *counts))
    totals = (each.total() for each in (tally.planted, tally.found, tally.covered, tally.false))
    print(_row("total", *totals))
    others = ", ".join(f"{count:,} {kind}" for kind, count in tally.uncounted.most_common())
    print(f"\nNot counted, in prose and decoys with telephone numbers: {others or 'none'}.")


def _row(name: str, planted: int, found: int, covered: int, false: int) -> str:
    shares = (f"{count / planted:.3f}" if planted else "–" for count in (found, covered))
    precision = f"{found / (found + false):.3f}" if found + false else "–"
    return f"| {' | '.join((name, f'{planted:,}', *shares, precision))} |"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Recall and precision of national numbers planted in running text.")
    parser.add_argument("prose", type=Path, help="gzipped JSON lines or Parquet, with a field `text`")
    parser.add_argument("--each", type=int, default=100, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entities", nargs="+", default=["default"], help="what the filter looks for")
    return parser.parse_args()


if __name__ == "__main__":
    main()
