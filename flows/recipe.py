"""The recipe: the file a data engineer writes. Corpora, filters with parameters, policy, release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from corpora.spec import CorpusSpec
from releases.subsets.section import Subset
from releases.yaml_file import load

_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


Basis = Literal["licence", "public_domain", "contract", "own", "tdm_research", "tdm_general", "other_exception"]
"""Those of tamis.records.BASES; a test holds the two together."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


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


class Recipe(_Section):
    """The whole file."""

    name: _Name
    corpora: Annotated[list[CorpusSection], Field(min_length=1)]
    filters: Annotated[dict[str, dict[str, Any] | None], Field(min_length=1)]
    policy: str = "policy.yaml"
    subset: Subset | None = None
    """What of the items that stay goes into the release. Null: all of them."""
    release: ReleaseSection


def read_recipe(path: Path) -> tuple[Recipe, str]:
    """The recipe and its text as written.

    Raises:
        ConfigError: every fault found, each with file and line.
    """
    recipe, text = load(path, Recipe)
    return recipe, text
