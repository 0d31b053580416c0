"""The stages of a run as plain functions. Prefect schedules them; `--direct` calls them one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from audits.run import AuditResult, run_audits
from catalog.build import Candidate, bring_activity, bring_release, build
from catalog.coefficient import keep_choice
from catalog.files import write_whole
from catalog.keyed import make_key, subject_key_path
from catalog.log import SUBSET
from catalog.publish import Published, publish
from flows.energy_choice import read_energy_choice
from flows.means import Means
from flows.meters import find_meters
from flows.plan import Plan, make_plan
from flows.pool import Pool
from flows.progress import Meter
from flows.spent import Amount, Mark, Spent
from flows.worker import Job, chunks, made_filter
from flows.workspace import Workspace
from releases.corpus_steps import decide_over_corpus, decided_away, names_of
from releases.seal import Sealed, candidate_facts, seal, sealed_before, sealed_run
from releases.splits import Divided, divide
from releases.stage import listed_path, stage
from releases.subsets.nearness import FILTERS
from releases.subsets.section import Subset
from releases.subsets.target import Examples
from reports.card import card
from reports.facts import RunFacts, run_facts
from reports.page import page
from tamis.errors import CatalogError, ConfigError, DiskFullError, ReleaseError
from tamis.failpoints import reach
from tamis.ids import digest_of

Wave = list[Job]

WAVE = 256
"""Shards a wave has: one Prefect task each, so that a task's cost of some 10 ms is spread over many shards."""


class AuditError(ReleaseError):
    """A blocking audit found something; nothing was sealed."""

    def __init__(self, results: Iterable[AuditResult]) -> None:
        self.results = tuple(result for result in results if result.blocks)
        named = ", ".join(f"{result.name} ({result.offending:,} rows)" for result in self.results)
        super().__init__(f"Not sealed, for audits found something: {named}. `tamis audit` shows the rows.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves behind."""

    run: str
    measured: int
    """Filter runs over shards; 0 where everything was on record."""
    failed: tuple[int, ...]
    release: Sealed
    audits: tuple[AuditResult, ...]
    catalog: Published
    facts: RunFacts = field(compare=False)
    """As that catalog tells them."""
    report: Path


def refuse_sealed(plan: Plan) -> None:
    """Stops before any work where the release's version was sealed by a run over other inputs.

    Raises:
        ConfigError: it was; the version must be raised.
    """
    release = plan.recipe.release
    sealed_by = sealed_run(plan.workspace.releases, release.name, release.version)
    if sealed_by not in {None, plan.run}:
        raise ConfigError(
            f"{plan.workspace.recipe.name}: {plan.release_id} is sealed already by run {sealed_by}, from other inputs "
            f"or by other rules, and a sealed version never changes. {_changed_list(plan, str(sealed_by))}Raise "
            "`release.version`."
        )


def _changed_list(plan: Plan, run: str) -> str:
    """Says so where the suppression list has changed since: nothing that the user edits shows it."""
    try:
        before = plan.log.read_run(run).get("suppressions") or {"digest": ""}
    except CatalogError:
        return ""  # `tamis verify` says that it is gone
    return "" if before["digest"] == plan.suppressions.digest else "The list of suppressed values has changed since. "


def begin(plan: Plan) -> None:
    """Opens the run in the log and takes over what earlier runs have decided alike."""
    plan.log.clear_staging()
    plan.log.keep_suppressions(plan.suppressions)
    if plan.intent.asked is not None:
        plan.log.keep_target(plan.run, plan.intent.asked.as_parquet())
    plan.log.open_run(plan.facts())
    for planned in plan.of("adopt"):
        if planned.known is not None:
            plan.log.adopt(planned.known, run=plan.run, number=planned.number)


def run_wave(wave: Wave, pool: Pool, meter: Meter, spent: Spent) -> None:
    """Curates the shards of a wave; the meter is told of each as it comes, and what it took goes on record.

    Raises:
        DiskFullError: no space is left.
    """
    for result in pool.run(wave):
        meter.count(result)
        spent.shard(result)
        if result.code == "disk_full":
            raise DiskFullError
    reach("wave.done")


def compare_corpus(plan: Plan) -> dict[str, str]:
    """The corpus-wide steps: licences of equal content, records, exact duplicates, near-duplicates.

    Returns those in force, for finished.json.

    Raises:
        ConfigError: see `decide_over_corpus`.
    """
    looked_at = digest_of([commit.decision_key for commit in plan.log.commits(plan.run).values()])[:12]
    steps = {name: f"{name}-{looked_at}" for name in names_of(plan.policy)}
    if not all(plan.log.corpus_folder(plan.run, step).exists() for step in steps.values()):
        _decide_corpus(plan, steps)
    reach("duplicates.decided")
    return steps


def _decide_corpus(plan: Plan, steps: dict[str, str]) -> None:
    for name, step in decide_over_corpus(plan.log, plan.run, plan.policy).items():
        if not plan.log.corpus_folder(plan.run, steps[name]).exists():
            plan.log.commit_corpus_step(
                plan.run, steps[name], filter_name=step.filter, decisions=step.decisions, facts=step.facts
            )


def choose_subset(plan: Plan, subset: Subset, steps: dict[str, str], say: Callable[[str], None]) -> dict[str, str]:
    """Chooses what the recipe asks for of all that the steps so far let stay; returns the steps with this one.

    Args:
        plan: of the run.
        subset: what is asked for.
        steps: that are done.
        say: whom progress is told, where a learner takes minutes.

    Raises:
        ConfigError: see `with_vectors`.
        ReleaseError: there is not as much as it asks for.
    """
    from releases.subsets.choose import Ordered, choose  # compiles, which takes seconds to begin
    from releases.subsets.example_vectors import with_vectors
    from releases.subsets.grams import ALGORITHM
    from releases.subsets.pool import Pool
    from releases.subsets.size import CURVE, sized_by

    name = f"{SUBSET}-{digest_of([steps, ALGORITHM])[:12]}"
    if not plan.log.corpus_folder(plan.run, name).exists():
        scratch = plan.log.store / "subsets" / f"{plan.run}-{name}"
        examples = plan.intent.examples
        if subset.method == "embedding" and examples is not None:
            by = FILTERS[subset.kind]
            made = made_filter(by, dict(plan.intent.filters)[by])
            examples = with_vectors(examples, made, plan.log, plan.run, scratch)
        pool = Pool.of(plan.log, plan.run, kind=subset.kind, away=decided_away(plan.log, plan.run, steps))
        ordered = Ordered.of(pool, subset, examples, scratch)
        sized = None
        if subset.budget.auto is not None and isinstance(examples, Examples):
            sized = sized_by(ordered, examples, subset.budget.auto, say=say)
        chosen = choose(
            ordered,
            budget=sized.budget if sized else subset.budget,
            release=plan.release_id,
            digest=examples.digest if examples else "",
        )
        plan.log.commit_corpus_step(
            plan.run,
            name,
            filter_name=SUBSET,
            decisions=chosen.decisions,
            facts={
                **chosen.facts,
                "outcome": sized.size.outcome if sized else "",
                "queried": plan.intent.asked.items if plan.intent.asked else 0,
            },
            more={"choices": chosen.choices, "curve": sized.curve if sized else CURVE.to_frame()},
        )
        shutil.rmtree(scratch, ignore_errors=True)
    reach("subset.chosen")
    return {**steps, SUBSET: name}


def finish(plan: Plan, steps: dict[str, str]) -> tuple[int, ...]:
    """Closes the run in the log; returns the numbers of the shards that failed."""
    failed = tuple(plan.log.failures(plan.run))
    facts = {
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "status": "partly" if failed else "done",
        "corpus_steps": steps,
    }
    plan.log.finish_run(plan.run, facts)
    return failed


def make_release(
    plan: Plan, steps: dict[str, str], spent: Spent, amount: Amount
) -> tuple[Sealed, tuple[AuditResult, ...]]:
    """Stages what the run kept, has the audits ask, and seals it. The catalog that they asked stays (`_candidate`).

    Raises:
        AuditError: a blocking audit found something.
        ReleaseError: nothing stays, the whole cannot go out under the licence that the recipe names, or the version
            is sealed already with other content.
    """
    folder = plan.log.staging / f"release-{plan.release_id}"
    shutil.rmtree(folder, ignore_errors=True)
    release = plan.recipe.release
    with spent.stage("stage", amount):
        away = decided_away(plan.log, plan.run, steps)
        staged = stage(
            plan.log,
            plan.run,
            folder,
            name=release.name,
            version=release.version,
            dropped=away,
            licence=release.licence,
            given=dict(plan.intent.licence_texts),
            divided=_divided(plan, steps, away),
            cut=release.cut,
        )
    reach("release.staged")
    run = plan.log.read_run(plan.run)
    looked_at = _candidate(plan)
    looked_at.unlink(missing_ok=True)
    with spent.stage("audits", amount):
        build(plan.log, looked_at, candidate=Candidate(candidate_facts(staged, run), listed_path(folder)))
        audits = tuple(run_audits(looked_at, release=plan.release_id))
    if any(result.blocks for result in audits):
        raise AuditError(audits)
    reach("audits.passed")
    with spent.stage("seal", amount):
        sealed = seal(
            staged,
            releases_dir=plan.workspace.releases,
            log=plan.log,
            card=card(looked_at, plan.release_id, plan.run, outbound=staged.outbound),
            run=run,
            audits=[(result.name, result.offending) for result in audits],
        )
    reach("release.sealed")
    return sealed, audits


def _candidate(plan: Plan) -> Path:
    """The catalog that shows a release as if it were sealed; once it is, it becomes the one that is published."""
    return plan.log.staging / f"candidate-{plan.run}.duckdb"


def _divided(plan: Plan, steps: dict[str, str], away: pl.DataFrame) -> Divided | None:
    splits = plan.recipe.release.divides
    if splits is None:
        return None
    return divide(plan.log, plan.run, splits, policy=plan.policy, steps=steps, away=away)


def _sealed_before(plan: Plan) -> Sealed | None:
    """The run's release, where every shard was through before this start: then it need not be made to be compared."""
    if plan.of("measure") or plan.of("adopt"):
        return None
    return sealed_before(plan.log, plan.workspace.releases, plan.release_id, plan.run)


def publish_catalog(
    workspace: Workspace,
    *,
    candidate: Path | None = None,
    built_by: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Published:
    """Builds the catalog from the log and publishes it, if it says anything new.

    Args:
        workspace: whose.
        candidate: one that was built before the release that it shows was sealed, which is all that came since. It
            is gone afterwards. Null: the catalog is built from nothing.
        built_by: within which it is built, so that what that takes is on record and in the catalog.
    """
    keep_choice(workspace.log.store, read_energy_choice(workspace).coefficients)
    built = workspace.log.staging / "catalog.duckdb"
    built.parent.mkdir(parents=True, exist_ok=True)
    built.unlink(missing_ok=True)
    with built_by():
        if candidate is None:
            digest = build(workspace.log, built)
        else:
            digest = bring_release(workspace.log, candidate.rename(built))
    bring_activity(workspace.log, built)
    reach("catalog.built")
    published = publish(workspace.catalogs, built, logical_digest=digest)
    reach("catalog.published")
    return published


def write_report(workspace: Workspace, facts: RunFacts) -> Path:
    """The run's page in `reports/`; the same facts give the same bytes."""
    path = workspace.reports / f"{facts.run['run']}.html"
    write_whole(path, page(facts).encode())
    return path


def conclude(plan: Plan, meter: Meter, spent: Spent) -> Outcome:
    """Everything after the shards: what needs all of them, release, catalog, report."""
    amount = Amount(
        sum(commit.items for commit in plan.log.commits(plan.run).values()),
        sum(planned.shard.n_bytes for planned in plan.shards),
    )
    publishing = partial(publish_catalog, plan.workspace, built_by=partial(spent.stage, "catalog", amount))
    with spent.stage("corpus_steps", amount):
        steps = compare_corpus(plan)
    try:
        if plan.recipe.subset is not None:
            with spent.stage("subset", amount):
                steps = choose_subset(plan, plan.recipe.subset, steps, meter.say)
    except ReleaseError:
        finish(plan, steps)
        publishing()  # the record of the run is there for whoever looks into it
        raise
    failed = finish(plan, steps)
    sealed = _sealed_before(plan)
    if sealed is None:
        try:
            sealed, audits = make_release(plan, steps, spent, amount)
        except ReleaseError:
            publishing()
            raise
        published = publishing(candidate=_candidate(plan))
    else:
        published = publishing()
        with spent.stage("audits", amount):
            audits = tuple(run_audits(published.path, release=plan.release_id))
    with spent.stage("report", amount):
        facts = run_facts(published.path, plan.run)
        report = write_report(plan.workspace, facts)
    return Outcome(plan.run, meter.measured, failed, sealed, audits, published, facts, report)


def curate_all(
    workspace: Workspace,
    means: Means,
    *,
    on_wave: Callable[[Wave, Pool, Meter, Spent], None] = run_wave,
    at_end: Callable[[Plan, Meter, Spent], Outcome] = conclude,
) -> Outcome:
    """The whole run. Prefect gives tasks for the two stages that take time; without it they are called as they are.

    Args:
        workspace: held by this run alone until it is through.
        means: with which it is done.
        on_wave: the stage for each wave of shards.
        at_end: the stage after them.

    Raises:
        TamisError: see `tamis.errors`; what is committed stays, and the next start goes on from there.
    """
    with workspace.locked():
        make_key(workspace.key_file)
        make_key(subject_key_path(workspace.keys), "subject")
        with find_meters(read_energy_choice(workspace).meters) as meters:
            mark = Mark.now(meters)
            plan = make_plan(workspace)
            refuse_sealed(plan)
            spent = Spent(plan.log, plan.run, meters, workers=means.workers)
            spent.since(mark, "plan", Amount(n_bytes=sum(planned.shard.n_bytes for planned in plan.shards)))
            with spent.stage("adopt", _adopted(plan)):
                begin(plan)
            waves = chunks(plan.jobs(means), WAVE)
            with (
                spent.workers(),
                Pool(means.workers) as pool,
                Meter(len(plan.of("measure")), quiet=means.quiet) as meter,
            ):
                for wave in waves:
                    on_wave(wave, pool, meter, spent)
            return at_end(plan, meter, spent)


def _adopted(plan: Plan) -> Amount:
    """Items and bytes whose decisions are taken over: they cost this run nothing more."""
    adopted = plan.of("adopt")
    items = sum(planned.known.items for planned in adopted if planned.known is not None)
    return Amount(items, sum(planned.shard.n_bytes for planned in adopted))
