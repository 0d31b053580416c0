"""Which one licence can carry a whole: the table, and what it comes to for a release."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.rights.spdx import grant_of, licences_in
from releases.compatibility import ALONE, BOTH_WAYS, GPL_COMPATIBLE, NOT_BEFORE_GPL_3, carriers, named
from releases.outbound import CANDIDATES, carries, outbound_of, problem_of_licence

EXPRESSIONS = (
    *CANDIDATES,
    "",
    "ISC",
    "BSD-4-Clause",
    "CC-BY-ND-4.0",
    "CC-BY-SA-3.0-DE",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "LicenseRef-tamis-CC-BY",
    "MIT AND CC-BY-SA-4.0",
    "MIT OR GPL-2.0-only",
    "SSPL-1.0",
)
expressions = st.sampled_from(EXPRESSIONS)


def possible(*held):
    return set(outbound_of({(expression, "any"): 1 for expression in held}).possible)


CARRIED = [
    ("CC-BY-SA-2.0", "CC-BY-SA-3.0"),
    ("CC-BY-SA-3.0", "CC-BY-SA-4.0"),
    ("CC-BY-SA-3.0-DE", "CC-BY-SA-4.0"),
    ("CC-BY-SA-4.0", "GPL-3.0-only"),
    ("CC-BY-SA-4.0", "LAL-1.3"),
    ("LAL-1.3", "CC-BY-SA-4.0"),
    ("CC-BY-4.0", "CC-BY-SA-4.0"),
    ("CC-BY-3.0", "CC-BY-NC-SA-4.0"),
    ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"),
    ("CC0-1.0", "MIT"),
    ("CC0-1.0", "CC0-1.0"),
    ("MIT", "CC-BY-4.0"),
    ("MIT", "GPL-2.0-only"),
    ("Apache-2.0", "GPL-3.0-only"),
    ("GPL-2.0-or-later", "GPL-3.0-only"),
    ("LGPL-2.1-only", "GPL-3.0-or-later"),
    ("LGPL-3.0-only", "GPL-3.0-only"),
    ("MPL-2.0", "GPL-2.0-only"),
    ("MPL-2.0", "AGPL-3.0-only"),
    ("EUPL-1.2", "GPL-3.0-only"),
    ("EUPL-1.2", "CC-BY-SA-3.0"),
    ("EUPL-1.1", "GPL-2.0-only"),
    ("OGL-UK-3.0", "CC-BY-4.0"),
    ("ODC-By-1.0", "ODbL-1.0"),
]
"""(licence, licence of the whole that may hold it)"""

NOT_CARRIED = [
    ("CC-BY-SA-4.0", "CC-BY-SA-3.0"),
    ("CC-BY-SA-1.0", "CC-BY-SA-2.0"),
    ("CC-BY-SA-4.0", "CC-BY-4.0"),
    ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"),
    ("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0"),
    ("CC-BY-NC-4.0", "CC-BY-4.0"),
    ("CC-BY-ND-4.0", "CC-BY-4.0"),
    ("CC-BY-SA-4.0", "GPL-2.0-only"),
    ("CC-BY-SA-4.0", "GPL-3.0-or-later"),
    ("GPL-3.0-only", "CC-BY-SA-4.0"),
    ("GPL-2.0-only", "GPL-3.0-only"),
    ("GPL-3.0-only", "GPL-2.0-only"),
    ("GPL-3.0-only", "AGPL-3.0-only"),
    ("GPL-3.0-only", "LGPL-3.0-only"),
    ("Apache-2.0", "GPL-2.0-only"),
    ("BSD-4-Clause", "GPL-3.0-only"),
    ("MPL-1.1", "GPL-2.0-only"),
    ("MIT", "CC0-1.0"),
    ("CC-BY-4.0", "MIT"),
    ("ODbL-1.0", "CC-BY-SA-4.0"),
    ("CC-BY-SA-4.0", "ODbL-1.0"),
    ("SSPL-1.0", "MIT"),
    ("LicenseRef-tamis-CC-BY", "CC-BY-4.0"),
    ("MIT", "LicenseRef-tamis-CC-BY-unheard-of"),
]


@pytest.mark.parametrize(("licence", "whole"), CARRIED)
def test_a_whole_may_hold_what_its_licence_carries(licence, whole):
    assert carries(whole, licence)


@pytest.mark.parametrize(("licence", "whole"), NOT_CARRIED)
def test_a_whole_may_not_hold_what_its_licence_does_not_carry(licence, whole):
    assert not carries(whole, licence)


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS)
def test_what_is_compatible_both_ways_is(one, other):
    assert one in carriers(other)
    assert other in carriers(one)


def test_what_goes_both_ways_is_listed_and_all_else_goes_one_way():
    both = {
        frozenset((one, other))
        for one, other in product(named(), repeat=2)
        if one < other and one in carriers(other) and other in carriers(one)
    }
    chained = {frozenset(("EUPL-1.1", "CECILL-2.1"))} | {
        frozenset((one, "CECILL-2.0")) for one in ("EUPL-1.1", "EUPL-1.2", "CECILL-2.1")
    }
    assert {frozenset(pair) for pair in BOTH_WAYS} <= both
    assert both <= {frozenset(pair) for pair in BOTH_WAYS} | chained


@pytest.mark.parametrize("licence", ALONE)
def test_what_names_no_other_licence_goes_out_under_itself_alone(licence):
    assert carriers(licence) <= {licence}


def test_every_licence_of_the_tables_is_one():
    for licence in (*named(), *CANDIDATES, *GPL_COMPATIBLE, *NOT_BEFORE_GPL_3, *ALONE):
        assert licences_in(licence) == (licence,), licence
    assert {grant_of(each) for each in GPL_COMPATIBLE - {"CC-BY-4.0"}} == {"permissive"}


def test_the_steps_of_the_table_chain():
    for one in named():
        for other in carriers(one):
            assert carriers(other) <= carriers(one), (one, other)


def test_every_licence_carries_itself():
    assert all(carries(each, each) for each in named())


@given(st.lists(expressions, min_size=1, max_size=5), expressions)
def test_a_licence_more_never_adds_one_that_could_carry_the_whole(held, added):
    assert possible(*held, added) <= possible(*held)


@given(st.lists(expressions, min_size=1, max_size=5))
def test_the_order_and_the_number_of_items_change_nothing_of_what_is_possible(held):
    many = outbound_of({(expression, "any"): place + 2 for place, expression in enumerate(reversed(held))})
    assert set(many.possible) == possible(*held)


@given(st.lists(expressions, min_size=2, max_size=5, unique=True))
def test_where_two_exclude_each_other_nothing_carries_the_whole(held):
    found = outbound_of({(expression, "any"): 1 for expression in held})
    for conflict in found.conflicts:
        one, other = conflict.expressions
        assert not possible(one) & possible(other)
        assert possible(one)
        assert possible(other)
    if found.conflicts or found.carried_by_none:
        assert found.possible == ()


@given(expressions, expressions)
def test_of_alternatives_one_is_enough_and_of_what_holds_together_all_is_needed(one, other):
    if one and other:
        assert possible(f"({one}) OR ({other})") == possible(one) | possible(other)
        assert possible(f"({one}) AND ({other})") == possible(one) & possible(other)


def test_what_excludes_each_other_is_named_with_its_items():
    found = outbound_of({("CC-BY-SA-4.0", "share_alike"): 3, ("CC-BY-NC-SA-4.0", "restricted"): 2, ("", "unknown"): 1})
    assert found.facts == {
        "licence": None,
        "possible": [],
        "conflicts": [{"expressions": ["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"], "items": [3, 2]}],
        "carried_by_none": [{"expression": "", "items": 1}],
    }
    assert found.refusal("a@1") is None


def test_a_refusal_names_what_excludes_it_and_what_to_do():
    held = {("GPL-2.0-only", "copyleft"): 1200, ("CC-BY-SA-4.0", "share_alike"): 1, ("MIT", "permissive"): 5}
    said = outbound_of(held, "CC-BY-SA-4.0").refusal("a@1")
    assert "it cannot go out under CC-BY-SA-4.0, which does not carry GPL-2.0-only (1,200 items). Not sealed" in said
    assert "leave `release.licence` out" in said
    assert outbound_of({("MIT", "permissive"): 5}, "CC-BY-SA-4.0").refusal("a@1") is None


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("MIT", None),
        ("GPL-2.0", "is written 'GPL-2.0-only' today"),
        ("MIT AND ISC", "is not the SPDX id of one licence"),
        ("MIT OR nothing", "is not the SPDX id of one licence"),
        ("Creative Commons", "is not the SPDX id of one licence"),
        ("Classpath-exception-2.0", "is not the SPDX id of one licence"),
        ("", "is not the SPDX id of one licence"),
    ],
)
def test_the_licence_of_a_whole_is_one_that_is_known(licence, said):
    problem = problem_of_licence(licence)
    assert (problem is None) == (said is None)
    assert said is None or said in problem
