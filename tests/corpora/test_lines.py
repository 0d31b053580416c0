import io
import tracemalloc

import pytest

from corpora.lines import bounded_lines, count_lines
from corpora.spec import CorpusSpec


def lines(data, limit=8):
    return list(bounded_lines(io.BytesIO(data), limit))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a\nb", [(b"a", True), (b"b", True)]),
        (b"a\r\n\n  \r\nb\n", [(b"a", True), (b"b", True)]),
        (b"12345678\nx\n", [(b"12345678", True), (b"x", True)]),
        (b"12345678\r\nx\n", [(b"12345678", True), (b"x", True)]),
        (b"123456789\nx\n", [(b"12345678", False), (b"x", True)]),
        (b"1234567890abcdefghijkl\nx", [(b"12345678", False), (b"x", True)]),
        (b" " * 30 + b"{}\nx\n", [(b" " * 8, False), (b"x", True)]),
        (b" " * 30 + b"\nx\n", [(b"x", True)]),
        (b"a\0b\n\xff\n", [(b"a\0b", True), (b"\xff", True)]),
    ],
)
def test_every_line_that_is_not_blank_is_given_once(data, expected):
    assert lines(data) == expected
    assert count_lines(io.BytesIO(data), ()) == len(expected)


@pytest.mark.parametrize("length", range(30))
def test_a_line_of_any_length_is_one_line_and_the_next_is_whole(length):
    found = lines(b"y" * length + b"\nnext\n")
    assert found == [*([(b"y" * min(length, 8), length <= 8)] if length else []), (b"next", True)]


def test_an_endless_line_takes_no_more_memory_than_the_limit():
    stream = io.BytesIO(b"y" * 20_000_000 + b"\nnext\n")
    tracemalloc.start()
    found = [whole for _, whole in bounded_lines(stream, 10_000)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [False, True]
    assert peak < 200_000


def test_lines_are_counted_by_pieces():
    stream = io.BytesIO(b"y" * 20_000_000 + b"\n" + b" " * 200_000 + b"\n" + b" " * 200_000 + b"z\nnext")
    tracemalloc.start()
    assert count_lines(stream, ()) == 3
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 500_000


def test_a_column_that_is_not_named_keeps_its_name():
    spec = CorpusSpec("letters", "jsonl", "letters.jsonl", columns=(("text", "body"),))
    assert (spec.column("text"), spec.column("id")) == ("body", "id")
