"""THIRD_PARTY_NOTICES.md: what must travel with a release, for people: licences, their texts, holders, by source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from filters.rights.spdx import grant_of
from releases.obligations import Obligation
from releases.texts import Source

NOTICES = "THIRD_PARTY_NOTICES.md"

_MARKS = re.compile(r"([\\`*_\[\]<>#|~&])")

_OPENING = """\
# Third-party notices

Made by machine from what came with the items; this is not legal advice. Each item keeps its own licence: the column
`licence` of its row has it, and `ATTRIBUTION.parquet` names title, author, source and address of each item, and what
was changed. Names of holders are passed on as they came; e-mail addresses and telephone numbers are masked.

## Licences
"""

_TEXTS = {
    "found": "[{path}]({path}), as it came with items",
    "given": "[{path}]({path}), given by whoever made the release",
    "missing": "**missing**",
}

_NOTHING = {"unknown": "see its text", "proprietary": "see its text"}
"""What a licence asks for of which no condition is known, by its class."""

_MISSING = """
The text of {many} is **missing** here: it came with no item, and whoever made the release gave none. Tamis has no texts
of licences of its own. Add what is missing before you pass the release on, for most licences ask that their text goes
along with the items. The texts of licences on the SPDX list are at <https://spdx.org/licenses/>.
"""


_HOLDERS = "\nCopyright lines that came with them:\n"


def notices_markdown(sources: Mapping[str, Source], obligations: Iterable[Obligation]) -> str:
    """The whole file; the same facts give the same text."""
    return "\n".join((_OPENING, *_licences(list(obligations)), "\n## Sources", *_sources(sources), ""))


def part_notices(whole: str, licences: Mapping[str, Mapping[str, int]], obligations: Iterable[Obligation]) -> str:
    """The file for a part of a release, made of that of the whole.

    A source keeps all of its copyright lines: which of them came with which item is not on record.

    Args:
        whole: the notices of the release.
        licences: source → expression → items of the part.
        obligations: of the part.
    """
    held = dict(_holders(whole))
    lines = [_OPENING, *_licences(list(obligations)), "\n## Sources"]
    for name, counts in sorted(licences.items()):
        lines += [*_source(name, counts), *held.get(_heading(name), ())]
    return "\n".join((*lines, ""))


def _holders(whole: str) -> Iterator[tuple[str, list[str]]]:
    """Of each source the copyright lines, with what stands above and below them."""
    for section in whole.partition("\n## Sources\n")[2].split("\n### ")[1:]:
        heading, _, rest = section.partition("\n")
        _, opening, holders = rest.partition(_HOLDERS)
        if opening:
            yield f"\n### {heading}\n", [_HOLDERS, *holders.strip("\n").split("\n")]


def _licences(obligations: list[Obligation]) -> Iterator[str]:
    if not obligations:
        yield "No item names a licence."
        return
    yield "| licence | items | asks for | text |"
    yield "| --- | ---: | --- | --- |"
    for each in obligations:
        text = _TEXTS[each.text].format(path=f"LICENSES/{each.licence}.txt")
        asked = ", ".join(each.conditions).replace("_", " ") or _NOTHING.get(grant_of(each.licence), "nothing")
        yield f"| {each.licence} | {each.items:,} | {asked} | {text} |"
    missing = sum(each.text == "missing" for each in obligations)
    if missing:
        yield _MISSING.format(many="one licence" if missing == 1 else f"{missing:,} licences")


def _sources(sources: Mapping[str, Source]) -> Iterator[str]:
    for name, source in sorted(sources.items()):
        yield from _source(name, source.licences)
        if source.notices:
            yield _HOLDERS
            yield from (f"- {_plain(notice)}" for notice in source.notices)
        if source.more_notices:
            yield f"\nAnd {source.more_notices:,} lines more."


def _source(name: str, licences: Mapping[str, int]) -> Iterator[str]:
    yield _heading(name)
    for expression, items in sorted(licences.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"- {expression or 'no licence is known'}: {items:,} {'item' if items == 1 else 'items'}"


def _heading(name: str) -> str:
    return f"\n### {_plain(name) or 'Nobody says who published it'}\n"


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
