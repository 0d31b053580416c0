"""E-mail addresses: Presidio's answers, without the network and without quadratic time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex
from presidio_analyzer import RecognizerResult, pattern_recognizer
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import EmailRecognizer
from tldextract import TLDExtract

from filters.personal.placing import as_results

_ADDRESS_END = regex.compile(r"(?<=[!#$%&'*+\-/=?^_`{|}~\w])@\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+")
_LOCAL_PART = regex.compile(r"[!#$%&'*+\-/=?^_`{|}~\.\w]+", flags=regex.REVERSE)
_CUTS_THE_HOST = regex.compile(r"[/?#:\\\[\]]")
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
        return _has_suffix(pattern_text if _CUTS_THE_HOST.search(local) else host)

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


class EmailAddressRecognizer(OfflineEmailRecognizer):
    """Addresses as they stand in prose, Markdown and source code; answers by `places`.

    Beyond Presidio's answers these are addresses too: one behind a slash or a question mark (`Ada/ada@example.org`);
    one that a letter beyond ASCII or an underscore follows without a space, as in Japanese and in `_ada@example.org_`.
    """

    def analyze(
        self,
        text: str,
        entities: list[str],
        nlp_artifacts: NlpArtifacts | None = None,
        regex_flags: int | None = None,
    ) -> list[RecognizerResult]:
        return as_results(self, self.places(text))

    def places(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Start, end and score of each address, in order.

        Raises:
            TimeoutError: the pattern took too long.
        """
        pattern = regex.compile(self.patterns[0].regex, self.global_regex_flags)
        for first, last in self.windows(text):
            for match in pattern.finditer(text[first:last], timeout=pattern_recognizer.REGEX_TIMEOUT_SECONDS):
                length = self._length(match.group())
                if length:
                    yield first + match.start(), first + match.start() + length, 1.0

    def _length(self, mention: str) -> int:
        """How many characters of it are an address; 0 if it is none."""
        local, _, host = mention.rpartition("@")
        if self.validate_result(mention) or _has_suffix(host):
            return len(mention)
        in_ascii = _ASCII_HOST.match(host)
        return len(local) + 1 + in_ascii.end() if in_ascii and _has_suffix(in_ascii.group()) else 0


_ASCII_HOST = regex.compile(r"[0-9A-Za-z]+(?:-+[0-9A-Za-z]+)*(?:\.[0-9A-Za-z]+(?:-+[0-9A-Za-z]+)*)+")


@lru_cache(maxsize=65536)
def _has_suffix(address: str) -> bool:
    return bool(_SUFFIXES(address).fqdn)
