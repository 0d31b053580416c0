"""Which terms are found in a text, against the same thing said in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.lexicon.matching import LOOKALIKES, NEAR, Terms
from filters.text.folding import ALONE, PARTS, SKIPPED, folding


def found_by(terms: Sequence[str], text: str, *, allowed_in: Sequence[Sequence[str]] = ()) -> list[tuple[str, bool]]:
    """Each hit as (term, allowed); a term that is read behind signs has * before it."""
    search = Terms(terms, allowed_in or [()] * len(terms), [False] * len(terms))
    named = dict(zip(search.numbers.tolist()[::-1], terms[::-1], strict=True))
    hits = search.find(pl.Series([text]))
    rows = zip(hits.terms.tolist(), hits.allowed.tolist(), hits.disguised.tolist(), strict=True)
    return [("*" * disguised + named[term], allowed) for term, allowed, disguised in rows]


def terms_in(text: str, *terms: str) -> list[str]:
    return [term for term, _ in found_by(terms, text)]


@pytest.mark.parametrize(
    "text",
    [
        "grue",
        "GRUE!",
        "(grue)",
        "gru\u0308e",
        "gr\u200bue",
        "g\u00adrue",
        "ｇｒｕｅ",
        "a\x00grue\x00",
        "\u202egrue\u202c",
        "-grue-",
        "grue's",
    ],
)
def test_a_word_is_found_however_it_is_written(text: str) -> None:
    assert terms_in(text, "grue") == ["grue"]


@pytest.mark.parametrize("text", ["", "grues", "congrue", "gr ue", "g.r.u.e", "gru*", "\N{GRINNING FACE}", "groe"])
def test_what_is_another_word_or_taken_apart_is_not_found(text: str) -> None:
    assert terms_in(text, "grue") == []


@pytest.mark.parametrize("text", ["gru3_", "snar&", "$nark", "sn4rk", "sn@rk", "5nark", "SN@RK", "snark$"])
def test_digits_and_signs_stand_for_letters(text: str) -> None:
    assert terms_in(text, "grue", "snark", "snarks") == {"gru3_": ["*grue"], "snar&": [], "snark$": ["snark"]}.get(
        text, ["*snark"]
    )


def test_one_stands_for_i_and_for_l() -> None:
    assert terms_in("1imp l1mp! li!mp", "limp", "iimp") == ["*limp", "*limp"]


@pytest.mark.parametrize("text", ["A55", "455", "4s5", "5$", "b00b", "0x455", "a$"])
def test_what_has_no_more_letters_than_digits_is_no_disguise(text: str) -> None:
    assert terms_in(text, "ass", "boob", "as", "ss") == []


def test_a_sign_before_or_behind_a_word_is_not_always_a_letter() -> None:
    assert terms_in("grue! snark@example.org !snark", "gruei", "isnark", "grue", "snark") == ["grue", "snark", "snark"]


def test_a_text_without_blanks_is_searched_inside() -> None:
    assert terms_in("这是色情网站", "色情") == ["色情"]
    assert terms_in("ฉันไม่ชอบคำหยาบเลย", "คำหยาบ") == ["คำหยาบ"]


def test_of_terms_that_overlap_the_first_and_longest_counts() -> None:
    assert terms_in("a very dark, grue cave", "grue", "dark grue", "grue cave", "dark grue hole") == ["dark grue"]


def test_terms_looked_for_apart_lose_nothing_to_the_others() -> None:
    search = Terms(["dark grue", "grue"], [(), ()], [False, True])
    hits = search.find(pl.Series(["a dark grue"]))
    assert list(zip(hits.terms.tolist(), hits.apart.tolist(), strict=True)) == [(0, False), (1, True)]


def test_a_term_within_a_phrase_that_holds_it_is_allowed_and_elsewhere_it_is_not() -> None:
    allowed_in = [["hunting of the snark"]]
    assert found_by(["snark"], "The Hunting of the Snark: a snark", allowed_in=allowed_in) == [
        ("snark", True),
        ("snark", False),
    ]


@pytest.mark.parametrize(("between", "allowed"), [(0, True), (NEAR, True), (NEAR + 1, False), (40, False)])
def test_a_phrase_that_does_not_hold_the_term_allows_it_near_by(between: int, allowed: bool) -> None:
    for words in (["chess club", *["x"] * between, "grue"], ["grue", *["x"] * between, "chess club"]):
        assert found_by(["grue"], " ".join(words), allowed_in=[["chess club"]]) == [("grue", allowed)]


def test_a_phrase_in_another_text_allows_nothing() -> None:
    hits = Terms(["grue"], [["chess"]], [False]).find(pl.Series(["chess", "grue", "chess"]))
    assert hits.allowed.tolist() == [False]


def test_a_long_text_of_nothing_but_terms_and_phrases_takes_no_longer_for_it() -> None:
    allowed = found_by(["grue"], "grue chess " * 60_000, allowed_in=[["chess"]])
    assert len(allowed) == 60_000
    assert all(each for _, each in allowed)


LETTERS = st.sampled_from([*"abAé ", "  ", ".", "-", "\u200b", "一", "0", "1", "@", "!", "$", "\N{GRINNING FACE}"])
TEXTS = st.lists(LETTERS, max_size=30).map("".join)
TERMS = ["a", "b", "ab", "a b", "b a", "aba", "一a", "一", "a a a"]


def plain_words(text: str) -> list[str]:
    words = [""]
    for character in text:
        said = int(folding()[ord(character)]) if ord(character) < len(folding()) else SKIPPED
        if said == PARTS:
            words.append("")
        elif said != SKIPPED and said & ALONE:
            words += [chr(said & ~ALONE), ""]
        elif said != SKIPPED:
            words[-1] += chr(said)
    return [word for word in words if word]


def plainly_found(text: str) -> list[str]:
    words, place, found = plain_words(text), 0, []
    while place < len(words):
        here = [term for term in TERMS if plain_words(term) == words[place : place + len(plain_words(term))]]
        best = max(here, key=lambda term: len(plain_words(term)), default=None)
        found += [best] if best else []
        place += len(plain_words(best)) if best else 1
    return found


@given(TEXTS)
@example("a\u200b b")
@example("一a一")
def test_plain_terms_are_those_that_a_plain_search_finds(text: str) -> None:
    search = Terms(TERMS, [()] * len(TERMS), [False] * len(TERMS))
    hits = search.find(pl.Series([text, text]), disguised=False)
    once = [TERMS[search.numbers.tolist().index(term)] for term in hits.terms.tolist()]
    assert once == plainly_found(text) * 2


def test_every_lookalike_is_read_as_its_letter() -> None:
    for sign, letter in LOOKALIKES.items():
        assert terms_in(f"zz{sign}zz", f"zz{letter}zz") == [f"*zz{letter}zz"]
