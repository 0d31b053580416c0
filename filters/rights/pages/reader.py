"""Reads the licences and the reservations that a web page states, and of what each licence speaks.

How: substring tests on the lower-cased bytes (`marks.py`) tell whether a page can say anything; only then is it parsed
(lexbor, by selectolax) and looked through once. A licence is reported with the words or address as found and with its
scope: `page` for what covers the page's own text, `part` for a picture's, a comment's, a data set's, and for a licence
that is only spoken of. In doubt it is a part: `page` needs a place in the head, words that speak of the page, or a
line that names nothing but rights and their holders. Several licences of scope `page` that differ are reported as
several; to hold such a page is the caller's. What parses in more than linear time is cut into windows of some thousand
elements, or, with hundreds of attributes in one element, not parsed at all.

Known misses, by pages read once before the rules were mended for them (`tests/filters/rights/authored_pages.py`):
allowed rightly were 37 of 43 in the second batch of pages, 48 of 51 in the third (recall 48 of 53), 18 of 22 in the
fourth (18 of 18), 10 of 10 in the fifth (10 of 11), and by the rules as they ended 27 of 27 in the sixth (27 of 30).
The third and sixth were written without knowledge of the rules. What is seen now is no estimate for other pages.
Not found: a work in the public domain that only words say so; a licence's name broken up by markup; an author's name
before the licence that nothing marks as one (`by Ute Holt` is understood after a title in RDFa only); captions that
nothing marks as such; languages other than English, German, French, Spanish, Italian and Dutch, where only markup is
understood; what an element was within, where a page of more than 3,000 elements is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from filters.rights import creative_commons
from filters.rights.pages import data as page_data
from filters.rights.pages import marks as page_marks
from filters.rights.pages import scope as page_scope
from filters.rights.pages import statements as page_statements
from filters.rights.pages import words as page_words
from filters.rights.pages.place import Place, place_of, speaks_of_no_text
from filters.rights.reservations.statement import Statement
from filters.rights.spdx import grant_of

_MOST_TAGS = 5_000
_STEP = 1_024
_SMALL = 16_384
_NAME = r"[^\s/>=]{0,1000}+"
_VALUE = r"\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]{0,4000}+"
_ATTRIBUTE = rf"(?>(?:[\s/]++|(?<=[\"']))[^\s/>]{_NAME}(?:\s*+=\s*+(?:{_VALUE})?+)?+)"
_HOSTILE = re.compile(rf"<[a-zA-Z][^\s/><]{{0,100}}+{_ATTRIBUTE}{{256}}")
"""The parser compares each attribute of an element with all before it."""
_LONG_TAG = 512
"""Characters that 256 attributes take at least."""
_QUOTED_END = re.compile(r"=\s*+(?:\"[^\">]{0,512}+>|'[^'>]{0,512}+>)")

_BEGIN = re.compile(
    r"<(?:!doctype\s+(?:html|article)\b|(?:html|head|body|title|meta|link|base)(?=[\s/>])"
    r"|article\s[^>]{0,2000}(?:xlink|dtd-version|article-type))",
    re.IGNORECASE,
)
_PREAMBLE = re.compile(r"[\s\ufeff]*+(?:<\?xml[^>]{0,500}\?>|<!--)?", re.IGNORECASE)

_MARKED = (
    'link[rel~="license" i],link[rel~="licence" i],link[rel*="license" i],a[rel~="license" i],a[rel~="licence" i],'
    'area[rel~="license" i],[rel$=":license" i],[property$="license" i],[property$="rights" i],[itemprop~="license" i]'
)
_LINKS = (
    (b"creativecommons.org/", 'a[href*="creativecommons.org/" i]'),
    (b"open-government-licence", 'a[href*="open-government-licence" i]'),
    (b"dl-de", 'a[href*="govdata.de/dl-de" i]'),
    (b"licence-ouverte", 'a[href*="licence-ouverte" i]'),
    (b"/fdl", 'a[href*="gnu.org/copyleft/fdl" i],a[href*="gnu.org/licenses/fdl" i]'),
)
_OF_ANOTHER = (b"about", b"itemtype", b"itemscope", b"typeof", b"resource")
_JATS_TAGS = ("license", "ali:license_ref", "license-ref")
_META_LICENCES = frozenset((
    "dc.rights.license", "dc.license", "dcterms.license", "license", "licence", "dc.rights.uri", "rights-standard",
    "cc:license", "dcterms.rights.license", "license.url", "citation_license",
))  # fmt: skip
_META_RIGHTS = frozenset(("dc.rights", "dcterms.rights", "rights", "copyright", "dcterms.rightsstatement", "dc:rights"))
_META_TYPES = frozenset(("dc.type", "dcterms.type", "dc:type"))
_NO_TEXT_TYPES = re.compile(r"image|dataset|sound|software|video|music|audio|physical", re.IGNORECASE)
_MOST_PLACES = 100
_MOST_JATS = 20
_MANY = 3


@dataclass(frozen=True, slots=True)
class PageLicence:
    """A licence as a page states it; `value` is what was found, of at most LONGEST_VALUE characters."""

    kind: str
    """One of tamis.records.IN_PAGE."""
    value: str
    scope: str
    """`page` or `part`."""
    location: str
    """One of LOCATIONS."""


@dataclass(frozen=True, slots=True)
class Page:
    licences: tuple[PageLicence, ...]
    statements: tuple[Statement, ...]


SILENT = Page((), page_statements.settled(()))


def looks_like_page(text: str) -> bool:
    """Whether it begins as HTML, or as an article in JATS, after what may stand before."""
    start = _after_preamble(text)
    return start is not None and _BEGIN.match(text, start) is not None


def _after_preamble(text: str) -> int | None:
    place = 0
    for _ in range(20):
        found = _PREAMBLE.match(text, place)
        assert found is not None
        place = found.end()
        if not found.group().endswith("<!--"):
            return place if not found.group().strip("\ufeff \t\r\n\f") else _after_space(text, place)
        end = text.find("-->", place)
        if end < 0:
            return None
        place = end + 3
    return None


def _after_space(text: str, place: int) -> int | None:
    rest = text[place : place + 5_000]
    inner = _after_preamble(rest) if rest.lstrip().startswith("<!--") else len(rest) - len(rest.lstrip())
    return None if inner is None else place + inner


def read_page(html: str) -> Page:
    """What the page states; nothing raises, and it takes time in proportion to the page's length."""
    marks = page_marks.marks_of(html)
    if not marks.any:
        return SILENT
    if len(html) > _SMALL and _is_hostile(html):
        return Page((), page_statements.unread(html))
    licences: list[PageLicence] = []
    statements: list[Statement] = []
    for place, window in enumerate(_windows(html)):
        found = marks if len(window) == len(html) else page_marks.marks_of(window)
        if found.any:
            tree = LexborHTMLParser(window.encode("utf-8", "replace"))
            metas = tree.tags("meta")
            statements += page_statements.from_metas(metas, html=window, in_first=place == 0) if found.metas else ()
            licences += _licences(tree, metas, said=found.said) if found.licence else ()
            statements += page_statements.words_in(_text(tree)) if found.words else ()
    return Page(_distinct(licences), page_statements.settled(statements) if statements else SILENT.statements)


def _is_hostile(html: str) -> bool:
    """Whether an element has hundreds of attributes; looked for only where something stands as long as that."""
    return (_has_long_tag(html) or _QUOTED_END.search(html) is not None) and _HOSTILE.search(html) is not None


def _has_long_tag(html: str) -> bool:
    """Whether a `<` is not followed by `>` within as many characters: looks at few of them."""
    place = 0
    while place < len(html):
        end = html.rfind(">", place, place + _LONG_TAG)
        start = html.find("<", place, place + _LONG_TAG) if end < 0 else -1
        if start >= 0 and html.find(">", start, start + _LONG_TAG) < 0:
            return True
        place = end + 1 if end >= 0 else start if start >= 0 else place + _LONG_TAG
    return False


def expressions_of(page: Page) -> tuple[str | None, ...]:
    """The distinct licences of scope `page`; null for one that is not understood, or reserves all rights."""
    read = [page_words.read_value(each.value) for each in page.licences if each.scope == "page"]
    known = page_words.merged([each for each in read if each])
    return (*known, *([None] if None in read else []))


def may_state(html: str) -> tuple[bool, bool]:
    """Whether the page can state a licence, and whether it can speak of training and mining: a cheap test."""
    marks = page_marks.marks_of(html)
    return marks.licence, marks.metas or marks.words


def _windows(html: str) -> Iterator[str]:
    """The page whole, or in pieces of so few elements that each is parsed quickly whatever is in it."""
    if html.count("<") <= _MOST_TAGS:
        yield html
        return
    start = tags = 0
    for place in range(0, len(html), _STEP):
        tags += html.count("<", place, place + _STEP)
        if tags > _MOST_TAGS - 2 * _STEP:
            end = html.find("<", place + _STEP)
            yield html[start : end if end >= 0 else len(html)]
            start, tags = end, 0
            if end < 0:
                return
    yield html[start:]


def _distinct(licences: list[PageLicence]) -> tuple[PageLicence, ...]:
    return tuple(dict.fromkeys(licences))


def _licences(tree: LexborHTMLParser, metas: list[LexborNode], *, said: bytes) -> Iterator[PageLicence]:
    yield from _in_metas(metas)
    described = list(_in_data(tree)) if b"ld+json" in said else []
    yield from described
    marked = tree.css(_MARKED) if b"licen" in said or b"rights" in said else []
    links = [each for each in _linked(tree, said) if not _is_marked(each)]
    linked = [(node, _address(node)) for node in links]
    names = list(_names(tree, [*marked, *links])) if page_marks.names_in_text(said) else []
    look = _Look(others=any(mark in said for mark in _OF_ANOTHER), kinds=b"dcmitype/" in said)
    yield from _of_marked(marked, look, several=b"itemscope" in said and _is_one_of_several(tree))
    yield from _of_jats(tree) if b"license" in said else ()
    many = _are_many([address for _, address in linked] + [value for _, value in names])
    parts = frozenset(page_words.read_value(each.value) for each in described if each.scope == "part")
    yield from _of_links(linked, look, among_many=many, parts=parts)
    yield from _of_names(names, among_many=many)
    yield from _reserving_all(tree) if page_marks.reserves_all(said) else ()


@dataclass(frozen=True, slots=True)
class _Look:
    """What is worth looking for in a page: markup that speaks of others, of kinds of things."""

    others: bool
    kinds: bool

    def finds_no_text(self, node: LexborNode) -> bool:
        """Whether the licence at the node is said of another thing than a text of the page."""
        return (self.others and _is_of_another(node)) or (self.kinds and speaks_of_no_text(node))


def _linked(tree: LexborHTMLParser, said: bytes) -> list[LexborNode]:
    selectors = [selector for mark, selector in _LINKS if mark in said]
    return tree.css(",".join(selectors)) if selectors else []


def _in_data(tree: LexborHTMLParser) -> Iterator[PageLicence]:
    for script in tree.tags("script"):
        if "ld+json" not in (script.attributes.get("type") or "").lower():
            continue
        location = "head" if script.parent is not None and script.parent.tag == "head" else "body"
        for value, scope in page_data.licences_in(script.text(deep=True)):
            yield from _read("json-ld", value, scope, location)


def _read(kind: str, value: str, scope: str, location: str) -> Iterator[PageLicence]:
    said = " ".join(value[: 4 * page_words.LONGEST_VALUE].split())[: page_words.LONGEST_VALUE]
    if said:
        yield PageLicence(kind, said, scope, location)


def _in_metas(metas: list[LexborNode]) -> Iterator[PageLicence]:
    said = [(name, (each.attributes.get("content") or "").strip()) for each in metas for name in _meta_names(each)]
    is_text = not any(name in _META_TYPES and _NO_TEXT_TYPES.search(content) for name, content in said)
    for name, content in said:
        kind = "open-graph" if name.startswith(("og:", "article:")) else "meta"
        if name in _META_LICENCES or name in ("og:license", "article:license") or _names_licence(name, content):
            scope = "page" if is_text and kind == "meta" and _speaks_of_page(content) else "part"
            yield from _read(kind, content, scope, "head")
        elif name in _META_RIGHTS and page_words.reserves_all(content):
            yield PageLicence("all-rights-reserved", "All rights reserved", "page", "head")


def _meta_names(meta: LexborNode) -> set[str]:
    attributes = meta.attributes
    return {(attributes.get(each) or "").strip().lower() for each in ("name", "property")} - {""}


def _names_licence(name: str, content: str) -> bool:
    return name in _META_RIGHTS and len(content) < 2_000 and page_words.read_value(content) is not None


def _speaks_of_page(content: str) -> bool:
    named = creative_commons.read_words(content[:1_000])
    return page_words.subject(content[: named[0].start] if named else "") not in ("part", "denied", "theirs")


def _is_marked(node: LexborNode) -> bool:
    said = node.attributes
    names = f"{said.get('rel') or ''} {said.get('property') or ''} {said.get('itemprop') or ''}".lower()
    return "license" in names or "licence" in names


def _address(node: LexborNode) -> str:
    said = node.attributes
    found = next((said[name] for name in ("href", "content", "resource", "src") if said.get(name)), None)
    return found or ""


def _of_marked(nodes: list[LexborNode], look: _Look, *, several: bool) -> Iterator[PageLicence]:
    for count, node in enumerate(nodes):
        kind = _kind_of(node)
        if kind and count < _MOST_PLACES:
            found = _one_marked(node, look, kind=kind)
            yield from (replace(each, scope="part") if several and kind == "itemprop" else each for each in found)
        elif kind:
            yield from _read(kind, _address(node) or "?", "page", "body")  # too many to look at: none may hide


def _kind_of(node: LexborNode) -> str | None:
    said = {name: (value or "").lower() for name, value in node.attributes.items()}
    if "license" in said.get("itemprop", ""):
        return "itemprop"
    if {"license", "licence"} & set(said.get("rel", "").split()):
        return None if node.tag == "meta" else "rel-license"
    if node.tag == "meta" and not said.get("property", "").startswith(("schema:", "cc:", "dct:")):
        return None
    names = f"{said.get('rel', '')} {said.get('property', '')}".split()
    return "rdfa" if any(re.search(r"(?:^|[:/#])(?:license|rights)$", name) for name in names) else None


def _one_marked(node: LexborNode, look: _Look, *, kind: str) -> Iterator[PageLicence]:
    place = place_of(node)
    address = _address(node)
    value = _or_later(place) or address or place.own
    known = page_words.read_value(value[: page_words.LONGEST_VALUE])
    if kind == "rdfa" and not known and not _named(place.own):
        return
    scope = "part" if look.finds_no_text(node) else _scope_of(node, place)
    if known or not _named(place.own):
        yield from _read(kind, value, scope, place.location)
    if _contradicts(place.own, known):
        yield from _read(kind, place.own, scope, place.location)


def _scope_of(node: LexborNode, place: Place) -> str:
    return "page" if node.tag in ("link", "meta") and place.location == "head" else page_scope.of_marked(place)


def _is_of_another(node: LexborNode) -> bool:
    """Whether the microdata or RDFa around it speaks of another thing than the page."""
    each: LexborNode | None = node
    for _ in range(64):
        if each is None or not each.is_element_node:
            return False
        if _names_another(each.attributes, is_self=each is node):
            return True
        each = each.parent
    return False


def _is_one_of_several(tree: LexborHTMLParser) -> bool:
    """Whether the page shows several works side by side, each with microdata of its own."""
    kinds = (node.attributes.get("itemtype") or "" for node in tree.css("[itemscope]:not([itemprop])"))
    return sum(kind.rstrip("/").rsplit("/", 1)[-1].lower() in page_data.WORKS for kind in kinds) > 1


def _names_another(said: dict[str, str | None], *, is_self: bool) -> bool:
    about = said.get("about") or ""
    kind = (said.get("itemtype") or said.get("typeof") or "").rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower()
    if about.strip("#./") or (not is_self and said.get("resource") and "property" in said):
        return True
    own = (said.get("itemprop") or "mainentity").lower() in ("mainentity", "mainentityofpage")
    below = "itemscope" in said and not own
    return below or bool(kind and kind not in page_data.TEXTS and kind != "document")


def _of_jats(tree: LexborHTMLParser) -> Iterator[PageLicence]:
    for tag in _JATS_TAGS:
        for node in tree.tags(tag)[:_MOST_JATS]:
            scope = "part" if place_of(node).is_part else "page"
            yield from _read("jats", _of_jats_element(node), scope, "head")


def _of_jats_element(node: LexborNode) -> str:
    """Its address; or the licence its words name; or its words."""
    said = node.attributes
    words = node.text(deep=True, separator=" ")[: 4 * page_words.LONGEST_VALUE]
    return said.get("xlink:href") or said.get("href") or _named_in(words) or words


def _are_many(values: list[str]) -> bool:
    """Whether so many licences are named that the page speaks of them."""
    named = (page_words.read_value(value[: page_words.LONGEST_VALUE]) for value in values[:_MOST_PLACES])
    return len(set(named) - {None}) >= _MANY or len(values) > _MOST_PLACES


def _of_links(
    linked: list[tuple[LexborNode, str]], look: _Look, *, among_many: bool, parts: frozenset[str | None]
) -> Iterator[PageLicence]:
    """`parts` are the licences that the page's data gives to pictures, films, data sets."""
    for node, address in linked[:_MOST_PLACES]:
        known = page_words.read_value(address[: page_words.LONGEST_VALUE])
        if known is None:
            continue
        kind = "cc-link" if "creativecommons" in address.lower() else "licence-link"
        place = place_of(node)
        scope = (
            "part" if look.finds_no_text(node) else page_scope.of_link(place, among_many=among_many or known in parts)
        )
        yield from _read(kind, _or_later(place) or address, scope, place.location)
        if _contradicts(place.own, known):
            yield from _read(kind, place.own, scope, place.location)


def _or_later(place: Place) -> str:
    """What a link's words say of versions to come, where its address cannot; else nothing."""
    said = f"{place.own} {place.after[:40]}"
    found = re.search(r"free documentation licen[cs]e,? (?:version )?1\.\d,? or (?:any )?later", said, re.IGNORECASE)
    return found.group() if found else ""


@lru_cache(maxsize=4096)
def _named(text: str) -> list[str]:
    return page_words.merged([each.expression for each in creative_commons.read_words(text) if each.expression])


def _contradicts(words: str, known: str | None) -> bool:
    """Whether a link's words name another licence than its address does."""
    if known and not known.startswith(("CC", "LicenseRef-tamis-CC")):
        return False
    return any(page_words.merged([*([known] if known else []), each]) != [known] for each in _named(words))


def _texts(tree: LexborHTMLParser, is_sought: Callable[[str], object]) -> Iterator[tuple[LexborNode, str]]:
    """The text nodes that are sought."""
    if tree.body is not None:
        for node in tree.body.traverse(include_text=True):
            text = node.text_content if node.is_text_node else None
            if text and is_sought(text) and not (node.parent and node.parent.tag in ("script", "style")):
                yield node, text


_SHORT_NAME = re.compile(r"cc[ -]?(?:by|0|zero)")


def _count_names(text: str) -> int:
    said = text.lower()
    long = said.count("commons") + said.count("government licen") + said.count("documentation licen")
    return long + len(_SHORT_NAME.findall(said))


def _names(tree: LexborHTMLParser, known: list[LexborNode]) -> Iterator[tuple[LexborNode, str]]:
    """The text nodes that name one licence, without those of links already seen."""
    if _count_names(_text(tree)) <= sum(_count_names(node.text(deep=True, separator=" ")) for node in known):
        return
    places = {node.mem_id for node in known}
    for node, text in _texts(tree, _count_names):
        value = None if _is_within(node, places) else _named_in(text)
        if value:
            yield node, value


def _named_in(text: str) -> str | None:
    if len(text) > 20_000:
        return None
    named = [text[each.start : each.end] for each in creative_commons.read_words(text) if each.expression]
    distinct = list(dict.fromkeys(page_words.read_value(name) for name in named))
    if named:
        return named[0] if len(distinct) == 1 else "; ".join(named)
    said = " ".join(text.split())
    return next((found.group() for words, _ in page_words.OTHER_NAMES if (found := words.search(said))), None)


def _is_within(node: LexborNode, known: set[int]) -> bool:
    each = node.parent
    for _ in range(5):
        if each is None:
            return False
        if each.mem_id in known:
            return True
        each = each.parent
    return False


def _of_names(names: list[tuple[LexborNode, str]], *, among_many: bool) -> Iterator[PageLicence]:
    """Where mere words name several licences, none of them gives anything: a licence's text speaks of others, too."""
    known = [page_words.read_value(value[: page_words.LONGEST_VALUE]) for _, value in names[:_MOST_PLACES]]
    are_several = len(page_words.merged([each for each in known if each])) > 1
    for (node, value), expression in zip(names[:_MOST_PLACES], known, strict=True):
        place = _place_in_text(node, value.split("; ", 1)[0])
        gives_nothing = are_several and expression is not None and is_free(expression)
        scope = "part" if gives_nothing else page_scope.of_words(place, among_many=among_many)
        yield from _read("cc-words", value, scope, place.location)


def _place_in_text(node: LexborNode, name: str) -> Place:
    """The place of words within a text node: what is before and after them in the node counts as beside them."""
    place = place_of(node)
    text = " ".join((node.text_content or "").split())
    before, found, after = text.partition(" ".join(name.split()))
    return Place(
        place.location,
        is_part=place.is_part,
        is_weak=place.is_weak,
        block=place.block,
        heading=place.heading,
        before=f"{place.before} {before}"[-400:],
        own=found,
        after=f"{after} {place.after}"[:400],
    )


def _reserving_all(tree: LexborHTMLParser) -> Iterator[PageLicence]:
    found = ((node, page_words.reserves_all(text)) for node, text in _texts(tree, page_words.may_reserve_all))
    for node, words in islice(((node, words) for node, words in found if words), _MOST_PLACES):
        place = _place_in_text(node, words.group())
        yield PageLicence("all-rights-reserved", "All rights reserved", page_scope.of_reserved(place), place.location)


def _text(tree: LexborHTMLParser) -> str:
    return tree.body.text(deep=True, separator=" ") if tree.body is not None else ""


def is_free(expression: str) -> bool:
    """Whether a licence is of a class that lets everybody use and change the work."""
    return grant_of(expression) not in ("restricted", "proprietary", "unknown")
