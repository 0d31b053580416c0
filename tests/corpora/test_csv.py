"""CSV: where a record ends, and what one that is too long costs."""

import csv
import io
import tracemalloc

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.csv_file import CsvReader, _outline
from corpora.csv_records import raw_records
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError


def reader_of(path, **facts):
    return CsvReader(CorpusSpec("sheets", "csv", str(path), **facts))


def read(folder, data, *, name="a.csv", **facts):
    """The rows of one file, and that `count` finds as many of them."""
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    reader = reader_of(folder / name, **facts)
    (shard,) = reader.shards()
    batches = list(reader.batches(shard, size=2))
    assert reader.count(shard) == sum(batch.height for batch in batches)
    return pl.concat(batches)


SOUP = st.text(st.sampled_from('"",;a \r\n\0é'), max_size=60)


@given(SOUP, st.integers(1, 7))
def test_records_are_those_of_the_standard_library(text, size):
    class Piecemeal(io.StringIO):
        def readline(self, limit=-1):
            return super().readline(min(limit, size) if limit > 0 else size)

    expected = [record for record in csv.reader(io.StringIO(text, newline="")) if record]
    records = list(raw_records(Piecemeal(text, newline=""), 1000, delimiter=","))
    assert [next(csv.reader([record.text])) for record in records] == expected
    outline = csv.reader(_outline(Piecemeal(text, newline="")))
    assert sum(bool(record) for record in outline) == len(expected)


@given(SOUP, st.integers(1, 20))
def test_a_limit_changes_no_other_record(text, limit):
    stream = io.StringIO(text, newline="")
    bounded = list(raw_records(stream, limit, delimiter=","))
    whole = list(raw_records(io.StringIO(text, newline=""), 1000, delimiter=","))
    assert len(bounded) == len(whole)
    for record, other in zip(bounded, whole, strict=True):
        assert record.is_whole == (len(other.text.rstrip("\r\n")) <= limit)
        assert record == other if record.is_whole else record.text == other.text[:limit]


@pytest.mark.parametrize("column", ["text", "other"])
def test_a_field_beyond_the_limit_costs_one_record(tmp_path, column):
    long = "x" * 300_000
    values = {"text": "t", "other": "o", column: f'"{long}\n""{long}"'}
    data = f"text,other\nfine,1\n{values['text']},{values['other']}\nafter,2\n"
    rows = read(tmp_path, data, max_item_bytes=100_000)
    assert rows["reason"].to_list() == [None, "record_too_large", None]
    assert rows["text"].to_list() == ["fine", None, "after"]


def test_the_limit_is_that_of_the_corpus_whatever_another_allows(tmp_path):
    reader_of(tmp_path, max_item_bytes=10)
    assert read(tmp_path, "text\n" + "x" * 200_000)["reason"].to_list() == [None]


def test_a_field_without_end_takes_little_memory(tmp_path):
    (tmp_path / "a.csv").write_text("text\n" + "x," * 4_000_000 + '\nbetween\n"' + "y\n" * 1_000_000)
    reader = reader_of(tmp_path / "a.csv", max_item_bytes=100_000)
    (shard,) = reader.shards()
    tracemalloc.start()
    reasons = pl.concat(reader.batches(shard, size=10))["reason"].to_list()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reasons == ["record_too_large", None, "record_too_large"]
    assert reader.count(shard) == 3
    assert peak < 5_000_000


def test_a_quote_that_is_never_closed_is_a_broken_record(tmp_path):
    rows = read(tmp_path, 'text,id\nfine,1\n"open,2\nmore,3\n')
    assert rows["reason"].to_list() == [None, "record_broken"]


def test_blank_lines_are_nothing_even_before_the_heading(tmp_path):
    assert read(tmp_path, "\r\n\ntext,id\n\none,1\n\n")["text"].to_list() == ["one"]


@pytest.mark.parametrize("data", ["", "\n\n", "text,id\n"])
def test_a_file_without_records_is_empty_and_no_failure(tmp_path, data):
    (tmp_path / "a.csv").write_text(data)
    reader = reader_of(tmp_path)
    (shard,) = reader.shards()
    assert list(reader.batches(shard, size=2)) == []
    assert reader.count(shard) == 0


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08 no gzip", b"x" * 50])
def test_a_heading_that_cannot_be_read_fails_the_shard(tmp_path, data):
    (tmp_path / "a.csv.gz").write_bytes(data)
    reader = reader_of(tmp_path)
    (shard,) = reader.shards()
    for look in (lambda: list(reader.batches(shard, size=2)), lambda: reader.count(shard)):
        with pytest.raises(SourceError) as error:
            look()
        assert error.value.code == "shard_unreadable"


def test_a_heading_beyond_the_limit_fails_the_shard(tmp_path):
    (tmp_path / "a.csv").write_text("text," + "x" * 100 + "\na,b\n")
    reader = reader_of(tmp_path, max_item_bytes=50)
    with pytest.raises(SourceError, match="its heading is beyond"):
        list(reader.batches(reader.shards()[0], size=2))


def test_tabs_separate_whatever_case_the_suffix_has(tmp_path):
    assert read(tmp_path, "text\tid\na,b\t1\n", name="A.TSV")["text"].to_list() == ["a,b"]


@pytest.mark.parametrize("delimiter", ['"', "\n", "", ",,", 1])
def test_a_delimiter_is_one_character_that_means_nothing_else(tmp_path, delimiter):
    (tmp_path / "a.csv").write_text("text\n")
    with pytest.raises(ConfigError, match="`delimiter` is one character"):
        reader_of(tmp_path, options=(("delimiter", delimiter),)).shards()
