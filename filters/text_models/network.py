"""Networks of the library transformers, from this machine's disk: safetensors only, no code of theirs, whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from filters.loading import loading
from tamis.errors import ConfigError

Task = Literal["token classification", "sequence classification", "sentence embedding"]

_CLASSES: dict[Task, str] = {
    "token classification": "AutoModelForTokenClassification",
    "sequence classification": "AutoModelForSequenceClassification",
    "sentence embedding": "AutoModel",
}


def load_network(
    folder: Path, task: Task, *, where: str, device: str, who: str, unused: tuple[str, ...] = ()
) -> tuple[Any, Any]:
    """A tokenizer and the network that it is for, ready to be asked.

    Args:
        folder: of a model, as `filters.text_models.weights.model_folder` found it.
        task: what the network was trained for.
        where: how the recipe names it.
        device: as torch names it.
        who: asks for it: how a message begins.
        unused: how the names of parts begin that no answer depends on, so that they may be missing.

    Raises:
        ConfigError: it cannot be loaded, has no fast tokenizer, lacks a part that the task needs, or tokenizer and
            weights are not of one model.
    """
    import torch
    import transformers

    safely = {"local_files_only": True, "trust_remote_code": False}
    # A processor computes half precision slowly or not at all.
    dtype = torch.float32 if device == "cpu" else "auto"
    what = f"for {task}"
    with quiet(), loading(where, who=who, what=what, hint="that this transformers knows its model type."):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safely)
        network, loaded = getattr(transformers, _CLASSES[task]).from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, dtype=dtype, **safely
        )
    if not getattr(tokenizer, "is_fast", False):
        raise ConfigError(
            f"{who}: {where} has no fast tokenizer, and only those say where a token stands. "
            "Save its tokenizer again with transformers 5, which writes tokenizer.json."
        )
    lacking = {*loaded["missing_keys"], *(key for key, *_ in loaded["mismatched_keys"])}
    missing = sorted(key for key in lacking if not key.startswith(unused))
    if missing:
        raise ConfigError(
            f"{who}: the weights of {where} lack {len(missing)} of the model's parts ({', '.join(missing[:3])}), so "
            f"that its answers would be random. It was not trained for {task}; name a model that was."
        )
    _check_vocabulary(network, tokenizer, where=where, who=who)
    return tokenizer, network.to(device).eval()


def half_precision(device: str) -> Any:
    """What torch calls the half precision of that device; null on a processor."""
    import torch

    if not device.startswith("cuda"):
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps transformers' bars and load report off the terminal: what is wrong becomes an error instead."""
    from transformers.utils import logging

    level, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if had_bars:
            logging.enable_progress_bar()


def _check_vocabulary(network: Any, tokenizer: Any, *, where: str, who: str) -> None:
    rows = int(network.get_input_embeddings().weight.shape[0])
    if len(tokenizer) > rows:
        raise ConfigError(
            f"{who}: {where}: its tokenizer knows {len(tokenizer)} tokens, its weights {rows}. They are not of one "
            "model; fetch both again."
        )
