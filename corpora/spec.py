"""What a recipe says of one corpus."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tamis.ids import digest_of

READING = 5
"""Version of the readers: raise it when the same bytes give other batches, so that no record is taken for theirs."""


@dataclass(frozen=True)
class CorpusSpec:
    """Where a corpus is, what it is, what is declared about it. Crosses process boundaries."""

    name: str
    format: str
    path: str
    columns: tuple[tuple[str, str], ...] = ()
    """(what Tamis calls a column, what the corpus calls it); a column not named keeps its name."""
    licence: str | None = None
    basis: str | None = None
    ancestors: tuple[str, ...] = ()
    """Licences of the works that it was made from."""
    source: str | None = None
    max_item_bytes: int = 10_485_760
    options: tuple[tuple[str, Any], ...] = ()

    def column(self, role: str) -> str:
        """What the corpus calls the column that Tamis calls `role`."""
        return self._by_role.get(role, role)

    @cached_property
    def _by_role(self) -> dict[str, str]:
        """Asked for of every record."""
        return dict(self.columns)

    def reading(self, key_id: str) -> str:
        """Names everything but the bytes that a batch depends on; `key_id` is the key of the content's digests."""
        said = (self.format, self.columns, self.licence, self.source, self.max_item_bytes, self.options)
        return digest_of([READING, *said, self.basis, self.ancestors, key_id])

    @property
    def licence_columns(self) -> tuple[str, ...]:
        """Where a record's own licence is looked for: the column that is named, else both spellings of the word."""
        named = self._by_role.get("licence")
        return (named,) if named else ("licence", "license")
