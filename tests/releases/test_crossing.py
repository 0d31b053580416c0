"""What a picture takes along of its record: in decisions, and in a run from end to end."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from audits.run import run_audits
from catalog.explain import explain
from catalog.query import query
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.verify import verify
from flows.workspace import Workspace
from releases.corpus_decisions import SCHEMA
from releases.crossing import LOST, OF_RECORDS, after, cross, settle
from releases.duplicates import decide_duplicates
from releases.laundering import RESTRICTING
from releases.policy import Policy, read_policy
from releases.replay import replay
from tamis.records import GRANTS, OUTCOMES


def policy(**sections: dict[str, str]) -> Policy:
    said = {"name": "a", "version": "1", "licence": {"allow": ["permissive", "copyleft"]}, "exact_duplicates": {}}
    return Policy.model_validate({**said, **sections})


Part = tuple[str, str, bool]
"""Kind, verdict, and whether it stands for what a damage hides."""

PART = st.tuples(st.sampled_from(["text", "image"]), st.sampled_from(OUTCOMES), st.booleans())
RECORDS = st.lists(st.lists(PART, min_size=2, max_size=4), max_size=6)


def parts_of(records: list[list[Part]]) -> pl.DataFrame:
    rows = []
    for number, parts in enumerate(records):
        first = len(rows)
        for kind, verdict, lost in parts:
            at = len(rows)
            why = LOST if lost else f"because_{at}"
            rows.append((number % 2, at, first, kind, 1, at, verdict, None if verdict == "keep" else why))
    return pl.DataFrame(rows, schema=OF_RECORDS, orient="row")


def verdicts(parts: pl.DataFrame, decisions: pl.DataFrame) -> list[str]:
    decided = dict(decisions.select("position", "outcome").iter_rows())
    return [decided.get(position, verdict) for position, verdict in parts.select("position", "verdict").iter_rows()]


def strictness(verdict: str) -> int:
    return OUTCOMES.index(verdict)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(records=RECORDS)
def test_no_part_is_more_freely_treated_than_the_strictest_picture_of_its_record(records: list[list[Part]]) -> None:
    parts = parts_of(records)
    after = iter(verdicts(parts, cross(policy(), parts)))
    for record in records:
        away = [
            strictness(verdict)
            for kind, verdict, lost in record
            if verdict in {"hold", "drop"} and (kind == "image" or lost)
        ]
        for _, before, _ in record:
            assert strictness(next(after)) == max([strictness(before), *away])


@settings(max_examples=60)
@given(
    records=RECORDS,
    pictures=st.sampled_from(["together", "each"]),
    text=st.sampled_from(["with_pictures", "alone"]),
)
def test_a_decision_names_the_part_that_it_comes_from_and_nothing_is_decided_twice(
    records: list[list[Part]], pictures: str, text: str
) -> None:
    parts = parts_of(records)
    said = policy(records={"pictures": pictures, "text": text})
    decisions = cross(said, parts)
    assert decisions.schema == SCHEMA
    assert decisions["position"].is_unique().all()
    assert decisions.equals(cross(said, parts.sort("position", descending=True)))
    by_position = {row["position"]: row for row in parts.iter_rows(named=True)}
    for row in decisions.iter_rows(named=True):
        part, source = by_position[row["position"]], by_position[row["twin_lo"]]
        assert part["record"] == source["record"]
        assert (row["outcome"], row["label"]) == (source["verdict"], source["reason"])
        assert row["reason"] == {"hold": "record_part_held", "drop": "record_part_dropped"}[row["outcome"]]
        assert row["rule"] == {"image": "records.pictures", "text": "records.text"}[part["kind"]]
        assert {"image": pictures == "together", "text": text == "with_pictures"}[part["kind"]]
        assert row["filter"] == "record"
        assert strictness(row["outcome"]) > strictness(part["verdict"])


def copies_of(*rows: tuple[int, int | None, str, str, int, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(position, record, kind, verdict, content, class) as the two steps want it."""
    frame = pl.DataFrame(
        [
            (0, at, record, kind, 1, at, content, 0, verdict, grant, "licence", *[0.0] * len(RESTRICTING))
            for at, record, kind, verdict, content, grant in rows
        ],
        schema={
            "shard": pl.UInt32,
            "position": pl.UInt64,
            "record": pl.UInt64,
            "kind": pl.String,
            **dict.fromkeys(("item_hi", "item_lo", "content_hi", "content_lo"), pl.UInt64),
            **dict.fromkeys(("verdict", "grant", "basis"), pl.String),
            **dict.fromkeys(RESTRICTING, pl.Float64),
        },
        orient="row",
    )
    parts = frame.filter(pl.col("record").is_not_null()).with_columns(reason=pl.lit("why"))
    return frame, parts.select(OF_RECORDS.names()).cast(OF_RECORDS)


def test_a_licence_that_is_stricter_elsewhere_takes_the_record_along() -> None:
    settled = settle(
        policy(),
        *copies_of(
            (0, 0, "text", "keep", 10, "permissive"),
            (1, 0, "image", "keep", 11, "permissive"),
            (2, None, "image", "drop", 11, "restricted"),
        ),
    )
    assert settled.licences["position"].to_list() == [1]
    rows = settled.records.select("position", "reason", "label", "twin_lo").rows()
    assert rows == [(0, "record_part_held", "licence_stricter_elsewhere", 1)]


def test_a_copy_that_states_the_stricter_licence_and_goes_with_its_picture_frees_no_other() -> None:
    """The freer copy would be left to duplicates, of which the other one is the first: but that one does not stay."""
    settled = settle(
        policy(),
        *copies_of(
            (0, 0, "text", "keep", 10, "copyleft"),
            (1, 0, "image", "drop", 11, "copyleft"),
            (2, 2, "text", "keep", 10, "permissive"),
            (3, 2, "image", "keep", 13, "permissive"),
            (4, 4, "image", "keep", 13, "permissive"),
            (5, 4, "image", "keep", 10, "permissive"),
        ),
    )
    assert settled.records.select("position", "outcome").rows() == [(0, "drop"), (4, "hold")]
    assert settled.licences["position"].to_list() == [2, 5]


def test_after_the_last_step_a_licence_takes_the_rest_along_and_a_duplicate_does_not() -> None:
    _, parts = copies_of(
        (0, 0, "text", "keep", 10, "permissive"),
        (1, 0, "image", "keep", 11, "permissive"),
        (2, 2, "text", "keep", 12, "permissive"),
        (3, 2, "image", "keep", 13, "permissive"),
        (4, 4, "text", "keep", 14, "permissive"),
        (5, 4, "image", "keep", 15, "permissive"),
    )
    rows = [
        (0, 1, "hold", "licence_stricter_elsewhere"),
        (0, 3, "drop", "near_duplicate"),
        (0, 5, "hold", "exact_duplicate"),
    ]
    columns = ["shard", "position", "outcome", "reason"]
    decided = pl.DataFrame(rows, schema={name: SCHEMA[name] for name in columns}, orient="row")
    assert cross(policy(), after(parts, decided)).select("position", "label").rows() == [
        (0, "licence_stricter_elsewhere")
    ]


def test_equal_captions_stay_each_with_its_picture_if_the_policy_says_so() -> None:
    rows = (
        (0, 0, "text", "keep", 10, "permissive"),
        (1, 0, "image", "keep", 11, "permissive"),
        (2, 2, "text", "keep", 10, "permissive"),
        (3, 2, "image", "keep", 11, "permissive"),
        (4, None, "text", "keep", 10, "permissive"),
        (5, None, "text", "keep", 10, "permissive"),
    )
    copies, _ = copies_of(*rows)
    signed = copies.select("shard", "position", signature_hi="content_hi", signature_lo="content_lo")
    for captions, dropped in (("once", [2, 3, 4, 5]), ("each", [3, 5])):
        said = policy(exact_duplicates={"captions": captions})
        nothing = SCHEMA.to_frame()
        again = decide_duplicates(said, copies, signed, freer=nothing, away=nothing)
        assert again["position"].to_list() == dropped


def test_a_caption_that_may_be_there_twice_frees_no_copy_under_a_stricter_licence() -> None:
    """Neither is the freer caption left to duplicates, nor the freer text alone to a caption that states all."""
    copies, parts = copies_of(
        (0, 0, "text", "keep", 10, "copyleft"),
        (1, 0, "image", "keep", 11, "copyleft"),
        (2, 2, "text", "keep", 10, "permissive"),
        (3, 2, "image", "keep", 12, "permissive"),
        (4, None, "text", "keep", 10, "permissive"),
    )
    for captions, held in (("once", []), ("each", [2, 4])):
        settled = settle(policy(exact_duplicates={"captions": captions}), copies, parts)
        assert settled.licences["position"].to_list() == held


COPY = st.tuples(
    st.sampled_from(["text", "image"]),
    st.sampled_from(["keep", "keep", "hold", "drop"]),
    st.integers(10, 12),
    st.sampled_from(["permissive", "copyleft"]),
    st.booleans(),
)
"""Kind, verdict, content, class, and whether it is of the record of the one before it."""


@settings(max_examples=80)
@given(drawn=st.lists(COPY, max_size=9), captions=st.sampled_from(["once", "each"]))
def test_whatever_stays_states_the_strictest_licence_and_passes_with_its_record(
    drawn: list[tuple[str, str, int, str, bool]], captions: str
) -> None:
    said = policy(exact_duplicates={"captions": captions})
    firsts = [0] * len(drawn)
    for at, copy in enumerate(drawn):
        firsts[at] = firsts[at - 1] if at and copy[4] else at
    rows = [
        (
            at,
            firsts[at] if firsts.count(firsts[at]) > 1 else None,
            *copy[:2],
            copy[2] + 10 * (copy[0] == "text"),
            copy[3],
        )
        for at, copy in enumerate(drawn)
    ]
    copies, parts = copies_of(*rows)
    settled = settle(said, copies, parts)
    away = pl.concat([settled.licences, settled.records])
    signed = copies.select("shard", "position", signature_hi="content_hi", signature_lo="content_lo")
    again = decide_duplicates(said, copies, signed, freer=settled.freer, away=away)
    gone = {*away["position"], *again["position"], *(row[0] for row in rows if row[3] != "keep")}
    not_passed = {row[1] for row in rows if row[2] == "image" and row[0] in gone - {*again["position"]}}
    for at, record, _, _, content, grant in rows:
        if at not in gone:
            assert record is None or record not in not_passed
            assert grant == max((row[5] for row in rows if row[4] == content), key=GRANTS.index)
    assert away["position"].is_unique().all()


NOT_OURS = "https://creativecommons.org/licenses/by-nc/4.0/"


def png(colour: int, rights: str = "") -> bytes:
    info = PngInfo()
    if rights:
        info.add_text("Copyright", rights)
    with io.BytesIO() as saved:
        Image.new("RGB", (8, 6), (colour, 90, 60)).save(saved, format="PNG", pnginfo=info)
        return saved.getvalue()


WEB = {
    "a.png": png(1),
    "a.txt": b"a whole pair",
    "b.0.png": png(2),
    "b.1.png": b"",
    "b.txt": b"of an empty picture",
    "c.0.png": png(3, NOT_OURS),
    "c.1.png": png(4),
    "c.txt": b"of a picture that is not free",
    "d.txt": b"a text alone",
    "e.png": png(1),
    "e.txt": b"of the picture of a",
}
TABLE = {
    "caption": ["of two", "of none", None, "of a null"],
    "pictures": [[png(5), png(6)], None, [png(7)], [png(8), None]],
}

POLICY = 'name: test\nversion: "1"\nlicence: {allow: [permissive, public_domain]}\nexact_duplicates: {}\n'
FREE = POLICY + "records: {pictures: each, text: alone}\n"


def make(folder: Path, said: str = POLICY) -> Workspace:
    folder.mkdir()
    with tarfile.open(folder / "web.tar", "w") as archive:
        for name, data in WEB.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    pq.write_table(pa.table(TABLE), folder / "table.parquet")
    (folder / "recipe.yaml").write_text(
        "name: pairs\n"
        "corpora:\n"
        "  - {name: web, format: webdataset, path: web.tar, licence: CC0-1.0}\n"
        "  - name: table\n    format: parquet\n    path: table.parquet\n    licence: CC0-1.0\n"
        "    columns: {text: caption, image: pictures}\n"
        "filters: {licence: {}, exact_duplicates: {}}\n"
        'release: {name: pairs, version: "1"}\n'
    )
    (folder / "policy.yaml").write_text(said)
    return Workspace.of(folder)


def curate(workspace: Workspace, batch_size: int) -> Outcome:
    return curate_all(workspace, Means(0, batch_size, quiet=True))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return curate(make(tmp_path_factory.mktemp("pairs") / "w"), 256)


def workspace_of(outcome: Outcome) -> Path:
    return outcome.release.folder.parents[2]


def told(outcome: Outcome) -> dict[str, list[tuple[str, str | None]]]:
    sql = "SELECT coalesce(path, 'row'), verdict, reason FROM item ORDER BY corpus DESC, position"
    found: dict[str, list[tuple[str, str | None]]] = {}
    for path, verdict, reason in query(outcome.catalog.path, sql).rows:
        found.setdefault(str(path), []).append((str(verdict), reason if reason is None else str(reason)))
    return found


KEPT = ("keep", None)
HELD, DROPPED = ("hold", "record_part_held"), ("drop", "record_part_dropped")


def test_a_record_is_kept_only_if_each_of_its_pictures_passes(outcome: Outcome) -> None:
    assert told(outcome) == {
        "a.png": [KEPT],
        "a.txt": [KEPT],
        "b.0.png": [HELD],
        "b.1.png": [("hold", "record_empty")],
        "b.txt": [HELD],
        "c.0.png": [("drop", "licence_denied")],
        "c.1.png": [DROPPED],
        "c.txt": [DROPPED],
        "d.txt": [KEPT],
        "e.png": [("drop", "exact_duplicate")],
        "e.txt": [KEPT],
        "row": [*[KEPT] * 5, HELD, HELD, ("hold", "field_missing")],
    }


def test_the_record_of_a_run_with_records_is_in_order(outcome: Outcome) -> None:
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(workspace_of(outcome), count_input=True)[0] == []
    crossing = "SELECT ran, keep, not_applicable, hold, \"drop\" FROM funnel WHERE filter = 'record'"
    assert query(outcome.catalog.path, crossing).rows == ((19, 13, 3, 4, 2),)
    limits = "SELECT rule, outcome FROM limit_used WHERE filter = 'record' ORDER BY ALL"
    assert query(outcome.catalog.path, limits).rows == (
        ("records.pictures", "drop"),
        ("records.pictures", "hold"),
        ("records.text", "drop"),
        ("records.text", "hold"),
    )
    same = "SELECT count(*) FROM same_work WHERE how = 'near duplicate'"
    assert query(outcome.catalog.path, same).rows == ((0,),)


def test_an_item_can_be_followed_to_the_picture_it_goes_with(outcome: Outcome) -> None:
    sql = (
        "SELECT i.item, d.label, t.path FROM item AS i JOIN decision AS d USING (run, item) "
        "JOIN item AS t ON t.item = d.twin WHERE i.path = 'c.txt' AND d.filter = 'record'"
    )
    ((item, label, path),) = query(outcome.catalog.path, sql).rows
    assert (label, path) == ("licence_denied", "c.0.png")
    said = explain(outcome.catalog.path, str(item))
    assert "  of the same record:\n" in said
    assert "image: drop, licence_denied\n" in said
    assert "record_part_dropped by records.text, twin" in said


def test_captions_and_pictures_of_a_release_are_joined_by_a_column(outcome: Outcome) -> None:
    folder = outcome.release.folder
    texts, images = (pl.read_parquet(folder / half / "*" / "*.parquet") for half in ("text", "images"))
    pairs = images.join(texts.select("record", "text"), on="record").sort("corpus", "record", "part")
    found = [(text, image["bytes"]) for text, image in pairs.select("text", "image").iter_rows()]
    assert sorted(found) == sorted([("a whole pair", png(1)), ("of two", png(5)), ("of two", png(6))])
    assert pairs.filter(pl.col("text") == "of two")["part"].to_list() == [1, 2]
    alone = texts.filter(pl.col("record").is_null())["text"].to_list()
    assert alone == ["a text alone", "of none"]
    ids = "SELECT DISTINCT record FROM item WHERE record IS NOT NULL"
    assert set(images["record"].drop_nulls()) <= {record for (record,) in query(outcome.catalog.path, ids).rows}


def test_datasets_is_told_what_the_columns_are(outcome: Outcome) -> None:
    schema = pq.read_schema(next((outcome.release.folder / "images").glob("*/*.parquet")))
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["record"] == {"dtype": "string", "_type": "Value"}
    assert features["part"] == {"dtype": "int32", "_type": "Value"}


def test_where_a_record_is_cut_into_batches_changes_nothing(outcome: Outcome, tmp_path: Path) -> None:
    again = curate(make(tmp_path / "w"), 1)
    assert again.release.digest == outcome.release.digest
    assert told(again) == told(outcome)


def test_by_policy_each_picture_and_the_text_stay_for_themselves(outcome: Outcome, tmp_path: Path) -> None:
    """As a run decides, and as it is replayed over what another run has on record."""
    free = curate(make(tmp_path / "w", FREE), 256)
    kept = told(free)
    assert [kept[name] for name in ("b.0.png", "b.txt", "c.1.png", "c.txt")] == [[KEPT]] * 4
    assert kept["c.0.png"] == [("drop", "licence_denied")]
    assert kept["row"] == [*[KEPT] * 7, ("hold", "field_missing")]
    assert [result.name for result in run_audits(free.catalog.path) if result.blocks] == []
    (tmp_path / "strict.yaml").write_text(POLICY)
    policies = [read_policy(name, tmp_path)[0] for name in ("strict.yaml", "w/policy.yaml")]
    replayed = replay(Workspace.of(workspace_of(outcome)).log, outcome.run, policies)
    for rows, ran in zip(replayed, (outcome, free), strict=True):
        decided = list(rows.select(pl.col("verdict").cast(pl.String), "reason").iter_rows())
        assert decided == [each for found in told(ran).values() for each in found]
