"""What cannot be listed stops before any work, and what cannot be read fails alone."""

import gzip
import os
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from corpora import files, image_folder
from corpora.files import all_files_below
from corpora.spec import CorpusSpec
from corpora.table import FORMATS, reader_for
from tamis.errors import ConfigError, SourceError
from tests.corpora.conftest import MAKERS, png

UNREADABLE = Path("/proc/self/mem")
"""A regular file that may be opened and whose first byte may not be read, not even by root."""


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs Linux")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "webdataset"])
def test_a_file_that_cannot_be_read_fails_its_shard_alone(kind):
    reader = reader_for(CorpusSpec("c", kind, str(UNREADABLE)))
    (shard,) = reader.shards()
    assert shard.sha256 == ""
    for look in (lambda: list(reader.batches(shard, size=3)), lambda: reader.count(shard)):
        with pytest.raises(SourceError, match="shard mem") as error:
            look()
        assert error.value.code == "shard_unreadable"


@pytest.mark.parametrize("kind", sorted(MAKERS.keys() - {"python-environment"}))
def test_a_folder_that_cannot_be_listed_stops_before_any_work(tmp_path, monkeypatch, kind):
    corpus = MAKERS[kind](tmp_path)
    closed = tmp_path / "a@b.example" / "closed"
    closed.mkdir(parents=True)
    scandir = os.scandir

    def refused(path="."):
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(ConfigError, match=r"'<EMAIL>.*' cannot be listed \(Permission denied\)"):
        reader_for(corpus).shards()


def test_a_file_that_cannot_be_looked_at_stops_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text("{}")

    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(ConfigError, match=r"'a\.jsonl' cannot be listed"):
        reader_for(CorpusSpec("c", "jsonl", str(tmp_path))).shards()


@pytest.mark.parametrize("kind", sorted(FORMATS.keys() - {"python-environment"}))
@pytest.mark.parametrize("path", ["x\0y", "x" * 5000, "x/" * 5000])
def test_a_path_that_cannot_be_one_stops_before_any_work(kind, path):
    with pytest.raises(ConfigError, match=r"cannot be looked at .* Check `path`"):
        reader_for(CorpusSpec("c", kind, path, options=())).shards()


def test_a_pipe_is_nothing_to_read(tmp_path):
    os.mkfifo(tmp_path / "a.jsonl")
    with pytest.raises(ConfigError, match="there is nothing at its path"):
        reader_for(CorpusSpec("c", "jsonl", str(tmp_path / "a.jsonl"))).shards()


def test_links_to_folders_and_hidden_folders_are_not_entered(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for folder in ("real", ".hidden"):
        (tmp_path / folder / "a.jsonl").write_text("{}")
    names = [shard.name for shard in reader_for(CorpusSpec("c", "jsonl", str(tmp_path))).shards()]
    assert names == ["real/a.jsonl"]
    assert len(list(all_files_below(CorpusSpec("c", "jsonl", str(tmp_path)), hidden=True))) == 2


@pytest.mark.parametrize("name", ["A.JSONL.GZ", "B.NDJSON.ZST"])
def test_a_suffix_in_capitals_is_unpacked(tmp_path, name):
    line = b'{"text": "packed"}\n'
    packed = gzip.compress(line) if name.endswith("GZ") else pa.compress(line, codec="zstd", asbytes=True)
    (tmp_path / name).write_bytes(packed)
    reader = reader_for(CorpusSpec("c", "jsonl", str(tmp_path)))
    (shard,) = reader.shards()
    assert pl.concat(reader.batches(shard, size=1))["text"].to_list() == ["packed"]
    assert reader.count(shard) == 1


def test_a_picture_that_cannot_be_read_is_held_alone(tmp_path, monkeypatch):
    for n in range(2):
        (tmp_path / f"{n}.png").write_bytes(png(n))
    whole = files.sha256_of_file

    def failing(path):
        if path.name == "1.png":
            raise OSError(5, "Input/output error")
        return whole(path)

    monkeypatch.setattr(files, "sha256_of_file", failing)
    assert len(reader_for(CorpusSpec("c", "image-folder", str(tmp_path))).shards()) == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("metadata.csv", b"file_name,title\n0.png,caf\xe9\n", "metadata.csv is not UTF-8"),
        ("metadata.csv", b"file_name,title\n0.png," + b"x" * 131_073, r"metadata\.csv.* more than 131,072"),
        ("metadata.jsonl", b'{"file_name": "0.png", "title": "caf\xe9"}', r"metadata\.jsonl:1 is no JSON object"),
    ],
)
def test_metadata_that_cannot_be_read_is_named(tmp_path, name, data, said):
    (tmp_path / "0.png").write_bytes(png(0))
    (tmp_path / name).write_bytes(data)
    image_folder._known_in.cache_clear()
    with pytest.raises(ConfigError, match=said) as error:
        reader_for(CorpusSpec("c", "image-folder", str(tmp_path))).shards()
    assert "caf" not in str(error.value)
