"""Reads Spawning's ai.txt: robots.txt's manner, with rules for types of files (`Disallow: *.jpg`).

The most specific rule that matches the address decides, as in robots.txt, but of two of the same length the one that
forbids. An address often does not show its type (`/gallery/17`, `/index.php`): where no rule for a suffix matches it,
and rules for suffixes of the item's kind forbid, the item is reserved if none of them allows, else unclear. `.jpeg` is
`.jpg`, `.htm` is `.html` and so on only in so far: other suffixes of a kind stand for it.

The name is used by others too; a file that has no rule in this manner and is no page is unclear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from filters.rights.reservations.groups import MAX_BODY, groups_of, is_garbage, lines_of, plain, readers_of
from filters.rights.reservations.statement import Statement, strictest
from filters.rights.reservations.url_paths import Rules, path_of, pattern_of, rules_of

SUFFIXES = {
    "text": {"txt", "pdf", "doc", "docx", "odt", "rtf", "tex", "wks", "wpd", "wps", "html", "htm", "xml", "md", "epub"},
    "image": {"bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "tif", "tiff", "webp", "avif", "heic", "raw", "psd"},
}
"""Of files of a kind, as ai.txt names them."""

_SUFFIX_RULE = re.compile(r"/?\*\.\{?([a-z0-9]+)\}?\$?", re.IGNORECASE)


def read_ai_txt(
    body: str, url: str, *, agents: tuple[str, ...], kind: str, complete: bool = True
) -> tuple[Statement, ...]:
    """What an ai.txt says of an item of a kind (`text` or `image`) at an address. See `read_robots` for the others."""
    whole = complete and len(body) <= MAX_BODY
    texts = [body[:MAX_BODY]]
    if not whole:
        texts.append(texts[0][: max(texts[0].rfind("\n"), texts[0].rfind("\r")) + 1])
    says = strictest(_says(_file(text, agents), path_of(url), kind) for text in texts)
    return (Statement("ai-txt", says if whole else strictest((says, "unclear")), "host", "ai.txt"),)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reader's rules: all of them, and those for suffixes."""

    rules: Rules
    suffixes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _File:
    readings: tuple[_Reading, ...]
    nobody: _Reading
    garbled: bool


@lru_cache(maxsize=32)
def _file(body: str, agents: tuple[str, ...]) -> _File:
    text = plain(body)
    lines = [(field, value) for field, value in lines_of(text) if not field.startswith("content-")]
    fields = {field for field, _ in lines}
    groups = groups_of(lines)
    readings = tuple(
        _reading([rule for place in reader.groups for rule in groups[place].rules])
        for reader in readers_of(groups, agents)
    )
    nobody = _reading([rule for group in groups if not group.agents for rule in group.rules])
    no_rules = fields <= {"words", "other", "garbled"} and (bool(fields) or is_garbage(body))
    return _File(readings, nobody, garbled="garbled" in fields or no_rules)


def _reading(said: list[tuple[str, str]]) -> _Reading:
    said = [(field, value.lower() if _SUFFIX_RULE.fullmatch(value) else value) for field, value in said]
    patterns = [(pattern_of(value, forgiving=field == "disallow"), field) for field, value in said]
    rules = rules_of((pattern, field) for pattern, field in patterns if pattern)
    suffixes = {(found[1], field) for field, value in said if (found := _SUFFIX_RULE.fullmatch(value))}
    return _Reading(rules, tuple(sorted(suffixes)))


def _says(file: _File, path: str | None, kind: str) -> str:
    says = strictest(_reads(reading, path, kind) for reading in file.readings)
    nobody = _reads(file.nobody, path, kind) in {"reserved", "unclear"}
    return strictest((says, "unclear")) if file.garbled or nobody else says


def _reads(reading: _Reading, path: str | None, kind: str) -> str:
    found = reading.rules.on(path or "/")
    found += [rule for rule in reading.rules.on((path or "/").lower()) if _SUFFIX_RULE.fullmatch(rule[0])]
    length = max((len(pattern) for pattern, _ in found), default=0)
    said = {field for pattern, field in found if len(pattern) == length}
    if "disallow" in said:
        return "reserved"
    if path is None and reading.rules.anywhere("disallow"):
        return "unclear"
    by_kind = {field for suffix, field in reading.suffixes if suffix in SUFFIXES[kind]}
    if "disallow" in by_kind and not any(_SUFFIX_RULE.fullmatch(pattern) for pattern, _ in found):
        return "reserved" if by_kind == {"disallow"} else "unclear"
    return "allowed" if said else "none_found"
