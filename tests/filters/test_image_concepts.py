"""Pictures scored by concepts in words: open_clip's own zero-shot classifier, added up by groups."""

import numpy as np
import polars as pl
import pytest

from benchmarks import random_clip
from filters.base import run_filter
from filters.image_concepts import ImageConceptsFilter
from filters.nsfw import NsfwFilter
from filters.pictures.clip.concepts import BUILT_IN, concept_scores, read_concepts
from filters.pictures.vectors import frame_of
from tamis.errors import ConfigError, ContractError
from tamis.records import Findings
from tamis.testing import image_batch

FILE = """
templates = ["a photo of {}.", "{}!"]

[[group]]
name = "bad"
unsafe = true
concepts = ["red things", "round things"]

[[group]]
name = "good"
unsafe = false
concepts = ["blue things", "square things", "small things"]

[[group]]
name = "worse"
unsafe = true
concepts = ["green things"]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "concepts.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def head(file, embedding):
    return ImageConceptsFilter(concepts=str(file)).bound_to(embedding)


@pytest.fixture
def vectors(embedding):
    dice = np.random.default_rng(3)
    drawn = dice.normal(size=(7, embedding.model.dimensions)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def found_with(vectors, embedding):
    """What the source would have found: two views each of two pictures, one of the next, none of one not seen."""
    rows = [(0, "seen"), (1, "seen"), (2, "seen"), (3, "unreadable"), (4, "failed")]
    items = pl.DataFrame(
        [(position, status, None, None, None) for position, status in rows], schema=embedding.spec.schema, orient="row"
    )
    return Findings(items, embeddings=frame_of([(0, vectors[:2]), (1, vectors[2:4]), (2, vectors[4:5])]))


def test_scores_are_those_of_open_clips_zero_shot_classifier(clip_folder, embedding, file, vectors):
    library = random_clip.import_open_clip()
    network, concepts = embedding.model.network, read_concepts(file)
    words = [concept for group in concepts.groups for concept in group.concepts]
    weights = library.build_zero_shot_classifier(
        network, library.get_tokenizer(f"local-dir:{clip_folder}"), words, concepts.templates
    )
    logits = network.logit_scale.detach().exp().item() * vectors @ weights.numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    unsafe, groups = concept_scores(embedding.model, concepts).of(vectors)
    assert unsafe == pytest.approx(shares[:, [0, 1, 5]].sum(axis=1), abs=1e-4)
    by_group = np.column_stack([shares[:, :2].sum(axis=1), shares[:, 2:5].sum(axis=1), shares[:, 5]])
    assert groups.tolist() == by_group.argmax(axis=1).tolist()
    assert len(set(groups.tolist())) > 1


def test_the_view_that_scores_highest_counts_with_its_group(embedding, head, file, vectors):
    concepts = read_concepts(file)
    unsafe, groups = concept_scores(embedding.model, concepts).of(vectors)
    items = head.score(found_with(vectors, embedding)).items
    for position, views in enumerate((slice(0, 2), slice(2, 4), slice(4, 5))):
        best = views.start + int(unsafe[views].argmax())
        assert items["unsafe"][position] == pytest.approx(unsafe[best], abs=1e-2)  # the record is in half precision
        assert items["group"][position] == concepts.labels[groups[best]]


def test_what_the_source_could_not_see_is_not_scored_and_says_why(embedding, head, vectors):
    items = head.score(found_with(vectors, embedding)).items
    assert items["status"].to_list() == ["seen", "seen", "seen", "unreadable", "failed"]
    assert items["unsafe"].is_null().to_list() == items["group"].is_null().to_list() == [False] * 3 + [True] * 2


def test_a_head_scores_from_the_record_as_it_does_by_itself(embedding, head, drawing, saved):
    batch = image_batch([saved(drawing, "PNG"), b"no picture", saved(drawing.rotate(90), "PNG"), saved(drawing, "PNG")])
    source = run_filter(embedding, batch)
    without_pictures = batch.with_columns(image=pl.lit(b"gone"))
    assert run_filter(head, without_pictures, source=source).items.equals(run_filter(head, batch).items)


def test_the_head_is_named_by_what_it_reads_too(embedding, head, file, clip_folder):
    unbound = ImageConceptsFilter(concepts=str(file))
    assert dict(head.spec.models)["image_embedding"] == embedding.spec.digest
    assert head.spec.digest != unbound.spec.digest
    file.write_text(FILE + "# a change\n")
    assert ImageConceptsFilter(concepts=str(file)).bound_to(embedding).spec.digest != head.spec.digest


@pytest.mark.clip
def test_a_head_cannot_be_used_before_it_is_bound(drawing, saved):
    with pytest.raises(ContractError, match="bound to its source before it is used"):
        run_filter(ImageConceptsFilter(), image_batch([saved(drawing, "PNG")]))


def test_a_source_without_words_is_refused(embedding):
    with pytest.raises(ConfigError, match="nsfw has no model that knows words"):
        ImageConceptsFilter().bound_to(NsfwFilter())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "bad"', 'name = "good"', "two groups are named 'good'"),
        ('name = "bad"', 'name = "Bad!"', r"group\[0\]: name: expected a word"),
        ("unsafe = false", "unsafe = true", "at least one group that is unsafe and one that is not"),
        ("unsafe = true", "unsafe = 1", r"group\[0\]: unsafe: expected true or false"),
        ('["green things"]', "[]", r"group\[2\]: concepts: expected a list of words"),
        ('["green things"]', '["green things", 3]', r"group\[2\]: concepts: expected a list of words"),
        ('"{}!"', '"no place"', "templates: expected sentences with one {} each"),
        ("templates", "template", "unknown key 'template'. Known: group, templates"),
        ("concepts =", "concept =", r"group\[0\]: unknown key 'concept'"),
        ("[[group]]", "[group", "cannot be read as TOML"),
        ("[[group]]", "[[groups]]", r"expected \[\[group\]\] sections"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(file, old, new, said):
    file.write_text(FILE.replace(old, new))
    with pytest.raises(ConfigError, match=said):
        read_concepts(file)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.toml cannot be read"):
        read_concepts(tmp_path / "nowhere.toml")


def test_the_concepts_that_come_with_us_have_harmless_ones_for_the_unsafe_ones():
    labels = read_concepts(BUILT_IN).labels
    assert {"beach", "medical", "classical_art", "breastfeeding", "sculpture", "swimwear"} < set(labels)
