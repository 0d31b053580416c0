"""Reads the header fields of an HTTP response that reserve what came with it.

`X-Robots-Tag: noai` and `noimageai`, AIPREF's `Content-Usage`, TDMRep's `tdm-reservation`, and `Content-Signal` where a
server sends it. Names and directives are read in any case, folded lines are joined, and of a field that came more than
once every line counts by itself: any that reserves does.

`noindex`, `none`, `noarchive` and `noimageindex` are about search engines and say nothing here. A directive for an
agent of the list counts as one for all; `noai` for another agent is unclear, as are words like `notrain`. A field that
cannot be told from its neighbours (`Server: x X-Robots-Tag: noai`, in one line) is unclear, and so are headers of which
no line can be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from filters.rights.reservations import aipref, content_signal, tdmrep
from filters.rights.reservations.groups import MAX_BODY, plain
from filters.rights.reservations.statement import Statement, strictest

Pairs = tuple[tuple[str, str], ...]

FIELDS = {
    "x-robots-tag": "x-robots-tag",
    "content-usage": "aipref",
    "tdm-reservation": "tdmrep",
    "content-signal": "content-signal",
}
"""Protocols by their header field."""

_ALWAYS = ("x-robots-tag", "aipref", "tdmrep")
_LINE = re.compile(r"[^\r\n]+")
_NAME = re.compile(r"\s*([A-Za-z][\w.-]{0,99})\s*:(.*)", re.DOTALL)
_STATUS = re.compile(r"\s*HTTP/\d", re.IGNORECASE)
_ANYWHERE = {
    "x-robots-tag": re.compile(r"robots[-_ ]?tag|noai|noimageai", re.IGNORECASE),
    "aipref": re.compile(r"content[-_ ]?usage|train[-_ ]?ai", re.IGNORECASE),
    "tdmrep": re.compile(r"tdm[-_ ]?(?:reservation|policy)", re.IGNORECASE),
    "content-signal": re.compile(r"content[-_ ]?signal|ai[-_ ]?train", re.IGNORECASE),
}
_OF_NAMES = ("access-control-expose-headers", "access-control-allow-headers", "vary", "trailer", "connection")
_WORD = re.compile(r"([^\s,;:]+)(\s*:)?")
_AGENT = re.compile(r"[A-Za-z][\w.*-]*|\*")
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_NO_LETTER = re.compile(r"[^a-z]+")
_NEARLY = re.compile(r"^(?:no|dis).*(?:ai|ml|llm|train|tdm)")


def read_headers(
    value: str | Iterable[tuple[str, str]], *, agents: tuple[str, ...], kind: str
) -> tuple[Statement, ...]:
    """What a response's headers say, one statement a protocol; none at all where there are no headers.

    Args:
        value: a text block with or without its status line, a JSON object or list of pairs, or pairs.
        agents: product tokens that a directive may be scoped to.
        kind: `text` or `image`, what the item is: `noimageai` is about images only.
    """
    pairs, words = _pairs(value[: MAX_BODY + 1]) if isinstance(value, str) else (tuple(value), "")
    if not pairs and not words:
        return ()
    cut = isinstance(value, str) and len(value) > MAX_BODY
    statements = []
    for field, protocol in FIELDS.items():
        values = [said for name, said in pairs if _field(name) == field]
        says = _says(protocol, values, agents=agents, kind=kind) if values else "none_found"
        if cut or not pairs or _is_lost(field, protocol, pairs, words):
            says = strictest((says, "unclear"))
        if values or protocol in _ALWAYS or (says == "unclear" and pairs and not cut):
            statements.append(Statement(protocol, says, "item", "header"))
    return tuple(statements)


def _says(protocol: str, values: list[str], *, agents: tuple[str, ...], kind: str) -> str:
    if protocol == "x-robots-tag":
        return strictest(says_of_robots_tag(value, agents=agents, kind=kind) for value in values)
    if protocol == "tdmrep":
        return tdmrep.says_of_header(values)
    if protocol == "aipref":
        return aipref.combined(values)
    said = {content_signal.says(value) for value in values}
    return next((one for one in ("reserved", "unclear", "allowed") if one in said), "none_found")


def says_of_robots_tag(value: str, *, agents: tuple[str, ...], kind: str) -> str:
    """What the directives of one X-Robots-Tag, or of a page's robots meta element, say: never `allowed`."""
    named = {agent.lower() for agent in agents}
    scope, said = "*", []
    for word, colon in _WORD.findall(value):
        if colon and _AGENT.fullmatch(word) and word.lower() not in _VALUED:
            scope = word.lower()
            continue
        says = _directive(_NO_LETTER.sub("", word.lower()), kind)
        said.append(says if scope == "*" or scope in named or says == "none_found" else "unclear")
    if "noai" in _NO_LETTER.sub("", value.lower()):
        said.append("unclear")  # `no ai`, and whatever else parts the word
    return strictest(said)


def _directive(word: str, kind: str) -> str:
    if word == "noai" or (word == "noimageai" and kind == "image"):
        return "reserved"
    return "unclear" if word != "noimageai" and _NEARLY.match(word) else "none_found"


def _field(name: str) -> str:
    field = name.strip().lower().replace("_", "-").removeprefix("http-")
    return "content-signal" if field == "content-signals" else field


def _is_lost(field: str, protocol: str, pairs: Pairs, words: str) -> bool:
    """Whether the field seems to stand where no field can be: in a line that is none, or inside another's value."""
    found = _ANYWHERE[protocol]
    others = (f"{name} {said}" for name, said in pairs if _field(name) != field and _field(name) not in _OF_NAMES)
    return bool(found.search(words)) or any(found.search(other) for other in others)


@lru_cache(maxsize=32)
def _pairs(value: str) -> tuple[Pairs, str]:
    """Names and values, and the words that are neither."""
    text = plain(value)
    if text.strip() == "null":
        return (), ""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return tuple(_flat(json.loads(text, object_pairs_hook=_Members))), ""
        except (ValueError, RecursionError):
            return (), text
    return _pairs_of_text(text)


class _Members(list[tuple[str, object]]):
    """The members of a JSON object, repeated ones too."""


def _flat(stored: object) -> Iterator[tuple[str, str]]:
    """All names and values: of objects, of lists of pairs, of lists of objects that say `name` and `value`."""
    if isinstance(stored, _Members):
        names = {key.lower(): value for key, value in stored}
        if isinstance(names.get("name"), str) and "value" in names:
            yield from _values(str(names["name"]), names["value"])
        for key, value in stored:
            yield from _values(key, value)
    elif isinstance(stored, list):
        if len(stored) == 2 and isinstance(stored[0], str) and ":" not in stored[0]:
            yield from _values(stored[0], stored[1])
        else:
            for item in stored:
                yield from _flat(item) if not isinstance(item, str) else _pairs_of_text(item)[0]


def _values(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Members):
        yield from _flat(value)
    elif isinstance(value, list):
        for item in value:
            yield from _values(name, item)
    elif value is not None:
        yield name, str(value)


def _pairs_of_text(text: str) -> tuple[Pairs, str]:
    pairs: list[tuple[str, list[str]]] = []
    words: list[str] = []
    for found in _LINE.finditer(text):
        line = found[0]
        if line[0] in " \t" and pairs:
            pairs[-1][1].append(line)
            continue
        field = _NAME.match(line)
        if field and not _STATUS.match(line):
            pairs.append((field[1], [field[2]]))
        elif line.strip():
            words.append(line)
    return tuple((name, " ".join(said)) for name, said in pairs), "\n".join(words)
