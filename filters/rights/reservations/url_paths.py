"""The part of an address that rules speak of, and the patterns they speak in (RFC 9309, section 2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

MAX_URL = 8192
"""Characters; of a longer address it is not known what a rule says."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?=//)")
_UNDONE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:")
_KEPT = "/%:?#[]@!&'()+,;=~"
_PLAIN = re.compile(r"/[A-Za-z0-9._~/:?=&-]*+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_DOT = re.compile(r"%2e", re.IGNORECASE)


def path_of(url: str) -> str | None:
    """Path and query of an address as octets to compare: all percent-encoded alike. Null where there is no telling."""
    target = target_of(url)
    return None if target is None else path_of_target(target)


def path_of_target(target: str) -> str:
    return _encoded(target).replace("*", "%2A").replace("$", "%24")


def target_of(url: str) -> str | None:
    """Path and query of an address as they are asked for, without dot segments and fragment.

    Null where there is no telling: an empty or overlong address.
    """
    authority, rest = split(url)
    if not authority and not rest:
        return None
    path, question, query = rest.partition("#")[0].partition("?")
    return (_without_dots(path or "/") + question + query).encode("utf-8", "replace").decode("utf-8")


def authority_of(url: str) -> str:
    """Host and port as written, without who signs in; empty where the address has none."""
    return split(url)[0].rpartition("@")[2]


def split(url: str) -> tuple[str, str]:
    """An address as authority and the rest. `example.org/a`, without a scheme, is read as a host and a path."""
    url = re.sub(r"[\t\r\n\x00]", "", url[: 2 * MAX_URL].strip()).replace("\\", "/")
    if len(url) > MAX_URL:
        return "", ""
    scheme = _SCHEME.match(url)
    if scheme or url.startswith("//"):
        url = url[scheme.end() :] if scheme else url
        end = min((at for at in map(url[2:].find, "/?#") if at >= 0), default=len(url) - 2) + 2
        return url[2:end], url[end:]
    first, slash, rest = url.partition("/")
    if first and re.fullmatch(r"[^?#]*[.:][^?#]*", first):
        return first, slash + rest
    return "", url if not url or url.startswith("/") else f"/{url}"


def _without_dots(path: str) -> str:
    if "." not in path and "%2" not in path:
        return path
    kept: list[str] = []
    segments = _DOT.sub(".", path).split("/")
    for place, segment in enumerate(segments):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
        if segment in {".", ".."} and place == len(segments) - 1:
            kept.append("")
    return "/".join(kept)


def _encoded(text: str) -> str:
    """Escapes of unreserved characters undone, all others in upper case, and what needs an escape given one.

    Those of `/` and `:` are undone too: RFC 9309 has `?u=https://a` match `?u=https%3A%2F%2Fa`.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = quote(text, safe=f"{_KEPT}*$", errors="replace")
    return _ESCAPE.sub(_escape, text) if "%" in text else text


def _escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNDONE else found[0].upper()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path with `*` for anything and, at its end, `$` for the end; else whatever begins so."""

    octets: str
    parts: tuple[str, ...]
    anchored: bool

    @property
    def plain(self) -> bool:
        return len(self.parts) == 1 and not self.anchored

    def matches(self, path: str) -> bool:
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.anchored or len(path) == len(first)
        at = len(first)
        for part in rest[:-1] if self.anchored else rest:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return not self.anchored or (len(path) - len(rest[-1]) >= at and path.endswith(rest[-1]))


def pattern_of(written: str, *, forgiving: bool = False) -> Pattern | None:
    """The pattern that a rule's value is; null where it can match nothing.

    `forgiving` reads what is no path as its writer must have meant it: `private/` as `/private/`, a whole address as
    its path. It is for rules that forbid; one that allows is taken by the letter.
    """
    written = written.strip()
    if _PLAIN.fullmatch(written):
        return Pattern(written, (written,), anchored=False)
    if forgiving and written and written[0] not in "/*$":
        written = split(written)[1] if _SCHEME.match(written) else f"/{written}"
        written = written or "/"
    if not written or written[0] not in "/*$":
        return None
    anchored = written.endswith("$")
    octets = _encoded(written[:-1] if anchored else written).replace("$", "%24")
    parts = tuple(re.sub(r"\*+", "*", octets).split("*"))
    return Pattern(octets + "$" * anchored, parts, anchored)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of one reader, to ask which of them speak of a path most specifically: those of the most octets."""

    plain: dict[str, tuple[str, ...]]
    """What is said, by the path it is said of."""
    lengths: tuple[int, ...]
    """Of the plain patterns, from long to short."""
    special: tuple[tuple[Pattern, str], ...]

    def on(self, path: str) -> list[tuple[str, str]]:
        """Pattern and saying of all rules that match, the most specific first."""
        found = [
            (path[:length], said)
            for length in self.lengths
            if length <= len(path)
            for said in self.plain.get(path[:length], ())
        ]
        found += [(pattern.octets, said) for pattern, said in self.special if pattern.matches(path)]
        return sorted(found, key=lambda rule: -len(rule[0]))

    def anywhere(self, said: str) -> bool:
        """Whether any rule says so, of whatever path."""
        return any(said in sayings for sayings in self.plain.values()) or any(one == said for _, one in self.special)


def rules_of(said: Iterable[tuple[Pattern, str]]) -> Rules:
    plain: dict[str, dict[str, None]] = {}
    special: dict[tuple[Pattern, str], None] = {}
    for pattern, saying in said:
        if pattern.plain:
            plain.setdefault(pattern.octets, {})[saying] = None
        else:
            special[pattern, saying] = None
    lengths = tuple(sorted({len(octets) for octets in plain}, reverse=True))
    return Rules({octets: tuple(sayings) for octets, sayings in plain.items()}, lengths, tuple(special))
