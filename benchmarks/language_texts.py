"""Makes a folder of labelled texts for benchmarks/language.py from translations that others shipped.

    python benchmarks/language_texts.py ROOT FOLDER

ROOT holds unpacked packages: GNOME's user guide (Debian's gnome-user-docs, `usr/share/help/CODE/`) and Django's
catalogues (its wheel, `django/**/locale/CODE/LC_MESSAGES/*.po`). FOLDER gets `guide/CODE.txt` and
`messages/CODE.txt`, a passage on each line. A translation is left out where it is the English sentence still, which is
how unfinished ones look.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

CODES = {"zh_CN": "zh", "zh_TW": "zh", "zh_Hans": "zh", "zh_Hant": "zh", "pt_BR": "pt", "nb": "no", "C": "en"}
LEFT_OUT = {"sr@latin", "sr_Latn", "es_AR", "es_CO", "es_MX", "es_NI", "es_VE", "en_AU", "en_GB", "ar_DZ", "zh_TW"}


def guide(root: Path) -> Iterator[tuple[str, str]]:
    for page in sorted(root.glob("usr/share/help/*/gnome-help/*.page")):
        for paragraph in re.findall(r"<p>(.*?)</p>", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            yield page.parts[-3], re.sub(r"<[^>]*>|&\w+;", "", paragraph)


def messages(root: Path) -> Iterator[tuple[str, str]]:
    for catalogue in sorted(root.glob("django/**/locale/*/LC_MESSAGES/*.po")):
        text = re.sub(r'"\n"', "", catalogue.read_text(encoding="utf-8"))
        for said in re.findall(r'^msgstr(?:\[0\])? "(.+)"$', text, flags=re.MULTILINE)[1:]:  # the first is the header
            yield catalogue.parts[-3], re.sub(r"%\(\w+\)\w|%\w|\{\w*\}|\\.|<[^>]*>", "", said)
        if catalogue.parts[-3] == "de":
            for asked in re.findall(r'^msgid "(.+)"$', text, flags=re.MULTILINE):
                yield "en", re.sub(r"%\(\w+\)\w|%\w|\{\w*\}|\\.|<[^>]*>", "", asked)


def main(root: Path, folder: Path) -> None:
    for name, source in (("guide", guide), ("messages", messages)):
        by_code: dict[str, dict[str, None]] = {}
        for code, text in source(root):
            passage = " ".join(text.split())
            if code not in LEFT_OUT and len(passage) >= 20:
                by_code.setdefault(CODES.get(code, code), {})[passage] = None
        english = by_code.get("en", {})
        (folder / name).mkdir(parents=True, exist_ok=True)
        for code, passages in by_code.items():
            said = [each for each in passages if code == "en" or each not in english]
            if sum(map(len, said)) >= 4_000:
                (folder / name / f"{code}.txt").write_text("\n".join(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
