"""A policy that has pictures encoded anew: what leaves, what is held, and what is on record of it."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import duckdb
import polars as pl
import pytest
from PIL import Image

from audits.run import run_audits
from catalog.query import query
from filters.base import run_filter
from filters.licence import LicenceFilter
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.verify import verify
from flows.workspace import Workspace
from releases.decide import decide, rules_in_force
from releases.policy import Policy
from releases.redact import kept
from releases.reencode import reencoded
from tamis.records import DECISIONS, KEPT
from tamis.testing import image_batch

LICENCE = LicenceFilter()


def policy(**pictures: object) -> Policy:
    licence = {"allow": ["permissive", "attribution"], "min_level": 1}
    return Policy.model_validate({"name": "test", "version": "1", "licence": licence, "pictures": pictures or None})


def picture(width: int) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Canary Cameras"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.0)})
    with BytesIO() as saved:
        Image.new("RGB", (width, 8), (9 * width % 256, 90, 40)).save(saved, "JPEG", exif=exif)
        return saved.getvalue()


def through(which: Policy, pictures: list[bytes], claim: str = "MIT") -> tuple[pl.DataFrame, pl.DataFrame]:
    batch = image_batch(pictures, claims=[("column", claim)])
    findings = {"licence": run_filter(LICENCE, batch)}
    decisions = decide(which, batch, findings, [LICENCE.spec])
    return reencoded(which, kept(which, batch, findings, decisions), decisions)


def test_pictures_leave_as_they_came_unless_a_policy_says_otherwise() -> None:
    for plain in (policy(), policy(quality=50)):
        staying, decisions = through(plain, [picture(8), b"canary"])
        assert staying["image"].to_list() == [picture(8), b"canary"]
        assert staying["reencoded"].null_count() == 2
        assert decisions.is_empty()


def test_what_cannot_be_encoded_anew_is_held_and_the_rest_stays() -> None:
    staying, decisions = through(policy(reencode="webp"), [picture(8), b"canary", picture(9)])
    assert (staying.schema, decisions.schema) == (KEPT, DECISIONS)
    assert staying.select("position", "reencoded").rows() == [(0, "webp"), (2, "webp")]
    assert [Image.open(BytesIO(data)).size for data in staying["image"]] == [(8, 8), (9, 8)]
    columns = ("position", "filter", "outcome", "reason", "rule", "label", "decisive")
    assert decisions.select(columns).rows() == [
        (1, "reader", "hold", "picture_not_reencoded", "pictures.reencode", "picture_unreadable", True)
    ]


@pytest.mark.parametrize(("section", "reasons"), [({}, []), ({"reencode": "png"}, ["licence_no_derivatives"] * 2)])
def test_what_forbids_derivatives_is_held_rather_than_changed(section: dict[str, str], reasons: list[str]) -> None:
    which = Policy.model_validate(
        {
            "name": "test",
            "version": "1",
            "licence": {"allow": ["restricted"], "min_level": 1},
            "pictures": section or None,
        }
    )
    staying, decisions = through(which, [picture(8), picture(9)], claim="CC-BY-ND-4.0")
    assert decisions["reason"].to_list() == reasons
    assert staying.height == 2 - len(reasons)


def test_the_rule_is_in_force_where_the_policy_says_so() -> None:
    rules = [row["rule"] for row in rules_in_force(policy(reencode="png"), [LICENCE.spec])]
    assert rules[-1] == "pictures.reencode"
    assert "pictures.reencode" not in [row["rule"] for row in rules_in_force(policy(), [LICENCE.spec])]


RECIPE = """\
name: album
corpora: [{name: pictures, format: image-folder, path: pictures, licence: CC-BY-4.0}]
filters: {licence: {}}
release: {name: album, version: "1"}
"""
POLICY = """\
name: album
version: "1"
licence: {allow: [attribution], min_level: 1}
pictures: {reencode: jpeg, max_side: 20}
"""


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Outcome]:
    folder = tmp_path_factory.mktemp("album")
    (folder / "pictures").mkdir()
    for width in (10, 20, 40):
        (folder / "pictures" / f"{width}.jpg").write_bytes(picture(width))
    (folder / "pictures" / "bad.jpg").write_bytes(b"canary")
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "policy.yaml").write_text(POLICY)
    workspace = Workspace.of(folder)
    return workspace, curate_all(workspace, Means(0, quiet=True))


def test_the_release_says_what_was_done(album: tuple[Workspace, Outcome]) -> None:
    _, outcome = album
    rows = pl.read_parquet(outcome.release.folder / "images")
    assert rows.select("path", "reencoded").rows() == [("10.jpg", "jpeg"), ("20.jpg", "jpeg"), ("40.jpg", "jpeg")]
    sizes = [Image.open(BytesIO(each["bytes"])).size for each in rows["image"]]
    assert sizes == [(10, 8), (20, 8), (20, 4)]
    credited = pl.read_parquet(outcome.release.folder / "ATTRIBUTION.parquet")
    assert set(credited["changes"]) == {"encoded anew as jpeg"}
    for path in outcome.release.folder.rglob("*"):
        assert not path.is_file() or b"Canary" not in path.read_bytes()
    assert all(b"Canary" not in each["bytes"] for each in rows["image"])


def test_the_record_is_of_the_original_and_is_whole(album: tuple[Workspace, Outcome]) -> None:
    workspace, outcome = album
    held = query(outcome.catalog.path, "SELECT i.path, d.reason, d.rule FROM decision d JOIN item i USING (run, item) "
                 "WHERE d.outcome = 'hold'").rows  # fmt: skip
    assert held == (("bad.jpg", "picture_not_reencoded", "pictures.reencode"),)
    sizes = query(outcome.catalog.path, "SELECT path, n_bytes FROM item ORDER BY path").rows
    assert dict(sizes) == {path.name: path.stat().st_size for path in Path(workspace.root, "pictures").iterdir()}
    assert [result.name for result in run_audits(outcome.catalog.path) if result.blocks] == []
    assert verify(workspace.root, count_input=True)[0] == []


def test_an_audit_finds_what_was_encoded_anew_though_its_licence_forbids_it(
    album: tuple[Workspace, Outcome], tmp_path: Path
) -> None:
    _, outcome = album
    path = tmp_path / "catalog.duckdb"
    shutil.copy(outcome.catalog.path, path)
    path.chmod(0o600)

    def offending() -> dict[str, int]:
        return {result.name: result.offending for result in run_audits(path)}

    name = "no_derivatives_were_changed"
    assert offending()[name] == 0
    assert query(path, "SELECT DISTINCT reencoded FROM release_item").rows == (("jpeg",),)
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE log.evidence SET conditions = 'attribution no_derivatives'")
    found = {result.name: result for result in run_audits(path)}[name]
    assert (found.offending, found.blocks) == (3, True)
    assert {row[2] for row in found.rows} == {"encoded anew as jpeg"}
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE log.release_item SET reencoded = NULL")
    assert offending()[name] == 0


def test_a_second_run_finds_nothing_to_do(album: tuple[Workspace, Outcome]) -> None:
    workspace, first = album
    again = curate_all(workspace, Means(0, quiet=True))
    assert again.release.digest == first.release.digest
