"""E-mail addresses: Presidio's answers, without the network and without quadratic time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex
from presidio_analyzer.predefined_recognizers import EmailRecognizer
from tldextract import TLDExtract

_ADDRESS_END = regex.compile(r"(?<=[!#$%&'*+\-/=?^_`{|}~\w])@\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+")
_LOCAL_PART = regex.compile(r"[!#$%&'*+\-/=?^_`{|}~\.\w]+", flags=regex.REVERSE)
_CUTS_THE_HOST = frozenset("/?#:\\[]")
"""What ends the host for tldextract, or begins it: an address with one of them is asked about as a whole."""

_SUFFIXES = TLDExtract(suffix_list_urls=(), cache_dir=None)


class OfflineEmailRecognizer(EmailRecognizer):  # type: ignore[misc] # presidio ships no types
    """Presidio's e-mail recognizer, verified by the public suffix list that comes with tldextract.

    Presidio fetches that list on first use. `windows` are the runs in which an address can lie: outside of them the
    pattern costs the square of a text such as `a.a.a.…`.
    """

    def __init__(self) -> None:
        super().__init__(name="EmailRecognizer")

    def validate_result(self, pattern_text: str) -> bool:
        local, _, host = pattern_text.rpartition("@")
        return _has_suffix(pattern_text if _CUTS_THE_HOST.intersection(local) else host)

    def windows(self, text: str) -> Iterator[tuple[int, int]]:
        """From the longest local part before each @ to the end of its domain."""
        start = end = 0
        for domain in _ADDRESS_END.finditer(text):
            local = _LOCAL_PART.match(text, end, domain.start())
            if local is None:
                continue
            if local.start() > end:
                yield from ((start, end),) if end else ()
                start = local.start()
            end = domain.end()
        if end:
            yield start, end


@lru_cache(maxsize=65536)
def _has_suffix(address: str) -> bool:
    return bool(_SUFFIXES(address).fqdn)
