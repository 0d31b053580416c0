"""Which items are looked at again: a choice that anybody can repeat."""

from __future__ import annotations

import hashlib


def sampled(item_hi: int, item_lo: int, *, seed: int, share: float) -> bool:
    """Whether the item belongs to the sample of `seed` that holds `share` (0 to 1) of all items.

    Keyed on the item's id, never on its place: order, batches and workers change nothing. What is in the sample of a
    share is in that of every larger share of the same seed.

    Raises:
        ValueError: `share` is out of range.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}, expected 0 to 1")
    head = hashlib.sha256(f"sample\0{seed}\0{item_hi:016x}{item_lo:016x}".encode()).digest()[:8]
    # The first 53 bits: all that a float holds exactly, so that the draw is below 1 also after division.
    return (int.from_bytes(head, "big") >> 11) / (1 << 53) < share
