"""Blocklists on real pictures and texts: what matches by bytes or looks, and what nobody could see."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from filters.base import run_filter
from filters.blocklist import BlocklistFilter
from filters.picture_hashes import PictureHashesFilter
from filters.pictures.look import Looks, look_at
from releases.decide import decide, rules_in_force
from releases.policy import Policy
from tamis.errors import ConfigError
from tamis.records import Findings
from tamis.testing import image_batch, mixed_batch, text_batch

Saved = Callable[..., bytes]
Make = Callable[..., BlocklistFilter]

TURNED = 6
"""EXIF: a quarter turn."""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`make(("md5", "…"), one=…)`: a filter with a list of (algorithm, hash, …) by name."""

    def made(*entries: tuple[object, ...], max_pixels: int = 64_000_000, **lists: list[tuple[object, ...]]):
        paths = []
        for name, rows in {**({"list": list(entries)} if entries else {}), **lists}.items():
            paths.append(tmp_path / f"{name}.csv")
            cells = (",".join(map(str, (*row, "", ""))).split(",")[:4] for row in rows)
            paths[-1].write_text("\n".join(["algorithm,hash,distance,id", *map(",".join, cells)]))
        return BlocklistFilter(lists=tuple(map(str, paths)), max_pixels=max_pixels)

    return made


@pytest.fixture
def photo() -> Image.Image:
    """Blobs and noise, so that PDQ finds something in it, and no side is like another."""
    dice = np.random.default_rng(5)
    coarse = Image.fromarray(dice.integers(0, 256, (12, 9, 3), dtype=np.uint8))
    return coarse.resize((320, 240), Image.Resampling.BICUBIC)


def hashes(picture: bytes, view: str = "shown") -> dict[str, str]:
    """As a list's author would write them down."""
    rows = run_filter(PictureHashesFilter(), image_batch([picture])).prints.filter(pl.col("view") == view)
    words = ("bits_0", "bits_1", "bits_2", "bits_3")
    return {
        row["algorithm"]: "".join(f"{row[word]:016x}" for word in words if row[word] is not None)
        for row in rows.iter_rows(named=True)
    }


def items(findings: Findings) -> list[tuple[object, ...]]:
    return findings.items.select("status", "listed", "algorithm", "distance", "list", "entry").rows()


UNLISTED = ("seen", 0.0, None, None, None, None)


def test_texts_and_pictures_are_found_by_their_bytes_whoever_decodes_them(make: Make) -> None:
    broken = b"\xff\xd8\xff\xe0 no picture"
    by = make(("sha256", hashlib.sha256(b"a text").hexdigest()), ("md5", hashlib.md5(broken).hexdigest(), 0, "b-7"))
    found = run_filter(by, mixed_batch(["a text", "a text ", broken, broken + b"."]))
    assert items(found) == [
        ("seen", 1.0, "sha256", 0.0, "list", "line 2"),
        UNLISTED,
        ("seen", 1.0, "md5", 0.0, "list", "b-7"),
        UNLISTED,
    ]
    assert found.items["too_flat"].to_list() == [0.0] * 4


def test_a_list_of_bytes_has_no_picture_decoded(make: Make, photo: Image.Image, saved: Saved) -> None:
    by = make(("md5", "0" * 32))
    batch = image_batch([saved(photo, "PNG")])
    assert by.readings == ()
    assert look_at(batch, [by]) == Looks()
    assert look_at(batch, [by, PictureHashesFilter()]).by_content
    assert items(run_filter(by, batch, looks=look_at(batch, [by]))) == [UNLISTED]
    assert by.spec.libraries == ()


@pytest.mark.parametrize("algorithm", ["pdq", "phash", "dhash"])
def test_a_picture_saved_again_is_found_by_its_looks(
    make: Make, photo: Image.Image, saved: Saved, drawing: Image.Image, algorithm: str
) -> None:
    original = saved(photo, "PNG")
    by = make((algorithm, hashes(original)[algorithm], "", "e-1"))
    again = [saved(photo.resize((200, 150)), "JPEG", quality=60), saved(photo, "WEBP", quality=50)]
    found = run_filter(by, image_batch([original, *again, saved(drawing, "PNG")]))
    assert items(found)[0] == ("seen", 1.0, algorithm, 0.0, "list", "e-1")
    assert found.items["listed"].to_list() == [1.0, 1.0, 1.0, 0.0]
    assert {name for name, _ in by.spec.libraries} == {"imagehash", "numpy", "pdqhash", "pillow", "scipy"}


def test_a_picture_that_exif_turns_is_compared_both_ways(make: Make, photo: Image.Image, saved: Saved) -> None:
    exif = Image.Exif()
    exif[0x0112] = TURNED
    turned = saved(photo, "PNG", exif=exif)
    shown, stored = hashes(turned)["pdq"], hashes(turned, "stored")["pdq"]
    assert stored == hashes(saved(photo, "PNG"))["pdq"] != shown
    for hash_ in (shown, stored):
        assert items(run_filter(make(("pdq", hash_)), image_batch([turned]))) == [
            ("seen", 1.0, "pdq", 0.0, "list", "line 2")
        ]


def test_a_flat_picture_is_no_match_for_pdq_and_says_so(make: Make, photo: Image.Image, saved: Saved) -> None:
    flat, full = saved(Image.new("RGB", (300, 300), "red"), "PNG"), saved(photo, "PNG")
    by = make(("pdq", hashes(flat)["pdq"]))
    found = run_filter(by, mixed_batch([flat, full, "a text"]))
    assert items(found) == [UNLISTED] * 3
    assert found.items["too_flat"].to_list() == [1.0, 0.0, 0.0]
    alike = make(("phash", hashes(flat)["phash"]))
    assert run_filter(alike, image_batch([flat])).items.select("listed", "too_flat").rows() == [(1.0, 0.0)]


def test_what_nobody_could_see_is_held_unless_it_is_listed_by_its_bytes(
    make: Make, photo: Image.Image, saved: Saved
) -> None:
    whole = saved(photo, "PNG")
    cut, large = whole[: len(whole) // 2], saved(photo.resize((400, 400)), "PNG")
    by = make(("phash", "0" * 16), ("sha1", hashlib.sha1(cut).hexdigest()), max_pixels=100_000)
    found = run_filter(by, image_batch([cut, cut[:-1], large, whole])).items
    assert found["status"].to_list() == ["seen", "unreadable", "too_long", "seen"]
    assert found["listed"].to_list() == [1.0, None, None, 0.0]
    assert found["problem"].to_list()[1:] == ["picture_truncated", "picture_too_large", None]


def test_pictures_that_were_decoded_for_others_are_compared_too(make: Make, photo: Image.Image, saved: Saved) -> None:
    picture = saved(photo, "PNG")
    by, batch = make(("dhash", hashes(picture)["dhash"])), image_batch([picture, b"none"])
    looks = look_at(batch, [PictureHashesFilter(), by])
    assert items(run_filter(by, batch, looks=looks)) == items(run_filter(by, batch))


def test_a_changed_list_is_another_filter_and_its_place_is_none(make: Make, tmp_path: Path) -> None:
    entries = [("md5", "0" * 32)]
    before = make(*entries).spec
    elsewhere = tmp_path / "elsewhere" / "list.csv"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes((tmp_path / "list.csv").read_bytes())
    assert BlocklistFilter(lists=(str(elsewhere),)).spec == before
    assert dict(before.models) == {"list": hashlib.sha256(elsewhere.read_bytes()).hexdigest()}
    assert make(*entries, ("md5", "1" * 32)).spec.digest != before.digest


@pytest.mark.parametrize("pixels", [0, 178_000_001])
def test_a_limit_that_is_none_is_an_error(make: Make, pixels: int) -> None:
    with pytest.raises(ConfigError, match=f"max_pixels is {pixels}, expected 1 to"):
        make(("md5", "0" * 32), max_pixels=pixels)


def test_the_faults_of_all_lists_are_said_at_once(make: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        make(one=[("md5", "0" * 31)], two=[("md5", "0" * 32)], three=[("md4", "0" * 32)])
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["one.csv", "three.csv"]
    (tmp_path / "two.txt").write_text("0" * 64)
    with pytest.raises(ConfigError, match="two lists are called 'two'"):
        BlocklistFilter(lists=(str(tmp_path / "two.csv"), str(tmp_path / "two.txt")))
    with pytest.raises(ConfigError, match="needs a file in `lists`"):
        BlocklistFilter(lists=())


def test_the_recipe_says_of_which_algorithm_needles_are(tmp_path: Path) -> None:
    (tmp_path / "bytes.txt").write_text(hashlib.sha256(b"canary").hexdigest())
    lists = (str(tmp_path / "bytes.txt"),)
    taken, said = BlocklistFilter(lists=lists), BlocklistFilter(lists=lists, algorithms=("bytes=sha256",))
    batch = mixed_batch([b"canary", "canary", "other"])
    assert run_filter(said, batch).items["listed"].to_list() == [1, 1, 0]
    assert run_filter(taken, batch).items["listed"].to_list() == [None, 0, 0]
    assert (said.readings, taken.spec.digest == said.spec.digest) == ((), False)
    assert dict(said.spec.parameters) == {"algorithms": (("bytes", "sha256"),)}


@pytest.mark.parametrize(
    ("algorithms", "fault"),
    [
        (("bytes",), "expected LIST=ALGORITHM"),
        (("bytes=sha265",), "unknown algorithm 'sha265'. Did you mean 'sha256'?"),
        (("byte=sha256",), "unknown list 'byte'. Did you mean 'bytes'?"),
        (("bytes=sha256", "bytes=pdq"), "bytes is named twice"),
    ],
)
def test_an_algorithm_that_is_said_wrongly_is_refused(tmp_path: Path, algorithms: tuple[str, ...], fault: str) -> None:
    (tmp_path / "bytes.txt").write_text("0" * 64)
    with pytest.raises(ConfigError, match=re.escape(fault)):
        BlocklistFilter(lists=(str(tmp_path / "bytes.txt"),), algorithms=algorithms)


def policy(**sections: object) -> Policy:
    whole: Mapping[str, object] = {"name": "p", "version": "1", "licence": {"allow": ["permissive"]}, **sections}
    return Policy.model_validate(whole)


@pytest.mark.parametrize("outcome", ["drop", "hold"])
def test_a_policy_says_what_becomes_of_a_listed_item(make: Make, outcome: str) -> None:
    by = make(("sha256", hashlib.sha256(b"a text").hexdigest(), 0, "e-1"))
    batch = text_batch(["a text", "another"])
    section = {} if outcome == "drop" else {"on_listed": outcome}
    decided = decide(policy(blocklist=section), batch, {"blocklist": run_filter(by, batch)}, [by.spec])
    said = decided.select("position", "outcome", "reason", "rule", "label", "measure", "value", "limit").rows()
    assert said == [(0, outcome, "blocklisted", "blocklist.on_listed", "list/e-1", "listed", 1.0, 0.0)]
    rules = rules_in_force(policy(blocklist=section), [by.spec])
    assert {"blocklist.on_listed", "blocklist"} == {each["rule"] for each in rules if each["filter"] == "blocklist"}


def test_what_has_no_count_is_held(make: Make, photo: Image.Image, saved: Saved) -> None:
    by, batch = make(("phash", "0" * 16)), image_batch([b"none", saved(photo, "PNG")])
    findings = run_filter(by, batch)
    decided = decide(policy(blocklist={}), batch, {"blocklist": findings}, [by.spec])
    assert decided.select("position", "outcome", "reason").rows() == [(0, "hold", "picture_unreadable")]
    counted = findings.items.with_columns(pl.lit(None, dtype=pl.Float64).alias("listed"))
    decided = decide(policy(blocklist={}), batch, {"blocklist": Findings(items=counted)}, [by.spec])
    assert decided["reason"].to_list() == ["picture_unreadable", "score_missing"]


def test_flat_pictures_can_be_held_by_a_limit(make: Make, saved: Saved) -> None:
    by = make(("pdq", "5a" * 32))
    batch = mixed_batch([saved(Image.new("RGB", (80, 80), "red"), "PNG"), "a text"])
    limit = {"filter": "blocklist", "measure": "too_flat", "above": 0, "outcome": "hold"}
    decided = decide(policy(blocklist={}, limits=[limit]), batch, {"blocklist": run_filter(by, batch)}, [by.spec])
    assert decided.select("position", "outcome", "reason").rows() == [(0, "hold", "limit_passed")]


def test_policy_and_recipe_must_both_speak_of_it(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"Add `blocklist: {lists: \[LIST.csv\]}` under `filters`, or take it out"):
        policy(blocklist={}).require([], "recipe.yaml")
    with pytest.raises(ConfigError, match=r"says nothing of it\. Give the policy a section `blocklist`"):
        policy().require([make(("md5", "0" * 32)).spec], "recipe.yaml")


def test_bytes_of_a_picture_are_those_that_came(make: Make, photo: Image.Image, saved: Saved) -> None:
    picture = saved(photo, "PNG")
    with BytesIO(picture) as file, Image.open(file) as opened:
        again = saved(opened, "PNG", compress_level=1)
    by = make(("sha1", hashlib.sha1(picture).hexdigest()))
    assert run_filter(by, image_batch([picture, again])).items["listed"].to_list() == [1.0, 0.0]
