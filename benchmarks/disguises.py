"""How much of the personal data that is hidden by a trick is found: `python benchmarks/disguises.py`.

Six kinds under 21 tricks are 126 cells. In each a value stands in a sentence, the trick is applied to the value alone,
and the cell counts as found if spans of its kind cover what is left of the value wholly: all that has to be masked.
The first answer of each pair is Presidio's engine on the text, the second our filter with these six kinds.
"""

from __future__ import annotations

import base64
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

from presidio_analyzer import AnalyzerEngine

sys.path.insert(0, str(Path(__file__).parents[1]))

import measure
from filter_spans import Place, places
from presidio_sets import stock_engine

from filters.personal_data import PersonalDataFilter

SENTENCES = {
    "EMAIL_ADDRESS": ("Please write to {} before Friday.", "jane.doe+x@mail.example.com"),
    "PHONE_NUMBER": ("My phone number is {} after six.", "+44 20 7946 0958"),
    "IBAN_CODE": ("Transfer it to the account {} today.", "GB82 WEST 1234 5698 7654 32"),
    "CREDIT_CARD": ("The credit card {} was charged.", "4111 1111 1111 1111"),
    "IP_ADDRESS": ("The host {} answered at once.", "185.199.131.77"),
    "US_SSN": ("Her social security number is {} as stated.", "536-90-4399"),
}


_BOLD = {
    **{ord("A") + place: 0x1D400 + place for place in range(26)},
    **{ord("a") + place: 0x1D41A + place for place in range(26)},
    **{ord("0") + place: 0x1D7CE + place for place in range(10)},
}
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_CYRILLIC = str.maketrans("aceopxyABCEHIJKMOPSTX", "асеорхуАВСЕНІЈКМОРЅТХ")


def _between(mark: str) -> Callable[[str], str]:
    return mark.join


def _digits_from(zero: int) -> Callable[[str], str]:
    return lambda value: value.translate({ord("0") + place: zero + place for place in range(10)})


def _instead(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def spelled(value: str) -> str:
        for sign, instead in pairs:
            value = value.replace(sign, instead)
        return value

    return spelled


def _escaped(form: str) -> Callable[[str], str]:
    return lambda value: "".join(sign if sign.isalnum() else form.format(ord(sign)) for sign in value)


def _split(value: str) -> str:
    return f"{value[: len(value) // 2]}\n{value[len(value) // 2 :]}"


TRICKS: dict[str, Callable[[str], str]] = {
    "zero-width space": _between("\u200b"),
    "zero-width non-joiner": _between("\u200c"),
    "soft hyphen": _between("\xad"),
    "word joiner": _between("\u2060"),
    "full width": lambda value: value.translate(_FULL_WIDTH),
    "full-width digits": _digits_from(0xFF10),
    "Arabic digits": _digits_from(0x660),
    "mathematical bold": lambda value: value.translate(_BOLD),
    "Cyrillic letters": lambda value: value.translate(_CYRILLIC),
    "decomposed (NFD)": lambda value: unicodedata.normalize("NFD", value),
    "Base64": lambda value: base64.b64encode(value.encode()).decode(),
    "no-break space": _instead((" ", "\xa0")),
    "narrow no-break space": _instead((" ", "\u202f"), ("-", "\u202f")),
    "no-break hyphen": _instead(("-", "\u2011"), (" ", "\u2011")),
    "(at), (dot)": _instead(("@", " (at) "), (".", " (dot) ")),
    "full-width @ and .": _instead(("@", "＠"), (".", "．")),
    "HTML entities": _escaped("&#{};"),
    "percent signs": _escaped("%{:02X}"),
    "reversed": lambda value: f"\u202e{value[::-1]}\u202c",
    "tag characters": _between("\U000e0061"),
    "line break": _split,
}


def main() -> None:
    found = cells()
    rows = [[trick, *(_cell(*found[trick, kind]) for kind in SENTENCES)] for trick in TRICKS]
    print(measure.machine(), end="\n\n")
    print(measure.table(("trick (Presidio / ours)", *SENTENCES), rows))
    raw, ours = (sum(column) for column in zip(*found.values(), strict=True))
    print(f"\nFound of {len(found)}: {raw} by Presidio, {ours} by ours")


def cells() -> dict[tuple[str, str], tuple[bool, bool]]:
    """By trick and kind, whether Presidio finds the value, and whether our filter does."""
    engine, ours = stock_engine(tuple(SENTENCES)), PersonalDataFilter(entities=tuple(SENTENCES))
    made = {(trick, kind): _disguised(kind, trick) for trick in TRICKS for kind in SENTENCES}
    answers = places(ours, [text for text, _ in made.values()])
    return {
        (trick, kind): (
            needed <= _covered(_raw_places(engine, text), kind=kind),
            needed <= _covered(found, kind=kind),
        )
        for ((trick, kind), (text, needed)), found in zip(made.items(), answers, strict=True)
    }


def _cell(*hits: bool) -> str:
    return " / ".join("Y" if hit else "-" for hit in hits)


def _disguised(kind: str, trick: str) -> tuple[str, set[int]]:
    """The sentence with the value in disguise, and the places of what can be seen of it."""
    sentence, value = SENTENCES[kind]
    before, behind = sentence.split("{}")
    disguised = TRICKS[trick](value)
    seen = {len(before) + place for place, sign in enumerate(disguised) if sign.isprintable() and sign != " "}
    return f"{before}{disguised}{behind}", seen


def _raw_places(engine: AnalyzerEngine, text: str) -> list[Place]:
    results = engine.analyze(text, language="en", entities=list(SENTENCES), score_threshold=0.4)
    return [Place(result.entity_type, result.start, result.end) for result in results]


def _covered(found: list[Place], *, kind: str) -> set[int]:
    return {at for place in found if place.kind == kind for at in range(place.start, place.end)}


if __name__ == "__main__":
    main()
