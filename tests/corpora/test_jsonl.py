import gzip

import orjson
import polars as pl
import pytest

from corpora.jsonl import JsonlReader
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.records import BATCH


def reader_of(path, **facts):
    return JsonlReader(CorpusSpec("letters", "jsonl", str(path), **facts))


def read(reader, *, size=2):
    (shard,) = reader.shards()
    frame = pl.concat(reader.batches(shard, size=size))
    assert frame.schema == BATCH
    assert frame["position"].to_list() == list(range(frame.height))
    assert reader.count(shard) == frame.height
    return frame


LINES = [
    (b'{"text": "good"}', None),
    (b'\xef\xbb\xbf{"text": "with a mark"}', None),
    (b'{"text": "broken', "record_broken"),
    (b'{"text": "\xff"}', "record_not_utf8"),
    (b"[1]", "record_not_an_object"),
    (b'{"body": "x"}', "field_missing"),
    (b'{"text": 3}', "field_wrong_type"),
    (b'{"text": ""}', "record_empty"),
    (b'{"text": " \\n\\u00a0"}', "record_empty"),
    (b'{"text": "' + b"y" * 300 + b'"}', "record_too_large"),
    (b"[" * 150 + b"]" * 150, "record_too_large"),
    (b'{"text": "last"}', None),
]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_one_bad_line_costs_one_item_whatever_the_batch(tmp_path, size):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(line for line, _ in LINES))
    frame = read(reader_of(path, max_item_bytes=200), size=size)
    assert frame["reason"].to_list() == [reason for _, reason in LINES]
    assert frame["text"].drop_nulls().to_list() == ["good", "with a mark", "last"]


def test_a_broken_stream_gives_what_came_before_it(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    lines = b"".join(orjson.dumps({"text": f"line {n} {n**9}"}) + b"\n" for n in range(2000))
    path.write_bytes(gzip.compress(lines)[:-2000])
    frame = read(reader_of(path), size=500)
    assert frame["reason"].to_list()[-1] == "stream_damaged"
    assert frame["text"][0] == "line 0 0"


def test_labels_lose_addresses_and_claims_keep_their_kind(tmp_path):
    path = tmp_path / "ada@example.com.jsonl"
    path.write_bytes(orjson.dumps({"text": "t", "author": "Ada <ada@example.com>", "rights": "MIT", "id": 7}))
    reader = reader_of(path, columns=(("licence", "rights"),), licence="CC0-1.0")
    frame = read(reader)
    assert "@" not in frame["author"][0] + reader.shards()[0].name
    assert frame["id"][0] == "7"
    assert [claim["kind"] for claim in frame["claims"][0]] == ["column", "corpus"]


def test_a_file_that_changed_after_the_plan_fails_as_a_shard(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "t"}')
    reader = reader_of(path)
    (shard,) = reader.shards()
    path.write_bytes(b'{"text": "u"}')
    with pytest.raises(SourceError) as caught:
        list(reader.batches(shard, size=1))
    assert caught.value.code == "shard_changed"


def test_a_path_without_files_stops_before_any_work(tmp_path):
    with pytest.raises(ConfigError, match="Check `path`"):
        reader_of(tmp_path).shards()
