"""Tables: which column is read, and what a value costs that Python has none like."""

import datetime as dt

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora.arrow import UNREADABLE, records_of
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from tamis.errors import ConfigError, SourceError
from tests.corpora.conftest import png


def read(folder, kind="parquet", **facts):
    reader = reader_for(CorpusSpec("tables", kind, str(folder), **facts))
    shards = reader.shards()
    rows = pl.concat(batch for shard in shards for batch in reader.batches(shard, size=10))
    assert sum(map(reader.count, shards)) == rows.height
    return rows


def captions(folder):
    pictures = [{"bytes": png(n), "path": None} for n in range(2)]
    table = pa.table({"image": pictures, "text": ["a caption", "another"], "title": ["x", "y"]})
    pq.write_table(table, folder / "train.parquet")


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
@pytest.mark.parametrize("columns", [(), (("title", "text"),)])
def test_a_text_beside_a_picture_is_not_lost_without_a_word(tmp_path, kind, columns):
    captions(tmp_path)
    said = r"`columns: {image: image}` or `columns: {text: text}`; or both.*`columns: {image: image, text: text}`"
    with pytest.raises(ConfigError, match=said):
        reader_for(CorpusSpec("tables", kind, str(tmp_path), columns=columns)).shards()


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
def test_the_column_that_the_recipe_names_is_read(tmp_path, kind):
    captions(tmp_path)
    pictures = read(tmp_path, kind, columns=(("image", "image"), ("title", "text")))
    assert (pictures["kind"].to_list(), pictures["title"].to_list()) == (["image"] * 2, ["a caption", "another"])
    assert pictures["text"].null_count() == 2
    texts = read(tmp_path, kind, columns=(("text", "text"),))
    assert texts["text"].to_list() == ["a caption", "another"]


def test_a_column_of_names_of_pictures_is_no_picture(tmp_path):
    pq.write_table(pa.table({"image": ["0.png"], "text": ["a text"]}), tmp_path / "a.parquet")
    assert read(tmp_path)["text"].to_list() == ["a text"]


def test_files_of_texts_and_files_of_pictures_may_lie_side_by_side(tmp_path):
    pq.write_table(pa.table({"image": [png(1)]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"body": ["a text"]}), tmp_path / "b.parquet")
    assert read(tmp_path, columns=(("text", "body"),))["kind"].to_list() == ["image", "text"]


def bad_text(*values):
    return pa.array(values, pa.binary()).view(pa.string())


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
def test_a_date_beyond_python_costs_its_label_and_not_the_file(tmp_path, kind):
    dates = pa.array([2_932_897, 0], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({"text": ["a", "b"], "version": dates}), tmp_path / "train.parquet")
    rows = pl.concat(
        reader_for(CorpusSpec("c", kind, str(tmp_path))).batches(
            reader_for(CorpusSpec("c", kind, str(tmp_path))).shards()[0], size=10
        )
    )
    assert rows["text"].to_list() == ["a", "b"]
    assert rows["version"].to_list() == ["unreadable", "1970-01-01"]


def test_values_are_read_one_by_one_where_they_cannot_be_had_at_once():
    day = pa.array([3_000_000], pa.int32()).cast(pa.date32())
    columns = {
        "text": bad_text(b"\xff"),
        "large": bad_text(b"\xff").cast(pa.binary()).cast(pa.large_binary()).view(pa.large_string()),
        "dictionary": pa.DictionaryArray.from_arrays(pa.array([0]), bad_text(b"\xff")),
        "date": day,
        "list": pa.ListArray.from_arrays([0, 2], bad_text(b"a", b"\xff")),
        "struct": pa.StructArray.from_arrays([pa.array([b"png"]), bad_text(b"\xff")], ["bytes", "path"]),
        "zone": pa.array([0], pa.timestamp("us", "Nowhere/Land")),
    }
    (record,) = records_of(pa.RecordBatch.from_pydict(columns))
    assert record == {
        "text": b"\xff",
        "large": b"\xff",
        "dictionary": b"\xff",
        "date": UNREADABLE,
        "list": ["a", b"\xff"],
        "struct": {"bytes": b"png", "path": b"\xff"},
        "zone": UNREADABLE,
    }


def test_a_licence_that_cannot_be_read_is_heard(tmp_path):
    dates = pa.array([3_000_000], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({"text": ["a"], "licence": dates}), tmp_path / "a.parquet")
    said = read(tmp_path, licence="MIT")["claims"].to_list()
    assert said == [[{"kind": "column", "value": "unreadable"}, {"kind": "corpus", "value": "MIT"}]]


def test_pictures_of_a_folder_are_read_by_datasets(tmp_path):
    for n in range(3):
        (tmp_path / "train" / "deep").mkdir(parents=True, exist_ok=True)
        (tmp_path / "train" / "deep" / f"{n}.png").write_bytes(png(n) + b" " * (n * 1000))
    rows = read(tmp_path, "datasets", max_item_bytes=1500)
    assert rows["reason"].to_list() == [None, None, "record_too_large"]
    assert rows["image"].to_list()[0] == png(0)
    assert rows["path"].to_list() == [f"train/deep/{n}.png" for n in range(3)]


@pytest.mark.parametrize("path", ["/etc/hostname", "../secret.png", "a\0b", "link.png", ""])
def test_a_path_that_leads_out_of_the_folder_is_not_followed(tmp_path, path):
    place = tmp_path / "corpus"
    place.mkdir()
    (tmp_path / "secret.png").write_bytes(png(9))
    (place / "link.png").symlink_to(tmp_path / "secret.png")
    pictures = pa.array([{"bytes": None, "path": path}], pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    pq.write_table(pa.table({"image": pictures}), place / "train.parquet")
    rows = read(place, "datasets")
    assert set(rows["reason"]) <= {"field_wrong_type", "file_unreadable"}
    assert rows["image"].null_count() == 1


def test_a_single_file_is_no_folder_for_datasets(tmp_path):
    (tmp_path / "a.jsonl").write_text("{}")
    with pytest.raises(ConfigError, match="its path is a file, and `datasets` reads a folder"):
        reader_for(CorpusSpec("c", "datasets", str(tmp_path / "a.jsonl"))).shards()


def test_a_stream_that_breaks_off_fails_the_shard_in_reading_and_counting(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"text": "a"}\n' * 3 + "{broken\n")
    reader = reader_for(CorpusSpec("c", "datasets", str(tmp_path)))
    try:
        (shard,) = reader.shards()
    except ConfigError:
        return
    for look in (lambda: list(reader.batches(shard, size=3)), lambda: reader.count(shard)):
        with pytest.raises(SourceError) as error:
            look()
        assert error.value.code == "shard_unreadable"


def test_a_date_in_order_is_its_own_label(tmp_path):
    pq.write_table(pa.table({"text": ["a"], "version": [dt.date(2024, 2, 3)]}), tmp_path / "a.parquet")
    assert read(tmp_path)["version"].to_list() == ["2024-02-03"]
