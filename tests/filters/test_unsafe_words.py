"""What words of lists come to in numbers, and that no set of limits decides by a single one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from filters.base import run_filter
from filters.table import make_filter
from releases.limits import limit_set
from tamis.errors import ConfigError
from tamis.testing import text_batch

LEXICON = """\
term,language,weight,category,allowed_in,group
grue,en,1,violence,,
dark grue,en,0.5,violence,,
grue,fr,0.25,hate,,
snark,any,1,insult,hunting of the snark;naturalist,
色情,zh,1,sexual,,
bellman,any,1,identity,,crew
boojum,any,1,identity,,
boojum bite,any,1,violence,,
baker,any,0.5,hate,,
baker,any,1,identity,,trades
"""
ENGLISH = "The cave was dark and nobody could say where the way out was, but a {} was there for all of us to see."
FRENCH = "La caverne était sombre et personne ne savait où était la sortie, mais une {} était là pour nous tous."


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lexicons") / "words.csv"
    path.write_text(LEXICON)
    return path


def measured(lexicon: Path, *texts: str, **parameters: Any) -> list[dict[str, Any]]:
    made = make_filter("unsafe_words", {"lists": [str(lexicon)], **parameters})
    return run_filter(made, text_batch(texts)).items.to_dicts()


def test_places_different_terms_and_weights_are_counted_in_all_and_by_category(lexicon: Path) -> None:
    (row,) = measured(lexicon, "A grue, a GRUE, a dark grue and a snark.", languages=["en"])
    expected = {
        "words": 10,
        "hits": 4,
        "distinct": 3,
        "density": 17.5,
        "distinct_density": 15,
        "violence_hits": 3,
        "violence_distinct": 2,
        "violence_density": 12.5,
        "insult_hits": 1,
        "hate_hits": 0,
        "disguised": 0,
        "allowed": 0,
        "identity_terms": 0,
    }
    assert {name: row[name] for name in expected} == expected


def test_a_term_of_two_categories_is_one_hit_by_the_higher_weight(lexicon: Path) -> None:
    (row,) = measured(lexicon, "grue")
    assert (row["hits"], row["distinct"], row["density"]) == (1, 1, 5)
    assert (row["violence_density"], row["hate_density"]) == (5, 1.25)


def test_a_density_is_of_the_words_where_there_are_many(lexicon: Path) -> None:
    (row,) = measured(lexicon, "snark " + "word " * 999)
    assert row["density"] == 1


def test_an_entry_counts_only_in_its_language_if_that_is_asked_for(lexicon: Path) -> None:
    texts = [ENGLISH.format("grue"), FRENCH.format("grue"), "grue", ENGLISH.format("snark")]
    rows = measured(lexicon, *texts, by_language=True)
    found = [(row["hits"], row["violence_hits"], row["hate_hits"], row["other_language"]) for row in rows]
    assert found == [(1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 1, 0), (1, 0, 0, 0)]
    (row,) = measured(lexicon, FRENCH.format("dark grue"), by_language=True)
    assert (row["hits"], row["other_language"]) == (0, 1)


def test_entries_of_other_languages_can_be_left_out(lexicon: Path) -> None:
    (row,) = measured(lexicon, "grue snark 色情", languages=["fr"])
    assert (row["hits"], row["hate_hits"], row["sexual_hits"]) == (2, 1, 0)
    with pytest.raises(ConfigError, match="no entry is of the language 'de'"):
        measured(lexicon, "", languages=["de"])


def test_what_stands_around_allows_a_term_and_is_counted(lexicon: Path) -> None:
    (row,) = measured(lexicon, "The Hunting of the Snark, and then, for many words that say nothing, a snark.")
    assert (row["hits"], row["allowed"]) == (1, 1)


def test_disguises_are_counted_and_can_be_left_alone(lexicon: Path) -> None:
    assert [measured(lexicon, "a $nark", lookalikes=on)[0]["disguised"] for on in (True, False)] == [1, 0]


def test_words_of_identity_are_never_unsafe_and_are_found_within_unsafe_terms(lexicon: Path) -> None:
    rows = measured(lexicon, "The bellman is a baker, a baker", "the boojum bite", "boojum", "nobody")
    found = [(row["hits"], row["identity_terms"], row["identity_hits"], row["identity_groups"]) for row in rows]
    assert found == [(2, 2, 3, "crew trades"), (1, 1, 1, None), (0, 1, 1, None), (0, 0, 0, None)]


def test_a_text_is_measured_alike_whatever_stands_beside_it(lexicon: Path) -> None:
    texts = ["grue baker", "", "baker snark", "色情 sn4rk", "x " * 500_000 + "grue"]
    alone = [measured(lexicon, text)[0] | {"position": place} for place, text in enumerate(texts)]
    assert measured(lexicon, *texts) == alone


def test_no_limit_that_comes_with_tamis_is_passed_by_a_single_word(lexicon: Path) -> None:
    """Neither one place, nor one term in two of them; nor are two different ones in a short text."""
    for text in ("snark", "snark snark", "grue snark", "grue " + "word " * 5_000):
        (row,) = measured(lexicon, text)
        for limit in limit_set("unsafe-words").limits:
            assert limit.above is not None
            assert row[limit.measure] <= limit.above


def test_four_different_terms_in_a_short_text_are_not_dropped_and_five_are(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("term\na\nb\nc\nd\ne\n")
    drop = next(each for each in limit_set("unsafe-words").limits if each.outcome == "drop")
    assert drop.above is not None
    four, five = measured(path, "a b c d " * 9, "a b c d e")
    assert four[drop.measure] <= drop.above < five[drop.measure]


def test_a_changed_list_is_another_filter_and_its_terms_are_in_no_spec(lexicon: Path, tmp_path: Path) -> None:
    other = tmp_path / "words.csv"
    other.write_text(LEXICON + "jubjub,en,1,hate,,\n")
    specs = [make_filter("unsafe_words", {"lists": [str(path)]}).spec for path in (lexicon, other)]
    assert specs[0].digest != specs[1].digest
    assert dict(specs[0].parameters)["terms"] == (("words", 10),)
    assert "snark" not in repr(specs[0])


@pytest.mark.parametrize(("names", "said"), [([], "needs a file in `lists`"), (["words", "words"], "called 'words'")])
def test_lists_are_needed_and_told_apart_by_name(lexicon: Path, names: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_filter("unsafe_words", {"lists": [str(lexicon) for _ in names]})
