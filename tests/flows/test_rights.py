"""Rights, end to end: from what a corpus carries to evidence in the catalog, verdicts, and policies compared."""

import json
import typing
from pathlib import Path

import polars as pl
import pytest

from catalog.query import query
from flows.cli import run as command_line
from flows.means import Means
from flows.policy_diff import policy_diff
from flows.recipe import Basis
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.policy import read_policy
from releases.replay import replay
from tamis.errors import ConfigError
from tamis.records import BASES

SHUT = "User-agent: GPTBot\nDisallow: /private\n"


def page(body, *, licence="", head=""):
    link = f'<link rel="license" href="https://creativecommons.org/licenses/{licence}/4.0/">' if licence else ""
    return f"<!doctype html><html><head>{head}{link}</head><body><p>{body}</p></body></html>"


PAGES = [
    {"html": page("Free text.", licence="by"), "address": "https://a.example/1", "robots": SHUT},
    {"html": page("Shut out.", licence="by"), "address": "https://a.example/private/2", "robots": SHUT},
    {"html": page("Not for trade.", licence="by-nc"), "address": "https://b.example/3", "robots": ""},
    {"html": page("Nobody says."), "address": "https://b.example/4", "robots": None},
    {
        "html": page("Marked.", head='<meta name="robots" content="noai">'),
        "address": "https://b.example/5",
        "robots": "",
    },
    {"html": page("Headed."), "address": "https://b.example/6", "robots": "", "headers": [["TDM-Reservation", "1"]]},
    {"html": page("Free to mine."), "address": "https://b.example/7", "robots": ""},
]
RECIPE = """\
name: web
corpora:
  - name: pages
    format: jsonl
    path: pages.jsonl
    basis: {basis}
    columns: {{text: html, url: address, robots_txt: robots, http_headers: headers, fetched_at: at}}
filters: {{licence: {{}}, reservation: {{}}, exact_duplicates: {{}}}}
policy: policy.yaml
release: {{name: web, version: "1"}}
"""
OPEN = """\
name: test
version: "1"
licence: {allow: [public_domain, permissive, attribution], min_level: 2}
reservation: {}
exact_duplicates: {}
"""
MINING = """\
name: mining
version: "1"
licence: {allow: [public_domain], bases: [tdm_general]}
reservation: {require: [robots]}
exact_duplicates: {}
"""


def workspace(folder, *, basis, policy):
    folder.mkdir()
    lines = [json.dumps({**each, "at": f"2026-03-0{place}T12:00:00Z"}) for place, each in enumerate(PAGES, start=1)]
    (folder / "pages.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "recipe.yaml").write_text(RECIPE.format(basis=basis))
    (folder / "policy.yaml").write_text(policy)
    return Workspace.of(folder)


@pytest.fixture(scope="module")
def licensed(tmp_path_factory):
    at = workspace(tmp_path_factory.mktemp("rights") / "licensed", basis="licence", policy=OPEN)
    return at, curate_all(at, Means(0, quiet=True))


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    at = workspace(tmp_path_factory.mktemp("rights") / "mined", basis="tdm_general", policy=MINING)
    return at, curate_all(at, Means(0, quiet=True))


def verdicts(outcome):
    rows = query(outcome.catalog.path, "SELECT url, verdict, reason FROM item ORDER BY position").rows
    return {url.rsplit("/", 1)[-1]: (verdict, reason) for url, verdict, reason in rows}


def test_a_licensed_page_stays_unless_its_host_shuts_training_out(licensed):
    _, outcome = licensed
    assert verdicts(outcome) == {
        "1": ("keep", None),
        "2": ("drop", "reserved"),
        "3": ("drop", "licence_denied"),
        "4": ("hold", "licence_unknown"),
        "5": ("drop", "reserved"),
        "6": ("drop", "reserved"),
        "7": ("hold", "licence_unknown"),
    }


def test_mining_needs_no_licence_and_somebody_who_looked(mined):
    _, outcome = mined
    assert verdicts(outcome) == {
        "1": ("keep", None),
        "2": ("drop", "reserved"),
        "3": ("keep", None),
        "4": ("hold", "reservation_not_checked"),
        "5": ("drop", "reserved"),
        "6": ("drop", "reserved"),
        "7": ("keep", None),
    }


def test_the_catalog_says_by_which_protocol_where_and_when(licensed):
    _, outcome = licensed
    rows = query(
        outcome.catalog.path,
        "SELECT e.kind, e.scope, e.reservation, e.at_fetch, e.observed_at::VARCHAR FROM evidence AS e "
        "INNER JOIN item AS i ON i.run = e.run AND i.item = e.item "
        "WHERE i.url LIKE '%/private/2' AND e.about = 'reservation' ORDER BY e.kind",
    ).rows
    assert ("robots", "host", "reserved", True, "2026-03-02 12:00:00") in rows
    assert ("meta-robots", "page", "none_found", True, "2026-03-02 12:00:00") in rows


def test_the_licence_of_a_page_is_evidence_with_its_place(licensed):
    _, outcome = licensed
    asked = (
        "SELECT DISTINCT kind, level, scope, location, expression, conditions FROM evidence "
        "WHERE kind = 'rel-license' ORDER BY ALL"
    )
    assert query(outcome.catalog.path, asked).rows == (
        ("rel-license", 2, "page", "head", "CC-BY-4.0", "attribution"),
        ("rel-license", 2, "page", "head", "CC-BY-NC-4.0", "attribution non_commercial"),
    )


def test_a_basis_is_on_record_as_somebodys_word(mined):
    _, outcome = mined
    asked = "SELECT DISTINCT about, level, location FROM evidence WHERE about = 'basis'"
    assert query(outcome.catalog.path, asked).rows == (("basis", 1, "tdm_general"),)


def test_a_replay_under_the_same_policy_is_the_run(licensed):
    at, outcome = licensed
    policy, _ = read_policy("policy.yaml", at.root)
    (again,) = replay(at.log, outcome.run, [policy])
    told = query(outcome.catalog.path, "SELECT verdict, reason FROM item ORDER BY shard, position").rows
    assert tuple(again.select(pl.col("verdict").cast(pl.String), "reason").rows()) == told


def test_two_policies_are_compared_over_what_is_on_record(licensed):
    at, outcome = licensed
    (at.root / "mining.yaml").write_text(MINING)
    before = sorted(path for path in at.root.rglob("*") if path.name != "mining.yaml")
    answer, said = policy_diff(at, ("policy.yaml", "mining.yaml"), run=None, items=False)
    assert sorted(path for path in at.root.rglob("*") if path.name != "mining.yaml") == before
    assert said[1] == "First, policy.yaml: keeps 1. Second, mining.yaml: keeps 0. Both keep 0."
    assert ("text", "keep", "hold", None, "licence_basis", 1) in answer.rows
    assert sum(row[-1] for row in answer.rows) == len(PAGES)
    items, _ = policy_diff(at, ("policy.yaml", "mining.yaml"), run=outcome.run, items=True)
    assert all(first != second for _, first, second, *_ in items.rows)


def test_a_policy_is_like_itself(licensed):
    at, _ = licensed
    items, _ = policy_diff(at, ("policy.yaml", "policy.yaml"), run=None, items=True)
    assert items.rows == ()


@pytest.mark.parametrize(
    ("policies", "run", "what"),
    [
        (("policy.yaml", "opn"), None, "no such file beside the recipe"),
        (("policy.yaml", "open"), None, "decides on 'personal_data', but no such filter runs"),
        (("policy.yaml", "policy.yaml"), "r0", "is not on record"),
    ],
)
def test_what_cannot_be_compared_is_said(licensed, policies, run, what):
    with pytest.raises(ConfigError, match=what):
        policy_diff(licensed[0], policies, run=run, items=False)


def test_a_workspace_without_runs_says_what_to_do(tmp_path):
    at = workspace(tmp_path / "new", basis="licence", policy=OPEN)
    with pytest.raises(ConfigError, match="nothing is on record yet"):
        policy_diff(at, ("policy.yaml", "policy.yaml"), run=None, items=False)


def test_the_commands_show_presets_and_differences(licensed, capsys):
    assert command_line(["policy", "list"]) == 0
    assert "common-pile" in capsys.readouterr().out
    assert command_line(["policy", "show", "research-tdm"]) == 0
    assert "tdm_research" in capsys.readouterr().out
    assert command_line(["policy", "show", "reserch-tdm"]) == 2
    assert "research-tdm" in capsys.readouterr().err
    assert (
        command_line(["policy", "diff", "policy.yaml", "policy.yaml", "-w", str(licensed[0].root), "--format", "json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out.splitlines()[0])["first"]


@pytest.mark.parametrize("preset", ["research-tdm", "apertus-retroactive"])
def test_a_preset_for_mining_keeps_nothing_of_a_corpus_that_declares_a_licence_alone(licensed, preset):
    at, outcome = licensed
    policy = read_policy(preset, at.root)[0].model_copy(update=dict.fromkeys(("personal_data", "nsfw")))
    (again,) = replay(at.log, outcome.run, [policy])
    kept = again.filter(pl.col("verdict").cast(pl.String) == "keep").height
    assert kept == {"research-tdm": 2, "apertus-retroactive": 0}[preset]


def test_a_recipe_may_declare_every_basis_there_is():
    assert typing.get_args(Basis) == BASES


BAD = {
    "null": (None, "licence_unknown"),
    "nothing": ("", "licence_unknown"),
    "empty list": ([], "licence_unknown"),
    "list of null": ([None], "licence_unknown"),
    "10 kB": ("MIT " * 2_500, "licence_unknown"),
    "emoji": ("🙂", "licence_unknown"),
    "number": (4.0, "licence_unknown"),
    "object": ({"name": "MIT"}, "licence_unknown"),
    "half an expression": ("MIT AND (", "licence_unknown"),
    "contradiction": (["MIT", "GPL-3.0-only"], "licence_denied"),
    "contradiction of allowed ones": (["MIT", "CC-BY-4.0"], "licence_conflict"),
    "one of two": (["MIT", "my own terms"], "licence_not_understood"),
    "nobody knows": ("NOASSERTION", "licence_unknown"),
    "none": (["MIT", "NONE"], "licence_not_understood"),
}


def test_whatever_stands_in_a_licence_field_is_a_reason_and_never_a_permission(tmp_path):
    at = workspace(tmp_path / "bad", basis="licence", policy=OPEN)
    records = [{"text": f"Record {name}.", "id": name, "licence": licence} for name, (licence, _) in BAD.items()]
    (at.root / "pages.jsonl").write_text("\n".join(map(json.dumps, [*records, {"text": "Free.", "licence": "MIT"}])))
    (at.root / "recipe.yaml").write_text(
        "name: bad\ncorpora: [{name: pages, format: jsonl, path: pages.jsonl}]\n"
        'filters: {licence: {}, reservation: {}, exact_duplicates: {}}\nrelease: {name: bad, version: "1"}\n'
    )
    outcome = curate_all(at, Means(0, quiet=True))
    told = dict(query(outcome.catalog.path, "SELECT id, reason FROM item WHERE verdict <> 'keep'").rows)
    assert told == {name: reason for name, (_, reason) in BAD.items()}


@pytest.mark.parametrize(
    "cut", ["User-agent: *\nDisallow:\n" + "# words\n" * 80_000, "User-ag", "\0" * 100, "<!doctype html>404"]
)
def test_a_robots_file_that_is_cut_or_none_is_unclear(tmp_path, cut):
    at = workspace(tmp_path / "cut", basis="tdm_general", policy=MINING)
    pages = [{**PAGES[6], "robots": cut}, {**PAGES[0], "robots": ""}]
    (at.root / "pages.jsonl").write_text("\n".join(map(json.dumps, pages)))
    outcome = curate_all(at, Means(0, quiet=True))
    rows = query(outcome.catalog.path, "SELECT verdict, reason FROM item ORDER BY position").rows
    assert rows == (("hold", "reservation_unclear"), ("keep", None))


def test_the_text_of_a_licence_in_a_column_is_evidence_and_goes_along(tmp_path):
    at = workspace(tmp_path / "legal", basis="licence", policy=OPEN)
    apache = (Path(__file__).parents[2] / "LICENSE").read_text(encoding="utf-8")
    (at.root / "pages.jsonl").write_text(json.dumps({"text": "A text.", "legal": apache}))
    (at.root / "recipe.yaml").write_text(
        "name: legal\ncorpora: [{name: pages, format: jsonl, path: pages.jsonl, columns: {licence_file: legal}}]\n"
        'filters: {licence: {}, reservation: {}, exact_duplicates: {}}\nrelease: {name: legal, version: "1"}\n'
    )
    outcome = curate_all(at, Means(0, quiet=True))
    asked = "SELECT kind, level, expression FROM evidence WHERE about = 'licence'"
    assert query(outcome.catalog.path, asked).rows == (("licence-file", 3, "Apache-2.0"),)
    assert "Apache License" in (outcome.release.folder / "LICENSES" / "Apache-2.0.txt").read_text(encoding="utf-8")
