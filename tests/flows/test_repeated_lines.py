"""From lines of text to a release without pages that are all menu, and what catalog and reports say of it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from audits.run import run_audits
from catalog.keyed import make_key
from catalog.query import query
from flows.means import Means
from flows.plan import make_plan
from flows.stages import Outcome, curate_all
from flows.summary import outcome_text
from flows.verify import verify
from flows.workspace import Workspace
from releases.policy import read_policy
from releases.replay import replay
from tamis.errors import ConfigError

POLICY = """\
name: pages
version: "1"
licence: {allow: [public_domain]}
exact_duplicates: {}
near_duplicates: {pictures: false, texts: {}}
repeated_lines: {%s}
"""
MENU = "Home | About us | News | Contact | Imprint and terms"
NOTICE = "This site keeps cookies,\nas you agreed to when you came here for the first time."


def words(number: int, count: int) -> str:
    return " ".join(f"w{number}x{place * place % 97}" for place in range(count))


def pages() -> dict[str, str]:
    """Of four sites: the menu is on every page, more or less loud; the notice is wrapped in two ways."""
    full = {f"page {n}": f"{MENU}\n\n{words(n, 30)}\n\n{NOTICE}" for n in range(4)}
    empty = {f"stub {n}": f"{MENU.upper()}\n\n{words(100 + n, 3)}" for n in range(4)}
    rewrapped = {f"note {n}": f"{words(200 + n, 6)}\n\n{NOTICE.replace(chr(10), ' ')}" for n in range(2)}
    copied = {f"copy {n}": words(300, 40) + (" end" if n else "") for n in range(5)}
    return {**full, **empty, **rewrapped, **copied, "alone": words(400, 20), "nothing": "…"}


def write(folder: Path, *, section: str = "documents: 3") -> Workspace:
    titles = list(pages().items())
    for name, part in (("one", titles[:9]), ("two", titles[9:])):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps({"text": t, "title": n}) for n, t in part))
    (folder / "recipe.yaml").write_text(
        "name: pages\ncorpora:\n"
        "  - {name: one, format: jsonl, path: one.jsonl, licence: CC0-1.0}\n"
        "  - {name: two, format: jsonl, path: two.jsonl, licence: CC0-1.0}\n"
        "filters: {repeated_lines: {}, text_minhash: {}, licence: {}, exact_duplicates: {}}\n"
        'release: {name: pages, version: "1"}\n'
    )
    (folder / "policy.yaml").write_text(POLICY % section)
    return Workspace.of(folder)


def curate(workspace: Workspace, **means: int) -> Outcome:
    return curate_all(workspace, Means(**{"workers": 0, **means}, quiet=True))


def verdicts(outcome: Outcome) -> dict[str, tuple[object, ...]]:
    """title → verdict, reason, rule."""
    sql = f"SELECT title, verdict, reason, rule FROM item WHERE run = '{outcome.run}' ORDER BY 1"
    return {str(title): tuple(rest) for title, *rest in query(outcome.catalog.path, sql).rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return curate(write(folder))


def test_pages_that_are_mostly_menu_or_notice_are_dropped_and_copies_are_no_boilerplate(outcome: Outcome) -> None:
    said = verdicts(outcome)
    away = {title: found[1:] for title, found in said.items() if found[0] != "keep"}
    stubs = {f"stub {n}": ("lines_repeated", "repeated_lines.most_share") for n in range(4)}
    notes = {f"note {n}": ("lines_repeated", "repeated_lines.most_paragraph_share") for n in range(2)}
    copies = {title: why for title, why in away.items() if title.startswith("copy")}
    assert away == stubs | notes | copies
    assert len(copies) == 4
    assert {reason for reason, _ in copies.values()} == {"exact_duplicate", "near_duplicate"}
    texts = pl.read_parquet(outcome.release.folder / "text" / "**" / "*.parquet")
    assert set(texts["title"]) == said.keys() - away.keys()


def test_a_decision_has_share_and_limit_on_record(outcome: Outcome) -> None:
    sql = (
        "SELECT i.title, d.measure, round(d.value, 3), d.bound FROM rule_fired AS d INNER JOIN item AS i "
        "USING (run, item) WHERE d.reason = 'lines_repeated' AND i.title IN ('stub 1', 'note 0') ORDER BY 1"
    )
    menu, own = (sum(map(str.isalnum, text)) for text in (MENU, words(101, 3)))
    notice, said = (sum(map(str.isalnum, text)) for text in (NOTICE, words(200, 6)))
    assert query(outcome.catalog.path, sql).rows == (
        ("note 0", "paragraph_share", round(notice / (notice + said), 3), 0.5),
        ("stub 1", "line_share", round(menu / (menu + own), 3), 0.5),
    )


def test_what_was_counted_is_told_by_catalog_page_card_and_summary(outcome: Outcome, folder: Path) -> None:
    sql = "SELECT * EXCLUDE (run, pieces) FROM repeated_line_search"
    assert query(outcome.catalog.path, sql).rows == ((3, 5, 13, 4, 10, 6, 0, 0),)
    told = "10 texts had any of these, 6 more than the policy lets pass."
    assert told in outcome.report.read_text()
    assert told in (outcome.release.folder / "README.md").read_text()
    assert told in outcome_text(outcome, Workspace.of(folder))


def test_the_run_passes_its_audits_and_its_verification_and_the_catalog_has_no_digests(
    outcome: Outcome, folder: Path
) -> None:
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(folder, count_input=True)[0] == []
    sql = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'lines' AND data_type = 'BLOB'"
    assert query(outcome.catalog.path, sql).rows == ((0,),)


def test_a_policy_that_is_tried_out_on_record_comes_to_the_same(outcome: Outcome, folder: Path) -> None:
    (folder / "tried.yaml").write_text(POLICY % "documents: 30")
    policies = [read_policy(name, folder)[0] for name in ("policy.yaml", "tried.yaml")]
    same, other = replay(Workspace.of(folder).log, outcome.run, policies)
    sql = "SELECT verdict, reason, count(*) FROM item GROUP BY ALL ORDER BY ALL"
    counts = same.group_by(pl.col("verdict").cast(pl.String), "reason").len().sort("verdict", "reason", nulls_last=True)
    assert counts.rows() == list(query(outcome.catalog.path, sql).rows)
    assert other.filter(pl.col("reason") == "lines_repeated").is_empty()


def test_digests_are_keyed_by_the_workspace(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    other = curate(write(tmp_path))
    found = [
        pl.read_parquet(root / "store" / "runs" / run.run / "shard-00000" / "lines.parquet")["lines"]
        for root, run in ((folder, outcome), (tmp_path, other))
    ]
    assert found[0].bin.size().equals(found[1].bin.size())
    assert not (found[0] == found[1]).any()
    assert verdicts(other) == verdicts(outcome)


def write_more(workspace: Workspace, *, section: str, version: str = "2") -> None:
    """Another corpus: two pages that are mostly menu, too few to tell it by, and one of its own."""
    stubs = {f"new {n}": f"{MENU}\n\n{words(500 + n, 3)}" for n in range(2)} | {"own": words(600, 30)}
    rows = [json.dumps({"text": text, "title": title}) for title, text in stubs.items()]
    (workspace.root / "more.jsonl").write_text("\n".join(rows))
    recipe = workspace.recipe.read_text()
    more = "  - {name: more, format: jsonl, path: more.jsonl, licence: CC0-1.0}\n"
    head, tail = recipe.split("corpora:\n")[0], recipe.split("filters:")[1]
    mixed = f"{head}corpora:\n{more}filters:{tail}"
    workspace.recipe.write_text(re.sub(r'version: ".*"', f'version: "{version}"', mixed))
    (workspace.root / "policy.yaml").write_text(POLICY % section)


def searched(outcome: Outcome) -> tuple[object, ...]:
    sql = f"SELECT texts, repeated, decided, earlier FROM repeated_line_search WHERE run = '{outcome.run}'"
    return query(outcome.catalog.path, sql).rows[0]


@pytest.fixture
def earlier(outcome: Outcome, folder: Path, tmp_path: Path) -> Workspace:
    return Workspace.of(shutil.copytree(folder, tmp_path / "workspace"))


def test_lines_of_earlier_releases_count_and_their_texts_are_not_decided_on(earlier: Workspace) -> None:
    write_more(earlier, section="documents: 4")
    alone = curate(earlier)
    assert searched(alone) == (3, 0, 0, 0)
    write_more(earlier, section="documents: 4, against: [pages@1]", version="3")
    against = curate(earlier)
    assert searched(against) == (3, 2, 2, 7)
    gone = {title: found[1:] for title, found in verdicts(against).items() if found[0] == "drop"}
    assert gone == {f"new {n}": ("lines_repeated", "repeated_lines.most_share") for n in range(2)}
    assert "7 texts of earlier releases" in against.report.read_text()
    assert "7 texts of earlier releases" in outcome_text(against, earlier)
    assert verify(earlier.root, count_input=True)[0] == []


def test_a_text_counts_once_however_many_releases_have_it(earlier: Workspace) -> None:
    (earlier.root / "policy.yaml").write_text(POLICY % "documents: 50")
    earlier.recipe.write_text(earlier.recipe.read_text().replace('version: "1"', 'version: "1b"'))
    again = curate(earlier)
    assert searched(again)[-1] == 0
    write_more(earlier, section="documents: 10, against: [pages@1, pages@1b]", version="4")
    assert searched(curate(earlier)) == (3, 0, 0, 13)  # 8 have the menu, and the two new ones
    write_more(earlier, section="documents: 9, against: [pages@1, pages@1b]", version="5")
    assert searched(curate(earlier))[2:] == (2, 13)


def test_texts_that_the_run_has_itself_count_once(earlier: Workspace) -> None:
    earlier.recipe.write_text(earlier.recipe.read_text().replace('version: "1"', 'version: "2"'))
    (earlier.root / "policy.yaml").write_text(POLICY % "documents: 8, against: [pages@1]")
    assert searched(curate(earlier)) == (13, 0, 0, 0)


def test_a_policy_with_earlier_releases_can_be_tried_out_on_record(earlier: Workspace) -> None:
    write_more(earlier, section="documents: 4")
    done = curate(earlier)
    (earlier.root / "tried.yaml").write_text(POLICY % "documents: 4, against: [pages@1]")
    policies = [read_policy(name, earlier.root)[0] for name in ("policy.yaml", "tried.yaml")]
    same, other = replay(earlier.log, done.run, policies)
    assert same.filter(pl.col("reason") == "lines_repeated").is_empty()
    assert other.filter(pl.col("reason") == "lines_repeated").height == 2


def test_releases_that_cannot_be_compared_with_are_refused_before_any_work(earlier: Workspace) -> None:
    write_more(earlier, section="against: [pages@9]")
    with pytest.raises(
        ConfigError, match=r"policy.yaml:\d+: repeated_lines.against: no release 'pages@9' is on record"
    ):
        make_plan(earlier)
    write_more(earlier, section="against: [pages@1]")
    earlier.recipe.write_text(
        earlier.recipe.read_text().replace("repeated_lines: {}", "repeated_lines: {least_words: 4}")
    )
    with pytest.raises(ConfigError, match="taken by another least_words of `repeated_lines`"):
        make_plan(earlier)
    write_more(earlier, section="against: [pages@1]")
    (earlier.root / "keys" / "content.key").unlink()
    make_key(earlier.key_file)
    with pytest.raises(ConfigError, match="the lines of pages@1 are on record under another content key"):
        make_plan(earlier)


@pytest.mark.slow
def test_workers_and_batches_change_nothing(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "keys", tmp_path / "keys")
    other = curate(write(tmp_path), workers=2, batch_size=2)
    assert verdicts(other) == verdicts(outcome)
    assert other.release.digest == outcome.release.digest
