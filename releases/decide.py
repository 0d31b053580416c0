"""Decisions: what a policy makes of findings. Pure: the same policy, batch and findings give the same rows.

Each rule is an expression over a filter's findings; a row that matches becomes a decision with the rule's name, the
measure and the limit it passed. Whatever has no finite measure where a rule needs one is held, for unknown is never
allow: in Polars a null falls through every comparison, NaN is above all numbers, and -inf below every limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import polars as pl

from catalog.log import READER, RECORD
from filters.rights.spdx import is_covered
from filters.text.languages import NO_LANGUAGE, languages
from releases.crossing import REASON_BY_OUTCOME, RULE_BY_KIND
from releases.places import in_force, maskable
from releases.policy import (
    Action,
    Blocklist,
    EvaluationOverlap,
    Language,
    Licence,
    NearDuplicates,
    NearMeanings,
    NearTexts,
    Nsfw,
    PersonalData,
    Policy,
    Records,
    RepeatedLines,
    Reservation,
)
from releases.suppressed import REASON as SUPPRESSED_REASON
from releases.suppressed import SUPPRESSED
from tamis.errors import ContractError
from tamis.reasons import REASONS
from tamis.records import (
    BASES,
    CONDITIONS,
    DECISIONS,
    GRANTS,
    LICENSED,
    PROTOCOLS,
    FilterSpec,
    Findings,
    Outcome,
)

BY_STATUS = {
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
    label: pl.Expr | None = None
    """A word to be kept with the decision."""
    value: pl.Expr | None = None
    """What is held against the limit, where it is not the measure as the filter gave it."""


REENCODE = Rule("pictures.reencode", "hold", "picture_not_reencoded", pl.lit(value=True))
"""That of the step over pictures that stay, `releases/reencode.py`."""


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
    masked = _positions_to_change(policy, batch, findings, listed)
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
    reason = status.replace_strict(BY_STATUS, return_dtype=pl.String)
    if "problem" in unseen.columns:
        reason = pl.coalesce("problem", reason)
    rows = unseen.select("position", reason=reason, rule=pl.lit("status.") + status)
    return _rows(rows, filter=spec.name, outcome="hold")


def _ruled(policy: Policy, found: Findings, spec: FilterSpec, *, masked: pl.Series) -> Iterator[pl.DataFrame]:
    section = policy.personal_data if spec.name == "personal_data" else None
    seen = found.items.filter(pl.col("status") == "seen")
    if section:
        counts = _counts(section, found.spans)
        yield from _matched(counts, tuple(_kinds_rules(section)), spec)
        seen = seen.join(counts.select("position", _BELOW), on="position", how="left", maintain_order="left")
    if spec.name == "reservation" and policy.reservation:
        heard = _heard(policy.reservation, found.evidence)
        seen = seen.join(heard, on="position", how="left", validate="1:1", maintain_order="left")
    masks = pl.col("position").is_in(masked.implode())
    yield from _matched(seen.with_columns(masked=masks), tuple(_rules(policy, spec)), spec)
    if section:
        yield _by_kind(section, found.spans)


def _matched(seen: pl.DataFrame, rules: Sequence[Rule], spec: FilterSpec) -> Iterator[pl.DataFrame]:
    if seen.is_empty():
        return
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
    if spec.name == "reservation" and policy.reservation:
        yield from _reservation_rules(policy.reservation)
    if spec.name == "blocklist" and policy.blocklist:
        yield from _blocklist_rules(policy.blocklist)
    if spec.name == "language" and policy.language:
        yield from _language_rules(policy.language)
    if spec.name == "evaluation_overlap" and policy.evaluation_overlap:
        yield from _evaluation_rules(policy.evaluation_overlap)
    for name, limit in policy.all_limits:
        if limit.filter == spec.name:
            beyond = limit.passed_by(pl.col(limit.measure)) & ~_unknown(limit.measure)
            yield _missing(name, limit.measure)
            yield Rule(name, limit.outcome, "limit_passed", beyond, limit.measure, limit.bound)


def rules_in_force(policy: Policy, specs: Sequence[FilterSpec]) -> list[dict[str, Any]]:
    """Every rule that items are held against, kept ones too, as run.json and the catalog have it.

    Each has filter, rule, measure, bound, outcome and reason; measure and bound are null where a rule has none.
    """
    section = policy.personal_data
    stated = [_stated("personal_data", rule) for rule in (_kinds_rules(section) if section else ())]
    stated += [_stated(spec.name, rule) for spec in specs for rule in _rules(policy, spec)]
    if policy.exact_duplicates is not None:
        again = Rule(
            "exact_duplicates.on_duplicate", policy.exact_duplicates.on_duplicate, "exact_duplicate", pl.lit(value=True)
        )
        stated.append(_stated("exact_duplicates", again))
    near = policy.near_duplicates
    if near and near.pictures:
        stated.append(_stated("picture_hashes", _alike(near)))
    if near and near.texts:
        stated.append(_stated("text_minhash", _nearly_the_same(near.texts)))
    if near and near.meanings:
        stated.append(_stated("text_embedding", _saying_the_same(near.meanings)))
    if policy.repeated_lines is not None:
        stated += [_stated("repeated_lines", rule) for rule in _repeated(policy.repeated_lines)]
    if policy.language is not None:
        stated += [_stated("language", rule) for rule in _allowed_languages(policy.language)]
    stated.append(_stated("licence", _elsewhere(policy.licence)))
    stated += [_stated(RECORD, rule) for rule in _crossing_rules(policy.records)]
    stated += [_stated("personal_data", rule) for rule in (_rules_by_kind(section) if section else ())]
    return [*stated, *([_stated(READER, REENCODE)] if policy.reencodes else [])]


def _elsewhere(section: Licence) -> Rule:
    """That of the step over all shards, `releases/laundering.py`."""
    name = "licence.on_stricter_elsewhere"
    return Rule(name, section.on_stricter_elsewhere, "licence_stricter_elsewhere", pl.lit(value=True))


def _alike(section: NearDuplicates) -> Rule:
    """That of the step over all shards, `releases/near_duplicates.py`; what `auto` comes to is known only then."""
    radius = None if section.radius == "auto" else float(section.radius)
    name = "near_duplicates.on_near_duplicate"
    return Rule(name, section.on_near_duplicate, "near_duplicate", pl.lit(value=True), "distance", radius)


def _nearly_the_same(section: NearTexts) -> Rule:
    """That of the step over all shards, `releases/near_texts.py`."""
    name = "near_duplicates.texts.on_near_duplicate"
    always = pl.lit(value=True)
    return Rule(name, section.on_near_duplicate, "near_duplicate", always, "similarity", section.limit)


def _saying_the_same(section: NearMeanings) -> Rule:
    """That of the step over all shards, `releases/near_meanings.py`."""
    name = "near_duplicates.meanings.on_near_duplicate"
    always = pl.lit(value=True)
    return Rule(name, section.on_near_duplicate, "near_duplicate", always, "similarity", section.min_similarity)


def _repeated(section: RepeatedLines) -> Iterator[Rule]:
    """Those of the step over all shards, `releases/repeated_lines.py`."""
    always = pl.lit(value=True)
    yield Rule("repeated_lines", "hold", "score_missing", always)
    for _, key, measure, limit in section.limits:
        yield Rule(f"repeated_lines.{key}", section.on_repeated, "lines_repeated", always, measure, limit)


def _crossing_rules(section: Records) -> Iterator[Rule]:
    """Those of the step over all records, `releases/crossing.py`."""
    for kind, name in RULE_BY_KIND.items():
        if section.follows(kind):
            for outcome, reason in REASON_BY_OUTCOME.items():
                yield Rule(name, outcome, reason, pl.lit(value=True))


def _rules_by_kind(section: PersonalData) -> Iterator[Rule]:
    """What each kind leads to; where it has a least score, that is a rule of the same name with the measure `score`."""
    yield Rule(_ON_SUPPRESSED, section.on_suppressed, SUPPRESSED_REASON, pl.lit(value=True), "hits", 0.0)
    actions = {"personal_data.default": section.default}
    actions |= {_kind_rule(section, kind): section.action_of(kind) for kind in sorted(section.kinds)}
    least = {_kind_rule(section, kind): score for kind, score in section.min_scores.items()}
    for name, action in actions.items():
        if action == "keep":
            continue
        for measure, limit in (("hits", 0.0), ("score", least.get(name))):
            if limit is not None:
                always = pl.lit(value=True)
                yield Rule(name, _OUTCOME_BY_ACTION[action], _REASON_BY_ACTION[action], always, measure, limit)


def _stated(name: str, rule: Rule) -> dict[str, Any]:
    return {
        "filter": name,
        "rule": rule.name,
        "measure": rule.measure,
        "bound": rule.limit,
        "outcome": rule.outcome,
        "reason": rule.reason,
    }


def _kinds_rules(section: PersonalData) -> Iterator[Rule]:
    """What is asked of the kinds that an item holds, also of one that was not seen whole."""
    for place, kinds in enumerate(section.together):
        all_of_them = pl.all_horizontal(pl.col(_column(kind)) > 0 for kind in kinds)
        yield Rule(f"personal_data.together[{place}]", section.on_together, "personal_data_together", all_of_them)
    for kind, limit in sorted(section.max_of_kind.items()):
        count = pl.col(_column(kind))
        yield Rule(
            f"personal_data.max_of_kind.{kind}",
            section.on_dense,
            "personal_data_dense",
            count > limit,
            measure="hits",
            limit=float(limit),
            label=pl.lit(kind),
            value=count,
        )


def _counts(section: PersonalData, spans: pl.DataFrame) -> pl.DataFrame:
    """One row for each item with places: how many are not in force, and how many in force of each kind that counts."""
    force = (
        in_force(section, spans)
        .group_by("position")
        .agg(
            pl.len().alias(_IN_FORCE),
            *((pl.col("kind") == kind).sum().alias(_column(kind)) for kind in section.counted),
        )
    )
    every = spans.group_by("position").len(_EVERY).join(force, on="position", how="left").fill_null(0)
    return every.with_columns((pl.col(_EVERY).cast(pl.Int64) - pl.col(_IN_FORCE)).alias(_BELOW)).sort("position")


_EVERY, _IN_FORCE, _BELOW = "places", "places_in_force", "places_below_min_score"


def _column(kind: str) -> str:
    return f"places_of_{kind}"


def _personal_data_rules(section: PersonalData) -> Iterator[Rule]:
    """Limits on what was measured, less the places that are not in force."""
    hits, density, below = pl.col("hits"), pl.col("density"), pl.col(_BELOW).fill_null(0)
    thinned = pl.when(below > 0).then(density * (hits - below) / hits).otherwise(density)
    yield _missing("personal_data", "hits")
    for name, measure, limit, value in (
        ("max_hits", "hits", section.max_hits, hits - below),
        ("max_density", "density", section.max_density, thinned),
    ):
        if limit is not None:
            yield _missing(f"personal_data.{name}", measure)
            yield Rule(
                f"personal_data.{name}",
                section.on_dense,
                "personal_data_dense",
                (value > limit) & ~_unknown(measure),
                measure,
                float(limit),
                value=value,
            )


def _nsfw_rules(section: Nsfw) -> Iterator[Rule]:
    score = pl.col("nsfw")
    known = ~_unknown("nsfw")
    yield _missing("nsfw", "nsfw")
    yield Rule("nsfw.drop_at", "drop", "nsfw_drop", known & (score >= section.drop_at), "nsfw", section.drop_at)
    between = known & (score >= section.review_at) & (score < section.drop_at)
    yield Rule("nsfw.review_at", section.on_review, "nsfw_review", between, "nsfw", section.review_at)


def _licence_rules(section: Licence) -> Iterator[Rule]:
    basis = pl.col("basis").fill_null("unknown")
    yield Rule("licence.bases", section.on_basis, "licence_basis", ~basis.is_in(section.bases), label=basis)
    for measure in ("level", "issuers", "conflict", "not_understood", *CONDITIONS):
        yield _missing("licence", measure)
    for rule in _licensed_rules(section) if LICENSED in section.bases else ():
        yield replace(rule, when=(basis == LICENSED) & rule.when)
    grant = pl.col("grant")
    for condition in section.deny:
        asked = pl.col(condition) != 0
        yield Rule(
            "licence.deny", section.on_denied, "licence_condition_denied", asked, condition, 0.0, pl.lit(condition)
        )
    changed = pl.col("masked") & (pl.col("no_derivatives").fill_null(1) != 0)
    yield Rule("licence.no_derivatives", "hold", "licence_no_derivatives", changed, "no_derivatives", 0.0, grant)


def _licensed_rules(section: Licence) -> Iterator[Rule]:
    """Where the licence is what allows the use."""
    grant = pl.col("grant").fill_null("unknown")
    known = grant.is_in(GRANTS) & (grant != "unknown")
    denied = known & ~grant.is_in([*section.allow, *section.review])
    yield Rule("licence.on_unknown", section.on_unknown, "licence_unknown", ~known, label=pl.col("grant"))
    yield Rule("licence.allow", section.on_denied, "licence_denied", denied, label=pl.col("grant"))
    if section.licences is not None:
        listed = pl.col("expression").map_elements(_listed(section.licences), return_dtype=pl.Boolean)
        unlisted = known & ~listed.fill_null(value=False)
        yield Rule("licence.licences", section.on_denied, "licence_not_listed", unlisted, label=pl.col("expression"))
    conflict = pl.col("conflict").fill_null(0) != 0
    yield Rule(
        "licence.on_conflict", section.on_conflict, "licence_conflict", conflict, "conflict", 0.0, pl.col("grant")
    )
    unread = (pl.col("not_understood") > 0) & ~_unknown("not_understood")
    yield Rule(
        "licence.on_not_understood", section.on_not_understood, "licence_not_understood", unread, "not_understood", 0.0
    )
    reviewed = grant.is_in(section.review) if section.review else pl.lit(value=False)
    yield Rule("licence.review", "hold", "licence_review", reviewed, label=pl.col("grant"))
    weak = known & ~_unknown("level") & (pl.col("level") < section.min_level)
    if section.min_issuers is not None:
        weak &= pl.col("issuers") < section.min_issuers
    yield Rule("licence.min_level", section.on_weak, "licence_evidence_weak", weak, "level", float(section.min_level))


def _listed(licences: Sequence[str]) -> Callable[[str], bool]:
    listed = frozenset(licences)
    return cache(lambda expression: is_covered(expression, listed))


def _reservation_rules(section: Reservation) -> Iterator[Rule]:
    """Over what `_heard` counts: how many protocols say what, and which is the first of them."""
    basis = pl.col("basis").fill_null("unknown")
    honoured = ~basis.is_in([each for each in BASES if each not in section.honoured_for])
    for says, reason, outcome in (
        ("reserved", "reserved", section.on_reserved),
        ("unclear", "reservation_unclear", section.on_unclear),
    ):
        said = pl.col(f"first_{says}").is_not_null()
        yield Rule(f"reservation.on_{says}", outcome, reason, honoured & said, label=pl.col(f"first_{says}"))
    required = ~basis.is_in([each for each in BASES if each not in section.required_for])
    missed = pl.col("missed").fill_null(value=True)
    yield Rule(
        "reservation.on_not_checked", section.on_not_checked, "reservation_not_checked", required & missed, label=basis
    )


def _blocklist_rules(section: Blocklist) -> Iterator[Rule]:
    yield _missing("blocklist", "listed")
    listed = (pl.col("listed") > 0) & ~_unknown("listed")
    entry = pl.concat_str("list", "entry", separator="/")
    yield Rule("blocklist.on_listed", section.on_listed, "blocklisted", listed, "listed", 0.0, entry)


def _language_rules(section: Language) -> Iterator[Rule]:
    """What is not known for sure is not called another language: that would be dropped on a guess."""
    code = pl.col("language")
    listed = [each for each in languages() if each != NO_LANGUAGE or NO_LANGUAGE in section.allow]
    told = code.is_in(listed).fill_null(value=False)
    for measure in ("score", "share"):
        yield Rule("language", "hold", "score_missing", told & _unknown(measure), measure)
    score, share, sure = pl.col("score"), pl.col("share"), told & ~_unknown("score")
    yield Rule("language.on_unknown", section.on_unknown, "language_unknown", ~told, label=code)
    low, least = sure & (score < section.min_score), section.min_score
    yield Rule("language.min_score", section.on_unknown, "language_unsure", low, "score", least, code)
    other = sure & ~low & ~code.is_in(section.allow)
    yield Rule("language.allow", section.on_other, "language_not_allowed", other, label=code)
    mixed = told & ~_unknown("share") & (share < section.min_share)
    yield Rule(
        "language.min_share", section.on_mixed, "language_mixed", mixed, "share", section.min_share, pl.col("second")
    )
    foreign = told & (code != NO_LANGUAGE) & (pl.col("agrees").fill_null(0) != 1)
    yield Rule("language.on_script", section.on_script, "language_script", foreign, "agrees", 1.0, pl.col("script"))


def _allowed_languages(section: Language) -> Iterator[Rule]:
    """One for each, so that whoever audits the catalog can read what was allowed."""
    for each in section.allow:
        yield Rule(f"language.allow.{each}", section.on_other, "language_not_allowed", pl.lit(value=True))


def _evaluation_rules(section: EvaluationOverlap) -> Iterator[Rule]:
    for measure, limit in (("covered", section.max_covered), ("overlap", section.max_overlap)):
        if limit is not None:
            name = f"evaluation_overlap.max_{measure}"
            yield _missing("evaluation_overlap", measure)
            beyond = (pl.col(measure) > limit) & ~_unknown(measure)
            yield Rule(name, section.on_overlap, "evaluation_overlap", beyond, measure, limit, label=_evaluation_item())


def _evaluation_item() -> pl.Expr:
    return pl.concat_str("set", pl.col("item").cast(pl.Int64), separator="/")


def _heard(section: Reservation, evidence: pl.DataFrame) -> pl.DataFrame:
    """One row for each item of which some honoured protocol was looked for.

    first_reserved, first_unclear: the protocol that says so, in the order of PROTOCOLS, or null. missed: whether
    anything that is required was not looked for.
    """
    counts = pl.lit(value=True) if section.retroactive else pl.col("at_fetch")
    heard = evidence.filter((pl.col("about") == "reservation") & pl.col("kind").is_in(section.honour) & counts)
    ordered = heard.with_columns(pl.col("kind").cast(pl.Enum(PROTOCOLS))).sort("position", "kind")
    protocol = pl.col("kind").cast(pl.String)
    return ordered.group_by("position", maintain_order=True).agg(
        *(protocol.filter(pl.col("reservation") == says).first().alias(f"first_{says}") for says in _SAYS),
        missed=pl.any_horizontal(pl.lit(value=False), *(~(protocol == each).any() for each in section.require)),
    )


_SAYS = ("reserved", "unclear")


def _missing(name: str, measure: str) -> Rule:
    return Rule(name, "hold", "score_missing", _unknown(measure), measure)


def _unknown(measure: str) -> pl.Expr:
    return pl.col(measure).is_finite().fill_null(value=False).not_()


def _decided(matching: pl.DataFrame, rule: Rule, spec: FilterSpec) -> pl.DataFrame:
    columns = {"position": pl.col("position")}
    constants: dict[str, str | float] = {"outcome": rule.outcome, "reason": rule.reason, "rule": rule.name}
    if rule.measure:
        columns["value"] = pl.col(rule.measure) if rule.value is None else rule.value
        constants["measure"] = rule.measure
    if rule.label is not None:
        columns["label"] = rule.label
    if rule.limit is not None:
        constants["limit"] = rule.limit
    return matching.select(_row(columns, {**constants, "filter": spec.name}))


def _by_kind(section: PersonalData, spans: pl.DataFrame) -> pl.DataFrame:
    """One decision for each kind that an item holds in force and that is not simply kept."""
    force = in_force(section, spans)
    if force.is_empty():
        return DECISIONS.to_frame()
    valued = pl.all_horizontal(pl.col("value_hi", "value_lo").is_not_null()).any()
    counted = force.group_by("position", "kind").agg(pl.len(), valued.alias("valued")).sort("position", "kind")
    rows = [
        (position, _reason(action, valued=valued), _kind_rule(section, kind), _OUTCOME_BY_ACTION[action], count, kind)
        for position, kind, count, valued in counted.iter_rows()
        if (action := section.action_of(kind)) != "keep"
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


def _reason(action: Action, *, valued: bool) -> str:
    """Without the digest of a value there is no pseudonym: it is masked plainly."""
    return _REASON_BY_ACTION["redact" if action == "pseudonym" and not valued else action]


_OUTCOME_BY_ACTION: dict[Action, Outcome] = {"redact": "redact", "pseudonym": "redact", "hold": "hold", "drop": "drop"}

_REASON_BY_ACTION: dict[Action, str] = {
    "redact": "personal_data_masked",
    "pseudonym": "personal_data_pseudonymised",
    "hold": "personal_data_held",
    "drop": "personal_data_dropped",
}


def _kind_rule(section: PersonalData, kind: str) -> str:
    return f"personal_data.kinds.{kind}" if kind in section.kinds else "personal_data.default"


def _positions_to_change(
    policy: Policy, batch: pl.DataFrame, findings: Mapping[str, Findings], suppressed: pl.DataFrame
) -> pl.Series:
    """Texts that would be masked, and pictures that would be encoded anew: what some licences forbid."""
    masked = _positions_to_mask(policy, findings, suppressed)
    pictures = batch.filter((pl.col("kind").cast(pl.String) == "image") & policy.reencodes)["position"]
    return pl.concat([masked, pictures])


def _positions_to_mask(policy: Policy, findings: Mapping[str, Findings], suppressed: pl.DataFrame) -> pl.Series:
    empty = pl.Series("position", [], dtype=pl.UInt64)
    if policy.personal_data is None or "personal_data" not in findings:
        return empty
    masked = maskable(policy.personal_data, findings["personal_data"].spans)["position"]
    if policy.personal_data.on_suppressed == "redact":
        masked = pl.concat([masked, suppressed["position"]])
    return masked.unique()


def _rows(frame: pl.DataFrame, **constants: str | bool) -> pl.DataFrame:
    """`frame` as decisions: constants filled in, what is not said null."""
    return frame.select(_row({name: pl.col(name) for name in frame.columns}, constants))


def _row(columns: Mapping[str, pl.Expr], constants: Mapping[str, str | float | bool]) -> Iterator[pl.Expr]:
    for name, dtype in DECISIONS.items():
        if name in columns and name not in constants:
            yield columns[name].cast(dtype).alias(name)
        else:
            yield _constant(name, constants.get(name))


@lru_cache(maxsize=4096, typed=True)
def _constant(name: str, value: str | float | bool | None) -> pl.Expr:
    return pl.lit(value).cast(DECISIONS[name]).alias(name)


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
