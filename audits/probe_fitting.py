"""Fits a probe on pictures that were labelled and whose vectors are on record, and says how it does on others of them.

A labelled picture finds its vectors by its content, wherever it lies. Some contents are held out: a probe is fitted on
the rest and asked about these, and then the one that is kept is fitted on all. Which are held out hangs on a picture's
bytes and a seed alone, so that another order, another workspace or more pictures change nothing for those that were
there.

It is fitted on the first view of each picture and asked about all, of which the highest counts, as in `image_probe`.

Known misses: pictures that look alike are different contents, and where one is fitted on and the other held out, the
figures are too good. Take near-duplicates out of the set first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from audits.labelled_pictures import Columns, LabelledPictures, SetDigest
from audits.ranking import AtThreshold, Curve, Interval, Rate
from catalog.keyed import Key
from catalog.log import Log, read_contents
from filters.image_probe import ImageProbeFilter
from filters.pictures.clip.probe import LEAST, Probe, fit_probe
from filters.pictures.heads import MODEL
from filters.pictures.vectors import Vectors, vectors_of
from tamis.errors import ConfigError
from tamis.ids import digest128, hex128

EMBEDDED = ImageProbeFilter.embeddings_of
"""The filter whose vectors probes are for."""

LIMITS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Scores at which it is told what reaches them. Chosen beforehand, so that the intervals hold."""

_TOLD_EVERY = 64
_CONTENT = ("content_hi", "content_lo")

_LABELLED = pl.Schema({"hi": pl.UInt64(), "lo": pl.UInt64(), "high": pl.Boolean()})
_VIEWS = pl.Schema({"picture": pl.UInt32(), "view": pl.UInt8(), "vector": pl.Binary()})

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a probe is asked for."""

    classes: tuple[str, str] = ("safe", "unsafe")
    """What a low and what a high score stands for."""
    columns: Columns = field(default_factory=Columns)
    renamed: tuple[tuple[str, bool], ...] = ()
    """What else a label may say, in small letters → whether that is the second class."""
    l2: float = 1.0
    held_out: float = 0.2
    """The share of contents that the figures come from, 0 to below 1."""
    seed: int = 0
    model: str = ""
    """How the digest of the model begins, where vectors of several are on record."""
    provenance: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pictures:
    """How many pictures of the set came to what."""

    labelled: int
    unlabelled: int
    """Rows without a label."""
    unread: int
    """Labelled, and not to be read."""
    copies: int
    """With the content of one before: a content counts once."""
    both_ways: int
    """Contents that are labelled both ways, and left out."""
    without_vector: int
    """Contents of which no run has a vector."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How a probe that was fitted on the others does on pictures that it did not see."""

    n_high: int
    n_low: int
    auc: float | None
    auc_interval: Interval | None
    at: tuple[AtThreshold, ...]
    """For each of LIMITS; `unsafe` is of the second class, `safe` of the first."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The probe, fitted on all, and what is known of it."""

    probe: Probe
    model: str
    """As the recipe named it."""
    sha256: str
    """Of the set; see `SetDigest`."""
    pictures: Pictures
    n_high: int
    n_low: int
    held_out: HeldOut | None
    """Null where nothing was to be held out."""


def fit_on_record(
    log: Log, key: Key, path: Path, wanted: Wanted, *, progress: Callable[[int, int], None] = lambda *_: None
) -> Fitted:
    """Fits a probe on the labelled set at `path`, by vectors that runs of this log have made.

    Args:
        log: of a workspace whose runs have vectors of these pictures.
        key: by which the log names contents.
        path: the set, see `LabelledPictures`.
        wanted: see `Wanted`.
        progress: told how many pictures were read, and of how many.

    Raises:
        ConfigError: the set is wrong, no vector is on record, those of several models are, or too few of a class have
            one.
    """
    models = models_on_record(log)
    model = _chosen(models, wanted.model)
    labelled = LabelledPictures(path, wanted.columns, renamed=dict(wanted.renamed), classes=wanted.classes)
    digest = SetDigest(labelled.sha256)
    every, unread = _read(labelled, digest, progress)
    once = every.group_by("hi", "lo", maintain_order=True).agg(pl.col("high").any(), both=pl.col("high").n_unique() > 1)
    named = once.filter(~pl.col("both")).drop("both").with_row_index("picture")
    views = _views(log, key, named, model=model)
    there = named.join(views.select("picture").unique(), on="picture", how="semi", maintain_order="left")
    pictures = Pictures(
        labelled=labelled.unsafe.size,
        unlabelled=labelled.unlabelled,
        unread=unread,
        copies=every.height - once.height,
        both_ways=once.height - named.height,
        without_vector=named.height - there.height,
    )
    return _fitted(there, views, wanted, pictures, model=(model, models[model]), sha256=digest.hexdigest())


def models_on_record(log: Log) -> dict[str, str]:
    """The digest of each model of which a run may have vectors, the newest run first → how its recipe names it."""
    found: dict[str, str] = {}
    for run in reversed(log.runs()):
        spec = _source(log, run)
        if spec is not None:
            found.setdefault(spec["models"][MODEL], str(spec["parameters"].get("model", "")))
    return found


def is_held_out(hi: int, lo: int, *, share: float, seed: int) -> bool:
    """Whether the content of this digest is among those held out: of many, that share."""
    return digest128(f"{seed}:{hex128(hi, lo)}".encode())[0] < share * 2**64


def _source(log: Log, run: str) -> Mapping[str, Mapping[str, str]] | None:
    """What run.json says of the filter that made its vectors, if it has one with a model."""
    specs = log.read_run(run)["filters"]
    return next((each for each in specs if each["name"] == EMBEDDED and MODEL in each["models"]), None)


def _chosen(models: Mapping[str, str], asked: str) -> str:
    if not models:
        raise ConfigError(
            f"fit-probe: no run on record has vectors of pictures. Name {EMBEDDED} under `filters` in the recipe, and "
            "run `tamis curate`."
        )
    shown = ", ".join(f"{digest[:12]} ({name})" for digest, name in models.items())
    matching = [digest for digest in models if digest.startswith(asked)]
    if not matching:
        raise ConfigError(f"fit-probe: no vectors of a model {asked} are on record; there are those of {shown}.")
    if len(matching) > 1:
        raise ConfigError(
            f"fit-probe: vectors of {len(matching)} models are on record: {shown}. A probe weighs those of one. Choose "
            "it by --model, with the first digits of its digest."
        )
    return matching[0]


def _read(
    labelled: LabelledPictures, digest: SetDigest, progress: Callable[[int, int], None]
) -> tuple[pl.DataFrame, int]:
    """The content of each picture that can be read, with its label; and how many cannot be read."""
    found = []
    for place, (row, high) in enumerate(zip(labelled.rows(digest), labelled.unsafe.tolist(), strict=True), start=1):
        if row.reason is None:
            found.append((*digest128(row.raw), high))
        if place % _TOLD_EVERY == 0:
            progress(place, labelled.unsafe.size)
    return pl.DataFrame(found, schema=_LABELLED, orient="row"), labelled.unsafe.size - len(found)


def _views(log: Log, key: Key, named: pl.DataFrame, *, model: str) -> pl.DataFrame:
    """The vectors of the pictures that are on record, by picture and view: those of the newest run that has any."""
    left = key.apply(named, "hi", "lo").select("picture", content_hi="hi", content_lo="lo")
    frames = [_VIEWS.to_frame()]
    looked_at = set()
    for run in reversed(log.runs()):
        spec = _source(log, run)
        if spec is None or spec["models"][MODEL] != model:
            continue
        for _, commit in sorted(log.commits(run).items()):
            if left.is_empty() or (commit.shard.read_key, spec["digest"]) in looked_at:
                continue
            looked_at.add((commit.shard.read_key, spec["digest"]))
            here = read_contents(log, commit).join(left, on=_CONTENT, how="inner", validate="m:1")
            path = log.segment_folder(run, commit.number) / "embeddings.parquet"
            rows = pl.read_parquet(path, glob=False).filter(pl.col("filter") == EMBEDDED)
            found = rows.join(here.select("position", "picture"), on="position", how="inner", validate="m:1")
            first = found.filter(pl.col("position") == pl.col("position").min().over("picture"))
            frames.append(first.select(_VIEWS.names()).cast(_VIEWS))
            left = left.join(found.select("picture").unique(), on="picture", how="anti", maintain_order="left")
    return pl.concat(frames).sort("picture", "view")


def _fitted(
    there: pl.DataFrame,
    views: pl.DataFrame,
    wanted: Wanted,
    pictures: Pictures,
    *,
    model: tuple[str, str],
    sha256: str,
) -> Fitted:
    high = there["high"].to_numpy()
    aside = np.array([_is_aside(hi, lo, wanted) for hi, lo in there.select("hi", "lo").iter_rows()], dtype=np.bool_)
    _expect_enough(high, aside, wanted, pictures)
    vectors = vectors_of(views, dimensions=len(views["vector"][0]) // 2)
    starts = np.flatnonzero(np.diff(views["picture"].to_numpy(), prepend=-1))
    first = vectors[starts]

    def fit(rows: Flags, provenance: Mapping[str, str]) -> Probe:
        return fit_probe(
            first[rows], high[rows], model=model[0], classes=wanted.classes, l2=wanted.l2, provenance=provenance
        )

    held_out = _held_out(fit(~aside, {}), vectors, starts, high, aside) if wanted.held_out else None
    n_high, n_low = int(high.sum()), int((~high).sum())
    told = _provenance(wanted, held_out, sha256=sha256, counts=(n_low, n_high))
    return Fitted(fit(np.ones_like(high), told), model[1], sha256, pictures, n_high, n_low, held_out)


def _is_aside(hi: int, lo: int, wanted: Wanted) -> bool:
    return is_held_out(hi, lo, share=wanted.held_out, seed=wanted.seed)


def _expect_enough(high: Flags, aside: Flags, wanted: Wanted, pictures: Pictures) -> None:
    missing = (
        f" {pictures.without_vector:,} more are labelled and have none: have them curated, the very same bytes."
        if pictures.without_vector
        else ""
    )
    problems = []
    for name, of_class in zip(wanted.classes, (~high, high), strict=True):
        count, left = int(of_class.sum()), int((of_class & ~aside).sum())
        if count < LEAST:
            problems.append(
                f"fit-probe: {count} pictures labelled {name} have a vector on record, and it takes at least {LEAST}. "
                f"Label more.{missing}"
            )
        elif left < LEAST:
            problems.append(
                f"fit-probe: of {count} pictures labelled {name}, {count - left} are held out, and the other {left} "
                f"are fewer than {LEAST}. Label more, or hold out less by --hold-out."
            )
    if problems:
        raise ConfigError(*problems)


def _held_out(probe: Probe, vectors: Vectors, starts: npt.NDArray[np.intp], high: Flags, aside: Flags) -> HeldOut:
    """Scores as the filter has them: to 4 decimals, of the view where it is highest."""
    scores = np.maximum.reduceat(probe.of(vectors), starts).round(4)[aside]
    of_high = high[aside]
    curve = Curve(scores, of_high)

    def reaching(limit: float) -> AtThreshold:
        reach = scores >= limit
        found, also = int((reach & of_high).sum()), int((reach & ~of_high).sum())
        return AtThreshold(limit, Rate(found, curve.n_unsafe), Rate(also, curve.n_safe))

    return HeldOut(curve.n_unsafe, curve.n_safe, curve.auc, curve.auc_interval, tuple(map(reaching, LIMITS)))


def _provenance(wanted: Wanted, held_out: HeldOut | None, *, sha256: str, counts: tuple[int, int]) -> dict[str, str]:
    """What the user says of it, then what is known."""
    known = {
        "labelled_set": sha256,
        "pictures": ", ".join(f"{count} {name}" for count, name in zip(counts, wanted.classes, strict=True)),
        "l2": f"{wanted.l2:g}",
        "held_out": "none",
    }
    if held_out is not None:
        area = "unknown" if held_out.auc is None else f"{held_out.auc:.4f}"
        known["held_out"] = f"{held_out.n_low + held_out.n_high} by seed {wanted.seed}, ROC AUC {area}"
    given = dict(wanted.provenance)
    taken = sorted(given.keys() & known.keys())
    if taken:
        raise ConfigError(f"--provenance: {', '.join(taken)} is said by Tamis itself. Take another word.")
    return {**given, **known}
