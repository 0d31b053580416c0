"""Pseudonyms: what stands for a value of personal data, so that it can be seen where the same one stands again.

They are made from the digest of a value under the workspace's key, never from the value: whoever tries values needs
that key. They are not that digest either, so that a release does not name what the catalog names.
"""

from __future__ import annotations

from releases.policy import PseudonymScope
from tamis.ids import Id128, digest_of

DIGITS = 10
"""Hex digits of a pseudonym, 40 bits: of n values, two look alike somewhere with a chance of about n²/2^41."""


def pseudonym(kind: str, value: Id128, *, scope: tuple[str, ...]) -> str:
    """The digits that stand for a value of `kind`: the same for the same value within `scope`, and only there.

    Args:
        kind: what kind of personal data it is.
        value: the keyed digest of the value.
        scope: names where equal values are to be seen as equal (see `scope_of`).
    """
    return digest_of(["pseudonym", scope, kind, _hex(value)])[:DIGITS]


def scope_of(within: PseudonymScope, policy: str, item: Id128) -> tuple[str, ...]:
    """The scope of an item's pseudonyms.

    It is named by what decides on a shard and by nothing else, since what one run made of a shard is taken over by the
    next: the name of the policy, and where the scope is an item, its id.
    """
    return (policy,) if within == "release" else (policy, _hex(item))


def _hex(pair: Id128) -> str:
    hi, lo = pair
    return f"{hi:016x}{lo:016x}"
