"""Docstrings: read by tokens, counted by the parser, and both mean the same."""

import ast
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpora import python_environment
from corpora.python_environment import _HEAD, _docstring, _has_docstring
from corpora.table import reader_for
from tests.corpora.conftest import python_environment as environment

DOCSTRINGS = {
    b'"""Doc."""\n': "Doc.",
    b'"""Doc."""': "Doc.",
    b'# comment\n\n\n"Doc."\nx = 1\n': "Doc.",
    b'("Doc.")\n': "Doc.",
    b'(("Do"\n  # comment\n  "c."))\n': "Doc.",
    b'"Do" "c."; x = 1\n': "Doc.",
    b'"Doc."; def (:\n': "Doc.",
    b'"""Doc."""\ndef (:\n': "Doc.",
    b'"""Doc."""\nx = "\0"\n': "Doc.",
    b'"""Doc."""\nx = ' + b"(" * 5000 + b")" * 5000 + b"\n": "Doc.",
    b'"""Doc."""\nx = ' + b"-" * 50_000 + b"1\n": "Doc.",
    b'"""Doc."""\n#\n#\n\xff\xfe\n': "Doc.",
    b'"Do" \\\n  "c."\n': "Doc.",
    b'\\\n"Doc."\n': "Doc.",
    b'"Doc."  # comment\n': "Doc.",
    b'"Doc."\n\xff\n': "Doc.",
    b'# comment\r"Doc."\rx = 1\r': "Doc.",
    b'"""Do\r\nc."""\r\n': "Do\nc.",
    b'\xef\xbb\xbf"Doc."\n': "Doc.",
    b'# coding: latin-1\n"caf\xe9"\n': "café",
    b'r"\\d"\n': "\\d",
    b'"\\d"\n': "\\d",
    b'"""He said "x"\nand (y)\n"""\nprint "python 2"\n': 'He said "x"\nand (y)\n',
    b'\f"Doc."\n': "Doc.",
    b'"Doc." # nul \0\n': "Doc.",
    b'\\\n\n"Doc."': "Doc.",
    b"#" * (_HEAD + 5) + b'\n"Doc."\n': "Doc.",
    b'"""' + b"long " * 20_000 + b'"""\n': "long " * 20_000,
    b'"a" ' * 20_000 + b"\n": "a" * 20_000,
    b'"""' + b"x" * (_HEAD - 7) + b'""" "more"\n': "x" * (_HEAD - 7) + "more",
}

NONE = [
    b"",
    b"x = 1\n",
    b'"   "\n',
    b'""\n',
    b'b"bytes"\n',
    b'f"{x}"\n',
    b'"a" b"b"\n',
    b'"a" f"{x}"\n',
    b'("Doc.",)\n',
    b'"Doc.".upper()\n',
    b'("Doc.")()\n',
    b'"Doc." % x\n',
    b'"Doc." \\\n + x\n',
    b'x = """no\ndoc"""\n',
    b' "indented"\n',
    b'\\\n "indented"\n',
    b'"open\n',
    b'"""open\n',
    b'("open"\n',
    b'("Doc."; x)\n',
    b'"Doc.")\n',
    b"()\n",
    b"(" * 300 + b'"Doc."' + b")" * 300 + b"\n",
    b'# nul \0\n"Doc."\n',
    b'"""nul \0"""\n',
    b'"\xff"\n',
    b'# comment\n\xff\n"Doc."\n',
    b'# coding: nonsense\n"Doc."\n',
    b'# coding: rot13\n"Doc."\n',
    b"import os\nprint 'python 2'\n",
    b"def (:\n",
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize(("source", "said"), DOCSTRINGS.items(), ids=lambda case: repr(case[:30]))
def test_a_first_statement_of_strings_is_a_docstring_whatever_follows(tmp_path, source, said):
    (tmp_path / "a.py").write_bytes(source)
    assert _docstring(tmp_path / "a.py") == said
    assert _has_docstring(tmp_path / "a.py")


@pytest.mark.parametrize("source", NONE, ids=lambda source: repr(source[:30]))
def test_anything_else_is_none(tmp_path, source):
    (tmp_path / "a.py").write_bytes(source)
    assert _docstring(tmp_path / "a.py") is None
    assert not _has_docstring(tmp_path / "a.py")


PIECES = [
    '"a"',
    '"""',
    "'",
    "(",
    ")",
    ";",
    "\n",
    "\\\n",
    "#",
    "x",
    " ",
    "+",
    ",",
    "b",
    "f",
    "\0",
    "\r",
    "if x:",
    "\t",
    "é",
]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_both_ways_find_the_same_docstrings(tmp_path_factory, source):
    assume(not source.lstrip().startswith("\\"))  # the two parsers differ on what that joins to nothing
    path = tmp_path_factory.getbasetemp() / "soup.py"
    path.write_bytes(source.encode())
    assert (_docstring(path) is not None) == _has_docstring(path)


def test_both_ways_agree_on_the_standard_library():
    modules = sorted(Path(ast.__file__).parent.glob("[a-f]*.py"))
    assert len(modules) > 40
    for path in modules:
        assert (_docstring(path) is not None) == _has_docstring(path), path


def test_files_that_cannot_be_read_are_items_that_are_held(tmp_path, monkeypatch):
    corpus = environment(tmp_path)
    whole = Path.open

    def refused(path, *arguments, **named):
        if path.name in {"none.py", "LICENSE", "logo.png"}:
            raise PermissionError(13, "Permission denied")
        return whole(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refused)
    python_environment._files.cache_clear()
    reader = reader_for(corpus)
    (shard,) = reader.shards()
    rows = pl.concat(reader.batches(shard, size=10))
    assert reader.count(shard) == rows.height
    held = {row["path"] for row in rows.iter_rows(named=True) if row["reason"] == "file_unreadable"}
    assert held == {"tiny/none.py", "tiny/logo.png", "tiny_dist-1.0.dist-info/licenses/LICENSE"}
    assert {"kind": "licence-file", "value": "unreadable licence file"} in rows["claims"][0].to_list()
