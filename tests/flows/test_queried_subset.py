"""A target by query: texts that runs on record kept, found by what the catalog knows of them."""

import json
import shutil

import polars as pl
import pytest

from catalog.query import query
from flows.cli import run
from flows.means import Means
from flows.plan import make_plan, read_intent
from flows.stages import begin, curate_all
from flows.verify import verify
from flows.workspace import Workspace
from tamis.errors import CatalogError, ConfigError
from tests.flows.conftest import png
from tests.flows.test_subset import BAKING, MINING, SAILING, lines, sentences

ADA = "ada.canary@planted-example.com"
NOTES = 12
POLICY = """\
name: trades
version: "1"
licence: {allow: [permissive], on_denied: drop}
personal_data: {default: redact}
"""
RECIPE = """\
name: {name}
corpora:
{corpora}
filters: {{licence: {{}}, personal_data: {{entities: [EMAIL_ADDRESS]}}}}
{subset}release: {{name: {name}, version: "{version}"}}
"""
OF_NOTES = "SELECT item FROM item WHERE corpus = 'notes' AND source = 'chosen' AND kind = 'text' AND verdict != 'drop'"


def note(number, source="chosen", **more):
    return {"text": sentences(BAKING, seed=5000 + number), "source": source, "licence": "MIT", **more}


def notes():
    yield from (note(number, label="bread") for number in range(NOTES))
    yield {**note(NOTES), "text": f"{sentences(BAKING, seed=6000)} Write to {ADA}, please."}
    yield note(NOTES + 1, source="refused", licence="GPL-3.0-only")
    yield from (note(2000 + number, source="held out") for number in range(60))


def trades():
    for number in range(120):
        words = (BAKING, SAILING, MINING)[number % 3]
        yield {"text": sentences(words, seed=number), "licence": "MIT", "source": ("b", "s", "m")[number % 3]}
    yield note(3)


def text_of(corpora):
    return "\n".join(f"  - {{name: {name}, format: jsonl, path: {name}.jsonl{more}}}" for name, more in corpora.items())


def write(workspace, *, name, corpora=None, subset="", version="1"):
    text = RECIPE.format(name=name, corpora=text_of(corpora or {name: ""}), subset=subset, version=version)
    workspace.recipe.write_text(text)


def write_chosen(workspace, sql=OF_NOTES, *, more="", budget="{items: 9}", version="1", corpora=None):
    target = f"{{query: {json.dumps(sql)}{more}}}"
    subset = f"subset:\n  target: {target}\n  budget: {budget}\n"
    write(workspace, name="trades", subset=subset, version=version, corpora=corpora)


def curated(workspace):
    return curate_all(workspace, Means(0, quiet=True))


def asked(outcome, sql):
    return query(outcome.catalog.path, sql).rows


def make(root):
    """A workspace with notes on record, and trades to choose from."""
    root.mkdir(parents=True)
    (root / "notes.jsonl").write_text(lines(notes()))
    (root / "trades.jsonl").write_text(lines(trades()))
    (root / "pictures").mkdir()
    (root / "pictures" / "0.png").write_bytes(png(1))
    (root / "policy.yaml").write_text(POLICY)
    workspace = Workspace(root, root / "recipe.yaml")
    corpora = text_of({"notes": ""})
    text = RECIPE.format(name="notes", corpora=corpora, subset="", version="1")
    pictures = "\n  - {name: pictures, format: image-folder, path: pictures, licence: MIT}"
    workspace.recipe.write_text(text.replace(corpora, corpora + pictures))
    curated(workspace)
    return workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "workspace").root


@pytest.fixture
def workspace(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "workspace")
    return Workspace(root, root / "recipe.yaml")


def test_texts_of_items_are_as_good_as_those_of_a_file(workspace, made, tmp_path):
    write_chosen(workspace)
    outcome = curated(workspace)
    kept = pl.read_parquet(workspace.releases / "notes" / "1" / "text" / "*" / "*.parquet")
    root = shutil.copytree(made, tmp_path / "other")
    other = Workspace(root, root / "recipe.yaml")
    (other.root / "chosen.jsonl").write_text(lines(kept.filter(pl.col("source") == "chosen")["text"]))
    files = "subset:\n  target: {examples: [chosen.jsonl], columns: [text]}\n  budget: {items: 9}\n"
    write(other, name="trades", subset=files)
    by_file = curated(other)
    sql = "SELECT item, score, rank, chosen FROM choice ORDER BY ALL"
    assert asked(outcome, sql) == asked(by_file, sql)
    (told,) = asked(outcome, "SELECT target, examples_again, queried FROM subset")
    assert told[1:] == (1, NOTES + 1)
    assert asked(by_file, "SELECT target, examples_again, queried FROM subset") == ((told[0], 1, 0),)
    sources = asked(outcome, "SELECT DISTINCT source FROM choice JOIN item USING (run, item) WHERE chosen")
    assert sources == (("b",),)


def test_plan_run_and_size_say_how_many_items_are_examples(workspace, capsys):
    held_out = OF_NOTES.replace("'chosen'", "'held out'")
    write_chosen(workspace, more=f", held_out_query: {json.dumps(held_out)}", budget="{auto: {}}")
    assert run(["plan", str(workspace.root)]) == 0
    said = capsys.readouterr().out
    assert f"target   {NOTES + 1} examples, 60 texts held out, digest " in said
    assert f"{NOTES + 61} items of the catalog by query, asked now" in said
    outcome = curated(workspace)
    assert run(["curate", str(workspace.root), "--direct", "--quiet"]) == 0
    sentence = f"Examples are the texts of {NOTES + 61} items of the catalog, which a query gave."
    assert sentence in capsys.readouterr().out
    assert sentence in (workspace.releases / "trades" / "1" / "README.md").read_text()
    assert run(["size", str(workspace.root), "--repeats", "0", "--format", "json"]) == 0
    target = json.loads(capsys.readouterr().out)["target"]
    assert (target["queried"], target["suppressed"], target["held_out"]) == (NOTES + 61, 0, 60)
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    assert f"items of the catalog by query, as run {outcome.run} asked for them" in capsys.readouterr().out


def test_a_recipe_asks_once_so_that_its_own_run_does_not_change_it(workspace):
    write_chosen(workspace, "SELECT item FROM item WHERE kind = 'text' AND verdict IN ('keep', 'redact')")
    first = curated(workspace)
    again = curated(workspace)
    assert (again.run, again.measured, again.release.new) == (first.run, 0, False)
    assert again.release.digest == first.release.digest
    write_chosen(workspace, "SELECT item FROM item WHERE kind = 'text' AND verdict IN ('keep', 'redact')", version="2")
    intent = read_intent(workspace)
    assert intent.asked.items > NOTES + 61
    assert verify(workspace.root, count_input=False)[0] == []


def test_a_run_that_was_cut_off_goes_on_with_what_it_was_given(workspace):
    sql = "SELECT item FROM item WHERE kind = 'text' AND verdict IN ('keep', 'redact')"
    write_chosen(workspace, sql)
    plan = make_plan(workspace)
    begin(plan)
    (workspace.root / "more.jsonl").write_text(lines([note(number) for number in range(300, 310)]))
    write(workspace, name="more")
    curated(workspace)
    write_chosen(workspace, sql)
    outcome = curated(workspace)
    assert outcome.run == plan.run
    assert asked(outcome, "SELECT queried FROM subset") == ((NOTES + 61,),)
    write_chosen(workspace, sql, version="2")
    assert read_intent(workspace).asked.items > NOTES + 61 + 10


def test_what_a_run_was_given_is_checked_like_all_else_on_record(workspace):
    write_chosen(workspace)
    outcome = curated(workspace)
    path = workspace.log.run_folder(outcome.run) / "target.parquet"
    pl.read_parquet(path).head(3).write_parquet(path)
    problems, _ = verify(workspace.root, count_input=False)
    assert [f"run {outcome.run}: target.parquet is not what was put on record (its sha256 differs)"] == problems
    with pytest.raises(CatalogError, match=r"target\.parquet: is not what was put on record"):
        make_plan(workspace)
    path.unlink()
    assert "target.parquet is missing" in verify(workspace.root, count_input=False)[0][0]


def test_items_of_the_pool_are_taken_out_as_examples_again(workspace):
    write(workspace, name="trades")
    curated(workspace)
    own = "SELECT item FROM item WHERE corpus = 'trades' AND source = 'b' ORDER BY item LIMIT 15"
    write_chosen(workspace, own, version="2")
    own_items = set(query(workspace.catalogs / "catalog-000002.duckdb", own).rows)
    outcome = curated(workspace)
    facts = asked(outcome, f"SELECT examples_again, queried, chosen_items FROM subset WHERE run = '{outcome.run}'")
    assert facts == ((15, 15, 9),)
    away = asked(outcome, f"SELECT item FROM decision WHERE run = '{outcome.run}' AND reason = 'subset_example_again'")
    assert set(away) == own_items


def test_files_and_queries_can_both_give_examples(workspace):
    (workspace.root / "files.jsonl").write_text(
        lines([{"words": sentences(BAKING, seed=9)}, {"words": note(0)["text"]}])
    )
    write_chosen(workspace, more=", examples: [files.jsonl], columns: [words]")
    examples = read_intent(workspace).examples
    assert len(examples.fit) == NOTES + 2  # one of the file's is one of the items'
    assert examples.asked.items == NOTES + 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC item FROM item", r"subset\.target\.query: Parser Error: syntax error at or near \"SELEC\""),
        ("SELECT itm AS item FROM item", r"Binder Error: Referenced column \"itm\" not found"),
        ("SELECT item FROM things", "Catalog Error: Table with name things does not exist"),
        ("SELECT item, run FROM item", r"expected one column, `item`, and it has 2\. Begin it with `SELECT item`"),
        ("SELECT run FROM item", "expected one column, `item`, and it has one of another name"),
        ("SELECT item FROM item WHERE false", "subset.target.query: gives no item. Ids are those of the column"),
        (
            "SELECT content AS item FROM item WHERE kind = 'text'",
            r"not all of the 74 items that it gives .*\(not in the catalog: 74\)",
        ),
        ("SELECT source AS item FROM item", "gives no item"),
        ("FROM (VALUES ('x')) AS t(item)", "gives no item"),
        (
            "SELECT item FROM item",
            r"the 75 items that it gives are texts that stayed \(pictures: 1, texts that no run let stay: 1\)",
        ),
        ("SELECT item FROM item; SELECT item FROM item", "Found 2 statements where one was expected"),
        ("DELETE FROM log.item", "Only SELECT and EXPLAIN are answered"),
        ("FROM read_csv('/etc/passwd')", "Permission Error. `tamis sql` shows the whole message"),
        (
            "SELECT item FROM item WHERE CAST(source AS INT) = 1",
            "Conversion Error. `tamis sql` shows the whole message",
        ),
    ],
)
def test_a_query_that_gives_something_else_is_refused_before_any_work(workspace, sql, said):
    write_chosen(workspace, sql)
    with pytest.raises(ConfigError, match=said) as raised:
        curated(workspace)
    assert str(raised.value).startswith("recipe.yaml:")
    assert "held out" not in str(raised.value)
    assert len(workspace.log.runs()) == 1


def test_a_query_before_there_is_a_catalog_says_what_to_do_first(tmp_path):
    (tmp_path / "trades.jsonl").write_text(lines(trades()))
    (tmp_path / "policy.yaml").write_text(POLICY)
    workspace = Workspace(tmp_path, tmp_path / "recipe.yaml")
    write_chosen(workspace)
    with pytest.raises(ConfigError, match=r"asks the catalog, and there is none yet\. Make a run first"):
        curated(workspace)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{}", "expected `examples`, `query` or both"),
        ("{held_out: [more.jsonl]}", "expected `examples`, `query` or both"),
        ("{query: SELECT item FROM item, columns: [text]}", "columns: are those of files, and there is none"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(workspace, target, said):
    write(workspace, name="trades", subset=f"subset:\n  target: {target}\n  budget: {{items: 9}}\n")
    with pytest.raises(ConfigError, match=said):
        read_intent(workspace)


def suppress_ada(workspace, capsys):
    command = ["subject", "suppress", "--email", ADA, "--reason", "erasure", "-w", str(workspace.root)]
    assert run(command) == 0
    capsys.readouterr()


def test_who_is_suppressed_is_in_no_example(workspace, capsys):
    write_chosen(workspace)
    before = read_intent(workspace).examples
    assert any("<EMAIL_ADDRESS>" in text for text in before.all)
    suppress_ada(workspace, capsys)
    examples = read_intent(workspace).examples
    assert set(before.all) - set(examples.all) == {text for text in before.all if "<EMAIL_ADDRESS>" in text}
    assert run(["plan", str(workspace.root)]) == 0
    said = capsys.readouterr().out
    assert f"{NOTES} items of the catalog by query, asked now; 1 more holds a suppressed value: taken out" in said
    outcome = curated(workspace)
    assert asked(outcome, "SELECT queried FROM subset") == ((NOTES,),)


def test_who_is_suppressed_between_two_starts_is_no_example_of_the_second(workspace, capsys):
    write_chosen(workspace)
    plan = make_plan(workspace)
    begin(plan)
    suppress_ada(workspace, capsys)
    second = make_plan(workspace)
    assert second.run != plan.run
    assert (second.intent.asked.by, second.intent.asked.items) == (plan.run, NOTES)
    assert second.intent.asked.withheld.height == 1


def test_texts_that_cannot_be_held_against_the_suppression_list_are_no_examples(workspace, capsys):
    (workspace.root / "policy.yaml").write_text(POLICY.replace("personal_data: {default: redact}\n", ""))
    (workspace.root / "loose.jsonl").write_text(lines([note(number) for number in range(100, 104)]))
    write(workspace, name="loose")
    workspace.recipe.write_text(
        workspace.recipe.read_text().replace(", personal_data: {entities: [EMAIL_ADDRESS]}", "")
    )
    curated(workspace)
    (workspace.root / "policy.yaml").write_text(POLICY)
    loose = "SELECT item FROM item WHERE corpus IN ('notes', 'loose') AND kind = 'text' AND verdict != 'drop'"
    write_chosen(workspace, loose)
    assert read_intent(workspace).asked.items == NOTES + 65
    suppress_ada(workspace, capsys)
    with pytest.raises(ConfigError, match="stayed only in runs that cannot be held against the suppression list: 4"):
        read_intent(workspace)
    write(workspace, name="loose", version="2")
    curated(workspace)
    write_chosen(workspace, loose)
    assert read_intent(workspace).asked.items == NOTES + 64


def test_an_item_has_the_text_that_the_newest_run_kept(workspace):
    write_chosen(workspace)
    (masked,) = [text for text in read_intent(workspace).examples.all if "EMAIL" in text]
    (workspace.root / "policy.yaml").write_text(POLICY.replace("default: redact", "default: keep"))
    write(workspace, name="notes", version="2")
    curated(workspace)
    (workspace.root / "policy.yaml").write_text(POLICY)
    write_chosen(workspace)
    texts = list(read_intent(workspace).examples.all)
    assert masked not in texts
    assert sum(ADA in text for text in texts) == 1


def test_labels_are_those_on_record(workspace):
    labelled = OF_NOTES + " AND label IS NOT NULL"
    write_chosen(workspace, labelled, more=", label: label")
    assert list(read_intent(workspace).examples.labels.fit) == ["bread"] * NOTES
    write_chosen(workspace, more=", label: label")
    with pytest.raises(ConfigError, match=r"1 of 13 texts of the query's items have no label"):
        read_intent(workspace)


def test_a_run_whose_texts_are_gone_is_asked_for_no_more(workspace):
    write_chosen(workspace)
    begin(make_plan(workspace))
    (kept,) = {path.parent for path in workspace.log.store.glob("runs/*/shard-00000/kept.parquet")} - {
        workspace.log.segment_folder(make_plan(workspace).run, 0)
    }
    (kept / "kept.parquet").unlink()
    with pytest.raises(ConfigError, match=r"the texts of 13 are on record no longer.* Raise `release.version`"):
        read_intent(workspace)
