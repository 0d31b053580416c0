"""The nouns: shards, batches, findings, decisions, and the declared schema of each frame.

Bulk data travels as Polars frames of exactly these schemas. Positions are 0-based within a shard. Offsets count
Unicode code points of the item's text; ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import polars as pl

from tamis.ids import digest_of

Columns = Mapping[str, "pl.DataType | type[pl.DataType]"]
"""Column names and types, before they are a schema: mypy cannot join Polars' classes and instances by itself."""

Outcome = Literal["keep", "redact", "hold", "drop"]
OUTCOMES: tuple[Outcome, ...] = ("keep", "redact", "hold", "drop")
"""From lenient to strict: the verdict of an item is the last of these that any filter's decision says."""

STATUSES = ("seen", "not_applicable", "not_checked", "unreadable", "too_long", "check_incomplete", "failed")
"""`seen`: measured. `not_applicable`: the filter has nothing to say of this kind of item. All others hold the item."""

OUTCOME = pl.Enum(OUTCOMES)
STATUS = pl.Enum(STATUSES)
KIND = pl.Enum(("text", "image"))

CLAIM = pl.Struct({"kind": pl.String, "value": pl.String})
"""What somebody says about an item's licence or access: kind is one of `CLAIM_KINDS` or `ABOUT_ACCESS`."""

CLAIM_KINDS = (
    "license-expression",  # Python core metadata License-Expression: an SPDX expression by its author
    "license-field",  # Python core metadata License: free text, sometimes a whole licence
    "classifier",  # a trove classifier "License :: …"
    "licence-file",  # the text of a licence file that comes with the item
    "column",  # the record's own licence column
    "corpus",  # what the recipe declares for the whole corpus
    "hub-card",  # what the page of a data set on its hub declares
    "repository",  # what the repository declares that the item is in
    "index",  # what a third party's catalogue says
    "ancestor",  # the licence of a work that the item was made from
)

BASES = (
    "licence",
    "public_domain",
    "contract",
    "own",
    "tdm_research",  # text and data mining for research: Directive (EU) 2019/790, article 3
    "tdm_general",  # text and data mining unless reserved: article 4
    "other_exception",
)
"""What allows the use of a work, by law: as the recipe declares for a corpus."""

LICENSED = "licence"
"""The basis where nothing is declared."""

ABOUT_ACCESS = (
    "basis",  # one of BASES
    "fetched-at",  # when the item was fetched: ISO 8601
    "robots-txt",  # the host's robots.txt as it stood then
    "http-headers",  # the headers that came with the item
    "tdmrep",  # the host's /.well-known/tdmrep.json
    "ai-txt",  # the host's ai.txt
)
"""Claims that are about access to the item, not about its licence."""

_BATCH: Columns = {
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "record": pl.UInt64,  # position of the first item of its record; null where the item stands alone
    "content_hi": pl.UInt64,  # of the item's bytes; of the raw record's bytes where it could not be read
    "content_lo": pl.UInt64,
    "kind": KIND,
    "reason": pl.String,  # null: read; else a code of tamis.reasons said by the reader, and text and image are null
    "n_bytes": pl.UInt64,
    "id": pl.String,  # the corpus's own id of the item: a column, never a key
    "text": pl.String,
    "image": pl.Binary,  # undecoded, as it came
    "path": pl.String,  # where in the corpus, relative
    "source": pl.String,  # who published it: a distribution, a site, a data set
    "version": pl.String,
    "url": pl.String,
    "title": pl.String,
    "author": pl.String,
    "label": pl.String,  # the class that the corpus says it is of
    "claims": pl.List(CLAIM),
}
BATCH = pl.Schema(_BATCH)
"""Consecutive items of one shard. Those of one record are neighbours. `id`, `path`, `source`, `version`, `url`,
`title`, `author` and `label` are safe labels.
"""

_FINDINGS: Columns = {"position": pl.UInt64, "status": STATUS}
FINDINGS = pl.Schema(_FINDINGS)
"""The columns every filter answers with; its measures follow (see `FilterSpec.measures`)."""

_SPANS: Columns = {
    "position": pl.UInt64,
    "kind": pl.String,
    "start": pl.UInt64,
    "end": pl.UInt64,
    "score": pl.Float32,
    "recognizer": pl.String,
    "value_hi": pl.UInt64,  # of what was found, normalised, to find it again: keyed on record
    "value_lo": pl.UInt64,
}
SPANS = pl.Schema(_SPANS)
"""Where in a text something was found: never what."""

_EVIDENCE: Columns = {
    "position": pl.UInt64,
    "about": pl.String,  # licence, reservation or basis
    "kind": pl.String,  # how it is said, one of EVIDENCE_KINDS
    "level": pl.UInt8,  # 0 (a mention) to 6 (a contract on file): docs/licences.md
    "scope": pl.String,  # of what it speaks, one of SCOPES
    "location": pl.String,  # where it stood, a closed word of ours; null where the kind says it
    "expression": pl.String,  # SPDX; null where the claim could not be understood
    "grant": pl.String,  # one of GRANTS; null where it is not about a licence
    "conditions": pl.String,  # CONDITIONS in their order, one space apart; empty if there are none
    "reservation": pl.String,  # one of RESERVATIONS; null where it is not about one
    "machine_readable": pl.Boolean,
    "observed_at": pl.Datetime("us"),  # when it was seen, UTC; null where nobody says
    "at_fetch": pl.Boolean,  # it stood when the item was fetched; false: it is known to be newer
    "raw_hi": pl.UInt64,  # digest of the claim as written
    "raw_lo": pl.UInt64,
}
EVIDENCE = pl.Schema(_EVIDENCE)
"""What is known of an item's rights, piece by piece: whoever says it, wherever it stood, understood or not."""

_SIGNATURES: Columns = {"position": pl.UInt64, "signature_hi": pl.UInt64, "signature_lo": pl.UInt64}
SIGNATURES = pl.Schema(_SIGNATURES)
"""What a corpus-wide step compares items by."""

_PRINTS: Columns = {
    "position": pl.UInt64,
    "algorithm": pl.String,  # phash, dhash: 64 bits; pdq: 256
    "view": pl.String,  # shown; or stored, where EXIF orientation shows the picture another way up
    "quality": pl.UInt8,  # 0 to 100, of pdq alone
    "bits_0": pl.UInt64,  # the most significant first, as the hash's hexadecimal reads
    "bits_1": pl.UInt64,
    "bits_2": pl.UInt64,
    "bits_3": pl.UInt64,
}
PRINTS = pl.Schema(_PRINTS)
"""Perceptual hashes: a picture can be told, and guessed at, by them, so they stay in the log and are in no catalog."""

_EMBEDDINGS: Columns = {
    "position": pl.UInt64,
    "view": pl.UInt8,  # 0 for the first: see filters.pictures.decode.Picture
    "vector": pl.Binary,  # of unit length, little-endian float16
}
EMBEDDINGS = pl.Schema(_EMBEDDINGS)
"""What a network makes of a picture, for others to score: in the log alone, as PRINTS are."""

_MINHASHES: Columns = {
    "position": pl.UInt64,
    "minima": pl.Binary,  # little-endian 32-bit numbers, one of each permutation
    "text_hi": pl.UInt64,  # of all its words in their order: keyed on record
    "text_lo": pl.UInt64,
}
MINHASHES = pl.Schema(_MINHASHES)
"""What texts are compared by, of those that have words: who has a text can tell it by them, so in the log alone."""

_LINES: Columns = {
    "position": pl.UInt64,
    "lines": pl.Binary,  # little-endian 64-bit digests of lines of enough words, in order: keyed on record
    "line_lengths": pl.Binary,  # little-endian 32-bit numbers: characters of the words of each
    "paragraphs": pl.Binary,
    "paragraph_lengths": pl.Binary,
}
LINES = pl.Schema(_LINES)
"""What is told of texts by line and paragraph, of those that have any: in the log alone, as MINHASHES are."""

GRANTS = (
    "public_domain",
    "permissive",
    "attribution",
    "share_alike",
    "copyleft",
    "restricted",
    "proprietary",
    "unknown",
)
"""Licence classes from free to closed; `unknown` is never allowed by any policy."""

CONDITIONS = (
    "attribution",
    "share_alike",
    "non_commercial",
    "no_derivatives",
    "field_of_use",  # some fields or behaviours are forbidden: responsible-AI terms, "for Good, not Evil"
    "academic_only",
    "no_machine_learning",
)
"""What a licence asks for beside its class."""

RESERVATIONS = ("allowed", "none_found", "unclear", "reserved")
"""What a protocol says of training and mining, from lenient to strict. Not to have looked is none of these."""

PROTOCOLS = (
    "robots",  # RFC 9309, for agents that gather training data
    "aipref",  # Content-Usage, in a header or in robots.txt
    "content-signal",  # Cloudflare's line in robots.txt
    "tdmrep",  # W3C TDM Reservation Protocol: file, header, meta
    "x-robots-tag",  # noai, noimageai
    "meta-robots",  # the same in a page
    "ai-txt",
    "plus",  # PLUS Data Mining, in XMP
    "c2pa",  # training and mining assertions of C2PA and CAWG
    "words",  # what only people can read
)
"""By what a reservation can be made."""

IN_TEXT = ("full-text", "notice")
"""How a text speaks of its own licence: it is one, or has a notice or tags in its first lines."""

IN_PAGE = (
    "rel-license",
    "json-ld",
    "itemprop",
    "rdfa",
    "meta",
    "open-graph",
    "jats",
    "licence-link",
    "all-rights-reserved",
    "cc-link",
    "cc-words",
)
"""How a web page speaks of a licence."""

IN_PICTURE = (
    "xmp-license",
    "xmp-web-statement",
    "xmp-usage-terms",
    "xmp-rights",
    "exif-copyright",
    "iptc-copyright",
    "png-text",
    "xmp-marked",
)
"""How a picture's metadata speak of a licence."""

EVIDENCE_KINDS = (*CLAIM_KINDS, *IN_TEXT, *IN_PAGE, *IN_PICTURE, "basis", *PROTOCOLS)

SCOPES = ("part", "item", "page", "file", "directory", "repository", "dataset", "host")
"""What a piece of evidence speaks of, from narrow to wide; `part` is less than the item: a picture in a page."""

_DECISIONS: Columns = {
    "position": pl.UInt64,
    "filter": pl.String,  # or `reader`, or `record`
    "outcome": OUTCOME,  # never keep: what is kept is implied
    "reason": pl.String,  # a code of tamis.reasons.REASONS
    "rule": pl.String,  # the place in the policy: `nsfw.drop_at`
    "measure": pl.String,
    "value": pl.Float64,
    "label": pl.String,  # a closed word: an entity kind, a licence class; never content
    "limit": pl.Float64,
    "twin_hi": pl.UInt64,  # of the kept twin, of the stricter copy, or of the picture that takes its record along
    "twin_lo": pl.UInt64,
    "similarity": pl.Float32,
    "decisive": pl.Boolean,  # exactly one row per (item, filter): the strictest, then the first rule
}
DECISIONS = pl.Schema(_DECISIONS)

_KEPT: Columns = {
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "record": pl.UInt64,
    "kind": KIND,
    "id": pl.String,
    "text": pl.String,
    "image": pl.Binary,
    "path": pl.String,
    "source": pl.String,
    "version": pl.String,
    "url": pl.String,
    "title": pl.String,
    "author": pl.String,
    "label": pl.String,
    "licence": pl.String,  # SPDX expression
    "licence_class": pl.String,  # one of GRANTS
    "n_masked": pl.UInt32,
    "reencoded": pl.String,  # the format in which the policy had a picture encoded anew; null: as it came
}
KEPT = pl.Schema(_KEPT)
"""What a shard contributes to a release: text as masked, pictures as they came or as the policy had them encoded."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A unit of work, retry, commit and caching.

    `name` is relative to the corpus and the same on every machine; `locator` is where this machine finds it.
    `sha256` (64 hex digits) covers every byte an item is made from. `reading` names how the recipe has it read, such as
    columns and what is declared: the same bytes read otherwise are the same items with other content and other claims.
    """

    corpus: str
    name: str
    sha256: str
    locator: str
    n_bytes: int
    reading: str = ""

    @property
    def key(self) -> str:
        """Names corpus, place and bytes: what item ids are built on."""
        return digest_of([self.corpus, self.name, self.sha256])

    @property
    def read_key(self) -> str:
        """Names what its batches say: what is on record of a shard holds for the same reading alone."""
        return digest_of([self.key, self.reading])


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing a filter measures. `type` is `number` or `label` (a word from a closed list)."""

    name: str
    type: Literal["number", "label"]
    about: str
    within: tuple[float, float] | None = None
    """The lowest and the highest number it can be, both included; null if any number can be."""

    @property
    def dtype(self) -> pl.DataType:
        return pl.Float64() if self.type == "number" else pl.String()


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """What a filter is. Anything that could change a finding must change this record, and so its digest."""

    name: str
    version: str
    kinds: tuple[Literal["text", "image"], ...]
    reads: Literal["content", "item"]
    """`content`: only text or image, so equal content is measured once. `item`: provenance columns too."""
    measures: tuple[Measure, ...]
    parameters: tuple[tuple[str, Any], ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    """(name, sha256) of every model and data file the answers depend on."""
    libraries: tuple[tuple[str, str], ...] = ()
    """(name, version) of every library the answers depend on."""

    @property
    def digest(self) -> str:
        measures = [(measure.name, measure.type) for measure in self.measures]
        return digest_of(
            [self.name, self.version, self.reads, self.parameters, self.models, self.libraries, self.kinds, measures]
        )

    @property
    def schema(self) -> pl.Schema:
        """The schema of the frame `find` answers with."""
        measures: Columns = {measure.name: measure.dtype for measure in self.measures}
        return pl.Schema({**FINDINGS, **measures})


PARTS: Mapping[str, pl.Schema] = {
    "spans": SPANS,
    "evidence": EVIDENCE,
    "signatures": SIGNATURES,
    "prints": PRINTS,
    "embeddings": EMBEDDINGS,
    "minhashes": MINHASHES,
    "lines": LINES,
}
"""What findings can hold beside a row for each item, with the schema of each."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What one filter saw in one batch: one row per item in order, and its parts, each with any number of rows."""

    items: pl.DataFrame
    spans: pl.DataFrame = field(default_factory=SPANS.to_frame)
    evidence: pl.DataFrame = field(default_factory=EVIDENCE.to_frame)
    signatures: pl.DataFrame = field(default_factory=SIGNATURES.to_frame)
    prints: pl.DataFrame = field(default_factory=PRINTS.to_frame)
    embeddings: pl.DataFrame = field(default_factory=EMBEDDINGS.to_frame)
    minhashes: pl.DataFrame = field(default_factory=MINHASHES.to_frame)
    lines: pl.DataFrame = field(default_factory=LINES.to_frame)

    @property
    def parts(self) -> dict[str, pl.DataFrame]:
        """By the names in PARTS."""
        return {name: getattr(self, name) for name in PARTS}


class Filter(Protocol):
    """Looks at items and says what it sees; it never decides.

    A filter is made in each worker from its parameters, and used from one thread.
    """

    @property
    def spec(self) -> FilterSpec: ...

    def find(self, batch: pl.DataFrame) -> Findings:
        """Answers for every item of `batch` (schema BATCH, only readable items of `spec.kinds`), in order.

        What goes wrong with one item is a status on its row, not an exception.
        """
        ...


class Reader(Protocol):
    """Turns the bytes of a corpus into batches; it never decodes a picture and never extracts an archive."""

    def shards(self) -> list[Shard]:
        """All shards, sorted by name, with their sha256.

        Raises:
            ConfigError: the corpus is not there, or is not what the recipe says.
        """
        ...

    def batches(self, shard: Shard, *, size: int) -> Iterator[pl.DataFrame]:
        """Yields frames of schema BATCH with at most `size` items, positions 0, 1, 2, … without gaps.

        A record that cannot be read is an item with a `reason`.

        Raises:
            SourceError: the shard as a whole cannot be read.
        """
        ...

    def count(self, shard: Shard) -> int:
        """How many positions the shard has, counted without the code that `batches` uses where that is possible."""
        ...
