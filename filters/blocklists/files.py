"""Reads the files of blocklists, and says of each line that is wrong which one and why.

Three forms, told by the suffix. `.csv`, with a heading, and `.jsonl` or `.ndjson` have the columns `algorithm`, `hash`,
`distance`, `id`, `source` and `note`, of which the first two are needed and the last two are read by nobody here.
`.txt` holds what ThreatExchange's tools for PDQ call needles: a hash on each line, alone or with an id behind a comma.
It does not say of which algorithm: PDQ, unless whoever names the list says otherwise. Those of SHA-256 look the same.

A blocklist that lost an entry lets something through that somebody had a reason to name, so that nothing is left out in
silence: one damaged line refuses the file. No message quotes a hash, or anything that might be one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import orjson
import polars as pl

from filters.blocklists.algorithms import ALGORITHMS, Algorithm
from filters.given_files import Faults, bytes_given, first_line_that_is_not_utf8
from tamis.errors import ConfigError, did_you_mean
from tamis.labels import safe_word
from tamis.records import Columns

MAX_BYTES = 1_000_000_000
"""Of a file: it is read whole, so that its digest is of the very bytes that were read."""

MAX_ENTRIES = 5_000_000
"""Of a file."""

_CHUNK = 65_536
"""Lines that are checked at once."""

_NEEDED = ("algorithm", "hash")
_COLUMNS = (*_NEEDED, "distance", "id", "source", "note")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LIKE_A_HASH = r"[0-9A-Fa-f]{16}"
_LONGEST_WORD = 20
_WORD = re.compile(rf"[A-Za-z][A-Za-z0-9_ .-]{{0,{_LONGEST_WORD - 1}}}")

_ENTRIES: Columns = {
    "line": pl.UInt32,
    "algorithm": pl.String,
    "hash": pl.Binary,
    "distance": pl.UInt8,
    "id": pl.String,  # null: the list gives none, or one that might be a hash
}
ENTRIES = pl.Schema(_ENTRIES)
"""One row for each entry, in the order of the file."""

_RAW = pl.Schema(dict.fromkeys(("line", "algorithm", "hash", "distance", "id"), pl.String) | {"line": pl.UInt32})
"""The same as it is written, each column but `line` a text; null where the file says nothing."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """What one file holds."""

    name: str
    """The file's name without its suffix: how the list is called on record."""
    sha256: str
    entries: pl.DataFrame = field(repr=False)
    """Schema ENTRIES."""


def read_blocklist(path: Path, *, algorithm: str = "") -> Blocklist:
    """Reads one file.

    Args:
        path: the file.
        algorithm: by which a `.txt` names what is on it, one of ALGORITHMS; empty: PDQ. Other forms say it themselves.

    Raises:
        ConfigError: it cannot be read, is of no known form, is empty, or a line is wrong; every fault with its line.
    """
    name = _name(path)
    suffix = path.suffix.lower()
    if suffix not in (*_FORMS, NEEDLES):
        raise ConfigError(f"{path.name}: is of no known form. A list is a file of {', '.join((*_FORMS, NEEDLES))}.")
    if algorithm and suffix != NEEDLES:
        raise ConfigError(f"{path.name}: says by itself of which algorithm each hash is. Take it out of `algorithms`.")
    data = bytes_given(path, most=MAX_BYTES, what="A list")
    faults = _Faults(path.name, assumed="" if algorithm or suffix != NEEDLES else _ASSUMED)
    form = _Needles(algorithm or _ASSUMED) if suffix == NEEDLES else _FORMS[suffix](faults)
    entries = _entries(data, form, faults)
    if entries.is_empty():
        faults.note_if_alone("holds no entries; take it out of `lists` if that is meant")
    faults.say()
    return Blocklist(name, hashlib.sha256(data).hexdigest(), entries)


def _name(path: Path) -> str:
    """Checked, for it stands in the catalog beside what was found."""
    name = path.stem
    like_a_hash = re.search(_LIKE_A_HASH, name)
    if like_a_hash or not _NAME.fullmatch(name) or safe_word(name) != name:
        shown = f"whose name has {len(name)} characters" if like_a_hash else repr(safe_word(path.name))
        raise ConfigError(
            f"the list {shown}: its name stands in the catalog, so it may have 64 letters, digits, `.`, `_` and `-`, "
            "and nothing that looks like a hash or a number of somebody's. Rename it."
        )
    return name


class _Form(Protocol):
    """How a file says its entries."""

    def rows(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The entries of some lines (columns `line`, `text`), in order: schema _RAW, not checked yet."""
        ...


class _Faults(Faults):
    def __init__(self, name: str, *, assumed: str = "") -> None:
        super().__init__(name)
        self.assumed = assumed
        """The algorithm that was taken for granted; empty where it was said."""


class _Csv:
    """An entry is one line, also where a field is quoted: a quote that is never closed would swallow what follows."""

    def __init__(self, faults: _Faults) -> None:
        self._faults = faults
        self._heading: list[str] | None = None

    def rows(self, lines: pl.DataFrame) -> pl.DataFrame:
        if self._heading is None:
            self._heading = self._read_heading(*lines.row(0))
            lines = lines[1:]
        if not self._heading:
            return _RAW.to_frame()
        has_quotes = pl.col("text").str.contains('"', literal=True)
        rows = pl.concat([self._split(lines.filter(~has_quotes)), self._parsed(lines.filter(has_quotes))])
        return rows.sort("line").select(name if name in rows.columns else _nothing(name) for name in _RAW)

    def _read_heading(self, line: int, text: str) -> list[str]:
        """Empty if it is none. Nothing of it is quoted that is no word: it may be an entry."""
        heading = [cell.strip().lower() for cell in text.replace('"', "").split(",")]
        if not set(_NEEDED) <= set(heading):
            columns = ", ".join(_COLUMNS)
            self._faults.note(line, f"is no heading: expected the columns {columns}, the first two of them at least")
            return []
        unknown = [name for name in heading if name not in _COLUMNS]
        for name in unknown:
            self._faults.note(line, f"unknown column {_quoted(name)}{_known(name, _COLUMNS)}; take it out")
        if len(set(heading)) < len(heading):
            self._faults.note(line, "names a column twice")
        return [] if unknown or len(set(heading)) < len(heading) else heading

    def _split(self, lines: pl.DataFrame) -> pl.DataFrame:
        heading = self._heading or []
        counted = lines.with_columns(fields=pl.col("text").str.count_matches(",", literal=True) + 1)
        fits = pl.col("fields") == len(heading)
        for line, fields in counted.filter(~fits).select("line", "fields").iter_rows():
            self._note_width(line, fields)
        fields = pl.col("text").str.split_exact(",", len(heading) - 1).struct.rename_fields(heading).struct.unnest()
        return counted.filter(fits).select("line", fields)

    def _parsed(self, lines: pl.DataFrame) -> pl.DataFrame:
        heading = self._heading or []
        rows = []
        for line, text in lines.iter_rows():
            try:
                fields = next(csv.reader([text], strict=True))
            except csv.Error:
                self._faults.note(line, "has a quote that is not closed in this line, or is not where one may be")
                continue
            if len(fields) == len(heading):
                rows.append((line, *fields))
            else:
                self._note_width(line, len(fields))
        return pl.DataFrame(
            rows, schema=pl.Schema({"line": pl.UInt32, **dict.fromkeys(heading, pl.String)}), orient="row"
        )

    def _note_width(self, line: int, fields: int) -> None:
        self._faults.note(line, f"has {fields} fields, the heading has {len(self._heading or ())}")


def _nothing(name: str) -> pl.Expr:
    return pl.lit(None, dtype=pl.String).alias(name)


class _Jsonl:
    """An object on each line. Where any is not as it should be, the lines are read one by one to say which."""

    def __init__(self, faults: _Faults) -> None:
        self._faults = faults

    def rows(self, lines: pl.DataFrame) -> pl.DataFrame:
        rows = self._read_whole(lines)
        return self._read_each(lines) if rows is None else rows

    def _read_whole(self, lines: pl.DataFrame) -> pl.DataFrame | None:
        """Twice as fast; null if a line is no object, or holds a key or a type that is none of ours."""
        data = io.BytesIO("\n".join(lines["text"]).encode())
        try:
            entries = pl.read_ndjson(data, infer_schema_length=None)
        except pl.exceptions.PolarsError:
            return None
        if entries.height != lines.height or not all(_fits(*column) for column in entries.schema.items()):
            return None
        named = (pl.col(name) if name in entries.columns else _nothing(name) for name in _RAW if name != "line")
        return entries.select(lines["line"], *(column.cast(pl.String) for column in named))

    def _read_each(self, lines: pl.DataFrame) -> pl.DataFrame:
        rows = [row for line, text in lines.iter_rows() if (row := self._row(line, text)) is not None]
        return pl.DataFrame(rows, schema=_RAW, orient="row")

    def _row(self, line: int, text: str) -> tuple[int, str | None, str | None, str | None, str | None] | None:
        try:
            entry = orjson.loads(text)
        except orjson.JSONDecodeError:
            self._faults.note(line, "is no JSON")
            return None
        fault = _fault_of(entry)
        if fault:
            self._faults.note(line, fault)
            return None
        distance, id_ = entry.get("distance"), entry.get("id")
        return (
            line,
            entry.get("algorithm"),
            entry.get("hash"),
            None if distance is None else str(distance),
            None if id_ is None else str(id_),
        )


def _fits(name: str, kind: pl.DataType) -> bool:
    kinds = {"distance": (pl.Int64,), "id": (pl.Int64, pl.String)}.get(name, (pl.String,))
    return name in _COLUMNS and kind in (*kinds, pl.Null)


def _fault_of(entry: object) -> str:
    """What is wrong with the shape of an object; empty if nothing is."""
    if not isinstance(entry, dict):
        return "is no object with keys and values"
    for key, value in entry.items():
        types = _TYPES.get(key)
        if types is None:
            return f"unknown key {_quoted(key)}{_known(key, _COLUMNS)}; take it out"
        if type(value) not in types:
            expected = _EXPECTED.get(key, "a word in quotes")
            return f"the value of {key!r} is a {type(value).__name__}, expected {expected}"
    return ""


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_COLUMNS, (str, type(None))),
    "distance": (int, type(None)),
    "id": (str, int, type(None)),
}
"""By exact class, for in Python `true` is a number, too."""

_EXPECTED = {"distance": "a whole number", "id": "a word in quotes or a whole number"}


class _Needles:
    """A hash of one algorithm on each line, alone or before a comma and what its list calls it."""

    def __init__(self, algorithm: str) -> None:
        self._algorithm = algorithm

    def rows(self, lines: pl.DataFrame) -> pl.DataFrame:
        parts = pl.col("text").str.splitn(",", 2)
        return lines.select(
            "line",
            pl.lit(self._algorithm).alias("algorithm"),
            parts.struct[0].alias("hash"),
            _nothing("distance"),
            parts.struct[1].alias("id"),
        )


_FORMS: dict[str, Callable[[_Faults], _Form]] = {".csv": _Csv, ".jsonl": _Jsonl, ".ndjson": _Jsonl}

NEEDLES = ".txt"

_ASSUMED = "pdq"


def _entries(data: bytes, form: _Form, faults: _Faults) -> pl.DataFrame:
    """The entries that are sound; what is wrong with the others is noted."""
    checked = [ENTRIES.to_frame()]
    for lines in _lines(data, faults):
        checked.append(_checked(form.rows(lines), faults))
        if sum(entries.height for entries in checked) > MAX_ENTRIES:
            faults.note(None, f"has more than {MAX_ENTRIES:,} entries; split it")
            break
    return pl.concat(checked)


def _lines(data: bytes, faults: _Faults) -> Iterator[pl.DataFrame]:
    """Frames of `line`, counted from 1, and `text`; none of them is empty, and blank lines are left out."""
    file = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="\n")
    first = 1
    try:
        while chunk := list(islice(file, _CHUNK)):
            text = pl.Series("text", chunk, dtype=pl.String).str.strip_chars()
            lines = text.to_frame().with_row_index("line", offset=first).filter(pl.col("text") != "")
            if not lines.is_empty():
                yield lines
            first += len(chunk)
    except UnicodeDecodeError:
        faults.note(first_line_that_is_not_utf8(data), "is not UTF-8")


def _checked(raw: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    known = raw.with_columns(
        pl.col("algorithm", "hash").str.strip_chars().str.to_lowercase().fill_null(""),
        pl.col("distance", "id").str.strip_chars().replace("", None),
    ).with_columns(
        digits=_by_algorithm(lambda algorithm: algorithm.digits),
        default=_by_algorithm(lambda algorithm: algorithm.distance),
        most=_by_algorithm(lambda algorithm: algorithm.most),
    )
    distance = pl.when(pl.col("distance").is_null()).then("default").otherwise(_whole("distance"))
    sound = (
        (pl.col("hash").str.len_chars() == pl.col("digits"))
        & pl.col("hash").str.contains("^[0-9a-f]+$")
        & (distance <= pl.col("most"))
    ).fill_null(value=False)
    wrong = known.filter(~sound)
    shown = wrong.head(faults.room)
    for row in shown.iter_rows(named=True):
        faults.note(row["line"], _what_is_wrong(row, assumed=faults.assumed))
    faults.note_more(wrong.height - shown.height)
    return known.filter(sound).select(
        "line", "algorithm", pl.col("hash").str.decode("hex"), distance.cast(pl.UInt8).alias("distance"), _id()
    )


def _by_algorithm(number: Callable[[Algorithm], int]) -> pl.Expr:
    numbers = {name: number(algorithm) for name, algorithm in ALGORITHMS.items()}
    return pl.col("algorithm").replace_strict(numbers, default=None, return_dtype=pl.Int64)


def _whole(column: str) -> pl.Expr:
    """The number, if it is written as a whole one of at most three digits; else null."""
    return pl.when(pl.col(column).str.contains("^[0-9]{1,3}$")).then(pl.col(column)).cast(pl.Int64)


def _id() -> pl.Expr:
    """The entry's id; null if it holds the hash, or another one: it is to stand in the catalog."""
    compact = pl.col("id").str.to_lowercase().str.replace_all("[^0-9a-z]", "")
    is_number = pl.col("id").str.contains("^[0-9]{1,20}$")
    like_a_hash = pl.col("id").str.contains(_LIKE_A_HASH) & ~is_number
    return pl.when(~like_a_hash & ~compact.str.contains(pl.col("hash"), literal=True)).then("id").alias("id")


def _what_is_wrong(row: dict[str, Any], *, assumed: str) -> str:
    name, digits = row["algorithm"], row["hash"]
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        given = f"unknown algorithm {_quoted(name)}" if name else "names no algorithm"
        return f"{given}{_known(name, ALGORITHMS)}"
    if len(digits) != algorithm.digits:
        taken = f"; a {NEEDLES} is taken to be of {assumed} where `algorithms` does not say" if assumed else ""
        return f"its hash has {len(digits)} characters, one of {name} has {algorithm.digits} hex digits{taken}"
    if not re.fullmatch("[0-9a-f]+", digits):
        return "its hash has a character that is no hex digit"
    if algorithm.perceptual:
        return f"its distance is no whole number from 0 to {algorithm.most}, as {name} takes"
    return f"its distance is not 0: {name} is of bytes, which are equal or not"


def _quoted(word: str) -> str:
    """What the file says, if it is a word; never what may be a hash in the wrong place."""
    is_word = _WORD.fullmatch(word) and not re.search(_LIKE_A_HASH, word)
    return repr(word) if is_word else f"of {len(word)} characters"


def _known(word: str, known: Iterable[str]) -> str:
    return f".{did_you_mean(word[:_LONGEST_WORD], known)}".rstrip(".")
