"""A value of every default kind, plain and in disguise: neither the release nor the record knows one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from filters.personal.disguise import plain_view
from filters.personal.values import value_digest
from filters.personal_data import DEFAULT_ENTITIES
from flows.plan import make_plan
from flows.workspace import Workspace
from tamis.errors import ConfigError
from tests.filters import test_national, test_personal_data, test_secrets
from tests.flows.conftest import POLICY

_NATIONAL = [*test_national.PUBLISHED, *test_national.WITHOUT_CHECK]
_SECRETS = ("github-token", "gitlab-token", "npm-token", "digitalocean-token", "age-secret-key", "private-key")
VALUES = [
    *((kind, value) for kind, value in test_personal_data.PLANTED.items() if kind in DEFAULT_ENTITIES),
    *((one.kind, one.text) for one in _NATIONAL if one.alone and one.kind in DEFAULT_ENTITIES),
    *(("SECRET", test_secrets.PLANTED[rule][1]) for rule in _SECRETS),
]
IN_LABELS = ("jane.doe+x@mail.example.co.uk", "GB82 WEST 1234 5698 7654 32", "4111 1111 1111 1111", "+44 20 7946 0958")
"""Those that are taken out of ids, titles and addresses, too (`tamis.labels`)."""
DISGUISES: dict[str, Callable[[str], str]] = {
    "nothing": lambda value: value,
    "HTML entities": lambda value: "".join(f"&#{ord(character)};" for character in value),
    "entities twice over": lambda value: "".join(f"&amp;#x{ord(character):x};" for character in value),
    "percent signs": lambda value: "".join(f"%{ord(character):02X}" for character in value),
    "zero-width spaces": "\u200b".join,
    "bold digits": lambda value: "".join(chr(0x1D7CE + int(c)) if c in "0123456789" else c for c in value),
}


def planted() -> Iterator[str]:
    for name, disguise in DISGUISES.items():
        for number, (_, value) in enumerate(VALUES):
            yield f"\U0001f600 {name}, {number}:\r\nhere it stands: {disguise(value)} .\r\nThat was it."


def bare(text: str) -> str:
    """What a reader makes of it, letters and digits alone."""
    view = plain_view(text)
    return "".join(filter(str.isalnum, view.text if view else text)).casefold()


def rows_of(catalog: Path) -> Iterator[str]:
    """DuckDB compresses what it stores."""
    with duckdb.connect(catalog, read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        for schema, table in tables:
            yield str(connection.execute(f'SELECT * FROM {schema}."{table}"').fetchall())


def run(workspace: Path, *arguments: str) -> str:
    """What the command says on both streams."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", *arguments, "--direct", "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    root = tmp_path_factory.mktemp("canaries")
    (root / "letters").mkdir()
    for shard in range(2):
        lines = [
            json.dumps(
                {
                    "text": text,
                    "id": f"{place} {IN_LABELS[place % 4]}",
                    "title": f"A title with {DISGUISES['HTML entities'](IN_LABELS[place % 4])} in it",
                    "url": f"https://example.net/?q={DISGUISES['percent signs'](IN_LABELS[place % 4])}",
                    "licence": "MIT",
                }
            )
            for place, text in enumerate(planted())
            if place % 2 == shard
        ]
        (root / "letters" / f"{IN_LABELS[0]}-{shard}.jsonl").write_text("\n".join(lines))
    (root / "recipe.yaml").write_text(
        "name: canaries\ncorpora:\n  - {name: letters, format: jsonl, path: letters}\n"
        "filters: {personal_data: {}, nsfw: {}, licence: {}, exact_duplicates: {}}\n"
        'release: {name: canaries, version: "1"}\n'
    )
    (root / "policy.yaml").write_text(POLICY)
    return Workspace.of(root), run(root, "curate")


def released(workspace: Workspace) -> list[str]:
    return pl.read_parquet(workspace.releases / "canaries" / "1" / "text")["text"].to_list()


def test_no_masked_text_holds_a_value_however_it_is_written(curated: tuple[Workspace, str]) -> None:
    texts = released(curated[0])
    assert len(texts) == len(list(planted()))
    whole = [bare(text) for text in texts]
    left = {kind for kind, value in VALUES for text in whole if bare(value) in text}
    assert left == set()
    for text in texts:
        before, _, after = text.partition("here it stands: ")
        assert after.startswith("<"), before
        assert after.endswith("> .\r\nThat was it."), before


def test_no_value_is_in_a_byte_of_what_a_run_leaves_or_says(curated: tuple[Workspace, str]) -> None:
    workspace, said = curated
    written = {form for _, value in VALUES for disguise in DISGUISES.values() for form in (value, disguise(value))}
    written |= {str(half) for kind, value in VALUES for half in value_digest(kind, value)}
    sought = [form.encode() for form in written] + [json.dumps(form)[1:-1].encode() for form in written]
    looked_at = 0
    for path in [*workspace.root.rglob("*")]:
        if path.is_file() and path.relative_to(workspace.root).parts[0] != "letters":
            data = path.read_bytes() + str(path).encode()
            if path.suffix == ".parquet":
                data += "\n".join(map(str, pl.read_parquet(path).rows())).encode()
            elif path.suffix == ".duckdb":
                data += "\n".join(rows_of(path)).encode()
            assert not any(form in data for form in sought), path
            looked_at += 1
    assert looked_at > 20
    assert not any(form in said.encode() for form in sought)


def test_the_values_are_really_in_the_input_and_of_many_kinds(curated: tuple[Workspace, str]) -> None:
    files = (curated[0].root / "letters").iterdir()
    texts = [json.loads(line)["text"] for file in files for line in file.read_text().split("\n")]
    assert all(any(value in text for text in texts) for _, value in VALUES)
    assert len({kind for kind, _ in VALUES}) > 35


RULES = "[[rules]]\nid = 'ours'\nwhat = 'our token'\npattern = 'tms_[a-z0-9]{16}'\nkeywords = ['tms_']\n"


def test_rules_of_secrets_lie_beside_the_recipe_wherever_one_is(tmp_path: Path) -> None:
    """And the same ones elsewhere are the same filter, so that a workspace can be moved."""
    runs = []
    for name in ("here", "there"):
        root = tmp_path / name
        root.mkdir()
        (root / "own.toml").write_text(RULES)
        (root / "a.jsonl").write_text(json.dumps({"text": "It is tms_4f9k2m8x1q7z5w3v here.", "licence": "MIT"}))
        (root / "recipe.yaml").write_text(
            "name: own\ncorpora:\n  - {name: a, format: jsonl, path: a.jsonl}\n"
            "filters: {personal_data: {secret_rules: own.toml}, nsfw: {}, licence: {}, exact_duplicates: {}}\n"
            'release: {name: canaries, version: "1"}\n'
        )
        (root / "policy.yaml").write_text(POLICY)
        runs.append(run(tmp_path, "curate", "-w", name))
        assert released(Workspace.of(root)) == ["It is <SECRET> here."]
    plans = [make_plan(Workspace.of(tmp_path / name)) for name in ("here", "there")]
    assert plans[0].run == plans[1].run
    (tmp_path / "here" / "own.toml").unlink()
    with pytest.raises(ConfigError, match=r"recipe\.yaml:4: own\.toml: .*recipe's folder"):
        make_plan(Workspace.of(tmp_path / "here"))
