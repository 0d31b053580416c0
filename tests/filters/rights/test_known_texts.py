"""Licence texts are known word for word, however they are set."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

import filters
from filters.rights.texts.known import FINGERPRINTS, MAX_CHARACTERS, fingerprints, licences_of_text, normalise

REPOSITORY = Path(filters.__file__).parent.parent

ISC_TERMS = """Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND {holder} DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL {holder} BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT,
OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE,
DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS
ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS
SOFTWARE.
"""
ISC = ISC_TERMS.format(holder="THE AUTHOR")


@pytest.fixture(scope="module")
def apache() -> str:
    return (REPOSITORY / "LICENSE").read_text("utf-8")


def _licence_files() -> list[str]:
    return [
        path.read_text("utf-8", "replace")
        for distribution in metadata.distributions()
        for file in distribution.files or ()
        if ".dist-info/" in str(file) and re.search("licen|copying", file.name, re.IGNORECASE)
        and (path := Path(str(file.locate()))).is_file()
    ]  # fmt: skip


def test_our_own_licence_is_known(apache: str) -> None:
    assert licences_of_text(apache) == ("Apache-2.0",)


def test_the_apache_licence_is_known_without_its_appendix(apache: str) -> None:
    terms = apache[: apache.index("APPENDIX")]
    assert licences_of_text(terms) == ("Apache-2.0",)


@pytest.mark.parametrize(
    "text",
    [
        ISC,
        f"ISC License\n\nCopyright (c) 2024 Jane Doe <jane@example.org>\n\n{ISC}",
        f"Copyright 2001, 2004-2010 by A\nCopyright © 2011 B\n2012 C\nAll rights reserved.\n\n{ISC}",
        ISC_TERMS.format(holder="Jane Doe and her Friends"),
        ISC.replace("\n", "\r\n"),
        " ".join(ISC.split()),
        "\n".join(f" * {line}" for line in ISC.splitlines()),
        "\n".join(f"# {line}" for line in ISC.splitlines()),
        ISC.replace('"', "”").upper(),
        f"\ufeff{ISC}",
        f"License\n\nThe ISC License (ISCL)\n\n{ISC}",
        f"Copyright (c) 2015 holger krekel, 2016-present others (see AUTHORS file)\n2020 The tool developers\n{ISC}",
        f"Copyright (c) 2014, Jane Doe (python-dotenv), 2013, Joe Roe (see https://roe.example/license/)\n{ISC}",
        f"Copyright (c) <year> <copyright holders>. All rights reserved.\n{ISC}",
    ],
    ids=[
        "bare",
        "title",
        "holders",
        "named",
        "crlf",
        "one line",
        "stars",
        "hashes",
        "quotes and capitals",
        "bom",
        "two titles",
        "lower case",
        "projects",
        "not filled in",
    ],
)
def test_how_a_licence_is_set_does_not_matter(text: str) -> None:
    assert licences_of_text(text) == ("ISC",)


@pytest.mark.parametrize(
    "text",
    [
        ISC.replace("with or without fee", "without fee"),
        f"{ISC}\nCommercial use is forbidden.",
        f"All of this but the data is under the following terms.\n{ISC}",
        ISC.replace("distribute", "copy"),
        f"{ISC}\n{ISC}",
        f"No licence is granted to AI companies\n{ISC}",
        f"This is not the licence\n{ISC}",
        f"Proprietary License\n{ISC}",
        f"GNU General Public License v3\n{ISC}",
        f"Copyright (c) 2020 Evil Corp. Commercial use of this software is forbidden without a paid licence.\n{ISC}",
        f"{ISC}\n(c) 2020 Acme: this licence does not cover training of machine learning models.",
        f"Copyright (c) 2020 Acme\n2021 Acme, no machine learning\n{ISC}",
        f"Copyright (c) 2020 Acme <no selling>\n{ISC}",
        f"Copyright (c) 2020 Acme. Hier darf niemand etwas tun.\n{ISC}",
        f"Copyright (c) 2020 \u5f20\u4e09\u3002\u7981\u6b62\u5546\u4e1a\u7528\u9014\n{ISC}",
        ISC_TERMS.format(holder="THE AUTHOR WHO PERMITS NO COMMERCIAL USE"),
        ISC.replace("SHALL THE AUTHOR", "SHALL IT BE USED FOR TRAINING OR THE AUTHOR"),
        "",
        "MIT",
        "x" * (MAX_CHARACTERS + 1),
    ],
)
def test_another_word_makes_it_no_known_licence(text: str) -> None:
    assert licences_of_text(text) == ()


def test_terms_in_the_line_of_a_copyright_notice_are_not_dropped() -> None:
    line = f"Copyright (c) 2024 Jane Doe. {' '.join(ISC.split())}"
    assert "permission to use" in normalise(line)


def test_the_address_of_the_free_software_foundation_may_be_any_that_it_had() -> None:
    for address in ("51 Franklin Street, Fifth Floor, Boston, MA 02110-1301 USA", "675 Mass Ave, Cambridge, MA 02139"):
        assert normalise(f"Free Software Foundation, Inc., {address}") == "free software foundation inc"
    hidden = normalise("Free Software Foundation, Inc., 51 no commercial use, Boston, MA 02110")
    assert "no commercial use" in hidden


def test_a_sentence_about_copyright_is_no_notice() -> None:
    assert normalise("the above\ncopyright notice and 2024 words") == "the above copyright notice and 2024 words"


def test_too_short_a_text_has_no_fingerprint() -> None:
    assert list(fingerprints("All rights are granted to everybody.")) == []


def test_most_licence_files_of_the_installed_distributions_are_known() -> None:
    files = _licence_files()
    known = sum(bool(licences_of_text(text)) for text in files)
    assert len(files) > 50
    assert known / len(files) > 0.6


def test_the_fingerprints_say_where_they_come_from() -> None:
    stored = json.loads((REPOSITORY / "filters" / "data" / FINGERPRINTS).read_text("utf-8"))
    assert stored["from"] == "npm:spdx-license-list@6.12.0"
    assert re.fullmatch("[0-9a-f]{64}", stored["tarball_sha256"])
    assert all(re.fullmatch("[0-9a-f]{32}", digest) and ids for digest, ids in stored["fingerprints"].items())
    assert len(stored["fingerprints"]) > 700
