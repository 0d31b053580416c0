"""Sets of texts in which people have marked what a filter ought to find.

Two containers are read, told apart by their first character: JSON lines, one object a line (docs/evaluate.md), and one
JSON array, as presidio-research writes it. In both a record may use either's words: `text` or `full_text`, with `spans`
of `kind`, `entity_type` or `label`, `start` or `start_position`, `end` or `end_position`. Offsets count code points,
ends are exclusive. Other keys are not read, but for `entity_value`, which is compared with what stands there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamis.errors import ConfigError

OUR_KINDS: Mapping[str, str] = {
    "ADDRESS": "ADDRESS",
    "CREDIT_CARD": "CREDIT_CARD",
    "CREDIT_CARD_NUMBER": "CREDIT_CARD",
    "CRYPTO": "CRYPTO",
    "DATE": "DATE_TIME",
    "DATE_TIME": "DATE_TIME",
    "DOMAIN_NAME": "URL",
    "EMAIL": "EMAIL_ADDRESS",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS",
    "GPE": "LOCATION",
    "IBAN": "IBAN_CODE",
    "IBAN_CODE": "IBAN_CODE",
    "IP": "IP_ADDRESS",
    "IP_ADDRESS": "IP_ADDRESS",
    "IPV4": "IP_ADDRESS",
    "IPV6": "IP_ADDRESS",
    "LOC": "LOCATION",
    "LOCATION": "LOCATION",
    "MAC": "MAC_ADDRESS",
    "MAC_ADDRESS": "MAC_ADDRESS",
    "NAME": "PERSON",
    "ORG": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION",
    "PER": "PERSON",
    "PERSON": "PERSON",
    "PHONE": "PHONE_NUMBER",
    "PHONE_NUMBER": "PHONE_NUMBER",
    "SSN": "US_SSN",
    "STREET_ADDRESS": "ADDRESS",
    "URL": "URL",
    "US_DRIVER_LICENSE": "US_DRIVER_LICENSE",
    "US_SSN": "US_SSN",
}
"""What others call a kind → what we call it."""

_TEXT = ("text", "full_text")
_KIND = ("kind", "entity_type", "label")
_START = ("start", "start_position")
_END = ("end", "end_position")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")
_DECODER = json.JSONDecoder()
_SHOWN = 20
"""Faults of one file that are told; the rest is counted."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something of a kind stands in a text: offsets in code points, `end` exclusive."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what people marked in it, in order and each once; the kinds are the labellers' own words."""

    text: str
    labels: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """All documents of a file, in its order."""

    documents: tuple[Document, ...]
    sha256: str
    """Of the file's bytes."""
    n_bytes: int
    """Of the texts alone, as UTF-8."""
    at_odds: tuple[tuple[int, Place], ...]
    """Labels whose `entity_value` is not what stands at their offsets, with the 1-based number of the document."""

    @property
    def names(self) -> Counter[str]:
        """How many labels there are of each of the labellers' kinds."""
        return Counter(label.kind for document in self.documents for label in document.labels)


def normal_name(name: str) -> str:
    """A kind's name as it is compared: capitals, underscores for hyphens."""
    return name.upper().replace("-", "_")


def kind_of(name: str, *, sought: Collection[str], renamed: Mapping[str, str]) -> str | None:
    """What we call the kind that the labellers call `name`; null if nobody says.

    `renamed` (what the user says) comes before `sought` (what the filter looks for, by its own name), the table last.
    """
    if name in renamed:
        return renamed[name]
    return name if name in sought else OUR_KINDS.get(name)


def read_labelled(path: Path) -> LabelledSet:
    """Reads a labelled set.

    Raises:
        ConfigError: it cannot be read or holds no document; or every fault found, each with file and line, the first
            20 of them. No message quotes what the file holds.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read ({error.strerror}).") from None
    reading = _Reading(path.name)
    documents = tuple(reading.documents(_decoded(data, path.name)))
    reading.refuse_faults()
    if not documents:
        raise ConfigError(f"{path.name}: holds no document.")
    n_bytes = sum(len(document.text.encode()) for document in documents)
    return LabelledSet(documents, hashlib.sha256(data).hexdigest(), n_bytes, tuple(reading.at_odds))


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: is not UTF-8.") from None


class _FaultError(ValueError):
    """What is wrong with one record; a message of ours, without content."""


class _Reading:
    """One file as it is read: the faults and oddities met so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.at_odds: list[tuple[int, Place]] = []
        self._faults: list[str] = []
        self._n_faults = 0

    def documents(self, text: str) -> Iterator[Document]:
        """The documents without a fault; the faults of the others are noted."""
        records = self._of_array(text) if text.lstrip().startswith("[") else self._of_lines(text)
        for number, (line, record) in enumerate(records, start=1):
            try:
                yield self._document(record, number)
            except _FaultError as fault:
                self._note(line, str(fault))

    def refuse_faults(self) -> None:
        more = self._n_faults - len(self._faults)
        if self._faults:
            raise ConfigError(*self._faults, *([f"{self.name}: and {more:,} more faults."] if more else []))

    def _note(self, line: int, fault: str) -> None:
        self._n_faults += 1
        if len(self._faults) < _SHOWN:
            self._faults.append(f"{self.name}:{line}: {fault}")

    def _of_lines(self, text: str) -> Iterator[tuple[int, Any]]:
        """(line, record); only LF ends a line, for JSON strings may hold what else Python takes for a line's end."""
        for line, written in enumerate(text.split("\n"), start=1):
            if not written.strip():
                continue
            try:
                record = json.loads(written)
            except (ValueError, RecursionError):
                self._note(line, "is not JSON. Expected one object a line, or one array of objects as the whole file.")
            else:
                yield line, record

    def _of_array(self, text: str) -> Iterator[tuple[int, Any]]:
        """(line a record begins in, record); what comes after something that is not JSON cannot be read."""
        at = _next(text, text.index("[") + 1)
        line = text.count("\n", 0, at) + 1
        more = text[at : at + 1] != "]"
        while more:
            begun = at
            try:
                record, at = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                self._note(getattr(error, "lineno", line), "is not JSON.")
                return
            yield line, record
            at = _next(text, at)
            more = text[at : at + 1] == ","
            at = _next(text, at + 1) if more else at
            line += text.count("\n", begun, at)
        if text[at : at + 1] != "]" or text[at + 1 :].strip():
            self._note(line, "is not JSON: expected `,` or the end of the array and of the file.")

    def _document(self, record: Any, number: int) -> Document:
        if not isinstance(record, dict):
            raise _FaultError("expected an object with `text` and `spans`.")
        text = _value(record, _TEXT, str, "a text")
        if _HALF_PAIR.search(text):
            raise _FaultError("the text holds half of a surrogate pair, which is no character.")
        spans = _value(record, ("spans",), list, "a list")
        labels = [self._label(span, text, number=number, place=place) for place, span in enumerate(spans)]
        return Document(text, tuple(sorted(set(labels))))

    def _label(self, span: Any, text: str, *, number: int, place: int) -> Place:
        where = f"spans[{place}]: "
        if not isinstance(span, dict):
            raise _FaultError(f"{where}expected an object with `kind`, `start` and `end`.")
        name = _value(span, _KIND, str, "a name", where=where)
        if not _NAME.fullmatch(name):
            raise _FaultError(f"{where}the kind's name is not 1 to 64 of A-Z, a-z, 0-9, `_` and `-`, a letter first.")
        start, end = (_value(span, keys, int, "a whole number", where=where) for keys in (_START, _END))
        if not 0 <= start < end <= len(text):
            raise _FaultError(
                f"{where}start and end do not lie in the text, which has {len(text):,} characters (code points). "
                "Expected 0 <= start < end <= its length."
            )
        label = Place(start, end, normal_name(name))
        value = span.get("entity_value")
        if isinstance(value, str) and value != text[start:end]:
            self.at_odds.append((number, label))
        return label


def _next(text: str, at: int) -> int:
    """The place, `at` or later, of the first character that is not what JSON calls white space."""
    while text[at : at + 1] in {" ", "\t", "\r", "\n"}:
        at += 1
    return at


def _value(record: Mapping[str, Any], keys: Sequence[str], wanted: type, said: str, *, where: str = "") -> Any:
    """What stands under the one of `keys` that is there."""
    there = [key for key in keys if key in record]
    if not there:
        raise _FaultError(f"{where}`{keys[0]}` is missing.")
    if len(there) > 1:
        raise _FaultError(f"{where}says both `{there[0]}` and `{there[1]}`. Keep one.")
    value = record[there[0]]
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise _FaultError(f"{where}`{there[0]}` is not {said}.")
    return value
