"""The recipe: the file a data engineer writes. Corpora, filters with parameters, policy, release."""

from __future__ import annotations

import re
from math import isclose
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from corpora.spec import CorpusSpec
from releases.splits import RESERVED, Splits
from releases.stage import Cut
from releases.subsets.section import Subset
from releases.yaml_file import load
from tamis.ids import digest_of

_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Split = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Share = Annotated[float, Field(gt=0, le=1)]

Basis = Literal["licence", "public_domain", "contract", "own", "tdm_research", "tdm_general", "other_exception"]
"""Those of tamis.records.BASES; a test holds the two together."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _is_none(value: object) -> bool:
    return value is None


def _is_first(seed: int) -> bool:
    return seed == 1


_LEAST_BYTES, _LEAST_ITEMS = 1_000_000, 100
"""Of a file: with fewer there would be more files than a manifest can list."""

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _size(given: Any) -> Any:
    """Bytes, given as a number or as `256MB`."""
    if not isinstance(given, str):
        return given
    said = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([A-Za-z]{1,3})", given)
    unit = _UNITS.get(said[2].upper()) if said else None
    if said is None or unit is None:
        raise ValueError("expected bytes, such as 256MB, 1GiB or 256000000")
    return round(float(said[1]) * unit)


class CorpusSection(_Section):
    """One corpus: where it is, what it is, what is declared about it."""

    name: _Name
    format: str
    path: str = ""
    """A file, a folder, or what the format wants; relative to the recipe."""
    licence: str | None = None
    """Declared for the whole corpus: the weakest evidence there is, but evidence."""
    basis: Basis | None = None
    """What allows the use of its items, by law; none stands for `licence`."""
    ancestors: list[str] = Field(default_factory=list)
    """Licences of the works that it was made from."""
    source: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    """What Tamis calls a column → what the corpus calls it."""
    max_item_bytes: int = Field(default=10_485_760, gt=0)
    options: dict[str, Any] = Field(default_factory=dict)

    def spec(self, base: Path) -> CorpusSpec:
        path = str((base / self.path).resolve()) if self.path and not self.is_hub_id(base) else self.path
        return CorpusSpec(
            name=self.name,
            format=self.format,
            path=path,
            columns=tuple(sorted(self.columns.items())),
            licence=self.licence,
            basis=self.basis,
            ancestors=tuple(self.ancestors),
            source=self.source,
            max_item_bytes=self.max_item_bytes,
            options=tuple(sorted(self.options.items())),
        )

    def is_hub_id(self, base: Path) -> bool:
        """Whether `path` names a data set of the hub, or a builder of `datasets`, not a place of this machine."""
        return self.format == "datasets" and not (base / self.path).exists()


class ReleaseSection(_Section):
    """What the run's outcome is called. A version is sealed once and never changes."""

    name: _Name
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
    licence: str | None = None
    """What the whole is to go out under, an SPDX id; none for a collection whose items keep their licences."""
    licence_texts: str | None = None
    """A folder of `<SPDX id>.txt`, relative to the recipe: for licences whose text comes with no item."""
    splits: Annotated[dict[_Split, _Share] | None, Field(exclude_if=_is_none)] = None
    """Split → its share; near-duplicates never lie in two of them. None: all is one split, `train` to `datasets`."""
    split_seed: Annotated[int, Field(ge=0, exclude_if=_is_first)] = 1
    """Another one draws the splits anew."""
    shard_bytes: Annotated[int | None, BeforeValidator(_size), Field(ge=_LEAST_BYTES, exclude_if=_is_none)] = None
    """A file has no more of texts and pictures than this, before they are packed; none: 50 row groups."""
    shard_items: Annotated[int | None, Field(ge=_LEAST_ITEMS, exclude_if=_is_none)] = None
    """Nor more items than this."""

    @model_validator(mode="after")
    def _shares_are_all(self) -> ReleaseSection:
        if self.splits is not None and not isclose(sum(self.splits.values()), 1, abs_tol=1e-9):
            raise ValueError(f"the shares of `splits` add up to {sum(self.splits.values()):g}; expected 1")
        if self.splits is not None and RESERVED & self.splits.keys():
            raise ValueError(f"a split cannot be called {' or '.join(sorted(RESERVED))}")
        if self.splits is None and self.split_seed != 1:
            raise ValueError("split_seed is for `splits`, which are not there")
        return self

    @property
    def divides(self) -> Splits | None:
        """The splits that it asks for."""
        return None if self.splits is None else Splits.of(self.splits, self.split_seed)

    @property
    def cut(self) -> Cut:
        """Where files end."""
        return Cut(self.shard_bytes, self.shard_items)


class Recipe(_Section):
    """The whole file."""

    name: _Name
    corpora: Annotated[list[CorpusSection], Field(min_length=1)]
    filters: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    policy: str = "policy.yaml"
    subset: Subset | None = None
    """What of the items that stay goes into the release. Null: all of them."""
    release: ReleaseSection

    @property
    def digest(self) -> str:
        """Of what it says, defaults included."""
        return digest_of(self.model_dump(mode="json"))


def read_recipe(path: Path) -> tuple[Recipe, str]:
    """The recipe and its text as written.

    Raises:
        ConfigError: every fault found, each with file and line.
    """
    recipe, text = load(path, Recipe)
    return recipe, text
