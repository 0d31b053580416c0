"""Every line of Python in docs/releases.md is run, offline, on a release with texts, pictures and records."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from flows.cli import run as command_line
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace

PAGE = (Path(__file__).parents[2] / "docs" / "releases.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
PINNED = "71c2964751e35f435be00555abc0b79084fcce8f66c7dd8ac0e958df02da8672"
TEXTS, PICTURES = 40, 6
SPLITS = "splits: {train: 0.6, validation: 0.2, test: 0.2}"


def png(number):
    with io.BytesIO() as saved:
        Image.new("RGB", (40 + number, 30), (number * 9, 90, 60)).save(saved, format="PNG")
        return saved.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder that holds `1.0.0`, and `2.0.0`, which has splits."""
    root = tmp_path_factory.mktemp("loading")
    lines = [json.dumps({"text": f"Text number {n}.", "licence": "MIT"}) for n in range(TEXTS)]
    (root / "texts.jsonl").write_text("\n".join(lines))
    pictures = [{"bytes": png(n), "path": None} for n in range(PICTURES)]
    captions = [f"Caption of picture {n}." for n in range(PICTURES)]
    pl.DataFrame({"image": pictures, "caption": captions}).write_parquet(root / "pairs.parquet")
    (root / "recipe.yaml").write_text(
        "name: first-steps\n"
        "corpora:\n"
        "  - {name: texts, format: jsonl, path: texts.jsonl}\n"
        "  - {name: pairs, format: parquet, path: pairs.parquet, licence: CC0-1.0,\n"
        "     columns: {image: image, text: caption}}\n"
        "filters: {licence: {}}\n"
        'release: {name: first-steps, version: "1.0.0"}\n'
    )
    (root / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive, public_domain], min_level: 1}\n'
    )
    first = curate_all(Workspace.of(root), Means(0, quiet=True)).release.folder
    recipe = (root / "recipe.yaml").read_text().replace('"1.0.0"', f'"2.0.0", {SPLITS}')
    (root / "recipe.yaml").write_text(recipe)
    curate_all(Workspace.of(root), Means(0, quiet=True))
    return first.parent


EACH = """
import json, sys, traceback
from contextlib import redirect_stdout
from io import StringIO
said = []
for block in json.load(sys.stdin):
    out = StringIO()
    try:
        with redirect_stdout(out):
            exec(block, {})
        said.append(out.getvalue())
    except Exception:
        said.append(traceback.format_exc())
print(json.dumps(said))
"""
"""Runs blocks of Python one after the other, each as if it were alone; says what each printed."""


def run(blocks, at, tmp_path):
    """In a process of their own: what `datasets` opens stays open otherwise."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", EACH]
    done = subprocess.run(
        command, input=json.dumps(blocks), capture_output=True, text=True, env=environment, cwd=at, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_page_has_lines_for_every_library():
    said = "\n".join(BLOCKS)
    for words in ("load_dataset", "streaming=True", "pl.scan_parquet", "duckdb.sql", "pd.read_parquet", "DataLoader"):
        assert words in said
    assert len(BLOCKS) == 16


@pytest.mark.slow
def test_every_line_of_the_page_runs(folder, tmp_path):
    digest = hashlib.sha256((folder / "1.0.0" / "manifest.json").read_bytes()).hexdigest()
    has_torch = find_spec("torch") is not None  # names.lock
    blocks = [block.replace(PINNED, digest) for block in BLOCKS if has_torch or "torch" not in block]
    outside = [block for block in blocks if re.search(r"[12]\.0\.0", block)]
    inside = [block for block in blocks if block not in outside]
    assert (len(outside), len(inside)) == (13 if has_torch else 10, 3)
    for version in ("1.0.0", "2.0.0"):
        assert run(inside, folder / version, tmp_path) == ["True\n", "as sealed\n", "True\n"]
    said = run(outside, folder, tmp_path)
    assert "Traceback" not in "".join(said), "".join(said)
    whole, columns = TEXTS + PICTURES, pl.read_parquet(folder / "1.0.0/text/*/*.parquet").width
    assert said[0] == f"{whole} Image(mode=None, decode=True) {(40, 30)}\n"
    assert f"{whole}\n" in said
    assert f"({whole}, {columns})\n" in said


@pytest.mark.slow
def test_each_library_finds_the_splits_that_are_on_record(folder, tmp_path):
    manifest = json.loads((folder / "2.0.0" / "manifest.json").read_text())
    texts = {each["split"]: each["texts"] for each in manifest["splits"]["of"]}
    program = (
        "from datasets import load_dataset\n"
        "for name in (None, 'text', 'images'):\n"
        "    print({split: rows.num_rows for split, rows in load_dataset('2.0.0', name).items()})\n"
    )
    said = [json.loads(line.replace("'", '"')) for line in run([program], folder, tmp_path)[0].splitlines()]
    assert said[0] == said[1] == texts
    assert sum(texts.values()) == TEXTS + PICTURES
    assert said[2] == {each["split"]: each["images"] for each in manifest["splits"]["of"] if each["images"]}
    at = folder / "2.0.0"
    for split, count in texts.items():
        assert pl.read_parquet(at / f"text/*/{split}-*.parquet").height == count
        assert pd.read_parquet(at / "text", filters=[("split", "==", split)]).shape[0] == count


def test_each_library_finds_all_rows(folder):
    whole = TEXTS + PICTURES
    at = folder / "1.0.0"
    assert pl.scan_parquet(f"{at}/text/*/*.parquet").select(pl.len()).collect().item() == whole
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{at}/text/*/*.parquet')").fetchall() == [(whole,)]
    assert pd.read_parquet(at / "text").shape[0] == whole
    assert pd.read_parquet(at / "images").shape[0] == PICTURES


def test_a_picture_is_decoded_to_what_went_in(folder):
    images = pl.read_parquet(folder / "1.0.0" / "images" / "*" / "*.parquet").sort("part")
    sizes = {Image.open(io.BytesIO(row["image"]["bytes"])).size for row in images.iter_rows(named=True)}
    assert sizes == {(40 + number, 30) for number in range(PICTURES)}


def test_captions_are_joined_to_their_own_pictures(folder):
    texts, images = (pl.read_parquet(f"{folder}/1.0.0/{half}/*/*.parquet") for half in ("text", "images"))
    pairs = images.join(texts.select("record", "text"), on="record").sort("record", "part")
    assert pairs.height == PICTURES
    for row in pairs.iter_rows(named=True):
        width = Image.open(io.BytesIO(row["image"]["bytes"])).size[0]
        assert row["text"] == f"Caption of picture {width - 40}."


@pytest.mark.slow
def test_batches_for_torch_hold_every_text_once(folder, tmp_path):
    pytest.importorskip("torch")  # names.lock
    program = (
        "from datasets import load_dataset\n"
        "from torch.utils.data import DataLoader\n"
        "for streaming in (False, True):\n"
        "    text = load_dataset('1.0.0', 'text', split='train', streaming=streaming)\n"
        "    text = text.select_columns(['item', 'text'])\n"
        "    batches = list(DataLoader(text.with_format('torch'), batch_size=8))\n"
        "    items = [item for batch in batches for item in batch['item']]\n"
        "    print(len(batches), len(items), len(set(items)))\n"
    )
    whole = TEXTS + PICTURES
    assert run([program], folder, tmp_path) == [f"{-(-whole // 8)} {whole} {whole}\n" * 2]


@pytest.mark.slow
def test_a_part_loads_like_a_release(folder, tmp_path):
    command = ["pull", "first-steps@1.0.0", "--from", str(folder.parents[1]), "--to", str(tmp_path / "data")]
    assert command_line([*command, "--licence", "permissive", "--quiet"]) == 0
    part = tmp_path / "data" / "first-steps" / "1.0.0+permissive"
    program = f"from datasets import load_dataset; print(load_dataset({str(part)!r}, split='train').num_rows)"
    assert run([program], tmp_path, tmp_path / "hf") == [f"{TEXTS}\n"]
