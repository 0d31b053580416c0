"""The table by which energy is reckoned: whole, sourced, and the user's to change."""

import pytest

from catalog.coefficient import COLUMNS, NEEDED, Range, chosen, keep_choice, read_choice, shipped
from tamis.errors import CatalogError, ConfigError

HEAD = ",".join(COLUMNS)


def own(tmp_path, *lines, head=HEAD):
    path = tmp_path / "own.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def test_the_shipped_table_has_all_that_is_reckoned_by_each_with_a_source():
    table = shipped()
    for kind, names in NEEDED.items():
        assert table.names(kind) == sorted(names)
    assert table.names("device_watts") == table.names("device_flops")
    assert all(row.source and row.year >= 2017 and row.low <= row.mid <= row.high for row in table.rows)
    assert table.grid.mid == 475
    assert shipped("FRA").grid.mid == 56


def test_a_file_of_ones_own_stands_in_place_of_rows_of_the_same_name(tmp_path):
    path = own(tmp_path, "machine,pue,2026,factor,1.02,1.05,1.1,Our meter", "grid,HOME,2026,gCO2e/kWh,,30,,Our roof")
    table = chosen(path, "HOME")
    assert table.of("machine", "pue").range == Range(1.02, 1.05, 1.1)
    assert table.of("machine", "node_factor") == shipped().of("machine", "node_factor")
    assert table.grid.range == Range(30, 30, 30)
    assert "own.csv" in table.version


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("machine,pue,2026,factor,2,1,3,Me", "low <= mid <= high"),
        ("machine,pue,2026,factor,1,nan,3,Me", "no finite number"),
        ("machine,pue,2026,factor,-1,1,3,Me", "no finite number"),
        ("machine,pue,2026,factor,1,1,3,", "has no source"),
        ("machine,watts,2026,W,1,1,3,Me", "none that is counted by"),
        ("cpu,pue,2026,factor,1,1,3,Me", "expected one of machine"),
        ("training,mfu,2026,share,0,0.4,0.5,Me", "above 0"),
        ("machine,pue,2026,factor,1,1", "expected 8 fields"),
        ("machine,pue,2026,factor,1,1,3,Me\nmachine,pue,2026,factor,1,1,3,Me", "twice"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path, line, said):
    with pytest.raises(ConfigError, match=rf"own\.csv:[23].*{said}"):
        chosen(own(tmp_path, line))


def test_other_columns_a_missing_file_and_an_unknown_region_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"own\.csv:1: expected the columns kind,name"):
        chosen(own(tmp_path, head="kind,name"))
    with pytest.raises(ConfigError, match="no such table"):
        chosen(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="unknown region 'FR'"):
        chosen(None, "FR")


def test_a_choice_is_kept_and_the_default_needs_no_record(tmp_path):
    keep_choice(tmp_path, shipped())
    assert list(tmp_path.iterdir()) == []
    keep_choice(tmp_path, shipped("FRA"))
    assert read_choice(tmp_path) == shipped("FRA")
    keep_choice(tmp_path, shipped())
    assert read_choice(tmp_path) == shipped()
    (tmp_path / "coefficients.json").write_text('{"version": 3}')
    with pytest.raises(CatalogError, match="is damaged"):
        read_choice(tmp_path)


def test_ranges_keep_the_lowest_low():
    assert Range(1, 2, 3) * Range(2, 2, 4) == Range(2, 4, 12)
    assert Range(2, 4, 6) / Range(1, 2, 4) == Range(0.5, 2, 6)
    assert Range(1, 2, 3) + Range(1, 1, 1) == Range(2, 3, 4)
