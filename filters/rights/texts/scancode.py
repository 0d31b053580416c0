"""Asks ScanCode, a program of its own, about texts that stay unknown.

ScanCode is not a library of ours: it is run as a command that the user names, on a temporary folder that holds the
texts under numbers, and its JSON is read. A run that fails, ends late or answers nothing leaves its texts unknown, as
does an expression that is not understood.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filters.rights.spdx import read_expression

SECONDS = 600.0


def scan(texts: Sequence[str], command: Sequence[str], *, seconds: float = SECONDS) -> tuple[str | None, ...]:
    """The SPDX expression of each text, null where ScanCode does not say or is not understood.

    `command` is the program with its first arguments, as `("/opt/scancode/bin/scancode",)`; it may take so many seconds
    for all texts together.
    """
    with tempfile.TemporaryDirectory(prefix="tamis-scancode-") as folder:
        place = Path(folder, "texts")
        place.mkdir()
        for number, text in enumerate(texts):
            place.joinpath(f"{number}.txt").write_text(text, "utf-8", "surrogatepass")
        answer = Path(folder, "answer.json")
        said = _answer([*command, "--license", "--quiet", "--json", str(answer), str(place)], answer, seconds=seconds)
    return tuple(_expression(said.get(f"{number}.txt")) for number in range(len(texts)))


def _answer(command: list[str], answer: Path, *, seconds: float) -> dict[str, Any]:
    """What was detected by the name of the file; empty if the program failed."""
    try:
        subprocess.run(command, check=True, timeout=seconds, stdin=subprocess.DEVNULL, capture_output=True)
        files = json.loads(answer.read_text("utf-8"))["files"]
        return {Path(file["path"]).name: file["detected_license_expression_spdx"] for file in files if _is_file(file)}
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return {}


def _is_file(file: Any) -> bool:
    return file["type"] == "file" and not file.get("scan_errors")


def _expression(said: Any) -> str | None:
    return read_expression(said).expression if isinstance(said, str) else None
