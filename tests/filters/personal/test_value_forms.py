"""One value in the forms that it is written in."""

import pytest

from filters.personal.values import value_digest, value_digests


@pytest.mark.parametrize(
    "written",
    [
        "+33 6 12 34 56 78",
        "+33612345678",
        "+33 (0)6 12 34 56 78",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "0033 6 12345678",
    ],
)
def test_a_number_with_its_country_code_is_met_however_it_is_written(written):
    assert value_digest("PHONE_NUMBER", written) in value_digests("PHONE_NUMBER", "+33 6 12 34 56 78")


@pytest.mark.parametrize("other", ["+44 6 12 34 56 78", "06 12 34 56 79", "6 12 34 56 78 0"])
def test_another_number_is_not(other):
    assert value_digest("PHONE_NUMBER", other) not in value_digests("PHONE_NUMBER", "+33 6 12 34 56 78")


@pytest.mark.parametrize(("kind", "value"), [("EMAIL_ADDRESS", "a@b.org"), ("PHONE_NUMBER", "06 12 34 56 78")])
def test_everything_else_has_one_form(kind, value):
    assert value_digests(kind, value) == (value_digest(kind, value),)


@pytest.mark.parametrize(
    "written",
    [
        *("x.org/?email=jane@b.org", "x.org/?a=1&e=jane@b.org", "x.org/u/jane@b.org", "email=jane@b.org"),
        *("author='jane@b.org", "u'jane@b.org", "user.email=jane@b.org", "メールはJane@B.org"),
    ],
)
def test_what_stands_before_an_address_in_a_url_or_a_program_is_no_part_of_it(written):
    assert value_digest("EMAIL_ADDRESS", written) == value_digest("EMAIL_ADDRESS", "jane@b.org")


@pytest.mark.parametrize(
    "whole", ["o'jane@b.org", "x+jane@b.org", "a.jane@b.org", "bounce+a=jane@b.org", "é_jane@b.org"]
)
def test_what_a_local_part_does_hold_is_a_part_of_it(whole):
    assert value_digest("EMAIL_ADDRESS", whole) != value_digest("EMAIL_ADDRESS", "jane@b.org")


@pytest.mark.parametrize("strange", ["+", "+++", "+999999999999999999999", "+0"])
def test_what_is_no_number_is_no_error(strange):
    assert value_digest("PHONE_NUMBER", strange) == value_digests("PHONE_NUMBER", strange)[0]
