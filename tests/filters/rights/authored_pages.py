"""Pages written for these tests, each with the licence that covers its main text, in one of several shells.

A file holds pages one after another: `=== label | what it is`, then lines of its head, `---` and its body; without
`---` all of it is the body. A label is an SPDX expression, `none`, or `conflict`. A page that brings its own document
gets no shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("pages")
SEEN = ("seen_licensed.txt", "seen_not_licensed.txt")
HELD_BACK = ("held_back.txt",)
"""Written when the code was done; see benchmarks/web_pages.py for what it said of them at the first try."""
THIRD = ("third_licensed.txt", "third_not_licensed.txt")
"""Written without reading the rules. First try: 51 of 118 allowed, 48 of them rightly (0.941), of 53 free (0.906)."""
FOURTH = ("fourth.txt",)
"""Written once the rules were mended for the third. First try: 22 of 41 allowed, 18 rightly (0.818), of 18 free."""
FIFTH = ("fifth.txt",)
"""Written after the rules were mended for the fourth. First try: 10 of 32 allowed, all rightly, of 11 free (0.909)."""
SIXTH = ("sixth.txt",)
"""Written without reading the rules. First try: 27 of 70 allowed, all rightly, of 30 free (0.900); `IODL-2.0`, which
SPDX does not list, is not among the free."""
FILES = (*SEEN, *HELD_BACK, *THIRD, *FOURTH, *FIFTH, *SIXTH)

_HTML5 = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title><meta name="viewport" content="width=device-width">
{head}<link rel="stylesheet" href="/s.css"></head>
<body class="home has-sidebar"><nav><a href="/">Home</a> <a href="/about">About</a></nav>
{body}
</body></html>"""
_XHTML = """<?xml version="1.0"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "x.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Page</title><meta name="generator" content="Quill 2.1" />{head}
</head><body><div id="wrapper"><div id="page" class="hfeed site">
{body}
</div></div><script type="text/javascript">var licence = 0;</script></body></html>"""
_OLD = """<HTML><HEAD><TITLE>page</TITLE>{head}</HEAD>
<BODY BGCOLOR="#ffffff"><CENTER><A HREF="index.html">up</A></CENTER>
{body}
</BODY></HTML>
"""
_APP = """<!doctype html><html data-theme="light"><head>{head}<meta name="robots" content="index, follow">
<script>window.__STATE__={{"license":null}}</script></head><body><div id="app"><div class="layout__inner css-1x2y3z">
{body}
</div></div></body></html>"""
_SHELLS = (_HTML5, _XHTML, _OLD, _APP)
_WHOLE = re.compile(r"\s*<(?:\?xml|!doctype|html|head)(?=[\s>])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Authored:
    label: str
    about: str
    html: str


def pages(*files: str) -> Iterator[Authored]:
    for file in files:
        chunks = re.split(r"^=== ", (FOLDER / file).read_text("utf-8"), flags=re.MULTILINE)[1:]
        for place, chunk in enumerate(chunks):
            title, _, rest = chunk.partition("\n")
            label, _, about = title.partition(" | ")
            yield Authored(label, about, _document(rest.strip(), _SHELLS[place % len(_SHELLS)]))


def _document(fragment: str, shell: str) -> str:
    if _WHOLE.match(fragment):
        return fragment
    head, found, body = fragment.partition("\n---\n")
    return shell.format(head=head if found else "", body=body if found else fragment)
