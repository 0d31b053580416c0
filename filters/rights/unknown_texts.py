"""Has ScanCode, where the recipe names its program, look at the licence files that nobody else understands."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace

from filters.rights.evidence import Evidence
from filters.rights.spdx import read_expression
from filters.rights.texts.scancode import scan
from tamis.errors import ConfigError

Read = Mapping[tuple[str, str], tuple[Evidence, ...]]
"""Evidence by (kind, value) of the claim."""

_SECONDS = 120


def with_scancode(read: Read, program: str) -> dict[tuple[str, str], tuple[Evidence, ...]]:
    """Those of the claims that ScanCode understands and we do not; what it does not understand stays as it is.

    All of them are given to it at once, for it takes seconds to start.
    """
    unknown = [claim for claim, pieces in read.items() if any(_is_unknown_text(piece) for piece in pieces)]
    if not unknown:
        return {}
    said = scan([value for _, value in unknown], (program,))
    return {
        claim: tuple(_understood(piece, expression) for piece in read[claim])
        for claim, expression in zip(unknown, said, strict=True)
        if expression
    }


def _is_unknown_text(piece: Evidence) -> bool:
    return piece.is_text and piece.reading.unread == "words"


def _understood(piece: Evidence, expression: str) -> Evidence:
    return (
        replace(piece, reading=read_expression(expression), location="scancode") if _is_unknown_text(piece) else piece
    )


def scancode_version(program: str) -> str:
    """What the program calls itself, for a filter's spec: another version may answer otherwise.

    Raises:
        ConfigError: it cannot be run.
    """
    try:
        said = subprocess.run([program, "--version"], check=True, capture_output=True, timeout=_SECONDS, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(
            f"the filter 'licence': `scancode` {program!r} cannot be run ({type(error).__name__}). Expected ScanCode's "
            "program, in an environment of its own; leave it out to do without."
        ) from None
    return " ".join(said.stdout.split())[:200]
