"""What items say of their own licence: texts, notices on top, pages, pictures; and what they do not say."""

from __future__ import annotations

import stat
import sys
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from filters.base import run_filter
from filters.licence import LicenceFilter
from filters.rights.own import of_picture, of_text
from tamis.errors import ConfigError
from tamis.testing import image_batch, text_batch

APACHE = (Path(__file__).parents[3] / "LICENSE").read_text(encoding="utf-8")
APPLIED = (
    'Licensed under the Apache License, Version 2.0 (the "License");\nyou may not use this file except in compliance.'
)


def said(text: str) -> list[tuple[str, int, str | None, str]]:
    return [(each.kind, each.level, each.reading.expression, each.scope) for each in of_text(text, (1, 2))]


def test_a_licence_is_its_own_licence() -> None:
    assert said(APACHE) == [("full-text", 4, "Apache-2.0", "item")]


def test_a_licence_in_a_book_about_licences_is_not_the_books() -> None:
    assert said(f"{'A chapter on what licences are for, and for whom. ' * 400}\n{APACHE}") == []


def test_a_notice_on_top_speaks_of_the_file() -> None:
    assert said(f"# {APPLIED}\n" + "import nothing\n" * 100) == [("notice", 3, "Apache-2.0", "file")]


@pytest.mark.parametrize(
    "text",
    [
        "words\n" * 30 + APPLIED,
        "The GPL is a licence that many know, and unlike the MIT License it asks for the source.",
        "Copyright (c) 2024 Jane Doe. All about permissions.",
        "",
    ],
)
def test_what_is_said_further_down_or_of_others_is_not_heard(text: str) -> None:
    assert not [each for each in said(text) if each[2]]


def test_terms_of_ones_own_on_top_are_not_understood() -> None:
    rows = said("Licensed under the MIT License. Not for commercial use, and not for machine learning.")
    assert [(kind, expression) for kind, _, expression, _ in rows] == [("notice", None)]


def test_a_page_is_read_as_one_and_its_parts_count_for_nothing() -> None:
    page = (
        '<!doctype html><html><head><link rel="license" href="https://creativecommons.org/licenses/by/4.0/"></head>'
        '<body><article><p>Text.</p><figure><img src="a.jpg"><figcaption>Photo: A. Person, <a '
        'href="https://creativecommons.org/licenses/by-nc-nd/4.0/">CC BY-NC-ND 4.0</a></figcaption></figure></article>'
        "</body></html>"
    )
    assert ("rel-license", 2, "CC-BY-4.0", "page") in said(page)
    items = run_filter(LicenceFilter(), text_batch([page])).items.row(0, named=True)
    assert (items["expression"], items["grant"], items["conflict"], items["no_derivatives"]) == (
        "CC-BY-4.0",
        "attribution",
        0.0,
        0.0,
    )


def _picture(rights: str) -> bytes:
    with BytesIO() as data:
        exif = Image.Exif()
        exif[0x8298] = rights
        Image.new("RGB", (8, 8)).save(data, "JPEG", exif=exif)
        return data.getvalue()


@pytest.mark.parametrize(
    ("rights", "grant", "unread"),
    [
        ("CC BY-SA 4.0", "share_alike", None),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "restricted", None),
        ("All rights reserved", "proprietary", None),
        ("Copyright 2024 Jane Doe", "unknown", "nothing"),
        ("Ask me before you print it", "unknown", "words"),
    ],
)
def test_a_pictures_fields_are_read(rights: str, grant: str, unread: str | None) -> None:
    pieces = list(of_picture(_picture(rights)))
    assert [(piece.kind, piece.reading.grant, piece.reading.unread) for piece in pieces] == [
        ("exif-copyright", grant, unread)
    ]


def test_what_a_picture_says_stands_against_what_is_declared_of_it() -> None:
    batch = image_batch([_picture("All rights reserved")], claims=[("column", "CC BY 4.0")])
    items = run_filter(LicenceFilter(), batch).items.row(0, named=True)
    assert (items["grant"], items["conflict"]) == ("proprietary", 1.0)


PROGRAM = """#!{python}
import json, sys
from pathlib import Path
if sys.argv[1:] == ["--version"]:
    print("ScanCode version: 32.5.0")
    raise SystemExit
answer, folder = map(Path, sys.argv[4:])
files = [{{"path": f"texts/{{text.name}}", "type": "file", "scan_errors": [],
          "detected_license_expression_spdx": "Artistic-1.0"}} for text in folder.iterdir()]
answer.write_text(json.dumps({{"files": files}}))
"""
OWN_TERMS = "You may look at this, and no commercial use of it is allowed to you or to anybody else in this world."


def test_scancode_is_asked_only_what_nobody_else_understands(tmp_path: Path) -> None:
    program = tmp_path / "scancode"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    by = LicenceFilter(scancode=str(program))
    claims = [("licence-file", OWN_TERMS), ("licence-file", APACHE), ("column", "Apache-2.0")]
    found = run_filter(by, text_batch(["prose"], claims=claims))
    read = dict(
        found.evidence.filter(found.evidence["kind"] == "licence-file").select("location", "expression").iter_rows()
    )
    assert read == {"scancode": "Artistic-1.0", None: "Apache-2.0"}
    assert ("scancode-toolkit", "ScanCode version: 32.5.0") in by.spec.libraries
    assert by.spec.digest != LicenceFilter().spec.digest


def test_a_scancode_that_is_not_there_is_said_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be run"):
        LicenceFilter(scancode=str(tmp_path / "none"))


CLAIMS = [("column", "MIT")]
ITEMS = [text_batch([APACHE], claims=CLAIMS), image_batch([_picture("All rights reserved")], claims=CLAIMS)]


@pytest.mark.parametrize("batch", ITEMS, ids=["text", "image"])
def test_an_item_is_not_asked_where_claims_alone_count(batch: pl.DataFrame) -> None:
    claims_only, every = LicenceFilter(claims_only=True), LicenceFilter()
    assert run_filter(claims_only, batch).evidence["kind"].to_list() == ["column"]
    assert run_filter(every, batch).evidence.height == 2
    assert claims_only.spec.digest != every.spec.digest
