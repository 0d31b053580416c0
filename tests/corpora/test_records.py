"""Records of several items: each reader says which belong together, and loses none of them."""

import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from corpora import webdataset
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from tests.corpora.conftest import png
from tests.corpora.test_webdataset import damaged_header, packed

BOTH = (("text", "caption"), ("image", "pictures"))


def read(folder, kind, **facts):
    """The rows of a corpus of one shard: the same for any size of batches, and as many as `count` finds."""
    reader = reader_for(CorpusSpec("records", kind, str(folder), **facts))
    (shard,) = reader.shards()
    rows = pl.concat(reader.batches(shard, size=1000))
    assert pl.concat(reader.batches(shard, size=2)).equals(rows)
    assert reader.count(shard) == rows.height
    return rows


def told(rows):
    """Of each item its kind, or why it could not be read, and the first item of its record."""
    return [
        (row["reason"] or row["kind"], row["record"])
        for row in rows.select(pl.col("kind").cast(pl.String), "reason", "record").iter_rows(named=True)
    ]


def archive(folder, *members):
    (folder / "a.tar").write_bytes(packed(*members))
    return read(folder, "webdataset")


def test_neighbours_of_one_name_in_an_archive_are_a_record(tmp_path):
    rows = archive(
        tmp_path,
        ("a.txt", b"one"),
        ("b.png", png(1)),
        ("b.json", b"{}"),
        ("b.txt", b"two"),
        ("c.0.png", png(2)),
        ("c.1.png", b""),
        ("c.cls", b"3"),
        ("d.png", png(3)),
        ("d.json", b"{}"),
        ("b.more.txt", b"no neighbour"),
    )
    assert told(rows) == [
        ("text", None),
        ("image", 1),
        ("text", 1),
        ("image", 3),
        ("record_empty", 3),
        ("image", None),
        ("text", None),
    ]


def test_a_record_too_large_to_be_held_at_once_is_one_record(tmp_path, monkeypatch):
    monkeypatch.setattr(webdataset, "MAX_PAYLOAD", 5_000)
    members = [(f"a.{n}.txt", b"x" * 2000) for n in range(7)]
    assert told(archive(tmp_path, *members, ("b.txt", b"y"))) == [("text", 0)] * 7 + [("text", None)]


def test_what_a_damage_hides_is_of_the_last_record_before_it(tmp_path):
    (tmp_path / "a.tar").write_bytes(damaged_header(packed(("a.png", png(1)), ("b.txt", b"x"))))
    assert told(read(tmp_path, "webdataset")) == [("image", 0), ("stream_damaged", 0)]


def struct(data, path=None):
    return {"bytes": data, "path": path}


ROWS = {
    "caption": ["two", None, "none", "a null", None, "empty"],
    "pictures": [
        [struct(png(1)), struct(png(2))],
        [struct(png(3))],
        None,
        [struct(png(4)), None, struct(None)],
        None,
        [],
    ],
}
OF_ROWS = [
    ("text", 0),
    ("image", 0),
    ("image", 0),
    ("image", None),
    ("text", None),
    ("text", 5),
    ("image", 5),
    ("field_missing", 5),
    ("field_wrong_type", 5),
    ("field_missing", None),
    ("text", None),
]


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
def test_a_row_with_a_text_and_pictures_is_a_record_where_the_recipe_names_both(tmp_path, kind):
    pq.write_table(pa.table(ROWS), tmp_path / "train.parquet", row_group_size=2)
    rows = read(tmp_path, kind, columns=BOTH)
    assert told(rows) == OF_ROWS
    assert rows.filter(pl.col("reason").is_null() & (pl.col("kind") == "image"))["image"].to_list() == list(
        map(png, (1, 2, 3, 4))
    )


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
def test_one_picture_a_row_beside_its_text(tmp_path, kind):
    table = pa.table({"caption": ["one", None, "two"], "pictures": [png(1), png(2), None], "licence": ["MIT"] * 3})
    pq.write_table(table, tmp_path / "train.parquet")
    rows = read(tmp_path, kind, columns=BOTH)
    assert told(rows) == [("text", 0), ("image", 0), ("image", None), ("text", None)]
    assert rows["claims"].to_list() == [[{"kind": "column", "value": "MIT"}]] * 4


@pytest.mark.parametrize("typed", [pa.list_, pa.large_list])
def test_a_list_of_pictures_alone_needs_no_text(tmp_path, typed):
    pictures = pa.array([[png(1), png(2)], [png(3)], [], None], typed(pa.binary()))
    pq.write_table(pa.table({"image": pictures, "id": [7, 8, 9, 10]}), tmp_path / "a.parquet")
    rows = read(tmp_path, "parquet")
    assert told(rows) == [("image", 0), ("image", 0), ("image", None), ("field_missing", None), ("field_missing", None)]
    assert rows["id"].to_list() == ["7", "7", "8", "9", "10"]


@pytest.mark.parametrize("kind", ["parquet", "datasets"])
def test_rows_with_one_of_the_two_are_the_items_that_they_were(tmp_path, kind):
    pq.write_table(pa.table(ROWS), tmp_path / "train.parquet")
    rows = read(tmp_path, kind, columns=(("text", "caption"),))
    assert told(rows) == [("field_missing" if text is None else "text", None) for text in ROWS["caption"]]


def test_pictures_that_datasets_knows_as_pictures_stay_undecoded_in_a_list(tmp_path):
    (tmp_path / "one.png").write_bytes(png(5))
    table = pa.table({"pictures": [[struct(png(1)), struct(b"no picture"), struct(None, "one.png")]], "caption": ["a"]})
    features = {
        "pictures": {"_type": "List", "feature": {"_type": "Image"}},
        "caption": {"dtype": "string", "_type": "Value"},
    }
    said = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(said), tmp_path / "train.parquet")
    rows = read(tmp_path, "datasets", columns=BOTH)
    assert told(rows) == [("text", 0), ("image", 0), ("image", 0), ("image", 0)]
    assert rows["image"].to_list() == [None, png(1), b"no picture", png(5)]
    assert rows["path"].to_list() == [None, None, None, "one.png"]


def test_a_caption_in_the_metadata_of_a_folder_is_read_where_the_recipe_names_it(tmp_path):
    for n in range(3):
        Image.new("RGB", (2, 2), (n, 0, 0)).save(tmp_path / f"{n}.png")
    said = [{"file_name": "0.png", "text": "zero", "licence": "MIT"}, {"file_name": "2.png", "text": 5}]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, said)))
    rows = read(tmp_path, "image-folder", columns=(("text", "text"),))
    assert told(rows) == [("text", 0), ("image", 0), ("image", None), ("field_wrong_type", 3), ("image", 3)]
    assert rows["path"].to_list() == ["0.png", "0.png", "1.png", "2.png", "2.png"]
    assert rows["claims"].to_list()[:2] == [[{"kind": "column", "value": "MIT"}]] * 2
    assert told(read(tmp_path, "image-folder")) == [("image", None)] * 3


def test_formats_without_pictures_have_no_records(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"caption": "a", "pictures": [{"bytes": "b"}]}))
    assert told(read(tmp_path, "jsonl", columns=BOTH)) == [("text", None)]
