"""Tokens of a release, in its card and in the catalog, with the tokenizer that they are of."""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from catalog.query import query
from flows.means import Means
from flows.stages import Outcome, curate_all
from flows.workspace import Workspace

POLICY = """\
name: test
version: "1"
licence: {allow: [public_domain]}
exact_duplicates: {}
limits: [{filter: token_count, measure: tokens, above: 100, outcome: drop}]
"""


def curate(root: Path, parameters: str) -> Outcome:
    (root / "letters").mkdir()
    letters = ["a b c", "a b c", "c b", "a " * 200]
    (root / "letters" / "a.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in letters))
    (root / "policy.yaml").write_text(POLICY)
    (root / "recipe.yaml").write_text(
        "name: counted\ncorpora:\n  - {name: letters, format: jsonl, path: letters, licence: CC0-1.0}\n"
        f"filters: {{licence: {{}}, exact_duplicates: {{}}, token_count: {parameters}}}\n"
        'release: {name: counted, version: "1"}\n'
    )
    return curate_all(Workspace.of(root), Means(0, quiet=True))


def card(root: Path) -> str:
    return (root / "releases" / "counted" / "1" / "README.md").read_text()


@pytest.mark.skipif(find_spec("tokenizers") is None, reason="the extra tokenizers is not installed (dev.lock)")
def test_a_release_says_how_many_tokens_it_has_by_which_tokenizer(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "c": 2}, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "words.json"))
    sha256 = hashlib.sha256((tmp_path / "words.json").read_bytes()).hexdigest()
    outcome = curate(tmp_path, "{tokenizer: words.json}")
    asked = "SELECT release, tokens, estimated, tokenizer FROM release_tokens"
    assert list(query(outcome.catalog.path, asked).rows) == [("counted@1", 5, False, sha256)]
    assert f"The texts have 5 tokens, by the tokenizer whose `tokenizer.json` has the SHA-256 `{sha256}`." in card(
        tmp_path
    )


def test_an_estimate_is_called_one(tmp_path: Path) -> None:
    outcome = curate(tmp_path, "{}")
    ((tokens, estimated),) = query(outcome.catalog.path, "SELECT tokens, estimated FROM release_tokens").rows
    assert estimated
    assert f"The texts have {tokens} tokens, as estimated from their bytes: no tokenizer was asked." in card(tmp_path)
