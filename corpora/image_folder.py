"""A folder of pictures; every 500 files in order of name are a shard, every file is a position, and so is its caption.

What is known of them may stand in `metadata.jsonl` or `metadata.csv` at the folder's root, as `datasets` reads it: its
column `file_name` names the file, the others are labels and licence as the recipe maps them. Where the recipe names a
column for the text, a picture that has one is a record of the two: the text, then the picture.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from corpora.batch import Row, batches_of, image_row, together
from corpora.files import files_below, kind_of_path, safe_name, sha256_or_none
from corpora.provenance import Claims, claims_of, labels_of
from corpora.records import Labels, caption_row
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError, SourceError
from tamis.ids import digest_of
from tamis.records import Shard

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".jxl")
FILES_PER_SHARD = 500

_MAX_FIELD = 131_072
"""Characters of a field in `metadata.csv`: what the standard library allows unless another limit was set."""


class ImageFolderReader:
    """Reads every picture below a folder, by the suffix of its name; none is decoded here."""

    def __init__(self, spec: CorpusSpec) -> None:
        self._spec = spec
        self._root = Path(spec.path)

    def shards(self) -> list[Shard]:
        if kind_of_path(self._spec) != "folder":
            raise ConfigError(f"corpus {self._spec.name!r}: its path is no folder. Check `path`.")
        if not self._files:
            raise ConfigError(f"corpus {self._spec.name!r}: no file below its path is a picture. Check `path`.")
        starts = range(0, len(self._files), FILES_PER_SHARD)
        return [self._shard(f"{start:06d}", self._files[start : start + FILES_PER_SHARD]) for start in starts]

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        files = self._of(shard)
        if self._shard(shard.name.partition("-")[0], files).sha256 != shard.sha256:
            raise SourceError("shard_changed", f"shard {shard.name}: its files are not those planned. Plan again.")
        yield from batches_of((row for file in files for row in self._rows(file)), shard, size=size)

    def count(self, shard: Shard) -> int:
        """Files that are there now, and the captions that the metadata have of them."""
        there = [file for file in self._of(shard) if file.is_file()]
        return len(there) + sum(self._caption(file) is not None for file in there)

    @cached_property
    def _files(self) -> list[Path]:
        return list(files_below(self._spec, SUFFIXES))

    def _of(self, shard: Shard) -> list[Path]:
        """The shard's files as they were listed: to list the folder again for each shard would be quadratic."""
        return [self._root / name for name in shard.locator.split("\0")]

    def _shard(self, start: str, files: list[Path]) -> Shard:
        read = [(self._name(file), sha256_or_none(file), self._known.get(self._name(file))) for file in files]
        size = sum(file.stat().st_size for file in files if file.is_file())
        name = f"{start}-{int(start) + len(files) - 1:06d}"
        return Shard(self._spec.name, name, digest_of(read), "\0".join(self._name(file) for file in files), size)

    def _name(self, file: Path) -> str:
        return file.relative_to(self._root).as_posix()

    def _caption(self, file: Path) -> Any:
        """What the metadata say in the column that the recipe names for the text; null where it names none."""
        column = dict(self._spec.columns).get("text")
        return None if column is None else self._known.get(self._name(file), {}).get(column)

    def _rows(self, file: Path) -> Iterator[Row]:
        known = self._known.get(self._name(file), {})
        labels = {**labels_of(self._spec, known), "path": safe_name(self._name(file))}
        claims = claims_of(self._spec, known)
        caption = self._caption(file)
        captions = [] if caption is None else [caption_row(self._spec, caption, labels, claims)]
        yield from together([*captions, self._picture(file, labels, claims)])

    def _picture(self, file: Path, labels: Labels, claims: Claims) -> Row:
        limit = self._spec.max_item_bytes
        try:
            with file.open("rb") as opened:
                data = opened.read(limit + 1)
        except OSError:
            return Row(b"", "image", None, "file_unreadable", labels, claims)
        return image_row(data, limit=limit, labels=labels, claims=claims)

    @cached_property
    def _known(self) -> Mapping[str, Mapping[str, Any]]:
        """What the metadata file says, by file name."""
        for name in ("metadata.jsonl", "metadata.csv"):
            path = self._root / name
            if path.is_file():
                stamp = path.stat()
                return _known_in(path, self._spec.name, (stamp.st_mtime_ns, stamp.st_size))
        return {}


@lru_cache(maxsize=4)
def _known_in(path: Path, corpus: str, stamp: tuple[int, int]) -> Mapping[str, Mapping[str, Any]]:
    """What a metadata file says, by file name; one as it is (`stamp`) is read once in a process, not for each shard.

    Raises:
        ConfigError: it cannot be read, or not as what it claims to be.
    """
    del stamp
    where = f"corpus {corpus!r}: {path.name}"
    try:
        records = list(_json_records(path, where) if path.suffix == ".jsonl" else _csv_records(path, where))
    except UnicodeDecodeError:
        raise ConfigError(f"{where} is not UTF-8. Convert it, for example with `iconv`.") from None
    except csv.Error:
        raise ConfigError(
            f"{where} cannot be read as CSV, or has a field of more than {_MAX_FIELD:,} characters."
        ) from None
    except OSError as error:
        raise ConfigError(f"{where} cannot be read ({error.strerror}).") from None
    return {str(record["file_name"]): record for record in records if "file_name" in record}


def _csv_records(path: Path, where: str) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        for number, row in enumerate(csv.DictReader(text, restkey="", restval=""), start=1):
            named = {key: value for key, value in row.items() if key and value}
            if any(len(value) > _MAX_FIELD for value in named.values()):
                raise ConfigError(f"{where}: record {number} has a field of more than {_MAX_FIELD:,} characters.")
            yield named


def _json_records(path: Path, where: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            record = orjson.loads(line) if line.strip() else {}
        except orjson.JSONDecodeError:
            record = None
        if not isinstance(record, dict):
            raise ConfigError(f"{where}:{number} is no JSON object.")
        yield record
