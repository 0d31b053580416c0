"""What a training takes, and what one on less saves."""

import pytest

from catalog.coefficient import Range, shipped
from releases.savings.training import Corpora, Curation, Hardware, compare, train
from tamis.errors import ConfigError


@pytest.mark.parametrize(("region", "kilograms"), [("FRA", 5.4), ("WORLD", 45.4)])
def test_a_billion_parameters_and_twenty_billion_tokens(region, kilograms):
    table = shipped(region)
    training = train(1e9, 20e9, unique=20e9, hardware=Hardware.of(table, "H100"), grid=table.grid.range)
    assert training.flops == 1.2e20
    assert training.device_hours.mid == pytest.approx(84, abs=0.5)
    assert training.kwh.mid == pytest.approx(96, abs=0.5)
    assert training.kg_co2e.mid == pytest.approx(kilograms, abs=0.1)
    assert training.kwh.low < training.kwh.mid < training.kwh.high


def compared(subset=20e9, whole=200e9, raw=400e9, curation=None):
    return compare(1e9, Corpora(subset, whole, raw), coefficients=shipped("FRA"), hardware="H100", curation=curation)


def test_a_tenth_of_the_tokens_saves_nine_tenths_of_the_energy():
    savings = compared()
    whole, raw = savings.compared
    assert (whole.name, raw.name) == ("whole", "raw")
    assert whole.saved_kwh.mid == pytest.approx(0.9 * whole.training.kwh.mid)
    assert raw.saved_kwh.low == pytest.approx(raw.training.kwh.low - savings.subset.kwh.low)
    assert whole.saved_kg_co2e.mid == pytest.approx(whole.saved_kwh.mid * 0.056)
    assert whole.net_kwh is whole.break_even is None


def test_what_curating_took_is_counted_against_it():
    took = Curation(Range(100, 200, 4000), Range(1, 2, 40), "modelled")
    whole = compared(curation=took).compared[0]
    assert whole.net_kwh.low == pytest.approx(whole.saved_kwh.low - 4000)
    assert whole.net_kwh.low < 0 < whole.net_kwh.mid
    assert whole.break_even.mid == pytest.approx(200 / whole.saved_kwh.mid)
    assert whole.break_even.low == pytest.approx(100 / whole.saved_kwh.high)


def test_curating_is_never_paid_for_where_nothing_is_saved():
    took = Curation(Range(1, 1, 1), Range(1, 1, 1), "measured")
    whole = compared(200e9, 200e9, None, took).compared[0]
    assert whole.saved_kwh == Range(0, 0, 0)
    assert whole.break_even is None
    assert whole.net_kwh == Range(-1, -1, -1)


def test_equal_computing_saves_nothing_and_says_what_repeats_are_worth():
    again, once = compared().equal_computing
    assert again.kwh == once.kwh
    assert again.epochs == pytest.approx(10)
    assert again.worth < once.worth == 200e9


def test_a_subset_is_no_larger_than_what_it_is_of():
    with pytest.raises(ConfigError, match="must not have more tokens"):
        Corpora(3e9, 2e9)
    with pytest.raises(ConfigError, match="must not have more tokens"):
        Corpora(1e9, 2e9, 1.5e9)


def test_hardware_that_the_table_does_not_know_is_named_with_what_it_does():
    with pytest.raises(ConfigError, match=r"unknown hardware 'H10'.*Did you mean 'H100'"):
        Hardware.of(shipped(), "H10")
