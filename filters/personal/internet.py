"""Finds the IP addresses that can be those of a person: what Presidio finds, less what is no public address.

Of Presidio's answers these are left out:

- special addresses: private, shared, loopback, link-local, multicast, reserved, for benchmarks, for documentation
  (IANA's special-purpose registries; RFC 5737, RFC 3849, RFC 9637), and of IPv6 all that is not in 2000::/3, of which
  alone addresses are given out. `a::`, `[::2]` in a slice of Python, netmasks and wildcards go with them.
- networks: of IPv4 what has a prefix and no bit set behind it; of IPv6 with a prefix below /48, which a provider has
  and no subscriber (RFC 6177).
- well-known resolvers and 1.2.3.4, which are nobody's.
- numbers of four parts that are none: inside a longer one (an object identifier); after a word such as version,
  release, section, RFC or OID, or a comparison (`>=`); before what ends a package's version (`-3`, `+git`, `~rc1`);
  and, if all parts are small, at the start of a line before a word (the number of a section) or after words such as
  `changes in`.

An IPv4 address within one of IPv6 is judged in its stead (mapped, translated, 6to4).

Measured on 6,074 texts of Debian's documentation, on which the words were chosen: Presidio answers 309 times, this
recognizer 38 times. 19 of these are addresses, the others versions, sections and object identifiers without such a
word; of what is left out none is the address of a person. Known misses: an address after one of these words, or of
small parts (one address in 600) at the start of a line before a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_interface, ip_network

import regex
from presidio_analyzer import RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import IpRecognizer

from filters.personal.entity import Entity
from filters.personal.runs import runs_around
from filters.personal.rust_regex import matches
from filters.personal.stock import STOCK

_SPECIAL_V4 = tuple(
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_GLOBAL_V6 = ip_network("2000::/3")
_SPECIAL_V6 = tuple(
    ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16")
)
_TEREDO = ip_network("2001::/32")  # within 2001::/23, but it holds the address of who uses it
_NOBODYS = frozenset(
    ip_interface(address).ip
    for address in (
        *("1.2.3.4", "1.0.0.1", "1.1.1.1", "8.8.4.4", "8.8.8.8", "9.9.9.9", "149.112.112.112"),
        *("208.67.220.220", "208.67.222.222", "2001:4860:4860::8844", "2001:4860:4860::8888"),
        *("2606:4700:4700::1001", "2606:4700:4700::1111", "2620:fe::fe", "2620:fe::9"),
    )
)
_LONGEST_V4, _LONGEST_PROVIDERS = 32, 47
_SMALL = 50
"""Parts of versions and sections are rarely above it; of four random bytes none is once in 600 times."""
_CONTEXT = 48
"""Characters that are read before and after: a few words."""

_NUMBERED_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:versions?|versión|versione|ver|vers|v|releases?|rev|revision|build|firmware|kernel|patchlevel"
    r"|sections?|sect|sec|sección|sezione|abschnitt|chapters?|chapitre|kapitel|clauses?|paragraph|annex|appendix"
    r"|figures?|fig|tables?|steps?|rule|oid|identifier|rfc[ -]?[0-9]{1,5},?|iso[ -]?[0-9-]{3,9},?|since|§{1,2})"
    r"[ \t\"'`(\[:=.#]{0,4}\n?[ \t]{0,8}(?:(?:to|is|of|number|no\.|from|was|on)[ \t]{1,4}){0,2}[\"'`(\[<:=]{0,2}"
    r"|(?:[<>~]=|(?<![=!])==|<<|>>)[ \t]{0,4}|[0-9]\.)\Z",
    re.IGNORECASE,
)
_CHANGE_BEFORE = re.compile(
    r"(?<![a-z])(?:changes? (?:in|since)|fixe[sd] in|merged to"
    r"|(?:bump|update|upgrade)[ds]? (?:[a-z0-9]{1,20} )?(?:to|from)|upgrades? from versions? before"
    r"|since [a-z0-9-]{1,20})[ \t]{1,4}\Z",
    re.IGNORECASE,
)
_NUMBERED_AFTER = re.compile(
    r"\.[0-9]|[+~][0-9a-z]|-[0-9]{1,4}(?![0-9]*\.[0-9])|-[0-9]+[a-z]|-?(?:alpha|beta|rc|pre|dev|git|svn|cvs|dfsg)"
    r"|[ \t]{1,2}releases?\b",
    re.IGNORECASE | re.ASCII,
)
_LINE_START = re.compile(r"(?:\A|\n)[ \t]*\Z")
_HEADING = re.compile(r"\.?[ \t]{1,4}[^\W\d_]")


_DIGIT = regex.compile(r"\d")
_MAY_HOLD_ADDRESS = matches(STOCK["IP_ADDRESS"].gate or "")
_RUNS = runs_around(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|::|(?:[0-9a-fA-F]{1,4}:){6}")


class PublicIpRecognizer(IpRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's recognizer of IP addresses, without those of its answers that the module's rules leave out."""

    def windows(self, text: str) -> Iterator[tuple[int, int]]:
        """Runs in lines with a digit: there is one in every public address, and in few lines of C++ with a `::`."""
        begin = 0
        for line in text.split("\n"):
            if ("." in line or ":" in line) and _MAY_HOLD_ADDRESS(line) and _DIGIT.search(line):
                yield from ((begin + start, begin + end) for start, end in _RUNS(line))
            begin += len(line) + 1

    def keeps(self, text: str, start: int, end: int) -> bool:
        """Whether what was matched there is an address of a person's."""
        return _is_of_a_person(text, start, end)

    def analyze(
        self,
        text: str,
        entities: list[str],
        nlp_artifacts: NlpArtifacts | None = None,
        regex_flags: int | None = None,
    ) -> list[RecognizerResult]:
        found = super().analyze(text, entities, nlp_artifacts, regex_flags)
        return [result for result in found if self.keeps(text, result.start, result.end)]


INTERNET: tuple[Entity, ...] = (
    Entity(
        kind="IP_ADDRESS",
        region="",
        about="IP address that is public, outside of version and section numbers",
        check="rules",
        make=PublicIpRecognizer,
        gate=STOCK["IP_ADDRESS"].gate,
    ),
)
"""The row of IP addresses."""


def _is_of_a_person(text: str, start: int, end: int) -> bool:
    mention = text[start:end]
    if not _is_public(mention):
        return False
    return ":" in mention or not _is_numbering(text, start, end)


def _is_public(mention: str) -> bool:
    """Whether an address as it is written, with its zone and prefix if it has them, is one that a person can have."""
    try:
        interface = ip_interface(_embedded(mention))
    except ValueError:
        return False
    address, prefix = interface.ip, interface.network.prefixlen
    if address in _NOBODYS:
        return False
    if isinstance(address, IPv4Address):
        is_network = prefix < _LONGEST_V4 and address == interface.network.network_address
        return not is_network and not any(address in network for network in _SPECIAL_V4)
    return prefix > _LONGEST_PROVIDERS and _is_public_v6(address)


def _embedded(mention: str) -> str:
    """The part after the last colon where that is an address of IPv4: without its prefix, which counts other bits."""
    tail = mention.rpartition(":")[2]
    return tail.partition("/")[0] if tail != mention and "." in tail else mention


def _is_public_v6(address: IPv6Address) -> bool:
    within = address.ipv4_mapped or address.sixtofour
    if within is not None:
        return _is_public(str(within))
    if address in _TEREDO:
        return True
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def _is_numbering(text: str, start: int, end: int) -> bool:
    """Whether what stands around a number of four parts says that it counts something."""
    before, after = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    if _NUMBERED_BEFORE.search(before) or _NUMBERED_AFTER.match(after):
        return True
    if any(int(part) > _SMALL for part in text[start:end].partition("/")[0].split(".")):
        return False
    return bool(_CHANGE_BEFORE.search(before) or (_LINE_START.search(before) and _HEADING.match(after)))
