"""The tokens of spaCy's blank English tokenizer, of a whole batch in one loop.

`spacy.blank("en")` is what datatrove parts English words with, so its measures of words are to be had only over just
these tokens. spaCy cuts each run of characters that are no space by itself: an exception (contractions, abbreviations,
emoticons) is cut as its rule says; else prefixes and suffixes are peeled off, and what is left is an exception, an
address, or is parted at infixes. At last the exceptions are sought among the tokens of the whole text, for those that
the affix rules tore apart. Each function here is one of these steps and is named for what spaCy calls it; the order of
the alternatives is that of its regular expressions, which stand in `spacy/lang/punctuation.py` and
`spacy/lang/tokenizer_exceptions.py`. Classes of characters and exceptions are read from spaCy (`english_rules.py`).

The cost is linear in the length of a text, whatever it holds; spaCy's own is not. A spaCy whose expressions are others
than those written out here is asked itself, which takes some thirty times as long and gives the same.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from filters.text import english_rules
from filters.text.compiled import compiled, compiled_leaf
from filters.text.english_rules import (
    ALPHA,
    BEFORE_STOP,
    DECIMAL,
    DIGIT,
    HOST,
    INFIX,
    JOINT,
    LOWER,
    PLAIN,
    PREFIX,
    QUOTE,
    SCHEME,
    SPACE,
    SUFFIX,
    UPPER,
    Kinds,
    Lengths,
    Rules,
    Specials,
)
from filters.text.known_strings import BASIS, KnownStrings, hashed, known, same, shape, shapes_of, slot_of
from filters.text.utf8 import Bytes, Places, Utf8, code_at, width
from filters.text.words import Pieces

_PLUS, _COMMA, _HYPHEN, _STOP, _SLASH, _COLON, _AT = (ord(sign) for sign in "+,-./:@")
_SPACE, _ZERO, _LOW_LINE = (ord(sign) for sign in " 0_")
_ELLIPSIS, _EN_DASH, _EM_DASH, _TILDE, _DEGREE, _DOLLAR = (ord(sign) for sign in "…–—~°$")
_LETTER_S, _CAPITAL_S, _LETTER_U, _LETTER_C, _LETTER_A = (ord(letter) for letter in "sSUCA")
_APOSTROPHE, _TURNED_COMMA = ord("'"), ord("’")
_STAR, _CARET, _QUERY, _HASH = (ord(sign) for sign in "*^?#")
_LESS, _EQUAL, _MORE = (ord(sign) for sign in "<=>")
_DEGREES_OF = tuple(ord(letter) for letter in "FfCcKk")
_LONGEST_LABEL, _LONGEST_DOMAIN = 64, 63


class _Chunk(NamedTuple):
    """One run of characters, decoded; the arrays are used again for the next and may be longer."""

    codes: npt.NDArray[np.int32]
    kinds: Kinds
    places: Places  # of each character in the bytes, and of the end
    suffixes: Places  # where those peeled off began, the last of the run first


def english_tokens(texts: Utf8) -> Pieces:
    """The tokens of `spacy.blank("en")`, without those that are white space only."""
    if not english_rules.as_written_out():
        return by_spacy(texts)
    return Pieces(*_tokens(texts.data, texts.offsets, _rules()))


@cache
def _rules() -> Rules:
    measures = english_rules.measures()
    rules = Rules(
        kinds=english_rules.kinds(),
        specials=_specials({}, {}),
        measures=KnownStrings.of(measures),
        longest_measure=max(map(len, measures)),
    )
    cut = english_rules.exceptions()
    return rules._replace(specials=_specials(cut, _torn(tuple(cut), rules)))


def _torn(exceptions: tuple[str, ...], rules: Rules) -> dict[str, tuple[int, ...]]:
    """Into tokens of which lengths the affix rules tear those exceptions that spaCy seeks among tokens."""
    sought = english_rules.sought()
    texts = Utf8.of(pl.Series(exceptions, dtype=pl.String))
    starts, ends, bounds = _tokens(texts.data, texts.offsets, rules)
    lengths = (ends - starts).tolist()
    return {text: tuple(lengths[bounds[at] : bounds[at + 1]]) for at, text in enumerate(exceptions) if text in sought}


def _specials(cut: dict[str, tuple[str, ...]], torn: dict[str, tuple[int, ...]]) -> Specials:
    cuts = [tuple(len(token.encode()) for token in tokens) for tokens in cut.values()]
    firsts = [text.encode()[: lengths[0]] for text, lengths in torn.items() if len(lengths) > 1]
    return Specials(
        strings=KnownStrings.of(tuple(cut)),
        cuts=_rows(cuts),
        torn=_rows([torn.get(text, ()) for text in cut]),
        changes=np.array([torn.get(text, made) != made for text, made in zip(cut, cuts, strict=True)], dtype=np.bool_),
        torn_firsts=shapes_of(firsts),
    )


def _rows(lengths: list[tuple[int, ...]]) -> Lengths:
    """Each with at least one zero behind it."""
    rows = np.zeros((len(lengths), max(map(len, lengths), default=0) + 1), dtype=np.int64)
    for row, each in zip(rows, lengths, strict=True):
        row[: len(each)] = each
    return rows


def by_spacy(texts: Utf8) -> Pieces:
    cutter = english_rules.tokenizer()
    starts, ends, bounds = [], [], [0]
    data = texts.data.tobytes()
    for text in range(len(texts)):
        begin, end = int(texts.offsets[text]), int(texts.offsets[text + 1])
        held = data[begin:end].decode()
        places = np.cumsum([begin, *(len(sign.encode()) for sign in held)])
        tokens = [token for token in cutter(held) if not token.text.isspace()]
        starts += [places[token.idx] for token in tokens]
        ends += [places[token.idx + len(token)] for token in tokens]
        bounds.append(len(starts))
    return Pieces(*(np.array(column, dtype=np.int64) for column in (starts, ends, bounds)))


@compiled
def _tokens(data: Bytes, offsets: Places, rules: Rules) -> tuple[Places, Places, Places]:
    room = (offsets[-1] - offsets[0]) // 4 + 64
    starts = np.empty(room, dtype=np.int64)
    ends = np.empty(room, dtype=np.int64)
    bounds = np.zeros(len(offsets), dtype=np.int64)
    count = longest = int(bounds[0])  # a literal 0 is a type of its own, and much would be compiled once more for it
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    chunk = _scratch(longest)
    found = np.empty(rules.specials.torn.shape[1], dtype=np.int64)
    for text in range(len(offsets) - 1):
        bounds[text] = count
        most = count + offsets[text + 1] - offsets[text]
        if most > len(starts):
            room = max(most, 2 * len(starts))
            starts, ends = _longer(starts, count, room), _longer(ends, count, room)
        count = _tokenize_affixes(data, rules, chunk, offsets[text], offsets[text + 1], starts, ends, count)
        if _has_torn_special(data, rules.specials, bounds[text], starts, ends, count, found):
            count = _apply_special_cases(data, rules.specials, bounds[text], starts, ends, count, found)
    bounds[-1] = count
    return starts[:count].copy(), ends[:count].copy(), bounds


@compiled
def _scratch(room: int) -> _Chunk:
    return _Chunk(
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.uint16),
        np.empty(room + 1, dtype=np.int64),
        np.empty(room, dtype=np.int64),
    )


@compiled
def _longer(places: Places, held: int, room: int) -> Places:
    longer = np.empty(room, dtype=np.int64)
    longer[:held] = places[:held]
    return longer


@compiled_leaf
def _tokenize_affixes(
    data: Bytes, rules: Rules, chunk: _Chunk, place: int, last: int, starts: Places, ends: Places, count: int
) -> int:
    """One text, without the search for torn exceptions."""
    while place < last:
        begin = place
        all_kinds, some_kinds = PLAIN | DIGIT, 0
        while place < last:
            kind = int(rules.kinds[np.uint64(code_at(data, place))])
            if kind & SPACE:
                break
            all_kinds &= kind
            some_kinds |= kind
            place += width(data[np.uint64(place)])
        if begin == place:
            place += width(data[np.uint64(place)])
        elif all_kinds:
            count = _letters_or_digits(data, rules.specials, begin, place, starts, ends, count)
        else:
            signs = _decoded(data, rules.kinds, begin, place, chunk)
            has_digit = some_kinds & DIGIT > 0
            count = _tokenize(data, rules, chunk, signs, has_digit, starts, ends, count)
    return count


@compiled_leaf
def _decoded(data: Bytes, kinds: Kinds, begin: int, end: int, chunk: _Chunk) -> int:
    """How many characters there are."""
    signs = 0
    place = begin
    while place < end:
        code, sign = code_at(data, place), np.uint64(signs)
        chunk.codes[sign] = code
        chunk.kinds[sign] = kinds[np.uint64(code)]
        chunk.places[sign] = place
        place += width(data[np.uint64(place)])
        signs += 1
    chunk.places[signs] = end
    return signs


@compiled_leaf
def _letters_or_digits(
    data: Bytes, specials: Specials, begin: int, end: int, starts: Places, ends: Places, count: int
) -> int:
    """A run of letters or one of digits holds no affix and no infix: it is an exception or a token."""
    special = known(specials.strings, data, begin, end)
    if special >= 0:
        return _cut(specials, special, begin, starts, ends, count)
    starts[count], ends[count] = begin, end
    return count + 1


@compiled_leaf
def _cut(specials: Specials, special: int, begin: int, starts: Places, ends: Places, count: int) -> int:
    """The tokens of an exception."""
    token = 0
    while specials.cuts[special, token]:
        starts[count], ends[count] = begin, begin + specials.cuts[special, token]
        begin = ends[count]
        count += 1
        token += 1
    return count


@compiled_leaf
def _tokenize(
    data: Bytes, rules: Rules, chunk: _Chunk, signs: int, has_digit: bool, starts: Places, ends: Places, count: int
) -> int:
    """One chunk, as `Tokenizer._split_affixes` and then `_attach_tokens`."""
    places = chunk.places
    strings = rules.specials.strings
    low, high = 0 * signs, signs  # no literal, see above
    suffixes = 0
    special = -1
    was_asked = False  # whether what is left is an exception
    while low < high:
        suffix = 0
        if not was_asked:
            special = known(strings, data, places[low], places[high])
        if special >= 0:
            break
        prefix = _find_prefix(chunk, low, high)
        if prefix:
            special = known(strings, data, places[low + prefix], places[high])
        if special < 0:
            suffix = _find_suffix(data, rules, chunk, has_digit, low + prefix, high)
            if suffix:
                special = known(strings, data, places[low], places[high - suffix])
                if special >= 0:
                    prefix = 0
                high -= suffix
                chunk.suffixes[suffixes] = high
                suffixes += 1
        if prefix:
            starts[count], ends[count] = places[low], places[low + prefix]
            count += 1
            low += prefix
        elif not suffix:
            break
        if special >= 0:
            break
        was_asked = not (prefix and suffix)
    if special >= 0:
        count = _cut(rules.specials, special, places[low], starts, ends, count)
    elif low < high:
        count = _attach_tokens(chunk, low, high, starts, ends, count)
    while suffixes:
        suffixes -= 1
        begin = chunk.suffixes[suffixes]
        end = chunk.suffixes[suffixes - 1] if suffixes else signs
        starts[count], ends[count] = places[begin], places[end]
        count += 1
    return count


@compiled_leaf
def _find_prefix(chunk: _Chunk, low: int, high: int) -> int:
    """How many characters of a prefix there are at the beginning: the first alternative of spaCy's that matches."""
    if chunk.kinds[low] & PREFIX:
        return 1
    code = chunk.codes[low]
    if code == _PLUS:
        return 0 if low + 1 < high and chunk.kinds[low + 1] & DIGIT else 1
    if code == _STOP:
        stops = _stops(chunk, low, high)
        return stops if stops > 1 else 0
    if (code == _LETTER_C or code == _LETTER_A) and low + 1 < high and chunk.codes[low + 1] == _DOLLAR:
        return 2
    if code == _LETTER_U and low + 2 < high and chunk.codes[low + 1] == _CAPITAL_S and chunk.codes[low + 2] == _DOLLAR:
        return 3
    return 0


@compiled_leaf
def _stops(chunk: _Chunk, at: int, high: int) -> int:
    """How many full stops stand here."""
    end = at
    while end < high and chunk.codes[end] == _STOP:
        end += 1
    return end - at


@compiled_leaf
def _find_suffix(data: Bytes, rules: Rules, chunk: _Chunk, has_digit: bool, low: int, high: int) -> int:
    """How many characters of a suffix there are at the end: the longest, as a search from the left finds it."""
    if low == high:
        return 0
    codes, kinds = chunk.codes, chunk.kinds
    last = codes[high - 1]
    length = _measure(data, rules, chunk, low, high) if has_digit else 0 * high  # no literal, see above
    if length > 1:
        return length
    before = codes[high - 2] if high - 2 >= low else 0
    if kinds[high - 1] & SUFFIX:
        return 2 if last == _ELLIPSIS and before == _ELLIPSIS else 1
    if last == _STOP:
        begin = high - 1
        while begin > low and codes[begin - 1] == _STOP:
            begin -= 1
        if high - begin > 1:
            return high - begin
        return 1 if _stop_is_suffix(chunk, low, high) else 0
    if (last == _LETTER_S or last == _CAPITAL_S) and (before == _APOSTROPHE or before == _TURNED_COMMA):
        return 2
    if last == _PLUS and high - 2 >= low and kinds[high - 2] & DIGIT:
        return 1
    return length


@compiled_leaf
def _stop_is_suffix(chunk: _Chunk, low: int, high: int) -> bool:
    """Whether the full stop at the end is one: after a small letter, digit or sign, two capitals, or a temperature."""
    if high - 2 < low:
        return False
    if chunk.kinds[high - 2] & BEFORE_STOP:
        return True
    if high - 3 < low:
        return False
    if chunk.kinds[high - 2] & chunk.kinds[high - 3] & UPPER:
        return True
    return chunk.codes[high - 3] == _DEGREE and chunk.codes[high - 2] in _DEGREES_OF


@compiled_leaf
def _measure(data: Bytes, rules: Rules, chunk: _Chunk, low: int, high: int) -> int:
    """How long the currency or unit at the end is, which must follow a digit."""
    for length in range(min(rules.longest_measure, high - low - 1), 0, -1):
        begin = high - length
        if chunk.kinds[begin - 1] & DIGIT and known(rules.measures, data, chunk.places[begin], chunk.places[high]) >= 0:
            return length
    return 0


@compiled_leaf
def _attach_tokens(chunk: _Chunk, low: int, high: int, starts: Places, ends: Places, count: int) -> int:
    """What is left when nothing can be peeled off, and is no exception: one token, or several parted at infixes."""
    places = chunk.places
    at = begin = low
    asked = False
    while at < high:
        infix = _find_infix(chunk, low, high, at) if chunk.kinds[np.uint64(at)] & JOINT else 0
        if infix and at > low:
            if not asked and _url_match(chunk, low, high):
                break
            asked = True
            if begin < at:
                starts[count], ends[count] = places[begin], places[at]
                count += 1
            starts[count], ends[count] = places[at], places[at + infix]
            count += 1
            begin = at + infix
        at += max(infix, 1)
    if begin < high:
        starts[count], ends[count] = places[begin], places[high]
        count += 1
    return count


@compiled_leaf
def _find_infix(chunk: _Chunk, low: int, high: int, at: int) -> int:
    """How many characters of an infix begin just here: the first alternative of spaCy's that matches."""
    codes, kinds = chunk.codes, chunk.kinds
    if kinds[at] & INFIX:
        return 1
    code = codes[at]
    if code == _STOP:
        stops = _stops(chunk, at, high)
        if stops > 1:
            return stops
    if at == low or at + 1 == high:
        return 0
    before, after = kinds[at - 1], kinds[at + 1]
    if code == _STOP:
        return 1 if before & (LOWER | QUOTE) and after & (UPPER | QUOTE) else 0
    if code == _COMMA:
        return 1 if before & after & ALPHA else 0
    if (
        (code == _PLUS or code == _HYPHEN or code == _STAR or code == _CARET)
        and before & DIGIT
        and (after & DIGIT or codes[at + 1] == _HYPHEN)
    ):
        return 1
    if not before & (ALPHA | DIGIT):
        return 0
    if code == _COLON or code == _LESS or code == _MORE or code == _EQUAL or code == _SLASH:
        return 1 if after & ALPHA else 0
    return _hyphens(chunk, high, at)


@compiled_leaf
def _hyphens(chunk: _Chunk, high: int, at: int) -> int:
    """How long the dash is that begins here, of those that spaCy knows, if a letter follows."""
    code = chunk.codes[at]
    if code == _HYPHEN:
        longest = 3
    elif code == _EM_DASH:
        longest = 2
    elif code == _EN_DASH or code == _TILDE:
        longest = 1
    else:
        return 0
    length = 1
    while length < longest and at + length < high and chunk.codes[at + length] == code:
        length += 1
    return length if at + length < high and chunk.kinds[at + length] & ALPHA else 0


@compiled_leaf
def _url_match(chunk: _Chunk, low: int, high: int) -> bool:
    """Whether the whole is an address: scheme and user may be absent, a host may not.

    A regular expression tries every way; here each place is tried at which a host can begin.
    """
    if _host_and_rest(chunk, low, high):
        return True
    at = low
    while at < high and chunk.kinds[at] & SCHEME:
        at += 1
    slashes = at + 3 < high and chunk.codes[at + 1] == _SLASH and chunk.codes[at + 2] == _SLASH
    if at - low >= 2 and slashes and chunk.codes[at] == _COLON and _host_and_rest(chunk, at + 3, high):
        return True
    for user in range(low + 1, high - 1):
        if chunk.codes[user] == _AT and _host_and_rest(chunk, user + 1, high):
            return True
    return False


@compiled_leaf
def _host_and_rest(chunk: _Chunk, low: int, high: int) -> bool:
    """A host from here, then perhaps a port, then perhaps a path, and nothing else."""
    codes = chunk.codes
    end = low
    while end < high and (
        chunk.kinds[end] & (HOST | LOWER | DECIMAL)
        or codes[end] == _STOP
        or codes[end] == _HYPHEN
        or codes[end] == _LOW_LINE
    ):
        end += 1
    if end < high and codes[end] != _COLON and not _begins_path(codes[end]):
        return False
    if not _domain(chunk, low, end) and not _ip_address(chunk, low, end):
        return False
    if end < high and codes[end] == _COLON:
        digits = end + 1
        while digits < high and chunk.kinds[digits] & DECIMAL:
            digits += 1
        if not 2 <= digits - end - 1 <= 5:
            return False
        end = digits
    return end == high or _begins_path(codes[end])


@compiled_leaf
def _begins_path(code: int) -> bool:
    return code == _SLASH or code == _QUERY or code == _HASH


@compiled_leaf
def _domain(chunk: _Chunk, low: int, end: int) -> bool:
    """Labels of up to 64 characters, each with its full stop, and at last 2 to 63 letters, none of them a capital."""
    labels = 0
    begin = low
    for at in range(low, end):
        if chunk.codes[at] != _STOP:
            continue
        if at == begin or at - begin > _LONGEST_LABEL:
            return False
        if not (chunk.kinds[begin] & HOST and chunk.kinds[at - 1] & HOST):
            return False
        for inside in range(begin, at):
            if not (chunk.kinds[inside] & HOST or chunk.codes[inside] == _HYPHEN or chunk.codes[inside] == _LOW_LINE):
                return False
        labels += 1
        begin = at + 1
    if not labels or not 2 <= end - begin <= _LONGEST_DOMAIN:
        return False
    for at in range(begin, end):
        if not chunk.kinds[at] & LOWER:
            return False
    return True


@compiled_leaf
def _ip_address(chunk: _Chunk, low: int, end: int) -> bool:
    """Four numbers of a public network."""
    second = _next_number(chunk, low, end)
    third = _next_number(chunk, second, end)
    fourth = _next_number(chunk, third, end)
    if fourth >= end or _next_number(chunk, fourth, end) <= end or _private(chunk, low, second, third):
        return False
    return (
        _octet(chunk, low, second - 1, 223, False)
        and _octet(chunk, second, third - 1, 255, True)
        and _octet(chunk, third, fourth - 1, 255, True)
        and _octet(chunk, fourth, end, 254, False)
    )


@compiled_leaf
def _next_number(chunk: _Chunk, at: int, end: int) -> int:
    """Behind the full stop that ends the number which begins here; beyond the end by one if the end does."""
    while at < end and chunk.kinds[at] & DECIMAL:
        at += 1
    if at < end and chunk.codes[at] != _STOP:
        return end
    return at + 1


@compiled_leaf
def _octet(chunk: _Chunk, begin: int, end: int, most: int, zero_may_lead: bool) -> bool:
    r"""A number up to `most`. Where spaCy's pattern says `\d`, a digit of any script does."""
    digits = end - begin
    if digits < 1 or digits > 3:
        return False
    first = _digit(chunk, begin)
    if digits < 3:
        return zero_may_lead or first >= 1
    second = _digit(chunk, begin + 1)
    if first != 2:
        return first == 1
    tens = most // 10 % 10
    if second == tens:
        return 0 <= _digit(chunk, begin + 2) <= most % 10
    return 0 <= second < tens


@compiled_leaf
def _digit(chunk: _Chunk, at: int) -> int:
    return int(chunk.codes[at]) - _ZERO if chunk.kinds[at] & DIGIT else -1


@compiled_leaf
def _private(chunk: _Chunk, low: int, second: int, third: int) -> bool:
    """The networks that spaCy's pattern leaves out: 10, 127, 169.254, 192.168, and 172.16 up to 172.31."""
    net = _number(chunk, low, second - 1)
    subnet = _number(chunk, second, third - 1)
    if net == 172 and third - second == 3:
        return _digit(chunk, second) == 2 or 16 <= subnet <= 31
    return net == 10 or net == 127 or (net == 169 and subnet == 254) or (net == 192 and subnet == 168)


@compiled_leaf
def _number(chunk: _Chunk, begin: int, end: int) -> int:
    """Of up to three digits 0-9; −1 of others."""
    number = 0
    for at in range(begin, end):
        digit = _digit(chunk, at)
        if digit < 0 or at - begin > 2:
            return -1
        number = 10 * number + digit
    return number


@compiled_leaf
def _has_torn_special(
    data: Bytes, specials: Specials, first: int, starts: Places, ends: Places, count: int, found: Places
) -> bool:
    """Whether the affix rules tore an exception in the tokens of one text; in most they did not."""
    for at in range(first, count):
        sizes = _find_matches(data, specials, starts, ends, at, count, found)
        size = 0
        while sizes >> size:
            if sizes >> size & 1 and _changes(specials, found[size], starts[at], ends[at + size - 1]):
                return True
            size += 1
    return False


@compiled
def _apply_special_cases(
    data: Bytes, specials: Specials, first: int, starts: Places, ends: Places, count: int, found: Places
) -> int:
    """Puts exceptions together again that the affix rules tore."""
    torn_starts, torn_ends = starts[first:count].copy(), ends[first:count].copy()
    sizes = np.zeros(count - first, dtype=np.int64)
    seen = np.zeros(count - first, dtype=np.bool_)
    _find_all_matches(data, specials, torn_starts, torn_ends, sizes, found)
    _filter_special_spans(sizes, seen, specials.torn.shape[1] - 1)
    return _retokenize_special_spans(data, specials, torn_starts, torn_ends, sizes, starts, ends, first, found)


@compiled_leaf
def _find_all_matches(
    data: Bytes, specials: Specials, starts: Places, ends: Places, sizes: Places, found: Places
) -> None:
    for at in range(len(starts)):
        sizes[at] = _find_matches(data, specials, starts, ends, at, len(starts), found)


@compiled_leaf
def _find_matches(
    data: Bytes, specials: Specials, starts: Places, ends: Places, at: int, count: int, found: Places
) -> int:
    """Which exceptions were torn into just the tokens from this one on, as spaCy's phrase matcher finds them.

    `found[size]` is the exception of that many tokens, if bit `size` of the answer is set. The matcher does not look at
    what stands between tokens, unless it is a token of white space: everything but one plain space is.
    """
    length = ends[at] - starts[at]
    if not specials.torn_firsts[shape(data, starts[at], ends[at])]:
        return 0
    sizes = 0
    key = hashed(data, starts[at], ends[at], BASIS)
    for size in range(2, specials.torn.shape[1]):
        last = at + size - 1
        if last == count:
            break
        gap = starts[last] - ends[last - 1]
        if gap > 1 or (gap == 1 and data[ends[last - 1]] != _SPACE):
            break
        length += ends[last] - starts[last]
        if length > specials.strings.longest:
            break
        key = hashed(data, starts[last], ends[last], key)
        special = _torn_into(data, specials, starts, ends, at, size, key)
        if special >= 0:
            found[size] = special
            sizes |= 1 << size
    return sizes


@compiled_leaf
def _torn_into(data: Bytes, specials: Specials, starts: Places, ends: Places, at: int, size: int, key: int) -> int:
    """The exception with this hash that was torn into these tokens; −1 for none."""
    strings = specials.strings
    slot = slot_of(strings.slots, key)
    while strings.slots[slot] >= 0:
        special = int(strings.slots[slot])
        place = strings.offsets[special]
        token = 0
        while token < size:
            begin, end = starts[at + token], ends[at + token]
            if end - begin != specials.torn[special, token] or not same(data, begin, end, strings.data, place):
                break
            place += end - begin
            token += 1
        if token == size and not specials.torn[special, token]:
            return special
        slot = (slot + 1) & (len(strings.slots) - 1)
    return -1


@compiled_leaf
def _changes(specials: Specials, special: int, begin: int, end: int) -> bool:
    """Whether the tokens found are cut anew: if nothing stands between them, and the exception is cut otherwise."""
    length = specials.strings.offsets[special + 1] - specials.strings.offsets[special]
    return bool(specials.changes[special]) and end - begin == length


@compiled_leaf
def _filter_special_spans(sizes: Places, seen: npt.NDArray[np.bool_], most: int) -> None:
    """Leaves in `sizes`, of the matches from each token on, the one that holds.

    Of those that overlap the longest holds, of equally long ones the first, even if it then changes nothing.
    """
    for size in range(most, 1, -1):
        for at in range(len(sizes)):
            if sizes[at] >> size & 1:
                holds = not seen[at] and not seen[at + size - 1]
                sizes[at] = 1 << size if holds else sizes[at] & ~(1 << size)
                for token in range(at, at + size):
                    seen[token] = True


@compiled_leaf
def _retokenize_special_spans(
    data: Bytes,
    specials: Specials,
    torn_starts: Places,
    torn_ends: Places,
    sizes: Places,
    starts: Places,
    ends: Places,
    count: int,
    found: Places,
) -> int:
    at = 0 * count  # no literal, see above
    while at < len(sizes):
        size = 1
        while sizes[at] >> size > 1:
            size += 1
        if size > 1:
            _find_matches(data, specials, torn_starts, torn_ends, at, len(sizes), found)
        if size > 1 and _changes(specials, found[size], torn_starts[at], torn_ends[at + size - 1]):
            count = _cut(specials, found[size], torn_starts[at], starts, ends, count)
        else:
            for token in range(at, at + size):
                starts[count], ends[count] = torn_starts[token], torn_ends[token]
                count += 1
        at += size
    return count
