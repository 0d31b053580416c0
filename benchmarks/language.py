"""How right identifiers of languages are, by length of text, and what they cost.

    python benchmarks/language.py FOLDER [NAME …]

FOLDER is one that benchmarks/language_texts.py made: folders with a file for each language, `CODE.txt`, a passage on
each line. NAME is `tamis`, the filter, if none is given; or a package that is installed: py3langid, pycld2, gcld3 (its
fork cld3-py brings the same module), eldc, langdetect_rs, lingua.

Texts are cut from the passages of a language, one space apart, at a space where there is one. Accuracy is the mean
over languages, so that each counts alike; `known` leaves out those of which nothing at all is told. For the filter it
also says how often a text of one language seems mixed, and how often one made of two, half of each, does not.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

LENGTHS = ((60, 100), (200, 60), (2_000, 10))
"""Characters, and how many texts of a language at most."""

SAME = {"nb": "no", "zh-cn": "zh", "zh-tw": "zh", "zh-Hant": "zh", "iw": "he", "jw": "jv", "sr-Latn": "sr"}

Identify = Callable[[list[str]], list[str]]


def each(identify: Callable[[str], str]) -> Identify:
    return lambda texts: [identify(text) for text in texts]


def tamis() -> Identify:
    return lambda texts: found_by_the_filter(texts)["language"].to_list()


def found_by_the_filter(texts: list[str]) -> Any:
    import polars as pl

    from filters.language import measures_of

    return pl.DataFrame(measures_of(pl.Series("text", texts, dtype=pl.String)))


def py3langid() -> Identify:
    module = import_module("py3langid.langid")
    identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
    return each(lambda text: identifier.classify(text)[0])


def pycld2() -> Identify:
    module = import_module("pycld2")
    return each(lambda text: module.detect(text.encode(), isPlainText=True, bestEffort=True)[2][0][1])


def gcld3() -> Identify:
    identifier = import_module("gcld3").NNetLanguageIdentifier(0, 3_000)
    return each(lambda text: identifier.FindLanguage(text).language)


def eldc() -> Identify:
    module = import_module("eldc")
    module.init()
    return each(module.detect)


def langdetect_rs() -> Identify:
    module = import_module("langdetect_rs")
    module.DetectorFactory.seed = 0
    return each(module.detect)


def lingua() -> Identify:
    builder = import_module("lingua").LanguageDetectorBuilder
    detector = builder.from_all_languages().with_preloaded_language_models().build()

    def identify(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else "und"

    return each(identify)


def texts_of(file: Path, length: int, most: int) -> list[str]:
    running = " ".join(file.read_text(encoding="utf-8").split("\n"))
    cut = list(pieces(running, length))
    return cut[:: max(1, len(cut) // most)][:most]


def pieces(running: str, length: int) -> Iterator[str]:
    for start in range(0, len(running) - length + 1, length):
        space = running.rfind(" ", start + length // 2, start + length)
        yield running[start : space if space > 0 else start + length]


def right(code: str, found: list[str]) -> float:
    return sum(SAME.get(each, each) == code for each in found) / len(found)


def accuracy(folder: Path, identify: Identify) -> None:
    for length, most in LENGTHS:
        texts = {file.stem: cut for file in sorted(folder.glob("*.txt")) if (cut := texts_of(file, length, most))}
        begun = time.process_time()
        found = {code: identify(cut) for code, cut in texts.items()}
        seconds = time.process_time() - begun
        megabytes = sum(len(text.encode()) for cut in texts.values() for text in cut) / 1e6
        shares = {code: right(code, said) for code, said in found.items()}
        known = [share for share in shares.values() if share > 0.02]
        print(
            f"  {folder.name}, {length} characters: {sum(shares.values()) / len(shares):.3f} of {len(shares)} languages"
            f", {sum(known) / len(known):.3f} of {len(known)} known; {megabytes / seconds:.1f} MB/CPU-s"
        )
        if length == 200:
            for code, share in sorted(shares.items(), key=lambda pair: pair[1]):
                if share < 0.93:
                    print(f"    {code}: {share:.2f}, taken for {dict(Counter(found[code]).most_common(3))}")


def scores(folder: Path) -> None:
    """What a least score of 0.5, the policy's default, keeps and lets through."""
    from filters.text.languages import languages

    for length, most in LENGTHS:
        high: dict[str, list[bool]] = {"right": [], "wrong": [], "unknown": []}
        for file in sorted(folder.glob("*.txt")):
            texts = texts_of(file, length, most)
            for code, score in found_by_the_filter(texts).select("language", "score").iter_rows() if texts else ():
                kind = "right" if code == file.stem else "wrong" if file.stem in languages() else "unknown"
                high[kind].append(score is not None and score >= 0.5)
        told = ", ".join(f"{sum(each)} of {len(each)} {kind}" for kind, each in high.items())
        print(f"  {folder.name}, {length} characters, scores of 0.5 and more: {told}")


def mixtures(folder: Path) -> None:
    """Texts of ten passages, of one language and of two."""
    by_code = {file.stem: file.read_text(encoding="utf-8").split("\n") for file in sorted(folder.glob("*.txt"))}
    long = {code: [line for line in lines if len(line) >= 60][:200] for code, lines in by_code.items()}
    long = {code: lines for code, lines in long.items() if len(lines) >= 10}
    alone = ["\n\n".join(lines[at : at + 10]) for lines in long.values() for at in range(0, len(lines) - 9, 10)]
    found = found_by_the_filter(alone)
    for share in (0.5, 0.8, 0.9):
        seem = (found["share"] < share).mean()
        print(f"  {folder.name}, ten paragraphs of one language: {seem:.4f} of {len(alone)} have a share below {share}")
    both = [
        "\n\n".join([*one[at : at + 5], *other[at : at + 5]])
        for one, other in pairwise(long.values())
        for at in range(0, min(len(one), len(other)) - 4, 5)
    ]
    found = found_by_the_filter(both)
    missed = (found["share"] >= 0.8).mean()
    print(f"  {folder.name}, five of each of two: {missed:.4f} of {len(both)} have a share of 0.8 and more")


def speed(folder: Path) -> None:
    running = "\n\n".join(line for file in sorted(folder.glob("*.txt")) for line in file.read_text().split("\n")[:200])
    for length in (1_000, 5_000, 20_000, 1_000_000):
        texts = [running[start : start + length] for start in range(0, len(running), length)]
        begun = time.process_time()
        found_by_the_filter(texts)
        seconds = time.process_time() - begun
        megabytes = sum(len(text.encode()) for text in texts) / 1e6
        print(f"  texts of {length:,} characters: {megabytes / seconds:.1f} MB/CPU-s")


def megabytes_held() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(folder: Path, names: list[str]) -> None:
    makers = {make.__name__: make for make in (tamis, py3langid, pycld2, gcld3, eldc, langdetect_rs, lingua)}
    for name in names:
        before, begun = megabytes_held(), time.process_time()
        identify = makers[name]()
        identify(["A sentence, so that the model is there."])
        print(f"{name}: {time.process_time() - begun:.2f} CPU-s, {megabytes_held() - before:.0f} MB until it is there")
        for part in sorted(folder.iterdir()):
            accuracy(part, identify)
            if name == "tamis":
                scores(part)
                mixtures(part)
        if name == "tamis":
            speed(folder / "guide")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["tamis"])
