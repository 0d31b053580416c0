"""run_filter: the one check of a filter's promise."""

from __future__ import annotations

import math
from collections.abc import Callable

import polars as pl
import pytest

from filters.base import run_filter
from tamis.errors import ContractError
from tamis.records import EVIDENCE, SIGNATURES, SPANS, FilterSpec, Findings, Measure
from tamis.testing import Answer, ScriptedFilter, image_batch, mixed_batch, text_batch


class Spoiled:
    """A filter whose answer is changed after the fact, to break a promise."""

    def __init__(self, spoil: Callable[[Findings], Findings], **options: object) -> None:
        self.inner = ScriptedFilter(lambda row: Answer(measures={"score": 0.5}), **options)
        self.spoil = spoil

    @property
    def spec(self) -> FilterSpec:
        return self.inner.spec

    def find(self, batch: pl.DataFrame) -> Findings:
        return self.spoil(self.inner.find(batch))


class Counting:
    """Notes how many items it is shown."""

    def __init__(self, **options: object) -> None:
        self.inner = ScriptedFilter(lambda row: Answer(measures={"score": float(len(row["text"] or ""))}), **options)
        self.shown: list[list[int]] = []

    @property
    def spec(self) -> FilterSpec:
        return self.inner.spec

    def find(self, batch: pl.DataFrame) -> Findings:
        self.shown.append(batch["position"].to_list())
        return self.inner.find(batch)


def test_every_item_of_the_batch_gets_a_row_in_order() -> None:
    batch = mixed_batch(["a", b"picture", "bb"], first=7)
    found = run_filter(Counting(kinds=("text",)), batch)
    assert found.items.rows() == [(7, "seen", 1.0), (8, "not_applicable", None), (9, "seen", 2.0)]


def test_an_item_with_a_reason_is_not_checked_and_never_shown() -> None:
    counting = Counting(kinds=("image",))
    found = run_filter(counting, text_batch([None, "a"]))
    assert found.items["status"].to_list() == ["not_checked", "not_applicable"]
    assert counting.shown == []


def test_an_empty_batch_does_not_reach_the_filter() -> None:
    counting = Counting()
    found = run_filter(counting, text_batch([]))
    assert counting.shown == []
    assert found.items.schema == counting.spec.schema
    assert found.items.is_empty()


SAID = ("licence", "column", 2, "item", None, "MIT", "permissive", "attribution", None, True, None, True, 1, 2)


def test_equal_content_is_shown_once_and_answered_for_each_copy() -> None:
    answer = Answer(
        measures={"score": 1.0},
        spans=[("KIND", 0, 1, 1.0, "R")],
        evidence=[SAID],
        signatures=[(3, 4)],
    )
    found = run_filter(ScriptedFilter({"x": answer}), text_batch(["y", "x", "x"]))
    assert found.items["score"].to_list() == [None, 1.0, 1.0]
    assert found.spans["position"].to_list() == [1, 2]
    assert found.evidence["position"].to_list() == [1, 2]
    assert found.signatures["position"].to_list() == [1, 2]


def test_a_filter_that_reads_items_is_shown_every_copy() -> None:
    by_content, by_item = Counting(reads="content"), Counting(reads="item")
    batch = text_batch(["x", "y", "x"])
    run_filter(by_content, batch)
    run_filter(by_item, batch)
    assert by_content.shown == [[0, 1]]
    assert by_item.shown == [[0, 1, 2]]


def test_equal_bytes_of_different_kinds_are_different_content() -> None:
    counting = Counting()
    run_filter(counting, mixed_batch(["x", b"x"]))
    assert counting.shown == [[0, 1]]


def test_spans_come_back_sorted() -> None:
    answer = Answer(spans=[("B", 1, 2, 1.0, "R"), ("A", 0, 1, 1.0, "R")])
    found = run_filter(ScriptedFilter({"xyz": answer}), text_batch(["xyz"]))
    assert found.spans["kind"].to_list() == ["A", "B"]


def test_offsets_count_code_points() -> None:
    last = Answer(spans=[("KIND", 1, 2, 1.0, "R")])
    run_filter(ScriptedFilter({"\N{GRINNING FACE}x": last}), text_batch(["\N{GRINNING FACE}x"]))
    beyond = Answer(spans=[("KIND", 1, 3, 1.0, "R")])
    with pytest.raises(ContractError, match="position 0, 1–3 of 2 characters"):
        run_filter(ScriptedFilter({"\N{GRINNING FACE}x": beyond}), text_batch(["\N{GRINNING FACE}x"]))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda found: Findings(found.items.head(1)), r"scripted/1: 2 items in, 1 findings out \(shard s, rows 0–1\)"),
        (lambda found: Findings(found.items.reverse()), "in order"),
        (lambda found: Findings(found.items.drop("score")), "score Float64"),
        (lambda found: Findings(found.items.with_columns(more=1)), "not expected: more"),
        (lambda found: Findings(found.items.select("score", "status", "position")), "order of the columns"),
        (lambda found: Findings(found.items.with_columns(pl.col("score").cast(pl.Float32))), "score Float64"),
        (lambda found: Findings(found.items.with_columns(status=pl.lit(None, found.items.schema["status"]))), "status"),
        (lambda found: Findings(found.items, spans=_spans(0, 0, 0)), "outside their text"),
        (lambda found: Findings(found.items, spans=_spans(0, 0, 9)), "outside their text"),
        (lambda found: Findings(found.items, spans=_spans(5, 0, 1)), "not asked about, the first 5"),
        (lambda found: Findings(found.items, spans=_spans(0, 0, 1).drop("score")), "score Float32"),
        (lambda found: Findings(found.items, signatures=_signatures(9)), "not asked about"),
        (lambda found: Findings(found.items, evidence=_evidence("rumour", 2, "permissive")), "closed lists"),
        (lambda found: Findings(found.items, evidence=_evidence("column", 7, "permissive")), "closed lists"),
        (lambda found: Findings(found.items, evidence=_evidence("column", 2, "free")), "closed lists"),
    ],
)
def test_a_broken_promise_is_an_error_that_says_where(spoil: Callable[[Findings], Findings], says: str) -> None:
    with pytest.raises(ContractError, match=says):
        run_filter(Spoiled(spoil), text_batch(["secret", "word"]), shard="s")


@pytest.mark.parametrize("value", [-1.0, 1.1, math.inf, -math.inf])
def test_a_number_outside_the_range_of_its_measure_is_a_broken_promise(value: float) -> None:
    share = Measure("share", "number", "A share.", (0, 1))
    shares = ScriptedFilter({"x": Answer(measures={"share": value})}, measures=(share,))
    with pytest.raises(ContractError, match=f"share is {value} at position 0, expected 0 to 1"):
        run_filter(shares, text_batch(["x"]))


@pytest.mark.parametrize("value", [0.0, 1.0, None, math.nan])
def test_the_ends_of_a_range_are_inside_and_no_number_is_for_the_policy(value: float | None) -> None:
    share = Measure("share", "number", "A share.", (0, 1))
    shares = ScriptedFilter({"x": Answer(measures={"share": value})}, measures=(share,))
    assert run_filter(shares, text_batch(["x"])).items["share"].equals(pl.Series("share", [value], dtype=pl.Float64))


def test_a_filter_cannot_call_items_of_its_own_kinds_not_applicable() -> None:
    with pytest.raises(ContractError, match="1 items of kinds that the filter is for are not_applicable, the first at"):
        run_filter(ScriptedFilter({"x": Answer(status="not_applicable")}), text_batch(["y", "x"]))


def test_a_filter_with_another_measure_is_another_filter() -> None:
    digests = {
        ScriptedFilter({}, measures=measures).spec.digest
        for measures in (
            (),
            (Measure("a", "number", "A."),),
            (Measure("a", "label", "A."),),
            (Measure("a", "number", "A."), Measure("b", "number", "B.")),
        )
    }
    assert len(digests) == 4
    said_otherwise = ScriptedFilter({}, measures=(Measure("a", "number", "Said otherwise.", (0, 1)),))
    assert said_otherwise.spec.digest in digests


def test_a_span_in_a_picture_is_a_broken_promise() -> None:
    with pytest.raises(ContractError, match="outside their text"):
        run_filter(Spoiled(lambda found: Findings(found.items, spans=_spans(0, 0, 1))), image_batch([b"x"]))


def test_no_message_holds_content() -> None:
    with pytest.raises(ContractError) as caught:
        run_filter(Spoiled(lambda found: Findings(found.items, spans=_spans(0, 0, 99))), text_batch(["secret"]))
    assert "secret" not in str(caught.value)


def test_a_batch_of_another_schema_is_refused() -> None:
    with pytest.raises(ContractError, match="title String"):
        run_filter(Counting(), text_batch(["a"]).drop("title"))


def test_a_batch_out_of_order_is_refused() -> None:
    with pytest.raises(ContractError, match="ascend"):
        run_filter(Counting(), text_batch(["a", "b"]).reverse())


def test_an_item_with_neither_content_nor_reason_is_refused() -> None:
    with pytest.raises(ContractError, match="neither content nor a reason, the first at position 1"):
        run_filter(Counting(), text_batch(["a", None]).with_columns(reason=None).cast({"reason": pl.String}))


def _spans(position: int, start: int, end: int) -> pl.DataFrame:
    return pl.DataFrame([(position, "KIND", start, end, 1.0, "R", None, None)], schema=SPANS, orient="row")


def _signatures(position: int) -> pl.DataFrame:
    return pl.DataFrame([(position, 1, 2)], schema=SIGNATURES, orient="row")


def _evidence(kind: str, level: int, grant: str) -> pl.DataFrame:
    said = (0, "licence", kind, level, *SAID[3:6], grant, *SAID[7:])
    return pl.DataFrame([said], schema=EVIDENCE, orient="row")
