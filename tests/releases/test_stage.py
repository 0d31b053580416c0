"""What is staged becomes a release only if there is something in it."""

import pytest

from catalog.query import query
from flows.cli import run as command_line
from flows.workspace import published_in


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "letters.jsonl").write_text('{"text": "One.", "licence": "SSPL-1.0"}\n{\n')
    (tmp_path / "recipe.yaml").write_text(
        "name: small\n"
        "corpora: [{name: letters, format: jsonl, path: letters.jsonl}]\n"
        "filters: {licence: {}}\n"
        'release: {name: small, version: "1"}\n'
    )
    (tmp_path / "policy.yaml").write_text('name: test\nversion: "1"\nlicence: {allow: [permissive]}\n')
    return tmp_path


def test_a_release_that_would_hold_nothing_is_not_sealed_and_its_version_is_free(folder, capsys):
    curate = ["curate", str(folder), "--direct", "--workers", "0", "--quiet"]
    assert command_line(curate) == 1
    assert "small@1: nothing stays: of 2 items all are held or dropped. Not sealed" in capsys.readouterr().err
    assert not (folder / "releases").exists()
    assert not list(folder.glob("store/releases/*"))
    assert query(published_in(folder).path, "SELECT sum(items)::BIGINT FROM held").rows == ((2,),)
    (folder / "policy.yaml").write_text('name: test\nversion: "1"\nlicence: {allow: [permissive, restricted]}\n')
    assert command_line(curate) == 0
    assert (folder / "releases" / "small" / "1" / "manifest.json").exists()
