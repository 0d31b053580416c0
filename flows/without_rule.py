"""The texts that a rule of the policy keeps out, read again from the corpora, for as long as it is measured with them.

They are on no record, and stay off it: they lie in a folder that only its owner can open, masked as a release would
have them, and it is gone when they have been measured. A start that is killed leaves it where the next run clears up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.keyed import Key, read_key
from catalog.log import Commit, Log, plain, read_all_findings
from corpora.spec import CorpusSpec
from corpora.table import reader_for
from filters.labels import without_personal_data
from flows.recipe import Recipe
from flows.worker import PERSONAL_DATA
from flows.workspace import Workspace
from releases.kept_out import kept_out
from releases.policy import Policy, read_policy
from releases.redact import kept
from releases.replay import specs_on_record
from releases.subsets.pool import beside
from releases.subsets.withheld import ITEM, Withheld
from tamis.errors import ConfigError, SourceError
from tamis.records import DECISIONS, OUTCOME, Findings, Shard

_AT_ONCE: Final = 1_024
"""Items that are read together."""

_CONTENT = ["position", "content_hi", "content_lo"]


@contextmanager
def texts_without_rules(
    workspace: Workspace, recipe: Recipe, run: str, *, withheld: Withheld, say: Callable[[str], None]
) -> Iterator[Mapping[str, Path]]:
    """By rule, the folder with the texts that it keeps out by itself, as `Pool.of` takes it; gone afterwards.

    A rule whose texts are not all as they were is left out, and it is said why.

    Args:
        workspace: whose corpora are read; held for as long as the texts are there.
        recipe: with the corpora.
        run: whose decisions they are.
        withheld: what is suppressed by now.
        say: whom it is told.

    Raises:
        BusyError: another process holds the workspace.
    """
    policy, _ = read_policy(recipe.policy, workspace.root)
    log = workspace.log
    if policy.digest != log.read_run(run)["policy"]["digest"]:
        say("What its rules cost is left out: the policy is not that of the run. `tamis curate` makes one by it.")
        yield {}
        return
    with workspace.locked():
        log.staging.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="without-rule-", dir=log.staging) as folder:  # for its owner alone
            reading = _Reading(log, run, policy, read_key(workspace.key_file), withheld, Path(folder))
            reading.all(_sources(workspace, recipe))
            for rule, why in sorted(reading.lost.items()):
                say(f"What {rule} costs is left out: {why}.")
            yield {rule: at for rule, at in sorted(reading.folders.items()) if rule not in reading.lost}


_Source = tuple[CorpusSpec, Shard]


def _sources(workspace: Workspace, recipe: Recipe) -> Iterator[tuple[str, _Source]]:
    """The shards that there are, by what names their bytes and how they are read."""
    for section in recipe.corpora:
        corpus = section.spec(workspace.root)
        reading = corpus.reading(workspace.key_id)
        try:
            for shard in reader_for(corpus).shards():
                placed = replace(shard, reading=reading)
                yield placed.read_key, (corpus, placed)
        except (ConfigError, SourceError):
            continue  # said of the rules whose texts are missed


@dataclass(frozen=True, slots=True)
class _Reading:
    log: Log
    run: str
    policy: Policy
    key: Key
    withheld: Withheld
    into: Path
    folders: dict[str, Path] = field(default_factory=dict)
    """By rule."""
    lost: dict[str, str] = field(default_factory=dict)
    """Rules of which not all texts could be had, and why."""

    def all(self, sources: Iterator[tuple[str, _Source]]) -> None:
        out = kept_out(self.log, self.run, self.policy)
        if out.is_empty():
            return
        for place, rule in enumerate(out["rule"].unique(maintain_order=True)):
            self.folders[rule] = self.into / f"{place}"
            self.folders[rule].mkdir()
        there, commits = dict(sources), self.log.commits(self.run)
        for (number,), wanted in out.group_by("shard", maintain_order=True):
            commit = commits[int(str(number))]
            why = self._shard(there.get(commit.shard.read_key), commit, wanted)
            if why:
                self.lost.update(dict.fromkeys(wanted["rule"].unique(), why))

    def _shard(self, source: _Source | None, commit: Commit, wanted: pl.DataFrame) -> str:
        """Writes the texts of one shard; why they could not all be had, or nothing."""
        if not self.withheld.can_tell(self.run, commit.number):
            return "texts it keeps out cannot be held against the suppression list"
        if source is None:
            return "texts it keeps out are no longer in the corpora as they were"
        suppressed = self.withheld.among(wanted.with_columns(run=pl.lit(self.run)))
        left = wanted.join(suppressed, on=ITEM, how="anti", maintain_order="left")
        try:
            is_whole = self._write(source, commit, left)
        except SourceError:
            is_whole = False
        return "" if is_whole else "texts it keeps out cannot be read as they were"

    def _write(self, source: _Source, commit: Commit, wanted: pl.DataFrame) -> bool:
        """Whether all were there, with the content that is on record."""
        corpus, shard = source
        found, decisions = self._on_record(commit)
        seen = 0
        with ExitStack() as files:
            writers: dict[str, pq.ParquetWriter] = {}
            for read in reader_for(corpus).batches(shard, size=_AT_ONCE):
                of_rule = wanted.filter(pl.col("position").is_in(read["position"].implode()))
                if of_rule.is_empty():
                    continue
                some = read.filter(pl.col("position").is_in(of_rule["position"].implode()))
                batch = self.key.apply(some, "content_hi", "content_lo")
                if not batch.select(_CONTENT).equals(of_rule.select(_CONTENT)):
                    return False
                staying = kept(self.policy, without_personal_data(batch), found, decisions)
                seen += staying.height
                rows = staying.join(of_rule.select("position", "rule"), on="position", how="left", validate="1:1")
                for (rule,), texts in rows.group_by("rule", maintain_order=True):
                    table = _table(texts.drop("rule"))
                    if rule not in writers:
                        path = beside(self.folders[str(rule)], commit.number)
                        writers[str(rule)] = files.enter_context(pq.ParquetWriter(path, table.schema))
                    writers[str(rule)].write_table(table)
        return seen == wanted.height

    def _on_record(self, commit: Commit) -> tuple[dict[str, Findings], pl.DataFrame]:
        """What masks are made of: findings, and the decisions that let an item stay."""
        specs = [
            spec for spec in specs_on_record(self.log.read_run(self.run)) if spec.name in {"licence", PERSONAL_DATA}
        ]
        path = self.log.segment_folder(self.run, commit.number) / "decisions.parquet"
        decisions = pl.read_parquet(path, glob=False).cast(DECISIONS)
        masks = decisions.filter(pl.col("outcome") <= pl.lit("redact", dtype=OUTCOME))
        return read_all_findings(self.log, commit, specs), masks


def _table(texts: pl.DataFrame) -> pa.Table:
    return plain(texts).to_arrow(compat_level=pl.CompatLevel.oldest())
