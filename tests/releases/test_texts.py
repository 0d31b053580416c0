"""Texts of licences, apart from the lines of their holders, and what of them may be written down."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.log import LICENCE_TEXTS
from filters.rights.texts.known import licences_of_text, notices_of, terms_of
from releases.texts import MAX_NOTICES, MAX_NOTICES_OF_SOURCE, Source, TextsOfShard, _masked, _said
from tamis.records import BATCH, EVIDENCE, KEPT
from tests.releases.conftest import MIT


def batch_of(*claims, text="Nothing."):
    return pl.DataFrame(
        [
            {"position": place, "kind": "text", "text": text, "claims": [{"kind": "licence-file", "value": each}]}
            for place, each in enumerate(claims)
        ],
        schema=BATCH,
    )


def staying(batch, *positions):
    return batch.filter(pl.col("position").is_in(positions)).select(
        pl.col(name).cast(kind) if name in batch.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in KEPT.items()
    )


def full_text(*positions):
    return pl.DataFrame([{"position": place, "kind": "full-text"} for place in positions], schema=EVIDENCE)


def test_a_text_is_written_once_and_named_with_every_item():
    batch = batch_of(MIT, MIT, MIT)
    texts = TextsOfShard()
    first = texts.of(batch, staying(batch, 1, 2), EVIDENCE.to_frame())
    again = texts.of(batch, staying(batch, 0), EVIDENCE.to_frame())
    assert first.schema == again.schema == LICENCE_TEXTS
    assert first["position"].to_list() == [1, 2]
    assert [terms is None for terms in first["terms"]] == [False, True]
    assert again["terms"].to_list() == [None]
    assert {*first["said"], *again["said"]} == {first["said"][0]}
    assert first["licences"].to_list() == ["MIT", "MIT"]


def test_of_items_that_do_not_stay_nothing_is_written():
    batch = batch_of(MIT)
    assert TextsOfShard().of(batch, staying(batch), full_text(0)).is_empty()


def test_an_item_that_is_a_licence_is_one_of_its_texts():
    batch = batch_of("no licence", text=MIT)
    found = TextsOfShard().of(batch, staying(batch, 0), full_text(0))
    assert found["licences"].to_list() == ["MIT"]
    assert found["notices"].to_list() == [
        ["Copyright (c) 2019 Ada Planted <<EMAIL>>", "Copyright (c) 2021 The Tiny Project"]
    ]


def test_a_file_that_is_no_known_licence_gives_its_holders_and_no_text():
    said = _said("Copyright 2020 Ada Planted\n\nDo with it as you like, but for the neighbour's dog.\n")
    assert (said.licences, said.terms, said.notices) == ("", None, ("Copyright 2020 Ada Planted",))
    assert _said("Do with it as you like.\n") is None


def test_lines_that_name_no_holder_are_neither_terms_nor_notices():
    text = "Copyright [yyyy] [name of copyright owner]\n(c) 2020\nCopyright 2021 Bea\nAll rights reserved.\nTake it.\n"
    assert notices_of(text) == (["Copyright 2021 Bea"], "Take it.")


def test_notices_are_bounded_and_each_is_there_once():
    said = _said("".join(f"Copyright 2020 Holder {number % 500}\n" for number in range(2000)))
    assert len(said.notices) == MAX_NOTICES
    source = Source()
    for start in range(0, 2000, 100):
        source.add(f"Copyright 2020 Holder {number}" for number in range(start, start + 100))
        source.add(["Copyright 2020 Holder 0"])
    assert len(source.notices) == MAX_NOTICES_OF_SOURCE
    assert source.more_notices == 1000


@pytest.mark.parametrize(
    ("terms", "masked"),
    [
        ("Provided by ada@planted.com as is", "Provided by <EMAIL> as is"),
        ("a" * 500 + " ada@planted.com", "a" * 500 + " <EMAIL>"),
        ("word " * 99 + "ada@planted.com " + "word " * 99, "word " * 99 + "<EMAIL> " + "word " * 98 + "word"),
        ("one\n\n\n\n  two \n", "one\n\n  two\n"),
        (" " + "b" * 450, " " + "b" * 450),
    ],
)
def test_terms_keep_their_words_and_lose_addresses(terms, masked):
    assert _masked(terms).rstrip("\n") == masked.rstrip("\n")


@given(st.text(st.characters(codec="utf-8"), max_size=600))
def test_any_text_is_split_into_notices_and_terms_without_losing_a_word(text):
    notices, terms = notices_of(text)
    assert sum(map(len, notices)) + len(terms) <= len(text) + len(notices)
    assert terms_of(terms) == terms_of(text) or notices
    _masked(terms)


@given(st.text("ab c\n.-", max_size=900))
def test_masking_keeps_what_holds_nothing_personal(terms):
    assert "".join(_masked(terms).split()) == "".join(terms.split())


def test_terms_are_the_licence_still():
    said = _said(MIT)
    assert licences_of_text(said.terms) == ("MIT",)
    assert notices_of(said.terms)[0] == []
