"""Reads the rules by which secrets are found, and says of a file what is wrong in it.

The form is described at the head of `filters/data/secrets.toml`. A file of gitleaks' form is read as well: `regex`,
`keywords`, `entropy` and `secretGroup` are `pattern`, `keywords` (which there ignore case), `min_entropy` and `group`,
where the group is the first one if `secretGroup` is not given and there is one. Its rules for certain paths are left
out, for an item has none; its allow lists are not read: the look for placeholders stands in for them.
"""

from __future__ import annotations

import hashlib
import tomllib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import regex

from filters.personal.secret_checks import CHECKS
from tamis.errors import ConfigError, did_you_mean

BUILT_IN = Path(__file__).parent.parent / "data" / "secrets.toml"
"""The rules that come with Tamis."""

_OURS = frozenset(("id", "what", "pattern", "keywords", "gate", "group", "min_entropy", "check"))
_GITLEAKS = frozenset(
    ("id", "description", "regex", "keywords", "entropy", "secretGroup", "path", "tags", "allowlist", "allowlists")
)
_GITLEAKS_TOP = frozenset(("title", "version", "minVersion", "extend", "allowlist", "allowlists", "rules"))
_MOST_BITS = 7.0
"""Of a character of ASCII: a floor above it lets nothing through."""
_MEASURED = "secret"
"""The group whose entropy counts, if a pattern names one so."""
_METACHARACTERS = frozenset(r"\.+*?()|[]{}^$#&-~")


@dataclass(frozen=True, slots=True)
class SecretRule:
    """How one kind of secret looks."""

    id: str
    what: str
    pattern: regex.Pattern[str]
    keywords: tuple[str, ...] = ()
    """Of which a text must hold one, if there are any; in lower case if `ignores_case`."""
    ignores_case: bool = False
    """Of the keywords only; the pattern says it for itself."""
    gate: str | None = None
    """A Rust regex that every text with a match also matches; asked of many texts, it stands for the keywords."""
    group: int | str = 0
    """What is masked."""
    secret: int | str = 0
    """The group whose entropy counts."""
    min_entropy: float = 0.0
    check: str | None = None
    """A key of `CHECKS`."""


@dataclass(frozen=True, slots=True)
class SecretRules:
    """The rules of one file."""

    rules: tuple[SecretRule, ...]
    sha256: str
    """Of the file's bytes, in hexadecimal digits."""
    left_out: tuple[str, ...] = ()
    """Ids of the rules of gitleaks' form that ask for a path."""

    @property
    def gate(self) -> str | None:
        """A Rust regex that every text with a match also matches; none if a rule looks at every text."""
        if any(not rule.keywords and rule.gate is None for rule in self.rules):
            return None
        by_word = [rule for rule in self.rules if rule.gate is None]
        exact = {word for rule in by_word if not rule.ignores_case for word in rule.keywords}
        folded = {word for rule in by_word if rule.ignores_case for word in rule.keywords}
        gates = {f"(?:{rule.gate})" for rule in self.rules if rule.gate is not None}
        parts = [*map(_literal, sorted(exact)), *sorted(gates)]
        if folded:
            parts.append(f"(?i:{'|'.join(map(_literal, sorted(folded)))})")
        return "|".join(parts)


def rules_sha256(path: Path = BUILT_IN) -> str:
    """Digest of a rule file's bytes, in hexadecimal digits: another file is another filter.

    Raises:
        ConfigError: the file cannot be read.
    """
    return hashlib.sha256(_bytes_of(path)).hexdigest()


@cache
def built_in_rules() -> SecretRules:
    return load_rules(BUILT_IN)


def load_rules(path: Path) -> SecretRules:
    """The rules of a file of our form or of gitleaks'.

    Raises:
        ConfigError: it cannot be read, is no TOML, or a rule is not sound; every fault is listed.
    """
    content = _bytes_of(path)
    where = path.name
    try:
        document = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{where}: no TOML: {error}.") from None
    except RecursionError:
        raise ConfigError(f"{where}: no TOML that can be read: it is nested too deep.") from None
    tables = document.get("rules")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{where}: holds no rules. Expected one table [[rules]] or more.")
    gitleaks = any("regex" in table for table in tables)
    allowed = _GITLEAKS_TOP if gitleaks else frozenset(("rules",))
    problems = [f"{where}: unknown key {key!r}.{did_you_mean(key, allowed)}" for key in document if key not in allowed]
    if "extend" in document:
        problems.append(f"{where}: extend is not followed. Write the rules of both into one file.")
    left_out = tuple(str(table.get("id")) for table in tables if gitleaks and "path" in table)
    kept = [table for table in tables if not (gitleaks and "path" in table)]
    read = [_Reader(table, where=f"{where}: rule {_name(table, place)}") for place, table in enumerate(kept, start=1)]
    rules = tuple(reader.rule(gitleaks=gitleaks) for reader in read)
    problems += [problem for reader in read for problem in reader.problems]
    problems += [f"{where}: rule {name!r} is there twice." for name in _twice(rule.id for rule in rules if rule)]
    if problems:
        raise ConfigError(*problems)
    if not rules:
        raise ConfigError(f"{where}: holds no rule for content: each asks for a path.")
    return SecretRules(tuple(rule for rule in rules if rule), hashlib.sha256(content).hexdigest(), left_out)


class _Reader:
    """Reads one table and gathers what is wrong in it."""

    def __init__(self, table: Mapping[str, Any], *, where: str) -> None:
        self._table = table
        self._where = where
        self.problems: list[str] = []

    def rule(self, *, gitleaks: bool) -> SecretRule | None:
        """The rule, or none if there are problems."""
        names = _GITLEAKS if gitleaks else _OURS
        for key in self._table:
            if key not in names:
                self._problem(f"unknown key {key!r}.{did_you_mean(key, names)}")
        name = self._text("id")
        what = self._text("description" if gitleaks else "what", needed=not gitleaks)
        source = self._text("regex" if gitleaks else "pattern")
        pattern = self._compiled(source)
        gate = None if gitleaks else self._gate()
        keywords = self._keywords(needed=not gitleaks and gate is None)
        min_entropy = self._entropy("entropy" if gitleaks else "min_entropy")
        check = None if gitleaks else self._check()
        group = self._group("secretGroup" if gitleaks else "group", pattern)
        if pattern is None or self.problems:
            return None
        if gitleaks and group == 0 and pattern.groups:
            group = 1
        ignores_case = gitleaks or source.lstrip("\n").startswith("(?i)")
        return SecretRule(
            id=name,
            what=what,
            pattern=pattern,
            keywords=tuple(word.lower() for word in keywords) if ignores_case else keywords,
            ignores_case=ignores_case,
            gate=gate,
            group=group,
            secret=_MEASURED if _MEASURED in pattern.groupindex else group,
            min_entropy=min_entropy,
            check=check,
        )

    def _problem(self, says: str) -> None:
        self.problems.append(f"{self._where}: {says}")

    def _text(self, key: str, *, needed: bool = True) -> str:
        value = self._table.get(key, "")
        if not isinstance(value, str):
            self._problem(f"{key} is no text.")
            return ""
        if needed and not value.strip():
            self._problem(f"{key} is missing or empty.")
        return value

    def _compiled(self, source: str) -> regex.Pattern[str] | None:
        if not source:
            return None
        if not source.isascii():
            self._problem("the pattern holds a character beyond ASCII.")
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of sets that a later version may read otherwise: `[[:alnum:]]`
                pattern = regex.compile(source, regex.ASCII)
        except regex.error as error:
            self._problem(f"the pattern does not compile: {error}.")
            return None
        except RecursionError:
            self._problem("the pattern does not compile: it is nested too deep.")
            return None
        if pattern.search("") is not None:
            self._problem("the pattern matches the empty text, and so every text.")
        return pattern

    def _keywords(self, *, needed: bool) -> tuple[str, ...]:
        words = self._table.get("keywords", [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word and word.isascii() for word in words):
            self._problem("keywords is no list of texts in ASCII, none of them empty.")
            return ()
        if needed and not words:
            self._problem("neither keywords nor gate. Name words of which every match holds one.")
        return tuple(words)

    def _gate(self) -> str | None:
        if "gate" not in self._table:
            return None
        gate = self._text("gate")
        try:
            pl.select(pl.lit("").str.contains(gate))
        except pl.exceptions.ComputeError:
            self._problem("the gate is no regex of Rust's.")
        return gate

    def _entropy(self, key: str) -> float:
        value = self._table.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_BITS:
            self._problem(f"{key} is {value!r}, expected bits per character, 0 to {_MOST_BITS:g}.")
            return 0.0
        return float(value)

    def _check(self) -> str | None:
        if "check" not in self._table:
            return None
        check = self._text("check")
        if check and check not in CHECKS:
            self._problem(f"unknown check {check!r}.{did_you_mean(check, CHECKS)}")
        return check

    def _group(self, key: str, pattern: regex.Pattern[str] | None) -> int | str:
        group = self._table.get(key, 0)
        if isinstance(group, bool) or not isinstance(group, int | str):
            self._problem(f"{key} is no number and no name.")
            return 0
        if pattern is not None and group != 0 and group not in (*range(1, pattern.groups + 1), *pattern.groupindex):
            self._problem(f"the pattern has no group {group!r}.")
        return group


_TAKEN_FROM = "A relative path is taken from the recipe's folder, and else from where you are."


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: the rules of secrets cannot be read: {error.strerror}. {_TAKEN_FROM}") from None
    except ValueError:  # a NUL
        raise ConfigError("secret_rules: is no path.") from None


def _name(table: Mapping[str, Any], place: int) -> str:
    name = table.get("id")
    return repr(name) if isinstance(name, str) and name else f"number {place}"


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value] # adds


def _literal(word: str) -> str:
    """A word as a Rust regex: Python's `re.escape` would escape a space, which Rust takes amiss."""
    return "".join(f"\\{character}" if character in _METACHARACTERS else character for character in word)
