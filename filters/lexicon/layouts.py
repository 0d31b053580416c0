"""Takes terms over from lists as they are published: a folder of languages, one term a line, or a table.

A folder is laid out as LDNOOBW's: a file for each language, named by its code, with a term on each line; what is named
otherwise is left alone. A file without a suffix or a `.txt` has a term on each line, `#` begins a comment. A `.csv` or
`.tsv` has a heading, and its columns are said by name.

What a lexicon cannot hold (terms without letters, such as emoji, and those of too many words) is left out and told by
its line; nothing of a list is quoted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from filters.given_files import bytes_given, first_line_that_is_not_utf8
from filters.lexicon.categories import CATEGORIES
from filters.lexicon.entries import ANY, COLUMNS, MAX_BYTES
from filters.lexicon.matching import LONGEST_TERM, words_of
from tamis.errors import ConfigError

_LANGUAGE_FILE: Final = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z0-9_-]+)?(?:\.txt)?")
_TABLES: Final = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a list does not say itself."""

    category: str
    """Of terms whose list has no column for it, one of CATEGORIES."""
    language: str = ANY
    weight: float = 1.0
    heaviest: float = 1.0
    """The number of the list's column of weights that stands for a weight of 1."""
    columns: tuple[tuple[str, str], ...] = ()
    """(one of COLUMNS, the name of the list's column)."""
    renamed: tuple[tuple[str, str], ...] = ()
    """(a category of the list's, one of ours)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A list as a lexicon."""

    text: str
    """The file, as CSV."""
    terms: int
    twice: int
    """Terms that were there before, written alike to Tamis, of the same language and category."""
    left_out: tuple[str, ...]
    """`FILE:LINE` of each term that no lexicon can hold."""


@dataclass(frozen=True, slots=True)
class _Row:
    place: str
    fields: Mapping[str, str]


def take_over(source: Path, said: Said) -> Taken:
    """Makes a lexicon of a list.

    Raises:
        ConfigError: the list cannot be read, is laid out in no way that is known, or says what a lexicon cannot.
    """
    _check(said)
    rows = list(_rows(source, said))
    words = words_of(pl.Series([row.fields["term"] for row in rows], dtype=pl.String))
    with io.StringIO(newline="") as text:
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(COLUMNS)
        known: set[tuple[bytes, str, str]] = set()
        left_out = []
        for number, row in enumerate(rows):
            hashes = words.hashes[words.bounds[number] : words.bounds[number + 1]]
            key = (hashes.tobytes(), row.fields["language"], row.fields["category"])
            if not 1 <= len(hashes) <= LONGEST_TERM:
                left_out.append(row.place)
            elif key not in known:
                known.add(key)
                lines.writerow([row.fields[column] for column in COLUMNS])
        if not known:
            raise ConfigError(f"{source.name}: holds no terms that a lexicon can hold.")
        return Taken(text.getvalue(), len(known), len(rows) - len(left_out) - len(known), tuple(left_out))


def _check(said: Said) -> None:
    for category in (said.category, *(ours for _, ours in said.renamed)):
        if category not in CATEGORIES:
            raise ConfigError.unknown("category", category, CATEGORIES)
    for ours, _ in said.columns:
        if ours not in COLUMNS:
            raise ConfigError.unknown("column of a lexicon", ours, COLUMNS)


def _rows(source: Path, said: Said) -> Iterator[_Row]:
    if source.is_dir():
        yield from _of_languages(source, said)
    elif source.suffix.lower() in _TABLES:
        yield from _of_table(source, said, delimiter=_TABLES[source.suffix.lower()])
    elif source.suffix.lower() in {"", ".txt"}:
        yield from _of_lines(source, said, language=said.language)
    else:
        raise ConfigError(
            f"{source.name}: is laid out in no way that is known: a folder with a file for each language, a .txt with "
            "a term on each line, or a .csv or .tsv with a heading."
        )


def _of_languages(folder: Path, said: Said) -> Iterator[_Row]:
    named = [(path, match[1]) for path in sorted(folder.iterdir()) if (match := _LANGUAGE_FILE.fullmatch(path.name))]
    if not named:
        raise ConfigError(f"{folder.name}: has no file that is named by a language, such as en or fr.txt.")
    if said.language != ANY:
        named = [(path, code) for path, code in named if code == said.language]
    if not named:
        raise ConfigError(f"{folder.name}: has no file for the language {said.language!r}.")
    for path, code in named:
        yield from _of_lines(path, said, language=code)


def _of_lines(path: Path, said: Said, *, language: str) -> Iterator[_Row]:
    for line, written in enumerate(_text(path).splitlines(), start=1):
        term = written.strip()
        if term and not term.startswith("#"):
            yield _Row(f"{path.name}:{line}", _filled({"term": term}, said, language=language))


def _of_table(path: Path, said: Said, *, delimiter: str) -> Iterator[_Row]:
    lines = csv.reader(io.StringIO(_text(path), newline=""), delimiter=delimiter)
    heading = [cell.strip() for cell in next(lines, [])]
    theirs = dict(said.columns) or {name: name for name in COLUMNS if name in heading}
    missing = [name for name in theirs.values() if name not in heading]
    if missing or "term" not in theirs:
        raise ConfigError(
            f"{path.name}: has no column {missing[0] if missing else 'term'!r} in its heading. Say with --column "
            "OURS=THEIRS which is which, such as term=word."
        )
    for cells in lines:
        place = f"{path.name}:{lines.line_num}"
        if not any(cells):
            continue
        if len(cells) != len(heading):
            raise ConfigError(f"{place}: has {len(cells)} fields, the heading has {len(heading)}.")
        row = dict(zip(heading, cells, strict=True))
        given = {ours: " ".join(row[name].split()) for ours, name in theirs.items()}
        yield _Row(place, _placed(given, said, place=place))


def _placed(given: dict[str, str], said: Said, *, place: str) -> Mapping[str, str]:
    if given.get("category"):
        ours = dict(said.renamed).get(given["category"], given["category"].lower())
        if ours not in CATEGORIES:
            raise ConfigError(
                f"{place}: its category is none of {', '.join(CATEGORIES)}. Say with --map THEIRS=OURS what it means."
            )
        given["category"] = ours
    if given.get("weight"):
        given["weight"] = _weight(given["weight"], said.heaviest, place=place)
    return _filled(given, said, language=given.get("language", "").lower() or said.language)


def _weight(written: str, heaviest: float, *, place: str) -> str:
    try:
        weight = float(written) / heaviest
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:
        raise ConfigError(
            f"{place}: its weight is no number above 0, up to {heaviest:g}. Say with --heaviest which number is the "
            "most, or take the line out."
        )
    return f"{weight:.6g}"


def _filled(given: Mapping[str, str], said: Said, *, language: str) -> Mapping[str, str]:
    meant = {"category": said.category, "weight": f"{said.weight:g}", "allowed_in": "", "group": ""}
    return {**meant, **{name: value for name, value in given.items() if value}, "language": language}


def _text(path: Path) -> str:
    data = bytes_given(path, most=MAX_BYTES, what="A list")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}:{first_line_that_is_not_utf8(data)}: is not UTF-8.") from None
