"""Labels are looked at by all that the filter for personal data knows."""

from __future__ import annotations

import polars as pl
import pytest

from filters.labels import COLUMNS, without_personal_data
from filters.personal import engine
from tamis.records import BATCH
from tamis.testing import text_batch

LABELS = {
    "id": "client 1 85 05 78 006 084 91",
    "path": "exports/81.2.69.142/a.txt",
    "source": "00:1b:44:11:3a:b7",
    "url": "https://example.org/find?iban=DE89370400440532013000",
    "title": "Call Ada (0161 496 0182) &amp; jane&#64;example.org",
    "author": "AHV 756.9217.0769.85",
    "label": "AHV 756.9217.0769.85",
}


def test_what_is_found_in_a_label_gives_way_to_its_kind() -> None:
    batch = text_batch(["text"]).with_columns(**{name: pl.lit(label) for name, label in LABELS.items()})
    cleaned = without_personal_data(batch.with_columns(version=pl.lit("4.12.0.88")).select(BATCH.names()))
    assert cleaned.schema == BATCH
    assert cleaned.select(COLUMNS).row(0) == (
        "client <FR_NIR>",
        "exports/<IP_ADDRESS>/a.txt",
        "<MAC_ADDRESS>",
        "https://example.org/find?iban=<IBAN_CODE>",
        "Call Ada (<PHONE_NUMBER>) &amp; <EMAIL_ADDRESS>",
        "AHV <CH_AHV>",
        "AHV <CH_AHV>",
    )
    assert cleaned["version"][0] == "4.12.0.88"


def test_a_label_without_any_stays_as_it_was_and_null_is_null() -> None:
    batch = text_batch(["a", "b"]).with_columns(
        title=pl.Series(["Chapter 12, 1998-2003", None], dtype=pl.String), path=pl.lit("docs/v1.2.3/a-b_c.md")
    )
    assert without_personal_data(batch.select(BATCH.names())).equals(batch.select(BATCH.names()))
    empty = text_batch([])
    assert without_personal_data(empty).equals(empty)


def test_a_label_that_could_not_be_looked_at_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATTERN_TIMEOUT", 0.0)
    batch = text_batch(["a"]).with_columns(title=pl.lit("ada@example.org"), path=pl.lit("plain"))
    cleaned = without_personal_data(batch.select(BATCH.names()))
    assert cleaned.select("title", "path").row(0) == ("<UNCHECKED>", "plain")
