"""A large Parquet file is several shards, and together they are the file."""

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora import parquet
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from tamis.errors import SourceError


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    texts = [f"text number {n} " * 40 for n in range(1000)]
    pq.write_table(pa.table({"text": texts, "licence": ["MIT"] * 1000}), tmp_path / "a.parquet", row_group_size=100)
    pq.write_table(pa.table({"text": ["small"]}), tmp_path / "b.parquet")
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0).total_byte_size
    monkeypatch.setattr(parquet, "SHARD_BYTES", int(group * 3.5))
    return CorpusSpec("tables", "parquet", str(tmp_path))


def test_the_ranges_of_a_file_are_its_rows_in_order(corpus, tmp_path):
    reader = reader_for(corpus)
    shards = reader.shards()
    assert [shard.name for shard in shards] == [
        "a.parquet#row-groups=00000-00002",
        "a.parquet#row-groups=00003-00005",
        "a.parquet#row-groups=00006-00008",
        "a.parquet#row-groups=00009-00009",
        "b.parquet",
    ]
    assert [reader.count(shard) for shard in shards] == [300, 300, 300, 100, 1]
    assert len({shard.key for shard in shards}) == 5
    assert sum(shard.n_bytes for shard in shards[:4]) <= (tmp_path / "a.parquet").stat().st_size
    read = [pl.concat(reader_for(corpus).batches(shard, size=64)) for shard in shards]
    assert pl.concat(read[:4])["text"].to_list() == pl.read_parquet(tmp_path / "a.parquet")["text"].to_list()
    assert all(frame["position"].to_list() == list(range(frame.height)) for frame in read)
    assert pl.concat(read).select("item_hi", "item_lo").is_unique().all()


def test_a_change_of_the_file_is_seen_by_each_of_its_ranges(corpus, tmp_path):
    reader = reader_for(corpus)
    shards = reader.shards()
    list(reader.batches(shards[0], size=64))
    with (tmp_path / "a.parquet").open("ab") as file:
        file.write(b"more")
    for shard in shards[:4]:
        with pytest.raises(SourceError) as error:
            list(reader.batches(shard, size=64))
        assert error.value.code == "shard_changed"


def test_a_file_that_is_no_parquet_is_left_to_the_run(corpus, tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    assert [shard.name for shard in reader_for(corpus).shards()] == ["a.parquet", "b.parquet"]
