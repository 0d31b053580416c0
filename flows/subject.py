"""Requests of people: where a value occurs, and that it be let through no more.

A value is turned into digests where it is read, and is in no message, no file and no record from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalog.keyed import SubjectKeys, make_key, read_subject_keys, rotate_subject_key, subject_key_path
from catalog.query import Answer
from catalog.read import connect_read
from catalog.subject import COLUMNS, Blind, blind_spots, mentions
from catalog.suppression import Listed, Reason, Suppression, add_to_list, lift_from_list, read_list
from filters.personal.kinds import kinds
from filters.personal.names.labels import NAMED_KINDS
from filters.personal.values import value_digests
from flows.workspace import Workspace, published_in, root_of
from reports.words import counted
from tamis.errors import CatalogError, ConfigError
from tamis.ids import Id128

_SHORT = {"EMAIL": "EMAIL_ADDRESS", "PHONE": "PHONE_NUMBER"}
_KIND = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One value that somebody asks about; what it is cannot be told from this."""

    name: str
    """What it is called in answers: its kind, and which of that kind it is, from 1."""
    kind: str
    digests: tuple[Id128, ...]
    """Plain, of each form in which it is written: they are for this process alone."""
    has_country: bool
    """False for a telephone number without a country code, which stands for others too."""


def asked(*, email: Iterable[str], phone: Iterable[str], value: Iterable[str], lines: str = "") -> tuple[Asked, ...]:
    """What a command line asks about.

    Args:
        email: addresses.
        phone: numbers.
        value: others, as KIND=VALUE.
        lines: more of these, one a line.

    Raises:
        ConfigError: one is not as it should be, which is said by its place; or there is none.
    """
    pairs = [("EMAIL_ADDRESS", text) for text in email] + [("PHONE_NUMBER", text) for text in phone]
    pairs += [_pair(text, f"`--value` {place}") for place, text in enumerate(value, start=1)]
    written = enumerate(lines.splitlines(), start=1)
    pairs += [_pair(text, f"line {place} of standard input") for place, text in written if text.strip()]
    if not pairs:
        raise ConfigError(
            "Nothing was asked for. Give `--email`, `--phone` or `--value`, or `--stdin` and a value a line."
        )
    counts: dict[str, int] = {}
    found = []
    for kind, text in pairs:
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{kind} {counts[kind]}"
        if not any(character.isalnum() for character in text):
            raise ConfigError(f"{name}: is empty.")
        has_country = kind != "PHONE_NUMBER" or text.strip().startswith(("+", "(+"))
        found.append(Asked(name, kind, value_digests(kind, text), has_country))
    return tuple(found)


def _pair(text: str, place: str) -> tuple[str, str]:
    """Quotes nothing: what stands where a kind should may be the value."""
    kind, _, value = text.partition("=")
    kind = _SHORT.get(kind.strip().upper(), kind.strip().upper())
    if not value or not _KIND.fullmatch(kind):
        raise ConfigError(f"{place}: expected KIND=VALUE, such as EMAIL_ADDRESS=… or `email=…`.")
    return kind, value


def find(place: Path, wanted: Sequence[Asked]) -> tuple[Answer, list[str]]:
    """Where the values occur in the published catalog, and what that answer cannot speak of, in sentences.

    Raises:
        CatalogError: nothing is published, or no key is there.
    """
    keys = read_subject_keys(root_of(place) / "keys")
    if not keys.all:
        raise CatalogError(
            f"{root_of(place) / 'keys'}: no subject.key is there, and without one nobody can be found in what is on "
            "record. Put it back; if it was destroyed, what is on record is anonymous."
        )
    digests = [(each.name, key.of(*plain)) for each in wanted for plain in each.digests for key in keys.all]
    with connect_read(published_in(place).path) as connection:
        rows = mentions(connection, digests)
        blind = blind_spots(connection, keys=keys.ids, kinds={each.kind for each in wanted})
    answer = Answer(
        tuple(name for name, _ in COLUMNS), tuple(kind for _, kind in COLUMNS), tuple(rows), truncated=False
    )
    return answer, [*_found(rows, wanted), *_not_found(blind, keys, wanted)]


def _found(rows: Sequence[tuple[object, ...]], wanted: Sequence[Asked]) -> Iterator[str]:
    column = {name: place for place, (name, _) in enumerate(COLUMNS)}
    for each in wanted:
        of_value = [row for row in rows if row[column["asked"]] == each.name]
        items = len({row[column["item"]] for row in of_value})
        runs = len({row[column["run"]] for row in of_value})
        where = f" in {counted(items, 'item')}, over {counted(runs, 'run')}" if of_value else ""
        yield f"{each.name}: {counted(len(of_value), 'place')}{where}."


def _not_found(blind: Blind, keys: SubjectKeys, wanted: Sequence[Asked]) -> Iterator[str]:
    yield f"{counted(len(keys.all), 'key')} tried."
    for key, shards, runs in blind.lost:
        yield (
            f"Key {key} is gone: whoever is on record under it, in {counted(shards, 'shard')} of "
            f"{counted(runs, 'run')}, cannot be found."
        )
    for kind, runs in blind.unsought:
        yield f"{kind} was not looked for in {runs:,} of {counted(blind.runs, 'run')}: it is not in `entities`."
    for each in wanted:
        if not each.has_country:
            yield f"{each.name} has no country code: mentions with one are not found. Ask for +… too."
    yield (
        "Not to be found: names and postal addresses, which no pattern finds; what overlaps something longer that was "
        "found; what is in pictures; what the reader or the filter could not read, which is in no release."
    )


def suppress(workspace: Workspace, wanted: Sequence[Asked], *, reason: Reason) -> str:
    """Puts values on the suppression list, under every key that is there; says what to do next.

    Raises:
        ConfigError: no filter looks for one of the kinds.
    """
    _expect_sought(wanted)
    make_key(subject_key_path(workspace.keys), "subject")
    keys = read_subject_keys(workspace.keys)
    there = [each.suppression for each in read_list(workspace.suppression_list)]
    today = datetime.now(UTC).date().isoformat()
    added, replaced = [], []
    for each in wanted:
        new = Suppression.of(each.kind, each.digests, keys)
        same = [old for old in there if old.is_same_value_as(new)]
        whole = new.joined(same)
        if whole not in there:
            added.append(Listed(whole, reason, today))
            replaced += same
    if added:
        add_to_list(workspace.suppression_list, added)
        lift_from_list(workspace.suppression_list, replaced, date=today)
    lines = [f"{each.suppression.id}  {each.suppression.kind}" for each in added]
    known = len(wanted) - len(added)
    lines += [f"{counted(known, 'value')} stood on the list already."] if known else []
    if added:
        lines.append(
            "Applied from the next run on. Raise `release.version` in the recipe, then `tamis curate`: a sealed "
            "version never changes, and `tamis subject find` says which ones hold the value."
        )
    return "\n".join(lines)


def _expect_sought(wanted: Sequence[Asked]) -> None:
    for each in wanted:
        if each.kind not in (*NAMED_KINDS, *kinds()):
            raise ConfigError.unknown("kind", each.kind, (*NAMED_KINDS, *kinds()), where=each.name)


def unsuppress(workspace: Workspace, wanted: Sequence[Asked], *, entries: Sequence[str]) -> str:
    """Takes values off the suppression list, by themselves or by the ids of their entries.

    Raises:
        ConfigError: one is not on it; nothing is taken off then.
    """
    keys = read_subject_keys(workspace.keys)
    there = {each.suppression.id: each.suppression for each in read_list(workspace.suppression_list)}
    lifted: dict[str, Suppression] = {}
    for entry in entries:
        if entry not in there:
            raise ConfigError.unknown("entry of the suppression list", entry, there)
        lifted[entry] = there[entry]
    for each in wanted:
        new = Suppression.of(each.kind, each.digests, keys)
        same = [old for old in there.values() if old.is_same_value_as(new)]
        if not same:
            raise ConfigError(
                f"{each.name}: is not on the suppression list under a key that is there. `tamis subject suppressions` "
                "shows the entries, which `--entry` takes off by their ids."
            )
        lifted |= {old.id: old for old in same}
    lift_from_list(workspace.suppression_list, lifted.values(), date=datetime.now(UTC).date().isoformat())
    off = f"{counted(len(lifted), 'value')} {'is' if len(lifted) == 1 else 'are'} off the list from the next run on."
    return f"{off} Raise `release.version` in the recipe."


def suppressions(workspace: Workspace) -> Answer:
    """The suppression list: entry, kind, reason, date, keys, and which of these are gone."""
    there = set(read_subject_keys(workspace.keys).ids)
    rows = tuple(
        (
            each.suppression.id,
            each.suppression.kind,
            each.reason,
            each.date,
            ", ".join(key for key in each.suppression.keys if key in there),
            ", ".join(key for key in each.suppression.keys if key not in there),
        )
        for each in read_list(workspace.suppression_list)
    )
    names = ("entry", "kind", "reason", "date", "keys", "keys_gone")
    return Answer(names, ("VARCHAR",) * len(names), rows, truncated=False)


def rotate_key(workspace: Workspace) -> str:
    """Makes a new subject key for later runs and keeps the old one for what is on record; says what that means.

    Raises:
        BusyError: a run is at work.
    """
    with workspace.locked():
        old, new = rotate_subject_key(workspace.keys)
    lines = [f"Later runs record under key {new.id}, {subject_key_path(workspace.keys)}."]
    if old is not None:
        lines.append(
            f"What is on record stays under key {old.id}, kept as subject-{old.id}.key beside it. Destroy that file, "
            "and nobody can be found any more in what is on record under it."
        )
    listed = len(read_list(workspace.suppression_list))
    if listed:
        lines.append(
            f"{counted(listed, 'suppressed value')} cannot be put under the new key from here, for the list does not "
            "hold them. They are applied as long as an old key is there, but shards on record under the new key are "
            "measured anew for it. Enter them again from the requests, with `tamis subject suppress`, before you "
            "destroy a key."
        )
    return "\n".join(lines)
