"""The shapes of the JSON files of the log: what must stand in each, so that whoever reads one can rely on it.

Files may be damaged, cut off or from a stranger. What does not have its shape is an error that names the file and the
key; more keys than these are let through, for a newer Tamis may write them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tamis.errors import CatalogError, TamisError

_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Step = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,127}$")]
"""Becomes a folder's name, so it may not lead out of the run's."""

_Path = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$", max_length=200)]
"""Of a file in a release: as we write them, so that a stranger's cannot lead out of it."""

_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Version = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
_Split = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)


class Format(_Shape):
    """What every file with a layout says of it."""

    format: int


class Opened(_Shape):
    """What tells runs apart and puts them in order."""

    run: str
    started_at: str


class _Origin(_Shape):
    corpus: str | None
    name: _Name
    version: _Version
    digest: _Sha256
    origins: list[_Origin]


class _Recipe(_Shape):
    name: str
    digest: str
    text: str


class _Limit(_Shape):
    filter: str
    rule: str
    measure: str | None
    bound: float | None
    outcome: str
    reason: str


class _Policy(_Shape):
    name: str
    version: str
    digest: str
    text: str
    limits: list[_Limit] = []


class _Measure(_Shape):
    name: str
    type: Literal["number", "label"]
    about: str


class _Filter(_Shape):
    name: str
    version: str
    digest: str
    reads: str
    parameters: dict[str, Any]
    models: dict[str, str]
    libraries: dict[str, str]
    measures: list[_Measure]


class _PlannedShard(_Shape):
    number: _Count
    corpus: str
    name: str
    sha256: str
    n_bytes: _Count


class _SuppressionList(_Shape):
    digest: _Sha256
    values: _Count


class _Target(_Shape):
    sha256: _Sha256
    rows: _Count


class Run(Opened):
    """run.json."""

    tamis_version: str
    python: str
    machine: str
    libraries: dict[str, str]
    recipe: _Recipe
    policy: _Policy
    filters: list[_Filter]
    shards: list[_PlannedShard]
    suppressions: _SuppressionList | None = None
    content_key: str = ""
    """Id of the key of all digests of contents and lines; empty where nobody said so."""
    target: _Target | None = None
    """Of target.parquet: what the queries of the subset's target gave."""
    made_from: list[_Origin] = []


class Finished(_Shape):
    """finished.json."""

    finished_at: str
    status: Literal["done", "partly"]
    corpus_steps: dict[str, _Step]


class Failed(_Shape):
    """failed-00013.json."""

    number: _Count
    code: str
    error_type: str


class _StepFile(_Shape):
    name: str
    sha256: str
    rows: _Count


class CorpusStep(_Shape):
    """commit.json of a corpus-wide step."""

    format: int
    filter: str
    file: _StepFile
    more: list[_StepFile] = []
    """What it has beside its decisions."""
    facts: dict[str, bool | int | float | str] = {}


class _Named(_Shape):
    name: str
    digest: str


class _Versioned(_Named):
    version: str


class _Counts(_Shape):
    texts: _Count
    images: _Count
    masked: _Count
    characters: _Count
    image_bytes: _Count


class _Licence(_Shape):
    expression: str
    grant: str = Field(alias="class")
    items: _Count


class _Obligation(_Shape):
    licence: str
    items: _Count
    authorless: _Count
    text: Literal["found", "given", "missing"]
    conditions: list[str]


class _Conflict(_Shape):
    expressions: list[str]
    items: list[_Count]


class _Excluded(_Shape):
    expression: str
    items: _Count


class _Outbound(_Shape):
    licence: str | None
    possible: list[str]
    conflicts: list[_Conflict]
    carried_by_none: list[_Excluded]


class _File(_Shape):
    path: _Path
    sha256: _Sha256
    bytes: _Count
    rows: _Count | None


class _Audit(_Shape):
    name: str
    offending: _Count


class _PartOf(_Shape):
    name: _Name
    version: _Version
    digest: _Sha256
    licence_classes: Annotated[list[str], Field(min_length=1)] | None = None


class _OfSplit(_Shape):
    split: _Split
    share: float
    texts: _Count
    images: _Count
    text_bytes: _Count
    image_bytes: _Count
    tokens: _Count | None


class _Splits(_Shape):
    seed: _Count
    compared: list[Literal["image", "text"]]
    clusters: _Count
    largest_cluster: _Count
    of: Annotated[list[_OfSplit], Field(min_length=1)]


class Manifest(_Shape):
    """manifest.json of a release."""

    format: int
    name: _Name
    version: _Version
    run: str
    recipe: _Named
    policy: _Versioned
    filters: list[_Versioned]
    counts: _Counts
    licences: list[_Licence]
    obligations: list[_Obligation]
    outbound: _Outbound
    files: list[_File]
    content_digest: str
    audits: list[_Audit]
    tamis_version: str
    part_of: _PartOf | None = None
    splits: _Splits | None = None
    made_from: list[_Origin] = []


class ReleaseEntry(Manifest):
    """release.json: the manifest, and what only the log knows."""

    digest: str
    items_sha256: str


def read_shaped(path: Path, shape: type[BaseModel], *, raising: type[TamisError] = CatalogError) -> dict[str, Any]:
    """What a JSON file says, once it was found to have its shape.

    Raises:
        TamisError: as `raising` says: the file is gone, is no JSON, or lacks what its shape asks for.
    """
    return shaped(read_bytes(path, raising=raising), shape, where=str(path), raising=raising)


def shaped(data: bytes, shape: type[BaseModel], *, where: str, raising: type[TamisError]) -> dict[str, Any]:
    """What the bytes of a JSON file say, once they were found to have its shape.

    Args:
        data: the bytes.
        shape: what must stand in them.
        where: they came from, for the message.
        raising: the error if they lack it.

    Raises:
        TamisError: as `raising` says.
    """
    try:
        shape.model_validate_json(data)
        facts: dict[str, Any] = orjson.loads(data)
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise raising(f"{where}: is damaged ({fault(error)}).") from None
    return facts


def read_bytes(path: Path, *, raising: type[TamisError] = CatalogError) -> bytes:
    """The bytes of a file that should be there.

    Raises:
        TamisError: as `raising` says: it is gone or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise raising(f"{path}: cannot be read ({error.strerror}).") from None


def fault(error: ValidationError | orjson.JSONDecodeError) -> str:
    """The first thing that is wrong: the key and what was expected; never the value, which may be a stranger's."""
    if isinstance(error, orjson.JSONDecodeError):
        return "no JSON"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    said = "no JSON" if first["type"] == "json_invalid" else first["msg"]
    return f"{place}: {said}" if place else said
