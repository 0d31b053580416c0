"""`tamis size`: which size of a subset is enough, found before any of it is released."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from catalog.files import write_whole
from catalog.log import SUBSET
from flows.plan import record_of
from flows.recipe import read_recipe
from flows.savings import family_of, savings_of
from flows.without_rule import texts_without_rules
from flows.worker import made_filter, named_filter
from flows.workspace import Workspace
from releases.corpus_steps import decided_away
from releases.savings.training import Corpora, Savings
from releases.subsets.nearness import FILTERS, expect_vectors
from releases.subsets.section import Auto, Learner, Subset, Target
from releases.subsets.target import read_target
from reports.size import SizeReport, as_json, as_page
from tamis.errors import ConfigError
from tamis.ids import digest_of

if TYPE_CHECKING:
    from releases.subsets.choose import Ordered
    from releases.subsets.constraints import Cost


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for; null takes what the recipe says, or the default."""

    epsilon: float | None
    learner: Learner | None
    training_bytes: int | None
    parameters: tuple[int, ...]
    """Of the model, where what a smaller set saves is to be said, or of each of a family; none asks for neither."""
    repeats: int | None
    constraints: bool
    """Whether to measure what each of them costs."""


def size(
    workspace: Workspace, wanted: Wanted, *, run: str | None, say: Callable[[str], None]
) -> tuple[SizeReport, tuple[Path, ...]]:
    """Measures the sizes over what a run on record lets stay; writes page and record into `reports/`.

    Args:
        workspace: with the run.
        wanted: what the command line asks for.
        run: its id; null for the newest.
        say: whom progress is told, where a learner takes minutes.

    Raises:
        ConfigError: the recipe has no subset of texts with a target, no run is on record, nothing stays, or what the
            learner needs is not installed; or see `with_vectors`.
    """
    recipe, _ = read_recipe(workspace.recipe)
    subset, target = _with_target(recipe.subset, workspace)
    auto = _auto(subset, wanted)
    record = record_of(workspace, recipe.digest)
    examples = read_target(target, workspace.root, measured=True, record=record, general=auto.general)
    log = workspace.log
    asked = _run(workspace, run)
    finished = log.finished(asked)
    if finished is None:
        raise ConfigError(f"run {asked} is not through: `tamis curate` goes on with it.")
    steps = {name: step for name, step in finished["corpus_steps"].items() if name != SUBSET}
    from releases.subsets.choose import Ordered  # compiles, which takes seconds to begin
    from releases.subsets.constraints import Asked, costs
    from releases.subsets.example_vectors import with_vectors
    from releases.subsets.mismatch import mismatch
    from releases.subsets.pool import Pool
    from releases.subsets.size import sized_by

    pool = Pool.of(log, asked, kind="text", away=decided_away(log, asked, steps))
    if pool.items.is_empty():
        raise ConfigError(f"run {asked}: no text stays, so that there is none to choose from.")
    scratch = log.store / "subsets" / f"size-{digest_of([asked, subset.digest, examples.digest])[:16]}"
    expect_vectors(subset, recipe.filters)
    if subset.method == "embedding":
        by = FILTERS[subset.kind]
        made = made_filter(*named_filter(by, recipe.filters.get(by), workspace.root))
        examples = with_vectors(examples, made, log, asked, scratch)
    ordered = Ordered.of(pool, subset, examples, scratch)
    sized = sized_by(ordered, examples, auto, repeats=wanted.repeats, say=say)
    told: tuple[Cost, ...] = ()
    if wanted.constraints:
        with texts_without_rules(workspace, recipe, asked, withheld=record.withheld, say=say) as rules:
            told = tuple(
                costs(
                    Asked(log, asked, steps, subset, examples, auto, scratch, rules),
                    ordered,
                    size=sized.size.point.bytes,
                    bits=sized.bits,
                )
            )
    shutil.rmtree(scratch, ignore_errors=True)
    saved = models = None
    from_scratch = subset.training_by(auto) == "scratch"
    if auto.parameters is not None:
        tokens = _tokens(ordered, chosen=sized.size.point.items)
        if isinstance(auto.parameters, int):
            saved = _saved(workspace, asked, auto.parameters, tokens=tokens, from_scratch=from_scratch)
        else:
            unique = int(tokens.subset)
            models = family_of(auto.parameters, unique, workspace=workspace.root, from_scratch=from_scratch)
    report = SizeReport(
        run=asked,
        recipe=recipe.name,
        subset=subset,
        auto=auto,
        target=examples.digest,
        fitted_on=len(examples.fit),
        pool_items=pool.items.height,
        pool_bytes=int(pool.items["bytes"].sum()),
        asked=examples.asked,
        examples_again=int(ordered.is_again.sum()),
        unlabelled=int(ordered.is_unlabelled.sum()),
        training=subset.training_by(auto),
        sized=sized,
        mismatch=mismatch(pool, examples, seed=subset.seed),
        savings=saved,
        family=models,
        costs=told,
    )
    base = workspace.reports / f"size-{digest_of([asked, subset.digest, examples.digest, auto.model_dump()])[:16]}"
    written = (base.with_suffix(".html"), base.with_suffix(".json"))
    write_whole(written[0], as_page(report).encode())
    write_whole(written[1], as_json(report).encode())
    return report, written


def _tokens(ordered: Ordered, *, chosen: int) -> Corpora:
    """Of the first `chosen` items, and of all that stays."""
    tokens = ordered.pool.items["tokens"]
    if tokens.null_count():
        raise ConfigError(
            "what a training takes goes by tokens, which nobody counted: add the filter `token_count` to the recipe, "
            "or leave the parameters out."
        )
    return Corpora(int(tokens[ordered.order[:chosen]].sum()), int(tokens.sum()))


def _saved(workspace: Workspace, run: str, parameters: int, *, tokens: Corpora, from_scratch: bool) -> Savings:
    """What a training on what is recommended saves against one on all that stays, net of this run."""
    return savings_of(
        parameters,
        tokens,
        hardware="H100",
        region=None,
        workspace=workspace.root,
        run=run,
        curation_kwh=None,
        from_scratch=from_scratch,
    )


def _with_target(subset: Subset | None, workspace: Workspace) -> tuple[Subset, Target]:
    if subset is None or subset.target is None:
        raise ConfigError(
            f"{workspace.recipe.name}: sizes are measured on a target, and there is none. Add to the recipe:\n"
            "subset:\n  target: {examples: [examples.jsonl]}\n  budget: {auto: {}}"
        )
    if subset.kind != "text":
        raise ConfigError(f"{workspace.recipe.name}: sizes are measured on texts, and the subset is of pictures.")
    return subset, subset.target


def _run(workspace: Workspace, run: str | None) -> str:
    runs = workspace.log.runs()
    if not runs or (run is not None and run not in runs):
        what = f"run {run!r} is not on record" if runs else "nothing is on record yet"
        raise ConfigError(
            f"{workspace.root}: {what}. `tamis curate` makes a run, `tamis sql 'FROM run'` lists them. A first one "
            "may have a small budget, such as `share: 0.1`: what it filters is not filtered again."
        )
    return run or runs[-1]


def _auto(subset: Subset, wanted: Wanted) -> Auto:
    """The rule: as the command line has it, else the recipe, else by default.

    Raises:
        ConfigError: the two together make no sense.
    """
    told = subset.budget.auto.model_dump() if subset.budget.auto is not None else {}
    try:
        asked = Subset.model_validate({**subset.model_dump(), "budget": {"auto": {**told, **_given(wanted)}}})
    except ValidationError as error:
        raise ConfigError("\n".join(f"subset: {each['msg']}" for each in error.errors(include_input=False))) from None
    auto = asked.budget.auto or Auto()
    if auto.learner == "transformer":
        from releases.subsets.transformer_learner import expect_torch  # compiles, which takes seconds to begin

        expect_torch(auto)
    return auto


def _given(wanted: Wanted) -> dict[str, object]:
    given = {
        "learner": wanted.learner,
        "epsilon": wanted.epsilon,
        "training_bytes": wanted.training_bytes,
        "parameters": wanted.parameters or None,
    }
    return {name: value for name, value in given.items() if value is not None}
