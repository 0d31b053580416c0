"""Networks of transformers that score a text as a whole: `AutoModelForSequenceClassification`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from filters.device import resolve_device
from filters.text.utf8 import Places
from filters.text_models.classifier import SCORED_BY, WHO, Reading, ScoredBy, Scores
from filters.text_models.network import half_precision, load_network
from filters.text_models.weights import model_digest, model_folder, require_packages
from filters.text_models.window_reader import NotANumberError, WindowReader
from tamis.errors import ConfigError

_BY_PROBLEM: dict[str, ScoredBy] = {
    "single_label_classification": "softmax",
    "multi_label_classification": "sigmoid",
    "regression": "raw",
}


class SequenceModel:
    """See `filters.text_models.classifier.TextClassifier`. Made by `load_sequence_model`."""

    libraries = ("torch", "transformers")

    def __init__(self, network: Any, reader: WindowReader, *, digest: str, scored_by: ScoredBy, device: str) -> None:
        self.network = network
        self.reader = reader
        self.digest = digest
        self.labels = tuple(str(network.config.id2label[number]) for number in range(network.config.num_labels))
        self.scored_by = scored_by
        self.device = device
        self.half = half_precision(device)

    def score(self, texts: Sequence[str]) -> Scores:
        scores = Scores(
            failed=np.zeros(len(texts), dtype=np.bool_),
            windows=np.zeros(len(texts), dtype=np.int64),
            covered=np.ones(len(texts)),
            highest=np.full((len(texts), len(self.labels)), np.nan),
            mean=np.full((len(texts), len(self.labels)), np.nan),
        )
        for place, seen in self.reader.look(texts, self._forward):
            scores.failed[place] = seen.failed
            scores.windows[place] = seen.windows
            scores.covered[place] = seen.covered
            if seen.answers:
                scores.highest[place] = np.max(seen.answers, axis=0)
                scores.mean[place] = np.mean(seen.answers, axis=0)
        return scores

    def _forward(self, windows: list[Places]) -> list[npt.NDArray[np.float64]]:
        """One pass over the network.

        Raises:
            ValueError: what came out for one of the windows is not a number.
        """
        import torch

        tokens, mask = (torch.from_numpy(part).to(self.device) for part in self.reader.padded(windows))
        half = self.half
        with torch.inference_mode(), torch.autocast(self.device.split(":")[0], dtype=half, enabled=half is not None):
            logits = self.network(input_ids=tokens, attention_mask=mask).logits
        with torch.inference_mode():
            outputs = logits.double()
            if self.scored_by == "softmax":
                outputs = outputs.softmax(dim=-1)
            elif self.scored_by == "sigmoid":
                outputs = outputs.sigmoid()
            found = outputs.cpu().numpy()
        if not np.isfinite(found).all():
            raise NotANumberError
        return list(found)


def load_sequence_model(where: str, *, reading: Reading, device: str, scored_by: ScoredBy | None) -> SequenceModel:
    """Loads a network; see `filters.text_models.classifier.load_classifier`.

    Raises:
        ConfigError: as there.
    """
    require_packages(("torch", "transformers"), extra="names", who=WHO, instead="or name a file of fastText")
    folder = model_folder(where, who=WHO)
    place = resolve_device(device, who=WHO)
    tokenizer, network = load_network(folder, "sequence classification", where=where, device=place, who=WHO)
    return SequenceModel(
        network,
        WindowReader(network, tokenizer, reading=reading, where=where),
        digest=model_digest(folder, who=WHO),
        scored_by=scored_by or _scored_by(network.config, where=where),
        device=place,
    )


def _scored_by(config: Any, *, where: str) -> ScoredBy:
    problem = config.problem_type
    if problem in _BY_PROBLEM:
        return _BY_PROBLEM[problem]
    if config.num_labels > 1:
        return "softmax"
    raise ConfigError(
        f"{WHO}: {where} has one label, and its config.json has no problem_type that says how its output is to be "
        f"read. Say it in `scores`: NAME=sigmoid for a probability, NAME=raw for a mark "
        f"({', '.join(SCORED_BY)})."
    )
