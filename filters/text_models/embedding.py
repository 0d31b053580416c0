"""Networks of transformers that make a vector of a text: `AutoModel`, and what sentence-transformers says of pooling.

A folder as sentence-transformers writes it says in `modules.json` which steps make the vector, and in
`1_Pooling/config.json` how those of tokens become one. Known are a transformer, pooling by mean, first token or
maximum, and `Normalize`; whatever else is there would make other vectors, so it is refused, as is a prompt that every
text would have. Without such files it is the mean. Vectors are always brought to unit length.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from filters.device import resolve_device
from filters.pictures.vectors import Vectors, unit
from filters.text.utf8 import Places
from filters.text_models.classifier import Reading
from filters.text_models.network import half_precision, load_network
from filters.text_models.weights import model_digest, model_folder, require_packages
from filters.text_models.window_reader import NotANumberError, Seen, WindowReader
from tamis.errors import ConfigError

WHO = "text_embedding"

Pooling = Literal["mean", "cls", "max"]

MOST_UNKNOWN = 0.1
"""A text of whose tokens more are unknown to the model has no vector: all texts in a script that it does not read would
be alike.
"""

_BY_MODE: dict[str, Pooling] = {
    "mean": "mean",
    "mean_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
    "max": "max",
    "max_tokens": "max",
}
"""As versions of sentence-transformers call them."""

_STEPS = ("Transformer", "Pooling", "Normalize")

_READ = "sentence_bert_config.json"

_PROMPTS = "config_sentence_transformers.json"

_POOLER = ("pooler.",)
"""What some networks make of their first token, and no pooling here looks at."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Of each text, in order."""

    failed: npt.NDArray[np.bool_]
    tokens: Places
    """Of the whole text, special ones not counted."""
    windows: Places
    """How many were looked at."""
    covered: npt.NDArray[np.float64]
    """The share of the tokens that lie in them."""
    unknown: npt.NDArray[np.float64]
    """The share of its tokens that the model does not know."""
    vectors: dict[int, Vectors]
    """By place, of unit length; none of texts that failed, have no tokens, or too many that are unknown."""


class SentenceModel:
    """A network that makes vectors. Made by `load_sentence_model`."""

    libraries = ("torch", "transformers")

    def __init__(
        self, network: Any, reader: WindowReader, *, digest: str, pooling: Pooling, lowered: bool, device: str
    ) -> None:
        self.network = network
        self.reader = reader
        self.digest = digest
        self.pooling = pooling
        self.lowered = lowered
        self.device = device
        self.half = half_precision(device)
        self.dimensions = int(network.config.hidden_size)

    def embed(self, texts: Sequence[str]) -> Embedded:
        count = len(texts)
        made = Embedded(
            failed=np.zeros(count, dtype=np.bool_),
            tokens=np.zeros(count, dtype=np.int64),
            windows=np.zeros(count, dtype=np.int64),
            covered=np.ones(count),
            unknown=np.zeros(count),
            vectors={},
        )
        for place, seen in self.reader.look(texts, self._forward):
            made.failed[place] = seen.failed
            if seen.read is None or not len(seen.read.tokens):
                continue
            made.tokens[place] = len(seen.read.tokens)
            made.windows[place] = seen.windows
            made.covered[place] = seen.covered
            made.unknown[place] = np.mean(seen.read.tokens == self.reader.unknown)
            if seen.answers and made.unknown[place] <= MOST_UNKNOWN:
                self._keep(made, place, seen)
        return made

    def _keep(self, made: Embedded, place: int, seen: Seen[Vectors]) -> None:
        mean: Vectors = np.stack(seen.answers).mean(axis=0, dtype=np.float64).astype(np.float32)
        vector = unit(mean)
        made.failed[place] = not vector.any()  # windows that cancel each other out
        if vector.any():
            made.vectors[place] = vector

    def _forward(self, windows: list[Places]) -> list[Vectors]:
        """One pass over the network: a vector of unit length for each window.

        Raises:
            ValueError: what came out for one of them is not a number, or has no direction.
        """
        import torch

        tokens, mask = (torch.from_numpy(part).to(self.device) for part in self.reader.padded(windows))
        half = self.half
        with torch.inference_mode(), torch.autocast(self.device.split(":")[0], dtype=half, enabled=half is not None):
            states = self.network(input_ids=tokens, attention_mask=mask).last_hidden_state
        with torch.inference_mode():
            pooled: Vectors = _pooled(states.float(), mask, self.pooling).cpu().numpy()
        if not np.isfinite(pooled).all() or not pooled.any(axis=1).all():
            raise NotANumberError
        return list(unit(pooled))


def _pooled(states: Any, mask: Any, pooling: Pooling) -> Any:
    """Windows x dimensions, of windows x tokens x dimensions; special tokens count, padding does not."""
    if pooling == "cls":
        return states[:, 0]
    there = mask.unsqueeze(-1)
    if pooling == "max":
        return states.masked_fill(there == 0, float("-inf")).amax(dim=1)
    return (states * there).sum(dim=1) / there.sum(dim=1)


def load_sentence_model(where: str, *, reading: Reading, device: str) -> SentenceModel:
    """Loads a network from this machine's disk.

    Args:
        where: a folder, or a name on the hub whose files are in this machine's cache.
        reading: how texts are read; a window of 0 is that of the model.
        device: as torch names it; auto: the first CUDA device if there is one, else the processor.

    Raises:
        ConfigError: it is not there, cannot be loaded safely, or makes its vectors in a way that is not known.
    """
    require_packages(("torch", "transformers"), extra="names", who=WHO, instead="or leave the filter out of the recipe")
    folder = model_folder(where, who=WHO)
    pooling = _pooling(folder, where=where)
    _expect_no_code(folder, where=where)
    _expect_no_prompt(folder, where=where)
    place = resolve_device(device, who=WHO)
    tokenizer, network = load_network(folder, "sentence embedding", where=where, device=place, who=WHO, unused=_POOLER)
    if network.config.is_encoder_decoder:
        raise ConfigError(f"{WHO}: {where} is an encoder with a decoder. Name a model that is an encoder alone.")
    read = _said(folder, _READ, dict, where=where) or {}
    lowered = read.get("do_lower_case") is True
    if lowered:
        _lower_first(tokenizer)
    return SentenceModel(
        network,
        WindowReader(network, tokenizer, reading=_sized(reading, read), where=where),
        digest=model_digest(folder, who=WHO),
        pooling=pooling,
        lowered=lowered,
        device=place,
    )


def _lower_first(tokenizer: Any) -> None:
    """Has the tokenizer see small letters alone, whatever else it does to them."""
    from tokenizers.normalizers import Lowercase, Sequence

    backend = tokenizer.backend_tokenizer
    backend.normalizer = Sequence([Lowercase(), *filter(None, [backend.normalizer])])


def _pooling(folder: Path, *, where: str) -> Pooling:
    steps = _said(folder, "modules.json", list, where=where) or []
    kinds = [str(step.get("type", "")).rpartition(".")[2] if isinstance(step, dict) else "" for step in steps]
    strange = [kind for kind in kinds if kind not in _STEPS]
    if strange:
        raise ConfigError(
            f"{WHO}: {where} makes its vectors by {len(strange)} steps that are not known here ({strange[0]!r} first, "
            f"in modules.json). Known are {', '.join(_STEPS)}; name a model that has no others."
        )
    place = next(
        (str(step.get("path", "")) for step, kind in zip(steps, kinds, strict=True) if kind == "Pooling"), "1_Pooling"
    )
    modes = _modes(_said(folder, f"{place}/config.json", dict, where=where) or {"pooling_mode": "mean"})
    if len(modes) != 1 or modes[0] not in _BY_MODE:
        raise ConfigError(
            f"{WHO}: {where} pools by {' and '.join(modes) or 'nothing'} ({place}/config.json). Known are mean, cls "
            "and max, one of them alone; name a model that pools so."
        )
    return _BY_MODE[modes[0]]


def _modes(config: dict[str, Any]) -> list[str]:
    """Those in force: older versions have a flag for each."""
    said = config.get("pooling_mode")
    if said is not None:
        return [said] if isinstance(said, str) else [str(each) for each in said]
    return [
        name.removeprefix("pooling_mode_") for name, on in config.items() if name.startswith("pooling_mode_") and on
    ]


def _expect_no_code(folder: Path, *, where: str) -> None:
    config = _said(folder, "config.json", dict, where=where) or {}
    if "AutoModel" in (config.get("auto_map") or {}):
        raise ConfigError(
            f"{WHO}: {where} comes with code of its own (auto_map in config.json), which is not run here. Name a model "
            "that transformers knows by itself."
        )


def _expect_no_prompt(folder: Path, *, where: str) -> None:
    said = _said(folder, _PROMPTS, dict, where=where) or {}
    name = said.get("default_prompt_name")
    if name is not None and (said.get("prompts") or {}).get(name) != "":
        raise ConfigError(
            f"{WHO}: {where} was trained with words of its own before each text (default_prompt_name in {_PROMPTS}), "
            "which are not put there. Name a model that wants none, or, if its vectors are to be made without them, "
            "take that line out of a copy of the folder."
        )


def _sized(reading: Reading, said: dict[str, Any]) -> Reading:
    """With the window that the model was trained on, where the recipe names none."""
    longest = said.get("max_seq_length")
    if reading.window or not isinstance(longest, int) or longest < 1:
        return reading
    return Reading(max(longest, 16), reading.overlap, reading.max_windows, reading.who)


def _said(folder: Path, name: str, kind: type, *, where: str) -> Any:
    """What one of its files says; null if it is not there.

    Raises:
        ConfigError: it is no JSON, or of another kind.
    """
    path = folder / name
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, OSError):
        said = None
    if not isinstance(said, kind):
        raise ConfigError(f"{WHO}: {where}: {name} cannot be understood. Fetch it again.")
    return said
