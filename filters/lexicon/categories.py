"""The closed list of what a word can be listed for."""

from __future__ import annotations

from typing import Final

UNSAFE: Final = ("sexual", "insult", "hate", "violence", "self_harm", "drugs", "other")
"""`hate`: against groups of people. `insult`: against whoever is spoken to, and swearing."""

IDENTITY: Final = "identity"
"""Words by which people name who they are or others do: never unsafe, counted to see whom a rule shuts out."""

CATEGORIES: Final = (*UNSAFE, IDENTITY)
