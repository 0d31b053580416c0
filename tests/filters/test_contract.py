"""One suite over every filter of the table: strange items, order, repetition."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

from filters.base import run_filter
from tamis.records import Filter, Findings
from tamis.testing import image_batch, mixed_batch, text_batch

STRANGE_TEXTS = {
    "empty": "",
    "blank": " \t\r\n\u00a0\u2003",
    "emoji": "\N{FAMILY}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\u200d\N{GRINNING FACE} a@example.org",
    "right to left": "\u202eכתובת\u202c info@example.org עברית ١٢٣",
    "decomposed": "re\u0301sume\u0301 jose\u0301@example.org",
    "nul": "a\x00b\x00c@example.org\x00",
    "one line of 1 MB": "a.b-c_d@e " * 100_000,
    "one word of 200 KB": "a." * 100_000,
    "digits only Presidio knows": "4\U00011de1\U00011de2\U00011de3 4111111111111111",
    "noncharacters": "\ufffe\uffff\U0010ffff",
}

CLAIMS = [("license-expression", "MIT"), ("licence-file", "\x00\N{GRINNING FACE}"), ("corpus", "")]


def _assert_same(one: Findings, other: Findings) -> None:
    assert_frame_equal(one.items, other.items)
    assert_frame_equal(one.spans, other.spans)
    assert_frame_equal(one.evidence, other.evidence)
    assert_frame_equal(one.signatures, other.signatures)


@pytest.fixture
def pictures(drawing: Image.Image, saved: Callable[..., bytes]) -> dict[str, bytes]:
    whole = saved(drawing, "PNG")
    return {
        "whole": whole,
        "truncated": whole[: len(whole) // 2],
        "one pixel": saved(Image.new("RGB", (1, 1)), "PNG"),
        "postscript named .jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        "empty": b"",
        "text": b"not a picture",
    }


@pytest.fixture
def mixed(pictures: dict[str, bytes]) -> pl.DataFrame:
    texts, images = list(STRANGE_TEXTS.values()), list(pictures.values())
    return mixed_batch([*texts[:5], *images, *texts[5:], images[0], texts[0]], claims=CLAIMS)


def test_an_empty_batch_has_empty_findings(any_filter: Filter) -> None:
    assert run_filter(any_filter, text_batch([])).items.is_empty()


@pytest.mark.parametrize("text", STRANGE_TEXTS.values(), ids=STRANGE_TEXTS)
def test_one_strange_text_gets_one_answer(any_filter: Filter, text: str) -> None:
    found = run_filter(any_filter, text_batch([text], claims=CLAIMS))
    applies = "text" in any_filter.spec.kinds
    assert found.items["status"].to_list()[0] in (
        ("seen", "failed", "check_incomplete") if applies else ("not_applicable",)
    )


@pytest.mark.parametrize("name", ["whole", "truncated", "one pixel", "postscript named .jpg", "empty", "text"])
def test_one_strange_picture_gets_one_answer(any_filter: Filter, pictures: dict[str, bytes], name: str) -> None:
    found = run_filter(any_filter, image_batch([pictures[name]], claims=CLAIMS))
    applies = "image" in any_filter.spec.kinds
    assert found.items["status"].to_list()[0] in (("seen", "unreadable") if applies else ("not_applicable",))


def test_what_was_not_measured_has_no_measures(any_filter: Filter, mixed: pl.DataFrame) -> None:
    unseen = run_filter(any_filter, mixed).items.filter(pl.col("status") != "seen")
    numbers = [measure.name for measure in any_filter.spec.measures if measure.type == "number"]
    assert unseen.select(numbers).null_count().sum_horizontal().item() == unseen.height * len(numbers)


def test_answers_keep_the_order_of_the_batch(any_filter: Filter, mixed: pl.DataFrame) -> None:
    found = run_filter(any_filter, mixed)
    assert found.items["position"].to_list() == mixed["position"].to_list()


def test_the_same_batch_twice_has_the_same_answers(any_filter: Filter, mixed: pl.DataFrame) -> None:
    _assert_same(run_filter(any_filter, mixed), run_filter(any_filter, mixed))


@pytest.mark.parametrize("size", [1, 3])
def test_the_size_of_batches_changes_nothing(any_filter: Filter, mixed: pl.DataFrame, size: int) -> None:
    parts = [run_filter(any_filter, mixed[start : start + size]) for start in range(0, mixed.height, size)]
    joined = Findings(
        items=pl.concat([part.items for part in parts]),
        spans=pl.concat([part.spans for part in parts]),
        evidence=pl.concat([part.evidence for part in parts]),
        signatures=pl.concat([part.signatures for part in parts]),
    )
    _assert_same(run_filter(any_filter, mixed), joined)


def test_an_item_that_could_not_be_read_is_not_checked(any_filter: Filter) -> None:
    found = run_filter(any_filter, pl.concat([text_batch([None]), image_batch([None], first=1)]))
    assert found.items["status"].to_list() == ["not_checked", "not_checked"]


def test_the_spec_names_every_library_and_model_with_its_version(any_filter: Filter) -> None:
    assert all(version for _, version in any_filter.spec.libraries)
    assert all(len(sha256) == 64 for _, sha256 in any_filter.spec.models)
    assert len(any_filter.spec.digest) == 64
