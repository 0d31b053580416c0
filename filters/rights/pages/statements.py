"""Finds what a page says about training and mining: `noai`, the TDM Reservation Protocol, and words.

`noai` speaks of the page, `noimageai` of its pictures: scope `part`. A reservation counts wherever it stands; one in
what is not shown (a script, a template, an attribute) is `unclear`, for a malformed page may have swallowed it. That
something is allowed counts only in the head, and only where nothing contradicts it.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from filters.rights.reservations import tdmrep
from filters.rights.reservations.headers import says_of_robots_tag
from filters.rights.reservations.statement import Statement, strictest

_SPLIT = re.compile(r"[\s,;:|]+")
_ROBOTS = re.compile(r"x-robots-tag|.*(?:robots?|bot|crawler|spider|slurp)")
_TELLING = re.compile(r"description|keywords|title|author|^og:|^twitter:|abstract|subject|generator")
_META = re.compile(r"<meta\b[^>]{0,2000}", re.IGNORECASE)
_NO_AI = {"noai": "page", "noimageai": "part"}

_MINING = re.compile(
    r"(?:data|text)[ -]?mining|datamining|fouille de (?:textes?|données)|minería de (?:textos?|datos)"
    r"|estrazione di (?:testo|dati)|\btdm\b"
)
_TRAINING = re.compile(r"\b(?:train|entraîn|entren|addestr|getraind)")
_MACHINES = re.compile(
    r"\b(?:ai|ki|ia|llms?|artificial intelligence|machine[ -]learning|language models?|models?|modèles?|modelos?"
    r"|modelle\w?"
    r"|künstlicher? intelligenz|intelligence artificielle|inteligencia artificial|intelligenza artificiale"
    r"|taalmodel\w*)\b"
)
_FORBIDDEN = re.compile(
    r"\b(?:reserv|not (?:be )?(?:permitted|allowed|used|authori[sz]ed)|(?:may|must|can)(?:not| not)\b"
    r"|opt(?:s|ed)?[ -]out|no part of\b|ne (?:peu|doi)|no (?:está|se|puede)|non (?:è|possono|può))"
    r"|prohib|forbidden|without (?:our |the |prior |express |written ){0,4}(?:permission|consent)|no permission"
    r"|vorbehalt|behalten\b|untersag|nicht (?:gestattet|erlaubt|zulässig|verwendet)|verboten|widersprech|réserv|interdi"
    r"|s['’]oppos|riserv|vietat|voorbehoud|verboden|niet toegestaan|mag niet|mogen niet"
)
_LAW = re.compile(r"§\s?44b\s+(?:abs|urhg)|(?:directive|richtlinie|directiva) (?:\(eu\) )?2019/790")
_STEMS = ("mining", "minería", "fouille", "estrazione", "tdm", "train", "entraîn", "entren", "addestr")


def from_metas(metas: Iterable[LexborNode], *, html: str, in_first: bool = True) -> list[Statement]:
    """What the meta elements of the tree say; what the text has that the tree lacks is `unclear`."""
    said = list(_said(metas, in_first=in_first))
    lost = _said_in_text(html) if _has_marks(html) else []
    reserved = {(each.protocol, each.scope) for each in said if each.says == "reserved"}
    return said + [each for each in lost if (each.protocol, each.scope) not in reserved]


def _has_marks(html: str) -> bool:
    said = (markup.unescape(html) if "&#" in html else html).lower()
    return any(mark in said for mark in ("noai", "noimageai", "tdm-"))


def settled(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """One for each protocol and scope, the strictest; `none_found` where both meta protocols were silent."""
    found: dict[tuple[str, str], list[Statement]] = {}
    for each in statements:
        found.setdefault((each.protocol, each.scope), []).append(each)
    for protocol in ("meta-robots", "tdmrep"):
        silent = Statement(protocol, "none_found", scope="page", location="head")
        found.setdefault((protocol, "page"), [silent])
    return tuple(_strictest(group) for _, group in sorted(found.items()))


def _strictest(group: list[Statement]) -> Statement:
    says = strictest(each.says for each in group)
    return next(each for each in group if each.says == says)


def unread(html: str) -> tuple[Statement, ...]:
    """The statements of a page that is too hostile to be parsed: what its text shows, and `unclear` for the rest."""
    known = [Statement(each.protocol, "reserved", scope=each.scope, location="body") for each in _said_in_text(html)]
    doubts = [Statement(name, "unclear", scope="page", location="body") for name in ("meta-robots", "tdmrep")]
    return settled([*doubts, *known])


def words_in(text: str) -> list[Statement]:
    """A reservation in words that only people can read."""
    said = " ".join(text.lower().split())
    if _LAW.search(said) or any(map(_reserves, _sentences(said))):
        return [Statement("words", "unclear", scope="page", location="body", machine_readable=False)]
    return []


def may_reserve(passage: str) -> bool:
    """Whether a passage has what a sentence that reserves must have."""
    return _LAW.search(passage) is not None or _reserves(" ".join(passage.split()))


def _sentences(said: str) -> Iterator[str]:
    """Those with a stem that speaks of training or mining, of at most 1,000 characters."""
    for stem in _STEMS:
        place = said.find(stem)
        while place >= 0:
            start = max(place - 500, *(said.rfind(end, max(0, place - 500), place) for end in ".!?"))
            end = min([place + 500, *(at for end in ".!?" if (at := said.find(end, place, place + 500)) >= 0)])
            yield said[max(0, start) : end]
            place = said.find(stem, end)


def _reserves(sentence: str) -> bool:
    trains = _TRAINING.search(sentence) and _MACHINES.search(sentence)
    return bool((trains or _MINING.search(sentence)) and _FORBIDDEN.search(sentence))


def _said(metas: Iterable[LexborNode], *, in_first: bool) -> Iterator[Statement]:
    for meta in metas:
        attributes = meta.attributes
        content = (attributes.get("content") or attributes.get("value") or "").strip().lower()
        location = "head" if in_first and _is_in_head(meta) else "body"
        for name in _names(attributes):
            yield from _statements(name, content, location=location)


def _names(attributes: dict[str, str | None]) -> set[str]:
    return {(attributes.get(each) or "").strip().lower() for each in ("name", "property", "http-equiv")} - {""}


def _is_in_head(meta: LexborNode) -> bool:
    parent = meta.parent
    return parent is not None and parent.tag == "head"


def _statements(name: str, content: str, *, location: str) -> Iterator[Statement]:
    if name == "tdm-reservation":
        yield Statement("tdmrep", _tdm_says(content, location=location), scope="page", location=location)
    elif not _TELLING.search(name):
        protocol = "x-robots-tag" if name == "x-robots-tag" else "meta-robots"
        found = _NO_AI.keys() & set(_SPLIT.split(content))
        for token in found:
            yield Statement(protocol, "reserved", scope=_NO_AI[token], location=location)
        if "noai" not in found and _ROBOTS.fullmatch(name):
            says = says_of_robots_tag(content, agents=(), kind="text")
            yield from (Statement(protocol, says, scope="page", location=location),) if says != "none_found" else ()


def _tdm_says(content: str, *, location: str) -> str:
    """What the report's values say; a page that allows does so in its head."""
    says = tdmrep.says(content)
    return "unclear" if says == "allowed" and location != "head" else says


def _said_in_text(html: str) -> list[Statement]:
    """Reservations in anything that looks like a meta element, outside of closed comments."""
    tags = "".join(f"{found.group()}>" for found in _META.finditer(_without_comments(html)))
    said = _said(LexborHTMLParser(tags).css("meta"), in_first=False) if tags else ()
    return [
        Statement(each.protocol, "unclear", scope=each.scope, location="body")
        for each in said
        if each.says == "reserved"
    ]


def _without_comments(html: str) -> str:
    kept, place = [], 0
    while (start := html.find("<!--", place)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        kept.append(html[place:start])
        place = end + 3
    return "".join([*kept, html[place:]])
