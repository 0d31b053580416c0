"""A subset in order of nearness to examples, by vectors of small real models: of texts and of pictures."""

from __future__ import annotations

import io
import json
import random
import shutil
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from benchmarks import tiny_embedding
from benchmarks.tiny_embedding import WORDS
from catalog.query import query
from flows.cli import run
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace
from tamis.errors import ConfigError, ReleaseError

needs_transformers = pytest.mark.skipif(
    not all(find_spec(package) for package in ("torch", "transformers")),
    reason="torch and transformers are not installed (names.lock)",
)

FIELDS = {"wood": WORDS[:70], "sea": WORDS[70:140], "ore": WORDS[140:210]}
COMMON = WORDS[210:]

RECIPE = """\
name: fields
corpora: [{{name: fields, format: jsonl, path: fields, licence: CC0-1.0}}]
filters: {{text_embedding: {{model: {model}, device: cpu}}, licence: {{}}}}
policy: policy.yaml
subset:
  target: {{examples: [wood.jsonl]{target}}}
  method: embedding
  {subset}
release: {{name: wood, version: "{version}"}}
"""
POLICY = """\
name: fields
version: "1"
licence: {allow: [public_domain]}
limits: [{filter: %s, measure: %s, below: 1, outcome: hold}]
"""


def story(field: str, *, seed: int, words: int = 100) -> str:
    dice = random.Random(f"{field} {seed}")
    return " ".join(dice.choices(FIELDS[field], k=words // 2) + dice.choices(COMMON, k=words // 2))


def rows() -> list[dict[str, str]]:
    made = [
        {"id": f"{field} {number}", "source": field, "text": story(field, seed=number)}
        for number in range(30)
        for field in FIELDS
    ]
    return [
        *made,
        {"id": "again", "source": "wood", "text": story("wood", seed=5001)},
        {"id": "unread", "source": "wood", "text": "森の木の葉は秋に赤くなります。" * 3},
    ]


def lines(made: list[dict[str, str]]) -> str:
    return "\n".join(json.dumps(row) for row in made)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedding.build(tmp_path_factory.mktemp("models") / "tiny-embedding", layers=1)


def make(
    folder: Path,
    model: Path,
    subset: str = "budget: {items: 20}",
    *,
    target: str = "",
    version: str = "1",
    shards: int = 3,
) -> Workspace:
    (folder / "fields").mkdir(parents=True, exist_ok=True)
    written = rows()
    for shard in range(shards):
        (folder / "fields" / f"{shard}.jsonl").write_text(lines(written[shard::shards]))
    (folder / "wood.jsonl").write_text(lines([{"text": story("wood", seed=5000 + number)} for number in range(12)]))
    (folder / "more.jsonl").write_text(lines([{"text": story("wood", seed=7000 + number)} for number in range(60)]))
    (folder / "recipe.yaml").write_text(RECIPE.format(model=model, subset=subset, target=target, version=version))
    (folder / "policy.yaml").write_text(POLICY % ("text_embedding", "tokens"))
    return Workspace.of(folder)


def curated(workspace: Workspace, **means: int) -> Outcome:
    return curate_all(workspace, Means(**{"workers": 0, "batch_size": 16, **means}, quiet=True))


def asked(outcome: Outcome, sql: str) -> tuple[tuple[object, ...], ...]:
    return query(outcome.catalog.path, sql).rows


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, model: Path) -> tuple[Workspace, Outcome]:
    workspace = make(tmp_path_factory.mktemp("fields") / "workspace", model)
    return workspace, curated(workspace)


@needs_transformers
def test_texts_that_say_what_the_examples_say_come_first(done: tuple[Workspace, Outcome]) -> None:
    workspace, outcome = done
    released = pl.read_parquet(workspace.releases / "wood" / "1" / "text" / "*" / "*.parquet")
    assert released.height == 20
    assert set(released["source"]) == {"wood"}
    first = asked(outcome, "SELECT i.source FROM choice JOIN item AS i USING (run, item) ORDER BY rank LIMIT 25")
    assert {source for (source,) in first} == {"wood"}
    (facts,) = asked(outcome, "SELECT method, pool_items, chosen_items, examples_again, unscored, bounded FROM subset")
    assert facts == ("embedding", 92, 20, 1, 1, 0)
    reasons = "SELECT reason, count(*) FROM item WHERE reason IS NOT NULL GROUP BY reason"
    assert dict(asked(outcome, reasons)) == {
        "subset_not_chosen": 70,
        "subset_example_again": 1,
        "subset_unscored": 1,
    }


@needs_transformers
def test_the_score_is_the_mean_cosine_with_the_nearest_examples(done: tuple[Workspace, Outcome], model: Path) -> None:
    from filters.text_embedding import TextEmbeddingFilter

    _, outcome = done
    embed = TextEmbeddingFilter(model=str(model), device="cpu").model.embed
    examples = np.stack(list(embed([story("wood", seed=5000 + number) for number in range(12)]).vectors.values()))
    texts = {row["id"]: row["text"] for row in rows() if row["id"] != "unread"}
    made = np.stack(list(embed(list(texts.values())).vectors.values()))
    wanted = np.sort(made @ examples.T, axis=1)[:, -3:].mean(axis=1)
    path = outcome.release.folder / "text" / "*" / "*.parquet"
    chosen = asked(outcome, "SELECT item, score FROM choice WHERE chosen")
    by_id = dict(pl.read_parquet(path).select("item", "id").iter_rows())
    assert len(chosen) == 20
    for item, score in chosen:
        assert score == pytest.approx(wanted[list(texts).index(by_id[item])], abs=1e-3)


@needs_transformers
def test_card_and_page_say_by_what_was_chosen(done: tuple[Workspace, Outcome]) -> None:
    _, outcome = done
    said = "by how near their vectors are to those of the examples"
    assert said in outcome.report.read_text()
    assert said in (outcome.release.folder / "README.md").read_text()
    assert all(audit.offending == 0 for audit in outcome.audits if audit.blocks)


@needs_transformers
@pytest.mark.parametrize(("batch_size", "workers"), [(1, 0), pytest.param(200, 2, marks=pytest.mark.slow)])
def test_batches_and_workers_change_no_place_in_the_order(
    done: tuple[Workspace, Outcome], model: Path, tmp_path: Path, batch_size: int, workers: int
) -> None:
    _, outcome = done
    other = curated(make(tmp_path / "workspace", model), batch_size=batch_size, workers=workers)
    assert other.run == outcome.run
    sql = "SELECT item, rank, chosen FROM choice ORDER BY item"
    assert asked(other, sql) == asked(outcome, sql)


@needs_transformers
def test_a_smaller_budget_is_a_part_of_a_larger_one_within_caps_and_with_replay(model: Path, tmp_path: Path) -> None:
    bounds = "caps: [{by: source, value: wood, most: 0.6}]\n  replay: 0.1\n  budget: {items: %d}"
    sizes = [set(asked(curated(make(tmp_path / str(n), model, bounds % n)), CHOSEN)) for n in (9, 18)]
    assert sizes[0] < sizes[1]
    assert [len(each) for each in sizes] == [9, 18]
    assert sum(source == "wood" for _, source in sizes[1]) <= 11


CHOSEN = "SELECT item, i.source FROM choice JOIN item AS i USING (run, item) WHERE chosen"


@needs_transformers
def test_a_target_of_two_kinds_is_met_in_both_by_the_nearest_and_not_by_the_mean_of_all(
    model: Path, tmp_path: Path
) -> None:
    shares = []
    for nearest in (1, 12):
        workspace = make(tmp_path / str(nearest), model, f"nearest: {nearest}\n  budget: {{items: 40}}")
        two = [
            {"text": story(field, seed=5000 + n)} for field, count in (("wood", 9), ("sea", 3)) for n in range(count)
        ]
        (workspace.root / "wood.jsonl").write_text(lines(two))
        found = asked(curated(workspace), CHOSEN)
        shares.append(sum(source == "sea" for _, source in found) / len(found))
    assert shares[0] > shares[1]


@needs_transformers
def test_the_size_can_be_found_for_it(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = make(tmp_path / "auto", model, "budget: {auto: {}}", target=", held_out: [more.jsonl]")
    outcome = curated(workspace)
    (facts,) = asked(outcome, "SELECT outcome, asked FROM subset")
    assert run(["size", str(workspace.root), "--repeats", "0", "--constraints", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert facts == (found["outcome"], found["recommended"]["bytes"])
    assert found["subset"]["method"] == "embedding"
    other = tiny_embedding.build(tmp_path / "other", seed=8)
    make(tmp_path / "auto", other, "budget: {auto: {}}", target=", held_out: [more.jsonl]")
    assert run(["size", str(workspace.root), "--repeats", "0"]) == 2
    assert "were made by another model of `text_embedding`" in capsys.readouterr().err


@needs_transformers
@pytest.mark.parametrize("nth", [1, 6])  # of the vectors of examples, three readings for words, three of vectors
def test_a_choice_that_is_cut_off_goes_on_and_ends_alike(
    done: tuple[Workspace, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    workspace, outcome = done
    begun = Workspace.of(shutil.copytree(workspace.root, tmp_path / "begun"))
    shutil.rmtree(begun.releases)
    for chosen in begun.log.store.glob("runs/*/corpus-subset-*"):
        shutil.rmtree(chosen)
    with monkeypatch.context() as armed:
        armed.setattr("tamis.failpoints._reached", Counter())
        armed.setenv("TAMIS_FAILPOINT", f"subset.part:{nth}:raise")
        with pytest.raises(OSError, match="armed failpoint"):
            curated(begun)
    assert len(list(begun.log.store.glob("subsets/*/*.npy"))) == nth
    again = curated(begun)
    assert again.release.digest == outcome.release.digest
    sql = "SELECT item, score, rank, chosen FROM choice ORDER BY item"
    assert asked(again, sql) == asked(outcome, sql)
    assert not list(begun.log.store.glob("subsets/*"))


@needs_transformers
def test_an_example_that_the_model_cannot_read_is_an_error_that_says_nothing_of_it(model: Path, tmp_path: Path) -> None:
    workspace = make(tmp_path / "workspace", model)
    (workspace.root / "wood.jsonl").write_text(lines([{"text": story("wood", seed=1)}, {"text": "森の木の葉"}]))
    with pytest.raises(ReleaseError, match=r"of 1 of 2 examples `text_embedding` can make no vector: .* 5 characters"):
        curated(workspace)
    assert not list(workspace.releases.glob("*/*"))


def test_without_the_filter_it_is_refused_before_any_work(tmp_path: Path) -> None:
    workspace = make(tmp_path / "workspace", tmp_path)
    recipe = workspace.recipe.read_text()
    start, end = recipe.index("filters:"), recipe.index("policy:")
    workspace.recipe.write_text(f"{recipe[:start]}filters: {{licence: {{}}, token_count: {{}}}}\n{recipe[end:]}")
    (workspace.root / "policy.yaml").write_text(POLICY % ("token_count", "tokens"))
    with pytest.raises(ConfigError, match="goes by the vectors of `text_embedding`, which does not run"):
        curated(workspace)
    assert not workspace.log.runs()


PICTURES = """\
name: pictures
corpora: [{{name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}}]
filters: {{licence: {{}}, {filters}}}
policy: policy.yaml
subset:
  kind: image
  target: {{examples: [{examples}]{target}}}
  method: embedding
  {subset}
release: {{name: pictures, version: "1"}}
"""
KINDS = {"shore": 20, "wood": 20, "sky": 20}


def picture(kind: str, seed: int) -> bytes:
    """Of a kind, all have the same fields of colour, each its own grain."""
    fields = np.kron(np.random.default_rng(len(kind)).uniform(30, 225, (4, 4, 3)), np.ones((24, 24, 1)))
    pixels = fields + np.random.default_rng(seed).normal(0, 30, fields.shape)
    data = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(data, "PNG")
    return data.getvalue()


def show(
    folder: Path,
    filters: str,
    subset: str = "budget: {items: 12}",
    *,
    examples: str = "shown, one.png",
    target: str = "",
) -> Workspace:
    (folder / "pictures").mkdir(parents=True)
    (folder / "shown").mkdir()
    for kind, count in KINDS.items():
        for number in range(count):
            (folder / "pictures" / f"{number:02d}-{kind}.png").write_bytes(picture(kind, number + len(kind) * 1000))
    for number in range(4):
        (folder / "shown" / f"{number}.png").write_bytes(picture("wood", 9000 + number))
    (folder / "shown" / "notes.txt").write_text("no picture")
    (folder / "one.png").write_bytes(picture("wood", 9004))
    (folder / "pictures" / "again.png").write_bytes(picture("wood", 9002))
    (folder / "recipe.yaml").write_text(
        PICTURES.format(filters=filters, subset=subset, examples=examples, target=target)
    )
    (folder / "policy.yaml").write_text(POLICY % ("image_embedding", "width"))
    return Workspace.of(folder)


OF_KIND = (
    "SELECT split_part(split_part(i.path, '-', 2), '.', 1), count(*) FROM choice AS c JOIN item AS i USING (run, item) "
    "WHERE c.chosen GROUP BY 1"
)


def clip(folder: Path) -> str:
    return f'image_embedding: {{model: "local-dir:{folder}", device: cpu}}'


def test_pictures_that_look_like_the_examples_come_first(clip_folder: Path, tmp_path: Path) -> None:
    workspace = show(tmp_path / "workspace", clip(clip_folder), target=", max_similarity: 0.99995")
    outcome = curated(workspace)
    assert dict(asked(outcome, OF_KIND)) == {"wood": 12}
    (facts,) = asked(outcome, "SELECT kind, method, pool_items, examples_again, unscored FROM subset")
    assert facts == ("image", "embedding", 61, 1, 0)
    sql = "SELECT path, reason FROM item WHERE reason = 'subset_example_again'"
    assert asked(outcome, sql) == (("again.png", "subset_example_again"),)
    assert all(audit.offending == 0 for audit in outcome.audits if audit.blocks)
    page = outcome.report.read_text()
    assert "by how near their vectors are to those of the examples" in page
    assert "one of them again, or nearly, were taken out" in page


@pytest.mark.slow
def test_batches_change_no_place_in_the_order_of_pictures(clip_folder: Path, tmp_path: Path) -> None:
    exact = ", max_similarity: 1"
    one, other = (
        curated(show(tmp_path / str(size), clip(clip_folder), target=exact), batch_size=size) for size in (7, 60)
    )
    assert other.run == one.run
    sql = "SELECT item, rank, chosen FROM choice ORDER BY item"
    assert asked(other, sql) == asked(one, sql)


def test_an_example_that_is_no_picture_inside_is_an_error_that_names_its_file(
    clip_folder: Path, tmp_path: Path
) -> None:
    workspace = show(tmp_path / "workspace", clip(clip_folder))
    (workspace.root / "one.png").write_bytes(b"no picture")
    with pytest.raises(ReleaseError, match=r"of 1 of 5 examples `image_embedding` can make no vector: one\.png is the"):
        curated(workspace)
    assert not list(workspace.releases.glob("*/*"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": ", label: kind"}, "target.label is for texts: take it out"),
        ({}, r"recipe.yaml:\d+: subset: method embedding goes by the vectors of `image_embedding`, which does not"),
    ],
)
def test_what_pictures_cannot_be_chosen_by_is_said_before_any_work(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    workspace = show(tmp_path / "workspace", "picture_hashes: {}", **change)
    (workspace.root / "policy.yaml").write_text(POLICY % ("picture_hashes", "width"))
    with pytest.raises(ConfigError, match=said):
        curated(workspace)
    assert not workspace.log.runs()
