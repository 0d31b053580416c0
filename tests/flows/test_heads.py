"""Heads in a whole run: what they score is on record, and a new file of concepts scores it again without a picture."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from PIL import Image

from catalog.log import read_findings
from catalog.query import query
from filters.pictures.clip.probe import Probe
from filters.pictures.clip.source import find_model
from filters.pictures.decoder import Decoder
from flows.cli import run
from flows.means import Means
from flows.plan import make_plan
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace
from tamis.errors import ConfigError

RECIPE = """\
name: heads
corpora:
  - {{name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}}
filters:
  image_concepts: {{concepts: concepts.toml}}
  image_embedding: {{model: "local-dir:models/tiny", batch_size: 4}}
  image_probe: {{weights: probe.json}}
  licence: {{}}
release: {{name: heads, version: "{version}"}}
"""
LIMIT = 0.036
"""Among the scores of the pictures below; the model is always the same."""

POLICY = f"""\
name: test
version: "1"
licence: {{allow: [public_domain]}}
limits:
  - {{filter: image_embedding, measure: width, below: 1, outcome: hold}}
  - {{filter: image_concepts, measure: unsafe, above: {LIMIT}, outcome: drop}}
  - {{filter: image_probe, measure: probe, above: 0.999, outcome: hold}}
"""
CONCEPTS = """\
templates = ["{}"]
[[group]]
name = "red"
unsafe = true
concepts = ["red"]
[[group]]
name = "blue"
unsafe = false
concepts = ["blue"]
"""


def noise(seed: int) -> bytes:
    pixels = random.Random(seed).randbytes(40 * 30 * 3)
    with BytesIO() as saved:
        Image.frombytes("RGB", (40, 30), pixels).resize((80, 60)).save(saved, "PNG")
        return saved.getvalue()


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory, clip_folder: Path) -> Outcome:
    folder = tmp_path_factory.mktemp("heads")
    (folder / "pictures").mkdir()
    (folder / "models").mkdir()
    (folder / "models" / "tiny").symlink_to(clip_folder)
    for number in range(6):
        (folder / "pictures" / f"{number}.png").write_bytes(noise(number))
    (folder / "pictures" / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (folder / "pictures" / "twin.png").write_bytes(noise(0))
    (folder / "policy.yaml").write_text(POLICY)
    write_asked(folder, clip_folder)
    return curate_all(Workspace.of(folder), Means(0, quiet=True))


@pytest.fixture
def folder(curated: Outcome, clip_folder: Path) -> Iterator[Path]:
    """The workspace as it was curated; it is put back."""
    folder = curated.catalog.path.parents[1]
    yield folder
    write_asked(folder, clip_folder)


def write_asked(folder: Path, clip_folder: Path) -> None:
    (folder / "concepts.toml").write_text(CONCEPTS)
    (folder / "recipe.yaml").write_text(RECIPE.format(version="1"))
    write_probe(folder, model=find_model(str(clip_folder)).digest)


def write_probe(folder: Path, *, model: str) -> None:
    Probe(model, ("other", "wanted"), 0.5, (0.1,) * 32).save(folder / "probe.json")


def scores(folder: Path, name: str) -> pl.DataFrame:
    plan = make_plan(Workspace.of(folder))
    (commit,) = plan.log.commits(plan.run).values()
    return read_findings(plan.log, commit, next(spec for spec in plan.specs if spec.name == name)).items


def test_a_head_is_evaluated_on_labelled_pictures_with_the_model_of_the_recipe(
    curated: Outcome, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled = [{"image": noise(number), "unsafe": number % 2 == 0} for number in range(120)]
    pl.DataFrame(labelled).write_parquet(folder / "labelled.parquet")
    command = ["evaluate", "nsfw", str(folder / "labelled.parquet"), "--quiet", "--format", "json", "--policy", "open"]
    assert run([*command, "--recipe", str(folder), "--filter", "image_probe", "--measure", "probe"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["scored"]["unsafe"], record["scored"]["safe"]) == (60, 60)
    assert record["filter"]["models"]["image_embedding"]
    assert run([*command, "--filter", "image_probe", "--measure", "probe"]) == 2
    assert "needs the parameter" in capsys.readouterr().err


def test_pictures_are_decided_on_by_what_their_vectors_score(curated: Outcome, folder: Path) -> None:
    found = scores(folder, "image_concepts")
    asked = "SELECT path, verdict, reason FROM item ORDER BY path"
    verdicts = {path: (verdict, why) for path, verdict, why in query(curated.catalog.path, asked).rows}
    assert verdicts["bad.jpg"] == ("hold", "picture_unreadable")
    for number, unsafe in enumerate(found["unsafe"][:6]):
        assert verdicts[f"{number}.png"][0] == ("drop" if unsafe > LIMIT else "keep")
    assert {verdict for verdict, _ in verdicts.values()} == {"keep", "drop", "hold"}
    assert found["unsafe"][0] == found["unsafe"][7]


def test_a_new_file_of_concepts_scores_from_the_record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, probed = scores(folder, "image_concepts"), scores(folder, "image_probe")
    (folder / "concepts.toml").write_text(CONCEPTS.replace('["blue"]', '["blue", "green"]'))
    (folder / "recipe.yaml").write_text(RECIPE.format(version="2"))

    def closed(*_: object, **__: object) -> None:
        raise AssertionError("a picture was opened")

    with monkeypatch.context() as patched:
        patched.setattr(Decoder, "look", closed)
        curate_all(Workspace.of(folder), Means(0, quiet=True))
    after = scores(folder, "image_concepts")
    assert after["status"].equals(before["status"])
    assert (after["unsafe"] < before["unsafe"]).drop_nulls().all()
    assert scores(folder, "image_probe").equals(probed)


def test_only_what_reads_what_changed_is_measured_anew(folder: Path) -> None:
    recipe = (folder / "recipe.yaml").read_text()

    def recorded() -> set[str]:
        (planned,) = make_plan(Workspace.of(folder)).shards
        return {planned.action, *dict(planned.recorded)}

    (folder / "recipe.yaml").write_text(recipe.replace("batch_size: 4", "batch_size: 4, max_pixels: 100"))
    assert recorded() == {"measure", "licence"}
    (folder / "recipe.yaml").write_text(recipe.replace("batch_size: 4", "batch_size: 2"))
    assert recorded() == {"adopt"}
    (folder / "concepts.toml").write_text(CONCEPTS + "# a change\n")
    assert recorded() == {"measure", "image_embedding", "image_probe", "licence"}


def test_embeddings_stay_in_the_log_and_out_of_the_catalog(curated: Outcome, folder: Path) -> None:
    segment = folder / "store" / "runs" / curated.report.stem / "shard-00000"
    embeddings = pl.read_parquet(segment / "embeddings.parquet")
    assert embeddings["filter"].unique().to_list() == ["image_embedding"]
    assert embeddings["position"].to_list() == [0, 1, 2, 3, 4, 5, 7]
    with duckdb.connect(str(curated.catalog.path), read_only=True) as catalog:
        blobs = "SELECT count(*) FROM information_schema.columns WHERE data_type IN ('BLOB', 'FLOAT[]', 'DOUBLE[]')"
        assert catalog.execute(blobs).fetchall() == [(0,)]


def test_what_a_head_lacks_is_said_before_any_work_with_its_place(folder: Path) -> None:
    recipe = (folder / "recipe.yaml").read_text()
    without = "\n".join(line for line in recipe.splitlines() if "image_embedding" not in line)
    (folder / "recipe.yaml").write_text(without)
    with pytest.raises(
        ConfigError, match=r"recipe.yaml:5: .*scores the vectors of image_embedding, which does not run"
    ):
        make_plan(Workspace.of(folder))
    (folder / "recipe.yaml").write_text(recipe)
    write_probe(folder, model="ab" * 32)
    with pytest.raises(ConfigError, match=r"recipe.yaml:7: .*were made for vectors of the model abab"):
        make_plan(Workspace.of(folder))


def test_a_fault_of_the_source_is_said_once(folder: Path) -> None:
    recipe = (folder / "recipe.yaml").read_text()
    (folder / "recipe.yaml").write_text(recipe.replace("models/tiny", "models/none"))
    with pytest.raises(ConfigError) as refused:
        make_plan(Workspace.of(folder))
    (problem,) = refused.value.problems
    assert "there is no such folder" in problem


def plain(seed: int) -> bytes:
    with BytesIO() as saved:
        Image.new("RGB", (80, 60), tuple(random.Random(seed).randbytes(3))).save(saved, "PNG")
        return saved.getvalue()


def test_a_probe_that_was_fitted_on_the_record_tells_what_was_labelled(tmp_path: Path, clip_folder: Path) -> None:
    (tmp_path / "pictures").mkdir()
    labels = ["file_name,kind"]
    for number in range(160):
        (tmp_path / "pictures" / f"{number}.png").write_bytes((plain if number % 2 else noise)(number))
        labels.append(f"{number}.png,{'plain' if number % 2 else 'noise'}")
    (tmp_path / "pictures" / "labels.csv").write_text("\n".join(labels))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny").symlink_to(clip_folder)
    limits = [line for line in POLICY.splitlines() if "image_concepts" not in line]
    without = [line for line in limits if "image_probe" not in line]
    (tmp_path / "policy.yaml").write_text("\n".join(without))
    lines = RECIPE.format(version="1").splitlines()
    heads = [line for line in lines if "image_concepts" in line or "image_probe" in line]
    (tmp_path / "recipe.yaml").write_text("\n".join(line for line in lines if line not in heads))
    curate_all(Workspace.of(tmp_path), Means(0, quiet=True))

    arguments = [str(tmp_path / "pictures"), "--out", str(tmp_path / "probe.json"), "-w", str(tmp_path), "--quiet"]
    assert run(["fit-probe", *arguments, "--classes", "noise", "plain", "--label", "kind", "--l2", "0.01"]) == 0
    (tmp_path / "policy.yaml").write_text("\n".join(limits))
    with_probe = [line for line in lines if "image_concepts" not in line]
    (tmp_path / "recipe.yaml").write_text("\n".join(with_probe).replace('version: "1"', 'version: "2"'))
    curate_all(Workspace.of(tmp_path), Means(0, quiet=True))
    scored = scores(tmp_path, "image_probe")["probe"].to_numpy()
    by_name = sorted(range(160), key=lambda number: f"{number}.png")
    is_plain = np.array([number % 2 == 1 for number in by_name])
    assert (scored[is_plain][:, None] > scored[~is_plain]).mean() > 0.9
