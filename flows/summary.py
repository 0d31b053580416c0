"""What the commands say: plans, outcomes, audits and releases as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audits.run import AuditResult
from catalog.query_child import safe
from flows.plan import Action, Plan
from flows.stages import Outcome
from flows.workspace import Workspace
from releases.lineage import PartOf
from releases.origins import in_line
from releases.splits import compared_for
from releases.subsets.example_pictures import ExamplePictures
from reports.card import configs_of
from reports.facts import RunFacts
from reports.near_duplicates import near_duplicates
from reports.near_meanings import near_meanings
from reports.near_texts import near_texts
from reports.repeated_lines import repeated_lines
from reports.splits import Told, kept_apart, of_manifest
from reports.subset import subset
from reports.target import by_query
from reports.words import counted, size_of

_SHOWN = 12
"""Rows of a list that are shown; the rest is counted."""


_ACTIONS: tuple[tuple[Action, str], ...] = (
    ("measure", "to measure or decide"),
    ("adopt", "to take over from earlier runs"),
    ("done", "done"),
    ("lost", "failed, and not in the sealed release"),
)


def plan_text(plan: Plan) -> str:
    """What a run would do."""
    counts = [f"{len(plan.of(action)):,} {word}" for action, word in _ACTIONS if plan.of(action) or action != "lost"]
    lines = [
        f"run      {plan.run}",
        f"recipe   {plan.recipe.name} ({plan.workspace.recipe})",
        f"policy   {plan.policy.name} {plan.policy.version}, digest {plan.policy.digest[:12]}",
        f"release  {plan.release_id}",
        *_divided_lines(plan),
        *_suppression_lines(plan),
        *_target_lines(plan),
        "",
        "filters",
        *(f"  {spec.name}/{spec.version}, digest {spec.digest[:12]}" for spec in plan.specs),
        "",
        "corpora",
        *_corpus_lines(plan),
        "",
        f"shards   {', '.join(counts)}",
    ]
    again = sum(len(planned.recorded) for planned in plan.of("measure"))
    if again:
        are = "is" if again == 1 else "are"
        lines.append(f"         {counted(again, 'filter run')} over shards {are} on record and need not be repeated")
    if plan.of("lost"):
        lines.append("         raise `release.version` to try again what failed: a sealed release never changes")
    if not plan.of("measure"):
        lines.append("         no filter has work to do")
    return "\n".join(lines)


def _divided_lines(plan: Plan) -> list[str]:
    splits = plan.recipe.release.divides
    if splits is None:
        return []
    shares = ", ".join(f"{name} {share:.1%}" for name, share in reversed(splits.shares))
    kinds = [kind for kind in ("text", "image") if any(kind in spec.kinds for spec in plan.specs)]
    return [f"splits   {shares}", f"         {kept_apart(compared_for(plan.policy), kinds)}"]


def _suppression_lines(plan: Plan) -> list[str]:
    section, number = plan.policy.personal_data, len(plan.suppressions.entries)
    if not number or section is None:
        return []
    are = "value is" if number == 1 else "values are"
    return [f"people   {number:,} {are} suppressed; items that hold one: {section.on_suppressed}"]


def _target_lines(plan: Plan) -> list[str]:
    examples = plan.intent.examples
    if examples is None:
        return []
    if isinstance(examples, ExamplePictures):
        return [f"target   {counted(len(examples.files), 'example')}, digest {examples.digest[:12]}"]
    held_out = f", {counted(len(examples.held_out), 'text')} held out" if len(examples.held_out) else ""
    said = f"target   {counted(len(examples.fit), 'example')}{held_out}, digest {examples.digest[:12]}"
    return [said, *([] if examples.asked is None else [f"         {by_query(examples.asked)}"])]


def _corpus_lines(plan: Plan) -> list[str]:
    lines = []
    for section in plan.recipe.corpora:
        shards = [planned.shard for planned in plan.shards if planned.corpus.name == section.name]
        size = sum(shard.n_bytes for shard in shards)
        lines.append(f"  {section.name} ({section.format}): {counted(len(shards), 'shard')}, {size_of(size)}")
    return lines


def outcome_text(outcome: Outcome, workspace: Workspace) -> str:
    """What a run leaves behind: counts, why, and where everything lies."""
    facts = outcome.facts
    times = "once" if outcome.measured == 1 else f"{outcome.measured:,} times"
    work = f"Filters ran {times} over shards." if outcome.measured else "No filter had work to do."
    release = outcome.release
    passed = sum(not audit.offending for audit in outcome.audits)
    state = "sealed" if release.new else "sealed before, the same bytes"
    return "\n".join(
        [
            f"Run {outcome.run}: {counted(facts.run['items'], 'item')}. {work}",
            "",
            *_verdict_lines(facts),
            "",
            *_reason_lines(facts),
            *_alike_lines(facts),
            *_failure_lines(facts),
            "",
            f"release  {release.release_id}, {state}: {release.folder}",
            f"         digest {release.digest}",
            f"audits   {passed} of {len(outcome.audits)} found nothing",
            f"catalog  {outcome.catalog.path}{'' if outcome.catalog.new else ' (unchanged)'}",
            f"report   {outcome.report}",
            "",
            f"Next: `tamis explain -w {workspace.root} ITEM`, `tamis sql -w {workspace.root} 'FROM held'`",
        ]
    )


def _verdict_lines(facts: RunFacts) -> list[str]:
    said = {"keep": "kept", "redact": "masked and kept", "hold": "held", "drop": "dropped"}
    kinds = sorted({row["kind"] for row in facts.verdicts})
    lines = []
    for verdict, word in said.items():
        by_kind = {row["kind"]: row["items"] for row in facts.verdicts if row["verdict"] == verdict}
        parts = ", ".join(f"{by_kind.get(kind, 0):,} {kind}" for kind in kinds)
        lines.append(f"{word:<16} {facts.of(verdict):>10,}  ({parts})")
    return lines


def _reason_lines(facts: RunFacts) -> list[str]:
    if not facts.held:
        return ["Nothing was held or dropped."]
    ranked = sorted(facts.held, key=lambda row: (-row["items"], row["reason"]))
    lines = [f"  {row['verdict']} {row['items']:>10,}  {row['reason']}: {row['sentence']}" for row in ranked[:_SHOWN]]
    more = len(ranked) - _SHOWN
    return ["Held and dropped, and why:", *lines, *([f"  and {counted(more, 'more reason')}"] if more > 0 else [])]


def _alike_lines(facts: RunFacts) -> list[str]:
    lines: list[str] = []
    for head, said in (
        ("Pictures that look alike:", near_duplicates(facts)),
        ("Texts that are nearly the same:", near_texts(facts)),
        ("Texts that say nearly the same:", near_meanings(facts)),
        ("The subset:", subset(facts)),
        ("Lines that many texts have:", repeated_lines(facts)),
    ):
        lines += ["", head, *(f"  {sentence}" for sentence in said)] if said else []
    return lines


def _failure_lines(facts: RunFacts) -> list[str]:
    failed = facts.failed_shards
    if not failed:
        return []
    lines = [f"  {row['corpus']}/{row['shard']}: {row['failure'] or row['status']}" for row in failed[:_SHOWN]]
    more = facts.run["shards_failed"] - _SHOWN
    head = f"{counted(facts.run['shards_failed'], 'shard')} failed; nothing of what failed is in the release:"
    what_next = "Mend what is wrong and raise `release.version`; what is done is taken over. See docs/reasons.md."
    return ["", head, *lines, *([f"  and {more} more"] if more > 0 else []), what_next]


def audit_text(results: Sequence[AuditResult]) -> str:
    """Each check with its question and what it answered; the first rows of what was found."""
    lines = []
    for result in results:
        word = "ok" if not result.offending else "FOUND" if result.check.blocking else "note"
        lines.append(f"{word:<5} {result.name}: {result.check.question}")
        if result.offending:
            lines.append(f"      {counted(result.offending, 'row')}. A row: {result.check.meaning}")
            lines += [f"      {_named(result.columns, row)}" for row in result.rows[:_SHOWN]]
    blocking = sum(result.blocks for result in results)
    return "\n".join(
        [*lines, f"{counted(len(results), 'audit')}, {blocking} of them found something that blocks a release."]
    )


def _named(columns: Sequence[str], row: Sequence[object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(columns, row, strict=True))


def releases_text(manifests: Iterable[Mapping[str, Any]]) -> str:
    """One line for each release."""
    lines = [
        f"{manifest['name']}@{manifest['version']}  {counted(manifest['counts']['texts'], 'text')}, "
        f"{counted(manifest['counts']['images'], 'picture')}, run {manifest['run']}"
        for manifest in manifests
    ]
    return safe("\n".join(lines)) or "No release is sealed yet. `tamis curate` makes one."


def _split_lines(told: Told | None) -> list[str]:
    if told is None:
        return []
    return [
        "splits",
        *(
            f"  {row['split']}: {row['share']:.1%} asked for, {counted(row['texts'], 'text')}, "
            f"{counted(row['images'], 'picture')}, {size_of(row['text_bytes'] + row['image_bytes'])}"
            f"{'' if row['tokens'] is None else ', ' + counted(row['tokens'], 'token')}"
            for row in told.rows
        ),
        f"  {told.apart}",
    ]


def _lineage_lines(manifest: Mapping[str, Any]) -> list[str]:
    part_of = PartOf.of(manifest)
    lines = [
        f"  {'  ' * (steps - 1)}made from {each['name']}@{each['version']}, digest {each['digest']}"
        for steps, each in in_line(manifest.get("made_from") or [])
    ]
    if part_of is None:
        return lines
    classes = f": its items of {', '.join(part_of.licence_classes)}" if part_of.licence_classes else ""
    return [f"  part of {part_of.release_id}, digest {part_of.digest}{classes}", *lines]


def release_text(manifest: Mapping[str, Any], folder: Path) -> str:
    """All a model team needs of one release."""
    counts = manifest["counts"]
    told = of_manifest(manifest)
    missing = sum(each["text"] == "missing" for each in manifest["obligations"])
    licences = manifest["licences"]
    lines = [
        f"{manifest['name']}@{manifest['version']}: {folder}",
        f"  {counted(counts['texts'], 'text')}, {counted(counts['characters'], 'character')}",
        f"  {counted(counts['masked'], 'text')} with something masked",
        f"  {counted(counts['images'], 'picture')}, {size_of(counts['image_bytes'])}",
        f"  content digest {manifest['content_digest']}",
        f"  run {manifest['run']}, policy {manifest['policy']['name']} {manifest['policy']['version']}",
        *_lineage_lines(manifest),
        *_split_lines(told),
        "licences",
        *(f"  {row['items']:>8,}  {row['class']}: {row['expression'] or 'unknown'}" for row in licences[:_SHOWN]),
        *([f"  and {len(licences) - _SHOWN} more"] if len(licences) > _SHOWN else []),
        f"  texts of {counted(len(manifest['obligations']) - missing, 'licence')} in LICENSES, {missing:,} missing",
        "load",
        *(
            f'  datasets.load_dataset("{folder}", "{config.name}", split="{config.first}")'
            for config in configs_of([file["path"] for file in manifest["files"]])
            if "-" not in config.name
        ),
    ]
    return safe("\n".join(lines))
