"""A licence column that says anything is heard: what nobody can read must not leave the corpus's licence alone."""

import dataclasses
import datetime as dt

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora.provenance import MAX_CARRIED, MAX_CLAIM, MAX_CLAIMS, claims_of, labels_of
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from filters.rights.spdx import read_name

SPEC = CorpusSpec("letters", "jsonl", "letters.jsonl", licence="MIT")


def own(value, column="licence"):
    *claims, last = claims_of(SPEC, {column: value})
    assert last == ("corpus", "MIT")
    assert {kind for kind, _ in claims} <= {"column"}
    return [said for _, said in claims]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("GPL-3.0", ["GPL-3.0"]),
        (["CC-BY-NC-4.0", "MIT"], ["CC-BY-NC-4.0", "MIT"]),
        ([["a", ["b"]], [], "c"], ["a", "b", "c"]),
        ([None, "", "a"], ["a"]),
        ([1, {"b": 2, "a": 1}], ["1", '{"a":1,"b":2}']),
        ({"name": "GPL-3.0"}, ['{"name":"GPL-3.0"}']),
        (0, ["0"]),
        (False, ["false"]),
        (float("nan"), ["a value of type float"]),
        (dt.date(2024, 1, 1), ["2024-01-01"]),
        (b"GPL-3.0", ["GPL-3.0"]),
        (b"GPL\xff", ["GPL�"]),
        (None, []),
        ("", []),
        ([], []),
        ({}, []),
        ([[[]]], []),
    ],
)
def test_a_licence_column_of_any_type_is_a_claim(value, said):
    assert own(value) == said


def test_both_spellings_of_the_column_are_heard():
    claims = claims_of(SPEC, {"licence": ["a"], "license": {"b": 1}})
    assert [said for _, said in claims] == ["a", '{"b":1}', "MIT"]


def test_a_claim_that_was_cut_is_not_read_as_something_freer():
    (said,) = own("MIT" + " " * MAX_CLAIM + "AND GPL-3.0")
    assert len(said) == MAX_CLAIM
    assert read_name("MIT").grant != "unknown"
    assert read_name(said).grant == "unknown"


def test_claims_beyond_the_limit_are_one_that_nobody_can_read():
    assert len(own(["MIT"] * MAX_CLAIMS)) == MAX_CLAIMS
    said = own(["MIT"] * MAX_CLAIMS + ["GPL-3.0"])
    assert len(said) == MAX_CLAIMS
    assert read_name(said[-1]).grant == "unknown"


def nested(depth):
    value = "GPL-3.0"
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_without_end_breaks_nothing():
    assert own(nested(100_000)) == ["GPL-3.0"]
    assert own([{"a": nested(5_000)}]) == ["a value of type dict"]
    assert labels_of(SPEC, {"title": nested(5_000)})["title"] == "a value of type list"


def test_a_list_of_licences_is_heard_in_every_format(tmp_path):
    record = {"text": "a text", "license": ["GPL-3.0", {"x": 1}]}
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps(record))
    pq.write_table(pa.table({"text": ["a text"], "license": [["GPL-3.0", "x"]]}), tmp_path / "a.parquet")
    for kind, last in (("jsonl", '{"x":1}'), ("parquet", "x")):
        reader = reader_for(CorpusSpec("c", kind, str(tmp_path), licence="MIT"))
        batch = pl.concat(reader.batches(reader.shards()[0], size=10))
        assert [claim["value"] for claim in batch["claims"][0]] == ["GPL-3.0", last, "MIT"]


WEB = CorpusSpec(
    name="web",
    format="jsonl",
    path="",
    columns=(
        ("ai_txt", "ai"),
        ("fetched_at", "date"),
        ("http_headers", "head"),
        ("licence_ancestors", "made_from"),
        ("licence_file", "legal"),
        ("licence_hub", "tag"),
        ("licence_index", "catalogue"),
        ("licence_repository", "repo"),
        ("robots_txt", "robots"),
        ("tdmrep", "tdm"),
    ),
    licence="CC-BY-4.0",
    basis="tdm_general",
    ancestors=("MIT", "CC0-1.0"),
)


@pytest.mark.parametrize(
    ("record", "claims"),
    [
        ({"tag": "mit", "repo": "MIT", "catalogue": None}, [("hub-card", "mit"), ("repository", "MIT")]),
        ({"made_from": ["MIT", None, "GPL-3.0"]}, [("ancestor", "MIT"), ("ancestor", "GPL-3.0")]),
        ({"legal": ["MIT License " * 1_000, ""]}, [("licence-file", "MIT License " * 1_000)]),
        ({"robots": ""}, [("robots-txt", "")]),
        ({"robots": None, "ai": None}, []),
        ({"robots": b"User-agent: *\n"}, [("robots-txt", "User-agent: *\n")]),
        ({"head": [["A", "b"], ["A", "c"]]}, [("http-headers", '[["A","b"],["A","c"]]')]),
        ({"head": {"A": "b"}}, [("http-headers", '{"A":"b"}')]),
        ({"tdm": [{"location": "/"}]}, [("tdmrep", '[{"location":"/"}]')]),
        ({"date": dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)}, [("fetched-at", "2026-03-01T12:00:00+00:00")]),
        ({"date": "2026-03-01T12:00:00Z"}, [("fetched-at", "2026-03-01T12:00:00Z")]),
        ({"licence_hub": "mit", "robots_txt": "x"}, []),
    ],
)
def test_a_role_that_the_recipe_maps_makes_claims_of_its_own_kind(record, claims):
    declared = (("corpus", "CC-BY-4.0"), ("basis", "tdm_general"), ("ancestor", "MIT"), ("ancestor", "CC0-1.0"))
    assert claims_of(WEB, record) == (*claims, *declared)


def test_a_hosts_file_may_be_long_and_is_marked_where_it_was_cut():
    ((_, said), *_) = claims_of(WEB, {"robots": "#" * 2 * MAX_CARRIED})
    assert len(said) == MAX_CARRIED
    assert said.endswith("…")


def test_what_is_declared_of_a_corpus_names_how_it_is_read():
    assert WEB.reading("k") != dataclasses.replace(WEB, basis=None).reading("k")
    assert WEB.reading("k") != dataclasses.replace(WEB, ancestors=()).reading("k")
