"""`tamis fit-probe` from end to end, over a log whose vectors were written by hand: no model is needed for it."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import polars as pl
import pytest

from audits.probe_fitting import is_held_out
from catalog.keyed import make_key
from catalog.log import SegmentWriter
from filters.image_embedding import NAME, ImageEmbeddingFilter
from filters.pictures.clip.probe import LEAST, fit_probe, read_probe
from filters.pictures.vectors import frame_of, unit, vectors_of
from flows.cli import run
from flows.plan import _spec_facts
from flows.workspace import Workspace
from tamis.ids import digest128
from tamis.records import DECISIONS, KEPT, FilterSpec, Findings, Shard
from tamis.testing import image_batch

MODEL, OTHER = "ab" * 32, "cd" * 32
COUNT, DIMENSIONS = 400, 16


def content(number):
    return f"canary picture {number}".encode()


def made_vectors(*, views=1, count=COUNT, seed=3):
    """A plane parts the classes but for noise: for each picture the vectors of its views, and its class."""
    dice = np.random.default_rng(seed)
    first = unit(dice.normal(size=(count, DIMENSIONS)).astype(np.float32))
    high = first @ np.sin(np.arange(DIMENSIONS)) + 0.4 * dice.normal(size=count) > 0.3
    others = unit(dice.normal(size=(count, views - 1, DIMENSIONS)).astype(np.float32))
    return np.concatenate([first[:, None], others], axis=1), high


VECTORS, HIGH = made_vectors(views=2)


def spec_of(model):
    return FilterSpec(
        name=NAME,
        version="1",
        kinds=("image",),
        reads="content",
        measures=ImageEmbeddingFilter.MEASURES,
        parameters=(("model", f"local-dir:{model[:2]}"),),
        models=(("model", model),),
    )


def record(workspace, vectors, *, run="r1", model=MODEL, numbers=None, shard="a"):
    """A run as it stands in a log, with these vectors of the pictures of these numbers."""
    key = make_key(workspace.key_file)
    numbers = range(len(vectors)) if numbers is None else numbers
    spec = spec_of(model)
    empty = {"name": "x", "digest": "x", "text": "x"}
    workspace.log.open_run(
        {
            "run": run,
            "started_at": f"2026-01-01T00:00:0{run[-1]}+00:00",
            "tamis_version": "1",
            "python": "3",
            "machine": "m",
            "libraries": {},
            "recipe": empty,
            "policy": {**empty, "version": "1"},
            "filters": [_spec_facts(spec)],
            "shards": [],
        }
    )
    batch = key.apply(image_batch([content(number) for number in numbers]), "content_hi", "content_lo")
    items = batch.select("position").with_columns(status=pl.lit("seen"), width=1.0, height=1.0, problem=None)
    found = Findings(items=items.cast(spec.schema), embeddings=frame_of(enumerate(vectors)))
    at = Shard("pictures", shard, "ab" * 32, "", 1)
    with SegmentWriter(workspace.log, run, 0, shard=at, specs=(spec,)) as segment:
        segment.write(batch, findings={NAME: found}, decisions=DECISIONS.to_frame(), kept=KEPT.to_frame())
        segment.commit("p")


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "recipe.yaml").write_text("")
    return Workspace.of(tmp_path)


@pytest.fixture
def curated(workspace):
    record(workspace, VECTORS)
    return workspace


def rows(high=HIGH, *, words=("safe", "unsafe")):
    return [{"image": content(number), "unsafe": words[wanted]} for number, wanted in enumerate(high.tolist())]


@pytest.fixture
def fit(workspace):
    """Runs the command on these rows; the exit code, what it said, and where it wrote."""

    def command(*options, said=None, out="probe.json"):
        pl.DataFrame(rows() if said is None else said).write_parquet(workspace.root / "labelled.parquet")
        arguments = [str(workspace.root / "labelled.parquet"), "--out", str(workspace.root / out)]
        with redirect_stdout(io.StringIO()) as told, redirect_stderr(io.StringIO()) as complained:
            code = run(["fit-probe", *arguments, "-w", str(workspace.root), "--quiet", *options])
        answer = told.getvalue() + complained.getvalue()
        assert "canary" not in answer
        return code, answer, workspace.root / out

    return command


def test_the_probe_is_that_of_all_labelled_pictures_by_their_first_view(curated, fit):
    code, said, out = fit()
    assert code == 0, said
    probe, _ = read_probe(out)
    vectors = vectors_of(frame_of(enumerate(VECTORS)).filter(pl.col("view") == 0), dimensions=DIMENSIONS)
    wanted = fit_probe(vectors, HIGH, model=MODEL, classes=("safe", "unsafe"))
    assert (probe.model, probe.classes) == (MODEL, wanted.classes)
    assert probe.weight == pytest.approx(wanted.weight, rel=1e-9)
    assert f"fitted   on {HIGH.sum()} unsafe and {(~HIGH).sum()} safe" in said


def test_the_order_of_the_rows_changes_nothing(curated, fit):
    first, second = fit(), fit(said=rows()[::-1], out="other.json")
    one, other = (read_probe(out)[0] for _, _, out in (first, second))
    assert one.weight == pytest.approx(other.weight, rel=1e-6)
    assert dict(one.provenance)["held_out"] == dict(other.provenance)["held_out"]
    tables = [said.split("Held out")[1].split("wrote")[0] for _, said, _ in (first, second)]
    assert tables[0] == tables[1]


def test_the_same_command_writes_the_same_bytes(curated, fit):
    assert fit()[2].read_bytes() == fit(out="again.json")[2].read_bytes()


def test_what_is_held_out_was_not_fitted_on_and_is_scored_by_its_highest_view(curated, fit):
    _, said, out = fit("--hold-out", "0.3", "--seed", "5")
    aside = np.array([is_held_out(*digest128(content(number)), share=0.3, seed=5) for number in range(COUNT)])
    assert 80 < aside.sum() < 160
    views = vectors_of(frame_of(enumerate(VECTORS)), dimensions=DIMENSIONS).reshape(COUNT, 2, DIMENSIONS)
    probe = fit_probe(views[~aside, 0], HIGH[~aside], model=MODEL, classes=("safe", "unsafe"))
    scores = probe.of(views[aside].reshape(-1, DIMENSIONS)).reshape(-1, 2).max(axis=1).round(4)
    of_high = HIGH[aside]
    above = (scores[of_high][:, None] > scores[~of_high]).mean()
    ties = (scores[of_high][:, None] == scores[~of_high]).mean()
    assert f"Held out: {of_high.sum()} unsafe and {(~of_high).sum()} safe" in said
    assert f"ROC AUC  {above + ties / 2:.4f} (" in said
    assert f"{(scores[of_high] >= 0.5).sum()} of {of_high.sum()}, " in said
    assert f"by seed 5, ROC AUC {above + ties / 2:.4f}" in dict(read_probe(out)[0].provenance)["held_out"]


def test_which_are_held_out_hangs_on_content_and_seed_alone():
    digests = [digest128(content(number)) for number in range(2000)]
    by_seed = [{each for each in digests if is_held_out(*each, share=0.2, seed=seed)} for seed in (0, 1)]
    assert all(300 < len(aside) < 500 for aside in by_seed)
    assert by_seed[0] != by_seed[1]
    assert by_seed[0] < {each for each in digests if is_held_out(*each, share=0.4, seed=0)}


def test_nothing_held_out_is_said_to_say_nothing(curated, fit):
    code, said, out = fit("--hold-out", "0")
    assert code == 0
    assert "nothing is known of how it does" in said
    assert dict(read_probe(out)[0].provenance)["held_out"] == "none"


def test_classes_are_labels_and_others_are_renamed(curated, fit):
    words = rows(words=("Photo", "drawing"))
    code, said, _ = fit("--classes", "other", "drawing", said=words)
    assert code == 2
    assert "labels are neither other nor drawing: 'photo'" in said
    code, _, out = fit("--classes", "other", "drawing", "--map", "photo=other", said=words)
    assert code == 0
    assert read_probe(out)[0].classes == ("other", "drawing")
    code, said, _ = fit("--classes", "drawing", "Drawing", out="no.json")
    assert (code, "Give two words" in said) == (2, True)


def test_provenance_is_kept_beside_what_is_known(curated, fit):
    _, _, out = fit("--provenance", "labels=two archivists", "--provenance", "licence=CC0-1.0", "--l2", "2.5")
    told = dict(read_probe(out)[0].provenance)
    assert (told["labels"], told["licence"], told["l2"]) == ("two archivists", "CC0-1.0", "2.5")
    assert told["pictures"] == f"{(~HIGH).sum()} safe, {HIGH.sum()} unsafe"
    assert len(told["labelled_set"]) == 64


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--provenance", "labels"], "expected KEY=VALUE"),
        (["--provenance", "l2=3"], "l2 is said by Tamis itself"),
        (["--provenance", "a=1", "--provenance", "a=2"], "a key is given twice"),
        (["--provenance", "by=ann.smith@planted-mail.com"], "holds what no catalog may"),
        (["--model", "ef"], f"no vectors of a model ef are on record; there are those of {MODEL[:12]}"),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_nothing_written(curated, fit, given, said):
    code, answer, out = fit(*given)
    assert (code, out.exists()) == (2, False)
    assert said in answer


def test_a_probe_that_is_there_stays_as_it_is(curated, fit, workspace):
    (workspace.root / "probe.json").write_text("mine")
    code, said, out = fit()
    assert (code, out.read_text()) == (2, "mine")
    assert "is there already" in said
    code, said, _ = fit(out="none/probe.json")
    assert (code, "there is no folder" in said) == (2, True)


def test_without_a_run_or_vectors_it_is_said_what_makes_them(workspace, fit):
    code, said, _ = fit()
    assert (code, "Name image_embedding under `filters`" in said) == (2, True)
    assert "tamis curate" in said
    record(workspace, VECTORS, model=MODEL)
    path = workspace.log.run_folder("r1") / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "filters": []}))
    code, said, _ = fit()
    assert (code, "no run on record has vectors of pictures" in said) == (2, True)


def test_too_few_of_a_class_are_counted_with_what_is_missing(workspace, fit):
    record(workspace, VECTORS[: LEAST + 10], numbers=range(LEAST + 10))
    code, said, _ = fit()
    assert code == 2
    assert f"{HIGH[: LEAST + 10].sum()} pictures labelled unsafe have a vector on record, and it takes at least" in said
    assert f"{COUNT - LEAST - 10} more are labelled and have none: have them curated" in said


def test_too_few_beside_what_is_held_out_are_said_apart(curated, fit):
    high = np.flatnonzero(HIGH)[: LEAST + 2].tolist()
    fewer = [row for number, row in enumerate(rows()) if number in high or not HIGH[number]]
    code, said, _ = fit(said=fewer)
    assert code == 2
    assert f"of {LEAST + 2} pictures labelled unsafe, " in said
    assert "hold out less by --hold-out" in said


def test_vectors_of_several_models_are_never_mixed(curated, fit):
    record(curated, made_vectors(seed=9)[0], run="r2", model=OTHER)
    code, said, _ = fit()
    assert code == 2
    assert f"vectors of 2 models are on record: {OTHER[:12]} (local-dir:cd), {MODEL[:12]} (local-dir:ab)" in said
    for model in (MODEL, OTHER):
        code, said, out = fit("--model", model[:4], out=f"{model[:2]}.json")
        assert (code, read_probe(out)[0].model) == (0, model), said


def test_the_newest_run_counts_and_older_ones_fill_up(workspace, fit):
    newer, _ = made_vectors(seed=9, count=100)
    record(workspace, VECTORS[:, :1], run="r1")
    record(workspace, newer, run="r2", shard="b")
    code, _, out = fit()
    together = np.concatenate([newer[:, 0], VECTORS[100:, 0]])
    vectors = vectors_of(frame_of(enumerate(together[:, None])), dimensions=DIMENSIONS)
    wanted = fit_probe(vectors, HIGH, model=MODEL, classes=("safe", "unsafe"))
    assert code == 0
    assert read_probe(out)[0].weight == pytest.approx(wanted.weight, rel=1e-9)


def test_copies_and_what_is_labelled_both_ways_are_left_out(curated, fit):
    more = [
        rows()[0],
        {**rows()[1], "unsafe": "unsafe" if rows()[1]["unsafe"] == "safe" else "safe"},
        {"image": content(9999), "unsafe": "safe"},
        {"image": b"", "unsafe": "safe"},
        {"image": content(5), "unsafe": None},
    ]
    code, said, _ = fit(said=[*rows(), *more])
    assert code == 0
    for line in (
        "left out 1 row without a label",
        "left out 1 picture that cannot be read",
        "left out 2 pictures with the content of another",
        "left out 1 content labelled both ways",
        "left out 1 picture without a vector on record",
    ):
        assert line in said
