"""What people write about licences, and the class it is of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.rights.names import CLASSIFIERS, FAMILIES, NAMES
from filters.rights.spdx import MAX_EXPRESSION, grant_of, read_classifier, read_expression, read_name
from tamis.records import GRANTS

CLASSES = {
    "public_domain": ["CC0-1.0", "Unlicense", "PDDL-1.0", "CC-PDM-1.0", "blessing", "LicenseRef-tamis-public-domain"],
    "permissive": ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "0BSD", "Zlib", "PSF-2.0", "WTFPL",
                   "CDLA-Permissive-2.0"],
    "attribution": ["CC-BY-4.0", "CC-BY-3.0-IGO", "CC-BY-2.0", "ODC-By-1.0", "OGL-UK-3.0", "etalab-2.0"],
    "share_alike": ["CC-BY-SA-4.0", "CC-BY-SA-3.0-AT", "ODbL-1.0", "CDLA-Sharing-1.0"],
    "copyleft": ["GPL-2.0-only", "AGPL-3.0-or-later", "LGPL-2.1-only", "MPL-2.0", "EPL-2.0", "GFDL-1.3-only",
                 "EUPL-1.2"],
    "restricted": ["CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-ND-2.5", "BUSL-1.1", "SSPL-1.0",
                   "Elastic-2.0", "C-UDA-1.0", "PolyForm-Noncommercial-1.0.0", "JSON", "MS-LPL", "Aladdin",
                   "LicenseRef-scancode-afpl-9.0"],
    "proprietary": ["LicenseRef-tamis-proprietary", "LicenseRef-scancode-commercial-license"],
    "unknown": ["", "NoSuchLicence", "Classpath-exception-2.0", "NOASSERTION", "NONE", "LicenseRef-whatever"],
}  # fmt: skip


@pytest.mark.parametrize(("grant", "key"), [(grant, key) for grant, keys in CLASSES.items() for key in keys])
def test_a_licence_has_its_class(grant: str, key: str) -> None:
    assert grant_of(key) == grant


@pytest.mark.parametrize(
    ("said", "expression", "grant"),
    [
        ("MIT License", "MIT", "permissive"),
        ("Apache 2.0", "Apache-2.0", "permissive"),
        ("Apache License, Version 2.0", "Apache-2.0", "permissive"),
        ("apache-2.0", "Apache-2.0", "permissive"),
        ("'BSD'", "LicenseRef-tamis-BSD", "permissive"),
        ("New BSD", "BSD-3-Clause", "permissive"),
        ("GPLv3+", "GPL-3.0-or-later", "copyleft"),
        ("GPL", "LicenseRef-tamis-GPL", "copyleft"),
        ("cc-by-4.0", "CC-BY-4.0", "attribution"),
        ("CC BY-SA", "LicenseRef-tamis-CC-BY-SA", "share_alike"),
        ("Public Domain", "LicenseRef-tamis-public-domain", "public_domain"),
        ("odc-by", "ODC-By-1.0", "attribution"),
        ("llama3", "LicenseRef-tamis-model-terms", "restricted"),
        ("openrail", "LicenseRef-tamis-responsible-ai", "restricted"),
        ("MIT/Apache-2.0", "Apache-2.0 AND MIT", "permissive"),
        ("GPL-3.0/MIT", "GPL-3.0-only AND MIT", "copyleft"),
        ("BSD, MIT", "LicenseRef-tamis-BSD AND MIT", "permissive"),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND-4.0", "restricted"),
        ("http://creativecommons.org/licenses/by-sa/3.0/igo/", "CC-BY-SA-3.0-IGO", "share_alike"),
        ("https://creativecommons.org/licenses/by-sa/2.5/es/", "LicenseRef-tamis-CC-BY-SA", "share_alike"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.fr", "CC0-1.0", "public_domain"),
        *((nothing, None, "unknown") for nothing in (
            "", "other", "cc", "Creative Commons", "see LICENSE file", "Dual License", "free",
            "LicenseRef-me@example.org", "MIT or", "(MIT", "MIT WITH MIT", "https://creativecommons.org/", "https://standby.example/by/4.0/",
            "MIT/Mystery", "x" * (MAX_EXPRESSION + 1), "(" * 400 + "MIT",
        )),
    ],
)  # fmt: skip
def test_what_people_write_is_read(said: str, expression: str | None, grant: str) -> None:
    reading = read_name(said)
    assert (reading.expression, reading.grant) == (expression, grant)


@pytest.mark.parametrize(
    ("expression", "chosen", "grant"),
    [
        ("MIT AND GPL-3.0-only", "GPL-3.0-only AND MIT", "copyleft"),
        ("MIT OR GPL-3.0-only", "MIT", "permissive"),
        ("MIT OR Apache-2.0", "Apache-2.0 OR MIT", "permissive"),
        ("(MIT OR GPL-2.0-only) AND CC-BY-4.0", "CC-BY-4.0 AND MIT", "attribution"),
        ("(MIT AND CC-BY-NC-4.0) OR GPL-2.0-only", "GPL-2.0-only", "copyleft"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "copyleft"),
        ("MIT AND LicenseRef-mystery", None, "unknown"),
        ("MIT OR LicenseRef-mystery", None, "unknown"),
    ],
)
def test_all_of_and_hold_and_the_freest_of_or_is_chosen(expression: str, chosen: str | None, grant: str) -> None:
    reading = read_expression(expression)
    assert (reading.chosen, reading.grant) == (chosen, grant)


@pytest.mark.parametrize(
    ("expression", "grant"),
    [
        ("Apache-2.0 WITH LLVM-exception", "permissive"),
        ("MIT WITH Classpath-exception-2.0", "permissive"),
        ("BSD-3-Clause WITH PCRE2-exception", "permissive"),
        ("GPL-3.0-only WITH LicenseRef-scancode-openssl-exception-gpl-3.0-plus", "copyleft"),
        ("Apache-2.0 WITH LicenseRef-scancode-commons-clause", "restricted"),
        ("GPL-2.0-only WITH LicenseRef-scancode-commons-clause", "restricted"),
        ("MIT OR Apache-2.0 WITH LicenseRef-scancode-commons-clause", "permissive"),
        ("Apache-2.0 WITH LicenseRef-scancode-gigablast-apache-2.0-exception", "proprietary"),
        ("MIT WITH LicenseRef-scancode-generic-exception", "unknown"),
        ("MIT WITH LicenseRef-scancode-openssl-nokia-psk-contribution", "unknown"),
    ],
)
def test_an_addition_that_is_no_exception_of_the_spdx_list_may_restrict(expression: str, grant: str) -> None:
    assert read_expression(expression).grant == grant


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        *((nothing, "nothing") for nothing in ("", " \t", "n/a", "See LICENSE", "open source")),
        *((none, "none") for none in ("NONE", "none", "No License", "UNLICENSED")),
        *((words, "words") for words in (
            "other", "unknown", "NOASSERTION", "custom", "Creative Commons", "research only, ask us", "LicenseRef-Foo",
            "MIT AND LicenseRef-Foo", "LicenseRef-scancode-free-unknown", "x" * (MAX_EXPRESSION + 1),
        )),
        ("MIT", None),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_from_what_says_nothing(said: str, unread: str | None) -> None:
    assert read_name(said).unread == unread


@pytest.mark.parametrize(
    ("classifier", "unread"),
    [
        ("License :: OSI Approved", "nothing"),
        ("License :: Freeware", "words"),
        ("License :: OSI Approved :: A New License", "words"),
        ("License :: OSI Approved :: MIT License", None),
    ],
)
def test_a_classifier_that_names_no_licence_says_nothing(classifier: str, unread: str | None) -> None:
    assert read_classifier(classifier).unread == unread


@pytest.mark.parametrize(("expression", "forbids"), [("CC-BY-ND-4.0", True), ("CC-BY-NC-4.0", False), ("MIT", False)])
def test_a_licence_without_derivatives_says_so(expression: str, forbids: bool) -> None:
    assert ("no_derivatives" in read_expression(expression).conditions) is forbids


@pytest.mark.parametrize(
    ("classifier", "expression"),
    [
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("License :: OSI Approved :: BSD License", "LicenseRef-tamis-BSD"),
        ("License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
        ("License :: Free for non-commercial use", "LicenseRef-tamis-non-commercial"),
        ("License :: OSI Approved", None),
        ("License :: DFSG approved", None),
        ("Topic :: Software Development", None),
    ],
)
def test_a_classifier_is_read(classifier: str, expression: str | None) -> None:
    assert read_classifier(classifier).expression == expression


def test_every_row_of_the_tables_is_understood() -> None:
    told = {*NAMES.values(), *CLASSIFIERS.values()} - {None}
    assert [name for name in told if read_expression(name).grant == "unknown"] == []
    assert set(FAMILIES) == {name for name in told if name.startswith("LicenseRef-tamis-")}
    assert all(name == " ".join(name.casefold().split()) for name in NAMES)


@given(text=st.one_of(st.text(), st.text(alphabet="()MIT ANDOR/,+-WITHgpl23.0", max_size=60)))
def test_no_text_makes_reading_fail_and_what_is_not_known_is_not_repeated(text: str) -> None:
    reading = read_name(text)
    assert reading.grant in GRANTS
    assert reading.expression or reading.grant == "unknown"
    assert (reading.unread is None) == (reading.grant != "unknown")
