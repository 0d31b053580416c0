"""Labelled sets as they come: both formats, offsets of code points, and every fault named without a word of content."""

import hashlib
import json

import pytest

from audits.labelled import OUR_KINDS, Document, Place, kind_of, read_labelled
from tamis.errors import ConfigError

CANARY = "canary@planted.example"


@pytest.fixture
def wrote(tmp_path):
    def write(content, name="set.jsonl"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def line(text=f"To {CANARY}.", spans=({"kind": "EMAIL", "start": 3, "end": 25},), **more):
    return json.dumps({"text": text, "spans": spans, **more}, ensure_ascii=False)


def presidio(text, spans):
    names = ("entity_type", "start_position", "end_position")
    return {
        "full_text": text,
        "masked": "{{email}}",
        "spans": [{**dict(zip(names, span, strict=True)), "entity_value": text[span[1] : span[2]]} for span in spans],
        "template_id": 7,
        "metadata": None,
    }


def test_both_formats_say_the_same(wrote):
    lines = read_labelled(wrote(line(id="a") + "\n\n" + line("Nothing.", []) + "\n"))
    records = [presidio(f"To {CANARY}.", [("EMAIL", 3, 25)]), presidio("Nothing.", [])]
    for written in (json.dumps(records), json.dumps(records, indent=4)):
        assert read_labelled(wrote(written, "set.json")).documents == lines.documents
    assert lines.documents == (
        Document(f"To {CANARY}.", (Place(3, 25, "EMAIL"),)),
        Document("Nothing.", ()),
    )


def test_the_words_of_both_formats_may_be_mixed(wrote):
    mixed = {"text": "By Ann.", "spans": [{"label": "person", "start": 3, "end_position": 6}]}
    expected = (Document("By Ann.", (Place(3, 6, "PERSON"),)),)
    assert read_labelled(wrote(json.dumps(mixed))).documents == expected
    assert read_labelled(wrote(json.dumps([mixed]))).documents == expected


def test_the_digest_is_that_of_the_file_and_bytes_are_those_of_the_texts(wrote):
    path = wrote(line("é", []) + "\n" + line("\N{GRINNING FACE}", []))
    labelled = read_labelled(path)
    assert labelled.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert labelled.n_bytes == 2 + 4


def test_offsets_count_code_points(wrote):
    text = "\N{GRINNING FACE}e\u0301 a@b.example"
    (document,) = read_labelled(wrote(line(text, [{"kind": "EMAIL", "start": 4, "end": 15}]))).documents
    assert document.text[4:15] == "a@b.example"
    with pytest.raises(ConfigError, match="15 characters"):
        read_labelled(wrote(line(text, [{"kind": "EMAIL", "start": 4, "end": 16}])))


@pytest.mark.parametrize("inside", ["\u2028", "\u0085", "\u2029"])
def test_only_a_line_feed_ends_a_line(wrote, inside):
    labelled = read_labelled(wrote(f'{{"text": "a{inside}b", "spans": []}}\r\n' * 3))
    assert len(labelled.documents) == 3


def test_a_byte_order_mark_is_no_fault(wrote):
    assert len(read_labelled(wrote(b"\xef\xbb\xbf" + line().encode())).documents) == 1
    assert len(read_labelled(wrote(b"\xef\xbb\xbf [" + line().encode() + b" ] ")).documents) == 1


def test_names_are_compared_in_capitals_and_equal_labels_are_one(wrote):
    spans = [{"kind": kind, "start": 0, "end": 2} for kind in ("street-address", "STREET_ADDRESS", "Street_Address")]
    labelled = read_labelled(wrote(line("ab", spans)))
    assert dict(labelled.names) == {"STREET_ADDRESS": 1}


def test_a_value_that_is_not_at_its_offsets_is_told_by_place(wrote):
    right, wrong = presidio("By Ann.", [("PERSON", 3, 6)]), presidio("By Ann.", [("PERSON", 3, 6)])
    wrong["spans"][0]["entity_value"] = "Bob"
    labelled = read_labelled(wrote(json.dumps([right, wrong])))
    assert labelled.at_odds == ((2, Place(3, 6, "PERSON")),)


SPAN = {"kind": "EMAIL", "start": 3, "end": 25}
FAULTS = {
    "not JSON": ("{" + CANARY, "is not JSON"),
    "a record over two lines": ('{"text":\n"a", "spans": []}', "is not JSON"),
    "no object": (json.dumps(CANARY), "expected an object with `text` and `spans`"),
    "deep nesting": ("{" + '"a":[' * 100_000, "is not JSON"),
    "a number of 5,000 digits": (line("a", [{**SPAN, "start": 1}]).replace("1", "1" * 5000), "is not JSON"),
    "no text": ('{"spans": []}', "`text` is missing"),
    "no spans": (json.dumps({"text": CANARY}), "`spans` is missing"),
    "text is null": ('{"text": null, "spans": []}', "`text` is not a text"),
    "two texts": (line(full_text=CANARY), "says both `text` and `full_text`"),
    "spans is an object": (line(spans={CANARY: 1}), "`spans` is not a list"),
    "half a pair": ('{"text": "\\ud83d", "spans": []}', "half of a surrogate pair"),
    "span is a list": (line(spans=[[3, 25, CANARY]]), "spans[0]: expected an object"),
    "no kind": (line(spans=[{"start": 3, "end": 25}]), "spans[0]: `kind` is missing"),
    "two kinds": (line(spans=[SPAN | {"label": CANARY}]), "spans[0]: says both `kind` and `label`"),
    "kind is content": (line(spans=[SPAN, SPAN | {"kind": CANARY}]), "spans[1]: the kind's name is not"),
    "kind is empty": (line(spans=[SPAN | {"kind": ""}]), "spans[0]: the kind's name is not"),
    "no start": (line(spans=[{"kind": "EMAIL", "end": 25}]), "spans[0]: `start` is missing"),
    "start is text": (line(spans=[SPAN | {"start": CANARY}]), "spans[0]: `start` is not a whole number"),
    "start is a fraction": (line(spans=[SPAN | {"start": 3.0}]), "spans[0]: `start` is not a whole number"),
    "start is true": (line(spans=[SPAN | {"start": True}]), "spans[0]: `start` is not a whole number"),
    "start below 0": (line(spans=[SPAN | {"start": -1}]), "spans[0]: start and end do not lie in the text"),
    "end before start": (line(spans=[SPAN | {"end": 2}]), "spans[0]: start and end do not lie in the text"),
    "empty span": (line(spans=[SPAN | {"end": 3}]), "spans[0]: start and end do not lie in the text"),
    "end beyond": (line(spans=[SPAN | {"end": 4111111111111111}]), "the text, which has 26 characters (code points)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named_with_its_line_and_without_content(wrote, fault):
    content, said = FAULTS[fault]
    with pytest.raises(ConfigError) as caught:
        read_labelled(wrote(f"{line()}\n\n{content}\n{line()}"))
    assert caught.value.problems[0].startswith("set.jsonl:3: ")
    assert said in caught.value.problems[0]
    assert not any(word in str(caught.value) for word in ("canary", "planted", "4111111111111111"))


@pytest.mark.parametrize("fault", [name for name in FAULTS if "JSON" not in FAULTS[name][1]])
def test_an_array_has_the_same_faults(wrote, fault):
    content, said = FAULTS[fault]
    with pytest.raises(ConfigError) as caught:
        read_labelled(wrote(f"[\n{line()},\n\n{content}\n,\n{line()}]", "set.json"))
    (problem,) = caught.value.problems
    assert problem.startswith("set.json:4: ")
    assert said in problem
    assert "canary" not in problem


@pytest.mark.parametrize(
    ("content", "line_number"),
    [
        ("[", 1),
        ("[\n", 2),
        (f"[\n{line()}", 2),
        (f"[\n{line()}\n{line()}]", 3),
        (f"[\n{line()},\n]", 3),
        (f"[{line()},\n{line()}] x{CANARY}", 2),
        (f"[{line()},\n\n{{{CANARY}]", 3),
        (f'[{{\n"text": {CANARY}}}]', 2),
    ],
)
def test_an_array_that_is_not_json_is_named_with_its_line(wrote, content, line_number):
    with pytest.raises(ConfigError) as caught:
        read_labelled(wrote(content, "set.json"))
    (problem,) = caught.value.problems
    assert problem.startswith(f"set.json:{line_number}: is not JSON")
    assert "canary" not in problem


def test_all_faults_are_told_at_once_up_to_twenty(wrote):
    with pytest.raises(ConfigError) as caught:
        read_labelled(wrote('{"spans": []}\n' * 1_030))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[19] == "set.jsonl:20: `text` is missing."
    assert caught.value.problems[20] == "set.jsonl: and 1,010 more faults."


@pytest.mark.parametrize("content", ["", " \n\n", "[]", " [ ]\n"])
def test_a_set_without_documents_is_refused(wrote, content):
    with pytest.raises(ConfigError, match="holds no document"):
        read_labelled(wrote(content))


def test_what_cannot_be_read_is_named(wrote, tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.jsonl: cannot be read"):
        read_labelled(tmp_path / "nowhere.jsonl")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_labelled(tmp_path)
    with pytest.raises(ConfigError, match=r"set\.jsonl:2: is not UTF-8"):
        read_labelled(wrote(line().encode() + b"\n\xff"))


def test_a_kind_is_called_as_the_user_says_then_as_the_filter_then_as_the_table():
    sought = ("EMAIL_ADDRESS", "GPE")
    assert kind_of("EMAIL", sought=sought, renamed={}) == "EMAIL_ADDRESS"
    assert kind_of("GPE", sought=sought, renamed={}) == "GPE"
    assert kind_of("GPE", sought=sought, renamed={"GPE": "EMAIL_ADDRESS"}) == "EMAIL_ADDRESS"
    assert kind_of("GPE", sought=("LOCATION",), renamed={}) == "LOCATION"
    assert kind_of("MOOD", sought=sought, renamed={}) is None


def test_the_table_calls_our_kinds_by_their_names():
    assert {kind: OUR_KINDS[kind] for kind in OUR_KINDS.values()} == {kind: kind for kind in OUR_KINDS.values()}
