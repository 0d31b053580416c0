"""`tamis evaluate personal-data` from end to end, on sets made here."""

import json
import re
from pathlib import Path

import pytest

from audits.evaluation import MAX_THRESHOLDS, evaluate
from audits.labelled import OUR_KINDS, read_labelled
from audits.score import Score
from flows.cli import run

KINDS = ("CREDIT_CARD", "EMAIL_ADDRESS", "IP_ADDRESS")
PAGE = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text()
CANARIES = ("canary.one@planted-one.com", "canary.two@planted-two.com", "4111111111111111", "Ann Canary")

FIGURES = [
    "labels",
    "hits",
    "found",
    "precision",
    "precision_interval",
    "recall",
    "recall_interval",
    "f2",
    "f2_interval",
    "covered",
    "false_hits",
    "false_hits_per_mb",
]
KEYS = {
    "schema": None,
    "tamis": None,
    "set": ["sha256", "documents", "bytes", "labels", "at_odds"],
    "filter": ["name", "version", "digest", "parameters"],
    "method": ["overlap", "confidence", "resamples", "seed"],
    "statuses": ["seen"],
    "total": FIGURES,
    "kinds": ["CREDIT_CARD", "EMAIL_ADDRESS"],
    "unlabelled": ["IP_ADDRESS"],
    "not_evaluated": None,
    "curve": None,
    "missed": None,
}
"""The JSON's keys in order, and those of the objects in it: what programs rely on."""


def labelled(text, *spans):
    """A document whose labels are given as (kind, what is marked)."""
    marks = ((kind, text.index(value), len(value)) for kind, value in spans)
    return {"text": text, "spans": [{"kind": kind, "start": at, "end": at + length} for kind, at, length in marks]}


DOCUMENTS = (
    labelled(f"Write to {CANARIES[0]} or to {CANARIES[1]}.", ("EMAIL", CANARIES[0]), ("EMAIL", CANARIES[1])),
    labelled(f"Card {CANARIES[2]} of {CANARIES[3]}.", ("CREDIT_CARD", CANARIES[2]), ("PERSON", CANARIES[3])),
    labelled(f"Mail of {CANARIES[3]}: ann(xx)planted(xxx)com.", ("EMAIL", "ann(xx)planted(xxx)com"), ("MOOD", "Mail")),
    labelled(f"Nobody marked {CANARIES[0]} here, nor 81.2.69.1."),
)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "set.jsonl", DOCUMENTS)
    return tmp_path


def write(path, documents):
    path.write_text("".join(f"{json.dumps(each)}\n" for each in documents))
    return path


def recipe(folder, filters):
    (folder / "recipe.yaml").write_text(
        "name: small\n"
        "corpora: [{name: letters, format: jsonl, path: letters.jsonl}]\n"
        f"filters: {filters}\n"
        'release: {name: small, version: "1"}\n'
    )
    return folder / "recipe.yaml"


@pytest.fixture
def told(folder, capsys):
    """Runs the command; its answer, which must come with exit code 0 and must not quote the set."""

    def tell(*options, path=folder / "set.jsonl"):
        which = () if {"--entities", "--recipe"} & set(options) else ("--entities", ",".join(KINDS))
        assert run(["evaluate", "personal-data", str(path), *which, *options]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        assert not any(canary in out for canary in (*CANARIES, "canary", "planted"))
        return out

    return tell


@pytest.fixture
def refused(folder, capsys):
    """Runs the command; its complaint, which must come with exit code 2 and must not quote the set."""

    def complain(*options, path=folder / "set.jsonl"):
        assert run(["evaluate", "personal-data", str(path), *options]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert not any(canary in out + err for canary in (*CANARIES, "canary", "planted"))
        return err

    return complain


def test_the_json_has_its_keys_and_its_figures(told):
    said = json.loads(told("--format", "json", "--misses", "9"))
    assert list(said) == list(KEYS)
    assert {key: list(said[key]) for key, inner in KEYS.items() if inner is not None} == {
        key: inner for key, inner in KEYS.items() if inner is not None
    }
    assert said["schema"] == 1
    assert (said["set"]["documents"], said["set"]["labels"]) == (4, 6)
    assert said["filter"]["name"] == "personal_data"
    assert said["method"]["overlap"] == 0.9
    assert said["statuses"] == {"seen": 4}
    assert list(said["kinds"]["EMAIL_ADDRESS"]) == FIGURES
    mails = said["kinds"]["EMAIL_ADDRESS"]
    assert (mails["labels"], mails["hits"], mails["found"], mails["false_hits"]) == (3, 3, 2, 1)
    assert mails["precision"] == mails["recall"] == 2 / 3
    assert mails["recall_interval"] == pytest.approx([0.2077, 0.9385], abs=1e-4)
    assert said["kinds"]["CREDIT_CARD"]["f2"] == 1.0
    assert (said["total"]["labels"], said["total"]["hits"], said["total"]["found"]) == (4, 4, 3)
    assert said["total"]["false_hits_per_mb"] == 1_000_000 / said["set"]["bytes"]
    assert said["unlabelled"]["IP_ADDRESS"] == 1
    assert said["not_evaluated"] == [
        {"label": "MOOD", "kind": None, "labels": 1},
        {"label": "PERSON", "kind": "PERSON", "labels": 1},
    ]
    at = DOCUMENTS[2]["text"].index("ann(xx)")
    assert said["missed"] == [{"document": 3, "kind": "EMAIL_ADDRESS", "start": at, "end": at + 22}]
    assert said["curve"] == []


def test_the_table_says_the_same(told):
    said = told("--misses", "1")
    assert "set      4 documents, 6 labels" in said
    rows = [" ".join(line.split()) for line in said.splitlines()]
    assert "CREDIT_CARD 1 1 1 1.000 (0.207–1.000) 1.000 (0.207–1.000) 1.000 1.000 0.0" in rows
    assert any(row.startswith("EMAIL_ADDRESS 3 3 2 0.667 (0.208–0.939) 0.667 (0.208–0.939) 0.667 (") for row in rows)
    assert any(row.startswith("all 4 4 3 0.750") for row in rows)
    n_bytes = sum(len(each["text"]) for each in DOCUMENTS)
    assert f"IP_ADDRESS 1 {1_000_000 / n_bytes:.1f}" in rows
    assert "PERSON PERSON 1" in rows
    assert "MOOD unknown; --map THEIRS=OURS 1" in rows
    assert "Not found, 1 of 1:" in rows
    assert "document 3: EMAIL_ADDRESS at 20–42" in rows
    assert "By score_threshold" not in said


def test_misses_are_listed_only_when_asked_for(told):
    assert "Not found" not in told()
    assert json.loads(told("--format", "json"))["missed"] == []


def test_the_same_set_in_the_other_format_and_another_order_has_the_same_figures(told, folder):
    records = [
        {
            "full_text": each["text"],
            "spans": [
                {
                    "entity_type": span["kind"],
                    "entity_value": each["text"][span["start"] : span["end"]],
                    "start_position": span["start"],
                    "end_position": span["end"],
                }
                for span in each["spans"]
            ],
        }
        for each in reversed(DOCUMENTS)
    ]
    (folder / "set.json").write_text(json.dumps(records, indent=2))
    one, other = (json.loads(told("--format", "json", path=folder / name)) for name in ("set.jsonl", "set.json"))
    assert one.pop("set") != other.pop("set")
    assert one == other


def test_entities_say_what_is_looked_for(told):
    said = json.loads(told("--entities", "EMAIL_ADDRESS, IP_ADDRESS", "--format", "json"))
    assert list(said["kinds"]) == ["EMAIL_ADDRESS"]
    assert said["unlabelled"] == {"IP_ADDRESS": 1}
    assert {"label": "CREDIT_CARD", "kind": "CREDIT_CARD", "labels": 1} in said["not_evaluated"]


def test_the_recipe_says_what_the_filter_is_told(told, folder):
    path = recipe(folder, "{personal_data: {entities: [CREDIT_CARD], score_threshold: 0.8}, licence: {}}")
    for given in (path, folder):
        said = json.loads(told("--recipe", str(given), "--format", "json"))
        assert list(said["kinds"]) == ["CREDIT_CARD"]
        assert said["filter"]["parameters"]["score_threshold"] == 0.8


def test_without_a_word_on_it_the_filter_has_its_defaults(told, folder, capsys):
    recipe(folder, "{personal_data: }")
    by_recipe = told("--recipe", str(folder), "--format", "json")
    assert run(["evaluate", "personal-data", str(folder / "set.jsonl"), "--format", "json"]) == 0
    assert capsys.readouterr().out == by_recipe
    assert set(json.loads(by_recipe)["kinds"]) == {"CREDIT_CARD", "EMAIL_ADDRESS"}


def test_a_document_the_filter_does_not_see_through_counts_as_missed(told, folder):
    recipe(folder, "{personal_data: {entities: [EMAIL_ADDRESS], max_characters: 50}}")
    said = json.loads(told("--recipe", str(folder), "--format", "json"))
    assert said["statuses"] == {"seen": 2, "too_long": 2}
    assert said["kinds"]["EMAIL_ADDRESS"]["found"] == 0
    assert said["kinds"]["EMAIL_ADDRESS"]["labels"] == 3


def test_a_name_can_be_mapped(told):
    said = json.loads(told("--map", "mood=EMAIL_ADDRESS", "--map", "PERSON=CREDIT_CARD", "--format", "json"))
    assert said["not_evaluated"] == []
    assert (said["kinds"]["EMAIL_ADDRESS"]["labels"], said["kinds"]["CREDIT_CARD"]["labels"]) == (4, 2)


def test_overlap_says_how_near_a_hit_must_be(told, folder):
    near = labelled(f"To {CANARIES[0]} now", ("EMAIL", f"To {CANARIES[0]}"))
    path = write(folder / "near.jsonl", [near])
    found = [
        json.loads(told("--overlap", overlap, "--format", "json", path=path))["total"]["found"]
        for overlap in ("0.9", "0.89", "1")
    ]
    assert found == [0, 1, 0]


def test_a_set_without_labels_counts_what_is_hit(told, folder):
    path = write(folder / "clean.jsonl", [labelled("Nothing is marked at 81.2.69.1.")])
    said = json.loads(told("--format", "json", path=path))
    assert said["kinds"] == {}
    assert said["unlabelled"]["IP_ADDRESS"] == 1
    assert "IP_ADDRESS" in told(path=path)


def test_values_at_odds_with_their_offsets_are_told_by_place(told, folder):
    wrong = labelled(f"To {CANARIES[0]}", ("EMAIL", CANARIES[0]))
    wrong["spans"][0]["entity_value"] = CANARIES[1]
    path = write(folder / "odd.jsonl", [wrong] * 14)
    said = told(path=path)
    assert "document 12: EMAIL at 3–29\n  and 2 more" in said
    assert len(json.loads(told("--format", "json", path=path))["set"]["at_odds"]) == 14


def test_each_row_of_the_curve_is_what_the_filter_finds_at_that_threshold(told, folder):
    documents = [
        *DOCUMENTS,
        labelled("From 198.51.100.7 and call (212) 555-0187.", ("IP", "198.51.100.7"), ("PHONE", "(212) 555-0187")),
        labelled("SSN 536-90-4399 or 536904399.", ("SSN", "536-90-4399"), ("SSN", "536904399")),
    ]
    path = write(folder / "more.jsonl", documents)
    entities = "[CREDIT_CARD, EMAIL_ADDRESS, IP_ADDRESS, PHONE_NUMBER, US_SSN]"
    recipe(folder, f"{{personal_data: {{entities: {entities}}}}}")
    curve = json.loads(told("--recipe", str(folder), "--threshold-curve", "--format", "json", path=path))["curve"]
    totals = {row["threshold"]: row for row in curve if row["kind"] == "all"}
    assert len(totals) >= 3
    assert list(totals) == sorted(totals)
    kinds = {}
    for threshold in totals:
        recipe(folder, f"{{personal_data: {{entities: {entities}, score_threshold: {threshold}}}}}")
        said = json.loads(told("--recipe", str(folder), "--format", "json", path=path))
        figures = {"all": said["total"], **said["kinds"]}
        kinds.update({row["kind"]: row for row in curve if row["threshold"] == threshold})
        for kind, row in kinds.items():
            assert {name: figures[kind][name] for name in row if name not in {"threshold", "kind"}} == {
                name: value for name, value in row.items() if name not in {"threshold", "kind"}
            }, (kind, threshold)
    assert kinds.keys() == {"all", *said["kinds"]}
    assert "By score_threshold; a kind" in told("--recipe", str(folder), "--threshold-curve", path=path)


def test_of_many_scores_the_curve_takes_evenly_chosen_ones(folder, monkeypatch):
    monkeypatch.setattr("audits.evaluation.MAX_THRESHOLDS", 2)
    text = "Call 81.2.69.1, a@planted-one.com."
    path = write(
        folder / "few.jsonl",
        [
            labelled(text, ("IP", "81.2.69.1"), ("EMAIL", "a@planted-one.com")),
            labelled("1 536904399", ("SSN", "536904399")),
        ],
    )
    parameters = {"entities": ["IP_ADDRESS", "EMAIL_ADDRESS", "US_SSN"]}
    done = evaluate(path, parameters, renamed={}, overlap=0.9, curve=True)
    assert done.n_scores > len(done.curve) == 2 < MAX_THRESHOLDS
    assert done.curve[-1].threshold == 1.0
    assert all(isinstance(each, Score) for row in done.curve for each in row.scores)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--entities", "EMAIL_ADRESS"), "unknown entity 'EMAIL_ADRESS'. Did you mean 'EMAIL_ADDRESS'?"),
        (("--entities", ","), "entities is empty"),
        (("--map", "MOOD"), "--map: expected THEIRS=OURS"),
        (("--map", "=EMAIL_ADDRESS"), "--map: expected THEIRS=OURS"),
        (("--map", "MOOD=EMAIL_ADDRESS", "--map", "mood=CREDIT_CARD"), "--map: mood is renamed twice"),
        (("--map", "MODE=EMAIL_ADDRESS"), "--map: unknown label 'MODE'. Did you mean 'MOOD'?"),
        (("--map", "MOOD=EMAIL_ADRESS"), "the filter does not look for: 'EMAIL_ADRESS'. Did you mean 'EMAIL_ADDRESS'?"),
        (("--entities", "IP_ADDRESS"), "set.jsonl: has no label of a kind that the filter looks for."),
        (("--recipe", "nowhere"), "no such recipe"),
    ],
)
def test_a_mistake_is_named(refused, options, said):
    assert said in refused(*options)


@pytest.mark.parametrize("options", [("--overlap", "0"), ("--overlap", "1.1"), ("--misses", "-1"), ("--format", "csv")])
def test_an_option_out_of_range_is_wrong_usage(folder, options, capsys):
    assert run(["evaluate", "personal-data", str(folder / "set.jsonl"), *options]) == 2
    assert "canary" not in "".join(capsys.readouterr())


def test_a_mistake_in_the_recipe_is_named_with_its_line(refused, folder):
    recipe(folder, "{licence: {}}")
    assert "recipe.yaml:3: the filter 'personal_data' is not among the filters" in refused("--recipe", str(folder))
    recipe(folder, "{personal_data: {entities: [EMAIL]}}")
    assert "recipe.yaml:3: personal_data: unknown entity 'EMAIL'" in refused("--recipe", str(folder))
    assert "Give one of them" in refused("--recipe", str(folder), "--entities", "IP_ADDRESS")


def test_every_fault_of_a_set_is_said_and_nothing_of_its_content(refused, folder):
    path = folder / "bad.jsonl"
    path.write_text(f'{{"text": "{CANARIES[0]}"}}\n{CANARIES[1]}\n{json.dumps({"text": CANARIES[0], "spans": [1]})}\n')
    said = refused(path=path)
    assert [line.split(" ")[0] for line in said.splitlines()] == [f"bad.jsonl:{number}:" for number in (1, 2, 3)]
    assert "nowhere.jsonl: cannot be read" in refused(path=folder / "nowhere.jsonl")


def rows_below(heading):
    """The words in backticks in the first and the second cell of each row of the tables under a heading of the page."""
    lines = PAGE.split(f"# {heading}\n")[1].split("\n#")[0].splitlines()
    return [[re.findall(r"`([^`]+)`", cell) for cell in line.split("|")[1:3]] for line in lines if line[:3] == "| `"]


def test_the_page_has_every_name_of_the_table():
    told = {theirs: ours for names, (ours, *_) in rows_below("Names") for theirs in names}
    assert told == {theirs: ours for theirs, ours in OUR_KINDS.items() if theirs != ours}


def test_the_page_has_every_key_of_the_json():
    told = rows_below("The JSON")
    assert [names[0] for names, _ in told] == list(KEYS)
    said = PAGE.split("# The JSON\n")[1]
    inner = {key for keys in KEYS.values() if keys and keys[0].islower() for key in keys if key != "seen"}
    missing = {key for key in inner if f"`{key}`" not in said and not key.endswith("_interval")}
    assert missing == set()


def test_the_example_of_the_page_is_a_line_of_the_format(folder):
    example = re.search(r"```json\n(.+?)```", PAGE, flags=re.DOTALL)[1]
    (folder / "page.jsonl").write_text(example)
    (document,) = read_labelled(folder / "page.jsonl").documents
    marked = {label.kind: document.text[label.start : label.end] for label in document.labels}
    assert marked == {"EMAIL_ADDRESS": "ada@lovelace-letters.com", "PHONE_NUMBER": "0161 496 0182"}
