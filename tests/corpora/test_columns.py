"""A message names columns, and never what may be an item's content."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora.columns import MAX_NAMED, columns_missing
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from tamis.errors import ConfigError

SPEC = CorpusSpec("c", "csv", "x")


def test_the_nearest_name_is_told():
    said = str(columns_missing(SPEC, ["txt"], ["text", "Body of text", "a.b-c"]))
    assert "no column 'txt'. Did you mean 'text'? Known: Body of text, a.b-c, text." in said


@pytest.mark.parametrize(
    "name",
    ["It was a dark and stormy night; the rain fell", "a@b.example", "", "4111 1111 1111 1111", "x" * 41, "ä", "a\nb"],
)
def test_what_is_no_name_is_counted_and_not_told(name):
    said = str(columns_missing(SPEC, ["text"], ["body", name]))
    assert "There are 2 others. Is the first line a heading" in said
    assert "body" not in said
    assert not name or name not in said.replace("c':", "")


def test_many_columns_are_counted_and_not_told():
    said = str(columns_missing(SPEC, ["text"], [f"column_{n}" for n in range(MAX_NAMED + 1)]))
    assert "There are 13 others" in said


@pytest.mark.parametrize("kind", ["csv", "parquet", "datasets"])
def test_no_reader_tells_the_first_record_of_a_table_without_a_heading(tmp_path, kind):
    secret = "Ada Lovelace, born 1815, lives at 12 St James's Square"
    if kind == "csv":
        (tmp_path / "a.csv").write_text(f'"{secret}",1\n"another text",2\n')
    else:
        pq.write_table(pa.table({secret: ["x"], "n": ["y"]}), tmp_path / "train.parquet")
    with pytest.raises(ConfigError, match="There are 2 others") as error:
        reader_for(CorpusSpec("c", kind, str(tmp_path))).shards()
    assert "Ada" not in str(error.value)
