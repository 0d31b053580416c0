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


LICENCE = "licence: {allow: [permissive]}\n"


@pytest.mark.parametrize("written", ["pseudonym", "{action: pseudonym}", "{action: pseudonym, min_score: null}"])
def test_a_word_for_a_kind_is_short_for_its_action(tmp_path: Path, written: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"{HEAD}{LICENCE}personal_data: {{kinds: {{CRYPTO: {written}}}}}\n")
    policy, _ = read_policy("policy.yaml", tmp_path)
    assert policy.personal_data
    assert policy.personal_data.action_of("CRYPTO") == "pseudonym"
    assert policy.personal_data.outcome_of("CRYPTO") == "redact"
    assert policy.personal_data.action_of("IBAN_CODE") == "redact"
    longer = {"kinds": {"CRYPTO": {"action": "pseudonym"}}}
    assert policy.digest == policy.model_validate({**policy.model_dump(), "personal_data": longer}).digest


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("kinds: {CRYPTO: reduct}", "kinds.CRYPTO.action: Input should be 'keep', 'redact', 'pseudonym', 'hold'"),
        ("kinds: {CRYPTO: {acton: keep}}", "kinds.CRYPTO.acton: unknown key. Did you mean 'action'?"),
        ("kinds: {CRYPTO: {min_score: 2}}", "kinds.CRYPTO.min_score: Input should be less than or equal to 1."),
        ("kinds: {CRYPTO: {min_score: .nan}}", "kinds.CRYPTO.min_score: Input should be a finite number."),
        ("pseudonym_scope: corpus", "pseudonym_scope: Input should be 'release' or 'item'."),
        ("max_of_kind: {CRYPTO: -1}", "max_of_kind.CRYPTO: Input should be greater than or equal to 0."),
        ("together: [[CRYPTO]]", "together: each combination names at least two kinds, and none twice."),
        ("together: [[CRYPTO, CRYPTO]]", "together: each combination names at least two kinds, and none twice."),
        ("on_together: keep", "on_together: Input should be 'hold' or 'drop'."),
        ("on_together: redact", "on_together: Input should be 'hold' or 'drop'."),
    ],
)
def test_a_fault_in_the_section_on_personal_data_is_said_with_its_line(
    tmp_path: Path, section: str, fault: str
) -> None:
    (said,) = _faults(tmp_path, f"{LICENCE}personal_data:\n  {section}\n")
    assert said.startswith(f"policy.yaml:5: personal_data.{fault}")


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ({"kinds": {"CRIPTO": "hold"}}, "kinds"),
        ({"kinds": {"CRIPTO": {"min_score": 0.5}}}, "kinds"),
        ({"max_of_kind": {"CRIPTO": 5}}, "max_of_kind"),
        ({"together": [["CRYPTO", "IBAN_CODE"], ["CRYPTO", "CRIPTO"]]}, "together[1]"),
    ],
)
def test_a_kind_that_is_not_looked_for_is_said_wherever_it_is_named(section: dict[str, object], place: str) -> None:
    head = {"name": "a", "version": "1", "licence": {"allow": ["permissive"]}}
    policy = Policy.model_validate({**head, "personal_data": section})
    with pytest.raises(ConfigError) as caught:
        policy.require([LicenceFilter().spec, make_filter("personal_data", {}).spec], "recipe.yaml")
    (problem,) = caught.value.problems
    assert f"personal_data.{place}: the filter does not look for 'CRIPTO'. Did you mean 'CRYPTO'?" in problem
