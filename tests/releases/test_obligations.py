"""What licences ask for goes along with a release: who made what, the texts, the holders; each class by itself."""

import shutil

import duckdb
import orjson
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from catalog.files import sha256_of
from catalog.query import query
from flows.cli import run as command_line
from flows.verify import verify
from releases.attribution import ATTRIBUTION
from releases.seal import manifest_of
from releases.verify import verify_release
from tamis.errors import ConfigError, ReleaseError
from tests.releases.conftest import MIT, curate, make_mixed

PLANTED = ("ada@planted-licence.com", "bea@planted-text.com")

CLASSES = {"attribution": 1, "copyleft": 1, "permissive": 8, "public_domain": 1, "share_alike": 1}
"""Class → texts in the release; of two equal licence files one is dropped as a duplicate."""


def obligations(outcome):
    return {each["licence"]: each for each in manifest_of(outcome.release.folder)["obligations"]}


def files(folder):
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def test_every_kept_item_has_one_row_of_attribution(mixed):
    rows = pl.read_parquet(mixed.release.folder / ATTRIBUTION)
    texts = pl.read_parquet(mixed.release.folder / "text" / "*" / "*.parquet")
    assert rows.height == texts.height == sum(CLASSES.values())
    assert set(rows["item"]) == set(texts["item"])
    of_two = rows.filter(pl.col("title") == "Two").row(0, named=True)
    assert of_two["changes"] == "personal data masked in 1 place"
    assert of_two["url"] == "https://example.org/2"
    assert (of_two["author"], of_two["licence"], of_two["licence_class"]) == (None, "CC-BY-4.0", "attribution")
    assert rows.filter(pl.col("title") == "One")["changes"].item() == "unchanged"
    assert rows.filter(pl.col("source") == "first")["author"].to_list() == ["Ada"] * 3


def test_the_text_that_most_items_came_with_is_taken_without_its_holders(mixed):
    said = (mixed.release.folder / "LICENSES" / "MIT.txt").read_text()
    notices = "Copyright (c) 2019 Ada Planted <ada@planted-licence.com>\nCopyright (c) 2021 The Tiny Project\n\n"
    assert said == MIT.replace(notices, "")
    assert obligations(mixed)["MIT"] == {
        "licence": "MIT",
        "items": 8,
        "authorless": 0,
        "text": "found",
        "conditions": ["attribution"],
    }


def test_holders_are_named_by_source_and_their_addresses_are_masked(mixed):
    said = (mixed.release.folder / "THIRD_PARTY_NOTICES.md").read_text()
    of_third = said.split("### third")[1]
    assert "- MIT: 3 items" in of_third
    assert "- Copyright (c) 2020 Ada Planted \\<\\<EMAIL\\>\\>" in of_third
    assert "- Copyright (c) 2021 The Tiny Project" in of_third
    assert "2019" not in of_third
    assert said.count("- CC-BY-SA-4.0: 1 item\n") == 1


def test_no_address_of_a_holder_is_in_anything_that_is_written(mixed):
    root = mixed.release.folder.parents[2]
    looked_at = 0
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).parts[0] not in {"site", "texts.jsonl"}:
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data += str(pl.read_parquet(path, glob=False).to_dicts()).encode()
            assert not any(address.encode() in data for address in PLANTED), path
            looked_at += 1
    assert looked_at > 40
    assert any(PLANTED[0].encode() in path.read_bytes() for path in (root / "site").rglob("LICENSE"))


def test_licence_texts_are_in_segments_and_releases_alone(mixed):
    root = mixed.release.folder.parents[2]
    words = b"TORT OR OTHERWISE, ARISING FROM, OUT OF"
    holding = set()
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).parts[0] != "site":
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data = str(pl.read_parquet(path, glob=False).to_dicts()).encode()
            holding |= {path.name} if words in data else set()
    assert holding == {"licences.parquet", "kept.parquet", "part-00000.parquet", "MIT.txt"}


def test_what_is_missing_is_said_in_notices_card_catalog_and_audits(mixed):
    missing = ["CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "Classpath-exception-2.0", "GPL-2.0-only"]
    assert [name for name, each in obligations(mixed).items() if each["text"] == "missing"] == missing
    notices = (mixed.release.folder / "THIRD_PARTY_NOTICES.md").read_text()
    assert "| GPL-2.0-only | 1 | attribution, share alike | **missing** |" in notices
    assert "The text of 5 licences is **missing** here" in notices
    assert "**Missing** are 5" in (mixed.release.folder / "README.md").read_text()
    sql = "SELECT licence FROM obligation WHERE text = 'missing' AND release = 'mixed@1'"
    assert [licence for (licence,) in query(mixed.catalog.path, sql).rows] == missing
    audits = {result.name: result for result in mixed.audits}
    assert audits["licence_texts_missing"].offending == 5
    assert not audits["licence_texts_missing"].blocks
    assert {row[1] for row in audits["authors_are_named"].rows} == {"CC-BY-4.0", "CC-BY-SA-4.0", "GPL-2.0-only"}


def test_texts_are_taken_from_the_folder_that_the_recipe_names(tmp_path):
    workspace = make_mixed(tmp_path, release='name: mixed, version: "1", licence_texts: licences')
    (tmp_path / "licences").mkdir()
    (tmp_path / "licences" / "CC-BY-4.0.txt").write_bytes(b"\xef\xbb\xbfAttribution\r\nand so on")
    (tmp_path / "licences" / "Classpath-exception-2.0.txt").write_text("As a special exception\n")
    (tmp_path / "licences" / "MIT.txt").write_text("another\n")
    (tmp_path / "licences" / "ISC.txt").write_text("of nothing that is here\n")
    outcome = curate(workspace)
    folder = outcome.release.folder / "LICENSES"
    assert sorted(path.name for path in folder.iterdir()) == [
        "CC-BY-4.0.txt",
        "Classpath-exception-2.0.txt",
        "MIT.txt",
    ]
    assert (folder / "CC-BY-4.0.txt").read_bytes() == b"Attribution\nand so on\n"
    assert (folder / "MIT.txt").read_text().startswith("MIT License")
    origins = {name: each["text"] for name, each in obligations(outcome).items()}
    assert (origins["MIT"], origins["CC-BY-4.0"], origins["CC0-1.0"]) == ("found", "given", "missing")
    assert verify(workspace.root, count_input=True)[0] == []
    (tmp_path / "licences" / "CC-BY-4.0.txt").write_text("Another text")
    with pytest.raises(ConfigError, match="is sealed already"):
        curate(workspace)


@pytest.mark.parametrize(
    ("release", "content", "said"),
    [
        ("licence_texts: nowhere", b"", "recipe.yaml:6: there is no folder 'nowhere'"),
        ("licence_texts: licences", b"\xff", "recipe.yaml:6: MIT.txt: is not UTF-8 at byte 0"),
        ("licence_texts: licences", b" \n", "recipe.yaml:6: MIT.txt: has 2 bytes, which is no licence"),
        ("licence: GPL-2.0", b"x", "recipe.yaml:6: release.licence: 'GPL-2.0' is written 'GPL-2.0-only' today"),
        ("licence: free", b"x", "recipe.yaml:6: release.licence: 'free' is not the SPDX id of one licence"),
    ],
)
def test_a_slip_in_the_recipe_is_said_before_any_work(tmp_path, release, content, said):
    workspace = make_mixed(tmp_path, release=f'name: mixed, version: "1", {release}')
    (tmp_path / "licences").mkdir()
    (tmp_path / "licences" / "MIT.txt").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        curate(workspace)
    assert said in str(caught.value)
    assert not (tmp_path / "store" / "runs").exists()


def test_a_licence_that_cannot_carry_the_items_is_an_error_before_sealing(tmp_path, capsys):
    workspace = make_mixed(tmp_path, release='name: mixed, version: "1", licence: CC-BY-SA-4.0')
    with pytest.raises(ReleaseError, match=r"does not carry GPL-2\.0-only WITH Classpath-exception-2\.0 \(1 item\)"):
        curate(workspace)
    assert not (tmp_path / "releases").exists()
    assert not list(tmp_path.glob("store/releases/*"))
    assert not list(tmp_path.glob("store/staging/release-*"))
    assert command_line(["curate", str(tmp_path), "--direct", "--workers", "0", "--quiet"]) == 1
    assert "mixed@1: as a whole it cannot go out under CC-BY-SA-4.0" in capsys.readouterr().err
    policy = (tmp_path / "policy.yaml").read_text().replace(", copyleft]", "]")
    (tmp_path / "policy.yaml").write_text(policy)
    outcome = curate(workspace)
    outbound = manifest_of(outcome.release.folder)["outbound"]
    assert outbound["licence"] == "CC-BY-SA-4.0"
    assert outbound["possible"] == ["CC-BY-SA-4.0", "GPL-3.0-only", "LAL-1.3"]
    assert "As a whole this release goes out under `CC-BY-SA-4.0`" in (outcome.release.folder / "README.md").read_text()


def test_a_collection_says_what_excludes_a_licence_for_the_whole(mixed):
    assert manifest_of(mixed.release.folder)["outbound"] == {
        "licence": None,
        "possible": [],
        "conflicts": [
            {"expressions": ["CC-BY-SA-4.0", "GPL-2.0-only WITH Classpath-exception-2.0"], "items": [1, 1]},
        ],
        "carried_by_none": [],
    }
    card = (mixed.release.folder / "README.md").read_text()
    assert "CC-BY-SA-4.0 and GPL-2.0-only WITH Classpath-exception-2.0 exclude each other." in card


@pytest.mark.parametrize("size", [1, 7])
def test_the_size_of_batches_leaves_no_trace(mixed, tmp_path, size):
    assert files(curate(make_mixed(tmp_path), batch_size=size).release.folder) == files(mixed.release.folder)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "size"), [(2, 3)])
def test_the_number_of_workers_leaves_no_trace(mixed, tmp_path, workers, size):
    outcome = curate(make_mixed(tmp_path), workers=workers, batch_size=size)
    assert files(outcome.release.folder) == files(mixed.release.folder)


def test_each_class_lies_in_a_folder_of_its_own(mixed):
    for grant, count in CLASSES.items():
        rows = pl.read_parquet(mixed.release.folder / "text" / grant / "*.parquet")
        assert rows.height == count
        assert set(rows["licence_class"]) == {grant}
    listed = query(mixed.catalog.path, "SELECT DISTINCT file FROM release_item ORDER BY file").rows
    assert [file for (file,) in listed] == [f"text/{grant}/part-00000.parquet" for grant in CLASSES]


def test_the_whole_and_each_class_are_loaded_in_one_line(mixed, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    from datasets import get_dataset_config_names, load_dataset

    folder = str(mixed.release.folder)
    load = {"split": "train", "cache_dir": str(tmp_path / "cache")}
    everything = sum(CLASSES.values())
    assert load_dataset(folder, **load).num_rows == everything
    assert load_dataset(folder, "text", **load).num_rows == everything
    for grant, count in CLASSES.items():
        one = load_dataset(folder, f"text-{grant}", **load)
        assert (one.num_rows, set(one["licence_class"])) == (count, {grant})
        assert duckdb.sql(f"SELECT count(*) FROM '{folder}/text/{grant}/*.parquet'").fetchall() == [(count,)]
        assert pd.read_parquet(f"{folder}/text/{grant}").shape[0] == count
    assert get_dataset_config_names(folder) == ["text", *(f"text-{grant}" for grant in CLASSES)]
    assert duckdb.sql(f"SELECT count(*) FROM '{folder}/text/*/*.parquet'").fetchall() == [(everything,)]
    assert pl.scan_parquet(f"{folder}/text/*/*.parquet").select(pl.len()).collect().item() == everything
    assert pd.read_parquet(f"{folder}/text").shape[0] == everything


def edit(path, change):
    facts = orjson.loads(path.read_bytes())
    change(facts)
    path.write_bytes(orjson.dumps(facts))


def carefully(folder, name):
    """Puts the file's new digest into the manifest, as a careful hand would."""

    def fix(facts):
        for file in facts["files"]:
            if file["path"] == name:
                file["sha256"] = sha256_of(folder / name)

    edit(folder / "manifest.json", fix)


def forge_credit(folder):
    rows = pl.read_parquet(folder / ATTRIBUTION)
    pq.write_table(rows.with_columns(author=pl.lit("Mallory")).to_arrow(), folder / ATTRIBUTION, compression="zstd")
    carefully(folder, ATTRIBUTION)


def move_class(folder):
    rows = folder / "text/share_alike/part-00000.parquet"
    (folder / "text/restricted").mkdir()
    rows.rename(folder / "text/restricted/part-00000.parquet")
    rows.parent.rmdir()

    def fix(facts):
        for file in facts["files"]:
            file["path"] = file["path"].replace("share_alike", "restricted")

    edit(folder / "manifest.json", fix)


def forget_text(folder):
    (folder / "LICENSES/MIT.txt").unlink()
    (folder / "LICENSES").rmdir()
    edit(
        folder / "manifest.json",
        lambda facts: facts.update(files=[each for each in facts["files"] if "LICENSES" not in each["path"]]),
    )


def forget_obligation(folder):
    edit(folder / "manifest.json", lambda facts: facts["obligations"].pop())


FAULTS = {
    "attribution": (
        lambda folder: (folder / ATTRIBUTION).write_bytes(b"x"),
        "ATTRIBUTION.parquet is not what was sealed",
    ),
    "attribution, with care": (forge_credit, "ATTRIBUTION.parquet does not say of its items what their rows say"),
    "a text": (
        lambda folder: (folder / "LICENSES/MIT.txt").write_text("All rights reserved"),
        "LICENSES/MIT.txt is not what was sealed",
    ),
    "a text lost": (lambda folder: (folder / "LICENSES/MIT.txt").unlink(), "LICENSES/MIT.txt is missing"),
    "a text more": (lambda folder: (folder / "LICENSES/ISC.txt").write_text("x"), "LICENSES/ISC.txt is not in the"),
    "a text lost, with care": (forget_text, "the licence texts of its manifest are not those"),
    "notices": (
        lambda folder: (folder / "THIRD_PARTY_NOTICES.md").write_text("none"),
        "THIRD_PARTY_NOTICES.md is not what was sealed",
    ),
    "an obligation": (forget_obligation, "the obligations of its manifest are not those of its rows"),
    "a class": (move_class, "text/restricted/part-00000.parquet does not hold rows as a release has them"),
}


def test_a_release_that_was_not_changed_is_verified(mixed):
    assert verify_release(mixed.release.folder) == []


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_change_is_found(mixed, tmp_path, name):
    folder = tmp_path / "mixed" / "1"
    shutil.copytree(mixed.release.folder, folder)
    change, expected = FAULTS[name]
    change(folder)
    said = verify_release(folder)
    assert [fault for fault in said if expected in fault], said
