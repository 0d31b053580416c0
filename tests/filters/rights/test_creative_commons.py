"""Addresses and names of Creative Commons licences, and what only looks like one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.rights.creative_commons import read_address, read_words
from filters.rights.spdx import read_expression

ADDRESSES = {
    "https://creativecommons.org/licenses/by/4.0/": "CC-BY-4.0",
    "http://www.creativecommons.org/licenses/by-sa/3.0": "CC-BY-SA-3.0",
    "//creativecommons.org/licenses/by-nc-nd/4.0/deed.zh-hant": "CC-BY-NC-ND-4.0",
    "creativecommons.org/licenses/by-nc/2.5/legalcode.txt": "CC-BY-NC-2.5",
    "HTTPS://CREATIVECOMMONS.ORG/LICENSES/BY/4.0/": "CC-BY-4.0",
    "https://creativecommons.org/licenses/by/4.0/?ref=chooser-v1": "CC-BY-4.0",
    "https://creativecommons.org/licenses/by/4.0/deed.en#top": "CC-BY-4.0",
    "http://creativecommons.org/licenses/by/3.0/igo/": "CC-BY-3.0-IGO",
    "http://creativecommons.org/licenses/by-sa/2.0/uk/legalcode": "CC-BY-SA-2.0-UK",
    "http://creativecommons.org/licenses/by/2.5/es/": "LicenseRef-tamis-CC-BY",
    "http://creativecommons.org/licenses/by-nc-sa/2.5/scotland/": "LicenseRef-tamis-CC-BY-NC-SA",
    "http://creativecommons.org/licenses/by-sa/2.1/jp/": "CC-BY-SA-2.1-JP",
    "http://creativecommons.org/licenses/by-sa/2.1/": "LicenseRef-tamis-CC-BY-SA",
    "http://creativecommons.org/licenses/by-nd-nc/1.0/": "CC-BY-NC-ND-1.0",
    "http://creativecommons.org/licenses/by/": "LicenseRef-tamis-CC-BY",
    "http://creativecommons.org/licenses/by-nc-sa": "LicenseRef-tamis-CC-BY-NC-SA",
    "http://creativecommons.org/licenses/by/9.9/": "LicenseRef-tamis-CC-BY",
    "http://creativecommons.org/licenses/sa/1.0/": "CC-SA-1.0",
    "http://creativecommons.org/licenses/nc/1.0/": "LicenseRef-scancode-cc-nc-1.0",
    "http://creativecommons.org/licenses/nd-nc/1.0/": "LicenseRef-tamis-CC-BY-NC-ND",
    "http://creativecommons.org/licenses/nc-sa/1.0/": "LicenseRef-tamis-CC-BY-NC-SA",
    "http://creativecommons.org/licenses/sampling+/1.0/": "LicenseRef-scancode-cc-sampling-plus-1.0",
    "http://creativecommons.org/licenses/nc-sampling+/1.0/": "LicenseRef-scancode-cc-nc-sampling-plus-1.0",
    "http://creativecommons.org/licenses/devnations/2.0/": "LicenseRef-scancode-cc-devnations-2.0",
    "http://creativecommons.org/licenses/GPL/2.0/": "GPL-2.0-or-later",
    "http://creativecommons.org/licenses/publicdomain/": "CC-PDDC",
    "https://creativecommons.org/publicdomain/zero/1.0/legalcode": "CC0-1.0",
    "https://creativecommons.org/publicdomain/mark/1.0/deed.de": "CC-PDM-1.0",
    "https://i.creativecommons.org/l/by-sa/4.0/88x31.png": "CC-BY-SA-4.0",
    "https://licensebuttons.net/l/by-nc/3.0/80x15.png": "CC-BY-NC-3.0",
    "https://licensebuttons.net/p/zero/1.0/88x31.png": "CC0-1.0",
}  # fmt: skip

NO_ADDRESSES = [
    "",
    "https://creativecommons.org/",
    "https://creativecommons.org/licenses/",
    "https://creativecommons.org/publicdomain/",
    "https://creativecommons.org/licenses/by-nd-sa/4.0/",
    "https://creativecommons.org/licenses/by-by/4.0/",
    "https://creativecommons.org/licenses/standby/4.0/",
    "https://standby.example/by/4.0/",
    "https://example.org/standby/4.0/",
    "https://notcreativecommons.org/licenses/by/4.0/",
    "https://creativecommons.org.example/licenses/by/4.0/",
    "https://creativecommons.org@example.org/licenses/by/4.0/",
    "https://example.org/?to=https://creativecommons.org/licenses/by/4.0/",
    "https://creativecommons.org/licenses/by/4.0/but/not/for/you",
    "https://creativecommons.org/licenses/by/4.0 non-commercial",
    "https://creativecommons.org/licenses/by/4.0/" + "x" * 500,
]

NAMES = {
    "CC BY 4.0": ["CC-BY-4.0"],
    "cc-by-sa-3.0": ["CC-BY-SA-3.0"],
    "CC-BY-NC-ND": ["LicenseRef-tamis-CC-BY-NC-ND"],
    "under CC BY.": ["LicenseRef-tamis-CC-BY"],
    "CC BY 4": ["CC-BY-4.0"],
    "CC BY-SA v3.0 IGO": ["CC-BY-SA-3.0-IGO"],
    "CC (BY-NC) 2.0": ["CC-BY-NC-2.0"],
    "CC0": ["CC0-1.0"],
    "CC0 1.0 Universal": ["CC0-1.0"],
    "Creative Commons Zero v1.0": ["CC0-1.0"],
    "Public Domain Mark 1.0": ["CC-PDM-1.0"],
    "Creative Commons Attribution 4.0 International License": ["CC-BY-4.0"],
    "Creative Commons\nAttribution-ShareAlike 3.0 Unported License": ["CC-BY-SA-3.0"],
    "the Creative Commons Attribution Share-Alike License, version 2.0": ["CC-BY-SA-2.0"],
    "Creative Commons Attribution-Noncommercial-No Derivative Works 3.0": ["CC-BY-NC-ND-3.0"],
    "Creative Commons Attribution-NonCommercial 3.0 Germany": ["CC-BY-NC-3.0-DE"],
    "Creative Commons Attribution 3.0 New Zealand": ["LicenseRef-tamis-CC-BY"],
    "Creative Commons Namensnennung – Weitergabe unter gleichen Bedingungen 4.0": ["CC-BY-SA-4.0"],
    "Creative Commons Attribution - Pas d’Utilisation Commerciale 4.0": ["CC-BY-NC-4.0"],
    "Creative Commons Reconocimiento-NoComercial-CompartirIgual 4.0": ["CC-BY-NC-SA-4.0"],
    "Attribution-NonCommercial 4.0 International": ["CC-BY-NC-4.0"],
    "CC BY 3.0 AT": ["CC-BY-3.0-AT"],
    "CC BY 3.0 at the museum": ["CC-BY-3.0"],
    "CC BY-SA 2.5 CH": ["LicenseRef-tamis-CC-BY-SA"],
    "Datenlizenz Deutschland Namensnennung 2.0": [],
    "Datenlizenz Deutschland – Namensnennung – Version 2.0": [],
    "ODC Attribution 1.0": [],
    "Namensnennung 2.0": ["CC-BY-2.0"],
    "CC BY 4.0 or CC BY-NC 4.0": ["CC-BY-4.0", "CC-BY-NC-4.0"],
    "see https://creativecommons.org/licenses/by/4.0/.": ["CC-BY-4.0"],
    "(https://creativecommons.org/licenses/by/3.0/igo/)": ["CC-BY-3.0-IGO"],
    "a Creative Commons licence": [None],
    "Some rights reserved": [None],
    "cc: the board": [],
    "cc me by Friday": [],
    "written by 4.0 people, standby/4.0/, acc by 3": [],
    "http://example.org/standby/4.0/": [],
}


@pytest.mark.parametrize(("address", "expression"), ADDRESSES.items())
def test_an_address_says_which_licence_it_is(address: str, expression: str) -> None:
    assert read_address(address) == expression


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_only_looks_like_an_address_says_nothing(address: str) -> None:
    assert read_address(address) is None


@pytest.mark.parametrize(("text", "expressions"), NAMES.items())
def test_a_name_in_running_text_is_read(text: str, expressions: list[str | None]) -> None:
    assert [mention.expression for mention in read_words(text)] == expressions


@pytest.mark.parametrize("said", [*ADDRESSES, *NAMES])
def test_whatever_is_read_has_a_class(said: str) -> None:
    expressions = [read_address(said), *(mention.expression for mention in read_words(said))]
    assert all(read_expression(each).grant != "unknown" for each in expressions if each)


PIECES = ("cc", " ", "-", "by", "nc", "sa", "nd", "/", "4.0", "creative commons", "\n", "https://", "3", "igo", "zero",
          "creativecommons.org/licenses/")  # fmt: skip


@given(text=st.lists(st.sampled_from(PIECES)).map("".join))
def test_mentions_stand_apart_and_in_order(text: str) -> None:
    mentions = read_words(text)
    assert all(0 <= mention.start < mention.end <= len(text) for mention in mentions)
    assert all(first.end <= second.start for first, second in pairwise(mentions))
