"""What limits would keep, worked out over what is on record: of each by itself, of all together, and along a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import polars as pl

from catalog.log import Commit, Log
from releases.limits import Limit
from releases.replay import specs_on_record
from tamis.errors import ConfigError, did_you_mean
from tamis.records import FilterSpec

By = Literal["corpus", "source", "host", "licence", "language"]

GROUPS: Final[tuple[By, ...]] = get_args(By)

_MEASURED: Final[Mapping[By, tuple[str, str]]] = {"licence": ("licence", "grant"), "language": ("language", "language")}
"""What a filter has to say which group an item is in: filter and measure."""

ALL = "all together"
"""Stands where a rule's name does, for all limits at once."""

_QUANTILES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """The numbers that some limits are held against, of every item of a run that one of their filters has seen."""

    run: str
    rows: pl.DataFrame
    """Of each filter a struct of its measures, null for what it is not for; and `group`, null where nobody knows it."""
    specs: Mapping[str, FilterSpec]
    by: By | None
    """What `group` is; null: all items are one."""


@dataclass(frozen=True, slots=True)
class Side:
    """Where a limit could be put: a measure, and which side of the limit is put away."""

    filter: str
    measure: str
    side: Literal["above", "below"]

    def is_of(self, limit: Limit) -> bool:
        return (limit.filter, limit.measure, limit.side) == (self.filter, self.measure, self.side)


def read_recorded(log: Log, run: str | None, filters: Sequence[str], *, by: By | None) -> Recorded:
    """What these filters have on record of a run, the newest if null.

    Raises:
        ConfigError: there is no such run, or one of the filters did not run in it, or that which could tell apart.
    """
    runs = log.runs()
    if not runs or (run is not None and run not in runs):
        what = f"run {run!r} is not on record" if runs else "nothing is on record yet"
        raise ConfigError(f"{what}. `tamis curate` makes a run, `tamis sql 'FROM run'` lists them.")
    asked = run or runs[-1]
    specs = {spec.name: spec for spec in specs_on_record(log.read_run(asked))}
    absent = [name for name in filters if name not in specs]
    if absent:
        raise ConfigError(
            *(
                f"run {asked}: the filter {name!r} did not run, so that nothing is on record to hold a limit against. "
                f"Name it under `filters` in the recipe, and run `tamis curate`."
                for name in absent
            )
        )
    measured = _MEASURED.get(by) if by else None
    if measured and measured[0] not in specs:
        raise ConfigError(
            f"run {asked}: the filter {measured[0]!r} did not run, so that nothing tells items apart by {by}. "
            f"Ask by {', '.join(each for each in GROUPS if each != by)}; or name the filter in the recipe, and run "
            "`tamis curate`."
        )
    commits = sorted(log.commits(asked).items())
    if not commits:
        raise ConfigError(f"run {asked}: none of its shards is committed, so that nothing is on record.")
    frames = [_of_shard(log.segment_folder(asked, number), commit, filters, by=by) for number, commit in commits]
    return Recorded(asked, pl.concat(frames, how="vertical"), specs, by)


def _of_shard(folder: Path, commit: Commit, filters: Sequence[str], *, by: By | None) -> pl.DataFrame:
    items = pl.read_parquet(folder / "items.parquet", glob=False, columns=["position", "source", "url"])
    rows = _grouped(items, folder, commit, by=by)
    for name in filters:
        found = pl.read_parquet(folder / f"findings-{name}.parquet", glob=False)
        seen = found.filter(pl.col("status") == "seen").drop("status")
        packed = seen.select("position", pl.struct(pl.exclude("position")).alias(name))
        rows = rows.join(packed, on="position", how="left", validate="1:1", maintain_order="left")
    return rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in filters)).drop("position")


def _grouped(items: pl.DataFrame, folder: Path, commit: Commit, *, by: By | None) -> pl.DataFrame:
    """Position and `group` of each item, as the view `drop_rate` tells groups apart."""
    if by and by in _MEASURED:
        name, measure = _MEASURED[by]
        found = pl.read_parquet(folder / f"findings-{name}.parquet", glob=False, columns=["position", measure])
        named = found.rename({measure: "group"})
        return items.select("position").join(named, on="position", how="left", validate="1:1", maintain_order="left")
    host = pl.col("url").str.to_lowercase().str.extract(r"^[a-z]+://([^/:?#]+)", 1)
    known = {"corpus": pl.lit(commit.shard.corpus), "source": pl.col("source"), "host": host}
    return items.select("position", group=known.get(by or "", pl.lit(None, dtype=pl.String)))


def rules(recorded: Recorded, limits: Sequence[tuple[str, Limit]]) -> pl.DataFrame:
    """One row for each limit, then one for all together; of each group its own, if the record tells groups apart.

    Columns: the group, rule, measure, limit, outcome, `items` that it is held against, `alone`: what it would keep of
    them if it were the only one, `only`: what no other limit puts away, `together`: what all limits keep.
    """
    _check(recorded, limits)
    frames = [_rules(rows, limits, group=group) for group, rows in _groups(recorded.rows)]
    return _named(pl.concat(frames, how="vertical"), recorded.by)


def _rules(rows: pl.DataFrame, limits: Sequence[tuple[str, Limit]], *, group: str | None) -> pl.DataFrame:
    away = rows.select(_away(limit).alias(rule) for rule, limit in limits).to_numpy()
    asked = rows.select(pl.col(limit.filter).is_not_null().alias(rule) for rule, limit in limits).to_numpy()
    by_how_many = away.sum(axis=1)
    kept = int((by_how_many == 0).sum())
    made = [
        {
            "group": group,
            "rule": rule,
            "measure": f"{limit.filter}.{limit.measure}",
            "limit": f"{limit.side} {limit.bound:g}",
            "outcome": limit.outcome,
            "items": int(asked[:, place].sum()),
            "alone": int((asked[:, place] & ~away[:, place]).sum()),
            "only": int((away[:, place] & (by_how_many == 1)).sum()),
        }
        for place, (rule, limit) in enumerate(limits)
    ]
    made.append({"group": group, "rule": ALL, "items": rows.height, "alone": kept})
    schema = {
        "group": pl.String,
        **dict.fromkeys(("rule", "measure", "limit", "outcome"), pl.String),
        **dict.fromkeys(("items", "alone", "only"), pl.UInt64),
    }
    return pl.DataFrame(made, schema=schema)


def curve(
    recorded: Recorded,
    limits: Sequence[tuple[str, Limit]],
    wanted: Side,
    *,
    bounds: Sequence[float] = (),
) -> pl.DataFrame:
    """What a limit would keep wherever it were put: alone, and together with the other limits.

    Columns: the group if the record tells groups apart, limit, `items` that it is held against, `alone`, `share` of
    them, `together`.

    Args:
        recorded: what is on record.
        limits: those in force; what is on the wanted side already gives a point, and does not count among the others.
        wanted: which measure, and which side of the limit is put away.
        bounds: points of the curve; where there are none, quantiles of what was measured.
    """
    _check(recorded, limits)
    _check_measure(recorded.specs[wanted.filter], wanted.measure)
    others = [limit for _, limit in limits if not wanted.is_of(limit)]
    held = recorded.rows.filter(pl.col(wanted.filter).is_not_null())
    points = {*(bounds or _quantiles(held, wanted)), *(limit.bound for _, limit in limits if wanted.is_of(limit))}
    frames = [_curve(rows, others, wanted, sorted(points), group=group) for group, rows in _groups(held)]
    return _named(pl.concat(frames, how="vertical"), recorded.by)


def _named(found: pl.DataFrame, by: By | None) -> pl.DataFrame:
    return found.rename({"group": by}) if by else found.drop("group")


def _groups(rows: pl.DataFrame) -> list[tuple[str | None, pl.DataFrame]]:
    """From the most items to the fewest; those whose group nobody knows come last."""
    parts = [(part["group"][0], part) for part in rows.partition_by("group", maintain_order=True)]
    sized = sorted(parts, key=lambda each: (each[0] is None, -each[1].height, str(each[0])))
    return sized or [(None, rows)]


def _quantiles(rows: pl.DataFrame, wanted: Side) -> list[float]:
    values = rows[wanted.filter].struct.field(wanted.measure).fill_nan(None).drop_nulls()
    found = [values.quantile(each) for each in _QUANTILES]
    return [float(f"{each:.4g}") for each in found if each is not None]


def _curve(
    rows: pl.DataFrame, others: Sequence[Limit], wanted: Side, points: Sequence[float], *, group: str | None
) -> pl.DataFrame:
    value = pl.col(wanted.filter).struct.field(wanted.measure).fill_nan(None)
    stays = rows.select(~pl.any_horizontal(pl.lit(value=False), *map(_away, others))).to_series()
    made = []
    for point in points:
        within = rows.select((value <= point if wanted.side == "above" else value >= point).fill_null(value=False))
        kept = within.to_series()
        made.append(
            {
                "group": group,
                "limit": f"{wanted.side} {point:g}",
                "items": rows.height,
                "alone": kept.sum(),
                "share": kept.mean(),
                "together": (kept & stays).sum(),
            }
        )
    schema = {
        "group": pl.String,
        "limit": pl.String,
        "items": pl.UInt64,
        "alone": pl.UInt64,
        "share": pl.Float64,
        "together": pl.UInt64,
    }
    return pl.DataFrame(made, schema=schema)


def _away(limit: Limit) -> pl.Expr:
    """Whether the limit puts an item away: it lies beyond, or what it is held against is not there."""
    column = pl.col(limit.filter)
    value = column.struct.field(limit.measure)
    unknown = value.is_null() | ~value.is_finite()
    return column.is_not_null() & (unknown | limit.passed_by(value)).fill_null(value=True)


def _check(recorded: Recorded, limits: Sequence[tuple[str, Limit]]) -> None:
    for _, limit in limits:
        _check_measure(recorded.specs[limit.filter], limit.measure)


def _check_measure(spec: FilterSpec, name: str) -> None:
    numbers = [measure.name for measure in spec.measures if measure.type == "number"]
    if name not in numbers:
        raise ConfigError(f"{spec.name} measures no number {name!r}.{did_you_mean(name, numbers)}")
