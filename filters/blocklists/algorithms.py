"""The algorithms by which a blocklist may name what is on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One of them."""

    name: str
    digits: int
    """Hex digits of a hash."""
    distance: int
    """How many bits may differ where an entry does not say."""
    most: int
    """How many an entry may let differ: beyond that, chance finds more than the list does."""
    perceptual: bool
    """Of how a picture looks; else of the bytes of an item, whatever it is."""

    @property
    def n_bytes(self) -> int:
        return self.digits // 2


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("sha256", 64, 0, 0, perceptual=False),
        Algorithm("sha1", 40, 0, 0, perceptual=False),
        Algorithm("md5", 32, 0, 0, perceptual=False),
        Algorithm("pdq", 64, 31, 63, perceptual=True),  # 31: as ThreatExchange advises
        Algorithm("phash", 16, 6, 15, perceptual=True),
        Algorithm("dhash", 16, 6, 15, perceptual=True),
    )
}
"""By name, the surest first: of several entries that match, the first of these is the one that is named."""
