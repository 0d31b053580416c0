"""Labelled pictures: the tables they come in, and what is said of one that cannot be read."""

import csv
import hashlib
import io
import json
import os

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from audits.labelled_pictures import (
    MAX_GROUPS,
    MAX_PICTURE_BYTES,
    NOT_SAID,
    TABLES,
    Columns,
    LabelledPictures,
    SetDigest,
)
from tamis.errors import ConfigError

LABELS = ["unsafe", "safe", "safe", "unsafe"]


def picture(width):
    with io.BytesIO() as saved:
        Image.new("RGB", (width, 3), "teal").save(saved, format="PNG")
        return saved.getvalue()


PICTURES = [picture(width) for width in (3, 4, 5, 6)]


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "set"
    (inside / "below").mkdir(parents=True)
    for place, data in enumerate(PICTURES):
        (inside / "below" / f"{place}.png").write_bytes(data)
    return inside


RECORDS = [{"file_name": f"below/{place}.png", "unsafe": label} for place, label in enumerate(LABELS)]


def write(path, records):
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    else:
        pl.DataFrame(records, infer_schema_length=None).write_parquet(path)
    return path


def read(path, *, renamed=None, **columns):
    return LabelledPictures(path, Columns(**columns), renamed=renamed or {})


def rows(labelled):
    return [(row.raw or None, row.reason) for row in labelled.rows(SetDigest(labelled.sha256))]


READ = [(data, None) for data in PICTURES]


@pytest.mark.parametrize("name", TABLES)
def test_a_folder_is_read_by_its_table(folder, name):
    write(folder / name, RECORDS)
    for path in (folder, folder / name):
        labelled = read(path)
        assert labelled.unsafe.tolist() == [True, False, False, True]
        assert rows(labelled) == READ


@pytest.mark.parametrize(
    "image",
    [
        lambda place: PICTURES[place],
        lambda place: {"bytes": PICTURES[place], "path": "elsewhere.png"},
        lambda place: {"bytes": None, "path": f"below/{place}.png"},
        lambda place: f"below/{place}.png",
    ],
)
def test_parquet_holds_pictures_or_their_paths(folder, image):
    records = [{"image": image(place), "unsafe": label} for place, label in enumerate(LABELS)]
    assert rows(read(write(folder / "any.parquet", records))) == READ


@pytest.mark.parametrize("labels", [[True, False], [1, 0], [1.0, 0.0], ["NSFW", "sfw"], [" True ", "False"]])
def test_labels_are_words_numbers_or_truth_values(folder, labels):
    records = [{**RECORDS[place], "unsafe": label} for place, label in enumerate(labels)]
    for name in ("a.parquet", "a.csv", "a.jsonl"):
        assert read(write(folder / name, records)).unsafe.tolist() == [True, False]


def test_words_can_be_given_a_meaning_also_the_other_way_round(folder):
    records = [{**RECORDS[place], "unsafe": label} for place, label in enumerate(["Porn", "neutral", 1, 0])]
    path = write(folder / "a.jsonl", records)
    renamed = {"porn": True, "neutral": False, "1": False, "0": True}
    assert read(path, renamed=renamed).unsafe.tolist() == [True, False, False, True]
    with pytest.raises(ConfigError, match="2 labels are neither safe nor unsafe: 'porn' \\(1\\), 'neutral' \\(1\\)"):
        read(path)


@pytest.mark.parametrize("labels", [["canary@planted-one.com"], [f"canary {number}" for number in range(13)]])
def test_what_is_no_label_is_not_quoted(folder, labels):
    path = write(folder / "a.jsonl", [{**RECORDS[0], "unsafe": label} for label in labels])
    with pytest.raises(ConfigError, match=f"{len(labels)} labels are neither safe nor unsafe. Say") as refused:
        read(path)
    assert "canary" not in str(refused.value)


def test_rows_without_a_label_are_counted_and_left_out(folder):
    records = [{**record, "unsafe": "" if place == 1 else record["unsafe"]} for place, record in enumerate(RECORDS)]
    labelled = read(write(folder / "a.csv", records))
    assert labelled.unlabelled == 1
    assert labelled.unsafe.tolist() == [True, False, True]
    assert rows(labelled) == [READ[0], READ[2], READ[3]]


def test_groups_go_along_with_the_labelled_ones(folder):
    records = [
        {**record, "tone": tone, "unsafe": label}
        for record, tone, label in zip(RECORDS, ["a", "b", None, "b"], ["safe", "", "safe", "unsafe"], strict=True)
    ]
    for name in ("a.jsonl", "a.csv", "a.parquet"):
        groups = read(write(folder / name, records), groups=("tone",)).groups
        assert groups == {"tone": ["a", NOT_SAID, "b"]}


def test_what_cannot_be_read_has_a_reason(folder, tmp_path):
    (tmp_path / "outside.png").write_bytes(PICTURES[0])
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "large.png").touch()
    os.truncate(folder / "large.png", MAX_PICTURE_BYTES + 1)
    names = ["none.png", "../outside.png", str(tmp_path / "outside.png"), "link.png", ".", "\0", "empty.png",
             "large.png", "", 7, "below/0.png"]  # fmt: skip
    path = write(folder / "a.jsonl", [{"file_name": name, "unsafe": 1} for name in names])
    reasons = [reason for _, reason in rows(read(path))]
    assert reasons == [
        *["file_unreadable"] * 6, "record_empty", "record_too_large", "field_missing", "field_wrong_type", None
    ]  # fmt: skip


def test_the_digest_can_be_said_again_with_sha256sum(folder):
    records = [*RECORDS, {"file_name": "none.png", "unsafe": "safe"}]
    path = write(folder / "a.csv", records)
    labelled = read(path)
    digest = SetDigest(labelled.sha256)
    assert len(list(labelled.rows(digest))) == 5
    lines = [hashlib.sha256(data).hexdigest() for data in (path.read_bytes(), *PICTURES)]
    assert digest.hexdigest() == hashlib.sha256("".join(f"{line}\n" for line in [*lines, "-"]).encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "file_name,unsafe\na.png\n", "a.csv:2: has not as many fields"),
        ("a.csv", "file_name,unsafe\na.png,1,2\n", "a.csv:2: has not as many fields"),
        ("a.csv", "file_name,unsave\na.png,1\n", "there is no column 'unsafe'. Did you mean 'unsave'?"),
        ("a.csv", "picture,unsafe\na.png,1\n", "there is no column 'image'."),
        ("a.csv", "file_name,unsafe\na.png,\n", "no picture has a label in the column 'unsafe'"),
        ("a.csv", "file_name,unsafe\n", "no picture has a label"),
        ("a.csv", "", "there is no column"),
        ("a.csv", b"file_name,unsafe\n\xff\xfe,1\n", "a.csv: is not UTF-8"),
        ("a.csv", f"file_name,unsafe\n{'x' * 200_000},1\n", "a.csv: cannot be read as CSV"),
        ("a.jsonl", '{"file_name": "a", "unsafe": 1}\n[1]\n', "a.jsonl:2: is no JSON object"),
        ("a.jsonl", "canary\n", "a.jsonl:1: is no JSON object"),
        ("a.parquet", "canary", "a.parquet: cannot be read"),
        ("a.txt", "", "a.txt: expected .csv, .jsonl or .parquet"),
    ],
)
def test_a_table_that_is_none_is_refused(folder, name, text, said):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as refused:
        read(folder / name)
    assert said in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_field_without_end_is_refused_whatever_limit_the_process_has(folder):
    (folder / "a.csv").write_text(f"file_name,unsafe\n{'x' * 200_000},1\n")
    before = csv.field_size_limit(10**9)
    try:
        with pytest.raises(ConfigError, match="cannot be read as CSV"):
            read(folder / "a.csv")
    finally:
        csv.field_size_limit(before)


def test_a_folder_needs_exactly_one_table(folder):
    with pytest.raises(ConfigError, match=r"set: the folder has none of metadata\.csv"):
        read(folder)
    for name in ("metadata.csv", "labels.csv"):
        write(folder / name, RECORDS)
    with pytest.raises(ConfigError, match=r"has both metadata\.csv and labels\.csv"):
        read(folder)
    with pytest.raises(ConfigError, match="nowhere: there is no such file or folder"):
        read(folder / "nowhere")


@pytest.mark.parametrize("word", ["x" * 65, "canary@planted-one.com", "a\x1b[31mb"])
def test_a_group_that_a_report_may_not_name_is_refused(folder, word):
    path = write(folder / "a.jsonl", [{**RECORDS[0], "tone": word}])
    with pytest.raises(ConfigError, match=r"a\.jsonl:1: a group is said in more than 64") as refused:
        read(path, groups=("tone",))
    assert "canary" not in str(refused.value)


def test_a_large_file_is_not_kept_in_memory(tmp_path):
    random = np.random.default_rng(3)
    records = [{"image": random.bytes(100_000), "unsafe": place % 2 == 0} for place in range(120)]
    path = tmp_path / "a.parquet"
    pl.DataFrame(records).write_parquet(path, row_group_size=10, compression="uncompressed")
    before = pa.total_allocated_bytes()
    labelled = read(path)
    held = [pa.total_allocated_bytes() - before for _ in labelled.rows(SetDigest(labelled.sha256))]
    assert len(held) == 120
    assert max(held) < path.stat().st_size / 2


def test_a_column_of_too_many_words_is_no_column_of_groups(folder):
    records = [{**RECORDS[0], "tone": f"t{place}"} for place in range(MAX_GROUPS + 1)]
    with pytest.raises(ConfigError, match="'tone' has 51 different words, and at most 50 are groups"):
        read(write(folder / "a.csv", records), groups=("tone",))
