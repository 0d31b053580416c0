import shutil

import orjson
import polars as pl
import pytest

from catalog.files import sha256_of
from catalog.log import READER, Log, Memory, SegmentWriter, decision_key, read_findings
from filters.base import run_filter
from filters.exact_duplicates import ExactDuplicatesFilter
from tamis.errors import CatalogError
from tamis.records import DECISIONS, KEPT, SPANS, Findings, Shard
from tamis.testing import text_batch

SHARD = Shard("letters", "a.jsonl", "ab" * 32, "somewhere/a.jsonl", 30)
FILTER = ExactDuplicatesFilter()
HELD = {
    "position": 1,
    "filter": READER,
    "outcome": "hold",
    "reason": "record_broken",
    "rule": "reader",
    "decisive": True,
}


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "store")


def write_segment(log, *, run="r1", number=0, policy="p", commit=True):
    log.open_run({"run": run, "started_at": f"2026-01-01T00:00:0{run[-1]}+00:00"})
    batch = text_batch(["one", "two", "three"])
    decisions = pl.DataFrame([HELD], schema=DECISIONS)
    with SegmentWriter(log, run, number, shard=SHARD, specs=(FILTER.spec,)) as segment:
        findings = {FILTER.spec.name: run_filter(FILTER, batch)}
        segment.write(batch, findings=findings, decisions=decisions, kept=KEPT.to_frame())
        return segment.commit(policy) if commit else None


def test_a_segment_counts_every_item_once_and_by_filter(log):
    commit = write_segment(log)
    assert dict(commit.outcomes) == {"keep": 2, "redact": 0, "hold": 1, "drop": 0}
    assert [(each.name, each.ran, each.keep, each.hold) for each in commit.filters] == [
        (READER, 3, 2, 1),
        ("exact_duplicates", 3, 3, 0),
    ]


def test_a_commit_read_back_says_the_same_but_for_the_place_on_this_machine(log):
    commit = write_segment(log)
    read = log.commits("r1")[0]
    assert read.files == commit.files
    assert read.shard.key == commit.shard.key
    assert read.shard.locator == ""


def test_the_digests_in_a_commit_are_those_of_its_files(log):
    commit = write_segment(log)
    folder = log.segment_folder("r1", 0)
    assert {name for name, _, _ in commit.files} == {path.name for path in folder.glob("*.parquet")}
    assert all(sha256_of(folder / name) == digest for name, digest, _ in commit.files)


def test_no_text_stands_in_items_findings_or_decisions(log):
    write_segment(log)
    folder = log.segment_folder("r1", 0)
    columns = {path.stem: pl.read_parquet_schema(path).names() for path in folder.glob("*.parquet")}
    columns.pop("kept")
    assert all("text" not in names and "image" not in names for names in columns.values())


@pytest.mark.parametrize(("value", "said"), [((1, 2), "k1"), ((None, None), "")])
def test_a_segment_names_the_key_of_its_values_if_it_has_any(log, value, said):
    batch = text_batch(["one"])
    with SegmentWriter(log, "r1", 0, shard=SHARD, specs=(FILTER.spec,), subject_key="k1") as segment:
        spans = pl.DataFrame([(0, "EMAIL_ADDRESS", 0, 3, 1.0, "R", *value)], schema=SPANS, orient="row")
        found = Findings(run_filter(FILTER, batch).items, spans)
        segment.write(batch, findings={FILTER.spec.name: found}, decisions=DECISIONS.to_frame(), kept=KEPT.to_frame())
        segment.commit("p", "list")
    commit = log.commits("r1")[0]
    assert commit.subject_key == said
    assert commit.decision_key == decision_key(SHARD, (FILTER.spec,), "p", "list")
    assert decision_key(SHARD, (FILTER.spec,), "p", "") == decision_key(SHARD, (FILTER.spec,), "p")
    assert len({decision_key(SHARD, (FILTER.spec,), "p", each) for each in ("", "list", "other")}) == 3


def test_a_segment_that_is_left_without_a_commit_leaves_nothing(log):
    write_segment(log, commit=False)
    assert log.commits("r1") == {}
    assert list(log.staging.iterdir()) == []


def test_the_second_of_two_writers_of_a_shard_gives_way(log):
    first = write_segment(log)
    write_segment(log)
    assert log.commits("r1")[0].files == first.files
    assert list(log.staging.iterdir()) == []


def test_a_new_run_can_take_a_segment_over_whole(log):
    first = write_segment(log)
    log.open_run({"run": "r2", "started_at": "2026-01-02T00:00:00+00:00"})
    adopted = log.adopt(Memory.of(log).by_decision[first.decision_key], run="r2", number=4)
    assert adopted.reused_from == "r1"
    assert log.commits("r2")[4].files == first.files


def test_another_policy_is_another_decision_but_the_findings_are_remembered(log):
    first = write_segment(log)
    memory = Memory.of(log)
    assert list(memory.by_decision) == [first.decision_key]
    assert write_segment(log, run="r2", policy="q").decision_key != first.decision_key
    remembered = read_findings(log, memory.by_finding[SHARD.read_key, FILTER.spec.digest], FILTER.spec)
    found = run_filter(FILTER, text_batch(["one", "two", "three"]))
    assert remembered.items.equals(found.items)
    assert remembered.signatures.equals(found.signatures)


def test_a_failed_shard_no_longer_counts_once_it_is_committed(log):
    log.open_run({"run": "r1", "started_at": "2026-01-01T00:00:01+00:00"})
    log.fail_shard("r1", 0, code="shard_missing", error_type="SourceError")
    assert list(log.failures("r1")) == [0]
    write_segment(log)
    assert log.failures("r1") == {}


def test_finishing_alike_again_changes_nothing_not_even_the_time(log):
    log.open_run({"run": "r1", "started_at": "2026-01-01T00:00:01+00:00"})
    log.finish_run("r1", {"finished_at": "then", "status": "done", "corpus_steps": {}})
    log.finish_run("r1", {"finished_at": "now", "status": "done", "corpus_steps": {}})
    assert log.finished("r1")["finished_at"] == "then"
    log.finish_run("r1", {"finished_at": "now", "status": "partly", "corpus_steps": {}})
    assert log.finished("r1")["finished_at"] == "now"


def test_a_segment_of_another_layout_is_refused(log):
    write_segment(log)
    path = log.segment_folder("r1", 0) / "commit.json"
    facts = orjson.loads(path.read_bytes())
    path.unlink()
    path.write_bytes(orjson.dumps({**facts, "format": 99}))
    with pytest.raises(CatalogError, match="another version"):
        log.commits("r1")


def test_a_run_without_segments_has_none(log):
    write_segment(log)
    shutil.rmtree(log.segment_folder("r1", 0))
    assert log.commits("r1") == {}
