"""What every reader promises."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from corpora.batch import LABELS
from corpora.table import FORMATS, reader_for
from tamis.errors import ConfigError, SourceError
from tamis.reasons import REASONS
from tamis.records import BATCH


def rows_of(corpus, size=1000):
    reader = reader_for(corpus)
    return {shard.name: pl.concat(reader.batches(shard, size=size)) for shard in reader.shards()}


def test_batches_have_the_declared_schema_and_positions_without_a_gap(corpus):
    for rows in rows_of(corpus).values():
        assert rows.schema == BATCH
        assert rows["position"].to_list() == list(range(rows.height))


@pytest.mark.parametrize("size", [1, 3])
def test_the_size_of_batches_changes_nothing(corpus, size):
    whole, parts = rows_of(corpus), rows_of(corpus, size)
    assert all(whole[name].equals(parts[name]) for name in whole)


def test_the_same_twice(corpus):
    first, second = rows_of(corpus), rows_of(corpus)
    assert first.keys() == second.keys()
    assert all(first[name].equals(second[name]) for name in first)


def test_no_batch_is_larger_than_asked(corpus):
    reader = reader_for(corpus)
    assert all(batch.height <= 2 for shard in reader.shards() for batch in reader.batches(shard, size=2))


def test_the_count_is_the_number_of_positions(corpus):
    reader = reader_for(corpus)
    rows = rows_of(corpus)
    assert {shard.name: reader.count(shard) for shard in reader.shards()} == {n: r.height for n, r in rows.items()}


def test_shards_are_sorted_and_stay_the_same(corpus):
    first, second = reader_for(corpus).shards(), reader_for(corpus).shards()
    assert first == second
    assert [shard.name for shard in first] == sorted(shard.name for shard in first)


def test_shards_have_the_same_name_and_digest_wherever_the_corpus_lies(corpus, tmp_path):
    before = [(shard.name, shard.sha256) for shard in reader_for(corpus).shards()]
    moved = tmp_path / "elsewhere" / Path(corpus.path).name
    shutil.copytree(corpus.path, moved)
    elsewhere = type(corpus)(corpus.name, corpus.format, str(moved))
    assert [(shard.name, shard.sha256) for shard in reader_for(elsewhere).shards()] == before


def test_what_could_not_be_read_has_a_reason_and_no_content(corpus):
    for rows in rows_of(corpus).values():
        unread = rows.filter(pl.col("reason").is_not_null())
        assert set(unread["reason"]) <= REASONS.keys()
        assert unread["text"].null_count() == unread["image"].null_count() == unread.height
        read = rows.filter(pl.col("reason").is_null())
        content = (
            pl.when(pl.col("kind") == "text")
            .then(pl.col("text").is_not_null())
            .otherwise(pl.col("image").is_not_null())
        )
        assert read.select(content.all()).item()


def test_no_address_survives_in_a_label(corpus):
    for rows in rows_of(corpus).values():
        for label in LABELS:
            assert not rows[label].str.contains("@").any()


def test_changed_bytes_fail_the_shard(corpus):
    reader = reader_for(corpus)
    shard = reader.shards()[0]
    for path in Path(corpus.path).rglob("*"):
        if path.is_file() and path.suffix not in {".json", ""} and "RECORD" not in path.name:
            path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SourceError) as error:
        list(reader_for(corpus).batches(shard, size=10))
    assert error.value.code == "shard_changed"


def test_a_corpus_that_is_gone_fails_the_shard(corpus):
    shard = reader_for(corpus).shards()[0]
    reader = reader_for(corpus)
    shutil.rmtree(corpus.path)
    with pytest.raises((SourceError, ConfigError)):
        list(reader.batches(shard, size=10))


def test_a_place_that_is_not_there_stops_before_any_work(corpus, tmp_path):
    nowhere = type(corpus)(corpus.name, corpus.format, str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=corpus.name):
        reader_for(nowhere).shards()


def test_an_unknown_option_or_role_is_an_error_with_the_nearest_word(corpus):
    with pytest.raises(ConfigError, match="unknown option 'revison'"):
        reader_for(type(corpus)(corpus.name, corpus.format, corpus.path, options=(("revison", 1),)))
    with pytest.raises(ConfigError, match="Did you mean 'licence'"):
        reader_for(type(corpus)(corpus.name, corpus.format, corpus.path, columns=(("license", "x"),)))


def test_an_unknown_format_names_the_nearest(corpus):
    with pytest.raises(ConfigError, match="Did you mean 'parquet'"):
        reader_for(type(corpus)(corpus.name, "parket", corpus.path))


def test_the_licence_of_a_record_is_a_claim(corpus):
    if corpus.format == "csv":
        pytest.skip("its corpus states none")
    claims = [claim for rows in rows_of(corpus).values() for said in rows["claims"].to_list() for claim in said]
    assert any(claim["value"] in {"MIT", "CC0-1.0", "CC-BY-4.0"} for claim in claims)


def test_the_table_of_formats_is_the_list_of_corpora_here():
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("corpora_here", Path(__file__).with_name("conftest.py"))
    here = module_from_spec(spec)
    spec.loader.exec_module(here)
    assert here.MAKERS.keys() == FORMATS.keys()
