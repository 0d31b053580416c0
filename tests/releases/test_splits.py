"""No two items that belong together lie in two splits, and each keeps its split for as long as it can."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import orjson
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from audits.run import run_audits
from catalog.files import sha256_of
from catalog.query import query
from flows.means import Means
from flows.plan import make_plan
from flows.stages import Outcome, curate_all
from flows.summary import plan_text, release_text
from flows.workspace import Workspace
from releases.diff import compare
from releases.pull import Wanted, pull
from releases.seal import manifest_of
from releases.sources import FolderSource
from releases.splits import Splits, components
from releases.verify import verify_release
from reports.card import part_card
from tamis.errors import ConfigError

SPLITS = "splits: {train: 0.5, validation: 0.25, test: 0.25}"
NAMES = {"train", "validation", "test"}


def words(number: int, changed: Sequence[int] = ()) -> str:
    """A text of 200 words that no other number's has, with some of them changed."""
    return " ".join(f"other{place}" if place in changed else f"w{number}x{place * place % 997}" for place in range(200))


def png(number: int) -> bytes:
    with io.BytesIO() as saved:
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(saved, "PNG")
        return saved.getvalue()


def line(text: str, place: int) -> str:
    return json.dumps({"text": text, "licence": ("MIT", "CC0-1.0")[place % 2], "source": f"site-{place % 3}"})


def write(
    root: Path, *, release: str = SPLITS, version: str = "1", near: bool = False, more: Sequence[str] = ()
) -> None:
    """Texts that are equal, equal once they are masked or nearly the same, and pictures that share captions."""
    root.mkdir(exist_ok=True)
    texts = [
        *(words(number) for number in range(60)),
        *(words(number) for number in range(0, 60, 3)),
        *(words(number, (7,)) for number in range(0, 60, 4)),
        *(f"{words(number)} ask ann{copy}@planted.com" for number in range(100, 112) for copy in range(4)),
        *more,
    ]
    (root / "texts.jsonl").write_text("\n".join(line(text, place) for place, text in enumerate(texts)))
    pairs = [{"image": {"bytes": png(n), "path": None}, "caption": f"Caption {n // 3}."} for n in range(24)]
    pl.DataFrame(pairs).write_parquet(root / "pairs.parquet")
    (root / "recipe.yaml").write_text(
        "name: parted\n"
        "corpora:\n"
        "  - {name: texts, format: jsonl, path: texts.jsonl}\n"
        "  - {name: pairs, format: parquet, path: pairs.parquet, licence: CC0-1.0,\n"
        "     columns: {image: image, text: caption}}\n"
        f"filters: {{licence: {{}}, personal_data: {{}}, token_count: {{}}{', text_minhash: {}' * near}}}\n"
        f'release: {{name: parted, version: "{version}", {release}}}\n'
    )
    (root / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive, public_domain], min_level: 1}\n'
        "personal_data: {default: redact}\n"
        "limits: [{filter: token_count, measure: tokens, below: 0, outcome: drop}]\n"
        + "near_duplicates: {pictures: false, texts: {}}\n"
        * near
    )


def curate(root: Path, **said: Any) -> Outcome:
    write(root, **said)
    return curate_all(Workspace.of(root), Means(0, quiet=True))


def rows(folder: Path) -> pl.DataFrame:
    columns = ["item", "record", "split", "licence_class"]
    texts = pl.read_parquet(folder / "text/*/*.parquet").select(*columns, content="text")
    pictures = pl.read_parquet(folder / "images/*/*.parquet")
    return pl.concat(
        [texts, pictures.select(*columns, pl.col("image").struct["bytes"].hash().cast(pl.String).alias("content"))]
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parted") / "workspace"


@pytest.fixture(scope="module")
def outcome(root: Path) -> Outcome:
    return curate(root)


@pytest.fixture
def sealed(outcome: Outcome, tmp_path: Path) -> Path:
    """A copy of the release, to be spoilt."""
    return Path(shutil.copytree(outcome.release.folder, tmp_path / "parted" / "1"))


def test_what_is_equal_as_it_leaves_and_what_is_one_record_never_crosses(outcome: Outcome) -> None:
    found = rows(outcome.release.folder)
    assert set(found["split"]) == NAMES
    assert found.height == 60 + 20 + 15 + 48 + 48
    assert found.group_by("content").len()["len"].max() == 4  # equal once they are masked
    assert found.group_by("content").agg(pl.col("split").n_unique())["split"].max() == 1
    records = found.drop_nulls("record").group_by("record").agg(pl.col("split").n_unique())
    assert records.height == 24
    assert records["split"].max() == 1


def test_a_split_says_where_its_rows_lie(outcome: Outcome) -> None:
    for path in outcome.release.folder.glob("*/*/*.parquet"):
        assert set(pl.read_parquet(path)["split"]) == {path.name.rpartition("-")[0]}


def test_near_duplicates_that_are_found_never_cross(tmp_path: Path) -> None:
    made = curate(tmp_path / "w", near=True)
    texts = pl.read_parquet(made.release.folder / "text/*/*.parquet")
    families = texts.filter(pl.col("text").str.starts_with("w")).with_columns(
        family=pl.col("text").str.extract(r"^w(\d+)x")
    )
    assert families.group_by("family").agg(pl.col("split").n_unique())["split"].max() == 1
    assert manifest_of(made.release.folder)["splits"]["compared"] == ["text"]
    card = (made.release.folder / "README.md").read_text()
    assert (
        "and so are texts that were found to be nearly the same. Near-duplicates of pictures were not looked for"
        in card
    )


def test_counts_by_split_are_those_of_the_rows(outcome: Outcome) -> None:
    said = manifest_of(outcome.release.folder)["splits"]
    assert [(each["split"], each["share"]) for each in said["of"]] == [
        ("test", 0.25),
        ("validation", 0.25),
        ("train", 0.5),
    ]
    for each in said["of"]:
        texts = pl.read_parquet(outcome.release.folder / f"text/*/{each['split']}-*.parquet")
        assert each["texts"] == texts.height > 0
        assert each["text_bytes"] == texts["text"].str.len_bytes().sum()
    tokens = query(outcome.catalog.path, "SELECT tokens FROM release_tokens").rows
    assert tokens == ((sum(each["tokens"] for each in said["of"]),),)
    shown = "SELECT split, texts, images, text_bytes, image_bytes, tokens FROM release_split ORDER BY split"
    keys = ("split", "texts", "images", "text_bytes", "image_bytes", "tokens")
    assert sorted(tuple(each[key] for key in keys) for each in said["of"]) == list(
        query(outcome.catalog.path, shown).rows
    )
    assert said["clusters"] == query(outcome.catalog.path, "SELECT sum(clusters)::BIGINT FROM release_split").rows[0][0]


def test_plan_card_and_command_say_what_was_not_looked_for(root: Path, outcome: Outcome) -> None:
    told = "Near-duplicates of texts and pictures were not looked for, so some may lie in two splits"
    assert told in plan_text(make_plan(Workspace.of(root)))
    assert told in (outcome.release.folder / "README.md").read_text()
    assert told in outcome.report.read_text()
    shown = release_text(manifest_of(outcome.release.folder), outcome.release.folder)
    assert told in shown
    assert '"text", split="train")' in shown


def test_sources_and_licences_before_and_after_are_on_the_card(outcome: Outcome) -> None:
    mix = "SELECT named, items_before, items FROM release_mix WHERE grouped_by = 'licence_class' ORDER BY named"
    found = dict(rows(outcome.release.folder).group_by("licence_class").len().iter_rows())
    assert {name: items for name, _, items in query(outcome.catalog.path, mix).rows if items} == found
    card = (outcome.release.folder / "README.md").read_text()
    assert "| source | site-1 |" in card
    assert "| licence class | permissive |" in card


def test_an_increment_keeps_the_splits_of_what_was_there(outcome: Outcome, root: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(root, tmp_path / "again"))
    made = curate(again, version="2", more=[words(number) for number in range(200, 240)])
    before, after = (rows(each.release.folder).select("content", "split").unique() for each in (outcome, made))
    both = before.join(after, on="content", how="inner", validate="1:1")
    assert both.height == before.height < after.height
    assert both["split"].equals(both["split_right"].rename("split"))
    compared = compare(
        outcome.release.folder, made.release.folder
    )  # one file has another digest, so its items other ids
    assert "split" not in "".join(compared.changes["what"].drop_nulls())


def test_another_seed_draws_other_splits_and_a_comparison_says_so(outcome: Outcome, root: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(root, tmp_path / "again"))
    made = curate(again, version="2", release=f"{SPLITS}, split_seed: 2")
    compared = compare(outcome.release.folder, made.release.folder)
    assert set(compared.changes["what"]) == {"split"}
    assert compared.same + compared.of("changed").height == rows(outcome.release.folder).height


def test_workers_and_batches_change_no_byte(outcome: Outcome, tmp_path: Path) -> None:
    write(tmp_path / "w")
    made = curate_all(Workspace.of(tmp_path / "w"), Means(2, batch_size=7, quiet=True))
    assert made.release.digest == outcome.release.digest


def careful(folder: Path, paths: Sequence[Path]) -> None:
    """Puts what changed files are into the manifest."""
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    for file in manifest["files"]:
        if folder / file["path"] in paths:
            path = folder / file["path"]
            file.update(sha256=sha256_of(path), bytes=path.stat().st_size, rows=pl.read_parquet(path).height)
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest))


def test_verification_finds_an_item_that_was_moved_to_another_split(sealed: Path) -> None:
    assert verify_release(sealed) == []
    train, test = (sealed / f"text/permissive/{split}-00000.parquet" for split in ("train", "test"))
    ours, theirs = pl.read_parquet(train), pl.read_parquet(test)
    moved = ours.head(1).with_columns(split=pl.lit("test"))
    ours.tail(-1).write_parquet(train, compression="zstd")
    pl.concat([theirs, moved]).write_parquet(test, compression="zstd")
    careful(sealed, [train, test])
    faults = "\n".join(verify_release(sealed))
    assert "the content digest of its manifest is not that of its rows" in faults
    assert "the splits of its manifest are not those of its rows" in faults


def test_verification_finds_a_row_that_says_another_split_than_its_file(sealed: Path) -> None:
    train = sealed / "text/permissive/train-00000.parquet"
    pl.read_parquet(train).with_columns(split=pl.lit("test")).write_parquet(train, compression="zstd")
    careful(sealed, [train])
    assert "train-00000.parquet does not hold rows as a release has them" in "\n".join(verify_release(sealed))


def test_a_part_of_a_split_release_is_split_as_the_whole(outcome: Outcome, tmp_path: Path) -> None:
    place = FolderSource(outcome.release.folder.parents[1])
    part = pull(place, Wanted.of("parted@1"), tmp_path, classes=["permissive"], card=part_card)
    assert verify_release(part.folder) == []
    manifest = manifest_of(part.folder)
    counts = dict(pl.read_parquet(part.folder / "text/permissive/*.parquet").group_by("split").len().iter_rows())
    assert {each["split"]: each["texts"] for each in manifest["splits"]["of"]} == counts
    assert {each["tokens"] for each in manifest["splits"]["of"]} == {None}
    assert "path: text/permissive/test-*.parquet" in (part.folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ("same content", "UPDATE log.item SET content_hi = 1, content_lo = 1"),
        ("one record", "UPDATE log.item SET record = 0"),
        ("one cluster", "UPDATE log.release_item SET cluster_hi = 1, cluster_lo = 1"),
        (
            "near duplicate",
            (
                "INSERT INTO log.decision SELECT run, shard, position, 'text_minhash', 'drop', 'near_duplicate', "
                "'near', NULL, NULL, NULL, NULL, 1, 1, 0.9, true FROM log.release_item"
            ),
        ),
    ],
)
def test_the_audit_finds_whatever_belongs_together_and_crosses(
    outcome: Outcome, tmp_path: Path, how: str, fault: str
) -> None:
    path = tmp_path / "catalog.duckdb"
    shutil.copy(outcome.catalog.path, path)
    path.chmod(0o600)
    name = "near_duplicates_cross_splits"
    assert {result.name: result.offending for result in run_audits(path)}[name] == 0
    with duckdb.connect(path) as connection:
        connection.execute(fault)
    found = {result.name: result for result in run_audits(path)}[name]
    assert found.blocks
    assert how in {row[found.columns.index("how")] for row in found.rows}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("splits: {train: 0.9, test: 0.05}", "add up to 0.95; expected 1"),
        ("splits: {all: 1}", "a split cannot be called all or part"),
        ("splits: {Train: 1}", "splits.Train"),
        ("splits: {train: 1.5, test: -0.5}", "splits.t"),
        ("split_seed: 2", "split_seed is for `splits`"),
        ("shard_bytes: 256 XB", "expected bytes, such as 256MB"),
        ("shard_bytes: 10", "shard_bytes"),
    ],
)
def test_a_slip_is_said_before_any_work(tmp_path: Path, said: str, why: str) -> None:
    write(tmp_path / "w", release=said)
    with pytest.raises(ConfigError, match=why):
        make_plan(Workspace.of(tmp_path / "w"))


def test_a_recipe_without_splits_is_the_run_that_it_was(tmp_path: Path) -> None:
    write(tmp_path / "w", release="licence: null")
    plan = make_plan(Workspace.of(tmp_path / "w"))
    assert plan.recipe.release.model_dump(mode="json").keys() == {"name", "version", "licence", "licence_texts"}


edges = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60)


@given(edges)
def test_components_are_those_of_a_plain_search(pairs: list[tuple[int, int]]) -> None:
    plain = list(range(31))
    for left, right in pairs * 31:
        plain[left] = plain[right] = min(plain[left], plain[right])
    sides = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    assert components(31, sides[:, 0], sides[:, 1]).tolist() == plain


def test_a_long_chain_is_one_component() -> None:
    places = np.random.default_rng(1).permutation(100_000)
    left, right = (np.array(side) for side in zip(*pairwise(places.tolist()), strict=True))
    assert not components(100_000, left, right).any()


@given(st.integers(0, 2**32), st.floats(0.01, 0.3), st.floats(0.01, 0.3))
def test_a_split_that_is_held_out_grows_without_giving_to_training(seed: int, test: float, validation: float) -> None:
    before = Splits.of({"train": 1 - test - validation, "validation": validation, "test": test}, seed)
    after = Splits.of({"train": 0.9 - test - validation, "validation": validation, "test": test + 0.1}, seed)
    for number in range(40):
        was, now = before.split_of(f"{number:032x}"), after.split_of(f"{number:032x}")
        assert now == was or now != "train"
        assert was != "test" or now == "test"


def test_shares_are_met_by_many_clusters() -> None:
    splits = Splits.of({"train": 0.9, "validation": 0.05, "test": 0.05}, 1)
    drawn = pl.Series([splits.split_of(f"{number:032x}") for number in range(20_000)]).value_counts()
    shares = {name: count / 20_000 for name, count in drawn.iter_rows()}
    assert shares == pytest.approx({"train": 0.9, "validation": 0.05, "test": 0.05}, abs=0.006)


def letters(root: Path, sizes: Sequence[int], release: str) -> Workspace:
    root.mkdir(exist_ok=True)
    texts = [f"{number:06d} {'x' * (size - 7)}" for number, size in enumerate(sizes)]
    (root / "texts.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    (root / "recipe.yaml").write_text(
        "name: cut\n"
        "corpora: [{name: texts, format: jsonl, path: texts.jsonl, licence: CC0-1.0}]\n"
        f'filters: {{licence: {{}}}}\nrelease: {{name: cut, version: "1", {release}}}\n'
    )
    (root / "policy.yaml").write_text('name: test\nversion: "1"\nlicence: {allow: [public_domain], min_level: 1}\n')
    return Workspace.of(root)


def files(folder: Path) -> list[list[int]]:
    """Of each file the sizes of its texts."""
    return [pl.read_parquet(path)["text"].str.len_bytes().to_list() for path in sorted(folder.glob("text/*/*.parquet"))]


SIZES = [400_000, 599_999, 7, 300_000, 1_200_000, 10, 999_990, 1_000]


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_a_file_ends_before_the_row_with_which_it_would_have_too_much(tmp_path: Path, batch_size: int) -> None:
    workspace = letters(tmp_path / "w", SIZES, "shard_bytes: 1MB")
    folder = curate_all(workspace, Means(0, batch_size, quiet=True)).release.folder
    assert files(folder) == [[400_000, 599_999], [7, 300_000], [1_200_000], [10, 999_990], [1_000]]
    assert verify_release(folder) == []


def test_a_file_ends_after_so_many_items_and_its_groups_are_no_larger_than_usual(tmp_path: Path) -> None:
    workspace = letters(tmp_path / "w", [20] * 5_250, "shard_items: 2500")
    folder = curate_all(workspace, Means(0, quiet=True)).release.folder
    assert [len(sizes) for sizes in files(folder)] == [2500, 2500, 250]
    footer = pq.read_metadata(folder / "text/public_domain/part-00000.parquet")
    assert [footer.row_group(place).num_rows for place in range(footer.num_row_groups)] == [2000, 500]
