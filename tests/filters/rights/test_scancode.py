"""ScanCode is asked as a program, and whatever goes wrong leaves a text unknown."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from filters.rights.texts.scancode import scan

PROGRAM = """#!{python}
import json, sys
from pathlib import Path
assert sys.argv[1:4] == ["--license", "--quiet", "--json"], sys.argv
answer, folder = map(Path, sys.argv[4:])
files = [{{"path": folder.name, "type": "directory", "detected_license_expression_spdx": None, "scan_errors": []}}]
for text in folder.iterdir():
    said = text.read_text()
    files.append({{"path": f"{{folder.name}}/{{text.name}}", "type": "file",
                  "scan_errors": ["late"] if said == "slow" else [],
                  "detected_license_expression_spdx": None if said == "nothing" else said}})
answer.write_text(json.dumps({{"headers": [], "files": files}}))
"""


def _program(place: Path, source: str) -> tuple[str]:
    place.write_text(source)
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    return (str(place),)


def test_each_text_has_the_expression_that_the_program_found(tmp_path: Path) -> None:
    command = _program(tmp_path / "scancode", PROGRAM.format(python=sys.executable))
    said = scan(["MIT", "nothing", "GPL-2.0-only AND MIT", "LicenseRef-mystery", "slow"], command)
    assert said == ("MIT", None, "GPL-2.0-only AND MIT", None, None)


@pytest.mark.parametrize(
    "source",
    [
        "#!/bin/sh\nexit 1\n",
        "#!/bin/sh\nexit 0\n",
        '#!/bin/sh\nprintf "no json" > "$4"\n',
        '#!/bin/sh\nprintf \'{"files": [{"type": "file"}]}\' > "$4"\n',
        "#!/bin/sh\nexec sleep 30\n",
    ],
    ids=["fails", "says nothing", "no json", "other json", "late"],
)
def test_a_run_that_fails_leaves_texts_unknown(tmp_path: Path, source: str) -> None:
    assert scan(["MIT", "MIT"], _program(tmp_path / "scancode", source), seconds=2) == (None, None)


def test_a_program_that_is_not_there_leaves_texts_unknown(tmp_path: Path) -> None:
    assert scan(["MIT"], (str(tmp_path / "none"),)) == (None,)
