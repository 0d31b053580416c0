"""What is told of the search for texts that are nearly the same, in the same words on page, card and terminal."""

from __future__ import annotations

from reports.facts import Row, RunFacts
from reports.words import counted


def near_texts(facts: RunFacts) -> tuple[str, ...]:
    """Sentences on the texts of a run that are nearly the same as others; none where nobody looked."""
    return tuple(sentence for row in facts.same_texts for sentence in _sentences(row))


def _sentences(row: Row) -> list[str]:
    texts, earlier, wordless, crowded = (int(row[name]) for name in ("texts", "earlier", "wordless", "crowded"))
    confirmed, groups, largest = (int(row[name]) for name in ("confirmed", "groups", "largest"))
    old = f", also with {counted(earlier, 'text')} of earlier releases" if earlier else ""
    were = "was" if texts == 1 else "were"
    of_one = f", at most {largest:,} of one" if groups > 1 else ""
    found = f"{counted(confirmed, 'near-duplicate')} of {counted(groups, 'text')}{of_one}."
    without = [f"Without words, so compared with none: {counted(wordless, 'text')}."] if wordless else []
    if not row["minima"]:
        same = "Nearly the same are those of the same words in the same order"
        return [f"{counted(texts, 'text')} {were} compared.", f"{same}: {found}", *without]
    told = f"{counted(row['shingle'], 'word')} in common, as {row['minima']} minima estimate it"
    said = [
        f"{counted(texts, 'text')} {were} compared{old}.",
        f"Nearly the same are those that have {100 * row['min_similarity']:.3g} % of their runs of {told}.",
        f"Of pairs that are just that similar {100 * row['found_at_limit']:.3g} % are compared, of others more.",
        f"Sharing a band with one that is put before it: {counted(row['candidates'], 'text')}.",
        f"Of these, {found}",
        *without,
    ]
    if crowded:
        said.append(f"Not compared with all that share a band, for these are too many: {counted(crowded, 'text')}.")
    return said
