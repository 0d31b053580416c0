"""The table of filters: names, parameters, and other people's filters."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from filters.personal_data import PersonalDataFilter
from filters.table import Parameter, canonical_parameters, known_filters, located, make_filter, parameters_of
from tamis.errors import ConfigError
from tamis.records import Filter


def test_the_built_in_filters_are_known() -> None:
    assert known_filters() == (
        "blocklist",
        "evaluation_overlap",
        "exact_duplicates",
        "image_concepts",
        "image_embedding",
        "image_head",
        "image_probe",
        "language",
        "licence",
        "nsfw",
        "personal_data",
        "picture_hashes",
        "quality_as_datatrove",
        "quality_as_dolma",
        "repeated_lines",
        "reservation",
        "text_class",
        "text_embedding",
        "text_minhash",
        "text_quality",
        "token_count",
        "unsafe_words",
        "url_lists",
    )


def test_every_filter_is_named_as_its_spec_says(any_filter: Filter) -> None:
    assert any_filter.spec.name in known_filters()


def test_an_unknown_filter_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown filter 'nsfv'\. Did you mean 'nsfw'\?"):
        make_filter("nsfv", {})


def test_parameters_say_their_type_and_default() -> None:
    assert parameters_of("nsfw") == (
        Parameter("batch_size", int, 16, required=False),
        Parameter("max_pixels", int, 64_000_000, required=False),
    )
    assert parameters_of("exact_duplicates") == ()
    assert parameters_of("personal_data")[0].default == ("default",)


def test_parameters_are_stored_untouched() -> None:
    made = make_filter("personal_data", {"entities": ["IBAN_CODE", "CRYPTO"], "score_threshold": 1})
    assert isinstance(made, PersonalDataFilter)
    assert made.entities == ("CRYPTO", "IBAN_CODE")
    assert made.score_threshold == 1.0


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"batchsize": 4}, "unknown parameter of the filter 'nsfw': 'batchsize'. Did you mean 'batch_size'?"),
        ({"batch_size": "4"}, "the filter 'nsfw' takes 'batch_size' as int, not as str."),
        ({"batch_size": True}, "the filter 'nsfw' takes 'batch_size' as int, not as bool."),
        ({"batch_size": 4.0}, "the filter 'nsfw' takes 'batch_size' as int, not as float."),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_a_wrong_parameter_is_an_error(parameters: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_filter("nsfw", parameters)
    assert says in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        make_filter("nsfw", {"batchsize": 4, "max_pixels": "many"})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("value", ["EMAIL_ADDRESS", [1], None])
def test_a_list_of_words_is_a_list_of_words(value: object) -> None:
    with pytest.raises(ConfigError, match="as a list of words"):
        make_filter("personal_data", {"entities": value})


@pytest.mark.parametrize("value", [math.nan, math.inf, date(2026, 1, 1), [date(2026, 1, 1)], b"x"])
def test_a_value_that_json_cannot_hold_is_an_error_that_names_the_parameter(value: object) -> None:
    for read in (make_filter, canonical_parameters):
        with pytest.raises(ConfigError, match=r"the filter 'personal_data': the value of 'score_threshold' \(\w+\)"):
            read("personal_data", {"score_threshold": value})


def test_parameters_cross_as_canonical_json() -> None:
    assert canonical_parameters("nsfw", {"max_pixels": 5, "batch_size": 1}) == b'{"batch_size":1,"max_pixels":5}'


def test_paths_beside_the_recipe_are_named_from_anywhere_also_in_a_list(tmp_path: Path) -> None:
    (tmp_path / "here.csv").touch()
    here = str((tmp_path / "here.csv").resolve())
    given = {"lists": ["here.csv", "gone.csv", ""], "max_pixels": 5}
    assert located("blocklist", given, tmp_path) == {"lists": [here, "gone.csv", ""], "max_pixels": 5}
    assert located("licence", {"scancode": "here.csv"}, tmp_path) == {"scancode": here}
    assert located("licence", {"scancode": "gone"}, tmp_path) == {"scancode": "gone"}
    assert located("reservation", {"agents": ["here.csv"]}, tmp_path) == {"agents": ["here.csv"]}


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a real distribution (its metadata and a module) that brings filters by entry points."""

    def install(name: str, entry_points: str, *, code: str = "") -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[tamis.filters]\n{entry_points}\n")
        if code:
            (tmp_path / f"{name}_module.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path)

    return install


_TEN = """
from tamis.testing import Answer, ScriptedFilter

class Ten(ScriptedFilter):
    def __init__(self, *, times: float, loud: bool = False) -> None:
        super().__init__(lambda row: Answer(measures={"score": 10 * times}), name="ten")
"""


def test_another_distribution_may_bring_a_filter(distribution) -> None:
    distribution("bringsten", "ten = bringsten_module:Ten", code=_TEN)
    assert "ten" in known_filters()
    assert make_filter("ten", {"times": 2}).spec.name == "ten"


def test_a_required_parameter_must_be_given(distribution) -> None:
    distribution("needsten", "ten = needsten_module:Ten", code=_TEN)
    with pytest.raises(ConfigError, match="needs the parameter 'times'"):
        make_filter("ten", {})


def test_a_name_that_two_distributions_bring_is_an_error(distribution) -> None:
    distribution("usurper", "nsfw = somewhere:Nsfw")
    with pytest.raises(ConfigError, match="two distributions bring a filter named 'nsfw': tamis and usurper"):
        known_filters()


def test_a_filter_that_cannot_be_imported_is_an_error_with_the_way_out(distribution) -> None:
    distribution("broken", "broken = no_such_module:Broken")
    with pytest.raises(ConfigError, match=r"ModuleNotFoundError for 'no_such_module'. Install"):
        make_filter("broken", {})


def test_a_filter_that_swallows_any_parameter_is_refused(distribution) -> None:
    code = "class Loose:\n    def __init__(self, **options): ...\n"
    distribution("loose", "loose = loose_module:Loose", code=code)
    with pytest.raises(ConfigError, match="by keyword only, each by its name"):
        make_filter("loose", {})
