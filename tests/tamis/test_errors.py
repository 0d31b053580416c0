"""Messages: what was not known, and what would have been."""

from __future__ import annotations

from tamis.errors import did_you_mean


def test_a_few_known_words_are_all_named() -> None:
    assert did_you_mean("nsfv", ["nsfw", "licence"]) == " Did you mean 'nsfw'? Known: licence, nsfw."
    assert did_you_mean("x", []) == " Known: none."


def test_of_many_those_that_are_next_are_named() -> None:
    said = did_you_mean("kind 7O", [f"kind {number}" for number in range(100)])
    assert said.startswith(" Did you mean 'kind 7")
    assert " Known are 100, among them " in said
    assert said.count("kind") == 9
