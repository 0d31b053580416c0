"""Each check finds the fault it is there for, and nothing in a catalog that is in order."""

import shutil

import duckdb
import pytest

from audits.run import checks, run_audits
from flows.means import Means
from flows.stages import curate_all
from tests.flows.conftest import POLICY, curate_small, make_workspace

FAULTS = {
    "every_decision_is_about_an_item": "UPDATE log.decision SET position = 999999 WHERE rowid = 0",
    "every_filter_decided_every_item": "UPDATE log.shard_filter SET keep = keep + 1 WHERE rowid = 0",
    "authors_are_named": "UPDATE log.obligation SET authorless = items",
    "every_item_has_one_row": "DELETE FROM log.item WHERE rowid = 0",
    "every_kept_item_has_attribution": "UPDATE log.item SET title = NULL, source = NULL, url = NULL",
    "licence_texts_missing": "UPDATE log.obligation SET text = 'missing'",
    "masked_items_have_spans": "DELETE FROM log.span",
    "no_derivatives_were_changed": "UPDATE log.evidence SET conditions = 'attribution no_derivatives'",
    "no_address_in_labels": "UPDATE log.item SET title = 'ask me@example.org' WHERE rowid = 0",
    "nothing_kept_without_licence_evidence": "UPDATE log.evidence SET licence_class = 'unknown'",
    "one_decisive_rule_for_each_item_and_filter": "UPDATE log.decision SET decisive = false WHERE rowid = 0",
    "release_holds_all_that_was_kept": "DELETE FROM log.release_item WHERE rowid = 0",
    "release_holds_only_what_was_kept": (
        "INSERT INTO log.decision SELECT run, shard, position, 'licence', 'drop', 'licence_denied', 'licence.allow', "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, true FROM log.release_item LIMIT 1"
    ),
    "shards_failed": "UPDATE log.shard SET status = 'failed' WHERE rowid = 0",
    "unmeasured_items_are_held": "DELETE FROM log.decision WHERE rule LIKE 'status.%'",
}
"""Check → a change that it must find."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return curate_small(tmp_path_factory.mktemp("audited")).catalog.path


def test_every_check_has_a_fault_to_find():
    assert FAULTS.keys() == {check.name for check in checks()}


def test_every_check_says_what_it_asks_and_what_a_row_means():
    for check in checks():
        assert check.question.endswith("?"), check.name
        assert check.meaning.startswith(("a ", "an ")), check.name


NOTES = ["authors_are_named", "licence_texts_missing", "shards_failed"]


def test_only_notes_do_not_block():
    assert [check.name for check in checks() if not check.blocking] == NOTES


def test_nothing_but_notes_is_found_in_a_catalog_that_is_in_order(catalog):
    found = {result.name: result for result in run_audits(catalog) if result.offending}
    assert sorted(found) == ["authors_are_named", "licence_texts_missing"]
    assert not any(result.blocks for result in found.values())


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_check_finds_its_fault(catalog, tmp_path, name):
    path = tmp_path / "catalog.duckdb"
    shutil.copy(catalog, path)
    path.chmod(0o600)
    with duckdb.connect(path) as connection:
        connection.execute(FAULTS[name])
    found = {result.name: result for result in run_audits(path)}
    assert found[name].offending > 0
    assert found[name].rows
    assert found[name].blocks == found[name].check.blocking


@pytest.mark.parametrize(
    "fault",
    ["DELETE FROM log.span", "UPDATE log.span SET kind = 'IBAN_CODE'", "UPDATE log.span SET value_hi = NULL"],
)
def test_a_pseudonym_needs_a_place_of_its_kind_whose_value_has_a_digest(tmp_path, fault):
    workspace = make_workspace(tmp_path / "pseudonyms")
    (workspace.root / "policy.yaml").write_text(POLICY.replace("default: redact", "default: pseudonym"))
    path = tmp_path / "catalog.duckdb"
    shutil.copy(curate_all(workspace, Means(0, quiet=True)).catalog.path, path)
    path.chmod(0o600)
    name = "masked_items_have_spans"
    assert {result.name: result.offending for result in run_audits(path)}[name] == 0
    with duckdb.connect(path) as connection:
        connection.execute(fault)
    found = {result.name: result for result in run_audits(path)}[name]
    assert found.blocks
    assert {row[-1] for row in found.rows} == {"EMAIL_ADDRESS"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log.evidence SET conditions = 'attribution'",
        "UPDATE log.evidence SET conditions = 'attribution no_derivatives', scope = 'part'",
        "UPDATE log.decision SET outcome = 'hold' WHERE outcome = 'redact'",
    ],
)
def test_what_is_not_masked_or_may_be_changed_breaks_no_ban_on_derivatives(catalog, tmp_path, change):
    path = tmp_path / "catalog.duckdb"
    shutil.copy(catalog, path)
    path.chmod(0o600)
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE log.evidence SET conditions = 'attribution no_derivatives'")
        connection.execute(change)
    assert {result.name: result.offending for result in run_audits(path)}["no_derivatives_were_changed"] == 0


def test_what_is_used_on_another_basis_needs_no_licence_to_be_attributed(catalog, tmp_path):
    path = tmp_path / "catalog.duckdb"
    shutil.copy(catalog, path)
    path.chmod(0o600)
    name = "every_kept_item_has_attribution"
    for change, found in (("expression = NULL", True), ("basis = 'tdm_research'", False)):
        with duckdb.connect(path) as connection:
            connection.execute(f"UPDATE log.finding_licence SET {change}")
        assert bool({result.name: result.offending for result in run_audits(path)}[name]) == found


def test_rows_about_other_releases_are_left_out(catalog, tmp_path):
    path = tmp_path / "catalog.duckdb"
    shutil.copy(catalog, path)
    path.chmod(0o600)
    with duckdb.connect(path) as connection:
        connection.execute(FAULTS["release_holds_all_that_was_kept"])
    found = {result.name: result.offending for result in run_audits(path, release="another@1")}
    assert found["release_holds_all_that_was_kept"] == 0
