"""What a text shares with evaluation sets, against the same thing said in plain Python; and the files of the sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filters.base import run_filter
from filters.evaluation_overlap import EvaluationOverlapFilter
from filters.table import located, stamps
from filters.text.folded import folded
from filters.text.folding import ALONE as LONE
from filters.text.folding import PARTS, SKIPPED, folding
from filters.text.shared_runs import Index, shared
from filters.text.utf8 import Utf8
from releases.decide import decide, rules_in_force
from releases.policy import Policy
from tamis.errors import ConfigError
from tamis.records import Findings
from tamis.testing import text_batch

QUESTION = "Which of the seven rivers that rise in the northern hills reaches the sea last of all?"
SHORT = "How many sheep may graze on nine hills?"
SETS = {"rivers": [{"question": QUESTION, "answer": "The seventh"}, {"question": SHORT, "answer": "None of them"}]}

ALONE = "一二の水ไ"
pieces = st.sampled_from(
    ["a", "A", "b", "B,", "c", "d", "e\u0301", "é", "E", "ß", "SS", "don't", "İ", "ﬀ", "1", "١", "-", " ", "  ", "\n",
     "\u00ad", "\u200b", "_", "\N{GRINNING FACE}", "가", "Ａ", "𝐀", "ς", "Σ", "\x00", *ALONE]
)  # fmt: skip
texts = st.lists(pieces, max_size=40).map("".join)


def plain_words(text: str) -> list[tuple[str, int, int]]:
    """Each as it is compared, with its first code point and one past its last."""
    words: list[tuple[str, int, int]] = []
    is_open = False
    for place, character in enumerate(text):
        said = int(folding()[ord(character)])
        if said == SKIPPED:
            if is_open:
                words[-1] = (words[-1][0], words[-1][1], place + 1)
        elif said == PARTS:
            is_open = False
        else:
            letter = chr(said & ~LONE)
            if said & LONE or not is_open:
                words.append((letter, place, place + 1))
            else:
                words[-1] = (words[-1][0] + letter, words[-1][1], place + 1)
            is_open = not said & LONE
    return words


def plain_shared(passages: list[str], text: str, n: int, least: int) -> tuple[set[int], dict[int, float]]:
    """The words of the text that lie in shared runs; passage → which share of it is there."""
    words = [word for word, _, _ in plain_words(text)]
    within: set[int] = set()
    parts: dict[int, float] = {}
    for place, passage in enumerate(passages):
        sought = [word for word, _, _ in plain_words(passage)]
        length = min(n, len(sought))
        if len(sought) < least:
            continue
        there: set[int] = set()
        for start in range(len(sought) - length + 1):
            at = [i for i in range(len(words) - length + 1) if words[i : i + length] == sought[start : start + length]]
            within |= {i + offset for i in at for offset in range(length)}
            there |= {start + offset for offset in range(length) if at}
        if there:
            parts[place] = len(there) / len(sought)
    return within, parts


@given(st.lists(texts, max_size=4))
@example(["", "e\u0301 \u0301", "a\u00adb"])
def test_words_are_compared_without_case_accents_and_marks(batch: list[str]) -> None:
    found = folded(Utf8.of(pl.Series(batch, dtype=pl.String)))
    expected = [plain_words(text) for text in batch]
    assert found.counts.tolist() == [len(words) for words in expected]
    flat = [word for words in expected for word in words]
    assert list(zip(found.starts.tolist(), found.ends.tolist(), strict=True)) == [word[1:] for word in flat]
    by_hash = {hash_: word for hash_, (word, _, _) in zip(found.hashes.tolist(), flat, strict=True)}
    assert len(by_hash) == len({word for word, _, _ in flat})
    assert all(by_hash[hash_] == word for hash_, (word, _, _) in zip(found.hashes.tolist(), flat, strict=True))


@given(st.lists(texts, min_size=1, max_size=5), st.lists(texts, max_size=4), st.integers(1, 4), st.data())
@example(["a b c d", "b c", "a b c d"], ["a b c d", "x b c", "a b c a b c d"], 3, None)
def test_what_is_shared_is_what_a_plain_search_finds(
    passages: list[str], batch: list[str], n: int, data: st.DataObject | None
) -> None:
    least = data.draw(st.integers(1, n)) if data else 2
    index = Index.of(folded(Utf8.of(pl.Series(passages))), n=n, least=least)
    words = folded(Utf8.of(pl.Series(batch, dtype=pl.String)))
    found = shared(index, words)
    for place, text in enumerate(batch):
        within, parts = plain_shared(passages, text, n, least)
        bounds = slice(found.bounds[place], found.bounds[place + 1])
        assert dict(zip(found.passages[bounds].tolist(), found.parts[bounds].tolist(), strict=True)) == parts
        assert found.words[place] == len(within)
        stretches = [range(first, end) for at, first, end, _ in found.stretches.tolist() if at == place]
        assert sorted(word for stretch in stretches for word in stretch) == sorted(within)
        assert all(before.stop < after.start for before, after in pairwise(stretches))


Make = Callable[..., EvaluationOverlapFilter]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A filter over sets given by their rows."""

    def made(sets: Mapping[str, list[Mapping[str, object]]] = SETS, **parameters: object) -> EvaluationOverlapFilter:
        for name, rows in sets.items():
            (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        paths = tuple(str(tmp_path / f"{name}.jsonl") for name in sets)
        return EvaluationOverlapFilter(sets=paths, **parameters)  # type: ignore[arg-type]

    return made


def rows_of(found: Findings) -> list[tuple[object, ...]]:
    return found.items.select("overlap", "matched_items", "covered", "set", "item").rows()


def test_an_item_is_found_however_it_is_set_and_half_of_it_as_half(make: Make) -> None:
    half = " ".join(QUESTION.split()[:13])
    batch = text_batch(
        [f"A quiz. {QUESTION.upper().replace(' ', ' — ')} Nobody knows.", half, "Nothing of the kind.", ""]
    )
    found = run_filter(make(), batch)
    assert rows_of(found) == [
        (17 / 21, 1.0, 1.0, "rivers", 1.0),
        (1.0, 1.0, 13 / 17, "rivers", 1.0),
        (0.0, 0.0, 0.0, None, None),
        (0.0, 0.0, 0.0, None, None),
    ]
    spans = found.spans.select("position", "kind", "start", "end", "score", "recognizer", "value_hi").rows()
    assert spans == [
        (0, "EVALUATION", 8, 8 + len(QUESTION.replace(" ", " — ")) - 1, 1.0, "rivers", None),
        (1, "EVALUATION", 0, len(half), 1.0, "rivers", None),
    ]


def test_a_short_item_is_compared_whole_and_one_of_too_few_words_by_nobody(make: Make) -> None:
    by = make()
    batch = text_batch([SHORT, SHORT.replace("nine", "ten"), "None of them. The seventh."])
    assert run_filter(by, batch).items["covered"].to_list() == [1.0, 0.0, 0.0]
    assert dict(by.spec.parameters)["sets"] == (("rivers", 2, 0),)
    fewest = make(least_words=3)
    assert run_filter(fewest, batch).items["covered"].to_list() == [1.0, 0.0, 1.0]
    counted = make({"rivers": [*SETS["rivers"], {"question": "Why?"}]}, columns=("question",))
    assert dict(counted.spec.parameters)["sets"] == (("rivers", 2, 1),)


def test_the_set_named_is_that_of_the_item_which_is_covered_most(make: Make) -> None:
    longer = f"{QUESTION} Say why, and name the hills, the sea and the last of the towns on its way."
    by = make({"longer": [{"text": longer}], **SETS})
    assert rows_of(run_filter(by, text_batch([QUESTION, longer]))) == [
        (1.0, 2.0, 1.0, "rivers", 1.0),
        (1.0, 2.0, 1.0, "longer", 1.0),
    ]


def test_only_the_columns_asked_for_are_compared_each_by_itself(make: Make) -> None:
    rows = [{"id": 7, "question": QUESTION, "choices": ["one two three four", "five six seven eight"], "why": None}]
    batch = text_batch([QUESTION, "One, two, three, four; five, six, seven, eight"])
    assert run_filter(make({"s": rows}), batch).items["covered"].to_list() == [1.0, 1.0]
    asked = make({"s": rows}, columns=("question",))
    assert run_filter(asked, batch).items["covered"].to_list() == [1.0, 0.0]
    with pytest.raises(ConfigError, match=r"no set has the column of texts 'qestion'\. Did you mean 'question'\?"):
        make({"s": rows}, columns=("qestion",))
    with pytest.raises(ConfigError, match=r"the set other has none of `columns`; its texts are in text"):
        make({"s": rows, "other": [{"text": QUESTION}]}, columns=("question",))


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "parquet", "csv", "txt"])
def test_sets_are_read_from_every_form_under_the_name_given(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a b.{suffix}"
    rows = pl.DataFrame({"text": ["A first line, which nobody has to find.", QUESTION]})
    if suffix == "parquet":
        rows.write_parquet(path)
    elif suffix == "csv":
        rows.write_csv(path)
    elif suffix == "txt":
        path.write_text("\r\n".join(rows["text"]))
    else:
        rows.write_ndjson(path)
    by = EvaluationOverlapFilter(sets=(f"mine={path}",))
    assert rows_of(run_filter(by, text_batch([QUESTION]))) == [(1.0, 1.0, 1.0, "mine", 2.0)]
    assert [name for name, _ in by.spec.models] == ["folding.bin", "mine"]
    with pytest.raises(ConfigError, match="its name stands in the catalog"):
        EvaluationOverlapFilter(sets=(str(path),))


def test_a_set_is_named_by_its_bytes_and_never_by_its_place(make: Make, tmp_path: Path) -> None:
    one = make()
    (tmp_path / "again").mkdir()
    moved = (tmp_path / "rivers.jsonl").rename(tmp_path / "again" / "rivers.jsonl")
    assert EvaluationOverlapFilter(sets=(str(moved),)).spec == one.spec
    assert "again" not in str(one.spec)
    assert make({"rivers": SETS["rivers"][:1]}).spec.digest != one.spec.digest


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("s.jsonl", '{"text": "private words"', "cannot be read as what its suffix says"),
        ("s.jsonl", "", "s.jsonl: "),
        ("s.parquet", "private words", "cannot be read as what its suffix says"),
        ("s.csv", "", "cannot be read as what its suffix says"),
        ("s.jsonl", '{"number": 1}', "holds no column of texts"),
        ("s.txt", "private words", "no item of the set s has 8 words"),
        ("s.txt", b"\xff\xfe private", "cannot be read as what its suffix says"),
        ("s.xml", "private words", "is of no known form"),
    ],
)
def test_a_file_that_is_no_set_is_refused_without_a_word_of_it(
    tmp_path: Path, name: str, content: str | bytes, fault: str
) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError, match=fault) as raised:
        EvaluationOverlapFilter(sets=(str(tmp_path / name),))
    assert "private" not in str(raised.value)


def test_the_faults_of_all_sets_are_said_at_once(make: Make, tmp_path: Path) -> None:
    make()
    here = str(tmp_path / "rivers.jsonl")
    with pytest.raises(ConfigError) as raised:
        EvaluationOverlapFilter(sets=(here, here, "gone.csv"))
    assert len(raised.value.problems) == 2
    with pytest.raises(ConfigError, match="needs a file in `sets`"):
        EvaluationOverlapFilter(sets=())
    for wrong in ({"n": 0}, {"n": 65}, {"n": 5}, {"least_words": 0}):
        with pytest.raises(ConfigError, match="expected 1 <= least_words <= n <= 64"):
            make(**wrong)


def test_a_recipe_names_sets_beside_it_with_a_name_or_without(tmp_path: Path) -> None:
    (tmp_path / "here.jsonl").write_text("{}")
    (tmp_path / "a=b.jsonl").write_text("{}")
    here, odd = (str((tmp_path / name).resolve()) for name in ("here.jsonl", "a=b.jsonl"))
    given = {"sets": ["here.jsonl", "mine=here.jsonl", "a=b.jsonl", "mine=gone.jsonl"]}
    there = located("evaluation_overlap", given, tmp_path)
    assert there == {"sets": [here, f"mine={here}", odd, "mine=gone.jsonl"]}
    assert [path for path, _, _ in stamps("evaluation_overlap", there)] == [here, here, odd]


def policy(**section: object) -> Policy:
    whole = {"name": "p", "version": "1", "licence": {"allow": ["permissive"]}, "evaluation_overlap": section}
    return Policy.model_validate(whole)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, [("drop", "evaluation_overlap.max_covered", "rivers/1", 1.0, 0.5)]),
        ({"max_covered": 1, "on_overlap": "hold"}, []),
        (
            {"max_covered": None, "max_overlap": 0.25, "on_overlap": "hold"},
            [("hold", "evaluation_overlap.max_overlap", "rivers/1", 1.0, 0.25)],
        ),
    ],
)
def test_a_policy_says_how_much_of_an_item_is_too_much(
    make: Make, section: dict[str, object], expected: list[tuple[object, ...]]
) -> None:
    by, batch = make(), text_batch([QUESTION, "Another text."])
    decided = decide(policy(**section), batch, {"evaluation_overlap": run_filter(by, batch)}, [by.spec])
    assert decided.select("outcome", "rule", "label", "value", "limit").rows() == expected
    assert set(decided["reason"]) <= {"evaluation_overlap"}
    stated = {each["reason"] for each in rules_in_force(policy(**section), [by.spec])}
    assert {"evaluation_overlap", "score_missing"} <= stated


def test_what_was_not_measured_is_held(make: Make) -> None:
    by, batch = make(), text_batch(["A text."])
    found = run_filter(by, batch).items.with_columns(pl.lit(None, dtype=pl.Float64).alias("covered"))
    decided = decide(policy(), batch, {"evaluation_overlap": Findings(items=found)}, [by.spec])
    assert decided.select("outcome", "reason").rows() == [("hold", "score_missing")]


def test_a_section_without_a_limit_and_a_policy_without_the_filter_are_errors(make: Make) -> None:
    with pytest.raises(ValueError, match="expected max_covered, max_overlap or both"):
        policy(max_covered=None)
    with pytest.raises(ConfigError, match=r"Add `evaluation_overlap: {sets: \[SET.jsonl\]}` under `filters`"):
        policy().require([], "recipe.yaml")


def test_the_cost_of_a_text_grows_as_its_length(make: Make) -> None:
    long = ["a " * 500_000, "x" * 1_000_000, f"{QUESTION} " * 20_000]
    found = run_filter(make(), text_batch(long)).items
    assert found["covered"].to_list() == [0.0, 0.0, 1.0]
