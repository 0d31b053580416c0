"""A small real workspace: texts and pictures, good and bad, with planted addresses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace

CANARIES = tuple(f"canary.{place}@planted-{place}.com" for place in ("text", "id", "title", "url", "file", "author"))
"""Addresses planted in every place where a corpus author could leave one."""

FILTERS = ("personal_data", "nsfw", "licence", "exact_duplicates")

POLICY = """\
name: test
version: "1"
personal_data: {default: redact}
nsfw: {}
licence: {allow: [permissive, public_domain, attribution], review: [share_alike]}
exact_duplicates: {}
"""


def png(colour: int) -> bytes:
    with io.BytesIO() as saved:
        Image.new("RGB", (40, 30), (colour, 90, 60)).save(saved, format="PNG")
        return saved.getvalue()


def letter(number: int) -> str:
    return json.dumps(
        {
            "text": f"Letter {number}: write to {CANARIES[0]} or come by. " * (1 + number % 3),
            "id": f"{number} {CANARIES[1]}",
            "title": f"Title <script>alert(1)</script> {CANARIES[2]}",
            "url": f"https://example.org/?mail={CANARIES[3]}",
            "author": f"Ann <{CANARIES[5]}>",
            "licence": ("MIT", "CC-BY-4.0", "GPL-3.0-only", "", "CC-BY-SA-4.0")[number % 5],
        }
    )


def plain(number: int) -> str:
    return json.dumps({"text": f"Nothing personal in number {number % 90}.", "id": number, "licence": "Apache-2.0"})


def write_corpora(folder: Path) -> int:
    """Writes two corpora; returns how many positions they have, counted while writing."""
    letters, pictures = folder / "letters", folder / "pictures"
    letters.mkdir(parents=True)
    pictures.mkdir()
    bad = ["{broken", "[1]", '{"text": 5, "licence": "MIT"}', '{"no": "text"}']
    (letters / "a.jsonl").write_text("\n".join([*map(letter, range(60)), *bad]) + "\n")
    (letters / f"{CANARIES[4]}.jsonl").write_text("\n".join(map(letter, range(30, 50))) + "\n")
    (letters / "plain.jsonl").write_text("\n".join(map(plain, range(120))) + "\n")
    for number in range(8):
        (pictures / f"{number}.png").write_bytes(png(number * 20))
    (pictures / "twin.png").write_bytes(png(0))
    (pictures / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return 60 + len(bad) + 20 + 120 + 10


def write_recipe(folder: Path, *, filters: tuple[str, ...] = FILTERS, version: str = "1.0.0") -> None:
    named = "\n".join(f"  {name}: {{}}" for name in filters)
    (folder / "recipe.yaml").write_text(
        "name: test\n"
        "corpora:\n"
        "  - {name: letters, format: jsonl, path: letters}\n"
        "  - {name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}\n"
        f"filters:\n{named}\n"
        f'release: {{name: test, version: "{version}"}}\n'
    )


def make_workspace(folder: Path) -> Workspace:
    """A workspace with corpora, recipe and policy; `folder` is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_corpora(folder)
    write_recipe(folder)
    (folder / "policy.yaml").write_text(POLICY)
    return Workspace.of(folder)


def curate_small(folder: Path) -> Outcome:
    """What a run over such a workspace leaves behind, for tests that only read it."""
    return curate_all(make_workspace(folder), Means(0, quiet=True))


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return make_workspace(tmp_path / "workspace")
