"""Blocklists, end to end: what is listed is in no release, and no hash is in anything that a run leaves or says."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import imagehash
import numpy as np
import pdqhash
import polars as pl
import pytest
from PIL import Image

from audits.run import run_audits
from catalog.query import query
from flows.cli import run as command_line
from flows.means import Means
from flows.plan import make_plan
from flows.stages import curate_all
from flows.workspace import Workspace
from tamis.errors import ConfigError
from tests.flows.test_canaries import rows_of

LETTER = "A letter that somebody asked to have out of every collection."
POLICY = """\
name: test
version: "1"
licence: {allow: [public_domain]}
blocklist: {}
exact_duplicates: {}
"""


def picture(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((240, 180), Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str) -> bytes:
    with io.BytesIO() as file:
        image.save(file, format=kind)
        return file.getvalue()


def pdq(image: Image.Image) -> str:
    bits, _ = pdqhash.compute(np.asarray(image))
    return np.packbits(bits).tobytes().hex()


@dataclass(frozen=True)
class Listed:
    """The list that is planted, and what it must not leave anywhere."""

    csv: str
    needles: str
    hashes: tuple[str, ...]


def listed() -> Listed:
    letter = hashlib.sha256(LETTER.encode()).hexdigest()
    copy = hashlib.md5(saved(picture(1), "PNG")).hexdigest()
    looks, look = str(imagehash.phash(picture(2).convert("L"))), pdq(picture(3))
    never = hashlib.sha1(b"not in the corpus").hexdigest()
    rows = [f"sha256,{letter},,{letter}", f"md5,{copy},,case-17", f"phash,{looks},4,", f"sha1,{never},,{never}"]
    return Listed(
        "\n".join(["algorithm,hash,distance,id", *rows]), f"{look},{look}\n", (letter, copy, looks, look, never)
    )


def write(root: Path, *, lists: str = "[lists/body.csv, lists/needles.txt]", version: str = "1") -> Workspace:
    for folder in ("letters", "pictures", "lists"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "letters" / "a.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in (LETTER, "Another.")))
    for seed in range(6):
        (root / "pictures" / f"{seed}.png").write_bytes(saved(picture(seed), "PNG"))
    (root / "pictures" / "3-again.jpg").write_bytes(saved(picture(3).resize((200, 150)), "JPEG"))
    planted = listed()
    (root / "lists" / "body.csv").write_text(planted.csv)
    (root / "lists" / "needles.txt").write_text(planted.needles)
    (root / "policy.yaml").write_text(POLICY)
    (root / "recipe.yaml").write_text(
        "name: listed\ncorpora:\n"
        "  - {name: letters, format: jsonl, path: letters, licence: CC0-1.0}\n"
        "  - {name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}\n"
        f"filters: {{licence: {{}}, blocklist: {{lists: {lists}}}, exact_duplicates: {{}}}}\n"
        f'release: {{name: listed, version: "{version}"}}\n'
    )
    return Workspace.of(root)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    """A run by the command line, and what it said, with what `plan`, `verify` and `explain` say after it."""
    workspace = write(tmp_path_factory.mktemp("listed"))
    said = told(workspace, "curate", "--direct", "--workers", "0")
    item = query(catalog(workspace), "SELECT item FROM item WHERE reason = 'blocklisted' ORDER BY path").rows[0][0]
    commands = (("plan",), ("verify",), ("audit",), ("explain", item))
    return workspace, "\n".join([said, *(told(workspace, *command) for command in commands)])


def told(workspace: Workspace, *arguments: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        assert command_line([*arguments, "-w", str(workspace.root)]) == 0
    return said.getvalue()


def catalog(workspace: Workspace) -> Path:
    return max((workspace.root / "catalog").glob("*.duckdb"))


def test_what_is_listed_is_dropped_with_list_entry_algorithm_and_distance(curated: tuple[Workspace, str]) -> None:
    asked = (
        "SELECT coalesce(i.path, i.kind), r.outcome, r.label, r.value, f.algorithm, f.distance FROM rule_fired AS r "
        "INNER JOIN item AS i ON i.run = r.run AND i.item = r.item INNER JOIN log.item AS p ON p.run = i.run "
        "AND hex128(p.item_hi, p.item_lo) = i.item INNER JOIN log.finding_blocklist AS f "
        "ON f.run = p.run AND f.shard = p.shard AND f.position = p.position ORDER BY r.label, f.distance"
    )
    with duckdb.connect(catalog(curated[0]), read_only=True) as connection:
        rows = connection.execute(asked).fetchall()
    assert [(Path(path).name, *rest) for path, *rest in rows[:3]] == [
        ("1.png", "drop", "body/case-17", 1.0, "md5", 0.0),
        ("text", "drop", "body/line 2", 1.0, "sha256", 0.0),
        ("2.png", "drop", "body/line 4", 1.0, "phash", 0.0),
    ]
    assert [(Path(path).name, label, algorithm) for path, _, label, _, algorithm, _ in rows[3:]] == [
        ("3.png", "needles/line 1", "pdq"),
        ("3-again.jpg", "needles/line 1", "pdq"),
    ]
    assert 0 < rows[4][-1] <= 31


def test_the_release_holds_the_rest_alone(curated: tuple[Workspace, str]) -> None:
    release = curated[0].releases / "listed" / "1"
    assert pl.read_parquet(release / "text")["text"].to_list() == ["Another."]
    pictures = {hashlib.md5(data).hexdigest() for data in pl.read_parquet(release / "images")["image"].struct["bytes"]}
    assert pictures == {hashlib.md5(saved(picture(seed), "PNG")).hexdigest() for seed in (0, 4, 5)}


def test_a_list_is_on_record_by_its_digest(curated: tuple[Workspace, str]) -> None:
    planted = listed()
    models = query(catalog(curated[0]), "SELECT models FROM filter_used WHERE filter = 'blocklist'").rows[0][0]
    assert models == {
        "body": hashlib.sha256(planted.csv.encode()).hexdigest(),
        "needles": hashlib.sha256(planted.needles.encode()).hexdigest(),
    }


def test_no_hash_of_a_list_is_in_a_byte_of_what_a_run_leaves_or_says(curated: tuple[Workspace, str]) -> None:
    workspace, said = curated
    sought = set()
    for hash_ in listed().hashes:
        words = [hash_[start : start + 16] for start in range(0, len(hash_) - 15, 16)]
        numbers = [int(word, 16) for word in words]
        sought |= {form.encode() for form in (hash_, hash_.upper(), *words, *map(str, numbers))}
        sought |= {bytes.fromhex(hash_), *(number.to_bytes(8, "little") for number in numbers)}
    looked_at = 0
    for path in workspace.root.rglob("*"):
        if path.is_file() and path.relative_to(workspace.root).parts[0] not in {"letters", "pictures", "lists"}:
            data = path.read_bytes() + str(path).encode()
            if path.suffix == ".parquet":
                data += "\n".join(map(str, pl.read_parquet(path).rows())).encode()
            elif path.suffix == ".duckdb":
                data += "\n".join(rows_of(path)).encode()
            assert not any(form in data for form in sought), path
            looked_at += 1
    assert looked_at > 20
    assert not any(form in said.encode() for form in sought)
    assert "body/case-17" in said
    assert any(form in (workspace.root / "lists" / "body.csv").read_bytes() for form in sought)


def found(catalog: Path) -> list[tuple[object, ...]]:
    """Release, list and entry of what the audit says."""
    checks = {result.name: result for result in run_audits(catalog)}
    check = checks["blocklisted_in_release"]
    assert check.blocks == bool(check.rows)
    return [tuple(row[place] for place in (0, 3, 4)) for row in sorted(check.rows, key=str)]


def test_what_a_later_list_names_is_told_of_a_release_that_holds_it_already(
    curated: tuple[Workspace, str], tmp_path: Path
) -> None:
    """And only the filter whose list changed measures again."""
    workspace = Workspace.of(shutil.copytree(curated[0].root, tmp_path / "later"))
    assert found(catalog(workspace)) == []
    with (workspace.root / "lists" / "needles.txt").open("a") as needles:
        needles.write(f"{pdq(picture(4))},new\n")
    recipe = (workspace.root / "recipe.yaml").read_text()
    (workspace.root / "recipe.yaml").write_text(recipe.replace('version: "1"', 'version: "2"'))
    later = curate_all(workspace, Means(0, quiet=True))
    assert found(later.catalog.path) == [("listed@1", "needles", "new")]
    assert later.measured == 2  # shards, by one filter
    images = [pl.read_parquet(workspace.releases / "listed" / version / "images") for version in ("1", "2")]
    assert images[0].height == images[1].height + 1


def test_a_list_is_found_from_the_recipes_folder_and_its_faults_have_the_recipes_line(tmp_path: Path) -> None:
    runs = [make_plan(write(tmp_path / name)).run for name in ("here", "there")]
    assert runs[0] == runs[1]
    (tmp_path / "here" / "lists" / "body.csv").write_text("algorithm,hash\nmd5,00\nmd5,0\n")
    with pytest.raises(ConfigError) as caught:
        make_plan(Workspace.of(tmp_path / "here"))
    assert [re.sub(r": its hash.*", "", problem) for problem in caught.value.problems] == [
        "recipe.yaml:5: body.csv:2",
        "recipe.yaml:5: body.csv:3",
    ]
