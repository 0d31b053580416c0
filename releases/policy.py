"""The policy: a file that says what is kept, masked, held and dropped.

Its digest names it, and it sees findings only, never content.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from releases.yaml_file import load
from tamis.errors import ConfigError, did_you_mean
from tamis.ids import digest_of
from tamis.records import GRANTS, FilterSpec, Outcome

Away = Literal["hold", "drop"]
"""What may be done with what is unknown, doubtful or refused: never keep."""

_Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


class PersonalData(_Section):
    """What becomes of items with personal data."""

    default: Outcome = "redact"
    """For every kind that `kinds` does not name."""
    kinds: dict[str, Outcome] = Field(default_factory=dict)
    max_hits: Annotated[int, Field(ge=0)] | None = None
    """More places than this are dense."""
    max_density: Annotated[float, Field(ge=0)] | None = None
    """More places per 1,000 characters than this are dense."""
    on_dense: Away = "hold"
    on_suppressed: Literal["redact", "hold", "drop"] = "drop"
    """Items with a value that is on the suppression list; `redact` masks all of that kind in them."""

    def outcome_of(self, kind: str) -> Outcome:
        return self.kinds.get(kind, self.default)


class Nsfw(_Section):
    """Three bands of the NSFW score: keep below `review_at`, `on_review` below `drop_at`, then drop."""

    review_at: _Share = 0.2
    drop_at: _Share = 0.8
    on_review: Away = "hold"

    @model_validator(mode="after")
    def _in_order(self) -> Nsfw:
        if self.review_at > self.drop_at:
            raise ValueError(f"review_at ({self.review_at}) is above drop_at ({self.drop_at})")
        return self


class Licence(_Section):
    """Which classes of licence are kept; whatever is in neither list is `on_denied`."""

    allow: Annotated[list[str], Field(min_length=1)]
    review: list[str] = Field(default_factory=list)
    min_level: Annotated[int, Field(ge=1, le=6)] = 1
    """The evidence a kept item must have at least; docs/licences.md has the levels."""
    on_unknown: Away = "hold"
    on_conflict: Away = "hold"
    on_not_understood: Away = "hold"
    """A claim that weighs enough was not understood, or says that there is no licence."""
    on_weak: Away = "hold"
    on_denied: Away = "drop"

    @field_validator("allow", "review")
    @classmethod
    def _classes(cls, given: list[str]) -> list[str]:
        known = [grant for grant in GRANTS if grant != "unknown"]
        for word in given:
            if word == "unknown":
                raise ValueError("what nobody knows is never allowed; `on_unknown` says what becomes of it")
            if word not in known:
                raise ValueError(f"unknown licence class {word!r}.{did_you_mean(word, known)}")
        return given


class ExactDuplicates(_Section):
    """What becomes of the second and every later item with the same content."""

    on_duplicate: Away = "drop"


class Limit(_Section):
    """A limit on any measure of any filter: beyond it, `outcome`. A missing measure is held."""

    filter: str
    measure: str
    above: float | None = None
    below: float | None = None
    outcome: Away

    @model_validator(mode="after")
    def _one_side(self) -> Limit:
        if (self.above is None) == (self.below is None):
            raise ValueError("expected exactly one of above and below")
        return self

    @property
    def bound(self) -> float:
        return self.above if self.above is not None else self.below or 0.0


class Policy(_Section):
    """The whole file. A section decides on the filter of the same name."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
    personal_data: PersonalData | None = None
    nsfw: Nsfw | None = None
    licence: Licence
    exact_duplicates: ExactDuplicates | None = None
    limits: list[Limit] = Field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of what it says, defaults included: comments and the order of keys change nothing."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the filters that a section of their own decides on."""
        own = {"personal_data": self.personal_data, "nsfw": self.nsfw, "exact_duplicates": self.exact_duplicates}
        return ("licence", *(name for name, section in own.items() if section is not None))

    def require(self, specs: Sequence[FilterSpec], where: str) -> None:
        """Checks that policy and filters speak of the same things.

        Raises:
            ConfigError: a filter that nothing decides on, a section whose filter does not run, a limit on a measure
                that is not there.
        """
        by_name = {spec.name: spec for spec in specs}
        decided = {*self.sections, *(limit.filter for limit in self.limits)}
        problems = [
            f"{where}: filter {name!r} runs, but policy {self.name!r} says nothing of it. "
            f"Give the policy a section `{name}`, or `limits` on it; or take the filter out."
            for name in by_name
            if name not in decided
        ]
        problems += [
            f"{where}: policy {self.name!r} decides on {name!r}, but no such filter runs, and what is not measured "
            f"cannot be decided. Add `{name}: {{}}` under `filters`{_or_out_of_policy(name)}."
            for name in sorted(decided)
            if name not in by_name
        ]
        problems += [
            f"{where}: policy {self.name!r}, limits[{place}]: {fault}"
            for place, limit in enumerate(self.limits)
            if limit.filter in by_name and (fault := _fault(limit, by_name[limit.filter]))
        ]
        problems += [f"{where}: policy {self.name!r}, {fault}" for fault in self._unknown_kinds(by_name)]
        if problems:
            raise ConfigError(*problems)

    def _unknown_kinds(self, by_name: dict[str, FilterSpec]) -> list[str]:
        """A kind that is never looked for would silently fall to the default."""
        if self.personal_data is None or "personal_data" not in by_name:
            return []
        sought = dict(by_name["personal_data"].parameters).get("entities", ())
        return [
            f"personal_data.kinds: the filter does not look for {kind!r}.{did_you_mean(kind, sought)}"
            for kind in self.personal_data.kinds
            if kind not in sought
        ]


def _or_out_of_policy(name: str) -> str:
    return ", which every recipe needs" if name == "licence" else ", or take it out of the policy"


def _fault(limit: Limit, spec: FilterSpec) -> str:
    numbers = [measure.name for measure in spec.measures if measure.type == "number"]
    if limit.measure in numbers:
        return ""
    return f"{spec.name} measures no number {limit.measure!r}.{did_you_mean(limit.measure, numbers)}"


def read_policy(named: str, base: Path) -> tuple[Policy, str]:
    """A policy and its text: a file relative to `base`, or the name of a preset.

    Raises:
        ConfigError: there is none, or it is wrong; every fault with file and line.
    """
    path = base / named
    if path.is_file():
        return load(path, Policy)
    if named in presets():
        text = preset_text(named)
        with resources.as_file(_preset_folder() / f"{named}.yaml") as file:
            return load(file, Policy, shown_as=f"preset {named}")[0], text
    raise ConfigError(
        f"policy {named!r}: no such file beside the recipe, nor a preset.{did_you_mean(named, presets())}"
    )


def presets() -> tuple[str, ...]:
    """The names of the policies that come with Tamis."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _preset_folder().iterdir()))


def preset_text(name: str) -> str:
    return (_preset_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def _preset_folder() -> Traversable:
    return resources.files("releases") / "policies"
