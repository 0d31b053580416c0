"""Tells which licences a text is, grants or names: tags, whole texts, texts that are nearly known, notices, addresses.

How: SPDX tags are read first; then the text is compared with those of the SPDX list, word for word
(`filters/rights/texts/known.py`) and else by the words that follow one another (`filters/rights/texts/index.py`); what
no licence text accounts for is searched for notices, addresses and names (`filters/rights/texts/notices.py`). All that
is found holds together, unless the text says that one may choose.

What is left in the end must not speak of terms (`filters/rights/texts/restrictions.py`), for it may take back what the
rest grants: such a text is not understood. It costs time in proportion to the text.

Measured by `benchmarks/licence_texts.py`: of 179 paragraphs of Debian's copyright files 0.994 are of the class that the
maintainers name and 0.844 of the very licence, of 179 texts of Google's licensecheck 0.972 and 0.866, none freer than
labelled; about 200 texts a CPU-second, 51 times ScanCode's in the same run, in 133 MiB.

Known misses: programs whose comments speak of what is allowed far from any licence are not understood (a fifth of
ScanCode's own samples of source files); nor is a licence that is named by nothing but the address of a repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from filters.rights.spdx import grant_of, read_expression, strictest
from filters.rights.texts.index import Near, covered_by, covered_by_freer, load, near_texts, stretches
from filters.rights.texts.known import MAX_CHARACTERS, licences_of_text
from filters.rights.texts.licence_names import stem_and_version
from filters.rights.texts.notices import Notice, Role, notices
from filters.rights.texts.restrictions import qualifies, speaks_of_terms, turns
from filters.rights.texts.shingles import Words, plain_text, shingles_of, words_of
from filters.rights.texts.tags import read_tags
from tamis.records import GRANTS

Kind = Literal["tag", "full-text", "near-text", "notice", "address", "name"]

LONGEST = 400_000
"""Characters; longer texts are not searched, and not understood."""

_MASK = "\x1f"
_CHOICE = re.compile(
    r"\bdual[\s-]*licen|\btri(?:ple)?[\s-]*licen|\byour\s+choice|\bat\s+your\s+(?:option|choice)(?!\W{0,2}\s*any)"
    r"|\balternatively\b|\byou\s+may\s+choose"
)
_OR = re.compile(
    r"\W{0,10}(?:licen[sc]es?\W{1,10})?\bor\W{1,10}(?:(?:under|the|an?|[a-d]|terms|of|gnu|licen[sc]e|version|either)\W{1,10}){0,6}"
)
_CHOICE_CHARACTERS = 250
_ALL = re.compile(r"\band\b|\balso\b|\bparts?\b|\bportions?\b|\bexcept\b|\bdata\b|\bdocumentation\b|\bfiles?\b")
_MASKS = re.compile(rf"{_MASK}[\s\W]*(?:{_MASK}[\s\W]*)*")
_BESIDE = 300
"""So many characters before and after a licence are taken for part of what is said of it."""

_FEW_IN_PHRASE = 5
_FEW_WORDS = 60
_WHOLE_SHARE = 0.7
"""A text of whose words less is accounted for is not compared word for word: it cannot be the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """One licence of a text, and how it was found.

    `share` is how much of a licence's own words was found in it, 1 for what is no text. `start` counts characters of
    the text without its notices of copyright.
    """

    kind: Kind
    expression: str
    share: float = 1.0
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Detected:
    """All that was found in a text, and whether what is left of it may take that back.

    `choices` are the parts that are alternatives, by their places in `parts`.
    """

    parts: tuple[Found, ...] = ()
    rest_speaks_of_terms: bool = False
    choices: tuple[tuple[int, ...], ...] = ()

    @property
    def expression(self) -> str | None:
        """All of it in SPDX; null where nothing was found, or where what is left may say otherwise."""
        return None if self.rest_speaks_of_terms else self.found

    @property
    def found(self) -> str | None:
        """The same, whatever is left."""
        groups = [" OR ".join(f"({self.parts[place].expression})" for place in group) for group in self.choices]
        return read_expression(" AND ".join(f"({group})" for group in groups)).expression if groups else None


def detect(text: str) -> Detected:
    seen = look(text)
    return judge(read(seen)) if seen else Detected(rest_speaks_of_terms=True)


@dataclass(frozen=True, eq=False)
class Look:
    """A text after the search for licence texts, before anything else is read in it.

    `near` are those that were found among its numbered shingles, `whole` is the licence that it is word for word.
    """

    tagged: tuple[Found, ...]
    plain: str
    numbers: NDArray[np.int64]
    near: tuple[Near, ...]
    whole: Found | None

    @cached_property
    def words(self) -> Words:
        """They are cut when they are asked for: where there is no licence text, nobody may."""
        return words_of(self.plain)

    @property
    def texts(self) -> tuple[Found, ...]:
        """The licence texts in it."""
        return (self.whole,) if self.whole else tuple(_of_near(text, self.words) for text in self.near)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """The words that one of the texts accounts for."""
        covered = np.zeros(len(self.words), dtype=np.bool_)
        covered[self.words.counted] = _accounted(self.near, len(self.words.counted))
        return covered


def look(text: str) -> Look | None:
    """Searches a text for tags and licence texts; null where it is too long, or its tags are not understood."""
    if len(text) > LONGEST:
        return None
    tags, rest = read_tags(text)
    if tags and tags.expression is None:
        return None
    plain = plain_text(rest)
    numbers = load().numbers(shingles_of(plain))
    near = near_texts(numbers, load())
    return Look(
        tagged=(Found("tag", tags.expression),) if tags and tags.expression else (),
        plain=plain,
        numbers=numbers,
        near=near,
        whole=_whole(rest) if near and _accounted(near, len(near[0].covered)).mean() >= _WHOLE_SHARE else None,
    )


def _accounted(near: tuple[Near, ...], counted: int) -> NDArray[np.bool_]:
    """Of a text's counted words those that a licence text accounts for."""
    return np.any([licence.covered for licence in near], axis=0) if near else np.zeros(counted, dtype=np.bool_)


def _whole(text: str) -> Found | None:
    """The licence it is word for word; where several share a text, the strictest of the same class as the first."""
    if len(text) > MAX_CHARACTERS:
        return None
    licences = [licence for licence in licences_of_text(text) if read_expression(licence).expression]
    if not licences:
        return None
    grant = strictest([grant_of(licence) for licence in licences])
    return Found("full-text", next(licence for licence in licences if grant_of(licence) == grant))


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A text after all licences in it were found; what is left of it is not looked at yet."""

    seen: Look
    notices: tuple[Notice, ...]
    found: Detected


def read(seen: Look) -> Read:
    """Finds what else the text grants and names."""
    if seen.whole:
        return Read(seen, (), _together([*seen.tagged, seen.whole], plain=""))
    words = seen.words
    plain = _masked(words, seen.covered)
    noticed = _relevant(notices(words, plain, places=np.flatnonzero(~seen.covered).tolist()), seen)
    named = [_of_notice(notice) for notice in _without_families(noticed, [*seen.tagged, *seen.texts])]
    return Read(seen, tuple(noticed), _together(_once([*seen.tagged, *seen.texts, *named]), plain=plain))


def judge(text: Read) -> Detected:
    """Tells whether what is left may take back what was found."""
    if text.seen.whole:
        return text.found
    return replace(text.found, rest_speaks_of_terms=_left_speaks(text.seen, noticed=text.notices, found=text.found))


def _masked(words: Words, covered: NDArray[np.bool_]) -> str:
    """The text with all that is accounted for blotted out, at the same length."""
    pieces, at = [], 0
    for first, last in stretches(covered):
        start, end = words.start(first), words.end(last - 1)
        pieces += [words.plain[at:start], _MASK * (end - start)]
        at = end
    return "".join([*pieces, words.plain[at:]])


def _of_near(near: Near, words: Words) -> Found:
    start, end = words.start(words.counted[near.first]), words.end(words.counted[near.last])
    return Found("near-text", near.ids[0], round(near.share, 3), start, end)


def _of_notice(notice: Notice) -> Found:
    kind: Kind = "address" if notice.address else "notice" if notice.role == "grant" else "name"
    return Found(kind, notice.expression, 1.0, notice.start, notice.end)


def _relevant(found: tuple[Notice, ...], seen: Look) -> list[Notice]:
    """Grants and titles, and where there are none, pointers; others only where they are stricter than all of that.

    A short text is about nothing but what it mentions.
    """
    said = [text.ids[0] for text in seen.near] + [tag.expression for tag in seen.tagged]
    roles: tuple[Role, ...] = ("grant", "title")
    if not said and not any(notice.role in roles for notice in found):
        roles = ("pointer", "mention") if len(seen.words) <= _FEW_WORDS else ("pointer",)
    said += [notice.expression for notice in found if notice.role in roles]
    if not said:
        return []
    strictness = GRANTS.index(strictest([read_expression(each).grant for each in said]))
    return [
        notice
        for notice in found
        if notice.role in roles or GRANTS.index(read_expression(notice.expression).grant) > strictness
    ]


def _without_families(noticed: list[Notice], parts: list[Found]) -> list[Notice]:
    """A licence without its version goes where one of its editions is found."""
    stems = {stem_and_version(part.expression)[0] for part in parts}
    stems |= {stem_and_version(notice.expression)[0] for notice in noticed if not _family(notice)}
    return [
        notice
        for notice in noticed
        if not (family := _family(notice)) or not any(stem == family or stem.startswith(f"{family}-") for stem in stems)
    ]


def _family(notice: Notice) -> str:
    return notice.family or notice.expression.partition("LicenseRef-tamis-")[2]


def _once(parts: list[Found]) -> list[Found]:
    """Each licence once, in the order of the text; the text of one of which later versions may be taken is theirs."""
    later = {part.expression for part in parts if part.expression.endswith("-or-later")}
    kept: dict[str, Found] = {}
    for part in sorted(parts, key=lambda part: part.start):
        if part.expression.removesuffix("-only") + "-or-later" not in later or not part.expression.endswith("-only"):
            kept.setdefault(part.expression, part)
    return list(kept.values())


def _left_speaks(seen: Look, *, noticed: Iterable[Notice], found: Detected) -> bool:
    """Whether words that no licence found accounts for speak of terms, or turn one of its sentences round.

    Words that stand so in some licence no stricter than those found are no alarm.
    """
    words, known, index = seen.words, seen.covered.copy(), load()
    if len(seen.numbers):
        stems = {stem_and_version(notice.expression)[0] for notice in noticed}
        entries = [entry for stem in stems for entry in _entries().get(stem, ())]
        own = covered_by(entries, numbers=seen.numbers, index=index) | seen.covered[words.counted]
        if found.found:
            phrases = covered_by_freer(GRANTS.index(_strictest_of(found)), numbers=seen.numbers, index=index)
            own |= _without_ends(phrases, own)
        known[words.counted[own]] = True
    rest = _blotted(_masked(words, known), noticed)
    return (
        turns(_inner(words, known, seen.near))
        or speaks_of_terms(_without_masks(rest))
        or any(qualifies(before, after) for before, after in _beside(rest, found.parts))
    )


def _without_ends(phrases: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without the few words that lead from what is known to what is not: they may begin any sentence."""
    kept = phrases & ~known
    for first, last in stretches(kept):
        if last - first < _FEW_IN_PHRASE and not known[last : last + 1].any():
            kept[first:last] = False
    return kept


def _blotted(rest: str, noticed: Iterable[Notice]) -> str:
    """Without the notices themselves: `only` and `any later version` belong to them."""
    pieces, at = [], 0
    for notice in noticed:
        pieces += [rest[at : notice.start], _MASK * (notice.end - notice.start)]
        at = notice.end
    return "".join([*pieces, rest[at:]])


def _without_masks(rest: str) -> str:
    return _MASKS.sub(_MASK, rest)


def _beside(rest: str, parts: tuple[Found, ...]) -> Iterator[tuple[str, str]]:
    """What is left before and after each licence, as far as it belongs to it; what is amid its text is the latter."""
    for part in parts:
        if part.kind != "tag":
            before = rest[max(0, part.start - _BESIDE) : part.start]
            yield _without_masks(before), _without_masks(rest[part.start : part.end + _BESIDE])


def _strictest_of(found: Detected) -> str:
    return strictest([read_expression(part.expression).grant for part in found.parts])


def _inner(words: Words, covered: NDArray[np.bool_], near: tuple[Near, ...]) -> str:
    """The words that stand amid those of a licence text."""
    places: list[int] = []
    for text in near:
        first, last = int(words.counted[text.first]), int(words.counted[text.last])
        places += (first + np.flatnonzero(~covered[first : last + 1])).tolist()
    return " ".join(words.word(place) for place in places)


@cache
def _entries() -> dict[str, list[int]]:
    """Texts of the index by stem."""
    found: dict[str, list[int]] = {}
    for entry, ids in enumerate(load().ids):
        found.setdefault(stem_and_version(ids[0])[0], []).append(entry)
    return found


def _together(parts: list[Found], *, plain: str) -> Detected:
    """Groups neighbours between which the text says that one may choose."""
    groups: list[list[int]] = []
    for place, part in enumerate(parts):
        if groups and _may_choose(parts[place - 1], part, plain=plain):
            groups[-1].append(place)
        else:
            groups.append([place])
    return Detected(tuple(parts), choices=tuple(tuple(group) for group in groups))


def _may_choose(first: Found, second: Found, *, plain: str) -> bool:
    between = plain[first.end : second.start]
    if not 0 < len(between) <= _CHOICE_CHARACTERS or _ALL.search(between):
        return False
    return bool(_OR.fullmatch(between) or _CHOICE.search(between))
