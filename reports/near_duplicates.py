"""What is told of the search for near-duplicates, in the same words on the page, the card and the terminal."""

from __future__ import annotations

from reports.facts import RunFacts
from reports.words import counted


def near_duplicates(facts: RunFacts) -> tuple[str, ...]:
    """Sentences on the pictures of a run that look like others; none where nobody looked."""
    return tuple(sentence for row in facts.alike for sentence in _sentences(row))


def _sentences(row: dict[str, int | float | bool]) -> list[str]:
    radius, pictures, earlier, plain = (int(row[name]) for name in ("radius", "pictures", "earlier", "plain"))
    candidates, confirmed, groups = (int(row[name]) for name in ("candidates", "confirmed", "groups"))
    old = f", also with {counted(earlier, 'picture')} of earlier releases" if earlier else ""
    agreed = "if dHash or PDQ agrees" if row["second_hash"] else "with no second hash to agree"
    were = "was" if pictures == 1 else "were"
    chance = _number(float(row["expected_chance_pairs"]))
    said = [
        f"{counted(pictures, 'picture')} {were} compared{old}.",
        f"Alike are those whose pHash differs in at most {counted(radius, 'bit')} of 64, {agreed}.",
        f"Of unrelated pictures, {chance} pairs would be as near by chance alone if their hashes were independent.",
        f"Near to one that is put before it: {counted(candidates, 'picture')}.",
        f"Of these, {counted(confirmed, 'near-duplicate')} of {counted(groups, 'picture')}.",
    ]
    return [*said, f"Too plain to be compared: {counted(plain, 'picture')}."] if plain else said


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value >= 0.001 else "fewer than 0.001"
