"""`tamis evaluate nsfw` from end to end, on pictures made here.

There are no unsafe pictures here and none may be had. What is counted is tested on a number that the same filter
measures and that a test can choose: the pictures' width.
"""

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from flows.cli import run
from tamis.intervals import clopper_pearson, lower_bound

PAGE = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text()
KEYS = {
    "schema": None,
    "tamis": None,
    "date": None,
    "set": ["sha256", "unsafe", "safe", "unlabelled", "copies", "labelled_both_ways"],
    "filter": ["name", "version", "digest", "parameters", "models", "libraries", "measure"],
    "method": ["confidence", "intervals", "auc_interval"],
    "scored": ["unsafe", "safe"],
    "problems": None,
    "ranking": ["auc", "auc_interval", "average_precision"],
    "threshold": ["recall", "unsafe_needed", "refused", "reached", "shown"],
    "policy": ["name", "version", "digest", "limits", "bands"],
    "groups": None,
    "warnings": None,
    "curve": None,
    "distinct_scores": None,
}
"""The record's keys in order, and those of the objects in it: what programs rely on."""


def picture(width):
    with io.BytesIO() as saved:
        Image.new("RGB", (width, 8), (width % 251, 90, 40)).save(saved, format="PNG")
        return saved.getvalue()


def records(widths, **same):
    return [{"image": picture(width), **same} for width in widths]


SET = [
    *records([20, 30] + [40, 50] * 29, unsafe=True, site="canary-unsafe"),
    *records([10] * 30 + [20] * 10, unsafe=False, site="north"),
    *records([10] * 10 + [20] * 20, unsafe=False, site="south"),
    {"image": b"canary, no picture", "unsafe": True, "site": "north"},
    {"image": b"", "unsafe": False, "site": "north"},
    {"image": None, "unsafe": False, "site": "south"},
    {"image": picture(10), "unsafe": None, "site": "north"},
]


def write(path, rows):
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    return write(tmp_path_factory.mktemp("labelled") / "canary.parquet", SET)


def answer(*options):
    """Runs the command; its answer, which must come with exit code 0 and must not name a file."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        assert run(["evaluate", "nsfw", *options, "--quiet"]) == 0
    assert err.getvalue() == ""
    assert "canary" not in out.getvalue().replace("canary-unsafe", "")
    return out.getvalue()


@pytest.fixture(scope="module")
def told(labelled):
    """The command's answer, which is had once for the same options."""
    once = cache(answer)
    return lambda *options, path=labelled: once(str(path), *options)


@pytest.fixture
def by_width(told):
    def tell(*options, **which):
        return json.loads(told("--measure", "width", "--format", "json", *options, **which))

    return tell


def test_every_figure_is_as_counted_by_hand(by_width):
    before = datetime.now(UTC).replace(microsecond=0)
    said = by_width("--recall", "0.95")
    assert list(said) == list(KEYS)
    for key, keys in KEYS.items():
        assert keys is None or list(said[key]) == keys, key
    assert before <= datetime.fromisoformat(said["date"]) <= datetime.now(UTC)
    assert {key: said["set"][key] for key in said["set"] if key != "sha256"} == {
        "unsafe": 61, "safe": 72, "unlabelled": 1, "copies": 130 - 5, "labelled_both_ways": 1,
    }  # fmt: skip
    assert said["scored"] == {"unsafe": 60, "safe": 70}
    assert said["problems"] == {
        "field_missing": {"unsafe": 0, "safe": 1},
        "picture_unreadable": {"unsafe": 1, "safe": 0},
        "record_empty": {"unsafe": 0, "safe": 1},
    }
    assert said["ranking"]["auc"] == pytest.approx((59 * 70 + 40 + 30 / 2) / (60 * 70))
    low, high = said["ranking"]["auc_interval"]
    assert low < said["ranking"]["auc"] < high
    assert said["ranking"]["average_precision"] == pytest.approx((59 + 60 / 90) / 60)
    assert said["curve"][-2] == {
        "threshold": 20.0, "unsafe": 60, "safe": 30, "recall": 1.0, "false_positive_rate": 30 / 70, "precision": 60 / 90
    }  # fmt: skip
    assert said["distinct_scores"] == len(said["curve"]) == 5


def test_the_threshold_is_the_highest_with_the_recall(by_width):
    threshold = by_width("--recall", "0.95")["threshold"]
    assert threshold["reached"]["threshold"] == 40.0
    assert threshold["reached"]["recall"] == {
        "hits": 58, "n": 60, "share": 58 / 60, "interval": list(clopper_pearson(58, 60))
    }  # fmt: skip
    assert threshold["reached"]["recall_at_least"] == lower_bound(58, 60)
    assert threshold["reached"]["false_positive_rate"]["interval"] == [0.0, clopper_pearson(0, 70)[1]]
    assert threshold["shown"]["threshold"] == 20.0
    assert (threshold["recall"], threshold["unsafe_needed"], threshold["refused"]) == (0.95, 59, None)


def test_a_recall_that_the_set_cannot_show_is_said_to_be_so(by_width, told):
    threshold = by_width()["threshold"]
    assert (threshold["recall"], threshold["unsafe_needed"], threshold["shown"]) == (0.99, 299, None)
    assert threshold["reached"]["threshold"] == 20.0
    text = told("--measure", "width")
    assert "it takes 299 unsafe pictures, all of them found, and there are 60." in text


def test_below_fifty_unsafe_ones_no_threshold_is_recommended(by_width, told, tmp_path):
    path = write(tmp_path / "few.parquet", SET[11:])
    said = by_width(path=path)
    assert said["scored"]["unsafe"] == 49
    assert said["threshold"]["reached"] is said["threshold"]["shown"] is None
    assert said["threshold"]["refused"].startswith("49 unsafe pictures with a score, and fewer than 50 say too little.")
    assert said["ranking"]["auc"] == 1.0
    text = told("--measure", "width", path=path)
    assert "No threshold for a recall of 0.99: 49 unsafe pictures" in text
    assert "ROC AUC            1.000\n" in text
    assert "The AUC has no interval" in text


POLICY = """
name: by-width
version: "1"
licence: {allow: [permissive]}
limits:
  - {filter: nsfw, measure: width, above: 10, outcome: hold}
  - {filter: nsfw, measure: width, above: 40, outcome: drop}
  - {filter: nsfw, measure: height, above: 1, outcome: drop}
  - {filter: nsfw, measure: width, below: 5, outcome: drop}
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(POLICY)
    return str(path)


def test_bands_are_those_of_the_policy(by_width, policy):
    said = by_width("--policy", policy)["policy"]
    assert [(limit["rule"], limit["op"], limit["bound"]) for limit in said["limits"]] == [
        ("limits[0]", ">", 10.0), ("limits[1]", ">", 40.0), ("limits[3]", "<", 5.0)
    ]  # fmt: skip
    bands = {band: (rates["unsafe"]["hits"], rates["safe"]["hits"]) for band, rates in said["bands"].items()}
    assert bands == {"keep": (0, 40), "review": (31, 30), "drop": (29, 0)}
    assert said["bands"]["review"]["safe"]["interval"] == list(clopper_pearson(30, 70))


def test_safe_pictures_are_compared_by_group(by_width, told, policy):
    said = by_width("--policy", policy, "--group", "site")
    north, south = (group for group in said["groups"] if group["group"] in ("north", "south"))
    assert (north["without_score"], south["without_score"]) == (1, 1)
    assert list(north["rates"]) == ["review_or_drop", "drop", "at_the_threshold"]
    assert (north["rates"]["review_or_drop"]["hits"], north["rates"]["review_or_drop"]["n"]) == (10, 40)
    assert (south["rates"]["review_or_drop"]["hits"], south["rates"]["review_or_drop"]["n"]) == (20, 30)
    assert [(each["group"], each["cut"]) for each in said["warnings"]] == [
        ("south", "review_or_drop"), ("south", "at_the_threshold")
    ]  # fmt: skip
    assert said["warnings"][0]["others"]["share"] == 10 / 40
    text = told("--measure", "width", "--policy", policy, "--group", "site")
    assert "WARNING: site 'south': 20 of 30: 0.667 (0.472–0.827) of its safe pictures are found" in text


def test_a_policy_without_a_limit_on_the_measure_has_no_bands(by_width, told):
    assert by_width()["policy"]["bands"] == {}
    assert "The policy open/1 has no limit on nsfw.width, and so no bands." in told("--measure", "width")


def recipe(folder, filters):
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "recipe.yaml").write_text(
        "name: small\n"
        "corpora: [{name: pictures, format: parquet, path: canary.parquet}]\n"
        f"filters: {filters}\n"
        'release: {name: small, version: "1"}\n'
    )
    return str(folder / "recipe.yaml")


def test_the_recipe_gives_parameters_and_policy(by_width, tmp_path):
    said = by_width("--recipe", recipe(tmp_path, "{nsfw: {max_pixels: 300}, licence: {}}"))
    assert said["filter"]["parameters"] == {"max_pixels": 300}
    assert said["problems"]["picture_too_large"] == {"unsafe": 58, "safe": 0}
    assert said["policy"]["name"] == "by-width"
    assert by_width("--recipe", str(tmp_path), "--policy", "strict")["policy"]["name"] == "strict"


def test_the_score_itself_is_evaluated_by_default_with_the_bands_of_the_preset(told):
    said = json.loads(told("--format", "json"))
    assert said["filter"]["measure"] == "nsfw"
    assert list(said["filter"]["models"]) == ["open-nsfw.onnx"]
    assert [limit["rule"] for limit in said["policy"]["limits"]] == ["nsfw.review_at", "nsfw.drop_at"]
    for label, n in (("unsafe", 60), ("safe", 70)):
        assert sum(rates[label]["hits"] for rates in said["policy"]["bands"].values()) == n


def test_the_same_set_gives_the_same_record_but_for_its_date(by_width, labelled):
    one, other = by_width(), json.loads(answer(str(labelled), "--measure", "width", "--format", "json"))
    one.pop("date"), other.pop("date")
    assert one == other


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--map", "porn"), "--map: expected THEIRS=OURS, such as porn=unsafe"),
        (("--map", "porn=usafe"), "--map: unknown label 'usafe'. Did you mean 'unsafe'?"),
        (("--map", "porn=unsafe", "--map", "Porn=safe"), "--map: Porn is renamed twice"),
        (("--measure", "widht"), "--measure: unknown number that the filter 'nsfw' measures: 'widht'."),
        (("--measure", "problem"), "--measure: unknown number"),
        (("--filter", "nfsw"), "unknown filter 'nfsw'. Did you mean 'nsfw'?"),
        (("--filter", "personal_data"), "the filter 'personal_data' does not look at pictures"),
        (("--policy", "opne"), "policy 'opne': no such file beside the recipe, nor a preset. Did you mean 'open'?"),
        (("--label", "unsave"), "there is no column 'unsave'. Did you mean 'unsafe'?"),
        (("--picture", "img"), "there is no column 'img'."),
        (("--group", "tone"), "there is no column 'tone'."),
        (("--recipe", "nowhere"), "no such recipe"),
    ],
)
def test_a_mistake_is_named(labelled, options, said, capsys):
    assert run(["evaluate", "nsfw", str(labelled), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_a_recipe_without_the_filter_is_named_with_its_line(labelled, tmp_path, capsys):
    assert run(["evaluate", "nsfw", str(labelled), "--recipe", recipe(tmp_path, "{licence: {}}")]) == 2
    assert "recipe.yaml:3: the filter 'nsfw' is not among the filters" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--recall", "0"), ("--recall", "1"), ("--format", "csv")])
def test_an_option_out_of_range_is_wrong_usage(labelled, options):
    assert run(["evaluate", "nsfw", str(labelled), *options]) == 2


def test_labels_the_wrong_way_round_are_noticed(told, tmp_path):
    turned = [{**row, "unsafe": None if row["unsafe"] is None else not row["unsafe"]} for row in SET]
    text = told("--measure", "width", path=write(tmp_path / "turned.parquet", turned))
    assert "Are the labels the wrong way round?" in text


def test_a_set_of_one_label_has_no_ranking(told, tmp_path):
    text = told("--measure", "width", path=write(tmp_path / "safe.parquet", SET[60:70]))
    assert "ROC and precision-recall: not without a scored picture of either label." in text
    assert "0 unsafe pictures with a score" in text


def test_progress_is_said_on_standard_error(labelled, monkeypatch, capsys):
    monkeypatch.setattr("flows.progress._PLAIN_EVERY", 0.0)
    assert run(["evaluate", "nsfw", str(labelled), "--measure", "width"]) == 0
    assert re.search(r"^pictures 64/133, about \d+ s left\npictures 128/133,", capsys.readouterr().err)


def rows_below(heading):
    lines = PAGE.split(f"# {heading}\n")[1].split("\n#")[0].splitlines()
    return [re.findall(r"`([^`]+)`", line) for line in lines if line.startswith("| `")]


def test_the_page_has_every_key_of_the_record(by_width, policy):
    told = rows_below("The record")
    assert [names[0] for names in told] == list(KEYS)
    said = PAGE.split("# The record\n")[1]

    def keys_in(value):
        for key, inner in value.items() if isinstance(value, dict) else ():
            yield key
            yield from keys_in(inner)
        for inner in value if isinstance(value, list) else ():
            yield from keys_in(inner)

    full = by_width("--policy", policy, "--group", "site")
    data = {*full["problems"], *full["filter"]["parameters"], *full["filter"]["models"], *full["filter"]["libraries"]}
    assert {key for key in keys_in(full) if key not in data and f"`{key}`" not in said} == set()
