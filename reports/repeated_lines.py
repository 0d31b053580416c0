"""What is told of lines and paragraphs that stand in many texts, in the same words on page, card and terminal."""

from __future__ import annotations

from reports.facts import Row, RunFacts
from reports.words import counted


def repeated_lines(facts: RunFacts) -> tuple[str, ...]:
    """Sentences on the lines of a run that many texts have; none where nobody looked."""
    return tuple(sentence for row in facts.repeated_lines for sentence in _sentences(row))


def _sentences(row: Row) -> list[str]:
    decided, unknown = int(row["decided"]), int(row["unknown"])
    compared = f"{counted(row['pieces'], 'line')} and paragraphs of {counted(row['texts'], 'text')} were compared"
    different = f"In more than {counted(row['documents'], 'text')}: {int(row['repeated']):,} different ones"
    said = [
        f"{compared}, those of fewer than {counted(row['least_words'], 'word')} left out.",
        f"{different}; {counted(row['touched'], 'text')} had any of these, {decided:,} more than the policy lets pass.",
    ]
    if row["earlier"]:
        said.append(f"Counted with them, and not decided on: {counted(row['earlier'], 'text')} of earlier releases.")
    if unknown:
        said.append(f"Held, for what was on record of their lines is not whole: {counted(unknown, 'text')}.")
    return said
