"""Languages and scripts of known sentences, alone and mixed; and that the compiled loop answers as py3langid does."""

import hashlib
import math
import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from filters.base import run_filter
from filters.table import make_filter
from filters.text import language_model
from filters.text.language_model import MOST_PASSAGES
from filters.text.languages import languages
from filters.text.passages import passages
from filters.text.scripts import SCRIPTS, letters_by_script
from filters.text.utf8 import Utf8
from tamis.errors import ConfigError
from tamis.testing import text_batch

SENTENCES = {
    "en": ("Latn", "The train leaves at eight in the morning, and all who want to come along should be there by then."),
    "fr": ("Latn", "Le train part à huit heures du matin, et tous ceux qui veulent venir doivent être là avant."),
    "de": ("Latn", "Der Zug fährt um acht Uhr morgens ab, und alle, die mitkommen wollen, sollten bis dahin da sein."),
    "pl": ("Latn", "Pociąg odjeżdża o ósmej rano i wszyscy, którzy chcą jechać z nami, powinni być tam na czas."),
    "vi": ("Latn", "Tàu khởi hành lúc tám giờ sáng, và những ai muốn đi cùng thì nên có mặt trước giờ đó."),
    "ru": ("Cyrl", "Поезд отходит в восемь часов утра, и все, кто хочет поехать с нами, должны прийти вовремя."),
    "uk": ("Cyrl", "Потяг відходить о восьмій годині ранку, і всі, хто хоче поїхати з нами, мають прийти вчасно."),
    "el": ("Grek", "Το τρένο φεύγει στις οκτώ το πρωί και όποιος θέλει να έρθει μαζί μας πρέπει να είναι εκεί."),
    "he": ("Hebr", "הרכבת יוצאת בשמונה בבוקר, וכל מי שרוצה לבוא איתנו צריך להיות שם עד אז."),
    "fa": ("Arab", "قطار ساعت هشت صبح حرکت می‌کند و هر کس که می‌خواهد با ما بیاید باید تا آن زمان آنجا باشد."),
    "hi": ("Deva", "रेलगाड़ी सुबह आठ बजे चलती है, और जो भी साथ आना चाहता है उसे तब तक वहाँ पहुँच जाना चाहिए।"),
    "th": ("Thai", "รถไฟออกเวลาแปดโมงเช้า และทุกคนที่อยากไปด้วยกันควรมาถึงก่อนเวลานั้น"),
    "ja": ("Jpan", "電車は朝八時に出発しますので、一緒に行きたい人はそれまでに駅へ来てください。"),
    "ko": ("Hang", "기차는 아침 여덟 시에 출발하니 함께 가고 싶은 사람은 그때까지 역으로 와 주세요."),
    "zh": ("Hani", "火车早上八点出发，想一起去的人请在那之前到车站来，不要迟到。"),
}  # fmt: skip


def measured(*texts):
    return run_filter(make_filter("language", {}), text_batch(list(texts))).items


def of(text):
    return measured(text).row(0, named=True)


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_is_told_with_its_script(code):
    script, sentence = SENTENCES[code]
    found = of(sentence)
    assert (found["language"], found["script"], found["agrees"]) == (code, script, 1)
    assert found["score"] > 0.5
    assert (found["share"], found["paragraph_languages"], found["second"]) == (1, 1, None)
    assert found["letters"] == sum(letter.isalpha() for letter in unicodedata.normalize("NFC", sentence))
    assert found["characters"] == len(sentence)


def test_the_loop_answers_as_the_library_does():
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    texts = [sentence for _, sentence in SENTENCES.values()]
    texts += [text[: len(text) // 2] for text in texts] + [text.upper() for text in texts]
    for text, found in zip(texts, measured(*texts).iter_rows(named=True), strict=True):
        language, score = identifier.classify(text)
        assert found["language"] == language
        assert math.isclose(found["score"], score, abs_tol=2e-4)


def test_the_list_of_languages_is_that_of_the_model():
    model = language_model.language_model()
    assert set(model.labels) == languages().keys()
    assert {script for scripts in languages().values() for script in scripts} <= set(SCRIPTS)


@pytest.mark.parametrize("text", ["", " \n\n ", "12,345.67 + 8 = ?!", "😀👍🏽 🎉", "ok", "№ 5", "好的"])
def test_what_has_no_letters_or_too_few_is_undetermined_and_has_no_score(text):
    found = of(text)
    assert found["language"] == "und"
    assert [found[name] for name in ("score", "second", "share", "paragraph_languages", "agrees")] == [None] * 5


def test_paragraphs_of_two_languages_are_told_apart():
    english, french = SENTENCES["en"][1], SENTENCES["fr"][1]
    found = of(f"{english}\n\n{french}\n\n{english}\n\n{english}")
    assert (found["language"], found["second"], found["paragraph_languages"]) == ("en", "fr", 2)
    letters = [sum(map(str.isalpha, text)) for text in (english, french)]
    assert found["share"] == round(3 * letters[0] / (3 * letters[0] + letters[1]), 4)


def test_a_few_words_between_paragraphs_make_no_text_mixed():
    german = SENTENCES["de"][1]
    assert of(f"{german}\n\nThe End\n\n{german}\n\nCopyright 2024")["paragraph_languages"] == 1


def test_lines_that_are_long_are_passages_of_their_own():
    lines = [" ".join([SENTENCES[code][1]] * 3) for code in ("de", "fr")]
    assert of("\n".join(lines))["paragraph_languages"] == 2


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("Cyrl", "Воз полази у осам ујутру, и сви који желе да пођу са нама треба да дођу на станицу до тада."),
        ("Latn", "Voz polazi u osam ujutru, i svi koji žele da pođu sa nama treba da dođu na stanicu do tada."),
    ],
)
def test_a_language_of_two_scripts_agrees_with_both(script, text):
    found = of(text)
    assert (found["language"], found["script"], found["agrees"]) == ("sr", script, 1)


def test_markup_and_numbers_are_no_language():
    table = "\n".join(f"<td class=x{n}>0x{n:08x}</td><td>{n * 37}</td>" for n in range(40))
    found = of(table)
    assert (found["language"], found["agrees"]) == ("zxx", None)


def test_right_to_left_text_with_marks_is_what_it_is():
    found = of(f"\u202b{SENTENCES['he'][1]}\u202c 123 example.org")
    assert (found["language"], found["script"]) == ("he", "Hebr")
    assert 0.8 < found["script_share"] < 1


def test_text_in_decomposed_form_is_told_alike():
    text = SENTENCES["vi"][1]
    composed, decomposed = (measured(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    assert composed.drop("characters").equals(decomposed.drop("characters"))


def test_a_megabyte_is_sampled_from_end_to_end():
    half = 500_000
    english, russian = ((SENTENCES[code][1] + "\n\n") * half for code in ("en", "ru"))
    found = of(english[:half] + russian[:half])
    assert found["paragraph_languages"] == 2
    assert 0.4 < found["share"] < 0.6
    texts = Utf8.of(pl.Series([english[:half]]))
    assert len(passages(texts).letters) > MOST_PASSAGES


def test_a_megabyte_without_a_space_is_cut_all_the_same():
    assert of("好" * 350_000)["script"] == "Hani"
    assert of("a" * 1_000_000)["letters"] == 1_000_000


pieces = st.sampled_from(
    [
        *(sentence for _, sentence in SENTENCES.values()),
        "\n",
        "\n\n",
        " ",
        "\r\n \r\n",
        "12.5",
        "ok",
        "é",
        "e\u0301",
        "\x00",
    ]
)
texts = st.lists(pieces, max_size=12).map("".join)


@given(st.lists(texts, min_size=1, max_size=6), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_an_answer_depends_on_the_text_alone(batch, size):
    alone = [
        run_filter(make_filter("language", {}), text_batch(batch[at : at + size])) for at in range(0, len(batch), size)
    ]
    together = measured(*batch)
    assert pl.concat([found.items for found in alone]).drop("position").equals(together.drop("position"))


@given(texts)
@settings(deadline=None)
def test_passages_are_the_whole_text_in_order(text):
    cut = passages(Utf8.of(pl.Series([text], dtype=pl.String)))
    whole = text.encode()
    edges = list(zip(cut.pieces.starts, cut.pieces.ends, strict=True))
    assert b"".join(whole[start:end] for start, end in edges) == whole
    assert cut.letters.sum() == sum(map(str.isalpha, text))
    assert cut.letter_bytes[0] == sum(len(letter.encode()) for letter in text if letter.isalpha())


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("漢字だけではない", "Jpan"),
        ("漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字の", "Hani"),
        ("ﾊﾝｶｸ", "Jpan"),
        ("ａｂｃ", "Latn"),
        ("ªºµ", "Zyyy"),
        ("ሀሁ", "Ethi"),
    ],
)
def test_scripts_are_told_by_the_names_of_letters(text, script):
    assert SCRIPTS[letters_by_script(Utf8.of(pl.Series([text])))[0].argmax()] == script


def test_another_model_is_refused(monkeypatch):
    monkeypatch.setattr(language_model, "MODEL_SHA256", hashlib.sha256(b"another").hexdigest())
    with pytest.raises(ConfigError, match="Install py3langid"):
        make_filter("language", {})
