"""Orders: nested, the same for any order of the items, and within caps and floors at every beginning."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from releases.subsets.order import chances, in_order
from releases.subsets.section import Subset


def items_of(count, *, seed=1, sources=("a", "b", "c")):
    drawn = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "item_hi": drawn.integers(0, 2**63, count).astype(np.uint64),
            "item_lo": drawn.integers(0, 2**63, count).astype(np.uint64),
            "bytes": drawn.integers(100, 2000, count).astype(np.uint64),
            "source": drawn.choice(list(sources), count, p=[0.7, *[0.3 / (len(sources) - 1)] * (len(sources) - 1)]),
            "licence_class": drawn.choice(["permissive", "copyleft"], count, p=[0.1, 0.9]),
        },
    ).with_columns(pl.col("source", "licence_class").cast(pl.Categorical))


def subset_of(**more):
    return Subset.model_validate({"method": "random", "budget": {"share": 0.1}, **more})


def shares(items, by):
    whole = items["bytes"].sum()
    return {str(name): size / whole for name, size in items.group_by(by).agg(pl.col("bytes").sum()).iter_rows()}


def test_chance_is_even_and_is_of_the_item_and_the_seed_alone():
    items = items_of(20_000)
    drawn = chances(items, 1)
    assert ((drawn > 0) & (drawn < 1)).all()
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    assert abs(counts - 1000).max() < 150
    assert abs(np.corrcoef(drawn, chances(items, 2))[0, 1]) < 0.03
    assert (chances(items[::-1], 1) == drawn[::-1]).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 3.0]))
def test_the_order_does_not_depend_on_the_order_of_the_items(seed, temperature):
    items = items_of(200).with_row_index("place")
    score = np.random.default_rng(3).normal(size=200).round(1)
    subset = subset_of(seed=seed, temperature=temperature, caps=[{"by": "source", "most": 0.5}])
    first = items[in_order(items, subset, score)]["place"].to_list()
    shuffled = np.random.default_rng(seed).permutation(200)
    again = items[shuffled][in_order(items[shuffled], subset, score[shuffled])]["place"].to_list()
    assert first == again
    assert len(set(first)) == len(first)


def test_the_best_come_first_and_what_has_no_score_does_not_come():
    items = items_of(100)
    score = np.arange(100, dtype=np.float64)
    score[7] = np.nan
    order = in_order(items, subset_of(), score)
    assert order.tolist() == [place for place in range(99, -1, -1) if place != 7]


def test_temperature_mixes_in_chance_by_degrees():
    items = items_of(5000)
    score = np.linspace(0, 1, 5000)
    means = [
        score[in_order(items, subset_of(temperature=temperature), score)[:500]].mean()
        for temperature in (0.0, 0.1, 1.0, 100.0)
    ]
    assert means == sorted(means, reverse=True)
    assert means[0] == pytest.approx(0.95, abs=0.001)
    assert means[-1] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("count", [200, 500, 1000, None])
def test_caps_and_floors_hold_for_every_beginning(count):
    items = items_of(4000, sources=tuple("abcdefgh"))
    score = np.random.default_rng(5).normal(size=4000)
    subset = subset_of(
        caps=[{"by": "source", "most": 0.2}], floors=[{"by": "licence_class", "value": "permissive", "least": 0.3}]
    )
    order = in_order(items, subset, score)[:count]
    found = shares(items[order], "source")
    slack = 2000 / items[order]["bytes"].sum()
    assert max(found.values()) <= 0.2 + slack
    if count in {200, 500}:  # then there are no more of them
        assert shares(items[order], "licence_class")["permissive"] >= 0.3 - slack
    assert score[order].mean() > 0.05


def test_a_cap_on_one_value_leaves_the_others_alone_and_ends_the_order_when_nothing_else_is_left():
    items = items_of(3000)
    subset = subset_of(caps=[{"by": "source", "value": "a", "most": 0.5}])
    order = in_order(items, subset, np.zeros(3000))
    found = items[order]
    of_others = items.filter(pl.col("source").cast(pl.String) != "a")
    assert found.filter(pl.col("source").cast(pl.String) != "a").height == of_others.height
    assert shares(found, "source")["a"] == pytest.approx(0.5, abs=0.01)


def test_what_is_not_known_is_capped_like_a_value():
    items = items_of(1000).with_columns(source=pl.lit(None, dtype=pl.Categorical))
    order = in_order(items, subset_of(caps=[{"by": "source", "most": 0.1}]), np.zeros(1000))
    assert len(order) == 1


def test_replay_is_a_share_by_chance_of_every_beginning():
    items = items_of(4000)
    score = np.arange(4000, dtype=np.float64)
    order = in_order(items, subset_of(method="importance", target={"examples": ["x"]}, replay=0.25), score)
    assert sorted(order.tolist()) == list(range(4000))
    for count in (100, 400, 1000):
        by_score = set(range(4000 - count, 4000))
        sizes = items["bytes"].to_numpy()[order[:count]]
        far = np.array([place not in by_score for place in order[:count]])
        assert sizes[far].sum() / sizes.sum() == pytest.approx(0.25 * (4000 - count) / 4000, abs=0.07)


def test_strata_have_in_every_beginning_the_share_that_they_have_in_all():
    items = items_of(4000, sources=tuple("abcde"))
    order = in_order(items, subset_of(strata="source"), chances(items, 1))
    of_all = items["source"].cast(pl.String).value_counts(normalize=True)
    for count in (50, 200, 1000):
        found = dict(items[order[:count]]["source"].cast(pl.String).value_counts(normalize=True).iter_rows())
        assert all(abs(found[name] - share) <= 2 / count for name, share in of_all.iter_rows())


def test_strata_of_an_order_by_target_keep_their_shares_and_come_best_first():
    items = items_of(4000, sources=tuple("abcde"))
    score = np.random.default_rng(9).normal(size=4000) + (items["source"].cast(pl.String) == "a").to_numpy() * 3
    score[:50] = np.nan
    subset = subset_of(method="linear", target={"examples": ["x"]}, strata="source")
    order = in_order(items, subset, score)
    assert not np.isnan(score[order]).any()
    assert len(order) == 3950
    of_all = items[50:]["source"].cast(pl.String).value_counts(normalize=True)
    for count in (50, 200, 1000):
        chosen = items.with_row_index("place")[order[:count]].with_columns(pl.col("source").cast(pl.String))
        found = dict(chosen["source"].value_counts(normalize=True).iter_rows())
        assert all(abs(found[name] - share) <= 2 / count for name, share in of_all.iter_rows())
    for (_,), of_source in chosen.group_by("source"):
        scores = score[of_source["place"].to_numpy()]
        assert scores.tolist() == sorted(scores, reverse=True)


def test_equal_strata_have_equal_shares_until_one_is_used_up():
    items = items_of(4000, sources=tuple("abcde"))
    order = in_order(items, subset_of(strata="source", strata_shares="equal"), chances(items, 1))
    counts = items[order[:500]]["source"].cast(pl.String).value_counts()["count"]
    assert counts.max() - counts.min() <= 1
    assert sorted(order.tolist()) == list(range(4000))
    replaced = items.with_columns(source=pl.Series(["a"] * 3 + ["b"] * 3997).cast(pl.Categorical))
    first = in_order(replaced, subset_of(strata="source", strata_shares="equal"), chances(items, 1))[:100]
    assert (first < 3).sum() == 3


def test_labels_that_the_target_does_not_have_come_after_those_it_has():
    items = items_of(1000).with_columns(label=pl.Series(["x", "y", "z", None] * 250).cast(pl.Categorical))
    subset = subset_of(method="linear", target={"examples": ["e"], "label": "label"}, strata="label")
    order = in_order(items, subset, np.random.default_rng(2).normal(size=1000), wanted=["x", "z"])
    assert set(items[order[:500]]["label"].cast(pl.String)) == {"x", "z"}
    assert len(order) == 1000


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"budget": {}}, "expected one of tokens, bytes, items, share, auto; 0 are there"),
        ({"budget": {"share": 0.1, "items": 3}}, "2 are there"),
        ({"method": "linear"}, "method linear needs `target.examples`"),
        (
            {"floors": [{"by": "source", "value": "a", "least": 0.6}, {"by": "source", "value": "b", "least": 0.5}]},
            "1.1",
        ),
        (
            {
                "caps": [{"by": "source", "most": 0.2}],
                "floors": [{"by": "source", "value": "a", "least": 0.3}],
            },
            "source 'a' is to have at least 0.3 and at most 0.2",
        ),
        ({"kind": "image", "method": "linear", "target": {"examples": ["x"]}}, "pictures have no words"),
        ({"budget": {"auto": {}}}, "budget auto measures sizes on held-out texts"),
        ({"replay": 0.1}, "all is chosen by chance already"),
        ({"target": {"examples": ["x"]}}, "method random looks at no target"),
        ({"strata": "cluster"}, "only pictures are put into clusters"),
        ({"kind": "image", "clusters": 5}, "nothing goes by `cluster`"),
        ({"strata_shares": "equal"}, "there are no strata"),
    ],
)
def test_what_cannot_be_is_refused(section, said):
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        subset_of(**section)
