"""A copy under a freer licence frees nothing: not in decisions, not in a run from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.run import run_audits
from catalog.query import query
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.verify import verify
from flows.workspace import Workspace
from releases.duplicates import decide_duplicates
from releases.laundering import RESTRICTING, compare_licences
from releases.policy import Policy
from tamis.errors import ReleaseError
from tamis.records import GRANTS, LICENSED

TEXT = "The same text, word for word, in two corpora."
OTHER = "Another text, which is there once."


def _curate(folder: Path, policy: str, licences: tuple[str, ...], filters: str = "exact_duplicates: {}") -> Outcome:
    """Corpora a, b, …, each with the one text under its licence; a has another text too."""
    corpora = []
    for name, licence in zip("abc", licences, strict=False):
        texts = [TEXT, OTHER] if name == "a" else [TEXT]
        rows = [json.dumps({"text": text, "licence": "MIT" if text is OTHER else licence}) for text in texts]
        (folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
        corpora.append(f"  - {{name: {name}, format: jsonl, path: {name}.jsonl}}\n")
    (folder / "recipe.yaml").write_text(
        f"name: copies\ncorpora:\n{''.join(corpora)}"
        f"filters: {{licence: {{}}, {filters}}}\npolicy: {policy}\n"
        'release: {name: copies, version: "1"}\n'
    )
    return curate_all(Workspace.of(folder), Means(0, quiet=True))


ALL_FILTERS = "personal_data: {}, nsfw: {}, reservation: {}, exact_duplicates: {}"


def _items(outcome: Outcome, columns: str) -> list[tuple[object, ...]]:
    """Of the copies, by corpus."""
    sql = (
        f"SELECT i.corpus, {columns} FROM item AS i LEFT JOIN rule_fired AS d "
        "ON d.run = i.run AND d.item = i.item AND d.decisive AND d.reason = i.reason "
        f"WHERE i.n_bytes = {len(TEXT)} ORDER BY i.corpus"
    )
    return list(query(outcome.catalog.path, sql).rows)


def test_a_permissive_copy_of_what_is_not_for_commerce_is_held(tmp_path: Path) -> None:
    outcome = _curate(tmp_path, "permissive", ("MIT", "CC-BY-NC-4.0"), ALL_FILTERS)
    assert _items(outcome, "i.verdict, i.reason, d.rule, d.label") == [
        ("a", "hold", "licence_stricter_elsewhere", "licence.on_stricter_elsewhere", "restricted"),
        ("b", "drop", "licence_denied", "licence.allow", "restricted"),
    ]
    twin = "SELECT count(*) FROM rule_fired AS d JOIN item AS i ON i.item = d.twin WHERE i.corpus = 'b'"
    assert query(outcome.catalog.path, twin).rows == ((1,),)
    limits = "SELECT outcome FROM limit_used WHERE rule = 'licence.on_stricter_elsewhere'"
    assert query(outcome.catalog.path, limits).rows == (("hold",),)
    assert pl.read_parquet(outcome.release.folder / "text")["text"].to_list() == [OTHER]
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(tmp_path, count_input=True)[0] == []


def test_of_two_allowed_licences_the_release_states_the_stricter(tmp_path: Path) -> None:
    outcome = _curate(tmp_path, "copyleft", ("MIT", "CC-BY-SA-4.0"), ALL_FILTERS)
    assert _items(outcome, "i.verdict, i.reason") == [("a", "drop", "exact_duplicate"), ("b", "keep", None)]
    released = pl.read_parquet(outcome.release.folder / "text").filter(pl.col("text") == TEXT)
    assert released["licence"].to_list() == ["CC-BY-SA-4.0"]
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(tmp_path, count_input=True)[0] == []


def _policy(folder: Path, licence: str, duplicates: str = "exact_duplicates: {}") -> str:
    (folder / "policy.yaml").write_text(f'name: test\nversion: "1"\nlicence: {licence}\n{duplicates}\n')
    return "policy.yaml"


def test_where_duplicates_may_stay_the_freer_copy_is_dropped_if_the_policy_says_so(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "{allow: [permissive, share_alike], on_stricter_elsewhere: drop}", "")
    outcome = _curate(tmp_path, policy, ("MIT", "CC-BY-SA-4.0", "CC-BY-SA-4.0"), "")
    assert _items(outcome, "i.verdict, i.reason") == [
        ("a", "drop", "licence_stricter_elsewhere"),
        ("b", "keep", None),
        ("c", "keep", None),
    ]


def test_of_two_restricted_licences_that_forbid_different_things_neither_stays(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "{allow: [permissive, restricted]}")
    outcome = _curate(tmp_path, policy, ("CC-BY-NC-4.0", "CC-BY-ND-4.0", "MIT"))
    assert _items(outcome, "i.verdict, i.reason, d.label") == [
        ("a", "hold", "licence_stricter_elsewhere", "no_derivatives"),
        ("b", "hold", "licence_stricter_elsewhere", "non_commercial"),
        ("c", "hold", "licence_stricter_elsewhere", "restricted"),
    ]


def test_an_unknown_licence_elsewhere_is_no_stricter_one(tmp_path: Path) -> None:
    outcome = _curate(tmp_path, _policy(tmp_path, "{allow: [permissive]}"), ("MIT", "", "some words"))
    assert [verdict for _, verdict in _items(outcome, "i.verdict")] == ["keep", "hold", "hold"]


def test_a_release_of_laundered_copies_alone_is_not_made(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "{allow: [attribution]}")
    with pytest.raises(ReleaseError, match="nothing stays: of 3 items all are held or dropped"):
        _curate(tmp_path, policy, ("CC-BY-4.0", "GPL-3.0-only"))


def test_the_views_of_rights_add_up_to_the_items(tmp_path: Path) -> None:
    outcome = _curate(tmp_path, "permissive", ("MIT", "CC-BY-NC-4.0"), ALL_FILTERS)
    counts = {
        "rights": "count(*) = 3 AND count(*) FILTER (reservation IS NULL AND basis = 'licence') = 3",
        "same_work": "count(*) = 3 AND count(DISTINCT work) = 2",
        "work_terms": "sum(items) = 3 AND count(*) = 3 AND max(strictness) = 6",
        "condition_mix": "sum(items) FILTER (condition = 'attribution') = 3 "
        "AND sum(items) FILTER (condition = 'non_commercial' AND verdict = 'drop') = 1",
        "reservation_mix": "sum(items) = 3 AND count(protocol) = 0",
    }
    for view, count in counts.items():
        assert query(outcome.catalog.path, f"SELECT {count} FROM {view}").rows == ((True,),), view


Copy = tuple[str, str, str, tuple[bool, ...], bool]
"""Verdict, class, basis, RESTRICTING, and whether the content is the first of two."""

COPIES = st.tuples(
    st.sampled_from(["keep", "redact", "hold", "drop"]),
    st.sampled_from(GRANTS),
    st.sampled_from([LICENSED, LICENSED, "own"]),
    st.tuples(*(st.booleans() for _ in RESTRICTING)),
    st.booleans(),
)


def _frame(copies: list[Copy]) -> pl.DataFrame:
    rows = [
        (place % 3, place, "text", place, place, int(same), 0, verdict, grant, basis, *map(float, conditions))
        for place, (verdict, grant, basis, conditions, same) in enumerate(copies)
    ]
    whole = ("item_hi", "item_lo", "content_hi", "content_lo")
    schema = {
        "shard": pl.UInt32,
        "position": pl.UInt64,
        "kind": pl.String,
        **dict.fromkeys(whole, pl.UInt64),
        **dict.fromkeys(("verdict", "grant", "basis"), pl.String),
        **dict.fromkeys(RESTRICTING, pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _staying(copies: list[Copy], policy: Policy) -> set[int]:
    frame = _frame(copies)
    compared = compare_licences(policy, frame)
    signed = frame.select("shard", "position", signature_hi="content_hi", signature_lo="content_lo")
    again = decide_duplicates(policy, frame, signed, freer=compared.freer, away=compared.decisions)
    away = {*compared.decisions["position"], *again["position"]}
    assert compared.decisions.height + again.height == len(away)
    return {place for place, copy in enumerate(copies) if copy[0] in {"keep", "redact"}} - away


@pytest.mark.parametrize("duplicates", [{}, None])
@given(copies=st.lists(COPIES, max_size=8), more=COPIES)
def test_a_copy_more_lets_no_other_stay_that_did_not(
    duplicates: dict[str, str] | None, copies: list[Copy], more: Copy
) -> None:
    policy = Policy.model_validate(
        {"name": "a", "version": "1", "licence": {"allow": ["permissive"]}, "exact_duplicates": duplicates}
    )
    before, after = _staying(copies, policy), _staying([*copies, more], policy)
    by_licence = {place for place, copy in enumerate(copies) if copy[2] == LICENSED and copy[1] != "unknown"}
    assert (after - {len(copies)}) & by_licence <= before


@pytest.mark.parametrize("duplicates", [{}, None])
@given(copies=st.lists(COPIES, max_size=8))
def test_whatever_stays_by_its_licence_asks_for_all_that_any_copy_asks_for(
    duplicates: dict[str, str] | None, copies: list[Copy]
) -> None:
    policy = Policy.model_validate(
        {"name": "a", "version": "1", "licence": {"allow": ["permissive"]}, "exact_duplicates": duplicates}
    )
    for place in _staying(copies, policy):
        _, grant, basis, conditions, same = copies[place]
        alike = [copy for copy in copies if copy[4] == same]
        known = [GRANTS.index(copy[1]) for copy in alike if copy[1] != "unknown"]
        if basis == LICENSED and grant != "unknown":
            assert GRANTS.index(grant) == max(known)
            assert all(conditions[at] for at in range(len(RESTRICTING)) if any(copy[3][at] for copy in alike))
