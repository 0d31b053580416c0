"""How often what is declared of a data set's licence is freer than what people found when they looked.

    python benchmarks/declared_licences.py ../shared/data

The set is that of the Data Provenance Initiative: what a hub, a repository and an index say of a data set, and the use
class that a person found. Each rule decides which data sets are allowed; `leak` is the share of those that are for
non-commercial or academic use alone. The rules of Tamis are its filter and its presets, run as they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
from measure import machine, table

from filters.base import run_filter
from filters.licence import LicenceFilter
from filters.rights.claims import evidence_of
from releases.decide import decide
from releases.policy import Policy, read_policy
from tamis.records import BATCH, OUTCOME
from tamis.testing import text_batch

SOURCES = {"hf_yaml": "hub-card", "github": "repository", "pwc": "index"}
FREE = {"public_domain", "permissive", "attribution", "share_alike", "copyleft"}
LEAKS = {"NC", "Acad"}
"""Of `verified_use_class`; the third, `Unspecified`, is told apart, for nobody knows."""

Allowed = pl.Series


def declared(row: dict[str, str | None]) -> list[tuple[str, str]]:
    return [(kind, value) for column, kind in SOURCES.items() if (value := row[column])]


def by_tag(rows: list[dict[str, str | None]], column: str) -> Allowed:
    """Who believes one tag: allowed if it names a free licence."""
    return pl.Series([_is_free(SOURCES[column], row[column]) for row in rows])


def _is_free(kind: str, value: str | None) -> bool:
    if not value:
        return False
    return all(piece.reading.unread is None and piece.reading.grant in FREE for piece in evidence_of(kind, value))


def strictest(rows: list[dict[str, str | None]]) -> Allowed:
    """Who believes the strictest of all tags that are there."""
    said = [[_is_free(kind, value) for kind, value in declared(row)] for row in rows]
    return pl.Series([bool(each) and all(each) for each in said])


def by_policy(rows: list[dict[str, str | None]], policy: Policy) -> Allowed:
    batch = text_batch(f"data set {place}" for place in range(len(rows)))
    claims = [[{"kind": kind, "value": value} for kind, value in declared(row)] for row in rows]
    batch = batch.with_columns(pl.Series("claims", claims, dtype=BATCH["claims"]))
    licence = LicenceFilter()
    alone = policy.model_copy(update=dict.fromkeys(("personal_data", "nsfw", "reservation", "exact_duplicates")))
    decisions = decide(alone, batch, {"licence": run_filter(licence, batch)}, [licence.spec])
    away = decisions.filter(pl.col("outcome") > pl.lit("redact", dtype=OUTCOME))["position"]
    return ~batch["position"].is_in(away.implode())


def shown(name: str, allowed: Allowed, found: pl.DataFrame) -> list[str]:
    kept = found.filter(allowed)
    leaks = kept.filter(pl.col("verified_use_class").is_in(LEAKS)).height
    unsaid = kept.filter(pl.col("verified_use_class") == "Unspecified").height
    by_collection = kept.group_by("collection").agg(pl.col("verified_use_class").is_in(LEAKS).mean().alias("share"))
    mean = by_collection["share"].mean() or 0.0
    share = (leaks / kept.height, (leaks + unsaid) / kept.height) if kept.height else (0.0, 0.0)
    shares = [f"{each:.1%}" for each in (*share, mean)]
    return [name, f"{kept.height:,}", f"{leaks:,}", *shares[:2], str(by_collection.height), shares[2]]


def rules(rows: list[dict[str, str | None]]) -> Iterable[tuple[str, Callable[[], Allowed]]]:
    yield "the hub's tag", lambda: by_tag(rows, "hf_yaml")
    yield "the repository's licence", lambda: by_tag(rows, "github")
    yield "the index's licence", lambda: by_tag(rows, "pwc")
    yield "the strictest of the three", lambda: strictest(rows)
    for preset in ("open", "permissive", "copyleft", "open-culture", "strict", "common-pile"):
        policy = read_policy(preset, Path())[0]
        yield f"tamis, preset {preset}", lambda policy=policy: by_policy(rows, policy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    found = pl.read_parquet(parser.parse_args().data / "licence_declared_vs_verified_dev.parquet")
    rows = found.select(*SOURCES).to_dicts()
    print(machine())
    print(
        f"{found.height:,} data sets of {found['collection'].n_unique()} collections; use classes as found: "
        f"{dict(found['verified_use_class'].value_counts(sort=True).iter_rows())}"
    )
    head = ("rule", "allowed", "leaks", "leak", "or unsaid", "collections", "leak by collection")
    print(table(head, (shown(name, allowed(), found) for name, allowed in rules(rows))))


if __name__ == "__main__":
    main()
