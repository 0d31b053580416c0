"""Reads robots.txt: who may gather what (RFC 9309), AIPREF's Content-Usage, and Cloudflare's Content-Signal.

An address is reserved where any agent of the list is disallowed, in a group of its own or in the one for everyone
(`*`): who shuts out all robots shuts out these. Two readings are made, by `protego` and by the letter of the RFC, and
the stricter counts. They differ where protego

- gives `GPTBot` no part in `User-agent: GPTBot, CCBot`, in `Mozilla/5.0 (compatible; GPTBot)` and in `*bot`;
- takes a group named `Applebot` for that of `Applebot-Extended`, though `*` speaks of the latter;
- ends a group at a line of another protocol (`Crawl-delay`), which by the RFC must not matter;
- reads `Allow: /index.html` as `Allow: /$`, and `%3F` as `?`, but not `%2F` in a query as `/` (section 2.2.2 does);
- passes over `Disallow: private/` and `Disallow: https://example.org/private/`.

Of an allowing and a forbidding rule of the same length the allowing one wins only where the patterns are the same: RFC
9309 says so of equivalent rules and nothing of others.

`allowed` needs an Allow rule that decides for every agent of the list; not to be disallowed is `none_found`. Rules
before any user-agent line, rules run together on one line, and what is no robots.txt at all are `unclear`. Of a file
that was cut, what was read counts, both with its last line and without; it never says less than `unclear`.

Known misses: what is written for people, and agents that are not in the list. Both readings of 200 KB of rules take
about a tenth of a second, once; protego is not asked about files whose groups would cost it the square of their size,
which are `unclear` unless reserved.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from protego import Protego

from filters.rights.reservations import aipref, content_signal
from filters.rights.reservations.groups import (
    MAX_BODY,
    Group,
    Reader,
    groups_of,
    is_garbage,
    lines_of,
    plain,
    readers_of,
)
from filters.rights.reservations.statement import Statement, strictest
from filters.rights.reservations.url_paths import Pattern, Rules, path_of_target, pattern_of, rules_of, target_of

PREFERENCES: dict[str, tuple[str, Callable[[str], str]]] = {
    "aipref": ("content-usage", aipref.says),
    "content-signal": ("content-signal", content_signal.says),
}
"""Protocols whose lines stand in the groups of robots.txt: their field, and what a value says."""

_SMALL = 64 * 1024
_MAX_ENTRIES = 2_000_000
_TIMING = re.compile(r"\A((?:crawl|request|visit)[- ](?:delay|rate|time))\b", re.IGNORECASE)


def read_robots(
    body: str, url: str, *, agents: tuple[str, ...], status: int = 200, complete: bool = True
) -> tuple[Statement, ...]:
    """What robots.txt says of an address, one statement a protocol.

    Args:
        body: the file, decoded in whatever way.
        url: the address of the item; where its path is not known, a rule for any path makes it unclear.
        agents: product tokens; one without a name is asked about where there are none.
        status: of the HTTP response. 4xx: there is no file. 5xx, and anything that is no status: unreachable, which is
            a complete disallow (RFC 9309, section 2.3.1.4). 1xx and 3xx: unclear.
        complete: whether the body is all of the file.
    """
    if not 200 <= status < 300:
        return _without_file(status)
    whole = complete and len(body) <= MAX_BODY and status != 206
    texts = [body[:MAX_BODY]]
    if not whole:
        texts.append(_without_last_line(texts[0]))
    files = [_file(text, agents) for text in texts]
    target = target_of(url)
    path = None if target is None else path_of_target(target)
    said = [_robots(file, path, f"http://host{target or '/'}") for file in files]
    says = strictest(says for says, _ in said)
    location = next((location for says, location in said if says == "reserved"), "robots.txt")
    statements = [Statement("robots", _at_least(says, whole=whole), "host", location)]
    for protocol, (field, _) in PREFERENCES.items():
        says = strictest(_preference(file, field, path) for file in files)
        statements.append(Statement(protocol, _at_least(says, whole=whole), "host", "robots.txt"))
    return tuple(statements)


def _at_least(says: str, *, whole: bool) -> str:
    return says if whole else strictest((says, "unclear"))


def _without_file(status: int) -> tuple[Statement, ...]:
    """Where there is no file all protocols in it were looked for; where it was not to be had only access is known."""
    if 400 <= status < 500:
        return tuple(Statement(protocol, "none_found", "host", "robots.txt") for protocol in ("robots", *PREFERENCES))
    says = "unclear" if 100 <= status < 400 else "reserved"
    return (Statement("robots", says, "host", "robots.txt, unreachable"),)


def _without_last_line(text: str) -> str:
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1]


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed robots.txt, as some agents read it."""

    readings: tuple[tuple[Reader, dict[str, Rules]], ...]
    """By field: access rules under `access`, preferences under theirs."""
    nobody: dict[str, Rules]
    """Rules before any user-agent line."""
    protego: Protego | None
    asked: tuple[str, ...]
    """The agents that protego may answer differently."""
    garbled: bool


def _file(body: str, agents: tuple[str, ...]) -> _File:
    """A body as parsed; many small ones are kept, and few large ones, of which each may take 30 MB."""
    return (_small if len(body) <= _SMALL else _large)(body, agents)


def _parsed(body: str, agents: tuple[str, ...]) -> _File:
    text = plain(body)
    lines = list(lines_of(text))
    fields = {field for field, _ in lines}
    groups = groups_of(lines)
    patterns: dict[tuple[str, str], tuple[Pattern, str] | None] = {}
    nobody = tuple(place for place, group in enumerate(groups) if not group.agents)
    protego = _protego(text, groups)
    no_robots = fields <= {"words", "other", "garbled"} and ("words" in fields or is_garbage(body))
    return _File(
        readings=tuple((reader, _rules(groups, reader.groups, patterns)) for reader in readers_of(groups, agents)),
        nobody=_rules(groups, nobody, patterns),
        protego=protego,
        asked=_asked(groups, agents),
        garbled="garbled" in fields or no_robots or protego is None,
    )


_small = lru_cache(maxsize=128)(_parsed)
_large = lru_cache(maxsize=4)(_parsed)


def _rules(
    groups: tuple[Group, ...], places: tuple[int, ...], patterns: dict[tuple[str, str], tuple[Pattern, str] | None]
) -> dict[str, Rules]:
    said: dict[str, list[tuple[Pattern, str]]] = {}
    for place in places:
        for field, value in groups[place].rules:
            if (field, value) not in patterns:
                patterns[field, value] = _rule(field, value)
            rule = patterns[field, value]
            if rule:
                said.setdefault("access" if field in {"allow", "disallow"} else field, []).append(rule)
    return {field: rules_of(rules) for field, rules in said.items()}


def _rule(field: str, value: str) -> tuple[Pattern, str] | None:
    """A rule's pattern and what it says: its field of access, else what its preferences say."""
    if field in {"allow", "disallow"}:
        pattern = pattern_of(value, forgiving=field == "disallow")
        return (pattern, field) if pattern else None
    path, preferences = _path_and_preferences(value)
    pattern = pattern_of(path, forgiving=True)
    says = next(says for name, says in PREFERENCES.values() if name == field)
    return (pattern, says(preferences)) if pattern else None


def _path_and_preferences(value: str) -> tuple[str, str]:
    """Preferences without a path are for all of the host. A path without preferences has lost the blank between."""
    first, *rest = value.split(None, 1)[:2] or [""]
    if first.startswith(("/", "*")) and (rest or "=" not in first):
        return first, rest[0] if rest else ""
    return "/", value


def _protego(text: str, groups: tuple[Group, ...]) -> Protego | None:
    """Protego's reading; null where it would enter too many rules: those of a group once for each of its agents."""
    entries = sum(len(group.agents) * (len(group.agents) + len(group.rules)) for group in groups)
    if entries > _MAX_ENTRIES:
        return None
    # A delay or rate that cannot be read goes to protego's log; their values are not needed.
    return Protego.parse("\n".join(_TIMING.sub(r"\1:#", line.lstrip()) for line in text.splitlines()))


def _asked(groups: tuple[Group, ...], agents: tuple[str, ...]) -> tuple[str, ...]:
    """Agents of which some user-agent line holds a part, and one of the others."""
    names = {name.replace("*", "").strip() for group in groups for name in group.agents} - {""}
    lowered = "\n".join(agents).lower()
    parts = [name for name in names if name in lowered]
    others = [agent for agent in agents if not any(part in agent.lower() for part in parts)]
    return (*(agent for agent in agents if agent not in others), *others[:1]) if agents else ("",)


def _robots(file: _File, path: str | None, address: str) -> tuple[str, str]:
    asked = [(reader, _access(rules.get("access"), path)) for reader, rules in file.readings]
    shut_out = [reader for reader, says in asked if says == "reserved"]
    if shut_out:
        named = any(reader.named for reader in shut_out)
        return "reserved", "robots.txt, named agent" if named else "robots.txt, every agent"
    if file.protego and not all(file.protego.can_fetch(address, agent) for agent in file.asked):
        return "reserved", "robots.txt"
    says = strictest(says for _, says in asked)
    nobody = _access(file.nobody.get("access"), path) in {"reserved", "unclear"}
    return strictest((says, "unclear")) if file.garbled or nobody else says, "robots.txt"


def _access(rules: Rules | None, path: str | None) -> str:
    if rules is None:
        return "none_found"
    found = rules.on(path or "/")
    longest = {rule for rule in found if len(rule[0]) == len(found[0][0])}
    if any((pattern, "allow") not in longest for pattern, said in longest if said == "disallow"):
        return "reserved"
    if path is None and rules.anywhere("disallow"):
        return "unclear"
    return "allowed" if longest else "none_found"


def _preference(file: _File, field: str, path: str | None) -> str:
    """What the agents' preferences say together; none are implied where an agent may not come (AIPREF attach)."""
    said = [
        "none_found" if _access(rules.get("access"), path) == "reserved" else _preferred(rules.get(field), path)
        for _, rules in file.readings
    ]
    nobody = _preferred(file.nobody.get(field), path)
    said += ["unclear"] if file.garbled or nobody == "allowed" else [nobody] if nobody != "none_found" else []
    return strictest(said)


def _preferred(rules: Rules | None, path: str | None) -> str:
    """What the rules for the longest path say; unclear where they are silent and those for a shorter one are not."""
    if rules is None:
        return "none_found"
    found = rules.on(path or "/")
    says = [said for pattern, said in found if len(pattern) == len(found[0][0])]
    together = next((one for one in ("reserved", "unclear", "allowed") if one in says), "none_found")
    above = together == "none_found" and any(said in {"reserved", "unclear"} for _, said in found)
    elsewhere = path is None and (rules.anywhere("reserved") or rules.anywhere("unclear"))
    return strictest((together, "unclear")) if above or elsewhere else together
