from __future__ import annotations

import pytest

from filters.base import run_filter
from filters.repeated_lines import RepeatedLinesFilter
from tamis.errors import ConfigError
from tamis.testing import mixed_batch, text_batch

TEXT = "The first line has more than five words.\nshort line\n\nThe first line has more than five words!"


def test_each_text_with_lines_has_their_digests() -> None:
    found = run_filter(RepeatedLinesFilter(), mixed_batch([TEXT, "…", b"picture", "short line"]))
    assert found.items["lines"].to_list() == [2, 0, None, 0]
    assert found.items["paragraphs"].to_list() == [2, 0, None, 0]
    assert found.items["characters"].to_list() == [73, 0, None, 9]
    assert found.lines["position"].to_list() == [0]
    digests = found.lines["lines"][0]
    assert digests[:8] == digests[8:]
    assert len(found.lines["line_lengths"][0]) == 8


def test_short_lines_may_make_a_paragraph() -> None:
    found = run_filter(RepeatedLinesFilter(), text_batch(["Home\nAbout\nNews\nContact\nImprint"]))
    assert found.items.select("lines", "paragraphs").row(0) == (0, 1)
    assert found.lines["lines"].to_list() == [b""]


def test_the_digests_of_a_text_do_not_depend_on_the_batch() -> None:
    texts = [TEXT, "", "漢字漢字漢字", TEXT[:50], TEXT * 40]
    whole = run_filter(RepeatedLinesFilter(), text_batch(texts))
    alone = [run_filter(RepeatedLinesFilter(), text_batch([text])).lines.drop("position").rows() for text in texts]
    assert whole.lines.drop("position").rows() == [row for rows in alone for row in rows]


@pytest.mark.parametrize("least", [0, 101])
def test_a_number_out_of_range_is_refused(least: int) -> None:
    with pytest.raises(ConfigError, match=r"repeated_lines: least_words is \d+, expected 1 to 100 words"):
        RepeatedLinesFilter(least_words=least)


def test_whatever_changes_the_digests_is_in_the_digest_of_the_filter() -> None:
    specs = [RepeatedLinesFilter(least_words=least).spec for least in (5, 6)]
    assert len({spec.digest for spec in specs}) == 2
    assert dict(specs[0].parameters) == {"least_words": 5, "algorithm": 1}
