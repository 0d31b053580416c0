"""Is a classifier for one domain better off with a tenth of the labelled texts, chosen for it, than with all of them?
`python benchmarks/subsets_labelled.py OPENSTAX.jsonl.gz [--targets …] [--seeds N] [--method M] [--record FILE]`.

OPENSTAX has `id`, `domain` and `text`: modules of textbooks. Of each domain the LABELS longest modules are labels, and
TEXTS sentences of each are its texts, if it has LEAST; what is asked is from which module a sentence is. Each target is
a domain: by seed, 10 % of its texts are examples, 30 % are held out to find the size, 20 % to test it once; the rest
lies hidden in the pool with all other domains, chosen with `strata: label`. On the tested texts, which neither
selection nor rule ever saw: the share told right after the whole pool (also when it may only answer with labels of the
domain), after a chosen tenth, after a random tenth, after the recommended size; and the bits that labels take.
Intervals are of 95 %, by bootstrap over tested texts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from filters.text.utf8 import Utf8
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.subsets.choose import Ordered
from releases.subsets.curve import Curve, Point, measure
from releases.subsets.grams import bags_of
from releases.subsets.label_model import LabelModel
from releases.subsets.learners import SHARES, learner_of
from releases.subsets.order import chances
from releases.subsets.pool import Pool
from releases.subsets.section import Auto, Subset
from releases.subsets.size import size_of
from releases.subsets.target import Examples, Labels

TARGETS = ("anatomy", "astronomy", "economics", "microbiology", "philosophy", "polisci", "psychology", "ushistory")
LABELS, TEXTS, LEAST = 16, 60, 30
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
RECIPE = """\
name: sentences
corpora: [{{name: sentences, format: parquet, path: {file}, columns: {{text: text}}, licence: CC0-1.0}}]
filters: {{licence: {{}}}}
policy: policy.yaml
release: {{name: sentences, version: "1"}}
"""
POLICY = 'name: all\nversion: "1"\nlicence: {allow: [public_domain], on_conflict: hold}\nlimits: []\n'


@dataclass(frozen=True)
class Cell:
    """A target and a seed."""

    target: str
    seed: int
    pool: int
    tested: int
    whole: float
    whole_within: float
    chosen: float
    chosen_against_whole: tuple[float, float, float]
    chosen_against_within: tuple[float, float, float]
    random: float
    share: float
    outcome: str
    recommended: float
    recommended_against_whole: tuple[float, float, float]
    bits: tuple[float, float, float]
    """After the whole, the chosen tenth, the recommended size."""
    seconds: float


def sentences(openstax: Path) -> pl.DataFrame:
    """`text`, `label` (the module) and `source` (the domain)."""
    with gzip.open(openstax, "rt") as lines:
        modules = [json.loads(line) for line in lines]
    rows = []
    for domain in sorted({module["domain"] for module in modules}):
        own = [(module["id"], _sentences(module["text"])) for module in modules if module["domain"] == domain]
        for label, texts in sorted(own, key=lambda each: -len(each[1]))[:LABELS]:
            rows += [{"text": text, "label": label, "source": domain} for text in texts[:TEXTS]]
    return pl.DataFrame(rows).unique("text", keep="none", maintain_order=True).filter(pl.len().over("label") >= LEAST)


def _sentences(text: str) -> list[str]:
    parts = (part for line in text.split("\n") for part in SENTENCE.split(line))
    return [part for part in parts if 8 <= len(part.split()) <= 60]


def curated(texts: pl.DataFrame, folder: Path) -> Pool:
    """A run whose policy lets all of them stay, and what stays."""
    file = folder / "sentences.parquet"
    texts.write_parquet(file)
    (folder / "recipe.yaml").write_text(RECIPE.format(file=file))
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    outcome = curate_all(workspace, Means(0, quiet=True))
    nothing = pl.DataFrame(schema={"shard": pl.UInt32, "position": pl.UInt64})
    return Pool.of(workspace.log, outcome.run, kind="text", away=nothing)


@dataclass(frozen=True)
class Parted:
    """A target taken apart."""

    ordered: Ordered
    examples: Examples
    """Held out are first the texts that the size is found on, then those that it is tested on."""
    found_on: int
    texts: pl.Series
    """Of the pool."""


def parted(pool: Pool, texts: pl.Series, target: str, seed: int, method: str, scratch: Path) -> Parted:  # noqa: PLR0917
    own = np.flatnonzero((pool.items["source"].cast(pl.String) == target).to_numpy())
    drawn = np.random.default_rng(seed).permutation(own)
    fit, dev, test, _ = np.split(drawn, np.cumsum([round(share * len(own)) for share in (0.1, 0.3, 0.2)]))
    held_out, labels = np.concatenate([dev, test]), pool.items["label"].cast(pl.String)
    left = np.ones(pool.items.height, dtype=np.bool_)
    left[np.concatenate([fit, held_out])] = False
    items = pool.items.filter(pl.Series(left)).with_columns(owner=pl.int_range(pl.len(), dtype=pl.UInt32))
    examples = Examples(texts[fit], texts[held_out], f"{target}-{seed}", Labels(labels[fit], labels[held_out]))
    asked = {
        "method": method,
        "target": {"examples": ["-"], "label": "label"},
        "strata": "label",
        "budget": {"auto": {}},
        "seed": seed,
    }
    subset = Subset.model_validate(asked)
    ordered = Ordered.of(replace(pool, items=items), subset, examples, scratch / f"{method}-{target}-{seed}")
    return Parted(ordered, examples, len(dev), texts.filter(pl.Series(left)))


def cell(part: Parted, target: str, seed: int) -> Cell:
    begun = time.process_time()
    pool = part.ordered.pool
    learner = learner_of(part.ordered, part.examples, Auto())
    curve = measure(part.ordered, learner, training_bytes=None, repeats=0, shares=SHARES)
    order = np.argsort(chances(pool.items, seed + 100))
    by_chance = measure(replace(part.ordered, order=order), learner, training_bytes=None, repeats=0, shares=(0.1,))
    of_dev, of_test = _part(curve, slice(0, part.found_on)), _part(curve, slice(part.found_on, None))
    size = size_of(of_dev, Auto(), seed=seed)
    place = [point.bytes for point in curve.points].index(size.point.bytes)
    tenth, at, whole = of_test.points[SHARES.index(0.1)], of_test.points[place], of_test.whole
    within = _within(part, seed)
    return Cell(
        target=target,
        seed=seed,
        pool=pool.items.height,
        tested=len(whole.bits),
        whole=_right(whole),
        whole_within=float(within.mean()),
        chosen=_right(tenth),
        chosen_against_whole=_bounds(tenth.is_right, whole.is_right, seed),
        chosen_against_within=_bounds(tenth.is_right, within, seed),
        random=_right(_part(by_chance, slice(part.found_on, None)).points[0]),
        share=size.point.share,
        outcome=size.outcome,
        recommended=_right(at),
        recommended_against_whole=_bounds(at.is_right, whole.is_right, seed),
        bits=(of_test.bits(whole), of_test.bits(tenth), of_test.bits(at)),
        seconds=time.process_time() - begun,
    )


def _within(part: Parted, seed: int) -> np.ndarray:
    """Which tested texts the whole pool's classifier tells right if it may only answer with labels of the domain."""
    labels = part.ordered.pool.items["label"].cast(pl.String)
    known = sorted(labels.unique())
    codes = {label: code for code, label in enumerate(known)}
    of_pool = np.array([codes[label] for label in labels])
    wanted = np.array([codes[label] for label in part.examples.labels.held_out[part.found_on :]])
    in_turn = np.argsort(chances(part.ordered.pool.items, seed))
    bags = bags_of(Utf8.of(part.texts)).at(in_turn)
    model = LabelModel.fitted(bags, of_pool[in_turn], all_labels=len(known), seed=seed)
    told = model.chances(bags_of(Utf8.of(part.examples.held_out[part.found_on :])))
    own = np.unique([codes[label] for label in part.examples.labels.different])
    return own[told[:, own].argmax(axis=1)] == wanted


def _right(point: Point) -> float:
    return float(point.is_right.mean())


def _part(curve: Curve, which: slice) -> Curve:
    """The curve of some of its held-out texts."""

    def of(point: Point) -> Point:
        return replace(point, bits=point.bits[which], is_right=point.is_right[which])

    return replace(curve, points=tuple(map(of, curve.points)), whole=of(curve.whole), ruler=curve.ruler.of(which))


def _bounds(some: np.ndarray, others: np.ndarray, seed: int) -> tuple[float, float, float]:
    """The difference, and its interval."""
    difference = some.astype(float) - others
    drawn = np.random.default_rng(seed).integers(0, len(difference), size=(2000, len(difference)))
    low, high = np.quantile(difference[drawn].mean(axis=1), (0.025, 0.975))
    return float(difference.mean()), float(low), float(high)


def cells(pool: Pool, arguments: argparse.Namespace, scratch: Path) -> Iterator[Cell]:
    texts = pl.concat([batch["text"] for batch in pool.texts()])
    for target in arguments.targets:
        for seed in range(arguments.seeds):
            yield cell(parted(pool, texts, target, seed, arguments.method, scratch), target, seed)


_HEAD = ("target", "seed", "pool", "tested", "whole", "within", "10 %", "against whole", "against within", "random")
_HEAD += ("enough", "at it", "bits: whole, 10 %, at it", "CPU s", "")
_ROW = "{:<12} {:>4} {:>6} {:>6} {:>6} {:>6} {:>6} {:>22} {:>22} {:>6} {:>6} {:>6} {:>24} {:>5}  {}"


def _row(one: Cell) -> str:
    against = (
        f"{100 * mean:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
        for mean, low, high in (one.chosen_against_whole, one.chosen_against_within)
    )
    right = [f"{100 * each:.1f}" for each in (one.whole, one.whole_within, one.chosen)]
    bits = ", ".join(f"{each:.3f}" for each in one.bits)
    told = (one.target, one.seed, one.pool, one.tested, *right, *against, f"{100 * one.random:.1f}")
    return _ROW.format(*told, f"{one.share:.0%}", f"{100 * one.recommended:.1f}", bits, round(one.seconds), one.outcome)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("openstax", type=Path)
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--method", default="linear")
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        pool = curated(sentences(arguments.openstax), Path(folder))
        print(f"{pool.items.height:,} texts of {pool.items['label'].n_unique()} labels stay; {arguments.method}")
        print(_ROW.format(*_HEAD))
        for one in cells(pool, arguments, Path(folder)):
            found.append(one)
            print(_row(one), flush=True)
    for name, against in (
        ("the whole", [one.chosen_against_whole for one in found]),
        ("the whole, answering within the domain", [one.chosen_against_within for one in found]),
        ("the whole, at the recommended size", [one.recommended_against_whole for one in found]),
    ):
        better, worse = sum(low > 0 for _, low, _ in against), sum(high < 0 for _, _, high in against)
        mean = sum(each for each, _, _ in against) / len(against)
        print(
            f"against {name}: {100 * mean:+.1f} points, better for sure in {better}, worse in {worse} of {len(found)}"
        )
    if arguments.record:
        arguments.record.write_text("".join(json.dumps(one.__dict__) + "\n" for one in found))


if __name__ == "__main__":
    main()
