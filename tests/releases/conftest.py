"""A small environment whose distributions bring the texts of their licences, and what a run makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace

MIT = """\
MIT License

Copyright (c) 2019 Ada Planted <ada@planted-licence.com>
Copyright (c) 2021 The Tiny Project

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated \
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the \
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit \
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the \
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE \
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR \
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR \
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

POLICY = """\
name: test
version: "1"
personal_data: {default: redact}
licence: {allow: [permissive, public_domain, attribution, share_alike, copyleft], min_level: 1}
exact_duplicates: {}
"""

LINES = (
    '{"text": "Free for all.", "licence": "CC0-1.0", "title": "One", "author": "Bea"}',
    '{"text": "Write to bea@planted-text.com.", "licence": "CC-BY-4.0", "title": "Two", "url": "https://example.org/2"}',
    '{"text": "Shared alike.", "licence": "CC-BY-SA-4.0"}',
    '{"text": "Shared alike twice.", "licence": "GPL-2.0-only WITH Classpath-exception-2.0"}',
)


def write_distribution(folder: Path, name: str, licence: str) -> None:
    """An installed distribution with a description, a module, and its licence's text."""
    info = folder / f"{name}-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    (folder / name).mkdir()
    files = {
        f"{name}/__init__.py": f'"""What {name} does, in its own words."""\n',
        f"{name}-1.0.dist-info/licenses/LICENSE": licence,
    }
    for path, text in files.items():
        (folder / path).write_text(text)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nSummary: Small.\nAuthor: Ada\nLicense-Expression: MIT\n"
        f"\nA long description of {name}.\n"
    )
    recorded = [*files, f"{name}-1.0.dist-info/METADATA", f"{name}-1.0.dist-info/RECORD"]
    (info / "RECORD").write_text("".join(f"{each},,\n" for each in recorded))


def make_mixed(folder: Path, *, release: str = 'name: mixed, version: "1"', policy: str = POLICY) -> Workspace:
    """Texts under four licences, a picture, and three distributions, of which two lay out their licence alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("first", "second"):
        write_distribution(folder / "site", name, MIT)
    write_distribution(folder / "site", "third", MIT.replace("\n\nTHE", "\n\n\n  THE").replace("2019", "2020"))
    (folder / "texts.jsonl").write_text("\n".join(LINES))
    (folder / "recipe.yaml").write_text(
        "name: mixed\n"
        "corpora:\n"
        "  - {name: texts, format: jsonl, path: texts.jsonl}\n"
        "  - {name: packages, format: python-environment, path: site}\n"
        "filters: {personal_data: {}, licence: {}, exact_duplicates: {}}\n"
        f"release: {{{release}}}\n"
    )
    (folder / "policy.yaml").write_text(policy)
    return Workspace.of(folder)


def curate(workspace: Workspace, *, workers: int = 0, batch_size: int = 256) -> Outcome:
    return curate_all(workspace, Means(workers, batch_size, quiet=True))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Outcome:
    """What a run over such a workspace leaves behind, for tests that only read it."""
    return curate(make_mixed(tmp_path_factory.mktemp("mixed")))
