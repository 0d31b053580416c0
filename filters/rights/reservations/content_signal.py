"""Reads Cloudflare's Content-Signal: `search=yes, ai-input=no, ai-train=no`.

Signs and case of the keys do not matter, nor whether commas, semicolons or blanks part them. What is neither yes nor no
is unclear, as is a limit to `use` (short of `full`) where nothing is said of `ai-train`. Any no wins.
"""

from __future__ import annotations

import re
from functools import lru_cache

from filters.rights.reservations.statement import strictest

MAX_VALUE = 8192
"""Characters; longer signals are not understood."""

_SIGNAL = re.compile(r"([^\s=:,;]++)\s*+[=:]\s*+([^\s=:,;]*+)")
_NO_LETTER = re.compile(r"[^a-z]+")
_SAYS = {"yes": "allowed", "no": "reserved"}
_TRAINING = ("aitrain", "trainai", "aitraining")


@lru_cache(maxsize=4096)
def says(value: str) -> str:
    """What the signals say of training: one of RESERVATIONS."""
    if len(value) > MAX_VALUE:
        return "unclear"
    signals = [(_letters(key), _letters(signal)) for key, signal in _SIGNAL.findall(value)]
    training = [_SAYS.get(signal, "unclear") for key, signal in signals if key in _TRAINING]
    if training:
        return "unclear" if len(set(training)) > 1 and "reserved" not in training else strictest(training)
    limited = any(key == "use" and signal != "full" for key, signal in signals)
    garbled = "train" in _letters(value) or bool(value.strip() and not signals)
    return "unclear" if limited or garbled else "none_found"


def _letters(word: str) -> str:
    return _NO_LETTER.sub("", word.lower())
