"""Lines and groups of robots.txt and of files written in its manner (RFC 9309, section 2.2).

Broken writing is read as it must have been meant where that can only forbid more: byte order marks, NULs and lone CRs,
a colon that is full-width or missing, a field name in any case, with blanks, or as people misspell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from filters.rights.reservations.url_paths import Pattern

MAX_BODY = 500 * 1024
"""Characters that are read of a body; RFC 9309 asks for 500 KiB at least."""

_FORBIDDING = {"disallow", "dissallow", "dissalow", "disalow", "disallows", "disalllow", "diasllow", "disallaw"}
_FIELDS = {
    **dict.fromkeys(_FORBIDDING, "disallow"),
    **dict.fromkeys(("useragent", "useragents", "usersagent"), "user-agent"),
    **dict.fromkeys(("contentsignal", "contentsignals"), "content-signal"),
    "allow": "allow",
    "contentusage": "content-usage",
}
_RULES = ("allow", "disallow", "content-usage", "content-signal")
_LINE = re.compile(r"[^\r\n]+")
_COLON = re.compile(r"[:\uff1a]")
_SHAPE = re.compile(r"[A-Za-z][\w -]{0,40}[:\uff1a]")
_INSIDE = re.compile(r"(?:diss?all?ow|content.{0,2}(?:usage|signal))\W{0,3}[:\uff1a]", re.IGNORECASE)
_NO_LETTER = re.compile(r"[^a-z]+")
_MARKS = ("ï»¿", "ÿþ", "þÿ", "\ufffd\ufffd")
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFE))
_TOKEN = re.compile(r"[\w-]+(?:\.\w+)*")


@dataclass(frozen=True, slots=True)
class Group:
    """Rules, and whom they are for; for nobody where they stand before any user-agent line."""

    agents: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    """Field and value."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The groups that one agent obeys, by one way of finding them."""

    groups: tuple[int, ...]
    named: bool
    """Whether they are its own, not everyone's."""


def plain(body: str) -> str:
    """A text without what an encoding gone wrong left in it: NULs, marks at its start, what is no character."""
    text = body if body.isascii() else body.translate(_INVISIBLE).encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\x00", "")
    for mark in _MARKS:
        text = text.removeprefix(mark)
    return text


def is_garbage(body: str) -> bool:
    """Whether there is something, and none of it is text."""
    return bool(body.strip()) and not plain(body).strip()


def lines_of(text: str) -> Iterator[tuple[str, str]]:
    """Field and value of each line that is not empty; lines end in CR, LF or both.

    The field is `other` where it is not of this protocol, `words` where the line is of none, and `garbled` where a rule
    stands inside another line: two run together, markup around them.
    """
    for found in _LINE.finditer(text):
        line = found[0].partition("#")[0].strip()
        if not line:
            continue
        field, value = _split(line)
        yield field or ("other" if _SHAPE.match(line) else "words"), value
        if _INSIDE.search(value if field else line):
            yield "garbled", ""


def _split(line: str) -> tuple[str, str]:
    colon = _COLON.search(line)
    if colon:
        field = _field(line[: colon.start()])
        if field:
            return field, line[colon.end() :].strip()
    first, _, value = line.partition(" ") if " " in line else line.partition("\t")
    if first.lower() == "user" and value.lower().startswith("agent"):
        return "user-agent", value[len("agent") :].strip(" \t:")
    return _field(first), value.strip()


def _field(written: str) -> str:
    return _FIELDS.get(_NO_LETTER.sub("", written.lower()), "") if len(written) <= 40 else ""


def groups_of(lines: Iterable[tuple[str, str]]) -> tuple[Group, ...]:
    """Consecutive user-agent lines and the rules behind them. Lines of other kinds do not part them."""
    groups: list[Group] = []
    agents: list[str] = []
    rules: list[tuple[str, str]] = []
    for field, value in lines:
        if field == "user-agent":
            if rules:
                groups.append(Group(tuple(agents), tuple(rules)))
                agents, rules = [], []
            agents.extend([value.lower()] if value else [])
        elif field in _RULES:
            rules.append((field, value))
    return (*groups, Group(tuple(agents), tuple(rules))) if agents or rules else tuple(groups)


def readers_of(groups: tuple[Group, ...], agents: tuple[str, ...]) -> tuple[Reader, ...]:
    """How these agents may be thought to find their groups, without repeats.

    By the letter: groups that name the agent's product token, all of them as one, else those for everyone. And by the
    spirit: groups that name it among other words (`GPTBot, CCBot`, `Mozilla/5.0 (compatible; GPTBot)`) or by a
    wildcard (`*bot`). An agent without a name stands for an empty list.
    """
    index = _Index.of(groups)
    return tuple(
        dict.fromkeys(reader for agent in agents or ("",) for reader in index.readers(" ".join(agent.lower().split())))
    )


@dataclass(frozen=True, slots=True)
class _Index:
    exact: dict[str, list[int]]
    words: dict[str, list[int]]
    wild: tuple[tuple[Pattern, int], ...]
    everyone: tuple[int, ...]

    @classmethod
    def of(cls, groups: tuple[Group, ...]) -> _Index:
        exact: dict[str, list[int]] = {}
        words: dict[str, list[int]] = {}
        wild: dict[tuple[str, int], None] = {}
        everyone: dict[int, None] = {}
        for place, group in enumerate(groups):
            for value in group.agents:
                name = " ".join(value.split())
                if not name.strip("*"):
                    everyone[place] = None
                    continue
                tokens = _TOKEN.findall(name)
                for key in {name, *tokens[: name.startswith(tuple(tokens[:1]))], *_versionless(name)}:
                    exact.setdefault(key, []).append(place)
                for word in set(tokens):
                    words.setdefault(word, []).append(place)
                if "*" in name and len(name) <= 100:
                    wild[name, place] = None
        return cls(exact, words, tuple((_wildcard(name), place) for name, place in wild), tuple(everyone))

    def readers(self, agent: str) -> Iterator[Reader]:
        own = self.exact.get(agent)
        yield Reader(tuple(dict.fromkeys(own)), named=True) if own else Reader(self.everyone, named=False)
        wild = [place for pattern, place in self.wild if pattern.matches(agent)]
        loose = tuple(sorted({*(own or ()), *self.words.get(agent, ()), *wild})) if agent else ()
        if loose and loose != tuple(dict.fromkeys(own or ())):
            yield Reader(loose, named=True)


def _versionless(name: str) -> tuple[str, ...]:
    """`Kangaroo Bot/1.0` without its version."""
    return (name.partition("/")[0].strip(),) if "/" in name else ()


def _wildcard(name: str) -> Pattern:
    return Pattern(name, tuple(re.sub(r"\*+", "*", name).split("*")), anchored=True)
