"""Decides whether a licence found in a page is the page's, or that of a part of it or of something it speaks of.

When in doubt it is a part: then it allows nothing. Only what the markup calls the page's licence (`rel=license`) needs
no words that say so; a mere link and mere words do.
"""

from __future__ import annotations

from filters.rights.pages import words as page_words
from filters.rights.pages.place import Place

_SHORT = 160
"""Characters of a line that is about nothing but rights."""

_LINE_BLOCKS = frozenset(("p", "div", "footer", "address", "center", "section", "article", "header", "main"))


def of_marked(place: Place) -> str:
    """The scope of what is marked as licence: the page's unless something says otherwise."""
    said = _subject(place)
    if place.is_part or said in ("part", "denied", "theirs") or _is_listed_beside(place):
        return "part"
    if said == "page":
        return "page"
    if place.location != "footer" and place.block in ("td", "dd"):
        return "part"  # a row of facts: on an item, a data set, a file
    if not _leads_here(place, said):
        return "part"
    strange = said == "none" and page_words.is_strange(page_words.sentence_before(place.before))
    return "part" if strange or _is_beside(place) or page_words.names_a_part(place.heading) else "page"


def of_link(place: Place, *, among_many: bool) -> str:
    """The scope of a mere link to a licence; `among_many` where the page links so many that it speaks of licences."""
    if of_marked(place) == "part":
        return "part"
    said, before = _subject(place), page_words.sentence_before(place.before)
    if said == "page":
        leads = page_words.grants(f"{before} {place.own}") or before.rstrip().endswith(":")
        return "page" if leads else "part"
    if place.location == "footer":
        return "page" if said == "none" or page_words.grants(before) else "part"
    return "page" if said == "none" and not among_many and _is_line_of_rights(place) else "part"


def of_words(place: Place, *, among_many: bool) -> str:
    """The scope of a licence's name in text that is no link."""
    if of_link(place, among_many=among_many) == "part":
        return "part"
    before = page_words.sentence_before(place.before)
    return "page" if _subject(place) == "page" or page_words.grants(before) else _of_bare_words(place)


def of_reserved(place: Place) -> str:
    """The scope of `all rights reserved`."""
    said = page_words.subject(page_words.sentence_before(place.before))
    line = len(place.before) + len(place.own) + len(place.after)
    return "part" if place.is_part or said in ("part", "denied", "theirs") or line > 2 * _SHORT else "page"


def _of_bare_words(place: Place) -> str:
    return "page" if place.location == "footer" and len(place.before) + len(place.after) < _SHORT else "part"


def _subject(place: Place) -> page_words.Subject:
    """What the sentence speaks of: the words before the licence, and if they speak of nothing, those after it."""
    sentence = page_words.sentence_before(place.before)
    before = page_words.subject(sentence)
    if before != "none":
        return before
    if not sentence.strip() and page_words.subject(page_words.item_before(place.before)) == "part":
        return "part"
    after = page_words.sentence_after(f"{place.own} {place.after}")[:80]
    said = page_words.subject(after)
    return "none" if said in ("bare", "denied") and not page_words.denies(place.after[:30]) else said


def _leads_here(place: Place, said: page_words.Subject) -> bool:
    """Whether what stands before the licence leads to it, and speaks of no work that may be another."""
    if place.location == "footer" and said == "bare":
        return True
    return said == "none" and page_words.only_leads(page_words.sentence_before(place.before))


def _is_listed_beside(place: Place) -> bool:
    """Whether it is of an entry in a list beside the text: another page's, mostly."""
    return place.is_weak and place.location != "footer" and place.block in ("li", "dt", "dd", "td")


def _is_beside(place: Place) -> bool:
    return place.is_weak and place.location != "footer"


def _is_line_of_rights(place: Place) -> bool:
    """A short line of its own that leads to the licence: `Licence: …`, `© 2024 somebody, …`."""
    is_short = len(place.before) + len(place.after) <= _SHORT and place.block in _LINE_BLOCKS
    before = page_words.sentence_before(place.before).strip()
    return is_short and page_words.leads(before or place.own)
