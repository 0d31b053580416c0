"""Licences from claims: the strictest counts, conflicts are told, the unknown stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.licence import LicenceFilter
from filters.rights.claims import evidence_of
from filters.rights.evidence import LEVELS
from tamis.errors import ContractError
from tamis.ids import digest128
from tamis.records import CLAIM_KINDS, CONDITIONS, GRANTS, IN_PAGE, IN_PICTURE, IN_TEXT, Findings
from tamis.testing import image_batch, text_batch

ISC = """Permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby
granted, provided that the above copyright notice and this permission notice appear in all copies. THE SOFTWARE IS
PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES
OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF
CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS
SOFTWARE."""


def _found(*claims: tuple[str, str], text: str = "prose") -> Findings:
    return run_filter(LicenceFilter(), text_batch([text], claims=claims))


def _measured(*claims: tuple[str, str], text: str = "prose") -> dict[str, object]:
    return _found(*claims, text=text).items.row(0, named=True)


def test_an_item_without_claims_is_unknown() -> None:
    measured = _measured()
    assert (measured["expression"], measured["grant"], measured["basis"]) == (None, "unknown", "licence")
    assert not any(value for name, value in measured.items() if isinstance(value, float))


def test_claims_that_are_not_understood_are_evidence_of_nothing() -> None:
    found = _found(("license-field", "see LICENSE"), ("column", "other"))
    measured = found.items.row(0, named=True)
    assert (measured["grant"], measured["evidence"], measured["not_understood"]) == ("unknown", 2.0, 2.0)
    assert found.evidence["grant"].to_list() == ["unknown", "unknown"]


def test_every_kind_of_claim_has_a_level() -> None:
    assert set(LEVELS) == {*CLAIM_KINDS, *IN_TEXT, *IN_PAGE, *IN_PICTURE}


@pytest.mark.parametrize(
    ("claim", "expression", "level"),
    [
        (("license-expression", "MIT OR GPL-2.0-only"), "MIT", 3),
        (("license-field", "MIT License"), "MIT", 2),
        (("license-field", ISC), "ISC", 2),
        (("classifier", "License :: OSI Approved :: MIT License"), "MIT", 2),
        (("licence-file", ISC), "ISC", 3),
        (("licence-file", "/* SPDX-License-Identifier: MIT */\n// SPDX-License-Identifier: ISC\n"), "ISC AND MIT", 3),
        (("column", "cc-by-4.0"), "CC-BY-4.0", 2),
        (("corpus", "CC0-1.0"), "CC0-1.0", 1),
    ],
)
def test_one_claim_is_read_and_weighed(claim: tuple[str, str], expression: str, level: int) -> None:
    measured = _measured(claim)
    assert (measured["expression"], measured["level"], measured["conflict"]) == (expression, level, 0.0)


def test_an_unknown_tag_in_a_licence_file_is_not_made_up_for_by_another() -> None:
    assert (
        _measured(("licence-file", "SPDX-License-Identifier: MIT\nSPDX-License-Identifier: Mystery"))["grant"]
        == "unknown"
    )


TAGGED = "/*\n * SPDX-License-Identifier: MIT\n */\n"
OWN_TERMS = "You may look at this, and no commercial use of it is allowed to you or to anybody else in this world."
MIT_CLASSIFIER = ("classifier", "License :: OSI Approved :: MIT License")


@pytest.mark.parametrize(
    ("claims", "level"),
    [
        ([("license-expression", "LicenseRef-Foo-Proprietary"), MIT_CLASSIFIER], 3),
        ([("license-expression", "MIT AND LicenseRef-Proprietary"), MIT_CLASSIFIER], 3),
        ([("column", "research only, ask us"), ("column", "MIT")], 2),
        ([("column", "MIT"), ("corpus", "mystery")], 0),
        ([("column", "mystery"), ("license-expression", "MIT")], 0),
        ([("column", "mystery"), ("corpus", "MIT")], 2),
        ([("column", "other"), ("column", "MIT")], 2),
        ([("column", "NOASSERTION"), ("column", "MIT")], 2),
        ([("column", "NONE"), ("column", "MIT")], 2),
        ([("corpus", "NONE"), ("license-expression", "MIT")], 1),
        ([("column", "n/a"), ("corpus", "MIT")], 0),
        ([("classifier", "License :: OSI Approved"), MIT_CLASSIFIER], 0),
        ([("classifier", "License :: Freeware"), MIT_CLASSIFIER], 2),
        ([("licence-file", OWN_TERMS), MIT_CLASSIFIER], 3),
        ([("licence-file", OWN_TERMS), ("license-expression", "MIT")], 0),
        ([("licence-file", "Copyright (c) 2024 Jane Doe"), MIT_CLASSIFIER], 0),
        ([("licence-file", TAGGED)], 0),
        ([("licence-file", f"{TAGGED}{OWN_TERMS}")], 3),
        ([("licence-file", f"{TAGGED}{OWN_TERMS}"), ("license-expression", "MIT")], 0),
        ([("licence-file", f"See SPDX-License-Identifier: MIT\n{ISC}"), MIT_CLASSIFIER], 3),
        ([("column", "mystery"), ("license-expression", "GPL-3.0-only"), ("column", "MIT")], 2),
    ],
)
def test_what_was_not_understood_stands_against_what_weighs_no_more(claims: list[tuple[str, str]], level: int) -> None:
    assert _measured(*claims)["not_understood"] == level


@pytest.mark.parametrize(
    ("text", "expression", "level"),
    [
        (TAGGED, "MIT", 3.0),
        (f"{TAGGED}{ISC}", "ISC AND MIT", 3.0),
        (f"{TAGGED}{OWN_TERMS}", "MIT", 2.0),
        ("<!-- SPDX-License-Identifier: GPL-3.0-only OR MIT -->", "MIT", 3.0),
    ],
)
def test_tags_do_not_hide_the_words_around_them(text: str, expression: str, level: float) -> None:
    measured = _measured(("licence-file", text))
    assert (measured["expression"], measured["level"]) == (expression, level)


@pytest.mark.parametrize(
    ("text", "grant", "against"),
    [
        ("SPDX-License-Identifier: GPL-3.0-only", "copyleft", 0.0),
        ("#!/bin/sh\r\n# spdx-license-identifier: GPL-3.0-only\r\necho", "copyleft", 0.0),
        ("x\n" * 19 + "// SPDX-License-Identifier: GPL-3.0-only\n", "copyleft", 0.0),
        ("x\n" * 20 + "// SPDX-License-Identifier: GPL-3.0-only\n", "permissive", 0.0),
        ("# SPDX-License-Identifier: LicenseRef-Acme", "permissive", 3.0),
        (f"# SPDX-License-Identifier: NONE\n{ISC}", "permissive", 3.0),
        ("Copyright (c) 2020 Acme. SPDX-License-Identifier: GPL-3.0-only", "permissive", 3.0),
        ("Write SPDX-License-Identifier: MIT into each file.", "permissive", 3.0),
    ],
)
def test_tags_in_the_first_lines_of_a_text_are_heard(text: str, grant: str, against: float) -> None:
    measured = _measured(("column", "MIT"), text=text)
    assert (measured["grant"], measured["not_understood"]) == (grant, against)


def test_a_quoted_tag_establishes_nothing() -> None:
    assert _measured(text="Write SPDX-License-Identifier: MIT into each file.")["grant"] == "unknown"


def test_a_licence_with_a_tag_is_still_a_licence() -> None:
    found = _found(text=f"# SPDX-License-Identifier: ISC\n{ISC}")
    assert found.evidence.select("kind", "level").rows() == [("full-text", 4)]
    assert found.items["expression"].item() == "ISC"


def test_half_a_bracket_in_one_tag_does_not_change_another() -> None:
    tags = "SPDX-License-Identifier: GPL-3.0-only\nSPDX-License-Identifier: MIT) OR (Unlicense\n"
    assert _measured(("licence-file", tags))["grant"] == "unknown"


def test_an_item_that_is_a_licence_is_its_own_evidence() -> None:
    found = _found(text=ISC)
    assert found.evidence.select("kind", "level", "expression", "grant").row(0) == ("full-text", 4, "ISC", "permissive")
    assert found.items["level"].item() == 4.0


def test_agreeing_claims_are_no_conflict_and_the_best_is_named() -> None:
    measured = _measured(
        ("classifier", "License :: OSI Approved :: BSD License"), ("license-expression", "BSD-3-Clause")
    )
    assert (measured["expression"], measured["level"], measured["conflict"]) == ("BSD-3-Clause", 3.0, 0.0)


def test_all_that_equally_good_evidence_names_holds() -> None:
    assert _measured(("licence-file", ISC), ("license-expression", "MIT"))["expression"] == "ISC AND MIT"


def test_claims_of_different_classes_are_a_conflict_and_the_strictest_counts() -> None:
    measured = _measured(("license-expression", "MIT"), ("corpus", "CC-BY-NC-ND-4.0"))
    assert measured["grant"] == "restricted"
    assert measured["level"] == 1.0
    assert measured["conflict"] == 1.0
    assert measured["no_derivatives"] == 1.0


@pytest.mark.parametrize(
    ("expression", "conflict"), [("MIT AND GPL-2.0-only", 0.0), ("MIT OR GPL-2.0-only", 0.0), ("MIT AND ISC", 1.0)]
)
def test_the_texts_of_what_the_author_names_are_no_conflict(expression: str, conflict: float) -> None:
    gpl = ("classifier", "License :: OSI Approved :: GNU General Public License (GPL)")
    said = [
        ("licence-file", "SPDX-License-Identifier: MIT"),
        ("licence-file", "SPDX-License-Identifier: GPL-2.0-only"),
        gpl,
    ]
    measured = _measured(("license-expression", expression), *said)
    assert (measured["conflict"], measured["grant"]) == (conflict, "copyleft")


def test_pictures_have_licences_too() -> None:
    items = run_filter(LicenceFilter(), image_batch([b"x"], claims=[("column", "CC BY 4.0")])).items
    assert items["grant"].to_list() == ["attribution"]


def test_evidence_names_a_claim_by_its_digest_only() -> None:
    row = _found(("license-field", "Write to jane@example.org")).evidence.row(0, named=True)
    assert (row["raw_hi"], row["raw_lo"]) == digest128(b"Write to jane@example.org")
    assert not any("jane" in str(value) for value in row.values())


def test_a_claim_made_twice_is_one_piece_of_evidence() -> None:
    assert _measured(("column", "MIT"), ("column", "MIT"))["evidence"] == 1.0


def test_a_claim_of_an_unlisted_kind_is_a_broken_promise() -> None:
    with pytest.raises(ContractError, match="'rumour'"):
        _found(("rumour", "MIT"))


licences = [
    "MIT", "CC0-1.0", "CC BY 4.0", "CC-BY-SA-4.0", "GPL", "CC-BY-NC-4.0", "proprietary", "other", "MIT OR GPL-2.0-only",
    "MIT AND MPL-2.0", "SPDX-License-Identifier: ISC", "License :: OSI Approved :: MIT License", ISC, "NONE", "n/a",
    "MIT AND LicenseRef-Acme", OWN_TERMS, f"{TAGGED}{OWN_TERMS}",
]  # fmt: skip
claims = st.tuples(st.sampled_from(CLAIM_KINDS), st.one_of(st.sampled_from(licences), st.text(max_size=20)))


@given(said=st.lists(claims, max_size=4), more=claims)
def test_a_claim_more_makes_no_class_freer_and_no_conflict_less(
    said: list[tuple[str, str]], more: tuple[str, str]
) -> None:
    before, after = _measured(*said), _measured(*said, more)
    alone = _measured(more)
    known = [str(each["grant"]) for each in (before, alone) if each["grant"] != "unknown"]
    strictest = max(known, key=GRANTS.index) if known else "unknown"
    kinds = {kind for kind, _ in (*said, more)}
    assert after["grant"] == strictest or "ancestor" in kinds
    explains = any(
        kind == "license-expression" and (" OR " in value or " AND " in value) for kind, value in (*said, more)
    )
    assert after["conflict"] >= before["conflict"] or explains
    assert all(after[condition] >= before[condition] for condition in CONDITIONS)
    if len(set(known)) > 1 and "ancestor" not in kinds and not explains:
        assert after["conflict"] == 1.0


@given(said=st.lists(claims, max_size=4), ancestor=st.sampled_from(licences))
def test_an_ancestor_makes_nothing_freer_nor_better_established(said: list[tuple[str, str]], ancestor: str) -> None:
    before, after = _measured(*said), _measured(*said, ("ancestor", ancestor))
    assert GRANTS.index(str(after["grant"])) >= GRANTS.index(str(before["grant"]))
    assert after["level"] <= before["level"]
    assert after["issuers"] <= before["issuers"]
    assert all(after[name] >= before[name] for name in (*CONDITIONS, "conflict", "not_understood"))


@given(said=st.lists(claims, max_size=4), more=claims)
def test_what_stands_against_a_licence_is_overcome_only_by_agreement(
    said: list[tuple[str, str]], more: tuple[str, str]
) -> None:
    named = {piece.reading.grant for claim in said for piece in evidence_of(*claim)} - {"unknown"}
    adds = {piece.reading.grant for piece in evidence_of(*more)} - {"unknown"}
    before, after = _measured(*said), _measured(*said, more)
    if named and not adds & named:
        assert after["not_understood"] >= before["not_understood"]


@given(said=st.lists(claims, max_size=4))
def test_the_order_of_claims_changes_nothing(said: list[tuple[str, str]]) -> None:
    assert _measured(*said) == _measured(*reversed(said))
