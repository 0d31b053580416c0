"""Evidence for an item's licence, piece by piece, and what the pieces come to.

What a piece weighs, from 0 (a mention) to 6 (a contract on file); 5 and 6 are given by nobody here:

    4  said in the item's own bytes as its own licence: the text is one, a picture's XMP, an article's JATS
    3  the author's SPDX expression or licence file; a notice or tags in the item's first lines
    2  the author's free words or choice from a list; said of the record by whoever made the corpus; machine-readable in
       the page; a picture's other fields
    1  declared for a whole: the corpus, a repository, a data set on its hub, an index of others
    0  a mention: a link to a Creative Commons deed, or its name, somewhere in the page

The class is the strictest that any understood piece names. A condition that any understood piece has, holds. What an
item was made from (`ancestor`) takes part in the class and the conditions, never in a conflict: two works may well have
two licences, and what is made of both has the stricter; one that was not understood stands against the licence.
A piece that speaks of a part of the item, as a photo's credit in a page does, is on record and counts for nothing.

What is monotone, whatever the policy lets pass: a piece more makes the class no freer, drops no condition, and drops no
conflict unless it is the author's expression that names both sides. One that was not understood, or that names a class
not named before, takes away nothing that stands against the licence. Only the first piece that is understood, and one
that agrees with those there are, can make an item better established.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from filters.rights.conditions import in_order
from filters.rights.spdx import Reading, family_of, is_covered, licences_in, read_expression, strictest
from tamis.ids import Id128

LEVELS = {
    "full-text": 4,
    "xmp-license": 4,
    "xmp-web-statement": 4,
    "jats": 4,
    "license-expression": 3,
    "licence-file": 3,
    "notice": 3,
    "license-field": 2,
    "classifier": 2,
    "column": 2,
    "ancestor": 2,
    "rel-license": 2,
    "json-ld": 2,
    "itemprop": 2,
    "rdfa": 2,
    "meta": 2,
    "licence-link": 2,
    "all-rights-reserved": 2,
    "xmp-usage-terms": 2,
    "xmp-rights": 2,
    "exif-copyright": 2,
    "iptc-copyright": 2,
    "png-text": 2,
    "xmp-marked": 0,
    "corpus": 1,
    "hub-card": 1,
    "repository": 1,
    "index": 1,
    "open-graph": 0,
    "cc-link": 0,
    "cc-words": 0,
}

CONFLICT_LEVEL = 1
"""Evidence below it is heard, but starts no conflict."""

_ISSUERS = {
    "column": "curator",
    "corpus": "curator",
    "hub-card": "hub",
    "repository": "repository",
    "index": "index",
    "rel-license": "page",
    "json-ld": "page",
    "itemprop": "page",
    "rdfa": "page",
    "meta": "page",
    "jats": "page",
    "licence-link": "page",
    "all-rights-reserved": "page",
}
"""Who says it, where that is not the author: two fields by one hand are one kind of evidence."""

_NOBODY = ("open-graph", "cc-link", "cc-words", "xmp-marked")
"""Mentions: they say nothing that another could confirm."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim as it was understood; `raw` is the digest of the claim as it was written."""

    kind: str
    reading: Reading
    raw: Id128
    level: int
    scope: str = "item"
    location: str | None = None
    is_text: bool = False
    """A text that was compared with those of known licences. If it is none of them, it need not say otherwise."""

    @property
    def counts(self) -> bool:
        return self.scope != "part"

    @property
    def issuer(self) -> str:
        return _ISSUERS.get(self.kind, "author")

    def stands_against(self, level: int) -> bool:
        """Whether it was not understood and may say otherwise than evidence of that level.

        A statement does from the same level on, a text only from above: that a licence file is none of the known ones
        does not contradict the author's expression. That there is no licence stands against everything.
        """
        match self.reading.unread:
            case "none":
                return True
            case "words":
                return self.level > level if self.is_text else self.level >= level
        return False


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the evidence for one item comes to."""

    expression: str | None
    """All that the best evidence for the class names; null where nothing was understood."""
    grant: str
    level: int
    """The highest level of the evidence for the class, but no more than that of any ancestor's licence."""
    issuers: int
    """How many name the class independently of each other; 1 at most where there are ancestors."""
    conflict: bool
    conditions: tuple[str, ...]
    not_understood: int
    """The highest level of what was not understood and stands against the licence."""


UNKNOWN = Conclusion(None, "unknown", 0, 0, conflict=False, conditions=(), not_understood=0)


@lru_cache(maxsize=4096)
def conclude(pieces: tuple[Evidence, ...]) -> Conclusion:
    """What the evidence for one item comes to; items of one corpus mostly have the same."""
    counting = [piece for piece in pieces if piece.counts]
    ancestors = [piece for piece in counting if piece.kind == "ancestor" and piece.reading.unread != "nothing"]
    own = _own([piece for piece in counting if piece.kind != "ancestor"])
    return _with_ancestors(own, ancestors) if ancestors else own


def _own(pieces: list[Evidence]) -> Conclusion:
    understood = [piece for piece in pieces if piece.reading.unread is None]
    level_of: dict[str, int] = {}
    for piece in understood:
        level_of[piece.reading.grant] = max(piece.level, level_of.get(piece.reading.grant, 0))
    against = _against(pieces, level=min(level_of.values(), default=0))
    if not understood:
        return Conclusion(None, "unknown", 0, 0, conflict=False, conditions=(), not_understood=against)
    grant = strictest(list(level_of))
    agreeing = [piece for piece in understood if piece.reading.grant == grant]
    heard = {piece.reading.grant for piece in _unexplained(understood) if piece.level >= CONFLICT_LEVEL}
    return Conclusion(
        expression=_together(piece for piece in agreeing if piece.level == level_of[grant]),
        grant=grant,
        level=level_of[grant],
        issuers=len({piece.issuer for piece in agreeing if piece.kind not in _NOBODY}),
        conflict=len(heard) > 1,
        conditions=_conditions(understood),
        not_understood=against,
    )


def _unexplained(understood: list[Evidence]) -> list[Evidence]:
    """Without what the author's expression names beside others: the texts of `MIT AND MPL-2.0` are no contradiction."""
    expressions = [piece.reading.expression or "" for piece in understood if piece.kind == "license-expression"]
    licences = {licence for expression in expressions for licence in licences_in(expression)}
    named = frozenset((*licences, *filter(None, map(family_of, licences))))
    return [
        piece
        for piece in understood
        if piece.kind == "license-expression" or not is_covered(piece.reading.expression or "", named)
    ]


def _with_ancestors(own: Conclusion, ancestors: list[Evidence]) -> Conclusion:
    """The meet: the strictest class of all, every condition of all, no better established than the worst.

    One that was not understood leaves the class as it is known and stands against it, so that what would be refused
    without it still is.
    """
    known = [piece for piece in ancestors if piece.reading.unread is None] if own.grant != "unknown" else []
    lost = max((piece.level for piece in ancestors if piece.reading.unread), default=0)
    return Conclusion(
        expression=_joined(name for name in (own.expression, *(piece.reading.chosen for piece in known)) if name),
        grant=strictest([own.grant, *(piece.reading.grant for piece in known)]),
        level=min(own.level, *(piece.level for piece in ancestors)),
        issuers=min(own.issuers, 1),
        conflict=own.conflict,
        conditions=in_order([*own.conditions, *_conditions(ancestors)]),
        not_understood=max(own.not_understood, lost),
    )


def _conditions(pieces: Iterable[Evidence]) -> tuple[str, ...]:
    return in_order(condition for piece in pieces for condition in piece.reading.conditions)


def _against(pieces: Iterable[Evidence], *, level: int) -> int:
    """`level` is that of the class which is established worst: where classes differ, none of them settles anything."""
    return max((piece.level for piece in pieces if piece.stands_against(level)), default=0)


def _together(agreeing: Iterable[Evidence]) -> str | None:
    """All that the best evidence names: which of several texts covers which part is not known, so all of them hold."""
    return _joined(piece.reading.chosen for piece in agreeing if piece.reading.chosen)


def _joined(names: Iterable[str]) -> str | None:
    chosen = sorted(set(names))
    if len(chosen) < 2:
        return next(iter(chosen), None)
    return read_expression(" AND ".join(f"({name})" for name in chosen)).expression or next(iter(chosen), None)
