"""Policies: what is wrong with one is said in one full sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from filters.licence import LicenceFilter
from filters.table import make_filter
from releases.policy import Policy, read_policy
from tamis.errors import ConfigError

HEAD = 'name: test\nversion: "1"\n'


def _faults(tmp_path: Path, rest: str) -> list[str]:
    (tmp_path / "policy.yaml").write_text(HEAD + rest)
    with pytest.raises(ConfigError) as caught:
        read_policy("policy.yaml", tmp_path)
    return list(caught.value.problems)


@pytest.mark.parametrize("number", [".inf", "-.inf", ".nan"])
@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("personal_data: {{max_density: {}}}", "personal_data.max_density"),
        ("nsfw: {{drop_at: {}}}", "nsfw.drop_at"),
        ("limits: [{{filter: a, measure: b, above: {}, outcome: hold}}]", "limits[0].above"),
    ],
)
def test_a_limit_that_is_no_finite_number_is_an_error(tmp_path: Path, section: str, key: str, number: str) -> None:
    assert _faults(tmp_path, f"licence: {{allow: [permissive]}}\n{section.format(number)}\n") == [
        f"policy.yaml:4: {key}: Input should be a finite number."
    ]


def test_a_message_ends_in_one_full_stop(tmp_path: Path) -> None:
    rest = "licence: {allow: [permissve], min_level: 9}\nnsfw: {review_at: 0.9, drop_at: 0.1}\n"
    faults = _faults(tmp_path, rest)
    assert len(faults) == 3
    assert [fault for fault in faults if not fault.endswith(".") or fault.endswith("..")] == []


def test_nobody_is_told_to_take_the_licence_out_of_the_policy() -> None:
    policy = Policy.model_validate({"name": "a", "version": "1", "licence": {"allow": ["permissive"]}, "nsfw": {}})
    with pytest.raises(ConfigError) as caught:
        policy.require([make_filter("exact_duplicates", {}).spec], "recipe.yaml")
    licence, nsfw = (
        next(problem for problem in caught.value.problems if f"decides on '{name}'" in problem)
        for name in ("licence", "nsfw")
    )
    assert licence.endswith("Add `licence: {}` under `filters`, which every recipe needs.")
    assert nsfw.endswith("Add `nsfw: {}` under `filters`, or take it out of the policy.")


def test_a_policy_that_fits_its_filters_is_accepted() -> None:
    policy = Policy.model_validate({"name": "a", "version": "1", "licence": {"allow": ["permissive"]}})
    policy.require([LicenceFilter().spec], "recipe.yaml")
    assert policy.licence.on_not_understood == "hold"
