"""Decides a run again under another policy, over what is on record: no filter runs, and nothing is written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from catalog.log import Commit, Log, read_all_findings, verdicts_of
from catalog.suppression import Suppressions
from releases.alike_in_records import near_duplicates_in_records
from releases.crossing import OF_RECORDS, after, cross, fallen, leading, settle
from releases.decide import decide
from releases.duplicates import decide_duplicates
from releases.near_duplicates import COMPARED_BY as OF_PICTURES
from releases.near_duplicates import FILTER as HASHES
from releases.near_duplicates import PLACED_PRINTS, read_earlier
from releases.near_meanings import COMPARED_BY as OF_MEANINGS
from releases.near_meanings import decide_near_meanings, vectors_for
from releases.near_texts import COMPARED_BY as OF_TEXTS
from releases.near_texts import decide_near_texts, signatures_for
from releases.on_record import OnRecord
from releases.policy import Policy
from releases.repeated_lines import COMPARED_BY as OF_LINES
from releases.repeated_lines import Recorded as RecordedLines
from releases.repeated_lines import decide_repeated_lines, recorded_for
from releases.suppressed import SUPPRESSED, suppressed_in
from tamis.errors import ConfigError
from tamis.records import BATCH, OUTCOME, PARTS, PRINTS, SIGNATURES, Columns, FilterSpec, Findings, Measure

_REPLAYED: Columns = {
    "shard": pl.UInt32,
    "position": pl.UInt64,
    "item_hi": pl.UInt64,
    "item_lo": pl.UInt64,
    "kind": pl.String,
    "verdict": OUTCOME,
    "filter": pl.String,
    "reason": pl.String,
    "label": pl.String,
}
REPLAYED = pl.Schema(_REPLAYED)
"""One row for each item of a run: the verdict, and the decision that gave it; null where it was kept."""


def specs_on_record(run: Mapping[str, Any]) -> tuple[FilterSpec, ...]:
    """The filters of a run, as run.json has them."""
    return tuple(
        FilterSpec(
            name=each["name"],
            version=each["version"],
            kinds=tuple(each.get("kinds", ("text", "image"))),
            reads=each["reads"],
            measures=tuple(Measure(m["name"], m["type"], m["about"]) for m in each["measures"]),
            parameters=tuple(each["parameters"].items()),
        )
        for each in run["filters"]
    )


def replay(log: Log, run: str, policies: Sequence[Policy]) -> list[pl.DataFrame]:
    """What each policy makes of every item of a run: schema REPLAYED, by shard and position.

    Shards are put together before they are decided, for most are small; what is on record is read once.

    Raises:
        ConfigError: the run's filters are not those that a policy decides on.
    """
    facts = log.read_run(run)
    specs = specs_on_record(facts)
    for policy in policies:
        policy.require(specs, f"run {run}")
    listed = log.read_suppressions((facts.get("suppressions") or {"digest": ""})["digest"])
    commits = log.commits(run)
    if not commits:
        raise ConfigError(f"run {run}: none of its shards is committed, so nothing is on record to decide on.")
    earlier = [
        read_earlier(log, near.against if near and near.pictures else ())
        for near in (policy.near_duplicates for policy in policies)
    ]
    minima = [signatures_for(log, run, policy) for policy in policies]
    vectors = [vectors_for(log, run, policy) for policy in policies]
    decided: list[list[pl.DataFrame]] = [[] for _ in policies]
    signatures: list[pl.DataFrame] = []
    prints: list[pl.DataFrame] = []
    for together in _chunks(commits):
        recorded = _Recorded.of([_read(log, commit, specs, listed) for commit in together])
        signatures.append(recorded.signatures)
        prints.append(recorded.prints)
        for policy, rows in zip(policies, decided, strict=True):
            rows.append(recorded.decided(policy, specs))
    signed = pl.concat(signatures)
    printed = pl.concat(prints)
    return [
        _compared(
            policy,
            pl.concat(rows),
            signed,
            prints=printed,
            earlier=old,
            minima=of_texts,
            vectors=of_meanings,
            lines=recorded_for(log, run, policy),
        )
        for policy, rows, old, of_texts, of_meanings in zip(policies, decided, earlier, minima, vectors, strict=True)
    ]


_ITEMS_TOGETHER = 20_000


def _chunks(commits: Mapping[int, Commit]) -> Iterator[list[Commit]]:
    waiting: list[Commit] = []
    for _, commit in sorted(commits.items()):
        waiting.append(commit)
        if sum(each.items for each in waiting) >= _ITEMS_TOGETHER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


_SLOT = 2**40
"""Places of a shard in a chunk lie so far apart that no two items have the same."""


_COMPARED_BY: Mapping[str, Sequence[str]] = {**OF_PICTURES, **OF_TEXTS, **OF_MEANINGS, **OF_LINES}
"""Measures that steps over all items ask for, by filter."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What is on record of some shards: positions are those in the shard, plus _SLOT for each shard before it."""

    numbers: pl.DataFrame
    """slot → shard."""
    batch: pl.DataFrame
    findings: Mapping[str, Findings]
    suppressed: pl.DataFrame

    @classmethod
    def of(cls, shards: Sequence[_Shard]) -> _Recorded:
        def joined(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
            offsets = (pl.lit(slot * _SLOT, dtype=pl.UInt64) for slot in range(len(shards)))
            return pl.concat(
                frame.with_columns(pl.col("position") + offset) for frame, offset in zip(frames, offsets, strict=True)
            )

        names = shards[0].findings
        numbers = {"slot": range(len(shards)), "shard": [shard.number for shard in shards]}
        return cls(
            numbers=pl.DataFrame(numbers, schema={"slot": pl.UInt64, "shard": pl.UInt32}),
            batch=joined(shard.batch for shard in shards),
            findings={
                name: Findings(
                    joined(shard.findings[name].items for shard in shards),
                    **{part: joined(shard.findings[name].parts[part] for shard in shards) for part in PARTS},
                )
                for name in names
            },
            suppressed=joined(shard.suppressed for shard in shards),
        )

    def decided(self, policy: Policy, specs: Sequence[FilterSpec]) -> pl.DataFrame:
        """REPLAYED and what items are compared by, without the steps over all items."""
        decisions = decide(policy, self.batch, self.findings, specs, suppressed=self.suppressed)
        rows = _verdicts(self.batch, decisions, specs)
        for name, measures in _COMPARED_BY.items():
            found = self._measured(name, measures)
            rows = rows.join(found, on="position", how="left", validate="1:1")
        return self._placed(rows.sort("position"))

    def _measured(self, name: str, measures: Sequence[str]) -> pl.DataFrame:
        """Null for all where the filter did not run."""
        if name in self.findings:
            return self.findings[name].items.select("position", *measures)
        return self.batch.select("position", *(pl.lit(None, dtype=pl.Float64).alias(measure) for measure in measures))

    @property
    def signatures(self) -> pl.DataFrame:
        """What exact duplicates are told by: shard and position as they are on record."""
        found = self.findings.get("exact_duplicates")
        return self._placed(found.signatures if found else SIGNATURES.to_frame())

    @property
    def prints(self) -> pl.DataFrame:
        """What near-duplicates are told by: shard and position as they are on record."""
        found = self.findings.get(HASHES)
        return self._placed(found.prints if found else PRINTS.to_frame()).select(PLACED_PRINTS.names())

    def _placed(self, rows: pl.DataFrame) -> pl.DataFrame:
        slot = (pl.col("position") // _SLOT).alias("slot")
        placed = rows.with_columns(slot, pl.col("position") % _SLOT)
        return placed.join(self.numbers, on="slot", how="left", validate="m:1", maintain_order="left").drop("slot")


@dataclass(frozen=True, slots=True)
class _Shard:
    number: int
    batch: pl.DataFrame
    findings: Mapping[str, Findings]
    suppressed: pl.DataFrame


def _read(log: Log, commit: Commit, specs: Sequence[FilterSpec], listed: Suppressions) -> _Shard:
    folder = log.segment_folder(commit.run, commit.number)
    findings = read_all_findings(log, commit, specs)
    suppressed = SUPPRESSED.to_frame()
    under = listed.under(commit.subject_key)
    if under and "personal_data" in findings:
        suppressed = suppressed_in(findings["personal_data"].spans, lambda hi, lo: (hi, lo) in under)
    items = pl.read_parquet(folder / "items.parquet", glob=False)
    return _Shard(commit.number, _batch(items), findings, suppressed)


def _batch(items: pl.DataFrame) -> pl.DataFrame:
    """The items without their content, which no policy sees."""
    known = items.select(name for name in BATCH if name in items.columns)
    missing = (pl.lit(None, dtype=dtype).alias(name) for name, dtype in BATCH.items() if name not in items.columns)
    return known.with_columns(*missing).select(BATCH.names()).cast(BATCH)


def _verdicts(batch: pl.DataFrame, decisions: pl.DataFrame, specs: Sequence[FilterSpec]) -> pl.DataFrame:
    """Beside each verdict the decisive decision of the filter that stands first among the strictest."""
    first = leading(decisions, [spec.name for spec in specs])
    verdicts = verdicts_of(batch, decisions)
    named = batch.select("position", "record", "item_hi", "item_lo", "content_hi", "content_lo", "kind")
    items = named.with_columns(pl.col("kind").cast(pl.String))
    return items.join(verdicts, on="position", how="left", validate="1:1", maintain_order="left").join(
        first, on="position", how="left", validate="1:1", maintain_order="left"
    )


def _compared(
    policy: Policy,
    items: pl.DataFrame,
    signatures: pl.DataFrame,
    *,
    prints: pl.DataFrame,
    earlier: pl.DataFrame,
    minima: OnRecord,
    vectors: OnRecord,
    lines: RecordedLines,
) -> pl.DataFrame:
    """With the steps over all items: what copies say of licences, records, exact duplicates, near-duplicates."""
    parts = items.filter(pl.col("record").is_not_null()).select(OF_RECORDS.names()).cast(OF_RECORDS)
    settled = settle(policy, items, parts)
    decided = [settled.licences]
    away = pl.concat([settled.licences, settled.records])
    if not signatures.is_empty():
        decided.append(decide_duplicates(policy, items, signatures, freer=settled.freer, away=away))
    near = policy.near_duplicates
    if near and near.pictures:
        alike = near_duplicates_in_records(
            policy, items, prints, parts=parts, decided=decided, records=settled.records, earlier=earlier
        )
        decided += [alike.decisions, alike.stricter]
    if near and near.texts:
        away = fallen(policy, settled, parts, decided)
        same = decide_near_texts(policy, items, minima, away=away, scratch=Path(tempfile.gettempdir()))
        decided += [same.decisions, same.stricter]
    if near and near.meanings:
        away = fallen(policy, settled, parts, decided)
        saying = decide_near_meanings(policy, items, vectors, away=away, scratch=Path(tempfile.gettempdir()))
        decided += [saying.decisions, saying.stricter]
    if policy.repeated_lines:
        away = fallen(policy, settled, parts, decided)
        repeated = decide_repeated_lines(policy, items, lines, away=away, scratch=Path(tempfile.gettempdir()))
        decided.append(repeated.decisions)
    decided.append(cross(policy, after(parts, *decided)))
    strictest = pl.concat(decided).sort("shard", "position", "outcome", descending=[False, False, True])
    again = strictest.unique(["shard", "position"], keep="first", maintain_order=True).select(
        "shard", "position", "outcome", by="filter", why="reason", named=pl.col("label").cast(pl.String)
    )
    joined = items.join(again, on=["shard", "position"], how="left", validate="1:1", maintain_order="left")
    is_again = pl.col("outcome").is_not_null()
    return (
        joined.with_columns(
            verdict=pl.coalesce("outcome", "verdict"),
            filter=pl.when(is_again).then("by").otherwise("filter"),
            reason=pl.when(is_again).then("why").otherwise("reason"),
            label=pl.when(is_again).then("named").otherwise("label"),
        )
        .select(REPLAYED.names())
        .cast(REPLAYED)
    )
