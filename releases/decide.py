"""Decisions: what a policy makes of findings. Pure: the same policy, batch and findings give the same rows.

Each rule is an expression over a filter's findings; a row that matches becomes a decision with the rule's name, the
measure and the limit it passed. Whatever has no finite measure where a rule needs one is held, for unknown is never
allow: in Polars a null falls through every comparison, NaN is above all numbers, and -inf below every limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from releases.policy import Licence, Nsfw, PersonalData, Policy
from releases.suppressed import REASON as SUPPRESSED_REASON
from releases.suppressed import SUPPRESSED
from tamis.errors import ContractError
from tamis.reasons import REASONS
from tamis.records import DECISIONS, GRANTS, FilterSpec, Findings, Outcome

READER = "reader"

_BY_STATUS = {
    "not_checked": "not_checked",
    "unreadable": "picture_unreadable",
    "too_long": "too_long",
    "check_incomplete": "check_incomplete",
    "failed": "check_failed",
}
"""Statuses that hold an item → the reason, where the filter's measure `problem` names no better one."""

_ORDER = "order"


@dataclass(frozen=True, slots=True)
class Rule:
    """One place of the policy; `when` is asked of the findings of items that were seen."""

    name: str
    outcome: Outcome
    reason: str
    when: pl.Expr
    measure: str | None = None
    limit: float | None = None
    label: str | None = None
    """A measure that is a label, to be kept with the decision."""


def decide(
    policy: Policy,
    batch: pl.DataFrame,
    findings: Mapping[str, Findings],
    specs: Sequence[FilterSpec],
    *,
    suppressed: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every decision that is not a plain keep: schema DECISIONS, by position, then filter, then decisive first.

    Args:
        policy: sections for every filter of `specs` (see `Policy.require`).
        batch: schema BATCH.
        findings: by filter name, for every item of the batch.
        specs: the filters that ran.
        suppressed: schema SUPPRESSED: what of the findings is on the suppression list; nothing if left out.
    """
    listed = SUPPRESSED.to_frame() if suppressed is None else suppressed
    masked = _positions_to_mask(policy, findings, listed)
    frames = [_unread(batch)]
    for spec in specs:
        found = findings[spec.name]
        rows = [_unseen(found.items, spec), *_ruled(policy, found, spec, masked=masked)]
        if spec.name == "personal_data" and policy.personal_data:
            rows.insert(0, _suppressed(policy.personal_data, listed))
        frames.append(_with_decisive(pl.concat(rows)))
    decisions = pl.concat(frames).sort("position", "filter", pl.col("decisive").not_(), "rule", "label")
    _check_reasons(decisions)
    return decisions


def _unread(batch: pl.DataFrame) -> pl.DataFrame:
    """What the reader could not read is held, whatever the policy says."""
    if batch["reason"].null_count() == batch.height:
        return DECISIONS.to_frame()
    unread = batch.filter(pl.col("reason").is_not_null())
    return _rows(unread.select("position", "reason"), filter=READER, outcome="hold", rule="reader", decisive=True)


def _unseen(items: pl.DataFrame, spec: FilterSpec) -> pl.DataFrame:
    """What the filter could not look at is held."""
    unseen = items.filter(~pl.col("status").cast(pl.String).is_in(["seen", "not_applicable"]))
    if unseen.is_empty():
        return DECISIONS.to_frame()
    status = pl.col("status").cast(pl.String)
    reason = status.replace_strict(_BY_STATUS, return_dtype=pl.String)
    if "problem" in unseen.columns:
        reason = pl.coalesce("problem", reason)
    rows = unseen.select("position", reason=reason, rule=pl.lit("status.") + status)
    return _rows(rows, filter=spec.name, outcome="hold")


def _ruled(policy: Policy, found: Findings, spec: FilterSpec, *, masked: pl.Series) -> Iterator[pl.DataFrame]:
    seen = found.items.filter(pl.col("status") == "seen")
    if not seen.is_empty():
        masks = pl.col("position").is_in(masked.implode())
        yield from _matched(seen.with_columns(masked=masks), list(_rules(policy, spec)), spec)
    if spec.name == "personal_data" and policy.personal_data:
        yield _by_kind(policy.personal_data, found.spans)


def _matched(seen: pl.DataFrame, rules: list[Rule], spec: FilterSpec) -> Iterator[pl.DataFrame]:
    met = seen.select(rule.when.fill_null(value=False).alias(str(place)) for place, rule in enumerate(rules))
    for rule, matches in zip(rules, met, strict=True):
        if matches.any():
            yield _decided(seen.filter(matches), rule, spec)


def _rules(policy: Policy, spec: FilterSpec) -> Iterator[Rule]:
    if spec.name == "personal_data" and policy.personal_data:
        yield from _personal_data_rules(policy.personal_data)
    if spec.name == "nsfw" and policy.nsfw:
        yield from _nsfw_rules(policy.nsfw)
    if spec.name == "licence":
        yield from _licence_rules(policy.licence)
    for place, limit in enumerate(policy.limits):
        if limit.filter == spec.name:
            value = pl.col(limit.measure)
            beyond = value > limit.bound if limit.above is not None else value < limit.bound
            name = f"limits[{place}]"
            yield _missing(name, limit.measure)
            yield Rule(
                name, limit.outcome, "limit_passed", beyond & ~_unknown(limit.measure), limit.measure, limit.bound
            )


def rules_in_force(policy: Policy, specs: Sequence[FilterSpec]) -> list[dict[str, Any]]:
    """Every rule that items are held against, kept ones too, as run.json and the catalog have it.

    Each has filter, rule, measure, bound, outcome and reason; measure and bound are null where a rule has none.
    """
    stated = [_stated(spec.name, rule) for spec in specs for rule in _rules(policy, spec)]
    if policy.exact_duplicates is not None:
        again = Rule(
            "exact_duplicates.on_duplicate", policy.exact_duplicates.on_duplicate, "exact_duplicate", pl.lit(value=True)
        )
        stated.append(_stated("exact_duplicates", again))
    section = policy.personal_data
    if section is None:
        return stated
    actions = {"personal_data.default": section.default}
    actions |= {_kind_rule(section, kind): outcome for kind, outcome in sorted(section.kinds.items())}
    met = Rule(_ON_SUPPRESSED, section.on_suppressed, SUPPRESSED_REASON, pl.lit(value=True), "hits", 0.0)
    by_kind = (
        Rule(name, outcome, _REASON_BY_OUTCOME[outcome], pl.lit(value=True), "hits", 0.0)
        for name, outcome in actions.items()
        if outcome != "keep"
    )
    return [*stated, *(_stated("personal_data", rule) for rule in (met, *by_kind))]


def _stated(name: str, rule: Rule) -> dict[str, Any]:
    return {
        "filter": name,
        "rule": rule.name,
        "measure": rule.measure,
        "bound": rule.limit,
        "outcome": rule.outcome,
        "reason": rule.reason,
    }


def _personal_data_rules(section: PersonalData) -> Iterator[Rule]:
    yield _missing("personal_data", "hits")
    for name, measure, limit in (
        ("max_hits", "hits", section.max_hits),
        ("max_density", "density", section.max_density),
    ):
        if limit is not None:
            yield _missing(f"personal_data.{name}", measure)
            dense = (pl.col(measure) > limit) & ~_unknown(measure)
            yield Rule(f"personal_data.{name}", section.on_dense, "personal_data_dense", dense, measure, float(limit))


def _nsfw_rules(section: Nsfw) -> Iterator[Rule]:
    score = pl.col("nsfw")
    known = ~_unknown("nsfw")
    yield _missing("nsfw", "nsfw")
    yield Rule("nsfw.drop_at", "drop", "nsfw_drop", known & (score >= section.drop_at), "nsfw", section.drop_at)
    between = known & (score >= section.review_at) & (score < section.drop_at)
    yield Rule("nsfw.review_at", section.on_review, "nsfw_review", between, "nsfw", section.review_at)


def _licence_rules(section: Licence) -> Iterator[Rule]:
    grant = pl.col("grant").fill_null("unknown")
    known = grant.is_in(GRANTS) & (grant != "unknown")
    denied = known & ~grant.is_in([*section.allow, *section.review])
    weak = known & ~_unknown("level") & (pl.col("level") < section.min_level)
    yield _missing("licence", "level")
    yield _missing("licence", "conflict")
    yield _missing("licence", "no_derivatives")
    yield _missing("licence", "not_understood")
    yield Rule("licence.on_unknown", section.on_unknown, "licence_unknown", ~known, label="grant")
    yield Rule("licence.allow", section.on_denied, "licence_denied", denied, label="grant")
    conflict = pl.col("conflict").fill_null(0) != 0
    yield Rule("licence.on_conflict", section.on_conflict, "licence_conflict", conflict, "conflict", 0.0, "grant")
    unread = (pl.col("not_understood") > 0) & ~_unknown("not_understood")
    yield Rule(
        "licence.on_not_understood", section.on_not_understood, "licence_not_understood", unread, "not_understood", 0.0
    )
    reviewed = grant.is_in(section.review) if section.review else pl.lit(value=False)
    yield Rule("licence.review", "hold", "licence_review", reviewed, label="grant")
    yield Rule("licence.min_level", section.on_weak, "licence_evidence_weak", weak, "level", float(section.min_level))
    changed = pl.col("masked") & (pl.col("no_derivatives").fill_null(1) != 0)
    yield Rule("licence.no_derivatives", "hold", "licence_no_derivatives", changed, "no_derivatives", 0.0, "grant")


def _missing(name: str, measure: str) -> Rule:
    return Rule(name, "hold", "score_missing", _unknown(measure), measure)


def _unknown(measure: str) -> pl.Expr:
    return pl.col(measure).is_finite().fill_null(value=False).not_()


def _decided(matching: pl.DataFrame, rule: Rule, spec: FilterSpec) -> pl.DataFrame:
    columns: dict[str, pl.Expr] = {}
    if rule.measure:
        columns["value"] = pl.col(rule.measure)
        columns["measure"] = pl.lit(rule.measure)
    if rule.label:
        columns["label"] = pl.col(rule.label)
    if rule.limit is not None:
        columns["limit"] = pl.lit(rule.limit, dtype=pl.Float64)
    rows = matching.select("position", **columns)
    return _rows(rows, filter=spec.name, outcome=rule.outcome, reason=rule.reason, rule=rule.name)


def _by_kind(section: PersonalData, spans: pl.DataFrame) -> pl.DataFrame:
    """One decision for each kind that an item holds and that is not simply kept."""
    if spans.is_empty():
        return DECISIONS.to_frame()
    counted = spans.group_by("position", "kind").len("value").sort("position", "kind")
    rows = [
        (position, _REASON_BY_OUTCOME[outcome], _kind_rule(section, kind), outcome, float(value), kind)
        for position, kind, value in counted.iter_rows()
        if (outcome := section.outcome_of(kind)) != "keep"
    ]
    schema = {name: DECISIONS[name] for name in ("position", "reason", "rule", "outcome", "value", "label")}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return _rows(frame, filter="personal_data", measure="hits")


def _suppressed(section: PersonalData, suppressed: pl.DataFrame) -> pl.DataFrame:
    """One decision for each item and kind with a value on the suppression list."""
    rows = suppressed.select("position", label="kind", value="hits")
    constants = {"reason": SUPPRESSED_REASON, "rule": _ON_SUPPRESSED, "measure": "hits"}
    return _rows(rows, filter="personal_data", outcome=section.on_suppressed, **constants)


_ON_SUPPRESSED = "personal_data.on_suppressed"

_REASON_BY_OUTCOME = {"redact": "personal_data_masked", "hold": "personal_data_held", "drop": "personal_data_dropped"}


def _kind_rule(section: PersonalData, kind: str) -> str:
    return f"personal_data.kinds.{kind}" if kind in section.kinds else "personal_data.default"


def _positions_to_mask(policy: Policy, findings: Mapping[str, Findings], suppressed: pl.DataFrame) -> pl.Series:
    empty = pl.Series("position", [], dtype=pl.UInt64)
    if policy.personal_data is None or "personal_data" not in findings:
        return empty
    masked = maskable(policy.personal_data, findings["personal_data"].spans)["position"]
    if policy.personal_data.on_suppressed == "redact":
        masked = pl.concat([masked, suppressed["position"]])
    return masked.unique()


def maskable(section: PersonalData, spans: pl.DataFrame) -> pl.DataFrame:
    """The spans whose kind the policy masks."""
    kinds = [kind for kind in spans["kind"].unique() if section.outcome_of(kind) == "redact"]
    return spans.filter(pl.col("kind").is_in(kinds))


def _rows(frame: pl.DataFrame, **constants: str | bool) -> pl.DataFrame:
    """`frame` as decisions: constants filled in, what is not said null."""
    given = {name: pl.lit(constants.get(name)) for name in DECISIONS if name not in frame.columns or name in constants}
    return frame.select(given.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in DECISIONS.items())


def _with_decisive(rows: pl.DataFrame) -> pl.DataFrame:
    """Marks one row per item: the strictest, then the rule that stands first."""
    if rows.is_empty():
        return rows
    ordered = rows.with_row_index(_ORDER).sort("position", "outcome", _ORDER, descending=[False, True, False])
    first = pl.col("position").is_first_distinct()
    return ordered.with_columns(decisive=first).drop(_ORDER)


def _check_reasons(decisions: pl.DataFrame) -> None:
    unknown = set(decisions["reason"]) - REASONS.keys()
    if unknown:
        raise ContractError(f"decisions with reasons that are not on the closed list: {len(unknown)} of them.")
