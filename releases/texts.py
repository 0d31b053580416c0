"""The texts of licences, as they came with the items: which are there, which is taken, and who holds the rights.

A licence file, or an item that is a licence, is split into its terms and its notices, the lines of years and holders.
The terms of one licence differ from file to file in layout only, for they are compared word by word; the layout that
most items have is taken, of equally frequent ones that with the smallest digest. In both, what has the shape of an
e-mail address or a telephone number is masked as it is in labels: a holder's name is to be passed on, an address not.

Known miss: an address that is spelled out across the places where a line of more than 200 characters is looked at in
pieces.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import orjson
import polars as pl

from catalog.log import LICENCE_TEXTS
from filters.rights.texts.known import MAX_CHARACTERS, licences_of_text, notices_of
from filters.rights.texts.tags import without_tags
from releases.obligations import Origin
from tamis.errors import ConfigError
from tamis.ids import text_bytes
from tamis.labels import MAX_LABEL, safe_label

MAX_NOTICES = 200
"""Lines of years and holders that are taken of one text."""

MAX_NOTICES_OF_SOURCE = 1_000
"""Lines of years and holders that are passed on of one source; what is beyond is counted."""

_MAX_GIVEN_BYTES = 1_000_000

_REMEMBERED = 32
"""Texts, so that a file which all items of a package share is read once."""

_CLAIMED = ["position", "said", "licences", "terms_sha256"]

_GAPS = re.compile(r"\n{3,}")
_PIECE = re.compile(rf".{{1,{2 * MAX_LABEL // 3}}}(?:\s|$)|.{{1,{2 * MAX_LABEL // 3}}}")
"""Shorter than a label, for what is masked may grow."""


class _Said(NamedTuple):
    """What a text comes to."""

    licences: str
    """One space apart; empty where it is no known licence."""
    terms: str | None
    """Null where it is no known licence."""
    notices: tuple[str, ...]
    terms_sha256: str | None
    digest: str
    """Of all that."""


@dataclass(frozen=True, slots=True)
class LicenceText:
    """A licence's text, and where it comes from."""

    text: str
    origin: Origin


@dataclass(slots=True)
class Source:
    """Who published items of a release, and under what."""

    licences: Counter[str] = field(default_factory=Counter)
    """Expression → items."""
    notices: dict[str, None] = field(default_factory=dict)
    """Lines of years and holders, each once, in the order in which they were met."""
    more_notices: int = 0
    """How often a line was met for which there was no room."""

    def add(self, notices: Iterable[str]) -> None:
        for notice in notices:
            if len(self.notices) < MAX_NOTICES_OF_SOURCE:
                self.notices.setdefault(notice)
            elif notice not in self.notices:
                self.more_notices += 1


@dataclass(frozen=True, slots=True)
class FoundTexts:
    """What came with the items of a release."""

    texts: Mapping[str, str]
    """Licence → its terms."""
    sources: Mapping[str, Source]
    """By name, as the label `source` has it; an empty name where nobody says."""


class TextsOfShard:
    """Collects the licence texts of one shard, batch by batch: each is written once, with the first item it is of."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def of(self, batch: pl.DataFrame, staying: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
        """Those of the items of a batch that stay: schema LICENCE_TEXTS, by position.

        Args:
            batch: schema BATCH.
            staying: schema KEPT: what of it stays.
            evidence: schema EVIDENCE, of the filter for licences.
        """
        texts = _texts(batch, staying, evidence)
        read = ((position, _said(text[: MAX_CHARACTERS + 1])) for position, text in texts.iter_rows())
        rows = [self._row(position, said) for position, said in read if said is not None]
        return pl.DataFrame(rows, schema=LICENCE_TEXTS, orient="row")

    def _row(self, position: int, said: _Said) -> tuple[object, ...]:
        shown = (None, None) if said.digest in self._told else (said.terms, list(said.notices))
        self._told.add(said.digest)
        return (position, said.digest, said.licences, said.terms_sha256, *shown)


def found_texts(segments: Iterable[tuple[Path, pl.Series]], *, wanted: frozenset[str]) -> FoundTexts:
    """What came with the items that stay: (folder of a segment, positions that corpus-wide steps have decided away).

    Only the texts of `wanted` licences are read, and of each but one.
    """
    variants: dict[str, Counter[str]] = {}
    sources: dict[str, Source] = {}
    folders = []
    for folder, away in segments:
        folders.append(folder)
        kept = _kept(folder, away)
        claims = pl.read_parquet(folder / "licences.parquet", columns=_CLAIMED, glob=False)
        claims = claims.join(kept, on="position", how="inner", validate="m:1", maintain_order="left")
        _count_variants(claims, wanted, variants)
        _add_sources(kept, claims, folder, sources)
    chosen = {licence: _most_frequent(counts) for licence, counts in variants.items()}
    terms = _terms(folders, frozenset(chosen.values()))
    return FoundTexts({licence: terms[digest] for licence, digest in sorted(chosen.items())}, sources)


def read_given(folder: Path) -> dict[str, str]:
    """Licence → text, of the files `<SPDX id>.txt` of a folder.

    Raises:
        ConfigError: there is no such folder, or a file is no text.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder.name!r} beside the recipe. It holds `<SPDX id>.txt` files.")
    return {path.stem: _read_given(path) for path in sorted(folder.glob("*.txt"))}


def _read_given(path: Path) -> str:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name}: is not UTF-8 at byte {error.start}.") from None
    if len(data) > _MAX_GIVEN_BYTES or not text.strip():
        raise ConfigError(f"{path.name}: has {len(data):,} bytes, which is no licence.")
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


def _texts(batch: pl.DataFrame, staying: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """Position and text of the licence files of items that stay, and of those items that are licences."""
    there = batch.join(staying, on="position", how="semi")
    files = (
        there.select("position", "claims")
        .explode("claims", empty_as_null=False, keep_nulls=False)
        .unnest("claims")
        .filter(pl.col("kind") == "licence-file")
    )
    own = there.join(evidence.filter(pl.col("kind") == "full-text"), on="position", how="semi")
    found = pl.concat([files.select("position", text="value"), own.select("position", "text")])
    return found.drop_nulls().unique(maintain_order=True).sort("position", maintain_order=True)


@lru_cache(maxsize=_REMEMBERED)
def _said(text: str) -> _Said | None:
    """What a text is; null where it names no holder and is no licence, as one of more than MAX_CHARACTERS is none."""
    licences = " ".join(licences_of_text(without_tags(text))) if len(text) <= MAX_CHARACTERS else ""
    lines, words = notices_of(without_tags(text))
    if not licences and not lines:
        return None
    notices, terms = _distinct(lines), _masked(words) if licences else None
    of_terms = None if terms is None else hashlib.sha256(text_bytes(terms)).hexdigest()
    digest = hashlib.sha256(orjson.dumps((licences, terms, notices))).hexdigest()
    return _Said(licences, terms, notices, of_terms, digest)


def _distinct(notices: Iterable[str]) -> tuple[str, ...]:
    masked = pl.Series(list(dict.fromkeys(notices))[:MAX_NOTICES], dtype=pl.String)
    return tuple(dict.fromkeys(_safe(masked)))


def _masked(terms: str) -> str:
    """Line by line, a long one in pieces, for labels are cut; ends with a line break."""
    lines = _GAPS.sub("\n\n", terms).split("\n")
    pieces = [(place, piece) for place, line in enumerate(lines) for piece in _PIECE.findall(line) or [""]]
    safe = _safe(pl.Series([piece for _, piece in pieces], dtype=pl.String))
    masked = [""] * len(lines)
    for (place, _), piece in zip(pieces, safe, strict=True):
        masked[place] += piece
    return "\n".join(line.rstrip() for line in masked) + "\n"


def _safe(texts: pl.Series) -> list[str]:
    return texts.to_frame("text").select(safe_label(pl.col("text")))["text"].to_list()


def _kept(folder: Path, away: pl.Series) -> pl.DataFrame:
    kept = pl.read_parquet(folder / "kept.parquet", columns=["position", "source", "licence"], glob=False)
    kept = kept.filter(~pl.col("position").is_in(away.implode()))
    return kept.select("position", pl.col("source").fill_null(""), expression=pl.col("licence").fill_null(""))


def _count_variants(claims: pl.DataFrame, wanted: frozenset[str], variants: dict[str, Counter[str]]) -> None:
    counts = claims.drop_nulls("terms_sha256").group_by("licences", "terms_sha256").len()
    for licences, digest, count in counts.iter_rows():
        for licence in wanted.intersection(licences.split()):
            variants.setdefault(licence, Counter())[digest] += count


def _add_sources(kept: pl.DataFrame, claims: pl.DataFrame, folder: Path, sources: dict[str, Source]) -> None:
    for source, expression, count in kept.group_by("source", "expression").len().iter_rows():
        sources.setdefault(source, Source()).licences[expression] += count
    named = pl.read_parquet(folder / "licences.parquet", columns=["said", "notices"], glob=False).drop_nulls("notices")
    of_sources = claims.select("source", "said").unique(maintain_order=True)
    joined = of_sources.join(named, on="said", how="left", validate="m:1", maintain_order="left")
    for source, notices in joined.select("source", "notices").iter_rows():
        sources[source].add(notices)


def _most_frequent(counts: Mapping[str, int]) -> str:
    return min(counts, key=lambda digest: (-counts[digest], digest))


def _terms(folders: Iterable[Path], wanted: frozenset[str]) -> dict[str, str]:
    """Digest → terms, of those wanted alone."""
    found: dict[str, str] = {}
    for folder in folders:
        if len(found) == len(wanted):
            break
        rows = pl.scan_parquet(folder / "licences.parquet", glob=False).filter(
            pl.col("terms").is_not_null() & pl.col("terms_sha256").is_in(list(wanted))
        )
        found.update(rows.select("terms_sha256", "terms").collect().iter_rows())
    return found
