"""Reads lexicons: files with a term on each line, its language, weight and category, and where it does not count.

Told by the suffix: `.csv` and `.tsv`, with a heading, and `.jsonl` or `.ndjson`. The columns are those of COLUMNS, of
which `term` is needed. `docs/unsafe_text.md` says what each means.

A lexicon that lost a term lets something through, so that one damaged line refuses the file. No message quotes a term
or anything that might be one: what is wrong is said by its line.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from filters.given_files import Faults, bytes_given, first_line_that_is_not_utf8
from filters.lexicon.categories import CATEGORIES, IDENTITY
from filters.lexicon.matching import LONGEST_TERM, words_of
from tamis.errors import ConfigError, did_you_mean
from tamis.labels import safe_word
from tamis.records import Columns

MAX_BYTES: Final = 200_000_000
MAX_ENTRIES: Final = 1_000_000

COLUMNS: Final = ("term", "language", "weight", "category", "allowed_in", "group")
ANY: Final = "any"
"""The language of a term that counts whatever language a text is in."""
BETWEEN: Final = ";"
"""What parts the phrases of `allowed_in`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_GROUP = re.compile(r"[a-z][a-z0-9_]{0,31}")
_HEADING = re.compile(r"[a-z_ -]{1,20}")

_ENTRIES: Columns = {
    "line": pl.UInt32,
    "term": pl.String,
    "language": pl.String,
    "weight": pl.Float64,
    "category": pl.String,
    "allowed_in": pl.List(pl.String),
    "group": pl.String,  # of terms of identity: whom they name; null where the list does not say
}
ENTRIES = pl.Schema(_ENTRIES)
"""One row for each entry, in the order of the file."""

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What one file holds."""

    name: str
    """The file's name without its suffix: how the list is called on record."""
    sha256: str
    entries: pl.DataFrame = field(repr=False)
    """Schema ENTRIES."""


def read_lexicon(path: Path) -> Lexicon:
    """Reads one file.

    Raises:
        ConfigError: it cannot be read, is of no known form, is empty, or a line is wrong; every fault with its line.
    """
    name = path.stem
    if not _NAME.fullmatch(name) or safe_word(name) != name:
        raise ConfigError(
            f"the lexicon {safe_word(path.name)!r}: its name stands in the catalog, so it may have 64 letters, digits, "
            "`.`, `_` and `-`, and nothing that looks like a number of somebody's. Rename it."
        )
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise ConfigError(
            f"{path.name}: is of no known form. A lexicon is a file of {', '.join(_FORMS)}; `tamis import-words` makes "
            "one of other lists."
        )
    data = bytes_given(path, most=MAX_BYTES, what="A lexicon")
    faults = Faults(path.name)
    entries = _entries(data, form, faults)
    if entries.is_empty():
        faults.note_if_alone("holds no terms; take it out of `lists` if that is meant")
    faults.say()
    return Lexicon(name, hashlib.sha256(data).hexdigest(), entries)


def _entries(data: bytes, form: Callable[[str, Faults], Iterator[tuple[int, Fields]]], faults: Faults) -> pl.DataFrame:
    """The entries that are sound; what is wrong with the others is noted."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.note(first_line_that_is_not_utf8(data), "is not UTF-8")
        return ENTRIES.to_frame()
    rows = []
    for line, fields in form(text, faults):
        try:
            rows.append((line, *_checked(fields)))
        except ValueError as error:
            faults.note(line, str(error))
        if len(rows) > MAX_ENTRIES:
            faults.note(None, f"has more than {MAX_ENTRIES:,} terms; split it")
            break
    entries = pl.DataFrame(rows, schema=ENTRIES, orient="row")
    for line, words in zip(entries["line"], words_of(entries["term"]).counts.tolist(), strict=True):
        if fault := _fault_of_length(words):
            faults.note(line, f"its term {fault}")
    phrases = entries.select("line", "allowed_in").explode("allowed_in", empty_as_null=False).drop_nulls()
    for line, words in zip(phrases["line"], words_of(phrases["allowed_in"]).counts.tolist(), strict=True):
        if fault := _fault_of_length(words):
            faults.note(line, f"a phrase of its allowed_in {fault}")
    terms = set(entries["term"].str.to_lowercase())
    for line, group in entries.select("line", "group").drop_nulls().iter_rows():
        if group in terms:
            faults.note(line, "its group is a term of the list, and groups stand in the catalog; call it otherwise")
    return entries


def _fault_of_length(words: int) -> str:
    if words == 0:
        return "has no letters and no digits, and only these are compared"
    if words > LONGEST_TERM:
        return f"has {words} words, at most {LONGEST_TERM} are compared"
    return ""


def _checked(fields: Fields) -> tuple[str, str, float, str, list[str], str | None]:
    term = str(fields.get("term") or "").strip()
    if not term:
        raise ValueError("has no term")
    language = str(fields.get("language") or ANY).strip().lower()
    if language != ANY and not _LANGUAGE.fullmatch(language):
        raise ValueError("its language is none: expected an ISO 639 code of two or three letters, or `any`")
    category = str(fields.get("category") or "other").strip().lower()
    if category not in CATEGORIES:
        raise ValueError(f"its category is none of {', '.join(CATEGORIES)}")
    group = str(fields.get("group") or "").strip().lower()
    if group and category != IDENTITY:
        raise ValueError(f"has a group, which is for the category {IDENTITY} alone")
    if group and not _GROUP.fullmatch(group):
        raise ValueError("its group stands in the catalog, so it may have 32 small letters, digits and `_`")
    return term, language, _weight(fields.get("weight")), category, _phrases(fields.get("allowed_in")), group or None


def _weight(given: Any) -> float:
    if given is None or given == "":
        return 1.0
    try:
        weight = float(given)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:  # neither is NaN
        raise ValueError("its weight is no number above 0, up to 1")
    return weight


def _phrases(given: Any) -> list[str]:
    phrases = given if isinstance(given, list) else str(given or "").split(BETWEEN)
    return [phrase for each in phrases if (phrase := each.strip())]


def _separated(text: str, faults: Faults, *, by: str) -> Iterator[tuple[int, Fields]]:
    """An entry is one line, also where a field is quoted: a quote that is never closed would swallow what follows."""
    heading: list[str] = []
    for line, written in _lines(text):
        try:
            cells = next(csv.reader([written], delimiter=by, strict=True))
        except csv.Error:
            faults.note(line, "has a quote that is not closed in this line, or is not where one may be")
            continue
        if not heading:
            heading = [cell.strip().lower() for cell in cells]
            if not _is_heading(heading, line, faults):
                return
        elif len(cells) != len(heading):
            faults.note(line, f"has {len(cells)} fields, the heading has {len(heading)}")
        else:
            yield line, dict(zip(heading, cells, strict=True))


def _is_heading(heading: list[str], line: int, faults: Faults) -> bool:
    """Nothing of it is quoted that is no word: it may be an entry."""
    if "term" not in heading:
        faults.note(line, f"is no heading: expected the columns {', '.join(COLUMNS)}, the first of them at least")
        return False
    unknown = [name for name in heading if name not in COLUMNS]
    for name in unknown:
        shown = f" {name!r}{did_you_mean(name, COLUMNS)}" if _HEADING.fullmatch(name) else ""
        faults.note(line, f"unknown column{shown}; take it out")
    if len(set(heading)) < len(heading):
        faults.note(line, "names a column twice")
    return not unknown and len(set(heading)) == len(heading)


def _json_lines(text: str, faults: Faults) -> Iterator[tuple[int, Fields]]:
    for line, written in _lines(text):
        try:
            entry = orjson.loads(written)
        except orjson.JSONDecodeError:
            faults.note(line, "is no JSON")
            continue
        fault = _fault_of_shape(entry)
        if fault:
            faults.note(line, fault)
        else:
            yield line, entry


def _fault_of_shape(entry: object) -> str:
    """What is wrong with the shape of an object; empty if nothing is."""
    if not isinstance(entry, dict):
        return "is no object with keys and values"
    if not entry.keys() <= set(COLUMNS):
        return f"has a key that is none of {', '.join(COLUMNS)}; take it out"
    for key, value in entry.items():
        if key == "weight":
            fits = value is None or type(value) in (int, float)  # by exact class, for `true` is a number to Python
        elif key == "allowed_in":
            words = value if isinstance(value, list) else [value or ""]
            fits = all(isinstance(word, str) for word in words)
        else:
            fits = value is None or isinstance(value, str)
        if not fits:
            return f"the value of {key!r} is a {type(value).__name__}"
    return ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Those that are not blank, counted from 1."""
    for line, written in enumerate(io.StringIO(text, newline="\n"), start=1):
        if written.strip():
            yield line, written.strip("\r\n")


def _csv(text: str, faults: Faults) -> Iterator[tuple[int, Fields]]:
    return _separated(text, faults, by=",")


def _tsv(text: str, faults: Faults) -> Iterator[tuple[int, Fields]]:
    return _separated(text, faults, by="\t")


_FORMS: dict[str, Callable[[str, Faults], Iterator[tuple[int, Fields]]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}
