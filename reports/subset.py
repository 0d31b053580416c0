"""What is told of a subset, in the same words on page, card and terminal."""

from __future__ import annotations

from collections.abc import Iterator

from reports.facts import Row, RunFacts
from reports.words import counted

_METHODS = {
    "linear": "by a linear classifier between examples and the rest",
    "importance": "by how much likelier the examples are to have its words (DSIR)",
    "embedding": "by how near their vectors are to those of the examples",
    "random": "by chance",
}

_SHOWN = 12


def subset(facts: RunFacts) -> tuple[str, ...]:
    """Sentences on what a run chose of all that its filters let stay; none where it chose nothing."""
    return tuple(sentence for row in facts.subset for sentence in _sentences(row, facts.size_curve))


def mixture(facts: RunFacts) -> list[Row]:
    """Groups with the largest share of what is chosen or of what it was chosen from, before and after."""
    rows = sorted(facts.subset_mix, key=lambda row: (-max(row["chosen_share"], row["pool_share"]), row["grouped_by"]))
    return sorted(rows[:_SHOWN], key=lambda row: (row["grouped_by"], -row["chosen_share"], row["named"]))


def _sentences(row: Row, curve: list[Row]) -> Iterator[str]:
    kind = "text" if row["kind"] == "text" else "picture"
    size = f"{row['chosen_size']:,} of {row['pool_size']:,} {row['unit']} ({row['share']:.1%})"
    yield (
        f"Of {counted(row['pool_items'], kind)} that all filters let stay, {row['chosen_items']:,} were chosen: "
        f"{size}, {_METHODS.get(row['method'], _by_measure(row['method']))}, seed {row['seed']}."
    )
    if row["target"]:
        yield f"The examples have the digest {row['target'][:12]}; {_again(row)}"
    if row["queried"]:
        yield f"Examples are the texts of {counted(row['queried'], 'item')} of the catalog, which a query gave."
    if row["unscored"] or row["bounded"]:
        unscored, bounded = row["unscored"], row["bounded"]
        without = f"{unscored:,} without words, vector or measure"
        yield f"Not to be chosen: {without}, {bounded:,} that caps leave no room for."
    if row["unlabelled"]:
        yield f"Held, for the examples have labels and they have none: {counted(row['unlabelled'], kind)}."
    if row["outcome"]:
        from releases.subsets.size import SAID  # takes numba along, half a second of every run

        yield f"The size was found by a curve on held-out texts, {row['outcome']}: {SAID[row['outcome']]}"
        yield from _point(row, curve)


def _by_measure(named: str) -> str:
    return f"by what a filter measured ({named})"


def _again(row: Row) -> str:
    if not row["examples_again"]:
        return "none of the items is one of them again."
    return f"{counted(row['examples_again'], 'item')} that are one of them again, or nearly, were taken out."


def _point(row: Row, curve: list[Row]) -> Iterator[str]:
    at = [each for each in curve if each["bytes"] == row["asked"]]
    if at and curve:
        chosen, whole = at[0], curve[-1]
        yield (
            f"At this size {chosen['bits']:.4f} bits per {chosen['per']} (95 % interval {chosen['low']:.4f} to "
            f"{chosen['high']:.4f}), after all of it {whole['bits']:.4f}."
        )
        if chosen["accuracy"] is not None:
            yield f"Labels told right: {chosen['accuracy']:.1%}, after all of it {whole['accuracy']:.1%}."
