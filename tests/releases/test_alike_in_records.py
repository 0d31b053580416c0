"""Near-duplicates of pictures in records: nothing is lost for a picture that falls with its record in the end."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.alike_in_records import near_duplicates_in_records
from releases.corpus_decisions import SCHEMA
from releases.crossing import OF_RECORDS, after, cross
from releases.laundering import RESTRICTING
from releases.near_duplicates import EARLIER, ITEMS, PLACED_PRINTS, Compared
from releases.policy import Policy

FAR = 12
"""Bits between the pictures of two scenes that nothing takes for alike."""

POLICY = Policy.model_validate(
    {
        "name": "a",
        "version": "1",
        "licence": {"allow": ["permissive", "restricted"]},
        "near_duplicates": {"radius": 8, "confirm": False},
    }
)


def picture(place: int, scene: int, *, bits: int = 0, record: int | None = None, forbids: str = "") -> dict[str, Any]:
    """One of a scene; `bits` of its hash differ from the scene's first."""
    facts = {"verdict": "keep", "grant": "restricted" if forbids else "permissive", "basis": "licence"}
    size = {"width": 400.0, "height": 300.0, "hits": None}
    where = {"shard": place % 3, "position": place, "kind": "image", "item_hi": place, "item_lo": 100 + place}
    conditions = {name: float(name == forbids) for name in RESTRICTING}
    hashed = ((1 << (scene * FAR)) - 1) ^ (((1 << bits) - 1) << 56)
    return {**where, **facts, **size, **conditions, "record": record, "hash": hashed}


def compare(pictures: list[dict[str, Any]]) -> tuple[Compared, dict[int, str]]:
    """What is decided on them, and the verdict of each in the end."""
    items = pl.DataFrame([{name: each[name] for name in ITEMS} for each in pictures], schema=ITEMS)
    rows = []
    for each in pictures:
        where = {"shard": each["shard"], "position": each["position"], "view": "shown", "bits_0": each["hash"]}
        more = {"phash": {}, "dhash": {}, "pdq": {"quality": 90, "bits_1": 0, "bits_2": 0, "bits_3": 0}}
        rows += [{**where, "algorithm": algorithm, **said} for algorithm, said in more.items()]
    parts = pl.DataFrame(
        [{**{name: each.get(name) for name in OF_RECORDS}} for each in pictures if each["record"] is not None],
        schema=OF_RECORDS,
    )
    compared = near_duplicates_in_records(
        POLICY,
        items,
        pl.DataFrame(rows, schema=PLACED_PRINTS),
        parts=parts,
        decided=[],
        records=SCHEMA.to_frame(),
        earlier=EARLIER.to_frame(),
    )
    crossed = cross(POLICY, after(parts, compared.decisions, compared.stricter))
    verdicts = {each["position"]: "keep" for each in pictures}
    strictest = after(items, compared.decisions, compared.stricter, crossed) if pictures else items
    verdicts |= dict(strictest.select("position", pl.col("verdict").cast(pl.String)).iter_rows())
    return compared, verdicts


# Pictures 0 and 4 contradict each other, so 0 is held and takes 3 of its record along; 6 looks like 3.
CONTRADICTING = [
    picture(0, 1, record=0, forbids="no_derivatives"),
    picture(3, 2, record=0, forbids="non_commercial"),
    picture(4, 1, bits=2, forbids="non_commercial"),
    picture(6, 2, bits=3),
    picture(7, 2, bits=5),
]


def test_what_looks_like_a_picture_that_falls_with_its_record_stays() -> None:
    compared, verdicts = compare(CONTRADICTING)
    assert verdicts == {0: "hold", 3: "hold", 4: "drop", 6: "keep", 7: "drop"}
    twins = dict(compared.decisions.select("position", "twin_hi").iter_rows())
    assert twins == {4: 0, 7: 6}
    assert compared.stricter["position"].to_list() == [0]
    assert (compared.search.pictures, compared.search.confirmed, compared.search.groups) == (5, 2, 2)


def test_what_contradicts_is_not_released_by_what_it_takes_along() -> None:
    _, verdicts = compare([CONTRADICTING[0], CONTRADICTING[2]])
    assert verdicts == {0: "hold", 4: "drop"}


FORBIDDEN = st.sampled_from(["", "no_derivatives", "non_commercial"])
PICTURES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 8), st.one_of(st.none(), st.integers(0, 2)), FORBIDDEN), max_size=10
)


@settings(max_examples=150)
@given(drawn=PICTURES, order=st.randoms())
def test_all_that_is_dropped_has_a_twin_that_stays_or_contradicts(
    drawn: list[tuple[int, int, int | None, str]], order: Any
) -> None:
    shards = {record: 3 * record for record in range(3)}
    pictures = [
        {
            **picture(place, scene, bits=bits, record=None if record is None else shards[record], forbids=forbids),
            "shard": 0,
        }
        for place, (scene, bits, record, forbids) in enumerate(drawn)
    ]
    compared, verdicts = compare(pictures)
    held = set(compared.stricter["position"])
    assert compared.decisions["position"].is_unique().all()
    assert compared.stricter["position"].is_unique().all()
    for position, twin in compared.decisions.select("position", "twin_hi").iter_rows():
        assert verdicts[twin] == "keep" or twin in held
        assert verdicts[position] == "drop"
    kept = [each for each in pictures if verdicts[each["position"]] == "keep"]
    for place, one in enumerate(kept):
        assert all((one["hash"] ^ other["hash"]).bit_count() > 8 for other in kept[place + 1 :])
    order.shuffle(pictures)
    again, _ = compare(pictures)
    assert again.decisions.equals(compared.decisions)
    assert again.stricter.equals(compared.stricter)
