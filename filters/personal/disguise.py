"""Undoes the disguises of personal data: a plain view of a text, with the way back to the original place of each hit.

How: characters that cannot be seen are taken out, those that only look different become their ASCII twins, escapes
(HTML, percent signs, Base64) are decoded, runs that are shown backwards are turned round, `(at)` and `[dot]` become
signs, and what was split over two lines is joined; again and again, until nothing changes. Each character of the view
knows which characters of the original it came from.

A text has a view only where it shows a sign of a disguise (`DISGUISED`): an em dash, a no-break space or a ligature in
ordinary prose is none.

Known misses: text written backwards without a bidirectional override, encodings other than Base64, digits in words,
addresses whose "at" or "dot" is spelled in another language, `ada at example.com` (in prose nearly always a place),
addresses split over two lines elsewhere than in the first part of their domain, numbers split where a list or table
would be, and what is nested more than `_ROUNDS` times. `benchmarks/disguises.py` counts what is found: 126 of 126 cells
of 21 tricks and six kinds, where Presidio alone finds 36. In 6,074 software documents 1 in 39 shows a sign and 1 in 81
has a view, which adds 24 hits; of 1,199 textbook sections 1 in 17, and one hit, a wrong one.
"""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html.entities import html5

import polars as pl

from filters.personal.lookalikes import (
    DASHES,
    INVISIBLE,
    LATIN,
    MARKS,
    NEWER_DIGITS,
    RAISED,
    SPACES,
    STOPS,
    STYLED,
    TWINS,
    plain,
)
from filters.personal.rust_regex import Matches, matches

_ROUNDS = 6
"""How often a text is gone over: each round undoes one more layer of disguises that lie within one another."""

Edit = tuple[int, int, str]
"""Where it begins, where it ends, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class View:
    """A text without its disguises."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    """For each character of the view, the place in the original that it came from; the end is exclusive."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The least place in the original that holds all that the view's characters from start to end came from.

        Raises:
            ValueError: the place is empty or not within the view.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"{start} to {end} is no place in a view of {len(self.text)} characters")
        return min(self.starts[start:end]), max(self.ends[start:end])


def plain_view(text: str) -> View | None:
    """The text as its reader would understand it; null where it shows no sign of a disguise."""
    return undisguised(text) if shows_sign(text) else None


def undisguised(text: str) -> View | None:
    """The text as its reader would understand it; null where it is that already. Costs 1 µs a character."""
    view = View(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(_ROUNDS):
        before = view.text
        for undo in _UNDO:
            view = undo(view)
        if view.text == before:
            break
    return None if view.text == text else view


def disguised_parts(texts: pl.Series) -> list[tuple[int, int, int]]:
    """Where in texts (String, no nulls) a disguise may be: row, start and end, in order; parts of a text are apart.

    Around each sign a part has room for a whole value, and for the words before it.
    """
    shows_one = matches(DISGUISED)
    return [
        (row, start, end)
        for row, text in enumerate(texts)
        if shows_one(text)
        for start, end in _with_room(text, _signs(text, shows_one))
    ]


def _signs(text: str, shows_one: Matches) -> Iterator[int]:
    """Where windows begin that show a sign."""
    return (at for at in range(0, len(text), _STEP) if shows_one(text[max(0, at - _SIGN) : at + _STEP + _SIGN]))


def _with_room(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Parts around windows that begin at `places`, cut where there is white space; what touches is one."""
    start = end = -1
    for at in places:
        begin = _edge(text, max(0, at - _ROOM), -1)
        stop = _edge(text, min(len(text), at + _STEP + _ROOM), 1)
        if begin > end:
            yield from ((start, end),) if end > 0 else ()
            start = begin
        end = stop
    if end > 0:
        yield start, end


def _edge(text: str, place: int, step: int) -> int:
    """The next place in a direction that is at an end of the text or between a word and white space, if one is near."""
    for near in range(place, place + step * _NEAR, step):
        if not 0 < near < len(text):
            return max(0, min(near, len(text)))
        if text[near].isspace() or text[near - 1].isspace():
            return near
    return place


_STEP = 1_000
_SIGN = 150
"""Characters that a sign may take; the longest are those of values that are split over two lines."""
_ROOM = 600
"""Characters of a value with each of its own escaped, and five words before it."""
_NEAR = 200


def shows_sign(text: str) -> bool:
    """Whether `DISGUISED` matches. Surrogates, which no Polars column can hold, are signs of nothing."""
    return matches(DISGUISED)(text.encode("utf-8", "replace").decode())


def _edited(view: View, edits: Iterable[Edit]) -> View:
    """The view with what the edits say, which are in order of place and share no character."""
    pieces: list[str] = []
    starts, ends = array("l"), array("l")
    behind = 0
    for start, end, instead in edits:
        pieces += (view.text[behind:start], instead)
        starts.extend(view.starts[behind:start])
        ends.extend(view.ends[behind:start])
        if instead:
            first, last = view.original(start, end)
            starts.extend([first] * len(instead))
            ends.extend([last] * len(instead))
        behind = end
    if not pieces:
        return view
    pieces.append(view.text[behind:])
    starts.extend(view.starts[behind:])
    ends.extend(view.ends[behind:])
    return View("".join(pieces), starts, ends)


_LEGACY = frozenset(name for name in html5 if not name.endswith(";"))
_LONGEST_LEGACY = max(map(len, _LEGACY))
_ENTITY = re.compile(r"&(?:#0*([0-9]{1,7});?|#[xX]0*([0-9a-fA-F]{1,6});?|([A-Za-z][A-Za-z0-9]{1,31})(;?))")


def _without_entities(view: View) -> View:
    return _edited(view, _entities(view.text)) if "&" in view.text else view


def _entities(text: str) -> Iterator[Edit]:
    """As a browser reads them: a number needs no semicolon, nor do the names that HTML inherited."""
    for match in _ENTITY.finditer(text):
        decimal, hexadecimal, name, semicolon = match.groups()
        if name is None:
            code = int(decimal) if decimal else int(hexadecimal, 16)
            yield *match.span(), html.unescape(f"&#{code};")
        elif semicolon and f"{name};" in html5:
            yield *match.span(), html5[f"{name};"]
        else:
            length = _legacy_length(name)
            if length:
                yield match.start(), match.start(3) + length, html5[name[:length]]


def _legacy_length(name: str) -> int:
    lengths = range(min(len(name), _LONGEST_LEGACY), 1, -1)
    return next((length for length in lengths if name[:length] in _LEGACY), 0)


_NEXT_BYTE = "%[89ABab][0-9A-Fa-f]"
_PERCENT = re.compile(
    rf"%(?:[2-7][0-9A-Fa-f]|0[9AaDd]|[CDcd][0-9A-Fa-f]{_NEXT_BYTE}|[Ee][0-9A-Fa-f](?:{_NEXT_BYTE}){{2}}"
    rf"|[Ff][0-4](?:{_NEXT_BYTE}){{3}})"
)


def _without_percent(view: View) -> View:
    return _edited(view, _percents(view.text)) if "%" in view.text else view


def _percents(text: str) -> Iterator[Edit]:
    for match in _PERCENT.finditer(text):
        try:
            character = bytes.fromhex(match[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            continue
        if character in "\t\r\n" or unicodedata.category(character) != "Cc":
            yield *match.span(), character


# Base64 of printable ASCII cannot use every character everywhere: the bits of each byte are 001xxxxx to 0111xxxx.
_BASE64_1, _BASE64_2, _BASE64_3 = "[I-Za-f]", "[C-HS-Xi-ny-z0-3]", "[ABEFIJMNQRUVYZcdghklopstwx014589]"
_BASE64_4 = "[A-Za-z0-9+/_-]"
_BASE64_GROUP = _BASE64_1 + _BASE64_2 + _BASE64_3 + _BASE64_4
_BASE64 = re.compile(
    rf"(?<![A-Za-z0-9+/_-])(?:{_BASE64_GROUP}){{3,99}}{_BASE64_4}{{2,4}}={{0,2}}(?![A-Za-z0-9+/_=-]|[.][A-Za-z0-9_-])"
)
"""What a full stop joins to more of the kind is a part of a token, which has to stay whole to be known for one."""
_TO_STANDARD = str.maketrans("-_", "+/")


def _without_base64(view: View) -> View:
    return _edited(view, _base64(view.text))


def _base64(text: str) -> Iterator[Edit]:
    for match in _BASE64.finditer(text):
        digits = match[0].rstrip("=").translate(_TO_STANDARD)
        if len(digits) % 4 == 1:
            continue
        said = binascii.a2b_base64(digits + "=" * (-len(digits) % 4)).rstrip(b"\r\n").decode("latin-1")
        if said.isascii() and said.isprintable() and re.search("[@0-9]", said):
            yield *match.span(), said


_TAGS = re.compile("[\U000e0020-\U000e007e]{6,}")
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_OVERRIDE, _POP, _OPENING = "\u202e", "\u202c", "\u202a\u202b\u202d\u202e"
_DIRECTIONS = re.compile("[\u202a-\u202e\n\r\x1c-\x1e\x85\u2029]")
"""Embeddings, overrides, their end, and the ends of paragraphs, which end them all (Unicode Standard Annex 9)."""


def _without_tags(view: View) -> View:
    return _edited(view, _tags(view.text))


def _tags(text: str) -> Iterator[Edit]:
    """A whole text can be written in tag characters, each an invisible copy of one of ASCII."""
    for match in _TAGS.finditer(text):
        said = "".join(chr(ord(character) - 0xE0000) for character in match[0])
        if re.search("[@0-9]", said):
            yield *match.span(), f" {said} "


def _in_reading_order(view: View) -> View:
    if _OVERRIDE not in view.text:
        return view
    text, starts, ends = list(view.text), array("l", view.starts), array("l", view.ends)
    for start, end in _backward_runs(view.text):
        text[start:end] = text[start:end][::-1]
        starts[start:end] = starts[start:end][::-1]
        ends[start:end] = ends[start:end][::-1]
    return View("".join(text), starts, ends)


def _backward_runs(text: str) -> Iterator[tuple[int, int]]:
    """What stands between a right-to-left override and its end or that of the paragraph; one within it adds nothing."""
    start = depth = 0
    for match in _DIRECTIONS.finditer(text):
        if not depth:
            start, depth = match.end(), int(match[0] == _OVERRIDE)
        elif match[0] in _OPENING:
            depth += 1
        else:
            depth = depth - 1 if match[0] == _POP else 0
            if not depth:
                yield start, match.start()
    if depth:
        yield start, len(text)


def _without_invisible(view: View) -> View:
    return _edited(view, ((*match.span(), "") for match in _INVISIBLE.finditer(view.text)))


_MARKED = re.compile(f"[^{MARKS}][{MARKS}]+")
_MOST_MARKS = 8
"""More marks on one character than any language has."""
_TWIN = re.compile(f"[{TWINS}]")
_ADDRESS_LIKE = re.compile(r"[\w@.+-]+")
_WORD = re.compile(r"\w+")


def _without_marks(view: View) -> View:
    return view if view.text.isascii() else _edited(view, _marked(view.text))


def _marked(text: str) -> Iterator[Edit]:
    for match in _MARKED.finditer(text):
        character = match[0][0]
        if character.isalpha() and len(match[0]) <= _MOST_MARKS + 1:
            composed = unicodedata.normalize("NFC", match[0])
            if len(composed) == 1:
                character = composed
            elif not character.isascii():
                continue
        yield *match.span(), character


def _in_plain_characters(view: View) -> View:
    if view.text.isascii():
        return view
    twins = {character: plain(character) for character in sorted(set(view.text))}
    longer = [character for character, twin in twins.items() if len(twin) > 1]
    if longer:
        pattern = re.compile(f"[{''.join(map(re.escape, longer))}]")
        view = _edited(view, ((*match.span(), twins[match[0]]) for match in pattern.finditer(view.text)))
    as_long = {ord(character): twin for character, twin in twins.items() if len(twin) == 1}
    return replace(view, text=view.text.translate(as_long))


def _in_latin(view: View) -> View:
    """Letters of other scripts in words that are Latin or numbers, and in addresses, are what they look like."""
    if view.text.isascii() or not _TWIN.search(view.text):
        return view
    return replace(view, text=_ADDRESS_LIKE.sub(_latin_address, view.text))


def _latin_address(match: re.Match[str]) -> str:
    token = match[0]
    if token.isascii() or not _TWIN.search(token):
        return token
    if "@" in token and _passes_for_latin(token):
        return token.translate(LATIN)
    return _WORD.sub(lambda word: word[0].translate(LATIN) if _passes_for_latin(word[0]) else word[0], token)


def _passes_for_latin(word: str) -> bool:
    """Whether it holds something plain, and no letter that only another script has."""
    rest = word.translate(LATIN)
    return any(map(str.isascii, word)) and (rest.isascii() or all(map(_is_latin, rest)))


def _is_latin(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith("LATIN ")


_OPEN, _CLOSE = r"[(\[{<][ \t]{0,2}", r"[ \t]{0,2}[)\]}>]"
_NAME = "[0-9A-Za-z_-]{1,63}"
_SAID_DOT = re.compile(rf"(?<=\w)\s{{0,2}}{_OPEN}(?:dot|[.]){_CLOSE}\s{{0,2}}(?=\w)", re.IGNORECASE)
_SAID_AT = re.compile(
    rf"(?<=[\w+-])(?:\s{{0,3}}{_OPEN}(?:at|@){_CLOSE}\s{{0,3}}|\s{{1,2}}@\s{{1,2}})"
    rf"(?={_NAME}(?:(?:[.]|\s{{1,2}}dot\s{{1,2}}){_NAME})+)",
    re.IGNORECASE,
)
_ARTICLE = r"(?:the|an?|this|that|each|every|me|us|you|him|her|it|them|dot)\b"
_SAID = re.compile(
    rf"""
    (?<![\w.+-]) [\w.+-]{{1,64}}+ (?:\s{{1,2}}dot\s{{1,2}}[\w+-]{{1,63}}){{0,3}}
    (?: @ | \s{{1,3}}at\s{{1,3}} )
    (?!{_ARTICLE}) {_NAME} (?:[.]{_NAME}){{0,4}}
    (?: \s{{1,3}}dot\s{{1,3}}(?!{_ARTICLE}){_NAME} ){{1,4}}
    (?![\w@-])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WORD_DOT = re.compile(r"\s{1,3}dot\s{1,3}", re.IGNORECASE)
_WORD_AT = re.compile(r"\s{1,3}at\s{1,3}", re.IGNORECASE)
_DOT_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9])\s{1,2}dot\s{1,2}(?=[0-9])", re.IGNORECASE)
_SAID_SIGNS = (
    (re.compile(rf"{_OPEN}(?:dot|[.]){_CLOSE}", re.IGNORECASE), _SAID_DOT, "."),
    (_WORD_DOT, _DOT_BETWEEN_NUMBERS, "."),
    (re.compile(rf"{_OPEN}(?:at|@){_CLOSE}|\s@\s", re.IGNORECASE), _SAID_AT, "@"),
)
"""What each match of a pattern holds, which is quick to look for; the pattern; and the sign that is meant."""


def _with_signs(view: View) -> View:
    """`(at)` and `[dot]` between words are signs; bare words are only where all of it has the shape of an address."""
    for said, pattern, sign in _SAID_SIGNS:
        if said.search(view.text):
            view = _edited(view, [(*match.span(), sign) for match in pattern.finditer(view.text)])
    return _edited(view, _spelled(view.text)) if _WORD_DOT.search(view.text) else view


def _spelled(text: str) -> Iterator[Edit]:
    for address in _SAID.finditer(text):
        at = [(*match.span(), "@") for match in _WORD_AT.finditer(text, *address.span())]
        if len(at) > 1:
            continue
        dots = [(*match.span(), ".") for match in _WORD_DOT.finditer(text, *address.span())]
        yield from sorted(at + dots)


_BREAK = re.compile(r"(?<=[0-9A-Za-z.@)-])[ \t]{0,8}\r?\n[ \t]{0,8}(?=[0-9A-Za-z.(])")
_REACH = 48
"""Characters that are looked at on either side of a line's end: an IBAN has 34, and spaces."""
_GROUPS = r"[0-9](?:(?:[ ./-]|\) ?| \()?[0-9])*+"
_NUMBER_BEFORE = re.compile(rf"(?<![\w.+-])[+(]?{_GROUPS}[ .(/-]?\Z")
_NUMBER_AFTER = re.compile(rf"[.(]?{_GROUPS}(?!\w)")
_IBAN_BEFORE = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){0,8} ?\Z")
_IBAN_AFTER = re.compile(r"[A-Z0-9]{1,4}(?: ?[A-Z0-9]{1,4})*")
_DOMAIN_BEFORE = re.compile(r"[\w+-]@[0-9A-Za-z-]*[.]?\Z")
_DOMAIN_AFTER = re.compile(r"[.]?[0-9a-z-]+(?:[.][0-9a-z-]+)*+(?![\w@])")
_SEPARATORS = frozenset(map(frozenset, ("", " ", "-", ".", "/", " -")))
"""What the groups of one number may stand apart by."""
_CELL_BEFORE = re.compile(r"[0-9][ \t]*\r?\n[ \t]*\Z|\S(?: {2,}| *\t[ \t]*)\Z")
_CELL_AFTER = re.compile(r"[ \t]*\r?\n[ \t]*[0-9]|(?: {2}|[ ]?\t)[ \t]*\S")
"""What stands before and behind a number in a table: one in the line above or below, or a wide space."""
_GROUP = re.compile("[0-9]{3}")
_DECIMAL = re.compile(r"0[.]")
_LIST_ITEM = re.compile(r"[0-9]{1,2}[.)] ")
_IPV4 = re.compile(r"[0-9]{1,3}(?:[.][0-9]{1,3}){3}")


def _with_lines_joined(view: View) -> View:
    return _edited(view, _breaks(view.text))


def _breaks(text: str) -> Iterator[Edit]:
    for match in _BREAK.finditer(text):
        before, after = text[max(0, match.start() - _REACH) : match.start()], text[match.end() : match.end() + _REACH]
        number = _number(before, after)
        if number is not None:
            yield match.start() - int(number.count("-") == 1 and before[-1] == "-"), match.end(), ""
        elif _is_iban(before, after) or _is_address(before, after):
            yield *match.span(), ""


def _number(before: str, after: str) -> str | None:
    """The number that goes on in the next line, as long as one of a card or a telephone; null if that is a table."""
    head, tail = _NUMBER_BEFORE.search(before, _line(before)), _NUMBER_AFTER.match(after)
    if head is None or tail is None:
        return None
    if _CELL_BEFORE.search(before[: head.start()]) or _CELL_AFTER.match(after[tail.end() :]):
        return None
    if any(map(_DECIMAL.match, (head[0], tail[0]))):
        return None
    number = head[0] + tail[0]
    if _IPV4.fullmatch(number):
        return None if _LIST_ITEM.match(after) else number
    return number if 9 <= sum(map(str.isdigit, number)) <= 19 and _is_one_number(number) else None


def _line(before: str) -> int:
    """Where the last line begins."""
    return before.rfind("\n") + 1


def _is_one_number(number: str) -> bool:
    """Whether it looks like one with groups, and not like a list of small ones."""
    separators = frozenset(number) - frozenset("0123456789+()")
    return separators in _SEPARATORS and number.count(".") != 1 and bool(_GROUP.search(number))


def _is_iban(before: str, after: str) -> bool:
    head, tail = _IBAN_BEFORE.search(before, _line(before)), _IBAN_AFTER.match(after)
    return head is not None and tail is not None and len((head[0] + tail[0]).replace(" ", "")) >= 15


def _is_address(before: str, after: str) -> bool:
    head, tail = _DOMAIN_BEFORE.search(before, _line(before)), _DOMAIN_AFTER.match(after)
    return head is not None and tail is not None and "." in head[0] + tail[0]


_UNDO = (
    _without_entities,
    _without_percent,
    _without_base64,
    _without_tags,
    _in_reading_order,
    _without_invisible,
    _without_marks,
    _in_plain_characters,
    _in_latin,
    _with_signs,
    _with_lines_joined,
)
"""What a round does, in this order: what is decoded may be invisible or turned round, and only then is looked at."""


def _entity_names(*, separators: bool) -> str:
    """Names of what matters to an address or a number; those of spaces and dashes apart, for prose is full of them."""
    names = {
        name.rstrip(";")
        for name, value in html5.items()
        if name.rstrip(";") not in _HARMLESS_ENTITIES
        and re.fullmatch(
            "[ -]" if separators else rf"[0-9A-Za-z@.+_:()\[\]{{}}%{INVISIBLE}]+", "".join(map(plain, value))
        )
    }
    return "|".join(sorted(names))


_HARMLESS_ENTITIES = frozenset({"hellip", "mldr", "nldr", "trade", "TRADE", "ordf", "ordm", "sup1", "sup2", "sup3"})
_CORE = "0-9A-Za-z@.+_:()-"
_PART = "[0-9A-Za-z_-]+"
_STYLED = rf"[{STYLED}{''.join(f'{chr(zero)}-{chr(zero + 9)}' for zero in NEWER_DIGITS)}[\p{{Nd}}&&[^0-9]]]"
_HYPHEN = "[\u2010\u2011\ufe63\uff0d]"
"""Dashes that stand within a number: one from one year to another is longer."""
_DASH, _SPACE = f"[{DASHES}]", f"[{SPACES}]"
_ESCAPED = "(?:25|2[BDEbde]|3[0-9Aa]|4[0-9A-Fa-f]|5[0-9AaFf]|6[0-9A-Fa-f]|7[0-9Aa])"
_BASE64_START = f"(?:{_BASE64_GROUP}){{3}}{_BASE64_4}{{2}}"

_SIGNS = {
    "entity": (
        rf"&(?:{_entity_names(separators=False)});",
        rf"[0-9)]&(?:{_entity_names(separators=True)});?",
        r"&(?:shy|[Aa][Mm][Pp];?#|[Aa][Mm][Pp];[A-Za-z]+;)",
        r"&#0*(?:3[78]|4[013-9]|5[0-8]|6[4-9]|[78][0-9]|9[01357-9]|1[012][0-9]|173)(?:[^0-9]|$)",
        r"&#0*(?:[1-79][0-9]{3}|8(?:[013-9][0-9]{2}|2(?:0[3-79]|3[4-9]|[4-9][0-9]))|[0-9]{5})",
        r"[0-9)]&#(?:0*(?:9|10|13|32|160|82(?:0[0-9]|1[0-3])|8722)|[xX]0*(?:[9AaDd];|20;|[Aa]0|20[01][0-9A-Fa-f]|2212))",
        r"&#[xX]0*(?:2[5-689BDEbde]|3[0-9A-Fa-f]|[4-7][0-9A-Fa-f]|[Aa][Dd]|[013-9A-Fa-f][0-9A-Fa-f]{2,})",
        r"&#[xX]0*2(?:0[03-9A-Fa-f]|02[A-Ea-e]|[1-4][0-9A-Fa-f])[0-9A-Fa-f]",
        r"&lt;\s{0,2}(?i:at|dot)\s{0,2}&gt;",
    ),
    "percent": (
        rf"[0-9A-Za-z@.+_%:/=?&-]%{_ESCAPED}[0-9A-Za-z@.+_%(-]",
        r"[0-9]%3[0-9](?:[ .-]|$)|[0-9] %3[0-9][0-9]",
        r"(?:^|[ <])%[467][0-9A-Fa-f][0-9A-Za-z._-]*@|@[0-9A-Za-z.-]+%[4-7][0-9A-Fa-f]",
        r"%2[Bb][0-9%]|[0-9]%20[0-9A-Z(]|[A-Z]{4}%20[0-9]|%25[2-7][0-9A-Fa-f]|%[C-Fc-f][0-9A-Fa-f]%[89ABab]",
    ),
    "base64": (_BASE64_START,),
    "invisible": (
        rf"[{_CORE}{SPACES}{DASHES}][{INVISIBLE}]+[{_CORE}{SPACES}{DASHES}&%]",
        rf"[0-9A-Z]{{2}}(?:[{INVISIBLE}]+ | [{INVISIBLE}]+)[0-9A-Z]{{2}}",
        "\u202e|[\U000e0020-\U000e007e]{6}",
    ),
    "mark": (
        rf"[0-9@.+ -][{MARKS}]|[A-Za-z](?:[\u0334-\u0338\u20d0-\u20ff]|[{MARKS}]{{3}})",
        rf"[{MARKS}][0-9A-Za-z._+-]*@|@[0-9A-Za-z.-]*(?:[{MARKS}]|[\p{{L}}&&[^A-Za-z]])",
    ),
    "styled": (
        rf"{_STYLED}{_STYLED}|[0-9A-Za-z@.+_-]{_STYLED}|{_STYLED}[0-9A-Za-z@.+_-]",
        rf"[0-9][.-][{RAISED}]|[{RAISED}][0-9]{{2}}|[0-9]{{2}}[{RAISED}][.-][0-9]",
        rf"[0-9+] ?[{RAISED}][0-9]|[0-9]{{2}}[{RAISED}][ .-][0-9]{{3}}|[0-9]{{3}}[{RAISED}](?:[^0-9]|$)",
        rf"[\u2070\xb9\xb2\xb3\u2074-\u2079\u2080-\u2089]{{3}}|[{RAISED}]{{6}}",
    ),
    "latin": (rf"[A-Za-z][{TWINS}]|[{TWINS}][A-Za-z]|[{TWINS}]{{2}}[0-9]{{2}}",),
    "separator": (
        rf"[0-9]{{2}}{_SPACE}(?:[0-9]{{2}}|[A-Z0-9]{{4}})|\+[0-9]{{1,3}}{_SPACE}|[0-9]\){_SPACE}[0-9]|[A-Z]{{4}}{_SPACE}[0-9]{{4}}",
        rf"[0-9]{_DASH}[0-9]+(?:{_DASH}|[ .-])[0-9]|[0-9][ .-][0-9]+{_DASH}[0-9]",
        rf"[0-9]{_HYPHEN}[0-9A-Z]|[A-Z]{_HYPHEN}[0-9]|[0-9]{{5}}{_DASH}[0-9A-Z]|[0-9]{_DASH}[0-9]{{5}}",
        rf"(?:^|[^0-9])[0-9]{{3}}{_DASH}[0-9]{{4}}|[0-9A-F]{{2}}{_DASH}[0-9A-F]{{2}}{_DASH}",
        rf"[0-9A-Za-z]{_DASH}[0-9A-Za-z._+-]*@|@[0-9A-Za-z.-]+{_DASH}[0-9A-Za-z]",
        rf"[0-9A-Za-z][{STOPS}][0-9A-Za-z]",
    ),
    "word": (
        r"[0-9A-Za-z+-]\s{0,3}[(\[{<]\s{0,2}(?:(?i:at|dot)|[@.])\s{0,2}[)\]}>]\s{0,3}[0-9A-Za-z]",
        rf"[0-9A-Za-z](?:\s+(?i:at)\s+|@){_PART}(?:\.{_PART})*\s+(?i:dot)\s+[0-9A-Za-z]",
        rf"[0-9A-Za-z]\s+@\s+{_PART}(?:\.|\s+(?i:dot)\s+)[0-9A-Za-z]|[0-9]\s+(?i:dot)\s+[0-9]",
    ),
    "line": (
        r"(?:[0-9][ .()/-]{0,2}){4}[0-9][ .(/-]?[ \t]*\r?\n[ \t]*[.(]?[0-9]",
        r"[0-9][ .(/-]?[ \t]*\r?\n[ \t]*[.(]?[0-9](?:[ .()/-]{0,2}[0-9]){4}",
        r"[0-9]\.[0-9]{1,3}\.[0-9]{0,3}[ \t]*\r?\n[ \t]*\.?[0-9]",
        r"[0-9]\.?[ \t]*\r?\n[ \t]*\.?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
        r"[0-9A-Za-z_+-]@[0-9A-Za-z-]*\.?[ \t]*\r?\n[ \t]*[.0-9a-z-]",
        r"(?:^|[^0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){1,8}[ \t]*\r?\n[ \t]*[A-Z0-9]{2}",
    ),
}
"""What shows that something may be disguised, by trick, in the words of Rust's regular expressions."""

DISGUISED = "|".join(pattern for patterns in _SIGNS.values() for pattern in patterns)
"""Matches every text that has a plain view, and few others."""
