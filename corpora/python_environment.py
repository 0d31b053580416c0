"""The Python environment itself as a corpus: what installed distributions say in words, and the pictures they ship.

Real texts with real addresses and licences, on every machine, without a download. One shard is one distribution. Its
items, in this order: the long description; files of prose (README, CHANGES, …); files about licence and authors; the
docstrings of modules; pictures. No code of a distribution is ever imported or run. Distributions installed from a
folder (Tamis itself, as a rule) are left out, for their bytes change from day to day.

The docstring of a module is its first statement, if that is nothing but string literals, in parentheses or not, and not
blank; what comes after it need not be Python.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from functools import cached_property, lru_cache
from importlib.metadata import Distribution, distributions
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal, cast

import polars as pl

from corpora.batch import Row, batches_of, image_row, text_row
from corpora.files import kind_of_path, safe_name, sha256_or_none
from corpora.provenance import Claims
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import digest_of, text_bytes
from tamis.records import Shard

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif")

_PROSE = re.compile(r"(?i)^(readme|changes|changelog|history|news|contributing|security|roadmap|install)\b.*")
_LEGAL = re.compile(r"(?i)^(licen[cs]e|copying|notice|authors|copyright|contributors)\b.*|.*[._-]licen[cs]e$")
_PROSE_SUFFIXES = ("", ".md", ".rst", ".txt")
_HEAD = 65_536
"""Bytes of a module that are looked at first; few docstrings are longer."""

_END_OF_STRINGS = re.compile(rb"""["')][ \t\f]*(?:\Z|(?:\\(?:\r\n|\r|\n)[ \t\f]*)*(?=[;#\r\n]))""")
_ENDS_TRIED_FIRST, _ENDS_TRIED = 20, 1_000
"""Places where a module's first statement may end: tried before the module as a whole, and after it."""

_BEFORE_A_STATEMENT = {tokenize.ENCODING, tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE}

_LICENCE_FILES = 5
_LICENCE_FILE_BYTES = 65_536

Part = Literal["description", "prose", "legal", "docstring", "picture"]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a distribution that an item is made from; `name` is relative and the same on every machine."""

    part: Part
    name: str
    path: Path


class PythonEnvironmentReader:
    """Reads the environment of this interpreter, or the `site-packages` folder at the corpus's path."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec

    @cached_property
    def _found(self) -> dict[str, Distribution]:
        """Distributions by `name-version`; of two of one name the first on the path counts, as for imports."""
        path = self._spec.path
        if path and kind_of_path(self._spec) != "folder":
            raise ConfigError(
                f"corpus {self._spec.name!r}: its path is no folder. Leave `path` out for this environment."
            )
        installed = distributions(path=[path]) if path else distributions()
        by_name: dict[str, Distribution] = {}
        for each in installed:
            name = each.metadata["Name"]
            if name and each.read_text("direct_url.json") is None:
                by_name.setdefault(_normal(name), each)
        return {_shard_name(each): each for each in by_name.values()}

    def shards(self) -> list[Shard]:
        if not self._found:
            raise ConfigError(f"corpus {self._spec.name!r}: no distribution is installed there. Check `path`.")
        shards = [self._shard(name, each) for name, each in self._found.items()]
        return sorted(shards, key=lambda shard: shard.name)

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        found = self._planned(shard)
        if self._shard(shard.name, found).sha256 != shard.sha256:
            raise SourceError("shard_changed", f"shard {shard.name}: its files are not those planned. Plan again.")
        yield from batches_of(self._rows(found), shard, size=size)

    def count(self, shard: Shard) -> int:
        """By the parser, where `batches` reads tokens."""
        found = self._planned(shard)
        files = [file for file in _files(found) if file.part != "docstring" or _has_docstring(file.path)]
        return len(files) + bool(_description(found))

    def _planned(self, shard: Shard) -> Distribution:
        """The shard's distribution alone: to list them all again for each shard would take longer than all the rest."""
        place = Path(shard.locator)
        for each in distributions(name=place.name, path=[str(place.parent)]):
            if _shard_name(each) == shard.name:
                return each
        raise SourceError("shard_missing", f"shard {shard.name}: is not installed any more. Plan again.")

    def _shard(self, name: str, found: Distribution) -> Shard:
        metadata = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
        read = [(file.name, file.part, sha256_or_none(file.path)) for file in _files(found)]
        digest = digest_of([hashlib.sha256(text_bytes(metadata)).hexdigest(), read])
        size = sum(_size(file.path) for file in _files(found))
        locator = Path(str(found.locate_file(""))) / found.metadata["Name"]  # its folder on the path, and its name
        return Shard(self._spec.name, name, digest, str(locator), size + len(metadata))

    def _rows(self, found: Distribution) -> Iterator[Row]:
        labels = _labels(found)
        claims = self._claims(found)
        limit = self._spec.max_item_bytes
        description = _description(found)
        if description:
            yield text_row(description, limit=limit, labels={**labels, "path": "METADATA"}, claims=claims)
        for file in _files(found):
            own = {**labels, "path": file.name}
            if file.part == "docstring":
                yield from _docstring_rows(file, limit=limit, labels=own, claims=claims)
            else:
                yield _file_row(file, limit=limit, labels=own, claims=claims)

    def _claims(self, found: Distribution) -> Claims:
        said = _metadata(found)
        classifiers = [each for each in said.get_all("Classifier") or [] if each.startswith("License ::")]
        claims = [
            ("license-expression", said.get("License-Expression")),
            ("license-field", said.get("License")),
            *(("classifier", each) for each in classifiers),
            *(("licence-file", text) for text in _licence_texts(found)),
            ("corpus", self._spec.licence),
        ]
        return tuple((kind, value) for kind, value in claims if value and value.strip() not in {"", "UNKNOWN"})


def _normal(name: str) -> str:
    """The one spelling of a distribution's name, as packaging tools compare them (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _shard_name(found: Distribution) -> str:
    return f"{_normal(found.metadata['Name'])}-{found.version}"


def _metadata(found: Distribution) -> Message[str, str]:
    return cast("Message[str, str]", found.metadata)


def _description(found: Distribution) -> str:
    said = _metadata(found).get("Description") or _metadata(found).get_payload()
    return said if isinstance(said, str) and said.strip() not in {"", "UNKNOWN"} else ""


def _labels(found: Distribution) -> dict[str, str]:
    said = _metadata(found)
    names = [said.get(field) for field in ("Author", "Author-email", "Maintainer", "Maintainer-email")]
    given = {
        "source": said["Name"],
        "version": found.version,
        "title": said.get("Summary"),
        "url": _url(found),
        "author": ", ".join(dict.fromkeys(name for name in names if name)),
    }
    return {role: value for role, value in given.items() if value}


def _url(found: Distribution) -> str | None:
    named = [each.split(", ", 1) for each in _metadata(found).get_all("Project-URL") or [] if ", " in each]
    by_label = {label.lower(): url for label, url in named}
    for label in ("homepage", "home", "source", "repository", "source code", "documentation"):
        if label in by_label:
            return by_label[label]
    return _metadata(found).get("Home-page") or next(iter(by_label.values()), None)


@lru_cache(maxsize=8)
def _files(found: Distribution) -> tuple[_File, ...]:
    """The files that items are made from: first prose, then legal files, docstrings, pictures; each part by name."""
    kept = []
    for listed in found.files or []:
        name = PurePosixPath(listed.as_posix())
        part = _part(name)
        if part is None or ".." in name.parts:
            continue
        path = Path(str(listed.locate()))
        if _is_there(path):
            kept.append(_File(part, safe_name(name.as_posix()), path))
    order = ("prose", "legal", "docstring", "picture")
    return tuple(sorted(kept, key=lambda file: (order.index(file.part), file.name)))


def _part(name: PurePosixPath) -> Part | None:
    suffix = name.suffix.lower()
    if suffix == ".py":
        return "docstring"
    if suffix in PICTURES:
        return "picture"
    if any(parent.endswith(".dist-info") for parent in name.parts[:-1]) and "licenses" in name.parts:
        return "legal"
    if _LEGAL.match(name.name) and suffix not in {".pyc", ".pyi", ".json", ".so"}:
        return "legal"
    return "prose" if suffix in _PROSE_SUFFIXES and _PROSE.match(name.name) else None


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return True  # it is listed, and reading it will say what is wrong


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _licence_texts(found: Distribution) -> Iterator[str]:
    """The texts of small licence files; one that cannot be read is heard too, as one that nobody understands."""
    legal = [file.path for file in _files(found) if file.part == "legal"]
    small = [path for path in legal if _size(path) <= _LICENCE_FILE_BYTES]
    for path in small[:_LICENCE_FILES]:
        try:
            yield path.read_bytes().decode("utf-8", "replace")
        except OSError:
            yield "unreadable licence file"


def _file_row(file: _File, *, limit: int, labels: dict[str, str], claims: Claims) -> Row:
    kind: Literal["text", "image"] = "image" if file.part == "picture" else "text"
    try:
        with file.path.open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError:
        return Row(b"", kind, None, "file_unreadable", labels, claims)
    if kind == "image":
        return image_row(data, limit=limit, labels=labels, claims=claims)
    if len(data) > limit:
        return Row(data[:limit], kind, None, "record_too_large", labels, claims)
    try:
        return text_row(data.decode(), limit=limit, labels=labels, claims=claims)
    except UnicodeDecodeError:
        return Row(data, kind, None, "record_not_utf8", labels, claims)


def _docstring_rows(file: _File, *, limit: int, labels: dict[str, str], claims: Claims) -> Iterator[Row]:
    try:
        said = _docstring(file.path)
    except OSError:
        yield Row(b"", "text", None, "file_unreadable", labels, claims)
        return
    if said is not None:
        yield text_row(said, limit=limit, labels=labels, claims=claims)


def _docstring(path: Path) -> str | None:
    """The module's docstring by its tokens; null if it has none. Only its first bytes are read if they are enough."""
    with path.open("rb") as opened:
        head = opened.read(_HEAD)
        if len(head) < _HEAD:
            return _first_string(head)
        lines = head[: head.rfind(b"\n") + 1]
        return _first_string(lines) or _first_string(head + opened.read())


def _first_string(source: bytes) -> str | None:
    source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = io.BytesIO(source if source.endswith(b"\n") else source + b"\n").readline
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape that Python does not know would be quoted on the terminal
            return _string(_first_statement(tokenize.tokenize(lines)))
    except (tokenize.TokenError, SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return None


def _first_statement(tokens: Iterable[tokenize.TokenInfo]) -> str:
    """The first statement if it is nothing but strings and parentheses, else an empty text."""
    pieces: list[str] = []
    for token in tokens:
        if pieces and _is_over(token, pieces):
            return " ".join(pieces)
        if "\0" in token.string:
            return ""
        if token.type == tokenize.STRING or token.string in {"(", ")"}:
            if not pieces and token.line[: token.start[1]].strip("\f"):
                return ""  # indented, behind a backslash
            pieces.append(token.string)
        elif token.type not in _BEFORE_A_STATEMENT:
            return ""
    return ""


def _is_over(token: tokenize.TokenInfo, pieces: list[str]) -> bool:
    """Whether the statement ends before the token: at the line's end, a semicolon, or a comment not in parentheses."""
    if token.type == tokenize.COMMENT:
        return pieces.count("(") == pieces.count(")")
    return token.type == tokenize.NEWLINE or token.string == ";"


def _string(source: str) -> str | None:
    value = ast.literal_eval(source) if source else None
    return value if isinstance(value, str) and value.strip() else None


def _has_docstring(path: Path) -> bool:
    """By the parser; a module that cannot be read is an item all the same."""
    try:
        source = path.read_bytes()
    except OSError:
        return True
    parsed = map(_parsed, _beginnings(source))
    module = next((module for module in parsed if module and module.body), None)
    said = ast.get_docstring(module) if module else None
    return bool(said and said.strip())


def _parsed(source: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _beginnings(source: bytes) -> Iterator[bytes]:
    """What ends behind a string, shortest first, for most modules end their first statement early; then all of it.

    The first that is Python and has a statement has the same first statement as the module. Of a module that is no
    Python as a whole more beginnings are tried.
    """
    try:
        tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError:
        return
    beginnings = (source[: match.end()] + b"\n" for match in _END_OF_STRINGS.finditer(source))
    yield from islice(beginnings, _ENDS_TRIED_FIRST)
    yield source
    yield from islice(beginnings, _ENDS_TRIED)
