"""Each check finds the fault it is there for, and nothing in a catalog that is in order."""

import shutil

import duckdb
import pytest

from audits.run import checks, run_audits
from catalog.build import view_sql
from flows.means import Means
from flows.stages import curate_all
from releases.laundering import RESTRICTING
from tamis.records import GRANTS
from tests.flows.conftest import POLICY, curate_small, make_workspace

NEAR_DUPLICATE = (
    "INSERT INTO log.decision SELECT d.run, d.shard, d.position, 'near_duplicates', 'drop', 'exact_duplicate', 'near', "
    "NULL, NULL, NULL, NULL, k.item_hi, k.item_lo, 0.9, true FROM log.decision AS d, log.release_item AS k "
    "WHERE d.reason = 'licence_denied' LIMIT 1"
)
"""A step to come finds that something of a denied class is nearly what is kept."""

ANOTHER_LANGUAGE = (
    "CREATE OR REPLACE VIEW finding AS SELECT run, item, 'language' AS filter, 'seen' AS status, measure, "
    "0.9 AS value, 'fr' AS label FROM item, (VALUES ('language'), ('score'), ('share')) AS measured (measure); "
    "INSERT INTO log.limit_used SELECT run, 'language', rule, NULL, 0.5, 'hold', 'language_unsure' FROM log.run, "
    "(VALUES ('language.min_score'), ('language.min_share'), ('language.allow.en')) AS used (rule)"
)
"""All is French, and English alone is allowed."""

STRICTER_TWIN = (
    "UPDATE log.finding_licence AS f SET \"grant\" = 'copyleft' FROM log.decision AS d "
    "WHERE d.reason = 'exact_duplicate' AND d.run = f.run AND d.shard = f.shard AND d.position = f.position"
)

NOT_COMMERCIAL_TWIN = STRICTER_TWIN.replace("\"grant\" = 'copyleft'", "non_commercial = 1")

ANOTHER_RUN = "; ".join(
    f"INSERT INTO log.{table} SELECT * REPLACE ({replaced}) FROM log.{table}"
    for table, replaced in {
        "run": "'earlier' AS run",
        "shard": "'earlier' AS run",
        "item": "'earlier' AS run",
        "finding_licence": "'earlier' AS run, 'restricted' AS \"grant\"",
    }.items()
)

FAULTS = {
    "blocklisted_in_release": (
        "CREATE OR REPLACE VIEW log.blocklist_found AS SELECT run, shard, position, 1.0 AS listed, 'bad' AS list, "
        "'line 2' AS entry, 'md5' AS algorithm, 0.0 AS distance FROM log.release_item LIMIT 1"
    ),
    "conflicting_licences_kept": (
        "INSERT INTO log.evidence SELECT * REPLACE ('copyleft' AS licence_class) FROM log.evidence WHERE level >= 1"
    ),
    "evaluation_items_in_release": (
        "CREATE OR REPLACE VIEW log.evaluation_overlap_found AS SELECT run, shard, position, 0.9 AS covered, "
        "0.1 AS overlap, 'quiz' AS evaluation_set, 2.0 AS evaluation_item FROM log.release_item LIMIT 1; "
        "INSERT INTO log.limit_used SELECT run, 'evaluation_overlap', 'evaluation_overlap.max_covered', 'covered', "
        "0.5, 'drop', 'evaluation_overlap' FROM log.run"
    ),
    "every_decision_is_about_an_item": "UPDATE log.decision SET position = 999999 WHERE rowid = 0",
    "every_filter_decided_every_item": "UPDATE log.shard_filter SET keep = keep + 1 WHERE rowid = 0",
    "authors_are_named": "UPDATE log.obligation SET authorless = items",
    "every_item_has_one_row": "DELETE FROM log.item WHERE rowid = 0",
    "every_kept_item_has_attribution": "UPDATE log.item SET title = NULL, source = NULL, url = NULL",
    "kept_in_a_language_not_allowed": ANOTHER_LANGUAGE,
    "kept_under_evidence_too_weak": "UPDATE log.evidence SET level = 0; UPDATE log.finding_licence SET issuers = 1",
    "kept_with_a_denied_condition": (
        "INSERT INTO log.limit_used SELECT run, 'licence', 'licence.deny', 'attribution', 0, 'drop', "
        "'licence_condition_denied' FROM log.run"
    ),
    "licence_is_stricter_elsewhere": NEAR_DUPLICATE,
    "licence_is_stricter_in_another_run": ANOTHER_RUN,
    "licence_texts_missing": "UPDATE log.obligation SET text = 'missing'",
    "masked_items_have_spans": "DELETE FROM log.span",
    "near_duplicates_cross_splits": (
        "UPDATE log.release_item SET split = if(rowid = 0, 'test', 'train'), cluster_hi = 1, cluster_lo = 1"
    ),
    "no_derivatives_were_changed": "UPDATE log.evidence SET conditions = 'attribution no_derivatives'",
    "no_address_in_labels": "UPDATE log.item SET title = 'ask me@example.org' WHERE rowid = 0",
    "nothing_kept_without_licence_evidence": "UPDATE log.evidence SET licence_class = 'unknown'",
    "one_decisive_rule_for_each_item_and_filter": "UPDATE log.decision SET decisive = false WHERE rowid = 0",
    "records_follow_their_pictures": "UPDATE log.item SET record = 0 WHERE kind = 'image'",
    "release_holds_all_that_was_kept": "DELETE FROM log.release_item WHERE rowid = 0",
    "release_holds_only_what_was_kept": (
        "INSERT INTO log.decision SELECT run, shard, position, 'licence', 'drop', 'licence_denied', 'licence.allow', "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, true FROM log.release_item LIMIT 1"
    ),
    "reservation_not_checked_where_it_binds": (
        "INSERT INTO log.evidence SELECT * REPLACE ('basis' AS about, 'tdm_general' AS location) FROM log.evidence"
    ),
    "reservation_snapshot_is_old": (
        "UPDATE log.evidence SET observed_at = '2026-06-01'; INSERT INTO log.evidence SELECT * REPLACE "
        "('reservation' AS about, 'host' AS scope, TIMESTAMP '2026-01-01' AS observed_at) FROM log.evidence"
    ),
    "reserved_items_kept": (
        "INSERT INTO log.evidence SELECT * REPLACE "
        "('reservation' AS about, 'robots' AS kind, 'reserved' AS reservation) FROM log.evidence"
    ),
    "shards_failed": "UPDATE log.shard SET status = 'failed' WHERE rowid = 0",
    "subset_is_a_beginning_of_its_order": (
        "INSERT INTO log.subset SELECT run, 'text', 'random', 1, 0, '', 'items', 1, 1, 1, 1, 1, 0, 0, 0, 0, '', 0 "
        "FROM log.run; "
        "INSERT INTO log.choice SELECT run, shard, position, NULL, 2, 1, false, NULL FROM log.release_item LIMIT 1"
    ),
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


NOTES = [
    "authors_are_named",
    "licence_is_stricter_in_another_run",
    "licence_texts_missing",
    "reservation_snapshot_is_old",
    "reserved_items_kept",
    "shards_failed",
]


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


def changed(catalog, folder, sql):
    path = folder / "catalog.duckdb"
    shutil.copy(catalog, path)
    path.chmod(0o600)
    with duckdb.connect(path) as connection:
        connection.execute(sql)
    return {result.name: result for result in run_audits(path)}


@pytest.mark.parametrize(
    ("fault", "how", "other_classes"),
    [
        (NEAR_DUPLICATE, "near duplicate", {"copyleft"}),
        (STRICTER_TWIN, "same content", {"copyleft"}),
        (NOT_COMMERCIAL_TWIN, "same content", {"attribution", "permissive", "public_domain"}),
    ],
)
def test_a_stricter_copy_is_named_with_its_corpus_and_how_it_is_one(catalog, tmp_path, fault, how, other_classes):
    found = changed(catalog, tmp_path, fault)["licence_is_stricter_elsewhere"]
    assert found.blocks
    for row in (dict(zip(found.columns, values, strict=True)) for values in found.rows):
        assert row["how"] == how
        assert row["other_class"] in other_classes
        assert row["other"] != row["item"]
        assert row["release"] == "test@1.0.0"
        assert row["other_corpus"] in {"letters", "pictures"}


@pytest.mark.parametrize(
    "sql",
    [
        STRICTER_TWIN.replace("copyleft", "unknown"),
        STRICTER_TWIN.replace("copyleft", "public_domain"),
        NOT_COMMERCIAL_TWIN.replace("non_commercial", "share_alike"),
        f"{STRICTER_TWIN}; UPDATE log.finding_licence SET basis = 'own'",
    ],
)
def test_a_copy_of_unknown_or_freer_class_is_no_stricter_one(catalog, tmp_path, sql):
    assert changed(catalog, tmp_path, sql)["licence_is_stricter_elsewhere"].offending == 0


def test_a_stricter_copy_of_another_run_is_a_note_that_blocks_nothing(catalog, tmp_path):
    found = changed(catalog, tmp_path, ANOTHER_RUN)
    assert found["licence_is_stricter_elsewhere"].offending == 0
    noted = found["licence_is_stricter_in_another_run"]
    assert noted.offending > 0
    assert not noted.blocks
    assert {row[noted.columns.index("other_run")] for row in noted.rows} == {"earlier"}


def test_classes_of_a_view_are_those_of_the_records_in_their_order(catalog):
    places = "SELECT licence_class, strictness FROM work_terms GROUP BY ALL"
    with duckdb.connect(catalog, read_only=True) as connection:
        for grant, strictness in connection.execute(places).fetchall():
            assert strictness == (0 if grant == "unknown" else GRANTS.index(grant) + 1)
    assert f"[{', '.join(repr(grant) for grant in GRANTS if grant != 'unknown')}]" in view_sql("work_terms")
    assert "|".join(RESTRICTING) in view_sql("work_terms")


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
