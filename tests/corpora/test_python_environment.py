"""What a module's docstring is: the reader and the count ask in two ways and must agree."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpora.python_environment import _docstring, _has_docstring

MODULES = {
    b'"""doc"""\n': "doc",
    b'# comment\n\n"doc"\nx = 1\n': "doc",
    b'("doc")\n': "doc",
    b'(\n  "do"  # why\n  "c"\n)\n': "doc",
    b'"doc"; x = 1\n': "doc",
    b'"do" \\\n"c"\n': "doc",
    b"'''doc'''\nprint 'two'\n": "doc",
    b'"""doc"""\nx = (\n': "doc",
    b'"""doc"""\nx = "\x00"\n': "doc",
    b'"""doc"""\n' + b"(" * 300 + b"\n": "doc",
    b'"""doc"""\n# \xff\n': "doc",
    b'"doc"': "doc",
    b'"doc" + "more"\n': None,
    b'("doc")()\n': None,
    b'("doc",)\n': None,
    b'f"doc"\n': None,
    b'b"doc"\n': None,
    b'"  "\n': None,
    b'  "doc"\n': None,
    b"x = 1\n": None,
    b'import x\n"doc"\n': None,
    b"": None,
    b'"""open\n': None,
    b"# coding: nowhere\n'doc'\n": None,
}


@pytest.mark.parametrize(("source", "said"), MODULES.items())
def test_the_docstring_is_the_string_that_the_first_statement_is(tmp_path, source, said):
    path = tmp_path / "module.py"
    path.write_bytes(source)
    assert _docstring(path) == said
    assert _has_docstring(path) == (said is not None)


_PIECES = st.sampled_from(
    [b'"a"', b"'''b'''", b"(", b")", b";", b"\n", b" ", b"# c\n", b"x", b"=", b"1", b"\\\n", b","]
)


@given(st.lists(_PIECES, max_size=12))
@example([b'"a"', b";"])
def test_reader_and_count_agree_on_any_beginning(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "piece.py"
    path.write_bytes(b"".join(pieces))
    assert _has_docstring(path) == (_docstring(path) is not None)
