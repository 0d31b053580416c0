"""Reads licences out of the JSON-LD of a page: those of the page's own node, and those of what it shows.

The page's own are the nodes at the top and in `@graph` whose type is a text or a page, with what they say of their main
entity. A node below another property is a part, and so are several articles side by side: a list of other pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

LONGEST = 2_000_000
"""Characters; longer data is no page's description."""

_MOST_NODES = 20_000

WORKS = frozenset((
    "article", "newsarticle", "blogposting", "scholarlyarticle", "techarticle", "report", "opinionnewsarticle",
    "analysisnewsarticle", "reportagenewsarticle", "reviewnewsarticle", "backgroundnewsarticle",
    "medicalscholarlyarticle",
    "socialmediaposting", "discussionforumposting", "creativework", "course", "learningresource", "book", "chapter",
    "thesis", "recipe", "howto", "quiz", "legislation", "webcontent", "guide", "apireference", "review", "poem",
    "definedtermset", "syllabus", "publicationissue", "presentationdigitaldocument", "textdigitaldocument", "lesson",
))  # fmt: skip
_PAGES = frozenset((
    "webpage", "website", "blog", "itempage", "faqpage", "qapage", "aboutpage", "collectionpage", "profilepage",
    "contactpage", "medicalwebpage", "webpageelement",
))  # fmt: skip
TEXTS = WORKS | _PAGES
"""Types of schema.org, in lower case, whose licence is that of a text."""

_OWN = frozenset(("@graph", "mainentity", "mainentityofpage"))
_LICENCES = ("license", "usageinfo", "licence")


def licences_in(data: str) -> Iterator[tuple[str, str]]:
    """(value, scope) of each licence; none if it is no JSON."""
    said = data.strip().removeprefix("<!--").removesuffix("-->").strip().removesuffix(";")
    if len(said) > LONGEST:
        return
    try:
        read = orjson.loads(said)
    except orjson.JSONDecodeError:
        return
    nodes = list(_nodes(read))
    works = sum(is_own and _types(node) & WORKS != frozenset() for node, is_own in nodes)
    for node, is_own in nodes:
        scope = "page" if is_own and _is_text(node, works=works) else "part"
        yield from ((value, scope) for value in _licences(node))


def _nodes(read: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every object and whether it is the page's own, breadth first."""
    waiting: list[tuple[Any, bool]] = [(read, True)]
    for place in range(_MOST_NODES):
        if place >= len(waiting):
            return
        each, is_own = waiting[place]
        if isinstance(each, list):
            waiting.extend((below, is_own) for below in each)
        elif isinstance(each, dict):
            yield each, is_own
            waiting.extend(_below(each, is_own=is_own))


def _below(node: dict[str, Any], *, is_own: bool) -> Iterator[tuple[Any, bool]]:
    for name, value in node.items():
        if isinstance(value, (dict, list)) and name.lower() not in _LICENCES:
            yield value, is_own and name.lower() in _OWN


def _types(node: dict[str, Any]) -> frozenset[str]:
    said = node.get("@type", "")
    names = said if isinstance(said, list) else [said]
    return frozenset(str(name).rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for name in names)


def _is_text(node: dict[str, Any], *, works: int) -> bool:
    types = _types(node)
    return bool(types) and types <= TEXTS and (works <= 1 or not types & WORKS)


def _licences(node: dict[str, Any]) -> Iterator[str]:
    for name, value in node.items():
        if name.lower() in _LICENCES:
            yield from _values(value)


def _values(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            named = (each.get(name) for name in ("@id", "url", "sameAs", "identifier", "name", "@value"))
            yield next((said for said in named if isinstance(said, str)), "?")
