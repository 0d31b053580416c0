"""Runs a filter over labelled pictures, and holds its measure against the labels: thresholds, bands, groups.

Nothing of a picture is kept but its label, its groups, its score and the digest that tells copies: memory grows by some
thirty bytes a picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from audits.labelled_pictures import Columns, LabelledPictures, SetDigest
from audits.ranking import AtThreshold, Curve, Interval, Rate
from corpora.batch import batches_of
from filters.base import run_filter
from filters.pictures.heads import Head, bound
from filters.table import make_filter
from releases.decide import BY_STATUS
from releases.policy import Policy
from tamis.errors import ConfigError
from tamis.intervals import draws_needed
from tamis.records import Filter, FilterSpec, Shard

MIN_UNSAFE = 50
"""Unsafe pictures with a score, of which fewer are too few to recommend a threshold by."""

MAX_POINTS = 1000
"""Points of a curve: of more scores than these, evenly chosen ones."""

_BATCH_SIZE = 64

Flags = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]
Band = Literal["keep", "hold", "drop"]
BANDS: tuple[Band, ...] = ("keep", "hold", "drop")
Cut = Literal["hold", "drop", "threshold"]
"""Where a group's safe pictures are counted from: held or dropped, dropped, at the recommended threshold or above."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One place of a policy that a score can reach."""

    rule: str
    op: Literal[">=", ">", "<"]
    bound: float
    outcome: Literal["hold", "drop"]

    def reached(self, scores: Scores) -> Flags:
        if self.op == "<":
            return scores < self.bound
        return scores >= self.bound if self.op == ">=" else scores > self.bound


@dataclass(frozen=True, slots=True)
class BandRates:
    """Which share of the unsafe and of the safe pictures with a score lies in a band."""

    band: Band
    unsafe: Rate
    safe: Rate


@dataclass(frozen=True, slots=True)
class GroupRates:
    """How often safe pictures of a group reach each cut."""

    column: str
    word: str
    without_score: int
    """Safe pictures of the group that have none; a policy holds them."""
    rates: tuple[tuple[Cut, Rate], ...]
    """Of the safe pictures that have one."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A group whose interval lies wholly above the rate of all others of its column."""

    column: str
    word: str
    cut: Cut
    rate: Rate
    others: Rate


@dataclass(frozen=True, slots=True)
class PictureEvaluation:
    """All that is told of one measure over one set: counts and figures, never a name or content."""

    at: datetime
    sha256: str
    """Of the set; see `SetDigest`."""
    n_unsafe: int
    n_safe: int
    unlabelled: int
    """Rows without a label, which were left out."""
    copies: int
    """Pictures whose content an earlier one of the set has: intervals take pictures as independent."""
    labelled_both_ways: int
    """Contents that are called safe in one place and unsafe in another."""
    spec: FilterSpec
    measure: str
    problems: tuple[tuple[str, Rate, Rate], ...]
    """(code of tamis.reasons, of the unsafe, of the safe), for pictures that have no score."""
    auc: float | None
    auc_interval: Interval | None
    average_precision: float | None
    recall: float
    """The one that is wanted."""
    needed: int
    """Unsafe pictures, all of them found, that show it."""
    reached: AtThreshold | None
    """The highest threshold with that recall in this set; null below MIN_UNSAFE."""
    shown: AtThreshold | None
    """The highest threshold of which this set shows that recall; null below MIN_UNSAFE, or if it cannot show it."""
    points: tuple[AtThreshold, ...]
    n_scores: int
    """Distinct scores that the points were chosen from."""
    policy: Policy
    limits: tuple[Limit, ...]
    bands: tuple[BandRates, ...]
    """Empty where the policy has no limit on the measure."""
    groups: tuple[GroupRates, ...]
    warnings: tuple[Warned, ...]

    @property
    def n_scored_unsafe(self) -> int:
        return self.n_unsafe - sum(of_unsafe.hits for _, of_unsafe, _ in self.problems)

    @property
    def n_scored_safe(self) -> int:
        return self.n_safe - sum(of_safe.hits for _, _, of_safe in self.problems)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an evaluation is asked for. `measure` null: the measure that has the filter's own name."""

    filter: str = "nsfw"
    parameters: tuple[tuple[str, Any], ...] = ()
    source: tuple[tuple[str, Any], ...] = ()
    """Parameters of the filter whose vectors it scores, where it is a head."""
    measure: str | None = None
    recall: float = 0.99
    columns: Columns = field(default_factory=Columns)


def evaluate_pictures(
    path: Path,
    asked: Asked,
    policy: Policy,
    *,
    renamed: Mapping[str, bool],
    progress: Callable[[int, int], None],
) -> PictureEvaluation:
    """Evaluates a measure of a filter of pictures on the labelled set at `path`.

    Args:
        path: the set, see `LabelledPictures`.
        asked: filter, measure and wanted recall.
        policy: whose limits the bands come from.
        renamed: what the set's labels mean.
        progress: told after each batch how many pictures are done, and of how many.

    Raises:
        ConfigError: the set, a parameter or the measure is wrong.
    """
    made = _made(asked)
    measure = _measure(made.spec, asked.measure or asked.filter)
    labelled = LabelledPictures(path, asked.columns, renamed=renamed)
    digest = SetDigest(labelled.sha256)
    found = _found(made, measure, labelled, digest, progress)
    scores, reasons, unsafe = found["score"].to_numpy(), found["reason"], labelled.unsafe
    scored = reasons.is_null().to_numpy()
    curve = Curve(scores[scored], unsafe[scored])
    enough = curve.n_unsafe >= MIN_UNSAFE
    reached = curve.reaching(asked.recall) if enough else None
    copies, both_ways = _repeated(found, unsafe)
    limits = limits_of(policy, asked.filter, measure)
    cuts = _cuts(scores, limits, reached)
    groups = tuple(_groups(labelled, scored=scored, cuts=cuts))
    return PictureEvaluation(
        at=datetime.now(UTC),
        sha256=digest.hexdigest(),
        n_unsafe=int(unsafe.sum()),
        n_safe=int((~unsafe).sum()),
        unlabelled=labelled.unlabelled,
        copies=copies,
        labelled_both_ways=both_ways,
        spec=made.spec,
        measure=measure,
        problems=tuple(_problems(reasons, unsafe)),
        auc=curve.auc,
        auc_interval=curve.auc_interval,
        average_precision=curve.average_precision,
        recall=asked.recall,
        needed=draws_needed(asked.recall),
        reached=reached,
        shown=curve.showing(asked.recall) if enough else None,
        points=tuple(curve.points(MAX_POINTS)),
        n_scores=curve.thresholds.size,
        policy=policy,
        limits=limits,
        bands=tuple(_bands(cuts, unsafe=unsafe, scored=scored)) if limits else (),
        groups=groups,
        warnings=tuple(_warned(groups)),
    )


def limits_of(policy: Policy, filter: str, measure: str) -> tuple[Limit, ...]:  # noqa: A002 - the noun of the house
    """Every limit that a policy has on a measure: of the section `nsfw`, and of `limits`."""
    limits = []
    if (filter, measure) == ("nsfw", "nsfw") and policy.nsfw:
        limits.append(Limit("nsfw.review_at", ">=", policy.nsfw.review_at, policy.nsfw.on_review))
        limits.append(Limit("nsfw.drop_at", ">=", policy.nsfw.drop_at, "drop"))
    for rule, limit in policy.all_limits:
        if (limit.filter, limit.measure) == (filter, measure):
            op: Literal[">", "<"] = "<" if limit.above is None else ">"
            limits.append(Limit(rule, op, limit.bound, limit.outcome))
    return tuple(limits)


def _made(asked: Asked) -> Filter:
    made = make_filter(asked.filter, dict(asked.parameters))
    if not isinstance(made, Head):
        return made
    source = make_filter(made.embeddings_of, dict(asked.source))
    return bound(made, {source.spec.name: source})


def _measure(spec: FilterSpec, name: str) -> str:
    if "image" not in spec.kinds:
        raise ConfigError(f"the filter {spec.name!r} does not look at pictures. Name another one by --filter.")
    numbers = [measure.name for measure in spec.measures if measure.type == "number"]
    if name not in numbers:
        raise ConfigError.unknown(f"number that the filter {spec.name!r} measures:", name, numbers, where="--measure")
    return name


def _found(
    filter: Filter,  # noqa: A002 - the noun of the house
    measure: str,
    labelled: LabelledPictures,
    digest: SetDigest,
    progress: Callable[[int, int], None],
) -> pl.DataFrame:
    """For each picture in order: its score, or the reason why it has none, and the digest of its content."""
    shard = Shard("labelled", "set", labelled.sha256, "", 0)
    frames = []
    done = 0
    for batch in batches_of(labelled.rows(digest), shard, size=_BATCH_SIZE):
        frames.append(_scored(batch, run_filter(filter, batch).items, measure))
        done += batch.height
        progress(done, labelled.unsafe.size)
    return pl.concat(frames)


def _scored(batch: pl.DataFrame, items: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Whatever is no finite number is no score, and every picture without one has a reason."""
    status = pl.col("status").cast(pl.String)
    unseen = status.replace_strict(BY_STATUS, default=None, return_dtype=pl.String)
    problem = pl.col("problem") if "problem" in items.columns else pl.lit(None, dtype=pl.String)
    score = pl.when(status == "seen").then(pl.col(measure))
    return items.with_columns(batch["reason"], batch["content_hi"], batch["content_lo"]).select(
        score=score,
        reason=pl.when(score.is_finite().fill_null(value=False))
        .then(None)
        .otherwise(pl.coalesce("reason", problem, unseen, pl.lit("score_missing"))),
        hi="content_hi",
        lo=pl.when(pl.col("reason").is_null()).then("content_lo"),
    )


def _repeated(found: pl.DataFrame, unsafe: Flags) -> tuple[int, int]:
    """How many pictures repeat the content of an earlier one, and how many contents are labelled both ways."""
    read = found.select("hi", "lo", unsafe=pl.Series(unsafe)).drop_nulls("lo")
    contents = read.group_by("hi", "lo").agg(both=pl.col("unsafe").any() & ~pl.col("unsafe").all())
    return read.height - contents.height, int(contents["both"].sum())


def _problems(reasons: pl.Series, unsafe: Flags) -> Iterator[tuple[str, Rate, Rate]]:
    counts = Counter(zip(reasons.to_list(), unsafe.tolist(), strict=True))
    n_unsafe = int(unsafe.sum())
    for reason in sorted({reason for reason, _ in counts if reason is not None}):
        yield reason, Rate(counts[reason, True], n_unsafe), Rate(counts[reason, False], unsafe.size - n_unsafe)


def _cuts(scores: Scores, limits: Sequence[Limit], reached: AtThreshold | None) -> dict[Cut, Flags]:
    """Which pictures reach what; one without a score is counted by nobody."""
    cuts: dict[Cut, Flags] = {}
    if limits:
        none = np.zeros(scores.size, dtype=np.bool_)
        dropped = np.logical_or.reduce([none, *(each.reached(scores) for each in limits if each.outcome == "drop")])
        cuts["hold"] = np.logical_or.reduce([dropped, *(each.reached(scores) for each in limits)])
        cuts["drop"] = dropped
    if reached:
        cuts["threshold"] = scores >= reached.threshold
    return cuts


def _bands(cuts: Mapping[Cut, Flags], *, unsafe: Flags, scored: Flags) -> Iterator[BandRates]:
    away, dropped = cuts["hold"], cuts["drop"]
    inside: dict[Band, Flags] = {"keep": ~away, "hold": away & ~dropped, "drop": dropped}
    for band in BANDS:
        yield BandRates(band, _rate(inside[band], scored & unsafe), _rate(inside[band], scored & ~unsafe))


def _groups(labelled: LabelledPictures, *, scored: Flags, cuts: Mapping[Cut, Flags]) -> Iterator[GroupRates]:
    safe = ~labelled.unsafe
    for column, said in labelled.groups.items():
        words = np.array(said)
        for word in sorted(set(said)):
            of_group = safe & (words == word)
            rates = ((cut, _rate(reached, of_group & scored)) for cut, reached in cuts.items())
            yield GroupRates(column, word, int((of_group & ~scored).sum()), tuple(rates))


def _warned(groups: Sequence[GroupRates]) -> Iterator[Warned]:
    for group in groups:
        beside = [dict(other.rates) for other in groups if other.column == group.column and other.word != group.word]
        for cut, rate in group.rates:
            others = Rate(sum(other[cut].hits for other in beside), sum(other[cut].n for other in beside))
            if others.share is not None and rate.interval[0] > others.share:
                yield Warned(group.column, group.word, cut, rate, others)


def _rate(inside: Flags, among: Flags) -> Rate:
    return Rate(int((inside & among).sum()), int(among.sum()))
