"""Scores by hand, and what must be so whatever the spans are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.labelled import Place
from audits.score import Tally, compare, f2_interval, score, shared
from tamis.intervals import wilson

KINDS = ("A", "B")


def compared(labels, hits, *, kinds=KINDS, overlap=0.9):
    return compare([Place(*each) for each in labels], [Place(*each) for each in hits], kinds=kinds, overlap=overlap)


@st.composite
def places(draw, kinds="ABC", longest=12):
    start = draw(st.integers(0, 60))
    return Place(start, start + draw(st.integers(1, longest)), draw(st.sampled_from(kinds)))


DOCUMENTS = st.lists(st.tuples(st.lists(places(), max_size=6), st.lists(places(), max_size=6)), max_size=6)


def scored(documents, *, overlap=0.9, **more):
    all_compared = [compare(labels, hits, kinds=KINDS, overlap=overlap) for labels, hits in documents]
    return score(all_compared, kinds=KINDS, n_bytes=1000, **more)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (0, 9), 0.9),
        ((0, 10), (1, 11), 9 / 11),
        ((0, 10), (5, 15), 1 / 3),
        ((0, 10), (10, 20), 0.0),
        ((0, 10), (30, 40), 0.0),
        ((5, 6), (0, 10), 0.1),
    ],
)
def test_overlap_is_intersection_over_union(one, other, expected):
    assert shared(Place(*one, "A"), Place(*other, "B")) == pytest.approx(expected)
    assert shared(Place(*other, "A"), Place(*one, "B")) == pytest.approx(expected)


def test_a_hit_of_exactly_the_overlap_counts_and_less_does_not():
    assert compared([(0, 10, "A")], [(0, 9, "A")]).total.found == 1
    assert compared([(0, 10, "A")], [(1, 11, "A")]).total.found == 0
    assert compared([(0, 10, "A")], [(1, 11, "A")], overlap=0.8).total.found == 1


def test_the_kind_must_be_the_same_but_any_kind_covers():
    done = compared([(0, 10, "A")], [(0, 10, "B")])
    assert done.total == Tally(labels=1, hits=1, found=0, characters=10, covered=10)
    assert done.by_kind == (Tally(1, 0, 0, 10, 10), Tally(0, 1, 0, 0, 0))
    assert done.missed == (Place(0, 10, "A"),)


def test_kinds_not_asked_about_cover_and_count_for_nothing_else():
    done = compared([(0, 10, "A"), (20, 30, "C")], [(0, 4, "C")])
    assert done.total == Tally(labels=1, hits=0, found=0, characters=10, covered=4)
    assert done.missed == (Place(0, 10, "A"),)


def test_one_hit_finds_one_label_and_one_label_takes_one_hit():
    twice = compared([(0, 10, "A")], [(0, 10, "A"), (0, 9, "A")])
    assert (twice.total.hits, twice.total.found) == (2, 1)
    once = compared([(0, 10, "A"), (0, 9, "A")], [(0, 10, "A")])
    assert (once.total.found, once.missed) == (1, (Place(0, 9, "A"),))


def test_the_pairs_that_share_most_are_taken_first():
    done = compared([(0, 10, "A"), (2, 12, "A")], [(1, 11, "A"), (2, 12, "A")], overlap=0.5)
    assert done.total.found == 2
    near = compared([(0, 10, "A"), (4, 12, "A")], [(3, 12, "A")], overlap=0.3)
    assert near.missed == (Place(0, 10, "A"),)


def test_a_long_hit_that_begins_early_is_seen():
    """Hits are looked up by where they begin, and short ones lie between this one and the label."""
    hits = [(0, 100, "A"), *((at, at + 1, "A") for at in range(10, 90))]
    assert compared([(5, 100, "A")], hits).total.found == 1


def test_characters_that_two_labels_mark_count_once():
    done = compared([(0, 10, "A"), (5, 15, "A"), (5, 20, "B")], [(8, 12, "C"), (12, 13, "C"), (18, 40, "C")])
    assert [(tally.characters, tally.covered) for tally in done.by_kind] == [(15, 5), (15, 7)]
    assert (done.total.characters, done.total.covered) == (20, 7)


def test_scores_by_hand():
    """3 labels, 4 hits, 2 of them right: P 1/2, R 2/3, F2 5 * 2 / (4 * 3 + 4) = 0.625."""
    done = scored(
        [
            ([Place(0, 10, "A"), Place(20, 30, "B")], [Place(0, 10, "A"), Place(20, 25, "B")]),
            ([Place(0, 10, "A")], [Place(0, 10, "A"), Place(50, 60, "A")]),
        ]
    )
    total, (of_a, of_b) = done.total, done.by_kind
    assert (total.kind, total.labels, total.hits, total.found, total.false_hits) == (None, 3, 4, 2, 2)
    assert total.precision == 1 / 2
    assert total.recall == 2 / 3
    assert total.f2 == 0.625
    assert total.f2 == pytest.approx(5 * total.precision * total.recall / (4 * total.precision + total.recall))
    assert total.covered == 25 / 30
    assert total.false_hits_per_mb == 2000.0
    assert total.precision_interval == wilson(2, 4)
    assert total.recall_interval == wilson(2, 3)
    assert (of_a.precision, of_a.recall) == (2 / 3, 1.0)
    assert (of_b.precision, of_b.recall, of_b.f2) == (0.0, 0.0, 0.0)


def test_a_share_of_nothing_is_null():
    nothing = scored([([], [])]).total
    assert (nothing.precision, nothing.recall, nothing.f2, nothing.covered) == (None, None, None, None)
    assert nothing.f2_interval is None
    assert score([], kinds=KINDS, n_bytes=0).total.false_hits_per_mb is None


@given(DOCUMENTS)
def test_perfect_hits_score_one(documents):
    perfect = scored([(labels, set(labels)) for labels, _ in documents])
    for each in (perfect.total, *perfect.by_kind):
        figures = {each.precision, each.recall, each.f2, each.covered}
        assert figures == ({1.0} if each.labels else {None})
        assert each.f2_interval in {None, (1.0, 1.0)}


@given(DOCUMENTS, st.randoms())
def test_the_order_of_documents_and_of_spans_changes_nothing(documents, random):
    before = scored(documents, resamples=50)
    shuffled = [(random.sample(labels, len(labels)), random.sample(hits, len(hits))) for labels, hits in documents]
    random.shuffle(shuffled)
    assert scored(shuffled, resamples=50) == before


@given(DOCUMENTS, st.floats(0.05, 1))
def test_counts_hold_together(documents, overlap):
    for labels, hits in documents:
        done = compare(labels, hits, kinds=KINDS, overlap=overlap)
        asked = {label for label in labels if label.kind in KINDS}
        assert done.total.labels == len(asked) == sum(tally.labels for tally in done.by_kind)
        assert done.total.found == sum(tally.found for tally in done.by_kind) == len(asked) - len(done.missed)
        assert set(done.missed) <= asked
        for tally in (done.total, *done.by_kind):
            assert 0 <= tally.found <= min(tally.labels, tally.hits)
            assert 0 <= tally.covered <= tally.characters
        marked = {place for label in asked for place in range(label.start, label.end)}
        covered = {place for hit in hits for place in range(hit.start, hit.end)}
        assert (done.total.characters, done.total.covered) == (len(marked), len(marked & covered))


@given(DOCUMENTS)
def test_matching_is_what_trying_every_pair_gives(documents):
    for labels, hits in documents:
        done = compare(labels, hits, kinds=("A",), overlap=0.4)
        of_a, hits_of_a = sorted({each for each in labels if each.kind == "A"}), [h for h in hits if h.kind == "A"]
        pairs = sorted(
            (-shared(label, hit), label, place)
            for label in of_a
            for place, hit in enumerate(sorted(hits_of_a))
            if shared(label, hit) >= 0.4
        )
        found, used = set(), set()
        for _, label, place in pairs:
            if label not in found and place not in used:
                found.add(label)
                used.add(place)
        assert done.missed == tuple(label for label in of_a if label not in found)


def tallies(*counts):
    return [Tally(labels, hits, found, 0, 0) for labels, hits, found in counts]


def test_the_interval_of_f2_is_the_same_every_time_and_holds_the_share():
    some = tallies(*[(1, 1, 1)] * 60, *[(1, 0, 0)] * 20, *[(0, 1, 0)] * 10, *[(0, 0, 0)] * 100)
    low, high = f2_interval(some)
    assert (low, high) == f2_interval(some[::-1])
    assert f2_interval(some, seed=1) != (low, high)
    f2 = 5 * 60 / (4 * 80 + 70)
    assert low < f2 < high


def test_the_interval_of_f2_is_as_wide_as_theory_says():
    """With one label and no false hit a document, F2 is 5 r / (4 + r) of the recall r, whose spread is known."""
    low, high = f2_interval(tallies(*[(1, 1, 1)] * 700, *[(1, 0, 0)] * 300), resamples=20_000)
    spread = 1.96 * math.sqrt(0.7 * 0.3 / 1000)
    assert (low, high) == pytest.approx([5 * r / (4 + r) for r in (0.7 - spread, 0.7 + spread)], abs=0.004)


@pytest.mark.parametrize("counts", [[], [(1, 1, 1)], [(1, 1, 1), (0, 0, 0)]])
def test_one_document_has_no_interval(counts):
    assert f2_interval(tallies(*counts)) is None


def test_no_interval_is_drawn_unless_asked_for():
    assert f2_interval(tallies((1, 1, 1), (1, 0, 0)), resamples=0) is None
