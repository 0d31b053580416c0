"""Versions stand in their order, and a part says what it is a part of."""

from itertools import permutations

import pytest

from catalog.shape import Manifest
from releases.lineage import PartOf, part_version, superseded, version_order


@pytest.mark.parametrize(
    "in_order",
    [
        ("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0"),
        ("1", "2", "10"),
        ("2026.9", "2026.10", "2026.10.1"),
    ],
)
def test_versions_stand_in_their_order(in_order):
    assert tuple(sorted(set(in_order), key=version_order)) == in_order


def test_what_follows_a_plus_does_not_count():
    assert version_order("1.0+permissive") == version_order("1.0")


def named(*releases):
    return [dict(zip(("name", "version"), release.split("@"), strict=True)) for release in releases]


def test_a_version_supersedes_the_next_lower_one_of_its_name_whatever_order_they_come_in():
    for order in permutations(("a@1.9", "a@1.10", "b@1", "a@1.10+permissive", "a@1.9+permissive")):
        assert superseded(named(*order)) == {"a@1.10": "a@1.9", "a@1.10+permissive": "a@1.9+permissive"}


def test_the_version_of_a_part_is_a_version_however_many_classes_it_has():
    classes = ("public_domain", "permissive", "attribution", "share_alike", "copyleft", "restricted", "proprietary")
    pattern = next(each for each in Manifest.model_fields["version"].metadata if hasattr(each, "pattern"))
    assert part_version("1.0.0", ("public_domain", "permissive")) == "1.0.0+permissive.public-domain"
    for version in ("1", "1.0.0+local", "9" * 40):
        named = part_version(version, classes)
        assert len(named) <= 64
        assert pattern.pattern
        assert named == part_version(version, reversed(classes))
        assert named.startswith(version)


def test_what_a_manifest_says_of_its_whole_is_read_back():
    for part in (PartOf("a", "1", "0" * 64), PartOf("a", "1", "0" * 64, ("permissive",))):
        assert PartOf.of({"part_of": part.facts}) == part
    assert PartOf.of({"part_of": None}) is None
    assert PartOf.of({}) is None
