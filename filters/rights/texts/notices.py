"""Reads notices: sentences that grant a licence by its name, and titles that only name one.

The grammar is general: a NAME of `filters/rights/texts/licence_names.py`, a VERSION beside it (`version 2 of the …`,
`…; either version 2, or (at your option) any later version`), and words before and after that say what the name is
there for: a grant (`licensed under the`), a title (nothing else in its line), a pointer to where a text is (`you should
have received a copy of the`, an address), or a mention, which grants nothing. A name that is denied or compared (`not
under the GPL`, `unlike the`, `GPL-compatible`, `depends on …, which is`) is passed over.

Known misses: a sentence about a licence that reads like a grant (`the GPL is a copyleft licence by`) is taken for one
in a text of up to 60 words; a licence named by nothing but an address of a project's own, as of its repository, is not
known; of the 618 names of the SPDX list in `Licensed under the …` 607 are read to their class, 563 to their id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from filters.rights.creative_commons import read_words
from filters.rights.texts.index import load
from filters.rights.texts.licence_names import Named, editions, resolve, stem_and_version, tree
from filters.rights.texts.shingles import Words

Role = Literal["grant", "title", "pointer", "mention"]

_REACH = 170
"""Characters after a name in which its version may stand."""

_NUMBER = r"(?P<number>\d{1,2}(?:\.\d{1,3}){0,3}(?![\d\w-]))"
_VERSION_WORD = r"(?:versions?|ver\.?|vers\.?|v\.?|rev\.?|revision|release|level)"
_DIRECTLY = re.compile(
    rf"[\s\W]{{0,6}}(?:\((?:the\s+)?[\"'“”]?[a-z][\w\s./-]{{0,40}}[\"'“”]?\)[\s,;:-]*)?"
    rf"(?:{_VERSION_WORD}[\s:]{{0,3}})?{_NUMBER}"
)
_FARTHER = re.compile(rf"\b{_VERSION_WORD}\s{{0,3}}{_NUMBER}")
_BEFORE = re.compile(
    rf"\b{_VERSION_WORD}\s{{0,3}}{_NUMBER}(?P<between>[^.;]{{0,60}}?)\bof\s+(?:the\s+)?(?:gnu\s+)?(?:terms\s+of\s+(?:the\s+)?)?$"
)
_STOP = re.compile(
    r"\bsee\b|warrant|you\s+should|without\s+any|is\s+distributed|can\s+be\s+found|on\s+debian|a\s+copy\s+of|full\s+text"
    r"|complete\s+text|alternatively|\bexception\b|\x1f"
)
_ANOTHER = re.compile(r"\b(?:[al]?gpl|mit|bsd|apache|mpl|epl|cddl|artistic|mozilla|lesser|affero|creative)\b")
_LATER = re.compile(
    r"\+(?!\w)|-or-later|\b(?:or|and|any|and/or|/)\b[^.;:]{0,45}?\b(?:later|newer|greater|higher|subsequent|above|up|upwards?"
    r"|onwards?|future)\b|\bor\s*,?\s*\(?\s*at\s+your\s+(?:option|choice)"
)
_ONLY = re.compile(r"[^.;]{0,30}\b(?:only|not\s+(?:any\s+|or\s+)?later|no\s+(?:other|later))\b")

_LEAD = re.compile(
    r"(?:\b(?:licen[sc]ed|licen[sc]es|released?|distribut\w+|available|provided|published|covered|governed|redistribut\w+"
    r"|modify|copied|copy|used?|subject|offered|shared|issued|protected|relicensed|permitted|free|contributed|falls?|is|are"
    r"|comes?|placed|put)\b[^.;\x1f]{0,130}?\b(?:under|by|to|with|of|through|per|according\s+to|in\s+accordance\s+with)\b"
    r"[^.;\x1f]{0,70}|\b(?:under|terms\s+of|conditions\s+of|provisions\s+of|accordance\s+with|compliance\s+with)\b[^.;\x1f]{0,50}"
    r"|\blicen[sc]es?\s*(?:is|are|id|type|name|text|identifier|expression|short\s+name)?\s*[:=>]{1,2}\W{0,6}"
    r"|\b(?:text|copy|version)\s+of\s+(?:the\s+|this\s+|version\s+[\d.]+\s+of\s+the\s+)?(?:gnu\s+)?"
    r"|\b(?:licen[sc]e|licen[sc]ing|copying|terms)\s+(?:is|are|:)\s+[^.;\x1f]{0,30})$"
)
_TAIL = re.compile(
    r"[\s\W]{0,4}(?:licen[sc]ed?\b)?[^.;\x1f]{0,50}?\b(?:can\s+be\s+found|may\s+be\s+found|is\s+(?:available|included|in)|appl(?:y|ies)"
    r"|as\s+published|covers|governs|is\s+the\s+licen[sc]e|licen[sc]ed)\b"
)
_DENIED = re.compile(
    r"(?:\b(?:not|isn['’]?t|aren['’]?t|never|unlike|neither|nor|than|versus|vs\.?|incompatible|compatible|compatib\w+|except|excluding"
    r"|instead|replac\w+|formerly|previously|originally|earlier|used\s+to\s+be|was|were|depend\w*|requir\w+|link\w*|uses|using|like"
    r"|similar|resembl\w+|based\s+on|inspired|differs?|different|about|discuss\w*|compar\w+|without|no\s+longer|if|whether|would|could"
    r"|convert\w*|consult|understand|violat\w+|enforce\w*|history|example)\b[^.;:\x1f]{0,70})$"
)
_SAYS_GRANT = re.compile(
    r"\b(?:licen[sc]ed|released|distributed|available|redistribut\w+|governed|covered|subject)"
    r"\s+(?:\w+\s+){0,3}?(?:under|by|to)\b[^.;:\x1f]{0,60}$"
)
_NO_GRANT = re.compile(
    r"\b(?:not|\w+n['’]t|never|neither|nor|no\s+longer|cannot|previously|formerly|used\s+to|if\s+(?:this|it|the)|parody)"
    r"\b[^.;:\x1f]{0,60}$"
)
_POINTS = re.compile(
    r"\b(?:(?:received?|read|obtain|get|find|view|see|include[sd]?)\s+(?:an?\s+|the\s+)?(?:full\s+|complete\s+)?(?:copy|text|version)"
    r"\s+of|see|(?:full|complete|entire)\s+(?:text|version|copy)\s+of|^\W*a\s+copy\s+of)\s+(?:the\s+|this\s+|version\s+[\d.]+\s+of\s+"
    r"(?:the\s+)?)?(?:gnu\s+)?$"
)
_COMPATIBLE = re.compile(r"[\s\W]{0,3}(?:licen[sc]es?\s+)?(?:in)?compatib|[\s\W]{0,3}faq|[\s\W]{0,3}violation")
_OF_OTHERS = re.compile(r"\b(?:which|that|who|whose)\s+(?:is|are|was|were|has|have|uses?)\b[^.;:\x1f]{0,60}$")
_DEPENDS = re.compile(
    r"\b(?:depend\w*|requir\w+|link\w*|uses|using|bundle\w*|includes?|based|built|alternative|instead)\b"
)
_ADDRESS = re.compile(r"(?:https?://|www\.|/usr/share/common-licenses/)[^\s<>\"'`’”)\]},;\x1f]{3,300}")
_ID_ADDRESS = re.compile(
    r"(?:opensource\.org/(?:licenses?|osi3\.0/licenses)|spdx\.org/licenses|choosealicense\.com/licenses"
    r"|opensource\.org/license|common-licenses|licenses\.nuget\.org|(?:dbad-license|oss)\.org/licenses)/+(?P<name>[\w.+-]{2,50})"
)
_GNU_ADDRESS = re.compile(
    r"(?:gnu|fsf)\.org/(?:licenses|copyleft|licences)/(?:old-licenses/)?(?P<stem>gpl|lgpl|agpl|fdl|lesser|library)"
    r"(?:-?(?P<version>\d(?:\.\d)?))?"
)
_FILE_NAME = re.compile(r"(?:[.-](?:php|html?|txt|md|pdf|en))+$|[.,:;/]+$")
_OWN_ADDRESSES = (
    (re.compile(r"apache\.org/licenses/license-(?P<version>[\d.]+\d)"), "Apache"),
    (re.compile(r"mozilla\.org/(?:en-us/)?mpl(?:/(?:mpl-)?(?P<version>[\d.]+\d))?"), "MPL"),
    (re.compile(r"eclipse\.org/(?:legal/|org/documents/)?epl-(?:v(?P<version>\d)0|(?P<number>\d\.\d))"), "EPL"),
    (re.compile(r"eclipse\.org/(?:legal/|org/documents/)edl-v(?P<version>\d)0"), "EDL"),
    (re.compile(r"boost\.org/license_(?P<version>\d)_0"), "BSL"),
    (re.compile(r"scripts\.sil\.org/ofl|openfontlicense\.org"), "OFL"),
    (re.compile(r"php\.net/license/(?P<version>\d_\d+)"), "PHP"),
    (re.compile(r"unlicense\.org"), "Unlicense"),
    (re.compile(r"latex-project\.org/lppl"), "LPPL"),
    (re.compile(r"wtfpl\.(?:net|org)|sam\.zoy\.org/wtfpl"), "WTFPL"),
    (re.compile(r"artistic[-_]license[-_](?P<version>\d)"), "Artistic"),
    (re.compile(r"zope\.org/resources/zpl"), "ZPL"),
)

_PUBLIC_DOMAIN = re.compile(
    r"\b(?:releas\w+|plac\w+|put|dedicat\w+|contribut\w+|donat\w+|is|are|hereby|in|into|to|as|under|:|commit\w*|given|being)\s+"
    r"(?:\w+\s+){0,4}?(?:the\s+)?public[\s-]+domain\b|^\W*public[\s-]+domain\W*$",
    re.MULTILINE,
)
_DISCLAIMED = re.compile(r"\bdisclaims?\s+copyrights?\s+(?:to|in|on)\b")
_PERL = re.compile(
    r"\b(?:same|under\s+the|like|exactly)\b[^.;\x1f]{0,50}\b(?:as|of|like)\s+(?:the\s+)?perl(?:\s*5)?(?:[\s.]*\d+)*"
    r"(?:\s+(?:itself|interpreter|programming\s+language|distribution|core|language|system|license))*(?![\w-])"
    r"|\bsame\s+(?:license|licence|terms)\s+as\s+perl|\bas\s+perl\s+itself"
)
_RUBY = re.compile(
    r"\bsame\b[^.;\x1f]{0,40}\b(?:as|of)\s+ruby(?:\s+itself)?(?![\w-])|\bruby['’]s\s+licen[sc]e|\bunder\s+(?:the\s+)?ruby\s+licen"
)
_NO_INVARIANTS = re.compile(r"\bno\s+invariant\s+sections?|without\s+(?:any\s+)?invariant\s+sections?|no-invariants")

_FEW_WORDS = 45
"""So short a text that names a licence is about nothing else."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A name in a text, with what it is there for."""

    start: int
    end: int
    expression: str
    role: Role
    address: bool = False
    family: str = ""
    """The stem, where no version is said though there are several."""


def notices(words: Words, plain: str, *, places: list[int]) -> tuple[Notice, ...]:
    """All that is granted or named at these places of a text in lower case; what texts account for is masked in it."""
    found = [*_names(words, plain, places), *_addresses(plain), *_creative_commons(plain), *_sayings(plain)]
    return tuple(_joined(_apart(sorted(found, key=lambda each: (each.start, -each.end))), plain))


def _joined(found: Iterable[Notice], plain: str) -> Iterator[Notice]:
    """In `under the MIT or the GPL` both are granted."""
    before: Notice | None = None
    for notice in found:
        joined = before and notice.role == "mention" and _JOINS.fullmatch(plain[before.end : notice.start][:_JOIN])
        before = replace(notice, role=before.role) if before and joined else notice
        yield before


_JOIN = 80
_JOINS = re.compile(
    r"(?:\W*\b(?:licen[sc]es?|and|or|either|both|the|a|an|under|terms|of|gnu|also|version|v?[\d.]+)\b){1,8}\W{0,10}|\W{1,10}"
)


def _apart(found: list[Notice]) -> Iterator[Notice]:
    end = 0
    for notice in found:
        if notice.start >= end:
            end = notice.end
            yield notice


def _names(words: Words, plain: str, places: list[int]) -> Iterator[Notice]:
    said, first, end = words.all(), tree().then, 0
    for place in places:
        if said[place] not in first or words.start(place) < end:
            continue
        named, after = _longest(said, place)
        notice = named and _notice(words, plain, place, after, named)
        if notice:
            end = notice.end
            yield notice


def _longest(words: list[str], place: int) -> tuple[Named | None, int]:
    node, best, after = tree(), None, place
    while place < len(words) and (then := node.then.get(words[place])):
        node, place = then, place + 1
        if node.named:
            best, after = node.named, place
    return best, after


def _notice(words: Words, plain: str, place: int, after: int, named: Named) -> Notice | None:
    start, end = words.start(place), words.end(after - 1)
    if _is_in_path(plain, start, end):
        return None
    before = plain[max(0, start - 200) : start]
    version, later, stop = _version(plain, end, before, named)
    if named.bare and not _is_about_licences(plain, start, end):
        return None
    role = _role(plain, start, stop, before)
    if role is None:
        return None
    invariants = named.stem == "GFDL" and bool(_NO_INVARIANTS.search(plain, stop, stop + 300))
    expression = resolve(named, version=version, later=later, without_invariants=invariants)
    family = "" if version or named.fixed or _is_sole(named.stem) else named.stem
    return Notice(start, stop, expression, role, family=family)


def _is_sole(stem: str) -> bool:
    known = editions().get(stem, {})
    return len(known) == 1 or "" in known


def _is_about_licences(plain: str, start: int, stop: int) -> bool:
    """Whether a word that is no licence elsewhere is one here."""
    before, after = plain[max(0, start - 60) : start], plain[stop : stop + 30]
    few = len(plain) <= _BARE_CHARACTERS and len(plain.split()) <= _BARE_WORDS
    return few or bool(_SAYS_LICENCE.search(before) or _IS_LICENCE.match(after))


_SAYS_LICENCE = re.compile(r"(?:licen[sc]\w*|\bterms\s+of|\bunder(?:\s+(?:the|an?))?)\b[^.;\x1f]{0,30}$")
_IS_LICENCE = re.compile(
    r"(?:[\s/|,-]{1,3}(?:style|public|like|type|or|and|[a-z]{1,5}[\d.]*)){0,3}[\s\"-]{1,3}licen[sc]"
)
_BARE_WORDS, _BARE_CHARACTERS = 6, 200


def _is_in_path(plain: str, start: int, end: int) -> bool:
    """Whether the word is part of an address, a mail address or a path."""
    left = max(plain.rfind(space, max(0, start - 120), start) for space in " \n\t")
    chunk = plain[left + 1 : end + 1]
    return (
        "@" in chunk
        or "_" in plain[max(0, start - 1) : start] + plain[end : end + 1]
        or chunk[:-1].count("/") > 2
        or "//" in chunk
    )


def _version(plain: str, end: int, before: str, named: Named) -> tuple[str, bool, int]:
    """The version said of a name that ends there, whether later ones may be taken, and where that ends."""
    window = plain[end : end + _REACH]
    halt = _STOP.search(window) or _ANOTHER.search(window, 1)
    window = window[: halt.start()] if halt else window
    found = _DIRECTLY.match(window)
    if found and not _plausible(found, named):
        found = None
    ahead = _BEFORE.search(before) if not found else None
    if ahead:
        later = bool(_LATER.search(ahead["between"]) or _LATER.match(window.lstrip(" ,(")))
        return ahead["number"], later, end
    is_told = bool(named.fixed) or _is_sole(named.stem)
    found = found or (_FARTHER.search(window) if not is_told else None)
    if not found:
        directly = _LATER.match(window)
        later_than_fixed = bool(named.fixed) and _later_follows(window)
        return "", bool(directly) or later_than_fixed, end + (directly.end() if directly else 0)
    follows = window[found.end() :]
    only = _ONLY.match(follows)
    or_later = _LATER.search(follows[:110]) if not only else None
    belongs = only or or_later
    return found["number"], bool(or_later), end + found.end() + (belongs.end() if belongs else 0)


def _later_follows(window: str) -> bool:
    return bool(_LATER.search(window[:80])) and not _ONLY.match(window)


def _plausible(found: re.Match[str], named: Named) -> bool:
    """A number without the word `version` must be an edition there is: it may number a list or be a year."""
    said = found.group()
    if re.search(rf"{_VERSION_WORD}[\s:]{{0,3}}\d", said):
        return True
    number = found["number"].rstrip("0").rstrip(".")
    return any(each.rstrip("0").rstrip(".") == number for each in editions().get(named.stem, ()))


def _role(plain: str, start: int, stop: int, before: str) -> Role | None:
    """Null if the name is denied or compared with."""
    after = plain[stop : stop + 80]
    if _COMPATIBLE.match(after) or _NO_GRANT.search(before):
        return None
    sentence = re.split(r"[.;:\x1f]\s", before)[-1]
    if _OF_OTHERS.search(sentence) and _DEPENDS.search(sentence):
        return None
    if _DENIED.search(before) and not _SAYS_GRANT.search(before):
        return None
    if _POINTS.search(before):
        return "pointer"
    if _LEAD.search(before) or _TAIL.match(after):
        return "grant"
    return "title" if _alone(plain, start, stop) else "mention"


def _alone(plain: str, start: int, stop: int) -> bool:
    """Whether hardly anything else stands in its line, or in the whole text."""
    left, right = plain[max(0, start - 200) : start], plain[stop : stop + 200]
    line = f"{left.rpartition(_NEWLINE)[2]} {right.partition(_NEWLINE)[0]}"
    return len(line.split()) <= 4


_NEWLINE = "\n"


def _addresses(plain: str) -> Iterator[Notice]:
    for found in _ADDRESS.finditer(plain):
        expression, family = _of_address(_FILE_NAME.sub("", found.group()))
        if expression and not _NO_GRANT.search(plain[max(0, found.start() - 60) : found.start()]):
            yield Notice(found.start(), found.end(), expression, "pointer", address=True, family=family)


def _of_address(address: str) -> tuple[str | None, str]:
    """What an address stands for, and the stem if that is no edition."""
    gnu = _GNU_ADDRESS.search(address)
    if gnu:
        stem = {"fdl": "GFDL", "lesser": "LGPL", "library": "LGPL"}.get(gnu["stem"], gnu["stem"].upper())
        return _edition(stem, gnu["version"] or "")
    for pattern, stem in _OWN_ADDRESSES:
        found = pattern.search(address)
        if found:
            said = {name: value for name, value in found.groupdict().items() if value}
            return _edition(stem, (said.get("version") or said.get("number") or "").replace("_", "."))
    by_id = _ID_ADDRESS.search(address)
    expression = _by_id(_FILE_NAME.sub("", by_id["name"])) if by_id else None
    return expression or _listed_addresses().get(_bare(address)), ""


def _edition(stem: str, version: str) -> tuple[str, str]:
    expression = resolve(Named(stem), version=version, later=False, without_invariants=False)
    return expression, "" if version or _is_sole(stem) else stem


def _by_id(name: str) -> str | None:
    spdx_id = _ids().get(name.removesuffix("-license").removesuffix(".php"))
    if spdx_id:
        return spdx_id
    stem, version = stem_and_version(name.removesuffix("+"))
    named = _stems().get(stem)
    return named and resolve(Named(named), version=version, later=name.endswith("+"), without_invariants=False)


@cache
def _ids() -> dict[str, str]:
    return {spdx_id.lower(): spdx_id for spdx_id in load().names}


@cache
def _stems() -> dict[str, str]:
    return {stem.lower(): stem for stem in editions()}


@cache
def _listed_addresses() -> dict[str, str]:
    """Addresses on the SPDX list that stand for one licence only."""
    found: dict[str, set[str]] = {}
    for spdx_id, (_, addresses) in load().names.items():
        for address in addresses:
            found.setdefault(_bare(_FILE_NAME.sub("", address.lower())), set()).add(spdx_id)
    return {address: min(ids, key=len) for address, ids in found.items() if len(ids) == 1 and "/" in address}


def _bare(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|^www\.", "", address).rstrip("/")


def _creative_commons(plain: str) -> Iterator[Notice]:
    for mention in read_words(plain):
        if mention.expression:
            before = plain[max(0, mention.start - 200) : mention.start]
            role = _role(plain, mention.start, mention.end, before)
            if role == "mention" and mention.kind == "address":
                role = "pointer"
            if role:
                yield Notice(mention.start, mention.end, mention.expression, role, address=mention.kind == "address")


def _sayings(plain: str) -> Iterator[Notice]:
    for word, pattern, expression in _SAYINGS:
        for found in pattern.finditer(plain) if word in plain else ():
            before = plain[max(0, found.start() - 80) : found.start()]
            if not _NO_GRANT.search(before) and not re.search(r"\b(?:not|if|nor)\b", found.group()):
                yield Notice(found.start(), found.end(), expression, "grant")


_SAYINGS = (
    ("perl", _PERL, "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("ruby", _RUBY, "Ruby"),
    ("domain", _PUBLIC_DOMAIN, "LicenseRef-tamis-public-domain"),
    ("disclaim", _DISCLAIMED, "LicenseRef-tamis-public-domain"),
)
