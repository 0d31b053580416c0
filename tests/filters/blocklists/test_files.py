"""Files of blocklists: every form says the same, and no line that is wrong is passed over, or quoted."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.blocklists import files
from filters.blocklists.algorithms import ALGORITHMS
from filters.blocklists.files import ENTRIES, Blocklist, read_blocklist
from tamis.errors import ConfigError

SHARED = Path(__file__).parents[4] / "shared" / "data" / "images" / "pdq"
PDQ, PHASH, MD5 = "0f" * 32, "c3" * 8, "a1" * 16


@pytest.fixture
def read(tmp_path: Path):
    def reader(name: str, content: str | bytes) -> Blocklist:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_blocklist(path)

    return reader


def rows(blocklist: Blocklist) -> list[tuple[object, ...]]:
    return [(line, name, hash_.hex(), *rest) for line, name, hash_, *rest in blocklist.entries.iter_rows()]


def problems(read, name: str, content: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read(name, content)
    return caught.value.problems


def test_csv_and_jsonl_say_the_same(read) -> None:
    table = f"""algorithm,hash,distance,id,source,note
PDQ,{PDQ.upper()},,a-1,body,
phash , {PHASH},2,,body,"found, twice"

md5,{MD5},0,17,,
"""
    objects = [
        {"algorithm": "pdq", "hash": PDQ, "id": "a-1", "source": "body"},
        {"algorithm": "phash", "hash": PHASH, "distance": 2, "note": "found"},
        {},
        {"algorithm": "md5", "hash": MD5, "distance": 0, "id": 17},
    ]
    lines = "\n".join(json.dumps(each) if each else "" for each in ({}, *objects))
    expected = [(2, "pdq", PDQ, 31, "a-1"), (3, "phash", PHASH, 2, None), (5, "md5", MD5, 0, "17")]
    assert rows(read("ours.csv", table)) == rows(read("ours.jsonl", lines)) == expected
    assert rows(read("ours.csv", "\ufeff" + table.replace("\n", "\r\n"))) == expected
    assert read("ours.csv", table).entries.schema == ENTRIES


def test_needles_are_pdq_with_an_id_or_without(read) -> None:
    assert rows(read("needles.txt", f"{PDQ}\n\n{PDQ},17\n{PDQ},100,bridge 1.jpg\n")) == [
        (1, "pdq", PDQ, 31, None),
        (3, "pdq", PDQ, 31, "17"),
        (4, "pdq", PDQ, 31, "100,bridge 1.jpg"),
    ]


@pytest.mark.parametrize(("algorithm", "hash_"), [("sha256", "0f" * 32), ("md5", MD5), ("phash", PHASH), ("pdq", PDQ)])
def test_needles_are_of_the_algorithm_that_is_said(tmp_path: Path, algorithm: str, hash_: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{hash_},7\n")
    said = ALGORITHMS[algorithm]
    assert rows(read_blocklist(path, algorithm=algorithm)) == [(1, algorithm, hash_, said.distance, "7")]


def test_it_is_said_what_was_taken_for_granted_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(MD5)
    with pytest.raises(
        ConfigError, match=r"has 64 hex digits; a \.txt is taken to be of pdq where `algorithms` does not"
    ):
        read_blocklist(path)
    with pytest.raises(ConfigError, match=r"one of sha1 has 40 hex digits\.$"):
        read_blocklist(path, algorithm="sha1")
    path = tmp_path / "a.csv"
    path.write_text(f"algorithm,hash\nmd5,{MD5}")
    with pytest.raises(ConfigError, match="says by itself of which algorithm"):
        read_blocklist(path, algorithm="md5")


def test_a_list_is_named_by_its_file_and_the_digest_of_its_bytes(read) -> None:
    found = read("body-2026.11.csv", f"hash,algorithm\n{MD5},md5\n")
    assert found.name == "body-2026.11"
    assert found.sha256 == hashlib.sha256(f"hash,algorithm\n{MD5},md5\n".encode()).hexdigest()


HEADING = "algorithm,hash,distance,id\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", f"{HEADING}md5,{MD5}0,,\n", "a.csv:2: its hash has 33 characters, one of md5 has 32 hex digits"),
        ("a.csv", f"{HEADING}pdq,{PDQ[:-1]}g,,\n", "a.csv:2: its hash has a character that is no hex digit"),
        ("a.csv", f"{HEADING}md5,,,\n", "a.csv:2: its hash has 0 characters"),
        ("a.csv", f"{HEADING},{MD5},,\n", "a.csv:2: names no algorithm"),
        ("a.csv", f"{HEADING}sha265,{PDQ},,\n", "unknown algorithm 'sha265'. Did you mean 'sha256'?"),
        ("a.csv", f"{HEADING}{PDQ},pdq,,\n", "a.csv:2: unknown algorithm of 64 characters"),
        ("a.csv", f"{HEADING}md5,{MD5},1,\n", "a.csv:2: its distance is not 0: md5 is of bytes"),
        ("a.csv", f"{HEADING}pdq,{PDQ},64,\n", "a.csv:2: its distance is no whole number from 0 to 63"),
        ("a.csv", f"{HEADING}phash,{PHASH},-1,\n", "no whole number from 0 to 15"),
        ("a.csv", f"{HEADING}phash,{PHASH},6.0,\n", "no whole number from 0 to 15"),
        ("a.csv", f"{HEADING}md5,{MD5}\n", "a.csv:2: has 2 fields, the heading has 4"),
        ("a.csv", f'{HEADING}md5,{MD5},,"a",b\n', "a.csv:2: has 5 fields, the heading has 4"),
        ("a.csv", f'{HEADING}md5,{MD5},,"open\nmd5,{MD5},,shut"\n', "a.csv:2: has a quote that is not closed in this"),
        ("a.csv", f"md5,{MD5}\n", "a.csv:1: is no heading: expected the columns algorithm, hash"),
        ("a.csv", f"algorithm,hash,distnce\nmd5,{MD5},0\n", "unknown column 'distnce'. Did you mean 'distance'?"),
        ("a.csv", f"algorithm,hash,{PDQ}\n", "unknown column of 64 characters"),
        ("a.csv", f"algorithm,hash,hash\nmd5,{MD5},{MD5}\n", "a.csv:1: names a column twice"),
        ("a.csv", f"{HEADING}# md5 only\nmd5,{MD5},,\n", "a.csv:2: has 1 fields"),
        ("a.jsonl", f'{{"algorithm": "md5", "hash": "{MD5}"\n', "a.jsonl:1: is no JSON"),
        ("a.jsonl", f'{{"algorithm": "md5", "hash": "{MD5}"}} x\n', "a.jsonl:1: is no JSON"),
        ("a.jsonl", f'\n["md5", "{MD5}"]\n', "a.jsonl:2: is no object"),
        ("a.jsonl", '{"algorithm": "md5", "hash": 5}\n', "the value of 'hash' is a int, expected a word in quotes"),
        ("a.jsonl", f'{{"algorithm": "md5", "hash": "{MD5}", "distance": "0"}}', "expected a whole number"),
        ("a.jsonl", f'{{"algorithm": "md5", "hash": "{MD5}", "distance": false}}', "expected a whole number"),
        ("a.jsonl", f'{{"algorithm": "md5", "hash": "{MD5}", "distnce": 0}}', "unknown key 'distnce'. Did you mean"),
        ("a.jsonl", f'{{"algorithm": "md5", "{MD5}": "hash"}}', "unknown key of 32 characters"),
        ("a.txt", f"{PDQ[:-2]}\n", "a.txt:1: its hash has 62 characters, one of pdq has 64"),
        ("a.txt", ",17\n", "a.txt:1: its hash has 0 characters"),
        ("a.txt", PDQ.encode() + b"\n\xff\xfe\n", "a.txt:2: is not UTF-8"),
        ("a.csv", HEADING, "a.csv: holds no entries"),
        ("a.csv", "", "a.csv: holds no entries"),
        ("a.txt", "\n \n", "a.txt: holds no entries"),
        ("a.parquet", "PAR1", "a.parquet: is of no known form. A list is a file of .csv, .jsonl, .ndjson, .txt"),
        (f"{MD5}.txt", PDQ, "nothing that looks like a hash"),
        ("ann@example.org.txt", PDQ, "the list '<EMAIL>': its name stands in the catalog"),
        ("a b.txt", PDQ, "it may have 64 letters, digits"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_never_with_a_hash(read, name: str, content, says: str) -> None:
    said = problems(read, name, content)
    assert any(says in problem for problem in said), said
    hashes = (PDQ[:16], PHASH, MD5[:16])
    assert not any(hash_ in problem for problem in said for hash_ in hashes)


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^none\.csv: cannot be read \(No such file"):
        read_blocklist(tmp_path / "none.csv")


def test_every_fault_counts_and_the_first_are_named_in_order(read, monkeypatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", 7)
    wrong = [f"md5,{MD5[: number % 31]},," if number % 2 else f"md5,{MD5}" for number in range(50)]
    said = problems(read, "a.csv", HEADING + "\n".join([*wrong, f"md5,{MD5},,"]))
    assert [problem.split(":")[1] for problem in said[:-1]] == [str(line) for line in range(2, 22)]
    assert said[-1] == "a.csv: 30 more lines are wrong."


def test_sizes_have_a_bound(read, monkeypatch) -> None:
    monkeypatch.setattr(files, "MAX_ENTRIES", 2)
    assert "has more than 2 entries" in problems(read, "a.txt", f"{PDQ}\n" * 3)[0]
    assert read("a.txt", f"{PDQ}\n" * 2).entries.height == 2
    monkeypatch.setattr(files, "MAX_BYTES", 64)
    assert "has 65 bytes, at most 64 are read" in problems(read, "a.txt", f"{PDQ}\n")[0]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("17", "17"),
        ("1234567890123456", "1234567890123456"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        (MD5, None),
        (MD5.upper(), None),
        (f"md5:{MD5}", None),
        ("-".join(MD5), None),
        ("d41d8cd98f00b204e9800998ecf8427e", None),
        (" ", None),
    ],
)
def test_an_id_that_may_be_a_hash_is_not_taken(read, given: str, kept: str | None) -> None:
    assert rows(read("a.csv", f"{HEADING}md5,{MD5},,{given}\n"))[0][-1] == kept


_HASH = st.sampled_from(list(ALGORITHMS.values())).flatmap(
    lambda each: st.tuples(
        st.just(each.name),
        st.binary(min_size=each.n_bytes, max_size=each.n_bytes),
        st.one_of(st.none(), st.integers(0, each.most)),
        st.one_of(st.none(), st.integers(0, 999), st.sampled_from(['a "b", c', "d;e", "é", "-"])),
    )
)


@settings(max_examples=15, deadline=None)
@given(st.lists(_HASH, min_size=1, max_size=40), st.integers(1, 9))
def test_what_is_written_is_read_again_in_either_form_and_any_chunks(tmp_path_factory, entries, chunk: int) -> None:
    folder = tmp_path_factory.mktemp("lists")
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["id", "algorithm", "distance", "hash"])
    writer.writerows([id_, name, distance, hash_.hex()] for name, hash_, distance, id_ in entries)
    objects = (
        {"algorithm": name, "hash": hash_.hex(), "distance": distance, "id": id_}
        for name, hash_, distance, id_ in entries
    )
    (folder / "a.csv").write_text(table.getvalue())
    (folder / "a.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in objects))
    expected = [
        (name, hash_, ALGORITHMS[name].distance if distance is None else distance, None if id_ is None else str(id_))
        for name, hash_, distance, id_ in entries
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_CHUNK", chunk)
        for name, first in (("a.csv", 2), ("a.jsonl", 1)):
            found = read_blocklist(folder / name).entries
            assert found["line"].to_list() == list(range(first, first + len(entries)))
            assert found.drop("line").rows() == expected


def test_a_line_that_is_cut_anywhere_is_refused_or_names_the_same_hash(read) -> None:
    dice = random.Random(1)
    whole = f"{HEADING}md5,{MD5},,a-1\n"
    for _ in range(60):
        cut = whole[: dice.randrange(len(HEADING), len(whole))]
        try:
            found = read("a.csv", cut)
        except ConfigError:
            continue
        assert rows(found)[0][:3] == (2, "md5", MD5)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pictures are not there")
def test_the_needles_and_the_haystack_of_threatexchange_are_read_whole() -> None:
    for name in ("needles", "haystack"):
        lines = (SHARED / f"{name}.txt").read_text().split()
        entries = read_blocklist(SHARED / f"{name}.txt").entries
        assert entries.select(pl.col("hash").bin.encode("hex"))["hash"].to_list() == lines
        assert set(entries["distance"]) == {31}
