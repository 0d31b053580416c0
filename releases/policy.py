"""The policy: a file that says what is kept, masked, held and dropped.

Its digest names it, and it sees findings only, never content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from filters.pictures.reencode import PictureFormat
from filters.rights.spdx import grant_of
from filters.text.languages import languages
from releases.limits import Away, Limit, known_limit_set, limit_set
from releases.yaml_file import headline, load
from tamis.errors import ConfigError, did_you_mean
from tamis.ids import digest_of
from tamis.records import BASES, CONDITIONS, GRANTS, LICENSED, PROTOCOLS, FilterSpec, Outcome

_Share = Annotated[float, Field(ge=0, le=1)]


def _one_of(what: str, known: Sequence[str]) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"unknown {what} {word!r}.{did_you_mean(word, known)}")
        return word

    return check


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


Action = Literal["keep", "redact", "pseudonym", "hold", "drop"]
"""What a policy does with a kind of personal data: an outcome, and for `redact` which placeholder."""

PseudonymScope = Literal["release", "item"]
"""Within what equal values have equal pseudonyms: all that is made under policies of one name, or a single item."""


class KindRule(_Section):
    """What becomes of one kind of personal data."""

    action: Action | None = None
    """Null: that of `default`."""
    min_score: _Share | None = None
    """Places that score less are not in force: neither masked, nor a reason to hold or drop, nor counted."""


def _written_short(given: Any) -> Any:
    """`redact` stands for `{action: redact}`."""
    return {"action": given} if isinstance(given, str) else given


class PersonalData(_Section):
    """What becomes of items with personal data."""

    default: Action = "redact"
    """For every kind that `kinds` gives no action."""
    kinds: dict[str, Annotated[KindRule, BeforeValidator(_written_short)]] = Field(default_factory=dict)
    pseudonym_scope: PseudonymScope = "release"
    max_hits: Annotated[int, Field(ge=0)] | None = None
    """More places than this are dense."""
    max_density: Annotated[float, Field(ge=0)] | None = None
    """More places per 1,000 words than this are dense."""
    max_of_kind: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """More places of a kind than this are dense."""
    on_dense: Away = "hold"
    together: list[list[str]] = Field(default_factory=list)
    """Kinds that are too much in one item; each combination has at least two."""
    on_together: Away = "hold"
    on_suppressed: Literal["redact", "hold", "drop"] = "drop"
    """Items with a value that is on the suppression list; `redact` masks all of that kind in them."""

    @field_validator("together")
    @classmethod
    def _combinations(cls, given: list[list[str]]) -> list[list[str]]:
        for kinds in given:
            if len(kinds) < 2 or len(set(kinds)) < len(kinds):
                raise ValueError("each combination names at least two kinds, and none twice")
        return given

    def action_of(self, kind: str) -> Action:
        rule = self.kinds.get(kind)
        return self.default if rule is None or rule.action is None else rule.action

    def outcome_of(self, kind: str) -> Outcome:
        action = self.action_of(kind)
        return "redact" if action == "pseudonym" else action

    @property
    def min_scores(self) -> dict[str, float]:
        """By kind, for those that have one."""
        return {kind: rule.min_score for kind, rule in self.kinds.items() if rule.min_score is not None}

    @property
    def counted(self) -> tuple[str, ...]:
        """The kinds that a rule counts by themselves, sorted."""
        return tuple(sorted({*self.max_of_kind, *(kind for kinds in self.together for kind in kinds)}))

    @property
    def named(self) -> list[tuple[str, str]]:
        """Every kind that is named somewhere, as (place in the section, kind)."""
        return [
            *(("kinds", kind) for kind in self.kinds),
            *(("max_of_kind", kind) for kind in self.max_of_kind),
            *((f"together[{place}]", kind) for place, kinds in enumerate(self.together) for kind in kinds),
        ]


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


Basis = Annotated[str, AfterValidator(_one_of("legal basis", BASES))]
Condition = Annotated[str, AfterValidator(_one_of("condition", CONDITIONS))]
Protocol = Annotated[str, AfterValidator(_one_of("protocol", PROTOCOLS))]


class Licence(_Section):
    """Which rights are enough to be kept.

    Of an item whose basis is another than `licence` no licence is asked: only `bases`, `deny` and the rule on masked
    texts whose licence forbids derivatives hold for it.
    """

    bases: Annotated[list[Basis], Field(min_length=1)] = [LICENSED]
    """The legal bases that are relied on; every other is `on_basis`."""
    allow: Annotated[list[str], Field(min_length=1)]
    """Classes of licence that are kept; whatever is in neither list is `on_denied`."""
    review: list[str] = Field(default_factory=list)
    licences: Annotated[list[str], Field(min_length=1)] | None = None
    """SPDX ids; of the classes that are kept, only these licences. Null: all of them."""
    deny: list[Condition] = Field(default_factory=list)
    """Conditions that are refused, whatever the class."""
    min_level: Annotated[int, Field(ge=1, le=6)] = 1
    """The evidence a kept item must have at least; docs/licences.md has the levels."""
    min_issuers: Annotated[int, Field(ge=2)] | None = None
    """So many that name the class independently are enough, whatever their level. Null: the level alone counts."""
    on_basis: Away = "hold"
    on_unknown: Away = "hold"
    on_conflict: Away = "hold"
    on_not_understood: Away = "hold"
    """A claim that weighs enough was not understood, or says that there is no licence."""
    on_weak: Away = "hold"
    on_stricter_elsewhere: Away = "hold"
    """The same content is there under a stricter licence too."""
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

    @field_validator("licences")
    @classmethod
    def _ids(cls, given: list[str] | None) -> list[str] | None:
        for word in given or ():
            if grant_of(word) == "unknown":
                raise ValueError(f"{word!r} is no licence that is known by its SPDX id")
        return given


class Reservation(_Section):
    """What becomes of items whose use for training or mining somebody reserves."""

    honour: Annotated[list[Protocol], Field(min_length=1)] = list(PROTOCOLS)
    """The protocols that are heard."""
    honoured_for: Annotated[list[Basis], Field(min_length=1)] = list(BASES)
    """On which legal bases a reservation, or one that is unclear, is heard."""
    retroactive: bool = False
    """Whether one counts that was seen only after the item was fetched."""
    required_for: list[Basis] = Field(default_factory=lambda: ["tdm_general"])
    """The bases that hold only if somebody has looked for a reservation."""
    require: list[Protocol] = Field(default_factory=list)
    """What must have been looked for then; if it is empty, one of `honour` at least."""
    on_reserved: Away = "drop"
    on_unclear: Away = "hold"
    on_not_checked: Away = "hold"

    @model_validator(mode="after")
    def _heard(self) -> Reservation:
        deaf = [protocol for protocol in self.require if protocol not in self.honour]
        if deaf:
            raise ValueError(f"{', '.join(deaf)} must be looked for, and is not in `honour`")
        return self


class Blocklist(_Section):
    """What becomes of items that are on a blocklist."""

    on_listed: Away = "drop"


LanguageCode = Annotated[str, AfterValidator(_one_of("language", sorted(languages())))]


class Language(_Section):
    """Which languages are kept."""

    allow: Annotated[list[LanguageCode], Field(min_length=1)]
    """ISO 639 codes; every other is `on_other`, what is no language `on_unknown` unless `zxx` is here."""
    min_score: _Share = 0.5
    """A language that scores less is not known."""
    min_share: _Share = 0.8
    """A text is mixed if less of its letters are in passages of its first language."""
    on_other: Away = "drop"
    on_unknown: Away = "hold"
    on_mixed: Away = "hold"
    on_script: Away = "hold"
    """The script is none that the language is written in."""


class EvaluationOverlap(_Section):
    """What becomes of texts that hold what a model is to be evaluated on."""

    max_covered: _Share | None = 0.5
    """More of any item of a set than this share of its words is too much."""
    max_overlap: _Share | None = None
    """A text is too much of which a larger share of words is in the sets."""
    on_overlap: Away = "drop"

    @model_validator(mode="after")
    def _some(self) -> EvaluationOverlap:
        if self.max_covered is None and self.max_overlap is None:
            raise ValueError("expected max_covered, max_overlap or both: without a limit nothing would be decided")
        return self


class Pictures(_Section):
    """How kept pictures leave."""

    reencode: PictureFormat | None = None
    """In this format, with their rights and no other metadata. Null: as the bytes that came."""
    quality: Annotated[int, Field(ge=1, le=100)] = 90
    """Of JPEG and WebP."""
    max_side: Annotated[int, Field(ge=1, le=16_383)] | None = None
    """Pixels of the longer side, to which larger ones are scaled down. Null: none is scaled."""


class ExactDuplicates(_Section):
    """What becomes of the second and every later item with the same content."""

    on_duplicate: Away = "drop"
    captions: Literal["once", "each"] = "once"
    """Texts of records: `once`, as all others; `each`: compared with nothing, so that pictures keep their captions."""


class Records(_Section):
    """What becomes of the rest of a record if one of its pictures is held or dropped."""

    pictures: Literal["together", "each"] = "together"
    """`together`: no picture of a record stays without the others. `each`: each for itself."""
    text: Literal["with_pictures", "alone"] = "with_pictures"
    """`with_pictures`: a text stays only if each picture of its record does. `alone`: whatever becomes of them."""

    def follows(self, kind: str) -> bool:
        """Whether what is of that kind goes where a picture of its record goes."""
        return self.text == "with_pictures" if kind == "text" else self.pictures == "together"


def _bits(given: Any) -> Any:
    if given != "auto" and (type(given) is not int or not 0 <= given <= 10):
        raise ValueError("expected auto or a whole number of bits from 0 to 10")
    return given


def _is_empty(given: list[str]) -> bool:
    return not given  # left out, what was not there before changes no digest


def _release(given: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}@[0-9A-Za-z][0-9A-Za-z.+-]{0,63}", given):
        raise ValueError("expected NAME@VERSION of a release")
    return given


class NearTexts(_Section):
    """What becomes of texts that are nearly the same as one that stays."""

    min_similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.8
    """Of the runs of words that either of two texts has, the share that both have; as their MinHash estimates it."""
    same_words: bool = False
    """Only texts of the same words in the same order are nearly the same, whatever `min_similarity` says."""
    on_near_duplicate: Away = "drop"
    against: list[Annotated[str, AfterValidator(_release)]] = Field(default_factory=list)
    """Earlier releases of the workspace, whose texts count as there already."""

    @model_validator(mode="after")
    def _within_the_run(self) -> NearTexts:
        if self.same_words and self.against:
            raise ValueError("same_words compares the texts of one run; for earlier releases leave it out")
        return self

    @property
    def limit(self) -> float:
        """The similarity that is in force."""
        return 1.0 if self.same_words else self.min_similarity


class NearMeanings(_Section):
    """What becomes of texts that say nearly the same as one that stays, as a model of sentences has it."""

    min_similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.95
    """The cosine of the two texts' vectors."""
    min_covered: _Share = 0.5
    """Texts of which the model saw a smaller share are compared with none."""
    most: Annotated[int, Field(ge=1)] = 200_000
    """Of more texts than this the run stops and says what they would cost."""
    on_near_duplicate: Away = "drop"
    against: list[Annotated[str, AfterValidator(_release)]] = Field(default_factory=list)
    """Earlier releases of the workspace, whose texts count as there already."""


class NearDuplicates(_Section):
    """What becomes of pictures that look like one that stays, and of texts that are nearly the same as one."""

    pictures: bool = True
    """Whether pictures are compared; all but `texts` and `meanings` is about them."""
    texts: NearTexts | None = None
    """Null: no texts are compared by their words."""
    meanings: NearMeanings | None = None
    """Null: none are compared by vectors."""
    on_near_duplicate: Away = "drop"
    radius: Annotated[int | Literal["auto"], BeforeValidator(_bits)] = "auto"
    """In bits of pHash; `auto`: by how many pictures there are."""
    confirm: bool = True
    """Whether a second hash, dHash or PDQ, must agree."""
    against: list[Annotated[str, AfterValidator(_release)]] = Field(default_factory=list)
    """Earlier releases of the workspace, whose pictures count as there already."""

    @model_validator(mode="after")
    def _something(self) -> NearDuplicates:
        if not self.pictures and self.texts is None and self.meanings is None:
            raise ValueError("compares nothing: neither pictures nor texts")
        return self


class RepeatedLines(_Section):
    """What becomes of texts that are for the most part what many other texts have too."""

    documents: Annotated[int, Field(ge=1)] = 10
    """A line or paragraph that stands in more of them is repeated."""
    most_share: _Share | None = 0.5
    """Of a text's characters, in repeated lines."""
    most_paragraph_share: _Share | None = 0.5
    """In repeated paragraphs."""
    on_repeated: Away = "drop"
    against: list[Annotated[str, AfterValidator(_release)]] = Field(default_factory=list, exclude_if=_is_empty)
    """Earlier releases of the workspace, whose texts count with those of the run; they are not decided on."""

    @model_validator(mode="after")
    def _some(self) -> RepeatedLines:
        if not self.limits:
            raise ValueError("expected most_share, most_paragraph_share or both: without a limit nothing is decided")
        return self

    @property
    def limits(self) -> list[tuple[str, str, str, float]]:
        """Those that there are, as (what is counted, key, what is measured, limit)."""
        every = (
            ("lines", "most_share", "line_share", self.most_share),
            ("paragraphs", "most_paragraph_share", "paragraph_share", self.most_paragraph_share),
        )
        return [(unit, key, measure, limit) for unit, key, measure, limit in every if limit is not None]


class Policy(_Section):
    """The whole file. A section decides on the filter of the same name, `near_duplicates` on `picture_hashes`,
    `text_minhash` and `text_embedding`.

    `records` is about what no filter looks at.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
    personal_data: PersonalData | None = None
    nsfw: Nsfw | None = None
    licence: Licence
    reservation: Reservation | None = None
    blocklist: Blocklist | None = None
    language: Language | None = None
    evaluation_overlap: EvaluationOverlap | None = None
    exact_duplicates: ExactDuplicates | None = None
    near_duplicates: NearDuplicates | None = None
    repeated_lines: RepeatedLines | None = None
    pictures: Pictures | None = None
    records: Records = Field(default_factory=Records)
    quality: list[Annotated[str, AfterValidator(known_limit_set)]] = Field(default_factory=list)
    """Named sets of limits, all of which are in force."""
    limits: list[Limit] = Field(default_factory=list)

    @property
    def all_limits(self) -> list[tuple[str, Limit]]:
        """Those of the sets and its own, each as (rule, limit)."""
        own = [(f"limits[{place}]", limit) for place, limit in enumerate(self.limits)]
        return [*(named for each in self.quality for named in limit_set(each).named()), *own]

    @property
    def reencodes(self) -> bool:
        """Whether kept pictures are encoded anew."""
        return self.pictures is not None and self.pictures.reencode is not None

    @property
    def digest(self) -> str:
        """Of what it says, defaults and sets of limits included: comments and the order of keys change nothing."""
        sets = [limit_set(each).model_dump(mode="json") for each in self.quality]
        return digest_of({**self.model_dump(mode="json"), "quality": sets})

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the filters that a section of their own decides on."""
        near = self.near_duplicates
        own = {
            "personal_data": self.personal_data,
            "nsfw": self.nsfw,
            "reservation": self.reservation,
            "blocklist": self.blocklist,
            "language": self.language,
            "evaluation_overlap": self.evaluation_overlap,
            "exact_duplicates": self.exact_duplicates,
            "repeated_lines": self.repeated_lines,
            "picture_hashes": near if near and near.pictures else None,
            "text_minhash": near.texts if near else None,
            "text_embedding": near.meanings if near else None,
        }
        return ("licence", *(name for name, section in own.items() if section is not None))

    def require(self, specs: Sequence[FilterSpec], where: str) -> None:
        """Checks that policy and filters speak of the same things.

        Raises:
            ConfigError: a filter that nothing decides on, a section whose filter does not run, a limit on a measure
                that is not there.
        """
        by_name = {spec.name: spec for spec in specs}
        decided = {*self.sections, *(limit.filter for _, limit in self.all_limits)}
        problems = [
            f"{where}: filter {name!r} runs, but policy {self.name!r} says nothing of it. "
            f"Give the policy a section `{_SECTION.get(name, name)}`, or `limits` on it; or take the filter out."
            for name in by_name
            if name not in decided
        ]
        problems += [
            f"{where}: policy {self.name!r} decides on {_named(name)}, but no such filter runs, and what is not "
            f"measured cannot be decided. Add `{name}: {_PARAMETERS.get(name, '{}')}` under `filters`"
            f"{_or_out_of_policy(name)}."
            for name in sorted(decided)
            if name not in by_name
        ]
        problems += [
            f"{where}: policy {self.name!r}, {rule}: {fault}"
            for rule, limit in self.all_limits
            if limit.filter in by_name and (fault := _fault(limit, by_name[limit.filter]))
        ]
        problems += [f"{where}: policy {self.name!r}, {fault}" for fault in self._unknown_kinds(by_name)]
        if problems:
            raise ConfigError(*problems)

    def _unknown_kinds(self, by_name: dict[str, FilterSpec]) -> list[str]:
        """A kind that is never looked for would silently fall to the default, or never be met."""
        if self.personal_data is None or "personal_data" not in by_name:
            return []
        sought = dict(by_name["personal_data"].parameters).get("entities", ())
        return [
            f"personal_data.{place}: the filter does not look for {kind!r}.{did_you_mean(kind, sought)}"
            for place, kind in self.personal_data.named
            if kind not in sought
        ]


_PARAMETERS = {
    "blocklist": "{lists: [LIST.csv]}",
    "evaluation_overlap": "{sets: [SET.jsonl]}",
    "text_class": "{models: [MODEL.bin]}",
    "text_embedding": "{model: FOLDER}",
}
"""Filter → what must be said with it, where something must."""


def _named(name: str) -> str:
    return f"{name!r} (section `{_SECTION[name]}`)" if name in _SECTION else repr(name)


_SECTION = {
    "picture_hashes": "near_duplicates",
    "text_minhash": "near_duplicates.texts",
    "text_embedding": "near_duplicates.meanings",
}
"""Filter → the section that decides on it, where they are not of one name."""


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


def known_preset(name: str) -> str:
    """The name as it is.

    Raises:
        ConfigError: there is no preset of that name.
    """
    if name not in presets():
        raise ConfigError.unknown("preset", name, presets())
    return name


def preset_about(name: str) -> str:
    return headline(preset_text(name))


def preset_text(name: str) -> str:
    return (_preset_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def _preset_folder() -> Traversable:
    return resources.files("releases") / "policies"
