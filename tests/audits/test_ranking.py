"""ROC, precision-recall and thresholds against their definitions, counted pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.ranking import Curve, Rate
from tamis.intervals import clopper_pearson, lower_bound

LABELLED = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60)
BOTH = LABELLED.filter(lambda each: len({unsafe for _, unsafe in each}) == 2)
RECALLS = st.sampled_from([0.01, 0.07, 0.5, 0.9, 0.95, 0.99])


def curve_of(labelled, change=float):
    scores, unsafe = zip(*labelled, strict=True)
    return Curve(np.array([change(score) for score in scores]), np.array(unsafe, dtype=bool))


def counts_at(labelled, threshold):
    return [sum(score >= threshold and unsafe is which for score, unsafe in labelled) for which in (True, False)]


@given(BOTH)
def test_the_auc_is_the_share_of_pairs_in_order_ties_half(labelled):
    pairs = [(a > b) + (a == b) / 2 for a, unsafe in labelled if unsafe for b, other in labelled if not other]
    assert curve_of(labelled).auc == pytest.approx(sum(pairs) / len(pairs))


@given(LABELLED)
def test_each_point_counts_what_reaches_it(labelled):
    points = curve_of(labelled).points(1000)
    assert [point.threshold for point in points] == sorted({float(score) for score, _ in labelled}, reverse=True)
    for point in points:
        assert [point.unsafe.hits, point.safe.hits] == counts_at(labelled, point.threshold)


@given(LABELLED, RECALLS)
def test_the_threshold_has_the_recall_and_no_higher_score_has_it(labelled, recall):
    curve = curve_of(labelled)
    found = curve.reaching(recall)
    n = sum(unsafe for _, unsafe in labelled)
    if not n:
        assert found is None
        return
    assert counts_at(labelled, found.threshold)[0] / n >= recall
    assert all(counts_at(labelled, score)[0] / n < recall for score, _ in labelled if score > found.threshold)


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=400), RECALLS)
@settings(max_examples=30)
def test_the_threshold_that_shows_a_recall_has_the_bound_and_no_higher_one_has_it(labelled, recall):
    curve = curve_of(labelled)
    found = curve.showing(recall)
    bounds = {point.threshold: point.recall_at_least for point in curve.points(1000)}
    showing = [threshold for threshold, bound in bounds.items() if curve.n_unsafe and bound >= recall]
    assert (found.threshold if found else None) == max(showing, default=None)


def test_how_many_unsafe_ones_show_a_recall():
    for n, shows in ((298, False), (299, True)):
        curve = curve_of([(1, True)] * n + [(0, False)])
        assert (curve.showing(0.99) is not None) is shows
        assert curve.reaching(0.99).unsafe == Rate(n, n)


@given(BOTH, RECALLS)
def test_only_the_order_of_the_scores_matters(labelled, recall):
    one, other = curve_of(labelled), curve_of(labelled, lambda score: np.expm1(score / 3) - 5)
    assert (one.auc, one.auc_interval, one.average_precision) == (
        other.auc, other.auc_interval, other.average_precision
    )  # fmt: skip
    assert (one.reaching(recall).unsafe, one.reaching(recall).safe) == (
        other.reaching(recall).unsafe, other.reaching(recall).safe
    )  # fmt: skip


@given(BOTH)
def test_labels_turned_round_mirror_the_auc(labelled):
    curve, turned = curve_of(labelled), curve_of([(score, not unsafe) for score, unsafe in labelled])
    assert turned.auc == pytest.approx(1 - curve.auc)
    if curve.auc_interval is None:
        assert turned.auc_interval is None
    else:
        assert turned.auc_interval == pytest.approx([1 - end for end in curve.auc_interval[::-1]])


@given(BOTH)
def test_the_average_precision_is_the_sum_of_its_steps(labelled):
    n = sum(unsafe for _, unsafe in labelled)
    total = before = 0
    for threshold in sorted({score for score, _ in labelled}, reverse=True):
        unsafe, safe = counts_at(labelled, threshold)
        total += (unsafe - before) / n * unsafe / (unsafe + safe)
        before = unsafe
    assert curve_of(labelled).average_precision == pytest.approx(total)


@given(BOTH)
def test_the_interval_of_the_auc_is_delongs(labelled):
    """His variance, from the placements of each score one by one."""
    unsafe = [score for score, is_unsafe in labelled if is_unsafe]
    safe = [score for score, is_unsafe in labelled if not is_unsafe]
    curve = curve_of(labelled)
    if min(len(unsafe), len(safe)) < 2 or curve.auc in (0, 1):
        assert curve.auc_interval is None
        return
    placed = [[(a > b) + (a == b) / 2 for b in safe] for a in unsafe]
    variance = np.var(np.mean(placed, axis=1), ddof=1) / len(unsafe)
    variance += np.var(np.mean(placed, axis=0), ddof=1) / len(safe)
    half = 1.959963984540054 * variance**0.5 / (curve.auc * (1 - curve.auc))
    ends = [np.log(curve.auc / (1 - curve.auc)) + side * half for side in (-1, 1)]
    assert curve.auc_interval == pytest.approx([1 / (1 + np.exp(-end)) for end in ends])
    assert 0 < curve.auc_interval[0] <= curve.auc <= curve.auc_interval[1] < 1


def test_the_interval_of_the_auc_holds_the_true_one_as_often_as_it_says():
    """Normal scores, one apart: the true AUC is the normal distribution at the root of one half, 0.7602."""
    random = np.random.RandomState(5)
    held = 0
    for _ in range(400):
        scores = np.concatenate([random.standard_normal(40) + 1, random.standard_normal(60)])
        low, high = Curve(scores, np.arange(100) < 40).auc_interval
        held += low <= 0.76025 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_the_bound_of_the_recall_holds_for_a_threshold_chosen_by_the_same_scores():
    """Scores are uniform, so that the true recall of a threshold is what lies above it."""
    random = np.random.RandomState(6)
    held = 0
    for _ in range(400):
        scores = random.uniform(size=150)
        found = Curve(scores, np.ones(150, dtype=bool)).reaching(0.9)
        held += found.recall_at_least <= 1 - found.threshold
    assert 0.92 <= held / 400 <= 0.98


def test_what_needs_both_labels_is_null_without_them():
    for unsafe in (True, False):
        curve = curve_of([(1, unsafe), (2, unsafe)])
        assert curve.auc is curve.auc_interval is None
    nothing = Curve(np.array([]), np.array([], dtype=bool))
    assert nothing.points(10) == []
    assert nothing.auc is nothing.average_precision is nothing.reaching(0.9) is nothing.showing(0.9) is None


def test_of_many_scores_evenly_chosen_points_stay():
    points = curve_of([(score, score % 2 == 0) for score in range(500)]).points(7)
    assert len(points) == 7
    assert (points[0].threshold, points[-1].threshold) == (499, 0)
    assert points[-1].unsafe.share == points[-1].safe.share == 1


def test_a_rate_has_its_exact_interval():
    assert Rate(3, 10).share == 0.3
    assert Rate(3, 10).interval == clopper_pearson(3, 10)
    assert Rate(0, 0).share is None
    at = curve_of([(1, True)] * 20 + [(0, True), (1, False)]).reaching(0.9)
    assert at.recall_at_least == lower_bound(20, 21)
    assert at.precision == 20 / 21
