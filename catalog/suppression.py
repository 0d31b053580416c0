"""The suppression list: values that no later run may let through, by their keyed digests and never as they are.

`suppression.jsonl` in the workspace is only ever added to: a line lists a value, or lifts one again. What a run applied
lies in the log under its SHA-256, `store/suppressions/<sha256>.json`, so that it stays on record when the list goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.files import write_whole
from catalog.keyed import Key, SubjectKeys
from catalog.shape import fault, read_bytes
from tamis.errors import CatalogError
from tamis.ids import Id128, digest_of

Reason = Literal["objection", "erasure", "court_order", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why a value is on the list: a closed list, for a sentence of somebody's would be one more place that says who."""

_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
_Kind = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
_EntryId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]


@dataclass(frozen=True, slots=True)
class Suppression:
    """One value of one kind: under each key, the keyed digests (32 hex digits) of the forms it is written in."""

    kind: str
    digests: tuple[tuple[str, tuple[str, ...]], ...]
    """(id of a subject key, digests), sorted."""

    @classmethod
    def of(cls, kind: str, values: Iterable[Id128], keys: SubjectKeys) -> Suppression:
        """From plain digests, which are keyed under every key that is there."""
        plain = tuple(values)
        return cls(
            kind, tuple(sorted((key.id, tuple(sorted(_hex(key.of(*value)) for value in plain))) for key in keys.all))
        )

    @property
    def id(self) -> str:
        """Names the entry to whoever takes it off the list without knowing the value."""
        return digest_of([self.kind, self.digests])[:12]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.digests)

    def joined(self, others: Iterable[Suppression]) -> Suppression:
        """The same value with the digests that others have of it: under keys that are gone, too."""
        together: dict[str, set[str]] = {}
        for key, values in (pair for each in (self, *others) for pair in each.digests):
            together.setdefault(key, set()).update(values)
        return _suppression(self.kind, {key: list(values) for key, values in together.items()})

    def is_same_value_as(self, other: Suppression) -> bool:
        """Whether the two are about the same value, as far as a key that both know can tell.

        That is so if all forms are the same: two numbers of two countries can be one and the same number at home.
        """
        mine, theirs = dict(self.digests), dict(other.digests)
        both = mine.keys() & theirs.keys()
        return self.kind == other.kind and any(set(mine[key]) == set(theirs[key]) for key in both)


@dataclass(frozen=True, slots=True)
class Listed:
    """A suppression as it stands in the list."""

    suppression: Suppression
    reason: Reason
    date: str
    """YYYY-MM-DD, UTC."""


@dataclass(frozen=True, slots=True)
class Suppressions:
    """The values that a run does not let through."""

    entries: tuple[Suppression, ...] = ()
    """By id, each once."""

    @classmethod
    def of(cls, entries: Iterable[Suppression]) -> Suppressions:
        return cls(tuple(sorted(set(entries), key=lambda entry: entry.id)))

    @property
    def digest(self) -> str:
        """SHA-256 of `as_json`; empty where nothing is suppressed, so that an empty list changes no id."""
        return hashlib.sha256(self.as_json()).hexdigest() if self.entries else ""

    def as_json(self) -> bytes:
        """As it lies in the log. Reasons and dates are not in it: they change nothing of what a run does."""
        facts = [{"kind": entry.kind, "digests": dict(entry.digests)} for entry in self.entries]
        return orjson.dumps(
            {"suppressed": facts}, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )

    @classmethod
    def read(cls, path: Path) -> Suppressions:
        """A list as it lies in the log.

        Raises:
            CatalogError: it is gone or damaged.
        """
        try:
            kept = _Applied.model_validate_json(read_bytes(path))
        except ValidationError as error:
            raise CatalogError(f"{path}: is damaged ({fault(error)}).") from None
        return cls.of(_suppression(each.kind, each.digests) for each in kept.suppressed)

    def known_under(self, key_id: str) -> bool:
        """Whether every value can be looked for in what is on record under this key."""
        return all(key_id in entry.keys for entry in self.entries)

    def under(self, key_id: str) -> frozenset[Id128]:
        """The keyed digests under one key."""
        found = (values for entry in self.entries for key, values in entry.digests if key == key_id)
        return frozenset(_id128(value) for values in found for value in values)

    def among_plain(self, keys: SubjectKeys) -> Callable[[int, int], bool]:
        """Whether a plain digest is listed, under any key that is there: asked before anything is keyed."""
        listed: list[tuple[Key, frozenset[Id128]]] = [
            (key, values) for key in keys.all if (values := self.under(key.id))
        ]
        return lambda hi, lo: any(key.of(hi, lo) in values for key, values in listed)

    def lost(self, keys: SubjectKeys) -> tuple[Suppression, ...]:
        """Those of which every key is gone: nothing that is measured from now on can be compared with them."""
        return tuple(entry for entry in self.entries if not set(entry.keys) & set(keys.ids))


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _Value(_Shape):
    kind: _Kind
    digests: dict[_KeyId, list[_Hex]]


class _Applied(_Shape):
    suppressed: list[_Value]


class _Line(_Shape):
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


class _ListedLine(_Line, _Value):
    suppress: _EntryId
    reason: Reason


class _LiftedLine(_Line):
    lift: _EntryId


_MEND = (
    "Put back the line as `tamis subject` wrote it. If it is lost, take it out and enter its value again from the "
    "request: until then the value would go through."
)


def read_list(path: Path) -> tuple[Listed, ...]:
    """What stands on a list now, in the order of listing; a list that is not there is empty.

    Raises:
        CatalogError: a line is damaged, which is said by its number.
    """
    if not path.exists():
        return ()
    standing: dict[str, Listed] = {}
    for number, line in enumerate(read_bytes(path).splitlines(), start=1):
        try:
            lifted = b'"lift"' in line
            said = _LiftedLine.model_validate_json(line) if lifted else _ListedLine.model_validate_json(line)
        except ValidationError as error:
            raise CatalogError(f"{path}:{number}: is damaged ({fault(error)}). {_MEND}") from None
        if isinstance(said, _LiftedLine):
            standing.pop(said.lift, None)
        else:
            listed = Listed(_suppression(said.kind, said.digests), said.reason, said.date)
            if listed.suppression.id != said.suppress:
                raise CatalogError(f"{path}:{number}: is damaged (its id is not that of what it lists). {_MEND}")
            standing[said.suppress] = listed
    return tuple(standing.values())


def add_to_list(path: Path, listed: Iterable[Listed]) -> None:
    """Adds values to a list; whoever else is adding is waited for."""
    lines = [
        {
            "suppress": each.suppression.id,
            "kind": each.suppression.kind,
            "digests": dict(each.suppression.digests),
            "reason": each.reason,
            "date": each.date,
        }
        for each in listed
    ]
    _append(path, lines)


def lift_from_list(path: Path, entries: Iterable[Suppression], *, date: str) -> None:
    """Takes values off a list; the lines that listed them stay, for they were in force."""
    _append(path, [{"lift": entry.id, "date": date} for entry in entries])


def _append(path: Path, lines: list[dict[str, Any]]) -> None:
    with _held(path.parent):
        before = path.read_bytes() if path.exists() else b""
        added = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)
        write_whole(path, before + added, mode=0o600)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One writer at a time; a run at work is not in its way, for it has read the list already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _suppression(kind: str, digests: Mapping[str, list[str]]) -> Suppression:
    return Suppression(kind, tuple(sorted((key, tuple(sorted(values))) for key, values in digests.items())))


def _hex(value: Id128) -> str:
    return f"{value[0]:016x}{value[1]:016x}"


def _id128(text: str) -> Id128:
    return int(text[:16], 16), int(text[16:], 16)


__all__ = ["REASONS", "Listed", "Reason", "Suppression", "Suppressions", "add_to_list", "lift_from_list", "read_list"]
