"""Sets of pictures that people called safe or unsafe.

A set is one table, a row a picture: CSV with a heading, JSON lines, or Parquet. A folder stands for the table in it.
The picture is bytes (Parquet: a binary column, or the struct of `bytes` and `path` that `datasets` writes) or a path
relative to the table; a path that leads out of the table's folder is not followed. First the labels are read, so that
their faults are told before a picture is looked at, then the pictures, one after another.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpora.arrow import records_of
from corpora.batch import Row, image_row
from corpora.columns import columns_missing
from corpora.files import arrow_file, sha256_of_file
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError
from tamis.labels import safe_word

TABLES = tuple(f"{name}{suffix}" for name in ("metadata", "labels") for suffix in (".csv", ".jsonl", ".parquet"))
"""What the table in a folder may be called; `metadata` as `datasets` has it."""

PICTURE_COLUMNS = ("image", "file_name")
"""Where the picture is looked for, in this order, if nobody says."""

_MAX_FIELD = 131_072
"""Characters of a field in CSV: what the standard library allows, unless a reader in this process set another limit."""

WORDS: Mapping[str, bool] = {
    "unsafe": True, "nsfw": True, "true": True, "1": True, "1.0": True,
    "safe": False, "sfw": False, "false": False, "0": False, "0.0": False,
}  # fmt: skip
"""What a label may say, in small letters → whether the picture is unsafe."""

NOT_SAID = "(not said)"
"""The group of pictures of which the table names none."""

MAX_GROUPS = 50
"""Different words in a column of groups: more are no groups."""

MAX_PICTURE_BYTES = 50 * 1024**2

_ROWS = 32
"""Rows of a Parquet file that are in memory at once."""
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _./-]{0,31}")
_LONGEST_GROUP = 64
_NAMED = 12
"""Different words of a column up to which it is taken for one of labels, whose words a message may name."""
_NO_PICTURE = "-"


@dataclass(frozen=True, slots=True)
class Columns:
    """What the table calls its columns. `picture` null: the first of PICTURE_COLUMNS that is there."""

    label: str = "unsafe"
    picture: str | None = None
    groups: tuple[str, ...] = ()


class LabelledPictures:
    """The labels of a set, and its pictures one after another. Rows without a label are counted and left out.

    Args:
        path: the table, or the folder that it is in.
        columns: what the table calls its columns.
        renamed: what else a label may say, in small letters → whether that is unsafe; it comes before WORDS.
        classes: what a label stands for, for messages: the first is what `safe` says, the second what `unsafe` says.

    Raises:
        ConfigError: there is no such table, it cannot be read, lacks a column, has no label, or says a label or a group
            that cannot be understood. No message quotes more of the table than words that look like labels.
    """

    def __init__(
        self,
        path: Path,
        columns: Columns,
        *,
        renamed: Mapping[str, bool],
        classes: tuple[str, str] = ("safe", "unsafe"),
    ) -> None:
        self._path = _table_in(path)
        self._classes = classes
        self._table = _Table(self._path)
        self._picture = _picture_column(self._table, columns)
        self.sha256 = sha256_of_file(self._path)
        """Of the table's bytes."""
        self.unlabelled = 0
        self._rows = bytearray()
        self._read_labels(columns, {**WORDS, **renamed})

    def _read_labels(self, columns: Columns, words: Mapping[str, bool]) -> None:
        labels = bytearray()
        groups: dict[str, list[str]] = {column: [] for column in columns.groups}
        unknown = Counter[str]()
        for line, record in self._table.records((columns.label, *columns.groups)):
            word = _word(record.get(columns.label))
            self._rows.append(bool(word))
            if not word:
                self.unlabelled += 1
                continue
            unknown[word] += word not in words
            labels.append(words.get(word, False))
            for column, said in groups.items():
                said.append(_group(record.get(column), where=f"{self._path.name}:{line}"))
        _refuse_unknown(+unknown, self._path.name, self._classes)
        if not labels:
            raise ConfigError(f"{self._path.name}: no picture has a label in the column {columns.label!r}.")
        for column, said in groups.items():
            _refuse_many(column, said, self._path.name)
        self.unsafe: npt.NDArray[np.bool_] = np.frombuffer(bytes(labels), dtype=np.bool_)
        """For each labelled picture, in the table's order."""
        self.groups: Mapping[str, Sequence[str]] = groups
        """Column → the word of each labelled picture."""

    def rows(self, digest: SetDigest) -> Iterator[Row]:
        """Each labelled picture, undecoded, in the table's order; what cannot be read has the reason instead.

        `digest` is told of each.
        """
        there = (record.get(self._picture) for _, record in self._table.records((self._picture,)))
        for value, labelled in zip(there, self._rows, strict=True):
            if labelled:
                row = self._row(value)
                digest.add(row)
                yield row

    def _row(self, value: Any) -> Row:
        if isinstance(value, Mapping):
            value = value.get("path") if value.get("bytes") is None else value["bytes"]
        if value is None or value == "":
            return _unread("field_missing")
        if not isinstance(value, bytes | str):
            return _unread("field_wrong_type")
        data = value if isinstance(value, bytes) else _bytes_below(self._path.parent, value)
        return _unread("file_unreadable") if data is None else _picture_row(data)


class SetDigest:
    """Names a labelled set: SHA-256 over a line with that of the table, then one with that of each picture.

    Digests are in hex, `-` stands for a picture that cannot be read, and each line ends in LF, so that `sha256sum` can
    say it again.
    """

    def __init__(self, table: str) -> None:
        self._hash = hashlib.sha256(f"{table}\n".encode())

    def add(self, row: Row) -> None:
        of_picture = _NO_PICTURE if row.reason else hashlib.sha256(row.raw).hexdigest()
        self._hash.update(f"{of_picture}\n".encode())

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _picture_row(data: bytes) -> Row:
    return image_row(data, limit=MAX_PICTURE_BYTES, labels={}, claims=())


def _unread(reason: str) -> Row:
    return Row(b"", "image", None, reason)


def _bytes_below(folder: Path, name: str) -> bytes | None:
    """At most one byte more than is allowed; null for what cannot be read or lies elsewhere."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(MAX_PICTURE_BYTES + 1)
    except (OSError, ValueError):
        return None


def _table_in(path: Path) -> Path:
    if not path.is_dir():
        if not path.is_file():
            raise ConfigError(f"{path.name}: there is no such file or folder.")
        return path
    there = [path / name for name in TABLES if (path / name).is_file()]
    if len(there) != 1:
        found = f"both {there[0].name} and {there[1].name}" if there else f"none of {', '.join(TABLES)}"
        raise ConfigError(f"{path.name}: the folder has {found}. Name the file with the labels.")
    return there[0]


def _picture_column(table: _Table, columns: Columns) -> str:
    there = table.names()
    picture = columns.picture or next((name for name in PICTURE_COLUMNS if name in there), PICTURE_COLUMNS[0])
    missing = [name for name in (picture, columns.label, *columns.groups) if name not in there]
    if missing:
        raise columns_missing(CorpusSpec(table.path.name, table.format, ""), missing, there)
    return picture


def _word(value: Any) -> str:
    """What a cell says, in small letters; nothing for an empty one."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()


def _group(value: Any, *, where: str) -> str:
    word = "" if value is None else str(value).strip()
    if len(word) > _LONGEST_GROUP or safe_word(word) != word:
        raise ConfigError(
            f"{where}: a group is said in more than {_LONGEST_GROUP} characters, or holds what a report may not name "
            "(unseen characters, personal data). Give it a short word."
        )
    return word or NOT_SAID


def _refuse_unknown(unknown: Counter[str], name: str, classes: tuple[str, str]) -> None:
    if not unknown:
        return
    are_words = len(unknown) <= _NAMED and all(map(_WORD.fullmatch, unknown))
    said = f": {', '.join(f'{word!r} ({count:,})' for word, count in unknown.most_common())}" if are_words else ""
    low, high = classes
    raise ConfigError(
        f"{name}: {unknown.total():,} labels are neither {low} nor {high}{said}. Say what they are, each by "
        f"--map THEIRS={high} or --map THEIRS={low}; or name another column by --label."
    )


def _refuse_many(column: str, said: Sequence[str], name: str) -> None:
    n = len(set(said))
    if n > MAX_GROUPS:
        raise ConfigError(
            f"{name}: the column {safe_word(column)!r} has {n:,} different words, and at most {MAX_GROUPS} are groups."
        )


class _Table:
    """One table, read row by row as often as asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.format = _format(path)

    def names(self) -> set[str]:
        """What its columns are called: the heading, the schema, or every key of JSON lines."""
        with _told(self.path.name):
            if self.format == "parquet":
                return set(pq.read_schema(arrow_file(self.path)).names)
            if self.format == "csv":
                with self.path.open(encoding="utf-8-sig", newline="") as text:
                    return set(csv.DictReader(text).fieldnames or ())
            return {name for _, record in self._json_records() for name in record}

    def records(self, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """(line, or row of a Parquet file, from 1; record), with these columns at least."""
        with _told(self.path.name):
            if self.format == "parquet":
                yield from self._parquet_records(columns)
            elif self.format == "csv":
                yield from self._csv_records()
            else:
                yield from self._json_records()

    def _parquet_records(self, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        number = 0
        # without `pre_buffer=False` Arrow keeps all that it has read until the file is closed
        with pq.ParquetFile(arrow_file(self.path), pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=_ROWS, columns=list(dict.fromkeys(columns))):
                for record in records_of(batch):
                    number += 1
                    yield number, record

    def _csv_records(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        with self.path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            for record in reader:
                if None in record or None in record.values():
                    raise ConfigError(f"{self.path.name}:{reader.line_num}: has not as many fields as the heading.")
                if any(len(value) > _MAX_FIELD for value in record.values()):
                    raise csv.Error
                yield reader.line_num, record

    def _json_records(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    record = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
                except orjson.JSONDecodeError:
                    record = None
                if not isinstance(record, dict):
                    raise ConfigError(f"{self.path.name}:{number}: is no JSON object. Expected one object a line.")
                yield number, record


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Says in our words, without content, why a table cannot be read."""
    try:
        yield
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: is not UTF-8.") from None
    except csv.Error:
        raise ConfigError(f"{name}: cannot be read as CSV, or has a field that is far too long.") from None
    except (OSError, pa.ArrowException):
        raise ConfigError(f"{name}: cannot be read, or is not what its name says.") from None


def _format(path: Path) -> Literal["csv", "jsonl", "parquet"]:
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        return "parquet"
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    if suffix == ".csv":
        return "csv"
    raise ConfigError(f"{path.name}: expected .csv, .jsonl or .parquet, or a folder that holds one.")
