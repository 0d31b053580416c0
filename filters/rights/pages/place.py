"""Tells where in a page something stands: in its head or footer, in a caption, a comment, somebody else's widget."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborNode

LOCATIONS = ("head", "header", "footer", "main", "aside", "caption", "comment", "body")

_LEVELS = 64
"""So many elements are looked at upwards; what is deeper is not of a page that people read."""

_SIBLINGS = 40
_CHARACTERS = 400

_PART_TAGS = frozenset((
    "figure", "figcaption", "picture", "blockquote", "q", "code", "pre", "textarea", "samp", "kbd", "object", "video",
    "audio", "fig", "table-wrap", "boxed-text", "disp-quote", "sub-article", "response", "related-object", "caption",
    "select", "option", "supplementary-material", "template", "noscript-part",
))  # fmt: skip
_CAPTIONS = frozenset((
    "caption", "captions", "thumb", "thumbcaption", "thumbinner", "thumbnail", "gallery", "photo", "photos", "image",
    "images", "img", "picture", "lightbox", "slideshow", "carousel", "slide", "figure", "hero", "gallerytext",
    "photocredit", "imagecredit", "bildnachweis", "credit", "credits", "licensetpl", "fileinfo", "fileinfotpl",
    "imageinfo", "wp-caption", "mediainfo",
))  # fmt: skip
_COMMENTS = frozenset((
    "comment", "comments", "commentlist", "respond", "reply", "replies", "disqus", "signature", "reactions",
))  # fmt: skip
_OTHERS = frozenset((
    "embed", "embedded", "oembed", "video", "player", "audio", "related", "result", "results", "teaser", "card",
    "quote", "quotation", "reference", "references", "reflist", "bibliography", "sources", "attachment", "chooser",
    "download", "downloads", "dataset", "advert", "ad", "ads", "promo", "partner", "partners", "preview", "tile",
    "listing", "product", "item-list", "snippet", "sample", "example", "demo", "demonstration", "playground", "mockup",
    "showcase", "specimen",
))  # fmt: skip
_MARKED_PARTS = _COMMENTS | _OTHERS | _CAPTIONS
_OF_FOOTERS = frozenset(("credit", "credits", "badge"))
_FIGURES = frozenset(("figure", "figcaption", "picture", "fig"))
_WEAK = frozenset(("sidebar", "widget", "widgets", "aside", "sidenav", "toolbox", "badge", "badges"))
"""Beside the text; a licence there may be the page's if it says so."""

_FOOTERS = frozenset((
    "footer", "colophon", "foot", "copyright", "legal", "imprint", "impressum", "bottom", "siteinfo", "license",
    "licence", "lizenz", "licencia", "licenza", "licentie", "rights",
))  # fmt: skip
_MAINS = frozenset(("main", "content", "article", "entry", "post"))
_NO_PART_OF = frozenset(("has", "with", "no", "without", "layout", "open", "enabled", "hide", "closed", "count"))
"""`has-sidebar` is no sidebar."""

_BLOCKS = frozenset((
    "p", "div", "li", "td", "th", "dd", "dt", "footer", "header", "main", "article", "section", "aside", "body", "html",
    "figure", "figcaption", "blockquote", "nav", "ul", "ol", "dl", "tr", "table", "tbody", "h1", "h2", "h3", "h4", "h5",
    "h6", "address", "pre", "form", "fieldset", "details", "summary", "center", "head",
))  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt", "th", "summary", "legend"))
_ROOTS = frozenset(("html", "body", "main"))
_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"[a-z]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_TEXT = re.compile(
    r"dcmitype/(?:StillImage|MovingImage|Image|Sound|Software|Dataset|PhysicalObject|Event)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Place:
    """`is_part`: within what is a part of the page for sure. `is_weak`: beside the text."""

    location: str
    is_part: bool
    is_weak: bool
    block: str
    """The tag of the block it stands in."""
    heading: str
    """The words of the heading over it; empty if there is none near."""
    before: str
    own: str
    after: str


def place_of(node: LexborNode) -> Place:
    """Looks from the node upwards and to its sides, a bounded way."""
    above = list(_above(node))
    tags = [each.tag or "" for each in above]
    marks = [_marks(each, tag) for each, tag in zip(above, tags, strict=True)]
    words = frozenset().union(*marks)
    return Place(
        location=_location(tags, marks, words),
        is_part=not _PART_TAGS.isdisjoint(tags) or _is_marked_part(tags, marks, words),
        is_weak="aside" in tags or "nav" in tags or not _WEAK.isdisjoint(words),
        block=next((tag for tag in tags if tag in _BLOCKS), ""),
        heading=_heading(node, above),
        before=_beside(node, forward=False),
        own=_text(node)[:_CHARACTERS],
        after=_beside(node, forward=True),
    )


def speaks_of_no_text(node: LexborNode) -> bool:
    """Whether markup beside it says that the thing licensed is a picture, a sound, a data set."""
    return any(_NOT_TEXT.search(_attributes(each)) for each in _near(node))


def _near(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    for each in (node, parent, parent.parent if parent else None):
        if each is not None:
            yield each
            yield from _siblings(each, forward=True, most=8)
            yield from _siblings(each, forward=False, most=8)


def _attributes(node: LexborNode) -> str:
    return " ".join(str(value)[:300] for value in node.attributes.values()) if node.is_element_node else ""


def _above(node: LexborNode) -> Iterator[LexborNode]:
    each = node.parent
    for _ in range(_LEVELS):
        if each is None or not each.is_element_node:
            return
        yield each
        each = each.parent


def _marks(node: LexborNode, tag: str) -> frozenset[str]:
    """The words of its class, id and role, but not of the whole page's."""
    if tag in _ROOTS:
        return frozenset()
    said = node.attributes
    return _words(" ".join(said.get(name) or "" for name in ("class", "id", "role"))[:500]) if said else frozenset()


@lru_cache(maxsize=4096)
def _words(names: str) -> frozenset[str]:
    words = (frozenset(_TOKEN.findall(_CAMEL.sub(" ", name).lower())) for name in names.split())
    return frozenset(word for each in words if not each & _NO_PART_OF for word in each)


def _is_marked_part(tags: list[str], marks: list[frozenset[str]], words: frozenset[str]) -> bool:
    found = words & _MARKED_PARTS
    in_footer = bool(found) and any(map(_is_footer, tags, marks))
    return bool(found - _OF_FOOTERS if in_footer else found)


def _is_footer(tag: str, mark: frozenset[str]) -> bool:
    return tag == "footer" or not mark.isdisjoint(_FOOTERS) or "contentinfo" in mark


def _location(tags: list[str], marks: list[frozenset[str]], words: frozenset[str]) -> str:
    if not words.isdisjoint(_COMMENTS):
        return "comment"
    if not _FIGURES.isdisjoint(tags):
        return "caption"
    return next(filter(None, map(_own_location, tags, marks)), "body")


def _own_location(tag: str, mark: frozenset[str]) -> str:
    if _is_footer(tag, mark):
        return "footer"
    if not mark.isdisjoint(_CAPTIONS):
        return "caption"
    if tag in ("head", "header", "main", "aside"):
        return tag
    if not mark.isdisjoint(_WEAK):
        return "aside"
    if "header" in mark:
        return "header"
    return "main" if tag == "article" or not mark.isdisjoint(_MAINS) else ""


def _heading(node: LexborNode, above: list[LexborNode]) -> str:
    """The nearest heading before it, within its section."""
    for each in (node, *above[:4]):
        if each.tag in ("footer", "body", "main", "article", "html"):
            return ""
        for beside in _siblings(each, forward=False, most=_SIBLINGS):
            tag = beside.tag
            if tag in _HEADINGS:
                return _text(beside)[:200]
            if tag in ("hr", "footer"):
                return ""
    return ""


def _siblings(node: LexborNode, *, forward: bool, most: int) -> Iterator[LexborNode]:
    each = node.next if forward else node.prev
    for _ in range(most):
        if each is None:
            return
        yield each
        each = each.next if forward else each.prev


def _beside(node: LexborNode, *, forward: bool) -> str:
    """The text beside it within its block, the nearest 400 characters; a line break is one."""
    found: list[str] = []
    each: LexborNode | None = node
    while each is not None and each.tag not in _BLOCKS and sum(map(len, found)) < _CHARACTERS and len(found) < _LEVELS:
        for beside in _siblings(each, forward=forward, most=_SIBLINGS):
            if beside.tag in _BLOCKS:
                break
            found.append("\n" if beside.tag == "br" else "" if _is_title(beside) else _text(beside))
        each = each.parent
    joined = "".join(found if forward else reversed(found))
    return joined[:_CHARACTERS] if forward else joined[-_CHARACTERS:]


def _is_title(node: LexborNode) -> bool:
    """Whether it is marked as the title or the author of what is licensed: its words say nothing of the licence."""
    said = node.attributes.get("property") if node.is_element_node else None
    return (said or "").lower() in ("dct:title", "dc:title", "dcterms:title", "cc:attributionname")


def _text(node: LexborNode) -> str:
    """Its words on one line, those in place of a picture among them."""
    if node.is_text_node:
        return _spaced(node.text_content or "")
    if not node.is_element_node or node.tag in ("script", "style", "template"):
        return ""
    if node.tag == "img":
        return f" {node.attributes.get('alt') or ''} "
    return _spaced(node.text(deep=True, separator=""))


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text[: 4 * _CHARACTERS])
