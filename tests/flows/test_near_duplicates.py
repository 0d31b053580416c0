"""From a folder of pictures to a release without near-duplicates, and from an earlier release to the next."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageEnhance

from audits.run import run_audits
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
name: alike
version: "1"
licence: {allow: [public_domain, share_alike, restricted]}
exact_duplicates: {}
near_duplicates: {%s}
"""


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Smooth patches of colour: as a photograph, it has few of its details in its hash."""
    patches = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


def save(image: Image.Image, path: Path, **how: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with io.BytesIO() as saved:
        image.save(saved, format="JPEG" if path.suffix == ".jpg" else "PNG", **how)
        path.write_bytes(saved.getvalue())


def edited(folder: Path, seed: int) -> None:
    """A picture in five versions: its own, saved again, made smaller, brighter, and turned in EXIF."""
    image = photo(seed)
    save(image, folder / "a-own.png")
    save(image, folder / "b-again.jpg", quality=30)
    save(image.resize((160, 120)), folder / "c-small.png")
    save(ImageEnhance.Brightness(image).enhance(1.15), folder / "d-bright.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    save(image, folder / "e-turned.jpg", exif=exif)


def write(
    folder: Path, corpora: dict[str, str], *, section: str = "", version: str = "1", policy: str = POLICY
) -> Workspace:
    """A recipe over picture folders, each with its licence."""
    rows = "".join(
        f"  - {{name: {name}, format: image-folder, path: {name}, licence: {licence}}}\n"
        for name, licence in corpora.items()
    )
    (folder / "recipe.yaml").write_text(
        f"name: alike\ncorpora:\n{rows}"
        "filters: {picture_hashes: {}, licence: {}, exact_duplicates: {}}\n"
        f'release: {{name: alike, version: "{version}"}}\n'
    )
    (folder / "policy.yaml").write_text(policy % section)
    return Workspace.of(folder)


def curate(workspace: Workspace, **means: int) -> Outcome:
    return curate_all(workspace, Means(**{"workers": 0, **means}, quiet=True))


def verdicts(outcome: Outcome) -> dict[str, tuple[object, ...]]:
    """corpus/path → verdict, reason, the twin's path and the distance."""
    sql = (
        "SELECT i.corpus || '/' || i.path, i.verdict, i.reason, t.path, d.value::INTEGER FROM item AS i "
        "LEFT JOIN rule_fired AS d ON d.run = i.run AND d.item = i.item AND d.reason = i.reason "
        "LEFT JOIN item AS t ON t.run = i.run AND t.item = d.twin "
        f"WHERE i.run = '{outcome.run}' ORDER BY 1"
    )
    return {str(place): tuple(rest) for place, *rest in query(outcome.catalog.path, sql).rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alike")
    edited(folder / "pictures", 1)
    save(photo(2), folder / "pictures" / "other.png")
    for colour in (10, 20, 30):
        save(Image.new("RGB", (320, 240), (colour, 90, 60)), folder / "pictures" / f"plain-{colour}.png")
    save(photo(1, (640, 480)), folder / "shared" / "large.jpg")
    return folder


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    return curate(write(folder, {"pictures": "CC0-1.0", "shared": "CC-BY-SA-4.0"}))


def test_one_of_the_versions_stays_the_one_whose_licence_asks_for_most(outcome: Outcome) -> None:
    said = verdicts(outcome)
    versions = [
        f"pictures/{name}" for name in ("a-own.png", "b-again.jpg", "c-small.png", "d-bright.png", "e-turned.jpg")
    ]
    assert {said[version][:3] for version in versions} == {("drop", "near_duplicate", "large.jpg")}
    assert all(0 <= int(str(said[version][3])) <= 8 for version in versions)
    staying = [place for place, (verdict, *_) in said.items() if verdict == "keep"]
    assert staying == ["pictures/other.png", *(f"pictures/plain-{n}.png" for n in (10, 20, 30)), "shared/large.jpg"]
    pictures = pl.read_parquet(outcome.release.folder / "images" / "**" / "*.parquet")
    assert sorted(pictures["path"]) == ["large.jpg", "other.png", "plain-10.png", "plain-20.png", "plain-30.png"]


def test_what_was_searched_is_told_by_catalog_page_card_and_summary(outcome: Outcome, folder: Path) -> None:
    sql = "SELECT * EXCLUDE (run, expected_chance_pairs) FROM near_duplicate_search"
    assert query(outcome.catalog.path, sql).rows == ((8, True, 7, 3, 0, 5, 5, 1),)
    told = "Of these, 5 near-duplicates of 1 picture."
    assert told in outcome.report.read_text()
    assert told in (outcome.release.folder / "README.md").read_text()
    assert told in outcome_text(outcome, Workspace.of(folder))


def test_the_run_passes_its_audits_and_its_verification(outcome: Outcome, folder: Path) -> None:
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(folder, count_input=True)[0] == []
    assert query(outcome.catalog.path, "SELECT count(*) FROM same_work WHERE how = 'near duplicate'").rows == ((6,),)


def test_a_policy_that_is_tried_out_on_record_comes_to_the_same(outcome: Outcome, folder: Path) -> None:
    workspace = Workspace.of(folder)
    stricter = POLICY % "on_near_duplicate: hold, radius: 0"
    (folder / "tried.yaml").write_text(stricter)
    policies = [read_policy(name, folder)[0] for name in ("policy.yaml", "tried.yaml")]
    same, other = replay(workspace.log, outcome.run, policies)
    sql = "SELECT verdict, count(*) FROM item GROUP BY ALL ORDER BY ALL"
    assert same["verdict"].cast(pl.String).value_counts().sort("verdict").rows() == [
        tuple(row) for row in sorted(query(outcome.catalog.path, sql).rows)
    ]
    held = other.filter(pl.col("verdict") == "hold")
    assert set(held["reason"]) <= {"near_duplicate"}
    assert held.height < 5


@pytest.mark.slow
def test_workers_and_batches_change_nothing(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    for name in ("pictures", "shared"):
        shutil.copytree(folder / name, tmp_path / name)
    shutil.copytree(folder / "keys", tmp_path / "keys")
    other = curate(write(tmp_path, {"pictures": "CC0-1.0", "shared": "CC-BY-SA-4.0"}), workers=2, batch_size=2)
    assert verdicts(other) == verdicts(outcome)
    assert other.release.digest == outcome.release.digest


def test_of_two_that_forbid_different_things_the_one_put_first_is_held(tmp_path: Path) -> None:
    save(photo(1), tmp_path / "a" / "own.png")
    save(photo(2), tmp_path / "a" / "other.png")
    save(photo(1), tmp_path / "b" / "again.jpg", quality=60)
    outcome = curate(write(tmp_path, {"a": "CC-BY-NC-4.0", "b": "CC-BY-ND-4.0"}))
    assert verdicts(outcome) == {
        "a/other.png": ("keep", None, None, None),
        "a/own.png": ("hold", "licence_stricter_elsewhere", "again.jpg", None),
        "b/again.jpg": ("drop", "near_duplicate", "own.png", 0),
    }
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(tmp_path, count_input=True)[0] == []


def test_an_earlier_release_counts_as_there_already(outcome: Outcome, folder: Path, tmp_path: Path) -> None:
    next_one = tmp_path / "next"
    shutil.copytree(folder, next_one)
    save(photo(1), next_one / "second" / "again.jpg", quality=50)
    save(photo(3), next_one / "second" / "new.png")
    workspace = write(next_one, {"second": "CC0-1.0"}, section="against: [alike@1]", version="2")
    found = curate(workspace)
    sql = (
        "SELECT i.path, i.verdict, d.twin = (SELECT item FROM item WHERE path = 'large.jpg') FROM item AS i "
        f"LEFT JOIN rule_fired AS d USING (run, item) WHERE i.run = '{found.run}' ORDER BY 1"
    )
    assert query(found.catalog.path, sql).rows == (("again.jpg", "drop", True), ("new.png", "keep", None))
    searched = f"SELECT earlier FROM near_duplicate_search WHERE run = '{found.run}'"
    assert query(found.catalog.path, searched).rows == ((2,),)
    assert verify(next_one, count_input=True)[0] == []


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("alike@2", "alike@2 is what this run makes"),
        ("alike@7", "no release 'alike@7' is on record .* Did you mean 'alike@1'?"),
    ],
)
def test_an_earlier_release_that_is_not_there_is_said_before_any_work(
    outcome: Outcome, folder: Path, tmp_path: Path, against: str, said: str
) -> None:
    shutil.copytree(folder, tmp_path / "next")
    workspace = write(tmp_path / "next", {"shared": "CC0-1.0"}, section=f"against: [{against}]", version="2")
    with pytest.raises(ConfigError, match=f"policy.yaml:5: near_duplicates.against: {said}"):
        make_plan(workspace)


def test_an_earlier_release_whose_hashes_are_gone_is_said_before_any_work(
    outcome: Outcome, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "next")
    workspace = write(tmp_path / "next", {"shared": "CC0-1.0"}, section="against: [alike@1]", version="2")
    opened = workspace.log.run_folder(outcome.run) / "run.json"
    facts = json.loads(opened.read_text())
    for filters, said in (
        ([], f"run {outcome.run}, which made alike@1, took no hashes"),
        ([{**each, "version": "0"} for each in facts["filters"]], "taken by another version of `picture_hashes`"),
    ):
        opened.write_text(json.dumps({**facts, "filters": filters}))
        with pytest.raises(ConfigError, match=said):
            make_plan(workspace)
    shutil.rmtree(workspace.log.run_folder(outcome.run))
    with pytest.raises(ConfigError, match=f"alike@1 are gone from the log. Put store/runs/{outcome.run} and "):
        make_plan(workspace)
