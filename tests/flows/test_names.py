"""A run with a model: names are masked, the sample gives an estimate, and the model is on record by its digest."""

from importlib.util import find_spec

import polars as pl
import pytest

from benchmarks import tiny_names
from catalog.publish import current
from catalog.query import query
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(find_spec(package) for package in ("torch", "transformers")),
        reason="torch and transformers are not installed (names.lock)",
    ),
]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    import random

    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("names")
    tiny_names.build(folder / "models" / "tiny")
    dice = random.Random(3)
    said = [tiny_names.sentence(dice, dice.choice(tiny_names.SHAPES))[0] for _ in range(80)]
    texts = [f"{text} mail@example.org" if place < 10 else text for place, text in enumerate(said)]
    pl.DataFrame({"text": texts, "licence": ["MIT"] * len(texts)}).write_ndjson(folder / "letters.jsonl")
    (folder / "recipe.yaml").write_text(
        "name: small\ncorpora: [{name: letters, format: jsonl, path: letters.jsonl}]\n"
        "filters:\n  licence: {}\n  personal_data:\n    entities: [EMAIL_ADDRESS]\n    model: models/tiny\n"
        '    model_sample: 0.4\nrelease: {name: small, version: "1"}\n'
    )
    (folder / "policy.yaml").write_text(
        'name: test\nversion: "1"\nlicence: {allow: [permissive]}\npersonal_data: {kinds: {LOCATION: keep}}\n'
    )
    workspace = Workspace.of(folder)
    done = curate_all(workspace, Means(0, quiet=True))
    torch.set_num_threads(threads)
    return workspace, done


def test_the_view_and_the_card_say_what_the_sample_held(outcome):
    workspace, done = outcome
    path = current(workspace.catalogs).path
    [row] = query(
        path, "SELECT asked_besides, sampled, not_asked, with_more, share, low, high FROM personal_data_left"
    ).rows
    besides, sampled, not_asked, with_more, share, low, high = row
    assert besides == 10
    assert sampled + not_asked == 70
    assert 10 < sampled < 50
    assert with_more / sampled == pytest.approx(share)
    assert 0 <= low < share <= high <= 1
    card = (done.release.folder / "README.md").read_text()
    assert f"A model looked at a random sample of {sampled} texts in which the patterns had found nothing" in card
    assert "by patterns and a model" in card
    assert "names of people" in card.split("were looked for")[0]


def test_the_interval_is_that_of_wilson(outcome):
    from tamis.intervals import wilson

    workspace, _ = outcome
    sql = "SELECT with_more, sampled, low, high FROM personal_data_left"
    [(with_more, sampled, low, high)] = query(current(workspace.catalogs).path, sql).rows
    assert (low, high) == pytest.approx(wilson(with_more, sampled), abs=1e-4)


def test_names_are_masked_where_the_policy_says_so(outcome):
    workspace, done = outcome
    texts = pl.read_parquet(done.release.folder / "text" / "*" / "*.parquet")["text"]
    assert texts.str.contains("<PERSON>", literal=True).sum() > 10
    assert not texts.str.contains("<LOCATION>", literal=True).any()
    kinds = query(current(workspace.catalogs).path, "SELECT DISTINCT kind FROM span ORDER BY kind").rows
    assert {kind for (kind,) in kinds} == {"EMAIL_ADDRESS", "LOCATION", "PERSON"}


def test_the_model_is_known_by_its_digest_and_not_by_where_it_lies(outcome):
    workspace, _ = outcome
    path = current(workspace.catalogs).path
    [(models,)] = query(path, "SELECT models FROM filter_used WHERE filter = 'personal_data'").rows
    assert "tiny" in models
    assert str(workspace.root) not in models
    assert str(workspace.root).encode() not in path.read_bytes()
