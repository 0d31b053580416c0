"""Finds secrets in text: private keys, API keys, tokens, passwords.

How: rules of a file (`filters/data/secrets.toml`, or one of the user's), most of which know a token by a prefix that
its issuer gave it, the others by the words before it. What matches must be as random as its rule asks for, no
placeholder, and right by its checksum where the format has one.

Wrong hits: of 6,074 texts of Debian's documentation (21 MB) eight places match, each a made-up token or password in an
example that looks real; of 20 MB of textbooks none. Known misses: a password in a sentence, a passphrase of
words, one that holds `password`, `example` or the like, a token without prefix or context, a key split over several
strings of source code.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from presidio_analyzer import LocalRecognizer, RecognizerResult, pattern_recognizer
from presidio_analyzer.nlp_engine import NlpArtifacts

from filters.personal.entity import Entity
from filters.personal.secret_checks import CHECKS, entropy, is_placeholder
from filters.personal.secret_rules import BUILT_IN, SecretRule, SecretRules, built_in_rules, load_rules

KIND = "SECRET"
VERIFIED = 1.0
"""Score of what a checksum or a structure stands behind."""
SHAPED = 0.6
"""Score of what has the form and the entropy."""
RULE_KEY = "rule"
"""Key in a result's `recognition_metadata`: the id of the rule that matched."""

_LOGGER = logging.getLogger("presidio-analyzer")  # where who runs recognizers listens for one that gave up


class SecretRecognizer(LocalRecognizer):  # type: ignore[misc] # presidio ships no types
    """Finds what the rules describe; each result is one secret, its `RULE_KEY` the rule's id.

    A rule may take Presidio's `REGEX_TIMEOUT_SECONDS`; one that takes longer is logged by its id, as Presidio does.
    """

    def __init__(self, rules: SecretRules | None = None) -> None:
        super().__init__(supported_entities=[KIND], name="SecretRecognizer")
        self._rules = (rules or built_in_rules()).rules

    def load(self) -> None:
        pass

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        if KIND not in entities:
            return []
        lower = text.lower()
        results: list[RecognizerResult] = []
        for rule in self._rules:
            if rule.keywords and not any(word in (lower if rule.ignores_case else text) for word in rule.keywords):
                continue
            try:
                results.extend(self._found(rule, text))
            except TimeoutError:
                _LOGGER.warning("Rule %r timed out, skipping.", rule.id)
        deduplicated: list[RecognizerResult] = self.remove_duplicates(results)
        return deduplicated

    def _found(self, rule: SecretRule, text: str) -> Iterator[RecognizerResult]:
        for match in rule.pattern.finditer(text, timeout=pattern_recognizer.REGEX_TIMEOUT_SECONDS):
            start, end = match.span(rule.group)
            if start < end and _is_secret(rule, match[rule.secret] or "", masked=text[start:end]):
                yield RecognizerResult(
                    entity_type=KIND,
                    start=start,
                    end=end,
                    score=VERIFIED if rule.check else SHAPED,
                    recognition_metadata={
                        RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                        RULE_KEY: rule.id,
                    },
                )


def secret_entity(path: Path = BUILT_IN) -> Entity:
    """The row of secrets by the rules of a file.

    Raises:
        ConfigError: see `load_rules`.
    """
    rules = built_in_rules() if path == BUILT_IN else load_rules(path)
    return Entity(
        kind=KIND,
        region="",
        about="private key, API key, token or password",
        check="rules",
        make=lambda: SecretRecognizer(rules),
        gate=rules.gate,
    )


SECRETS: tuple[Entity, ...] = (secret_entity(),)
"""The row of secrets by the built-in rules."""


def _is_secret(rule: SecretRule, secret: str, *, masked: str) -> bool:
    if entropy(secret) < rule.min_entropy or is_placeholder(secret):
        return False
    return rule.check is None or CHECKS[rule.check](masked)
