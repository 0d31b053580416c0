"""A subset chosen in a run, and its size: from the recipe to release, catalog and command line, over a small corpus."""

import itertools
import json
import random
import re
from contextlib import contextmanager
from importlib.util import find_spec

import polars as pl
import pytest

from catalog.query import query
from flows.cli import run
from flows.means import Means
from flows.plan import record_of
from flows.recipe import read_recipe
from flows.stages import curate_all
from flows.verify import verify
from flows.without_rule import texts_without_rules
from flows.workspace import Workspace
from tamis.errors import ConfigError, ReleaseError

needs_torch = pytest.mark.skipif(
    not all(find_spec(package) for package in ("torch", "tokenizers")), reason="torch is not installed (names.lock)"
)

BAKING = ["flour", "sieve", "oven", "dough", "bread", "yeast", "crumb", "crust", "loaf", "knead", "prove", "rest"]
SAILING = ["mast", "sail", "harbour", "wind", "tide", "anchor", "keel", "deck", "rudder", "rope", "storm", "calm"]
MINING = ["shaft", "seam", "ore", "lamp", "pick", "cage", "pump", "coal", "vein", "adit", "drill", "dust"]
BOTH = ["the", "and", "of", "it", "is", "that", "was", "for", "with", "as", "on", "at"]

RECIPE = """\
name: trades
corpora:
  - {{name: trades, format: jsonl, path: trades, columns: {{text: text, source: source, licence: licence, id: id}}}}
filters: {{licence: {{}}, token_count: {{}}}}
policy: policy.yaml
subset:
  target: {{examples: [baking.jsonl], held_out: [more.jsonl]}}
  {subset}
release: {{name: baking, version: "{version}"}}
"""
POLICY = """\
name: trades
version: "1"
licence: {allow: [permissive, attribution], on_denied: drop}
limits: [{filter: token_count, measure: tokens, below: 5, outcome: drop}]
"""


def sentences(words, *, seed, count=6):
    drawn = random.Random(seed)
    return " ".join(" ".join(drawn.choices(words + BOTH, k=12)).capitalize() + "." for _ in range(count))


def rows():
    for number in range(240):
        trade = ("baking", "sailing", "mining", "sailing", "mining", "mining")[number % 6]
        words = {"baking": BAKING, "sailing": SAILING, "mining": MINING}[trade]
        yield {
            "id": str(number),
            "text": sentences(words, seed=number, count=4 + number % 5),
            "source": trade,
            "licence": ("MIT", "CC-BY-4.0")[number // 6 % 2],
        }
    yield {"id": "again", "text": sentences(BAKING, seed=5001), "source": "baking", "licence": "MIT"}
    yield {"id": "no words", "text": "\x01" * 40, "source": "baking", "licence": "MIT"}
    yield {"id": "refused", "text": sentences(BAKING, seed=999), "source": "baking", "licence": "GPL-3.0-only"}


def lines(texts):
    return "\n".join(json.dumps(text if isinstance(text, dict) else {"text": text}) for text in texts)


def make(folder, subset="budget: {share: 0.1}", *, version="1", shards=3):
    (folder / "trades").mkdir(parents=True)
    written = list(rows())
    for shard in range(shards):
        (folder / "trades" / f"{shard}.jsonl").write_text(lines(written[shard::shards]))
    (folder / "baking.jsonl").write_text(lines(sentences(BAKING, seed=5000 + number) for number in range(12)))
    (folder / "more.jsonl").write_text(lines(sentences(BAKING, seed=7000 + number) for number in range(60)))
    (folder / "recipe.yaml").write_text(RECIPE.format(subset=subset, version=version))
    (folder / "policy.yaml").write_text(POLICY)
    return Workspace.of(folder)


def curated(workspace, batch_size=16):
    return curate_all(workspace, Means(0, batch_size, None, quiet=True))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    workspace = make(tmp_path_factory.mktemp("trades") / "workspace")
    return workspace, curated(workspace)


def asked(outcome, sql):
    return query(outcome.catalog.path, sql).rows


def test_the_release_holds_what_is_like_the_examples_and_no_more_than_the_budget(done):
    workspace, outcome = done
    folder = workspace.releases / "baking" / "1"
    released = pl.read_parquet(folder / "text" / "*" / "*.parquet")
    pool = [row for row in rows() if row["licence"] != "GPL-3.0-only"]
    whole = sum(len(row["text"].encode()) for row in pool)
    size = int(released["text"].str.len_bytes().sum())
    assert 0.09 * whole < size <= 0.1 * whole
    assert set(released["source"]) == {"baking"}
    assert not {"again", "no words", "refused"} & set(released["id"])
    (facts,) = asked(outcome, "SELECT method, unit, pool_items, chosen_items, examples_again, unscored FROM subset")
    assert facts == ("linear", "bytes", 242, released.height, 1, 1)


def test_every_item_that_is_not_chosen_says_why_and_where_it_stands(done):
    _, outcome = done
    found = dict(asked(outcome, "SELECT reason, count(*) FROM item WHERE verdict IN ('drop', 'hold') GROUP BY reason"))
    chosen = asked(outcome, "SELECT count(*) FROM choice WHERE chosen")[0][0]
    assert found == {
        "subset_not_chosen": 240 - chosen,
        "subset_example_again": 1,
        "subset_unscored": 1,
        "licence_denied": 1,
    }
    ranks = asked(outcome, "SELECT rank, chosen, score FROM choice WHERE rank IS NOT NULL ORDER BY rank")
    assert [rank for rank, _, _ in ranks] == list(range(1, 241))
    assert [is_chosen for _, is_chosen, _ in ranks] == [True] * chosen + [False] * (240 - chosen)
    assert [score for _, _, score in ranks] == sorted((score for _, _, score in ranks), reverse=True)
    rows_of_rank = asked(
        outcome,
        "SELECT DISTINCT d.measure, d.value = c.rank, d.bound FROM decision AS d JOIN choice AS c USING (run, item) "
        "WHERE d.reason = 'subset_not_chosen'",
    )
    assert rows_of_rank == (("rank", True, float(chosen)),)
    assert all(audit.offending == 0 for audit in outcome.audits if audit.blocks)


def test_card_and_page_say_what_was_chosen_out_of_what(done):
    workspace, outcome = done
    (row,) = asked(outcome, "SELECT chosen_items, chosen_size, pool_size FROM subset")
    card = (workspace.releases / "baking" / "1" / "README.md").read_text()
    page = outcome.report.read_text()
    said = f"Of 242 texts that all filters let stay, {row[0]} were chosen: {row[1]:,} of {row[2]:,} bytes"
    assert said in card
    assert said in page
    mix = asked(
        outcome, "SELECT named, pool_items, chosen_share FROM subset_mix WHERE grouped_by = 'source' ORDER BY 1"
    )
    assert [(name, count) for name, count, _ in mix] == [("baking", 42), ("mining", 120), ("sailing", 80)]
    assert [share for _, _, share in mix] == [1.0, 0.0, 0.0]
    assert "| source | baking |" in card


def test_explain_and_verify_know_of_it(done, capsys):
    workspace, outcome = done
    item = asked(outcome, "SELECT item FROM choice WHERE NOT chosen AND rank = 200")[0][0]
    assert run(["explain", item, "-w", str(workspace.root)]) == 0
    said = capsys.readouterr().out
    assert "subset_not_chosen by subset.budget" in said
    assert "rank 200 of 242, score " in said
    assert run(["verify", str(workspace.root)]) == 0


def test_a_damaged_record_of_choices_is_found(tmp_path):
    workspace = make(tmp_path / "workspace")
    curated(workspace)
    (path,) = workspace.log.store.glob("runs/*/corpus-subset-*/choices.parquet")
    changed = pl.read_parquet(path).with_columns(chosen=pl.lit(value=True))
    path.chmod(0o644)
    changed.write_parquet(path)
    problems, _ = verify(workspace.root, count_input=False)
    assert any("choices.parquet" in problem for problem in problems)


@pytest.mark.parametrize(("shards", "batch_size"), [(3, 200), (3, 4)])  # of 81 items: the last batch has one
def test_the_choice_is_the_same_for_any_batch_size(done, tmp_path, shards, batch_size):
    _, outcome = done
    other = curated(make(tmp_path / "workspace", shards=shards), batch_size)
    assert other.run == outcome.run
    assert other.release.digest == outcome.release.digest
    sql = "SELECT item, score, rank, chosen FROM choice ORDER BY item"
    assert asked(other, sql) == asked(outcome, sql)


def test_a_smaller_budget_is_a_part_of_a_larger_one(done, tmp_path):
    _, outcome = done
    smaller = curated(make(tmp_path / "workspace", "budget: {items: 7}"))
    sql = "SELECT item FROM choice WHERE chosen"
    assert set(asked(smaller, sql)) < set(asked(outcome, sql))
    assert len(asked(smaller, sql)) == 7


def test_a_budget_of_tokens_by_importance_and_within_a_cap(tmp_path):
    again = curated(
        make(
            tmp_path / "importance",
            "method: importance\n  budget: {tokens: 2000}\n  caps: [{by: licence, value: MIT, most: 0.6}]",
        )
    )
    (facts,) = asked(again, "SELECT method, unit, asked, chosen_size FROM subset")
    assert facts[:3] == ("importance", "tokens", 2000)
    assert 1700 < facts[3] <= 2000
    sources = asked(again, "SELECT source, count(*) FROM item WHERE verdict = 'keep' GROUP BY source")
    assert dict(sources).keys() == {"baking"}


@pytest.mark.parametrize(
    ("subset", "said"),
    [
        ("budget: {items: 1000}", "the budget asks for 1,000 items, and 242 are kept: 758 too many"),
        (
            "budget: {items: 241}",
            "and 240 can be chosen: 1 too many. Of what is kept 1 are examples again, 1 are without a score",
        ),
        ("budget: {bytes: 3}", "the budget of 3 bytes is smaller than the first item"),
        (
            "budget: {items: 200}\n  caps: [{by: source, most: 0.2}]",
            "within its caps",
        ),
        (
            "budget: {items: 200}\n  floors: [{by: source, value: baking, least: 0.9}]",
            "source 'baking' is to have 90.0% of what is chosen",
        ),
    ],
)
def test_what_cannot_be_met_is_said_with_how_much_is_lacking_and_nothing_is_sealed(tmp_path, subset, said):
    workspace = make(tmp_path / "workspace", subset)
    with pytest.raises(ReleaseError, match=said) as raised:
        curated(workspace)
    assert "Not sealed" in str(raised.value)
    assert not list(workspace.releases.glob("*/*"))
    assert list(workspace.catalogs.glob("*.duckdb"))  # what was decided before can be looked at


@pytest.mark.parametrize(
    ("subset", "said"),
    [
        ("budget: {share: 0.1}\n  caps: [{by: language, most: 0.5}]", r"recipe.yaml:\d+: subset: goes by language"),
        ("budget: {share: 0.1}\n  temprature: 1", "subset.temprature: unknown key. Did you mean 'temperature'"),
    ],
)
def test_a_section_that_asks_for_what_nobody_finds_is_refused_before_any_work(tmp_path, subset, said):
    workspace = make(tmp_path / "workspace", subset)
    with pytest.raises(ConfigError, match=said):
        curated(workspace)
    assert not list(workspace.log.store.glob("runs/*"))


def test_examples_that_are_not_there_or_empty_are_refused(tmp_path):
    workspace = make(tmp_path / "workspace")
    (workspace.root / "baking.jsonl").write_text('{"text": "  "}\n')
    with pytest.raises(ConfigError, match="no text is left to choose by"):
        curated(workspace)
    (workspace.root / "baking.jsonl").unlink()
    with pytest.raises(ConfigError, match=r"baking.jsonl: cannot be read"):
        curated(workspace)


def test_the_size_is_found_and_is_taken_by_a_budget_that_is_auto(done, tmp_path, capsys):
    workspace, _ = done
    assert run(["size", str(workspace.root), "--repeats", "1", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] in {"recommended", "data-limited"}
    assert found["target"] == {**found["target"], "examples": 12, "held_out": 60, "again_in_pool": 1}
    shares = [row["share"] for row in found["curve"]]
    assert shares == sorted(shares)
    assert found["excess_over_random"] < -0.02
    assert found["savings"] is None
    by_share = {row["bytes"]: row for row in found["curve"]}
    best = min(row["bits"] for row in found["curve"])
    assert by_share[found["recommended"]["bytes"]]["bits"] <= best * 1.01
    written = sorted(path.suffix for path in workspace.reports.glob("size-*"))
    assert written == [".html", ".json"]
    page = next(workspace.reports.glob("size-*.html")).read_text()
    assert "is enough</text>" in page
    sized = curated(make(tmp_path / "auto", "budget: {auto: {}}"))
    (facts,) = asked(sized, "SELECT outcome, asked FROM subset")
    assert facts == (found["outcome"], found["recommended"]["bytes"])
    curve = asked(sized, "SELECT share, bits FROM size_curve ORDER BY share")
    assert [bits for _, bits in curve] == [row["bits"] for row in found["curve"]]


def test_what_a_training_saves_is_said_for_a_model_of_a_size(done, capsys):
    workspace, outcome = done
    command = ["size", str(workspace.root), "--repeats", "0", "--parameters", "1000000", "--format", "json"]
    assert run(command) == 0
    found = json.loads(capsys.readouterr().out)
    tokens = asked(
        outcome,
        "SELECT sum(f.value), sum(f.value) FILTER (c.rank <= ?) FROM finding AS f JOIN choice AS c USING (run, item) "
        "WHERE f.measure = 'tokens'".replace("?", str(found["recommended"]["items"])),
    )[0]
    saved = found["savings"]
    assert (saved["compared"][0]["training"]["seen"], saved["subset"]["seen"]) == tokens
    assert saved["subset"]["flops"] == pytest.approx(6 * 1_000_000 * tokens[1])
    assert run([*command[:-2]]) == 0
    said = capsys.readouterr().out
    assert "no leave to train more often" in said


def test_of_a_family_of_models_it_is_said_which_the_recommended_tokens_are_enough_for(done, capsys):
    workspace, _ = done
    tokens = sized(workspace, capsys, "--parameters", "1000000")["savings"]["subset"]["seen"]
    sizes = [tokens // 10, tokens // 30, tokens]
    options = [word for size in sizes for word in ("--parameters", str(size))]
    found = sized(workspace, capsys, *options)
    assert found["savings"] is None
    assert found["rule"]["parameters"] == sorted(sizes)
    family = found["family"]
    assert [row["parameters"] for row in family] == sorted(sizes)
    assert [row["unique_tokens"] for row in family] == ["enough", "enough", "too_few"]
    assert [row["seen"] for row in family] == [20 * size for size in sorted(sizes)]
    assert family[-1]["epochs"] == 20
    assert family[-1]["flops"] == pytest.approx(120 * tokens**2)
    assert 0 <= family[0]["penalty"] < family[1]["penalty"] < family[2]["penalty"]
    assert run(["size", str(workspace.root), "--repeats", "0", *options]) == 0
    said = capsys.readouterr().out
    assert f"are enough for {tokens // 10:,} parameters, and for no larger model of these." in said
    assert f"{tokens:,}" in said
    assert any("Which model it is enough for" in path.read_text() for path in workspace.reports.glob("size-*.html"))
    assert run(["size", str(workspace.root), "--repeats", "0", "--parameters", str(tokens), *options[-2:]]) == 2
    assert "a size is there twice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("auto", "said"),
    [
        ("{parameters: [1000000000, 2000000000]}", "enough for none of these models: bring more, or a smaller model"),
        ("{training: fine_tuning, parameters: [10, 20]}", "Not said, for these are laws of trainings from scratch"),
    ],
)
def test_that_the_tokens_are_enough_for_none_or_that_nobody_knows_is_said(done, capsys, auto, said):
    workspace, _ = done
    recipe = workspace.recipe.read_text()
    try:
        workspace.recipe.write_text(recipe.replace("{share: 0.1}", f"{{auto: {auto}}}"))
        assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    finally:
        workspace.recipe.write_text(recipe)
    assert said in capsys.readouterr().out


def test_what_a_constraint_costs_is_measured_at_the_same_size(tmp_path, capsys):
    subset = "budget: {auto: {}}\n  caps: [{by: source, value: baking, most: 0.3}]"
    workspace = make(tmp_path / "workspace", subset)
    curated(workspace)
    assert run(["size", str(workspace.root), "--repeats", "0", "--constraints", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    cost, _ = found["constraints"]
    at = next(row for row in found["curve"] if row["bytes"] == found["recommended"]["bytes"])
    assert cost["constraint"] == "caps[0]"
    assert cost["cost"] == pytest.approx(at["bits"] - cost["without"])
    assert cost["cost"] > 0.005  # other trades where bakers should be


STRICT = """\
name: trades
version: "1"
licence: {allow: [permissive, attribution], deny: [non_commercial], on_denied: drop}
personal_data: {default: redact, max_hits: 1, on_dense: drop}
limits:
  - {filter: token_count, measure: tokens, below: 56, outcome: drop}
  - {filter: token_count, measure: tokens, above: 1000000, outcome: drop}
"""
MAIL = " Write to baker@bakery-and-sons.com."


def of_bakers_under(licence, *, more=""):
    """The trades, where all texts of bakers are under a licence of their own."""
    for row in rows():
        if row["source"] != "baking":
            yield row
        elif row["id"].isdigit():
            yield {**row, "licence": licence, "text": row["text"] + more}


def strict(folder, written):
    workspace = make(folder)
    (folder / "policy.yaml").write_text(STRICT)
    recipe = workspace.recipe.read_text().replace("licence: {}", "licence: {}, personal_data: {}")
    workspace.recipe.write_text(recipe)
    for shard in range(3):
        (folder / "trades" / f"{shard}.jsonl").write_text(lines(written[shard::3]))
    return workspace


def what_constraints_cost(workspace, capsys):
    assert run(["size", str(workspace.root), "--repeats", "0", "--constraints", "--format", "json"]) == 0
    said = capsys.readouterr()
    return {row["constraint"]: row for row in json.loads(said.out)["constraints"]}, said.err


def files_in(workspace):
    return {path for path in workspace.log.store.rglob("*") if path.is_file()}


def test_a_rule_that_keeps_out_what_is_most_like_the_target_costs_bits_and_no_text_of_it_stays(tmp_path, capsys):
    workspace = strict(tmp_path / "workspace", list(of_bakers_under("GPL-3.0-only")))
    curated(workspace)
    before = files_in(workspace)
    costs, said = what_constraints_cost(workspace, capsys)
    assert list(costs) == ["licence.allow copyleft", "limits[0]"]  # `deny` and the other limit keep nothing out
    assert costs["licence.allow copyleft"]["cost"] > 0.05
    assert costs["limits[0]"]["cost"] < 0.05
    assert "left out" not in said
    assert files_in(workspace) == before
    assert run(["size", str(workspace.root), "--repeats", "0", "--constraints"]) == 0
    assert "licence.allow copyleft: without it " in capsys.readouterr().out
    assert "licence.allow copyleft: without it " in next(workspace.reports.glob("size-*.html")).read_text()


@contextmanager
def without_rules(workspace, run):
    recipe, _ = read_recipe(workspace.recipe)
    withheld = record_of(workspace, recipe.digest).withheld
    with texts_without_rules(workspace, recipe, run, withheld=withheld, say=print) as rules:
        yield rules


def test_texts_that_a_rule_keeps_out_are_masked_for_their_owner_alone_and_gone_if_measuring_fails(tmp_path):
    written = [
        *of_bakers_under("GPL-3.0-only", more=MAIL),
        {"id": "dense", "text": sentences(BAKING, seed=1) + MAIL + MAIL, "source": "baking", "licence": "MIT"},
        {"id": "both", "text": sentences(BAKING, seed=2) + MAIL + MAIL, "source": "baking", "licence": "GPL-3.0-only"},
    ]
    workspace = strict(tmp_path / "workspace", written)
    outcome = curated(workspace)
    bakers = [row["text"] for row in written if row["licence"] == "GPL-3.0-only" and row["id"] != "both"]
    with without_rules(workspace, outcome.run) as rules:
        assert rules.keys() == {"licence.allow copyleft", "limits[0]"}
        folder = rules["licence.allow copyleft"]
        texts = pl.read_parquet(folder / "*.parquet")["text"]
        assert sorted(texts) == sorted(text.replace(MAIL, " Write to <EMAIL_ADDRESS>.") for text in bakers)
        assert folder.parent.stat().st_mode & 0o077 == 0
    assert not list(workspace.log.staging.iterdir())

    def fail():
        with without_rules(workspace, outcome.run):
            assert list(workspace.log.staging.rglob("*.parquet"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not list(workspace.log.staging.iterdir())


def test_who_is_suppressed_since_the_run_is_not_in_what_is_measured(tmp_path, capsys):
    written = list(of_bakers_under("GPL-3.0-only"))
    (place,) = [place for place, row in enumerate(written) if row["id"] == "36"]
    written[place]["text"] += MAIL
    workspace = strict(tmp_path / "workspace", written)
    outcome = curated(workspace)
    command = ["subject", "suppress", "--email", "baker@bakery-and-sons.com", "--reason", "erasure"]
    assert run([*command, "-w", str(workspace.root)]) == 0
    capsys.readouterr()
    with without_rules(workspace, outcome.run) as rules:
        texts = pl.read_parquet(rules["licence.allow copyleft"] / "*.parquet")
    assert "36" not in texts["id"]
    assert "EMAIL_ADDRESS" not in "".join(texts["text"])
    assert texts.height > 20


def test_what_a_rule_costs_is_not_told_of_texts_or_a_policy_that_have_changed(tmp_path, capsys):
    workspace = strict(tmp_path / "workspace", list(of_bakers_under("GPL-3.0-only")))
    curated(workspace)
    changed = workspace.root / "trades" / "0.jsonl"
    changed.write_text(changed.read_text() + "\n")
    costs, said = what_constraints_cost(workspace, capsys)
    assert not costs
    assert "What licence.allow copyleft costs is left out: texts it keeps out are no longer in the corpora" in said
    (workspace.root / "policy.yaml").write_text(POLICY)
    costs, said = what_constraints_cost(workspace, capsys)
    assert not costs
    assert "the policy is not that of the run" in said


def test_what_is_held_out_from_another_trade_is_said_to_be_unlike_the_examples(done, tmp_path, capsys):
    assert run(["size", str(done[0].root), "--repeats", "0", "--format", "json"]) == 0
    alike = json.loads(capsys.readouterr().out)["mismatch"]
    workspace = make(tmp_path / "workspace")
    (workspace.root / "more.jsonl").write_text(lines(sentences(SAILING, seed=7000 + number) for number in range(60)))
    curated(workspace)
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    said = capsys.readouterr().out
    assert not alike["is_shifted"]
    assert 0.2 < alike["shift"] < 0.8
    assert "warning  examples and held-out texts are not alike: 100% of pairs are told apart" in said


def test_a_target_in_a_language_that_is_not_there_is_said_to_be(tmp_path, capsys):
    workspace = make(tmp_path / "workspace")
    brot = [
        "Das Brot wird im heißen Ofen gebacken und der Teig muss lange ruhen",
        "Mehl und Wasser werden gut geknetet",
    ]
    for name, count in (("baking", 12), ("more", 60)):
        texts = (f"{number}. {brot[number % 2]}, sagt der Bäcker. {brot[0]}." for number in range(count))
        (workspace.root / f"{name}.jsonl").write_text(lines(texts))
    curated(workspace)
    assert run(["size", str(workspace.root), "--repeats", "0", "--format", "json"]) == 0
    (german,) = json.loads(capsys.readouterr().out)["mismatch"]["languages"]
    assert german == {"language": "de", "of_target": 1.0, "of_pool": german["of_pool"], "is_missing": True}
    assert german["of_pool"] < 0.05
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    assert "next to nothing of what stays is in de, as the target is" in capsys.readouterr().out


RARE_WORDS = ["".join(word) for word in itertools.product("bdfgklmnprst", "aeiou", "lmnrst", "aeiou")]


def of_many_words(*, seed):
    """Common words and rare ones, so that the more is read, the more of them are known."""
    weights = [1 / rank for rank in range(1, len(RARE_WORDS) + 1)]
    return " ".join(random.Random(seed).choices(RARE_WORDS, weights, k=80))


def test_where_the_curve_still_falls_it_is_said_what_more_would_bring_and_what_that_is_worth(tmp_path, capsys):
    workspace = make(tmp_path / "workspace", "budget: {share: 0.1}\n  temperature: 5", shards=1)
    licensed = ({"text": of_many_words(seed=number), "licence": "MIT"} for number in range(240))
    (workspace.root / "trades" / "0.jsonl").write_text(lines(licensed))
    for name, seeds in (("baking", range(1_000, 1_020)), ("more", range(2_000, 2_060))):
        (workspace.root / f"{name}.jsonl").write_text(lines(of_many_words(seed=seed) for seed in seeds))
    curated(workspace)
    assert run(["size", str(workspace.root), "--repeats", "0", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == "data-limited"
    checked, more = found["outlook"]["checked"], found["outlook"]["more"]
    assert [each["factor"] for each in checked] == [each["factor"] for each in more] == [2, 4]
    bits = {row["bytes"]: row["bits"] for row in found["curve"]}
    for each in checked:
        assert each["measured"] == bits[each["bytes"]]
        assert each["error"] == pytest.approx(each["foretold"] / each["measured"] - 1)
    assert more[1]["bits"] <= more[0]["bits"] <= min(bits.values())
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    said = capsys.readouterr().out
    assert "By a power law, if as much more were as near" in said
    assert "Held against what was measured, 2 times what it was fitted to" in said


BY_TOKENS = (
    "budget: {{items: 9}}\n  method: measure\n  measure: {{filter: token_count, measure: tokens, order: {order}}}"
)


@pytest.mark.parametrize("order", ["high", "low"])
def test_the_order_can_be_what_a_filter_measured(tmp_path, order):
    workspace = make(tmp_path / "workspace", BY_TOKENS.format(order=order))
    recipe = workspace.recipe.read_text()
    workspace.recipe.write_text(recipe.replace("  target: {examples: [baking.jsonl], held_out: [more.jsonl]}\n", ""))
    outcome = curated(workspace)
    rows = asked(
        outcome,
        "SELECT c.score, f.value, c.chosen FROM choice AS c JOIN finding AS f USING (run, item) "
        "WHERE f.measure = 'tokens' ORDER BY c.rank",
    )
    assert [score for score, _, _ in rows] == [value for _, value, _ in rows]
    scores = [score for score, _, _ in rows]
    assert scores == sorted(scores, reverse=order == "high")
    assert [chosen for _, _, chosen in rows] == [True] * 9 + [False] * (len(rows) - 9)
    (method,) = asked(outcome, "SELECT method FROM subset")[0]
    assert method == f"token_count.tokens, {order} first"
    assert f"by what a filter measured ({method})" in outcome.report.read_text()


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (
            "{filter: token_counts, measure: tokens, order: high}",
            "unknown filter 'token_counts'. Did you mean 'token_count'",
        ),
        ("{filter: token_count, measure: token, order: high}", "unknown number that token_count measures 'token'"),
        ("{filter: licence, measure: expression, order: high}", "unknown number that licence measures 'expression'"),
    ],
)
def test_a_measure_that_nobody_takes_is_said_before_any_work(tmp_path, measure, message):
    workspace = make(tmp_path / "workspace", f"budget: {{items: 9}}\n  method: measure\n  measure: {measure}")
    recipe = workspace.recipe.read_text()
    workspace.recipe.write_text(recipe.replace("  target: {examples: [baking.jsonl], held_out: [more.jsonl]}\n", ""))
    with pytest.raises(ConfigError, match=re.escape(message)):
        curated(workspace)
    assert not workspace.log.runs()


def test_few_held_out_texts_make_it_advisory(tmp_path, capsys):
    workspace = make(tmp_path / "workspace")
    (workspace.root / "more.jsonl").write_text(lines(sentences(BAKING, seed=7000 + number) for number in range(5)))
    curated(workspace)
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    said = capsys.readouterr().out
    assert "advisory: Too few held-out texts to say how sure this is" in said


def test_size_says_what_it_needs(tmp_path, capsys):
    workspace = make(tmp_path / "workspace")
    assert run(["size", str(workspace.root)]) == 2
    assert "nothing is on record yet" in capsys.readouterr().err
    recipe = workspace.recipe.read_text()
    start, end = recipe.index("subset:"), recipe.index("release:")
    workspace.recipe.write_text(recipe[:start] + recipe[end:])
    assert run(["size", str(workspace.root)]) == 2
    assert "sizes are measured on a target" in capsys.readouterr().err


NETWORK = "{layers: 1, context: 16, vocabulary: 400, device: cpu}"


@needs_torch
@pytest.mark.slow
def test_sizes_may_be_measured_by_a_small_transformer(done, tmp_path, capsys):
    auto = f"budget: {{auto: {{learner: transformer, training_bytes: 30000, network: {NETWORK}}}}}"
    workspace = make(tmp_path / "workspace", auto)
    sized = curated(workspace)
    (facts,) = asked(sized, "SELECT outcome, asked FROM subset")
    curve = asked(sized, "SELECT bits, learned, bytes, random FROM size_curve ORDER BY share")
    assert run(["size", str(workspace.root), "--repeats", "0", "--format", "json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["learner"] == {
        **found["learner"],
        "kind": "transformer",
        "layers": 1,
        "context": 16,
        "device": "cpu",
    }
    assert found["rule"]["learner"] == "transformer"
    assert [row["bits"] for row in found["curve"]] == [bits for bits, *_ in curve]  # trained again, to the last digit
    assert all(learned <= min(size, 30_000) for _, learned, size, _ in curve)
    assert all(random is not None for *_, random in curve)
    assert (found["outcome"], found["recommended"]["bytes"]) == facts
    assert min(row["bits"] for row in found["curve"]) < found["curve"][-1]["bits"]
    assert re.search(r"transformer: 8 trainings of \d[\d,]* tokens each on cpu, about \d+ s", shown.err)
    assert "transformer: 8 of 8: " in shown.err
    command = ["size", str(done[0].root), "--learner", "transformer", "--training-bytes", "5000", "--repeats", "0"]
    assert run(command) == 0
    assert "learner  transformer of 2 layers, width 64, context 64, 4,096 pieces: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--learner", "transformer"], "say on how much with `training_bytes`"),
    ],
)
def test_a_transformer_is_told_how_much_it_sees(done, capsys, arguments, said):
    assert run(["size", str(done[0].root), *arguments]) == 2
    assert said in capsys.readouterr().err


def sized(workspace, capsys, *arguments):
    assert run(["size", str(workspace.root), "--repeats", "0", *arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_model_that_is_trained_on_forgets_what_the_subset_lacks_and_less_with_replay(tmp_path, capsys):
    auto = "budget: {auto: {training: continued}}"
    workspace = make(tmp_path / "workspace", auto)
    outcome = curated(workspace)
    found = sized(workspace, capsys)
    assert found["training"] == "continued"
    before, curve = found["before"], found["curve"]
    assert min(row["bits"] for row in curve) < before["bits"]
    of_trade = [row for row in curve if 0.05 <= row["share"] <= 0.15]
    assert all(row["general"] > before["general"] for row in of_trade)
    on_record = asked(outcome, "SELECT bits, general FROM size_curve ORDER BY share")
    assert on_record == tuple((row["bits"], row["general"]) for row in curve)
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    said = capsys.readouterr().out
    assert "warning  training goes on without `subset.replay`" in said
    assert "12 texts of it are held out" in said
    assert re.search(r"Before it is trained on: \d\.\d{4} bits per byte of the target", said)
    other = curated(make(tmp_path / "other", auto), batch_size=7)
    assert asked(other, "SELECT bits, general FROM size_curve ORDER BY share") == on_record
    replayed = make(tmp_path / "replayed", "replay: 0.3\n  budget: {auto: {training: continued}}")
    curated(replayed)
    again = sized(replayed, capsys)
    assert again["before"] == before
    with_replay = [row for row in again["curve"] if 0.05 <= row["share"] <= 0.15]
    assert all(other["general"] < row["general"] for row, other in zip(of_trade, with_replay, strict=True))
    assert run(["size", str(replayed.root), "--repeats", "0"]) == 0
    assert "warning  training goes on" not in capsys.readouterr().out


def test_what_a_model_knows_may_be_given_and_laws_of_trainings_from_scratch_are_left_out(tmp_path, capsys):
    general = "{auto: {training: fine_tuning, parameters: 1000000, general: {files: [general.jsonl], bytes: 3000}}}"
    workspace = make(tmp_path / "workspace", f"budget: {general}")
    known = workspace.root / "general.jsonl"
    known.write_text(lines(sentences(SAILING, seed=9000 + number) for number in range(19)))
    with pytest.raises(ConfigError, match="general: 19 different texts that are not blank are in its files, and 20"):
        curated(workspace)
    known.write_text(lines(sentences(SAILING, seed=9000 + number) for number in range(60)))
    curated(workspace)
    found = sized(workspace, capsys)
    assert (found["training"], found["learner"]["general_held_out"]) == ("fine_tuning", 3)
    assert 2000 < found["learner"]["general_bytes"] <= 3000
    assert (found["savings"]["floors"], found["savings"]["unique_tokens"]) == (None, None)
    assert found["savings"]["subset"]["worth"] is None
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 0
    said = capsys.readouterr().out
    assert "Left out, for they are laws of trainings from scratch" in said
    assert "warning  training goes on" not in said
    known.write_text(lines(sentences(MINING, seed=9000 + number) for number in range(60)))
    with pytest.raises(ConfigError, match="sealed already by run"):  # what is known is a part of what was asked
        curated(workspace)


@needs_torch
@pytest.mark.slow
def test_a_transformer_is_trained_on_from_one_that_knows_general_text(tmp_path, capsys):
    auto = f"{{learner: transformer, training_bytes: 30000, training: continued, network: {NETWORK}}}"
    workspace = make(tmp_path / "workspace", "budget: {share: 0.1}")
    curated(workspace)
    recipe = workspace.recipe.read_text()
    workspace.recipe.write_text(recipe.replace("{share: 0.1}", f"{{auto: {auto}}}"))
    found = sized(workspace, capsys)
    assert found["before"]["bits"] < 8
    assert min(row["bits"] for row in found["curve"]) < found["before"]["bits"]
    assert all(row["general"] > 0 for row in found["curve"])


@pytest.mark.parametrize(
    ("auto", "said"),
    [
        ("{training: classifier}", "the target has none: name their column as `target.label`"),
        ("{general: {bytes: 1000}}", "only a model that is trained on knows something already"),
        ("{network: {layers: 2}}", "it is the transformer's"),
        ("{learner: transformer}", "say on how much with `training_bytes`"),
    ],
)
def test_modes_that_do_not_go_together_are_refused(tmp_path, auto, said):
    with pytest.raises(ConfigError, match=said):
        curated(make(tmp_path / "workspace", f"budget: {{auto: {auto}}}"))


def test_without_torch_a_transformer_is_refused_before_any_work_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("filters.text_models.weights.find_spec", lambda package: None)
    workspace = make(tmp_path / "workspace", "budget: {auto: {learner: transformer, training_bytes: 30000}}")
    with pytest.raises(ConfigError, match=r"torch and tokenizers not installed.*pip install 'tamis\[size\]'"):
        curated(workspace)
    assert not list(workspace.log.store.glob("runs/*"))
