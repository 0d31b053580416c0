"""What is told of the search for texts that say nearly the same, in the same words on page, card and terminal."""

from __future__ import annotations

from reports.facts import Row, RunFacts
from reports.words import counted


def near_meanings(facts: RunFacts) -> tuple[str, ...]:
    """Sentences on the texts of a run that say nearly the same as others; none where nobody looked."""
    return tuple(sentence for row in facts.same_meanings for sentence in _sentences(row))


def _sentences(row: Row) -> list[str]:
    texts, earlier, confirmed, groups, largest = (
        int(row[name]) for name in ("texts", "earlier", "confirmed", "groups", "largest")
    )
    old = f", also with {counted(earlier, 'text')} of earlier releases" if earlier else ""
    were = "was" if texts == 1 else "were"
    of_one = f", at most {largest:,} of one" if groups > 1 else ""
    left_out = (
        ("Without a vector, so compared with none", int(row["without_vector"])),
        ("Of which the model saw too little, so compared with none", int(row["barely_seen"])),
    )
    vector, limit = counted(row["dimensions"], "number"), f"{row['min_similarity']:.4g} or more"
    found = f"{counted(confirmed, 'near-duplicate')} of {counted(groups, 'text')}{of_one}"
    return [
        f"{counted(texts, 'text')} {were} compared, each with every other{old}.",
        f"Nearly the same are those whose vectors, of {vector} each, have a cosine of {limit}: {found}.",
        *(f"{what}: {counted(number, 'text')}." for what, number in left_out if number),
    ]
