"""Files that want to break a reader: each costs an item, or its shard, and nothing else."""

import gzip
import io
import os
import tarfile

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora import batch as batch_module
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from tamis.errors import ConfigError, SourceError
from tests.corpora.conftest import MAKERS


def reasons(corpus):
    reader = reader_for(corpus)
    shards = reader.shards()
    found = pl.concat(batch for shard in shards for batch in reader.batches(shard, size=100))
    assert sum(reader.count(shard) for shard in shards) == found.height
    return found["reason"].to_list()


def test_brotli_is_refused_by_the_footer(tmp_path):
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "a.parquet", compression="brotli")
    reader = reader_for(CorpusSpec("c", "parquet", str(tmp_path)))
    with pytest.raises(SourceError) as error:
        list(reader.batches(reader.shards()[0], size=10))
    assert error.value.code == "shard_codec_refused"


def test_a_parquet_file_cut_off_is_unreadable_and_names_no_content(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["secret@mail.example"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-20])
    reader = reader_for(CorpusSpec("c", "parquet", str(tmp_path)))
    with pytest.raises(SourceError, match=r"a\.parquet") as error:
        list(reader.batches(reader.shards()[0], size=10))
    assert error.value.code == "shard_unreadable"
    assert "secret" not in str(error.value)


def test_a_flipped_byte_in_a_parquet_page_is_seen(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"text": [f"text number {n}" for n in range(1000)]})
    pq.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    at = data.index(b"number 500")
    data[at] ^= 1
    path.write_bytes(data)
    reader = reader_for(CorpusSpec("c", "parquet", str(tmp_path)))
    with pytest.raises(SourceError) as error:
        list(reader.batches(reader.shards()[0], size=10))
    assert error.value.code == "shard_unreadable"


def test_a_text_that_is_no_utf8_costs_one_row_of_parquet(tmp_path):
    column = pa.array([b"fine", b"\xff\xfe", None]).cast(pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    assert reasons(CorpusSpec("c", "parquet", str(tmp_path))) == [None, "record_not_utf8", "field_missing"]


def test_a_number_where_the_text_should_be_is_of_the_wrong_type(tmp_path):
    pq.write_table(pa.table({"text": [1.5, float("nan")]}), tmp_path / "a.parquet")
    assert reasons(CorpusSpec("c", "parquet", str(tmp_path))) == ["field_wrong_type"] * 2


def test_a_column_that_no_file_has_stops_before_any_work(tmp_path):
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match="there is no column 'text'"):
        reader_for(CorpusSpec("c", "parquet", str(tmp_path))).shards()
    with pytest.raises(ConfigError, match="Did you mean 'body'"):
        reader_for(CorpusSpec("c", "parquet", str(tmp_path), columns=(("text", "boody"),))).shards()


def test_a_file_without_the_column_fails_alone(tmp_path):
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"other": ["x"]}), tmp_path / "b.parquet")
    reader = reader_for(CorpusSpec("c", "parquet", str(tmp_path)))
    first, second = reader.shards()
    assert next(reader.batches(first, size=10)).height == 1
    with pytest.raises(SourceError) as error:
        list(reader.batches(second, size=10))
    assert error.value.code == "column_missing"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_stream_cut_off_keeps_what_came_before(tmp_path, suffix):
    lines = b"".join(b'{"text": "line %d"}\n' % n for n in range(20_000))
    packed = gzip.compress(lines) if suffix == ".gz" else pa.compress(lines, codec="zstd", asbytes=True)
    (tmp_path / f"a.jsonl{suffix}").write_bytes(packed[: len(packed) // 2])
    found = reasons(CorpusSpec("c", "jsonl", str(tmp_path)))
    assert len(found) > 100
    assert found[-1] == "stream_damaged"
    assert found.count(None) >= len(found) - 2


def test_a_gzip_bomb_of_one_line_costs_one_record_and_little_memory(tmp_path):
    bomb = gzip.compress(b'{"text": "' + b"x" * 50_000_000 + b'"}\n{"text": "after"}\n')
    (tmp_path / "a.jsonl.gz").write_bytes(bomb)
    corpus = CorpusSpec("c", "jsonl", str(tmp_path), max_item_bytes=1_000_000)
    assert reasons(corpus) == ["record_too_large", None]


def test_bytes_that_are_no_utf8_cost_one_record_of_csv(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,id\nfine,1\n\xff\xfe,2\nalso,3\n")
    assert reasons(CorpusSpec("c", "csv", str(tmp_path))) == [None, "record_not_utf8", None]


def test_members_of_a_tar_that_are_no_files_are_held_and_nothing_is_written(tmp_path):
    place = tmp_path / "corpus"
    place.mkdir()
    with tarfile.open(place / "a.tar", "w") as archive:
        for kind, name in (
            (tarfile.SYMTYPE, "../../evil"),
            (tarfile.CHRTYPE, "dev.png"),
            (tarfile.LNKTYPE, "hard.txt"),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        archive.addfile(tarfile.TarInfo("/absolute.txt"), io.BytesIO())
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    before = sorted(tmp_path.rglob("*"))
    assert reasons(CorpusSpec("c", "webdataset", str(place))) == ["member_not_regular"] * 3 + ["record_empty"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_tar_cut_off_keeps_what_came_before(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for n in range(20):
            member = tarfile.TarInfo(f"{n}.txt")
            member.size = 5000
            archive.addfile(member, io.BytesIO(b"x" * 5000))
    path = tmp_path / "a.tar"
    path.write_bytes(path.read_bytes()[:50_000])
    found = reasons(CorpusSpec("c", "webdataset", str(tmp_path)))
    assert found[-1] == "stream_damaged"
    assert found[:-1] == [None] * (len(found) - 1)


def test_a_huge_member_is_not_read(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("big.txt")
        member.size = 2_000_000
        archive.addfile(member, io.BytesIO(b"x" * 2_000_000))
    corpus = CorpusSpec("c", "webdataset", str(tmp_path), max_item_bytes=1000)
    assert reasons(corpus) == ["record_too_large"]


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path):
    outside = tmp_path / "outside.jsonl"
    outside.write_text('{"text": "x"}\n')
    place = tmp_path / "corpus"
    place.mkdir()
    (place / "a.jsonl").write_text('{"text": "y"}\n')
    (place / "link.jsonl").symlink_to(outside)
    (place / ".hidden.jsonl").write_text('{"text": "z"}\n')
    names = [shard.name for shard in reader_for(CorpusSpec("c", "jsonl", str(place))).shards()]
    assert names == ["a.jsonl"]


def test_a_batch_ends_early_when_its_content_is_heavy(tmp_path, monkeypatch):
    monkeypatch.setattr(batch_module, "MAX_PAYLOAD", 10_000)
    (tmp_path / "a.jsonl").write_text("\n".join('{"text": "' + "x" * 4000 + '"}' for _ in range(10)))
    reader = reader_for(CorpusSpec("c", "jsonl", str(tmp_path)))
    heights = [batch.height for batch in reader.batches(reader.shards()[0], size=100)]
    assert heights == [3, 3, 3, 1]


def test_a_data_set_of_the_hub_must_be_pinned(tmp_path):
    with pytest.raises(ConfigError, match="revision"):
        reader_for(CorpusSpec("c", "datasets", "somebody/something")).shards()


def test_an_environment_is_read_without_running_it(tmp_path, capfd):
    info = tmp_path / "evil-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (tmp_path / "evil.py").write_text('"""Doc."""\nprint("ran")\nraise SystemExit(9)\n')
    (info / "RECORD").write_text("evil.py,,\n../../etc/passwd.md,,\n")
    found = reasons(CorpusSpec("c", "python-environment", str(tmp_path)))
    assert found == [None]
    assert "ran" not in capfd.readouterr().out


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "image-folder", "webdataset"])
def test_a_file_whose_name_is_no_utf8_is_read(tmp_path, kind):
    MAKERS[kind](tmp_path)
    whole = {shard.name: shard for shard in reader_for(CorpusSpec("c", kind, str(tmp_path))).shards()}
    for path in sorted(tmp_path.iterdir()):
        if path.is_file():
            path.rename(tmp_path / os.fsdecode(b"\xff\xfe" + path.name.encode()))
    reader = reader_for(CorpusSpec("c", kind, str(tmp_path)))
    shards = reader.shards()
    assert len(shards) == len(whole)
    assert all(shard.key and shard.name.encode() for shard in shards)
    batches = [batch for shard in shards for batch in reader.batches(shard, size=10)]
    assert sum(batch.height for batch in batches) == sum(map(reader.count, shards)) > 0


def test_labels_and_claims_that_are_no_utf8_cost_their_bad_bytes_alone(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,title,licence\nhello,caf\xe9,MIT\xe9\n")
    reader = reader_for(CorpusSpec("c", "csv", str(tmp_path)))
    (batch,) = reader.batches(reader.shards()[0], size=10)
    assert batch["title"].to_list() == ["caf?"]
    assert batch["claims"].to_list() == [[{"kind": "column", "value": "MIT?"}]]
    assert batch["reason"].to_list() == [None]


@pytest.mark.parametrize("kind", ["image-folder", "python-environment"])
def test_a_shard_is_found_again_without_listing_the_whole_corpus(tmp_path, kind, monkeypatch):
    spec = MAKERS[kind](tmp_path)
    shard = reader_for(spec).shards()[0]
    other = reader_for(spec)
    monkeypatch.setattr(type(other), {"image-folder": "_files", "python-environment": "_found"}[kind], None)
    assert sum(batch.height for batch in other.batches(shard, size=10)) == other.count(shard) > 0
